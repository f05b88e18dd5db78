"""A picture that ends the service whenever it is worked on."""

from .pictures import large_photo
from .promises import assert_promises
from .services import Service, names
from .waiting import eventually


def begin_and_kill(service: Service, attempt: int) -> None:
    """Kill the service while it works on a picture for the given time."""
    service.start()
    eventually(lambda: service.in_work(attempt), explain=service.explain)
    service.kill()


def assert_given_up(service: Service, *neighbours: str) -> None:
    """Check that the poison has failed and its neighbours are done."""
    assert service.reason("poison.jpg")["reason"] == "gave-up"
    assert service.reason("poison.jpg")["attempts"] == 3
    service.wait(processed=len(neighbours), failed=1)
    assert names(service.outbox) == sorted(f"{name}.png" for name in neighbours)
    assert_promises(service)


def test_three_kills(service: Service) -> None:
    """A picture at which the service died three times fails as `gave-up`."""
    service.drop("poison.jpg", large_photo())
    for attempt in (1, 2, 3):
        begin_and_kill(service, attempt)
    service.drop("a.jpg")
    service.drop("b.jpg")
    service.start()
    assert_given_up(service, "a", "b")


def test_used_up_claim(service: Service) -> None:
    """A claim that has used up its attempts is not begun again."""
    service.drop("poison.jpg", large_photo())
    begin_and_kill(service, 1)
    (claim,) = service.in_work(1)
    claim.rename(claim.with_name(claim.name.replace(".1.work", ".3.work")))
    service.start()
    assert_given_up(service)
    service.ended("poison.jpg", "failed")


def test_neighbours_first(service: Service) -> None:
    """Pictures that wait are done before one at which the service died."""
    service.drop("poison.jpg", large_photo())
    begin_and_kill(service, 1)
    service.drop("a.jpg")
    begin_and_kill(service, 2)
    service.start()
    service.wait(processed=2)
    assert names(service.outbox) == ["a.png", "poison.png"]
    assert_promises(service)

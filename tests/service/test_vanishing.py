"""Files that are removed at the wrong moment."""

from .pictures import large_photo
from .promises import assert_promises
from .services import Service, empty, names
from .waiting import eventually


def assert_calm(service: Service) -> None:
    """Check that work goes on and that there was no internal error."""
    service.prove_alive()
    assert not service.events("internal error"), service.explain()
    assert not service.failures()


def test_before_it_is_settled(service: Service) -> None:
    """A file that vanishes before it has settled is forgotten."""
    service.start()
    for name in ("a.jpg", "b.jpg", "sub/c.jpg"):
        service.drop(name).unlink()
    (service.inbox / "sub").rmdir()
    assert_calm(service)
    assert names(service.outbox) == ["proof.png"]
    assert_promises(service)


def test_folder_before_it_is_settled(service: Service) -> None:
    """A folder that vanishes with its files is forgotten."""
    service.start(DROPCUT_WATCHER="polling", DROPCUT_SETTLE_SECONDS=0.5)
    for number in range(5):
        service.drop(f"trip/day/{number}.jpg")
    empty(service.inbox / "trip")
    assert_calm(service)
    assert_promises(service)


def test_while_it_is_in_work(service: Service) -> None:
    """A claim that is removed while it is read leaves nothing behind."""
    service.start()
    service.drop("large.jpg", large_photo())
    eventually(lambda: service.in_work(1), explain=service.explain)
    for claim in service.in_work(1):
        claim.unlink()
    assert_calm(service)
    assert_promises(service)


def test_claims_folder(service: Service) -> None:
    """Work goes on when the whole claims folder was removed."""
    service.start()
    service.prove_alive("first")
    empty(service.claims)
    assert_calm(service)
    assert_promises(service)

"""SIGKILL while several pictures are in progress; `crash/` tries every step of one."""

from .invariants import assert_promises
from .pictures import ALL, large_photo, photo
from .services import Service, names
from .waiting import eventually

PICTURES, KILLS = 12, 6


def test_storm(service: Service) -> None:
    """Pictures give one whole PNG each, though the service is killed between them."""
    for number in range(PICTURES):
        service.drop(f"{number}.jpg", photo(ALL[number % len(ALL)], 500))
    for done in range(KILLS):
        service.start(DROPCUT_MAX_ATTEMPTS=20)
        eventually(lambda: len(names(service.outbox)) > done, explain=service.explain)  # noqa: B023  # called before the next
        service.kill()
        assert service.originals() == PICTURES, service.explain()
    service.start()
    service.wait(processed=PICTURES)
    stems = sorted(map(str, range(PICTURES)))
    assert names(service.outbox) == sorted(f"{stem}.png" for stem in stems)
    assert names(service.processed) == sorted(f"{stem}.jpg" for stem in stems)
    assert_promises(service)


def test_killed_in_work(service: Service) -> None:
    """A picture that was in progress at a SIGKILL is done by the next run, once."""
    service.start()
    service.drop("large.jpg", large_photo(3000))
    eventually(lambda: service.in_work(1), explain=service.explain)
    service.kill()
    service.drop("next.jpg")
    service.start()
    service.wait(processed=2)
    assert names(service.outbox) == ["large.png", "next.png"]
    assert_promises(service)

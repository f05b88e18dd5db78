"""Files that are removed at the wrong moment."""

from .invariants import assert_promises
from .pictures import large_photo
from .services import Service, empty, names
from .waiting import eventually


def assert_calm(service: Service) -> None:
    """Check that work goes on and that there was no internal error."""
    service.prove_alive()
    assert not service.events("internal error"), service.explain()
    assert not service.failures()


def test_before_it_is_settled(below: Service) -> None:
    """A file that vanishes before it has settled is forgotten."""
    for name in ("a.jpg", "b.jpg", "sub/c.jpg"):
        below.drop(name).unlink()
    (below.inbox / "sub").rmdir()
    assert_calm(below)
    assert names(below.outbox) == ["proof.png"]
    assert_promises(below)


def test_folder_before_it_is_settled(service: Service) -> None:
    """A folder that vanishes with its files is forgotten."""
    service.start(DROPCUT_WATCHER="polling", DROPCUT_SETTLE_SECONDS=0.5)
    for number in range(5):
        service.drop(f"trip/day/{number}.jpg")
    empty(service.inbox / "trip")
    assert_calm(service)
    assert_promises(service)


def test_while_it_is_in_work(below: Service) -> None:
    """A claim that is removed while it is read leaves nothing behind."""
    below.drop("large.jpg", large_photo())
    eventually(lambda: below.in_work(1), explain=below.explain)
    for claim in below.in_work(1):
        claim.unlink()
    assert_calm(below)
    assert_promises(below)


def test_claims_folder(below: Service) -> None:
    """Work goes on when the whole claims folder was removed."""
    below.prove_alive("first")
    empty(below.claims)
    assert_calm(below)
    assert_promises(below)

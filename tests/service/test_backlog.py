"""Pictures that came while nobody watched."""

import pytest

from .invariants import assert_promises
from .pictures import photo
from .services import Service, names


@pytest.mark.parametrize("watcher", ["native", "polling"])
def test_there_before_the_start(service: Service, watcher: str) -> None:
    """A picture that was there before the start gives one PNG."""
    service.drop("early.jpg")
    service.drop("sub/early.jpg")
    service.start(DROPCUT_WATCHER=watcher)
    service.wait(processed=2)
    assert names(service.outbox) == ["early.png", "sub/early.png"]
    assert_promises(service)


def test_there_while_down(service: Service) -> None:
    """A picture that came while the service was down gives one PNG."""
    service.start()
    service.prove_alive("first")
    assert service.stop() == 0
    service.drop("meanwhile.jpg", photo(kind="PNG"))
    service.start()
    service.wait(processed=2)
    assert names(service.outbox) == ["first.png", "meanwhile.png"]
    assert_promises(service)

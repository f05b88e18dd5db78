"""Names that Dropcut ignores."""

from pathlib import Path

from .invariants import assert_promises
from .pictures import photo
from .services import Service, names

IGNORED = (
    ".hidden.jpg",
    "._x.jpg",
    ".nfs0000000000000001",
    "x.jpg.part",
    "x.jpg.crdownload",
    "x.jpg~",
    "Thumbs.db",
    "desktop.ini",
    "~$x",
    "~$x.jpg",
    "@eaDir/SYNOPHOTO_THUMB.jpg",
    "#recycle/x.jpg",
    ".Trash-1000/files/x.jpg",
)


def assert_untouched(service: Service, ignored: list[Path]) -> None:
    """Check that files are unchanged and that the log does not mention them."""
    service.prove_alive("one")
    service.prove_alive("two")
    assert all(path.read_bytes() == photo() for path in ignored)
    assert names(service.outbox) == ["one.png", "two.png"]
    assert not service.events("skipped")
    assert_promises(service)


def test_ignored_names(service: Service) -> None:
    """Hidden, unfinished and system files stay untouched when they arrive."""
    service.start()
    assert_untouched(service, [service.drop(name) for name in IGNORED])


def test_ignored_names_at_the_start(service: Service) -> None:
    """Hidden, unfinished and system files stay untouched if they were there before."""
    ignored = [service.drop(name) for name in IGNORED]
    service.start(DROPCUT_WATCHER="polling")
    assert_untouched(service, ignored)


def test_own_patterns(service: Service) -> None:
    """Names and folders that match DROPCUT_IGNORE stay untouched."""
    service.start(DROPCUT_IGNORE="draft-*, raw")
    ignored = [service.drop("draft-1.jpg"), service.drop("raw/x.jpg")]
    assert_untouched(service, ignored)

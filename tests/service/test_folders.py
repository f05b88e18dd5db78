"""Sub-folders, and names that are taken already."""

from .invariants import assert_promises
from .pictures import photo
from .services import Service, names


def test_mirrored(below: Service) -> None:
    """Sub-folders of the inbox are mirrored in outbox, processed and failed."""
    below.drop("a/b/x.jpg")
    below.drop("a/b/bad.jpg", b"no picture")
    below.wait(processed=1, failed=1)
    assert names(below.outbox) == ["a/b/x.png"]
    assert names(below.processed) == ["a/b/x.jpg"]
    assert names(below.failed) == ["a/b/bad.jpg", "a/b/bad.jpg.error.json"]
    assert_promises(below)


def test_same_name_in_two_folders(below: Service) -> None:
    """Pictures of one name in different folders do not disturb each other."""
    for folder in (".", "a", "b"):
        below.drop(f"{folder}/x.jpg")
    below.wait(processed=3)
    assert names(below.outbox) == ["a/x.png", "b/x.png", "x.png"]
    assert_promises(below)


def test_not_recursive(service: Service) -> None:
    """Sub-folders are left alone with DROPCUT_RECURSIVE=false."""
    path = service.drop("sub/x.jpg")
    service.start(DROPCUT_RECURSIVE="false")
    later = service.drop("later/y.jpg")
    service.prove_alive("one")
    service.prove_alive("two")
    assert path.exists()
    assert later.exists()
    assert names(service.outbox) == ["one.png", "two.png"]
    assert_promises(service)


def test_outbox_name_is_taken(below: Service) -> None:
    """A file with that name in the outbox stays as it is; the PNG gets another name."""
    (below.outbox / "photo.png").write_bytes(photo(kind="PNG"))
    (below.outbox / "photo-2.png").mkdir()
    below.drop("photo.jpg")
    below.wait(processed=1)
    assert names(below.outbox) == ["photo-3.png", "photo.png"]
    assert (below.outbox / "photo.png").read_bytes() == photo(kind="PNG")


def test_dangling_link_in_the_outbox(below: Service) -> None:
    """A link in the outbox is not written through, even when it leads nowhere."""
    (below.outbox / "photo.png").symlink_to(below.root / "elsewhere.png")
    below.drop("photo.jpg")
    below.wait(processed=1)
    assert names(below.outbox) == ["photo-2.png"]
    assert not (below.root / "elsewhere.png").exists()
    assert_promises(below)


def test_processed_name_is_taken(below: Service) -> None:
    """A file that has the name in `processed` stays, and the original gets another."""
    (below.processed / "photo.jpg").write_bytes(b"foreign")
    below.drop("photo.jpg")
    below.wait(processed=2)
    assert names(below.outbox) == ["photo.png"]
    assert (below.processed / "photo.jpg").read_bytes() == b"foreign"
    assert (below.processed / "photo-2.jpg").read_bytes() == photo()


def test_failed_name_is_taken(below: Service) -> None:
    """A second failure of one name is filed under another name, with its own reason."""
    below.drop("photo.jpg", b"first")
    below.wait(processed=0, failed=1)
    below.drop("photo.jpg", b"the second")
    below.wait(processed=0, failed=2)
    assert below.failures() == ["photo-2.jpg", "photo.jpg"]
    assert below.reason("photo.jpg")["bytes"] == len(b"first")
    assert below.reason("photo-2.jpg")["bytes"] == len(b"the second")
    assert_promises(below)


def test_foreign_reason_is_kept(below: Service) -> None:
    """A file that has the name of a reason file stays as it is."""
    foreign = below.failed / "photo.jpg.error.json"
    foreign.write_bytes(b"foreign")
    below.drop("photo.jpg", b"no picture")
    assert below.reason("photo-2.jpg")["reason"] == "not-an-image"
    assert foreign.read_bytes() == b"foreign"

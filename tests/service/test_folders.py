"""Sub-folders, and names that are taken already."""

from .pictures import photo
from .promises import assert_promises
from .services import Service, names


def test_mirrored(service: Service) -> None:
    """Sub-folders of the inbox are mirrored in outbox, processed and failed."""
    service.drop("a/b/x.jpg")
    service.drop("a/b/bad.jpg", b"no picture")
    service.start()
    service.wait(processed=1, failed=1)
    assert names(service.outbox) == ["a/b/x.png"]
    assert names(service.processed) == ["a/b/x.jpg"]
    assert names(service.failed) == ["a/b/bad.jpg", "a/b/bad.jpg.error.json"]
    assert_promises(service)


def test_same_name_in_two_folders(service: Service) -> None:
    """Pictures of one name in different folders do not disturb each other."""
    for folder in (".", "a", "b"):
        service.drop(f"{folder}/x.jpg")
    service.start()
    service.wait(processed=3)
    assert names(service.outbox) == ["a/x.png", "b/x.png", "x.png"]
    assert_promises(service)


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


def test_outbox_name_is_taken(service: Service) -> None:
    """A file with that name in the outbox stays as it is; the PNG gets another name."""
    (service.outbox / "photo.png").write_bytes(photo(kind="PNG"))
    (service.outbox / "photo-2.png").mkdir()
    service.drop("photo.jpg")
    service.start()
    service.wait(processed=1)
    assert names(service.outbox) == ["photo-3.png", "photo.png"]
    assert (service.outbox / "photo.png").read_bytes() == photo(kind="PNG")


def test_dangling_link_in_the_outbox(service: Service) -> None:
    """A link in the outbox is not written through, even when it leads nowhere."""
    (service.outbox / "photo.png").symlink_to(service.root / "elsewhere.png")
    service.drop("photo.jpg")
    service.start()
    service.wait(processed=1)
    assert names(service.outbox) == ["photo-2.png"]
    assert not (service.root / "elsewhere.png").exists()
    assert_promises(service)


def test_processed_name_is_taken(service: Service) -> None:
    """A file that has the name in `processed` stays, and the original gets another."""
    (service.processed / "photo.jpg").write_bytes(b"foreign")
    service.drop("photo.jpg")
    service.start()
    service.wait(processed=2)
    assert names(service.outbox) == ["photo.png"]
    assert (service.processed / "photo.jpg").read_bytes() == b"foreign"
    assert (service.processed / "photo-2.jpg").read_bytes() == photo()


def test_failed_name_is_taken(service: Service) -> None:
    """A second failure of one name is filed under another name, with its own reason."""
    service.start()
    service.drop("photo.jpg", b"first")
    service.wait(processed=0, failed=1)
    service.drop("photo.jpg", b"the second")
    service.wait(processed=0, failed=2)
    assert service.failures() == ["photo-2.jpg", "photo.jpg"]
    assert service.reason("photo.jpg")["bytes"] == len(b"first")
    assert service.reason("photo-2.jpg")["bytes"] == len(b"the second")
    assert_promises(service)


def test_foreign_reason_is_kept(service: Service) -> None:
    """A file that has the name of a reason file stays as it is."""
    foreign = service.failed / "photo.jpg.error.json"
    foreign.write_bytes(b"foreign")
    service.drop("photo.jpg", b"no picture")
    service.start()
    assert service.reason("photo-2.jpg")["reason"] == "not-an-image"
    assert foreign.read_bytes() == b"foreign"

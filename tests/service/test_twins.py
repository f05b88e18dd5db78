"""Pictures that want the same name."""

from pathlib import Path

import numpy as np
from PIL import Image

from .pictures import ASTRONAUT, CHELSEA, COFFEE, ROCKET, large_photo, photo
from .promises import assert_promises
from .services import Service, names
from .waiting import eventually


def size(png: Path) -> tuple[int, int]:
    """Return width and height of a picture."""
    with Image.open(png) as image:
        return image.size


def test_one_stem_three_formats(service: Service) -> None:
    """Three pictures that differ in their extension give three PNGs of three names."""
    for width, suffix, kind in ((90, "jpg", "JPEG"), (80, "png", "PNG")):
        service.drop(f"a.{suffix}", photo(CHELSEA, width, kind))
    service.drop("a.webp", photo(COFFEE, 70, "WEBP"))
    service.start()
    service.wait(processed=3)
    assert names(service.outbox) == ["a-2.png", "a-3.png", "a.png"]
    assert len({size(service.outbox / n) for n in names(service.outbox)}) == 3
    assert_promises(service)


def test_same_name_later(service: Service) -> None:
    """A second picture under a used name gives a second PNG, of the second picture."""
    service.start()
    for count, name in ((1, CHELSEA), (2, ASTRONAUT)):
        service.drop("scan.jpg", photo(name))
        service.wait(processed=count)
    assert names(service.outbox) == ["scan-2.png", "scan.png"]
    assert size(service.outbox / "scan-2.png") == (160, 160)
    assert size(service.outbox / "scan.png") != (160, 160)
    assert (service.processed / "scan-2.jpg").read_bytes() == photo(ASTRONAUT)
    assert_promises(service)


def test_same_name_while_in_work(service: Service) -> None:
    """A picture that comes while another of its name is in work gets its own PNG."""
    service.start()
    service.drop("scan.jpg", large_photo(3000))
    eventually(lambda: service.in_work(1), explain=service.explain)
    service.drop("scan.jpg", photo(ASTRONAUT))
    service.wait(processed=2)
    assert size(service.outbox / "scan.png") == (3000, 3000)
    assert size(service.outbox / "scan-2.png") == (160, 160)
    assert_promises(service)


def test_same_name_after_a_restart(service: Service) -> None:
    """Nothing of an earlier life's picture shows in a later one of the same name."""
    for name in (COFFEE, ROCKET):
        service.drop("scan.jpg", photo(name))
        service.start()
        service.png("scan.png" if name == COFFEE else "scan-2.png")
        assert service.stop() == 0
    first, second = (service.outbox / n for n in ("scan.png", "scan-2.png"))
    with Image.open(first) as a, Image.open(second) as b:
        assert not np.array_equal(np.asarray(a), np.asarray(b))
    assert_promises(service)


def test_same_picture_twice(service: Service) -> None:
    """The same bytes dropped twice under two names give two equal PNGs."""
    service.start()
    service.drop("one.jpg")
    service.drop("two.jpg")
    service.wait(processed=2)
    one, two = (service.outbox / n for n in ("one.png", "two.png"))
    assert one.read_bytes() == two.read_bytes()
    assert_promises(service)


def test_upper_and_lower_case(service: Service) -> None:
    """Names that differ in case alone, or in normal form alone, are kept apart."""
    for name in ("Cat.jpg", "cat.JPG", "caf\u00e9.jpg", "cafe\u0301.jpg"):
        service.drop(name)
    service.start()
    service.wait(processed=4)
    assert len(names(service.outbox)) == 4
    assert_promises(service)

"""Pictures that want the same name."""

from pathlib import Path

import numpy as np
from PIL import Image

from .invariants import assert_promises
from .pictures import ASTRONAUT, CHELSEA, COFFEE, ROCKET, large_photo, photo
from .services import Service, names
from .waiting import eventually


def size(png: Path) -> tuple[int, int]:
    """Return width and height of a picture."""
    with Image.open(png) as image:
        return image.size


def test_one_stem_three_formats(below: Service) -> None:
    """Three pictures that differ in their extension give three PNGs of three names."""
    for width, suffix, kind in ((90, "jpg", "JPEG"), (80, "png", "PNG")):
        below.drop(f"a.{suffix}", photo(CHELSEA, width, kind))
    below.drop("a.webp", photo(COFFEE, 70, "WEBP"))
    below.wait(processed=3)
    assert names(below.outbox) == ["a-2.png", "a-3.png", "a.png"]
    assert len({size(below.outbox / n) for n in names(below.outbox)}) == 3
    assert_promises(below)


def test_same_name_later(below: Service) -> None:
    """A second picture under a used name gives a second PNG, of the second picture."""
    for count, name in ((1, CHELSEA), (2, ASTRONAUT)):
        below.drop("scan.jpg", photo(name))
        below.wait(processed=count)
    assert names(below.outbox) == ["scan-2.png", "scan.png"]
    assert size(below.outbox / "scan-2.png") == (160, 160)
    assert size(below.outbox / "scan.png") != (160, 160)
    assert (below.processed / "scan-2.jpg").read_bytes() == photo(ASTRONAUT)
    assert_promises(below)


def test_same_name_while_in_work(below: Service) -> None:
    """A picture that arrives while its namesake is processed has its own PNG."""
    below.drop("scan.jpg", large_photo(3000))
    eventually(lambda: below.in_work(1), explain=below.explain)
    below.drop("scan.jpg", photo(ASTRONAUT))
    below.wait(processed=2)
    assert size(below.outbox / "scan.png") == (3000, 3000)
    assert size(below.outbox / "scan-2.png") == (160, 160)
    assert_promises(below)


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


def test_same_picture_twice(below: Service) -> None:
    """The same bytes dropped twice under two names give two equal PNGs."""
    below.drop("one.jpg")
    below.drop("two.jpg")
    below.wait(processed=2)
    one, two = (below.outbox / n for n in ("one.png", "two.png"))
    assert one.read_bytes() == two.read_bytes()
    assert_promises(below)


def test_upper_and_lower_case(below: Service) -> None:
    """Names that differ in case alone, or in normal form alone, are kept apart."""
    for name in ("Cat.jpg", "cat.JPG", "caf\u00e9.jpg", "cafe\u0301.jpg"):
        below.drop(name)
    below.wait(processed=4)
    assert len(names(below.outbox)) == 4
    assert_promises(below)

"""What a PNG must not reveal."""

from pathlib import Path

import pytest
from PIL import Image, ImageCms
from PIL.ExifTags import GPS, IFD, Base
from PIL.Image import Transpose
from PIL.PngImagePlugin import PngImageFile

from .invariants import assert_promises, pixels
from .pictures import ASTRONAUT, encoded, photograph
from .services import Service, names, without

ARTIST = "Ada Lovelace"
# How an upright picture is stored, so that the orientation turns it upright again.
STORED = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}


def telling_picture() -> bytes:
    """Return a JPEG whose metadata say where and by whom it was taken."""
    exif = Image.Exif()
    exif[Base.Artist], exif[Base.Make] = ARTIST, "Analytical Engines"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (51.0, 30.0, 26.0)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = f"<x:xmpmeta>{ARTIST}</x:xmpmeta>".encode()
    return encoded(photograph(), exif=exif, icc_profile=profile, xmp=xmp)


def test_no_metadata(below: Service) -> None:
    """A PNG reveals neither place nor artist nor camera of its picture."""
    picture = telling_picture()
    assert ARTIST.encode() in picture
    below.drop("x.jpg", picture)
    png = below.png("x.png")
    with Image.open(png) as image:
        image.load()
        assert isinstance(image, PngImageFile)
        assert not image.getexif()
        assert not image.text
        assert not {"exif", "xmp", "icc_profile"} & image.info.keys()
    assert ARTIST.encode() not in png.read_bytes()
    assert_promises(below)


def test_original_keeps_all(below: Service) -> None:
    """The original in `processed` is the file that was dropped, to the bit."""
    picture = telling_picture()
    below.drop("x.jpg", picture)
    below.wait(processed=1)
    assert (below.processed / "x.jpg").read_bytes() == picture
    assert_promises(below)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_orientation(below: Service, kind: str) -> None:
    """Eight orientations of one picture give eight identical, upright PNGs."""
    upright = photograph(width_px=150)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[Base.Orientation] = orientation
        stored = STORED.get(orientation)
        image = upright if stored is None else upright.transpose(stored)
        below.drop(f"{orientation}.{kind}", encoded(image, kind, exif=exif))
    below.wait(processed=8)
    pngs = [below.outbox / f"{orientation}.png" for orientation in range(1, 9)]
    assert pixels(pngs[0]).shape[:2] == (upright.height, upright.width)
    assert len({pixels(png).tobytes() for png in pngs}) == 1
    assert_promises(below)


def test_background_is_gone(service: Service) -> None:
    """With the model that Dropcut brings, the removed background is really gone."""
    service.drop("astronaut.jpg", encoded(photograph(ASTRONAUT, 512)))
    service.start(DROPCUT_MODEL="u2netp", DROPCUT_MODEL_RECIPE="")
    service.wait(processed=1)
    alpha = pixels(service.outbox / "astronaut.png")[..., 3]
    assert (alpha == 0).sum() > alpha.size // 5
    assert (alpha > 127).sum() > alpha.size // 5
    assert_promises(service)


def test_nothing_is_left_in_the_home(service: Service, tmp_path: Path) -> None:
    """No library leaves an identifier or a report to be sent in the user's home."""
    home = tmp_path / "home"
    home.mkdir()
    service.set(HOME=home)
    service.environment = without(
        service.environment, "CI", "GITHUB_ACTIONS", "XDG_CACHE_HOME", "XDG_DATA_HOME"
    )
    service.drop("a.jpg")
    assert service.command("run", "--once").code == 0
    assert names(home) == []

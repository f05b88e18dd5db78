"""Whatever its colours, orientation and pages: a picture arrives upright in sRGB."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from dropcut.core.pictures import Pixels
from dropcut.pictures.codec import Decoder
from PIL import Image, ImageCms

from ...conftest import Cut
from ...output_options import RAW
from ...photographs import encoded, noise, photograph, png, wide_gamut_profile
from ...photographs import with_orientation as oriented

_ORIENTATIONS = range(1, 9)
_RELATIVE = ImageCms.Intent.RELATIVE_COLORIMETRIC


def _opened(codec: Decoder, data: bytes, width: int, height: int) -> Pixels:
    return codec.open(data, width, height, RAW).model_input


@pytest.mark.parametrize("number", _ORIENTATIONS)
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_orientation(codec: Decoder, cut: Cut, kind: str, number: int) -> None:
    """A picture with any of the eight orientations is made upright, to the bit."""
    pixels = noise(13, 7)
    data = oriented(Image.fromarray(pixels), kind, number)
    picture = codec.open(data, 13, 7, RAW)
    assert (picture.width_px, picture.height_px) == (13, 7)
    assert np.array_equal(picture.model_input, pixels)
    alpha = np.arange(13 * 7, dtype=np.uint8).reshape(7, 13) + 1
    expected = np.dstack([pixels, alpha])
    assert np.array_equal(np.asarray(cut(data, alpha)), expected)


@pytest.mark.parametrize("number", _ORIENTATIONS)
def test_orientation_of_photograph(codec: Decoder, number: int) -> None:
    """A rotated photograph gives the model the same input as an upright one."""
    photo = photograph("coffee.png").resize((240, 160))
    for size in ((64, 64), (64, 320), (320, 64)):
        upright = _opened(codec, oriented(photo, "PNG", 1), *size)
        turned = _opened(codec, oriented(photo, "PNG", number), *size)
        assert np.array_equal(turned, upright)


@pytest.mark.parametrize("number", _ORIENTATIONS)
def test_turned_picture_is_held(codec: Decoder, number: int) -> None:
    """Only a picture that must be rotated is kept in memory; others are streamed."""
    data = oriented(Image.fromarray(noise(13, 7)), "PNG", number)
    assert (codec.open(data, 8, 8, RAW)._in_memory is not None) is (number > 1)


def test_unknown_orientation(codec: Decoder) -> None:
    """An invalid EXIF orientation counts as upright."""
    data = oriented(Image.fromarray(noise(5, 4)), "PNG", 9)
    assert np.array_equal(_opened(codec, data, 5, 4), noise(5, 4))


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (2, 3)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_tiny(cut: Cut, kind: str, size: tuple[int, int]) -> None:
    """A picture one pixel wide is cut out at its own size."""
    picture = cut(
        encoded(Image.new("RGB", size, "red"), kind), np.full((9, 9), 200, "u1")
    )
    assert (picture.size, picture.mode) == (size, "RGBA")
    red, green, blue, alpha = np.asarray(picture).reshape(-1, 4).T
    assert red.min() >= 250
    assert max(green.max(), blue.max()) <= 5
    assert np.unique(alpha).tolist() == [200]


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "1", "P", "PA"])
def test_mode(codec: Decoder, mode: str) -> None:
    """Grey, palette and alpha pictures give the model the colours a person sees."""
    grey = photograph("camera.png", mode="L").resize((40, 30))
    picture = grey.convert("L").convert(mode) if mode != "PA" else grey.convert("LA")
    expected = np.asarray(picture.convert("RGB"))
    assert np.array_equal(_opened(codec, encoded(picture, "PNG"), 40, 30), expected)


def test_palette_with_transparency(cut: Cut) -> None:
    """The transparent colour of a palette is transparent in the cutout."""
    picture = Image.new("P", (4, 2), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    picture.putpixel((1, 1), 1)
    data = encoded(picture, "PNG", transparency=0)
    result = np.asarray(cut(data, np.full((2, 4), 255, np.uint8)))
    assert result[1, 1].tolist() == [0, 0, 255, 255]
    assert result[0, 0].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("colour", [0, 2, 4, 6], ids=["grey", "rgb", "la", "rgba"])
def test_sixteen_bits(cut: Cut, colour: int) -> None:
    """16 bits per channel become 8 without a change of colour or alpha."""
    values = {0: [1], 2: [3, 1, 2], 4: [1, 4], 6: [3, 1, 2, 4]}[colour]
    row = b"\0" + b"".join(struct.pack(">H", value * 0x3000) for value in values) * 5
    pixel = np.asarray(cut(png(5, 3, 16, colour, row * 3), np.full((3, 5), 255, "u1")))
    rgb = values[:3] if len(values) > 2 else values[:1] * 3
    alpha = values[-1] * 0x30 if colour >= 4 else 255
    expected = [value * 0x30 for value in rgb] + [alpha]
    assert np.abs(pixel.reshape(-1, 4).astype(int) - expected).max() <= 1


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
@pytest.mark.parametrize(
    ("ink", "seen"),
    [
        ((0, 0, 0, 0), (255, 255, 255)),
        ((0, 0, 0, 255), (0, 0, 0)),
        ((255, 0, 0, 0), (0, 170, 230)),
        ((0, 255, 255, 0), (230, 30, 35)),
    ],
    ids=["white", "black", "cyan", "red"],
)
def test_cmyk(
    codec: Decoder, kind: str, ink: tuple[int, ...], seen: tuple[int, ...]
) -> None:
    """Printing inks become the colours that they print."""
    data = encoded(Image.new("CMYK", (8, 8), ink), kind)
    pixel = _opened(codec, data, 8, 8)[4, 4]
    assert np.abs(pixel.astype(int) - seen).max() <= 60, pixel


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_wide_gamut(codec: Decoder, cut: Cut, kind: str) -> None:
    """A picture in Display P3 is converted to sRGB, for the model and in the PNG."""
    profile = wide_gamut_profile()
    photo = photograph("coffee.png").resize((60, 40))
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {}
    if kind == "JPEG":
        options = {"quality": 100, "subsampling": 0}
    data = encoded(photo, kind, icc_profile=profile, **options)
    with Image.open(io.BytesIO(data)) as stored:
        plain = np.asarray(stored)
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(stored, source, srgb, _RELATIVE)
    expected = np.asarray(converted).astype(int)
    assert np.abs(expected - plain).max() > 15
    assert np.abs(_opened(codec, data, 60, 40) - expected).max() <= 4
    result = np.asarray(cut(data, np.full((40, 60), 255, np.uint8)))
    assert np.abs(result[:, :, :3] - expected).max() <= 4


def test_srgb_profile_changes_nothing(codec: Decoder) -> None:
    """An embedded sRGB profile leaves every pixel as it is."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = noise(9, 6)
    data = encoded(Image.fromarray(pixels), "PNG", icc_profile=profile)
    assert np.array_equal(_opened(codec, data, 9, 6), pixels)


def _told_adobe_rgb(**options: Any) -> bytes:  # noqa: ANN401  # Pillow's own
    """Return a JPEG whose EXIF says that its colours are Adobe RGB."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF  # uncalibrated
    exif.get_ifd(0x8769)[0xA005] = {1: "R03", 2: b"0100"}
    photo = photograph("coffee.png").resize((60, 40))
    return encoded(photo, "JPEG", exif=exif.tobytes(), quality=95, **options)


def test_profile_wins_over_exif(codec: Decoder) -> None:
    """The colour space in EXIF counts only if there is no profile."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = encoded(photograph("coffee.png").resize((60, 40)), "JPEG", quality=95)
    profiled = _told_adobe_rgb(icc_profile=srgb)
    expected = _opened(codec, plain, 60, 40)
    assert np.array_equal(_opened(codec, profiled, 60, 40), expected)
    told = _opened(codec, _told_adobe_rgb(), 60, 40).astype(int)
    assert np.abs(told - expected).max() > 10


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "WEBP"])
def test_first_page(codec: Decoder, kind: str) -> None:
    """Of several pages or frames the first is used, with a note."""
    pages = [Image.new("RGB", (8, 8), name) for name in ("white", "red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = encoded(pages[0], kind, save_all=True, append_images=pages[1:], **options)
    picture = codec.open(data, 8, 8, RAW)
    assert (picture.width_px, picture.height_px) == (8, 8)
    assert picture.model_input.min() == 255
    assert picture.notes == ("first of 3 pages",)


def test_single_page_has_no_note(codec: Decoder) -> None:
    """A picture of one page has no note."""
    assert codec.open(encoded(Image.new("RGB", (8, 8)), "TIFF"), 8, 8, RAW).notes == ()

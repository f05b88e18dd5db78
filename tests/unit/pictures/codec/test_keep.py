"""A picture can keep its colours, and is always sRGB for the model."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from dropcut.core.pictures import OutputFormat, OutputOptions, Pixels
from dropcut.pictures.codec import Decoder
from dropcut.pictures.codec.colour import CONVERTED
from PIL import Image, ImageCms

from tests.pictures import PICTURES, PROFILE_IGNORED

from ...output_options import RAW
from ...photographs import (
    encoded,
    noise,
    photograph,
    scanner_profile,
    wide_gamut_profile,
)
from ...results import Levels, blob, levels, made, opaque, pixels, seen

_FILES = {picture.name: picture for picture in PICTURES}
_OWN = replace(RAW, keep="icc")
_RELATIVE = ImageCms.Intent.RELATIVE_COLORIMETRIC
_BLACK_POINT = ImageCms.Flags.BLACKPOINTCOMPENSATION
_CONVERTED = (
    *("tiff/cmyk-fogra39.tif", "tiff/cmyk.tif", "jpeg/cmyk-fogra39.jpg"),
    *("jpeg/grey.jpg", "colour/grey-gamma22.png", "colour/grey-dot-gain-20.jpg"),
    *("tiff/lab-8.tif", "tiff/lab-16.tif", "colour/adobe-rgb-by-exif.jpg"),
    *("heic/nclx-p3.heic", "avif/nclx-p3.avif"),
)
_BROKEN = tuple(
    name for name, picture in _FILES.items() if PROFILE_IGNORED in picture.notes
)


def _wide(pixels: Pixels, kind: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401  # Pillow's own
    """Return a file whose pixels are in a wide gamut."""
    picture = Image.fromarray(pixels)
    return encoded(picture, kind, icc_profile=wide_gamut_profile(), **options)


def _to_srgb(colours: Levels, profile: bytes) -> Levels:
    """Convert as LittleCMS does."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    picture = Image.fromarray(colours.astype(np.uint8))
    converted = ImageCms.profileToProfile(
        picture, source, target, _RELATIVE, flags=_BLACK_POINT
    )
    return np.asarray(converted).astype(int)


@pytest.mark.parametrize("form", OutputFormat)
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_own_colours(codec: Decoder, kind: str, form: OutputFormat) -> None:
    """A picture with an RGB profile keeps its values, to the bit, and its profile."""
    options = {"lossless": True} if kind == "WEBP" else {}
    data = _wide(noise(40, 30), kind, **options)
    result = made(codec, data, opaque(), replace(_OWN, format=form))
    assert np.array_equal(levels(result)[:, :, :3], noise(40, 30))
    assert seen(result).info["icc_profile"] == wide_gamut_profile()


def test_own_colours_of_a_turned_picture(codec: Decoder) -> None:
    """A rotated picture keeps its colours and its profile."""
    exif = Image.Exif()
    exif[0x0112] = 3
    data = _wide(noise(40, 30), exif=exif.tobytes())
    result = made(codec, data, opaque(), _OWN)
    assert np.array_equal(levels(result)[:, :, :3], noise(40, 30)[::-1, ::-1])
    assert seen(result).info["icc_profile"] == wide_gamut_profile()


def test_without_keep(codec: Decoder) -> None:
    """A result is sRGB without a profile, unless the profile is kept."""
    result = made(codec, _wide(noise(40, 30)), opaque(), RAW)
    expected = _to_srgb(noise(40, 30).astype(int), wide_gamut_profile())
    assert np.abs(levels(result)[:, :, :3] - expected).max() <= 2
    assert "icc_profile" not in seen(result).info


@pytest.mark.parametrize("keep", ["icc", "all"])
@pytest.mark.parametrize("name", _CONVERTED)
def test_other_spaces_become_srgb(codec: Decoder, name: str, keep: Any) -> None:  # noqa: ANN401  # a word
    """Inks, greys and CIELAB become sRGB, without a profile that would be wrong."""
    data = _FILES[name].data
    result = made(codec, data, opaque(), replace(RAW, keep=keep))
    assert "icc_profile" not in seen(result).info
    assert np.array_equal(levels(result), pixels(codec, data, opaque(), RAW))


@pytest.mark.parametrize("name", _BROKEN)
def test_broken_profile(codec: Decoder, name: str) -> None:
    """A broken profile is dropped, with a note."""
    data = _FILES[name].data
    assert "icc_profile" not in seen(made(codec, data, opaque(), _OWN)).info
    assert PROFILE_IGNORED in codec.open(data, 8, 8, _OWN).notes


@pytest.mark.parametrize(
    "name", ["colour/p3.png", "colour/swapped.jpg", "colour/adobe-rgb.png"]
)
def test_model_sees_srgb(codec: Decoder, name: str) -> None:
    """The model's input does not depend on `keep`."""
    data = _FILES[name].data
    usual = codec.open(data, 40, 40, RAW).model_input
    assert np.array_equal(codec.open(data, 40, 40, _OWN).model_input, usual)


def test_refined_in_own_space(codec: Decoder) -> None:
    """A mask follows the same edges, whatever is kept."""
    data = _FILES["colour/p3.png"].data
    own = pixels(codec, data, blob(), OutputOptions(keep="icc"))
    assert np.array_equal(
        own[:, :, 3], pixels(codec, data, blob(), OutputOptions())[:, :, 3]
    )


def test_clean_edges_in_own_space(codec: Decoder) -> None:
    """Edges are as clean in a picture's own colours as in sRGB."""
    alpha = np.asarray(Image.fromarray(blob()).resize((320, 320))) / 255
    red, green = np.array([220.0, 40, 30]), np.array([20.0, 180, 60])
    mixture = red * alpha[..., None] + green * (1 - alpha[..., None])
    data = _wide(np.rint(mixture).astype(np.uint8))
    options = OutputOptions(keep="icc", refine=False)
    clean = pixels(codec, data, blob(), options)
    soft = (clean[:, :, 3] > 60) & (clean[:, :, 3] < 250)
    assert np.abs(clean[soft][:, :3] - red).mean() <= 10
    raw = pixels(codec, data, blob(), replace(options, clean_edges=False))
    assert np.abs(raw[soft][:, :3] - red).mean() >= 40


@pytest.mark.parametrize("colour", [(255, 255, 255), (12, 130, 200), (200, 30, 40)])
@pytest.mark.parametrize("name", ["colour/p3.png", "colour/adobe-rgb.png"])
def test_background_colour(
    codec: Decoder, name: str, colour: tuple[int, int, int]
) -> None:
    """A background's sRGB colour looks the same in a picture's own colours."""
    options = OutputOptions(keep="icc", background=colour)
    result = made(codec, _FILES[name].data, blob(), options)
    profile = seen(result).info["icc_profile"]
    converted = _to_srgb(levels(result)[:1, :1], profile)
    assert np.abs(converted - colour).max() <= 2


def test_background_picture(codec: Decoder) -> None:
    """A background picture is converted to the picture's own colours, too."""
    behind = photograph("coffee.png").resize((160, 80))
    options = OutputOptions(keep="icc", background=encoded(behind, "PNG"))
    nothing = np.zeros((8, 8), np.uint8)
    result = made(codec, _FILES["colour/p3.png"].data, nothing, options)
    converted = _to_srgb(levels(result), seen(result).info["icc_profile"])
    difference = np.abs(converted - np.asarray(behind))
    assert difference.mean() <= 1
    assert difference.max() <= 6


def test_canvas_in_own_space(codec: Decoder) -> None:
    """A canvas keeps the profile, and the colours of the subject on it."""
    data = _wide(np.full((40, 40, 3), (250, 10, 20), np.uint8))
    options = replace(_OWN, canvas_px=(60, 60))
    result = made(codec, data, blob(), options)
    assert seen(result).info["icc_profile"] == wide_gamut_profile()
    visible = levels(result)[levels(result)[:, :, 3] > 16]
    assert np.abs(visible[:, :3] - (250, 10, 20)).max() <= 2


def test_profile_that_no_png_may_hold(codec: Decoder) -> None:
    """A profile that can be read, but not written, is not kept: colours become sRGB."""
    data = _FILES["colour/broken-huge.jpg"].data
    kept, plain = (made(codec, data, opaque(), options) for options in (_OWN, RAW))
    assert "icc_profile" not in seen(kept).info
    assert np.array_equal(levels(kept), levels(plain))
    assert codec.open(data, 8, 8, _OWN).notes == (CONVERTED,)


@pytest.mark.parametrize(
    "options", [_OWN, OutputOptions(keep="icc")], ids=["raw", "default"]
)
def test_profile_that_only_leads_out(codec: Decoder, options: OutputOptions) -> None:
    """A scanner's profile, which cannot be converted to, is not kept."""
    photo = photograph("coffee.png").resize((64, 48))
    data = encoded(photo, "PNG", icc_profile=scanner_profile())
    kept = made(codec, data, blob(), options)
    plain = made(codec, data, blob(), replace(options, keep="none"))
    assert "icc_profile" not in seen(kept).info
    assert np.array_equal(levels(kept), levels(plain))

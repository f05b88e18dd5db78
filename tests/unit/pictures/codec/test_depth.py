"""Pictures of more than eight bits can keep them."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from dropcut.core.pictures import OutputFormat, OutputOptions
from dropcut.pictures.codec import Decoder

from tests.pictures import PICTURES

from ...output_options import RAW
from ...photographs import png
from ...results import bits, blob, deep_levels, levels, made, opaque, pixels

_FILES = {picture.name: picture.data for picture in PICTURES}
_DEEP = (
    *("heic/10-bit.heic", "heic/12-bit.heic", "avif/10-bit.avif", "avif/12-bit.avif"),
    *("tiff/real-pixelmator-16-associated.tif", "tiff/lab-16.tif"),
    *("png/basn2c16.png", "png/basn6a16.png", "png/basn0g16.png"),
)
_SHALLOW = ("heic/8-bit.heic", "avif/8-bit.avif", "png/rgba.png", "tiff/lab-8.tif")
_RAW_16 = replace(RAW, depth=16)
_TOLERANCE = 3.1  # HEIC's library converts its colours anew for each depth


def _ramp() -> bytes:
    """Return a PNG of 256x8 pixels whose 16-bit grey rises by 17 levels a column."""
    row = (np.arange(256) * 17 + 20_000).astype(">u2").tobytes()
    return png(256, 8, 16, 0, (b"\0" + row) * 8)


@pytest.mark.parametrize("name", _DEEP)
def test_depth_of_16(codec: Decoder, name: str) -> None:
    """With a depth of 16, a 16-bit picture's PNG has more than 256 levels."""
    result = made(codec, _FILES[name], opaque(), _RAW_16)
    assert bits(result) == 16
    deep, shallow = deep_levels(result), pixels(codec, _FILES[name], opaque(), RAW)
    assert np.unique(deep % 257).size > 1
    visible = shallow[:, :, 3] > 0
    assert np.abs(deep / 257 - shallow)[visible].max() <= _TOLERANCE
    assert bits(made(codec, _FILES[name], opaque(), RAW)) == 8


@pytest.mark.parametrize("name", _SHALLOW)
def test_shallow_picture(codec: Decoder, name: str) -> None:
    """An 8-bit picture stays one, whatever the depth."""
    result = made(codec, _FILES[name], opaque(), _RAW_16)
    assert bits(result) == 8
    assert np.array_equal(levels(result), pixels(codec, _FILES[name], opaque(), RAW))


def test_every_level_is_kept(codec: Decoder) -> None:
    """A depth of 16 keeps each level of an opaque picture, to the bit."""
    deep = deep_levels(made(codec, _ramp(), opaque(), replace(_RAW_16, keep="icc")))
    assert (deep[:, :, :3] == (np.arange(256) * 17 + 20_000)[None, :, None]).all()
    assert (deep[:, :, 3] == 65_535).all()


@pytest.mark.parametrize("options", [RAW, OutputOptions()], ids=["raw", "default"])
def test_alpha_has_as_many_bits(codec: Decoder, options: OutputOptions) -> None:
    """Alpha and colours of a 16-bit picture equal the 8-bit ones, only finer."""
    data = _FILES["tiff/rgb-16.tif"]
    deep = deep_levels(made(codec, data, blob(), replace(options, depth=16)))
    shallow = pixels(codec, data, blob(), options)
    assert np.array_equal(deep[:, :, 3], shallow[:, :, 3] * 257)
    assert np.abs(deep[:, :, :3] / 257 - shallow[:, :, :3]).max() <= 2
    assert not deep[deep[:, :, 3] == 0].any()


@pytest.mark.parametrize("depth", [8, 16])
def test_model_sees_the_same(codec: Decoder, depth: Literal[8, 16]) -> None:
    """The depth of the result does not change what the model sees."""
    for name in _DEEP:
        usual = codec.open(_FILES[name], 40, 40, RAW).model_input
        picture = codec.open(_FILES[name], 40, 40, replace(RAW, depth=depth))
        assert np.abs(picture.model_input.astype(int) - usual).max() <= _TOLERANCE, name


def test_deep_mask(codec: Decoder) -> None:
    """The mask of a 16-bit picture is its cutout's alpha, in 16 bits."""
    data = _FILES["tiff/unassociated-16.tif"]
    options = OutputOptions(depth=16)
    cutout = deep_levels(made(codec, data, blob(), options))
    mask = deep_levels(made(codec, data, blob(), replace(options, output="mask")))
    assert np.array_equal(mask[:, :, 0], cutout[:, :, 3])


def test_deep_background(codec: Decoder) -> None:
    """A background colour is exact in sixteen bits, too."""
    options = OutputOptions(depth=16, background=(255, 128, 3))
    result = made(codec, _FILES["tiff/rgb-16.tif"], blob(), options)
    assert deep_levels(result)[0, 0].tolist() == [65_535, 128 * 257, 3 * 257]


def test_deep_canvas(codec: Decoder) -> None:
    """A deep subject keeps its bits when it is resized, and hides no colours."""
    options = OutputOptions(depth=16, canvas_px=(90, 60))
    deep = deep_levels(made(codec, _FILES["tiff/rgb-16.tif"], blob(), options))
    assert deep.shape == (60, 90, 4)
    assert not deep[deep[:, :, 3] == 0].any()
    assert np.unique(deep[:, :, :3] % 257).size > 1


def test_webp_has_eight(codec: Decoder) -> None:
    """A WebP of a deep picture has the eight bits that the format can hold."""
    options = OutputOptions(format=OutputFormat.WEBP)
    deep = pixels(codec, _ramp(), blob(), replace(options, depth=16))
    assert np.array_equal(deep, pixels(codec, _ramp(), blob(), options))


@pytest.mark.parametrize("kind", ["HEIC", "AVIF"])
@pytest.mark.parametrize("depth", [10, 12])
def test_white_is_full(codec: Decoder, kind: str, depth: int) -> None:
    """White and opaque of 10 and 12 bits become the maximum of 16 bits."""
    name = f"{kind.lower()}/{depth}-bit.{kind.lower()}"
    deep = deep_levels(made(codec, _FILES[name], opaque(), _RAW_16))
    assert deep[40, 16].tolist() == [65_535] * 4  # the white patch

"""Results with any options are whole, of the right kind, and reproducible."""

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputFormat, OutputOptions
from dropcut.pictures.codec import Decoder
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ...output_options import RAW
from ...photographs import (
    encoded,
    noise,
    photograph,
    wide_gamut_profile,
    with_orientation,
)
from ...results import (
    bits,
    blob,
    levels,
    made,
    opaque,
    pixels,
    seen,
    write_result,
)

_WEBP = OutputOptions(format=OutputFormat.WEBP)
_BEHIND = encoded(Image.fromarray(noise(30, 20)), "PNG")
_VARIETY = {
    "raw": RAW,
    "default": OutputOptions(),
    "mask": OutputOptions(output="mask"),
    "colour": OutputOptions(background=(255, 255, 255)),
    "picture": OutputOptions(background=_BEHIND),
    "crop": OutputOptions(crop=True, margin_percent=5),
    "canvas": OutputOptions(canvas_px=(300, 200), margin_percent=5),
    "webp": _WEBP,
    "all": replace(_WEBP, keep="all", crop=True, background=_BEHIND),
}
_PHOTO = encoded(photograph("coffee.png"), "JPEG", quality=90)
_LYING = with_orientation(photograph("coffee.png"), "JPEG", 6)
_HEIC = encoded(photograph("coffee.png"), "HEIC")


def _variety() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("options", _VARIETY.values(), ids=_VARIETY.keys())


@pytest.mark.parametrize("refine", [True, False])
def test_mask(codec: Decoder, refine: bool) -> None:  # noqa: FBT001  # an output option
    """A mask is the cutout's alpha, as a grey PNG without metadata."""
    options = OutputOptions(refine=refine, keep="icc")
    data = encoded(
        photograph("coffee.png"), "JPEG", icc_profile=wide_gamut_profile(), quality=90
    )
    mask = made(codec, data, blob(), replace(options, output="mask"))
    cutout = pixels(codec, data, blob(), options)
    assert (seen(mask).mode, bits(mask)) == ("L", 8)
    assert "icc_profile" not in seen(mask).info
    assert np.array_equal(levels(mask), cutout[:, :, 3])


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA"])
def test_mask_of_any_kind(codec: Decoder, mode: str) -> None:
    """The mask of a picture of any mode is 8-bit grey."""
    data = encoded(Image.fromarray(noise(40, 30)).convert(mode), "PNG")
    mask = made(codec, data, blob(), OutputOptions(output="mask"))
    assert (seen(mask).mode, bits(mask), seen(mask).size) == ("L", 8, (40, 30))


@pytest.mark.parametrize("options", [RAW, OutputOptions()], ids=["raw", "default"])
def test_webp_is_lossless(codec: Decoder, options: OutputOptions) -> None:
    """A WebP has exactly the PNG's pixels, and no colour where it is transparent."""
    webp = made(codec, _PHOTO, blob(), replace(options, format=OutputFormat.WEBP))
    assert seen(webp).format == "WEBP"
    assert np.array_equal(levels(webp), pixels(codec, _PHOTO, blob(), options))
    assert not levels(webp)[levels(webp)[:, :, 3] == 0].any()


@pytest.mark.parametrize("size", [(16_384, 2), (2, 16_384)])
def test_webp_has_limits(codec: Decoder, size: tuple[int, int]) -> None:
    """A result too large for WebP is refused, with the format to use instead."""
    data = encoded(Image.new("RGB", size, "red"), "PNG")
    with pytest.raises(PictureError, match=r"16383.*FORMAT=png") as caught:
        made(codec, data, opaque(), replace(RAW, format=OutputFormat.WEBP))
    assert caught.value.reason is Reason.TOO_MANY_PIXELS
    small = replace(RAW, format=OutputFormat.WEBP, canvas_px=(16_383, 1))
    assert seen(made(codec, data, opaque(), small)).size == (16_383, 1)


@_variety()
def test_determinism(options: OutputOptions) -> None:
    """Two runs give the same file, whatever the number of threads."""
    files = set()
    for threads in (1, 2, 1, 2):
        codec = Decoder(max_megapixels=100, decode_seconds=30, threads=threads)
        files.add(made(codec, _PHOTO, blob(), options))
    assert len(files) == 1


@_variety()
@pytest.mark.parametrize("data", [_PHOTO, _LYING, _HEIC], ids=["jpeg", "lying", "heic"])
def test_time_is_up(codec: Decoder, data: bytes, options: OutputOptions) -> None:
    """A result that takes too long is timed out, whatever the output options."""
    picture = codec.open(data, 64, 64, options)
    picture._decode_seconds = 1e-9
    with Path(os.devnull).open("wb") as sink, pytest.raises(PictureError) as caught:
        write_result(picture, blob(), sink.fileno())
    assert caught.value.reason is Reason.TIMED_OUT


@_variety()
def test_full_disk(codec: Decoder, options: OutputOptions) -> None:
    """A full disk is the machine's fault, whatever the output options."""
    picture = codec.open(_PHOTO, 64, 64, options)
    with Path("/dev/full").open("wb") as sink, pytest.raises(OSError) as caught:  # noqa: PT011  # errno below
        write_result(picture, blob(), sink.fileno())
    assert os.strerror(caught.value.errno or 0) == "No space left on device"


@_variety()
def test_damage_behind_the_header(codec: Decoder, options: OutputOptions) -> None:
    """Damage that shows only when the result is made is the picture's fault."""
    picture = codec.open(_PHOTO, 64, 64, options)
    picture._data = _PHOTO[: len(_PHOTO) // 2]
    with Path(os.devnull).open("wb") as sink, pytest.raises(PictureError) as caught:
        write_result(picture, blob(), sink.fileno())
    assert caught.value.reason is Reason.TRUNCATED


@_variety()
def test_upright_pictures_are_streamed(codec: Decoder, options: OutputOptions) -> None:
    """An upright picture is never completely in memory, whatever the options."""
    picture = codec.open(_PHOTO, 64, 64, options)
    with Path(os.devnull).open("wb") as sink:
        write_result(picture, blob(), sink.fileno())
    assert picture._in_memory is None


_SIDES = st.integers(1, 40)
_OPTIONS = st.builds(
    OutputOptions,
    output=st.sampled_from(["cutout", "mask"]),
    background=st.sampled_from([None, (255, 0, 9), _BEHIND]),
    crop=st.booleans(),
    margin_percent=st.sampled_from([0, 5, 45]),
    canvas_px=st.sampled_from([None, (1, 1), (50, 20), (7, 90)]),
    format=st.sampled_from(OutputFormat),
    keep=st.sampled_from(["none", "icc", "all"]),
    depth=st.sampled_from([8, 16]),
    clean_edges=st.booleans(),
    refine=st.booleans(),
)
_FILES = st.sampled_from(["L", "LA", "RGB", "RGBA", "P", "I;16", "CMYK"])


def _picture(mode: str, width: int, height: int, seed: int) -> bytes:
    """Return noise, as a TIFF if CMYK, otherwise as a PNG."""
    colours = noise(width, height, seed)
    if mode == "I;16":
        grey = colours[:, :, 0].astype(np.uint16) * 257
        return encoded(Image.fromarray(grey), "PNG")
    picture = Image.fromarray(colours).convert(mode)
    if mode in ("LA", "RGBA"):
        picture.putalpha(Image.fromarray(colours[:, :, 1]))
    profile = {"icc_profile": wide_gamut_profile()} if mode == "RGB" else {}
    return encoded(picture, "TIFF" if mode == "CMYK" else "PNG", **profile)


def _modes(options: OutputOptions) -> set[str]:
    """Return what Pillow may call the pixels of a result."""
    if options.format is OutputFormat.WEBP:
        return {"RGB", "RGBA"}  # it has no grey, and no alpha that is opaque
    if options.output == "mask":
        return {"L", "I;16"}
    return {"RGBA"} if options.background is None else {"RGB"}


@given(_OPTIONS, _FILES, st.tuples(_SIDES, _SIDES), st.integers(0, 99))
def test_any_options(
    codec: Decoder, options: OutputOptions, mode: str, size: tuple[int, int], seed: int
) -> None:
    """Any picture with any options gives a whole file of the right kind and size."""
    side = (1, 9, 32)[seed % 3]
    mask = noise(side, side, seed)[:, :, 2] if seed % 2 else blob(side, side)
    result = made(codec, _picture(mode, *size, seed), mask, options)
    with Image.open(io.BytesIO(result)) as opened:
        assert opened.format == options.format.name
    assert seen(result).mode in _modes(options)
    if options.format is OutputFormat.PNG:
        assert bits(result) == (16 if options.depth == 16 and mode == "I;16" else 8)
    if options.canvas_px or not options.crop:
        assert seen(result).size == (options.canvas_px or size)

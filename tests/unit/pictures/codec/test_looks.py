"""All kinds of results: whole, of the promised kind, and the same every time."""

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import Format, Look
from dropcut.pictures.codec import VipsCodec
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ...looks import RAW
from ...photographs import (
    encoded,
    noise,
    photograph,
    wide_gamut_profile,
    with_orientation,
)
from ...results import bits, blob, levels, made, opaque, pixels, seen

_WEBP = Look(format=Format.WEBP)
_BEHIND = encoded(Image.fromarray(noise(30, 20)), "PNG")
_VARIETY = {
    "raw": RAW,
    "default": Look(),
    "mask": Look(output="mask"),
    "colour": Look(background=(255, 255, 255)),
    "picture": Look(background=_BEHIND),
    "crop": Look(crop=True, margin_percent=5),
    "canvas": Look(canvas_px=(300, 200), margin_percent=5),
    "webp": _WEBP,
    "all": replace(_WEBP, keep="all", crop=True, background=_BEHIND),
}
_PHOTO = encoded(photograph("coffee.png"), "JPEG", quality=90)
_LYING = with_orientation(photograph("coffee.png"), "JPEG", 6)
_HEIC = encoded(photograph("coffee.png"), "HEIC")


def _variety() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("look", _VARIETY.values(), ids=_VARIETY.keys())


@pytest.mark.parametrize("refine", [True, False])
def test_mask(codec: VipsCodec, refine: bool) -> None:  # noqa: FBT001  # a look's field
    """A mask is the alpha of the cutout, as a grey PNG that nothing else tells of."""
    look = Look(refine=refine, keep="icc")
    data = encoded(
        photograph("coffee.png"), "JPEG", icc_profile=wide_gamut_profile(), quality=90
    )
    mask = made(codec, data, blob(), replace(look, output="mask"))
    cutout = pixels(codec, data, blob(), look)
    assert (seen(mask).mode, bits(mask)) == ("L", 8)
    assert "icc_profile" not in seen(mask).info
    assert np.array_equal(levels(mask), cutout[:, :, 3])


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA"])
def test_mask_of_any_kind(codec: VipsCodec, mode: str) -> None:
    """The mask of a picture of few colours is grey of 8 bits all the same."""
    data = encoded(Image.fromarray(noise(40, 30)).convert(mode), "PNG")
    mask = made(codec, data, blob(), Look(output="mask"))
    assert (seen(mask).mode, bits(mask), seen(mask).size) == ("L", 8, (40, 30))


@pytest.mark.parametrize("look", [RAW, Look()], ids=["raw", "default"])
def test_webp_is_lossless(codec: VipsCodec, look: Look) -> None:
    """A WebP holds the very pixels of the PNG, and none where it is transparent."""
    webp = made(codec, _PHOTO, blob(), replace(look, format=Format.WEBP))
    assert seen(webp).format == "WEBP"
    assert np.array_equal(levels(webp), pixels(codec, _PHOTO, blob(), look))
    assert not levels(webp)[levels(webp)[:, :, 3] == 0].any()


@pytest.mark.parametrize("size", [(16_384, 2), (2, 16_384)])
def test_webp_has_limits(codec: VipsCodec, size: tuple[int, int]) -> None:
    """What a WebP cannot hold is refused, with the format that can."""
    data = encoded(Image.new("RGB", size, "red"), "PNG")
    with pytest.raises(PictureError, match=r"16383.*FORMAT=png") as caught:
        made(codec, data, opaque(), replace(RAW, format=Format.WEBP))
    assert caught.value.reason is Reason.TOO_MANY_PIXELS
    small = replace(RAW, format=Format.WEBP, canvas_px=(16_383, 1))
    assert seen(made(codec, data, opaque(), small)).size == (16_383, 1)


@_variety()
def test_determinism(look: Look) -> None:
    """Two runs give the same file, whatever the number of threads."""
    files = set()
    for threads in (1, 2, 1, 2):
        codec = VipsCodec(max_megapixels=100, decode_seconds=30, threads=threads)
        files.add(made(codec, _PHOTO, blob(), look))
    assert len(files) == 1


@_variety()
@pytest.mark.parametrize("data", [_PHOTO, _LYING, _HEIC], ids=["jpeg", "lying", "heic"])
def test_time_is_up(codec: VipsCodec, data: bytes, look: Look) -> None:
    """A result of any kind that takes too long is timed out."""
    picture = codec.open(data, 64, 64, look)
    picture._decode_seconds = 1e-9
    with Path(os.devnull).open("wb") as sink, pytest.raises(PictureError) as caught:
        picture.cut_out(blob(), sink.fileno())
    assert caught.value.reason is Reason.TIMED_OUT


@_variety()
def test_full_disk(codec: VipsCodec, look: Look) -> None:
    """A disk that is too full for a result of any kind is the machine's fault."""
    picture = codec.open(_PHOTO, 64, 64, look)
    with Path("/dev/full").open("wb") as sink, pytest.raises(OSError) as caught:  # noqa: PT011  # errno below
        picture.cut_out(blob(), sink.fileno())
    assert os.strerror(caught.value.errno or 0) == "No space left on device"


@_variety()
def test_damage_behind_the_header(codec: VipsCodec, look: Look) -> None:
    """Damage that shows only when the result is made is the picture's fault."""
    picture = codec.open(_PHOTO, 64, 64, look)
    picture._data = _PHOTO[: len(_PHOTO) // 2]
    with Path(os.devnull).open("wb") as sink, pytest.raises(PictureError) as caught:
        picture.cut_out(blob(), sink.fileno())
    assert caught.value.reason is Reason.TRUNCATED


@_variety()
def test_upright_pictures_are_streamed(codec: VipsCodec, look: Look) -> None:
    """The pixels of an upright picture are never all in memory, whatever the look."""
    picture = codec.open(_PHOTO, 64, 64, look)
    with Path(os.devnull).open("wb") as sink:
        picture.cut_out(blob(), sink.fileno())
    assert picture._held is None


_SIDES = st.integers(1, 40)
_LOOKS = st.builds(
    Look,
    output=st.sampled_from(["cutout", "mask"]),
    background=st.sampled_from([None, (255, 0, 9), _BEHIND]),
    crop=st.booleans(),
    margin_percent=st.sampled_from([0, 5, 45]),
    canvas_px=st.sampled_from([None, (1, 1), (50, 20), (7, 90)]),
    format=st.sampled_from(Format),
    keep=st.sampled_from(["none", "icc", "all"]),
    depth=st.sampled_from([8, 16]),
    clean_edges=st.booleans(),
    refine=st.booleans(),
)
_FILES = st.sampled_from(["L", "LA", "RGB", "RGBA", "P", "I;16", "CMYK"])


def _picture(mode: str, width: int, height: int, seed: int) -> bytes:
    """Return noise: inks as a TIFF, and all else as a PNG."""
    colours = noise(width, height, seed)
    if mode == "I;16":
        grey = colours[:, :, 0].astype(np.uint16) * 257
        return encoded(Image.fromarray(grey), "PNG")
    picture = Image.fromarray(colours).convert(mode)
    if mode in ("LA", "RGBA"):
        picture.putalpha(Image.fromarray(colours[:, :, 1]))
    profile = {"icc_profile": wide_gamut_profile()} if mode == "RGB" else {}
    return encoded(picture, "TIFF" if mode == "CMYK" else "PNG", **profile)


def _modes(look: Look) -> set[str]:
    """Return what Pillow may call the pixels of a result."""
    if look.format is Format.WEBP:
        return {"RGB", "RGBA"}  # it has no grey, and no alpha that is opaque
    if look.output == "mask":
        return {"L", "I;16"}
    return {"RGBA"} if look.background is None else {"RGB"}


@given(_LOOKS, _FILES, st.tuples(_SIDES, _SIDES), st.integers(0, 99))
def test_any_look(
    codec: VipsCodec, look: Look, mode: str, size: tuple[int, int], seed: int
) -> None:
    """Any picture in any look is a whole file of the promised format, size and mode."""
    side = (1, 9, 32)[seed % 3]
    mask = noise(side, side, seed)[:, :, 2] if seed % 2 else blob(side, side)
    result = made(codec, _picture(mode, *size, seed), mask, look)
    with Image.open(io.BytesIO(result)) as opened:
        assert opened.format == look.format.name
    assert seen(result).mode in _modes(look)
    if look.format is Format.PNG:
        assert bits(result) == (16 if look.depth == 16 and mode == "I;16" else 8)
    if look.canvas_px or not look.crop:
        assert seen(result).size == (look.canvas_px or size)

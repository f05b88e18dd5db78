"""Colours declared by CICP numbers become sRGB, or the picture is refused by name."""

import io
import struct
import zlib

import numpy as np
import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import Pixels
from dropcut.pictures.codec import Decoder
from PIL import Image, ImageCms

from tests.pictures import PICTURES

from ...output_options import RAW
from ...photographs import encoded, photograph, wide_gamut_profile

_PROFILED = next(p.data for p in PICTURES if p.name == "colour/p3.jpg")
_SRGB, _BT2020, _P3 = 1, 9, 12
_CURVE, _LINEAR, _PQ, _HLG = 13, 8, 16, 18
_RED = (200, 50, 50)
# By the definitions of the two standards, in float64
_SEEN = {_SRGB: _RED, _P3: (218, 24, 40), _BT2020: (248, 0, 41)}


def _numbered(kind: str, primaries: int, curve: int, **options: object) -> bytes:
    """Return a red file that declares its colours by CICP numbers."""
    plain = encoded(Image.new("RGB", (64, 48), _RED), kind, quality=100, **options)
    if kind == "PNG":
        told = b"cICP" + bytes((primaries, curve, 0, 1))
        chunk = struct.pack(">I", 4) + told + struct.pack(">I", zlib.crc32(told))
        return plain[:33] + chunk + plain[33:]
    at = plain.index(b"colrnclx") + 8
    return plain[:at] + struct.pack(">HH", primaries, curve) + plain[at + 4 :]


def _seen(codec: Decoder, data: bytes) -> Pixels:
    return codec.open(data, 64, 48, RAW).model_input


@pytest.mark.parametrize("primaries", [_SRGB, _P3, _BT2020])
@pytest.mark.parametrize("kind", ["HEIC", "AVIF", "PNG"])
def test_numbers(codec: Decoder, kind: str, primaries: int) -> None:
    """Display P3 and BT.2020 declared by CICP numbers become sRGB."""
    pixel = _seen(codec, _numbered(kind, primaries, _CURVE))[20, 20].astype(int)
    assert np.abs(pixel - _SEEN[primaries]).max() <= 4, pixel


@pytest.mark.parametrize(
    ("curve", "name"), [(_PQ, "HDR (PQ)"), (_HLG, "HDR (HLG)"), (_LINEAR, "linear")]
)
@pytest.mark.parametrize("kind", ["HEIC", "AVIF", "PNG"])
def test_light(codec: Decoder, kind: str, curve: int, name: str) -> None:
    """HDR and linear light would come out wrong and are refused by name."""
    with pytest.raises(PictureError) as caught:
        _seen(codec, _numbered(kind, _BT2020, curve))
    assert caught.value.reason is Reason.UNSUPPORTED_FORMAT
    assert f"{kind} in {name}" in str(caught.value)


def test_profile_wins(codec: Decoder) -> None:
    """An embedded profile takes precedence over CICP numbers."""
    told = _numbered("PNG", _BT2020, _PQ, icc_profile=wide_gamut_profile())
    plain = _numbered("PNG", _SRGB, _CURVE, icc_profile=wide_gamut_profile())
    assert np.array_equal(_seen(codec, told), _seen(codec, plain))


@pytest.mark.parametrize("cut", [1, 5, 9, 13])
def test_numbers_cut_off(codec: Decoder, cut: int) -> None:
    """A PNG that ends within its CICP numbers is truncated."""
    with pytest.raises(PictureError) as caught:
        _seen(codec, _numbered("PNG", _P3, _CURVE)[: 33 + cut])
    assert caught.value.reason is Reason.TRUNCATED


def test_dark_colours(codec: Decoder) -> None:
    """Dark Display P3 colours are converted as LittleCMS converts them."""
    photo = photograph("astronaut.png").resize((64, 48)).point(lambda v: v // 4)
    data = _numbered("PNG", _P3, _CURVE)
    head = data[33:49]
    plain = encoded(photo, "PNG")
    result = _seen(codec, plain[:33] + head + plain[33:]).astype(int)
    with Image.open(io.BytesIO(_PROFILED)) as profiled:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profiled.info["icc_profile"]))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    srgb = ImageCms.createProfile("sRGB")
    expected = ImageCms.profileToProfile(photo, source, srgb, intent)
    assert np.abs(result - np.asarray(expected)).max() <= 2

"""BMP: its alpha may be unused, and its version 5 header may have a profile."""

import struct

import numpy as np
import pytest
from dropcut.pictures.codec import Decoder

from ...output_options import RAW
from ...photographs import noise, wide_gamut_profile
from ...results import opaque, pixels

_MASKS = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
_BITFIELDS = 3


def _bmp(alpha: int, profile: bytes = b"") -> bytes:
    """Return a BMP with the fifth header, of 32 bits a pixel."""
    rgb = noise(20, 10)
    bgra = np.dstack([rgb[::-1, :, ::-1], np.full((10, 20), alpha, np.uint8)]).tobytes()
    sizes = struct.pack("<IiiHHIIiiII", 124, 20, 10, 1, 32, _BITFIELDS, 0, 0, 0, 0, 0)
    space = b"DEBM" if profile else b"BGRs"
    rest = (
        space
        + bytes(36 + 12)
        + struct.pack("<IIII", 4, 124 + len(bgra), len(profile), 0)
    )
    header = sizes + _MASKS + rest
    body = header + bgra + profile
    return b"BM" + struct.pack("<IHHI", 14 + len(body), 0, 0, 14 + 124) + body


@pytest.mark.parametrize(("alpha", "seen"), [(0, 255), (1, 1), (90, 90), (255, 255)])
def test_alpha(codec: Decoder, alpha: int, seen: int) -> None:
    """The alpha of a completely transparent BMP is ignored."""
    result = pixels(codec, _bmp(alpha), opaque(), RAW)
    assert (result[..., 3] == seen).all()
    assert np.array_equal(result[..., :3], noise(20, 10))


def test_profile(codec: Decoder) -> None:
    """The profile in a BMP is used as in any other format."""
    plain, wide = _bmp(255), _bmp(255, wide_gamut_profile())
    model = [codec.open(data, 20, 10, RAW).model_input for data in (plain, wide)]
    assert np.abs(model[0].astype(int) - model[1]).max() > 15
    assert codec.open(wide, 20, 10, RAW).notes == ()


def test_broken_profile(codec: Decoder) -> None:
    """An invalid profile in a BMP is ignored, with a note."""
    opened = codec.open(_bmp(255, b"no profile at all"), 20, 10, RAW)
    assert opened.notes == ("colour profile ignored",)
    assert np.array_equal(opened.model_input, noise(20, 10))

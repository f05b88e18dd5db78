"""Text in files that is not UTF-8 harms neither this picture nor the next."""

import zlib
from typing import Any

import numpy as np
import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputOptions
from dropcut.pictures.codec import Decoder
from PIL import Image

from ...output_options import RAW
from ...photographs import encoded, noise
from ...results import opaque, pixels

_KEYWORD = b"Caf\xe9\0un deux trois"


def _odd_avif() -> bytes:
    """Return an AVIF that makes libheif quote four bytes that are not UTF-8."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(Image.fromarray(noise(48, 36)), "AVIF", exif=exif.tobytes())
    assert b"irot" in data
    return data.replace(b"irot", b"i\xf2ot")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "AVIF", "TIFF"])
def test_next_picture(codec: Decoder, kind: str) -> None:
    """A file whose text is quoted in an error is corrupt, and the next one works."""
    with pytest.raises(PictureError, match=r"i\\xf2ot") as caught:
        codec.open(_odd_avif(), 8, 8, RAW)
    assert caught.value.reason is Reason.CORRUPT
    good = encoded(Image.fromarray(noise(48, 36)), kind)
    assert pixels(codec, good, opaque(), OutputOptions()).shape == (36, 48, 4)


@pytest.mark.parametrize("keep", ["none", "icc", "all"])
def test_latin_keyword(codec: Decoder, keep: Any) -> None:  # noqa: ANN401  # a word
    """A PNG with a keyword in Latin-1, as its standard has it, is cut out."""
    check = zlib.crc32(b"tEXt" + _KEYWORD).to_bytes(4)
    chunk = len(_KEYWORD).to_bytes(4) + b"tEXt" + _KEYWORD + check
    rgb = noise(48, 36)
    data = encoded(Image.fromarray(rgb), "PNG")
    data = data[:33] + chunk + data[33:]
    options = OutputOptions(refine=False, clean_edges=False, keep=keep)
    assert np.array_equal(pixels(codec, data, opaque(), options)[..., :3], rgb)

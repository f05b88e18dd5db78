"""HEIC is an extra; it is upright, and decoded only once its size is known."""

import sys
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputOptions
from dropcut.pictures.codec import Decoder, pillow
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ...output_options import RAW
from ...photographs import encoded, noise, photograph
from ...results import opaque, pixels


def _heic(width: int, height: int) -> bytes:
    return encoded(Image.fromarray(noise(width, height)), "HEIC", quality=-1)


@pytest.mark.parametrize("options", [RAW, OutputOptions()], ids=["raw", "default"])
def test_without_the_extra(
    codec: Decoder, monkeypatch: pytest.MonkeyPatch, options: OutputOptions
) -> None:
    """Where HEIC cannot be read, the reason says what to install."""
    data = _heic(64, 64)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(PictureError, match=r"pip install 'dropcut\[heic\]'") as caught:
        codec.open(data, 8, 8, options)
    assert caught.value.reason is Reason.HEIC_NOT_INSTALLED


def test_others_without_the_extra(
    codec: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All other formats are read without the extra."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    picture = Image.fromarray(noise(9, 7))
    for kind in ("JPEG", "PNG", "TIFF", "WEBP", "AVIF", "GIF", "BMP"):
        assert codec.open(encoded(picture, kind), 8, 8, RAW).width_px == 9


class _Decoder:
    """Opens HEIC files, and counts how often their pixels are asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decoded = 0
        self._open = pillow.open_heic
        monkeypatch.setattr(pillow, "open_heic", self.open)

    def open(self, data: bytes, *, deep: bool) -> pillow.Opened:
        opened = self._open(data, deep=deep)

        def pixels() -> NDArray[np.generic]:
            self.decoded += 1
            return opened.pixels()

        return replace(opened, pixels=pixels)


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A HEIC of too many pixels is refused by its header, before it is decoded."""
    decoder = _Decoder(monkeypatch)
    codec = Decoder(max_megapixels=0.01, decode_seconds=30, threads=2)
    with pytest.raises(PictureError, match=r"120x90 .*allows 0.01") as caught:
        codec.open(_heic(120, 90), 8, 8, RAW)
    assert caught.value.reason is Reason.TOO_MANY_PIXELS
    assert decoder.decoded == 0


def test_decoded_once(codec: Decoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A HEIC is decoded once, for the model and for the result."""
    decoder = _Decoder(monkeypatch)
    pixels(codec, _heic(70, 64), opaque(8), OutputOptions(crop=True))
    assert decoder.decoded == 1


def test_time_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A HEIC that takes too long to decode is timed out, though nothing can stop it."""
    decoder = _Decoder(monkeypatch)
    hasty = Decoder(max_megapixels=100, decode_seconds=1e-9, threads=2)
    with pytest.raises(PictureError) as caught:
        hasty.open(_heic(64, 64), 8, 8, RAW)
    assert caught.value.reason is Reason.TIMED_OUT
    assert decoder.decoded == 1


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("keep", ["none", "all"])
def test_orientation_is_applied_once(
    codec: Decoder, number: int, keep: Literal["none", "all"]
) -> None:
    """A HEIC that both a box and EXIF rotate is rotated once."""
    exif = Image.Exif()
    exif[0x0112] = number
    lying = Image.fromarray(noise(72, 64))
    data = encoded(lying, "HEIC", quality=-1, exif=exif.tobytes())
    assert number == 1 or b"irot" in data or b"imir" in data
    plain = Image.fromarray(pixels(codec, _heic(72, 64), opaque(), RAW).astype("u1"))
    plain.getexif()[0x0112] = number
    expected = np.asarray(ImageOps.exif_transpose(plain))
    result = pixels(codec, data, opaque(), replace(RAW, keep=keep))
    assert np.array_equal(result, expected)


def test_damaged_exif(codec: Decoder) -> None:
    """A HEIC whose EXIF is damaged is still cut out."""
    photo = photograph("coffee.png").resize((96, 64))
    data = encoded(photo, "HEIC", exif=b"Exif\0\0II*\0\xff\xff\xff\xff damaged")
    for keep in (RAW, replace(RAW, keep="all")):
        assert pixels(codec, data, opaque(), keep).shape == (64, 96, 4)


def test_damaged_properties(codec: Decoder) -> None:
    """A HEIC in which any byte of its description is wrong is read or refused."""
    data = _heic(48, 36)
    begin, end = data.index(b"meta"), data.index(b"mdat")
    for at in range(begin, end, 3):
        damaged = data[:at] + b"\xff" + data[at + 1 :]
        with suppress(PictureError):
            assert codec.open(damaged, 8, 8, RAW).width_px

"""Channels beside the colours: alpha is applied, and others do no harm."""

from dataclasses import replace

import numpy as np
import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputOptions
from dropcut.pictures.codec import Decoder
from numpy.typing import NDArray

from tests.pictures import PICTURES

from ...output_options import RAW
from ...photographs import noise
from ...results import bits, deep_levels, levels, made, opaque, pixels
from ...tiffs import shorts, tiff_bytes

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _INKS, _LAB = 0, 1, 2, 5, 8
_UNSPECIFIED, _ASSOCIATED, _STRAIGHT = 0, 1, 2
_ALPHA = noise(30, 20)[:, :, 0]
_RED = (200, 30, 40)


def _tiff(
    samples: NDArray[np.unsignedinteger],
    colours: int,
    extra: tuple[int, ...],
    *,
    signed: bool = False,
) -> bytes:
    """Return an uncompressed TIFF of the given channels, each as it is.

    Args:
        samples: (height, width, channels) of 8 or 16 bits.
        colours: What the first channels are.
        extra: What each of the others is.
        signed: Whether the numbers are said to have a sign.
    """
    tags = {262: shorts(colours), 339: shorts(*[1 + signed] * samples.shape[2])}
    return tiff_bytes(samples, tags | ({338: shorts(*extra)} if extra else {}))


def _flat(colour: tuple[int, ...]) -> NDArray[np.uint8]:
    return np.full((*_ALPHA.shape, len(colour)), colour, np.uint8)


def _shared(colour: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return a colour that was multiplied with alpha."""
    return np.rint(_flat(colour) * (_ALPHA[..., None] / 255)).astype(np.uint8)


_CASES = {
    "rgb": (_flat(_RED), _RGB, (_STRAIGHT,), _RED),
    "rgb-associated": (_shared(_RED), _RGB, (_ASSOCIATED,), _RED),
    "rgb-and-more": (_flat(_RED), _RGB, (_STRAIGHT, _UNSPECIFIED), _RED),
    "grey": (_flat((100,)), _BLACK_IS_ZERO, (_STRAIGHT,), (100,) * 3),
    "grey-associated": (_shared((100,)), _BLACK_IS_ZERO, (_ASSOCIATED,), (100,) * 3),
    "white-is-zero": (_flat((155,)), _WHITE_IS_ZERO, (_STRAIGHT,), (100,) * 3),
    "inks": (_flat((0, 255, 255, 0)), _INKS, (_STRAIGHT,), (231, 0, 17)),
}


@pytest.mark.parametrize("deep", [False, True], ids=["8-bit", "16-bit"])
@pytest.mark.parametrize("case", _CASES)
def test_alpha(codec: Decoder, case: str, deep: bool) -> None:  # noqa: FBT001  # a case
    """Alpha beside colours of any kind is the cutout's alpha, at the same depth."""
    colours, kind, extra, seen = _CASES[case]
    samples = np.dstack([colours, *[_ALPHA] * len(extra)])
    samples = samples.astype(np.uint16) * 257 if deep else samples
    options = replace(RAW, depth=16)
    result = made(codec, _tiff(samples, kind, extra), opaque(), options)
    assert bits(result) == (16 if deep else 8)
    found = deep_levels(result) / 257 if deep else levels(result)
    assert np.array_equal(found[:, :, 3], _ALPHA)
    visible = found[_ALPHA > 128][:, :3]
    assert np.abs(visible - seen).max() <= 3


@pytest.mark.parametrize(
    ("channels", "kind", "extra"),
    [
        (3, _BLACK_IS_ZERO, (_UNSPECIFIED,) * 2),
        (5, _BLACK_IS_ZERO, (_UNSPECIFIED,) * 4),
        (4, _LAB, (_STRAIGHT,)),
    ],
    ids=["three-greys", "five-greys", "lab"],
)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_channels_of_its_own(
    codec: Decoder,
    channels: int,
    kind: int,
    extra: tuple[int, ...],
    dtype: type[np.unsignedinteger],
) -> None:
    """Channels of which one would be mistaken for alpha are refused."""
    samples = np.full((8, 8, channels), 99, dtype)
    with pytest.raises(PictureError, match="unusual number of channels") as caught:
        codec.open(_tiff(samples, kind, extra), 8, 8, OutputOptions())
    assert caught.value.reason is Reason.UNSUPPORTED_FORMAT


def test_signed_numbers(codec: Decoder) -> None:
    """Signed numbers are refused, as their meaning as colours is undefined."""
    data = _tiff(np.full((8, 8, 3), 99, np.uint16), _RGB, (), signed=True)
    with pytest.raises(PictureError, match="TIFF with values of type short") as e:
        codec.open(data, 8, 8, OutputOptions())
    assert e.value.reason is Reason.UNSUPPORTED_FORMAT


def test_no_word_for_premultiplied(codec: Decoder) -> None:
    """A name inside an AVIF is not mistaken for the mark of premultiplied alpha."""
    data = next(p.data for p in PICTURES if p.name == "avif/alpha.avif")
    assert data.count(b"Alpha") == 1
    renamed = data.replace(b"Alpha", b"premi")
    expected = pixels(codec, data, opaque(), RAW)
    assert np.array_equal(pixels(codec, renamed, opaque(), RAW), expected)

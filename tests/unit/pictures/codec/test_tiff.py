"""TIFF: harmless errors are tolerated, and nothing comes out wrong."""

import numpy as np
import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.pictures.codec import Decoder, tiff, tiff_tags

from ...output_options import RAW
from ...photographs import noise
from ...results import opaque, pixels
from ...tiffs import Tag, shorts, tiff_bytes

_RATIONAL, _LONG = 5, 4


@pytest.mark.parametrize(
    "slip",
    [
        {274: shorts(0)},
        {274: shorts(9)},
        {296: shorts(9)},
        {60_000: (99, 1, 7)},
        {274: shorts(0), 60_000: (0, 3, 7)},
    ],
    ids=["orientation 0", "orientation 9", "unit 9", "unknown kind", "two"],
)
def test_slips(codec: Decoder, slip: dict[int, Tag]) -> None:
    """A wrong value in an unimportant tag does not fail the picture."""
    rgb = noise(20, 10)
    result = pixels(codec, tiff_bytes(rgb, slip), opaque(), RAW)
    assert np.array_equal(result[..., :3], rgb)


def test_sound_file_is_not_copied() -> None:
    """A TIFF without slips is not copied."""
    data = tiff_bytes(noise(20, 10))
    assert tiff.without_minor_errors(data) is data


@pytest.mark.parametrize(
    ("extra", "values", "alpha"),
    [
        (shorts(0), [64], None),
        (shorts(2), [64], 64),
        (shorts(0, 2), [64, 128], 128),
        (shorts(0, 0), [64, 128], None),
        (None, [64], 64),
    ],
    ids=["no alpha", "alpha", "second", "none of two", "not told"],
)
def test_extra_channels(
    codec: Decoder, extra: Tag | None, values: list[int], alpha: int | None
) -> None:
    """A channel that is declared not to be alpha is left out, with a note."""
    rgb = noise(20, 10)
    more = np.full((10, 20, len(values)), values, np.uint8)
    data = tiff_bytes(np.dstack([rgb, more]), {338: extra} if extra else {})
    result = pixels(codec, data, opaque(), RAW)
    assert np.array_equal(result[..., :3], rgb)
    assert (result[..., 3] == (255 if alpha is None else alpha)).all()
    notes = codec.open(data, 8, 8, RAW).notes
    assert notes == ((tiff.EXTRA_LEFT_OUT,) if alpha is None else ())


def _refused(codec: Decoder, data: bytes) -> PictureError:
    with pytest.raises(PictureError) as caught:
        codec.open(data, 8, 8, RAW)
    assert caught.value.reason is Reason.UNSUPPORTED_FORMAT
    return caught.value


def test_too_many_channels(codec: Decoder) -> None:
    """A small TIFF with very many channels, which is a bomb, is refused."""
    data = tiff_bytes(np.zeros((4, 6, 50), np.uint8))
    assert "50 channels" in str(_refused(codec, data))


@pytest.mark.parametrize(
    ("odd", "name"),
    [
        ({262: shorts(32_803)}, "camera RAW"),
        ({262: shorts(34_892)}, "camera RAW"),
        ({262: shorts(4)}, "uncommon colour space"),
        ({262: shorts(5)}, "unusual number of channels"),
    ],
    ids=["sensor", "linear raw", "mask", "three inks"],
)
def test_odd_colours(codec: Decoder, odd: dict[int, Tag], name: str) -> None:
    """Colours that would come out wrong are refused by name."""
    assert name in str(_refused(codec, tiff_bytes(noise(20, 10), odd)))


def test_other_inks(codec: Decoder) -> None:
    """Four inks other than cyan, magenta, yellow and black are refused."""
    inks = np.zeros((4, 6, 4), np.uint8)
    data = tiff_bytes(inks, {262: shorts(5), 332: shorts(2)})
    assert "inks other than CMYK" in str(_refused(codec, data))


def test_endless_numbers(codec: Decoder) -> None:
    """Only a few numbers of a tag are read, however many it has."""
    rgb, count = noise(20, 10), 200_000
    more: dict[int, Tag] = {
        50_000: (_RATIONAL, count, bytes(8 * count)),
        60_000: (_LONG, count, bytes(4 * count)),
    }
    data = tiff_bytes(rgb, more)
    assert max(len(entry.numbers) for entry in tiff_tags.entries(data)) <= 16
    assert np.array_equal(codec.open(data, 20, 10, RAW).model_input, rgb)


@pytest.mark.parametrize("cut", range(8, 140, 7))
def test_directory_that_ends_early(cut: int) -> None:
    """A truncated directory is read as far as it goes."""
    data = tiff_bytes(noise(20, 10))
    assert len(tiff_tags.numbers_of(data[:cut])) <= len(tiff_tags.numbers_of(data)) == 9

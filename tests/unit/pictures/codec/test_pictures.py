"""Every picture of the collection comes out as a correct reader sees it."""

import numpy as np
import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.pictures.codec import Decoder, sniff

from tests.pictures import ORIENTED, PICTURES, REFUSALS, Picture, Refusal

from ...output_options import RAW
from ...results import Levels, blob, opaque, pixels

_RARE = (Reason.UNSUPPORTED_FORMAT, Reason.CORRUPT)
_SUFFIXES = ("png", "tif", "webp", "avif", "heic")


def _cut(
    codec: Decoder, picture: Picture, mask: Pixels, options: OutputOptions
) -> Levels | None:
    """Return the result of a picture; None for a rare one that is refused."""
    try:
        return pixels(codec, picture.data, mask, options)
    except PictureError as error:
        if picture.may_refuse and error.reason in _RARE:
            return None
        raise


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_picture(codec: Decoder, picture: Picture) -> None:
    """An opened picture has a size, colours, and notes on what was left out."""
    assert sniff(picture.data) == picture.kind
    result = _cut(codec, picture, opaque(), RAW)
    if result is None:
        return
    opened = codec.open(picture.data, 32, 32, RAW)
    size = picture.width_px, picture.height_px
    assert (opened.width_px, opened.height_px) == size
    assert result.shape == (*reversed(size), 4)
    assert opened.notes == picture.notes
    for probe in picture.probes:
        counted = slice(3, 4) if probe.rgba[3] == 0 else slice(0, 4)
        difference = np.abs(result[probe.y, probe.x] - probe.rgba)[counted]
        assert difference.max() <= picture.tolerance, probe


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
def test_refusal(codec: Decoder, refusal: Refusal) -> None:
    """A picture that is not to be cut out is refused with the right reason, by name."""
    with pytest.raises(PictureError) as caught:
        pixels(codec, refusal.data, opaque(), OutputOptions())
    assert caught.value.reason in refusal.reasons
    assert refusal.kind in str(caught.value)


def _lying(suffix: str) -> list[bytes]:
    return [picture.data for picture in ORIENTED if picture.name.endswith(suffix)]


@pytest.mark.parametrize("options", [RAW, OutputOptions()], ids=["raw", "default"])
@pytest.mark.parametrize("suffix", _SUFFIXES)
def test_all_eight_orientations(
    codec: Decoder, suffix: str, options: OutputOptions
) -> None:
    """The result is the same to the bit in any orientation, edges included."""
    upright, *others = [
        pixels(codec, data, blob(24, 32), options) for data in _lying(suffix)
    ]
    assert len(others) == 7
    assert all(np.array_equal(other, upright) for other in others)


def test_all_eight_orientations_of_a_jpeg(codec: Decoder) -> None:
    """A JPEG's blocks decode within two levels, whatever their orientation."""
    upright, *others = [
        pixels(codec, data, blob(24, 32), RAW) for data in _lying("jpg")
    ]
    assert len(others) == 7
    assert all(np.abs(other - upright).max() <= 2 for other in others)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_nothing_is_left_of_the_background(codec: Decoder, picture: Picture) -> None:
    """No picture keeps a colour where its cutout is transparent."""
    result = _cut(codec, picture, blob(20, 50), OutputOptions())
    if result is not None:
        hidden = result[:, :, 3] == 0
        assert hidden.any()
        assert not result[hidden].any()

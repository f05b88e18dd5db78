"""Colours that are declared without a profile, and their conversion to sRGB.

HEIC, AVIF and PNG have CICP codes (ITU-T H.273, tables 2 and 3); JPEG has EXIF.
"""

from dataclasses import dataclass

import numpy as np
import pyvips

from dropcut.pictures.codec.sniff import unsupported

_UNSUPPORTED_TRANSFERS = {8: "linear light", 16: "HDR (PQ)", 18: "HDR (HLG)"}


@dataclass(frozen=True, slots=True)
class Primaries:
    """Red, green and blue primaries other than sRGB's; the white point is the same.

    Attributes:
        to_srgb: The matrix from linear light in these primaries to linear sRGB.
        gamma: Exponent of the transfer function; None for that of sRGB.
    """

    to_srgb: tuple[tuple[float, float, float], ...]
    gamma: float | None = None

    def srgb(self, image: pyvips.Image, full: int) -> pyvips.Image:
        """Return a picture's colours in scRGB.

        Args:
            image: 3 bands in these primaries.
            full: The largest value that a band can have.
        """
        light = (
            image.colourspace("scrgb")
            if self.gamma is None
            else (image / full) ** self.gamma
        )
        matrix = pyvips.Image.new_from_array(np.array(self.to_srgb))
        return light.recomb(matrix).copy(interpretation="scrgb")


# The matrices: from each standard's primaries to those of IEC 61966-2-1
DISPLAY_P3 = Primaries(  # SMPTE EG 432-1, with the transfer function of sRGB
    (
        (1.2249401763, -0.2249401763, 0.0),
        (-0.0420569547, 1.0420569547, 0.0),
        (-0.0196375546, -0.0786360456, 1.0982736001),
    )
)
BT2020 = Primaries(  # ITU-R BT.2020; displays use the transfer function of sRGB
    (
        (1.6604910021, -0.5876411388, -0.0728498633),
        (-0.1245504745, 1.1328998971, -0.0083494226),
        (-0.0181507634, -0.1005788980, 1.1187296614),
    )
)
ADOBE_RGB = Primaries(  # Adobe RGB (1998) Color Image Encoding, 4.3.1.2
    (
        (1.3983557, -0.3983557, 0.0),
        (0.0, 1.0, 0.0),
        (0.0, -0.0429289, 1.0429289),
    ),
    gamma=563 / 256,
)
_BY_CODE = {9: BT2020, 12: DISPLAY_P3}


def primaries_from_cicp(codes: tuple[int, int] | None, kind: str) -> Primaries | None:
    """Return the primaries of a pair of CICP codes; None for sRGB or without codes.

    Raises:
        PictureError: The transfer function is not a display's (linear or HDR), so the
            picture would look wrong.
    """
    if codes is None:
        return None
    if name := _UNSUPPORTED_TRANSFERS.get(codes[1]):
        raise unsupported(f"{kind} in {name}")
    return _BY_CODE.get(codes[0])

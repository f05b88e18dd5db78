"""Pictures in, results out: the one door to libvips and Pillow."""

from dropcut.pictures.codec.libraries import libraries
from dropcut.pictures.codec.samples import broken_kinds, rehearse
from dropcut.pictures.codec.sniff import InputFormat, sniff
from dropcut.pictures.codec.vips import DecodedPicture, Decoder, libvips_version

__all__ = [
    "DecodedPicture",
    "Decoder",
    "InputFormat",
    "broken_kinds",
    "libraries",
    "libvips_version",
    "rehearse",
    "sniff",
]

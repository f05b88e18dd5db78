"""Decodes pictures and encodes results: the only user of libvips and Pillow."""

from dropcut.pictures.codec.libraries import libraries
from dropcut.pictures.codec.samples import check_format, rehearse
from dropcut.pictures.codec.sniff import sniff
from dropcut.pictures.codec.vips import DecodedPicture, Decoder

__all__ = [
    "DecodedPicture",
    "Decoder",
    "check_format",
    "libraries",
    "rehearse",
    "sniff",
]

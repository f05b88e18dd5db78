"""Decodes pictures and encodes results: the only user of libvips and Pillow."""

from dropcut.pictures.codec.libraries import libraries
from dropcut.pictures.codec.samples import check_format, warm_up
from dropcut.pictures.codec.sniff import sniff
from dropcut.pictures.codec.vips import DecodedPicture, Decoder

__all__ = [
    "DecodedPicture",
    "Decoder",
    "check_format",
    "libraries",
    "sniff",
    "warm_up",
]

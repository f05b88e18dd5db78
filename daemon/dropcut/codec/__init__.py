"""Pictures in, results out: the one door to libvips and Pillow."""

from dropcut.codec.libraries import libraries
from dropcut.codec.samples import broken_kinds, rehearse
from dropcut.codec.sniff import Kind, sniff
from dropcut.codec.vips import VipsCodec, VipsPicture, libvips_version

__all__ = [
    "Kind",
    "VipsCodec",
    "VipsPicture",
    "broken_kinds",
    "libraries",
    "libvips_version",
    "rehearse",
    "sniff",
]

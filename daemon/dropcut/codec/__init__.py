"""Pictures in, PNGs out: the one door to libvips."""

from dropcut.codec.sniff import Format, sniff
from dropcut.codec.vips import VipsCodec, libvips_version

__all__ = ["Format", "VipsCodec", "libvips_version", "sniff"]

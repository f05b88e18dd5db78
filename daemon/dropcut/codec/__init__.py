"""Pictures in, results out: the one door to libvips and Pillow."""

from dropcut.codec.samples import broken_kinds
from dropcut.codec.sniff import Kind, sniff
from dropcut.codec.vips import VipsCodec, libvips_version

__all__ = ["Kind", "VipsCodec", "broken_kinds", "libvips_version", "sniff"]

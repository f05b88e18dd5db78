"""The decoder: libvips decodes in strips, applies the mask and encodes in one pass.

libvips is given bytes and a named loader, never a file name, in which it would follow
links and parse options. Its operation cache is off, because it would return the old
picture for a new file of the same name.
"""

import math
from dataclasses import replace

import numpy as np
import pyvips

from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import InputFormat, OutputFormat, OutputOptions, Pixels
from dropcut.pictures.codec import heif_items, pillow, tiff
from dropcut.pictures.codec.colour import DEEP_BITS, Colours, colours_of
from dropcut.pictures.codec.composing import compose, cover, plain
from dropcut.pictures.codec.cutting import cut_out
from dropcut.pictures.codec.deadline import Deadline
from dropcut.pictures.codec.endings import ends_early
from dropcut.pictures.codec.errors import damage_notes, translating_errors
from dropcut.pictures.codec.jpeg import JpegWatch, first_scan
from dropcut.pictures.codec.loading import (
    Header,
    exif_of,
    from_pillow,
    load,
    read_header,
)
from dropcut.pictures.codec.metadata import with_metadata
from dropcut.pictures.codec.saving import Write, save
from dropcut.pictures.codec.sniff import sniff, truncated
from dropcut.pictures.numerics.resample import Shrinker

_MAX_SIDE_PX = 65_535
_STRIP_PIXELS = 1 << 17
_MAX_PIXEL_BYTES = 10  # CMYK and alpha with 16 bits per channel


class Decoder:
    """Opens pictures with libvips, or with Pillow if libvips cannot read the format."""

    def __init__(
        self, *, max_megapixels: float, decode_seconds: float, threads: int
    ) -> None:
        """Configure libvips for a long-running process and untrusted files."""
        pyvips.cache_set_max(0)
        pyvips.block_untrusted_set(True)  # noqa: FBT003  # pyvips takes no keyword
        pyvips.concurrency_set(threads)  # type: ignore[attr-defined]  # not in its stub
        pillow.set_up()
        self._max_megapixels = max_megapixels
        self._decode_seconds = decode_seconds

    def open(
        self, data: bytes, width_px: int, height_px: int, options: OutputOptions
    ) -> "DecodedPicture":
        """Decode a picture once, in strips, down to the model's size.

        Raises:
            PictureError: The picture cannot be read.
            MemoryError: Memory ran out.
        """
        kind = sniff(data)
        picture = DecodedPicture(data, kind, options, self._decode_seconds)
        with translating_errors(data, kind):
            picture.read_header(self._max_megapixels)
            picture.read_pixels(width_px, height_px)
        return picture


class DecodedPicture:
    """A picture that was decoded for the model, and is decoded again for its result."""

    model_input: Pixels
    _header: Header

    def __init__(
        self,
        data: bytes,
        kind: InputFormat,
        options: OutputOptions,
        decode_seconds: float,
    ) -> None:
        """Create a picture from the file's bytes; nothing is decoded yet."""
        self._data, self._kind, self._options = data, kind, options
        self._deep = options.depth == DEEP_BITS and options.format is OutputFormat.PNG
        self._decode_seconds = decode_seconds
        self._deadline = Deadline(decode_seconds)
        self._in_memory: Colours | None = None
        self._watch: JpegWatch | None = None
        self.width_px = self.height_px = 0
        self.notes: tuple[str, ...] = ()

    def read_header(self, max_megapixels: float) -> None:
        """Read the size, and refuse a picture that is too large, before decoding it."""
        self._header = header = read_header(self._data, self._kind, deep=self._deep)
        size = header.width_px, header.height_px
        megapixels, excess = size[0] * size[1] / 1e6, ""
        if max(size) > _MAX_SIDE_PX:
            excess = f"pixels, but no side may have more than {_MAX_SIDE_PX}"
        elif megapixels > max_megapixels:
            excess = f"= {megapixels:.0f} megapixels, but DROPCUT_MAX_MEGAPIXELS allows"
            excess += f" {max_megapixels:g}"
        if excess:
            message = f"The picture has {size[0]}x{size[1]} {excess}. Make it smaller."
            raise PictureError(Reason.TOO_MANY_PIXELS, message)
        if damage := self._unreported_damage():
            if ends_early(self._data, self._kind):
                raise truncated()
            self._note_damage(damage, 1)
        if header.opened or header.orientation > 1:
            self._in_memory = self._decoded_into_memory()
        colours = self.colours()
        self.width_px, self.height_px = colours.image.width, colours.image.height
        self.notes += (*header.notes, *colours.notes)

    def colours(self) -> Colours:
        """Return the upright picture: a stream, or in memory if it cannot be one."""
        return self._in_memory or self._colours_of(load(self._data, self._kind))

    def _colours_of(self, image: pyvips.Image) -> Colours:
        return colours_of(
            image,
            keep=self._options.keep != "none",
            deep=self._deep,
            primaries=self._header.primaries,
            alpha_band=self._header.alpha_band,
        )

    def _decoded_into_memory(self) -> Colours:
        """Return a picture that cannot be streamed, upright.

        Either Pillow decodes the picture, and has rotated it, or it is rotated here.
        That is done before the picture is shrunk, as in rembg: otherwise the rounding
        between the two passes of shrinking would affect the other axis.
        """
        opened = self._header.opened
        if opened is None:
            colours = self._colours_of(self._watched())
            image = self._deadline.decoded_into_memory(colours.image)
            self._note_seen_damage()
            return replace(colours, image=image.autorot())
        self._header = replace(self._header, opened=None)  # frees Pillow's pixels
        image = from_pillow(opened)
        colours = self._colours_of(image)
        if colours.image is image:
            return colours
        image = self._deadline.decoded_into_memory(colours.image)
        return replace(colours, image=image)

    def read_pixels(self, width_px: int, height_px: int) -> None:
        """Decode all pixels in strips, and shrink them to the model's size."""
        colours = self._in_memory or self._colours_of(self._watched())
        image = colours.to_srgb8()
        shrinker = Shrinker(image.width, image.height, width_px, height_px)
        region = pyvips.Region.new(image)
        rows = max(_STRIP_PIXELS // image.width, 1)
        for top in range(0, image.height, rows):
            self._deadline.check()
            height = min(rows, image.height - top)
            pixels = region.fetch(0, top, image.width, height)
            strip = np.frombuffer(pixels, np.uint8)
            shrinker.add(strip.reshape(height, image.width, 3))
        if not self._in_memory:
            self._note_seen_damage()
        self.model_input = shrinker.result()

    def _watched(self) -> pyvips.Image:
        """Open the file in such a way that damage is noticed."""
        scan = first_scan(self._data) if self._kind is InputFormat.JPEG else None
        self._watch = JpegWatch(self._data, scan) if scan else None
        source = self._watch.source if self._watch else None
        return load(self._data, self._kind, source)

    def _unreported_damage(self) -> str:
        data, header = self._data, self._header
        size_px = header.width_px, header.height_px
        max_bytes = size_px[0] * size_px[1] * _MAX_PIXEL_BYTES
        if self._kind is InputFormat.HEIC and heif_items.has_gap(data):
            return "zeros in place of a part"
        if self._kind is InputFormat.TIFF and tiff.has_wrong_checksum(data, max_bytes):
            return "wrong checksum"
        if self._kind is InputFormat.GIF:
            return pillow.gif_damage(data, size_px)
        return ""

    def _note_seen_damage(self) -> None:
        if self._watch:
            self._note_damage(*self._watch.damage())

    def _note_damage(self, damage: str, fraction: float) -> None:
        publish = self._options.publish_damaged
        self.notes += damage_notes(self._kind, damage, fraction, publish=publish)

    def write(self, mask: Pixels, write: Write) -> None:
        """Encode the result in one pass over the picture, and write it part by part.

        Raises:
            PictureError: The picture cannot be decoded to its end.
            MemoryError: Memory ran out.
            OSError: The result cannot be written.
        """
        self._deadline = Deadline(self._decode_seconds)
        options, in_memory = self._options, self._deadline.decoded_into_memory
        with translating_errors(self._data, self._kind):
            colours = self.colours()
            cutout = cut_out(colours, self.model_input, mask, options)

            def background(width_px: int, height_px: int) -> pyvips.Image:
                return colours.from_srgb8(self._background(width_px, height_px))

            result = compose(cutout, mask, options, in_memory, background)
            exif = exif_of(self._data, self._kind, colours.image)
            dressed = with_metadata(result, colours.image, options, exif)
            save(dressed, options, write, self._deadline)

    def _background(self, width_px: int, height_px: int) -> pyvips.Image:
        """Return the background in sRGB, with transparent parts made white.

        A picture is kept in memory at its own or the result's size, whichever is less.
        """
        background = self._options.background
        if not isinstance(background, bytes):
            return plain(background or (0, 0, 0), width_px, height_px)
        kind = sniff(background)
        picture = DecodedPicture(
            background, kind, OutputOptions(), self._decode_seconds
        )
        picture.read_header(math.inf)
        colours = picture.colours()
        srgb = colours.to_srgb8()
        if colours.alpha is not None:
            srgb = srgb.bandjoin(colours.alpha).flatten(background=[255])
        in_memory = self._deadline.decoded_into_memory
        if srgb.width * srgb.height < width_px * height_px:
            return cover(in_memory(srgb), width_px, height_px)
        return in_memory(cover(srgb, width_px, height_px))

"""libvips: decode in strips, mask, and encode in one pass.

It is given bytes and a named loader, never a file name: it would follow links, and
parse options out of names. Its operation cache is off: it returns the old picture for
a new file of the same name.
"""

import math
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pyvips

from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputFormat, OutputOptions, Pixels
from dropcut.pictures.codec import pillow
from dropcut.pictures.codec.colour import DEEP_BITS, Colours, colours_of
from dropcut.pictures.codec.composing import arrange, covering, plain
from dropcut.pictures.codec.cutting import cut
from dropcut.pictures.codec.deadline import Deadline
from dropcut.pictures.codec.errors import translating_errors
from dropcut.pictures.codec.loading import (
    Header,
    exif_of,
    from_pillow,
    load,
    read_header,
)
from dropcut.pictures.codec.metadata import with_metadata
from dropcut.pictures.codec.saving import Write, save
from dropcut.pictures.codec.sniff import InputFormat, sniff
from dropcut.pictures.numerics.resample import Shrinker, shrink

_LONGEST_EDGE_PX = 65_535
_STRIP_PIXELS = 1 << 17


def libvips_version() -> tuple[int, int, int]:
    """Return the version of the libvips that is loaded."""
    return pyvips.version(0), pyvips.version(1), pyvips.version(2)


class Decoder:
    """Opens pictures by libvips, or by Pillow where libvips cannot."""

    def __init__(
        self, *, max_megapixels: float, decode_seconds: float, threads: int
    ) -> None:
        """Set libvips up for a long life among untrusted files."""
        pyvips.cache_set_max(0)
        pyvips.block_untrusted_set(True)  # noqa: FBT003  # pyvips takes no keyword
        pyvips.concurrency_set(threads)  # type: ignore[attr-defined]  # not in its stub
        pillow.set_up()
        self._max_megapixels = max_megapixels
        self._decode_seconds = decode_seconds

    def open(
        self, data: bytes, width_px: int, height_px: int, options: OutputOptions
    ) -> "DecodedPicture":
        """Decode a picture once, in strips, down to the model's size."""
        kind = sniff(data)
        picture = DecodedPicture(data, kind, options, self._decode_seconds)
        with translating_errors(data, kind):
            picture.read_header(self._max_megapixels)
            picture.read_pixels(width_px, height_px)
        return picture


class DecodedPicture:
    """A picture that was decoded once for the model and will be for its result."""

    model_input: Pixels
    _header: Header

    def __init__(
        self,
        data: bytes,
        kind: InputFormat,
        options: OutputOptions,
        decode_seconds: float,
    ) -> None:
        """Take the file's bytes; nothing is decoded yet."""
        self._data, self._kind, self._options = data, kind, options
        self._deep = options.depth == DEEP_BITS and options.format is OutputFormat.PNG
        self._decode_seconds = decode_seconds
        self._deadline = Deadline(decode_seconds)
        self._held: Colours | None = None
        self.width_px = self.height_px = 0
        self.notes: tuple[str, ...] = ()

    def read_header(self, max_megapixels: float) -> None:
        """Learn the size and refuse one that is too large, before any pixel."""
        self._header = header = read_header(self._data, self._kind, deep=self._deep)
        _refuse_too_large(header.width_px, header.height_px, max_megapixels)
        if header.opened or header.orientation > 1:
            self._held = self._hold()
        colours = self.colours()
        self.width_px, self.height_px = colours.image.width, colours.image.height
        self.notes = (*header.notes, *colours.notes)

    def colours(self) -> Colours:
        """Return the upright picture: a stream, unless it has to be in memory."""
        return self._held or self._known(load(self._data, self._kind))

    def _known(self, image: pyvips.Image) -> Colours:
        return colours_of(
            image,
            keep=self._options.keep != "none",
            deep=self._deep,
            told=self._header.told,
            alpha_place=self._header.alpha_place,
        )

    def _hold(self) -> Colours:
        """Return a picture in memory that is not to be streamed.

        One that must be turned: it is turned before it is shrunk, as rembg does, for
        the rounding between the two passes falls on the other axis otherwise. And one
        that Pillow decodes, and has turned.
        """
        opened = self._header.opened
        if opened is None:
            known = self._known(load(self._data, self._kind))
            return replace(known, image=self._deadline.hold(known.image).autorot())
        self._header = replace(self._header, opened=None)  # its pixels go as well
        image = from_pillow(opened)
        known = self._known(image)
        if known.image is image:
            return known
        return replace(known, image=self._deadline.hold(known.image))

    def read_pixels(self, width_px: int, height_px: int) -> None:
        """Decode all pixels, and keep only as many as the model wants."""
        image = self.colours().seen()
        shrinker = Shrinker(image.width, image.height, width_px, height_px)
        self.model_input = shrink(self._strips(image), shrinker)

    def _strips(self, image: pyvips.Image) -> Iterator[Pixels]:
        region = pyvips.Region.new(image)
        rows = max(_STRIP_PIXELS // image.width, 1)
        for top in range(0, image.height, rows):
            self._deadline.check()
            height = min(rows, image.height - top)
            pixels = region.fetch(0, top, image.width, height)
            strip = np.frombuffer(pixels, np.uint8)
            yield strip.reshape(height, image.width, 3)

    def cut_out(self, mask: Pixels, sink: int) -> None:
        """Write the result in one pass over the picture."""
        self.write(mask, partial(os.write, sink))

    def write(self, mask: Pixels, write: Write) -> None:
        """Do the same by a function, which is given one part after the other."""
        self._deadline = Deadline(self._decode_seconds)
        options, hold = self._options, self._deadline.hold
        with translating_errors(self._data, self._kind):
            colours = self.colours()
            cutout = cut(colours, self.model_input, mask, options)

            def backdrop(width_px: int, height_px: int) -> pyvips.Image:
                return colours.like(self._background(width_px, height_px))

            result = arrange(cutout, mask, options, hold, backdrop)
            exif = exif_of(self._data, self._kind, colours.image)
            dressed = with_metadata(result, colours.image, options, exif)
            save(dressed, options, write, self._deadline)

    def _background(self, width_px: int, height_px: int) -> pyvips.Image:
        """Return the look's background in sRGB; what is clear in it becomes white.

        A picture is held in memory, at its own size or at the result's: the smaller.
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
        seen = colours.seen()
        if colours.alpha is not None:
            seen = seen.bandjoin(colours.alpha).flatten(background=[255])
        hold = self._deadline.hold
        if seen.width * seen.height < width_px * height_px:
            return covering(hold(seen), width_px, height_px)
        return hold(covering(seen, width_px, height_px))


def _refuse_too_large(width_px: int, height_px: int, max_megapixels: float) -> None:
    megapixels = width_px * height_px / 1e6
    if max(width_px, height_px) > _LONGEST_EDGE_PX:
        raise PictureError(
            Reason.TOO_MANY_PIXELS,
            f"The picture has {width_px}x{height_px} pixels; "
            f"no edge may have more than {_LONGEST_EDGE_PX}.",
        )
    if megapixels > max_megapixels:
        raise PictureError(
            Reason.TOO_MANY_PIXELS,
            f"The picture has {width_px}x{height_px} = {megapixels:.0f} "
            f"megapixels; DROPCUT_MAX_MEGAPIXELS allows {max_megapixels:g}.",
        )

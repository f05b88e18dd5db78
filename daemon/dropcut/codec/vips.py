"""libvips: decode in strips, mask, and encode in one pass.

It is given bytes and a named loader, never a file name: it would follow links, and
parse options out of names. Its operation cache is off: it returns the old picture for
a new file of the same name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import pyvips

from dropcut.codec.deadline import Deadline
from dropcut.codec.png import save_png
from dropcut.codec.sniff import Format, ends_early, sniff, truncated
from dropcut.errors import MachineError, PictureError, Reason
from dropcut.jobs import Pixels
from dropcut.preprocess import Shrinker, shrink

_LOADERS = {
    Format.JPEG: "jpegload_buffer",
    Format.PNG: "pngload_buffer",
    Format.WEBP: "webpload_buffer",
    Format.TIFF: "tiffload_buffer",
    Format.GIF: "gifload_buffer",
    Format.AVIF: "heifload_buffer",
}
_SUFFIXES = {
    Format.JPEG: ".jpg",
    Format.PNG: ".png",
    Format.WEBP: ".webp",
    Format.TIFF: ".tif",
    Format.GIF: ".gif",
    Format.AVIF: ".avif",
}
_MACHINE_FAULTS = ("out of memory", "unable to create thread")
_LONGEST_EDGE_PX = 65_535
_STRIP_PIXELS = 1 << 17


def libvips_version() -> tuple[int, int, int]:
    """Return the version of the libvips that is loaded."""
    return pyvips.version(0), pyvips.version(1), pyvips.version(2)


class VipsCodec:
    """Opens pictures by libvips."""

    def __init__(
        self, *, max_megapixels: float, decode_seconds: float, threads: int
    ) -> None:
        """Set libvips up for a long life among untrusted files."""
        pyvips.cache_set_max(0)
        pyvips.block_untrusted_set(True)  # noqa: FBT003  # pyvips takes no keyword  # pyvips takes no keyword
        pyvips.concurrency_set(threads)  # type: ignore[attr-defined]  # not in its stub
        self._max_megapixels = max_megapixels
        self._decode_seconds = decode_seconds

    def open(self, data: bytes, width_px: int, height_px: int) -> "VipsPicture":
        """Decode a picture once, in strips, down to the model's size."""
        kind = sniff(data)
        picture = VipsPicture(data, kind, self._decode_seconds)
        with blamed_on_picture(data, kind):
            picture.read_header(self._max_megapixels)
            picture.read_pixels(width_px, height_px)
        return picture

    def broken_formats(self) -> list[Format]:
        """Return the formats of which a tiny sample cannot be read or written."""
        return [kind for kind in Format if not self._works(kind)]

    def _works(self, kind: Format) -> bool:
        sample = pyvips.Image.black(16, 16, bands=3).copy(interpretation="srgb")
        try:
            data = sample.write_to_buffer(_SUFFIXES[kind])
            self.open(data, 8, 8)
        except (pyvips.Error, PictureError):
            return False
        return True


@contextmanager
def blamed_on_picture(data: bytes, kind: Format) -> Iterator[None]:
    """Say of what libvips refuses that it is truncated or corrupt."""
    try:
        yield
    except pyvips.Error as error:
        if ends_early(data, kind):
            raise truncated() from error
        detail = " ".join((error.detail or error.message).split())
        if any(fault in detail for fault in _MACHINE_FAULTS):
            raise MachineError(f"libvips could not work: {detail}") from error
        raise PictureError(
            Reason.CORRUPT, f"The {kind} is damaged and cannot be read: {detail}"
        ) from error


class VipsPicture:
    """A picture that was decoded once for the model and will be once for its PNG."""

    model_input: Pixels

    def __init__(self, data: bytes, kind: Format, decode_seconds: float) -> None:
        """Take the file's bytes; nothing is decoded yet."""
        self._data, self._kind = data, kind
        self._decode_seconds = decode_seconds
        self._turned: pyvips.Image | None = None
        self.width_px = self.height_px = 0
        self.notes: tuple[str, ...] = ()

    def _load(self, **options: Any) -> pyvips.Image:  # noqa: ANN401  # libvips' own
        loader = getattr(pyvips.Image, _LOADERS[self._kind])
        image: pyvips.Image = loader(self._data, fail_on="error", **options)
        return image

    def read_header(self, max_megapixels: float) -> None:
        """Learn the size and refuse one that is too large, before any pixel."""
        image = self._load(access="sequential")
        megapixels = image.width * image.height / 1e6
        if max(image.width, image.height) > _LONGEST_EDGE_PX:
            raise PictureError(
                Reason.TOO_MANY_PIXELS,
                f"The picture has {image.width}x{image.height} pixels; "
                f"no edge may have more than {_LONGEST_EDGE_PX}.",
            )
        if megapixels > max_megapixels:
            raise PictureError(
                Reason.TOO_MANY_PIXELS,
                f"The picture has {image.width}x{image.height} = {megapixels:.0f} "
                f"megapixels; DROPCUT_MAX_MEGAPIXELS allows {max_megapixels:g}.",
            )
        if _number(image, "orientation") > 1:
            self._turned = self._upright()
            image = self._turned
        self.width_px, self.height_px = image.width, image.height
        pages = _number(image, "n-pages")
        self.notes = (f"first of {pages} pages",) if pages > 1 else ()

    def read_pixels(self, width_px: int, height_px: int) -> None:
        """Decode all pixels, and keep only as many as the model wants."""
        image = self._pixels()[:3]
        shrinker = Shrinker(image.width, image.height, width_px, height_px)
        self.model_input = shrink(self._strips(image), shrinker)

    def _strips(self, image: pyvips.Image) -> Iterator[Pixels]:
        deadline = Deadline(self._decode_seconds)
        region = pyvips.Region.new(image)
        rows = max(_STRIP_PIXELS // image.width, 1)
        for top in range(0, image.height, rows):
            if deadline.passed:
                raise deadline.error()
            height = min(rows, image.height - top)
            pixels = region.fetch(0, top, image.width, height)
            strip = np.frombuffer(pixels, np.uint8)
            yield strip.reshape(height, image.width, 3)

    def cut_out(self, mask: Pixels, sink: int) -> None:
        """Write the transparent PNG in one pass over the picture."""
        with blamed_on_picture(self._data, self._kind):
            image = self._pixels()
            alpha = _enlarged(mask, image.width, image.height)
            if image.hasalpha():
                alpha = (image[image.bands - 1] * alpha / 255).rint().cast("uchar")
            visible = (alpha > 0).ifthenelse(image[:3], 0)
            cutout = visible.bandjoin(alpha).copy(interpretation="srgb")
            save_png(cutout, sink, Deadline(self._decode_seconds))

    def _pixels(self) -> pyvips.Image:
        """Return the upright picture: a stream, unless it had to be turned."""
        return self._turned or _srgb(self._load(access="sequential"))

    def _upright(self) -> pyvips.Image:
        """Return a picture that must be turned, in memory: a stream cannot be.

        It is turned before it is shrunk, as rembg does: the rounding between the two
        passes falls on the other axis otherwise.
        """
        deadline = Deadline(self._decode_seconds)
        image = _srgb(self._load(access="random", memory=True)).autorot()
        deadline.bind(image)
        try:
            return image.copy_memory()
        except pyvips.Error:
            if deadline.passed:
                raise deadline.error() from None
            raise


def _number(image: pyvips.Image, name: str) -> int:
    """Return a number from the header; 1 if it says nothing."""
    return cast("int", image.get(name)) if image.get_typeof(name) else 1


def _srgb(image: pyvips.Image) -> pyvips.Image:
    """Return the picture in 8-bit sRGB, with its alpha if it has one."""
    if image.get_typeof("icc-profile-data") and not _has_srgb_profile(image):
        image = image.icc_transform("srgb", embedded=True, intent="relative")
    if image.interpretation != "srgb" or image.format != "uchar":
        image = image.colourspace("srgb")
    return image


def _has_srgb_profile(image: pyvips.Image) -> bool:
    """Whether the profile only says what is assumed anyway."""
    profile = cast("bytes", image.get("icc-profile-data"))
    return b"sRGB" in profile or "sRGB".encode("utf-16-be") in profile


def _enlarged(mask: Pixels, width_px: int, height_px: int) -> pyvips.Image:
    """Return a mask at the picture's size.

    `affine` with both centres set where it grows: `resize` shifts by half a pixel.
    """
    image = pyvips.Image.new_from_array(mask)
    across, down = width_px / image.width, height_px / image.height
    if min(across, down) < 1:
        image = image.resize(min(across, 1), vscale=min(down, 1), kernel="lanczos3")
    across, down = width_px / image.width, height_px / image.height
    return image.affine(
        [across, 0, 0, down],
        interpolate=pyvips.Interpolate.new("bicubic"),
        idx=0.5,
        idy=0.5,
        odx=-0.5,
        ody=-0.5,
        oarea=[0, 0, width_px, height_px],
        extend="copy",
    )

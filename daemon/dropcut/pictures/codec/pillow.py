"""Uses Pillow to read what libvips cannot: HEIC, BMP, and TIFF in 8-bit Lab.

Pillow also finds damage in a GIF, which libvips does not. It is given bytes and the one
plugin to use, and decodes all pixels into memory.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from dropcut.core.errors import PictureError, Reason

_EXIF, _GPS, _MAKER_NOTE = 0x8769, 0x8825, 0x927C
_KEPT = {
    *(0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x013C, 0x8298),
    *(0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F),  # Windows' title to subject
    *(_EXIF, _GPS),
}
_JPEG = b"\xff\xd8\xff"
_MAX_VALUES = 4096
_METADATA = {"icc_profile": "icc-profile-data", "xmp": "xmp-data", "exif": "exif-data"}
_BMP_HEADER_AT, _BMP_WITH_PROFILE, _BMP_PROFILE_AT = 14, 124, 126
_EMBEDDED = b"DEBM"
_LOST = ("broken data stream", "file is truncated")


class UnreadableError(Exception):
    """Pillow cannot read the file."""


def set_up() -> None:
    """Turn off Pillow's pixel limit; Dropcut has its own."""
    Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A picture whose header was read.

    Attributes:
        width_px: Width of the picture; HEIC is already upright.
        height_px: Height of the picture.
        pages: How many pictures the file contains.
        metadata: Metadata by libvips' field names.
        pixels: Decodes to (height, width, 1 to 4) uint8 or uint16; alpha is straight.
    """

    width_px: int
    height_px: int
    pages: int = 1
    metadata: dict[str, bytes] = field(default_factory=dict)
    pixels: Callable[[], NDArray[Any]]


def open_heic(data: bytes, *, deep: bool) -> Opened:
    """Open the first picture of a HEIC file; it is already upright.

    Args:
        data: Content of the whole file.
        deep: Whether more than 8 bits are kept, as 16.

    Raises:
        PictureError: pillow-heif is not installed.
        UnreadableError: The file cannot be read.
    """
    try:
        import pillow_heif  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise PictureError(
            Reason.HEIC_NOT_INSTALLED,
            "The file is HEIC, and support for it is not installed. Run "
            "pip install 'dropcut[heic]' and restart Dropcut, or save it as JPEG.",
        ) from error
    pillow_heif.options.DECODE_THREADS = 1

    def pixels() -> NDArray[Any]:
        with _unreadable():
            decoded = np.asarray(found)
            bits, premultiplied = found.info["bit_depth"], found.premultiplied_alpha
        if decoded.ndim == 2:  # noqa: PLR2004  # grey has no axis for channels
            decoded = decoded[:, :, None]
        if decoded.dtype == np.uint16:
            decoded = decoded | decoded >> bits  # so that white is the maximum
        if not premultiplied:
            return decoded
        full = np.iinfo(decoded.dtype).max
        alpha = np.maximum(decoded[:, :, -1:], 1).astype(np.float32)
        colours = np.minimum(decoded[:, :, :-1] * (full / alpha), full)
        return np.dstack([np.rint(colours).astype(decoded.dtype), decoded[:, :, -1:]])

    with _unreadable():
        found = pillow_heif.open_heif(data, convert_hdr_to_8bit=not deep)
        width_px, height_px = found.size
        return Opened(
            width_px=width_px,
            height_px=height_px,
            pages=len(found),
            metadata={
                name: found.info[key]
                for key, name in _METADATA.items()
                if found.info.get(key)
            },
            pixels=pixels,
        )


def kept_exif(exif: bytes) -> bytes:
    """Return the part of EXIF that describes the picture; empty if it is damaged.

    The orientation, the thumbnail and any value that may be a picture are left out, and
    so are the maker's notes, which may contain previews and are useless elsewhere.

    Args:
        exif: EXIF of any file, or a whole TIFF, which has the same structure.
    """
    found = Image.Exif()
    try:
        with _unreadable():
            found.load(exif)
            for tag in {*found} - _KEPT:
                del found[tag]
            parts = [found.get_ifd(tag) for tag in (_EXIF, _GPS) if tag in found]
            for part in (found, *parts):
                for tag in [tag for tag in part if _may_be_picture(tag, part[tag])]:
                    del part[tag]
            return found.tobytes() if found else b""
    except UnreadableError:
        return b""


def _may_be_picture(tag: int, value: object) -> bool:
    if tag == _MAKER_NOTE:
        return True
    if not isinstance(value, bytes | tuple):
        return False
    return len(value) > _MAX_VALUES or (isinstance(value, bytes) and _JPEG in value)


def open_bmp(data: bytes) -> Opened:
    """Open a BMP file, or raise UnreadableError."""

    def convert(picture: Image.Image) -> Image.Image:
        is_rgba, is_grey = picture.mode == "RGBA", picture.mode == "L"
        if is_rgba and picture.getchannel("A").getextrema() == (0, 0):
            is_rgba = False  # an alpha that is zero everywhere is unused
        return picture if is_rgba or is_grey else picture.convert("RGB")

    profile = bmp_profile(data)
    metadata = {"icc-profile-data": profile} if profile else {}
    return replace(_opened(data, "BMP", convert), metadata=metadata)


def bmp_profile(data: bytes) -> bytes:
    """Return the profile of a BMP with a version 5 header; empty if there is none."""
    size, begin, length = (
        int.from_bytes(data[at : at + 4], "little")
        for at in (_BMP_HEADER_AT, _BMP_PROFILE_AT, _BMP_PROFILE_AT + 4)
    )
    if size != _BMP_WITH_PROFILE or data[70:74] != _EMBEDDED:
        return b""
    begin += _BMP_HEADER_AT
    return data[begin : begin + length]


def gif_damage(data: bytes, size_px: tuple[int, int]) -> str:
    """Return what is lost of the first frame of a GIF; empty if nothing is.

    libvips silently leaves out the part of a frame that it cannot read.

    Args:
        data: Content of the whole file.
        size_px: Width and height of the GIF, as libvips reads them.
    """
    try:
        with _unreadable():
            picture = Image.open(BytesIO(data), formats=["GIF"])
            if picture.size == size_px:  # otherwise the pixel limit was not applied
                picture.load()
    except UnreadableError as error:
        detail = str(error)
        return detail if any(lost in detail for lost in _LOST) else ""
    return ""


def open_lab_tiff(data: bytes) -> Opened:
    """Open a TIFF in 8-bit CIELAB, converted to sRGB, or raise UnreadableError."""

    def convert(picture: Image.Image) -> Image.Image:
        # CIELAB in a TIFF has the white point D50, like ICC's
        lab, srgb = (ImageCms.createProfile(name) for name in ("LAB", "sRGB"))
        relative = ImageCms.Intent.RELATIVE_COLORIMETRIC
        converted = ImageCms.profileToProfile(picture, lab, srgb, relative, "RGB")
        return converted or picture

    return _opened(data, "TIFF", convert)


def _opened(
    data: bytes, plugin: str, convert: Callable[[Image.Image], Image.Image]
) -> Opened:
    with _unreadable():
        picture = Image.open(BytesIO(data), formats=[plugin])
        pages = getattr(picture, "n_frames", 1)

    def pixels() -> NDArray[Any]:
        with _unreadable():
            picture.load()
            decoded = np.asarray(convert(picture))
        return decoded if decoded.ndim == 3 else decoded[:, :, None]  # noqa: PLR2004

    width, height = picture.size
    return Opened(width_px=width, height_px=height, pages=pages, pixels=pixels)


@contextmanager
def _unreadable() -> Iterator[None]:
    """Wrap every error of Pillow and its plugins in `UnreadableError`."""
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except MemoryError:
        raise
    except Exception as error:
        raise UnreadableError(str(error) or repr(error)) from error

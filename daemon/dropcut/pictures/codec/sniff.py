"""Recognises a file's format from its first bytes, never from its name.

libvips' own sniffing is not used: it runs code of every loader, and one of them was
seen to hang forever on a file of 185 bytes.
"""

from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec import heif

_MAGIC = (
    (b"\xff\xd8\xff", InputFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", InputFormat.PNG),
    (b"II*\0", InputFormat.TIFF),
    (b"MM\0*", InputFormat.TIFF),
    (b"II+\0", InputFormat.TIFF),
    (b"MM\0+", InputFormat.TIFF),
    (b"GIF87a", InputFormat.GIF),
    (b"GIF89a", InputFormat.GIF),
)
_RAW = (
    *(b"FUJIFILMCCD-RAW", b"II\x1a\0\0\0HEAPCCDR", b"\0MRM", b"IIU\0", b"FOVb"),
    *(b"IIRO", b"IIRS", b"MMOR"),
)
_KNOWN = (
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\0\0\x01\0", "ICO"),
    (b"8BPS", "Photoshop"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"gimp xcf", "GIMP"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1aE\xdf\xa3", "video"),
    *((magic, "camera RAW") for magic in _RAW),
)
_VIDEO_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"}
_READABLE = ", ".join(InputFormat)
_HEAD_BYTES = 1024
_RIFF_HEAD_BYTES = 12
_BMP_HEAD_BYTES = 18
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)


def sniff(data: bytes) -> InputFormat:
    """Return the format of a file.

    Raises:
        PictureError: The file is empty, cut off within its first bytes, not a picture,
            or in a format that is not read.
    """
    if not data:
        raise PictureError(Reason.EMPTY_FILE, "The file is empty. Copy it again.")
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    is_webp = b"RIFF".startswith(data[:4]) and b"WEBP".startswith(data[8:12])
    if any(magic.startswith(data) for magic, _ in _MAGIC) or (
        is_webp and len(data) < _RIFF_HEAD_BYTES
    ):
        raise truncated()
    if is_webp:
        return InputFormat.WEBP
    if data[4:8] == b"ftyp":
        return _sniff_container(data)
    if data.startswith(b"BM"):
        if len(data) < _BMP_HEAD_BYTES:
            raise truncated()
        # A BMP is recognised by the size of its second header, the DIB header
        if int.from_bytes(data[14:18], "little") in _BMP_HEADERS:
            return InputFormat.BMP
    raise _refusal(data)


def _sniff_container(data: bytes) -> InputFormat:
    """Distinguish the picture formats that use the same container as MP4."""
    if min(int.from_bytes(data[:4]), _HEAD_BYTES) > len(data):
        raise truncated()
    brands = heif.brands(data)
    if _AVIF_BRANDS & {*brands} or b"av1C" in heif.properties(data):
        return InputFormat.AVIF
    if _HEIC_BRANDS & {*brands} or b"hvcC" in heif.properties(data):
        return InputFormat.HEIC
    if b"crx " in brands:
        raise unsupported("camera RAW")
    if b"mif1" in brands and heif.ends_early(data):
        raise truncated()
    raise unsupported("HEIF of another kind" if b"mif1" in brands else "video")


def _refusal(data: bytes) -> PictureError:
    head = data[:_HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"<svg" in head and head.startswith(b"<"):
        return unsupported("SVG")
    for magic, name in _KNOWN:
        if data.startswith(magic):
            return unsupported(name)
    if data[4:8] in _VIDEO_BOXES:
        return unsupported("video")
    return PictureError(
        Reason.NOT_AN_IMAGE,
        f"The file is not a picture, whatever its name is. Dropcut reads {_READABLE}.",
    )


def unsupported(name: str) -> PictureError:
    """Return the error for a picture in a format that Dropcut does not read."""
    return PictureError(
        Reason.UNSUPPORTED_FORMAT,
        f"The file is {name}, which Dropcut does not read. Save it in another format, "
        f"such as PNG. Dropcut reads {_READABLE}.",
    )


def truncated() -> PictureError:
    """Return the error for a file that ends too early."""
    return PictureError(
        Reason.TRUNCATED,
        "The file ends before the picture does, so it was not copied completely. "
        "Copy it again.",
    )

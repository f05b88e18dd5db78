"""What a file is, told from its first bytes and never from its name.

libvips is not asked: its own sniffing runs code of every loader it has, and one of them
was seen to hang for ever on 185 bytes.
"""

from enum import StrEnum

from dropcut.errors import PictureError, Reason


class Format(StrEnum):
    """The formats that are opened."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    TIFF = "TIFF"
    GIF = "GIF"
    AVIF = "AVIF"


_MAGIC = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0", Format.TIFF),
    (b"MM\0+", Format.TIFF),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
)
_KNOWN = (
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"BM", "BMP"),
    (b"\0\0\x01\0", "ICO"),
    (b"8BPS", "Photoshop"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"FUJIFILMCCD-RAW", "camera RAW"),
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "ZIP"),
)
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_READABLE = ", ".join(Format)
_HEAD_BYTES = 1024
_RIFF_HEAD_BYTES = 12
_SMALLEST_BOX_BYTES = 8  # 0 and 1 mean "to the end" and "64 bit"


def sniff(data: bytes) -> Format:
    """Return the format of a file.

    Raises:
        PictureError: It is empty, cut off within its first bytes, no picture, or a
            picture of another format.
    """
    if not data:
        raise PictureError(Reason.EMPTY_FILE, "The file is empty. Copy it again.")
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
        if magic.startswith(data):
            raise truncated()
    if b"RIFF".startswith(data[:4]) and b"WEBP".startswith(data[8:12]):
        if len(data) < _RIFF_HEAD_BYTES:
            raise truncated()
        return Format.WEBP
    if data[4:8] == b"ftyp":
        return _sniff_box(data)
    raise _refusal(data)


def _sniff_box(data: bytes) -> Format:
    """Tell the picture formats apart that share the container of MP4."""
    size = min(int.from_bytes(data[:4]), _HEAD_BYTES)
    if size > len(data):
        raise truncated()
    brands = [data[i : i + 4] for i in range(8, size, 4)]
    if b"avif" in brands or b"avis" in brands:
        return Format.AVIF
    name = "HEIC" if any(brand in brands for brand in _HEIC_BRANDS) else "video"
    raise _unsupported(name)


def _refusal(data: bytes) -> PictureError:
    head = data[:_HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"<svg" in head and head.startswith(b"<"):
        return _unsupported("SVG")
    for magic, name in _KNOWN:
        if data.startswith(magic):
            return _unsupported(name)
    return PictureError(
        Reason.NOT_AN_IMAGE,
        f"The file is no picture, whatever its name says. Dropcut reads {_READABLE}.",
    )


def _unsupported(name: str) -> PictureError:
    return PictureError(
        Reason.UNSUPPORTED_FORMAT,
        f"The file is {name}, which Dropcut does not read. Save it as one of "
        f"{_READABLE}.",
    )


def truncated() -> PictureError:
    """Return the error for a file that ends too early."""
    return PictureError(
        Reason.TRUNCATED,
        "The file ends before the picture does: it was not copied whole. "
        "Copy it again.",
    )


def ends_early(data: bytes, kind: Format) -> bool:
    """Whether a picture that cannot be decoded lacks its end."""
    match kind:
        case Format.JPEG:
            return b"\xff\xd9" not in data[-_HEAD_BYTES:]
        case Format.PNG:
            return b"IEND" not in data[-_HEAD_BYTES:]
        case Format.WEBP:
            return int.from_bytes(data[4:8], "little") + 8 > len(data)
        case Format.GIF:
            return not data.rstrip(b"\0").endswith(b";")
        case Format.TIFF:
            start = data[4:8][::-1] if data[:1] == b"I" else data[4:8]
            return int.from_bytes(start) + 2 > len(data)
        case Format.AVIF:
            return _last_box_ends_late(data)


def _last_box_ends_late(data: bytes) -> bool:
    """Whether a box of the file claims to reach beyond its end."""
    position = 0
    while position + 8 <= len(data):
        size = int.from_bytes(data[position : position + 4])
        if size < _SMALLEST_BOX_BYTES:  # 0 and 1 mean "to the end" and "64 bit"
            return False
        position += size
    return position > len(data)

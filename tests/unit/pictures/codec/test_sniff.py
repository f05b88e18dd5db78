"""The format of a file is recognised from its first bytes."""

from contextlib import suppress

import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec import sniff
from hypothesis import given
from hypothesis import strategies as st

from ...photographs import encoded, photograph

_FTYP = b"\0\0\0\x1cftyp"
_MAGICS = {
    InputFormat.JPEG: b"\xff\xd8\xff",
    InputFormat.PNG: b"\x89PNG\r\n\x1a\n",
    InputFormat.TIFF: b"MM\0*",
    InputFormat.GIF: b"GIF89a",
    InputFormat.WEBP: b"RIFF\x10\0\0\0WEBP",
    InputFormat.AVIF: _FTYP + b"avif",
    InputFormat.HEIC: _FTYP + b"heic",
    InputFormat.BMP: b"BM" + bytes(12) + b"\x28",
}


def _reason(data: bytes) -> tuple[Reason, str]:
    with pytest.raises(PictureError) as caught:
        sniff(data)
    return caught.value.reason, str(caught.value)


@pytest.mark.parametrize("kind", InputFormat)
def test_real_file(kind: InputFormat) -> None:
    """A file of each readable format is recognised by its content."""
    picture = photograph("astronaut.png").resize((40, 30))
    assert sniff(encoded(picture, kind.upper())) is kind


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"II*\0", InputFormat.TIFF),
        (b"MM\0*", InputFormat.TIFF),
        (b"II+\0", InputFormat.TIFF),
        (b"MM\0+", InputFormat.TIFF),
        (b"GIF87a", InputFormat.GIF),
        (b"\xff\xd8\xff\xdb", InputFormat.JPEG),
        (_FTYP + b"mif1\0\0\0\0avifmiaf", InputFormat.AVIF),
        (_FTYP + b"avis\0\0\0\0", InputFormat.AVIF),
        (_FTYP + b"heic\0\0\0\0mif1heic", InputFormat.HEIC),
        (_FTYP + b"mif1\0\0\0\0mif1heic", InputFormat.HEIC),
        (b"BM" + bytes(12) + b"\x0c\0\0\0", InputFormat.BMP),
    ],
)
def test_variant(head: bytes, kind: InputFormat) -> None:
    """Byte orders, old versions and other brands of a format are recognised too."""
    assert sniff(head + bytes(40)) is kind


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (_FTYP + b"crx \0\0\0\0crx isom", "camera RAW"),
        (_FTYP + b"isom\0\0\0\0isomavc1", "video"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?>\n<!-- x --><svg>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (b"%!PS-Adobe", "PostScript"),
        (b"\0\0\x01\0\x01\0", "ICO"),
        (b"8BPS\0\x01", "Photoshop"),
        (b"\xff\x0a", "JPEG XL"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
        (b"\x76\x2f\x31\x01", "OpenEXR"),
        (b"FUJIFILMCCD-RAW ", "camera RAW"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"PK\x03\x04", "ZIP"),
    ],
)
def test_unsupported_format(head: bytes, name: str) -> None:
    """A format that Dropcut does not read is refused by name."""
    reason, message = _reason(head + bytes(40))
    assert reason is Reason.UNSUPPORTED_FORMAT
    assert f" {name}," in message


def test_empty_file() -> None:
    """An empty file is called empty."""
    assert _reason(b"")[0] is Reason.EMPTY_FILE


@pytest.mark.parametrize(
    "data",
    [
        *(b"Hello", b"\n\n", "Grüße".encode(), bytes(100), b"<html><body/></html>"),
        *(b"RIF", b"BMW is a car, and this a text that begins like a picture."),
    ],
)
def test_not_an_image(data: bytes) -> None:
    """Text and other data are not an image, whatever their name."""
    assert _reason(data + b" and more that is no picture")[0] is Reason.NOT_AN_IMAGE


@pytest.mark.parametrize("kind", InputFormat)
def test_cut_within_the_first_bytes(kind: InputFormat) -> None:
    """A file that ends within its magic bytes is truncated."""
    magic = _MAGICS[kind]
    told_after = {
        InputFormat.WEBP: 4,
        InputFormat.AVIF: 8,
        InputFormat.HEIC: 8,
        InputFormat.BMP: 2,
    }
    first = told_after.get(kind, 1)
    for size in range(first, len(magic)):
        assert _reason(magic[:size])[0] is Reason.TRUNCATED, magic[:size]


@given(
    st.one_of(
        st.binary(max_size=2000),
        st.builds(
            lambda head, rest: head + rest,
            st.sampled_from([*_MAGICS.values(), b"RIFF", _FTYP, b"<"]),
            st.binary(max_size=60),
        ),
    )
)
def test_any_bytes(data: bytes) -> None:
    """Any bytes are recognised or refused with a reason; nothing else is raised."""
    with suppress(PictureError):
        assert isinstance(sniff(data), InputFormat)

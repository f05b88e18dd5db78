"""A result has the metadata that was asked for, and no hidden picture."""

import base64
import io
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from dropcut.core.pictures import OutputFormat, OutputOptions
from dropcut.pictures.codec import Decoder
from PIL import Image, PngImagePlugin

from tests.pictures import PICTURES

from ...photographs import encoded, noise, png_chunks
from ...results import made, opaque, seen

_FILES = {picture.name: picture.data for picture in PICTURES}
_KINDS = ("JPEG", "PNG", "TIFF", "WEBP", "HEIC")
_ALL = OutputOptions(keep="all")
_JPEG_HEAD = b"\xff\xd8\xff"
_ORIENTATION = b"\x12\x01\x03\0\x01\0\0\0"
_EXIF, _GPS = 0x8769, 0x8825
_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/'
    b'02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.'
    b'com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/" tiff:Orientation="6" '
    b'dc:source="%s"/></rdf:RDF></x:xmpmeta>'
)


def _camera_exif(name: str, orientation: int = 1) -> bytes:
    """Return the EXIF of a camera's JPEG with a different orientation."""
    with Image.open(io.BytesIO(_FILES[name])) as picture:
        exif: bytes = picture.info["exif"]
    upright = _ORIENTATION + struct.pack("<I", 1)
    return exif.replace(upright, _ORIENTATION + struct.pack("<I", orientation))


def _file(kind: str, exif: bytes, xmp: bytes = b"") -> bytes:
    """Return a file of 48x36 pixels with EXIF and XMP."""
    options: dict[str, Any] = {"exif": exif, "xmp": xmp}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options = {"exif": exif, "pnginfo": text}
    if kind == "TIFF":
        tags = Image.Exif()
        tags.load(exif)
        tags[700] = xmp
        options = {"exif": tags}
    return encoded(Image.fromarray(noise(48, 36)), kind, **options)


def _thumbnail_ifd(exif: bytes) -> int:
    """Return where EXIF's second directory begins; 0 if there is none."""
    order = "<" if exif[6:8] == b"II" else ">"
    (entries,) = struct.unpack_from(order + "H", exif, 14)
    (begin,) = struct.unpack_from(order + "I", exif, 16 + 12 * entries)
    return int(begin)


def _xmp(result: Image.Image) -> bytes:
    xmp = result.info.get("xmp") or result.info.get("XML:com.adobe.xmp", "")
    return xmp if isinstance(xmp, bytes) else str(xmp).encode()


@pytest.mark.parametrize("form", OutputFormat)
@pytest.mark.parametrize("kind", _KINDS)
def test_all_is_kept(codec: Decoder, kind: str, form: OutputFormat) -> None:
    """With `keep=all`, camera, place, date and XMP are kept, whatever the format."""
    data = _file(kind, _camera_exif("jpeg/real-canon.jpg"), _XMP % b"a studio")
    result = seen(made(codec, data, opaque(), replace(_ALL, format=form)))
    exif = result.getexif()
    assert exif[0x010F] == "Canon"
    assert exif.get_ifd(_GPS)[2] == (52, 30, 0)
    assert exif.get_ifd(_EXIF)[0x9003] == "2003:12:14 12:01:44"
    assert exif.get_ifd(_EXIF)[0x829D] == 4.9  # the aperture
    assert b"a studio" in _xmp(result)


@pytest.mark.parametrize("form", OutputFormat)
@pytest.mark.parametrize("kind", _KINDS)
def test_upright_is_called_so(codec: Decoder, kind: str, form: OutputFormat) -> None:
    """After rotation neither EXIF nor XMP says that the result is rotated."""
    data = _file(kind, _camera_exif("jpeg/real-canon.jpg", 6), _XMP % b"a studio")
    result = seen(made(codec, data, opaque(), replace(_ALL, format=form)))
    assert result.size == (36, 48)
    assert result.getexif().get(0x0112, 1) == 1
    assert b'tiff:Orientation="1"' in _xmp(result)


@pytest.mark.parametrize("form", OutputFormat)
@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize(
    "camera", ["jpeg/real-canon.jpg", "colour/real-nikon-d70-r03.jpg"]
)
def test_no_picture_in_exif(
    codec: Decoder, camera: str, kind: str, form: OutputFormat
) -> None:
    """No thumbnail or preview in the result shows what was cut off."""
    exif = _camera_exif(camera)
    assert _JPEG_HEAD in exif
    result = made(codec, _file(kind, exif), opaque(), replace(_ALL, format=form))
    assert _JPEG_HEAD not in result
    assert _thumbnail_ifd(exif) != 0
    assert _thumbnail_ifd(seen(result).info["exif"]) == 0


@pytest.mark.parametrize("camera", ["jpeg/real-canon.jpg", "jpeg/real-nokia-iptc.jpg"])
def test_camera_file(codec: Decoder, camera: str) -> None:
    """A camera's own file keeps its camera, and loses its thumbnail."""
    data = _FILES[camera]
    assert data.count(_JPEG_HEAD) > 1
    result = made(codec, data, opaque(), _ALL)
    assert _JPEG_HEAD not in result
    assert seen(result).getexif()[0x010F]


@pytest.mark.parametrize("form", OutputFormat)
@pytest.mark.parametrize("head", [_JPEG_HEAD + b"\xe0", b"\x89PNG\r\n\x1a\n"])
def test_no_picture_in_xmp(codec: Decoder, head: bytes, form: OutputFormat) -> None:
    """XMP that holds a picture is left out."""
    picture = base64.b64encode(head + bytes(60))
    data = _file("JPEG", b"", _XMP % picture)
    assert picture in data
    result = seen(made(codec, data, opaque(), replace(_ALL, format=form)))
    assert _xmp(result) == b""


@pytest.mark.parametrize("keep", ["none", "icc"])
@pytest.mark.parametrize("form", OutputFormat)
@pytest.mark.parametrize("kind", _KINDS)
def test_nothing_is_kept(
    codec: Decoder,
    kind: str,
    form: OutputFormat,
    keep: Any,  # noqa: ANN401  # a word
) -> None:
    """No EXIF and no XMP is kept, except with `keep=all`."""
    data = _file(kind, _camera_exif("jpeg/real-canon.jpg"), _XMP % b"a studio")
    result = made(codec, data, opaque(), OutputOptions(keep=keep, format=form))
    assert not seen(result).getexif()
    assert _xmp(seen(result)) == b""
    assert b"Canon" not in result


def _commented(kind: str) -> bytes:
    """Return a file with all that its format has room for, each saying SECRET."""
    picture = Image.fromarray(noise(48, 36))
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Raw profile type exif", "SECRET")
        text.add_text("Author", "SECRET", zip=True)
        text.add_itxt("Comment", "SECRET")
        return encoded(picture, kind, pnginfo=text)
    if kind == "TIFF":
        return encoded(picture, kind, tiffinfo={34377: b"SECRET", 33723: b"SECRET"})
    if kind == "GIF":
        return encoded(picture, kind, comment=b"SECRET")
    app13 = b"Photoshop 3.0\0" + b"8BIM\x04\x04\0\0\0\0\0\x06SECRET"
    segment = b"\xff\xed" + struct.pack(">H", len(app13) + 2) + app13
    data = encoded(picture, kind, comment=b"SECRET")
    return data[:2] + segment + data[2:]


@pytest.mark.parametrize("keep", ["none", "icc", "all"])
@pytest.mark.parametrize("form", OutputFormat)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF"])
def test_only_known_metadata_is_kept(
    codec: Decoder,
    kind: str,
    form: OutputFormat,
    keep: Any,  # noqa: ANN401  # a word
) -> None:
    """Of a file's metadata nothing but EXIF and XMP is ever kept."""
    data = _commented(kind)
    assert b"SECRET" in data
    result = made(codec, data, opaque(), OutputOptions(keep=keep, format=form))
    assert b"SECRET" not in result
    if form is OutputFormat.PNG:
        assert not png_chunks(result) & {b"tEXt", b"zTXt", b"iTXt", b"bKGD"}


@pytest.mark.parametrize(
    "damage", [b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0", b"?"]
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIC"])
def test_damaged_exif(codec: Decoder, kind: str, damage: bytes) -> None:
    """Damaged EXIF is no reason to refuse a picture, and is not handed on."""
    data = encoded(Image.fromarray(noise(48, 36)), kind, exif=damage)
    assert seen(made(codec, data, opaque(), _ALL)).size == (48, 36)


def test_mask_keeps_metadata_but_no_profile(codec: Decoder) -> None:
    """A mask keeps the picture's metadata, but no colour profile, as it is grey."""
    options = replace(_ALL, output="mask")
    result = seen(made(codec, _FILES["jpeg/real-canon.jpg"], opaque(), options))
    assert (result.mode, result.getexif()[0x010F]) == ("L", "Canon")
    result = seen(made(codec, _FILES["colour/p3.jpg"], opaque(), options))
    assert "icc_profile" not in result.info


def test_cropped_size_is_told(codec: Decoder) -> None:
    """EXIF states the size of the result, not of the original."""
    mask = np.zeros((36, 48), np.uint8)
    mask[10:20, 10:30] = 255
    data = _file("JPEG", _camera_exif("jpeg/real-canon.jpg"))
    options = replace(_ALL, crop=True, refine=False)
    exif = seen(made(codec, data, mask, options)).getexif().get_ifd(_EXIF)
    assert (exif[0xA002], exif[0xA003]) == (20, 10)


def _exif(tags: dict[int, object]) -> bytes:
    """Return EXIF with the camera's maker and details of the shot."""
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    exif.get_ifd(_EXIF).update(tags)
    return exif.tobytes()


@pytest.mark.parametrize(
    "hidden",
    [
        {0x927C: b"note" + _JPEG_HEAD + bytes(40)},
        {0x927C: b"note\x02\xd8\xff\xdb" + bytes(40)},
        {0x927C: tuple(range(60))},
        {0x9286: b"UNICODE\0" + _JPEG_HEAD + bytes(40)},
        {0x9286: b"ASCII\0\0\0" + bytes(5000)},
    ],
    ids=["JPEG", "disguised", "numbers", "comment", "long"],
)
def test_whatever_may_be_a_picture(codec: Decoder, hidden: dict[int, object]) -> None:
    """Maker's notes are never kept, nor anything as large as a picture."""
    data = _file("JPEG", _exif({**hidden, 0x829D: 4.9}))
    (tag,) = hidden
    result = seen(made(codec, data, opaque(), _ALL)).getexif()
    assert result[0x010F] == "Camera"
    assert result.get_ifd(_EXIF)[0x829D] == 4.9
    assert tag not in result.get_ifd(_EXIF)


@pytest.mark.parametrize("keep", ["none", "all"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_resolution(codec: Decoder, kind: str, keep: Any) -> None:  # noqa: ANN401  # a word
    """A result keeps the original's print size; the default is 72 dpi."""
    picture = Image.fromarray(noise(48, 36))
    told, untold = encoded(picture, kind, dpi=(300, 300)), encoded(picture, kind)
    for data, dpi in ((told, 300), (untold, 72)):
        result = seen(made(codec, data, opaque(), OutputOptions(keep=keep)))
        assert abs(result.info["dpi"][0] - dpi) < 0.1
        exif = result.getexif()
        assert abs(exif.get(0x011A, dpi) - dpi) < 0.1


def test_absurd_resolution(codec: Decoder, capfd: pytest.CaptureFixture[str]) -> None:
    """An absurd resolution is ignored, and no library complains on stderr."""
    data = encoded(Image.fromarray(noise(48, 36)), "PNG", dpi=(300, 10**8))
    result = seen(made(codec, data, opaque(), OutputOptions()))
    assert abs(result.info["dpi"][0] - 72) < 0.1
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "lying",
    [b"tiff:Orientation = '6'", b'tiff:Orientation="6"', b'tiff:Orientation= "8 "'],
)
def test_orientation_in_any_spelling(codec: Decoder, lying: bytes) -> None:
    """Whatever orientation XMP states, the result's is upright."""
    xmp = (_XMP % b"a studio").replace(b'tiff:Orientation="6"', lying)
    result = seen(made(codec, _file("JPEG", b"", xmp), opaque(), _ALL))
    assert b"a studio" in _xmp(result)
    assert not {b"6", b"8"} & set(_xmp(result).partition(b"Orientation")[2][:8].split())
    assert b"1" in _xmp(result).partition(b"Orientation")[2][:6]


def test_xmp_that_is_no_utf8(codec: Decoder) -> None:
    """XMP in UTF-16, which cannot be searched, is left out."""
    xmp = (_XMP % b"a studio").decode().encode("utf-16")
    assert _xmp(seen(made(codec, _file("JPEG", b"", xmp), opaque(), _ALL))) == b""

"""A JPEG of which a part is lost fails, and one with a harmless oddity is done."""

import gc
import random
import weakref
from typing import Any

import pytest
from dropcut.core.cancel import CancelScope
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputOptions
from dropcut.pictures.codec import Decoder
from dropcut.pictures.codec.jpeg import Scan, first_scan
from dropcut.pictures.sandbox import SandboxedCodec
from PIL import Image

from tests.pictures import PICTURES

from ...output_options import RAW
from ...photographs import encoded, photograph, with_orientation
from ...results import made, opaque, seen

_END = b"\xff\xd9"
_PUBLISH = OutputOptions(refine=False, clean_edges=False, publish_damaged=True)
_RESTARTS = {"quality": 88, "restart_marker_rows": 1}


def _photo(**options: Any) -> bytes:  # noqa: ANN401  # Pillow's own
    return encoded(photograph("coffee.png"), "JPEG", **{"quality": 88, **options})


def _scan(data: bytes) -> Scan:
    scan = first_scan(data)
    assert scan
    return scan


def _at(data: bytes, share: float) -> int:
    """Return an offset within the pixels."""
    scan = _scan(data)
    return scan.begin + int(share * (scan.end - scan.begin))


def _without(data: bytes, share: float, size: int) -> bytes:
    return data[: _at(data, share)] + data[_at(data, share) + size :]


def _replaced(data: bytes, share: float, part: bytes) -> bytes:
    at = _at(data, share)
    return data[:at] + part + data[at + len(part) :]


def _notes(codec: Decoder, data: bytes, options: OutputOptions = RAW) -> list[str]:
    return list(codec.open(data, 64, 64, options).notes)


def _assert_fails(codec: Decoder, data: bytes) -> None:
    with pytest.raises(PictureError, match="DROPCUT_DAMAGED") as caught:
        codec.open(data, 64, 64, RAW)
    assert caught.value.reason is Reason.CORRUPT
    (note,) = _notes(codec, data, _PUBLISH)
    assert note.startswith("damaged: ")


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_lost_block(codec: Decoder, mode: str, share: float) -> None:
    """A JPEG that lost 4 KiB is corrupt, and can be published with a note."""
    data = encoded(photograph("coffee.png", mode=mode), "JPEG", quality=88)
    _assert_fails(codec, _without(data, share, 4096))


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6])
@pytest.mark.parametrize("options", [{}, {"optimize": True}, {"subsampling": 0}])
def test_block_of_zeros(codec: Decoder, options: dict[str, Any], share: float) -> None:
    """A JPEG with 4 KiB of zeros in place of its bytes is corrupt."""
    _assert_fails(codec, _replaced(_photo(**options), share, bytes(4096)))


def test_wrong_bytes(codec: Decoder) -> None:
    """Forty wrong bytes are noticed in most places, though libjpeg says nothing."""
    dice, data, silent = random.Random(1), _photo(), 0  # noqa: S311  # no secret
    for _ in range(30):
        try:
            part = dice.randbytes(40)
            silent += not _notes(codec, _replaced(data, dice.random() * 0.9, part))
        except PictureError:
            continue
    # Where as many units are coded by the wrong bytes as by the right ones
    assert silent <= 10


@pytest.mark.parametrize("number", [1, 6])
def test_lost_end(codec: Decoder, number: int) -> None:
    """A JPEG that ends properly but lacks its lower half is corrupt, also if turned."""
    data = with_orientation(photograph("coffee.png"), "JPEG", number)
    _assert_fails(codec, data[: _at(data, 0.5)] + _END)


def test_published(codec: Decoder) -> None:
    """A damaged JPEG that is published anyway has its full size."""
    data = _without(_photo(), 0.5, 4096)
    assert seen(made(codec, data, opaque(), _PUBLISH)).size == (600, 400)


def test_lost_restart_interval(codec: Decoder) -> None:
    """Damage between two restart markers fails a picture if it is more than a trace."""
    few = _photo(restart_marker_rows=5)
    many = _photo(restart_marker_blocks=8)
    part = b"\0" * 30
    _assert_fails(codec, _replaced(few, 0.5, part))
    (note,) = _notes(codec, _replaced(many, 0.5, part))
    assert note.startswith("damaged: ")


def test_lost_restart_markers(codec: Decoder) -> None:
    """A JPEG that lost some whole intervals is corrupt, as the rest has moved."""
    data = _photo(**_RESTARTS)
    begin = data.index(b"\xff\xd3", _at(data, 0.2))
    _assert_fails(codec, data[:begin] + data[data.index(b"\xff\xd6", begin) :])


def test_progressive(codec: Decoder) -> None:
    """In a progressive JPEG, the first scan counts; damage to detail is only noted."""
    data = _photo(progressive=True)
    _assert_fails(codec, _replaced(data, 0.5, bytes(200)))
    detail = data[: len(data) - 3000] + _END
    (note,) = _notes(codec, detail)
    assert note.startswith("damaged: ")


def _with_segment(data: bytes, kind: int, content: bytes) -> bytes:
    head = bytes([0xFF, kind]) + (len(content) + 2).to_bytes(2)
    return data[:2] + head + content + data[2:]


def _innocents() -> dict[str, bytes]:
    data, progressive, restarts = (
        _photo(),
        _photo(progressive=True),
        _photo(**_RESTARTS),
    )
    marker = restarts.index(b"\xff\xd3", _at(restarts, 0.2))
    longer = bytearray(restarts)
    frame = longer.index(b"\xff\xc0")
    longer[frame + 5 : frame + 7] = (384).to_bytes(2)
    return {
        "trailer": data + b"MotionPhoto_Data" + bytes(3000),
        "two pictures": data + _photo(quality=20),
        "zeros after the pixels": data[:-2] + bytes(500) + _END,
        "fill bytes": data[:-2] + b"\xff" * 100 + _END,
        "junk in the header": data[:20] + b"junk" * 100 + data[20:],
        "markers in the header": data[:20] + b"junk\xff\xd0junk\xff\x01" + data[20:],
        "odd Adobe marker": _with_segment(data, 0xEE, b"Adobe\0d\0\0\0\0\x09"),
        "unknown segment": _with_segment(data, 0xEF, bytes(500)),
        "broken EXIF": _with_segment(data, 0xE1, b"Exif\0\0garbage"),
        "broken profile": _with_segment(data, 0xE2, b"ICC_PROFILE\0\1\1garbage"),
        "sloppy webcam": restarts[:marker] + b"abc" + restarts[marker:],
        "more rows than it says": bytes(longer),
        "thumbnail": _with_segment(data, 0xE1, b"Exif\0\0" + _photo(quality=5)[:9000]),
        "progressive trailer": progressive + b"trailer" * 100,
        "grey": encoded(photograph("coffee.png", mode="L"), "JPEG"),
        "tiny": encoded(Image.new("RGB", (1, 1)), "JPEG"),
        "flat": encoded(Image.new("RGB", (500, 400), "white"), "JPEG", optimize=True),
    }


@pytest.mark.parametrize("name", _innocents())
def test_innocent(codec: Decoder, name: str) -> None:
    """A JPEG that other programs show without fault is done without a note."""
    assert not any("damage" in note for note in _notes(codec, _innocents()[name]))


def test_real_files(codec: Decoder) -> None:
    """No real camera's or editor's JPEG is called damaged."""
    for picture in PICTURES:
        if picture.kind == "JPEG" and not picture.may_refuse:
            notes = _notes(codec, picture.data)
            assert not [note for note in notes if "damage" in note], picture.name


def test_warning_is_forgotten(codec: Decoder) -> None:
    """A damaged JPEG leaves nothing behind that the next picture is blamed for."""
    data = _photo()
    for options in (RAW, _PUBLISH):
        try:
            codec.open(_without(data, 0.3, 4096), 64, 64, options)
        except PictureError:
            assert options is RAW
        assert not _notes(codec, data)


def test_nothing_is_held(codec: Decoder) -> None:
    """A picture that is closed leaves memory at once, not when garbage is collected."""
    gc.disable()
    try:
        picture = codec.open(_photo(), 64, 64, RAW)
        assert picture._watch
        reader = weakref.ref(picture._watch._reader)
        del picture
        assert reader() is None
    finally:
        gc.enable()


def test_in_a_child(child_codec: SandboxedCodec) -> None:
    """The decoder process, which can open no file, notices damage as well."""
    data = _without(_photo(), 0.3, 4096)
    with pytest.raises(PictureError) as caught:
        child_codec.open(data, 64, 64, RAW, CancelScope()).close()
    assert caught.value.reason is Reason.CORRUPT
    picture = child_codec.open(data, 64, 64, _PUBLISH, CancelScope())
    assert picture.notes[0].startswith("damaged: ")
    picture.close()

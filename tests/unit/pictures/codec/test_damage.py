"""Damaged, hostile and slow files are the picture's fault, with the right reason."""

import os
import random
import struct
from pathlib import Path

import numpy as np
import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec import (
    Decoder,
    check_format,
    heif,
    libraries,
    loading,
)
from PIL import Image

from tests import pictures

from ...conftest import Cut
from ...output_options import RAW
from ...photographs import encoded, photograph, photograph_bytes, png, with_orientation
from ...results import write_result

_LAB = Path(pictures.__file__).parent / "tiff" / "lab-8.tif"
_MASK = np.full((8, 8), 255, np.uint8)


def _sample(kind: InputFormat) -> bytes:
    return encoded(photograph("chelsea.png"), kind.upper())


def _reason(codec: Decoder, data: bytes) -> Reason:
    with pytest.raises(PictureError) as caught:
        codec.open(data, 64, 64, RAW)
    return caught.value.reason


@pytest.mark.parametrize("part", [0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", InputFormat)
def test_truncated(codec: Decoder, kind: InputFormat, part: float) -> None:
    """A picture that was cut off anywhere is truncated or corrupt, never a cutout."""
    data = _sample(kind)
    reason = _reason(codec, data[: int(len(data) * part)])
    assert reason in (Reason.TRUNCATED, Reason.CORRUPT)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(
    "kind",
    [
        *(InputFormat.JPEG, InputFormat.PNG, InputFormat.WEBP, InputFormat.GIF),
        *(InputFormat.AVIF, InputFormat.HEIC, InputFormat.BMP),
    ],
)
def test_half_copied(codec: Decoder, kind: InputFormat, part: float) -> None:
    """A picture whose end is missing is truncated, so that it is waited for."""
    data = _sample(kind)
    assert _reason(codec, data[: int(len(data) * part)]) is Reason.TRUNCATED


@pytest.mark.parametrize("kind", InputFormat)
def test_scrambled(codec: Decoder, cut: Cut, kind: InputFormat) -> None:
    """Scrambled bytes give a cutout or a reason, never another exception."""
    dice, sample = random.Random(kind), _sample(kind)  # noqa: S311  # no secret
    for _ in range(25):
        data = bytearray(sample)
        for _ in range(dice.choice([1, 5, 50])):
            data[dice.randrange(len(data))] = dice.randrange(256)
        try:
            cut(bytes(data), _MASK)
        except PictureError:
            continue
    assert codec.open(sample, 8, 8, RAW).width_px == 451


def test_bomb(codec: Decoder) -> None:
    """A picture of too many pixels is refused by its header, with both numbers."""
    data = png(60_000, 60_000, 8, 2, b"")
    with pytest.raises(PictureError, match=r"3600 megapixels.*allows 100") as caught:
        codec.open(data, 64, 64, RAW)
    assert caught.value.reason is Reason.TOO_MANY_PIXELS


@pytest.mark.parametrize("size", [(2, 70_000), (70_000, 2), (65_536, 1)])
def test_edge_too_long(codec: Decoder, size: tuple[int, int]) -> None:
    """A picture with too long an edge is refused by its header, with its size."""
    data = png(*size, 8, 2, b"")
    with pytest.raises(PictureError, match=rf"{size[0]}x{size[1]}.*65535") as caught:
        codec.open(data, 64, 64, RAW)
    assert caught.value.reason is Reason.TOO_MANY_PIXELS


@pytest.mark.parametrize("size", [(65_535, 1), (1, 65_535)])
def test_longest_edge(codec: Decoder, cut: Cut, size: tuple[int, int]) -> None:
    """A picture with the longest allowed edge is opened and cut out."""
    data = encoded(Image.new("RGB", size, "red"), "PNG")
    assert codec.open(data, 8, 8, RAW).model_input.shape == (8, 8, 3)
    assert cut(data, _MASK).size == size


@pytest.mark.parametrize("part", [0.3, 0.9])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_turned_and_half_copied(codec: Decoder, kind: str, part: float) -> None:
    """A rotated picture whose end is missing is truncated, too."""
    data = with_orientation(photograph("chelsea.png"), kind, 6)
    assert _reason(codec, data[: int(len(data) * part)]) is Reason.TRUNCATED


def test_decode_limit_of_a_turned_picture() -> None:
    """A rotated picture is timed out as well."""
    hasty = Decoder(max_megapixels=100, decode_seconds=1e-9, threads=2)
    data = with_orientation(photograph("chelsea.png"), "JPEG", 6)
    assert _reason(hasty, data) is Reason.TIMED_OUT


def test_limit_is_inclusive() -> None:
    """A picture of exactly the allowed number of pixels is opened."""
    codec = Decoder(max_megapixels=0.01, decode_seconds=30, threads=2)
    assert (
        codec.open(encoded(Image.new("RGB", (100, 100)), "PNG"), 8, 8, RAW).width_px
        == 100
    )
    assert _reason(codec, encoded(Image.new("RGB", (101, 100)), "PNG")) is (
        Reason.TOO_MANY_PIXELS
    )


def test_decode_limit(codec: Decoder) -> None:
    """A picture whose decoding takes too long is timed out."""
    hasty = Decoder(max_megapixels=100, decode_seconds=1e-9, threads=2)
    data = photograph_bytes("astronaut.png")
    assert _reason(hasty, data) is Reason.TIMED_OUT
    assert codec.open(data, 8, 8, RAW).width_px == 512


def test_encode_limit(codec: Decoder, tmp_path: Path) -> None:
    """A picture whose second decoding takes too long is timed out as well."""
    picture = codec.open(photograph_bytes("retina.jpg"), 8, 8, RAW)
    picture._decode_seconds = 1e-9
    with (tmp_path / "x.png").open("wb") as sink, pytest.raises(PictureError) as caught:
        write_result(picture, _MASK, sink.fileno())
    assert caught.value.reason is Reason.TIMED_OUT


def test_full_disk(codec: Decoder) -> None:
    """A full disk is the machine's fault: the error keeps its number."""
    picture = codec.open(photograph_bytes("astronaut.png"), 8, 8, RAW)
    with Path("/dev/full").open("wb") as sink, pytest.raises(OSError) as caught:  # noqa: PT011  # errno below
        write_result(picture, _MASK, sink.fileno())
    assert os.strerror(caught.value.errno or 0) == "No space left on device"


def test_closed_pipe(codec: Decoder) -> None:
    """A sink that is closed at the other end is the machine's fault as well."""
    picture = codec.open(photograph_bytes("astronaut.png"), 8, 8, RAW)
    reader, writer = os.pipe()
    os.close(reader)
    with pytest.raises(BrokenPipeError):
        write_result(picture, _MASK, writer)
    os.close(writer)


def test_path_is_no_picture(codec: Decoder, tmp_path: Path) -> None:
    """The path of a picture is not a picture: nothing is opened by name."""
    path = tmp_path / "real.png"
    path.write_bytes(photograph_bytes("astronaut.png"))
    assert _reason(codec, os.fsencode(path)) is Reason.NOT_AN_IMAGE
    assert all(name.endswith("_buffer") for name in loading._LOADERS.values())


def test_every_format_works(codec: Decoder) -> None:
    """The installed libvips reads and writes every promised format."""
    for kind in InputFormat:
        check_format(codec, kind)
    assert libraries()["libvips"] >= (8, 17, 3)


def test_damaged_later_page(codec: Decoder) -> None:
    """A TIFF in CIELAB whose second page is damaged is `corrupt`."""
    first = _LAB.read_bytes()
    order = "<" if first[:2] == b"II" else ">"
    (directory,) = struct.unpack_from(order + "I", first, 4)
    (entries,) = struct.unpack_from(order + "H", first, directory)
    link = directory + 2 + 12 * entries
    data = bytearray(first)
    struct.pack_into(order + "I", data, link, len(data))
    assert _reason(codec, bytes(data) + b"\xff\xff") is Reason.CORRUPT


@pytest.mark.parametrize("brand", [b"heic", b"avif"])
def test_endless_boxes(codec: Decoder, brand: bytes) -> None:
    """Reading a file of empty boxes stops after a thousand."""
    empty = struct.pack(">I4s", 8, b"free")
    data = struct.pack(">I4s4sI4s", 20, b"ftyp", brand, 0, brand) + empty * 1_000_000
    assert len(list(heif.boxes(data))) == 1000
    assert _reason(codec, data) in (Reason.CORRUPT, Reason.TRUNCATED)


def test_endless_brands() -> None:
    """Of a file that consists of brands, only as many as needed are read."""
    data = struct.pack(">I4s", 4_000_000, b"ftyp") + b"heic" * 999_998
    assert len(heif.brands(data)) < 100

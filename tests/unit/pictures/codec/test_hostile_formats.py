"""Whatever bytes a file consists of, recognising its format ends."""

import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest
from dropcut.core.errors import PictureError
from dropcut.core.pictures import InputFormat
from dropcut.pictures.codec import (
    heif,
    heif_items,
    jpeg,
    pillow,
    png,
    sniff,
    tiff,
    tiff_tags,
)
from dropcut.pictures.codec.endings import ends_early, is_unfinished
from dropcut.pictures.codec.primaries import primaries_from_cicp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ....fuzz.corpus import KINDS, mutant, real_files

_REAL = real_files()
_MOST_BYTES = 16 << 20
_HEADS = (
    *(b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\xff\xff\xffWEBPVP8 "),
    *(b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"II+\0\x08\0\0\0", b"GIF89a", b"BM"),
    *(b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypavif\0\0\0\0mif1miaf", b"<svg", b"%PDF"),
)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


_LEAVES = st.builds(
    lambda size, kind, content: struct.pack(">I4s", size, kind) + content,
    st.one_of(st.integers(0, 40), st.integers(0, 2**32 - 1)),
    st.sampled_from([b"colr", b"hvcC", b"av1C", b"prem", b"moov", b"free", b"mdat"]),
    st.binary(max_size=24),
)
_PROPERTIES = st.lists(_LEAVES, max_size=6).map(
    lambda leaves: _box(
        b"meta", bytes(4) + _box(b"iprp", _box(b"ipco", b"".join(leaves)))
    )
)
_NUMBERS = st.one_of(st.integers(0, 200), st.integers(0, 2**64 - 1))
_ENTRY = st.tuples(
    st.sampled_from([254, 258, 259, 262, 274, 277, 284, 296, 332, 338, 339, 40_000]),
    st.one_of(st.integers(0, 20), st.sampled_from([1, 3, 4, 16])),
    st.one_of(st.integers(0, 2), _NUMBERS),
    _NUMBERS,
)
_Entries = list[tuple[int, int, int, int]]


def _tiff(order: str, count: int, entries: _Entries) -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    parts = [head, struct.pack(order + "IH", 8, count or len(entries))]
    for tag, kind, length, value in entries:
        parts.append(
            struct.pack(order + "HHII", tag, kind, length % 2**32, value % 2**32)
        )
    return b"".join(parts)


def _big_tiff(order: str, begin: int, entries: _Entries) -> bytes:
    head = b"II+\0" if order == "<" else b"MM\0+"
    parts = [head, struct.pack(order + "HHQQ", 8, 0, begin or 16, len(entries))]
    parts += [struct.pack(order + "HHQQ", *entry) for entry in entries]
    return b"".join(parts)


_ORDERS = st.sampled_from("<>")
_ENTRIES = st.lists(_ENTRY, max_size=8)
_TIFFS = st.one_of(
    st.builds(_tiff, _ORDERS, st.sampled_from([0, 0, 0, 1, 65_535]), _ENTRIES),
    st.builds(_big_tiff, _ORDERS, st.one_of(st.just(0), _NUMBERS), _ENTRIES),
)
_FILES = st.one_of(
    st.binary(max_size=400),
    st.builds(lambda head, rest: head + rest, st.sampled_from(_HEADS), st.binary()),
    st.builds(lambda box: _HEADS[8] + bytes(12) + box, _PROPERTIES),
    _TIFFS,
    st.builds(
        lambda kind, number: mutant(_REAL, kind, 7, number).data,
        st.sampled_from(KINDS),
        st.integers(0, 10**6),
    ),
)
_READERS: tuple[Callable[[bytes], object], ...] = (
    *(sniff, heif.brands, heif.properties, heif.is_sequence),
    *(heif.is_premultiplied, heif.ends_early, heif_items.has_gap, heif.cicp_codes),
    *(tiff_tags.numbers_of, tiff.refuse_misdecoded, tiff.is_byte_lab, tiff.alpha_band),
    lambda data: tiff.has_wrong_checksum(data, 1000),
    *(tiff.without_minor_errors, pillow.kept_exif, pillow.bmp_profile),
    *(png.cicp_codes, png.with_early_metadata, png.is_animated, jpeg.first_scan),
    *(lambda data, kind=kind: ends_early(data, kind) for kind in InputFormat),
    *(lambda data, kind=kind: is_unfinished(data, kind) for kind in InputFormat),
    *(
        lambda data, kind=kind: primaries_from_cicp(heif.cicp_codes(data), kind)
        for kind in InputFormat
    ),
)


@settings(max_examples=400)
@given(_FILES)
@example(_big_tiff("<", 2**64 - 1, []))
@example(_big_tiff(">", 0, [(258, 3, 9, 2**64 - 1)]))
@example(_tiff("<", 0, [(274, 16, 1, 2)]))
def test_any_bytes(data: bytes) -> None:
    """Each function that parses bytes returns, or raises an error about the picture."""
    for reader in _READERS:
        with suppress(PictureError):
            reader(data)


@pytest.mark.parametrize(
    "data",
    [
        *(b"II*\0\x08\0\0\0" + b"\xff" * 200_000, b"MM\0*\0\0\0\x08" * 200_000),
        *(b"\0\0\0\x08ftyp" * 200_000, b"\0\0\0\x10ftypheic\0\0\0\0" * 100_000),
        *(b"\0\0\0\x10ftypmif1\0\0\0\0" + b"\0\0\0\1meta" * 200_000, b"<" * 1_000_000),
        *(b"\x89PNG\r\n\x1a\n" + b"\0\0\0\4cICP" * 100_000, b"BM" * 500_000),
    ],
    ids=lambda data: ascii(data[:12]),
)
def test_long_files(data: bytes) -> None:
    """A file without an end takes little memory before it is refused."""
    tracemalloc.start()
    try:
        for reader in _READERS:
            with suppress(PictureError):
                reader(data)
        assert tracemalloc.get_traced_memory()[1] < _MOST_BYTES
    finally:
        tracemalloc.stop()


def test_orientation_that_lies_elsewhere() -> None:
    """A wrong value is corrected in place, and nothing else is changed."""
    data = _tiff("<", 0, [(274, 16, 1, 34), (277, 3, 1, 3)])
    assert data[34:] == b""
    better = tiff.without_minor_errors(data + struct.pack("<Q", 77))
    assert better == data + struct.pack("<Q", 1)


def test_directory_without_end() -> None:
    """Only a bounded number of a TIFF's entries and numbers is read."""
    directory = struct.pack("<4sIH", b"II*\0", 8, 65_535)
    entry = struct.pack("<HHII", 258, 3, 2**32 - 1, 0)
    entries = [*tiff_tags.entries(directory + entry * 65_535)]
    assert len(entries) == 4096
    assert max(len(entry.numbers) for entry in entries) == 16

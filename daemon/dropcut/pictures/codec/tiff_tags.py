"""The first image file directory of a TIFF: TIFF 6.0, section 2, and libtiff's BigTIFF.

Only the first values of each entry are read here; a library would read all of them, and
a hostile file contains millions.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

_FORMS = {1: "B", 3: "H", 4: "I", 7: "B", 13: "I", 16: "Q"}
_UNDEFINED, _LAST_KIND = 7, 18
_MAX_ENTRIES, _MAX_NUMBERS, _MAX_STRIPS = 4096, 16, 1 << 20
_BEYOND = (struct.error, OverflowError)  # raised for an offset outside the file


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of an image file directory.

    Attributes:
        at: Offset of the entry in the file.
        value_at: Offset of its first value in the file.
        numbers: The first values; empty if they are not integers.
    """

    tag: int
    kind: int
    count: int
    at: int
    value_at: int
    numbers: tuple[int, ...]

    @property
    def has_unknown_type(self) -> bool:
        """Whether TIFF does not define this type of value."""
        return not 0 < self.kind <= _LAST_KIND


def numbers_of(data: bytes) -> dict[int, tuple[int, ...]]:
    """Return the numbers of the first picture by tag, as far as they can be read."""
    return {entry.tag: entry.numbers for entry in entries(data)}


def entries(data: bytes) -> Iterator[Entry]:
    """Yield the entries of the first picture, as far as they can be read."""
    order, is_big = _order(data), _is_big(data)
    start, count, entry = ("Q", "Q", "HHQ") if is_big else ("I", "H", "HHI")
    head, inline = struct.calcsize(order + entry), struct.calcsize(order + start)
    with suppress(*_BEYOND):
        (begin,) = struct.unpack_from(order + start, data, 8 if is_big else 4)
        (length,) = struct.unpack_from(order + count, data, begin)
        at = begin + struct.calcsize(order + count)
        for _ in range(min(length, _MAX_ENTRIES)):
            tag, kind, values = struct.unpack_from(order + entry, data, at)
            form, first = _FORMS.get(kind, ""), at + head
            size = struct.calcsize(order + form)
            if size * values > inline:  # the entry has no room for its values
                (first,) = struct.unpack_from(order + start, data, first)
            numbers: tuple[int, ...] = ()
            if size and values:
                few = f"{order}{min(values, _MAX_NUMBERS)}{form}"
                with suppress(*_BEYOND):
                    numbers = struct.unpack_from(few, data, first)
            yield Entry(tag, kind, values, at, first, numbers)
            at += head + inline


def all_numbers(data: bytes, tag: int) -> tuple[int, ...]:
    """Return all numbers of a tag of the first picture; empty if there are too many."""
    for entry in entries(data):
        if entry.tag == tag and entry.numbers and entry.count <= _MAX_STRIPS:
            form = f"{_order(data)}{entry.count}{_FORMS[entry.kind]}"
            with suppress(*_BEYOND):
                return struct.unpack_from(form, data, entry.value_at)
    return ()


def set_number(data: bytearray, entry: Entry, number: int) -> None:
    """Set the single number of an entry, in place."""
    struct.pack_into(_order(data) + _FORMS[entry.kind], data, entry.value_at, number)


def blank_entry(data: bytearray, entry: Entry) -> None:
    """Turn an entry, in place, into one with a single byte of undefined type."""
    order, count = _order(data), "Q" if _is_big(data) else "I"
    struct.pack_into(order + "H", data, entry.at + 2, _UNDEFINED)
    struct.pack_into(order + count, data, entry.at + 4, 1)


def _order(data: bytes | bytearray) -> str:
    return "<" if data[:1] == b"I" else ">"


def _is_big(data: bytes | bytearray) -> bool:
    return b"+" in data[2:4]

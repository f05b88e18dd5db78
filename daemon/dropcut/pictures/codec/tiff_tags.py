"""The directory of a TIFF: TIFF 6.0, section 2, and BigTIFF as libtiff has it.

It is read here, number by number, because a library would read everything, and a
hostile file holds millions of numbers.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

_FORMS = {1: "B", 3: "H", 4: "I", 7: "B", 13: "I", 16: "Q"}
_UNDEFINED, _LAST_KIND = 7, 18
_MOST_ENTRIES, _MOST_NUMBERS, _MOST_STRIPS = 4096, 16, 1 << 20
_BEYOND = (struct.error, OverflowError)  # raised for an offset outside the file


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the directory.

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
        """Whether TIFF defines no such type of value."""
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
        for _ in range(min(length, _MOST_ENTRIES)):
            tag, kind, values = struct.unpack_from(order + entry, data, at)
            form, first = _FORMS.get(kind, ""), at + head
            size = struct.calcsize(order + form)
            if size * values > inline:  # the entry has no room for its values
                (first,) = struct.unpack_from(order + start, data, first)
            numbers: tuple[int, ...] = ()
            if size and values:
                few = f"{order}{min(values, _MOST_NUMBERS)}{form}"
                with suppress(*_BEYOND):
                    numbers = struct.unpack_from(few, data, first)
            yield Entry(tag, kind, values, at, first, numbers)
            at += head + inline


def all_numbers(data: bytes, tag: int) -> tuple[int, ...]:
    """Return every number of a tag of the first picture; empty if that cannot be."""
    for entry in entries(data):
        if entry.tag == tag and entry.numbers and entry.count <= _MOST_STRIPS:
            form = f"{_order(data)}{entry.count}{_FORMS[entry.kind]}"
            with suppress(*_BEYOND):
                return struct.unpack_from(form, data, entry.value_at)
    return ()


def with_number(data: bytearray, entry: Entry, number: int) -> None:
    """Set the only number of an entry."""
    struct.pack_into(_order(data) + _FORMS[entry.kind], data, entry.value_at, number)


def as_one_byte(data: bytearray, entry: Entry) -> None:
    """Turn an entry into one that holds a single byte without meaning."""
    order, count = _order(data), "Q" if _is_big(data) else "I"
    struct.pack_into(order + "H", data, entry.at + 2, _UNDEFINED)
    struct.pack_into(order + count, data, entry.at + 4, 1)


def _order(data: bytes | bytearray) -> str:
    return "<" if data[:1] == b"I" else ">"


def _is_big(data: bytes | bytearray) -> bool:
    return b"+" in data[2:4]

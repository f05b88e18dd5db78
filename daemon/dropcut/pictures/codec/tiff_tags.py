"""The directory of a TIFF: TIFF 6.0, section 2, and BigTIFF as libtiff has it.

Read here, number by number, and not by a library that reads all there is: a hostile
file holds millions of numbers.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_FORMS = {1: "B", 3: "H", 4: "I", 7: "B", 13: "I", 16: "Q"}
_UNDEFINED, _LAST_KIND = 7, 18
_MOST_ENTRIES, _MOST_NUMBERS = 4096, 16
_LONG = 8
_BEYOND = (struct.error, OverflowError)  # what a place outside of the file raises


@dataclass(frozen=True, slots=True)
class Entry:
    """What a directory holds under one tag.

    Attributes:
        at: Where the entry begins in the file.
        value_at: Where the first of its values is in the file.
        numbers: The first of its values; none, if they are no whole numbers.
    """

    tag: int
    kind: int
    count: int
    at: int
    value_at: int
    numbers: tuple[int, ...]

    @property
    def is_of_no_kind(self) -> bool:
        """Whether TIFF knows no such kind of value."""
        return not 0 < self.kind <= _LAST_KIND


def numbers_of(data: bytes) -> dict[int, tuple[int, ...]]:
    """Return the numbers of the first picture by their tags, as far as they go."""
    return {entry.tag: entry.numbers for entry in entries(data)}


def entries(data: bytes) -> Iterator[Entry]:
    """Yield the entries of the first picture, as far as there are any."""
    try:
        yield from _read(data, _order(data), is_big=_is_big(data))
    except _BEYOND:
        return


def with_number(data: bytearray, entry: Entry, number: int) -> None:
    """Set the one number of an entry."""
    struct.pack_into(_order(data) + _FORMS[entry.kind], data, entry.value_at, number)


def as_one_byte(data: bytearray, entry: Entry) -> None:
    """Make an entry one that holds a byte which means nothing."""
    order, count = _order(data), "Q" if _is_big(data) else "I"
    struct.pack_into(order + "H", data, entry.at + 2, _UNDEFINED)
    struct.pack_into(order + count, data, entry.at + 4, 1)


def _order(data: bytes | bytearray) -> str:
    return "<" if data[:1] == b"I" else ">"


def _is_big(data: bytes | bytearray) -> bool:
    return b"+" in data[2:4]


def _read(data: bytes, order: str, *, is_big: bool) -> Iterator[Entry]:
    start, count, entry = ("Q", "Q", "HHQ") if is_big else ("I", "H", "HHI")
    (begin,) = struct.unpack_from(order + start, data, 8 if is_big else 4)
    (entries,) = struct.unpack_from(order + count, data, begin)
    head, inline = struct.calcsize(order + entry), struct.calcsize(order + start)
    at = begin + struct.calcsize(order + count)
    for _ in range(min(entries, _MOST_ENTRIES)):
        tag, kind, length = struct.unpack_from(order + entry, data, at)
        form, value = order + _FORMS.get(kind, ""), at + head
        first = _first_of_values(data, form, length, value, inline)
        yield Entry(tag, kind, length, at, first, _numbers(data, form, length, first))
        at = value + inline


def _first_of_values(data: bytes, form: str, length: int, at: int, inline: int) -> int:
    """Return where the values begin: in their entry, if it has room for them."""
    if struct.calcsize(form) * length <= inline:
        return at
    (elsewhere,) = struct.unpack_from(
        form[0] + ("Q" if inline == _LONG else "I"), data, at
    )
    return int(elsewhere)


def _numbers(data: bytes, form: str, length: int, at: int) -> tuple[int, ...]:
    """Return the first numbers of an entry; none of what is no whole number."""
    if not struct.calcsize(form) or not length:
        return ()
    few = min(length, _MOST_NUMBERS)
    try:
        return struct.unpack_from(f"{form[0]}{few}{form[1]}", data, at)
    except _BEYOND:
        return ()

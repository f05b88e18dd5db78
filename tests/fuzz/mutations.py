"""Damages pictures: blindly, and at the boundaries of their format's parts."""

import struct
import zlib
from random import Random

from .anatomy import Part, parts

_MOST_BYTES = 1 << 20
_ODD = (
    *(0, 1, 2, 3, 4, 7, 8, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000),
    *(0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFE, 0xFFFFFFFF),
    *((1 << 63) - 1, 1 << 63, (1 << 64) - 1),
)
_FORMS = ("B", ">H", "<H", ">I", "<I", ">Q", "<Q")


def mutated(data: bytes, donor: bytes, dice: Random) -> bytes:
    """Return a file damaged in one or a few ways.

    Args:
        data: A real picture.
        donor: Another one, of which parts may be taken.
        dice: Decides everything.
    """
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        data = dice.choice(_WAYS)(data, donor, dice)[:_MOST_BYTES]
    return _with_checksums(data) if dice.random() < 0.8 else data


def _bits_flipped(data: bytes, _donor: bytes, dice: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 8, 64)) if data else 0):
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _odd_number(data: bytes, _donor: bytes, dice: Random) -> bytes:
    return _with_number(data, _place(data, dice), dice.choice(_FORMS), dice)


def _odd_number_early(data: bytes, _donor: bytes, dice: Random) -> bytes:
    return _with_number(data, _place(data[:200], dice), dice.choice(_FORMS), dice)


def _cut_off(data: bytes, _donor: bytes, dice: Random) -> bytes:
    return data[: _place(data, dice)]


def _cut_out(data: bytes, _donor: bytes, dice: Random) -> bytes:
    begin, end = _stretch(data, dice)
    return data[:begin] + data[end:]


def _doubled(data: bytes, _donor: bytes, dice: Random) -> bytes:
    begin, end = _stretch(data, dice)
    return data[:end] + data[begin:]


def _spliced(data: bytes, donor: bytes, dice: Random) -> bytes:
    return data[: _place(data, dice)] + donor[_place(donor, dice) :]


def _noise(data: bytes, _donor: bytes, dice: Random) -> bytes:
    at = _place(data, dice)
    noise = dice.randbytes(dice.choice((1, 4, 16, 256)))
    return data[:at] + noise + data[at + len(noise) :]


def _long_tail(data: bytes, _donor: bytes, dice: Random) -> bytes:
    return data + dice.choice((b"\0", b"\xff", data[:64], b"\0\0\0\x08free")) * 5000


def _part_removed(data: bytes, _donor: bytes, dice: Random) -> bytes:
    part = _part(data, dice)
    return data[: part.begin] + data[part.end :]


def _part_repeated(data: bytes, _donor: bytes, dice: Random) -> bytes:
    part = _part(data, dice)
    piece = data[part.begin : part.end]
    times = min(dice.choice((1, 2, 20, 20_000)), _MOST_BYTES // (len(piece) + 1))
    return data[: part.end] + piece * times + data[part.end :]


def _parts_swapped(data: bytes, _donor: bytes, dice: Random) -> bytes:
    first, second = sorted(
        (_part(data, dice), _part(data, dice)), key=lambda part: part.begin
    )
    if first.end > second.begin:
        return data
    pieces = (
        *(data[: first.begin], data[second.begin : second.end]),
        *(data[first.end : second.begin], data[first.begin : first.end]),
        data[second.end :],
    )
    return b"".join(pieces)


def _part_transplanted(data: bytes, donor: bytes, dice: Random) -> bytes:
    mine, other = _part(data, dice), _part(donor, dice)
    end = dice.choice((mine.begin, mine.end))
    return data[: mine.begin] + donor[other.begin : other.end] + data[end:]


def _part_of_odd_length(data: bytes, _donor: bytes, dice: Random) -> bytes:
    part = _part(data, dice)
    return _with_number(data, part.length_at, part.form, dice)


def _odd_number_in_part(data: bytes, _donor: bytes, dice: Random) -> bytes:
    part = _part(data, dice)
    at = part.begin + _place(data[part.begin : part.end][:48], dice)
    return _with_number(data, at, dice.choice(_FORMS), dice)


def _part_scrambled(data: bytes, _donor: bytes, dice: Random) -> bytes:
    part = _part(data, dice)
    changed = bytearray(data)
    for _ in range(dice.choice((1, 3, 30)) if part.end > part.begin else 0):
        changed[dice.randrange(part.begin, part.end)] = dice.randrange(256)
    return bytes(changed)


_WAYS = (
    *(_bits_flipped, _odd_number, _odd_number_early, _cut_off, _cut_out, _doubled),
    *(_spliced, _noise, _long_tail, _part_removed, _part_repeated, _parts_swapped),
    *(_part_transplanted, _part_of_odd_length, _odd_number_in_part, _part_scrambled),
)


def _place(data: bytes, dice: Random) -> int:
    return dice.randrange(len(data)) if data else 0


def _stretch(data: bytes, dice: Random) -> tuple[int, int]:
    begin = _place(data, dice)
    return begin, begin + dice.choice((1, 2, 4, 64, len(data) // 4))


def _part(data: bytes, dice: Random) -> Part:
    """Choose a part, or any range if the file has none."""
    found = parts(data)
    if found:
        return dice.choice(found)
    begin, end = _stretch(data, dice)
    return Part(begin, min(end, len(data)), begin, "B")


def _with_number(data: bytes, at: int, form: str, dice: Random) -> bytes:
    """Write an unusual number, or one next to the present value."""
    size = struct.calcsize(form)
    if at + size > len(data):
        return data
    (old,) = struct.unpack_from(form, data, at)
    new = dice.choice((*_ODD, old + 1, old - 1, old * 2)) % (1 << 8 * size)
    return data[:at] + struct.pack(form, new) + data[at + size :]


def _with_checksums(data: bytes) -> bytes:
    """Return a PNG with correct checksums for damaged chunks; other files unchanged."""
    if not data.startswith(b"\x89PNG"):
        return data
    changed = bytearray(data)
    for part in parts(data):
        check = zlib.crc32(data[part.begin + 4 : part.end - 4])
        struct.pack_into(">I", changed, part.end - 4, check)
    return bytes(changed)

"""Reads and writes the boxes of a HEIF file, as far as `make.py` needs it.

Real pictures of phones have a grid of tiles and are too large to be kept here: a part
of the grid is, with the phone's own coded tiles, profile and EXIF.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Item:
    """An item: what `infe` says, data, properties (index, essential), references."""

    kind: bytes
    hidden: bool
    info: bytes
    data: bytes = b""
    properties: list[tuple[int, bool]] = field(default_factory=list)
    references: dict[bytes, list[int]] = field(default_factory=dict)


class Heif:
    """A HEIF file of still pictures."""

    def __init__(self, data: bytes) -> None:
        """Take a file apart."""
        self._data = data
        top = {kind: body for kind, body, _ in _boxes(data)}
        self.brands = top[b"ftyp"]
        parts = {kind: body for kind, body, _ in _boxes(top[b"meta"][4:])}
        self._inline = parts.get(b"idat", b"")
        self.handler = parts[b"hdlr"]
        wide = parts[b"pitm"][0] > 0
        self.primary = int.from_bytes(parts[b"pitm"][4 : 8 if wide else 6])
        self.items: dict[int, Item] = {}
        self._read_infos(parts[b"iinf"])
        self._read_places(parts[b"iloc"])
        self._read_references(parts.get(b"iref", b""))
        inner = {kind: body for kind, body, _ in _boxes(parts[b"iprp"])}
        self.properties = [whole for _, _, whole in _boxes(inner[b"ipco"])]
        self._read_associations(inner[b"ipma"])

    def _read_infos(self, body: bytes) -> None:
        start = 6 if body[0] == 0 else 8
        for _, info, _ in _boxes(body[start:]):
            size = 2 if info[0] == 2 else 4
            number = int.from_bytes(info[4 : 4 + size])
            kind = info[6 + size : 10 + size]
            hidden = bool(info[3] & 1)
            self.items[number] = Item(kind, hidden, info[10 + size :])

    def _read_places(self, body: bytes) -> None:
        version, sizes = body[0], body[4:6]
        offset_size, length_size = sizes[0] >> 4, sizes[0] & 15
        base_size, index_size = sizes[1] >> 4, (sizes[1] & 15) if version else 0
        reader = _Reader(body, 6)
        wide = 2 if version < 2 else 4
        for _ in range(reader.number(wide)):
            item = self.items[reader.number(wide)]
            inline = version > 0 and reader.number(2) & 15 == 1
            reader.number(2)
            base = reader.number(base_size)
            for _ in range(reader.number(2)):
                reader.number(index_size)
                start = base + reader.number(offset_size)
                end = start + reader.number(length_size)
                item.data += (self._inline if inline else self._data)[start:end]

    def _read_references(self, body: bytes) -> None:
        size = 4 if body[:1] == b"\1" else 2
        for kind, part, _ in _boxes(body[4:]):
            reader = _Reader(part, 0)
            item = self.items[reader.number(size)]
            targets = [reader.number(size) for _ in range(reader.number(2))]
            item.references[kind] = targets

    def _read_associations(self, body: bytes) -> None:
        reader = _Reader(body, 4)
        wide_item, wide_index = 4 if body[0] else 2, 2 if body[3] & 1 else 1
        top = 1 << (wide_index * 8 - 1)
        for _ in range(reader.number(4)):
            item = self.items[reader.number(wide_item)]
            for _ in range(reader.number(1)):
                value = reader.number(wide_index)
                item.properties.append((value & (top - 1), bool(value & top)))

    def cut_grid(self, left: int, top: int, columns: int, rows: int) -> None:
        """Keep some tiles of the primary picture's grid."""
        grid = self.items[self.primary]
        all_columns = grid.data[3] + 1
        tiles = grid.references[b"dimg"]
        kept = [
            tiles[(top + row) * all_columns + left + column]
            for row in range(rows)
            for column in range(columns)
        ]
        shape = self._property(self.items[kept[0]], b"ispe")
        width, height = struct.unpack(">II", shape[12:20])
        width, height = width * columns, height * rows
        grid.data = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
        grid.references[b"dimg"] = kept
        self.resize(grid, width, height)

    def resize(self, item: Item, width: int, height: int) -> None:
        """Change an item's size, without changing other items that share it."""
        place = next(
            place
            for place, (index, _) in enumerate(item.properties)
            if self.properties[index - 1][4:8] == b"ispe"
        )
        self.properties.append(_box(b"ispe", struct.pack(">III", 0, width, height)))
        item.properties[place] = (len(self.properties), item.properties[place][1])

    def crop(self, item: Item, width: int, height: int) -> None:
        """Have readers show only the upper left part of an item (`clap`)."""
        old_width, old_height = struct.unpack(">II", self._property(item, b"ispe")[12:])
        offsets = (width - old_width, 2, height - old_height, 2)
        body = struct.pack(">IIIIiIiI", width, 1, height, 1, *offsets)
        self.properties.append(_box(b"clap", body))
        item.properties.append((len(self.properties), True))

    def transform(self, angle: int | None, axis: int | None) -> None:
        """Have readers turn the primary picture anticlockwise and then flip it."""
        for kind, value in ((b"irot", angle), (b"imir", axis)):
            if value is not None:
                self.properties.append(_box(kind, bytes([value])))
                item = self.items[self.primary]
                item.properties.append((len(self.properties), True))

    def _property(self, item: Item, kind: bytes) -> bytes:
        found = (self.properties[index - 1] for index, _ in item.properties)
        return next(whole for whole in found if whole[4:8] == kind)

    def keep(self, *kinds_of_metadata: bytes) -> None:
        """Drop all but the primary picture, its tiles and the named metadata."""
        wanted = {self.primary, *self.items[self.primary].references.get(b"dimg", ())}
        for number, item in self.items.items():
            about = item.references.get(b"cdsc", ())
            if item.kind in kinds_of_metadata and self.primary in about:
                wanted.add(number)
                item.references[b"cdsc"] = [self.primary]
        self.items = {n: item for n, item in self.items.items() if n in wanted}
        for item in self.items.values():
            item.references = {
                kind: targets
                for kind, targets in item.references.items()
                if set(targets) <= wanted
            }

    def written(self) -> bytes:
        """Put the file together again, its data in a box of 64 bits as phones do."""
        kind = _box(b"ftyp", self.brands)
        start = len(kind) + len(self._meta(0)) + 16
        data = b"".join(item.data for item in self.items.values())
        long_box = struct.pack(">I4sQ", 1, b"mdat", len(data) + 16) + data
        return kind + self._meta(start) + long_box

    def _meta(self, start: int) -> bytes:
        infos = places = links = b""
        references = b""
        for number, item in self.items.items():
            head = struct.pack(">IHH", 0x0200_0000 | item.hidden, number, 0)
            infos += _box(b"infe", head + item.kind + item.info)
            size = len(item.data)
            places += struct.pack(">HHHHII", number, 0, 0, 1, start, size)
            start += size
            links += struct.pack(">HB", number, len(item.properties))
            for index, essential in item.properties:
                links += struct.pack(">H", index | essential << 15)
            for kind, targets in item.references.items():
                all_numbers = (number, len(targets), *targets)
                packed = struct.pack(f">{len(all_numbers)}H", *all_numbers)
                references += _box(kind, packed)
        count = len(self.items)
        return _box(
            b"meta",
            bytes(4)
            + _box(b"hdlr", self.handler)
            + _box(b"pitm", struct.pack(">IH", 0, self.primary))
            + _box(b"iloc", struct.pack(">IHH", 1 << 24, 0x4400, count) + places)
            + _box(b"iinf", struct.pack(">IH", 0, count) + infos)
            + (_box(b"iref", bytes(4) + references) if references else b"")
            + _box(
                b"iprp",
                _box(b"ipco", b"".join(self.properties))
                + _box(b"ipma", struct.pack(">II", 1, count) + links),
            ),
        )


class _Reader:
    def __init__(self, data: bytes, position: int) -> None:
        self._data, self._position = data, position

    def number(self, size: int) -> int:
        self._position += size
        return int.from_bytes(self._data[self._position - size : self._position])


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the type, the body and the whole of each box."""
    position = 0
    while position + 8 <= len(data):
        size, head = int.from_bytes(data[position : position + 4]), 8
        if size == 1:
            size, head = int.from_bytes(data[position + 8 : position + 16]), 16
        end = position + size if size else len(data)
        kind = data[position + 4 : position + 8]
        yield kind, data[position + head : end], data[position:end]
        position = end

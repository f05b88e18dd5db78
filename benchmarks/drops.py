"""What the soak drops: pictures of every format, files that are none, odd names."""

import os
import random
import socket
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from pathlib import Path

import pillow_heif
import skimage
from PIL import Image

FORMATS = ("JPEG", "PNG", "WebP", "HEIF", "TIFF", "AVIF", "GIF", "BMP")
FOUND = Path(__file__).parents[1] / "tests" / "pictures"
_SUBJECTS = ("chelsea.png", "coffee.png", "astronaut.png", "rocket.jpg")
_FOLDERS = ("", "", "shop", "albums/Möbel 2026")
_NAMES = (
    "IMG_{}.JPG",
    "{} with spaces.jpg",
    "-rf {}",
    "$(id) {}.png",
    "{}[shrink=8].jpg",
    "line\nbreak {}.jpg",
    "\u202e gpj.{}",
    "🐈 {}.heic",
    "no utf-8 \udcff\udcfe {}.jpg",
    "{}." + "long" * 60,
)


class Fate(Enum):
    """Where a file has to end."""

    DONE = "processed"
    REFUSED = "failed"


@dataclass(frozen=True, slots=True)
class Sample:
    """The content of a file.

    Attributes:
        fate: None, where it only has to be the same each time.
    """

    data: bytes
    fate: Fate | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """All that may be dropped."""

    good: Sequence[Sample]
    bad: Sequence[Sample]
    found: Sequence[Sample]

    def draw(self, count: int, dice: random.Random) -> Iterator[Sample]:
        """Choose half of them good, the rest bad or found."""
        for number in range(count):
            shelf = (self.good, self.bad, self.good, self.found)[number % 4]
            yield dice.choice(shelf)


def stock(largest_megapixels: float) -> Stock:
    """Make the pictures, once."""
    pillow_heif.register_heif_opener()
    good = [
        Sample(_encoded(subject, kind, megapixels), Fate.DONE)
        for subject in _SUBJECTS
        for kind in FORMATS
        for megapixels in (0.02, min(0.5, largest_megapixels))
    ]
    good += [
        Sample(_encoded(subject, "JPEG", largest_megapixels), Fate.DONE)
        for subject in _SUBJECTS
    ]
    files = (path for path in sorted(FOUND.rglob("*")) if path.suffix != ".py")
    found = [Sample(path.read_bytes()) for path in files if path.is_file()]
    return Stock(good, [*_bad(good)], found)


def _encoded(subject: str, kind: str, megapixels: float) -> bytes:
    stream = BytesIO()
    with Image.open(Path(skimage.__file__).parent / "data" / subject) as image:
        scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = (round(image.width * scale), round(image.height * scale))
        image.convert("RGB").resize(size).save(stream, kind)
    return stream.getvalue()


def _bad(good: Sequence[Sample]) -> Iterator[Sample]:
    """Make what has to fail; what is damaged in the middle may do as it likes."""
    yield Sample(b"", Fate.REFUSED)
    yield Sample(b"Dear diary,\n", Fate.REFUSED)
    yield Sample(b"PK\x03\x04" + b"zip" * 500, Fate.REFUSED)
    yield Sample(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Fate.REFUSED)
    yield Sample(_bomb(), Fate.REFUSED)
    for sample in good[: 2 * len(FORMATS)]:
        middle = len(sample.data) // 2
        yield Sample(sample.data[:middle])
        yield Sample(
            sample.data[:middle] + b"damaged!" * 9 + sample.data[middle + 72 :]
        )


def _bomb() -> bytes:
    """Return a small PNG that says that it is of 60,000 by 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    png = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        png += struct.pack(">I", len(data)) + kind + data + checksum
    return png


def drop(sample: Sample, inbox: Path, number: int, dice: random.Random) -> Path:
    """Put a file into the inbox, in one of the ways that programs have."""
    folder = inbox / dice.choice(_FOLDERS)
    folder.mkdir(parents=True, exist_ok=True)
    name = dice.choice(_NAMES).format(number)
    path = folder / _cut(dice.choice((name, name, f"twin{number % 3}.jpg")))
    if os.path.lexists(path):
        path = folder / f"{number}.jpg"
    if dice.random() < 0.5:
        path.write_bytes(sample.data)
        return path
    draft = folder / f".{number}.part"
    draft.write_bytes(sample.data)
    return draft.rename(path)


def _cut(name: str) -> str:
    return os.fsdecode(os.fsencode(name)[:255])


def strangers(inbox: Path) -> list[Path]:
    """Lay what is no regular file into the inbox; it has to be left alone."""
    makers: dict[str, Callable[[Path], None]] = {
        "fifo.jpg": os.mkfifo,
        "link.jpg": lambda path: path.symlink_to("/etc/hostname"),
        "dangling.png": lambda path: path.symlink_to("nowhere"),
        "folder.jpg": Path.mkdir,
        "socket.jpg": _socket,
    }
    for name, make in makers.items():
        make(inbox / name)
    return [inbox / name for name in makers]


def _socket(path: Path) -> None:
    """Bind by a short name: the path may be longer than a socket's can be."""
    with socket.socket(socket.AF_UNIX) as end:
        folder = os.open(path.parent, os.O_RDONLY)
        end.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)

"""The files of the cases, each in the folder of its case."""

import gzip

from PIL import Image

from ..fuzz.corpus import KINDS, mutant, real_files
from ..hostile_names import NAMES
from ..pictures import REFUSALS
from ..service.pictures import CHELSEA, COFFEE, encoded, photo, photograph
from ..service.test_ignored import IGNORED as _IGNORED
from .hostile import FILES as KNOWN
from .hostile import bombs, png_with, swollen, with_wrong_checksum

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>'
NO_PICTURES = {
    "text.jpg": b"Dear diary,\nthere is no picture in here.\n",
    "program.jpg": b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(400),
    "elf.jpg": b"\x7fELF\2\1\1" + bytes(400),
}
FOREIGN = encoded(Image.new("RGBA", (9, 9)), "PNG")
"""What stands already where something is to go."""
TWINS = ("cat.jpg", "cat.JPG", "cat.heic", "caf\u00e9.jpg", "cafe\u0301.jpg")
MUTANTS = 12


def _of(case: int, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{case:02}/{name}": data for name, data in files.items()}


def _misnamed() -> dict[str, bytes]:
    names = ("a PNG.jpg", "a JPEG.PNG", "no extension", "a WebP.tif")
    kinds = ("PNG", "JPEG", "JPEG", "WEBP")
    return {name: photo(kind=kind) for name, kind in zip(names, kinds, strict=True)}


def _cut_off() -> dict[str, bytes]:
    files = {kind: photo(kind=kind) for kind in ("JPEG", "PNG", "GIF", "WEBP")}
    return {f"{kind}.jpg": data[: len(data) // 2] for kind, data in files.items()}


def _damaged() -> dict[str, bytes]:
    text = png_with((b"tEXt", b"Comment\0a word"))
    return {
        "pixels.png": with_wrong_checksum(text, b"IDAT"),
        "text.png": with_wrong_checksum(text, b"tEXt"),
    }


def _mutants() -> dict[str, bytes]:
    files = real_files()
    numbered = ((kind, number) for kind in KINDS for number in range(MUTANTS))
    made = (mutant(files, kind, 13, number) for kind, number in numbered)
    return {f"{one.name}.jpg": one.data for one in made}


def _odd_sizes() -> dict[str, bytes]:
    clear = photograph(CHELSEA).convert("RGBA")
    clear.putalpha(0)
    files = {"clear.png": encoded(clear, "PNG")}
    for width, height in ((1, 1), (1, 5000), (16_384, 2)):
        scaled = photograph(COFFEE).resize((width, height))
        files[f"{width}x{height}.png"] = encoded(scaled, "PNG")
    return files


SEEN = {
    10: (
        *("gif/animated.gif", "webp/animated.webp", "png/animated.png"),
        *("tiff/pages.tif", "tiff/g4-pages.tif"),
    ),
    11: (
        *("heic/8-bit.heic", "heic/real-sony-10-bit.hif", "heic/several.heic"),
        *("heic/real-iphone13-grid.heic", "heic/real-iphone8-grid-turned.heic"),
        "orientation/6.heic",
    ),
    12: ("avif/8-bit.avif", "avif/10-bit.avif", "orientation/6.avif"),
    17: (
        *("jpeg/cmyk-fogra39.jpg", "jpeg/cmyk-no-marker.jpg", "jpeg/grey.jpg"),
        *("jpeg/real-photoshop-ycck.jpg", "png/basn0g16.png", "png/basn3p08.png"),
        *("png/basn4a08.png", "png/basn0g01.png", "tiff/lab-8.tif", "tiff/lab-16.tif"),
        *("colour/p3.jpg", "tiff/cmyk-fogra39.tif"),
    ),
    18: (
        *("colour/broken-garbage.jpg", "colour/broken-huge.jpg"),
        *("colour/broken-empty-tags.jpg", "colour/broken-cut-off.png"),
    ),
    19: tuple(f"orientation/{number}.jpg" for number in range(1, 9)),
    20: ("jpeg/real-canon.jpg",),
    21: ("png/rgba.png", "webp/lossy-alpha.webp", "tiff/unassociated.tif"),
}
"""Pictures whose every result is known, by case."""

REFUSED = tuple(r for r in REFUSALS if r.kind)
"""Formats that are not read; PostScript comes besides."""

FILES: dict[str, bytes] = {
    **_of(1, {"empty.jpg": b""}),
    **_of(2, NO_PICTURES),
    **_of(2, {"zip.jpg": KNOWN["other/archive.zip"]}),
    **_of(3, _misnamed()),
    **_of(4, _cut_off()),
    **_of(5, _damaged()),
    **_of(6, {f"bomb.{kind}": data for kind, data in bombs().items()}),
    **_of(7, {f"{name}.png": data for name, data in swollen().items()}),
    **_of(8, {"photo.jpg": gzip.compress(SVG * 9)[:40]}),
    **_of(9, {refusal.name: refusal.data for refusal in REFUSED}),
    **_of(9, {"print.ps": b"%!PS-Adobe-3.0\n" + bytes(40)}),
    **{f"{n:02}/{name}": KNOWN[name] for n, names in SEEN.items() for name in names},
    **_of(13, _mutants()),
    **_of(21, _odd_sizes()),
    **_of(28, dict.fromkeys(NAMES, photo())),
    **_of(29, {name: photo() for name in TWINS if name != "cat.heic"}),
    **_of(29, {"cat.heic": KNOWN["heic/8-bit.heic"]}),
    **_of(30, {"a.jpg": photo(), "b.jpg": b"no picture"}),
    **_of(31, {"same.jpg": photo()}),
    **_of(32, {"scan.jpg": photo(CHELSEA)}),
}
"""All that is dropped."""

IGNORED = tuple(f"27/{name}" for name in (*_IGNORED, ".jpg", "..jpg"))
"""What is to stay where it is."""

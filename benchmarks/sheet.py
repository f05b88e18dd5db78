"""A contact sheet to look at: what a service makes of pictures of all kinds."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import measure
import numpy as np
import skimage
from PIL import Image, ImageDraw
from sides import Side

CELL_PX = 260
CHECK_PX = 10
ZOOM = 4
LABEL_PX = 14
FOLDER = Path(skimage.__file__).parent / "data"
CORPUS = Path(__file__).parents[1] / "tests" / "pictures"
PHOTOGRAPHS = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png")
KINDS = (
    "heic/real-iphone8-grid-turned.heic",
    "heic/real-iphone13-grid.heic",
    "jpeg/real-canon.jpg",
    "jpeg/real-photoshop-ycck.jpg",
    "tiff/real-photoshop-lab.tif",
    "jpeg/ultrahdr.jpg",
    "colour/p3.jpg",
    "colour/adobe-rgb.jpg",
    "colour/prophoto.jpg",
    "jpeg/cmyk-fogra39.jpg",
    "tiff/rgb-16.tif",
    "webp/lossy-alpha.webp",
    "avif/rot1mir1.avif",
    "orientation/6.jpg",
    "bmp/rgb24.bmp",
    "gif/real-cramps.gif",
)
Looks = dict[str, dict[str, str]]
LOOKS: Looks = {
    "raw": {"EDGES": "raw", "REFINE": "none"},
    "default": {},
    "white": {"BACKGROUND": "#FFFFFF"},
    "canvas": {"CANVAS": "600x600", "BACKGROUND": "#E8E0D0"},
    "mask": {"OUTPUT": "mask"},
}


def make(side: Side, home: Path, path: Path) -> None:
    """Run the folder command with each look, and lay the results out."""
    photographs = [FOLDER / name for name in PHOTOGRAPHS]
    inbox = _inbox(home / "sheet-inbox", photographs)
    results = {
        name: _run(side, home / f"sheet-{name}", inbox, options)
        for name, options in LOOKS.items()
    }
    rows = [_row(picture, results) for picture in inbox[: len(photographs)]]
    rows += [_edges(picture, results) for picture in inbox[: len(photographs)]]
    others = [
        _cell(_opened(results["default"] / f"{picture.stem}.png"), picture.stem)
        for picture in inbox[len(photographs) :]
    ]
    columns = len(rows[0])
    rows += [others[i : i + columns] for i in range(0, len(others), columns)]
    _sheet(rows, columns).save(path)


def _inbox(folder: Path, photographs: Sequence[Path]) -> list[Path]:
    """Lay copies under names that tell what they are."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sources = [*photographs, *(CORPUS / kind for kind in KINDS)]
    paths = [
        folder / f"{number:02d}-{source.parent.name}-{source.name}"
        for number, source in enumerate(sources)
    ]
    for source, path in zip(sources, paths, strict=True):
        shutil.copyfile(source, path)
    return paths


def _run(side: Side, box: Path, inbox: Sequence[Path], options: dict[str, str]) -> Path:
    settings = {f"DROPCUT_{name}": value for name, value in options.items()}
    environment = {**side.environment, "DROPCUT_EMPTY": "publish", **settings}
    measure.run_once(replace(side, environment=environment), box, inbox)
    return box / "outbox"


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGBA")


def _row(picture: Path, results: dict[str, Path]) -> list[Image.Image]:
    cells = [_cell(_opened(picture), picture.stem)]
    for name, folder in results.items():
        cells.append(_cell(_opened(folder / f"{picture.stem}.png"), name))
    return cells


def _edges(picture: Path, results: dict[str, Path]) -> list[Image.Image]:
    """Enlarge the part of the edge where most is soft, on black, grey and white."""
    pair = {n: _opened(results[n] / f"{picture.stem}.png") for n in ("raw", "default")}
    side = CELL_PX // ZOOM
    box = _softest(np.asarray(pair["raw"])[..., 3], side)
    cells = []
    for shade in (0, 128, 255):
        for name, image in pair.items():
            ground = Image.new("RGBA", image.size, (shade, shade, shade, 255))
            ground.alpha_composite(image)
            part = ground.crop(box).resize((side * ZOOM,) * 2, Image.Resampling.NEAREST)
            cells.append(_cell(part, f"{picture.stem} {name}"))
    return cells


def _softest(
    alpha: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], side: int
) -> tuple[int, int, int, int]:
    """Return the square with the most pixels that are neither clear nor opaque."""
    soft = (alpha > 25) & (alpha < 230)
    sums = np.pad(soft.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[side:, side:] - sums[:-side, side:]
    inside = inside - sums[side:, :-side] + sums[:-side, :-side]
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return int(left), int(top), int(left) + side, int(top) + side


def _cell(image: Image.Image, label: str) -> Image.Image:
    """Lay a picture on a chequerboard, with its name below."""
    image = image.copy()
    image.thumbnail((CELL_PX, CELL_PX))
    cell = Image.new("RGBA", (CELL_PX, CELL_PX + LABEL_PX), "white")
    ground = _chequered(image.width, image.height)
    ground.alpha_composite(image)
    cell.paste(ground, (0, 0))
    ImageDraw.Draw(cell).text((2, CELL_PX + 1), label, fill="black")
    return cell


def _chequered(width: int, height: int) -> Image.Image:
    rows, columns = np.mgrid[:height, :width] // CHECK_PX
    shades = np.where((rows + columns) % 2, 205, 150).astype(np.uint8)
    return Image.fromarray(shades).convert("RGBA")


def _sheet(rows: Sequence[Sequence[Image.Image]], columns: int) -> Image.Image:
    width, height = CELL_PX, CELL_PX + LABEL_PX
    sheet = Image.new("RGB", (columns * width, len(rows) * height), "white")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            sheet.paste(cell, (column * width, number * height))
    return sheet

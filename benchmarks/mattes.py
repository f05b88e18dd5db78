"""Synthetic composites whose alpha and foreground are known.

A subject of a photograph, its colours continued beyond its outline, gets an edge of a
known kind, hairs that grow out of it, or the blur of a lens, and is laid before another
photograph: I = alpha F + (1 - alpha) B, and some noise of a sensor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
import skimage
from dropcut.core.cancel import CancelScope
from dropcut.core.pictures import OutputOptions
from dropcut.models.catalogue import load_model
from dropcut.models.engine import OnnxEngine
from dropcut.pictures.codec import Decoder
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]
Points = list[tuple[float, float]]

PHOTOGRAPHS = Path(skimage.__file__).parent / "data"
NOISE_LEVELS = 3.0
_OVERSAMPLED = 2
_RAW = OutputOptions(refine=False, clean_edges=False)
_BACKGROUND_BLUR_PX = 2


@dataclass(frozen=True, slots=True)
class Hair:
    """Hairs along an outline, in thousandths of the picture's width.

    Attributes:
        count: How many.
        length: Of the longest.
        width: At the root.
    """

    count: int
    length: float
    width: float


@dataclass(frozen=True, slots=True)
class Spec:
    """A subject, the photograph behind it, and the edge between them.

    Attributes:
        blur: Of the edge, in thousandths of the picture's width; at both ends of it.
    """

    front: str
    back: str
    edge: str
    blur: tuple[float, float] = (0, 0)
    hair: Hair | None = None

    @property
    def label(self) -> str:
        """Describe it."""
        return f"{Path(self.front).stem} before {Path(self.back).stem}, {self.edge}"


_FEW, _FUR = Hair(900, 60, 1.2), Hair(5000, 22, 1)
SPECS = (
    Spec("astronaut.png", "grass.png", "hair", hair=_FEW),
    Spec("astronaut.png", "brick.png", "hair and blur", (0, 6), _FEW),
    Spec("astronaut.png", "rocket.jpg", "blur", (7, 7)),
    Spec("astronaut.png", "coffee.png", "sharp"),
    Spec("coffee.png", "grass.png", "sharp"),
    Spec("coffee.png", "gravel.png", "blur", (7, 7)),
    Spec("coffee.png", "brick.png", "fur", hair=_FUR),
    Spec("motorcycle_left.png", "grass.png", "sharp"),
    Spec("motorcycle_left.png", "brick.png", "hair and blur", (0, 6), _FEW),
    Spec("horse.png", "gravel.png", "hair and blur", (0, 6), _FEW),
    Spec("chelsea.png", "gravel.png", "fur", hair=_FUR),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """A picture and its parts.

    Attributes:
        picture: (height, width, 3) uint8.
        front: (height, width, 3) of 0 to 255.
        alpha: (height, width) of 0 to 1.
    """

    spec: Spec
    picture: Pixels
    front: Floats
    alpha: Floats


def make(spec: Spec, width_px: int, seed: int) -> Composite:
    """Make a composite, the same each time."""
    front, outline = _subject(spec.front, width_px)
    alpha = _edge(outline, spec, width_px / 1000, seed)
    size = alpha.shape[1], alpha.shape[0]
    back = _photograph(spec.back).resize(size, Image.Resampling.BICUBIC)
    blur = ImageFilter.GaussianBlur(_BACKGROUND_BLUR_PX * width_px / 1000)
    share = alpha[..., None]
    mixture = front * share + np.asarray(back.filter(blur)) * (1 - share)
    noise = np.random.default_rng(seed).normal(0, NOISE_LEVELS, mixture.shape)
    picture = np.rint(np.clip(mixture + noise, 0, 255)).astype(np.uint8)
    return Composite(spec=spec, picture=picture, front=front, alpha=alpha)


def every(width_px: int) -> Sequence[Composite]:
    """Make all of them."""
    return [make(spec, width_px, seed) for seed, spec in enumerate(SPECS)]


def _photograph(name: str) -> Image.Image:
    with Image.open(PHOTOGRAPHS / name) as image:
        return image.convert("RGB")


@cache
def _engine() -> OnnxEngine:
    return OnnxEngine(load_model("u2netp", None, None), threads=2)


def _subject(name: str, width_px: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Return a subject's colours, everywhere, and where it is."""
    image = _photograph(name)
    size = width_px, round(image.height * width_px / image.width)
    image = image.resize(size, Image.Resampling.BICUBIC)
    mask = Image.fromarray(_mask(image)).resize(size, Image.Resampling.BICUBIC)
    core = np.asarray(mask.filter(ImageFilter.MinFilter(9))) > 247
    colours = _continued(np.asarray(image).astype(float), core.astype(float))
    return colours, np.asarray(mask) > 127


def _mask(image: Image.Image) -> Pixels:
    """Return the mask that the built-in model gives."""
    engine = _engine()
    codec = Decoder(max_megapixels=100, decode_seconds=60, threads=2)
    data = _as_png(image)
    picture = codec.open(data, engine.width_px, engine.height_px, _RAW)
    return engine.infer(picture.model_input, CancelScope())


def _as_png(image: Image.Image) -> bytes:
    stream = BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _continued(colours: Floats, known: Floats) -> Floats:
    """Fill the rest with nearby colours, coarser with distance (push and pull)."""
    height, width = known.shape
    if min(height, width) <= 2:
        mean = (colours * known[..., None]).sum((0, 1)) / max(known.sum(), 1e-6)
        return np.broadcast_to(mean, colours.shape).copy()
    halves = -(-height // 2), -(-width // 2)
    weighted = _quartered(colours * known[..., None], halves)
    weight = _quartered(known[..., None], halves)
    coarse = _continued(
        weighted / np.maximum(weight, 1e-6), np.minimum(weight[..., 0], 1)
    )
    share = known[..., None]
    return colours * share + _enlarged(coarse, width, height) * (1 - share)


def _quartered(array: Floats, halves: tuple[int, int]) -> Floats:
    """Sum up each two by two pixels."""
    height, width, bands = array.shape
    rows, columns = halves
    padding = (0, rows * 2 - height), (0, columns * 2 - width), (0, 0)
    blocks = np.pad(array, padding).reshape(rows, 2, columns, 2, bands)
    sums: Floats = blocks.sum((1, 3))
    return sums


def _enlarged(array: Floats, width: int, height: int) -> Floats:
    planes = [
        Image.fromarray(plane.astype(np.float32)).resize((width, height))
        for plane in array.transpose(2, 0, 1)
    ]
    return np.stack([np.asarray(plane) for plane in planes], axis=-1).astype(float)


def _edge(outline: NDArray[np.bool_], spec: Spec, scale: float, seed: int) -> Floats:
    """Return alpha with the wanted kind of edge."""
    soft = _blurred(outline.astype(float), 2 * scale)
    alpha = _smooth_step((soft - 0.2) / 0.6)
    left, right = (_blurred(alpha, blur * scale) for blur in spec.blur)
    across = np.linspace(0, 1, alpha.shape[1])[None]
    alpha = left * (1 - across) + right * across
    if spec.hair:
        hair = _hairs(outline, spec.hair, scale, np.random.default_rng(seed))
        alpha = np.maximum(alpha, hair if spec.blur == (0, 0) else hair * (1 - across))
    return alpha


def _smooth_step(values: Floats) -> Floats:
    clipped = np.clip(values, 0, 1)
    return clipped * clipped * (3 - 2 * clipped)


def _blurred(alpha: Floats, radius_px: float) -> Floats:
    image = Image.fromarray(np.rint(alpha * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius_px))) / 255


def _hairs(
    outline: NDArray[np.bool_], hair: Hair, scale: float, random: np.random.Generator
) -> Floats:
    """Draw hairs that grow outwards, ever thinner, randomly bent."""
    height, width = outline.shape
    sheet = Image.new("L", (width * _OVERSAMPLED, height * _OVERSAMPLED))
    draw = ImageDraw.Draw(sheet)
    relief = _blurred(outline.astype(float), 6)
    slope = np.stack(np.gradient(relief)[::-1], axis=-1)
    steep = np.hypot(*slope.transpose(2, 0, 1)) > 0.016
    roots = np.argwhere((np.abs(relief - 0.5) < 0.07) & steep)
    for row, column in roots[random.integers(0, len(roots), hair.count)]:
        points = _hair(column, row, -slope[row, column], hair.length * scale, random)
        _draw_hair(draw, points, hair.width * scale, int(random.uniform(190, 255)))
    return np.asarray(sheet.resize((width, height), Image.Resampling.LANCZOS)) / 255


def _hair(
    x: float, y: float, out: Floats, longest: float, random: np.random.Generator
) -> Points:
    length, bend, turn = longest * random.uniform(0.3, 1), *random.normal(0, 0.5, 2)
    across, down = out / np.hypot(*out)
    cosine, sine = np.cos(turn), np.sin(turn)
    across, down = across * cosine - down * sine, across * sine + down * cosine
    return [
        (
            x + across * (t * length - 6) - down * bend * t * t * length,
            y + down * (t * length - 6) + across * bend * t * t * length,
        )
        for t in np.linspace(0, 1, 8)
    ]


def _draw_hair(
    draw: ImageDraw.ImageDraw, points: Points, width_px: float, opacity: int
) -> None:
    large = [(x * _OVERSAMPLED, y * _OVERSAMPLED) for x, y in points]
    for step, ends in enumerate(pairwise(large)):
        width = max(1, round(_OVERSAMPLED * width_px * (1 - step / len(points))))
        draw.line(ends, fill=opacity, width=width)

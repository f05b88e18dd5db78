"""Eleven photographs of 0.2 to 12 megapixels, the same on every machine."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage
from PIL import Image

NOISE_LEVELS = 3.0
ORIENTATION = 0x0112
NOISY_FROM_PX = 1000


@dataclass(frozen=True, slots=True)
class Spec:
    """A photograph that scikit-image ships, and what is made of it."""

    source: str
    width_px: int
    height_px: int
    suffix: str = ".jpg"


# The smallest comes first: a command's start is measured with it.
SPECS = (
    Spec("chelsea.png", 550, 366),
    Spec("coffee.png", 600, 400, ".png"),
    Spec("astronaut.png", 512, 512),
    Spec("rocket.jpg", 640, 427),
    Spec("motorcycle_left.png", 741, 497, ".webp"),
    Spec("astronaut.png", 1600, 1600),
    Spec("chelsea.png", 2400, 1597),
    Spec("coffee.png", 3000, 2000),
    Spec("rocket.jpg", 3600, 2402),
    Spec("motorcycle_right.png", 4000, 2683),
    Spec("astronaut.png", 3464, 3464),
)


def make(folder: Path) -> list[Path]:
    """Make the photographs, or take those of the last run.

    Args:
        folder: Where they lie.

    Returns:
        Their paths, smallest first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = [
        folder / f"{number:02d}-{Path(spec.source).stem}{spec.suffix}"
        for number, spec in enumerate(SPECS)
    ]
    for path, spec in zip(paths, SPECS, strict=True):
        if not path.exists():
            draft = path.with_stem(".draft")
            _photograph(spec).save(draft, quality=90)
            draft.rename(path)
    return paths


def large(folder: Path) -> dict[str, Path]:
    """Make photographs of 12 and 24 megapixels, also one as phones store them."""
    folder.mkdir(parents=True, exist_ok=True)
    labels = {
        "12 MP": (Spec("coffee.png", 4000, 3000), 1),
        "24 MP": (Spec("coffee.png", 6000, 4000), 1),
        "24 MP, lying": (Spec("coffee.png", 6000, 4000), 6),
    }
    paths = {}
    for label, (spec, orientation) in labels.items():
        path = folder / f"large-{spec.width_px}-{orientation}.jpg"
        if not path.exists():
            exif = Image.Exif()
            exif[ORIENTATION] = orientation
            _photograph(spec).save(path, quality=90, exif=exif)
        paths[label] = path
    return paths


def _photograph(spec: Spec) -> Image.Image:
    """Resize the source; a large one gets the noise that a sensor would give."""
    with Image.open(Path(skimage.__file__).parent / "data" / spec.source) as source:
        size = (spec.width_px, spec.height_px)
        image = source.convert("RGB").resize(size, Image.Resampling.BICUBIC)
    return _with_noise(image) if spec.width_px > NOISY_FROM_PX else image


def _with_noise(image: Image.Image) -> Image.Image:
    """Add the same grey noise at every run: enlarged pictures compress too well."""
    pixels = np.asarray(image, dtype=np.float32)
    noise = np.random.default_rng(1).normal(0, NOISE_LEVELS, pixels.shape[:2])
    noisy = np.clip(pixels + noise[..., None], 0, 255)
    return Image.fromarray(noisy.astype(np.uint8))

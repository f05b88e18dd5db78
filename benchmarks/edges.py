"""Quality and cost of clean edges and of mask refinement, on composites.

Every number has both sides: with it and without it, in the same run.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import mattes
import numpy as np
from dropcut.core.cancel import CancelScope
from dropcut.core.pictures import OutputOptions
from dropcut.models.catalogue import load_model
from dropcut.models.engine import OnnxEngine
from dropcut.pictures.codec import Decoder
from mattes import Composite, Floats, Pixels
from PIL import Image, ImageFilter

WIDTH_PX = 2400
ROUNDS = 7
RAW = OutputOptions(refine=False, clean_edges=False)
CLEAN = OutputOptions(refine=False)
GUIDED = OutputOptions(clean_edges=False)
_NEAR_PX = 12
HALO = """\
Error of the foreground's colour in the soft band, 0 to 255: root of the mean square,
weighted by alpha. The mask is the true alpha."""


def codec() -> Decoder:
    """Return the decoder that the service uses."""
    threads = len(os.sched_getaffinity(0))
    return Decoder(max_megapixels=200, decode_seconds=600, threads=threads)


def models(folder: Path) -> list[OnnxEngine]:
    """Return the built-in model and, where they are, u2net and IS-Net."""
    paths = [("u2net.onnx", "u2net"), ("isnet.onnx", "isnet")]
    found = [("u2netp", None)]
    found += [(str(folder / n), r) for n, r in paths if (folder / n).is_file()]
    threads = len(os.sched_getaffinity(0))
    loaded = [load_model(name, recipe, None) for name, recipe in found]
    return [OnnxEngine(model, threads=threads) for model in loaded]


def result(data: bytes, mask: Pixels, guide_px: int, options: OutputOptions) -> Pixels:
    """Return the result of a picture and its mask, RGBA."""
    picture = codec().open(data, guide_px, guide_px, options)
    with tempfile.TemporaryFile() as file:
        picture.write(mask, file.write)
        file.seek(0)
        with Image.open(file) as png:
            return np.asarray(png)


def as_png(picture: Pixels) -> bytes:
    """Encode a picture without loss."""
    stream = BytesIO()
    Image.fromarray(picture).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def as_jpeg(picture: Pixels) -> bytes:
    """Encode a picture as cameras do."""
    stream = BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=88)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class Pair:
    """One measurement without and with the improvement."""

    label: str
    without: float
    within: float

    def row(self, form: str) -> str:
        """Return it as a line of a table."""
        ratio = self.within / self.without
        values = f"{self.without:{form}} | {self.within:{form}}"
        return f"| {self.label} | {values} | {ratio:.2f}\N{MULTIPLICATION SIGN} |"


def halo(composite: Composite) -> Pair:
    """Compare the foreground's error in the soft band, weighted by alpha.

    The mask is the true alpha at full size, so that only colours are measured.
    """
    mask = np.rint(composite.alpha * 255).astype(np.uint8)
    data = as_png(composite.picture)
    errors = [
        _halo_error(composite, result(data, mask, 320, options))
        for options in (RAW, CLEAN)
    ]
    return Pair(composite.spec.label, *errors)


def _halo_error(composite: Composite, png: Pixels) -> float:
    soft = (composite.alpha > 0.02) & (composite.alpha < 0.98)
    squares = ((png[..., :3] - composite.front) ** 2).mean(axis=2)[soft]
    return float(np.sqrt(np.average(squares, weights=composite.alpha[soft])))


def refinement(composite: Composite, engine: OnnxEngine) -> tuple[Pair, Pair]:
    """Compare alpha's squared error, and its error near soft edges."""
    data = as_jpeg(composite.picture)
    picture = codec().open(data, engine.width_px, engine.height_px, RAW)
    mask = engine.infer(picture.model_input, CancelScope())
    errors = [
        _alpha_errors(composite.alpha, result(data, mask, engine.width_px, options))
        for options in (RAW, GUIDED)
    ]
    label = f"{composite.spec.label}, {engine.name}"
    squares, bands = zip(*errors, strict=True)
    return Pair(label, *squares), Pair(label, *bands)


def _alpha_errors(alpha: Floats, png: Pixels) -> tuple[float, float]:
    difference = png[..., 3] / 255 - alpha
    soft = Image.fromarray((alpha > 0.02) & (alpha < 0.98))
    near = np.asarray(soft.convert("L").filter(ImageFilter.MaxFilter(2 * _NEAR_PX + 1)))
    squared = float((difference**2).mean() * 1000)
    return squared, float(np.abs(difference)[near > 0].mean() * 255)


def milliseconds(
    data: bytes, mask: Pixels, variants: Sequence[OutputOptions]
) -> list[float]:
    """Return how long cutting out takes with each variant, in turns."""
    taken: list[list[float]] = [[] for _ in variants]
    pictures = [codec().open(data, *mask.shape[::-1], options) for options in variants]
    for _ in range(ROUNDS):
        for picture, times in zip(pictures, taken, strict=True):
            with tempfile.TemporaryFile() as file:
                began = time.perf_counter()
                picture.write(mask, file.write)
                times.append((time.perf_counter() - began) * 1000)
    return [statistics.median(times) for times in taken]


def report(folder: Path, photograph: Path) -> str:
    """Measure everything and return Markdown.

    Args:
        folder: Where larger models may lie.
        photograph: Of 12 megapixels, for the times.
    """
    composites = mattes.every(WIDTH_PX)
    engines = models(folder)
    halos = [halo(composite) for composite in composites]
    pairs = [refinement(c, engine) for c in composites for engine in engines]
    squares, bands = ([pair[index] for pair in pairs] for index in (0, 1))
    return "\n\n".join(
        (
            "## Clean edges",
            HALO,
            _table("composite", ("raw", "clean"), halos, ".1f"),
            "## Refined masks",
            "Alpha's squared error over the whole picture, in thousandths:",
            _table("composite, model", ("none", "guided"), squares, ".2f"),
            "Alpha's absolute error near soft edges, 0 to 255:",
            _table("composite, model", ("none", "guided"), bands, ".1f"),
            _costs(photograph, engines[0]),
        )
    )


def _table(title: str, sides: tuple[str, str], pairs: Sequence[Pair], form: str) -> str:
    without = statistics.mean(pair.without for pair in pairs)
    within = statistics.mean(pair.within for pair in pairs)
    better = sum(pair.within < pair.without for pair in pairs)
    label = f"**mean; better on {better} of {len(pairs)}**"
    head = f"| {title} | {' | '.join(sides)} | ratio |\n| --- | ---: | ---: | ---: |"
    rows = [pair.row(form) for pair in (*pairs, Pair(label, without, within))]
    return "\n".join((head, *rows))


def _costs(photograph: Path, engine: OnnxEngine) -> str:
    """Report the cost of both on a photograph, in milliseconds of cutting out."""
    data = photograph.read_bytes()
    picture = codec().open(data, engine.width_px, engine.height_px, RAW)
    mask = engine.infer(picture.model_input, CancelScope())
    raw, guided, clean, both = milliseconds(
        data, mask, (RAW, GUIDED, CLEAN, OutputOptions())
    )
    megapixels = picture.width_px * picture.height_px / 1e6
    return (
        f"Cutting out {megapixels:.0f} megapixels takes {raw:.0f} ms with neither, "
        f"{guided:.0f} ms with `guided` ({guided - raw:+.0f}), {clean:.0f} ms with "
        f"`clean` ({clean - raw:+.0f}), {both:.0f} ms with both ({both - raw:+.0f})."
    )

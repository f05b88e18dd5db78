"""The alpha of Dropcut's PNG is the mask that rembg makes, on real photographs."""

import io
import os
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from dropcut.core.cancel import CancelScope
from dropcut.core.models import Model
from dropcut.models import catalogue
from dropcut.models.engine import OnnxEngine
from dropcut.pictures.codec import Decoder
from PIL import Image, ImageCms

from ..requiring import require
from .graphs import LOGITS
from .output_options import RAW
from .photographs import encoded, photograph, photograph_bytes, with_orientation
from .rembg_recipe import ISNET, SESSIONS, U2NET, Family, Reference
from .results import write_result

_REPOSITORY = Path(__file__).parents[2]
_PACKAGED = _REPOSITORY / "daemon" / "dropcut" / "models" / "data"
_MODELS = Path(os.environ.get("DROPCUT_TEST_MODELS") or _REPOSITORY / ".models")
_LARGEST_ERROR = 0.002
_LEAST_OVERLAP = 0.995
_RELATIVE = ImageCms.Intent.RELATIVE_COLORIMETRIC


class Case(NamedTuple):
    """A photograph as a file."""

    name: str
    kind: str
    enlarged: float = 1
    mode: str = "RGB"
    orientation: int = 0

    @property
    def label(self) -> str:
        """The name of the test's parameter."""
        turned = f"-turned-{self.orientation}" if self.orientation else ""
        times = f"-x{self.enlarged:g}" if self.enlarged != 1 else ""
        return f"{Path(self.name).stem}-{self.kind}-{self.mode}{times}{turned}"

    def data(self) -> bytes:
        """Make the file."""
        picture = photograph(self.name, mode=self.mode)
        if self.enlarged != 1:
            width, height = (round(side * self.enlarged) for side in picture.size)
            picture = picture.resize((width, height), Image.Resampling.BICUBIC)
        if self.orientation:
            return with_orientation(picture, self.kind, self.orientation)
        options = {"quality": 92} if self.kind in ("JPEG", "WEBP") else {}
        return encoded(picture, self.kind, **options)


CASES = [
    Case("astronaut.png", "JPEG"),
    Case("astronaut.png", "PNG", enlarged=4),
    Case("chelsea.png", "PNG"),
    Case("chelsea.png", "WEBP"),
    Case("chelsea.png", "JPEG", enlarged=5),
    Case("coffee.png", "WEBP"),
    Case("coffee.png", "TIFF", enlarged=3),
    Case("coffee.png", "JPEG", orientation=6),
    Case("rocket.jpg", "JPEG"),
    Case("rocket.jpg", "PNG", enlarged=3),
    Case("motorcycle_left.png", "TIFF"),
    Case("motorcycle_right.png", "JPEG", enlarged=2.5),
    Case("camera.png", "PNG", mode="L"),
    Case("camera.png", "JPEG", mode="L", enlarged=4),
    Case("retina.jpg", "JPEG"),
    Case("hubble_deep_field.jpg", "PNG"),
    Case("coins.png", "PNG", mode="L"),
    Case("horse.png", "PNG", orientation=6),
]
FEW = [CASES[number] for number in (0, 2, 7, 10, 17)]
Both = tuple[OnnxEngine, Reference]
Compare = Callable[..., None]


@cache
def _both(path: Path, recipe: str, family: Family) -> Both:
    """Load a model for Dropcut and for the reference."""
    model = catalogue.load_model(str(path), recipe, None)
    return OnnxEngine(model, threads=2), Reference(path, family)


@pytest.fixture
def compare(codec: Decoder, tmp_path: Path) -> Compare:
    """Return what compares the alpha of Dropcut's PNG with the reference's mask."""

    def check(both: Both, data: bytes, as_seen: bytes | None = None) -> None:
        engine, reference = both
        picture = codec.open(data, engine.width_px, engine.height_px, RAW)
        mask = engine.infer(picture.model_input, CancelScope())
        path = tmp_path / "cut-out.png"
        with path.open("wb") as sink:
            write_result(picture, mask, sink.fileno())
        with Image.open(path) as png:
            alpha = np.asarray(png.getchannel("A"))
        expected = reference.mask(as_seen or data)
        assert alpha.shape == expected.shape
        error = np.abs(alpha.astype(float) - expected).mean() / 255
        ours, theirs = alpha > 127, expected > 127
        overlap = (ours & theirs).sum() / max((ours | theirs).sum(), 1)
        found = f"mean error {error:.5f}, overlap {overlap:.5f}"
        assert error <= _LARGEST_ERROR, found
        assert overlap >= _LEAST_OVERLAP, found

    return check


def _in_srgb(data: bytes) -> bytes:
    """Return a picture file, converted from its embedded profile."""
    with Image.open(io.BytesIO(data)) as picture:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(picture, profile, srgb, _RELATIVE)
    assert converted is not None
    converted.info.clear()
    return encoded(converted, "PNG")


def _model(name: str) -> Path:
    path = _MODELS / name
    require(
        path.is_file(), f"{path} is not there; DROPCUT_TEST_MODELS names its folder"
    )
    return path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_u2netp(case: Case, compare: Compare) -> None:
    """With the packaged model, a photograph's alpha is rembg's mask."""
    compare(_both(_PACKAGED / "u2netp.onnx", "u2net", U2NET), case.data())


def test_u2netp_with_colour_profile(compare: Compare) -> None:
    """A photograph with a colour profile gets rembg's mask of its sRGB version."""
    data = photograph_bytes("rocket.jpg")
    both = _both(_PACKAGED / "u2netp.onnx", "u2net", U2NET)
    compare(both, data, _in_srgb(data))


@pytest.mark.parametrize("case", FEW, ids=lambda case: case.label)
def test_u2net(case: Case, compare: Compare) -> None:
    """With U²-Net, a photograph's alpha is rembg's mask."""
    compare(_both(_model("u2net.onnx"), "u2net", U2NET), case.data())


@pytest.mark.parametrize("case", FEW, ids=lambda case: case.label)
def test_isnet(case: Case, compare: Compare) -> None:
    """With IS-Net, a photograph's alpha is rembg's mask."""
    compare(_both(_model("isnet.onnx"), "isnet", ISNET), case.data())


@pytest.mark.parametrize("name", ["birefnet-general", "bria-rmbg", "isnet-anime"])
@pytest.mark.parametrize("photo", ["astronaut.png", "coffee.png", "rocket.jpg"])
def test_recipes_of_large_models(
    photo: str, name: str, compare: Compare, tmp_path: Path
) -> None:
    """A model's output, logits or not, becomes the mask that rembg makes of it."""
    path, side = tmp_path / "logits.onnx", 64
    path.write_bytes(LOGITS)
    recipe, family = catalogue.MODELS[name].recipe, replace(SESSIONS[name], size=side)
    model = Model(name=name, recipe=recipe, data=LOGITS, size_px=(side, side))
    engine = OnnxEngine(model, threads=1)
    # A picture of the model's own size: this mask is too coarse to be enlarged alike
    data = encoded(photograph(photo).resize((side, side)), "PNG")
    compare((engine, Reference(path, family)), data)

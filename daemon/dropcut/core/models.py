"""Models and the engines that run them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dropcut.core.cancel import CancelScope
from dropcut.core.pictures import Pixels
from dropcut.core.profiles import Profile

Tensor = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a family of models expects as input, and how its output is read.

    Attributes:
        mean: Subtracted from each channel, R G B, of the picture scaled to 0 to 1.
        std: Each channel, R G B, is then divided by it.
        sigmoid: Whether the outputs are logits.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    sigmoid: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model file that was read and checked.

    Attributes:
        data: The same bytes whose hash was checked.
        size_px: Height and width of the picture that the model expects, if known.
    """

    name: str
    recipe: Recipe
    data: bytes = field(repr=False)
    size_px: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Shapes of a model's inputs and outputs; only a fixed size is a number."""

    inputs: tuple[tuple[int | str | None, ...], ...]
    outputs: tuple[tuple[int | str | None, ...], ...]


class Engine(Protocol):
    """A loaded model, in this process or elsewhere."""

    @property
    def name(self) -> str:
        """The model's name."""

    @property
    def width_px(self) -> int:
        """Width of the model's input."""

    @property
    def height_px(self) -> int:
        """Height of the model's input."""

    def infer(self, picture: Pixels, scope: CancelScope) -> Pixels:
        """Return the mask of a picture.

        Args:
            picture: (height, width, 3) uint8 RGB, of the model's size.
            scope: Cancels the run.

        Returns:
            (height, width) uint8; flat, so all 0 or all 255, if there is no subject.

        Raises:
            ModelUnavailableError: The model cannot be run now, or can no longer be run.
        """


class Engines(Protocol):
    """The models of all profiles."""

    def get(self, profile: Profile) -> Engine:
        """Return the loaded model of a profile.

        Raises:
            ModelUnavailableError: It cannot be loaded now, or can no longer be loaded.
        """

    def exclusive(self) -> AbstractContextManager[object]:
        """Wait until no other picture is run through a model, then make others wait."""


def is_model_file(model: str) -> bool:
    """Whether the setting `model` is the path of a file, and not a catalogue name."""
    return model.endswith(".onnx")

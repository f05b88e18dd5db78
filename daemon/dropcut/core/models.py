"""Models, and the engines that run them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dropcut.core.cancel import CancelScope
from dropcut.core.profiles import Profile

Tensor = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a family of models wants its picture and gives its mask.

    Attributes:
        mean: Subtracted from each channel, R G B, in units of the scaled picture.
        std: Divides each channel, R G B.
        sigmoid: Whether the output are logits.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    sigmoid: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model file that was read and checked.

    Attributes:
        data: The very bytes whose hash was checked.
        size_px: Height and width of the picture that it takes, where that is known.
    """

    name: str
    recipe: Recipe
    data: bytes = field(repr=False)
    size_px: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What a model takes and gives; a size that is not fixed is no number.

    Attributes:
        inputs: The shape of each.
        outputs: The shape of each.
    """

    inputs: tuple[tuple[int | str | None, ...], ...]
    outputs: tuple[tuple[int | str | None, ...], ...]


class Engine(Protocol):
    """A loaded model."""

    @property
    def name(self) -> str:
        """The model's name."""
        ...

    @property
    def recipe(self) -> Recipe:
        """How the model wants its picture and gives its mask."""
        ...

    @property
    def width_px(self) -> int:
        """Width of the model's input."""
        ...

    @property
    def height_px(self) -> int:
        """Height of the model's input."""
        ...

    def infer(self, tensor: Tensor, scope: CancelScope) -> Tensor:
        """Run the model.

        Args:
            tensor: (1, 3, height, width) float32.
            scope: Breaks the run off.

        Returns:
            The first output map, (height, width) float32.

        Raises:
            ModelLostError: It cannot be run any more, or not now.
        """
        ...


class Engines(Protocol):
    """The models of all profiles."""

    def get(self, profile: Profile) -> Engine:
        """Return the loaded model of a profile.

        Raises:
            ModelLostError: It cannot be loaded any more, or not now.
        """
        ...

    def turn(self) -> AbstractContextManager[object]:
        """Wait until no other picture is with a model, and keep others waiting."""
        ...


def is_model_file(model: str) -> bool:
    """Whether a model is named by the path of its file, and not as in the catalogue."""
    return model.endswith(".onnx")

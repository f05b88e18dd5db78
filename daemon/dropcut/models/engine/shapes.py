"""What a graph must have: one RGB picture as input, and a mask among its outputs."""

from collections.abc import Sequence
from typing import Any, cast

from dropcut.core.errors import ConfigurationError
from dropcut.core.models import Model, Tensor

CHANNELS = 3
_FLOAT32 = "tensor(float)"
_DYNAMIC_SIZE_PX = 1024
_MAX_PX = 8192
_MAX_COARSENESS = 8  # input pixels for each mask pixel, along a side


def picture_input(
    session: Any, model: Model
) -> tuple[str, tuple[int, int]]:  # onnxruntime has no types
    """Return the input's name and (height, width) in pixels.

    Raises:
        ConfigurationError: The model does not have one input that takes a picture.
    """
    inputs = session.get_inputs()
    if len(inputs) != 1 or not _takes_picture(inputs[0], model):
        found = ", ".join(f"{i.name}: {i.type}{i.shape}" for i in inputs)
        height, width = model.size_px or ("height", "width")
        raise ConfigurationError(
            f"{model.name} must have one input, a float32 picture "
            f"[1, 3, {height}, {width}] of 1 to {_MAX_PX} pixels per side; "
            f"it has {found}",
            setting="model",
        )
    default = model.size_px or (_DYNAMIC_SIZE_PX, _DYNAMIC_SIZE_PX)
    height, width = (
        size if isinstance(size, int) else other
        for size, other in zip(inputs[0].shape[2:], default, strict=True)
    )
    return inputs[0].name, (height, width)


def _takes_picture(node: Any, model: Model) -> bool:
    """Whether an input is float32 [1, 3, height, width]; an open size always fits."""
    shape = node.shape
    if node.type != _FLOAT32 or len(shape) != CHANNELS + 1:
        return False
    wanted = (1, CHANNELS, *(model.size_px or shape[2:]))
    sides = [px for px in shape[2:] if isinstance(px, int)]
    return _may_be(shape, wanted) and all(1 <= px <= _MAX_PX for px in sides)


def mask_output(
    session: Any, name: str, picture_px: tuple[int, int]
) -> str:  # onnxruntime has no types
    """Return the name of the first output that is a map of one channel.

    Raises:
        ConfigurationError: There is none.
    """
    outputs = session.get_outputs()
    for node in outputs:
        is_map = len(node.shape) in (CHANNELS, CHANNELS + 1)
        fits = is_map and _may_be(node.shape[:-2], (1, 1))
        fine = _is_fine_enough(node.shape[-2:], picture_px)
        if node.type == _FLOAT32 and fits and fine:
            return str(node.name)
    found = ", ".join(f"{o.name}: {o.type}{o.shape}" for o in outputs)
    raise ConfigurationError(
        f"{name} must return a mask, a float32 map [1, 1, height, width] of "
        f"{_least(picture_px)}; it has {found}",
        setting="model",
    )


def as_map(output: Any, name: str, picture_px: tuple[int, int]) -> Tensor:
    """Return an output as (height, width) float32.

    Raises:
        ConfigurationError: The output is not a mask; a graph may leave the size open
            until it runs.
    """
    sides = output.shape[-2:]
    is_map = len(sides) == 2 and output.size == sides[0] * sides[1]  # noqa: PLR2004
    if not (is_map and _is_fine_enough(sides, picture_px)):
        raise ConfigurationError(
            f"{name} must return a mask, a map of one channel of "
            f"{_least(picture_px)}; it returns {list(output.shape)}",
            setting="model",
        )
    return cast("Tensor", output.reshape(sides))


def _is_fine_enough(sides: Sequence[Any], picture_px: tuple[int, int]) -> bool:
    """Whether a map is a mask and not only a score; an open size always fits."""
    return all(
        side > 1 and side * _MAX_COARSENESS >= px
        for side, px in zip(sides, picture_px, strict=False)
        if isinstance(side, int)
    )


def _least(picture_px: tuple[int, int]) -> str:
    height, width = (max(-(-px // _MAX_COARSENESS), 2) for px in picture_px)
    return f"at least {height} by {width} pixels"


def _may_be(shape: list[Any], wanted: tuple[int, ...]) -> bool:
    """Whether a graph's fixed sizes are the wanted ones."""
    pairs = zip(shape, wanted, strict=False)
    return all(size == other for size, other in pairs if isinstance(size, int))

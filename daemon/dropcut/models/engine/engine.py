"""A model in onnxruntime: one session, one run at a time."""

from typing import Any

import numpy as np

from dropcut.core.cancel import CancelScope
from dropcut.core.errors import DropcutError, ModelUnavailableError
from dropcut.core.models import Model, Tensor
from dropcut.core.pictures import Pixels
from dropcut.models.engine.session import (
    make_options,
    make_session,
    onnxruntime,
    provider_names,
    translated,
)
from dropcut.models.engine.shapes import CHANNELS, as_map, mask_output, picture_input
from dropcut.models.mask import to_mask
from dropcut.models.tensor import to_tensor


class OnnxEngine:
    """A model in onnxruntime."""

    def __init__(
        self, model: Model, *, threads: int, providers: tuple[str, ...] = ("cpu",)
    ) -> None:
        """Load the model's bytes and check its graph.

        Raises:
            ConfigurationError: The model does not turn a picture into a mask, or a
                provider is not available.
            TransientError: There is not enough memory.
        """
        self.name, self.recipe = model.name, model.recipe
        ort = self._ort = onnxruntime()
        options, wanted = make_options(ort, threads), provider_names(ort, providers)
        self._session = make_session(ort, model.data, options, wanted, model.name)
        self._input, shape = picture_input(self._session, model)
        self.height_px, self.width_px = shape
        self._output = mask_output(self._session, model.name, shape)

    def warm_up(self) -> None:
        """Run once on zeros: the first run allocates the memory for all later ones.

        Raises:
            ConfigurationError: The model cannot be run, or does not return a mask.
            TransientError: There is not enough memory.
        """
        shape = (1, CHANNELS, self.height_px, self.width_px)
        try:
            self._run(np.zeros(shape, np.float32), self._ort.RunOptions())
        except Exception as error:
            raise self._explained(error) from error

    def infer(self, picture: Pixels, scope: CancelScope) -> Pixels:
        """Return the mask of a picture; see `dropcut.core.models.Engine`."""
        return to_mask(self.run(to_tensor(picture, self.recipe), scope), self.recipe)

    def run(self, tensor: Tensor, scope: CancelScope) -> Tensor:
        """Return the output map of a tensor, (height, width) float32.

        All tensors have the same shape, and `warm_up` has succeeded, so the picture is
        never the cause of a failure.

        Raises:
            ModelUnavailableError: The model cannot be run now, or can no longer be run.
        """
        options = self._ort.RunOptions()

        def stop() -> None:
            options.terminate = True

        with scope.cancellable(stop):
            try:
                return self._run(tensor, options)
            except Exception as error:
                raise ModelUnavailableError(str(self._explained(error))) from error

    def _explained(self, error: Exception) -> DropcutError:
        if isinstance(error, DropcutError):
            return error
        return translated(f"{self.name} cannot be run", error)

    def _run(self, tensor: Tensor, options: Any) -> Tensor:
        (output,) = self._session.run([self._output], {self._input: tensor}, options)
        return as_map(output, self.name, (self.height_px, self.width_px))

"""A model in onnxruntime: one session, one run at a time."""

import threading
from typing import Any

import numpy as np

from dropcut.engine.sessions import (
    available,
    fault,
    make_options,
    make_session,
    onnxruntime,
)
from dropcut.engine.shapes import CHANNELS, as_map, mask_output, picture_input
from dropcut.errors import DropcutError, ModelLostError
from dropcut.jobs import Model, Tensor


class OnnxEngine:
    """A model in onnxruntime."""

    def __init__(
        self, model: Model, *, threads: int, providers: tuple[str, ...] = ("cpu",)
    ) -> None:
        """Load the model's bytes and check its graph.

        Raises:
            ConfigurationError: It is no model that takes a picture and gives a mask, or
                a provider is not there.
            MachineError: There is not enough memory.
        """
        self.name, self.recipe = model.name, model.recipe
        ort = self._ort = onnxruntime()
        options, wanted = make_options(ort, threads), available(ort, providers)
        self._session = make_session(ort, model.data, options, wanted, model.name)
        self._input, shape = picture_input(self._session, model)
        self.height_px, self.width_px = shape
        self._output = mask_output(self._session, model.name, shape)
        self._lock = threading.Lock()
        self._run: Any = None
        self._because: DropcutError | None = None

    def warm_up(self) -> None:
        """Run once on nothing: the first run allocates what all others use.

        Raises:
            ConfigurationError: The model cannot be run, or gives no mask.
            MachineError: There is not enough memory.
        """
        shape = (1, CHANNELS, self.height_px, self.width_px)
        try:
            self._run_once(np.zeros(shape, np.float32))
        except Exception as error:
            raise self._explained(error) from error

    def infer(self, tensor: Tensor) -> Tensor:
        """Run the model on one picture.

        All tensors are of one shape, and a run on nothing went well: whatever fails, it
        is not the picture.
        """
        try:
            return self._run_once(tensor)
        except Exception as error:
            if self._because:
                raise self._because from error
            raise ModelLostError(str(self._explained(error))) from error

    def _explained(self, error: Exception) -> DropcutError:
        if isinstance(error, DropcutError):
            return error
        return fault(f"{self.name} cannot be run", error)

    def _run_once(self, tensor: Tensor) -> Tensor:
        run = self._begin()
        try:
            (output,) = self._session.run([self._output], {self._input: tensor}, run)
        finally:
            with self._lock:
                self._run = None
        return as_map(output, self.name, (self.height_px, self.width_px))

    def _begin(self) -> Any:  # onnxruntime has no types
        with self._lock:
            self._run, self._because = self._ort.RunOptions(), None
            return self._run

    def cancel(self, because: DropcutError) -> None:
        """Break off the run in hand, at its next node."""
        with self._lock:
            if self._run is not None:
                self._because = because
                self._run.terminate = True

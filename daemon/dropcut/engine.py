"""onnxruntime: one session, one run at a time."""

import os
import threading
from typing import Any, cast

import numpy as np

from dropcut.errors import ConfigurationError, DropcutError, MachineError
from dropcut.jobs import Model, Tensor

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
_CHANNELS = 3
_DYNAMIC_SIZE_PX = 1024


def _onnxruntime() -> Any:
    """Import onnxruntime with its telemetry off.

    From 1.32 on, its import alone leaves an identifier in the user's cache folder, to
    be sent to its maker, unless this variable is there before.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415  # not before the variable is set

    return onnxruntime


def onnxruntime_version() -> str:
    """Return the version of the onnxruntime that is loaded."""
    return str(_onnxruntime().__version__)


class OnnxEngine:
    """A model in onnxruntime."""

    def __init__(
        self, model: Model, *, threads: int, providers: tuple[str, ...] = ("cpu",)
    ) -> None:
        """Load the model's bytes and check its graph.

        Raises:
            ConfigurationError: It is no model that takes a picture and gives a mask, or
                a provider is not there.
        """
        ort = self._ort = _onnxruntime()
        options, wanted = _options(ort, threads), _available(ort, providers)
        try:
            self._session = ort.InferenceSession(model.data, options, providers=wanted)
        except Exception as error:
            detail = " ".join(str(error).split())
            raise ConfigurationError(
                f"DROPCUT_MODEL: {model.name} cannot be loaded: {detail[:200]}"
            ) from error
        self._input, shape = _picture_input(self._session, model.name)
        self.height_px, self.width_px = shape
        self._output = self._session.get_outputs()[0].name
        self._lock = threading.Lock()
        self._run: Any = None
        self._because: DropcutError | None = None

    def warm_up(self) -> None:
        """Run once on nothing: the first run allocates what all others use."""
        self.infer(np.zeros((1, _CHANNELS, self.height_px, self.width_px), np.float32))

    def infer(self, tensor: Tensor) -> Tensor:
        """Run the model on one picture."""
        run = self._begin()
        try:
            (output,) = self._session.run([self._output], {self._input: tensor}, run)
        except Exception as error:
            raise self._because or _explained(error) from error
        finally:
            with self._lock:
                self._run = None
        return cast("Tensor", output.reshape(output.shape[-2:]))

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


def _options(ort: Any, threads: int) -> Any:  # onnxruntime has no types
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # with reuse: 550 MB for u2netp, without: 250,
    options.enable_mem_reuse = False  # at the same speed and with the same output
    options.log_severity_level = 3
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return options


def _available(ort: Any, providers: tuple[str, ...]) -> list[str]:
    there = ort.get_available_providers()
    for name in providers:
        if _PROVIDERS.get(name) not in there:
            known = ", ".join(k for k, v in _PROVIDERS.items() if v in there)
            raise ConfigurationError(
                f"DROPCUT_PROVIDERS: onnxruntime has no {name!r} here; it has {known}"
            )
    return [_PROVIDERS[name] for name in providers]


def _picture_input(
    session: Any, name: str
) -> tuple[str, tuple[int, int]]:  # onnxruntime has no types
    """Return the input's name and (height, width) in pixels."""
    inputs = session.get_inputs()
    shape = inputs[0].shape
    fits = (
        len(inputs) == 1
        and inputs[0].type == "tensor(float)"
        and len(shape) == _CHANNELS + 1
        and shape[1] == _CHANNELS
    )
    if not fits:
        found = ", ".join(f"{i.name}: {i.type}{i.shape}" for i in inputs)
        raise ConfigurationError(
            f"DROPCUT_MODEL: {name} must have one input, a float32 picture "
            f"[1, 3, height, width]; it has {found}"
        )
    height, width = (
        size if isinstance(size, int) else _DYNAMIC_SIZE_PX for size in shape[2:]
    )
    return inputs[0].name, (height, width)


def _explained(error: Exception) -> Exception:
    text = str(error)
    if "allocate" in text.lower() or "bad_alloc" in text:
        return MachineError(f"not enough memory to run the model: {text[:200]}")
    return error

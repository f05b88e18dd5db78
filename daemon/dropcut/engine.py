"""onnxruntime: one session, one run at a time."""

import os
import threading
from typing import Any, cast

import numpy as np

from dropcut.errors import ConfigurationError, DropcutError, MachineError
from dropcut.jobs import Graph, Model, Tensor

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
_CHANNELS = 3
_DYNAMIC_SIZE_PX = 1024
_EXTERNAL_DATA_FOLDER = "session.model_external_initializers_file_folder_path"
_NO_FOLDER = "/dev/null"  # no folder, so nothing can ever lie in it


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


def graph_of(data: bytes) -> Graph:
    """Return what a model takes and gives, by a session that is never run.

    Raises:
        ConfigurationError: It is no model.
    """
    ort = _onnxruntime()
    options = _options(ort, threads=1)
    # The least that works out the shapes which exporters leave open
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = _session(ort, data, options, [_PROVIDERS["cpu"]], "the model")
    return Graph(
        inputs=tuple(tuple(node.shape) for node in session.get_inputs()),
        outputs=tuple(tuple(node.shape) for node in session.get_outputs()),
    )


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
        self.name, self.recipe = model.name, model.recipe
        ort = self._ort = _onnxruntime()
        options, wanted = _options(ort, threads), _available(ort, providers)
        self._session = _session(ort, model.data, options, wanted, model.name)
        self._input, shape = _picture_input(self._session, model)
        self.height_px, self.width_px = shape
        self._output = _mask_output(self._session, model.name)
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
        return _as_map(output)

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


def _session(
    ort: Any, data: bytes, options: Any, providers: list[str], name: str
) -> Any:  # onnxruntime has no types
    try:
        return ort.InferenceSession(data, options, providers=providers)
    except Exception as error:
        detail = " ".join(str(error).split())
        if "xternal" in detail or f"{_NO_FOLDER}/" in detail:
            raise ConfigurationError(
                f"DROPCUT_MODEL: {name} keeps weights in another file, which Dropcut "
                f"never reads; it must be one .onnx file ({detail[:200]})"
            ) from error
        raise ConfigurationError(
            f"DROPCUT_MODEL: {name} cannot be loaded: {detail[:200]}"
        ) from error


def _options(ort: Any, threads: int) -> Any:  # onnxruntime has no types
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # with reuse: 550 MB for u2netp, without: 250,
    options.enable_mem_reuse = False  # at the same speed and with the same output
    options.log_severity_level = 3
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # Or weights are read from files that the model names, in the working folder
    options.add_session_config_entry(_EXTERNAL_DATA_FOLDER, _NO_FOLDER)
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
    session: Any, model: Model
) -> tuple[str, tuple[int, int]]:  # onnxruntime has no types
    """Return the input's name and (height, width) in pixels."""
    inputs = session.get_inputs()
    shape = inputs[0].shape if len(inputs) == 1 else []
    fits = (
        len(inputs) == 1
        and inputs[0].type == "tensor(float)"
        and len(shape) == _CHANNELS + 1
        and _may_be(shape[:2], (1, _CHANNELS))
        and (model.size_px is None or _may_be(shape[2:], model.size_px))
    )
    if not fits:
        found = ", ".join(f"{i.name}: {i.type}{i.shape}" for i in inputs)
        height, width = model.size_px or ("height", "width")
        raise ConfigurationError(
            f"DROPCUT_MODEL: {model.name} must have one input, a float32 picture "
            f"[1, 3, {height}, {width}]; it has {found}"
        )
    wanted = model.size_px or (_DYNAMIC_SIZE_PX, _DYNAMIC_SIZE_PX)
    height, width = (
        size if isinstance(size, int) else other
        for size, other in zip(shape[2:], wanted, strict=True)
    )
    return inputs[0].name, (height, width)


def _mask_output(session: Any, name: str) -> str:  # onnxruntime has no types
    """Return the name of the first output that is a map of one channel."""
    outputs = session.get_outputs()
    for node in outputs:
        is_map = len(node.shape) in (_CHANNELS, _CHANNELS + 1)
        if node.type == "tensor(float)" and is_map and _may_be(node.shape[:-2], (1, 1)):
            return str(node.name)
    found = ", ".join(f"{o.name}: {o.type}{o.shape}" for o in outputs)
    raise ConfigurationError(
        f"DROPCUT_MODEL: {name} must give a mask, a float32 map "
        f"[1, 1, height, width]; it has {found}"
    )


def _as_map(output: Any) -> Tensor:  # onnxruntime has no types
    """Return an output as (height, width); a graph need not say its size before."""
    if output.ndim < 2 or output.size != output.shape[-2] * output.shape[-1]:  # noqa: PLR2004
        raise ConfigurationError(
            f"DROPCUT_MODEL: the model's output {list(output.shape)} is no map of "
            "one channel"
        )
    return cast("Tensor", output.reshape(output.shape[-2:]))


def _may_be(shape: list[Any], wanted: tuple[int, ...]) -> bool:
    """Whether a graph's sizes are the wanted ones, as far as they are fixed."""
    pairs = zip(shape, wanted, strict=False)
    return all(size == other for size, other in pairs if isinstance(size, int))


def _explained(error: Exception) -> Exception:
    text = str(error)
    if "allocate" in text.lower() or "bad_alloc" in text:
        return MachineError(f"not enough memory to run the model: {text[:200]}")
    return error

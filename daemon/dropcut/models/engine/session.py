"""onnxruntime itself: its import, its options, and sessions from a model's bytes."""

import os
from typing import Any

from dropcut.core.errors import ConfigurationError, DropcutError, TransientError
from dropcut.core.models import Graph

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}
_EXTERNAL_DATA_FOLDER = "session.model_external_initializers_file_folder_path"
_FATAL = 4
_LONGEST_CHARACTERS = 500  # the end of it says most
_NO_FOLDER = "/dev/null"  # no folder, so nothing can ever lie in it


def onnxruntime() -> Any:
    """Import onnxruntime with its telemetry off.

    From 1.32 on, its import alone leaves an identifier in the user's cache folder, to
    be sent to its maker, unless this variable is there before.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415  # not before the variable is set

    return onnxruntime


def onnxruntime_version() -> str:
    """Return the version of the onnxruntime that is loaded."""
    return str(onnxruntime().__version__)


def graph_of(data: bytes) -> Graph:
    """Return what a model takes and gives, by a session that is never run.

    Raises:
        ConfigurationError: It is no model.
        MachineError: There is not enough memory.
    """
    ort = onnxruntime()
    options = make_options(ort, threads=1)
    # The least that works out the shapes which exporters leave open
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = make_session(ort, data, options, [_PROVIDERS["cpu"]], "the model")
    return Graph(
        inputs=tuple(tuple(node.shape) for node in session.get_inputs()),
        outputs=tuple(tuple(node.shape) for node in session.get_outputs()),
    )


def make_session(
    ort: Any, data: bytes, options: Any, providers: list[str], name: str
) -> Any:  # onnxruntime has no types
    """Load a model's bytes.

    Raises:
        ConfigurationError: It is no model, or not all of one.
        MachineError: There is not enough memory.
    """
    try:
        return ort.InferenceSession(data, options, providers=providers)
    except Exception as error:
        if "xternal" in str(error) or f"{_NO_FOLDER}/" in str(error):
            raise ConfigurationError(
                f"{name} keeps weights in another file, which Dropcut never reads; "
                f"it must be one .onnx file ({_brief(error)})",
                setting="model",
            ) from error
        if "protobuf parsing failed" in str(error):
            raise ConfigurationError(
                f"{name} is not an .onnx file, or was not copied whole",
                setting="model",
            ) from error
        raise fault(f"{name} cannot be loaded", error) from error


def make_options(ort: Any, threads: int) -> Any:  # onnxruntime has no types
    """Return the options of all sessions."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # with reuse: 550 MB for u2netp, without: 250,
    options.enable_mem_reuse = False  # at the same speed and with the same output
    # Its own lines would stand among the log's; the exceptions say the same
    options.log_severity_level = _FATAL
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # Or weights are read from files that the model names, in the working folder
    options.add_session_config_entry(_EXTERNAL_DATA_FOLDER, _NO_FOLDER)
    return options


def available(ort: Any, providers: tuple[str, ...]) -> list[str]:
    """Return onnxruntime's names of providers.

    Raises:
        ConfigurationError: One is not there.
    """
    there = ort.get_available_providers()
    for name in providers:
        if _PROVIDERS.get(name) not in there:
            known = ", ".join(k for k, v in _PROVIDERS.items() if v in there)
            raise ConfigurationError(
                f"onnxruntime has no {name!r} here; it has {known}",
                setting="providers",
            )
    return [_PROVIDERS[name] for name in providers]


def fault(what: str, error: Exception) -> DropcutError:
    """Return what an error of onnxruntime means: the machine's memory, or the model."""
    if _is_lack_of_memory(error):
        return TransientError(f"not enough memory: {what}: {_brief(error)}")
    return ConfigurationError(f"{what}: {_brief(error)}", setting="model")


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:_LONGEST_CHARACTERS] or repr(error)


def _is_lack_of_memory(error: Exception) -> bool:
    """Whether memory was short; onnxruntime has no exception of its own for that."""
    text = str(error).lower()
    said = "bad_alloc" in text or "allocate" in text
    return said or isinstance(error, MemoryError)

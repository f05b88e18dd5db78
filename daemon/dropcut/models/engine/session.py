"""onnxruntime itself: its import, options and errors, and its sessions."""

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
_MAX_CHARACTERS = 500  # the start of a message is the useful part
_NO_FOLDER = "/dev/null"  # not a folder, so it can never contain a file


def onnxruntime() -> Any:
    """Import onnxruntime with its telemetry off.

    From 1.32 on, unless this variable is set first, the import alone writes an
    identifier to the user's cache folder, to be sent to the publisher.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime  # noqa: PLC0415  # not before the variable is set

    return onnxruntime


def onnxruntime_version() -> str:
    """Return the version of the installed onnxruntime."""
    return str(onnxruntime().__version__)


def graph_of(data: bytes) -> Graph:
    """Return the shapes of a model's inputs and outputs; the model is never run.

    Raises:
        ConfigurationError: The bytes are not a model.
        TransientError: There is not enough memory.
    """
    ort = onnxruntime()
    options = make_options(ort, threads=1)
    # The lowest level that infers the shapes that exporters leave unspecified
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
        ConfigurationError: The bytes are not a model, or not a complete one.
        TransientError: There is not enough memory.
    """
    try:
        return ort.InferenceSession(data, options, providers=providers)
    except Exception as error:
        if "xternal" in str(error) or f"{_NO_FOLDER}/" in str(error):
            raise ConfigurationError(
                f"{name} has weights in another file, which Dropcut never reads; "
                f"it must be a single .onnx file ({_one_line(error)})",
                setting="model",
            ) from error
        if "protobuf parsing failed" in str(error):
            raise ConfigurationError(
                f"{name} is not an .onnx file, or was not copied completely",
                setting="model",
            ) from error
        raise translated(f"{name} cannot be loaded", error) from error


def make_options(ort: Any, threads: int) -> Any:  # onnxruntime has no types
    """Return the options that all sessions share."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # u2netp takes 550 MB with reuse, 250 without,
    options.enable_mem_reuse = False  # at the same speed and with the same output
    # onnxruntime's log lines would mix with Dropcut's; its exceptions say the same
    options.log_severity_level = _FATAL
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # Otherwise onnxruntime reads weights from files in the working folder that the
    # model names
    options.add_session_config_entry(_EXTERNAL_DATA_FOLDER, _NO_FOLDER)
    return options


def provider_names(ort: Any, providers: tuple[str, ...]) -> list[str]:
    """Return onnxruntime's names of providers.

    Raises:
        ConfigurationError: The installed onnxruntime lacks one of them.
    """
    available = ort.get_available_providers()
    for name in providers:
        if _PROVIDERS.get(name) not in available:
            known = ", ".join(k for k, v in _PROVIDERS.items() if v in available)
            raise ConfigurationError(
                f"the installed onnxruntime has no provider {name!r}; it has {known}",
                setting="providers",
            )
    return [_PROVIDERS[name] for name in providers]


def translated(what: str, error: Exception) -> DropcutError:
    """Return what an error of onnxruntime means: too little memory, or a wrong model.

    onnxruntime has no separate exception for a lack of memory.
    """
    text = f"{what}: {_one_line(error)}"
    message = str(error).lower()
    out_of_memory = "bad_alloc" in message or "allocate" in message
    if out_of_memory or isinstance(error, MemoryError):
        return TransientError(f"not enough memory: {text}")
    return ConfigurationError(text, setting="model")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:_MAX_CHARACTERS] or repr(error)

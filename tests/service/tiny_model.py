"""A model of 124 bytes, so that thousands of real pictures go through in seconds.

Its mask is the mean over the channels: input float32 [1, 3, 32, 32], output
[1, 1, 32, 32]. Made once with the package `onnx`, which the tests do not need:

    nodes = [make_node("ReduceMean", ["x"], ["y"], axes=[1], keepdims=1)]
    inputs = [make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 32, 32])]
    outputs = [make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 32, 32])]
    graph = make_graph(nodes, "mean", inputs, outputs)
    opsets = [make_opsetid("", 13)]
    make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
"""

import base64
from pathlib import Path

_MODEL = (
    "CAg6cgowCgF4EgF5IgpSZWR1Y2VNZWFuKgsKBGF4ZXNAAaABByoPCghrZWVwZGltcxgBoAECEgRtZWFu"
    "WhsKAXgSFgoUCAESEAoCCAEKAggDCgIIIAoCCCBiGwoBeRIWChQIARIQCgIIAQoCCAEKAgggCgIIIEIE"
    "CgAQDQ=="
)


def tiny_model() -> bytes:
    """Return the model's file."""
    return base64.b64decode(_MODEL)


def write_tiny_model(path: Path) -> Path:
    """Write the model to a file and return its path."""
    path.write_bytes(tiny_model())
    return path

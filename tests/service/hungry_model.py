"""A model that a bright picture makes eat gigabytes, so that it ends the service.

Its mask is the mean over the channels. Input float32 [1, 3, 32, 32], output
[1, 1, 32, 32]. Made once with the package `onnx`, which the tests do not need:

    nodes = [
        make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=1),
        make_node("ReduceMean", ["x"], ["all"], axes=[0, 1, 2, 3], keepdims=0),
        make_node("Sub", ["all", "bright"], ["over"]),
        make_node("Clip", ["over", "zero"], ["much"]),
        make_node("Mul", ["much", "appetite"], ["floats"]),
        make_node("Cast", ["floats"], ["whole"], to=TensorProto.INT64),
        make_node("Add", ["whole", "one"], ["count"]),
        make_node("ConstantOfShape", ["count"], ["eaten"], value=ones),
        make_node("ReduceMean", ["eaten"], ["unity"], axes=[0], keepdims=1),
        make_node("Mul", ["mean", "unity"], ["y"]),
    ]
    values = [
        make_tensor("bright", TensorProto.FLOAT, [1], [1.5]),
        make_tensor("zero", TensorProto.FLOAT, [], [0]),
        make_tensor("appetite", TensorProto.FLOAT, [1], [2e9]),
        make_tensor("one", TensorProto.INT64, [1], [1]),
    ]
    ones = make_tensor("ones", TensorProto.FLOAT, [1], [1])
    inputs = [make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 32, 32])]
    outputs = [make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 32, 32])]
    graph = make_graph(nodes, "hungry", inputs, outputs, values)
    opsets = [make_opsetid("", 13)]
    make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
"""

import base64
from pathlib import Path

_MODEL = (
    "CAg6lQQKMwoBeBIEbWVhbiIKUmVkdWNlTWVhbioLCgRheGVzQAGgAQcqDwoIa2VlcGRpbXMYAaABAgo4"
    "CgF4EgNhbGwiClJlZHVjZU1lYW4qEQoEYXhlc0AAQAFAAkADoAEHKg8KCGtlZXBkaW1zGACgAQIKGAoD"
    "YWxsCgZicmlnaHQSBG92ZXIiA1N1YgoYCgRvdmVyCgR6ZXJvEgRtdWNoIgRDbGlwCh0KBG11Y2gKCGFw"
    "cGV0aXRlEgZmbG9hdHMiA011bAogCgZmbG9hdHMSBXdob2xlIgRDYXN0KgkKAnRvGAegAQIKGAoFd2hv"
    "bGUKA29uZRIFY291bnQiA0FkZAo6CgVjb3VudBIFZWF0ZW4iD0NvbnN0YW50T2ZTaGFwZSoZCgV2YWx1"
    "ZSoNCAEQASIEAACAP0IBdqABBAo4CgVlYXRlbhIFdW5pdHkiClJlZHVjZU1lYW4qCwoEYXhlc0AAoAEH"
    "Kg8KCGtlZXBkaW1zGAGgAQIKFQoEbWVhbgoFdW5pdHkSAXkiA011bBIGaHVuZ3J5KhIIARABIgQAAMA/"
    "QgZicmlnaHQqDhABIgQAAAAAQgR6ZXJvKhQIARABIgQoa+5OQghhcHBldGl0ZSoMCAEQBzoBAUIDb25l"
    "WhsKAXgSFgoUCAESEAoCCAEKAggDCgIIIAoCCCBiGwoBeRIWChQIARIQCgIIAQoCCAEKAgggCgIIIEIE"
    "CgAQDQ=="
)


def write_hungry_model(path: Path) -> Path:
    """Write the model to a file and return its path."""
    path.write_bytes(base64.b64decode(_MODEL))
    return path

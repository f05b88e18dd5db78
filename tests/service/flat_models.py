"""Models that see the same in every picture, so that what becomes of it is known.

Input float32 [1, 3, 32, 32], output [1, 1, 32, 32]: 1 where there is a subject, else 0.
Made once with the package `onnx`, which the tests do not need:

    nodes = [
        make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=1),
        make_node("Clip", ["mean", "one", "one"], ["ones"]),
        make_node("Mul", ["ones", "columns"], ["y"]),
    ]
    values = [
        make_tensor("one", TensorProto.FLOAT, [], [1]),
        make_tensor("columns", TensorProto.FLOAT, [32], [1] * 16 + [0] * 16),
    ]
    inputs = [make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 32, 32])]
    outputs = [make_tensor_value_info("y", TensorProto.FLOAT, [1, 1, 32, 32])]
    graph = make_graph(nodes, "columns", inputs, outputs, values)
    opsets = [make_opsetid("", 13)]
    make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()
"""

import base64
import struct

_LEFT = (
    "CAg60QIKMwoBeBIEbWVhbiIKUmVkdWNlTWVhbioLCgRheGVzQAGgAQcqDwoIa2VlcGRpbXMYAaABAgocCg"
    "RtZWFuCgNvbmUKA29uZRIEb25lcyIEQ2xpcAoXCgRvbmVzCgdjb2x1bW5zEgF5IgNNdWwSB2NvbHVtbnMq"
    "DRABIgQAAIA/QgNvbmUqkAEIIBABIoABAACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAgD8AAIA/AA"
    "CAPwAAgD8AAIA/AACAPwAAgD8AAIA/AACAPwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABCB2NvbHVtbnNaGwoBeBIWChQIARIQCgIIAQoCCAMKAg"
    "ggCgIIIGIbCgF5EhYKFAgBEhAKAggBCgIIAQoCCCAKAgggQgQKABAN"
)
_ONES, _ZEROS = (struct.pack("<16f", *[value] * 16) for value in (1, 0))

LEFT = base64.b64decode(_LEFT)
"""Sees a subject in the left half."""

RIGHT = LEFT.replace(_ONES + _ZEROS, _ZEROS + _ONES)
"""Sees a subject in the right half."""

EVERYWHERE = LEFT.replace(_ONES + _ZEROS, _ONES + _ONES)
"""Takes the whole picture for the subject."""

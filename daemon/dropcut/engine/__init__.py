"""onnxruntime: models that take a picture and give a mask."""

from dropcut.engine.onnx import OnnxEngine
from dropcut.engine.sessions import graph_of, onnxruntime_version

__all__ = ["OnnxEngine", "graph_of", "onnxruntime_version"]

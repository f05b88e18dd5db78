"""onnxruntime: turns a picture of the model's size into a mask."""

from dropcut.models.engine.engine import OnnxEngine
from dropcut.models.engine.session import graph_of, onnxruntime_version

__all__ = ["OnnxEngine", "graph_of", "onnxruntime_version"]

"""The codec in separate processes, so a picture can only crash or block those."""

from dropcut.pictures.sandbox.codec import SandboxedCodec
from dropcut.pictures.sandbox.messages import Limits

__all__ = ["Limits", "SandboxedCodec"]

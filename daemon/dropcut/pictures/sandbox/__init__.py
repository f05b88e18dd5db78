"""The codec in a separate process, so a picture can crash, hang or fill only that."""

from dropcut.pictures.sandbox.codec import SandboxedCodec
from dropcut.pictures.sandbox.messages import Limits

__all__ = ["Limits", "SandboxedCodec"]

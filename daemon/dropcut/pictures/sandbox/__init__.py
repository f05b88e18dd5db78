"""The codec in a separate process, which a picture may crash, block or fill."""

from dropcut.pictures.sandbox.codec import SandboxedCodec
from dropcut.pictures.sandbox.messages import Limits

__all__ = ["Limits", "SandboxedCodec"]

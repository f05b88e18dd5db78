"""The codec in a process of its own, which a picture may crash, block or fill."""

from dropcut.pictures.sandbox.codec import ChildCodec
from dropcut.pictures.sandbox.messages import Limits

__all__ = ["ChildCodec", "Limits"]

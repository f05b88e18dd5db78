"""The codec in a process of its own, which a picture may crash, block or fill."""

from dropcut.child.codec import ChildCodec
from dropcut.child.values import Limits

__all__ = ["ChildCodec", "Limits"]

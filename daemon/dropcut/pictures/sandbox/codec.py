"""The codec that decodes in child processes."""

from dropcut.core.cancel import CancelScope
from dropcut.core.pictures import OutputOptions
from dropcut.pictures.sandbox.messages import Limits
from dropcut.pictures.sandbox.picture import SandboxedPicture
from dropcut.pictures.sandbox.pool import DecoderPool
from dropcut.pictures.sandbox.process import ChildProcess


class SandboxedCodec:
    """Opens each picture in a child process that holds no other picture."""

    def __init__(self, limits: Limits, *, pictures_per_life: int = 500) -> None:
        """Begin to start the first child."""
        self.children = DecoderPool(limits, pictures_per_life=pictures_per_life)

    def open(
        self,
        data: bytes,
        width_px: int,
        height_px: int,
        options: OutputOptions,
        scope: CancelScope,
    ) -> SandboxedPicture:
        """Decode a picture to the model's size in a child."""
        shape = (height_px, width_px)
        picture = SandboxedPicture(self.children, data, shape, options, scope)
        picture.open()
        return picture

    def await_ready(self) -> ChildProcess:
        """Wait until a child is ready, and return it for inspection.

        Raises:
            TransientError: No child can be started.
            OSError: The same.
        """
        child = self.children.acquire()
        try:
            child.await_ready()
        finally:
            self.children.release(child)
        return child

    def close(self) -> None:
        """End all children without a picture."""
        self.children.close()

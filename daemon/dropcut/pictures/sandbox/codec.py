"""The codec as the parent process uses it."""

from typing import Any

from dropcut.core.cancel import CancelScope
from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.core.pictures import InputFormat, OutputOptions
from dropcut.pictures.sandbox.messages import Limits
from dropcut.pictures.sandbox.picture import KILLED, SandboxedPicture
from dropcut.pictures.sandbox.pool import DecoderPool
from dropcut.pictures.sandbox.process import (
    ChildDiedError,
    ChildProcess,
    ChildTimedOutError,
)
from dropcut.pictures.sandbox.protocol import Header, TimeBudget

_CHECK_SECONDS = 10.0
_INVALID = (AttributeError, KeyError, OverflowError, TypeError, ValueError)


class SandboxedCodec:
    """Opens each picture in a child process that has no other picture at that time."""

    def __init__(self, limits: Limits, *, pictures_per_child: int = 500) -> None:
        """Create a codec, whose first child starts in the background."""
        self.children = DecoderPool(limits, pictures_per_child=pictures_per_child)

    def open(
        self,
        data: bytes,
        width_px: int,
        height_px: int,
        options: OutputOptions,
        scope: CancelScope,
    ) -> SandboxedPicture:
        """Decode a picture down to the model's size, in a child."""
        shape = (height_px, width_px)
        picture = SandboxedPicture(self.children, data, shape, options, scope)
        picture.open()
        return picture

    def await_ready(self) -> ChildProcess:
        """Wait until a child is ready, and return it for inspection.

        Raises:
            OSError: No child can be started, or a TransientError: it failed to start.
        """
        child = self.children.acquire()
        try:
            child.await_ready()
        finally:
            self.children.release(child)
        return child

    def broken_formats(self) -> dict[InputFormat, Reason]:
        """Decode a tiny sample of each format; return the formats that fail, and why.

        Raises:
            OSError: No child can be started, or it was killed from outside.
        """
        broken: dict[InputFormat, Reason] = {}
        for kind in InputFormat:
            try:
                self._ask({"do": "check_format", "format": kind})
            except PictureError as error:
                broken[kind] = error.reason
            except ChildTimedOutError:
                broken[kind] = Reason.TIMED_OUT
            except ChildDiedError as error:
                if error.outside:
                    raise TransientError(KILLED.format(detail=error)) from error
                broken[kind] = Reason.DECODER_CRASHED
        return broken

    def library_versions(self) -> dict[str, tuple[int, ...]]:
        """Return the version of each native library that reads pictures.

        Raises:
            OSError: No child can be started, or its reply is invalid.
        """
        try:
            found = self._ask({"do": "list_libraries"})["versions"].items()
            return {str(name): tuple(map(int, version)) for name, version in found}
        except (ChildDiedError, ChildTimedOutError, *_INVALID) as error:
            raise TransientError(f"the decoder process failed: {error!r}") from error

    def _ask(self, request: dict[str, Any]) -> Header:
        """Send a request that needs no picture, and return the reply's header."""
        child = self.children.acquire()
        try:
            child.await_ready()
            child.request(request)
            return child.receive(0, TimeBudget(_CHECK_SECONDS))[0]
        except RuntimeError as error:  # a bug: the last line of its traceback says what
            raise ChildDiedError(str(error).strip().rpartition("\n")[2]) from error
        finally:
            self.children.release(child)

    def close(self) -> None:
        """End all children that have no picture."""
        self.children.close()

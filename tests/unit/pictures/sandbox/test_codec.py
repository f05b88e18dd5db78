"""The sandboxed codec gives the same results as the decoder."""

import errno
import os
from contextlib import closing
from dataclasses import replace
from threading import Thread

import numpy as np
import pytest
from dropcut.core.cancel import CancelScope
from dropcut.core.errors import InterruptedWorkError, PictureError, Reason
from dropcut.core.pictures import OutputFormat, OutputOptions
from dropcut.pictures.codec import Decoder
from dropcut.pictures.sandbox import SandboxedCodec

from ....descendants import is_alive
from ....service.waiting import eventually
from ...children import CHILD_LIMITS, opened, pid_of, written
from ...photographs import encoded, photograph
from ...results import blob, made

_PHOTO = photograph("coffee.png").resize((300, 200))
_KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "AVIF", "HEIC", "BMP")
_OPTIONS = {
    "default": OutputOptions(),
    "background": OutputOptions(background=encoded(_PHOTO, "PNG"), crop=True),
    "colour": OutputOptions(background=(1, 2, 3), canvas_px=(90, 70), margin_percent=5),
    "webp": OutputOptions(format=OutputFormat.WEBP, keep="all", refine=False),
    "mask": OutputOptions(output="mask", depth=16, clean_edges=False),
}


@pytest.mark.parametrize("kind", _KINDS)
def test_same_of_every_format(
    codec: Decoder, child_codec: SandboxedCodec, kind: str
) -> None:
    """For each format a child's result equals the decoder's, to the byte."""
    data = encoded(_PHOTO, kind)
    picture = opened(child_codec, data)
    there = codec.open(data, 64, 64, OutputOptions())
    assert np.array_equal(picture.model_input, there.model_input)
    size = picture.width_px, picture.height_px
    assert size == (there.width_px, there.height_px) == (300, 200)
    assert picture.notes == there.notes
    assert written(picture, blob()) == made(codec, data, blob(), OutputOptions())


@pytest.mark.parametrize("options", _OPTIONS.values(), ids=_OPTIONS.keys())
def test_same_with_all_options(
    codec: Decoder, child_codec: SandboxedCodec, options: OutputOptions
) -> None:
    """A child gets all output options, including a background picture."""
    data = encoded(_PHOTO, "JPEG", quality=95)
    result = written(opened(child_codec, data, options), blob())
    assert result == made(codec, data, blob(), options)


def test_large_pixels_stay_in_memory(child_codec: SandboxedCodec) -> None:
    """A large picture of a format that cannot be streamed is written to no file."""
    large = encoded(_PHOTO.resize((60, 40)).resize((7000, 5000)), "WEBP", method=0)
    with closing(opened(child_codec, large)) as picture:
        assert picture.width_px == 7000


def test_notes_and_faults_cross(child_codec: SandboxedCodec) -> None:
    """A picture's fault has the same message from a child as from the decoder."""
    frames = [_PHOTO.resize((20, 20)), _PHOTO.resize((20, 20)).rotate(90)]
    moving = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with closing(opened(child_codec, moving)) as picture:
        assert picture.notes == ("first of 2 pages",)
    with pytest.raises(PictureError) as caught:
        opened(child_codec, b"no picture")
    assert caught.value.reason is Reason.NOT_AN_IMAGE
    with pytest.raises(PictureError) as caught:
        opened(child_codec, encoded(_PHOTO, "PNG")[:5000])
    assert caught.value.reason is Reason.TRUNCATED


def test_child_outlives_bad_pictures(child_codec: SandboxedCodec) -> None:
    """A child that reports a picture's fault is kept."""
    pid = pid_of(child_codec)
    for data in (b"", b"no picture", encoded(_PHOTO, "PNG")[:500]):
        with pytest.raises(PictureError):
            opened(child_codec, data)
    assert pid_of(child_codec) == pid


def test_two_pictures_at_once(codec: Decoder, child_codec: SandboxedCodec) -> None:
    """Two pictures that are open at once are in two children."""
    files = [encoded(photo, "PNG") for photo in (_PHOTO, _PHOTO.rotate(180))]
    one, other = (opened(child_codec, data) for data in files)
    assert one._child is not None
    assert other._child is not None
    assert one._child.pid != other._child.pid
    for picture, data in zip((one, other), files, strict=True):
        assert written(picture, blob()) == made(codec, data, blob(), OutputOptions())


def test_recycled() -> None:
    """A child is replaced after a number of pictures, and its process ends."""
    with closing(SandboxedCodec(CHILD_LIMITS, pictures_per_child=2)) as codec:
        pids = []
        for _ in range(5):
            written(opened(codec, encoded(_PHOTO, "JPEG")), blob())
            pids.append(codec.children._idle[-1].result().pid)
        assert len(set(pids)) == 3
        assert sum(map(is_alive, set(pids))) == 1


def test_closed() -> None:
    """No child outlives its codec."""
    codec = SandboxedCodec(CHILD_LIMITS)
    pid = pid_of(codec)
    assert is_alive(pid)
    codec.close()
    eventually(lambda: not is_alive(pid))


def test_broken_off_before(child_codec: SandboxedCodec) -> None:
    """A picture that was already cancelled is not opened, and the next one is."""
    scope, cause = CancelScope(), InterruptedWorkError("the service is stopping")
    scope.cancel(cause)
    with pytest.raises(InterruptedWorkError) as caught:
        opened(child_codec, encoded(_PHOTO, "JPEG"), scope=scope)
    assert caught.value is cause
    opened(child_codec, encoded(_PHOTO, "JPEG")).close()


@pytest.fixture
def large() -> bytes:
    """Return a picture that takes a child seconds."""
    return encoded(_PHOTO.resize((6000, 4000)), "PNG", compress_level=1)


def _breaking_off(scope: CancelScope) -> Thread:
    """Cancel a child's work once it has begun its next step."""
    before = scope.active_seconds

    def wait() -> None:
        while scope.active_seconds == before:
            pass
        scope.cancel(InterruptedWorkError("the service is stopping"))

    thread = Thread(target=wait)
    thread.start()
    return thread


def test_broken_off_while_opening(child_codec: SandboxedCodec, large: bytes) -> None:
    """A child that is cancelled while it opens a picture is replaced."""
    scope, pid = CancelScope(), pid_of(child_codec)
    thread = _breaking_off(scope)
    with pytest.raises(InterruptedWorkError):
        opened(child_codec, large, scope=scope)
    thread.join()
    eventually(lambda: not is_alive(pid))
    assert written(opened(child_codec, encoded(_PHOTO, "JPEG")), blob())


def test_broken_off_while_cutting_out(
    child_codec: SandboxedCodec, large: bytes
) -> None:
    """A child that is cancelled while it writes a result is replaced."""
    scope, pid = CancelScope(), pid_of(child_codec)
    picture = opened(child_codec, large, scope=scope)
    thread = _breaking_off(scope)
    with pytest.raises(InterruptedWorkError):
        written(picture, blob())
    thread.join()
    eventually(lambda: not is_alive(pid))


def test_full_disk(child_codec: SandboxedCodec) -> None:
    """A result that cannot be written is the machine's fault; the child is replaced."""
    picture = opened(child_codec, encoded(_PHOTO, "PNG"))
    sink = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OSError, match="No space left") as caught:
        picture.cut_out(blob(), sink)
    assert caught.value.errno == errno.ENOSPC
    os.close(sink)
    assert written(opened(child_codec, encoded(_PHOTO, "PNG")), blob())


def test_slow_decoding() -> None:
    """A picture that takes longer than allowed fails as `timed-out`."""
    limits = replace(CHILD_LIMITS, decode_seconds=0.001)
    large = encoded(_PHOTO.resize((3000, 3000)), "JPEG")
    with closing(SandboxedCodec(limits)) as codec:
        with pytest.raises(PictureError, match=r"0\.001 seconds") as caught:
            opened(codec, large)
        assert caught.value.reason is Reason.TIMED_OUT

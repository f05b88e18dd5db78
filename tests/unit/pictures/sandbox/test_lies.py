"""Nothing that a child taken over by a picture sends is trusted."""

import json
import struct
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dropcut.core.errors import PictureError, Reason, TransientError
from dropcut.core.pictures import InputFormat
from dropcut.pictures.sandbox import SandboxedCodec
from dropcut.pictures.sandbox import picture as module

from ...children import CHILD_LIMITS, opened, written
from ...results import blob

_PIXELS = 64 * 64 * 3
_SCRIPT = """#!{python}
import socket, struct, sys
end = socket.socket(fileno=int(sys.argv[-2]))
end.sendall(bytes.fromhex("{ready}"))
for answer in {answers}:
    head, = struct.unpack(">I", end.recv(4, socket.MSG_WAITALL))
    body, = struct.unpack(">Q", end.recv(8, socket.MSG_WAITALL))
    end.recv(head, socket.MSG_WAITALL)
    end.recv(body, socket.MSG_WAITALL) if body else None
    end.sendall(bytes.fromhex(answer))
end.recv(1)
"""
_OPENED = {"is": "opened", "width_px": 9, "height_px": 9, "notes": []}


def _frame(header: object, payload: bytes = b"") -> bytes:
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return struct.pack(">IQ", len(text), len(payload)) + text + payload


def _changed(**values: Any) -> bytes:  # noqa: ANN401  # whatever a liar may say
    return _frame({**_OPENED, **values}, bytes(_PIXELS))


@pytest.fixture
def liar(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., SandboxedCodec]:
    """Return a factory of codecs whose children send fixed replies to anything."""

    def make(*answers: bytes) -> SandboxedCodec:
        script = tmp_path / "liar"
        words = {
            "python": sys.executable,
            "ready": _frame({"is": "ready"}).hex(),
            "answers": [answer.hex() for answer in answers],
        }
        script.write_text(_SCRIPT.format(**words), "ascii")
        script.chmod(0o755)
        monkeypatch.setattr("sys.executable", str(script))
        return SandboxedCodec(CHILD_LIMITS)

    return make


_LIES = {
    "too many pixels": _changed(width_px=1 << 20, height_px=1 << 20),
    "negative": _changed(width_px=-5, height_px=-5),
    "no number": _changed(width_px="wide"),
    "no size": _frame({"is": "opened"}, bytes(_PIXELS)),
    "no notes": _changed(notes=7),
    "too few bytes": _frame(_OPENED, bytes(10)),
    "too many bytes": _frame(_OPENED, bytes(_PIXELS + 1)),
    "endless": struct.pack(">IQ", 2, 1 << 62) + b"{}",
    "endless header": struct.pack(">IQ", (1 << 32) - 1, 0),
    "no json": _frame(b"\xff\xfe nonsense"),
    "a list": _frame([1, 2, 3]),
    "unknown word": _frame({"is": "hungry"}),
    "no word": _frame({}),
    "infinite": _frame(b'{"is": "opened", "width_px": Infinity, "height_px": 1}'),
    "deep": _frame(b"[" * 100_000),
}


@pytest.mark.parametrize("answer", _LIES.values(), ids=_LIES.keys())
def test_lies_about_a_picture(
    liar: Callable[..., SandboxedCodec], answer: bytes
) -> None:
    """An invalid reply fails its picture, and nothing else."""
    with closing(liar(answer)) as codec, pytest.raises(PictureError) as caught:
        opened(codec, b"")
    assert caught.value.reason is Reason.DECODER_CRASHED


def test_endless_result(liar: Callable[..., SandboxedCodec]) -> None:
    """An endless result does not fill the disk."""
    part = _frame({"is": "part"}, bytes(1 << 20))
    with (
        closing(liar(_changed(), part * 8)) as codec,
        pytest.raises(PictureError, match="the result does not end") as caught,
    ):
        written(opened(codec, b""), blob())
    assert caught.value.reason is Reason.DECODER_CRASHED


def test_long_words(liar: Callable[..., SandboxedCodec]) -> None:
    """A child's message is shortened, and an unknown reason becomes `corrupt`."""
    words = _frame({"is": "failed", "reason": "boredom", "message": "x" * 200_000})
    with closing(liar(words)) as codec, pytest.raises(PictureError) as caught:
        opened(codec, b"")
    assert caught.value.reason is Reason.CORRUPT
    assert len(str(caught.value)) < 5000


def test_fault_of_dropcut(liar: Callable[..., SandboxedCodec]) -> None:
    """A bug in the child is raised as a bug."""
    answer = _frame({"is": "broken", "message": "so it is"})
    with closing(liar(answer)) as codec, pytest.raises(RuntimeError, match="so it is"):
        opened(codec, b"")


def test_result_that_does_not_move_on(liar: Callable[..., SandboxedCodec]) -> None:
    """Empty parts do not count as a result."""
    part = _frame({"is": "part"})
    with closing(liar(_changed(), part * 8)) as codec:
        picture = opened(codec, b"")
        with pytest.raises(PictureError, match="does not advance"):
            written(picture, blob())


def test_talk_without_end(liar: Callable[..., SandboxedCodec]) -> None:
    """A child that keeps sending when its time is up is ignored."""
    part = _frame({"is": "part"}, bytes(8)) * 20_000
    limits = replace(CHILD_LIMITS, decode_seconds=module._GRACE_SECONDS * -1 + 0.05)
    with closing(liar(_changed(), part)) as codec:
        picture = opened(codec, b"")
        codec.children.limits = limits
        with pytest.raises(PictureError) as caught:
            written(picture, blob())
    assert caught.value.reason is Reason.TIMED_OUT


def test_notes_are_bounded(liar: Callable[..., SandboxedCodec]) -> None:
    """A child cannot fill the log with notes."""
    with closing(liar(_changed(notes=["x" * 10_000] * 20))) as codec:
        picture = opened(codec, b"")
        picture.close()
        notes = picture.notes
        assert len(notes) <= 16
        assert max(map(len, notes)) <= 500


@pytest.mark.parametrize("kind", ["hungry", "broken"])
def test_check_of_formats(liar: Callable[..., SandboxedCodec], kind: str) -> None:
    """A decoder that fails on a sample costs that format, and `check` goes on."""
    with closing(liar(_frame({"is": kind}))) as codec:
        broken = codec.broken_formats()
    assert broken == dict.fromkeys(InputFormat, Reason.DECODER_CRASHED)


@pytest.mark.parametrize(
    "answer",
    [
        _frame({"is": "done"}),
        _frame({"is": "done", "versions": 7}),
        _frame({"is": "done", "versions": {"libvips": ["new"]}}),
        _frame({"is": "memory"}),
        _frame({"is": "broken"}),
    ],
    ids=["no versions", "number", "word", "no memory", "bug"],
)
def test_check_of_libraries(liar: Callable[..., SandboxedCodec], answer: bytes) -> None:
    """Invalid library versions are an error that `check` reports."""
    with closing(liar(answer)) as codec, pytest.raises(TransientError):
        codec.library_versions()

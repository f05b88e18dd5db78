"""A picture that kills or hangs the decoder process harms only itself."""

import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from dropcut.core.errors import (
    PictureError,
    Reason,
    TransientError,
    UncertainFaultError,
)
from dropcut.pictures.sandbox import SandboxedCodec, process
from dropcut.pictures.sandbox import picture as module
from dropcut.pictures.sandbox.process import ChildProcess, ChildTimedOutError
from dropcut.pictures.sandbox.protocol import FrameSocket, TimeBudget

from ....descendants import children_of, is_ready, signalling
from ...children import CHILD_LIMITS, opened, pid_of, written
from ...photographs import encoded, photograph
from ...results import blob

_SMALL = encoded(photograph("coffee.png").resize((300, 200)), "JPEG")
_LARGE = encoded(photograph("coffee.png").resize((5000, 4000)), "PNG")


@pytest.fixture
def codec() -> Iterator[SandboxedCodec]:
    """Return a codec with separate children."""
    with closing(SandboxedCodec(CHILD_LIMITS)) as codec:
        pid_of(codec)
        yield codec


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_death_between_pictures(codec: SandboxedCodec, number: signal.Signals) -> None:
    """Children that died while idle are replaced, and no picture is blamed."""
    both = [opened(codec, _SMALL) for _ in range(2)]
    for picture in both:
        picture.close()
    # Other children of this process are services that later tests share
    pids = [pid for pid in children_of(os.getpid()) if is_ready(pid)]
    assert len(pids) >= 2
    for pid in pids:
        os.kill(pid, number)
    assert written(opened(codec, _SMALL), blob())
    assert pid_of(codec) not in pids


def test_death_before_the_result(codec: SandboxedCodec) -> None:
    """A picture whose child dies while the model runs is reopened, and is done."""
    whole = written(opened(codec, _SMALL), blob())
    picture = opened(codec, _SMALL)
    assert picture._child is not None
    picture._child.kill()
    assert written(picture, blob()) == whole


def test_second_try_is_alone(codec: SandboxedCodec) -> None:
    """A picture whose child died is retried while no other picture is open."""
    other, picture = opened(codec, _SMALL), opened(codec, _SMALL)
    assert picture._child is not None
    picture._child.kill()
    results: list[bytes] = []
    again = Thread(target=lambda: results.append(written(picture, blob())))
    again.start()
    while not codec.children._changed._waiters:  # type: ignore[attr-defined]  # threading's
        assert again.is_alive(), "it does not wait for the other one"
    whole = written(other, blob())
    again.join()
    assert results == [whole]


def test_death_in_the_middle_of_the_result(codec: SandboxedCodec) -> None:
    """A result whose child died half-way leaves nothing in the next attempt's."""
    whole = written(opened(codec, _LARGE), blob())
    picture = opened(codec, _LARGE)
    child = picture._child
    assert child is not None
    receive, parts = child.receive, []

    def die_at_the_third(*arguments: object) -> object:
        parts.append(1)
        if len(parts) == 3:
            child.kill()
        return receive(*arguments)  # type: ignore[arg-type]  # passed on

    child.receive = die_at_the_third  # type: ignore[method-assign,assignment]
    assert written(picture, blob()) == whole


def _opened_at_last(codec: SandboxedCodec) -> None:
    """Open a picture; ignore children that die before they are ready."""
    for _ in range(20):
        try:
            return opened(codec, _LARGE).close()
        except UncertainFaultError:
            raise
        except TransientError:
            continue
    pytest.fail("no child came to work")


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_death_over_a_picture(codec: SandboxedCodec, number: signal.Signals) -> None:
    """A picture over which two children crashed fails, and the next one is done."""
    with (
        signalling(os.getpid(), number),
        pytest.raises(PictureError, match="twice") as caught,
    ):
        _opened_at_last(codec)
    assert caught.value.reason is Reason.DECODER_CRASHED
    assert number.name in str(caught.value)
    assert written(opened(codec, _SMALL), blob())


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGUSR1])
def test_killed_from_outside(codec: SandboxedCodec, number: signal.Signals) -> None:
    """A signal that no crash sends is the machine's fault, or perhaps the picture's."""
    with (
        signalling(os.getpid(), number),
        pytest.raises(UncertainFaultError, match=number.name) as caught,
    ):
        _opened_at_last(codec)
    memory = number is signal.SIGKILL
    reason = Reason.OUT_OF_MEMORY if memory else Reason.DECODER_CRASHED
    assert caught.value.picture_error.reason is reason
    assert written(opened(codec, _SMALL), blob())


def test_memory_that_the_system_refuses(
    codec: SandboxedCodec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the system may refuse memory, no picture is blamed for a death at once."""
    never = tmp_path / "overcommit_memory"
    never.write_text("2\n", "ascii")
    monkeypatch.setattr(process, "_OVERCOMMIT", never)
    with signalling(os.getpid(), signal.SIGABRT), pytest.raises(UncertainFaultError):
        _opened_at_last(codec)


def test_too_little_memory(
    codec: SandboxedCodec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A picture that needs more memory than it may have is `out-of-memory`."""
    acquire = codec.children.acquire

    def acquire_a_poor_one(*, exclusive: bool = False) -> object:
        child = acquire(exclusive=exclusive)
        child.await_ready()
        pages = int(Path(f"/proc/{child.pid}/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + (8 << 20)
        resource.prlimit(child.pid, resource.RLIMIT_AS, (limit, limit))
        return child

    monkeypatch.setattr(codec.children, "acquire", acquire_a_poor_one)
    lying = encoded(photograph("coffee.png").resize((2500, 2500)), "BMP")
    with pytest.raises(PictureError) as caught:
        opened(codec, lying)
    assert caught.value.reason is Reason.OUT_OF_MEMORY
    monkeypatch.undo()
    assert written(opened(codec, _SMALL), blob())


def test_standstill(codec: SandboxedCodec, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture whose child stood still is opened once more, and is done."""
    monkeypatch.setattr(module, "_GRACE_SECONDS", -29.5)
    pid = pid_of(codec)
    os.kill(pid, signal.SIGSTOP)
    acquire = codec.children.acquire

    def acquire_patiently(*, exclusive: bool = False) -> ChildProcess:
        if exclusive:
            monkeypatch.undo()
        return acquire(exclusive=exclusive)

    monkeypatch.setattr(codec.children, "acquire", acquire_patiently)
    assert written(opened(codec, _SMALL), blob())
    assert pid_of(codec) != pid


@pytest.mark.parametrize(("busy_seconds", "tries"), [(20, 1), (2, 2)])
def test_hang(
    codec: SandboxedCodec,
    monkeypatch: pytest.MonkeyPatch,
    busy_seconds: float,
    tries: int,
) -> None:
    """A picture that hangs the decoder is `timed-out`, at once if that is busy."""
    tried: list[bool] = []
    acquire = codec.children.acquire

    def time_out(*_: object) -> None:
        raise ChildTimedOutError(busy_seconds)

    def acquire_a_slow_one(*, exclusive: bool = False) -> ChildProcess:
        tried.append(exclusive)
        child = acquire(exclusive=exclusive)
        monkeypatch.setattr(child, "receive", time_out)
        return child

    monkeypatch.setattr(codec.children, "acquire", acquire_a_slow_one)
    with pytest.raises(PictureError, match="DROPCUT_DECODE_SECONDS") as caught:
        opened(codec, _SMALL)
    assert caught.value.reason is Reason.TIMED_OUT
    assert tried == [False, True][:tries]
    monkeypatch.undo()
    assert written(opened(codec, _SMALL), blob())


def test_time_beside_a_standstill(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait for a child costs little of its time where the service stood still."""
    times = iter(range(0, 1_000_000, 1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(times)))
    here, there = socket.socketpair()
    budget = TimeBudget(30)
    with here, there:
        for _ in range(5):
            FrameSocket(there).send({"is": "ready"})
            FrameSocket(here).receive(0, budget)
    assert budget.seconds > 0


def test_child_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that cannot start is the machine's fault, with an explanation."""
    monkeypatch.setattr("sys.executable", "/bin/false")
    with closing(SandboxedCodec(CHILD_LIMITS)) as codec:
        with pytest.raises(TransientError, match="failed to start: exit code 1"):
            opened(codec, _SMALL)
        monkeypatch.undo()
        assert written(opened(codec, _SMALL), blob())

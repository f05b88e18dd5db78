"""`dropcut models pull` when network, server or disk fail, or it is killed."""

import signal
import socket

import pytest

from ..mirror import cut, status, whole
from .machine import TINY_FILE, Machine
from .processes import mounted, tmpfs
from .services import names
from .test_full_disk import fill
from .test_refusals import assert_refused
from .tiny_catalogue import TINY
from .waiting import eventually

BAD = {
    "cut-off": (
        cut(TINY[:99_999], len(TINY)),
        "interrupted after 0.1 MB: the server c",
    ),
    "wrong": (whole(TINY[::-1]), "is not the published model"),
    "web-page": (
        whole(b"<html>Please log in", "text/html"),
        "the server sent a web page",
    ),
    "missing": (status(404), "the server answered 404 Not Found"),
}


@pytest.mark.parametrize("case", BAD)
def test_pull_of_something_else(machine: Machine, case: str) -> None:
    """What is not the model ends with 1 and one line, and leaves nothing."""
    answer, why = BAD[case]
    machine.offer(answer)
    assert_refused(machine.pull("tiny"), 1, "dropcut: tiny: http://", why)
    assert not names(machine.place)


def test_pull_from_nobody(machine: Machine) -> None:
    """A server that is not there ends with 1 and one line."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = machine.models("pull", "tiny", "--from", url)
    assert_refused(done, 1, f"{url}/{TINY_FILE}: Connection refused")


def test_killed_pull(machine: Machine) -> None:
    """A pull that is killed leaves no model, and the next one clears up after it."""
    machine.offer(machine.mirror.held(TINY))
    with machine.start_pull() as process:
        eventually(machine.under_way)
        process.kill()
    assert not (machine.place / "tiny.onnx").exists()
    assert machine.under_way()
    machine.offer(whole(TINY))
    assert machine.pull("tiny").code == 0
    machine.assert_here()


def test_interrupted_pull(machine: Machine) -> None:
    """A pull that is broken off by Ctrl-C leaves nothing and says nothing."""
    machine.offer(machine.mirror.held(TINY))
    with machine.start_pull() as process:
        eventually(machine.under_way)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")
    assert not names(machine.place)


def test_two_pulls_at_once(machine: Machine) -> None:
    """Pulls of one model at the same time do not disturb each other."""
    machine.offer(machine.mirror.held(TINY))
    pulls = [machine.start_pull() for _ in range(3)]
    eventually(lambda: machine.under_way(3))
    machine.mirror.go.set()
    ended = [(*process.communicate(), process.returncode) for process in pulls]
    out = f"tiny is installed and verified: {machine.place / 'tiny.onnx'}\n".encode()
    assert ended == [(out, b"", 0)] * 3
    machine.assert_here()


def test_disk_that_runs_full(machine: Machine) -> None:
    """A disk that runs full during a pull ends it with one line."""
    machine.place.mkdir()
    machine.offer(machine.mirror.held(TINY))
    with mounted(machine.place, *tmpfs("400k")), machine.start_pull() as process:
        eventually(machine.under_way)
        fill(machine.place / "filler")
        machine.mirror.go.set()
        err = process.communicate()[1].decode()
        assert process.returncode == 1
        assert err.startswith(f"dropcut: tiny: {machine.place}: writing failed after ")
        assert err.endswith(" of 0.3 MB: No space left on device\n")
        assert "http" not in err
        assert err.count("\n") == 1
        assert names(machine.place) == ["filler"]


def test_disk_that_is_too_small(machine: Machine) -> None:
    """A model that has no room is not asked for."""
    machine.place.mkdir()
    with mounted(machine.place, *tmpfs("100k")):
        done = machine.pull("tiny")
    assert_refused(done, 1, f"tiny: {machine.place} has 0.1 MB free")
    assert not machine.mirror.asked

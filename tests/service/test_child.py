"""The process that opens pictures may die, hang or be killed: the service goes on."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from ..descendants import children_of, is_alive, is_ready, is_running, signalling
from .invariants import assert_promises
from .pictures import large_photo
from .services import Service, names
from .waiting import eventually


def children(service: Service) -> list[int]:
    """Return the service's children that are ready for work."""
    return [pid for pid in children_of(service.process.pid) if is_ready(pid)]


def one_that_works(service: Service) -> int:
    """Wait for a child that is busy with a picture."""
    return eventually(
        lambda: next((pid for pid in children(service) if is_running(pid)), 0),
        explain=service.explain,
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_one_death(service: Service, number: signal.Signals) -> None:
    """A picture whose child is killed once is still done, and nobody is blamed."""
    service.start()
    service.drop("large.jpg", large_photo())
    os.kill(one_that_works(service), number)
    service.drop("next.jpg")
    service.wait(processed=2)
    service.ended("large.jpg", "done")
    assert names(service.outbox) == ["large.png", "next.png"]
    assert_promises(service)


def test_deadly_picture(service: Service) -> None:
    """A picture that its children die of fails, and its neighbours are done."""
    service.start()
    pid = service.process.pid
    service.drop("deadly.jpg", large_photo())
    with signalling(pid, signal.SIGSEGV):
        facts = service.reason("deadly.jpg")
    assert (facts["reason"], facts["attempts"]) == ("decoder-crashed", 1)
    assert "SIGSEGV" in facts["message"]
    service.drop("a.jpg")
    service.drop("b.jpg")
    service.wait(processed=2, failed=1)
    assert service.process.poll() is None
    assert_promises(service)


def test_child_that_hangs(service: Service) -> None:
    """A picture at which a child hangs is `timed-out`, and the child is killed."""
    service.start(DROPCUT_JOB_SECONDS=2, DROPCUT_WATCHER="polling")
    (pid,) = eventually(lambda: children(service), explain=service.explain)
    os.kill(pid, signal.SIGSTOP)
    service.drop("endless.jpg")
    facts = service.reason("endless.jpg")
    assert facts["reason"] == "timed-out"
    assert "2 seconds that DROPCUT_JOB_SECONDS allows" in facts["message"]
    eventually(lambda: not is_alive(pid), explain=service.explain)
    service.prove_alive()
    assert_promises(service)


def test_sigterm_beside_a_hang(service: Service) -> None:
    """SIGTERM ends the service though a child hangs; the picture waits in the inbox."""
    service.start()
    (pid,) = eventually(lambda: children(service), explain=service.explain)
    os.kill(pid, signal.SIGSTOP)
    service.drop("endless.jpg")
    eventually(lambda: service.in_work(1), explain=service.explain)
    assert service.stop() == 0
    assert names(service.inbox) == ["endless.jpg"]
    eventually(lambda: not is_alive(pid))
    service.start()
    service.wait(processed=1)
    service.ended("endless.jpg", "interrupted", "done")
    assert service.events()[-1]["attempt"] == 1
    assert_promises(service)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_gone_with_the_service(service: Service, number: signal.Signals) -> None:
    """No child outlives the service, however that ends."""
    service.start()
    service.drop("large.jpg", large_photo())
    one_that_works(service)
    service.drop("next.jpg")
    pids = children(service)
    service.process.send_signal(number)
    service.process.wait(60)
    eventually(lambda: not any(map(is_alive, pids)))
    service.start()
    service.wait(processed=2)
    assert_promises(service)


def test_signals_of_a_terminal(service: Service) -> None:
    """What a terminal sends to all processes at once does not end a child."""
    service.start()
    (pid,) = eventually(lambda: children(service), explain=service.explain)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)
    service.prove_alive()
    assert pid in children(service)


def test_what_a_child_has(service: Service) -> None:
    """A child holds one socket, gains no privileges, and is the first to be killed."""
    service.start(NOTIFY_SOCKET="/run/nobody")
    service.prove_alive()
    (pid,) = children(service)
    process = Path(f"/proc/{pid}")
    held = sorted(str(file.readlink()) for file in (process / "fd").iterdir())
    assert held[:3] == ["/dev/null"] * 3
    assert [name.partition(":")[0] for name in held[3:]] == ["socket"]
    status = (process / "status").read_text("utf-8").splitlines()
    assert "NoNewPrivs:\t1" in status
    assert (process / "oom_score_adj").read_text("ascii").strip() == "1000"
    assert b"NOTIFY_SOCKET" not in (process / "environ").read_bytes()
    mapped = Path(f"/proc/{service.process.pid}/maps").read_text("utf-8")
    assert "libvips" not in mapped, "the service itself opens no picture"
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)

"""Where the kernel loses events, or has no more watches to give."""

import os
import signal
import sys
from pathlib import Path

import pytest

from ..needing import need
from .processes import run
from .promises import assert_promises
from .services import Service
from .waiting import eventually

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
# In a user namespace of its own, so that the machine's limit stays as it is
LIMITED = 'echo {} >/proc/sys/user/max_inotify_watches && exec "$@"'


def limited(watches: int) -> tuple[str, ...]:
    """Return the command that runs another one with so many watches at most."""
    under = ("unshare", "--user", "--map-root-user", "sh", "-c")
    command = (*under, LIMITED.format(watches), "sh")
    done = run(*command, sys.executable, "-c", "")
    need(done.code == 0, f"watches cannot be limited here: {done.err}")
    return command


def test_queue_overflow(service: Service) -> None:
    """A picture whose event the kernel has dropped is found at once all the same."""
    service.start()
    service.prove_alive("first")
    service.process.send_signal(signal.SIGSTOP)
    for number in range(int(QUEUE.read_text("ascii"))):  # each is made, and removed
        path = service.inbox / f"{number % 2}.part"
        os.mknod(path)
        path.unlink()
    service.drop("lost.jpg")
    service.process.send_signal(signal.SIGCONT)
    service.png("lost.png", 90)  # behind all that the kernel did not drop
    assert service.events("inotify overflow")
    service.prove_alive("last")
    assert_promises(service)


@pytest.mark.parametrize("watches", [0, 3])
def test_no_more_watches(service: Service, watches: int) -> None:
    """Where watches are used up, at the start or later, the inbox is polled."""
    service.under = limited(watches)
    service.start()
    for number in range(5):
        (service.inbox / str(number)).mkdir()
        service.prove_alive(f"{number}/a")
    eventually(lambda: service.events("polling"))
    for number in range(5):
        service.prove_alive(f"{number}/b")
    assert len(service.events("polling")) == 1
    assert_promises(service)

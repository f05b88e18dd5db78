"""Where the kernel drops events or refuses watches."""

import os
import signal
import sys
from pathlib import Path

import pytest

from ..requiring import require
from .invariants import assert_promises
from .processes import run
from .services import Service
from .waiting import eventually

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
# In its own user namespace, so that the machine's limit does not change
LIMITED = 'echo {} >/proc/sys/user/max_inotify_watches && exec "$@"'


def limited(watches: int) -> tuple[str, ...]:
    """Return a command prefix that limits inotify watches."""
    under = ("unshare", "--user", "--map-root-user", "sh", "-c")
    command = (*under, LIMITED.format(watches), "sh")
    done = run(*command, sys.executable, "-c", "")
    require(done.code == 0, f"watches cannot be limited here: {done.err}")
    return command


def test_queue_overflow(service: Service) -> None:
    """A picture is found at once even if the kernel dropped its event."""
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
    """If watches run out, at the start or later, the inbox is polled."""
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

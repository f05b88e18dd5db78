"""Users, kills and full disks in any order, with the real daemon on real mounts."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from dropcut.core.ignored import REASON_SUFFIX
from dropcut.storage.names import parse_claim_name
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ..service.invariants import pixels
from ..service.pictures import photo
from ..service.processes import mount, mounted, tmpfs, unmount
from ..service.services import Service, names, reason_of
from ..service.tiny_model import write_tiny_model
from ..service.waiting import eventually

_ALL = os.environ.get("DROPCUT_TEST_CRASH") == "all"
_NAMES = st.sampled_from(["a.jpg", "a.png", "b.jpg", "sub/a.jpg"])
_BAD = b"no picture"
_SETTINGS = {"DROPCUT_WATCHER": "polling", "DROPCUT_MAX_ATTEMPTS": 100}


class DaemonStateMachine(RuleBasedStateMachine):
    """What may happen to a daemon whose outbox is on a small disk."""

    service: Service | None = None

    @initialize()
    def begin(self) -> None:
        """Mount the disk and start the daemon."""
        self.root = Path(tempfile.mkdtemp(prefix="dropcut-test-"))
        self.stack = ExitStack()
        self.stack.callback(shutil.rmtree, self.root)
        model = write_tiny_model(self.root / "tiny.onnx")
        service = Service(self.root / "root", model).set(**_SETTINGS)
        self.disk = self.root / "disk"
        self.disk.mkdir()
        self.stack.enter_context(mounted(self.disk, *tmpfs("300k")))
        self.stack.enter_context(mounted(service.outbox, "--bind", self.disk))
        self.stack.callback(service.kill)
        self.dropped: list[bytes] = []
        self.service = service.start()

    @property
    def daemon(self) -> Service:
        """The daemon."""
        assert self.service
        return self.service

    @rule(name=_NAMES, good=st.booleans())
    def drop(self, name: str, *, good: bool) -> None:
        """Move a picture into the inbox, perhaps over another one."""
        data = (photo() if good else _BAD) + b" %d" % len(self.dropped)
        draft, path = self.root / "draft", self.daemon.inbox / name
        draft.write_bytes(data)
        path.parent.mkdir(exist_ok=True)
        with self._stopped():
            self._forget(path)
            draft.rename(path)
        self.dropped.append(data)

    @rule(name=_NAMES)
    def delete(self, name: str) -> None:
        """Remove a picture from the inbox."""
        path = self.daemon.inbox / name
        with self._stopped():
            self._forget(path)
            path.unlink(missing_ok=True)

    @rule(name=_NAMES, new_name=_NAMES)
    def rename(self, name: str, new_name: str) -> None:
        """Rename a picture in the inbox."""
        old, new = self.daemon.inbox / name, self.daemon.inbox / new_name
        with self._stopped():
            if old.exists() and not new.exists():
                new.parent.mkdir(exist_ok=True)
                old.rename(new)

    def _forget(self, path: Path) -> None:
        """Expect nothing more of a picture that its user removes."""
        if path.exists():
            self.dropped.remove(path.read_bytes())

    @rule()
    def retry(self) -> None:
        """Move all that failed back into the inbox."""
        assert self.daemon.command("retry").code == 0

    @rule()
    def kill(self) -> None:
        """Kill the daemon at any moment, and start it again."""
        self.daemon.kill()
        self.check()
        self.daemon.start()

    @rule()
    def restart(self) -> None:
        """Stop the daemon with SIGTERM, and start it again."""
        assert self.daemon.stop() == 0
        self.check()
        self.daemon.start()

    @rule()
    def fill(self) -> None:
        """Fill the disk of the outbox."""
        filler = (self.disk / ".filler").open("ab", buffering=0)
        with filler, suppress(OSError):
            while True:
                filler.write(bytes(1024))

    @rule()
    def free(self) -> None:
        """Make room again."""
        (self.disk / ".filler").unlink(missing_ok=True)

    @rule()
    def remount(self) -> None:
        """Unmount the disk of the outbox for a moment."""
        unmount(self.daemon.outbox)
        self.check()
        mount(self.daemon.outbox, "--bind", self.disk)

    @rule()
    def wait(self) -> None:
        """Wait until nothing is left to do, or the disk is found full."""
        full = (self.disk / ".filler").exists()
        eventually(lambda: full or self._is_done(), explain=self.daemon.explain)

    @contextmanager
    def _stopped(self) -> Iterator[None]:
        """Stop the daemon's threads during the block."""
        self.daemon.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.daemon.process.send_signal(signal.SIGCONT)

    @invariant()
    def promises(self) -> None:
        """Check the promises after each step."""
        if self.service:
            with self._stopped():
                self.check()
            assert self.service.process.poll() is None, self.service.explain()

    def check(self) -> None:
        """Check P1 to P5 while the daemon is stopped."""
        places = [self._read(self.daemon.root / n) for n in ("processed", "failed")]
        processed, failed = places
        inbox = self._read(self.daemon.inbox)
        everything = [*inbox, *processed, *failed, *self._claimed()]
        assert sorted(everything) == sorted(self.dropped), self.daemon.explain()
        assert all(data.startswith(_BAD) for data in failed), self.daemon.explain()
        results = [name for name in names(self.disk) if not _is_hidden(name)]
        for name in results:
            pixels(self.disk / name)
        published = [n for n in self.daemon.claimed() if n.endswith(".publish")]
        surplus = len(results) - len(processed)
        assert 0 <= surplus <= len(published), self.daemon.explain()
        for name in self.daemon.failures():
            if not _is_hidden(name):
                reason_of(self.daemon.failed / name)

    def _read(self, folder: Path) -> list[bytes]:
        """Return the originals that a user sees in a folder."""
        found = [name for name in names(folder) if not _is_hidden(name)]
        originals = (n for n in found if not n.endswith(REASON_SUFFIX))
        return [(folder / name).read_bytes() for name in originals]

    def _claimed(self) -> list[bytes]:
        found = filter(parse_claim_name, self.daemon.claimed())
        return [(self.daemon.claims / name).read_bytes() for name in found]

    def _is_done(self) -> bool:
        with self._stopped():
            return not self._read(self.daemon.inbox) and not self.daemon.claimed()

    def teardown(self) -> None:
        """Check that everything is done once there is room."""
        if self.service is None:
            return
        with self.stack:
            self.free()
            eventually(self._is_done, 60, self.daemon.explain)
            self.check()
            hidden = [n for n in names(self.daemon.root) if _is_hidden(n)]
            assert not hidden, hidden


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


TestDaemonStateMachine = pytest.mark.timeout(3600)(DaemonStateMachine.TestCase)
TestDaemonStateMachine.settings = settings(
    max_examples=25 if _ALL else 2,
    stateful_step_count=12 if _ALL else 8,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

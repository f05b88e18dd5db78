"""Users, faults and kills in any order, without threads: thousands of steps."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from .faulty import Plan
from .in_process_service import BAD, CUT_OFF
from .world import GOOD, World

_ALL = os.environ.get("DROPCUT_TEST_CRASH") == "all"
_ERRORS = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.ESTALE)
_NAMES = st.sampled_from(["a.jpg", "a.png", "b.jpg", "sub/a.jpg", "sub/b.jpg"])
_LOSABLE = st.sampled_from(["outbox", "processed", "failed"])
_CALLS = st.integers(0, 80)


class ServiceStateMachine(RuleBasedStateMachine):
    """What may happen to a service and its folders."""

    world: World | None = None

    @initialize()
    def begin(self) -> None:
        """Start on empty folders."""
        self.root = Path(tempfile.mkdtemp(prefix="dropcut-test-"))
        self.world = World(self.root)

    @property
    def _world(self) -> World:
        assert self.world
        return self.world

    @rule(name=_NAMES, kind=st.sampled_from([GOOD, BAD, CUT_OFF]))
    def drop(self, name: str, kind: bytes) -> None:
        """Drop a picture, perhaps over another one."""
        self._world.drop(name, kind)

    @rule(name=_NAMES)
    def delete(self, name: str) -> None:
        """Remove a picture from the inbox."""
        self._world.delete(name)

    @rule(name=_NAMES, new_name=_NAMES)
    def rename(self, name: str, new_name: str) -> None:
        """Rename a picture in the inbox."""
        self._world.rename(name, new_name)

    @rule(times=st.integers(1, 3))
    def work(self, times: int) -> None:
        """Let time pass."""
        self._world.work(times)

    @rule(after=_CALLS)
    def kill(self, after: int) -> None:
        """Kill the service, and start it again."""
        self._world.kill(after)

    @rule()
    def restart(self) -> None:
        """Start again with nothing in memory."""
        self._world.restart()

    @rule(
        after=_CALLS,
        calls=st.integers(1, 3),
        error=st.sampled_from(_ERRORS),
        done=st.booleans(),
    )
    def fail(self, after: int, calls: int, error: int, *, done: bool) -> None:
        """Let some calls fail, or report a failure although they succeeded."""
        self._world.fail(Plan(after, calls, error, done))

    @rule(full=st.booleans())
    def fill(self, *, full: bool) -> None:
        """Fill the disk, or free it."""
        self._world.os.full = full

    @rule(name=_LOSABLE)
    def lose(self, name: str) -> None:
        """Remove a folder, or bring it back."""
        self._world.lose(name)

    @rule()
    def retry(self) -> None:
        """Move all that failed back into the inbox."""
        self._world.retry()

    @invariant()
    def promises(self) -> None:
        """Check the promises after each step."""
        if self.world:
            self.world.check()

    def teardown(self) -> None:
        """Check that everything is done once no fault is left."""
        if self.world:
            try:
                self.world.check_end()
            finally:
                self.world.close()
                shutil.rmtree(self.root)


TestMachine = ServiceStateMachine.TestCase
TestMachine.settings = settings(
    max_examples=2000 if _ALL else 60,
    stateful_step_count=30,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

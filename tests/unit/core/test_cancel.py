"""What a cancel scope cancels, and what counts as active time."""

import pytest
from dropcut.core.cancel import CancelScope
from dropcut.core.errors import InterruptedWorkError, PictureError, Reason

_LATE = PictureError(Reason.TIMED_OUT, "too long")
_STOP = InterruptedWorkError("the service is stopping")


class _Clock:
    """A clock that tests set."""

    seconds = 100.0

    def __call__(self) -> float:
        """Return its time."""
        return self.seconds


def test_own_time() -> None:
    """Only time in cancellable steps is active time."""
    clock = _Clock()
    scope = CancelScope(clock)
    clock.seconds += 50
    assert scope.active_seconds == 0
    for _ in range(2):
        with scope.cancellable(lambda: None):
            clock.seconds += 7
            assert scope.active_seconds % 7 == 0
        clock.seconds += 1000
    assert scope.active_seconds == 14


def test_standstill() -> None:
    """Time in which nobody asks is hardly active time: everything stood still."""
    clock = _Clock()
    scope = CancelScope(clock)
    with scope.cancellable(lambda: None):
        for _ in range(30):
            clock.seconds += 2
            assert scope.active_seconds == clock.seconds - 100
        clock.seconds += 3600
    assert scope.active_seconds <= 75


def _work_that_is_broken_off(scope: CancelScope, stopped: list[int]) -> None:
    with scope.cancellable(lambda: stopped.append(1)):
        scope.cancel(_LATE)
        scope.cancel(_STOP)
        raise OSError


def test_first_cause_counts() -> None:
    """A step that is cancelled twice raises the first cause."""
    scope = CancelScope()
    stopped: list[int] = []
    with pytest.raises(PictureError) as caught:
        _work_that_is_broken_off(scope, stopped)
    assert caught.value is _LATE
    assert isinstance(caught.value.__cause__, OSError)
    assert stopped == [1, 1]


def test_later_step_is_not_begun() -> None:
    """A cancellation between two steps takes effect in the next one."""
    scope = CancelScope()
    with scope.cancellable(lambda: None):
        pass
    scope.cancel(_STOP)
    with pytest.raises(InterruptedWorkError), scope.cancellable(lambda: None):
        pytest.fail("it was begun")


def test_other_errors_pass() -> None:
    """A step that fails without being cancelled raises its own error."""
    with pytest.raises(OSError, match="own"), CancelScope().cancellable(lambda: None):
        raise OSError("own")

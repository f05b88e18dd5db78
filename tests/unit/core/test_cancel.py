"""What is broken off, and what counts as a picture's own time."""

import pytest
from dropcut.core.cancel import Halt
from dropcut.core.errors import InterruptedWorkError, PictureError, Reason

_LATE = PictureError(Reason.TIMED_OUT, "too long")
_STOP = InterruptedWorkError("the service stops")


class _Clock:
    """A clock that is set by hand."""

    seconds = 100.0

    def __call__(self) -> float:
        """Return its time."""
        return self.seconds


def test_own_time() -> None:
    """Only work that can be broken off is a picture's own time."""
    clock = _Clock()
    halt = Halt(clock)
    clock.seconds += 50
    assert halt.own_seconds == 0
    for _ in range(2):
        with halt.breaking(lambda: None):
            clock.seconds += 7
            assert halt.own_seconds % 7 == 0
        clock.seconds += 1000
    assert halt.own_seconds == 14


def _work_that_is_broken_off(halt: Halt, stopped: list[int]) -> None:
    with halt.breaking(lambda: stopped.append(1)):
        halt.break_off(_LATE)
        halt.break_off(_STOP)
        raise OSError


def test_first_cause_counts() -> None:
    """What is broken off twice raises the first cause, and what had failed by it."""
    halt = Halt()
    stopped: list[int] = []
    with pytest.raises(PictureError) as caught:
        _work_that_is_broken_off(halt, stopped)
    assert caught.value is _LATE
    assert isinstance(caught.value.__cause__, OSError)
    assert stopped == [1, 1]


def test_later_step_is_not_begun() -> None:
    """Between two steps a break is kept for the next one."""
    halt = Halt()
    with halt.breaking(lambda: None):
        pass
    halt.break_off(_STOP)
    with pytest.raises(InterruptedWorkError), halt.breaking(lambda: None):
        pytest.fail("it was begun")


def test_other_errors_pass() -> None:
    """What fails by itself raises its own error."""
    with pytest.raises(OSError, match="own"), Halt().breaking(lambda: None):
        raise OSError("own")

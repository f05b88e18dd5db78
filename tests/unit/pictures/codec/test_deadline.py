"""A picture is late only if its process was busy."""

import time

import pytest
from dropcut.core.errors import PictureError, Reason
from dropcut.pictures.codec.deadline import Deadline


def test_idle_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """While its process got no processor, a picture is not late."""
    deadline = Deadline(30)
    later = time.monotonic() + 3600
    monkeypatch.setattr(time, "monotonic", lambda: later)
    deadline.check()
    busy = time.process_time() + 20
    monkeypatch.setattr(time, "process_time", lambda: busy)
    with pytest.raises(PictureError) as caught:
        deadline.check()
    assert caught.value.reason is Reason.TIMED_OUT


def test_time_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy several processors were, a picture has the time itself."""
    deadline = Deadline(30)
    busy = time.process_time() + 100
    monkeypatch.setattr(time, "process_time", lambda: busy)
    deadline.check()

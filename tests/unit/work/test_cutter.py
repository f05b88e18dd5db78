"""A cutter turns the bytes of a picture into those of a result, without folders."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from dropcut.core.cancel import CancelScope
from dropcut.core.errors import (
    InterruptedWorkError,
    ModelUnavailableError,
    PictureError,
    Reason,
)
from dropcut.core.pictures import OutputFormat, OutputOptions
from dropcut.core.profiles import Profile
from dropcut.work.cutter import LocalCutter
from dropcut.work.ports import CutInfo

from ..fakes import FakeCodec, FakeEngine, FakeEngines, Steps

_STAGES = ["open", "wait", "infer", "cut_out"]
_CORRUPT = PictureError(Reason.CORRUPT, "It is broken.")


class _Cutting:
    """A cutter of fakes."""

    def __init__(self, **faults: Exception) -> None:
        self.steps = Steps(faults={step: [fault] for step, fault in faults.items()})
        self.codec = FakeCodec(self.steps)
        self.engines = FakeEngines(FakeEngine(self.steps))
        self.cutter = LocalCutter(self.codec, self.engines)

    @contextmanager
    def sink(self) -> Iterator[int]:
        """Record when the result's file is opened and whole."""
        self.steps.take("sink")
        yield 1
        self.steps.take("sink is whole")

    def run(self, profile: Profile, form: OutputFormat = OutputFormat.PNG) -> CutInfo:
        """Cut a picture out, and return what is known, also after a failure."""
        cut = self.cutter.ready(profile)
        try:
            cut.run(b"data", self.sink, form, CancelScope())
        except (PictureError, InterruptedWorkError):
            return cut.info
        return cut.info


def test_order_of_the_steps() -> None:
    """The model is loaded first, and no file is opened before there is a mask."""
    cutting = _Cutting()
    cutting.run(Profile(model="tiny"))
    made = ["model", "open", "infer", "sink", "cut_out", "sink is whole"]
    assert cutting.steps.done == made
    assert [picture.closed for picture in cutting.codec.opened] == [True]


def test_what_is_known_afterwards() -> None:
    """A cut knows model, size, notes and the time of each stage in order."""
    info = _Cutting().run(Profile(model="tiny"))
    assert (info.model, info.size_px) == ("tiny", (2000, 1500))
    assert (info.notes, info.no_subject) == (("first of 2 pages",), False)
    assert list(info.milliseconds) == _STAGES


@pytest.mark.parametrize(
    ("step", "stages"), [("open", 1), ("infer", 3), ("cut_out", 4)]
)
def test_what_is_known_after_a_failure(step: str, stages: int) -> None:
    """A failed cut knows what was found out before, and has closed its picture."""
    cutting = _Cutting(**{step: _CORRUPT})
    info = cutting.run(Profile(model="tiny"))
    assert info.model == "tiny"
    assert list(info.milliseconds) == _STAGES[:stages]
    assert info.size_px == (None if step == "open" else (2000, 1500))
    assert all(picture.closed for picture in cutting.codec.opened)


def test_before_the_work() -> None:
    """A cut that has not begun knows its model."""
    assert _Cutting().cutter.ready(Profile(model="tiny")).info == CutInfo(model="tiny")


def test_format_and_options() -> None:
    """The result has the requested format; all other options come from the profile."""
    cutting = _Cutting()
    options = OutputOptions(keep="icc", background=(1, 2, 3))
    cutting.run(Profile(model="tiny", options=options), OutputFormat.WEBP)
    (used,) = cutting.codec.options_used
    assert (used.format, used.keep, used.background) == (".webp", "icc", (1, 2, 3))


def test_model_that_is_unavailable() -> None:
    """If the model cannot be loaded, the picture is not at fault and is not opened."""
    cutting = _Cutting()
    cutting.engines.lost.add("tiny")
    with pytest.raises(ModelUnavailableError):
        cutting.cutter.ready(Profile(model="tiny"))
    assert cutting.codec.opened == []


def test_cancelled() -> None:
    """A cut that was cancelled raises the cause and leaves no file."""
    cutting, scope = _Cutting(), CancelScope()
    cause = InterruptedWorkError("the service is stopping")
    cutting.engines.engine.meanwhile = lambda: scope.cancel(cause)
    cut = cutting.cutter.ready(Profile(model="tiny"))
    with pytest.raises(InterruptedWorkError) as caught:
        cut.run(b"data", cutting.sink, OutputFormat.PNG, scope)
    assert caught.value is cause
    assert "sink" not in cutting.steps.done

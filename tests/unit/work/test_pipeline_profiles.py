"""What is done with a picture depends on the folder in which it was dropped."""

from pathlib import PurePosixPath

import numpy as np
import pytest
from dropcut.core.cancel import CancelScope
from dropcut.core.errors import PictureError, Reason
from dropcut.core.pictures import OutputFormat, OutputOptions, Pixels
from dropcut.core.profiles import Profile, Profiles
from dropcut.core.reports import Outcome, Report
from dropcut.work.cutter import LocalCutter
from dropcut.work.pipeline import Pipeline

from ..fakes import FakeCodec, FakeEngine, FakeEngines, FakeStore, Steps, a_claim

_GENERAL = Profile(model="tiny", options=OutputOptions(keep="icc"))
_SHOP = Profile(
    folder=PurePosixPath("shop"),
    model="other",
    options=OutputOptions(background=(255, 255, 255), format=OutputFormat.WEBP),
)
_EMPTY = Profile(
    folder=PurePosixPath("shop/empty"), model="tiny", allow_no_subject=True
)


class _BlindEngine(FakeEngine):
    """Finds no subject: its masks are flat."""

    def infer(self, picture: Pixels, scope: CancelScope) -> Pixels:
        """Return a flat mask."""
        return np.full_like(super().infer(picture, scope), 255)


class _Harness:
    """A pipeline of fakes, with three profiles."""

    def __init__(
        self, engine: type[FakeEngine] = FakeEngine, **faults: Exception
    ) -> None:
        self.steps = Steps(faults={step: [fault] for step, fault in faults.items()})
        self.store, self.codec = FakeStore(self.steps), FakeCodec(self.steps)
        self.engines = FakeEngines(engine(self.steps))
        self.pipeline = Pipeline(
            store=self.store,
            cutter=LocalCutter(self.codec, self.engines),
            profiles=Profiles((_GENERAL, _SHOP, _EMPTY)),
            max_attempts=3,
        )

    def process(self, name: str, output: str = "a.png") -> Report:
        return self.pipeline.process(
            a_claim(name, output=PurePosixPath(output)), CancelScope()
        )


@pytest.mark.parametrize(
    ("name", "profile"),
    [("a.jpg", _GENERAL), ("shop/a.jpg", _SHOP), ("shop/empty/x/a.jpg", _EMPTY)],
)
def test_profile_of_the_folder(name: str, profile: Profile) -> None:
    """Model and output options come from the nearest parent folder with a profile."""
    harness = _Harness()
    suffix = profile.options.format
    assert harness.process(name, f"a{suffix}").outcome is Outcome.DONE
    assert harness.engines.asked == [profile]
    assert harness.codec.options_used == [profile.options]


@pytest.mark.parametrize(("name", "form"), [("a.jpg", ".webp"), ("shop/a.jpg", ".png")])
def test_format_of_the_claim(name: str, form: str) -> None:
    """The format is that of the claim's output, even if the settings have changed."""
    harness = _Harness()
    report = harness.process(name, f"a{form}")
    assert [options.format for options in harness.codec.options_used] == [form]
    assert str(report.output) == f"a{form}"


def test_name_of_the_model() -> None:
    """A report has the model's name, also if the picture fails."""
    assert _Harness().process("a.jpg").model == "tiny"
    no_subject = PictureError(Reason.NO_SUBJECT, "Nothing is there.")
    report = _Harness(infer=no_subject).process("a.jpg")
    assert (report.reason, report.model) == (Reason.NO_SUBJECT, "tiny")


def test_no_model_without_work() -> None:
    """A picture that is given up needs no model, and the report names none."""
    harness = _Harness()
    report = harness.pipeline.process(a_claim(attempts=3), CancelScope())
    assert (report.reason, report.model) == (Reason.GAVE_UP, "")
    assert harness.engines.asked == []


def test_published_without_a_subject() -> None:
    """A picture without a subject fails, or has a note if the profile allows it."""
    assert _Harness(_BlindEngine).process("shop/a.jpg").reason is Reason.NO_SUBJECT
    report = _Harness(_BlindEngine).process("shop/empty/a.jpg")
    assert report.outcome is Outcome.DONE
    assert report.notes == ("first of 2 pages", "no subject")
    assert _Harness().process("shop/empty/a.jpg").notes == ("first of 2 pages",)

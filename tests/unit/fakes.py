"""Hand-written fakes of everything that work on a picture uses."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import structlog
from dropcut.core.cancel import CancelScope
from dropcut.core.claims import Claim, ClaimState, FileIdentity, InboxFile, SkippedEntry
from dropcut.core.errors import ModelUnavailableError, Reason
from dropcut.core.models import Recipe
from dropcut.core.pictures import OutputOptions, Pixels
from dropcut.core.profiles import Profile, Profiles
from dropcut.inbox.ports import SubFolder

if TYPE_CHECKING:
    from dropcut.events.log import Logger

PLAIN = Recipe(mean=(0, 0, 0), std=(1, 1, 1))
PEOPLE = Profile(folder=PurePosixPath("people"), model="human")
PROFILES = Profiles((Profile(model="tiny"), PEOPLE))
Events = list[dict[str, object]]


def logger(events: Events) -> "Logger":
    """Return a logger that keeps its events."""

    def keep(_logger: object, method: str, event: "structlog.types.EventDict") -> str:
        events.append({**event, "level": method})
        raise structlog.DropEvent

    wrapped = structlog.wrap_logger(
        None,
        processors=[keep],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    return cast("Logger", wrapped)


def a_claim(name: str = "photo.jpg", **values: Any) -> Claim:  # noqa: ANN401  # of any field
    """Return a claim of a picture."""
    source = PurePosixPath(name)
    claim = Claim(id=f"0-{name}", source=source, output=source.with_suffix(".png"))
    return replace(claim, **values)


@dataclass
class Steps:
    """Records the steps in order, and fails at those that a test chooses."""

    done: list[str] = field(default_factory=list)
    faults: dict[str, list[Exception]] = field(default_factory=dict)

    def take(self, step: str) -> None:
        """Record a step, or fail at it as planned."""
        self.done.append(step)
        if self.faults.get(step):
            raise self.faults[step].pop(0)


class FakeStore:
    """A store that only records its calls."""

    def __init__(self, steps: Steps) -> None:
        """Create a store; attributes say what is there."""
        self.steps = steps
        self.name_is_taken = self.result_is_lost = False
        self.failed: tuple[str, Reason | None] | None = None
        self.blocked: PurePosixPath | None = PurePosixPath()

    def check_room(self) -> None:
        """Record it."""
        self.steps.take("check_room")

    def count_attempt(self, claim: Claim) -> Claim:
        """Count."""
        self.steps.take("count_attempt")
        return replace(claim, attempts=claim.attempts + 1)

    def revert_attempt(self, claim: Claim) -> Claim:
        """Count back."""
        self.steps.take("revert_attempt")
        return replace(claim, attempts=claim.attempts - 1)

    def read(self, claim: Claim) -> bytes:
        """Return the name as content."""
        self.steps.take("read")
        return str(claim.source).encode()

    @contextmanager
    def temp(self, claim: Claim) -> Iterator[int]:
        """Record start and end."""
        self.steps.take("temp")
        yield hash(claim.id) % 100
        self.steps.take("temp is whole")

    def publish(self, claim: Claim) -> Claim:
        """Change the state."""
        self.steps.take("publish")
        return replace(claim, state=ClaimState.PUBLISH)

    def resume(self, claim: Claim) -> Claim:
        """Return the claim as the test has set."""
        assert claim.state is ClaimState.PUBLISH
        self.steps.take("resume")
        return replace(claim, state=ClaimState.WORK) if self.result_is_lost else claim

    def blocked_folder(self, claim: Claim, error: OSError) -> PurePosixPath | None:
        """Return what the test has set."""
        assert claim.id
        assert error.errno
        return self.blocked

    def refresh(self, claim: Claim) -> Claim:
        """Return the claim unchanged."""
        assert claim.id
        return claim

    def discard_temp(self, claim: Claim) -> None:
        """Record it."""
        assert claim.id
        self.steps.take("discard_temp")

    def archive_processed(self, claim: Claim) -> None:
        """Record it."""
        assert claim.state in (ClaimState.PUBLISH, ClaimState.PROCESSED)
        self.steps.take("archive_processed")

    def archive_failed(self, claim: Claim, reason: Reason, message: str) -> None:
        """Record it with the reason."""
        assert message
        self.steps.take("archive_failed")
        self.failed = (str(claim.source), reason)

    def release_to_inbox(self, claim: Claim) -> bool:
        """Return what the test has set."""
        assert claim.id
        self.steps.take("release_to_inbox")
        return not self.name_is_taken


@dataclass
class FakePicture:
    """A picture of one colour."""

    steps: Steps
    model_input: Pixels
    width_px: int = 2000
    height_px: int = 1500
    notes: tuple[str, ...] = ("first of 2 pages",)
    closed: bool = False

    def cut_out(self, mask: Pixels, sink: int) -> None:
        """Record it."""
        assert mask.max() == 255
        assert sink >= 0
        self.steps.take("cut_out")

    def close(self) -> None:
        """Record it."""
        self.closed = True


class FakeCodec:
    """A codec that opens anything."""

    def __init__(self, steps: Steps) -> None:
        """Record its steps in `steps`."""
        self.steps = steps
        self.options_used: list[OutputOptions] = []
        self.opened: list[FakePicture] = []

    def open(
        self,
        data: bytes,
        width_px: int,
        height_px: int,
        options: OutputOptions,
        scope: CancelScope,
    ) -> FakePicture:
        """Return a picture of the model's size."""
        assert data
        self.options_used.append(options)
        with scope.cancellable(lambda: None):
            self.steps.take("open")
        pixels = np.full((height_px, width_px, 3), 128, np.uint8)
        self.opened.append(FakePicture(self.steps, pixels))
        return self.opened[-1]


class FakeEngine:
    """An engine that finds a subject in the left half of any picture."""

    name = "tiny"
    width_px, height_px = 8, 4

    def __init__(self, steps: Steps) -> None:
        """Record its steps in `steps`."""
        self.steps = steps
        self.meanwhile: Callable[[], None] = lambda: None

    def infer(self, picture: Pixels, scope: CancelScope) -> Pixels:
        """Return a mask."""
        assert picture.shape == (self.height_px, self.width_px, 3)
        broken: list[bool] = []
        with scope.cancellable(lambda: broken.append(True)):
            self.meanwhile()
            if broken:
                raise RuntimeError("terminated")
            self.steps.take("infer")
        mask = np.zeros((self.height_px, self.width_px), np.uint8)
        mask[:, :4] = 255
        return mask


class FakeEngines:
    """One model for all profiles; for some it may be unavailable."""

    def __init__(self, engine: FakeEngine) -> None:
        """Create a cache with one model."""
        self.engine = engine
        self.lock = threading.Lock()
        self.asked: list[Profile] = []
        self.lost: set[str] = set()
        self.meanwhile: Callable[[], None] = lambda: None

    def get(self, profile: Profile) -> FakeEngine:
        """Return it."""
        self.engine.steps.take("model")
        self.asked.append(profile)
        self.meanwhile()
        if profile.model in self.lost:
            raise ModelUnavailableError(f"{profile.model} is gone")
        return self.engine

    def exclusive(self) -> AbstractContextManager[object]:
        """Admit one picture at a time."""
        return self.lock


class FakeInbox:
    """An inbox in memory."""

    def __init__(self) -> None:
        """Create an empty inbox."""
        self.files: dict[str, int] = {}
        self.skipped: dict[str, str] = {}
        self.faults: dict[str, OSError] = {}
        self.lost: OSError | None = None
        self.changing: set[str] = set()
        self.looks: list[str] = []

    def put(self, *names: str, size: int = 1) -> None:
        """Add files of a size, or replace them."""
        self.files |= dict.fromkeys(names, size)

    def _item(self, name: str) -> InboxFile | SkippedEntry | None:
        if name in self.skipped:
            return SkippedEntry(PurePosixPath(name), self.skipped[name])
        if name not in self.files:
            return None
        size = self.files[name]
        identity = FileIdentity(device=1, inode=hash(name), size_bytes=size, mtime_ns=0)
        return InboxFile(PurePosixPath(name), identity)

    def scan(self, below: PurePosixPath) -> Iterator[InboxFile | SkippedEntry]:
        """Yield what is below a folder, or fail as was set."""
        if str(below) in self.faults:
            raise self.faults[str(below)]
        for name in sorted([*self.files, *self.skipped]):
            item = self._item(name)
            if item and PurePosixPath(name).is_relative_to(below):
                yield item

    def entry_at(
        self, path: PurePosixPath
    ) -> InboxFile | SkippedEntry | SubFolder | None:
        """Return what is there, and note that it was asked for."""
        self.looks.append(str(path))
        if any(PurePosixPath(name).parent == path for name in self.files):
            return SubFolder(path)
        return self._item(str(path))

    def check(self) -> None:
        """Raise what the test has set."""
        if self.lost:
            raise self.lost

    def claim(self, file: InboxFile) -> Claim | None:
        """Remove the file from the inbox."""
        name = str(file.path)
        if name in self.faults:
            raise self.faults[name]
        if name in self.changing:
            self.files[name] += 1
            return None
        assert self._item(name) == file
        del self.files[name]
        return a_claim(name)


class FakeWatcher:
    """A watcher that reports nothing."""

    def __init__(self) -> None:
        """Begin stopped; `on_start` is called by `start` and may raise."""
        self.on_start: Callable[[], None] = lambda: None
        self.is_healthy = self.running = False

    def start(self) -> None:
        """Run, and be healthy."""
        self.is_healthy = self.running = True
        self.on_start()

    def stop(self) -> None:
        """Stop."""
        self.running = False

    def healthy(self) -> bool:
        """Answer as was set."""
        return self.is_healthy

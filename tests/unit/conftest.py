"""What the unit tests share: folders, a codec, and a guard against lost threads."""

import codecs
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from dropcut.core.claims import Folders
from dropcut.core.pictures import Pixels
from dropcut.inbox.scan import InboxFolder
from dropcut.pictures.codec import Decoder
from dropcut.pictures.sandbox import SandboxedCodec
from dropcut.storage import Claims, FolderStore, posix
from hypothesis import HealthCheck, settings
from PIL import Image

from .children import CHILD_LIMITS
from .output_options import RAW
from .results import write_result
from .worker_harness import WorkerHarness

settings.register_profile(
    "unit",
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("unit")

Cut = Callable[[bytes, Pixels], Image.Image]
_NOBODY = 65534


@pytest.fixture(autouse=True)
def _no_leaked_threads() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    assert [thread.name for thread in _own_threads() if thread not in before] == []


def _own_threads() -> list[threading.Thread]:
    """Return Python's threads; those of libvips that called Python are dummies."""
    dummy = threading._DummyThread
    return [t for t in threading.enumerate() if not isinstance(t, dummy)]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Make the four folders of a service."""
    names = ("inbox", "outbox", "processed", "failed")
    for name in names:
        (tmp_path / name).mkdir()
    return Folders(**{name: tmp_path / name for name in names})


@pytest.fixture
def claims(folders: Folders) -> Claims:
    """Return the claims of these folders."""
    return Claims(folders)


@pytest.fixture
def store(folders: Folders, claims: Claims) -> FolderStore:
    """Return the store of these folders, for files of up to 1 MiB."""
    return FolderStore(folders, claims, max_file_mb=1, min_free_mb=0)


@pytest.fixture
def inbox(folders: Folders, claims: Claims) -> InboxFolder:
    """Return the inbox of these folders."""
    return InboxFolder(folders, claims, recursive=True, ignore=("*.raw",))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    """Open the test's own folder."""
    with posix.opened_folder(tmp_path) as opened:
        yield opened


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """Make a folder on another file system than the test's own."""
    shared = Path("/dev/shm")  # noqa: S108  # the other file system that Linux has
    if not shared.is_dir() or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second file system at /dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="dropcut-test-", dir=shared))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def unprivileged(tmp_path: Path) -> Iterator[Path]:
    """Give a folder to a user who is not root, and be that user for the test."""
    folder = Path(tempfile.mkdtemp(prefix="dropcut-test-"))
    was = os.geteuid()
    codecs.lookup("ascii")  # what that user may not import is remembered as missing
    if was == 0:
        os.chown(folder, _NOBODY, _NOBODY)
        os.seteuid(_NOBODY)
    yield folder
    os.seteuid(was)
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(0o700)
    shutil.rmtree(folder)
    assert tmp_path.is_dir()


@pytest.fixture
def make_worker() -> Iterator[Callable[..., WorkerHarness]]:
    """Return what makes workers with short back-offs, and ends them."""
    made: list[WorkerHarness] = []

    def make(**options: Any) -> WorkerHarness:  # noqa: ANN401  # as the harness takes
        made.append(WorkerHarness(**options))
        return made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture(scope="session")
def codec() -> Decoder:
    """Return the codec with its default limits."""
    return Decoder(max_megapixels=100, decode_seconds=30, threads=2)


@pytest.fixture(scope="session")
def child_codec() -> Iterator[SandboxedCodec]:
    """Return the codec in processes of its own, with its default limits."""
    with closing(SandboxedCodec(CHILD_LIMITS)) as codec:
        codec.await_ready()  # its thread is there before any test
        yield codec


@pytest.fixture
def cut(codec: Decoder, tmp_path: Path) -> Cut:
    """Return what opens a picture, cuts it out by a mask, and reads the PNG back."""

    def cut_out(data: bytes, mask: Pixels) -> Image.Image:
        height, width = mask.shape
        path = tmp_path / "cut-out.png"
        with path.open("wb") as sink:
            write_result(codec.open(data, width, height, RAW), mask, sink.fileno())
        with Image.open(path) as picture:
            picture.load()
            return picture

    return cut_out

"""How a model of the catalogue is fetched; nothing else of Dropcut uses the network.

The file gets its name when it is whole, checked and durable. Until then it is a hidden
draft, locked by the process that writes it: a draft that can be locked is a leftover.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import IncompleteRead
from pathlib import Path
from typing import Any

import pooch

from dropcut.core.errors import (
    NOT_WRITABLE,
    ConfigurationError,
    DownloadError,
    describe,
)
from dropcut.models.catalogue.locations import own_folders
from dropcut.models.catalogue.table import MODELS, Entry, sha256_of, shown_size

_DRAFT = ".dropcut-pull-{}.part"
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SILENCE_SECONDS = 30
_CHUNK_BYTES = 1 << 16
_BEFORE_A_PAGE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"  # byte order marks, blanks


def pull(
    name: str,
    folder: Path | None,
    *,
    mirror: str | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Path:
    """Fetch a model and return its path; what was there under its name is replaced.

    Args:
        name: A name of the catalogue.
        folder: `DROPCUT_MODEL_DIR`.
        mirror: URL of a folder that holds the publisher's files.
        progress: Told of each piece, in bytes.

    Raises:
        DownloadError: It did not arrive, or is not what was published.
        ConfigurationError: The folder for it cannot be written.
    """
    entry, place = MODELS[name], own_folders(folder)[0]
    url = f"{mirror.rstrip('/')}/{entry.file}" if mirror else entry.url
    target = place / f"{name}.onnx"
    try:
        _prepare(place, target, entry)
        with _draft(place) as (draft, path):
            _download(url, _Sink(draft, place, entry, progress))
            _check(url, draft, entry)
            os.fsync(draft)
            path.rename(target)
        _sync_folder(place)
    except OSError as error:
        if error.errno in NOT_WRITABLE:
            raise ConfigurationError(
                f"{place} cannot be written: {describe(error)}", setting="model_dir"
            ) from error
        raise DownloadError(f"{place}: {describe(error)}") from error
    return target


def _prepare(place: Path, target: Path, entry: Entry) -> None:
    """Make the folder, free it of leftovers and see that there is room in it."""
    if target.is_dir():
        raise DownloadError(
            f"{target} is a folder, and the model's file is to be there: remove it"
        )
    if not place.is_dir():
        place.mkdir(parents=True)
        place.chmod(0o755)  # whatever the umask: the service is another user
    for path in place.glob(_DRAFT.format("*")):
        _remove_leftover(path)
    free_bytes = shutil.disk_usage(place).free
    if free_bytes < entry.size_bytes:
        raise DownloadError(
            f"{place} has {shown_size(free_bytes)} free, the model needs {entry.size}"
        )


def _remove_leftover(path: Path) -> None:
    """Remove the draft of a process that was killed; one at work keeps its own."""
    with suppress(OSError):
        draft = os.open(path, _OPEN)
        try:
            fcntl.flock(draft, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(draft)


@contextmanager
def _draft(place: Path) -> Iterator[tuple[int, Path]]:
    """Make a hidden file, which is gone at exit unless it got another name."""
    draft, path = _new_draft(place)
    try:
        os.fchmod(draft, 0o644)  # whatever the umask: the service is another user
        yield draft, path
    finally:
        with suppress(FileNotFoundError):
            path.unlink()
        os.close(draft)


def _new_draft(place: Path) -> tuple[int, Path]:
    while True:
        path = place / _DRAFT.format(secrets.token_hex(8))
        draft = os.open(path, _CREATE, 0o644)
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(draft, fcntl.LOCK_EX)
        if path.exists():
            return draft, path
        os.close(draft)  # taken for a leftover just before it was locked


class _UnlikeError(Exception):
    """What the server sends cannot be the model."""


@dataclass(slots=True)
class _Sink:
    """Takes what the server sends, and refuses at once what cannot be the model."""

    draft: int
    place: Path
    entry: Entry
    progress: Callable[[int], object]
    received_bytes: int = 0

    def write(self, data: bytes) -> None:
        if not self.received_bytes and data.lstrip(_BEFORE_A_PAGE).startswith(b"<"):
            raise _UnlikeError(
                "a web page came instead of the model; "
                "does this network want a login, or is the address wrong?"
            )
        self.received_bytes += len(data)
        if self.received_bytes > self.entry.size_bytes:
            raise _UnlikeError(f"more came than the {self.entry.size} of the model")
        self._keep(data)
        self.progress(len(data))

    def _keep(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self.draft, view) :]
        except OSError as error:
            size = f"{shown_size(self.received_bytes)} of {self.entry.size}"
            raise DownloadError(
                f"{self.place}: its disk failed after {size}: {describe(error)}"
            ) from error

    def flush(self) -> None:
        """Nothing waits."""


def _download(url: str, sink: _Sink) -> None:
    try:
        with ExitStack() as opened:
            _fetcher(opened)(url, sink, None)
    except _UnlikeError as error:
        raise DownloadError(f"{url}: {error}") from error
    except (OSError, ValueError) as error:
        size, cause = shown_size(sink.received_bytes), _cause(error)
        came = f"it broke off after {size}: " if sink.received_bytes else ""
        raise DownloadError(f"{url}: {came}{cause}") from error


def _fetcher(opened: ExitStack) -> Callable[..., None]:
    """Return what downloads; its connections are closed with the stack."""

    def close_at_exit(response: Any, **_: object) -> None:  # noqa: ANN401  # no types
        opened.callback(response.close)

    fetch: Callable[..., None] = pooch.HTTPDownloader(
        chunk_size=_CHUNK_BYTES,
        timeout=_SILENCE_SECONDS,
        headers={"Accept-Encoding": "identity"},
        hooks={"response": close_at_exit},
    )
    return fetch


def _check(url: str, draft: int, entry: Entry) -> None:
    size_bytes = os.fstat(draft).st_size
    if size_bytes != entry.size_bytes:
        raise DownloadError(
            f"{url}: {size_bytes} bytes came, but the model has {entry.size_bytes}"
        )
    os.lseek(draft, 0, os.SEEK_SET)
    with os.fdopen(os.dup(draft), "rb") as file:
        found = sha256_of(file)
    if found != entry.sha256:
        raise DownloadError(
            f"{url}: what came is not the model that was published; its SHA-256 is "
            f"not {entry.sha256}"
        )


def _sync_folder(place: Path) -> None:
    folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # some file systems cannot, and need not
            os.fsync(folder)
    finally:
        os.close(folder)


def _cause(error: BaseException) -> str:
    """Return what lies at the bottom of the exceptions of three HTTP libraries."""
    response = getattr(error, "response", None)
    if response is not None and not response.is_redirect:
        return f"the server answered {response.status_code} {response.reason}"
    while cause := error.__cause__ or error.__context__:
        error = cause
    hung_up = isinstance(error, IncompleteRead)
    return "the server hung up" if hung_up else describe(error)

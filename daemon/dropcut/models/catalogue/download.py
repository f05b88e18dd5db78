"""Downloads a model of the catalogue; nothing else in Dropcut uses the network.

A file gets its final name once it is complete, verified and durable. Until then it is a
hidden partial file, locked by the process that writes it; a partial file that is not
locked is a leftover.
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
from dropcut.models.catalogue.table import MODELS, Entry, has_content_of, shown_size

_PARTIAL = ".dropcut-pull-{}.part"
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TIMEOUT_SECONDS = 30  # without a byte
_CHUNK_BYTES = 1 << 16
_BEFORE_HTML = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"  # byte order marks, blanks


def pull(
    name: str,
    folder: Path | None,
    *,
    mirror: str | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Path:
    """Download a model and return its path; an existing file there is replaced.

    Args:
        name: A name of the catalogue.
        folder: The setting `model_dir`.
        mirror: URL of a folder that has the publisher's files.
        progress: Called with the size of each chunk, in bytes.

    Raises:
        DownloadError: The file was not received, or is not the published one.
        ConfigurationError: The folder cannot be written to.
    """
    entry, place = MODELS[name], own_folders(folder)[0]
    url = f"{mirror.rstrip('/')}/{entry.file}" if mirror else entry.url
    target = place / f"{name}.onnx"
    try:
        _prepare(place, target, entry)
        with _partial_file(place) as (partial_fd, path):
            sink = _Sink(partial_fd, place, entry, progress)
            _download(url, sink)
            if problem := sink.mismatch():
                raise DownloadError(f"{url}: {problem}")
            os.fsync(partial_fd)
            path.rename(target)
        folder_fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(OSError):  # some file systems do not support this
                os.fsync(folder_fd)
        finally:
            os.close(folder_fd)
    except OSError as error:
        if error.errno in NOT_WRITABLE:
            raise ConfigurationError(
                f"{place} cannot be written: {describe(error)}", setting="model_dir"
            ) from error
        raise DownloadError(f"{place}: {describe(error)}") from error
    return target


def _prepare(place: Path, target: Path, entry: Entry) -> None:
    """Create the folder, remove leftovers from it and check its free space."""
    if target.is_dir():
        raise DownloadError(
            f"{target} must be the model's file, but is a folder: remove it"
        )
    if not place.is_dir():
        place.mkdir(parents=True)
        place.chmod(0o755)  # whatever the umask: the service runs as another user
    for path in place.glob(_PARTIAL.format("*")):
        with suppress(OSError):  # an active download holds the lock of its file
            leftover_fd = os.open(path, _OPEN)
            try:
                fcntl.flock(leftover_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
            finally:
                os.close(leftover_fd)
    free_bytes = shutil.disk_usage(place).free
    if free_bytes < entry.size_bytes:
        raise DownloadError(
            f"{place} has {shown_size(free_bytes)} free; the model needs {entry.size}"
        )


@contextmanager
def _partial_file(place: Path) -> Iterator[tuple[int, Path]]:
    """Create a hidden file; unless it has been renamed, it is removed at exit."""
    while True:
        path = place / _PARTIAL.format(secrets.token_hex(8))
        partial_fd = os.open(path, _CREATE, 0o644)
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(partial_fd, fcntl.LOCK_EX)
        if path.exists():
            break
        os.close(partial_fd)  # somebody removed it as a leftover before it was locked
    try:
        os.fchmod(partial_fd, 0o644)  # whatever the umask, like the folder
        yield partial_fd, path
    finally:
        with suppress(FileNotFoundError):
            path.unlink()
        os.close(partial_fd)


class _UnexpectedDataError(Exception):
    """The server is sending something that cannot be the model."""


@dataclass(slots=True)
class _Sink:
    """Writes what the server sends, and stops at once if it cannot be the model."""

    partial_fd: int
    place: Path
    entry: Entry
    progress: Callable[[int], object]
    received_bytes: int = 0

    def write(self, data: bytes) -> None:
        if not self.received_bytes and data.lstrip(_BEFORE_HTML).startswith(b"<"):
            raise _UnexpectedDataError(
                "the server sent a web page instead of the model; "
                "does this network require a login, or is the address wrong?"
            )
        self.received_bytes += len(data)
        if self.received_bytes > self.entry.size_bytes:
            raise _UnexpectedDataError(
                f"received more than the {self.entry.size} of the model"
            )
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self.partial_fd, view) :]
        except OSError as error:
            size = f"{shown_size(self.received_bytes)} of {self.entry.size}"
            raise DownloadError(
                f"{self.place}: writing failed after {size}: {describe(error)}"
            ) from error
        self.progress(len(data))

    def flush(self) -> None:
        """Do nothing: no data is buffered."""

    def mismatch(self) -> str:
        """Return how the file differs from the published one; empty if it does not."""
        found, expected = os.fstat(self.partial_fd).st_size, self.entry.size_bytes
        if found != expected:
            return f"received {found} bytes, but the model has {expected}"
        os.lseek(self.partial_fd, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self.partial_fd), "rb") as file:
            if has_content_of(self.entry, file):
                return ""
        return (
            "the received file is not the published model; its SHA-256 is not "
            f"{self.entry.sha256}"
        )


def _download(url: str, sink: _Sink) -> None:
    connections = ExitStack()

    def close_at_exit(response: Any, **_: object) -> None:  # noqa: ANN401  # no types
        connections.callback(response.close)

    fetch: Callable[..., None] = pooch.HTTPDownloader(
        chunk_size=_CHUNK_BYTES,
        timeout=_TIMEOUT_SECONDS,
        headers={"Accept-Encoding": "identity"},
        hooks={"response": close_at_exit},
    )
    try:
        with connections:
            fetch(url, sink, None)
    except _UnexpectedDataError as error:
        raise DownloadError(f"{url}: {error}") from error
    except (OSError, ValueError) as error:
        size = shown_size(sink.received_bytes)
        received = f"interrupted after {size}: " if sink.received_bytes else ""
        raise DownloadError(f"{url}: {received}{_cause(error)}") from error


def _cause(error: BaseException) -> str:
    """Return the first cause among the nested exceptions of three HTTP libraries."""
    response = getattr(error, "response", None)
    if response is not None and not response.is_redirect:
        return f"the server answered {response.status_code} {response.reason}"
    while cause := error.__cause__ or error.__context__:
        error = cause
    closed = isinstance(error, IncompleteRead)
    return "the server closed the connection" if closed else describe(error)

"""A model is downloaded whole and verified, or not at all."""

import codecs
import fcntl
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from dropcut.core.errors import ConfigurationError, DownloadError, ExitCode
from dropcut.models.catalogue import MODELS, download
from dropcut.models.catalogue.download import pull

from ....mirror import Answer, Mirror, cut, dripping, endless, moved, status, whole
from ...entries import move_home, publish

DATA = bytes(range(256)) * 1000
FILE = "Tiny-epoch_1.onnx"
PAGE = b"\n<!DOCTYPE html><title>Welcome to our guest network</title>"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move_home(monkeypatch, tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    publish(monkeypatch, DATA)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    """Serve the model under its publisher's name."""
    mirror = Mirror().offer(FILE, whole(DATA))
    yield mirror
    mirror.close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return the folder for models, which does not exist yet."""
    return tmp_path / "new" / "models"


def _names(place: Path) -> list[str]:
    return sorted(os.listdir(place))  # noqa: PTH208  # one word, no paths


def _refusal(place: Path, url: str) -> str:
    """Return the error of a failed pull; the folder must be as it was before."""
    before = _names(place) if place.exists() else []
    with pytest.raises(DownloadError) as caught:
        pull("tiny", place, mirror=url)
    assert _names(place) == before
    assert caught.value.exit_code == ExitCode.SOME_FAILED
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("ending", ["", "/"])
def test_pull(mirror: Mirror, place: Path, ending: str) -> None:
    """A model is downloaded by its publisher's name and gets Dropcut's."""
    pieces: list[int] = []
    path = pull("tiny", place, mirror=mirror.url + ending, progress=pieces.append)
    assert path == place / "tiny.onnx"
    assert path.read_bytes() == DATA
    assert _names(place) == ["tiny.onnx"]
    assert mirror.asked == [f"/models/{FILE}"]
    assert sum(pieces) == len(DATA)


def test_publisher_is_asked(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a mirror the publisher is asked, and a missing file is reported."""
    monkeypatch.setattr(
        "dropcut.models.catalogue.table._PUBLISHER", "http://127.0.0.1:9/v0.0.0"
    )
    with pytest.raises(DownloadError, match=r"9/v0\.0\.0/Tiny-epoch_1\.onnx: "):
        pull("tiny", place)


@pytest.mark.parametrize("mask", [0o077, 0])
def test_service_may_read_it(mirror: Mirror, place: Path, mask: int) -> None:
    """Every user may read a model, whatever the umask; only its owner may write it."""
    was = os.umask(mask)
    try:
        path = pull("tiny", place, mirror=mirror.url)
    finally:
        os.umask(was)
    assert path.stat().st_mode & 0o777 == 0o644
    assert place.stat().st_mode & 0o777 == 0o755


def test_durable(mirror: Mirror, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model is durable before it gets its name, and then its name is made durable."""
    synced: list[tuple[bool, bool]] = []

    def note(file: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(file).st_mode)
        synced.append((is_folder, (place / "tiny.onnx").exists()))

    monkeypatch.setattr("os.fsync", note)
    pull("tiny", place, mirror=mirror.url)
    assert synced == [(False, False), (True, True)]


def test_slow_server(mirror: Mirror, place: Path) -> None:
    """A model that arrives in small pieces of unknown number is whole at the end."""
    mirror.offer(FILE, dripping(DATA, 501))
    assert pull("tiny", place, mirror=mirror.url).read_bytes() == DATA


def test_moved_file(mirror: Mirror, place: Path) -> None:
    """A redirect is followed."""
    mirror.offer(FILE, moved(f"{mirror.url}/there")).offer("there", whole(DATA))
    assert pull("tiny", place, mirror=mirror.url).read_bytes() == DATA


BAD: dict[str, tuple[Answer, str]] = {
    "cut-off": (
        cut(DATA[:100_000], len(DATA)),
        "interrupted after 0.1 MB: the server ",
    ),
    "too-short": (
        dripping(DATA[:-1], 99_999),
        "received 255999 bytes, but the model has",
    ),
    "nothing": (whole(b""), "received 0 bytes, but the model has 256000"),
    "wrong": (whole(DATA[::-1]), "not the published model"),
    "too-long": (whole(DATA + b"-"), "received more than the 0.3 MB of the model"),
    "endless": (endless, "received more than the 0.3 MB of the model"),
    "web-page": (whole(PAGE, "text/html"), "the server sent a web page"),
    "page-with-mark": (whole(codecs.BOM_UTF8 + PAGE), "the server sent a web page"),
    "page-of-windows": (
        whole(PAGE.decode().encode("utf-16")),
        "the server sent a web page",
    ),
    "missing": (status(404), "the server answered 404 Not Found"),
    "forbidden": (status(403), "the server answered 403 Forbidden"),
    "broken": (status(500), "the server answered 500 Internal Server Error"),
    "round-and-round": (moved(FILE), "Exceeded 30 redirects"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_answer(mirror: Mirror, place: Path, case: str) -> None:
    """A file that is not the published one is refused in one line, and removed."""
    answer, why = BAD[case]
    mirror.offer(FILE, answer)
    message = _refusal(place, mirror.url)
    assert f"{mirror.url}/{FILE}: " in message
    assert why in message


@pytest.mark.parametrize("case", BAD)
def test_old_file_stays(mirror: Mirror, place: Path, case: str) -> None:
    """An existing file stays until a new one is whole and verified."""
    place.mkdir(parents=True)
    (place / "tiny.onnx").write_bytes(b"old")
    mirror.offer(FILE, BAD[case][0])
    _refusal(place, mirror.url)
    assert (place / "tiny.onnx").read_bytes() == b"old"
    mirror.offer(FILE, whole(DATA))
    assert pull("tiny", place, mirror=mirror.url).read_bytes() == DATA
    assert _names(place) == ["tiny.onnx"]


def test_nobody_listens(place: Path) -> None:
    """An unreachable server is reported in plain words."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    message = _refusal(place, f"http://127.0.0.1:{port}")
    assert message.endswith("Connection refused")


def test_silent_server(
    mirror: Mirror, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that stops sending in the middle is given up after a timeout."""
    monkeypatch.setattr(download, "_TIMEOUT_SECONDS", 0.2)
    mirror.offer(FILE, mirror.held(DATA))
    assert "timed out" in _refusal(place, mirror.url)


def test_too_little_room(
    mirror: Mirror, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model for which the disk has no room is not requested."""
    free = os.statvfs_result((0,) * 10)
    monkeypatch.setattr("os.statvfs", lambda _: free)
    assert f"{place} has 0.0 MB free" in _refusal(place, mirror.url)
    assert not mirror.asked


@pytest.mark.parametrize("kind", ["file", "below-a-file"])
def test_folder_that_is_none(mirror: Mirror, place: Path, kind: str) -> None:
    """A path that cannot be a folder is a fault of the setting."""
    place.parent.mkdir()
    place.write_bytes(b"")
    folder = place if kind == "file" else place / "below"
    with pytest.raises(ConfigurationError, match="cannot be written") as caught:
        pull("tiny", folder, mirror=mirror.url)
    assert caught.value.setting == "model_dir"


def test_folder_of_others(mirror: Mirror, unprivileged: Path) -> None:
    """A folder without write permission is a fault of the setting."""
    unprivileged.chmod(0o500)
    with pytest.raises(ConfigurationError, match="Permission denied"):
        pull("tiny", unprivileged, mirror=mirror.url)


def test_name_that_is_a_folder(mirror: Mirror, place: Path) -> None:
    """A folder in the place of the model is left alone, and nothing is requested."""
    (place / "tiny.onnx").mkdir(parents=True)
    assert f"{place / 'tiny.onnx'} must be the model's file" in _refusal(
        place, mirror.url
    )
    assert not mirror.asked


def test_leftovers(mirror: Mirror, place: Path) -> None:
    """A pull removes the leftovers of killed ones, and no file of an active one."""
    place.mkdir(parents=True)
    dead, alive = (place / f".dropcut-pull-{name}.part" for name in ("dead", "alive"))
    for path in (dead, alive):
        path.write_bytes(b"half a model")
    (place / ".dropcut-pull-link.part").symlink_to(place / "elsewhere")
    with alive.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        pull("tiny", place, mirror=mirror.url)
    expected = [".dropcut-pull-alive.part", ".dropcut-pull-link.part", "tiny.onnx"]
    assert _names(place) == expected


def test_draft_that_was_taken_for_a_leftover(
    mirror: Mirror, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partial file that another pull removes before it is locked is created again."""
    lock = fcntl.flock
    drafts: list[Path] = []

    def too_late(file: int, how: int) -> None:
        if not drafts:
            drafts.extend(place.glob("*.part"))
            drafts[0].unlink()
        lock(file, how)

    monkeypatch.setattr("fcntl.flock", too_late)
    assert pull("tiny", place, mirror=mirror.url).read_bytes() == DATA
    assert len(drafts) == 1


def test_no_locks(mirror: Mirror, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a file system without locks leftovers stay, and pulls work."""

    def fail(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    place.mkdir(parents=True)
    (place / ".dropcut-pull-dead.part").touch()
    monkeypatch.setattr("fcntl.flock", fail)
    pull("tiny", place, mirror=mirror.url)
    assert _names(place) == [".dropcut-pull-dead.part", "tiny.onnx"]


def test_hash_is_of_what_lies_on_the_disk(place: Path, mirror: Mirror) -> None:
    """A model is verified as it was written, not as it was received."""

    def spoil(_: int) -> None:
        for draft in place.glob(".dropcut-pull-*.part"):
            with draft.open("r+b") as file:
                file.write(b"!")

    with pytest.raises(DownloadError, match=MODELS["tiny"].sha256):
        pull("tiny", place, mirror=mirror.url, progress=spoil)

"""Models are found by name or path, and verified."""

import dataclasses
import errno
import hashlib
import os
import shutil
from pathlib import Path

import dropcut
import pytest
from dropcut.core.errors import ConfigurationError, TransientError
from dropcut.core.models import Graph
from dropcut.models import catalogue
from dropcut.models.catalogue import loading
from dropcut.models.engine import graph_of
from dropcut.settings import explain

from ....odd_files import growing, make_odd
from ...entries import move_home, publish
from ...graphs import MEAN

_PACKAGED = Path(dropcut.__file__).parent / "models" / "data" / "u2netp.onnx"


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    move_home(monkeypatch, tmp_path)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Put a tiny model into the catalogue."""
    publish(monkeypatch, MEAN)
    return MEAN


def _message(name: str, recipe: str | None = None, folder: Path | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        catalogue.load_model(name, recipe, folder)
    return explain(caught.value)


def test_packaged_model() -> None:
    """The packaged model needs no folder, and is the published one."""
    model = catalogue.load_model("u2netp", None, None)
    assert model.data == _PACKAGED.read_bytes()
    assert model.recipe == catalogue.RECIPES["u2net"]
    assert "data" not in repr(model)


def test_unknown_name() -> None:
    """A name that is not in the catalogue is refused, with those that are."""
    message = _message("u2nett")
    assert "'u2nett'" in message
    assert "u2netp, u2net" in message


def test_missing_model(tmp_path: Path) -> None:
    """A model that is not on the machine is refused, with the command to pull it."""
    message = _message("u2net", folder=tmp_path / "models")
    assert "`dropcut models pull u2net` downloads it" in message
    assert str(tmp_path / "models") in message
    assert str(tmp_path / "home" / ".cache" / "dropcut") in message


def test_wrong_hash(tmp_path: Path) -> None:
    """A file that is not the published one is refused, with both hashes."""
    (tmp_path / "u2net.onnx").write_bytes(b"something else")
    message = _message("u2net", folder=tmp_path)
    assert catalogue.MODELS["u2net"].sha256 in message
    assert hashlib.sha256(b"something else").hexdigest() in message
    assert f"{tmp_path / 'u2net.onnx'} is not the published u2net" in message
    assert "`dropcut models pull u2net`" in message


def test_who_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under systemd the advice is to use sudo: another user fills another folder."""
    monkeypatch.setenv("CACHE_DIRECTORY", str(tmp_path))
    assert "`sudo dropcut models pull u2net` downloads it" in _message("u2net")
    (tmp_path / "u2net.onnx").write_bytes(b"something else")
    assert "`sudo dropcut models pull u2net` downloads the right file" in _message(
        "u2net"
    )


def test_damaged_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged built-in model cannot be pulled: Dropcut must be installed again."""
    monkeypatch.setitem(
        catalogue.MODELS,
        "u2netp",
        dataclasses.replace(catalogue.MODELS["u2netp"], sha256="0" * 64),
    )
    assert "install Dropcut again" in _message("u2netp")


@pytest.mark.parametrize("file", ["tiny.onnx", "Tiny-epoch_1.onnx"])
def test_both_names(published: bytes, tmp_path: Path, file: str) -> None:
    """A file may have Dropcut's name for the model or its publisher's."""
    (tmp_path / file).write_bytes(published)
    model = catalogue.load_model("tiny", None, tmp_path)
    assert model.data == published
    assert (model.name, model.size_px) == ("tiny", (8, 8))


def test_own_folder_comes_first(published: bytes, tmp_path: Path) -> None:
    """The folder that the setting names is searched before all others."""
    for folder in (tmp_path / "own", tmp_path / "home" / ".u2net"):
        folder.mkdir(parents=True)
    (tmp_path / "own" / "tiny.onnx").write_bytes(published)
    (tmp_path / "home" / ".u2net" / "tiny.onnx").write_bytes(b"broken")
    assert catalogue.load_model("tiny", None, tmp_path / "own").data == published


def test_path_with_recipe(tmp_path: Path) -> None:
    """A user's own model is loaded by its path, with the recipe that is named."""
    (tmp_path / "mine.onnx").write_bytes(MEAN)
    model = catalogue.load_model(str(tmp_path / "mine.onnx"), "isnet", None)
    assert (model.name, model.data) == ("mine", MEAN)
    assert model.recipe == catalogue.RECIPES["isnet"]


def test_path_with_the_wrong_recipe(tmp_path: Path) -> None:
    """A published model that is loaded by its path accepts only its own recipe."""
    path = tmp_path / "mine.onnx"
    shutil.copy(_PACKAGED, path)
    right = catalogue.load_model(str(path), "u2net", None).recipe
    assert right == catalogue.RECIPES["u2net"]
    message = _message(str(path), "isnet")
    assert "DROPCUT_MODEL_RECIPE=isnet: mine.onnx is u2netp.onnx" in message


def test_path_without_recipe(tmp_path: Path) -> None:
    """A user's own model needs a recipe, unless its hash is a known one."""
    (tmp_path / "mine.onnx").write_bytes(MEAN)
    message = _message(str(tmp_path / "mine.onnx"))
    assert "DROPCUT_MODEL_RECIPE" in message
    assert "u2net, isnet, birefnet" in message
    shutil.copy(_PACKAGED, tmp_path / "renamed.onnx")
    model = catalogue.load_model(str(tmp_path / "renamed.onnx"), None, None)
    assert model.recipe == catalogue.RECIPES["u2net"]
    assert model.size_px == (320, 320)


def test_path_of_a_u2net(tmp_path: Path) -> None:
    """A user's own model whose graph is a U²-Net needs no recipe."""
    path = tmp_path / "mine.onnx"
    path.write_bytes(_PACKAGED.read_bytes() + b"\x32\x01-")  # one more field: its notes
    model = catalogue.load_model(str(path), None, None, graph_of)
    assert model.recipe == catalogue.RECIPES["u2net"]


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        (((1, 3, 320, 320),), ((1, 1, 320, 320),) * 6),
        (((1, 3, 320, 320),), ((1, 1, 320, 320),)),
        (((1, 3, "h", "w"),), ((1, 1, 320, 320),) * 7),
        (((1, 3, 1024, 1024),), ((1, 1, 1024, 1024),) * 7),
        (((1, 3, 320, 320),) * 2, ((1, 1, 320, 320),) * 7),
    ],
    ids=["six-maps", "one-map", "any-size", "another-size", "two-pictures"],
)
def test_path_that_leaves_doubt(
    tmp_path: Path,
    inputs: tuple[tuple[int | str | None, ...], ...],
    outputs: tuple[tuple[int | str | None, ...], ...],
) -> None:
    """A user's own model that may belong to several families needs a recipe."""
    (tmp_path / "mine.onnx").write_bytes(b"-")
    graph = Graph(inputs=inputs, outputs=outputs)
    with pytest.raises(ConfigurationError, match="needs one of u2net, isnet"):
        catalogue.load_model(
            str(tmp_path / "mine.onnx"), None, None, read_graph=lambda _: graph
        )


def test_unreadable_path(tmp_path: Path) -> None:
    """A path that cannot be read is refused with the system's reason."""
    assert "No such file" in _message(str(tmp_path / "none.onnx"))
    (tmp_path / "folder.onnx").mkdir()
    assert "Is a directory" in _message(str(tmp_path / "folder.onnx"))


_FAILING = Path("/proc/self/mem")  # a file whose bytes are an input/output error


def test_disk_that_fails(tmp_path: Path) -> None:
    """A read error of a failing disk is the machine's fault, not the model's."""
    for name in ("mine.onnx", "u2net.onnx"):
        (tmp_path / name).symlink_to(_FAILING)
    with pytest.raises(
        TransientError, match=r"mine\.onnx cannot be read: Input/output"
    ):
        catalogue.load_model(str(tmp_path / "mine.onnx"), "u2net", None)
    with pytest.raises(
        TransientError, match=r"u2net\.onnx cannot be read: Input/output"
    ):
        catalogue.load_model("u2net", None, tmp_path)


def test_disk_that_fails_at_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that a lost share makes unreadable does not count as empty."""

    def stale(path: Path) -> bool:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))

    monkeypatch.setattr("pathlib.Path.is_file", stale)
    monkeypatch.setattr(loading, "_opened", stale)
    with pytest.raises(TransientError, match="Stale file handle"):
        catalogue.load_model("u2net", None, tmp_path)


def test_right_file_beside_a_failing_one(published: bytes, tmp_path: Path) -> None:
    """A file with a read error does not hide a right one."""
    (tmp_path / "tiny.onnx").symlink_to(_FAILING)
    (tmp_path / "Tiny-epoch_1.onnx").write_bytes(published)
    assert catalogue.load_model("tiny", None, tmp_path).data == published


@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_model_that_is_no_file(tmp_path: Path, kind: str) -> None:
    """A FIFO or a socket in place of a model is refused, and not waited for."""
    for name in ("mine.onnx", "u2net.onnx"):
        make_odd(tmp_path / name, kind)
    with pytest.raises(ConfigurationError, match=r"mine\.onnx cannot be read: "):
        catalogue.load_model(str(tmp_path / "mine.onnx"), "u2net", None)
    with pytest.raises(ConfigurationError, match="u2net is not installed"):
        catalogue.load_model("u2net", None, tmp_path)
    assert catalogue.verified_path("u2net", tmp_path) is None


def test_endless_model(published: bytes, tmp_path: Path) -> None:
    """A model that grows without an end is neither read nor hashed to the end."""
    with growing(tmp_path / "tiny.onnx"):
        with pytest.raises(ConfigurationError, match="cannot be the model: it has"):
            catalogue.load_model("tiny", None, tmp_path)
        assert catalogue.verified_path("tiny", tmp_path) is None
    os.truncate(tmp_path / "tiny.onnx", 1 << 40)
    with pytest.raises(ConfigurationError, match="cannot be the model: it has"):
        catalogue.load_model(str(tmp_path / "tiny.onnx"), "u2net", None)
    (tmp_path / "tiny.onnx").write_bytes(published)
    assert catalogue.verified_path("tiny", tmp_path) == tmp_path / "tiny.onnx"


def test_model_that_is_still_written(
    published: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model to which somebody still writes is not at fault: it is tried again."""
    path, fstat = tmp_path / "tiny.onnx", os.fstat
    path.write_bytes(published)

    def then_written(file_fd: int) -> os.stat_result:
        status = fstat(file_fd)
        with path.open("ab") as file:
            file.write(b"more")
        return status

    monkeypatch.setattr(os, "fstat", then_written)
    with pytest.raises(TransientError, match="somebody is still writing to it"):
        catalogue.load_model(str(path), "u2net", None)

"""Settings come from the environment, and wrong ones are refused by name."""

import os
from pathlib import Path
from typing import Any, cast

import pytest
from dropcut.core.errors import ConfigurationError, ExitCode
from dropcut.settings import Settings, explain, load_settings
from pydantic import ValidationError

from ...odd_files import growing, make_odd


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DROPCUT_")]:
        monkeypatch.delenv(name)


def _refusal(env_file: Path | None = None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(env_file)
    assert caught.value.exit_code is ExitCode.CONFIG
    return explain(caught.value)


def _settings(**values: Path) -> Settings:
    return cast("Settings", cast("Any", Settings)(**values))


def _folders_refusal(**folders: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        _settings(**folders).folders()
    return explain(caught.value)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Create the four folders in their default places."""
    for name in ("inbox", "outbox", "processed", "failed"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_defaults() -> None:
    """Without any variable, every setting has the default of the contract."""
    expected = {
        "root": Path(),
        "inbox": Path("inbox"),
        "outbox": Path("outbox"),
        "processed": Path("processed"),
        "failed": Path("failed"),
        "require_marker": None,
        "model": "u2netp",
        "model_recipe": None,
        "refine": "guided",
        "edges": "clean",
        "output": "cutout",
        "background": "transparent",
        "crop": "none",
        "margin": 5,
        "canvas": "none",
        "format": "png",
        "depth": 8,
        "keep": "none",
        "empty": "fail",
        "damaged": "fail",
        "model_dir": None,
        "model_memory_mb": 2000,
        "profiles": None,
        "watcher": "auto",
        "settle_seconds": 2,
        "rescan_seconds": 60,
        "poll_seconds": 5,
        "recursive": True,
        "ignore": (),
        "max_megapixels": 100,
        "max_file_mb": 100,
        "decode_seconds": 30,
        "job_seconds": 300,
        "max_attempts": 3,
        "min_free_mb": 200,
        "threads": None,
        "providers": ("cpu",),
        "log_format": "auto",
        "log_level": "info",
    }
    assert load_settings().model_dump() == expected


def test_unknown_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each unknown variable is refused by its name, with the nearest known one."""
    monkeypatch.setenv("DROPCUT_SETTEL_SECONDS", "3")
    monkeypatch.setenv("DROPCUT_THREAD", "3")
    message = _refusal()
    assert "DROPCUT_SETTEL_SECONDS is not a setting" in message
    assert "did you mean DROPCUT_SETTLE_SECONDS?" in message
    assert "did you mean DROPCUT_THREADS?" in message


@pytest.mark.parametrize("name", ["DROPCT_MODEL", "DROPCUTS_MODEL", "dropcut-model"])
def test_slip_in_the_prefix(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A setting with a misspelt prefix is refused, too."""
    monkeypatch.setenv(name, "u2net")
    assert f"{name} is not a setting (did you mean DROPCUT_MODEL?)" in _refusal()


@pytest.mark.parametrize("name", ["DROPBOX_MODEL", "DROPOUT_MODEL", "DROPCUT", "FOO"])
def test_variables_of_others(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Variables of other programs are ignored."""
    monkeypatch.setenv(name, "u2net")
    assert load_settings().model == "u2netp"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MARGIN", "50", "it must be at most 45"),
        ("MARGIN", "-1", "it must be at least 0"),
        ("MAX_FILE_MB", "0", "it must be more than 0"),
        ("KEEP", "exif", "it must be 'none', 'icc' or 'all'"),
    ],
)
def test_bounds(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """The error says in plain words what a value must be."""
    monkeypatch.setenv(f"DROPCUT_{name}", value)
    assert f"DROPCUT_{name}={value}: {words}" in _refusal()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SETTLE_SECONDS", "soon"),
        ("SETTLE_SECONDS", "0"),
        ("SETTLE_SECONDS", "nan"),
        ("SETTLE_SECONDS", "inf"),
        ("MAX_MEGAPIXELS", "-1"),
        ("MAX_ATTEMPTS", "0"),
        ("MAX_ATTEMPTS", "1.5"),
        ("THREADS", "0"),
        ("RECURSIVE", "perhaps"),
        ("WATCHER", "magic"),
        ("MODEL_RECIPE", "u3net"),
        ("LOG_LEVEL", "loud"),
        ("MIN_FREE_MB", "-1"),
        ("REFINE", "very"),
        ("EDGES", "sharp"),
        ("OUTPUT", "video"),
        ("BACKGROUND", "#fff"),
        ("BACKGROUND", "white"),
        ("BACKGROUND", "nowhere.png"),
        ("CROP", "tight"),
        ("MARGIN", "-1"),
        ("MARGIN", "46"),
        ("MARGIN", "nan"),
        ("CANVAS", "2000"),
        ("CANVAS", "0x10"),
        ("CANVAS", "20000x10"),
        ("CANVAS", "None"),
        ("ROOT", "~nobody-of-this-name/x"),
        ("PROFILES", "~nobody-of-this-name/x"),
        ("MODEL", "~nobody-of-this-name/x.onnx"),
        ("BACKGROUND", "~nobody-of-this-name/x.png"),
        ("FORMAT", "jpg"),
        ("DEPTH", "12"),
        ("KEEP", "exif"),
        ("EMPTY", "maybe"),
        ("MODEL_MEMORY_MB", "0"),
        ("REQUIRE_MARKER", "mounted.jpg"),
        ("REQUIRE_MARKER", "sub/.mounted"),
        ("REQUIRE_MARKER", "/.mounted"),
        ("REQUIRE_MARKER", "."),
        ("REQUIRE_MARKER", ".."),
        ("REQUIRE_MARKER", ".dropcut"),
    ],
)
def test_malformed_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A malformed value is refused with its variable and the value."""
    monkeypatch.setenv(f"DROPCUT_{name}", value)
    assert _refusal().startswith(f"DROPCUT_{name}={value}: ")


@pytest.mark.parametrize("model", ["u2net", "u2nett"])
def test_recipe_of_a_name(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    """A recipe for a catalogue model, which has its own, is refused."""
    monkeypatch.setenv("DROPCUT_MODEL", model)
    monkeypatch.setenv("DROPCUT_MODEL_RECIPE", "isnet")
    message = _refusal()
    assert message.startswith("DROPCUT_MODEL_RECIPE=isnet: it is for a model that is ")
    assert message.endswith(f"not by its name as {model} is")


def test_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the path of a setting, ~ is the home folder, although no shell expands it."""
    (tmp_path / "back.png").touch()
    names = {name: f"~/{name}" for name in ("root", "inbox", "model_dir", "profiles")}
    paths = names | {"model": "~/own.onnx", "background": "~/back.png"}
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, path in paths.items():
        monkeypatch.setenv(f"DROPCUT_{name.upper()}", path)
    found = load_settings().model_dump(include=set(paths))
    assert {name: str(path) for name, path in found.items()} == {
        name: path.replace("~", str(tmp_path)) for name, path in paths.items()
    }


def test_all_malformed_values_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All malformed values are named at once."""
    monkeypatch.setenv("DROPCUT_THREADS", "many")
    monkeypatch.setenv("DROPCUT_MAX_FILE_MB", "few")
    message = _refusal()
    assert "DROPCUT_THREADS=many" in message
    assert "DROPCUT_MAX_FILE_MB=few" in message


def test_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An env file provides settings, and the environment wins over it."""
    file = tmp_path / "dropcut.env"
    file.write_text(
        "# comment\nDROPCUT_THREADS=3\nDROPCUT_ROOT='/a b/$HOME'\n"
        "export DROPCUT_MODEL=u2net\nDROPCUT_MAX_ATTEMPTS=\nOTHER=1\n",
        "utf-8",
    )
    monkeypatch.setenv("DROPCUT_THREADS", "4")
    settings = load_settings(file)
    assert settings.threads == 4
    assert settings.root == Path("/a b/$HOME")
    assert settings.model == "u2net"
    assert settings.max_attempts == 3


def test_env_file_is_checked_as_well(tmp_path: Path) -> None:
    """An unknown variable in an env file is refused like any other."""
    file = tmp_path / "dropcut.env"
    file.write_text("DROPCUT_MODELL=u2net\n", "utf-8")
    assert "did you mean DROPCUT_MODEL?" in _refusal(file)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("DROPCUT_THREADS=1\nhello\n", "line 2"),
        ("DROPCUT_INBOX nosuch\n", "line 1"),
        ("RECURSIVE=false\n", "did you mean DROPCUT_RECURSIVE?"),
        ("DROPCUT-INBOX=x\n", ""),
    ],
    ids=["a word", "no equals sign", "no prefix", "a dash"],
)
def test_broken_env_file(tmp_path: Path, text: str, part: str) -> None:
    """A line of an env file that cannot be understood is refused, never skipped."""
    file = tmp_path / "dropcut.env"
    file.write_text(text, "utf-8")
    assert part in _refusal(file)


def test_folder_as_env_file(tmp_path: Path) -> None:
    """A folder given as env file is reported as not being a file."""
    assert "is not a file" in _refusal(tmp_path)


@pytest.mark.parametrize("kind", ["fifo", "socket"])
def test_env_file_that_is_none(tmp_path: Path, kind: str) -> None:
    """A FIFO or a socket given as env file is refused, and not waited for."""
    make_odd(tmp_path / "dropcut.env", kind)
    assert "is not a file" in _refusal(tmp_path / "dropcut.env")


def test_endless_env_file(tmp_path: Path) -> None:
    """An env file that grows without an end is not read to the end."""
    with growing(tmp_path / "dropcut.env"):
        assert "it is larger than 1 MiB" in _refusal(tmp_path / "dropcut.env")


def test_lower_case_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable in lower case is refused, neither used nor ignored."""
    monkeypatch.setenv("dropcut_inbox", "elsewhere")
    assert "dropcut_inbox is not a setting" in _refusal()
    assert "did you mean DROPCUT_INBOX?" in _refusal()


def test_missing_env_file(tmp_path: Path) -> None:
    """A missing env file is reported by its path."""
    assert str(tmp_path / "none.env") in _refusal(tmp_path / "none.env")


def test_env_file_in_another_encoding(tmp_path: Path) -> None:
    """An env file that is not UTF-8 is reported by its path."""
    file = tmp_path / "dropcut.env"
    file.write_bytes("DROPCUT_ROOT=/Größe\n".encode("latin-1"))
    assert str(file) in _refusal(file)


def test_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty variable means the default."""
    for name in ("THREADS", "IGNORE", "MODEL", "ROOT", "PROVIDERS"):
        monkeypatch.setenv(f"DROPCUT_{name}", "")
    assert load_settings() == _settings()


def test_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items of a list are separated by commas, with or without spaces."""
    monkeypatch.setenv("DROPCUT_IGNORE", "*.raw, my drafts*,, ")
    monkeypatch.setenv("DROPCUT_PROVIDERS", "cuda,cpu")
    settings = load_settings()
    assert settings.ignore == ("*.raw", "my drafts*")
    assert settings.providers == ("cuda", "cpu")


def test_frozen() -> None:
    """Settings cannot be changed once they are read."""
    settings = _settings()
    with pytest.raises(ValidationError):
        settings.threads = 4


def test_folders(root: Path) -> None:
    """Folders are relative to the root or absolute, with links resolved."""
    (root / "link").symlink_to("outbox")
    settings = _settings(root=root, outbox=Path("link"), failed=root / "failed")
    folders = settings.folders()
    assert folders.inbox == root / "inbox"
    assert folders.outbox == root / "outbox"
    assert folders.failed == root / "failed"


def test_missing_folder(root: Path) -> None:
    """A missing folder, or a file in its place, is reported by setting and path."""
    (root / "outbox").rmdir()
    message = _folders_refusal(root=root)
    assert f"DROPCUT_OUTBOX: {root / 'outbox'} does not exist" in message
    (root / "outbox").write_bytes(b"")
    assert "is not a folder" in _folders_refusal(root=root)


@pytest.mark.parametrize(
    ("inside", "words"),
    [("inbox", "is the same folder as"), ("inbox/out", "is inside")],
)
def test_overlap(root: Path, inside: str, words: str) -> None:
    """Folders that are the same, or one inside another, are refused by name."""
    (root / "inbox" / "out").mkdir()
    message = _folders_refusal(root=root, outbox=Path(inside))
    assert words in message
    assert "DROPCUT_INBOX" in message
    assert "DROPCUT_OUTBOX" in message


def test_overlap_through_a_link(root: Path) -> None:
    """Two folders that are the same are found out behind a link."""
    (root / "link").symlink_to("inbox")
    assert "is the same folder as" in _folders_refusal(root=root, failed=Path("link"))

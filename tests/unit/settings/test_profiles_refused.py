"""An error in `profiles.toml` is reported in one line with file, table and key."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from dropcut.core.errors import ConfigurationError, ExitCode
from dropcut.core.text import printable
from dropcut.settings import Settings, explain, load_profiles

from ...odd_files import growing, make_odd

_MOST_CHARACTERS = 300


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of the file."""
    return tmp_path / "profiles.toml"


@pytest.fixture
def refusal(file: Path) -> Callable[..., str]:
    """Return a function that loads an invalid file and returns the error's text."""

    def refused(content: str | bytes | None = None, **settings: object) -> str:
        if content is not None:
            data = content.encode("utf-8") if isinstance(content, str) else content
            file.write_bytes(data)
        with pytest.raises(ConfigurationError) as caught:
            load_profiles(cast("Any", Settings)(**{"profiles": file, **settings}))
        assert caught.value.exit_code is ExitCode.CONFIG
        message = explain(caught.value)
        assert message == printable(message), "it is not one line of text"
        assert len(message) < _MOST_CHARACTERS + len(str(file))
        assert str(file) in message
        return message.replace(str(file), "FILE").replace(str(file.parent), "HERE")

    return refused


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('bakground = "#ffffff"', "is not a setting (did you mean background?)"),
        ('Background = "#ffffff"', "is not a setting (did you mean background?)"),
        ('DROPCUT_CROP = "none"', "is not a setting (did you mean crop?)"),
        ("threads = 2", "is for the whole service: set DROPCUT_THREADS"),
        ('DROPCUT_INBOX = "x"', "is for the whole service: set DROPCUT_INBOX"),
        (
            "model_memory_mb = 9",
            "is for the whole service: set DROPCUT_MODEL_MEMORY_MB",
        ),
    ],
)
def test_unknown_key(refusal: Callable[..., str], table: str, message: str) -> None:
    """An unknown key is refused by name, with the most similar known one."""
    key = table.split(maxsplit=1)[0]
    assert refusal(f"[shop]\n{table}\n") == f"FILE: [shop]: {key} {message}"


@pytest.mark.parametrize(
    ("table", "start"),
    [
        ('edges = "sharp"', "edges=sharp: it must be 'clean' or 'raw'"),
        ('refine = "very"', "refine=very: "),
        ('output = "video"', "output=video: "),
        (
            'background = "#fff"',
            "background=#fff: it must be transparent, a colour",
        ),
        ('background = "white"', "background=white: it must be transparent"),
        ('background = "~no-one/a.png"', "background=~no-one/a.png: ~no-one is not a"),
        ("background = 5", "background=5: it must be text"),
        ("background = {red = 255}", "background={'red': 255}: it must be text"),
        ("crop = true", "crop=True: "),
        ("margin = 46", "margin=46: "),
        ("margin = nan", "margin=nan: "),
        ("margin = true", "margin=True: it must be a number"),
        ("depth = true", "depth=True: it must be a number"),
        ('margin = "wide"', "margin=wide: it must be a number"),
        ("canvas = [10, 10]", "canvas=[10, 10]: it must be text"),
        ('canvas = "10"', "canvas=10: it must be none, or WIDTHxHEIGHT"),
        ('format = "jpg"', "format=jpg: "),
        ("depth = 12", "depth=12: "),
        ('keep = "exif"', "keep=exif: "),
        ('empty = "perhaps"', "empty=perhaps: "),
        ("model = 1", "model=1: it must be text"),
        ('model_recipe = "u3net"', "model_recipe=u3net: "),
        ('model_recipe = "isnet"', "model_recipe=isnet: it is for a model that is gi"),
        ('model = "~no-one/a.onnx"', "model=~no-one/a.onnx: ~no-one is not a user w"),
    ],
)
def test_wrong_value(refusal: Callable[..., str], table: str, start: str) -> None:
    """An invalid value is refused with its table, its key and the value."""
    message = refusal(f'["shop/red"]\n{table}\n')
    assert message.startswith(f"FILE: [shop/red] {start}")


def test_where_a_background_was_looked_for(refusal: Callable[..., str]) -> None:
    """A missing background is reported as it was written, and with its full path."""
    message = refusal('[shop]\nbackground = "backs/oak.png"\n')
    assert message.startswith("FILE: [shop] background=backs/oak.png: ")
    assert message.endswith("; HERE/backs/oak.png is not a readable file")


def test_all_wrong_values_of_a_table(refusal: Callable[..., str]) -> None:
    """All invalid values of a table are named at once."""
    message = refusal('[shop]\nedges = "sharp"\ncrop = "tight"\n')
    assert "FILE: [shop] edges=sharp: " in message
    assert "; FILE: [shop] crop=tight: " in message


def test_table_that_is_to_blame(refusal: Callable[..., str]) -> None:
    """An invalid value is reported for the table that sets it, not for one below it."""
    message = refusal('["shop/red"]\ncrop = "none"\n[shop]\nedges = "sharp"\n')
    assert message.startswith("FILE: [shop] edges=sharp: ")


def test_values_that_do_not_fit_together(refusal: Callable[..., str]) -> None:
    """A value that conflicts with an inherited one is reported for its own table."""
    message = refusal('[shop]\nformat = "webp"\n', depth=16)
    assert message == (
        "FILE: [shop] depth=16: WebP has 8 bits per channel; only PNG can have 16"
    )


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/../b", "/srv/shop", "/", "a/.."]
)
def test_folder_elsewhere(refusal: Callable[..., str], name: str) -> None:
    """A table for a folder that is not below the inbox is refused."""
    assert refusal(f'["{name}"]\n') == (
        f"FILE: [{name}]: it must be a folder below the inbox, such as shop/red"
    )


@pytest.mark.parametrize("name", [".dropcut", "a/.hidden", "@eaDir/a", "draft-1"])
def test_folder_that_is_left_alone(refusal: Callable[..., str], name: str) -> None:
    """A table for an ignored folder is refused: it would have no effect."""
    assert refusal(f'["{name}"]\n', ignore=("draft-*",)) == (
        f"FILE: [{name}]: folders of this name are always ignored"
    )


@pytest.mark.parametrize("name", ["shop/", "./shop", "shop//"])
def test_two_tables_of_a_folder(refusal: Callable[..., str], name: str) -> None:
    """A second table for a folder is refused, however its name is written."""
    message = refusal(f'[shop]\n["{name}"]\n')
    assert message == f"FILE: [{name}]: this folder already has a table"


def test_two_ways_to_write_a_folder(refusal: Callable[..., str]) -> None:
    """A second table is refused if it differs only in how a Mac writes "ö"."""
    message = refusal('["M\\u00f6bel"]\n["Mo\\u0308bel"]\n')
    assert message.endswith("this folder already has a table")


@pytest.mark.parametrize("text", ["[shop.red]\n", "[shop]\nred = {}\n"])
def test_table_in_a_table(refusal: Callable[..., str], text: str) -> None:
    """A table inside a table is refused, with the right way to write it."""
    assert refusal(text) == 'FILE: [shop.red]: write it as ["shop/red"]'


@pytest.mark.parametrize("text", ['crop = "subject"\n', "[[crop]]\n", "crop = 1\n"])
def test_key_in_no_table(refusal: Callable[..., str], text: str) -> None:
    """A key above all tables is refused, with the place where it belongs."""
    assert refusal(text).startswith("FILE: crop is outside any table: put it below")


@pytest.mark.parametrize(
    "text", ["[shop/red]\n", "[my shop]\n", "[shop]\n[shop]\n", "crop: x\n", "{\n"]
)
def test_no_toml(refusal: Callable[..., str], text: str) -> None:
    """A file that is not TOML is refused with the line, and a hint about quotes."""
    message = refusal(text)
    assert "line" in message
    assert message.endswith('a folder whose name has / or a space: ["shop/red"]')


def test_another_encoding(refusal: Callable[..., str]) -> None:
    """A file that is not UTF-8 is refused."""
    assert refusal("[Größe]\n".encode("latin-1")) == "FILE: it is not UTF-8"


def test_no_file(refusal: Callable[..., str], file: Path) -> None:
    """A missing file, or a folder in its place, is reported by the setting's name."""
    assert refusal() == "DROPCUT_PROFILES: FILE: No such file or directory"
    file.mkdir()
    assert refusal() == "DROPCUT_PROFILES: FILE: Is a directory"


@pytest.mark.parametrize(
    ("kind", "problem"),
    [("fifo", "it is not a regular file"), ("socket", "No such device or address")],
)
def test_file_that_is_none(
    refusal: Callable[..., str], file: Path, kind: str, problem: str
) -> None:
    """A FIFO or a socket in the file's place is refused, and not waited for."""
    make_odd(file, kind)
    assert refusal() == f"DROPCUT_PROFILES: FILE: {problem}"


def test_endless_file(refusal: Callable[..., str], file: Path) -> None:
    """A file that grows without an end is not read to the end."""
    with growing(file):
        assert refusal() == "DROPCUT_PROFILES: FILE: it is larger than 1 MiB"


def test_relative_path(
    refusal: Callable[..., str], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file with a relative path is reported by its full path."""
    monkeypatch.chdir(file.parent)
    message = refusal(profiles=Path(file.name))
    assert message == "DROPCUT_PROFILES: FILE: No such file or directory"


def test_not_recursive(file: Path) -> None:
    """Profiles without sub-folders are refused: they would have no effect."""
    settings = cast("Any", Settings)(profiles=file, recursive=False)
    with pytest.raises(ConfigurationError, match="DROPCUT_RECURSIVE=true"):
        load_profiles(settings)


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "sub/", "secret/back.png"])
def test_background_that_cannot_be_read(
    file: Path, unprivileged: Path, name: str
) -> None:
    """A background that is unreadable, or cannot be a file, is refused."""
    (unprivileged / "sub").mkdir()
    (unprivileged / "secret").mkdir(0o000)
    with pytest.raises(ValueError, match="background"):
        cast("Any", Settings)(profiles=file, background=f"{unprivileged}/{name}")


def test_endless_background(file: Path) -> None:
    """A background that grows without an end is not read to the end."""
    file.touch()
    background = file.with_name("back.png")
    background.touch()
    settings = cast("Any", Settings)(profiles=file, background=str(background))
    os.truncate(background, 1 << 40)
    with pytest.raises(ConfigurationError, match="it is larger than 256 MiB"):
        load_profiles(settings)


@pytest.mark.parametrize(("table", "name"), [("", "DROPCUT_BACKGROUND"), ("[a]", "")])
def test_background_that_breaks_off(file: Path, table: str, name: str) -> None:
    """A background that fails to read is reported with the system's reason."""
    path = "/proc/self/mem"  # a file that may be opened, but not read from its begin
    file.write_text(f'{table}\nbackground = "{path}"\n' if table else "")
    background = "transparent" if table else path
    settings = cast("Any", Settings)(profiles=file, background=background)
    with pytest.raises(ConfigurationError) as caught:
        load_profiles(settings)
    name = name or f"{file}: {table} background"
    assert explain(caught.value) == f"{name}={path}: Input/output error"


@pytest.mark.parametrize(
    ("setting", "value", "in_table", "in_settings"),
    [
        ("model", None, "F: [a] model: odd", "DROPCUT_MODEL: odd"),
        ("background", "/b.png", "F: [a] background=/b.png: ", "DROPCUT_BACKGROUND="),
        ("model_dir", None, "DROPCUT_MODEL_DIR: odd", "DROPCUT_MODEL_DIR: odd"),
        ("providers", None, "DROPCUT_PROVIDERS: odd", "DROPCUT_PROVIDERS: odd"),
    ],
)
def test_fault_that_is_found_later(
    setting: str, value: str | None, in_table: str, in_settings: str
) -> None:
    """An error found later is named by table and key if a table can set the setting."""
    for where, start in (("F: [a]", in_table), ("", in_settings)):
        error = ConfigurationError("odd", setting=setting, value=value, where=where)
        assert explain(error).startswith(start)
        assert explain(error).endswith(": odd")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConfigurationError("the outbox is odd"), "the outbox is odd"),
        (FileNotFoundError(2, "No such file", "/a"), "/a: No such file"),
    ],
)
def test_error_of_no_setting(error: Exception, text: str) -> None:
    """An error that is not about a setting is reported by its own text."""
    assert explain(error) == text

"""The command line reads its arguments, returns a code and leaves the process alone."""

import os
import signal
import sys
from pathlib import Path

import pytest
from dropcut.cli import main
from dropcut.core.errors import ExitCode

FOLDERS = ("inbox", "outbox", "processed", "failed")


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write an env file whose root has the four folders, and no other setting."""
    for name in [name for name in os.environ if name.startswith("DROPCUT_")]:
        monkeypatch.delenv(name)
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    file = tmp_path / "dropcut.env"
    file.write_text(f"DROPCUT_ROOT={tmp_path}\n", "utf-8")
    return file


@pytest.mark.parametrize(
    "order",
    ["--env-file FILE status", "status --env-file FILE"],
)
def test_env_file_before_and_after_the_command(
    env_file: Path, order: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """`--env-file` may stand before the command as well as after it."""
    assert main(order.replace("FILE", str(env_file)).split()) == ExitCode.DONE
    assert "inbox       0\n" in capfd.readouterr().out


def test_env_file_after_the_command_wins(
    env_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Of two env files, the one after the command is read."""
    given = ["--env-file", "/nowhere.env", "status", "--env-file", str(env_file)]
    assert main(given) == ExitCode.DONE
    assert not capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], ExitCode.DONE),
        (["models", "list", "--help"], ExitCode.DONE),
        (["dance"], ExitCode.USAGE),
        (["models"], ExitCode.USAGE),
        (["status", "--env-file", "/nowhere.env"], ExitCode.CONFIG),
    ],
    ids=str,
)
@pytest.mark.usefixtures("env_file", "capfd")
def test_exit_code(arguments: list[str], code: ExitCode) -> None:
    """A command that is called with arguments returns its exit code."""
    assert main(arguments) == code


@pytest.mark.usefixtures("env_file", "capfd")
def test_the_process_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that is called with arguments sets no signal, stream or variable."""

    def state() -> tuple[object, ...]:
        handlers = [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]
        return handlers, dict(os.environ), sys.stdout.errors, sys.stderr.errors

    # Without settings the folders are those of the working folder, and there are none.
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    before = state()
    assert main(["models", "list"]) == ExitCode.DONE
    assert main(["retry", "nobody.jpg"]) == ExitCode.CONFIG
    assert state() == before

"""`dropcut models pull`: models get to the machine."""

import os
import pty
import termios
from pathlib import Path

import pytest

from ..mirror import status, whole
from .machine import Machine
from .pictures import photo
from .processes import run
from .services import FOLDERS, names
from .test_commands import read_terminal
from .test_refusals import assert_refused
from .tiny_catalogue import COMMAND, TINY
from .waiting import eventually


def test_pull(machine: Machine) -> None:
    """A model that is pulled is installed, verified and used."""
    done = machine.pull("tiny")
    path = machine.place / "tiny.onnx"
    assert (done.code, done.err) == (0, "")
    assert done.out == f"tiny is installed and verified: {path}\n"
    machine.assert_here()
    assert f"tiny is {path}\n" in machine.models("list").out
    assert f"ok    tiny: {path}\n" in machine.models("verify").out


def test_pull_and_run(machine: Machine, tmp_path: Path) -> None:
    """A picture is cut out with a model that was pulled."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
    (tmp_path / "inbox" / "a.jpg").write_bytes(photo())
    variables = machine.environment | {"DROPCUT_MODEL": "tiny"}
    done = run(*COMMAND, "run", "--once", env=variables)
    assert_refused(done, 78, "`dropcut models pull tiny` downloads it")
    machine.pull("tiny")
    assert run(*COMMAND, "run", "--once", env=variables).code == 0
    assert names(tmp_path / "outbox") == ["a.png"]


def test_pull_what_is_here(machine: Machine) -> None:
    """A model that is already installed is not downloaded again."""
    machine.pull("tiny", "tiny")
    done = machine.pull("tiny")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"tiny is already installed: {machine.place / 'tiny.onnx'}\n"
    assert len(machine.mirror.asked) == 1


def test_pull_what_is_here_and_wrong(machine: Machine) -> None:
    """A file that is not the published one is named, and replaced by the right one."""
    machine.place.mkdir()
    path = machine.place / "tiny.onnx"
    path.write_bytes(b"x" * len(TINY))
    machine.offer(status(404))
    assert machine.pull("tiny").code == 1
    assert path.read_bytes() == b"x" * len(TINY)
    machine.offer(whole(TINY))
    done = machine.pull("tiny")
    assert (
        f"{path} is not the published tiny; the published one is downloaded\n"
        in done.out
    )
    machine.assert_here()


def test_pull_what_is_built_in(machine: Machine) -> None:
    """The model of the package is never downloaded."""
    done = machine.pull("u2netp")
    assert done.out == "u2netp is built in, there is nothing to download\n"
    assert (done.code, done.err, machine.mirror.asked) == (0, "", [])


def test_pull_of_several(machine: Machine) -> None:
    """A model that cannot be had keeps no other from coming."""
    done = machine.pull("u2net", "u2netp", "tiny")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert done.err.startswith("dropcut: u2net: http://")
    assert done.err.endswith("/models/u2net.onnx: the server answered 404 Not Found\n")
    machine.assert_here()


def test_progress_on_a_terminal(machine: Machine) -> None:
    """A pull shows a progress bar on a terminal."""
    machine.environment["TERM"] = "xterm"
    machine.offer(machine.mirror.held(TINY))
    master, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 100))
    with machine.start_pull(terminal):
        os.close(terminal)
        eventually(machine.under_way)
        machine.mirror.go.set()
        printable = read_terminal(master)
    assert "tiny:" in printable
    assert "/300k" in printable


def test_pull_of_an_unknown_model(machine: Machine) -> None:
    """An unknown name ends with 64, before anything is downloaded."""
    done = machine.pull("tiny", "u3net")
    assert_refused(done, 64, "there is no model called 'u3net'", "isnet-general-use")
    assert not machine.mirror.asked


def test_licence(machine: Machine) -> None:
    """A model that nobody may earn money with is only pulled with consent."""
    done = machine.pull("tiny", "bria-rmbg")
    assert_refused(done, 64, "CC-BY-NC-4.0", "--accept-licence")
    assert not machine.mirror.asked
    assert machine.pull("--accept-licence", "bria-rmbg").code == 1
    assert machine.mirror.asked == ["/models/bria-rmbg-2.0.onnx"]


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/models", "/mnt/usb", "mirror.lan", "http://[x", "http:///x"],
)
def test_pull_from_no_web_address(machine: Machine, url: str) -> None:
    """A mirror that is no web address ends with 64."""
    assert_refused(machine.models("pull", "tiny", "--from", url), 64, "--from", url)


def test_pull_into_a_file(machine: Machine) -> None:
    """A folder for models that is none ends with 78 and names the setting."""
    machine.place.touch()
    assert_refused(machine.pull("tiny"), 78, "DROPCUT_MODEL_DIR", str(machine.place))

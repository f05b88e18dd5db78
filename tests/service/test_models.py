"""`dropcut models`: what is on the machine, and how more gets there."""

import os
import pty
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from dropcut.catalogue import MODELS

from ..mirror import Answer, Mirror, cut, status, whole
from ..needing import need
from .pictures import photo
from .processes import DROPCUT, Finished, environment, mounted, run, spawn, tmpfs
from .services import FOLDERS, names
from .test_commands import read_terminal
from .test_full_disk import fill
from .test_refusals import assert_refused
from .tiny_catalogue import COMMAND, ENVIRONMENT, FILES, ODD, TINY
from .waiting import eventually

REAL = Path(
    os.environ.get("DROPCUT_TEST_MODELS") or Path(__file__).parents[2] / ".models"
)
TINY_FILE = FILES["tiny"][0]


class Machine:
    """A user with a home, a folder for models and a mirror to get them from."""

    def __init__(self, root: Path) -> None:
        """Make the home; there is no folder for models yet."""
        self.home, self.place = root / "home", root / "models"
        self.home.mkdir()
        self.mirror = Mirror()
        self.environment = environment(
            **ENVIRONMENT,
            HOME=self.home,
            NO_PROXY="127.0.0.1",
            DROPCUT_MODEL_DIR=self.place,
            DROPCUT_ROOT=root,
        )
        for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "U2NET_HOME", "REMBG_HOME"):
            self.environment.pop(name, None)

    def offer(self, answer: Answer) -> None:
        """Let the mirror answer so for the tiny model."""
        self.mirror.offer(TINY_FILE, answer)

    def models(self, *arguments: str) -> Finished:
        """Run `dropcut models` to its end."""
        return run(*COMMAND, "models", *arguments, env=self.environment)

    def pull(self, *names: str) -> Finished:
        """Pull models from the mirror."""
        return self.models("pull", "--from", self.mirror.url, *names)

    def start_pull(self, terminal: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
        """Begin to pull the tiny model from the mirror."""
        arguments = ("models", "pull", "--from", self.mirror.url, "tiny")
        return spawn(*COMMAND, *arguments, env=self.environment, err=terminal)

    def under_way(self, count: int = 1) -> bool:
        """Whether as many pulls have got some of the model, and none has it all."""
        sizes = [path.stat().st_size for path in self.place.glob(".*.part")]
        return len(sizes) == count and all(0 < size < len(TINY) for size in sizes)

    def assert_here(self) -> None:
        """Check that the model is whole, for every user to read, and nothing else."""
        assert names(self.place) == ["tiny.onnx"]
        assert (self.place / "tiny.onnx").read_bytes() == TINY
        assert (self.place / "tiny.onnx").stat().st_mode & 0o777 == 0o644


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Make a machine whose mirror has the tiny model."""
    machine = Machine(tmp_path)
    machine.offer(whole(TINY))
    yield machine
    machine.mirror.close()


def test_pull(machine: Machine) -> None:
    """A model that is pulled is here, verified, and used."""
    done = machine.pull("tiny")
    path = machine.place / "tiny.onnx"
    assert (done.code, done.err) == (0, "")
    assert done.out == f"tiny is here and checked: {path}\n"
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
    assert_refused(done, 78, "`dropcut models pull tiny` gets it")
    machine.pull("tiny")
    assert run(*COMMAND, "run", "--once", env=variables).code == 0
    assert names(tmp_path / "outbox") == ["a.png"]


def test_pull_what_is_here(machine: Machine) -> None:
    """A model that is here and right is not downloaded again."""
    machine.pull("tiny", "tiny")
    done = machine.pull("tiny")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"tiny is here already: {machine.place / 'tiny.onnx'}\n"
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
    assert f"{path} is not the published tiny; a new one is downloaded\n" in done.out
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


BAD = {
    "cut-off": (cut(TINY[:99_999], len(TINY)), "broke off after 0.1 MB: the server h"),
    "wrong": (whole(TINY[::-1]), "is not the model that was published"),
    "web-page": (whole(b"<html>Please log in", "text/html"), "a web page came instead"),
    "missing": (status(404), "the server answered 404 Not Found"),
}


@pytest.mark.parametrize("case", BAD)
def test_pull_of_something_else(machine: Machine, case: str) -> None:
    """What is not the model ends with 1 and one line, and leaves nothing."""
    answer, why = BAD[case]
    machine.offer(answer)
    assert_refused(machine.pull("tiny"), 1, "dropcut: tiny: http://", why)
    assert not names(machine.place)


def test_pull_from_nobody(machine: Machine) -> None:
    """A server that is not there ends with 1 and one line."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    done = machine.models("pull", "tiny", "--from", url)
    assert_refused(done, 1, f"{url}/{TINY_FILE}: Connection refused")


def test_killed_pull(machine: Machine) -> None:
    """A pull that is killed leaves no model, and the next one clears up after it."""
    machine.offer(machine.mirror.held(TINY))
    with machine.start_pull() as process:
        eventually(machine.under_way)
        process.kill()
    assert not (machine.place / "tiny.onnx").exists()
    assert machine.under_way()
    machine.offer(whole(TINY))
    assert machine.pull("tiny").code == 0
    machine.assert_here()


def test_interrupted_pull(machine: Machine) -> None:
    """A pull that is broken off by Ctrl-C leaves nothing and says nothing."""
    machine.offer(machine.mirror.held(TINY))
    with machine.start_pull() as process:
        eventually(machine.under_way)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")
    assert not names(machine.place)


def test_two_pulls_at_once(machine: Machine) -> None:
    """Pulls of one model at the same time do not disturb each other."""
    machine.offer(machine.mirror.held(TINY))
    pulls = [machine.start_pull() for _ in range(3)]
    eventually(lambda: machine.under_way(3))
    machine.mirror.go.set()
    ended = [(*process.communicate(), process.returncode) for process in pulls]
    out = f"tiny is here and checked: {machine.place / 'tiny.onnx'}\n".encode()
    assert ended == [(out, b"", 0)] * 3
    machine.assert_here()


def test_disk_that_runs_full(machine: Machine) -> None:
    """A disk that runs full during a pull ends it with one line."""
    machine.place.mkdir()
    machine.offer(machine.mirror.held(TINY))
    with mounted(machine.place, *tmpfs("400k")), machine.start_pull() as process:
        eventually(machine.under_way)
        fill(machine.place / "filler")
        machine.mirror.go.set()
        err = process.communicate()[1].decode()
        assert process.returncode == 1
        assert err.endswith("No space left on device\n")
        assert err.count("\n") == 1
        assert names(machine.place) == ["filler"]


def test_disk_that_is_too_small(machine: Machine) -> None:
    """A model that has no room is not asked for."""
    machine.place.mkdir()
    with mounted(machine.place, *tmpfs("100k")):
        done = machine.pull("tiny")
    assert_refused(done, 1, f"tiny: {machine.place} has 0.1 MB free")
    assert not machine.mirror.asked


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
        shown = read_terminal(master)
    assert "tiny:" in shown
    assert "/300k" in shown


def test_pull_of_an_unknown_model(machine: Machine) -> None:
    """An unknown name ends with 64, before anything is downloaded."""
    done = machine.pull("tiny", "u3net")
    assert_refused(done, 64, "no model is called 'u3net'", "isnet-general-use")
    assert not machine.mirror.asked


def test_licence(machine: Machine) -> None:
    """A model that nobody may earn money with is only pulled with consent."""
    done = machine.pull("tiny", "bria-rmbg")
    assert_refused(done, 64, "CC-BY-NC-4.0", "--accept-licence")
    assert not machine.mirror.asked
    assert machine.pull("--accept-licence", "bria-rmbg").code == 1
    assert machine.mirror.asked == ["/models/bria-rmbg-2.0.onnx"]


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/models", "/mnt/usb", "mirror.lan"])
def test_pull_from_no_web_address(machine: Machine, url: str) -> None:
    """A mirror that is no web address ends with 64."""
    assert_refused(machine.models("pull", "tiny", "--from", url), 64, "--from", url)


def test_pull_into_a_file(machine: Machine) -> None:
    """A folder for models that is none ends with 78 and names the setting."""
    machine.place.touch()
    assert_refused(machine.pull("tiny"), 78, "DROPCUT_MODEL_DIR", str(machine.place))


def test_list(machine: Machine) -> None:
    """The list shows each model in a line: size, licence, whether it is here, use."""
    done = machine.models("list")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert max(map(len, lines)) <= 100
    rows = {line.split()[0]: line for line in lines}
    assert set(MODELS) <= set(rows)
    assert "176 MB  Apache-2.0    not here  everything; cleaner edges" in rows["u2net"]
    assert "4.6 MB  Apache-2.0    built in" in rows["u2netp"]
    assert "CC-BY-NC-4.0  not here" in rows["bria-rmbg"]
    assert lines[-1] == f"`dropcut models pull NAME` puts one into {machine.place}"


def test_list_of_a_damaged_model(machine: Machine) -> None:
    """The list shows a file of the wrong size as damaged, and where it is."""
    path = machine.home / ".u2net" / "u2net.onnx"
    path.parent.mkdir()
    path.touch()
    out = machine.models("list").out
    assert "Apache-2.0    damaged" in out
    assert f"u2net is {path}\n" in out


def test_urls(machine: Machine) -> None:
    """The list shows where each file can be downloaded by hand."""
    lines = machine.models("list", "--urls").out.splitlines()
    shown = dict(line.split() for line in lines)
    assert shown.items() >= {n: e.url for n, e in MODELS.items()}.items()


def test_verify(machine: Machine) -> None:
    """Files that are here are verified, one line each; what is not here is no fault."""
    done = machine.models("verify")
    assert (done.code, done.out, done.err) == (0, "ok    u2netp: built in\n", "")
    machine.pull("tiny")
    (machine.place / "u2net.onnx").write_bytes(b"something else")
    done = machine.models("verify")
    assert (done.code, done.err) == (78, "")
    good, bad, tiny = done.out.splitlines()
    assert good == "ok    u2netp: built in"
    assert bad.startswith(f"FAIL  u2net: {machine.place / 'u2net.onnx'} is not the u2")
    assert tiny == f"ok    tiny: {machine.place / 'tiny.onnx'}"


def test_verify_by_name(machine: Machine) -> None:
    """A model that is asked for by name and is not here is a fault."""
    machine.pull("tiny")
    assert machine.models("verify", "tiny").code == 0
    done = machine.models("verify", "u2net")
    assert done.code == 78
    assert done.out.startswith("FAIL  u2net: u2net is not on this machine")
    assert_refused(machine.models("verify", "u3net"), 64, "u3net")


def test_verify_the_graph(machine: Machine) -> None:
    """A file that is what was published, but no model for Dropcut, is a fault."""
    machine.place.mkdir()
    (machine.place / "odd.onnx").write_bytes(ODD)
    done = machine.models("verify", "odd")
    assert done.code == 78
    assert done.out.startswith("FAIL  odd: odd must have one input")


def test_publishers_name(machine: Machine) -> None:
    """A file that was copied here under its publisher's name is as good."""
    machine.place.mkdir()
    (machine.place / TINY_FILE).write_bytes(TINY)
    assert machine.models("verify", "tiny").code == 0
    assert "is here already" in machine.pull("tiny").out


def test_real_model(machine: Machine) -> None:
    """U²-Net is pulled, verified and found by the command as it is."""
    need((REAL / "u2net.onnx").is_file(), f"{REAL}/u2net.onnx is not there")
    machine.mirror.offer("u2net.onnx", whole((REAL / "u2net.onnx").read_bytes()))
    command = (*DROPCUT, "models")
    pull = (*command, "pull", "u2net", "--from", machine.mirror.url)
    assert run(*pull, env=machine.environment).code == 0
    done = run(*command, "verify", env=machine.environment)
    assert done.code == 0
    assert f"ok    u2net: {machine.place / 'u2net.onnx'}\n" in done.out


def test_wrong_setting(machine: Machine) -> None:
    """A setting that is none is told before anything else."""
    machine.environment["DROPCUT_MODELDIR"] = "/nowhere"
    assert_refused(machine.models("list"), 78, "DROPCUT_MODEL_DIR")


@pytest.mark.parametrize("arguments", [[], ["push"], ["pull"]], ids=str)
def test_wrong_usage(machine: Machine, arguments: list[str]) -> None:
    """A command line that cannot be followed ends with one line and code 64."""
    assert_refused(machine.models(*arguments), 64)


def test_service_knows_no_network() -> None:
    """What runs as a service does not even load what could download."""
    code = (
        "import sys, dropcut.service, dropcut.check; "
        "sys.exit(not {'pooch', 'requests'}.isdisjoint(sys.modules))"
    )
    assert run(sys.executable, "-c", code).code == 0

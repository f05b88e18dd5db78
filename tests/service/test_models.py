"""`dropcut models list` and `verify`: what is on the machine, and if it is right."""

import os
import sys
from pathlib import Path

import pytest
from dropcut.models.catalogue import MODELS

from ..mirror import whole
from ..requiring import require
from .machine import TINY_FILE, Machine
from .processes import DROPCUT, run
from .test_refusals import assert_refused
from .tiny_catalogue import ODD, TINY

REAL = Path(
    os.environ.get("DROPCUT_TEST_MODELS") or Path(__file__).parents[2] / ".models"
)


def test_list(machine: Machine) -> None:
    """The list shows each model in a line: size, licence, state, use."""
    done = machine.models("list")
    lines = done.out.splitlines()
    assert (done.code, done.err) == (0, "")
    assert max(len(line) for line in lines if str(machine.place) not in line) <= 100
    rows = {line.split()[0]: line for line in lines}
    assert set(MODELS) <= set(rows)
    assert (
        "176 MB  Apache-2.0    not installed  everything; cleaner edges"
        in rows["u2net"]
    )
    assert "4.6 MB  Apache-2.0    built in" in rows["u2netp"]
    assert "CC-BY-NC-4.0  not installed" in rows["bria-rmbg"]
    assert (
        lines[-2]
        == f"`dropcut models pull NAME` downloads a model into {machine.place}"
    )
    by_hand = "to install a model by hand, copy its file into that folder"
    assert lines[-1] == f"{by_hand}; create the folder first"
    machine.place.mkdir()
    assert machine.models("list").out.endswith(f"{by_hand}\n")


def test_list_of_a_damaged_model(machine: Machine) -> None:
    """The list shows a file of the wrong size as damaged, and where it is."""
    machine.place.mkdir()
    path = machine.place / "u2net.onnx"
    path.touch()
    out = machine.models("list").out
    assert "Apache-2.0    damaged" in out
    assert f"u2net is {path}\n" in out


def test_home_of_root(machine: Machine) -> None:
    """For root, a file in its home does not count: the service could not see it."""
    require(os.geteuid() == 0, "only root sees what the service does not")
    (machine.home / ".u2net").mkdir()
    (machine.home / ".u2net" / "tiny.onnx").write_bytes(TINY)
    assert "none          not installed" in machine.models("list").out
    done = machine.models("verify", "tiny")
    assert done.code == 78
    assert done.out.startswith("FAIL  tiny: tiny is not installed")
    assert "; not root's home, which the service cannot see)\n" in done.out
    assert "is installed and verified" in machine.pull("tiny").out
    assert machine.models("verify", "tiny").code == 0


def test_file_for_oneself_alone(machine: Machine) -> None:
    """`pull` lets the service read a file that was copied by hand."""
    machine.place.mkdir()
    path = machine.place / "tiny.onnx"
    path.write_bytes(TINY)
    path.chmod(0o600)
    assert "tiny is already installed" in machine.pull("tiny").out
    assert path.stat().st_mode & 0o777 == 0o644


def test_home_of_nobody(machine: Machine) -> None:
    """A variable of rembg that names no home ends no command."""
    machine.environment["U2NET_HOME"] = "~nobody-of-this-name/x"
    done = machine.models("list")
    assert (done.code, done.err) == (0, "")


def test_verify_of_a_right_file_behind_a_wrong_one(machine: Machine) -> None:
    """The file that is verified is named: the one that a run would use."""
    machine.place.mkdir()
    (machine.place / "tiny.onnx").write_bytes(TINY[::-1])
    (machine.place / TINY_FILE).write_bytes(TINY)
    done = machine.models("verify", "tiny")
    assert (done.code, done.out) == (0, f"ok    tiny: {machine.place / TINY_FILE}\n")


def test_urls(machine: Machine) -> None:
    """The list shows where each file can be downloaded by hand."""
    lines = machine.models("list", "--urls").out.splitlines()
    printable = dict(line.split() for line in lines)
    assert printable.items() >= {n: e.url for n, e in MODELS.items()}.items()


def test_verify(machine: Machine) -> None:
    """Installed files are verified, one line each; missing ones are not a fault."""
    done = machine.models("verify")
    assert (done.code, done.out, done.err) == (0, "ok    u2netp: built in\n", "")
    machine.pull("tiny")
    (machine.place / "u2net.onnx").write_bytes(b"something else")
    done = machine.models("verify")
    assert (done.code, done.err) == (78, "")
    good, bad, tiny = done.out.splitlines()
    assert good == "ok    u2netp: built in"
    assert bad.startswith(f"FAIL  u2net: {machine.place / 'u2net.onnx'} is not the pub")
    assert tiny == f"ok    tiny: {machine.place / 'tiny.onnx'}"


def test_verify_by_name(machine: Machine) -> None:
    """A model that is asked for by name and is not installed is a fault."""
    machine.pull("tiny")
    assert machine.models("verify", "tiny").code == 0
    done = machine.models("verify", "u2net")
    assert done.code == 78
    assert done.out.startswith("FAIL  u2net: u2net is not installed")
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
    assert "is already installed" in machine.pull("tiny").out


def test_real_model(machine: Machine) -> None:
    """U²-Net is pulled, verified and found by the command as it is."""
    require((REAL / "u2net.onnx").is_file(), f"{REAL}/u2net.onnx is not there")
    machine.mirror.offer("u2net.onnx", whole((REAL / "u2net.onnx").read_bytes()))
    command = (*DROPCUT, "models")
    pull = (*command, "pull", "u2net", "--from", machine.mirror.url)
    assert run(*pull, env=machine.environment).code == 0
    done = run(*command, "verify", env=machine.environment)
    assert done.code == 0
    assert f"ok    u2net: {machine.place / 'u2net.onnx'}\n" in done.out


def test_wrong_setting(machine: Machine) -> None:
    """A setting that does not exist is reported before anything else."""
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

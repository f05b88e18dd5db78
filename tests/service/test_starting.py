"""What the command does before, and while, its libraries are loaded."""

import signal
from pathlib import Path

import pytest

from .processes import DROPCUT, environment, run, spawn
from .services import Service, without
from .waiting import eventually

COMMANDS = (["run"], ["check"], ["models", "list"], ["status"])
# Says that it is being imported, and is so for as long as a test wants
SLOW = """
import pathlib, threading
pathlib.Path({here!r}).touch()
threading.Event().wait(60)
"""
TELLING = """
import os
print(os.environ["OPENBLAS_NUM_THREADS"], flush=True)
os._exit(0)
"""


def _with_numpy(folder: Path, code: str) -> dict[str, str]:
    """Return an environment in which another module is taken for numpy."""
    (folder / "numpy.py").write_text(code, "utf-8")
    path = environment().get("PYTHONPATH", "")
    variables = environment(PYTHONPATH=f"{folder}:{path}", DROPCUT_ROOT=folder)
    return without(variables, "OPENBLAS_NUM_THREADS")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_ctrl_c_while_loading(tmp_path: Path, command: list[str]) -> None:
    """Ctrl-C ends a command that is still loading its libraries without a word."""
    here = tmp_path / "here"
    variables = _with_numpy(tmp_path, SLOW.format(here=str(here)))
    with spawn(*DROPCUT, *command, env=variables) as process:
        eventually(here.exists)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, out, err) == (130, b"", b"")


def test_one_thread_for_openblas(tmp_path: Path) -> None:
    """OpenBLAS is told to use one thread before numpy, which brings it, is loaded."""
    variables = _with_numpy(tmp_path, TELLING)
    assert run(*DROPCUT, "models", "list", env=variables).out == "1\n"


def test_threads_that_the_user_wants_for_openblas(tmp_path: Path) -> None:
    """A number of OpenBLAS threads that the user has set is left as it is."""
    variables = _with_numpy(tmp_path, TELLING) | {"OPENBLAS_NUM_THREADS": "3"}
    assert run(*DROPCUT, "models", "list", env=variables).out == "3\n"


def test_service_without_threads_of_openblas(service: Service) -> None:
    """A running service has as many threads as one that was forbidden OpenBLAS' own."""
    service.environment = without(service.environment, "OPENBLAS_NUM_THREADS")
    plain = _threads(service.start())
    assert service.stop() == 0
    assert plain == _threads(service.start(OPENBLAS_NUM_THREADS=1))


def _threads(service: Service) -> int:
    """Count the threads of a service that is ready."""
    return len(list(Path(f"/proc/{service.process.pid}/task").iterdir()))

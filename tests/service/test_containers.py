"""Containers of one machine that share an inbox and nothing else."""

import os
import shutil
from pathlib import Path

import pytest

from ..requiring import require
from .invariants import assert_promises
from .processes import DROPCUT, Finished, run
from .services import Service

# Its own processes, network and shared memory, and the folders at another path
_CONTAINER = """
mount -t tmpfs dropcut-test /dev/shm
mount --bind "$0" "$1"
shift
exec "$@"
"""


def container(service: Service, place: Path) -> tuple[str | Path, ...]:
    """Return the command that runs another one in a container of its own."""
    require(os.geteuid() == 0, "making namespaces needs root")
    require(shutil.which("unshare"), "unshare is not installed")
    place.mkdir()
    spaces = ("--mount", "--pid", "--net", "--ipc", "--mount-proc")
    words = ("unshare", *spaces, "--fork", "--kill-child", "sh", "-euc", _CONTAINER)
    done = run(*words, service.root, place, "true")
    require(done.code == 0, f"namespaces are not possible here: {done.err.strip()}")
    return (*words, service.root, place)


def once(service: Service, place: Path) -> Finished:
    """Work once in another container, to the end."""
    env = service.environment | {"DROPCUT_ROOT": str(place)}
    return run(*container(service, place), *DROPCUT, "run", "--once", env=env)


@pytest.fixture
def contained(service: Service, tmp_path: Path) -> Service:
    """Start a service in a container, where its folders have another path."""
    service.under = container(service, tmp_path / "first")
    return service.start(DROPCUT_ROOT=tmp_path / "first")


def test_two_containers(contained: Service, tmp_path: Path) -> None:
    """A container is refused an inbox while another one is using it, and no longer."""
    contained.prove_alive("first")
    done = once(contained, tmp_path / "second")
    assert (done.code, "another Dropcut is already using" in done.err) == (75, True)
    contained.prove_alive("second")
    contained.kill()
    contained.drop("third.jpg")
    assert once(contained, tmp_path / "third").code == 0
    contained.wait(processed=3)
    assert_promises(contained)


def test_container_before_the_machine(contained: Service) -> None:
    """The machine's own service is refused an inbox that a container is using."""
    done = contained.set(DROPCUT_ROOT=contained.root).command("run", "--once")
    assert (done.code, "another Dropcut is already using" in done.err) == (75, True)
    assert "\nservice     running\n" in f"\n{contained.command('status').out}"
    contained.prove_alive()

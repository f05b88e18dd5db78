"""What is refused at the start: in one line, with the right exit code."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ..faulty_models import HUNGRY, UNRUNNABLE
from ..requiring import require
from .processes import Finished, mounted
from .services import Service


def assert_refused(done: Finished, code: int, *words: str) -> None:
    """Check that a command said what is wrong in one line, and nothing else."""
    assert done.code == code, done.err
    assert done.err.endswith("\n")
    assert done.err.count("\n") == 1, done.err
    assert not done.out
    for word in words:
        assert word in done.err


SETTINGS = {
    "outbox in inbox": ({"DROPCUT_OUTBOX": "inbox/out"}, "DROPCUT_OUTBOX"),
    "inbox in outbox": ({"DROPCUT_INBOX": "outbox/in"}, "DROPCUT_INBOX"),
    "same twice": ({"DROPCUT_FAILED": "processed"}, "DROPCUT_FAILED"),
    "same by a link": ({"DROPCUT_PROCESSED": "linked"}, "DROPCUT_PROCESSED"),
    "missing inbox": ({"DROPCUT_INBOX": "nowhere"}, "DROPCUT_INBOX"),
    "a file for a folder": ({"DROPCUT_OUTBOX": "file"}, "DROPCUT_OUTBOX"),
    "unknown model": ({"DROPCUT_MODEL": "u3net"}, "u3net"),
    "missing model": ({"DROPCUT_MODEL": "nowhere.onnx"}, "nowhere.onnx"),
    "model of garbage": ({"DROPCUT_MODEL": "GARBAGE"}, "garbage"),
    "no recipe": ({"DROPCUT_MODEL_RECIPE": ""}, "DROPCUT_MODEL_RECIPE"),
    "unknown recipe": ({"DROPCUT_MODEL_RECIPE": "x"}, "DROPCUT_MODEL_RECIPE"),
    "misspelled": ({"DROPCUT_SETTEL_SECONDS": "2"}, "DROPCUT_SETTLE_SECONDS"),
    "no number": ({"DROPCUT_SETTLE_SECONDS": "soon"}, "DROPCUT_SETTLE_SECONDS"),
    "no finite number": ({"DROPCUT_SETTLE_SECONDS": "nan"}, "DROPCUT_SETTLE_SECONDS"),
    "too small": ({"DROPCUT_MAX_ATTEMPTS": "0"}, "DROPCUT_MAX_ATTEMPTS"),
    "unknown watcher": ({"DROPCUT_WATCHER": "psychic"}, "DROPCUT_WATCHER"),
    "unknown provider": ({"DROPCUT_PROVIDERS": "abacus"}, "abacus"),
    "missing provider": ({"DROPCUT_PROVIDERS": "cuda,cpu"}, "cuda"),
}


@pytest.fixture
def odd(service: Service) -> Service:
    """Make the folders and files that the wrong settings name."""
    (service.inbox / "out").mkdir()
    (service.outbox / "in").mkdir()
    (service.root / "linked").symlink_to("inbox")
    (service.root / "file").touch()
    (service.root / "garbage.onnx").write_bytes(b"\x08\x06garbage" * 100)
    return service


@pytest.mark.parametrize("case", SETTINGS)
def test_refused_setting(odd: Service, case: str) -> None:
    """A setting that cannot be right ends the start with one line that names it."""
    variables, word = SETTINGS[case]
    garbage = str(odd.root / "garbage.onnx")
    odd.set(**{k: v.replace("GARBAGE", garbage) for k, v in variables.items()})
    assert_refused(odd.command("run"), 78, word)


def test_model_that_cannot_be_run(service: Service) -> None:
    """A model that fails in its first run is a wrong setting, for `check` as well."""
    model = service.root / "odd.onnx"
    model.write_bytes(UNRUNNABLE)
    service.set(DROPCUT_MODEL=model)
    assert_refused(service.command("run"), 78, "DROPCUT_MODEL: odd cannot be run: ")
    done = service.command("check")
    assert (done.code, done.err) == (78, "")
    assert "\nFAIL  DROPCUT_MODEL: odd cannot be run: " in done.out


def test_too_little_memory_for_the_model(service: Service) -> None:
    """Too little memory at the start is no wrong setting: systemd tries it again."""
    model = service.root / "hungry.onnx"
    model.write_bytes(HUNGRY)
    service.set(DROPCUT_MODEL=model)
    for command in ("run", "run --once"):
        done = service.command(*command.split())
        assert_refused(done, 70, "not enough memory: hungry cannot be run: ")


@pytest.mark.parametrize("arguments", [["dance"], ["run", "--twice"], []], ids=str)
def test_refused_arguments(service: Service, arguments: list[str]) -> None:
    """A command line that cannot be followed ends with one line and code 64."""
    assert_refused(service.command(*arguments), 64)


def test_missing_env_file(service: Service) -> None:
    """An env file that is not there ends the start with one line that names it."""
    done = service.command("run", "--env-file", "/nowhere/dropcut.env")
    assert_refused(done, 78, "/nowhere/dropcut.env")


def test_nothing_moved(service: Service) -> None:
    """A refused start leaves the pictures where they are."""
    path = service.drop("a.jpg")
    service.set(DROPCUT_PROVIDERS="abacus")
    assert_refused(service.command("run", "--once"), 78)
    assert path.exists()


def second(service: Service, inbox: Path) -> Callable[[], Finished]:
    """Return what starts another service on the same inbox, by some path."""
    names = ("outbox", "processed", "failed")
    others = {f"DROPCUT_{name.upper()}": service.root / f"{name}2" for name in names}
    for folder in others.values():
        folder.mkdir()
    service.set(**others, DROPCUT_INBOX=inbox)
    return lambda: service.command("run", "--once")


def test_second_instance(service: Service) -> None:
    """A second instance on the same inbox is refused, and the first works on."""
    service.start()
    assert_refused(second(service, service.inbox)(), 75)
    service.prove_alive()


def test_second_instance_by_a_link(service: Service, tmp_path: Path) -> None:
    """A second instance that comes by a symbolic link is refused."""
    service.start()
    (tmp_path / "link").symlink_to(service.inbox)
    assert_refused(second(service, tmp_path / "link")(), 75)


def test_second_instance_by_a_mount(service: Service, tmp_path: Path) -> None:
    """A second instance that comes by a bind mount is refused."""
    require(Path("/proc/self/mounts").exists(), "bind mounts need Linux")
    service.start()
    (tmp_path / "bind").mkdir()
    with mounted(tmp_path / "bind", "--bind", service.inbox):
        assert_refused(second(service, tmp_path / "bind")(), 75)


def test_inbox_is_free_after_a_kill(service: Service) -> None:
    """A killed instance does not keep the next one from its inbox."""
    service.start()
    service.kill()
    service.start()
    service.prove_alive()

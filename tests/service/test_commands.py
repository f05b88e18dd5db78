"""The commands beside `run`, and `run --once`."""

import os
import pty
import re
import shlex
import signal
import termios

import dropcut

from ..odd_files import make_odd
from .invariants import assert_promises
from .pictures import large_photo
from .processes import DROPCUT, run, spawn
from .services import Service, empty, names
from .waiting import eventually


def test_once(service: Service) -> None:
    """`run --once` does what is there and ends with 0."""
    for name in ("a.jpg", "b.jpg", "sub/c.jpg"):
        service.drop(name)
    assert service.command("run", "--once").code == 0
    assert names(service.outbox) == ["a.png", "b.png", "sub/c.png"]
    assert_promises(service)


def test_once_without_work(service: Service) -> None:
    """`run --once` ends with 0 when nothing is there."""
    assert service.command("run", "--once").code == 0
    assert_promises(service)


def test_once_with_failures(service: Service) -> None:
    """`run --once` ends with 1 when a picture has failed, and does the others."""
    service.drop("a.jpg", b"no picture")
    service.drop("b.jpg")
    assert service.command("run", "--once").code == 1
    assert (names(service.outbox), service.failures()) == (["b.png"], ["a.jpg"])
    assert_promises(service)


def make_failures(service: Service) -> None:
    """Let three files fail."""
    for name in ("a.jpg", "b.jpg", "sub/c.jpg"):
        service.drop(name, b"no picture")
    assert service.command("run", "--once").code == 1
    assert service.failures() == ["a.jpg", "b.jpg", "sub/c.jpg"]


def test_retry_all(service: Service) -> None:
    """`retry` brings all failed pictures back and drops their reasons."""
    make_failures(service)
    assert service.command("retry").code == 0
    assert names(service.inbox) == ["a.jpg", "b.jpg", "sub/c.jpg"]
    assert not names(service.failed)


def test_retry_one(service: Service) -> None:
    """`retry NAME` brings back that picture alone, by its name or its path."""
    make_failures(service)
    assert service.command_apart("retry", "a.jpg", "sub/c.jpg").code == 0
    assert names(service.inbox) == ["a.jpg", "sub/c.jpg"]
    assert service.failures() == ["b.jpg"]
    assert_promises_of_failed(service)


def assert_promises_of_failed(service: Service) -> None:
    """Check that each failed picture still has its reason, and no other is there."""
    expected = [f"{n}{suffix}" for n in service.failures() for suffix in ("", REASON)]
    assert names(service.failed) == expected


REASON = ".error.json"


def test_retry_unknown(service: Service) -> None:
    """`retry` with a name that has not failed ends with 64 and moves nothing."""
    make_failures(service)
    done = service.command("retry", "a.jpg", "nobody.jpg")
    assert done.code == 64
    assert "nobody.jpg" in done.err
    assert service.failures() == ["a.jpg", "b.jpg", "sub/c.jpg"]


def test_retry_under_a_used_name(service: Service) -> None:
    """`retry` replaces nothing in the inbox."""
    make_failures(service)
    service.drop("a.jpg", b"another")
    assert service.command("retry", "a.jpg").code == 0
    assert names(service.inbox) == ["a-2.jpg", "a.jpg"]
    assert (service.inbox / "a.jpg").read_bytes() == b"another"


def test_retry_while_running(service: Service) -> None:
    """A picture that is moved back is processed again by a running service."""
    make_failures(service)
    service.start()
    assert service.command("retry", "b.jpg").code == 0
    service.wait(processed=0, failed=3)
    service.ended("b.jpg", "failed")
    service.prove_alive()
    assert_promises(service)


def test_check(service: Service) -> None:
    """`check` says of everything in a line that it is fine, and touches nothing."""
    service.drop("a.jpg")
    done = service.command_apart("check")
    assert done.code == 0, done.out
    assert len(done.out.splitlines()) > 5
    assert not done.err
    assert (names(service.inbox), names(service.outbox)) == (["a.jpg"], [])


def test_check_with_a_missing_folder(service: Service) -> None:
    """`check` ends with 78 and names the folder that is missing."""
    empty(service.failed)
    done = service.command("check")
    assert done.code == 78
    assert str(service.failed) in done.out
    assert "Traceback" not in done.err


def test_reader_that_leaves(service: Service) -> None:
    """A command whose reader has seen enough ends without a word."""
    command = f"{shlex.join(DROPCUT)} check | true"
    done = run("sh", "-c", command, env=service.environment)
    assert (done.out, done.err) == ("", "")


def test_status(service: Service) -> None:
    """`status` counts the pictures in each folder."""
    make_failures(service)
    service.drop("good.jpg")
    service.command("run", "--once")
    service.drop("later.jpg")
    done = service.command_apart("status")
    printable = dict(line.rsplit(None, 1) for line in done.out.splitlines())
    counts = [printable[name] for name in ("inbox", "outbox", "processed", "failed")]
    assert (done.code, counts) == (0, ["1", "1", "1", "3"])


def test_status_counts_what_waits(service: Service) -> None:
    """`status` does not count what is always left alone as waiting."""
    service.drop("a.jpg.part")
    service.drop("draft-1.jpg")
    (service.inbox / "link.jpg").symlink_to("elsewhere")
    service.set(DROPCUT_IGNORE="DRAFT-*")
    assert "inbox       0\n" in service.command("status").out


def test_once_that_is_stopped(service: Service) -> None:
    """`run --once` that is stopped ends with 1 when pictures are left."""
    for number in range(5):
        service.drop(f"{number}.jpg", large_photo(3000))
    with spawn(*DROPCUT, "run", "--once", env=service.environment) as process:
        eventually(service.claimed)
        process.send_signal(signal.SIGINT)
        process.communicate()
    assert process.returncode == 1
    assert service.originals() == 5


def test_retry_by_a_path(service: Service) -> None:
    """`retry` takes the path of a failed picture as a shell completes it."""
    assert service.command("retry").out == "there are no failed pictures\n"
    make_failures(service)
    path = service.failed / service.failures()[0]
    assert service.command("retry", str(path)).code == 0
    assert len(service.failures()) == 2


def test_retry_beside_what_cannot_be_moved(service: Service) -> None:
    """`retry` names what cannot be moved, moves all others, and ends with 1."""
    make_failures(service)
    failed = service.failures()
    service.drop("way")
    (service.failed / "way").mkdir()
    (service.failed / "way" / "z.jpg").write_bytes(b"in the way is a file")
    for kind in ("fifo", "socket", "link", "dangling link"):
        make_odd(service.failed / f"a {kind}.jpg", kind)
    done = service.command("retry")
    assert (done.code, len(done.err.splitlines())) == (1, 4)
    assert "dropcut: a fifo.jpg was not moved: it is a FIFO\n" in done.err
    assert "dropcut: a link.jpg was not moved: it is a link\n" in done.err
    for name in failed:
        assert f"{name} -> inbox/{name}\n" in done.out
        assert (service.inbox / name).exists()
    assert "way/z.jpg -> inbox/way-2/z.jpg\n" in done.out
    assert (service.inbox / "way-2" / "z.jpg").exists()


def test_status_of_a_running_service(service: Service) -> None:
    """`status` says whether the service runs, and does not disturb it."""
    assert "not running" in service.command("status").out
    service.start()
    status = service.command("status").out
    assert "running" in status
    assert "not running" not in status
    service.prove_alive()


def test_version(service: Service) -> None:
    """`--version` shows the version."""
    done = service.command("--version")
    assert (done.code, done.out) == (0, f"dropcut {dropcut.__version__}\n")


def test_help(service: Service) -> None:
    """`--help` names every command."""
    done = service.command("--help")
    assert done.code == 0
    assert all(word in done.out for word in ("run", "check", "status", "retry"))


def test_progress_on_a_terminal(service: Service) -> None:
    """`run --once` shows a progress bar on a terminal, below whole lines for people."""
    for name in ("a.jpg", "b.jpg"):
        service.drop(name)
    service.drop("no.jpg", b"no picture")
    service.set(DROPCUT_LOG_FORMAT="auto", TERM="xterm")
    master, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 300))
    with spawn(
        *DROPCUT, "run", "--once", env=service.environment, err=terminal
    ) as once:
        os.close(terminal)
        rows = screen(read_terminal(master))
    assert once.returncode == 1
    assert "{" not in "".join(rows)
    assert "3/3" in rows[-2]
    assert rows[-1] == ""
    told = [row for row in rows if " outcome=" in row]
    assert len([row for row in told if "outcome=done" in row]) == 2
    (failed,) = [row for row in told if "outcome=failed" in row]
    assert "Dropcut reads JPEG" in failed
    assert [row for row in rows if "stopped" in row]


def screen(text: str) -> list[str]:
    """Return the rows that a terminal shows in the end, without their colours."""
    rows, column = [""], 0
    for sign in re.sub(r"\x1b\[[0-9;]*m", "", text):
        if sign == "\r":
            column = 0
        elif sign == "\n":
            rows, column = [*rows, ""], 0
        else:
            row = rows[-1].ljust(column)
            rows[-1], column = row[:column] + sign + row[column + 1 :], column + 1
    return [row.rstrip() for row in rows]


def read_terminal(master: int) -> str:
    """Return what appears on a terminal until its last writer has ended."""
    printable = b""
    with open(master, "rb", buffering=0) as stream:
        try:
            while data := stream.read(65_536):
                printable += data
        except OSError:  # Linux' way to tell the end of a terminal
            pass
    return printable.decode("utf-8")


def test_env_file(service: Service) -> None:
    """Settings may come from a file, and the environment wins over it."""
    env_file = service.root / "dropcut.env"
    env_file.write_text("DROPCUT_RECURSIVE=false\nDROPCUT_SETTLE_SECONDS=soon\n")
    service.drop("a.jpg")
    service.drop("sub/b.jpg")
    assert service.command("run", "--once", "--env-file", str(env_file)).code == 0
    assert names(service.outbox) == ["a.png"]

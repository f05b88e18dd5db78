"""Files that somebody goes on writing to after Dropcut has taken them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .invariants import assert_promises
from .pictures import photo
from .processes import mounted, spawn, tmpfs
from .services import Service
from .waiting import eventually

_WRITER = """
import os, sys, time
with open(sys.argv[1], "ab", buffering=0) as file:
    print("opened", flush=True)
    while os.path.exists(sys.argv[1]):
        time.sleep(0.001)
    while True:
        file.write(b"\\xff")
"""


@contextmanager
def written_to(service: Service, name: str, data: bytes) -> Iterator[None]:
    """Drop a picture, and write to it without an end once it is claimed."""
    path = service.drop(name, data)
    with spawn(sys.executable, "-c", _WRITER, path) as writer:
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"opened\n"
            yield
        finally:
            writer.kill()


@pytest.mark.parametrize("good", [True, False])
def test_growing_original_on_another_file_system(service: Service, good: bool) -> None:  # noqa: FBT001  # pytest names it
    """An original that somebody writes to is moved whole, and no other waits for it."""
    folder = service.processed if good else service.failed
    # Long enough that it is most likely written to while it is copied
    data = (photo() if good else b"no picture") + b"\xff" * (20 << 20)
    with mounted(folder, *tmpfs("200m")):
        with written_to(service, "grows.jpg", data):
            service.start(DROPCUT_LOG_LEVEL="debug")
            eventually(lambda: service.outcomes("grows.jpg"), explain=service.explain)
            for other in ("first", "second"):
                service.prove_alive(other)
        service.wait(processed=2 + good, failed=not good)
        moved = (folder / "grows.jpg").read_bytes()
        assert moved.startswith(data)
        assert {*moved[len(data) :]} <= {0xFF}
        if good:  # a reason may tell the size at a moment at which it still grew
            assert_promises(service)
        service.kill()

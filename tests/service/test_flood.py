"""Many pictures within a second."""

import os
from pathlib import Path

import pytest

from .pictures import encoded, photograph
from .services import Service, names

# Ten thousand take minutes, so they are optional
ALL = bool(os.environ.get("DROPCUT_TEST_FULL"))
PICTURES, FEW = 10_000 if ALL else 200, 100
ROOM_MB = 40


def peak_mb(service: Service) -> int:
    """Return the peak memory of the service."""
    status = Path(f"/proc/{service.process.pid}/status").read_text("ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


def flood(service: Service, outside: Path) -> None:
    """Move all pictures into the inbox as fast as possible."""
    outside.mkdir()
    picture = encoded(photograph(width_px=24))
    for number in range(PICTURES):
        (outside / f"{number}.jpg").write_bytes(picture)
    for number in range(PICTURES):
        (outside / f"{number}.jpg").rename(service.inbox / f"{number}.jpg")


@pytest.mark.timeout(1800)
def test_flood(service: Service, tmp_path: Path) -> None:
    """No picture of a flood is lost, and a flood needs little memory."""
    service.start()
    for number in range(FEW):
        service.drop(f"first {number}.jpg", encoded(photograph(width_px=24)))
    service.wait(processed=FEW)
    before = peak_mb(service)
    flood(service, tmp_path / "outside")
    service.wait(processed=FEW + PICTURES, seconds=1700)
    assert peak_mb(service) < before + ROOM_MB
    assert service.stop() == 0
    assert service.originals() == FEW + PICTURES
    assert not service.failures()
    assert len(names(service.outbox)) == len(names(service.processed))

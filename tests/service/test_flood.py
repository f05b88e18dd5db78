"""Ten thousand pictures within a second."""

import os
from pathlib import Path

import pytest

from .pictures import encoded, photograph
from .services import Service, names
from .waiting import eventually

PICTURES, FEW = 10_000, 100
# Waiting for all of them takes minutes, so it is optional
ALL = bool(os.environ.get("DROPCUT_TEST_FULL"))
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


@pytest.mark.timeout(1800 if ALL else 120)
def test_ten_thousand_at_once(service: Service, tmp_path: Path) -> None:
    """None of ten thousand pictures is lost, and they need little memory."""
    service.start()
    for number in range(FEW):
        service.drop(f"first {number}.jpg", encoded(photograph(width_px=24)))
    service.wait(processed=FEW)
    before = peak_mb(service)
    flood(service, tmp_path / "outside")
    wanted = FEW + (PICTURES if ALL else FEW)
    eventually(lambda: len(names(service.processed)) >= wanted, 1700, service.explain)
    assert peak_mb(service) < before + ROOM_MB
    assert service.stop() == 0
    service.keeps(FEW + PICTURES)
    assert not service.failures()
    assert len(names(service.outbox)) == len(names(service.processed))

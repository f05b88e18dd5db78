"""People who move, replace and clean up folders while pictures are processed."""

import shutil
from contextlib import suppress

from dropcut.core.ignored import CLAIMS

from .invariants import assert_promises
from .services import Service, names
from .waiting import eventually

_PICTURES = 12
_SWEEPS = 3


def test_outbox_folders_are_moved_away_meanwhile(service: Service) -> None:
    """Each processed picture has its PNG, though people move the folders it goes to.

    A few times they sweep away what is hidden in the outbox, too.
    """
    jobs = service.root / "jobs"
    jobs.mkdir()
    service.start()
    for number in range(_PICTURES):
        service.drop(f"shop/{number}.jpg")

    swept: list[str] = []

    def is_done_after_another_move() -> bool:
        hidden = [*service.outbox.rglob(".dropcut-*")]
        if hidden and len(swept) < _SWEEPS:
            swept.extend(path.name for path in hidden)
            shutil.rmtree(service.outbox / CLAIMS, ignore_errors=True)
        with suppress(FileNotFoundError):
            (service.outbox / "shop").rename(jobs / str(len([*jobs.iterdir()])))
        return len(names(service.processed)) == _PICTURES

    eventually(is_done_after_another_move, 60, service.explain)
    found = [*jobs.rglob("*"), *(service.outbox / "shop").rglob("*")]
    results = sorted(path.name for path in found if path.is_file())
    assert results == sorted(f"{number}.png" for number in range(_PICTURES))
    assert swept
    assert not service.failures()


def test_folder_with_the_name_of_a_processed_file(service: Service) -> None:
    """A file `Holiday`, then a folder `Holiday/`: all are processed, and nobody waits.

    The folder gets a free name where the file is in its way.
    """
    service.start()
    service.drop("Holiday").rename(service.inbox / "Holiday")
    service.wait(processed=1)
    (service.outbox / "Holiday").symlink_to(service.failed)
    for number in range(3):
        service.drop(f"Holiday/{number}.jpg")
    service.wait(processed=4)
    service.prove_alive()
    numbers = range(3)
    assert names(service.processed) == sorted(
        ["Holiday", "proof.jpg", *(f"Holiday-2/{n}.jpg" for n in numbers)]
    )
    assert names(service.outbox) == sorted(
        ["Holiday.png", "proof.png", *(f"Holiday-2/{n}.png" for n in numbers)]
    )
    assert service.events("paused") == []
    assert {e["output"] for e in service.events()} == {*names(service.outbox)}
    (service.outbox / "Holiday").unlink()
    assert_promises(service)

"""SIGKILL at any moment."""

import secrets
import time

from .pictures import ALL, large_photo, photo
from .processes import mounted, tmpfs
from .promises import assert_promises
from .services import Service, names
from .waiting import eventually

PICTURES, KILLS = 12, 6


def storm(service: Service) -> list[int]:
    """Kill the service again and again; return how many originals there were then."""
    counts = []
    for number in range(PICTURES):
        service.drop(f"{number}.jpg", photo(ALL[number % len(ALL)], 500))
    for _ in range(KILLS):
        service.start(DROPCUT_MAX_ATTEMPTS=20)
        time.sleep(secrets.randbelow(500) / 1000)
        service.kill()
        counts.append(service.originals())
    return counts


def assert_each_once(service: Service) -> None:
    """Check that every picture was made and filed once."""
    stems = sorted(map(str, range(PICTURES)))
    assert names(service.outbox) == sorted(f"{stem}.png" for stem in stems)
    assert names(service.processed) == sorted(f"{stem}.jpg" for stem in stems)
    assert_promises(service)


def test_storm(service: Service) -> None:
    """Every picture gives one whole PNG, whatever moment the service is killed at."""
    assert set(storm(service)) == {PICTURES}, service.explain()
    service.start()
    service.wait(processed=PICTURES)
    assert_each_once(service)


def test_storm_across_file_systems(service: Service) -> None:
    """Every original is filed once, though it has to be copied between the kills."""
    with mounted(service.processed, *tmpfs("20m")):
        assert min(storm(service)) >= PICTURES, service.explain()
        service.start()
        service.wait(processed=PICTURES)
        assert_each_once(service)


def test_storm_of_failures(service: Service) -> None:
    """Every bad file is filed once with its reason, across file systems and kills."""
    with mounted(service.failed, *tmpfs("20m")):
        for number in range(120):
            service.drop(f"{number}.jpg", b"no picture %d" % number)
        for _ in range(KILLS):
            service.start(DROPCUT_MAX_ATTEMPTS=20)
            time.sleep(secrets.randbelow(300) / 1000)
            service.kill()
        service.start()
        service.wait(processed=0, failed=120)
        assert len(names(service.failed)) == 240
        assert_promises(service)


def test_killed_in_work(service: Service) -> None:
    """A picture that was in work at a SIGKILL is made by the next life, once."""
    service.start()
    service.drop("large.jpg", large_photo(3000))
    eventually(lambda: service.in_work(1), explain=service.explain)
    service.kill()
    service.drop("next.jpg")
    service.start()
    service.wait(processed=2)
    assert names(service.outbox) == ["large.png", "next.png"]
    assert_promises(service)

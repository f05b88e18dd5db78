"""Looks at a service and its children all the time, and at rest after each wave."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from processes import Footprint, footprint, tree

_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Rest:
    """The service after a wave, when it has nothing to do.

    Attributes:
        hours: Since the watch began.
        pictures: Done and refused until then.
        children: One for each child.
    """

    hours: float
    pictures: int
    service: Footprint
    children: Sequence[Footprint]


@dataclass(slots=True)
class Watch:
    """Follows the largest memory of each child's life.

    Attributes:
        lives: The largest RSS in MiB of each child, by its number, oldest first.
        peak_mib: The largest PSS of all together.
    """

    pid: int
    lives: dict[int, float] = field(default_factory=dict)
    peak_mib: float = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Sample until asked to stop."""
        while not self._ended.wait(_EVERY_SECONDS):
            service, children = self._look()
            together = (service, *children.values())
            self.peak_mib = max(self.peak_mib, sum(each.pss_mib for each in together))
            for pid, child in children.items():
                self.lives[pid] = max(self.lives.get(pid, 0), child.rss_mib)

    def stop(self) -> None:
        """Ask it to end."""
        self._ended.set()

    def rest(self, hours: float, pictures: int) -> Rest:
        """Look once more, now."""
        service, children = self._look()
        return Rest(hours, pictures, service, [*children.values()])

    def _look(self) -> tuple[Footprint, dict[int, Footprint]]:
        service, *children = tree(self.pid)
        return footprint(service), {pid: footprint(pid) for pid in children}

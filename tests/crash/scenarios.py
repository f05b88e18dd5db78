"""The scenarios in which the daemon is killed, and their results without a fault."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..service.pictures import ASTRONAUT, photo
from ..service.services import FOLDERS, Service, empty

_KEY = "0123456789abcdef-00000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Pictures that are dropped together.

    Attributes:
        originals: Path in the inbox, and content.
        results: For each original that gives a result, its path in the outbox.
        taken: Files of others in the outbox.
        elsewhere: The folder that is on a file system of its own.
        claimed: Whether an earlier life has claimed the one picture.
        words: Strace's, for what does not work all along.
    """

    originals: Mapping[str, bytes]
    results: Mapping[str, str]
    taken: Mapping[str, bytes] = field(default_factory=dict)
    elsewhere: str | None = None
    claimed: bool = False
    words: tuple[str, ...] = ()

    @property
    def failed(self) -> list[str]:
        """The originals that have no result."""
        return sorted(set(self.originals) - set(self.results))

    def arrange(self, service: Service) -> None:
        """Empty the folders, then add the files that exist from the start."""
        for folder in FOLDERS:
            for path in (service.root / folder).iterdir():
                if path.is_file():
                    path.unlink()
                elif path != service.claims:
                    empty(path)
        for name, data in self.taken.items():
            (service.outbox / name).write_bytes(data)

    def drop(self, service: Service) -> None:
        """Drop the pictures, or add the claimed one to the claims."""
        if self.claimed:
            self._claim(service)
            return
        for name, data in self.originals.items():
            service.drop(name, data)

    def _claim(self, service: Service) -> None:
        """Add claim and record together, by replacing an empty folder."""
        folder = service.inbox / ".claimed"
        folder.mkdir(0o700)
        ((name, data),) = self.originals.items()
        record = {"source": name, "output": str(Path(name).with_suffix(".png"))}
        (folder / f"{_KEY}.json").write_text(json.dumps(record), "ascii")
        (folder / f"{_KEY}.0.work").write_bytes(data)
        folder.rename(service.claims)


_ONE, _RESULT = {"sub/a.jpg": photo()}, {"sub/a.jpg": "sub/a.png"}
_BAD = {"sub/a.jpg": b"no picture"}
_TWINS = {"a.jpg": photo(), "a.png": photo(ASTRONAUT, kind="PNG")}

SCENARIOS: Mapping[str, Scenario] = {
    "good": Scenario(originals=_ONE, results=_RESULT),
    "bad": Scenario(originals=_BAD, results={}),
    "cut-off": Scenario(originals={"a.jpg": photo()[:3000]}, results={}),
    "twins": Scenario(originals=_TWINS, results={"a.jpg": "a.png", "a.png": "a-2.png"}),
    "taken": Scenario(
        originals={"a.jpg": photo()},
        results={"a.jpg": "a-2.png"},
        taken={"a.png": b"somebody else's"},
        claimed=True,
    ),
    "no-renameat2": Scenario(
        originals=_ONE,
        results=_RESULT,
        words=("-e", "inject=renameat2:error=EINVAL"),
    ),
    "no-links": Scenario(  # nor `renameat2`: exFAT, and some shares
        originals=_ONE,
        results=_RESULT,
        words=(
            *("-e", "inject=renameat2:error=EINVAL"),
            *("-e", "inject=linkat:error=EPERM"),
        ),
    ),
    "processed-elsewhere": Scenario(
        originals=_ONE, results=_RESULT, elsewhere="processed"
    ),
    "failed-elsewhere": Scenario(originals=_BAD, results={}, elsewhere="failed"),
}

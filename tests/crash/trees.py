"""The content of a daemon's folders, and the promises about it."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from dropcut.core.ignored import REASON_SUFFIX
from dropcut.storage.names import parse_claim_name, reason_name

from ..service.invariants import pixels
from ..service.services import FOLDERS, Service, reason_of
from .scenarios import Scenario

Tree = Mapping[str, str]
_DIFFERENT = ("claim", "failed_at", "attempts")


def tree(service: Service) -> Tree:
    """Return everything in the four folders: its path and what it is."""
    return {
        str(path.relative_to(service.root)): _content(path)
        for folder in FOLDERS
        for path in sorted((service.root / folder).rglob("*"))
    }


def _content(path: Path) -> str:
    """Return a file's hash, or the facts of a reason that do not differ by run."""
    if path.is_dir():
        return "folder"
    if not path.name.endswith(REASON_SUFFIX):
        return _hash(path.read_bytes())
    facts = json.loads(path.read_text("ascii"))
    return repr([(key, facts[key]) for key in facts if key not in _DIFFERENT])


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()


class Promises:
    """The promises about a scenario's folders, which hold at every moment."""

    def __init__(self, scenario: Scenario, service: Service) -> None:
        """Record the folders at the end of a run without a fault."""
        self._scenario, self.done = scenario, tree(service)
        filed = [f"processed/{name}" for name in scenario.results]
        failed = [f"failed/{name}" for name in scenario.failed]
        reasons = [reason_name(name) for name in failed]
        made = [f"outbox/{name}" for name in scenario.results.values()]
        taken = [f"outbox/{name}" for name in scenario.taken]
        files = [path for path, content in self.done.items() if content != "folder"]
        assert sorted(files) == sorted([*filed, *failed, *reasons, *made, *taken])
        for path in made:
            pixels(service.root / path)

    def check(self, service: Service) -> None:
        """Check P1 to P4 now, whatever the daemon was doing."""
        for name, data in self._scenario.originals.items():
            self._check_original(service, name, _hash(data))
        results = [_content(path) for path in _visible(service.outbox)]
        whole = {what for path, what in self.done.items() if "outbox/" in path}
        assert set(results) <= whole, f"not whole\n{service.explain()}"
        assert len(results) == len(set(results)), f"twice\n{service.explain()}"

    def _check_original(self, service: Service, name: str, content: str) -> None:
        """Check that an original exists, and that its folder's promise holds."""
        paths = [path for path in _originals(service) if _content(path) == content]
        files = {(path.stat().st_dev, path.stat().st_ino) for path in paths}
        most = 2 if self._scenario.elsewhere else 1
        assert 1 <= len(files) <= most, f"{name}: {paths}\n{service.explain()}"
        for path in paths:
            if path.is_relative_to(service.processed):
                result = self.done[f"outbox/{self._scenario.results[name]}"]
                assert result in map(_content, _visible(service.outbox)), name
            if path.is_relative_to(service.failed):
                reason_of(path)


def _visible(folder: Path) -> Iterator[Path]:
    """Yield the files that a user sees."""
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path


def _originals(service: Service) -> Iterator[Path]:
    """Yield all originals, from all folders."""
    for name in ("inbox", "processed", "failed"):
        for path in _visible(service.root / name):
            if not path.name.endswith(REASON_SUFFIX):
                yield path
    for name in service.claimed():
        if parse_claim_name(name):
            yield service.claims / name

"""The folders of a soaked service, and the account of what went through them."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from drops import Fate, Sample
from PIL import Image

FOLDERS = ("inbox", "outbox", "processed", "failed")
_REASON = ".error.json"
_CLAIMS = ".dropcut"
_FORMATS = {".png": "PNG", ".webp": "WEBP"}


class LedgerError(Exception):
    """A file is lost, is there twice, or is not where it belongs."""


class Tree:
    """The four folders and the log."""

    def __init__(self, root: Path) -> None:
        """Make them."""
        self.root, self.log = root, root / "log"
        self.profiles = root / "profiles.toml"
        self.inbox, self.outbox = root / "inbox", root / "outbox"
        self.processed, self.failed = root / "processed", root / "failed"
        for folder in (self.inbox, self.outbox, self.processed, self.failed):
            folder.mkdir()

    def originals(self, fate: Fate) -> Iterator[Path]:
        """Return what has come to an end so."""
        folder = self.root / fate.value
        return (path for path in _files(folder) if not path.name.endswith(_REASON))

    def filed(self) -> int:
        """Count the originals that have come to an end."""
        return sum(1 for fate in Fate for _ in self.originals(fate))

    def claimed(self) -> int:
        """Count what is in work, with all that belongs to it."""
        claims = self.inbox / _CLAIMS
        return len(os.listdir(claims)) if claims.exists() else 0  # noqa: PTH208

    def reasons(self) -> Iterator[Path]:
        """Return the reason files."""
        return (path for path in _files(self.failed) if path.name.endswith(_REASON))

    def clear(self) -> None:
        """Delete everything but the folders and the claims."""
        for folder in (self.inbox, self.outbox, self.processed, self.failed):
            for path in folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    if path.name != _CLAIMS:
                        shutil.rmtree(path)
                else:
                    path.unlink()
        os.truncate(self.log, 0)

    def log_tail(self) -> str:
        """Return the last words of the service."""
        return self.log.read_text(errors="replace")[-4000:]


@dataclass(slots=True)
class Ledger:
    """What became of all files so far.

    Attributes:
        fates: By content: the same file ends in the same way each time.
    """

    done: int = 0
    refused: int = 0
    fates: dict[str, Fate] = field(default_factory=dict)

    @property
    def pictures(self) -> int:
        """All that came to an end."""
        return self.done + self.refused

    def settle(self, dropped: Sequence[Sample], tree: Tree) -> None:
        """See that each file of a wave is where it belongs, exactly once.

        Raises:
            LedgerError: One is not.
        """
        filed = {fate: [_digest(p) for p in tree.originals(fate)] for fate in Fate}
        wanted = Counter(sha256(sample.data).hexdigest() for sample in dropped)
        got = Counter(digest for digests in filed.values() for digest in digests)
        if wanted != got:
            raise LedgerError(f"lost: {wanted - got}, more than once: {got - wanted}")
        self._know(dropped)
        for fate, digests in filed.items():
            self._compare(digests, fate)
        self.done += len(filed[Fate.DONE])
        self.refused += len(filed[Fate.REFUSED])
        _see_results(tree, len(filed[Fate.DONE]))
        _see_reasons(tree, len(filed[Fate.REFUSED]))

    def _know(self, dropped: Sequence[Sample]) -> None:
        for sample in dropped:
            if sample.fate:
                self.fates[sha256(sample.data).hexdigest()] = sample.fate

    def _compare(self, digests: Sequence[str], fate: Fate) -> None:
        for digest in digests:
            if self.fates.setdefault(digest, fate) is not fate:
                raise LedgerError(f"{digest} is in {fate.value}")


def _see_results(tree: Tree, count: int) -> None:
    results = [*_files(tree.outbox)]
    if len(results) != count:
        raise LedgerError(f"{len(results)} results of {count} pictures")
    for path in results:
        with Image.open(path) as image:
            image.load()
            if image.format != _FORMATS[path.suffix]:
                raise LedgerError(f"{path.name} is {image.format}")


def _see_reasons(tree: Tree, count: int) -> None:
    reasons = [json.loads(path.read_bytes())["reason"] for path in tree.reasons()]
    if len(reasons) != count or not all(reasons):
        raise LedgerError(f"{len(reasons)} reasons for {count} pictures")


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())

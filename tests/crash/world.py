"""A service without threads, its folders, and everything that may happen to them."""

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dropcut.core.claims import Folders
from dropcut.core.ignored import CLAIMS, REASON_SUFFIX
from dropcut.storage import FailedPictures
from dropcut.storage.names import parse_claim_name, reason_name

from .faulty import FaultyOs, Killed, Person, Plan
from .in_process_service import InProcessService, result_of

GOOD = b"good"
_FOLDERS = ("inbox", "outbox", "processed", "failed")
_ROUNDS = 25
Tree = Mapping[str, str | Mapping[str, str]]


class World:
    """What users, the machine and kills can do."""

    def __init__(self, root: Path, elsewhere: Path | None = None) -> None:
        """Create the folders; `processed` and `failed` go to `elsewhere` if given."""
        self._root, self._apart = root, elsewhere is not None
        for name in _FOLDERS:
            (root / name).mkdir()
        folders = Folders(**{name: root / name for name in _FOLDERS})
        if elsewhere:
            folders = replace(folders, **self._moved(elsewhere))
        self.folders, self.os = folders, FaultyOs()
        self._jobs, self._twice = root / "jobs", set[str]()
        self._patch = self.os.installed()
        self._dropped: list[bytes] = []
        self.restart()

    @staticmethod
    def _moved(elsewhere: Path) -> Mapping[str, Path]:
        moved = {name: elsewhere / name for name in ("processed", "failed")}
        for path in moved.values():
            path.mkdir()
        return moved

    def lay(self, tree: Tree, dropped: Sequence[bytes]) -> None:
        """Create the files that an earlier run has left behind.

        Args:
            tree: Folder and path to content, or to the path of the same file.
            dropped: The pictures' contents.
        """
        self._dropped += dropped
        for path, content in tree.items():
            place = self._path(path)
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                place.write_text(content, "ascii")
        for path, content in tree.items():
            if not isinstance(content, str):
                self._path(path).hardlink_to(self._path(content["link"]))

    def _path(self, path: str) -> Path:
        folder, _, below = path.partition("/")
        root: Path = getattr(self.folders, folder)
        return root / below

    def close(self) -> None:
        """Restore the real `os`."""
        self._patch.undo()

    def restart(self) -> None:
        """Start a run with nothing in memory."""
        self._service = InProcessService(self.folders, self.os.write)

    def drop(self, name: str, kind: bytes) -> None:
        """Move a picture into the inbox, over one with its name if there is one."""
        self._forget(name)
        data = kind + b" %d" % len(self._dropped)
        self._dropped.append(data)
        temp = self._root / "temp"
        temp.write_bytes(data)
        path = self.folders.inbox / name
        path.parent.mkdir(exist_ok=True)
        temp.rename(path)

    def delete(self, name: str) -> None:
        """Remove a picture from the inbox."""
        self._forget(name)
        (self.folders.inbox / name).unlink(missing_ok=True)

    def _forget(self, name: str) -> None:
        """Expect nothing more of a picture that is removed from the inbox now."""
        path = self.folders.inbox / name
        if path.exists():
            self._dropped[self._dropped.index(path.read_bytes())] = b""

    def rename(self, name: str, new_name: str) -> None:
        """Rename a picture in the inbox, to a free name."""
        old, new = self.folders.inbox / name, self.folders.inbox / new_name
        if old.exists() and not new.exists():
            new.parent.mkdir(exist_ok=True)
            old.rename(new)

    def work(self, times: int = 3) -> None:
        """Let time pass."""
        for _ in range(times):
            self._service.work()

    def kill(self, after: int) -> bool:
        """Let time pass until a call at which the service is killed, then restart it.

        Returns:
            Whether that call was reached.
        """
        self.os.plan, before = Plan(after), len(self._dropped)
        with suppress(Killed):
            self.work(8)
            before = -1
        self.os.plan = None
        self.restart()
        return before >= 0

    def fail(self, plan: Plan) -> bool:
        """Let time pass while calls fail; return whether that call was reached."""
        self.os.plan = plan
        self.work(8)
        came = self.os.plan is None
        self.os.plan = None
        return came

    def meet(self, after: int, folder: str, how: str) -> None:
        """Let a person come at a call and do something to a folder and `sub` in it.

        Args:
            after: How many calls come first.
            folder: One of the four.
            how: `move` it away, `take` what is seen and remove it, or `sweep` away
                what is hidden in the whole folder.
        """
        root: Path = getattr(self.folders, folder)
        place, there = self._jobs / folder, root / "sub"

        def act() -> None:
            if how == "sweep":
                for path in [*root.rglob(".*")]:
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            elif there.exists():
                place.mkdir(parents=True)
                if how == "take":
                    for path in there.iterdir():
                        if not path.name.startswith("."):
                            shutil.move(path, place)
                    shutil.rmtree(there)
                else:
                    shutil.move(there, place)

        self.os.person = Person(after, act)

    def allow_twice(self, *folders: str) -> None:
        """Allow a file twice: where a person has it, and where it was made again.

        A copy of an original that a person has taken from another file system before
        the original was removed is always made again.
        """
        self._twice = {*folders, *(("processed", "failed") if self._apart else ())}

    def lose(self, name: str) -> None:
        """Remove a folder, or bring it back."""
        folder: Path = getattr(self.folders, name)
        away = self._away(folder)
        if away.exists():
            away.rename(folder)
        else:
            folder.rename(away)

    @staticmethod
    def _away(folder: Path) -> Path:
        return folder.with_name(f"{folder.name}-away")

    def kill_retry(self, after: int) -> bool:
        """Kill `retry` at a call; return whether that call was reached."""
        self.os.plan = Plan(after)
        try:
            self.retry()
        except Killed:
            return True
        finally:
            self.os.plan = None
        return False

    def retry(self) -> None:
        """Return all failed pictures to the inbox, as far as possible."""
        pictures = FailedPictures(self.folders)
        with suppress(OSError):
            for name in pictures.names():
                pictures.retry(name)

    def check(self) -> None:
        """Check P1 to P5, which hold at every moment."""
        places = self._contents()
        for data in filter(None, self._dropped):
            where = [place for place, found in places.items() if data in found]
            assert 1 <= len(where) <= 1 + self._apart, f"{data!r} is in {where}"
            made = result_of(data) in places["outbox"]
            assert made or "processed" not in where, f"{data!r} has no result"
            blamed = "failed" in where
            assert not (blamed and (made or data.startswith(GOOD))), data
        for place, found in places.items():
            most = 2 if place in self._twice else 1
            assert max(found.values(), default=1) <= most, f"twice in {place}"
        whole = {result_of(data) for data in self._dropped}
        assert set(places["outbox"]) <= whole, places["outbox"]
        for path in _visible(self._place("failed")):
            json.loads(path.with_name(reason_name(path.name)).read_text("ascii"))

    def _place(self, name: str) -> Path:
        """Return where a folder is now."""
        folder: Path = getattr(self.folders, name)
        away = self._away(folder)
        return away if away.exists() else folder

    def _contents(self) -> Mapping[str, Counter[bytes]]:
        """Return the contents of the files of each folder."""
        paths = {
            name: [*_visible(self._place(name)), *_visible(self._jobs / name)]
            for name in _FOLDERS
        }
        claims = self.folders.inbox / CLAIMS
        claimed = claims.iterdir() if claims.exists() else ()
        paths["claims"] = [p for p in claimed if parse_claim_name(p.name)]
        return {
            place: Counter(path.read_bytes() for path in found)
            for place, found in paths.items()
        }

    def check_end(self) -> None:
        """Remove all faults; check that everything is done and nothing left over."""
        self.os.full, self.os.plan, self.os.person = False, None, None
        for name in ("outbox", "processed", "failed"):
            if self._place(name) != getattr(self.folders, name):
                self.lose(name)
        self.restart()
        self.work(_ROUNDS)
        self._apart = False
        self.check()
        assert not _visible(self.folders.inbox)
        folders = [getattr(self.folders, name) for name in _FOLDERS]
        files = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
        assert not [path for path in files if path.name.startswith(".")]
        assert not [p for p in files if p.is_relative_to(self.folders.inbox)]
        reasons = [p for p in files if p.name.endswith(REASON_SUFFIX)]
        assert len(reasons) == len(_visible(self.folders.failed)), reasons


def _visible(folder: Path) -> list[Path]:
    """Return the pictures that a user sees."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and not path.name.endswith(REASON_SUFFIX)
    ]

"""Knows what a power cut would leave: what was synced, and nothing else."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dropcut.core.claims import Folders
from dropcut.storage.names import parse_claim_name

_Inode = tuple[int, int]


class Power:
    """Checks, whenever an original leaves the claims, what a power cut would leave."""

    def __init__(
        self, folders: Folders, needed: Mapping[Path, str], *, copied: bool = False
    ) -> None:
        """Start with everything that is there now.

        Args:
            folders: The four folders.
            needed: A folder, and the file below it that must survive a power cut before
                the original leaves the claims.
            copied: Whether it leaves when it is removed, and not when it is renamed.
        """
        self._copied = copied
        self._inbox, self._needed = folders.inbox, needed
        self._names: dict[_Inode, Mapping[str, _Inode]] = {}
        self._files: set[_Inode] = set()
        self.departures = 0

    def before(
        self, call: str, args: tuple[Any, ...], options: Mapping[str, Any]
    ) -> None:
        """Note a sync; check the departure of an original."""
        if call == "fsync":
            self._sync(args[0])
        elif call == "renameat2":
            self._move(args[0], os.fsdecode(args[1]), args[2])
        elif call == "unlink":
            self._move(options.get("dir_fd"), str(args[0]), None)

    def _sync(self, fd: int) -> None:
        status = os.fstat(fd)
        if Path(f"/proc/self/fd/{fd}").is_dir():
            names = {name: _inode(os.stat(name, dir_fd=fd)) for name in os.listdir(fd)}
            self._names[_inode(status)] = names
        else:
            self._files.add(_inode(status))

    def _move(self, source_fd: int | None, name: str, target_fd: int | None) -> None:
        if source_fd is None or parse_claim_name(name) is None:
            return
        target = target_fd and Path(f"/proc/self/fd/{target_fd}").resolve()
        if target and (self._copied or target.is_relative_to(self._inbox)):
            return
        self.departures += 1
        for root, path in self._needed.items():
            assert self._survives(root, path), f"{root.name}/{path} may be lost"

    def _survives(self, root: Path, path: str) -> bool:
        here = _inode(root.stat())
        for part in Path(path).parts:
            known = self._names.get(here, {}).get(part)
            if known is None:
                return False
            here = known
        return here in self._files


def _inode(status: os.stat_result) -> _Inode:
    return status.st_dev, status.st_ino

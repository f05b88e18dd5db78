"""What is mounted where, from the kernel: see `/proc/PID/mountinfo` in proc(5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_ESCAPES = (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\"))


@dataclass(frozen=True, slots=True)
class Mount:
    """One mount.

    Attributes:
        device: The device number of the file system, such as `8:1`.
        root: The folder of the file system that is mounted.
        point: The path at which that folder is mounted.
        fs_type: The type of the file system, such as `ext4`.
    """

    device: str
    root: Path
    point: Path
    fs_type: str


def mounts() -> list[Mount]:
    """Return all mounts, in the order in which they were mounted.

    Raises:
        OSError: `/proc` is not available.
    """
    found: list[Mount] = []
    for line in _MOUNTS.read_text("utf-8", "surrogateescape").splitlines():
        before, _, after = line.partition(" - ")
        _, _, device, root, point = map(_unescaped, before.split()[:5])
        found.append(Mount(device, Path(root), Path(point), after.split()[0]))
    return found


def _unescaped(word: str) -> str:
    for octal, char in _ESCAPES:
        word = word.replace(octal, char)
    return word


def mount_of(path: Path, among: Sequence[Mount]) -> Mount | None:
    """Return the mount that a path is on: the deepest one, the last if several are."""
    above = [mount for mount in among if path.is_relative_to(mount.point)]
    return max(reversed(above), key=lambda m: len(m.point.parts), default=None)


def shares_with(folder: Path, other: Path, among: Sequence[Mount]) -> bool:
    """Whether mounts make `other`, or a part of it, visible inside `folder`."""
    on, other_on = mount_of(folder, among), mount_of(other, among)
    if on is None or other_on is None:
        return False
    place = other_on.root / other.relative_to(other_on.point)
    folder_place = on.root / folder.relative_to(on.point)
    if on.device == other_on.device and place.is_relative_to(folder_place):
        return True
    return any(
        mount.device == other_on.device
        and (place.is_relative_to(mount.root) or mount.root.is_relative_to(place))
        for mount in among
        if folder in mount.point.parents
    )

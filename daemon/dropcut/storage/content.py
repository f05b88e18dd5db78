"""Reads, hashes, compares and copies files that may change at any time.

A file that grows is not read to its end, and a copy is refused if the file changed
while it was copied.
"""

import errno
import hashlib
import os
from collections.abc import Iterator

from dropcut.storage import posix

_CHUNK_BYTES = 1 << 20


def read_up_to(file_fd: int, max_bytes: int) -> bytes:
    """Return the content of an open file, at most `max_bytes`, even if it grows."""
    with os.fdopen(os.dup(file_fd), "rb") as stream:
        # Not `read(max_bytes)`, which allocates that much memory at once
        size_bytes = os.fstat(file_fd).st_size
        parts = [stream.read(min(size_bytes, max_bytes))]
        room_bytes = max_bytes - len(parts[0])
        while room_bytes and (part := stream.read(min(room_bytes, _CHUNK_BYTES))):
            parts.append(part)
            room_bytes -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def has_same_content(folder_fd: int, name: str, other_fd: int, other: str) -> bool:
    """Whether two names are regular files with the same size and content."""
    a, b = posix.status_at(folder_fd, name), posix.status_at(other_fd, other)
    regular = a and b and posix.is_regular(a) and posix.is_regular(b)
    if not (a and b and regular and a.st_size == b.st_size):
        return False
    with (
        posix.opened_file(folder_fd, name) as a_fd,
        posix.opened_file(other_fd, other) as b_fd,
    ):
        same = digest(a_fd, a.st_size) == digest(b_fd, a.st_size)
        return same and os.fstat(a_fd).st_size == os.fstat(b_fd).st_size == a.st_size


def copy_verified(source_fd: int, name: str, target_fd: int, new_name: str) -> None:
    """Copy a file to a hidden name on another file system, durably, and read it back.

    Raises:
        OSError: With errno EBUSY if somebody is writing to the file, with errno EIO if
            the bytes read back differ from those written. No copy is left.
    """
    with posix.opened_file(source_fd, name) as original_fd:
        before = os.fstat(original_fd)
        with posix.new_file(target_fd, new_name) as copy_fd:
            # Not to the end: a file that keeps growing would fill the file system
            for chunk in _chunks(original_fd, before.st_size):
                posix.write_all(copy_fd, chunk)
            os.utime(copy_fd, ns=(before.st_atime_ns, before.st_mtime_ns))
        os.lseek(original_fd, 0, os.SEEK_SET)
        with posix.opened_file(target_fd, new_name) as copy_fd:
            hashes = [digest(fd, before.st_size) for fd in (original_fd, copy_fd)]
        if posix.identity(os.fstat(original_fd)) != posix.identity(before):
            posix.remove(target_fd, new_name)
            raise OSError(
                errno.EBUSY, "somebody is still writing to the original", name
            )
        if hashes[0] != hashes[1]:
            posix.remove(target_fd, new_name)
            raise OSError(errno.EIO, "the copy differs from the original", name)


def digest(file_fd: int, max_bytes: int) -> str:
    """Return the SHA-256, in hex, of an open file's next bytes, at most `max_bytes`."""
    sha256 = hashlib.sha256()
    for chunk in _chunks(file_fd, max_bytes):
        sha256.update(chunk)
    return sha256.hexdigest()


def _chunks(file_fd: int, max_bytes: int) -> Iterator[bytes]:
    while max_bytes and (chunk := os.read(file_fd, min(max_bytes, _CHUNK_BYTES))):
        yield chunk
        max_bytes -= len(chunk)

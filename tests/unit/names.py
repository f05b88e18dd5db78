"""Names as a file system may have them, for tests by hypothesis."""

from pathlib import PurePosixPath

from hypothesis import strategies as st


def is_name(data: bytes) -> bool:
    """Whether a directory entry can have this name."""
    return data not in (b"", b".", b"..") and b"/" not in data and b"\0" not in data


def _as_python_reads_it(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


_BYTES = st.one_of(
    st.binary(min_size=1, max_size=255),
    st.text(min_size=1, max_size=120).map(lambda t: t.encode("utf-8", "replace")),
    st.from_regex(rb"[a-z]{1,250}\.jpe?g", fullmatch=True),
).map(lambda data: data[:255])

NAMES = _BYTES.filter(is_name).map(_as_python_reads_it)
"""Names of one file or folder."""

PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: PurePosixPath(*parts))
"""Paths of a file below a folder."""

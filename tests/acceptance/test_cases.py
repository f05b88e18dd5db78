"""Every one of the 52 cases is held by a test that exists."""

import re
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_TESTS = _HERE.parent
_ROW = re.compile(r"^\| (\d+) \|.*\| (.*) \|$", re.MULTILINE)
_HELD = re.compile(r"`([\w/]+\.py)::(test_\w+)`")
_ROWS = dict(_ROW.findall((_HERE / "README.md").read_text("utf-8")))


def _is_test(file: str, name: str) -> bool:
    text = (_TESTS / file).read_text("utf-8")
    return re.search(rf"^def {name}\(", text, re.MULTILINE) is not None


@pytest.mark.parametrize("case", _ROWS)
def test_held_elsewhere(case: str) -> None:
    """The tests that are said to hold a case exist."""
    held = _HELD.findall(_ROWS[case])
    assert held
    assert [name for file, name in held if not _is_test(file, name)] == []


def test_no_case_is_missing() -> None:
    """Each case from 1 to 52 has a test of its number here, or a row in the table."""
    texts = "".join(path.read_text("utf-8") for path in _HERE.glob("test_*.py"))
    here = re.findall(r"^def test_(\d\d)_", texts, re.MULTILINE)
    assert {*map(int, here), *map(int, _ROWS)} == {*range(1, 53)}

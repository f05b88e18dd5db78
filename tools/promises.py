"""`make docs`: write `docs/promises.md` from the tests' table; `--check` compares."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.promises import PROMISES

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "promises.md"
HEAD = """\
# Promises

<!-- Written by `make docs` from tests/promises.py: change the table there. -->

What Dropcut promises, and the tests that would fail if a promise were broken. The
crash tests kill the service, or make it fail, at every system call that changes a file;
`make crash` tries all combinations. `pytest -m promise` runs all of these tests.
"""


def main() -> int:
    """Write the page or, with `--check`, return 1 if it differs."""
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text("utf-8") != page())
    PAGE.write_text(page(), "utf-8")
    return 0


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for name, (title, text, tests) in PROMISES.items():
        parts.append(f"## {name} {title}\n\n{text}\n")
        parts.append("| tests | claims, among others |\n|---|---|")
        parts += [
            f"| [{t}](../tests/{t.partition('::')[0]}) | {_claim(t)} |" for t in tests
        ]
        parts.append("")
    return "\n".join(parts)


def _claim(test: str) -> str:
    """Return the first claim of a test file, or that of one test."""
    file, _, wanted = test.partition("::")
    claims = (text for name, text in _claims(file) if not wanted or name == wanted)
    return next(claims).splitlines()[0].replace("|", "\\|")


def _claims(file: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the docstring of each test of a file.

    Raises:
        FileNotFoundError: There is no such file.
        StopIteration: It has no such test.
    """
    tree = ast.parse((ROOT / "tests" / file).read_text("utf-8"))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield node.name, ast.get_docstring(node) or ""
        if isinstance(node, ast.Assign) and "TestCase" in ast.dump(node):
            yield "", ast.get_docstring(tree) or ""  # a state machine of hypothesis


if __name__ == "__main__":
    sys.exit(main())

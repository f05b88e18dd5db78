"""`make docs`: write the settings' page and env file from the fields' descriptions.

With `--check` nothing is written; the exit code is 1 if one of them differs.
"""

import argparse
import ast
import inspect
import sys
from itertools import pairwise
from pathlib import Path
from textwrap import wrap

from dropcut.settings import PREFIX, Settings
from dropcut.settings.picture import PictureSettings

_ROOT = Path(__file__).parents[1]
_ENV_WIDTH = 100
_SECTIONS = {
    "root": "Folders",
    "model": "Results",
    "model_dir": "Models and profiles",
    "watcher": "Watching the inbox",
    "max_megapixels": "Limits",
    "threads": "Processors and the log",
}
"""The title of each section, by its first field, in the order of the page."""

_INTRODUCTIONS = {
    "Results": "All of these may differ from folder to folder: see `DROPCUT_PROFILES`.",
}
_UNSET = {
    "model_dir": "the cache folder of the service or the user",
    "threads": "usable processors",
}
"""What is used when there is no default value; otherwise nothing is."""

_PAGE = """\
# Settings

<!-- Written by `make docs` from daemon/dropcut/settings: change the descriptions there. -->

Settings are environment variables, or lines of a file: `dropcut COMMAND --env-file FILE`. The environment wins over the
file. [config/dropcut.env](../config/dropcut.env) is a file with all of them; the installed service reads
`/etc/dropcut/dropcut.env`, and `sudo systemctl restart dropcut` applies it. An empty value means the default. A misspelt
setting is refused by name; once all names are right, all wrong values are named together. `dropcut check` says whether
the settings work.

In a path, `~` is the home of the user who runs Dropcut.

More about [profiles](profiles.md), [models](models.md), [shares and their markers](nas-and-shares.md#shares-that-come-and-go)
and [what is always ignored](nas-and-shares.md#what-is-left-alone).

{sections}
"""  # noqa: E501  # one line of the page

_ENV = """\
# Settings of Dropcut. Every line shows a default: remove the `#` and change the value.
# `dropcut check --env-file FILE` says whether they work. Written by `make docs`.

{sections}
"""


def pages() -> dict[Path, str]:
    """Return the text of each file that is made from the descriptions."""
    sections = _sections()
    page = "\n\n".join(_table(title, sections[title]) for title in _SECTIONS.values())
    env = "\n\n".join(_lines(title, sections[title]) for title in _SECTIONS.values())
    return {
        _ROOT / "docs" / "settings.md": _PAGE.format(sections=page),
        _ROOT / "config" / "dropcut.env": _ENV.format(sections=env),
    }


def _sections() -> dict[str, list[str]]:
    """Return the fields of each section: up to the next section's first field."""
    names = list(Settings.model_fields)
    starts = sorted(names.index(first) for first in _SECTIONS)
    return {
        _SECTIONS[names[start]]: names[start:end]
        for start, end in pairwise([*starts, len(names)])
    }


def _default(name: str) -> str:
    """Return the default as it is written in an env file; empty for none."""
    value = Settings.model_fields[name].default
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _descriptions() -> dict[str, str]:
    """Return the text below each field; pydantic would read it at each start."""
    found: dict[str, str] = {}
    for model in (PictureSettings, Settings):
        tree = ast.parse(inspect.getsource(model))
        definition = next(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef))
        for field, below in pairwise(definition.body):
            if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr):
                text = ast.literal_eval(below.value)
                found[ast.unparse(field.target)] = " ".join(text.split())
    return found


_DESCRIPTIONS = _descriptions()


def _table(title: str, names: list[str]) -> str:
    rows = [f"## {title}", ""]
    if title in _INTRODUCTIONS:
        rows += [_INTRODUCTIONS[title], ""]
    rows += ["| setting | default | meaning |", "|---|---|---|"]
    for name in names:
        default = (
            f"`{_default(name)}`" if _default(name) else _UNSET.get(name, "not set")
        )
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {_DESCRIPTIONS[name]} |")
    return "\n".join(rows)


def _lines(title: str, names: list[str]) -> str:
    lines = [f"## {title}"]
    if title in _INTRODUCTIONS:
        lines.append(f"# {_INTRODUCTIONS[title]}")
    for name in names:
        text = f"# {_DESCRIPTIONS[name]}"
        lines += wrap(
            text,
            _ENV_WIDTH,
            subsequent_indent="# ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        lines.append(f"#{PREFIX}{name.upper()}={_default(name)}")
    return "\n".join(lines)


def main() -> int:
    """Write the files, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    differing = [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]
    for path in differing:
        if not check:
            path.write_text(pages()[path], "utf-8")
        what = "differs: run `make docs`" if check else "was written"
        sys.stdout.write(f"{path.relative_to(_ROOT)} {what}\n")
    return 1 if check and differing else 0


if __name__ == "__main__":
    sys.exit(main())

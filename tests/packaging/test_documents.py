"""README, `config/dropcut.env` and the code say the same."""

import re
from pathlib import Path

from dropcut import __version__
from dropcut.errors import ExitCode, Reason
from dropcut.settings import PREFIX, Settings
from pydantic_core import PydanticUndefined

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
ENV = (ROOT / "config" / "dropcut.env").read_text("utf-8")


def _readme_settings() -> dict[str, str]:
    return dict(
        re.findall(r"^\| `(DROPCUT_\w+)` \| `?([^|`]*?)`? \|", README, re.MULTILINE)
    )


def _env_settings() -> dict[str, str]:
    return dict(re.findall(r"^#(DROPCUT_\w+)=(.*)$", ENV, re.MULTILINE))


def _default(name: str) -> str:
    value = Settings.model_fields[name].default
    assert value is not PydanticUndefined
    if value is None or value == ():
        return ""
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else f"{value}"


def test_every_setting_is_in_the_env_file_with_its_default() -> None:
    """`config/dropcut.env` shows each setting once, with the default of the code."""
    expected = {PREFIX + n.upper(): _default(n) for n in Settings.model_fields}
    assert _env_settings() == expected


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    """The README's table names each setting, with the default where there is one."""
    table = _readme_settings()
    assert set(table) == {PREFIX + name.upper() for name in Settings.model_fields}
    for name in Settings.model_fields:
        default = _default(name)
        if default:
            assert table[PREFIX + name.upper()] == default


def test_every_reason_and_exit_code_is_in_the_readme() -> None:
    """A person who meets a reason or an exit code finds it in the README."""
    assert set(re.findall(r"^\| `([a-z-]+)` \|", README, re.MULTILINE)) == set(Reason)
    line = next(line for line in README.split("\n\n") if line.startswith("Exit codes"))
    assert {int(n) for n in re.findall(r"\b(\d+) [a-z]", line)} == set(ExitCode)


def test_the_version_is_said_once() -> None:
    """The package and the project file agree on the version."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'version = "{__version__}"' in project

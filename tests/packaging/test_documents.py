"""README, `config/dropcut.env` and the code say the same."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from dropcut import __version__
from dropcut.check.reading import SAFE
from dropcut.core.errors import ExitCode, Reason
from dropcut.core.profiles import Profile
from dropcut.models.catalogue import MODELS, RECIPES
from dropcut.settings import PREFIX, Settings, load_profiles
from dropcut.settings.picture import PictureSettings
from pydantic_core import PydanticUndefined

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")
ENV = (ROOT / "config" / "dropcut.env").read_text("utf-8")


def _readme_settings() -> dict[str, str]:
    return dict(
        re.findall(r"^\| `(DROPCUT_\w+)` \| `?([^|`]*?)`? \|", README, re.MULTILINE)
    )


def _env_settings() -> dict[str, str]:
    return dict(re.findall(r"^#(DROPCUT_\w+)=(.*)$", ENV, re.MULTILINE))


def _section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


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


def test_the_pages_of_the_settings_are_made_from_the_code() -> None:
    """`make docs` would change neither `docs/settings.md` nor `config/dropcut.env`."""
    check = [sys.executable, "-m", "tools.settings", "--check"]
    done = subprocess.run(  # noqa: S603  # our own script
        check, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_described(name: str) -> None:
    """The settings' page describes each setting, and names all values of a choice."""
    row = re.escape(f"| `{PREFIX}{name.upper()}` | ") + r"[^|]+ \| ([^|]+\.) \|"
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    (description,) = re.findall(f"^{row}$", page, re.MULTILINE)
    annotation = Settings.model_fields[name].annotation
    choices = [c for c in get_args(annotation) if isinstance(c, str | int)]
    assert [c for c in choices if f"`{c}`" not in description] == []


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
    reasons = _section("Why a picture failed")
    assert set(re.findall(r"^\| `([a-z-]+)` \|", reasons, re.MULTILINE)) == set(Reason)
    line = next(line for line in README.split("\n\n") if line.startswith("Exit codes"))
    assert {int(n) for n in re.findall(r"\b(\d+) [a-z]", line)} == set(ExitCode)


def test_every_model_is_in_the_readme() -> None:
    """The README names each model, and its table says what the catalogue says."""
    section = _section("Other models")
    assert {name for name in MODELS if f"`{name}`" not in section} == set()
    table = re.findall(
        r"^\| `(\S+)` \| (.+) \| (.+) \| (.+) \|$", section, re.MULTILINE
    )
    assert len(table) >= 8
    for name, size, licence, purpose in table:
        entry = MODELS[name]
        assert (size, licence) == (entry.size, entry.licence)
        assert purpose == entry.purpose + (" (built in)" if entry.packaged else "")


def test_every_recipe_is_a_setting() -> None:
    """DROPCUT_MODEL_RECIPE takes what the catalogue knows, and the README names it."""
    allowed = Settings.model_fields["model_recipe"].annotation
    assert set(re.findall(r"'(\w+)'", str(allowed))) == set(RECIPES)
    line = next(
        line for line in README.splitlines() if "`DROPCUT_MODEL_RECIPE`" in line
    )
    assert all(f"`{recipe}`" in line for recipe in RECIPES)


def _profiles(tmp_path: Path, text: str) -> dict[str, Profile]:
    path = tmp_path / "profiles.toml"
    path.write_text(text, "utf-8")
    settings = Settings.model_construct(profiles=path)
    return {str(profile.folder): profile for profile in load_profiles(settings).all}


def test_example_profiles(tmp_path: Path) -> None:
    """Each example of `config/profiles.toml` is right once its `#` is removed."""
    text = (ROOT / "config" / "profiles.toml").read_text("utf-8")
    assert list(_profiles(tmp_path, text)) == ["."]
    examples = re.sub(r"^#(?=\[|\w+ = )", "", text, flags=re.MULTILINE)
    made = _profiles(tmp_path, examples)
    assert made["shop"].options.canvas_px == (2000, 2000)
    assert made["shop/web"].options.canvas_px == (800, 800)
    assert made["people"].model in MODELS
    assert made["drawings"].options.output == "mask"


def test_profiles_of_the_readme(tmp_path: Path) -> None:
    """The README's examples of profiles are those of the file that ships."""
    blocks = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    shipped = (ROOT / "config" / "profiles.toml").read_text("utf-8")
    example = re.sub(r"^#(?=\[|\w+ = )", "", shipped, flags=re.MULTILINE)
    assert len(blocks) == 2
    assert _profiles(tmp_path, "".join(blocks)) == _profiles(tmp_path, example)


def test_every_picture_setting_is_in_the_profiles_file() -> None:
    """`config/profiles.toml` names each key that a profile may have."""
    text = (ROOT / "config" / "profiles.toml").read_text("utf-8").replace("\n#", "")
    keys = re.search(r"DROPCUT_: (.*?)\. What", text)
    assert keys is not None
    assert set(keys[1].split(", ")) == set(PictureSettings.model_fields)


def test_options_of_rembg_are_mapped() -> None:
    """The README tells users of rembg what each option of `rembg p` is called here."""
    section = _section("Coming from rembg")
    for option in (
        *("-m", "-a", "-af", "-ab", "-ae", "-om", "-ppm", "-dc", "-vm", "-bgc", "-x"),
        *("-w", "-d"),
    ):
        assert re.search(rf"`{option}[ `]", section), option
    named = set(re.findall(r"DROPCUT_\w+", section))
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}


def test_the_version_is_said_once() -> None:
    """The package and the project file agree on the version."""
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'version = "{__version__}"' in project


def test_every_dependency_is_in_the_security_page() -> None:
    """SECURITY.md names each package that Dropcut asks for, with its least version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["heic"]]
    wanted = re.findall(r"^([\w-]+)>=([\d.]+)", "\n".join(asked), re.MULTILINE)
    told = re.findall(r"^\| `([\w-]+)` \| ([\d.]+) \|", SECURITY, re.MULTILINE)
    assert len(wanted) == len(asked)
    assert sorted(told) == sorted(wanted)


def test_safe_versions_of_the_security_page() -> None:
    """SECURITY.md tells the versions that `dropcut check` warns below."""
    table = re.findall(r"^\| (\w+) \| ([\d.]+) \|", SECURITY, re.MULTILINE)
    assert dict(table) == {n: ".".join(map(str, s.version)) for n, s in SAFE.items()}


def test_proofs_of_the_security_page() -> None:
    """What SECURITY.md says is shown by tests, which are there."""
    named = re.findall(r"`([\w/]+/test_\w+\*?\.py)`", SECURITY)
    assert len(named) > 10
    assert [name for name in named if not [*(ROOT / "tests").glob(name)]] == []

"""README, docs, `config/dropcut.env` and the code say the same."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from dropcut import __version__
from dropcut.check.reading import SAFE
from dropcut.cli import main
from dropcut.cli.app import _parser
from dropcut.core.errors import ExitCode, Reason
from dropcut.core.profiles import Profile
from dropcut.core.reports import Outcome
from dropcut.events import log
from dropcut.models.catalogue import MODELS, RECIPES
from dropcut.settings import PREFIX, Settings, load_profiles
from dropcut.settings.picture import PictureSettings
from packaging.requirements import Requirement
from PIL import Image
from pydantic_core import PydanticUndefined

from tools import before_after, promises

from ..promises import ALONE, PROMISES, SLOW, SMOKE

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "tests" / "README.md"]
README = (ROOT / "README.md").read_text("utf-8")
SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")
ENV = (ROOT / "config" / "dropcut.env").read_text("utf-8")


def _page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text("utf-8")


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


def test_every_reason_is_explained() -> None:
    """The page on failed pictures explains each reason."""
    reasons = re.findall(
        r"^\| `([a-z-]+)` \|", _page("why-a-picture-failed"), re.MULTILINE
    )
    assert sorted(reasons) == sorted(Reason)


def test_every_exit_code_is_explained() -> None:
    """The page of the commands explains each exit code."""
    codes = re.findall(r"^\| (\d+) \|", _page("commands"), re.MULTILINE)
    assert [int(code) for code in codes] == sorted(ExitCode)


def test_every_outcome_is_explained() -> None:
    """The page of the commands explains each outcome in the log."""
    row = next(r for r in _page("commands").splitlines() if r.startswith("| `outcome`"))
    assert set(re.findall(r"`([a-z-]+)`", row)) == {"outcome", *Outcome}


def test_every_event_is_explained() -> None:
    """The page of the commands explains each event that is logged by default."""
    logged = {name for level, name in log._LINES.values() if level != "debug"}
    assert {name for name in logged if f"`{name}`" not in _page("commands")} == set()


def test_every_model_is_in_its_page() -> None:
    """The page of the models names each, and its table agrees with the catalogue."""
    page = _page("models")
    assert {name for name in MODELS if f"`{name}`" not in page} == set()
    table = re.findall(r"^\| `(\S+)` \| (.+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert len(table) >= 8
    for name, size, licence, purpose in table:
        entry = MODELS[name]
        assert (size, licence) == (entry.size, entry.licence)
        assert purpose == entry.purpose + (" (built in)" if entry.packaged else "")


def test_every_command_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    """The page of the commands names each command that `--help` shows, and no other."""
    told = set(
        re.findall(
            r"^\| `dropcut ([a-z ]+?)(?= --| \[| [A-Z]|`)",
            _page("commands"),
            re.MULTILINE,
        )
    )
    main(["--help"])
    shown = set(re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.MULTILINE))
    main(["models", "--help"])
    below = set(re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.MULTILINE))
    assert told == (shown - {"models"}) | {f"models {name}" for name in below}


def _codes(page: Path) -> Iterator[str]:
    """Yield the inline code of a page, and each line of its shell blocks."""
    text = page.read_text("utf-8")
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        yield from (line.partition("  #")[0].strip() for line in block.splitlines())
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    yield from (" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_of_the_pages_are_understood(page: Path) -> None:
    """Each `dropcut` command in a page has a help text and valid arguments."""
    for code in _codes(page):
        told = re.fullmatch(r"(?:sudo )?(?:\.venv/bin/)?dropcut ([a-zC].*)", code)
        if not told:
            continue
        words = re.sub(r"[][…]", "", told[1].replace("COMMAND", "check")).split()
        name = words[: 2 if words[0] == "models" else 1]
        assert main([*name, "--help"]) == 0, code
        if words != name:  # a page may name a command without its arguments
            _parser().parse_args(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_shell_blocks_of_the_pages_are_valid(page: Path) -> None:
    """Each block of commands is valid bash, and make knows its targets."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    for block in blocks:
        subprocess.run(["bash", "-n"], input=block, text=True, check=True)  # noqa: S607
        for words in re.findall(r"^(?:sudo )?(make [^#\n]+)", block, re.MULTILINE):
            command = [*words.split(), "--dry-run"]
            subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)  # noqa: S603


def test_every_recipe_is_a_setting() -> None:
    """DROPCUT_MODEL_RECIPE accepts each recipe of the catalogue, and no other."""
    allowed = Settings.model_fields["model_recipe"].annotation
    assert set(re.findall(r"'(\w+)'", str(allowed))) == set(RECIPES)


def _profiles(tmp_path: Path, text: str) -> dict[str, Profile]:
    path = tmp_path / "profiles.toml"
    path.write_text(text, "utf-8")
    settings = Settings.model_construct(profiles=path)
    return {str(profile.folder): profile for profile in load_profiles(settings).all}


def test_example_profiles(tmp_path: Path) -> None:
    """Each example of `config/profiles.toml` is valid once its `#` is removed."""
    text = (ROOT / "config" / "profiles.toml").read_text("utf-8")
    assert list(_profiles(tmp_path, text)) == ["."]
    examples = re.sub(r"^#(?=\[|\w+ = )", "", text, flags=re.MULTILINE)
    made = _profiles(tmp_path, examples)
    assert made["shop"].options.canvas_px == (2000, 2000)
    assert made["shop/web"].options.canvas_px == (800, 800)
    assert made["people"].model in MODELS
    assert made["drawings"].options.output == "mask"


def test_profiles_of_the_page(tmp_path: Path) -> None:
    """The page's examples of profiles are those of the file that ships."""
    blocks = re.findall(r"```toml\n(.*?)```", _page("profiles"), re.DOTALL)
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
    """The page for users of rembg maps each option of `rembg p`."""
    section = _page("from-rembg")
    for option in (
        *("-m", "-a", "-af", "-ab", "-ae", "-om", "-ppm", "-dc", "-vm", "-bgc", "-x"),
        *("-w", "-d"),
    ):
        assert re.search(rf"`{option}[ `]", section), option
    named = set(re.findall(r"DROPCUT_\w+", section))
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}


def test_the_page_of_the_promises_is_made_from_the_tests() -> None:
    """`make docs` would not change `docs/promises.md`; each promise has tests."""
    assert promises.PAGE.read_text("utf-8") == promises.page()
    assert all(tests for _, _, tests in PROMISES.values())


@pytest.mark.parametrize("test", sorted({*SLOW, *SMOKE, *ALONE}))
def test_marked_tests_exist(test: str) -> None:
    """Each test that is marked as slow, smoke or alone is there."""
    file, _, function = test.partition("::")
    path = ROOT / "tests" / file
    assert path.exists()
    assert not function or f"def {function}(" in path.read_text("utf-8")


def test_the_readme_is_one_screen() -> None:
    """The README has at most 75 lines of at most 120, and opens with the picture."""
    lines = README.splitlines()
    assert len(lines) <= 75
    assert max(map(len, lines)) <= 120
    assert "`make test`" in README
    assert any(line.startswith("![") for line in lines[:8])


def _anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", title).lower() for title in titles)
    return {title.replace(" ", "-") for title in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link of a page leads to an existing file and heading."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


def test_make_targets_of_the_pages_exist() -> None:
    """Each `make` target that a page names is in the Makefile."""
    targets = set(
        re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    told = set()
    for page in PAGES:
        for line in page.read_text("utf-8").splitlines():
            for code in re.findall(
                r"`(?:sudo )?make ([^`]+)`|^(?:sudo )?make (.*)", line
            ):
                words = "".join(code).partition("#")[0].split()
                told |= {word for word in words if re.fullmatch(r"[a-z-]+", word)}
    assert told <= targets
    assert {"run", "test", "check", "install", "uninstall"} <= told


def test_settings_of_the_pages_exist() -> None:
    """Each setting that a page names exists."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for page in PAGES:
        named = set(re.findall(r"\bDROPCUT_[A-Z_]+\b", page.read_text("utf-8")))
        assert {n for n in named if not n.startswith("DROPCUT_TEST_")} <= known, page


def test_the_layout_of_the_architecture_page() -> None:
    """The architecture page draws each package with its modules, and the layers."""
    page, package = _page("architecture"), ROOT / "daemon" / "dropcut"
    drawn = re.findall(r"^  (\w+)/ .*\n {17}(.*)$", page, re.MULTILINE)
    built = {
        folder.name: {p.stem for p in folder.iterdir() if not p.name.startswith("_")}
        for folder in package.iterdir()
        if folder.is_dir() and not folder.name.startswith("_")
    }
    assert {name: set(modules.split()) for name, modules in drawn} == built
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["id"] == "layers")
    assert "\n".join(re.sub(r" \| \(\w+\)", "", layer) for layer in layers) in page


def test_modules_of_the_architecture_page() -> None:
    """Each module that the architecture page names exists, and defines its seams."""
    page, package = _page("architecture"), ROOT / "daemon" / "dropcut"
    named = re.findall(r"`((?!tests/)\w+/[\w/]*\.py)`", page)
    assert len(named) > 10
    assert [name for name in named if not [*package.rglob(name)]] == []
    seams = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| `(\S+)` \|", page, re.MULTILINE)
    assert len(seams) == 6
    for names, module in seams:
        source = (package / module).read_text("utf-8")
        for name in re.findall(r"\w+", names):
            assert re.search(rf"^(class )?{name}\b", source, re.MULTILINE), name


def test_the_picture_of_the_readme() -> None:
    """`make pictures` makes the picture that the README shows, by the real command."""
    assert f"]({before_after.TARGET.relative_to(ROOT).as_posix()})" in README
    assert before_after.TARGET.stat().st_size < 400_000
    with Image.open(before_after.TARGET) as picture:
        shipped = np.asarray(picture.convert("RGB"), np.int16)
    again = np.asarray(before_after.make(), np.int16)
    assert shipped.shape == again.shape == (600, 1200, 3)
    assert np.abs(shipped - again).mean() < 3


def test_the_version_stands_in_one_place() -> None:
    """The project file takes the version from the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    source = ROOT / project["tool"]["hatch"]["version"]["path"]
    assert f'__version__ = "{__version__}"' in source.read_text("utf-8")


def test_tested_versions_are_allowed() -> None:
    """`requirements/` holds, with hashes, a version of each direct dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    direct = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["heic"],
    ]
    everything = [*direct, *project["dependency-groups"]["dev"]]
    for file, wanted in {"run.txt": direct, "dev.txt": everything}.items():
        text = (ROOT / "requirements" / file).read_text("ascii")
        entries = re.findall(r"^([\w-]+)==(\S+)(.*\n(?: .*\n)*)", text, re.MULTILINE)
        locked = {name: version for name, version, _hashes in entries}
        for requirement in map(Requirement, wanted):
            assert requirement.specifier.contains(locked[requirement.name])
        assert [name for name, _, hashes in entries if "sha256:" not in hashes] == []
        assert "://" not in text


def test_every_dependency_is_in_the_security_page() -> None:
    """SECURITY.md names each dependency with its oldest allowed version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["heic"]]
    wanted = re.findall(r"^([\w-]+)>=([\d.]+)", "\n".join(asked), re.MULTILINE)
    told = re.findall(r"^\| `([\w-]+)` \| ([\d.]+) \|", SECURITY, re.MULTILINE)
    assert len(wanted) == len(asked)
    assert sorted(told) == sorted(wanted)


def test_safe_versions_of_the_security_page() -> None:
    """SECURITY.md has the versions below which `dropcut check` warns."""
    table = re.findall(r"^\| (\w+) \| ([\d.]+) \|", SECURITY, re.MULTILINE)
    assert dict(table) == {n: ".".join(map(str, s.version)) for n, s in SAFE.items()}


def test_proofs_of_the_security_page() -> None:
    """The tests that SECURITY.md names exist."""
    named = re.findall(r"`([\w/]+/test_\w+\*?\.py)`", SECURITY)
    assert len(named) > 10
    assert [name for name in named if not [*(ROOT / "tests").glob(name)]] == []

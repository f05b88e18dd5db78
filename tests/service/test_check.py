"""`dropcut check`: formats, models and profiles, each in a line."""

import os
from pathlib import Path

import pytest
from dropcut.core.pictures import InputFormat

from .flat_models import RIGHT
from .processes import Finished
from .services import Service, names

HEIC = Path(__file__).parents[1] / "pictures" / "heic" / "8-bit.heic"
PROFILES = """
[shop]
background = "#ffffff"
["shop/red"]
crop = "subject"
[people]
model = "right.onnx"
model_recipe = "u2net"
["people/at work"]
margin = 1
"""


@pytest.fixture
def profiled(service: Service) -> Service:
    """Make a service with profiles and their folders."""
    (service.root / "right.onnx").write_bytes(RIGHT)
    write_profiles(service, PROFILES)
    for folder in ("shop/red", "people/at work"):
        (service.inbox / folder).mkdir(parents=True)
    return service.set(DROPCUT_PROFILES=service.root / "profiles.toml")


def write_profiles(service: Service, text: str) -> None:
    """Write the file of profiles."""
    (service.root / "profiles.toml").write_text(text, "utf-8")


def without_heif(service: Service) -> Service:
    """Let the commands find a pillow-heif that cannot be imported."""
    folder = service.root / "stub"
    folder.mkdir()
    (folder / "pillow_heif.py").write_text("raise ImportError('it is not installed')\n")
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    return service.set(PYTHONPATH=os.pathsep.join(filter(None, paths)))


OLD_HEIF = """
import sys
sys.path.remove({folder!r})
del sys.modules["pillow_heif"]
import pillow_heif
decoders = {{"libde265": "libde265 HEVC decoder, version 1.1.0"}}
told = {{"libheif": "1.23.4", "decoders": decoders}}
pillow_heif.libheif_info = lambda: told
"""


def with_old_heif(service: Service) -> Service:
    """Let the commands find a pillow-heif that says it is of old libraries."""
    stub = without_heif(service).root / "stub"
    (stub / "pillow_heif.py").write_text(OLD_HEIF.format(folder=str(stub)))
    return service


def lines(done: Finished, verdict: str) -> list[str]:
    """Return what is said with a verdict."""
    assert not done.err
    return [
        line.removeprefix(f"{verdict:6}")
        for line in done.out.splitlines()
        if line.startswith(f"{verdict:6}")
    ]


def test_formats(service: Service) -> None:
    """Every format is named as one that is read."""
    done = service.command("check")
    (said,) = [t for t in lines(done, "ok") if t.startswith("formats that can")]
    assert said.removeprefix("formats that can be read: ").split(", ") == [*InputFormat]
    assert (done.code, lines(done, "FAIL"), lines(done, "warn")) == (0, [], [])


def test_heic_that_is_not_installed(service: Service) -> None:
    """Without pillow-heif there is a warning that says what to install, no failure."""
    done = without_heif(service).command_apart("check")
    assert done.code == 0
    (warning,) = lines(done, "warn")
    assert warning == (
        "HEIC pictures cannot be read: pip install 'dropcut[heic]' adds support"
    )
    (said,) = [t for t in lines(done, "ok") if t.startswith("formats that can")]
    assert set(said.split(": ")[-1].split(", ")) == {*InputFormat} - {InputFormat.HEIC}


def test_libraries_with_known_holes(service: Service) -> None:
    """Each library that is older than is safe is worth a warning that says what to do.

    What it reads is read all the same.
    """
    done = with_old_heif(service).command_apart("check")
    assert done.code == 0
    decoder, container = lines(done, "warn")
    assert container.startswith("libheif 1.23.4 has known vulnerabilities: ")
    assert container.endswith(
        "pip install --upgrade pillow-heif installs at least 1.23.5"
    )
    assert decoder.startswith("libde265 1.1.0 has known vulnerabilities: ")
    assert any(
        text.endswith(": no known vulnerabilities") for text in lines(done, "ok")
    )
    (said,) = [t for t in lines(done, "ok") if t.startswith("formats that can")]
    assert InputFormat.HEIC in said


def test_profiles(profiled: Service) -> None:
    """Each profile and each model is reported once, and nothing is changed."""
    done = profiled.command("check")
    assert (done.code, lines(done, "FAIL"), lines(done, "warn")) == (0, [], [])
    tiny, right = profiled.environment["DROPCUT_MODEL"], profiled.root / "right.onnx"
    told = [text for text in lines(done, "ok") if text.startswith("profile for")]
    assert told == [
        f"profile for shop: model {tiny}",
        f"profile for people: model {right}",
        f"profile for shop/red: model {tiny}",
        f"profile for people/at work: model {right}",
    ]
    models = [text.split()[1] for text in lines(done, "ok") if " runs (" in text]
    assert models == ["tiny", "right"]
    assert (names(profiled.inbox), names(profiled.outbox)) == ([], [])


@pytest.mark.parametrize("what", ["nothing", "a file", "a link"])
def test_profile_without_its_folder(profiled: Service, what: str) -> None:
    """A profile whose folder is not in the inbox is worth a warning."""
    folder = profiled.inbox / "shop" / "red"
    folder.rmdir()
    if what == "a file":
        folder.touch()
    if what == "a link":
        folder.symlink_to(profiled.inbox / "people")
    done = profiled.command("check")
    (warning,) = lines(done, "warn")
    assert warning.startswith("profile for shop/red: ")
    assert warning.endswith("; the inbox has no such folder yet")
    assert done.code == 0


def test_profile_in_the_spelling_of_a_mac(profiled: Service) -> None:
    """A folder that a Mac has spelt is found, however the profile is written."""
    table = profiled.root / "profiles.toml"
    with table.open("a", encoding="utf-8") as file:
        file.write('["M\u00f6bel"]\ncrop = "subject"\n')
    (profiled.inbox / "Mo\u0308bel").mkdir()
    done = profiled.command("check")
    assert (done.code, lines(done, "warn")) == (0, [])


def test_broken_background(profiled: Service) -> None:
    """A background that is no picture fails by its table, once; models are tried."""
    (profiled.root / "back.png").write_text("no picture")
    write_profiles(profiled, PROFILES.replace("#ffffff", "back.png"))
    done = profiled.command("check")
    assert done.code == 78
    (failure,) = lines(done, "FAIL")
    path = f"{profiled.root}/back.png"
    start = f"{profiled.root}/profiles.toml: [shop] background={path}: The file is no"
    assert failure.startswith(start)
    assert len([text for text in lines(done, "ok") if " runs (" in text]) == 2


def test_missing_model(profiled: Service) -> None:
    """A model that is missing fails once, by its table; the others are tried."""
    (profiled.root / "right.onnx").unlink()
    done = profiled.command("check")
    assert done.code == 78
    (failure,) = lines(done, "FAIL")
    assert failure.startswith(f"{profiled.root}/profiles.toml: [people] model: ")
    assert len([text for text in lines(done, "ok") if " runs (" in text]) == 1


def test_wrong_profiles(profiled: Service) -> None:
    """A file of profiles that is wrong fails beside all else that there is to say."""
    write_profiles(profiled, "[shop]\nbackgruond = 1\n")
    done = profiled.command("check")
    assert done.code == 78
    (failure,) = lines(done, "FAIL")
    assert "did you mean background?" in failure
    assert any(text.startswith("formats that can") for text in lines(done, "ok"))


def test_models_in_turns(profiled: Service) -> None:
    """Models that do not fit into memory together are worth a warning."""
    done = profiled.set(DROPCUT_MODEL_MEMORY_MB=1).command_apart("check")
    (warning,) = lines(done, "warn")
    assert "DROPCUT_MODEL_MEMORY_MB=1 allows, so they are loaded in turn" in warning
    (profiled.root / "profiles.toml").write_text("[shop]\n")
    assert lines(profiled.command_apart("check"), "warn") == []


def test_heic_in_the_inbox(service: Service) -> None:
    """HEIC fails while its reader is missing; with it, `retry` mends that."""
    without_heif(service).drop("a.heic", HEIC.read_bytes())
    service.drop("b.jpg")
    service.start()
    told = service.reason("a.heic")
    assert told["reason"] == "heic-not-installed"
    assert "pip install 'dropcut[heic]'" in told["message"]
    service.wait(processed=1, failed=1)
    (service.root / "stub" / "pillow_heif.py").unlink()
    assert service.stop() == 0
    service.start()
    assert service.command("retry").code == 0
    service.wait(processed=2)
    assert names(service.outbox) == ["a.png", "b.png"]
    assert names(service.failed) == []

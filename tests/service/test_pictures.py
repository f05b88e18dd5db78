"""Every kind of picture that people drop, through one running service."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dropcut.core.errors import Reason
from numpy.typing import NDArray
from PIL import Image, ImageCms

from ..pictures import PICTURES, REFUSALS, Picture, Probe, Refusal
from ..unit.results import bits, deep_levels
from .flat_models import EVERYWHERE, LEFT
from .invariants import assert_promises, decoded, pixels
from .pictures import ALL, photo
from .services import Service
from .waiting import eventually

_DROPPED: tuple[Picture | Refusal, ...] = (*PICTURES, *REFUSALS)
_ENDS = ("done", "failed")
_HONEST_REFUSALS = {Reason.UNSUPPORTED_FORMAT, Reason.CORRUPT}

Line = dict[str, Any]


def _lines(service: Service) -> dict[str, Line]:
    """Return the last log line of each picture that is filed."""
    return {e["name"]: e for e in service.events() if e["outcome"] in _ENDS}


def _served(root: Path, model: bytes, **variables: str) -> Iterator[Service]:
    """Drop all pictures into a service of one model."""
    file = root / "flat.onnx"
    file.write_bytes(model)
    service = Service(root / "root", file)
    service.start(**variables)
    for dropped in _DROPPED:
        service.drop(dropped.name, dropped.data)
    eventually(lambda: len(_lines(service)) == len(_DROPPED), 110, service.explain)
    yield service
    service.kill()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Make a service that takes all of each picture for the subject."""
    root = tmp_path_factory.mktemp("whole")
    settings = {"DROPCUT_EMPTY": "publish", "DROPCUT_EDGES": "raw"}
    yield from _served(root, EVERYWHERE, **settings)


@pytest.fixture(scope="module")
def halved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Make a service that takes the left half, and keeps all that may be kept."""
    root = tmp_path_factory.mktemp("halved")
    yield from _served(root, LEFT, DROPCUT_KEEP="all", DROPCUT_DEPTH="16")


@pytest.fixture(scope="module")
def lines(whole: Service) -> dict[str, Line]:
    """Return the log line of each picture that was taken whole."""
    return _lines(whole)


@pytest.fixture(scope="module")
def half_lines(halved: Service) -> dict[str, Line]:
    """Return the log line of each picture that was halved."""
    return _lines(halved)


def _refused(picture: Picture, line: Line) -> bool:
    """Whether a picture that may be refused was; any other must be done."""
    if picture.may_refuse and line["outcome"] == "failed":
        assert line["reason"] in _HONEST_REFUSALS
        return True
    assert line["outcome"] == "done", line
    return False


def _assert_colours(
    picture: Picture, result: NDArray[np.uint8], probes: Iterable[Probe]
) -> None:
    for probe in probes:
        seen = result[probe.y, probe.x].astype(int)
        wanted = np.array(probe.rgba if probe.rgba[3] else (0, 0, 0, 0))
        assert np.abs(seen - wanted).max() <= picture.tolerance, (probe, seen)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_picture(whole: Service, lines: dict[str, Line], picture: Picture) -> None:
    """A picture comes out upright, of the right size and colours, with its notes."""
    line = lines[picture.name]
    if _refused(picture, line):
        return
    assert (whole.processed / picture.name).read_bytes() == picture.data
    result = pixels(whole.outbox / line["output"])
    assert result.shape == (picture.height_px, picture.width_px, 4)
    assert line["notes"] == [*picture.notes, "no subject"]
    _assert_colours(picture, result, picture.probes)


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return what a screen shows of a result that carries a profile."""
    if "icc_profile" not in image.info:
        return image
    own = ImageCms.ImageCmsProfile(BytesIO(image.info["icc_profile"]))
    srgb = ImageCms.createProfile("sRGB")
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
    printable = ImageCms.profileToProfile(image, own, srgb, intent, flags=flags)
    assert printable is not None
    return printable


def _hidden(png: Path) -> NDArray[Any]:
    """Return the colours of a result where its alpha is 0, in all of its bits."""
    data = png.read_bytes()
    result = deep_levels(data) if bits(data) == 16 else pixels(png)
    hidden: NDArray[Any] = result[result[..., 3] == 0]
    return hidden


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_half_picture(
    halved: Service, half_lines: dict[str, Line], picture: Picture
) -> None:
    """Cut along a soft edge, with all its bits and its profile, it keeps its colours.

    And of its background there is nothing left.
    """
    line = half_lines[picture.name]
    if _refused(picture, line):
        return
    image = decoded(halved.outbox / line["output"])
    assert image.size == (picture.width_px, picture.height_px)
    result = np.asarray(image)
    assert not _hidden(halved.outbox / line["output"]).any()
    left = [p for p in picture.probes if p.x < 0.4 * picture.width_px]
    _assert_colours(picture, np.asarray(_in_srgb(image)), left)
    right = [p for p in picture.probes if p.x > 0.6 * picture.width_px]
    assert not any(result[probe.y, probe.x].any() for probe in right)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.name)
def test_refusal(whole: Service, lines: dict[str, Line], refusal: Refusal) -> None:
    """A file that cannot be read is in `failed`, with the right reason beside it."""
    line, told = lines[refusal.name], whole.reason(refusal.name)
    assert line["outcome"] == "failed"
    assert line["reason"] == told["reason"]
    assert told["reason"] in refusal.reasons
    assert refusal.kind in told["message"]
    assert told["message"] == line["message"]
    assert (whole.failed / refusal.name).read_bytes() == refusal.data


def test_promises(whole: Service, lines: dict[str, Line]) -> None:
    """After all of them, no promise is broken and the service is well."""
    assert len(lines) == len(_DROPPED)
    assert {line["model"] for line in lines.values()} == {"flat"}
    assert_promises(whole)
    whole.prove_alive()


_SUBJECTS = {
    "heic/real-iphone13-grid.heic": (1000, 500),
    "heic/real-iphone8-grid-turned.heic": (512, 1024),
    "jpeg/real-canon.jpg": (480, 360),
    "jpeg/real-nokia-iptc.jpg": (640, 480),
}


def test_real_subjects(service: Service) -> None:
    """With the model and settings as they come, real photographs are cut out."""
    for name in ALL:
        service.drop(f"{name}.jpg", photo(name, 600))
    for picture in PICTURES:
        if picture.name in _SUBJECTS:
            service.drop(picture.name, picture.data)
    for name in ("MODEL", "MODEL_RECIPE", "THREADS", "MIN_FREE_MB"):
        service.environment[f"DROPCUT_{name}"] = ""
    service.start()
    service.wait(processed=len(ALL) + len(_SUBJECTS))
    for name, line in _lines(service).items():
        alpha = pixels(service.outbox / line["output"])[..., 3]
        width, height = _SUBJECTS.get(name, alpha.shape[::-1])
        assert alpha.shape == (height, width)
        assert alpha.min() == 0
        assert alpha.max() > 127, name
        assert line["model"] == "u2netp"
    assert_promises(service)

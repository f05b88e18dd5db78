"""Every kind of picture that people drop, through one running service."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from dropcut.errors import Reason

from ..pictures import PICTURES, REFUSALS, Picture, Refusal
from .flat_models import EVERYWHERE
from .pictures import ALL, photo
from .promises import assert_promises, pixels
from .services import Service
from .waiting import eventually

_DROPPED: tuple[Picture | Refusal, ...] = (*PICTURES, *REFUSALS)
_ENDS = ("done", "failed")
_HONEST_REFUSALS = {Reason.UNSUPPORTED_FORMAT, Reason.CORRUPT}

Line = dict[str, Any]


def _lines(service: Service) -> dict[str, Line]:
    """Return the last log line of each picture that is filed."""
    return {e["name"]: e for e in service.events() if e["outcome"] in _ENDS}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Drop all pictures into a service that takes all of them for the subject."""
    root = tmp_path_factory.mktemp("pictures")
    model = root / "everywhere.onnx"
    model.write_bytes(EVERYWHERE)
    service = Service(root / "root", model)
    service.start(DROPCUT_EMPTY="publish", DROPCUT_EDGES="raw")
    for dropped in _DROPPED:
        service.drop(dropped.name, dropped.data)
    eventually(lambda: len(_lines(service)) == len(_DROPPED), 100, service.explain)
    yield service
    service.kill()


@pytest.fixture(scope="module")
def lines(whole: Service) -> dict[str, Line]:
    """Return the log line of each picture."""
    return _lines(whole)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_picture(whole: Service, lines: dict[str, Line], picture: Picture) -> None:
    """A picture comes out upright, of the right size and colours, with its notes."""
    line = lines[picture.name]
    if picture.may_refuse and line["outcome"] == "failed":
        assert line["reason"] in _HONEST_REFUSALS
        return
    assert line["outcome"] == "done", line
    assert (whole.processed / picture.name).read_bytes() == picture.data
    result = pixels(whole.outbox / line["output"])
    assert result.shape == (picture.height_px, picture.width_px, 4)
    assert line["notes"] == [*picture.notes, "no subject"]
    for probe in picture.probes:
        seen = result[probe.y, probe.x].astype(int)
        wanted = np.array(probe.rgba if probe.rgba[3] else (0, 0, 0, 0))
        assert np.abs(seen - wanted).max() <= picture.tolerance, (probe, seen)


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
    assert {line["model"] for line in lines.values()} == {"everywhere"}
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

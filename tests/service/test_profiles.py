"""Sub-folders whose pictures are made in a way of their own."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from .flat_models import LEFT, RIGHT
from .invariants import assert_promises, decoded
from .pictures import large_photo
from .services import Service, names
from .waiting import eventually

PROFILES = """
[shop]
background = "#ffffff"
canvas = "300x300"

[people]
model = "right.onnx"
model_recipe = "u2net"
format = "webp"
crop = "subject"
margin = 0

[deep]
background = "#102030"

["deep/er"]
crop = "subject"
margin = 10

[drawings]
output = "mask"
"""
SOURCES = ("shop/a.jpg", "people/a.jpg", "deep/a.jpg", "deep/er/est/a.jpg")
_MODES = ("RGBA", "RGB", "L")


def make_service(root: Path, profiles: str) -> Service:
    """Make a service that sees subjects on the left, but in its profiles."""
    for name, model in {"left": LEFT, "right": RIGHT}.items():
        (root / f"{name}.onnx").write_bytes(model)
    (root / "profiles.toml").write_text(profiles, "utf-8")
    service = Service(root / "root", root / "left.onnx")
    return service.set(DROPCUT_PROFILES=root / "profiles.toml")


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Drop a photograph into each folder of one service, and wait."""
    service = make_service(tmp_path_factory.mktemp("profiles"), PROFILES).start()
    sources = ("a.jpg", *SOURCES, "drawings/a.jpg", "drawing/a.jpg")
    for source in sources:
        service.drop(source)
    service.wait(processed=len(sources))
    yield service
    service.kill()


def _result(service: Service, name: str, mode: str) -> NDArray[np.int64]:
    image = decoded(service.outbox / name)
    assert image.mode == mode
    return np.asarray(image).astype(np.int64)


@pytest.mark.parametrize("name", ["a.png", "drawing/a.png"])
def test_folder_without_profile(worked: Service, name: str) -> None:
    """A picture in no folder of a profile is processed by the general settings."""
    alpha = _result(worked, name, "RGBA")[..., 3]
    assert alpha.shape[1] == 160
    assert alpha[:, :70].min() == 255
    assert alpha[:, 90:].max() == 0


def test_white_canvas(worked: Service) -> None:
    """Pictures for a shop are on a white canvas of the wanted size.

    Where the photo cuts the subject off, here on three sides, it has no margin.
    """
    result = _result(worked, "shop/a.png", "RGB")
    assert result.shape == (300, 300, 3)
    assert result[:, -10:].min() == 255
    assert max(part.min() for part in (result[0], result[-1], result[:, 0])) < 200
    assert result[100:200, 100:200].min() < 200


def test_cropped_webp_by_another_model(worked: Service) -> None:
    """Pictures of people become WebP, cropped to what another model has seen."""
    assert names(worked.outbox / "people") == ["a.webp"]
    alpha = _result(worked, "people/a.webp", "RGBA")[..., 3]
    assert 80 <= alpha.shape[1] <= 90
    assert alpha[:, 0].max() < 128
    assert alpha[:, 15:].min() == 255


def test_inheritance(worked: Service) -> None:
    """A folder within another one adds to what that one has set."""
    whole = _result(worked, "deep/a.png", "RGB")
    cropped = _result(worked, "deep/er/est/a.png", "RGB")
    assert whole.shape[1] == 160
    assert 85 <= cropped.shape[1] <= 105
    for result in (whole, cropped):
        assert np.unique(result[:, -3:].reshape(-1, 3), axis=0).tolist() == [
            [16, 32, 48]
        ]


def test_mask(worked: Service) -> None:
    """Where masks are wanted, there is alpha alone, as a grey picture."""
    mask = _result(worked, "drawings/a.png", "L")
    assert mask[:, :70].min() == 255
    assert mask[:, 90:].max() == 0


def test_log(worked: Service) -> None:
    """The log says at the start which profiles there are, then each picture's model."""
    (ready,) = worked.events("ready")
    left, right = (str(worked.root.parent / f"{n}.onnx") for n in ("left", "right"))
    assert ready["model"] == left
    assert ready["profiles"] == {
        "shop": left,
        "people": right,
        "deep": left,
        "drawings": left,
        "deep/er": left,
    }
    models = {event["name"]: event["model"] for event in worked.events()}
    assert models.pop("people/a.jpg") == "right"
    assert set(models.values()) == {"left"}


def test_promises(worked: Service) -> None:
    """Whatever the profiles make of pictures, the promises hold."""
    assert_promises(worked, modes=_MODES)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Make a service that is not started yet."""
    service = make_service(tmp_path, PROFILES)
    yield service
    service.kill()


def test_format_outlives_a_restart(service: Service, tmp_path: Path) -> None:
    """A picture that was to be WebP when it was claimed is, though the file changed."""
    service.start()
    service.drop("people/large.jpg", large_photo(3000))
    eventually(lambda: service.in_work(1), explain=service.explain)
    service.kill()
    (tmp_path / "profiles.toml").write_text('[people]\nformat = "png"\n')
    service.drop("people/next.jpg")
    service.start()
    service.wait(processed=2)
    assert names(service.outbox) == ["people/large.webp", "people/next.png"]
    assert_promises(service)

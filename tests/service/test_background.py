"""A picture behind the subjects, through the running service."""

import numpy as np
import pytest
from PIL import Image

from .flat_models import LEFT
from .invariants import assert_promises, decoded
from .pictures import encoded, photo, photograph
from .services import Service

_BLUE, _YELLOW = (20, 40, 200), (240, 220, 30)


def _two_stripes() -> bytes:
    """Return a picture that is blue above and yellow below."""
    image = Image.new("RGB", (400, 300), _BLUE)
    image.paste(_YELLOW, (0, 150, 400, 300))
    return encoded(image, "PNG")


def _on_left(service: Service) -> Service:
    """Let the subject be in the left half, and a picture lie ready."""
    (service.root / "left.onnx").write_bytes(LEFT)
    (service.root / "backs").mkdir()
    (service.root / "backs" / "stripes.png").write_bytes(_two_stripes())
    return service.set(DROPCUT_MODEL=service.root / "left.onnx")


@pytest.mark.parametrize("where", ["settings", "profile"])
def test_picture_as_background(service: Service, where: str) -> None:
    """The subject stays as it was, and the picture is behind it, edge to edge."""
    _on_left(service)
    if where == "settings":
        service.set(DROPCUT_BACKGROUND=service.root / "backs" / "stripes.png")
    else:
        profiles = service.root / "profiles.toml"
        profiles.write_text('[shop]\nbackground = "backs/stripes.png"\n')
        service.set(DROPCUT_PROFILES=profiles)
    service.drop("shop/a.png", photo(kind="PNG"))
    service.start()
    service.wait(processed=1)
    image = decoded(service.outbox / "shop" / "a.png")
    photographed = photograph()
    assert (image.mode, image.size) == ("RGB", photographed.size)
    result, source = (np.asarray(each).astype(int) for each in (image, photographed))
    assert np.abs(result[:, :70] - source[:, :70]).max() <= 1
    middle = image.height // 2
    assert np.abs(result[: middle - 5, 90:] - _BLUE).max() <= 1
    assert np.abs(result[middle + 5 :, 90:] - _YELLOW).max() <= 1
    assert_promises(service, modes=("RGB",))

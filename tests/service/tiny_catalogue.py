"""The command with two more models in its catalogue, small enough for tests.

`tiny` works; `odd` is what was published, but its graph gives no mask.
"""

import base64
import hashlib
import sys
from pathlib import Path

from dropcut.cli import main
from dropcut.models.catalogue import MODELS, RECIPES, Entry

from .tiny_model import tiny_model

_ROOT = Path(__file__).parents[2]
_NOTES = bytes(300_000)
# Neg of the picture: float32 [1, 3, 8, 6] -> the same
ODD = base64.b64decode(
    "CAgSADpkChgKB3BpY3R1cmUSCG5lZ2F0aXZlIgNOZWcSAWdaIQoHcGljdHVyZRIWChQIARIQCgIIAQoCCA"
    "MKAggICgIIBmIiCghuZWdhdGl2ZRIWChQIARIQCgIIAQoCCAMKAggICgIIBkIECgAQDQ=="
)
# The tiny model with long notes, a field that nobody reads, to be sent in pieces
TINY = tiny_model() + b"\x32\xe0\xa7\x12" + _NOTES
FILES = {"tiny": ("Tiny-epoch_1.onnx", TINY, 32), "odd": ("odd.onnx", ODD, 8)}
COMMAND = (sys.executable, "-m", "tests.service.tiny_catalogue")
ENVIRONMENT = {"PYTHONPATH": f"{_ROOT}:{_ROOT / 'daemon'}"}


def _entry(file: str, data: bytes, input_px: int) -> Entry:
    return Entry(
        file=file,
        sha256=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        input_px=input_px,
        recipe=RECIPES["u2net"],
        licence="none",
        purpose="tests",
    )


if __name__ == "__main__":
    MODELS.update({name: _entry(*facts) for name, facts in FILES.items()})
    sys.exit(main())

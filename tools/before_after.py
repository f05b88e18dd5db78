"""Makes the picture of the README: before and after, by the real command.

    make pictures

The photograph is NASA's portrait of Eileen Collins, public domain, as scikit-image
ships it. Head and shoulders of it are dropped into an inbox; nothing is retouched.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import skimage
from PIL import Image

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "pictures" / "before-after.webp"
PHOTOGRAPH = Path(skimage.__file__).parent / "data" / "astronaut.png"
PART = (60, 0, 400, 340)
PANE_PX, SQUARE_PX = 600, 20
LIGHT, DARK = 255, 212


def main() -> None:
    """Write the file that the README shows."""
    TARGET.parent.mkdir(exist_ok=True)
    make().save(TARGET, quality=88, method=6)


def make() -> Image.Image:
    """Return the photograph and its cutout, side by side."""
    with Image.open(PHOTOGRAPH) as whole:
        before = whole.convert("RGB").crop(PART)
    with TemporaryDirectory() as folder:
        return compose(before, cut_out(before, Path(folder)))


def cut_out(photograph: Image.Image, root: Path) -> Image.Image:
    """Drop a photograph into an inbox and return what appears in the outbox."""
    for name in ("inbox", "outbox", "processed", "failed"):
        (root / name).mkdir()
    photograph.save(root / "inbox" / "photo.png")
    settings = {"DROPCUT_ROOT": str(root), "DROPCUT_SETTLE_SECONDS": "0.1"}
    others = {k: v for k, v in os.environ.items() if not k.startswith("DROPCUT_")}
    command = [sys.executable, "-m", "dropcut", "run", "--once"]
    subprocess.run(command, check=True, env=others | settings)  # noqa: S603  # our own
    with Image.open(root / "outbox" / "photo.png") as result:
        return result.convert("RGBA")


def compose(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return both side by side, the cutout on a chequered ground."""
    size = PANE_PX, PANE_PX
    rows, columns = np.indices(size) // SQUARE_PX
    squares = np.where((rows + columns) % 2, DARK, LIGHT).astype(np.uint8)
    ground = Image.fromarray(squares).convert("RGB")
    cutout = after.resize(size, Image.Resampling.LANCZOS)
    ground.paste(cutout, mask=cutout.getchannel("A"))
    both = Image.new("RGB", (2 * PANE_PX, PANE_PX))
    both.paste(before.resize(size, Image.Resampling.LANCZOS), (0, 0))
    both.paste(ground, (PANE_PX, 0))
    return both


if __name__ == "__main__":
    main()

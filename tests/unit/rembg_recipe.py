"""rembg's recipe for a mask with Pillow, numpy and onnxruntime, without Dropcut."""

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from PIL import Image, ImageOps


@dataclass(frozen=True, kw_only=True)
class Family:
    """How a family of rembg's sessions processes a picture."""

    size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    sigmoid: bool = False


U2NET = Family(size=320, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
ISNET = Family(size=1024, mean=(0.5, 0.5, 0.5), std=(1, 1, 1))
ANIME = Family(size=1024, mean=(0.485, 0.456, 0.406), std=(1, 1, 1))
BRIA = Family(size=1024, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
BIREFNET = replace(BRIA, sigmoid=True)
SESSIONS = {
    "u2net": U2NET,
    "u2netp": U2NET,
    "u2net_human_seg": U2NET,
    "silueta": U2NET,
    "isnet-general-use": ISNET,
    "isnet-anime": ANIME,
    "birefnet-general": BIREFNET,
    "birefnet-general-lite": BIREFNET,
    "birefnet-portrait": BIREFNET,
    "birefnet-dis": BIREFNET,
    "birefnet-hrsod": BIREFNET,
    "birefnet-cod": BIREFNET,
    "birefnet-massive": BIREFNET,
    "bria-rmbg": BRIA,
}


class Reference:
    """One model, run as rembg runs it."""

    def __init__(self, path: Path, family: Family) -> None:
        """Load the model."""
        self._family = family
        self._session: Any = ort.InferenceSession(
            path, providers=["CPUExecutionProvider"]
        )

    def mask(self, data: bytes) -> NDArray[np.uint8]:
        """Return the mask of a picture file, at the size of the upright picture."""
        with Image.open(io.BytesIO(data)) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
        name = self._session.get_inputs()[0].name
        maps = self._session.run(None, {name: self._normalised(picture)})
        values = maps[0][:, 0, :, :]
        if self._family.sigmoid:
            values = 1 / (1 + np.exp(-values))
        low, high = np.min(values), np.max(values)
        stretched = np.squeeze((values - low) / (high - low)).clip(0, 1)
        mask = Image.fromarray((stretched * 255).astype(np.uint8))
        return np.asarray(mask.resize(picture.size, Image.Resampling.LANCZOS))

    def _normalised(self, picture: Image.Image) -> NDArray[np.float32]:
        size = (self._family.size, self._family.size)
        pixels = np.array(picture.resize(size, Image.Resampling.LANCZOS))
        scaled = pixels / max(np.max(pixels), 1e-6)
        planes = np.zeros((*size, 3))
        for channel in range(3):
            mean, std = self._family.mean[channel], self._family.std[channel]
            planes[:, :, channel] = (scaled[:, :, channel] - mean) / std
        return np.expand_dims(planes.transpose((2, 0, 1)), 0).astype(np.float32)

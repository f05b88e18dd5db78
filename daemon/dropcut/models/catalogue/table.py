"""The table of models that Dropcut knows by name."""

import hashlib
import os
from dataclasses import dataclass
from io import BufferedReader

from dropcut.core.models import Recipe

_PUBLISHER = "https://github.com/danielgatis/rembg/releases/download/v0.0.0"
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_BIREFNET_BYTES = 972_666_916
_CHUNK_BYTES = 1 << 20

RECIPES = {
    "u2net": Recipe(mean=_IMAGENET_MEAN, std=_IMAGENET_STD),
    "isnet": Recipe(mean=(0.5, 0.5, 0.5), std=(1.0, 1.0, 1.0)),
    "birefnet": Recipe(mean=_IMAGENET_MEAN, std=_IMAGENET_STD, sigmoid=True),
}
_ANIME = Recipe(mean=_IMAGENET_MEAN, std=(1.0, 1.0, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model of the catalogue.

    Attributes:
        file: The publisher's file name.
        sha256: Checksum of the file, in hexadecimal.
        size_bytes: Size of the file.
        input_px: Width and height of the model's input.
        licence: The SPDX name of the licence that the model's authors state.
        purpose: What the model is good for, in a few words.
        commercial: Whether the licence allows commercial use.
        packaged: Whether the model ships with Dropcut.
    """

    file: str
    sha256: str
    size_bytes: int
    input_px: int
    recipe: Recipe
    licence: str
    purpose: str
    commercial: bool = True
    packaged: bool = False

    @property
    def url(self) -> str:
        """The publisher's URL of the file."""
        return f"{_PUBLISHER}/{self.file}"

    @property
    def size(self) -> str:
        """The size of the file, human-readable."""
        return shown_size(self.size_bytes)


def has_content_of(entry: Entry, file: BufferedReader) -> bool:
    """Whether a file is the published one; reads at most that size and one byte."""
    if os.fstat(file.fileno()).st_size != entry.size_bytes:
        return False
    sha256, left_bytes = hashlib.sha256(), entry.size_bytes
    while left_bytes and (chunk := file.read(min(left_bytes, _CHUNK_BYTES))):
        sha256.update(chunk)
        left_bytes -= len(chunk)
    return not file.read(1) and sha256.hexdigest() == entry.sha256


def shown_size(size_bytes: float) -> str:
    """Return a size in MB, with one decimal below 10."""
    megabytes = size_bytes / 1e6
    return f"{megabytes:.1f} MB" if megabytes < 10 else f"{megabytes:.0f} MB"  # noqa: PLR2004


def _birefnet(file: str, sha256: str, purpose: str, size_bytes: int) -> Entry:
    return Entry(
        file=file,
        sha256=sha256,
        size_bytes=size_bytes,
        input_px=1024,
        recipe=RECIPES["birefnet"],
        licence="MIT",
        purpose=purpose,
    )


MODELS = {
    "u2netp": Entry(
        file="u2netp.onnx",
        sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        size_bytes=4_574_861,
        input_px=320,
        recipe=RECIPES["u2net"],
        licence="Apache-2.0",
        purpose="everything; small and quick",
        packaged=True,
    ),
    "u2net": Entry(
        file="u2net.onnx",
        sha256="8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
        size_bytes=175_997_641,
        input_px=320,
        recipe=RECIPES["u2net"],
        licence="Apache-2.0",
        purpose="everything; cleaner edges",
    ),
    "u2net_human_seg": Entry(
        file="u2net_human_seg.onnx",
        sha256="01eb6a29a5c4d8edb30b56adad9bb3a2a0535338e480724a213e0acfd2d1c73c",
        size_bytes=175_997_641,
        input_px=320,
        recipe=RECIPES["u2net"],
        licence="Apache-2.0",
        purpose="people",
    ),
    "silueta": Entry(
        file="silueta.onnx",
        sha256="75da6c8d2f8096ec743d071951be73b4a8bc7b3e51d9a6625d63644f90ffeedb",
        size_bytes=44_173_029,
        input_px=320,
        recipe=RECIPES["u2net"],
        licence="not stated",  # derived from u2net, which is Apache-2.0
        purpose="everything; a smaller u2net",
    ),
    "isnet-general-use": Entry(
        file="isnet-general-use.onnx",
        sha256="60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a",
        size_bytes=178_648_008,
        input_px=1024,
        recipe=RECIPES["isnet"],
        licence="Apache-2.0",
        purpose="everything; finer detail",
    ),
    "isnet-anime": Entry(
        file="isnet-anime.onnx",
        sha256="f15622d853e8260172812b657053460e20806f04b9e05147d49af7bed31a6e99",
        size_bytes=176_069_933,
        input_px=1024,
        recipe=_ANIME,
        licence="Apache-2.0",
        purpose="drawn figures, anime",
    ),
    "birefnet-general": _birefnet(
        "BiRefNet-general-epoch_244.onnx",
        "58f621f00f5d756097615970a88a791584600dcf7c45b18a0a6267535a1ebd3c",
        "everything; the best edges, slow",
        _BIREFNET_BYTES,
    ),
    "birefnet-general-lite": _birefnet(
        "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
        "5600024376f572a557870a5eb0afb1e5961636bef4e1e22132025467d0f03333",
        "everything; nearly the best, quicker",
        224_005_088,
    ),
    "birefnet-portrait": _birefnet(
        "BiRefNet-portrait-epoch_150.onnx",
        "1ba1c8ff5a7bbfadc8d8d13fb11d7be793f91f23d9d466549e37a854f6668f99",
        "people; hair",
        _BIREFNET_BYTES,
    ),
    "birefnet-dis": _birefnet(
        "BiRefNet-DIS-epoch_590.onnx",
        "6470117bac6f8d82a3f62921056f52d0f5c4d36d1d832096331d5ea38a03acb5",
        "thin, intricate things",
        _BIREFNET_BYTES,
    ),
    "birefnet-hrsod": _birefnet(
        "BiRefNet-HRSOD_DHU-epoch_115.onnx",
        "4f5837663194fb88f603b76782eae05a3c29f5749872ca1bfb636bd26e7f6bfc",
        "large, sharp pictures",
        _BIREFNET_BYTES,
    ),
    "birefnet-cod": _birefnet(
        "BiRefNet-COD-epoch_125.onnx",
        "91ec48f566db475cf6e4caa7e9cd997f352edfcc372372f437e2fbefc1557b13",
        "what blends into its background",
        _BIREFNET_BYTES,
    ),
    "birefnet-massive": _birefnet(
        "BiRefNet-massive-TR_DIS5K_TR_TEs-epoch_420.onnx",
        "a94814cac438a31f95287811882628644a04b22d313ef3071d2ba904b5f627b8",
        "everything; trained on more pictures",
        _BIREFNET_BYTES,
    ),
    "bria-rmbg": Entry(
        file="bria-rmbg-2.0.onnx",
        sha256="5b486f08200f513f460da46dd701db5fbb47d79b4be4b708a19444bcd4e79958",
        size_bytes=1_024_331_469,
        input_px=1024,
        recipe=RECIPES["u2net"],  # its output has passed a sigmoid already
        licence="CC-BY-NC-4.0",
        purpose="everything; no commercial use",
        commercial=False,
    ),
}

"""The catalogue agrees with rembg, which publishes its files."""

import pytest
from dropcut.models.catalogue import MODELS, RECIPES

from ...rembg_recipe import SESSIONS

# What rembg publishes, written down apart from the catalogue: file, bytes, SHA-256,
# the side of the picture in pixels, and the licence that the model's makers state
RELEASE = "https://github.com/danielgatis/rembg/releases/download/v0.0.0/"
PUBLISHED = {
    "u2netp": (
        "u2netp.onnx",
        4_574_861,
        "309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        320,
        "Apache-2.0",
    ),
    "u2net": (
        "u2net.onnx",
        175_997_641,
        "8d10d2f3bb75ae3b6d527c77944fc5e7dcd94b29809d47a739a7a728a912b491",
        320,
        "Apache-2.0",
    ),
    "u2net_human_seg": (
        "u2net_human_seg.onnx",
        175_997_641,
        "01eb6a29a5c4d8edb30b56adad9bb3a2a0535338e480724a213e0acfd2d1c73c",
        320,
        "Apache-2.0",
    ),
    "silueta": (
        "silueta.onnx",
        44_173_029,
        "75da6c8d2f8096ec743d071951be73b4a8bc7b3e51d9a6625d63644f90ffeedb",
        320,
        "not stated",
    ),
    "isnet-general-use": (
        "isnet-general-use.onnx",
        178_648_008,
        "60920e99c45464f2ba57bee2ad08c919a52bbf852739e96947fbb4358c0d964a",
        1024,
        "Apache-2.0",
    ),
    "isnet-anime": (
        "isnet-anime.onnx",
        176_069_933,
        "f15622d853e8260172812b657053460e20806f04b9e05147d49af7bed31a6e99",
        1024,
        "Apache-2.0",
    ),
    "birefnet-general": (
        "BiRefNet-general-epoch_244.onnx",
        972_666_916,
        "58f621f00f5d756097615970a88a791584600dcf7c45b18a0a6267535a1ebd3c",
        1024,
        "MIT",
    ),
    "birefnet-general-lite": (
        "BiRefNet-general-bb_swin_v1_tiny-epoch_232.onnx",
        224_005_088,
        "5600024376f572a557870a5eb0afb1e5961636bef4e1e22132025467d0f03333",
        1024,
        "MIT",
    ),
    "birefnet-portrait": (
        "BiRefNet-portrait-epoch_150.onnx",
        972_666_916,
        "1ba1c8ff5a7bbfadc8d8d13fb11d7be793f91f23d9d466549e37a854f6668f99",
        1024,
        "MIT",
    ),
    "birefnet-dis": (
        "BiRefNet-DIS-epoch_590.onnx",
        972_666_916,
        "6470117bac6f8d82a3f62921056f52d0f5c4d36d1d832096331d5ea38a03acb5",
        1024,
        "MIT",
    ),
    "birefnet-hrsod": (
        "BiRefNet-HRSOD_DHU-epoch_115.onnx",
        972_666_916,
        "4f5837663194fb88f603b76782eae05a3c29f5749872ca1bfb636bd26e7f6bfc",
        1024,
        "MIT",
    ),
    "birefnet-cod": (
        "BiRefNet-COD-epoch_125.onnx",
        972_666_916,
        "91ec48f566db475cf6e4caa7e9cd997f352edfcc372372f437e2fbefc1557b13",
        1024,
        "MIT",
    ),
    "birefnet-massive": (
        "BiRefNet-massive-TR_DIS5K_TR_TEs-epoch_420.onnx",
        972_666_916,
        "a94814cac438a31f95287811882628644a04b22d313ef3071d2ba904b5f627b8",
        1024,
        "MIT",
    ),
    "bria-rmbg": (
        "bria-rmbg-2.0.onnx",
        1_024_331_469,
        "5b486f08200f513f460da46dd701db5fbb47d79b4be4b708a19444bcd4e79958",
        1024,
        "CC-BY-NC-4.0",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_recipe(name: str) -> None:
    """Each model has the recipe of rembg's session of that name."""
    family, entry = SESSIONS[name], MODELS[name]
    assert entry.input_px == family.size
    assert (entry.recipe.mean, entry.recipe.std) == (family.mean, family.std)
    assert entry.recipe.sigmoid == family.sigmoid


def test_names() -> None:
    """The catalogue has those of rembg's models whose output is one mask."""
    assert set(MODELS) == set(SESSIONS) == set(PUBLISHED)
    assert [name for name, entry in MODELS.items() if entry.packaged] == ["u2netp"]
    assert [n for n, entry in MODELS.items() if not entry.commercial] == ["bria-rmbg"]


@pytest.mark.parametrize("name", MODELS)
def test_file(name: str) -> None:
    """Each model's file, address and licence are those of its publisher."""
    entry, (file, size_bytes, sha256, input_px, licence) = MODELS[name], PUBLISHED[name]
    assert (entry.file, entry.size_bytes) == (file, size_bytes)
    assert entry.sha256 == sha256
    assert entry.input_px == input_px
    assert entry.licence == licence
    assert entry.url == RELEASE + file


def test_sizes() -> None:
    """Sizes are shown as people read them."""
    assert MODELS["u2netp"].size == "4.6 MB"
    assert MODELS["birefnet-general"].size == "973 MB"


def test_recipes_of_a_setting() -> None:
    """A path may have the recipes that DROPCUT_MODEL_RECIPE names."""
    assert list(RECIPES) == ["u2net", "isnet", "birefnet"]

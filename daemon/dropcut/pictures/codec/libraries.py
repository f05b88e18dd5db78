"""The native libraries that read pictures, and their versions."""

import re

import PIL

from dropcut.pictures.codec.vips import libvips_version


def libraries() -> dict[str, tuple[int, ...]]:
    """Return the version of each native library that can be asked for it.

    Those within libvips and Pillow cannot be asked: they change with these.
    """
    own = {"libvips": libvips_version(), "Pillow": _version(PIL.__version__)}
    return own | _heic_libraries()


def _heic_libraries() -> dict[str, tuple[int, ...]]:
    try:
        import pillow_heif  # noqa: PLC0415  # an extra
    except ImportError:
        return {}
    told = pillow_heif.libheif_info()
    texts = {"libheif": told["libheif"], **told["decoders"]}
    found = {name: _version(texts.get(name, "")) for name in ("libheif", "libde265")}
    return {name: version for name, version in found.items() if version}


def _version(text: str) -> tuple[int, ...]:
    """Return the version that a text tells; empty, if it tells none."""
    found = re.search(r"\d+(\.\d+)+", text)
    return tuple(map(int, found[0].split("."))) if found else ()

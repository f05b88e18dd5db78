"""The native libraries that read pictures, and their versions."""

import re

import PIL
import pyvips


def libraries() -> dict[str, tuple[int, ...]]:
    """Return the version of each native library that reports one.

    Libraries bundled with libvips and Pillow do not; they are upgraded with these.
    """
    texts = {
        "libvips": ".".join(str(pyvips.version(part)) for part in range(3)),
        "Pillow": PIL.__version__,
    }
    try:
        import pillow_heif  # noqa: PLC0415  # an extra
    except ImportError:
        pass
    else:
        heif = pillow_heif.libheif_info()
        texts["libheif"] = heif["libheif"]
        texts["libde265"] = heif["decoders"].get("libde265", "")
    return {
        name: tuple(map(int, version[0].split(".")))
        for name, text in texts.items()
        if (version := re.search(r"\d+(\.\d+)+", text))
    }

"""Binary metadata of a picture, for which pyvips has no types."""

from typing import Any, cast

import pyvips


def blob(image: pyvips.Image, name: str) -> bytes:
    """Return a field's bytes; none, if there is no such field."""
    return cast("bytes", image.get(name)) if image.get_typeof(name) else b""


def set_blob(image: pyvips.Image, name: str, data: bytes) -> None:
    """Set a field to some bytes; the image must be one's own copy."""
    image.set_type(pyvips.GValue.blob_type, name, cast("Any", data))


def without(image: pyvips.Image, name: str) -> pyvips.Image:
    """Return a picture that lacks a field."""
    if not image.get_typeof(name):
        return image
    bare = image.copy()
    bare.remove(name)
    return bare

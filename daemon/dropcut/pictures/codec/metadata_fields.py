"""Metadata fields of an image as bytes, for which pyvips has no types."""

from typing import Any, cast

import pyvips


def blob(image: pyvips.Image, name: str) -> bytes:
    """Return the bytes of a field; empty if there is no such field."""
    return cast("bytes", image.get(name)) if image.get_typeof(name) else b""


def set_blob(image: pyvips.Image, name: str, data: bytes) -> None:
    """Set a field to bytes; the caller must own the image, for example a copy."""
    image.set_type(pyvips.GValue.blob_type, name, cast("Any", data))


def without(image: pyvips.Image, name: str) -> pyvips.Image:
    """Return an image that lacks a field."""
    if not image.get_typeof(name):
        return image
    bare = image.copy()
    bare.remove(name)
    return bare


def bare(image: pyvips.Image) -> pyvips.Image:
    """Return an image without metadata.

    Field names are handled as bytes: the file determines them, and they may be invalid
    UTF-8.
    """
    copy = image.copy()
    names: list[bytes] = []
    array = pyvips.vips_lib.vips_image_get_fields(copy.pointer)
    while array[len(names)] != pyvips.ffi.NULL:
        name = array[len(names)]
        names.append(pyvips.ffi.string(name))
        pyvips.glib_lib.g_free(name)
    pyvips.glib_lib.g_free(array)
    for name in names:
        pyvips.vips_lib.vips_image_remove(copy.pointer, name)
    return copy

"""Metadata of a picture as bytes, for which pyvips has no types."""

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


def bare(image: pyvips.Image) -> pyvips.Image:
    """Return a picture without metadata.

    Its names are taken as bytes: a file may put any into them, which need be no UTF-8.
    """
    copy = image.copy()
    for name in _names(copy):
        pyvips.vips_lib.vips_image_remove(copy.pointer, name)
    return copy


def _names(image: pyvips.Image) -> list[bytes]:
    names: list[bytes] = []
    array = pyvips.vips_lib.vips_image_get_fields(image.pointer)
    while array[len(names)] != pyvips.ffi.NULL:
        name = array[len(names)]
        names.append(pyvips.ffi.string(name))
        pyvips.glib_lib.g_free(name)
    pyvips.glib_lib.g_free(array)
    return names

"""Tiny ONNX graphs, made once with `onnx.helper` (opset 13) and kept as base64."""

from base64 import b64decode

from dropcut.core.models import Model, Recipe

PLAIN = Recipe(mean=(0, 0, 0), std=(1, 1, 1))

# ReduceMean over the channels: float32 [1, 3, 8, 6] -> [1, 1, 8, 6]
MEAN = b64decode(
    "CAg6gQEKOQoHcGljdHVyZRIEbWFzayIKUmVkdWNlTWVhbioLCgRheGVzQAGgAQcqDwoIa2VlcGRpbXMY"
    "AaABAhIBZ1ohCgdwaWN0dXJlEhYKFAgBEhAKAggBCgIIAwoCCAgKAggGYh4KBG1hc2sSFgoUCAESEAoC"
    "CAEKAggBCgIICAoCCAZCBAoAEA0="
)
# The same with a height and width that are not fixed
ANY_SIZE = b64decode(
    "CAg6hQEKOQoHcGljdHVyZRIEbWFzayIKUmVkdWNlTWVhbioLCgRheGVzQAGgAQcqDwoIa2VlcGRpbXMY"
    "AaABAhIBZ1ojCgdwaWN0dXJlEhgKFggBEhIKAggBCgIIAwoDEgFoCgMSAXdiIAoEbWFzaxIYChYIARIS"
    "CgIIAQoCCAEKAxIBaAoDEgF3QgQKABAN"
)
# Add of two pictures
TWO_INPUTS = b64decode(
    "CAg6cAoRCgFhCgFiEgRtYXNrIgNBZGQSAWdaGwoBYRIWChQIARIQCgIIAQoCCAMKAggICgIICFobCgFi"
    "EhYKFAgBEhAKAggBCgIIAwoCCAgKAggIYh4KBG1hc2sSFgoUCAESEAoCCAEKAggDCgIICAoCCAhCBAoA"
    "EA0="
)
# Neg of a picture of one channel
GREY = b64decode(
    "CAg6UAoOCgFhEgRtYXNrIgNOZWcSAWdaGwoBYRIWChQIARIQCgIIAQoCCAEKAggICgIICGIeCgRtYXNr"
    "EhYKFAgBEhAKAggBCgIIAQoCCAgKAggIQgQKABAN"
)
# Cast of a uint8 picture
UINT8 = b64decode(
    "CAg6XAoaCgFhEgRtYXNrIgRDYXN0KgkKAnRvGAGgAQISAWdaGwoBYRIWChQIAhIQCgIIAQoCCAMKAggI"
    "CgIICGIeCgRtYXNrEhYKFAgBEhAKAggBCgIIAwoCCAgKAggIQgQKABAN"
)
# Neg of a table
TABLE = b64decode(
    "CAg6QAoOCgFhEgRtYXNrIgNOZWcSAWdaEwoBYRIOCgwIARIICgIIAwoCCAhiFgoEbWFzaxIOCgwIARII"
    "CgIIAwoCCAhCBAoAEA0="
)
# ReduceMean whose map has no channel: [1, 3, 8, 6] -> [1, 8, 6]
FLAT = b64decode(
    "CAgSADp9CjkKB3BpY3R1cmUSBG1hc2siClJlZHVjZU1lYW4qCwoEYXhlc0ABoAEHKg8KCGtlZXBkaW1zGA"
    "CgAQISAWdaIQoHcGljdHVyZRIWChQIARIQCgIIAQoCCAMKAggICgIIBmIaCgRtYXNrEhIKEAgBEgwKAggB"
    "CgIICAoCCAZCBAoAEA0="
)
# Neg of the picture first, then its mean: [1, 3, 8, 6] and [1, 1, 8, 6]
LATER = b64decode(
    "CAgSADq/AQoYCgdwaWN0dXJlEghuZWdhdGl2ZSIDTmVnCjkKB3BpY3R1cmUSBG1hc2siClJlZHVjZU1lYW"
    "4qCwoEYXhlc0ABoAEHKg8KCGtlZXBkaW1zGAGgAQISAWdaIQoHcGljdHVyZRIWChQIARIQCgIIAQoCCAMK"
    "AggICgIIBmIiCghuZWdhdGl2ZRIWChQIARIQCgIIAQoCCAMKAggICgIIBmIeCgRtYXNrEhYKFAgBEhAKAg"
    "gBCgIIAQoCCAgKAggGQgQKABAN"
)
# Neg of the picture, [1, 3, 8, 6]
NO_MAP = b64decode(
    "CAgSADpkChgKB3BpY3R1cmUSCG5lZ2F0aXZlIgNOZWcSAWdaIQoHcGljdHVyZRIWChQIARIQCgIIAQoCCA"
    "MKAggICgIIBmIiCghuZWdhdGl2ZRIWChQIARIQCgIIAQoCCAMKAggICgIIBkIECgAQDQ=="
)
# ReduceMean of two pictures in one tensor, [2, 3, 8, 6]
TWO_AT_ONCE = b64decode(
    "CAgSADqBAQo5CgdwaWN0dXJlEgRtYXNrIgpSZWR1Y2VNZWFuKgsKBGF4ZXNAAaABByoPCghrZWVwZGltcx"
    "gBoAECEgFnWiEKB3BpY3R1cmUSFgoUCAESEAoCCAIKAggDCgIICAoCCAZiHgoEbWFzaxIWChQIARIQCgII"
    "AgoCCAEKAggICgIIBkIECgAQDQ=="
)
# Neg of a picture of any size and number of channels
OPEN = b64decode(
    "CAgSADpkChQKB3BpY3R1cmUSBG1hc2siA05lZxIBZ1olCgdwaWN0dXJlEhoKGAgBEhQKAxIBbgoDEgFjCg"
    "MSAWgKAxIBd2IiCgRtYXNrEhoKGAgBEhQKAxIBbgoDEgFjCgMSAWgKAxIBd0IECgAQDQ=="
)
# Four times the mean, for a picture of any size: what goes into a sigmoid
LOGITS = b64decode(
    "CAgSADqyAQo7CgdwaWN0dXJlEgZtaWRkbGUiClJlZHVjZU1lYW4qCwoEYXhlc0ABoAEHKg8KCGtlZXBkaW"
    "1zGAGgAQIKGQoGbWlkZGxlCgRmb3VyEgRtYXNrIgNNdWwSAWcqDhABIgQAAIBAQgRmb3VyWiMKB3BpY3R1"
    "cmUSGAoWCAESEgoCCAEKAggDCgMSAWgKAxIBd2IgCgRtYXNrEhgKFggBEhIKAggBCgIIAQoDEgFoCgMSAX"
    "dCBAoAEA0="
)
# The mean of all first, then the mean over the channels: [1, 1, 1, 1] and [1, 1, 8, 6]
SCORE = b64decode(
    "CAg6wgEKNAoBeBIBcyIKUmVkdWNlTWVhbioPCgRheGVzQAFAAkADoAEHKg8KCGtlZXBkaW1zGAGgAQIKMAoB"
    "eBIBeSIKUmVkdWNlTWVhbioLCgRheGVzQAGgAQcqDwoIa2VlcGRpbXMYAaABAhIBZ1obCgF4EhYKFAgBEhAK"
    "AggBCgIIAwoCCAgKAggGYhsKAXMSFgoUCAESEAoCCAEKAggBCgIIAQoCCAFiGwoBeRIWChQIARIQCgIIAQoC"
    "CAEKAggICgIIBkIECgAQDQ=="
)
# The mean of all, [1, 1, 1, 1]
ONLY_SCORE = b64decode(
    "CAg6cwo0CgF4EgFzIgpSZWR1Y2VNZWFuKg8KBGF4ZXNAAUACQAOgAQcqDwoIa2VlcGRpbXMYAaABAhIBZ1ob"
    "CgF4EhYKFAgBEhAKAggBCgIIAwoCCAgKAggGYhsKAXMSFgoUCAESEAoCCAEKAggBCgIIAQoCCAFCBAoAEA0="
)
# The first pixel of the mean, for a black picture: the graph does not say how many
LATE_SCORE = b64decode(
    "CAg69gIKNQoBeBIDbWF4IglSZWR1Y2VNYXgqDwoEYXhlc0AAQAFAAqABByoPCghrZWVwZGltcxgAoAECChkK"
    "A21heBIBayIEQ2FzdCoJCgJ0bxgHoAECChYKAWsKAXoKA29uZRICazEiBVNsaWNlChEKAmsxCgNvbmUSAW4i"
    "A0FkZAowCgF4EgFtIgpSZWR1Y2VNZWFuKgsKBGF4ZXNAAaABByoPCghrZWVwZGltcxgBoAECChkKAW0KAXoK"
    "AW4KA2F4MhICbTIiBVNsaWNlChkKAm0yCgF6CgFuCgNheDMSAXkiBVNsaWNlEgFnKhEIARAHQgF6SggAAAAA"
    "AAAAACoTCAEQB0IDb25lSggBAAAAAAAAACoTCAEQB0IDYXgySggCAAAAAAAAACoTCAEQB0IDYXgzSggDAAAA"
    "AAAAAFobCgF4EhYKFAgBEhAKAggBCgIIAwoCCCAKAgggYh0KAXkSGAoWCAESEgoCCAEKAggBCgMSAWgKAxIB"
    "d0IECgAQDQ=="
)
# The mean over the channels at half the size: [1, 3, 8, 6] -> [1, 1, 4, 3]
HALF = b64decode(
    "CAg6rQEKMAoBeBIBbSIKUmVkdWNlTWVhbioLCgRheGVzQAGgAQcqDwoIa2VlcGRpbXMYAaABAgo8CgFtEgF5"
    "IgtBdmVyYWdlUG9vbCoVCgxrZXJuZWxfc2hhcGVAAkACoAEHKhAKB3N0cmlkZXNAAkACoAEHEgFnWhsKAXgS"
    "FgoUCAESEAoCCAEKAggDCgIICAoCCAZiGwoBeRIWChQIARIQCgIIAQoCCAEKAggECgIIA0IECgAQDQ=="
)
# The mean over the channels of a picture of 0 by 0 pixels
EMPTY = b64decode(
    "CAg6bwowCgF4EgF5IgpSZWR1Y2VNZWFuKgsKBGF4ZXNAAaABByoPCghrZWVwZGltcxgBoAECEgFnWhsKAXgS"
    "FgoUCAESEAoCCAEKAggDCgIIAAoCCABiGwoBeRIWChQIARIQCgIIAQoCCAEKAggACgIIAEIECgAQDQ=="
)
# and of one of 200000 by 200000
HUGE = b64decode(
    "CAg6dwowCgF4EgF5IgpSZWR1Y2VNZWFuKgsKBGF4ZXNAAaABByoPCghrZWVwZGltcxgBoAECEgFnWh8KAXgS"
    "GgoYCAESFAoCCAEKAggDCgQIwJoMCgQIwJoMYh8KAXkSGgoYCAESFAoCCAEKAggBCgQIwJoMCgQIwJoMQgQK"
    "ABAN"
)
# The mean of picture * w, with w in the file w.bin beside the model: an initializer,
EXTERNAL = b64decode(
    "CAgSADrBAQoaCgdwaWN0dXJlCgF3Egdwcm9kdWN0IgNNdWwKOQoHcHJvZHVjdBIEbWFzayIKUmVkdWNlTW"
    "VhbioLCgRheGVzQAGgAQcqDwoIa2VlcGRpbXMYAaABAhIBZyoiCAEIAwgICAYQAUIBd2oRCghsb2NhdGlv"
    "bhIFdy5iaW5wAVohCgdwaWN0dXJlEhYKFAgBEhAKAggBCgIIAwoCCAgKAggGYh4KBG1hc2sSFgoUCAESEA"
    "oCCAEKAggBCgIICAoCCAZCBAoAEA0="
)
# a constant,
EXTERNAL_CONSTANT = b64decode(
    "CAgSADrcAQo9EgF3IghDb25zdGFudCouCgV2YWx1ZSoiCAEIAwgICAYQAUIBd2oRCghsb2NhdGlvbhIFdy"
    "5iaW5wAaABBAoaCgdwaWN0dXJlCgF3Egdwcm9kdWN0IgNNdWwKOQoHcHJvZHVjdBIEbWFzayIKUmVkdWNl"
    "TWVhbioLCgRheGVzQAGgAQcqDwoIa2VlcGRpbXMYAaABAhIBZ1ohCgdwaWN0dXJlEhYKFAgBEhAKAggBCg"
    "IIAwoCCAgKAggGYh4KBG1hc2sSFgoUCAESEAoCCAEKAggBCgIICAoCCAZCBAoAEA0="
)
# and in the branches of an If
EXTERNAL_BRANCH = b64decode(
    "CAgSADqEAwr2AQoBYxIHcHJvZHVjdCICSWYqcQoLZWxzZV9icmFuY2gyXwoWCgdwaWN0dXJlCgJ3MhICbz"
    "IiA011bBICYjIqIwgBCAMICAgGEAFCAncyahEKCGxvY2F0aW9uEgV3LmJpbnABYhwKAm8yEhYKFAgBEhAK"
    "AggBCgIIAwoCCAgKAggGoAEFKnEKC3RoZW5fYnJhbmNoMl8KFgoHcGljdHVyZQoCdzESAm8xIgNNdWwSAm"
    "IxKiMIAQgDCAgIBhABQgJ3MWoRCghsb2NhdGlvbhIFdy5iaW5wAWIcCgJvMRIWChQIARIQCgIIAQoCCAMK"
    "AggICgIIBqABBQo5Cgdwcm9kdWN0EgRtYXNrIgpSZWR1Y2VNZWFuKgsKBGF4ZXNAAaABByoPCghrZWVwZG"
    "ltcxgBoAECEgFnKggQCSoBAUIBY1ohCgdwaWN0dXJlEhYKFAgBEhAKAggBCgIIAwoCCAgKAggGYh4KBG1h"
    "c2sSFgoUCAESEAoCCAEKAggBCgIICAoCCAZCBAoAEA0="
)


def model(data: bytes, size_px: tuple[int, int] | None = None) -> Model:
    """Return a graph as the model that its file would be."""
    return Model(name="tiny", recipe=PLAIN, data=data, size_px=size_px)

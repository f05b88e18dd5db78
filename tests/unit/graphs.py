"""Tiny ONNX graphs, made once with `onnx.helper` (opset 13) and kept as base64."""

from base64 import b64decode

from dropcut.jobs import Model, Recipe

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


def model(data: bytes) -> Model:
    """Return a graph as a model that was read."""
    return Model(name="tiny", recipe=PLAIN, data=data)

"""Models that fail: input float32 [1, 3, 32, 32] or any size, output a mask of it.

Made once with the package `onnx`, which the tests do not need.
"""

from base64 import b64decode

# Takes a picture of any size, but wants 320 by 320: fails in its first run
#     Reshape(x, [1, 3, 320, 320]) -> r; ReduceMean(r, axes=[1]) -> y
UNRUNNABLE = b64decode(
    "CAg6sgEKEgoBeAoBcxIBciIHUmVzaGFwZQowCgFyEgF5IgpSZWR1Y2VNZWFuKgsKBGF4ZXNAAaABByoPCghr"
    "ZWVwZGltcxgBoAECEgFnKikIBBAHQgFzSiABAAAAAAAAAAMAAAAAAAAAQAEAAAAAAABAAQAAAAAAAFodCgF4"
    "EhgKFggBEhIKAggBCgIIAwoDEgFoCgMSAXdiHQoBeRIYChYIARISCgIIAQoCCAEKAxIBdgoDEgF1QgQKABAN"
)

# Runs on nothing, and on no picture, as if its graphics card was lost meanwhile: looks
# up the largest value of the picture in a table of one
#     ReduceMax(x) -> max; Cast(max, int64) -> k; Gather([0], k) -> t;
#     ReduceMean(x, axes=[1]) -> m; Add(m, t) -> y
PICKY = b64decode(
    "CAg65gEKJAoBeBIDbWF4IglSZWR1Y2VNYXgqDwoIa2VlcGRpbXMYAKABAgoZCgNtYXgSAWsiBENhc3QqCQoC"
    "dG8YB6ABAgoTCgNvbmUKAWsSAXQiBkdhdGhlcgowCgF4EgFtIgpSZWR1Y2VNZWFuKgsKBGF4ZXNAAaABByoP"
    "CghrZWVwZGltcxgBoAECCg4KAW0KAXQSAXkiA0FkZBIBZyoPCAEQAUIDb25lSgQAAAAAWhsKAXgSFgoUCAES"
    "EAoCCAEKAggDCgIIIAoCCCBiGwoBeRIWChQIARIQCgIIAQoCCAEKAgggCgIIIEIECgAQDQ=="
)

# Takes 400 terabytes
#     ReduceMax(x) -> max; Expand(max, [10000000, 10000000]) -> t; ReduceMax(t) -> s;
#     ReduceMean(x, axes=[1]) -> m; Add(m, s) -> y
HUNGRY = b64decode(
    "CAg6gQIKJAoBeBIDbWF4IglSZWR1Y2VNYXgqDwoIa2VlcGRpbXMYAKABAgoXCgNtYXgKBXNoYXBlEgF0IgZF"
    "eHBhbmQKIgoBdBIBcyIJUmVkdWNlTWF4Kg8KCGtlZXBkaW1zGACgAQIKMAoBeBIBbSIKUmVkdWNlTWVhbioL"
    "CgRheGVzQAGgAQcqDwoIa2VlcGRpbXMYAaABAgoOCgFtCgFzEgF5IgNBZGQSAWcqHQgCEAdCBXNoYXBlShCA"
    "lpgAAAAAAICWmAAAAAAAWhsKAXgSFgoUCAESEAoCCAEKAggDCgIIIAoCCCBiGwoBeRIWChQIARIQCgIIAQoC"
    "CAEKAgggCgIIIEIECgAQDQ=="
)

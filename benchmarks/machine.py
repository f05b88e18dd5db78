"""What the numbers were measured on."""

import os
import platform
from pathlib import Path

import pyvips
from sides import Side


def describe(own: Side, peer: Side) -> str:
    """Machine and versions in one line."""
    ours = own.versions("dropcut", "onnxruntime", "numpy")
    theirs = peer.versions("rembg", "onnxruntime", "pillow")
    libvips = ".".join(str(pyvips.version(part)) for part in range(3))
    return (
        f"{_field('/proc/cpuinfo', 'model name')}, "
        f"{len(os.sched_getaffinity(0))} cores, {_memory_gib():.0f} GiB, "
        f"Linux {platform.release()}, Python {platform.python_version()}; "
        f"Dropcut {ours['dropcut']}: onnxruntime {ours['onnxruntime']}, "
        f"libvips {libvips}, numpy {ours['numpy']}; "
        f"rembg {theirs['rembg']}: onnxruntime {theirs['onnxruntime']}, "
        f"Pillow {theirs['pillow']}"
    )


def _memory_gib() -> float:
    return int(_field("/proc/meminfo", "MemTotal").split()[0]) / 2**20


def _field(path: str, name: str) -> str:
    """Take the first `name: value` of a file in /proc."""
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"

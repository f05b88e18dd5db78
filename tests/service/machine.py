"""A machine that gets its models from a mirror."""

import subprocess
from pathlib import Path

from ..mirror import Answer, Mirror
from .processes import Finished, environment, run, spawn
from .services import FOLDERS, names
from .tiny_catalogue import COMMAND, ENVIRONMENT, FILES, TINY

TINY_FILE = FILES["tiny"][0]


class Machine:
    """A user with a home, a folder for models and a mirror to get them from."""

    def __init__(self, root: Path) -> None:
        """Make the home; there is no folder for models yet."""
        self.home, self.place = root / "home", root / "models"
        self.home.mkdir()
        self.mirror = Mirror()
        self.environment = environment(
            **ENVIRONMENT,
            HOME=self.home,
            NO_PROXY="127.0.0.1",
            DROPCUT_MODEL_DIR=self.place,
            DROPCUT_ROOT=root,
        )
        for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "U2NET_HOME", "REMBG_HOME"):
            self.environment.pop(name, None)

    def offer(self, answer: Answer) -> None:
        """Let the mirror answer so for the tiny model."""
        self.mirror.offer(TINY_FILE, answer)

    def make_folders(self) -> None:
        """Make the four folders of a service."""
        for name in FOLDERS:
            (Path(self.environment["DROPCUT_ROOT"]) / name).mkdir()

    def command(self, *arguments: str) -> Finished:
        """Run `dropcut` to its end."""
        return run(*COMMAND, *arguments, env=self.environment)

    def models(self, *arguments: str) -> Finished:
        """Run `dropcut models` to its end."""
        return self.command("models", *arguments)

    def pull(self, *names: str) -> Finished:
        """Pull models from the mirror."""
        return self.models("pull", "--from", self.mirror.url, *names)

    def start_pull(self, terminal: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
        """Begin to pull the tiny model from the mirror."""
        arguments = ("models", "pull", "--from", self.mirror.url, "tiny")
        return spawn(*COMMAND, *arguments, env=self.environment, err=terminal)

    def under_way(self, count: int = 1) -> bool:
        """Whether as many pulls have got some of the model, and none has it all."""
        sizes = [path.stat().st_size for path in self.place.glob(".*.part")]
        return len(sizes) == count and all(0 < size < len(TINY) for size in sizes)

    def assert_here(self) -> None:
        """Check that the model is whole, for every user to read, and nothing else."""
        assert names(self.place) == ["tiny.onnx"]
        assert (self.place / "tiny.onnx").read_bytes() == TINY
        assert (self.place / "tiny.onnx").stat().st_mode & 0o777 == 0o644

"""The settings of a service, and its folders.

The text below a field describes it in docs/settings.md and config/dropcut.env.
"""

import os
from contextlib import suppress
from itertools import permutations
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from dropcut.core.claims import Folders
from dropcut.core.errors import ConfigurationError
from dropcut.settings.messages import variable
from dropcut.settings.mounts import Mount, mounts, shares_with
from dropcut.settings.picture import PictureSettings
from dropcut.settings.validation import from_home, hidden_name, split_list

_Path = Annotated[Path, AfterValidator(from_home)]
_Marker = Annotated[Path, AfterValidator(hidden_name)]
_List = Annotated[tuple[str, ...], BeforeValidator(split_list)]
_Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


class Settings(PictureSettings):
    """All settings; units are in the names."""

    root: _Path = Path()
    """The parent of the four folders."""
    inbox: _Path = Path("inbox")
    """Where pictures are dropped. The four folders are absolute, or relative to
    `DROPCUT_ROOT`, and must exist."""
    outbox: _Path = Path("outbox")
    """Where the results appear."""
    processed: _Path = Path("processed")
    """Where the originals of finished pictures go."""
    failed: _Path = Path("failed")
    """Where the originals of failed pictures go."""
    require_marker: _Marker | None = None
    """The name of a file, such as `.mounted`, that must be in each of the four
    folders. A folder without this file counts as an unmounted share: nothing is read
    or written there until the file appears, including when Dropcut starts. Empty: the
    folders must exist when Dropcut starts."""
    model_dir: _Path | None = None
    """Where models that are not built in are kept, and where `dropcut models pull`
    puts them. Empty: `$CACHE_DIRECTORY`, which systemd sets; otherwise
    `/var/cache/dropcut` for root, and `$XDG_CACHE_HOME/dropcut` or `~/.cache/dropcut`
    for other users. All of these and rembg's own model folders are searched as well,
    but root's search leaves out home folders: the service cannot see them."""
    model_memory_mb: int = Field(2000, ge=1, le=1_000_000)
    """Memory for all loaded models together, in MiB, if profiles use several models:
    the least recently used are unloaded; one is always kept."""
    profiles: _Path | None = None
    """The full path of a file with different settings for sub-folders of the inbox,
    such as `/etc/dropcut/profiles.toml`."""
    watcher: Literal["auto", "native", "polling"] = "auto"
    """How the inbox is watched: `auto`, `native` (by events) or `polling`. `auto`
    polls on network and FUSE file systems."""
    settle_seconds: _Seconds = 2
    """A file has settled, and is processed, when it has not changed for this many
    seconds."""
    rescan_seconds: _Seconds = 60
    """Seconds between full scans of the inbox, in addition to events."""
    poll_seconds: _Seconds = 5
    """Seconds between full scans of the inbox when it is polled."""
    recursive: bool = True
    """`true` or `false`: also process pictures in sub-folders, which are mirrored in
    outbox, processed and failed."""
    ignore: _List = ()
    """Additional names of files and folders to ignore: patterns such as
    `draft-*,*.old`, separated by commas."""
    max_megapixels: float = Field(100, gt=0, le=10_000, allow_inf_nan=False)
    """Pictures with more megapixels than this fail."""
    max_file_mb: int = Field(100, gt=0, le=100_000)
    """Files of more than this many MiB fail."""
    decode_seconds: _Seconds = 30
    """Seconds that one decoding pass may take: pictures that take longer to open, or
    whose results take longer to write, fail."""
    job_seconds: _Seconds = 300
    """Seconds that the processing of one picture may take in total, not counting the
    loading of a model: slower pictures fail."""
    max_attempts: int = Field(3, ge=1, le=100)
    """How many times the processing of one picture may start, across restarts of the
    service, before the picture fails as `gave-up`."""
    min_free_mb: int = Field(200, ge=0)
    """Work pauses while the outbox has less free space than this many MiB."""
    threads: int | None = Field(None, ge=1, le=1024)
    """Threads for the model and for decoding. Empty: the number of usable processors.
    With `1`, one picture is processed at a time instead of two."""
    providers: _List = ("cpu",)
    """onnxruntime's providers in order of preference, separated by commas: `cpu`,
    `cuda`, `openvino`, `rocm`, `tensorrt`. A missing one is an error."""
    log_format: Literal["auto", "console", "json"] = "auto"
    """`auto`, `console` or `json`. `auto`: console on a terminal, JSON
    otherwise."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """`debug`, `info`, `warning` or `error`."""

    def folders(self) -> Folders:
        """Return the four folders.

        Raises:
            ConfigurationError: A folder is missing, is not a folder, or overlaps
                another. With a marker, a missing folder is waited for.
        """
        paths: dict[str, Path] = {}
        for name in ("inbox", "outbox", "processed", "failed"):
            given = self.root / getattr(self, name)
            path = Path(os.path.abspath(given))  # noqa: PTH100  # keeps links in messages
            exists = path.exists()
            if not path.is_dir() and (exists or self.require_marker is None):
                problem = "is not a folder" if exists else "does not exist"
                raise ConfigurationError(
                    f"{path} {problem}; create it, or mount its file system",
                    setting=name,
                )
            paths[name] = path.resolve()
        mounted: list[Mount] = []
        with suppress(OSError):
            mounted = mounts()
        for (name, path), (other, above) in permutations(paths.items(), 2):
            relation = ""
            if _is_same(path, above):
                relation = "is the same folder as"
            elif any(_is_same(parent, above) for parent in path.parents):
                relation = "is inside"
            elif shares_with(above, path, mounted):
                relation = "shares folders, through a mount, with"
            if relation:
                raise ConfigurationError(
                    f"{path} {relation} {variable(other)} ({above}); "
                    "each needs a separate folder",
                    setting=name,
                )
        return Folders(**paths, marker=self.require_marker)


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths, which need not exist, name the same folder."""
    with suppress(FileNotFoundError):
        return one.samefile(other)
    return one == other

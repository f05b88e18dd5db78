"""The two programs that are compared, and how each one is called."""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PEER = "rembg[cpu,cli]==2.0.86"
MODEL = Path(__file__).parents[1] / "daemon/dropcut/models/data/u2netp.onnx"
FOREIGN = (
    *("DROPCUT_", "REMBG_", "U2NET_", "XDG_", "OMP_", "VIPS_", "NOTIFY_", "PYTHON"),
    "OPENBLAS_NUM_",
)
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}  # as the command sets it for itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A program; its commands run in a folder that holds `inbox` and `outbox`.

    Attributes:
        python: The interpreter of its environment.
        package: What it imports before it can work.
        batch: Works on what lies in the inbox, then ends.
        serve: Goes on watching the inbox.
        environment: Replaces the caller's.
        notifies: Whether it tells its service manager when it is ready.
    """

    name: str
    python: Path
    package: str
    batch: tuple[str, ...]
    serve: tuple[str, ...]
    environment: Mapping[str, str]
    notifies: bool = False

    def versions(self, *names: str) -> dict[str, str]:
        """Ask its environment which versions of these packages it holds."""
        code = (
            "import importlib.metadata as m, json, sys;"
            "print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
        )
        command = [str(self.python), "-c", code, *names]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        return dict(json.loads(answer.stdout))


def dropcut() -> Side:
    """Dropcut as it is installed beside the interpreter that runs this.

    Waiting for a file to settle is not work, so it is cut short.
    """
    return _dropcut("Dropcut")


def plain_dropcut() -> Side:
    """Dropcut without what rembg does not do: the mask and the colours as they are."""
    return _dropcut("Dropcut-plain", DROPCUT_EDGES="raw", DROPCUT_REFINE="none")


def _dropcut(name: str, **settings: str) -> Side:
    program = str(Path(sys.prefix, "bin", "dropcut"))
    return Side(
        name=name,
        python=Path(sys.executable),
        package="dropcut.service",
        batch=(program, "run", "--once"),
        serve=(program, "run"),
        environment=_environment(
            DROPCUT_SETTLE_SECONDS="0.1",
            DROPCUT_LOG_FORMAT="json",
            **ONE_THREAD,
            **settings,
        ),
        notifies=True,
    )


def rembg(home: Path) -> Side:
    """Rembg with the same model file, in an environment of its own."""
    python = _peer_python(home / "venv")
    model = home / "models" / MODEL.stem / MODEL.name
    model.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(MODEL, model)
    program = str(python.with_name("rembg"))
    return Side(
        name="rembg",
        python=python,
        package="rembg",
        batch=(program, "p", "-m", MODEL.stem, "inbox", "outbox"),
        serve=(program, "p", "-w", "-m", MODEL.stem, "inbox", "outbox"),
        environment=_environment(REMBG_HOME=str(home)),
    )


def _environment(**own: str) -> dict[str, str]:
    """Keep what the caller has set out of the comparison."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    return kept | own


def _peer_python(folder: Path) -> Path:
    """Install the peer once; the mark comes last, so half an install is redone."""
    python, mark = folder / "bin" / "python", folder / "installed"
    wanted = f"{PEER} {sys.version}"
    if not mark.exists() or mark.read_text() != wanted:
        print(f"installing {PEER} …", file=sys.stderr)
        venv.create(folder, clear=True, symlinks=True, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", PEER], check=True)
        mark.write_text(wanted)
    return python

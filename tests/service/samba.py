"""A Samba server on an address of its own, and its share as a file system."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..requiring import require
from .processes import Finished, environment, run, spawn
from .waiting import eventually

_SERVER = """
[global]
  server role = standalone server
  interfaces = {address}/8
  bind interfaces only = yes
  smb ports = 445
  disable netbios = yes
  load printers = no
  map to guest = Bad User
  guest account = root
  log file = {work}/log
  private dir = {work}
  lock directory = {work}
  state directory = {work}
  cache directory = {work}
  pid directory = {work}
  ncalrpc dir = {work}
[photos]
  path = {folder}
  guest ok = yes
  read only = no
  force user = root
"""


class Samba:
    """Shares a folder with everybody on this machine."""

    def __init__(self, folder: Path, work: Path) -> None:
        """Take the folder, and another one for what the server needs."""
        for tool in ("smbd", "smbclient", "smbnetfs"):
            require(shutil.which(tool), f"{tool} is not installed")
        require(os.geteuid() == 0, "a Samba server needs root")
        work.mkdir()
        high, low = divmod(os.getpid() % 64_000, 250)
        self.address = f"127.77.{high}.{low + 2}"
        self._work, self._config = work, work / "smb.conf"
        text = _SERVER.format(address=self.address, work=work, folder=folder)
        self._config.write_text(text, "utf-8")

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run the server."""
        options = ("--foreground", "--configfile", self._config)
        with spawn("smbd", *options) as server:
            try:
                eventually(lambda: self.do("ls").code == 0)
                yield server
            finally:
                server.terminate()

    def do(self, command: str) -> Finished:
        """Do something on the share, as other people's programs do it."""
        return run("smbclient", "-N", f"//{self.address}/photos", "-c", command)

    @contextmanager
    def mounted(self, folder: Path) -> Iterator[Path]:
        """Mount all servers on a folder; yields where this one's share is."""
        folder.mkdir(exist_ok=True)
        home = environment(HOME=self._work)
        (self._work / ".smb").mkdir(exist_ok=True)
        for name in ("smb.conf", "smbnetfs.conf", "smbnetfs.auth", "smbnetfs.host"):
            (self._work / ".smb" / name).touch(0o600)
        with spawn("smbnetfs", "-f", folder, env=home) as program:
            try:
                eventually(folder.is_mount)
                yield folder / self.address / "photos"
            finally:
                run("umount", "--lazy", folder)
                program.kill()

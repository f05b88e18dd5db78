"""The child process: it opens pictures and encodes results, and can do nothing else.

Its only connection to the outside is a socket to its parent. The child trusts the
parent's requests, but not the pictures.
"""

import json
import os
import socket
import sys
import traceback

from dropcut.pictures.sandbox import confinement
from dropcut.pictures.sandbox.messages import EXIT_OUT_OF_MEMORY, Limits, Reply
from dropcut.pictures.sandbox.protocol import FrameSocket


def main() -> None:
    """Serve requests until the parent is gone."""
    limits = Limits(**json.loads(sys.argv[1]))
    landlock = confinement.before_libraries(parent=int(sys.argv[3]))
    from dropcut.pictures.sandbox.server import Server, warmed_up  # noqa: PLC0415  # only once confined

    frames = FrameSocket(socket.socket(fileno=int(sys.argv[2])))
    decoder = warmed_up(limits)
    seccomp = confinement.before_pictures(limits)
    frames.send({"is": Reply.READY, "landlock": landlock, "seccomp": seccomp})
    try:
        Server(frames, decoder).serve()
    except MemoryError:  # there is no memory even for the picture's file
        os._exit(EXIT_OUT_OF_MEMORY)


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001  # the parent reads stderr and reports the error
        traceback.print_exc()
        os._exit(1)  # libraries' exit handlers would make forbidden system calls
    os._exit(0)

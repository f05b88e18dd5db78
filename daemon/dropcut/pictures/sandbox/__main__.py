"""The child: it opens pictures and writes results, and can do nothing else.

Its one connection to the world is a socket to its parent. What it is told is trusted;
what pictures make of it is not.
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
    """Serve until the parent is gone."""
    limits = Limits(**json.loads(sys.argv[1]))
    landlock = confinement.before_libraries(parent=int(sys.argv[3]))
    from dropcut.pictures.sandbox.server import Server, made_ready  # noqa: PLC0415  # once it is shut in

    frames = FrameSocket(socket.socket(fileno=int(sys.argv[2])))
    codec = made_ready(limits)
    confinement.before_pictures(limits)
    frames.send({"is": Reply.READY, "landlock": landlock})
    try:
        Server(frames, codec).serve()
    except MemoryError:  # for a picture's mere bytes
        os._exit(EXIT_OUT_OF_MEMORY)


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001  # whatever it is, the parent reads it
        traceback.print_exc()
        os._exit(1)  # what libraries would do at the exit is forbidden by now
    os._exit(0)

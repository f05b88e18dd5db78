"""The child process: opens pictures, writes results and can do nothing else.

Its only connection is a socket to its parent. The child trusts its requests; the parent
does not trust the replies, because a picture may have taken over the child.
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
    """Confine this process, then serve until the parent is gone."""
    limits = Limits(**json.loads(sys.argv[1]))
    landlock = confinement.before_libraries(parent=int(sys.argv[3]))
    from dropcut.pictures.sandbox.server import Server, build_decoder  # noqa: PLC0415  # after Landlock

    frames = FrameSocket(socket.socket(fileno=int(sys.argv[2])))
    codec = build_decoder(limits)
    confinement.before_pictures(limits)
    frames.send({"is": Reply.READY, "landlock": landlock})
    try:
        Server(frames, codec).serve()
    except MemoryError:  # the bytes of the file alone did not fit
        os._exit(EXIT_OUT_OF_MEMORY)


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001  # the parent reads any error from stderr
        traceback.print_exc()
        os._exit(1)  # exit handlers of libraries would need forbidden calls
    os._exit(0)

"""A web server on this machine, which behaves as well or as badly as a test wants."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

Answer = Callable[[BaseHTTPRequestHandler], None]
_LONGEST_SECONDS = 60
_PIECE_BYTES = 1 << 16


class _Server(ThreadingHTTPServer):
    """Waits for its threads when it is closed."""

    daemon_threads = False


class Mirror:
    """A web folder; each of its names answers in its own way.

    Attributes:
        answers: How each path is answered; all others are 404.
        asked: The paths that were asked for, in order.
        go: Lets the held answers go on.
    """

    def __init__(self) -> None:
        """Start to serve."""
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.go = threading.Event()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}
        )
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/models"

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            """Answers as the mirror says."""

            def do_GET(self) -> None:
                mirror.asked.append(self.path)
                mirror.answers.get(self.path, status(404))(self)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler

    def offer(self, name: str, answer: Answer) -> Self:
        """Answer for a name in the folder."""
        self.answers[f"/models/{name}"] = answer
        return self

    def held(self, data: bytes) -> Answer:
        """Answer with the first half, and with the rest when it may go on."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            half = len(data) // 2
            _head(handler, 200, len(data))
            handler.wfile.write(data[:half])
            self.go.wait(_LONGEST_SECONDS)
            handler.wfile.write(data[half:])

        return _until_hung_up(answer)

    def close(self) -> None:
        """Stop to serve."""
        self.go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def whole(data: bytes, kind: str = "application/octet-stream") -> Answer:
    """Answer with a file."""
    return cut(data, len(data), kind)


def cut(
    data: bytes, announced_bytes: int, kind: str = "application/octet-stream"
) -> Answer:
    """Answer with a file that was announced with another length, then hang up."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200, announced_bytes, kind)
        handler.wfile.write(data)

    return _until_hung_up(answer)


def dripping(data: bytes, drop_bytes: int) -> Answer:
    """Answer with a file in many small pieces, without telling its length."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200)
        for start in range(0, len(data), drop_bytes):
            handler.wfile.write(data[start : start + drop_bytes])
            handler.wfile.flush()

    return _until_hung_up(answer)


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Answer with zeros until the other side has had enough."""
    _head(handler, 200)
    try:
        while True:
            handler.wfile.write(bytes(_PIECE_BYTES))
    except OSError:
        return


def status(code: int) -> Answer:
    """Answer with nothing but a status."""
    return _until_hung_up(lambda handler: _head(handler, code, 0))


def moved(url: str) -> Answer:
    """Answer that the file is elsewhere."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def _head(
    handler: BaseHTTPRequestHandler,
    code: int,
    length: int | None = None,
    kind: str = "application/octet-stream",
) -> None:
    handler.send_response(code)
    handler.send_header("Content-Type", kind)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()


def _until_hung_up(answer: Answer) -> Answer:
    """Return an answer that ends quietly when the other side hangs up."""

    def quiet(handler: BaseHTTPRequestHandler) -> None:
        try:
            answer(handler)
        except OSError:
            return

    return quiet

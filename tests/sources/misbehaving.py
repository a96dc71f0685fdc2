"""A web server on this machine that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import http.server
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Handler = http.server.BaseHTTPRequestHandler
Answer = Callable[[Handler], None]


def reply(status: int, body: bytes = b"", /, **headers: str) -> Answer:
    """An answer that is what it says it is; `content_length` overrides the true length."""
    fields = {name.replace("_", "-").title(): value for name, value in headers.items()}

    def answer(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | fields).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang_up(handler: Handler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


class WebServer:
    """Answers each path with its answers in turn; the last one repeats."""

    def __init__(self, url: str):
        self.url = url
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.posted: list[str] = []
        self.connections = 0

    def on(self, path: str, *answers: Answer) -> str:
        self.answers[path] = list(answers)
        return self.url + path

    def next_answer(self, path: str) -> Answer:
        queue = self.answers.get(path.partition("?")[0], [reply(404, b"gone")])
        return queue.pop(0) if len(queue) > 1 else queue[0]

    def headers(self, index: int = -1) -> dict[str, str]:
        """The headers of a request, names in lower case."""
        return self.asked[index][1]

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]


@contextmanager
def serve(protocol: str = "HTTP/1.0") -> Iterator[WebServer]:
    class Told(Handler):
        protocol_version = protocol
        disable_nagle_algorithm = True  # headers and body are sent apart; the body shall not wait

        def do_GET(self) -> None:
            web.asked.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            web.next_answer(self.path)(self)

        def do_HEAD(self) -> None:
            """What the last answer would be; no answer is used up by it."""
            sent, self.wfile = self.wfile, io.BytesIO()
            (web.answers.get(self.path.partition("?")[0]) or [reply(404)])[-1](self)
            sent.write(self.wfile.getvalue().partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
            self.wfile = sent

        def do_POST(self) -> None:
            web.posted.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.do_GET()

        def setup(self) -> None:
            super().setup()
            web.connections += 1

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Told) as server:
        server.daemon_threads = True
        web = WebServer(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield web
        server.shutdown()

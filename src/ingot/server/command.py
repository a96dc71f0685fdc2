"""`ingot serve`: listens, says where, and ends cleanly.

Owns the address, what it demands, and the life of the process. Opens no browser.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from ingot.errors import IngotError, ProjectError
from ingot.terminal import Terminal

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ingot.server.served import Served

PORT = 8080
_PORTS_TRIED = 20
_GRACE_S = 3
_KEPT_ALIVE_S = 10  # longer than clients keep idle connections (httpx: 5 s): one is not closed while it is asked


def serve(
    folder: Path, target: str | None, settings: Mapping[str, str], host: str, port: int | None, terminal: Terminal
) -> int:
    """Serve a project until Ctrl-C.

    Args:
        folder: The project's folder.
        target: A target of ingot.yml.
        settings: The values of `--set`.
        host: The address to listen on.
        port: The port; if None, the first free one from 8080 on.
        terminal: Where the addresses are shown.

    Raises:
        IngotError: the project is wrong, the port is taken, or everybody could reach what nobody guards.
    """
    try:
        from ingot.server.served import Served
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "ingot":
            raise
        raise IngotError(
            f"the server needs the package {error.name}, which is not installed",
            hint='pip install "ingot[serve]"',
            code="missing-package",
        ) from None
    try:
        return _serve(Served(folder, target, settings), host, port, terminal)
    except KeyboardInterrupt:  # Ctrl-C is how it ends
        return 0


def _serve(served: Served, host: str, port: int | None, terminal: Terminal) -> int:
    from ingot.server.app import make_app

    _refuse_unguarded(served, host)
    with _listen(host, port) as listening:
        app, port = make_app(served, host), listening.getsockname()[1]
        served.access.cookie = f"ingot_session_{port}"  # browsers do not tell the ports of one host apart
        address = f"http://{_shown(host)}:{port}"
        terminal.line(f"{served.opened.project.name}: serving the lake {served.opened.project.lake}")
        terminal.line(f"  dashboards  {address}/")
        terminal.line(f"  console     {address}/console")
        terminal.line(f"  API         {address}/api/v1/openapi.json")
        terminal.line("Ctrl-C ends it")
        terminal.stream.flush()
        return _run(served, app, listening)


def _refuse_unguarded(served: Served, host: str) -> None:
    from ingot.server.security import is_loopback

    if not is_loopback(host) and served.access.is_open:
        raise ProjectError(
            f"whoever reaches {host} could read every table, and no token guards it",
            hint="make a token: ingot token NAME --role viewer, and put what it prints into ingot.yml",
            code="auth-missing",
        )


def _listen(host: str, port: int | None) -> socket.socket:
    """The socket of the port that was asked for, or of the next free one if none was."""
    last = (PORT if port is None else port) + (_PORTS_TRIED if port is None else 1)
    for candidate in range(PORT if port is None else port, last):
        try:
            family, _, _, _, address = socket.getaddrinfo(host, candidate, type=socket.SOCK_STREAM)[0]
            listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio then sends at once
        except OSError as error:
            raise _cannot_listen(host, candidate, error) from None
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            listening.listen(256)
            return listening
        except OSError as error:
            listening.close()
            if port is not None or candidate == last - 1:
                raise _cannot_listen(host, candidate, error) from None
    raise AssertionError("the last port was tried")


def _cannot_listen(host: str, port: int, error: OSError) -> ProjectError:
    return ProjectError(
        f"cannot listen on {host}:{port}: {error.strerror or error}",
        hint="name another port: ingot serve --port 8090",
        code="cannot-listen",
    )


def _shown(host: str) -> str:
    """The address as a browser takes it."""
    if host in ("0.0.0.0", "::"):
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def _run(served: Served, app: FastAPI, listening: socket.socket) -> int:
    import uvicorn

    from ingot.server.connections import BoundedHttp

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            served.live.close()  # streams of events never end by themselves
            served.updates.close()  # and a replay may take long
            super().handle_exit(sig, frame)

    server = Server(
        uvicorn.Config(
            app,
            http=BoundedHttp,
            loop="asyncio",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
            timeout_keep_alive=_KEPT_ALIVE_S,
            limit_concurrency=512,
            backlog=256,
        )
    )
    server.run(sockets=[listening])
    return 0 if server.started else 1

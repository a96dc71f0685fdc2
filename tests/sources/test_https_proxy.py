"""HTTPS through a proxy: a tunnel for each connection, a certificate that is checked, credentials for the proxy alone."""

from __future__ import annotations

import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from ingot.errors import IngotError
from ingot.sources.connections import Connections
from sources.misbehaving import WebServer, reply, serve
from sources.rest.conftest import Shop, rows

HOST = "api.invalid"


@dataclass
class Tunnel:
    """A proxy that takes the part of the host as well: what comes out of its tunnels goes to a web server."""

    port: int
    heads: list[str] = field(default_factory=list)
    refuses: bool = False


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serve("HTTP/1.1") as server:
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the host, and its key, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    path = tmp_path_factory.mktemp("tls") / "host.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    command += ["-addext", f"subjectAltName=DNS:{HOST}", "-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_text(path.read_text() + path.with_suffix(".key").read_text())
    return path


@pytest.fixture
def tunnel(web: WebServer, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunnel]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    class Proxy(socketserver.StreamRequestHandler):
        rbufsize = 0  # what follows the head belongs to TLS

        def handle(self) -> None:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += self.rfile.read(1)
            made.heads.append(head.decode())
            if made.refuses:
                self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
                return
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            try:
                with context.wrap_socket(self.request, server_side=True) as client:
                    web_port = int(web.url.rpartition(":")[2])
                    with socket.create_connection(("127.0.0.1", web_port)) as host:
                        threading.Thread(target=pass_on, args=(host, client), daemon=True).start()
                        pass_on(client, host)
            except ssl.SSLError:
                return  # the client does not trust the certificate

    def pass_on(source: socket.socket, target: socket.socket) -> None:
        try:
            while content := source.recv(65536):
                target.sendall(content)
        except OSError:
            return  # the other side is gone

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Proxy) as server:
        server.daemon_threads = True
        made = Tunnel(server.server_address[1])
        monkeypatch.setenv("https_proxy", f"http://me:p%40ss@127.0.0.1:{made.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield made
        server.shutdown()


@pytest.fixture
def shop(web: WebServer, tmp_path: Path) -> Shop:
    return Shop(web, tmp_path / "lake")


def land(shop: Shop) -> None:
    auth = {"kind": "bearer", "token": "geheim"}
    shop.land({"orders": "/orders"}, url=f"https://{HOST}", auth=auth, retries=0)


def test_a_resource_is_read_through_the_tunnel(shop: Shop, web: WebServer, tunnel: Tunnel) -> None:
    shop.on("/orders", rows(1, 3))
    land(shop)
    assert shop.ids("orders") == [1, 2, 3]
    (head,) = tunnel.heads
    assert head.startswith(f"CONNECT {HOST}:443 ")
    assert "Proxy-Authorization: Basic bWU6cEBzcw==" in head
    assert "geheim" not in head
    assert web.headers()["authorization"] == "Bearer geheim"
    assert "proxy-authorization" not in web.headers()


def test_one_tunnel_serves_request_after_request(web: WebServer, tunnel: Tunnel) -> None:
    web.on("/a", reply(200, b"one"), reply(200, b"two"))
    with Connections(10.0, 1000, Event()) as kept:
        assert [kept.ask("GET", f"https://{HOST}/a", {}).body for _ in range(2)] == [b"one", b"two"]
    assert len(tunnel.heads) == 1


def test_a_host_whose_certificate_is_not_trusted_gets_no_credentials(
    shop: Shop, web: WebServer, tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(IngotError) as caught:
        land(shop)
    assert caught.value.code == "http-certificate"
    assert web.asked == []


def test_a_proxy_that_refuses_is_an_error_without_its_password(shop: Shop, web: WebServer, tunnel: Tunnel) -> None:
    tunnel.refuses = True
    with pytest.raises(IngotError, match="407 Proxy Authentication Required") as caught:
        land(shop)
    assert "p@ss" not in str(caught.value)
    assert web.asked == []

"""An Azure Key Vault for tests: an emulator that asks for a token as the real one does, and Azure's own client for it."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

VALUE = "hunter2-and-more"


class Vault(http.server.BaseHTTPRequestHandler):
    kept: ClassVar = {"shop-api-key": VALUE}
    is_down = False

    def do_GET(self) -> None:
        if "Authorization" not in self.headers:
            self.answer(
                401,
                {},
                **{
                    "WWW-Authenticate": 'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'
                },
            )
        elif self.is_down:
            self.answer(403, {"error": {"code": "Forbidden", "message": "the caller may not read secrets"}})
        elif self.path.startswith("/secrets?"):
            items = [
                {"id": f"https://x.vault.azure.net/secrets/{name}", "attributes": {"enabled": True}}
                for name in self.kept
            ]
            self.answer(200, {"value": items, "nextLink": None})
        else:
            name = self.path.split("?")[0].strip("/").split("/")[1]
            if name in self.kept:
                self.answer(
                    200,
                    {"value": self.kept[name], "id": f"https://x.vault.azure.net/secrets/{name}/1", "attributes": {}},
                )
            else:
                self.answer(404, {"error": {"code": "SecretNotFound", "message": name}})

    def answer(self, status: int, body: dict[str, Any], **headers: str) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def vault_client() -> Iterator[Any]:
    """Azure's own client, whose requests go to the emulator: it demands TLS, so the last step takes that off."""
    secret_client = pytest.importorskip("azure.keyvault.secrets").SecretClient
    from azure.core.credentials import AccessToken
    from azure.core.pipeline.transport import RequestsTransport

    class Plain(RequestsTransport):
        def send(self, request: Any, **options: Any) -> Any:
            secure = request.url
            request.url = secure.replace("https://", "http://")
            try:
                return super().send(request, **options)
            finally:
                request.url = secure

    class Credential:
        def get_token(self, *_: Any, **__: Any) -> AccessToken:
            return AccessToken("token", 9_999_999_999)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vault)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = secret_client(
        f"https://127.0.0.1:{server.server_port}", Credential(), verify_challenge_resource=False, transport=Plain(),
        retry_total=0,
    )  # fmt: skip
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        server.server_close()

"""Nothing that an update writes or shows holds a secret: every kind of source and of `auth`, every store, in whatever
spelling."""

from __future__ import annotations

import base64
import gzip
import http.server
import json
import threading
from collections.abc import Iterator
from html import escape
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, quote, quote_plus, urlsplit

import pyarrow.parquet as pq
import pytest

from forked import ingot
from ingot.cli import main
from ingot.secrets.azure_key_vault import AzureKeyVault
from key_vault import Vault, vault_client

# By name; each is used by the source of that name. All but letters is spelled differently in URLs, JSON, XML or base64.
# `its` keeps them apart from paths of the lake, where a number made by chance follows a table's name.
VALUES = {name: f'its-{name}/7+=&?"<%41 é' if name == "database" else f'its-{name}/7+=&?"<%41 x' for name in (
    "bearer", "basic", "key-header", "key-parameter", "header", "query", "path",
    "rest-bearer", "rest-basic", "rest-key", "rest-oauth", "rest-oauth-header", "rest-next", "database", "s3-session",
    "s3-key", "azure-sas", "dlt", "spark",
)}  # fmt: skip
VALUES["azure-sas"] = "sv=1&sig=its-azure-sas%2F7%2B%3D"
ISSUED = "issued/7+=token"
PACKAGES = {"s3": "obstore", "azure": "obstore", "by_dlt": "dlt"}

PROJECT = """
name: shop
secrets: {folder: ../kept}
configuration: {shared: "${secret:header}"}
sources:
  bearer: {kind: http, url: "URL/a.csv", retries: 0, auth: {kind: bearer, token: "${secret:bearer}"}}
  basic: {kind: http, url: "URL/b.csv", retries: 0, auth: {kind: basic, user: me, password: "${secret:basic}"}}
  key_header: {kind: http, url: "URL/c.csv", retries: 0, auth: {kind: api_key, key: "${secret:key-header}", header: X-Key}}
  key_parameter: {kind: http, url: "URL/d.csv", retries: 0, auth: {kind: api_key, key: "${secret:key-parameter}", parameter: key}}
  header: {kind: http, url: "URL/e.csv", retries: 0, headers: {X-Any: "${shared}"}}
  query: {kind: http, url: "URL/f.csv", retries: 0, query: {q: "${secret:query}"}}
  path: {kind: http, url: "URL/${secret:path}/g.csv", name: g.csv, retries: 0}
  rest_bearer: {kind: rest, url: URL, retries: 0, auth: {kind: bearer, token: "${secret:rest-bearer}"}, resources: {items: {path: /items, paging: link_header}}}
  rest_basic: {kind: rest, url: URL, retries: 0, auth: {kind: basic, user: me, password: "${secret:rest-basic}"}, resources: {items: {path: /items, paging: link_header}}}
  rest_key: {kind: rest, url: URL, retries: 0, auth: {kind: api_key, key: "${secret:rest-key}", parameter: key}, resources: {items: {path: /items, paging: link_header}}}
  rest_next: {kind: rest, url: URL, retries: 0, query: {key: "${secret:rest-next}"}, resources: {items: {path: /items, paging: link_header}}}
  rest_oauth: {kind: rest, url: URL, retries: 0, auth: {kind: oauth2, token_url: "URL/token", client_id: me, client_secret: "${secret:rest-oauth}"}, resources: {items: /items}}
  rest_oauth_header: {kind: rest, url: URL, retries: 0, auth: {kind: oauth2, token_url: "URL/token", client_id: me, client_secret: "${secret:rest-oauth-header}", send_in: header}, resources: {items: /items}}
"""
OTHERS = """
  database: {kind: database, url: "postgresql://reader@127.0.0.1:9/shop", retries: 0, timeout: 2s, password: "${secret:database}", tables: ["*"]}
  s3: {kind: files, url: "s3://bucket/in/", retries: 0, storage: {endpoint: "URL", path_style: true, region: eu-1, access_key_id: id, secret_access_key: "${secret:s3-key}", session_token: "${secret:s3-session}"}}
  azure: {kind: files, url: "az://container/in/", retries: 0, storage: {endpoint: "URL", account: shop, sas_token: "${secret:azure-sas}"}}
"""
CODE = """
  by_dlt: {kind: dlt, source: "own.py:by_dlt", arguments: {token: "${secret:dlt}"}}
  by_spark: {kind: spark_data_source, source: "own.py:Own", options: {token: "${secret:spark}"}}
"""
OWN = """
import dlt
from pyspark.sql.datasource import DataSource, DataSourceReader

@dlt.resource
def by_dlt(token):
    yield {"id": 1}
    if FAILS:
        raise ValueError(f"{token} is refused")

class Own(DataSource):
    def schema(self):
        return "id INT"
    def reader(self, schema):
        return OwnReader(self.options["token"])

class OwnReader(DataSourceReader):
    def __init__(self, token):
        self.token = token
    def read(self, partition):
        if FAILS:
            raise ValueError(f"{self.token} is refused")
        yield (1,)
"""
TABLE = (
    "CREATE STREAMING TABLE bronze.{0} AS SELECT * FROM STREAM "
    "read_files('${{landing}}/{0}', format => 'csv', header => true, schema => 'id INT');\n"
)


class Web(http.server.ThreadingHTTPServer):
    """Answers, or refuses and repeats in every way what it was asked."""

    refuses = False
    seen: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Asked(http.server.BaseHTTPRequestHandler):
    server: Web

    def do_GET(self, body: str = "") -> None:
        said = f"{self.path} {dict(self.headers)} {body}"
        self.server.seen += f"{said} {base64_texts(self.headers.get('Authorization', ''))}"
        path = urlsplit(self.path).path
        if self.server.refuses and not path.startswith("/token"):
            self.answer(400, json.dumps({"error": said}).encode(), X_Asked=said, reason=said)
        elif path == "/token":
            self.answer(200, json.dumps({"access_token": ISSUED, "expires_in": 3600}).encode())
        elif path == "/items":
            page = parse_qs(urlsplit(self.path).query).get("page", ["1"])[0]
            more = self.path + ("&" if "?" in self.path else "?") + "page=2"  # with the key, as servers do
            link = {"Link": f'<{self.server.url}{more}>; rel="next"'} if page == "1" else {}
            self.answer(200, b'[{"id": 1}]' if page == "1" else b'[{"id": 2}]', **link)
        else:
            tag = f"{self.path}{quote(str(self.headers))}"
            self.answer(200, b"id\n1\n", ETag=f'"{tag}"', Last_Modified=self.headers.get("Authorization", "never"))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self.do_GET(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def answer(self, status: int, body: bytes, reason: str | None = None, **headers: str) -> None:
        self.send_response(status, reason)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[Web]:
    with Web(("127.0.0.1", 0), Asked) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def base64_texts(header: str) -> str:
    """What `Basic` says, in plain."""
    return base64.b64decode(header[6:]).decode() if header.startswith("Basic ") else ""


# --- where a secret might be, and how it might be spelled -------------------------------------------------------------


def spellings(name: str) -> set[str]:
    value = VALUES[name]
    pairs = [f"{user}:{word}" for user in ("me", "reader") for word in (value, quote(value, safe=""))]
    encoded = [base64.b64encode(text.encode()).decode().rstrip("=") for text in (value, *pairs)]
    texts = {
        value, quote(value), quote(value, safe=""), quote(value, safe="%/:?=&;#+@,!$'()*~[]"), quote_plus(value),
        json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1], escape(value),
        escape(value, quote=False), *encoded, *(text.replace("+", "-").replace("/", "_") for text in encoded),
    }  # fmt: skip
    return texts | {json.dumps(text)[1:-1] for text in texts} | {f"its-{name}/7", f"its-{name}%2F7"}


def check(text: str, where: str) -> None:
    for name in VALUES:
        for spelled in spellings(name):
            assert spelled not in text, f"the secret {name!r} stands in {where} as {spelled!r}"
    for spelled in (ISSUED, quote(ISSUED, safe=""), base64.b64encode(ISSUED.encode()).decode()):
        assert spelled not in text, f"a token stands in {where}"


def check_files(folder: Path) -> int:
    """Look into every file, also where its content is compressed; their number."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in files:
        content = path.read_bytes()
        check(content.decode("utf-8", "replace"), str(path))
        if path.suffix == ".gz":
            check(gzip.decompress(content).decode("utf-8", "replace"), f"{path}, unpacked")
        if path.suffix == ".parquet":
            check(str(pq.ParquetFile(path).read().to_pylist()), f"{path}, read")
        check(str(path), "a name")
    return len(files)


def show(folder: Path, *arguments: str) -> str:
    done = ingot(folder, *arguments)
    check(done.stdout + done.stderr, f"`ingot {' '.join(arguments)}`")
    return done.stdout + done.stderr


def show_here(folder: Path, capfd: pytest.CaptureFixture[str]) -> str:
    """What commands show that ask for no secret, and only read what an update has left."""
    for words in SHOWN:
        main(["-C", str(folder), *words])
    out, err = capfd.readouterr()
    check(out + err, "what is shown later")
    return out + err


def make_project(folder: Path, url: str, text: str, names: list[str]) -> Path:
    """A project whose secrets are in the folder of secrets and in `.env`, one in each in turn."""
    project = folder / "project"
    (project / "transformations").mkdir(parents=True)
    (folder / "kept").mkdir()
    lines = []
    for number, name in enumerate(names):
        if number % 2:
            (folder / "kept" / name).write_text(VALUES[name])
        else:
            variable = f"INGOT_SECRET_{name.upper().replace('-', '_')}"
            lines.append(f"{variable}='{VALUES[name]}'\n")
    (project / ".env").write_text("".join(lines))
    (project / "ingot.yml").write_text(text.replace("URL", url))
    tables = "".join(TABLE.format(name) for name in ("bearer", "key_parameter", "path"))
    (project / "transformations" / "a.sql").write_text(tables)
    return project


SHOWN = (
    ["dry-run", "--json"],
    ["status", "--json"],
    ["events"],
    ["query", "SELECT * FROM landing.files", "--format", "json"],
    ["lint"],
)


def test_when_everything_lands(web: Web, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    project = make_project(tmp_path, web.url, PROJECT, list(VALUES))
    assert '"COMPLETED"' in show(project, "run", "--json")
    assert "rest_oauth" in show_here(project, capfd)
    show(project, "land")  # asks with what the records say
    for name in VALUES:
        if f"${{secret:{name}}}" in PROJECT:
            assert any(spelled in web.seen for spelled in spellings(name)), name
    assert ISSUED in web.seen
    assert check_files(project / "lake") > 40


def installed(text: str) -> str:
    """The sources whose packages are there."""
    absent = {name for name, package in PACKAGES.items() if find_spec(package) is None}
    return "\n".join(line for line in text.splitlines() if line.strip().partition(":")[0] not in absent)


@pytest.mark.slow
def test_when_servers_refuse_and_repeat_what_they_were_asked(
    web: Web, tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    others = installed(OTHERS)
    project = make_project(tmp_path, web.url, PROJECT.rstrip() + others, list(VALUES))
    web.refuses = True
    shown = show(project, "run", "--json") + show(project, "land")
    for source in ("bearer", "rest_basic", "rest_oauth", "database"):
        assert f"{source}" in shown
    assert "400" in shown
    show_here(project, capfd)
    assert check_files(project / "lake") > 1
    for name in ("rest-basic", "key-parameter", *(("s3-session", "azure-sas") if "s3" in others else ())):
        assert any(spelled in web.seen for spelled in spellings(name)), name


@pytest.mark.slow
@pytest.mark.parametrize("fails", [False, True])
def test_when_code_of_the_project_is_given_secrets(web: Web, tmp_path: Path, fails: bool):
    project = make_project(tmp_path, web.url, "name: shop\nsources:" + installed(CODE), ["dlt", "spark"])
    (project / "own.py").write_text(f"FAILS = {fails}\n{OWN}")
    shown = show(project, "land") + show(project, "run", "--json") + show(project, "events")
    assert ("is refused" in shown) == fails
    assert check_files(project / "lake") > 1


def test_a_secret_is_no_name_of_a_file(web: Web, tmp_path: Path):
    text = "name: shop\nsources:\n  bearer: {kind: http, url: 'URL/a-${secret:plain}.csv', retries: 0}\n"
    project = make_project(tmp_path, web.url, text, [])
    (project / ".env").write_text("INGOT_SECRET_PLAIN=bearer/7\n".replace("/7", "-7-and-more"))
    assert "error[invalid-name]" in show(project, "land")
    assert "bearer-7-and-more" not in show(project, "run")
    assert web.seen == ""


def test_a_secret_of_a_key_vault(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    text = """
name: shop
secrets: {azure_key_vault: "https://x.vault.azure.net"}
sources:
  bearer: {kind: http, url: "URL/a.csv", retries: 0, auth: {kind: bearer, token: "${secret:bearer}"}}
"""
    project = make_project(tmp_path, web.url, text, [])
    monkeypatch.setattr(Vault, "kept", {"bearer": VALUES["bearer"]})
    with vault_client() as client:
        monkeypatch.setattr("ingot.secrets.azure_key_vault.AzureKeyVault", lambda url: AzureKeyVault(url, client))
        for web.refuses in (False, True):
            main(["-C", str(project), "land"])
            main(["-C", str(project), "run", "--json"])
    out, err = capfd.readouterr()
    assert VALUES["bearer"] in web.seen
    assert "400" in out + err
    check(out + err, "what was shown")
    assert check_files(project / "lake") > 1

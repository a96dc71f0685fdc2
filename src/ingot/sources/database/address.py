"""Where a database is: the `url` of an entry, read and checked.

Owns which schemes there are and that no password stands in a URL. Never connects.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from ingot.sources.options import Options

SQL_SERVER = "mssql"
_SCHEMES = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "sqlite": "sqlite",
    "mssql": SQL_SERVER,
    "sqlserver": SQL_SERVER,
}
_PORTS = {"postgresql": 5432, "mysql": 3306, SQL_SERVER: 1433, "sqlite": 0}
_SECRET_KEYS = {"password", "pwd", "passwd", "sslpassword", "passfile", "accesstoken"}
_EXAMPLE = "postgresql://reader@localhost:5432/shop"


@dataclass(frozen=True)
class Address:
    """A database. `path` is the database's name, or the file of SQLite; `settings` are for the driver."""

    kind: str
    host: str
    port: int
    user: str
    path: str
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """The address as records and errors show it."""
        if self.kind == "sqlite":
            return f"sqlite:{self.path}"
        return f"{self.kind}://{self.host}:{self.port}/{self.path}"


def read_address(options: Options, folder: Path) -> Address:
    """The entry's `url`; `folder` is where the path of a file begins.

    Raises:
        ProjectError: `missing-key`, `invalid-url`, `secret-in-url`.
    """
    url = options.required_text("url", _EXAMPLE).strip()
    scheme = url.partition(":")[0].lower()
    if scheme not in _SCHEMES:
        raise options.error(
            "'url' does not begin with a kind of database",
            hint="url: postgresql://…, mysql://…, mssql://… or sqlite:path/to/file.db",
            code="invalid-url",
        )
    kind = _SCHEMES[scheme]
    return _file_address(options, url, folder) if kind == "sqlite" else _server_address(options, url, kind)


def _file_address(options: Options, url: str, folder: Path) -> Address:
    path = unquote(url.partition(":")[2].partition("?")[0])
    if path.startswith("///"):  # sqlite:////absolute and sqlite:///relative, as SQLAlchemy writes them
        path = path[3:]
    elif path.startswith("//"):
        path = path[2:]
    if not path or path == ":memory:":
        raise options.error("'url' names no file", hint="url: sqlite:data/shop.db", code="invalid-url")
    return Address("sqlite", "", 0, "", str(folder / path))


def _server_address(options: Options, url: str, kind: str) -> Address:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:  # a port that is no number, a bracket that is not closed; perhaps a password with a slash
        parts, host, port = urlsplit(""), None, None
    settings = tuple(parse_qsl(parts.query, keep_blank_values=True))
    if parts.password is not None or any(key.lower().replace("_", "") in _SECRET_KEYS for key, _ in settings):
        raise options.error("'url' holds a password", hint="write it as password: ${secret:name}", code="secret-in-url")
    database = unquote(parts.path.lstrip("/"))
    if not host or not database or "/" in database:
        raise options.error(
            "'url' is not complete: it needs a host and a database", hint=f"url: {_EXAMPLE}", code="invalid-url"
        )
    return Address(kind, host, port or _PORTS[kind], unquote(parts.username or ""), database, settings)

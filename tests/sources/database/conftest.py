"""Fixtures of the database tests: servers, and a landing zone that databases land into."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingot.errors import Location
from ingot.lake.landing import Landing
from ingot.model import SourceSpec
from ingot.source import LandContext, LandProgress, LandResult, load_source
from sources.database.servers import (
    PASSWORD,
    USER,
    Server,
    mariadb,
    mariadb_programs,
    postgresql,
    postgresql_programs,
)

Sql = Callable[[str], sqlite3.Cursor]


def folder_for_a_server() -> Path:
    """A short path, for the socket, that another user can enter."""
    folder = Path(tempfile.mkdtemp(prefix="ingot-db-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    pytest.importorskip("adbc_driver_postgresql", reason="needs adbc-driver-postgresql")
    programs = postgresql_programs()
    if programs is None:
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    folder = folder_for_a_server()
    try:
        with postgresql(folder / "pg", programs) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    pytest.importorskip("pymysql", reason="needs pymysql")
    programs = mariadb_programs()
    if programs is None:
        pytest.skip("needs MariaDB: apt-get install mariadb-server")
    folder = folder_for_a_server()
    try:
        with mariadb(folder / "my", programs) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Lander:
    """Lands a database into one lake, a day after the other."""

    lake: Path
    url: str
    password: str | None = None
    waits: list[float] = field(default_factory=list)
    progress: list[LandProgress] = field(default_factory=list)
    now: datetime = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    @property
    def landing(self) -> Landing:
        return Landing(self.lake)

    def land(self, *tables: str, **options: Any) -> LandResult:
        """Land tables, or what the options say."""
        self.now += timedelta(days=1)
        context = LandContext(self.landing, self.progress.append, lambda: self.now, self.waits.append)
        entry: dict[str, Any] = {"url": self.url, **({"password": self.password} if self.password else {}), **options}
        if tables:
            entry["tables"] = list(tables)
        return load_source(SourceSpec("shop", "database", entry, Location("ingot.yml", 7))).land(context)

    def paths(self, resource: str) -> list[Path]:
        return sorted((self.lake / "_landing" / "shop" / resource).rglob("*.parquet"))

    def table(self, resource: str) -> pa.Table:
        """All rows that ever landed, in the order of the files."""
        return pa.concat_tables([pq.ParquetFile(path).read() for path in self.paths(resource)])

    def rows(self, resource: str) -> list[tuple]:
        return [tuple(row.values()) for row in self.table(resource).to_pylist()]

    def types(self, resource: str) -> dict[str, str]:
        return {field.name: str(field.type) for field in self.table(resource).schema}

    def waiting(self) -> list[str]:
        return [path.name for path in (self.lake / "_landing" / ".partial" / "shop").iterdir()]


@pytest.fixture
def lander(tmp_path: Path) -> Lander:
    """Of the SQLite file `shop.db`."""
    return Lander(tmp_path / "lake", f"sqlite:{tmp_path / 'shop.db'}")


@pytest.fixture
def sql(tmp_path: Path) -> Sql:
    """Asks the SQLite file `shop.db`."""
    connection = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    return connection.execute


@pytest.fixture
def orders(sql: Sql) -> Sql:
    sql("CREATE TABLE orders (id INTEGER PRIMARY KEY, changed DATETIME NOT NULL, amount DECIMAL(10,2))")
    sql("INSERT INTO orders VALUES (1, '2024-01-01 10:00:00', 1.5), (2, '2024-01-02 10:00:00', 2)")
    return sql


def server_lander(folder: Path, scheme: str, port: int) -> Lander:
    return Lander(folder / "lake", f"{scheme}://{quote(USER)}@127.0.0.1:{port}/shop", PASSWORD)

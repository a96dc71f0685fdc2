"""An engine whose dialect is DuckDB's own SQL, so that these tests are about the engine and nothing else."""

from __future__ import annotations

import datetime
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

import ingot.engines.duckdb
from ingot.analysis.typed import AnalyzedQuery, FunctionCall
from ingot.engine import Binding, BoundQuery, Rule, WriteTarget
from ingot.engines.duckdb.engine import Engine
from ingot.engines.duckdb.types import quote_name
from ingot.errors import Location
from ingot.model import Action, Project, Query
from ingot.types import StructType, parse_schema

NOW = datetime.datetime(2024, 5, 6, tzinfo=datetime.UTC)
HERE = Location("transformations/silver/orders.sql", 14)


def _lower(query: AnalyzedQuery, relations: Mapping[str, str], now: datetime.datetime) -> str:
    leaves = ", ".join(f"{quote_name(name)} AS ({sql})" for name, sql in relations.items())
    return f"WITH {leaves} {query.tree}" if leaves else str(query.tree)


@pytest.fixture(autouse=True)
def plain_dialect(monkeypatch: pytest.MonkeyPatch) -> None:
    dialect: Any = types.ModuleType("ingot.engines.duckdb.dialect")
    dialect.lower = _lower
    dialect.lower_condition = lambda condition, now, settings: str(condition)
    dialect.macros_used = lambda sql: []
    dialect.kernels_used = lambda sql: []
    monkeypatch.setitem(sys.modules, dialect.__name__, dialect)
    monkeypatch.setattr(ingot.engines.duckdb, "dialect", dialect, raising=False)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    lake = tmp_path / "lake"
    lake.mkdir()
    return Project("test", tmp_path, lake, threads=2)


@pytest.fixture
def engine(project: Project) -> Iterator[Engine]:
    engine = Engine(project)
    yield engine
    engine.close()


@pytest.fixture
def root(project: Project) -> Path:
    return project.lake / "silver" / "orders"


def bound(
    sql: str,
    schema: str | StructType,
    bindings: Mapping[str, Binding] | None = None,
    functions: Sequence[FunctionCall] = (),
) -> BoundQuery:
    """A query given as DuckDB's SQL, with the schema that analysis would give it."""
    tree: Any = sql
    columns = parse_schema(schema) if isinstance(schema, str) else schema
    query = AnalyzedQuery(tree, columns, {}, Query(tree, {}, {}, HERE), functions=functions)
    return BoundQuery(query, bindings or {}, NOW)


def rule(name: str, condition: Any, action: Action = Action.WARN) -> Rule:
    return Rule(name, condition, action)


def target(root: Path, schema: str | StructType, *partition_columns: str, **options: Any) -> WriteTarget:
    columns = parse_schema(schema) if isinstance(schema, str) else schema
    return WriteTarget(root, columns, tuple(partition_columns), **options)


def files_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def read_back(root: Path, files: Any, order: str = "1") -> list[tuple[Any, ...]]:
    """The rows of data files, by an own DuckDB."""
    paths = [str(root / file.path) for file in files]
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(
            f"SELECT * FROM read_parquet({paths!r}, hive_partitioning = false) ORDER BY {order}"
        ).fetchall()


Run = Callable[..., Any]

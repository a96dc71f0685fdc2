"""Ingot's side: a query through analysis, lowering and the DuckDB engine, as a flow would go; answers as plain values."""

from __future__ import annotations

import datetime
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlglot import exp

from differential.answers import Answer
from differential.tables import Table
from ingot.analysis import AnalyzedQuery, Settings
from ingot.analysis.analyzer import analyze
from ingot.engine import ArrowBinding, BoundQuery
from ingot.engines.duckdb.engine import Engine
from ingot.errors import DataError, IngotError, UnsupportedError
from ingot.model import Project, Query, Read, TableName, TableRead
from ingot.sql import parse_statement
from ingot.types import StructType

NOW = datetime.datetime(2024, 2, 29, 12, 30, 15, 123456, tzinfo=datetime.UTC)
SECONDS_MAX = 20.0


class _Catalog:
    def __init__(self, tables: dict[str, Table]):
        self._tables = tables

    def schema_of(self, read: Read) -> StructType:
        assert isinstance(read, TableRead)
        return self._tables[read.name.table].schema

    def view_of(self, read: Read) -> None:
        return None


class Ingot:
    """One engine, and the tables that queries read by name."""

    def __init__(self, folder: Path):
        self._engine = Engine(Project("differential", folder, folder / "lake", threads=1, memory_limit="1GB"))
        self._tables: dict[str, Table] = {}
        self._arrow: dict[str, pa.Table] = {}

    def close(self) -> None:
        self._engine.close()

    def use(self, tables: dict[str, Table]) -> None:
        """Let the next queries read these tables."""
        self._tables = tables
        self._arrow = {name: table.arrow() for name, table in tables.items()}

    def ask(self, sql: str, settings: Settings | None = None) -> Answer:
        """The answer to a query: rows, a refusal, or an error."""
        try:
            analyzed = self._analyzed(sql, settings)
            self._engine.check(analyzed)
        except UnsupportedError as error:
            return Answer("refused", message=error.message)
        except IngotError as error:
            return Answer("rejected", message=f"{error.code}: {error.message}")
        except Exception as error:  # a bug: the campaign reports it with the query and goes on
            return Answer("crashed", message=f"{type(error).__name__}: {error}")
        return self._evaluated(analyzed)

    def names(self, sql: str, settings: Settings | None = None) -> tuple[str, ...]:
        """The names of the columns of a query that is known to be right."""
        return tuple(self._analyzed(sql, settings).schema.names)

    def _analyzed(self, sql: str, settings: Settings | None) -> AnalyzedQuery:
        tree = parse_statement(sql)
        return analyze(Query(tree, self._reads(tree)), _Catalog(self._tables), settings or Settings())

    def _evaluated(self, analyzed: Any) -> Answer:
        bindings = {
            key: ArrowBinding(self._tables[read.name.table].schema, lambda t=self._arrow[read.name.table]: t)
            for key, read in analyzed.reads.items()
        }
        watchdog = threading.Timer(SECONDS_MAX, self._engine.interrupt)
        watchdog.start()
        try:
            found = self._engine.collect(BoundQuery(analyzed, bindings, NOW))
            try:
                rows = tuple(_plain_rows(pa.table(found.read())))
            finally:
                found.close()
        except DataError as error:
            return Answer("raised", message=error.message)
        except KeyboardInterrupt:
            return Answer("crashed", message=f"took more than {SECONDS_MAX} seconds")
        except Exception as error:  # as above
            return Answer("crashed", message=f"{type(error).__name__}: {error}")
        finally:
            watchdog.cancel()
        types = tuple(f.type.ddl for f in analyzed.schema)
        return Answer("rows", types=types, rows=rows, names=tuple(analyzed.schema.names))

    def _reads(self, tree: exp.Expr) -> dict[str, Read]:
        reads: dict[str, Read] = {}
        shadowed = {c.alias.lower() for c in tree.find_all(exp.CTE)}
        for table in list(tree.find_all(exp.Table)):
            name = table.name
            if isinstance(table.this, exp.Identifier) and name in self._tables and name not in shadowed:
                key = f"__r{len(reads)}"
                reads[key] = TableRead(TableName("main", "default", name), (name,))
                if not table.alias:
                    table.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
                table.set("this", exp.Identifier(this=key, quoted=True))
        return reads


def _plain_rows(table: pa.Table) -> list[tuple[Any, ...]]:
    """Rows in which days and microseconds are integers, as Spark holds them; every instant has such a number."""
    schema = pa.schema([(f"c{i}", _numeric(f.type)) for i, f in enumerate(table.schema)])
    table = table.rename_columns(schema.names).cast(schema)
    return list(zip(*(c.to_pylist() for c in table.columns), strict=True))


def _numeric(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_date32(kind):
        return pa.int32()
    if pa.types.is_map(kind):
        return pa.map_(_numeric(kind.key_type), _numeric(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(_numeric(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(f.name, _numeric(f.type)) for f in kind])
    return kind

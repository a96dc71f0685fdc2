"""A lake in memory for the queries of AUTO CDC: does with a batch what an update does, with the same queries."""

from __future__ import annotations

import datetime
import decimal
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from ingot import cdc, sql
from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import Settings
from ingot.engines.duckdb import dialect
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text
from ingot.model import ChangeSpec, Query, TableName, TableRead
from ingot.types import STRING, TIMESTAMP, ArrayType, DataType, Field, MapType, StructType

NOW = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Leaves:
    """The schemas of the leaves. Two of them are equal if their schemas are, as `text` spells them."""

    text: str
    schemas: Mapping[str, StructType] = field(compare=False)

    def schema_of(self, read: TableRead) -> StructType:
        return self.schemas[read.name.table]

    def view_of(self, read: object) -> None:
        return None


@functools.lru_cache(maxsize=256)
def _analyzed(text: str, leaves: Leaves) -> Any:
    """A query, analyzed once for all lakes of the same tables: that takes longer than a batch does."""
    reads = {n: TableRead(TableName("c", "s", n), (n,)) for n in leaves.schemas}
    return analyze(Query(sql.parse_statement(text), reads), leaves, Settings())


class Lake:
    """A table of changes, its tombstones and its files; `ties` of the last batch."""

    def __init__(self, source: StructType, *specs: ChangeSpec):
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
        self.source, self.specs = source, specs
        self.schemas: dict[str, StructType] = {}
        self.texts: dict[tuple[str, str], str] = {}
        self.create("source", source)
        given = [self.schema(cdc.events_text(spec)) for spec in specs]
        self.table = cdc.table_of_flows("t", list(zip(specs, given, strict=True)))
        self.given = given
        self.create("events", self.table.events_schema)
        self.create("tombstones", cdc.tombstones_schema(self.table))
        self.stored = StructType(fields=(*self.table.schema, *self.table.hidden))
        self.create("rows", StructType(fields=(*self.stored, Field(cdc.FILE, STRING))))
        self.create("changes", self.schema(cdc.changes_text(self.table)))
        self.create("matched", self.schema(cdc.matched_text(self.table)))
        self.file = 0
        self.ties = 0
        self.rewritten: set[str] = set()

    def create(self, name: str, schema: StructType) -> None:
        self.schemas[name] = schema
        columns = ", ".join(f"{quote_name(f.name)} {duckdb_type(f.type)}" for f in schema)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")

    # --- queries ------------------------------------------------------------------------------------------------

    def analyzed(self, text: str) -> Any:
        read = {name: schema for name, schema in self.schemas.items() if name in text}
        return _analyzed(text, Leaves(repr(read), read))

    def schema(self, text: str) -> StructType:
        return self.analyzed(text).schema

    def lowered(self, text: str, **leaves: str) -> str:
        """The query in DuckDB's SQL; `leaves` says what stands for some of its tables."""
        key = (text, repr(leaves))
        if key not in self.texts:
            analyzed = self.analyzed(text)
            given = {n: leaves.get(n, f"SELECT * FROM {n}") for n in analyzed.reads}
            translated = dialect.lower(analyzed, given, NOW)
            for macro in dialect.macros_used(translated):
                self.connection.execute(macro)
            self.texts[key] = translated
        return self.texts[key]

    def rows(self, text: str, **leaves: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(self.lowered(text, **leaves)).fetchall()  # `sql` would bind it twice

    def fill(self, name: str, text: str) -> None:
        self.connection.execute(f"DELETE FROM {name}")
        self.connection.execute(f"INSERT INTO {name} {self.lowered(text)}")

    # --- batches ------------------------------------------------------------------------------------------------

    def apply(self, batch: list[tuple[Any, ...]], flow: int = 0) -> None:
        """Apply the rows of one batch of a flow."""
        self.connection.execute("DELETE FROM source")
        if batch:
            rows = ", ".join(
                f"({', '.join(literal(v, f.type) for v, f in zip(row, self.source, strict=True))})" for row in batch
            )
            self.connection.execute(f"INSERT INTO source VALUES {rows}")
        self._stage(flow)
        self.connection.execute(f"INSERT INTO tombstones {self.lowered(cdc.tombstones_text(self.table))}")
        self.fill("changes", cdc.changes_text(self.table))
        self.fill("matched", cdc.matched_text(self.table))
        fates: dict[str, set[int]] = {}
        for file, fate in self.connection.execute(f"SELECT DISTINCT {cdc.FILE}, {cdc.FATE} FROM matched").fetchall():
            fates.setdefault(file, set()).add(fate)
        self.rewritten = {file for file, found in fates.items() if found != {cdc.STAYS}}
        replaced = {file for file in self.rewritten if fates[file] <= {cdc.STAYS, cdc.LEAVES}}
        self._files("replaced", replaced)
        self._files("merged", self.rewritten - replaced)
        self._files("alike", {file for file, found in fates.items() if cdc.ALIKE in found})
        met = "SELECT * FROM matched" if self.table.scd_type == 2 else _of("rows", "alike")
        self.ties = self.rows(cdc.ties_text(self.table), rows=met)[0][0]
        self._rewrite()

    def _stage(self, flow: int) -> None:
        self.connection.execute("DELETE FROM events")
        text = cdc.events_text(self.specs[flow])
        if self.given[flow] == self.table.events_schema:
            self.connection.execute(f"INSERT INTO events {self.lowered(text)}")
            return
        schema, self.schemas["events"] = self.schemas["events"], self.given[flow]
        padded = self.lowered(cdc.padded_text(self.table, self.given[flow]))
        self.schemas["events"] = schema
        rows = self.lowered(text)
        self.connection.execute(f"CREATE OR REPLACE TABLE staged AS {rows}")
        self.connection.execute(f"INSERT INTO events {padded.replace('SELECT * FROM events', 'SELECT * FROM staged')}")

    def _files(self, name: str, files: set[str]) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} (f VARCHAR)")
        if files:
            self.connection.execute(f"INSERT INTO {name} VALUES {', '.join(f'({quote_text(f)})' for f in files)}")

    def _rewrite(self) -> None:
        columns = ", ".join(quote_name(f.name) for f in self.stored)
        written = {
            "m": self.lowered(cdc.merged_text(self.table), rows=_of("rows", "merged")),
            "i": self.lowered(cdc.inserted_text(self.table), rows="SELECT * FROM matched"),
        }
        if self.connection.execute("FROM replaced").fetchall():
            leaving = f"{_of('matched', 'replaced')} AND {cdc.FATE} = {cdc.LEAVES}"
            text = cdc.replaced_text(self.table)
            written["r"] = self.lowered(text, rows=_of("rows", "replaced"), matched=leaving)
        self.file += 1
        after = (f"SELECT {columns}, '{name}{self.file}' AS {cdc.FILE} FROM ({q})" for name, q in written.items())
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE after AS {' UNION ALL '.join(after)}")
        self.connection.execute(
            f"DELETE FROM rows WHERE {cdc.FILE} IN (SELECT f FROM replaced UNION ALL SELECT f FROM merged)"
        )
        self.connection.execute("INSERT INTO rows SELECT * FROM after")

    def empty(self) -> None:
        """Begin anew; what is analyzed stays."""
        for name in ("tombstones", "rows"):
            self.connection.execute(f"DELETE FROM {name}")

    def state(self) -> list[tuple[Any, ...]]:
        """The rows that the table's readers see, instants in UTC and without a zone."""
        columns = ", ".join(
            f"CAST({quote_name(f.name)} AS TIMESTAMP)" if f.type == TIMESTAMP else quote_name(f.name)
            for f in self.table.schema
        )
        return self.connection.execute(f"SELECT {columns} FROM rows").fetchall()


def _of(name: str, files: str) -> str:
    return f"SELECT * FROM {name} WHERE {cdc.FILE} IN (SELECT f FROM {files})"


def literal(value: Any, data_type: DataType) -> str:
    """A value as DuckDB writes it."""
    if value is None:
        return "NULL"
    match data_type:
        case StructType():
            fields = (f"{quote_name(f.name)} := {literal(value[f.name], f.type)}" for f in data_type)
            text = f"struct_pack({', '.join(fields)})"
        case ArrayType():
            text = f"[{', '.join(literal(v, data_type.element) for v in value)}]"
        case MapType():
            keys = ", ".join(literal(k, data_type.key) for k in value)
            items = ", ".join(literal(v, data_type.value) for v in value.values())
            text = f"MAP([{keys}], [{items}])"
        case _ if isinstance(value, bytes):
            text = f"from_hex('{value.hex()}')"
        case _ if isinstance(value, str | float | datetime.date | decimal.Decimal):
            text = quote_text(str(value))
        case _:
            text = str(value)
    return f"CAST({text} AS {duckdb_type(data_type)})"

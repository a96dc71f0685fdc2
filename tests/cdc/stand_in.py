"""A lake in memory for the queries of AUTO CDC: does with a batch what an update does, with the same queries."""

from __future__ import annotations

import datetime
import decimal
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


class Leaves:
    """The schemas of the leaves."""

    def __init__(self, schemas: dict[str, StructType]):
        self.schemas = schemas

    def schema_of(self, read: TableRead) -> StructType:
        return self.schemas[read.name.table]

    def view_of(self, read: object) -> None:
        return None


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
        self.file = 0
        self.ties = 0
        self.rewritten: set[str] = set()

    def create(self, name: str, schema: StructType) -> None:
        self.schemas[name] = schema
        columns = ", ".join(f"{quote_name(f.name)} {duckdb_type(f.type)}" for f in schema)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")

    # --- queries ------------------------------------------------------------------------------------------------

    def analyzed(self, text: str) -> Any:
        reads = {n: TableRead(TableName("c", "s", n), (n,)) for n in self.schemas}
        return analyze(Query(sql.parse_statement(text), reads), Leaves(self.schemas), Settings())

    def schema(self, text: str) -> StructType:
        return self.analyzed(text).schema

    def lowered(self, text: str, files: str = "") -> str:
        """The query in DuckDB's SQL; `files` names a table with the files that `rows` stands for."""
        if (text, files) not in self.texts:
            analyzed = self.analyzed(text)
            leaves = {n: f"SELECT * FROM {n}" for n in analyzed.reads}
            if files:
                leaves["rows"] = f"SELECT * FROM rows WHERE {cdc.FILE} IN (SELECT f FROM {files})"
            translated = dialect.lower(analyzed, {n: leaves[n] for n in analyzed.reads}, NOW)
            for macro in dialect.macros_used(translated):
                self.connection.execute(macro)
            self.texts[text, files] = translated
        return self.texts[text, files]

    def rows(self, text: str, files: str = "") -> list[tuple[Any, ...]]:
        return self.connection.sql(self.lowered(text, files)).fetchall()

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
        found = self.rows(cdc.matches_text(self.table))
        self._files("found", [file for file, _, _ in found])
        self._files("changed", [file for file, is_changed, _ in found if is_changed])
        self._files(
            "same", [file for file, _, same in found if same] if self.table.scd_type == 1 else [f[0] for f in found]
        )
        self.ties = self.rows(cdc.ties_text(self.table), "same")[0][0]
        self.rewritten = {file for file, is_changed, _ in found if is_changed}
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

    def _files(self, name: str, files: list[str]) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} (f VARCHAR)")
        if files:
            self.connection.execute(f"INSERT INTO {name} VALUES {', '.join(f'({quote_text(f)})' for f in files)}")

    def _rewrite(self) -> None:
        columns = ", ".join(quote_name(f.name) for f in self.stored)
        merged = self.lowered(cdc.merged_text(self.table), "changed")
        inserted = self.lowered(cdc.inserted_text(self.table), "found")
        self.file += 1
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE after AS SELECT {columns}, 'm{self.file}' AS {cdc.FILE} FROM ({merged}) "
            f"UNION ALL SELECT {columns}, 'i{self.file}' FROM ({inserted})"
        )
        self.connection.execute(f"DELETE FROM rows WHERE {cdc.FILE} IN (SELECT f FROM changed)")
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
        return self.connection.sql(f"SELECT {columns} FROM rows").fetchall()


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

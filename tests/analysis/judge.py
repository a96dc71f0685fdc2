"""The tables that the recorded queries read, and how a query is put before the analyzer and before Spark."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlglot import exp

from ingot.analysis import AnalyzedQuery, Settings
from ingot.analysis.analyzer import analyze
from ingot.errors import IngotError, Location
from ingot.model import Query, Read, TableName, TableRead
from ingot.sql import parse_statement
from ingot.types import StructType, from_json, parse_schema
from spark_sessions import spark_session

CASES = Path(__file__).parent / "cases.json"
MATRICES = Path(__file__).parent / "matrices.json"
TABLES = {
    "orders": "order_id bigint not null, customer_id int, amount decimal(10,2), price double, qty int, status string,"
    " order_date date, created_at timestamp, tags array<string>, address struct<city: string, zip: int>,"
    " items array<struct<sku: string, qty: int>>, attrs map<string, string>, flag boolean, raw binary,"
    " local_time timestamp_ntz, Note string",
    "customers": "customer_id int not null, name string, country string, Since date",
    "events": "id bigint, payload string, kind string, at timestamp",
}


class Tables:
    """A catalog of tables with fixed columns, and of temporary views."""

    def __init__(self, tables: dict[str, str], views: dict[str, Query] | None = None):
        self.schemas = {name: parse_schema(ddl) for name, ddl in tables.items()}
        self.views = views or {}

    def schema_of(self, read: Read) -> StructType:
        if isinstance(read, TableRead):
            return self.schemas[read.name.table]
        schema = read.schema
        assert schema is not None
        return schema

    def view_of(self, read: Read) -> Query | None:
        return self.views.get(read.name.table) if isinstance(read, TableRead) else None


def query(sql: str, names: Any = tuple(TABLES), streams: tuple[str, ...] = ()) -> Query:
    """The query of a SQL text: tables become leaves, `STREAM t` and the tables in `streams` streaming ones."""
    tree = parse_statement(sql, Location("query.sql", 1))
    reads: dict[str, Read] = {}
    shadowed = {c.alias.lower() for c in tree.find_all(exp.CTE)}
    for table in list(tree.find_all(exp.Table)):
        if isinstance(table.this, exp.Identifier) and table.name in names and table.name.lower() not in shadowed:
            key = f"__r{len(reads)}"
            name = TableName("main", table.db or "default", table.name)
            reads[key] = TableRead(name, tuple(p.name for p in table.parts), is_streaming=table.name in streams)
            table.set("this", exp.Identifier(this=key, quoted=True))
            table.set("db", None)
    return Query(tree, reads, location=Location("query.sql", 1))


def analyzed(sql: str, ansi: bool = True, streams: tuple[str, ...] = ()) -> AnalyzedQuery:
    return analyze(query(sql, streams=streams), Tables(TABLES), Settings(ansi=ansi))


def answer(sql: str, ansi: bool = True) -> dict[str, Any]:
    """What the analyzer says, in the form in which Spark's answers are recorded."""
    try:
        result = analyzed(sql, ansi)
    except IngotError as error:
        return {"error": error.code}
    return {"columns": [[f.name, f.type.ddl, f.nullable] for f in result.schema]}


@contextmanager
def spark_with_tables() -> Iterator[Any]:
    """Spark, with the tables that the queries read, all empty."""
    with spark_session() as spark:
        for name, ddl in TABLES.items():
            spark.createDataFrame([], ddl).createOrReplaceTempView(name)
        yield spark


def spark_answer(spark: Any, sql: str, ansi: bool = True) -> dict[str, Any]:
    """What Spark says: names, types and nullability of the columns, or the class of its error."""
    from pyspark.errors import PySparkException

    spark.conf.set("spark.sql.ansi.enabled", str(ansi).lower())
    try:
        fields = json.loads(spark.sql(sql).schema.json())["fields"]
    except PySparkException as error:
        return {"error": error.getCondition() or type(error).__name__}
    return {"columns": [[f["name"], from_json(f["type"]).ddl, f["nullable"]] for f in fields]}

"""The facade, analysis and DuckDB together give what Spark gave for the same DataFrame code; no JVM is needed."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path

import pytest

from facade.answers import answer
from facade.every import SNIPPETS
from ingot.analysis import Settings
from ingot.analysis.analyzer import analyze
from ingot.definitions.loading import Answers, answering
from ingot.definitions.spark.calling import argument
from ingot.definitions.spark.values import values_read
from ingot.engine import ArrowBinding, BoundQuery
from ingot.engines.duckdb import Engine
from ingot.model import TableRead, ValuesRead

ANSWERS = Path(__file__).with_name("answers.json")
EXPECTED = json.loads(ANSWERS.read_text("utf-8"))


def _at(text):
    return datetime.datetime.fromisoformat(text)


def _on(text):
    return datetime.date.fromisoformat(text)


TABLES = {
    "orders": values_read(
        [
            (1, 1, Decimal("10.50"), 1, _on("2024-01-31"), _at("2024-01-31 10:20:30"), "x y", (1, "p"), "a"),
            (2, 1, Decimal("20.25"), 3, _on("2024-02-29"), _at("2024-02-29"), "z", (2, "q"), "b"),
            (3, 2, Decimal("0.10"), 2, _on("2023-12-31"), _at("2023-12-31 23:59:59"), "", (3, None), None),
            (4, 4, Decimal("99.99"), 5, _on("2024-02-01"), _at("2024-02-01 12:00"), None, None, "a"),
        ],
        "id BIGINT, customer INT, amount DECIMAL(10,2), qty INT, day DATE, at TIMESTAMP, words STRING, "
        "info STRUCT<a: INT, b: STRING>, note STRING",
        None,
    ),
    "customers": values_read(
        [(1, "anna", " graz ", 2), (2, "bert", None, 3), (3, "carla", "linz", None)],
        "id INT, name STRING, city STRING, boss INT",
        None,
    ),
    "wide": values_read([(1, 10, 20), (2, 30, None)], "id INT, Q1 INT, Q2 INT", None),
}


class Tables:
    """A catalog of the three tables; `orders` is a view that makes the arrays."""

    def __init__(self, spark):
        words = "CASE WHEN words = '' THEN array() ELSE split(words, ' ') END AS tags"
        self.orders = spark.frame_of(TABLES["orders"]).selectExpr(
            "id", "customer", "amount", "qty", "day", "at", words, "info", "note"
        )

    def schema_of(self, read):
        return read.schema if isinstance(read, ValuesRead) else TABLES[read.name.table].schema

    def view_of(self, read):
        is_orders = isinstance(read, TableRead) and read.name.table == "orders"
        return self.orders.to_query() if is_orders else None


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    from ingot.model import Project

    root = tmp_path_factory.mktemp("facade")
    engine = Engine(Project("test", root, root / "lake", threads=1))
    yield engine
    engine.close()


@pytest.mark.parametrize("name", sorted(SNIPPETS))
def test_a_dataframe_gives_what_spark_gives(name, s, load, engine):
    def run(query):
        analyzed = analyze(query, Tables(s.spark), Settings())
        bindings = {leaf: _binding(read) for leaf, read in analyzed.reads.items()}
        rows = engine.collect(BoundQuery(analyzed, bindings, datetime.datetime(2024, 5, 6, tzinfo=datetime.UTC)))
        return analyzed, rows.read()

    with load.active(), answering(Answers(Tables(s.spark), Settings(), lambda query: run(query)[1])):
        query = SNIPPETS[name](s).to_query()
    analyzed, table = run(query)
    found = answer([(f.name, f.type.ddl) for f in analyzed.schema], rows_of(analyzed.schema, table))
    assert found == EXPECTED[name]


def rows_of(schema, table):
    """The rows as Python sees them."""
    columns = []
    for at, field in enumerate(schema):
        convert = argument(field.type) or (lambda value: value)
        columns.append([convert(cell) for chunk in table.column(at).chunks for cell in chunk.to_pylist()])
    return list(zip(*columns, strict=True))


def _binding(read):
    values = read if isinstance(read, ValuesRead) else TABLES[read.name.table]
    return ArrowBinding(values.schema, values.load)

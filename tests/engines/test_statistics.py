"""Statistics in Delta's log: true bounds, of the right JSON types."""

from __future__ import annotations

import datetime
import decimal
import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engines.conftest import bound, target
from ingot.engine import ArrowBinding
from ingot.engines.duckdb.engine import Engine
from ingot.engines.duckdb.statistics import delta_statistics
from ingot.types import parse_schema


def statistics_of(engine: Engine, root: Path, sql: str, schema: str, bindings: Any = None) -> dict[str, Any]:
    result = engine.write(bound(sql, schema, bindings), target(root, schema))
    assert len(result.files) == 1
    return json.loads(result.files[0].statistics or "", parse_float=decimal.Decimal)


def column(values: list[Any], data_type: pa.DataType) -> ArrowBinding:
    names = {pa.int64(): "bigint", pa.float64(): "double", pa.string(): "string", pa.date32(): "date"}
    names |= {pa.float32(): "float", pa.bool_(): "boolean", pa.decimal128(20, 5): "decimal(20,5)"}
    names |= {pa.timestamp("us", "UTC"): "timestamp", pa.timestamp("us"): "timestamp_ntz"}
    return ArrowBinding(
        parse_schema(f"v {names[data_type]}"), lambda: pa.table({"v": pa.array(values, type=data_type)})
    )


VALUES: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.float64(), st.floats()),
    (pa.float32(), st.floats(width=32)),
    (pa.string(), st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80)),
    (pa.string(), st.text(alphabet='ab\U0010ffff\x7f\n"\\é', max_size=300)),
    (pa.date32(), st.dates()),
    (pa.bool_(), st.booleans()),
    (pa.decimal128(20, 5), st.decimals(min_value=-(10**14), max_value=10**14, places=5)),
    (pa.timestamp("us", "UTC"), st.datetimes(timezones=st.just(datetime.UTC))),
    (pa.timestamp("us"), st.datetimes()),
]


@pytest.mark.parametrize("data_type,strategy", VALUES, ids=[f"{i}-{t}" for i, (t, _) in enumerate(VALUES)])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_bounds_hold_every_value_and_are_tight_where_they_can_be(
    engine: Engine, root: Path, data_type: pa.DataType, strategy: st.SearchStrategy[Any], data: st.DataObject
):
    values = data.draw(st.lists(st.none() | strategy, min_size=1, max_size=12))
    binding = column(values, data_type)
    found = statistics_of(engine, root, "SELECT v FROM t", binding.schema.ddl, {"t": binding})
    known = [value for value in values if value is not None]
    assert found["numRecords"] == len(values)
    assert found["nullCount"] == {"v": len(values) - len(known)}
    low, high = found["minValues"].get("v"), found["maxValues"].get("v")
    if not known:
        assert low is None and high is None
        return
    if any(isinstance(value, float) and math.isnan(value) for value in known):
        assert low is None and high is None
        return
    check_bounds(known, low, high)


def check_bounds(known: list[Any], low: Any, high: Any) -> None:
    smallest, greatest = min(known), max(known)
    if isinstance(smallest, str):
        assert low is not None and low == smallest[:32]
        if high is not None:
            assert high >= greatest
            assert len(greatest) > 32 or high == greatest
        else:
            assert greatest[32] == "\U0010ffff" or len(greatest.encode()) > 256
    elif isinstance(smallest, float):
        assert (low is None) == math.isinf(smallest) and (high is None) == math.isinf(greatest)
        assert low is None or float(low) == smallest
        assert high is None or float(high) == greatest
    elif isinstance(smallest, datetime.datetime):
        assert moment(low) == smallest and moment(high) == greatest
        assert low.endswith("Z") == (smallest.tzinfo is not None)
    elif isinstance(smallest, datetime.date):
        assert (low, high) == (smallest.isoformat(), greatest.isoformat())
    else:
        assert (low, high) == (smallest, greatest)
        assert isinstance(low, bool) == isinstance(smallest, bool)


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def test_zeros_and_nan_and_infinities(engine: Engine, root: Path):
    sql = "SELECT 0.0::double AS zero, 'nan'::double AS nan, unnest(['-inf'::double, 1]) AS low"
    found = statistics_of(engine, root, sql, "zero double, nan double, low double")
    text = json.dumps({k: str(v) for k, v in found["minValues"].items()})
    assert text == '{"zero": "-0.0"}'
    assert {k: str(v) for k, v in found["maxValues"].items()} == {"zero": "0.0", "low": "1.0"}


def test_dates_that_json_readers_misread_have_no_bound(engine: Engine, root: Path):
    sql = "SELECT unnest([date '0045-01-01 (BC)', date '2024-01-01']) AS d"
    found = statistics_of(engine, root, sql, "d date")
    assert (found["minValues"], found["maxValues"]) == ({}, {"d": "2024-01-01"})


def test_nested_columns_have_nested_statistics(engine: Engine, root: Path):
    sql = """SELECT {'a b': range, 'in': {'q"': CASE WHEN range > 1 THEN 'x' END}} AS s, [1, NULL] AS l, map {'k': 1} AS m,
             CASE WHEN range = 0 THEN {'z': 1} END AS n FROM range(3)"""
    schema = 's struct<`a b`: bigint, `in`: struct<`q"`: string>>, l array<int>, m map<string, int>, n struct<z: int>'
    found = statistics_of(engine, root, sql, schema)
    assert found["minValues"] == {"s": {"a b": 0, "in": {'q"': "x"}}, "n": {"z": 1}}
    assert found["nullCount"] == {"s": {"a b": 0, "in": {'q"': 2}}, "l": 0, "m": 0, "n": {"z": 2}}


def test_only_the_first_32_leaf_columns_have_statistics(engine: Engine, root: Path):
    schema = "s struct<a: int, b: int>, " + ", ".join(f"c{i} int" for i in range(40))
    sql = "SELECT {'a': 1, 'b': 2} AS s, " + ", ".join(f"{i} AS c{i}" for i in range(40))
    found = statistics_of(engine, root, sql, schema)
    assert list(found["nullCount"]) == ["s", *(f"c{i}" for i in range(30))]


def test_a_decimal_keeps_every_digit():
    columns = {'"d"': {"min": "-.5", "max": "12345678901234567890123456789.012345678", "null_count": "0"}}
    text = delta_statistics(1, columns, parse_schema("d decimal(38,9)"))
    assert '"minValues":{"d":-0.5}' in text
    assert '"maxValues":{"d":12345678901234567890123456789.012345678}' in text

"""Tables that whole updates wrote are read equal by delta-rs, Polars and DuckDB, and skipped through by statistics."""

from __future__ import annotations

import datetime
import json
import math
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, QueryBuilder
from deltalake.exceptions import DeltaProtocolError

from interop.written import ALL_TYPES_SPARK, FULL, TABLES, Rows

MAPPED = "silver/mapped"
MAPS = ("dict",)
ROWS = TABLES["gold/all_types"].rows


def delta_rs(table: Path, query: str = "SELECT * FROM t") -> Rows:
    return pa.table(QueryBuilder().register("t", DeltaTable(table)).execute(query)).to_pylist()


def polars(table: Path, where: pl.Expr | None = None) -> Rows:
    frame = pl.scan_delta(str(table))
    return (frame if where is None else frame.filter(where)).collect().to_dicts()


def duckdb_on_files(table: Path) -> Rows:
    files = DeltaTable(table).file_uris()
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.sql("SELECT * FROM read_parquet(?, hive_partitioning = false)", params=[files])
        return rows.to_arrow_table().to_pylist()


def plain(value: Any) -> Any:
    """A value as every reader can be compared: maps as dictionaries, NaN as text, instants in UTC."""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, datetime.datetime) and value.tzinfo is not None:
        return value.astimezone(datetime.UTC)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def normal(rows: Rows) -> Rows:
    found = [{name: plain(_map(value) if name in MAPS else value) for name, value in row.items()} for row in rows]
    return sorted(found, key=lambda row: str(next(iter(row.values()))))


def _map(entries: Any) -> Any:
    """Arrow gives a map as pairs, Polars as structs of key and value."""
    if not isinstance(entries, list):
        return entries
    return dict(tuple(entry.values()) if isinstance(entry, dict) else entry for entry in entries)


# --- rows ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLES)
def test_delta_rs_reads_what_was_written(lake: Path, name: str) -> None:
    assert normal(delta_rs(lake / name)) == normal(TABLES[name].rows)


@pytest.mark.parametrize("name", [name for name in TABLES if name != MAPPED])
def test_polars_reads_what_was_written(lake: Path, name: str) -> None:
    assert normal(polars(lake / name)) == normal(TABLES[name].rows)


@pytest.mark.parametrize("name", [name for name in TABLES if name != MAPPED])
def test_duckdb_reads_the_files_as_they_are(lake: Path, name: str) -> None:
    """Partition columns are in the log, and only there."""
    expected = [{c: v for c, v in row.items() if c not in TABLES[name].partitions} for row in TABLES[name].rows]
    found = normal(duckdb_on_files(lake / name))
    assert sorted(found, key=str) == sorted(normal(expected), key=str)


def test_polars_refuses_mapped_columns_rather_than_reading_nulls(lake: Path) -> None:
    """A limit of Polars; should it go, this table belongs with the others."""
    with pytest.raises(DeltaProtocolError, match=r"column ?[mM]apping"):
        polars(lake / MAPPED)


def test_older_versions_stay_readable_by_others(lake: Path) -> None:
    assert pl.read_delta(str(lake / "gold/totals"), version=0).to_dicts() == [{"readings": 101}]
    assert pl.read_delta(str(lake / "gold/totals"), version=1).to_dicts() == [{"readings": 102}]
    assert len(pl.read_delta(str(lake / "bronze/restored"), version=3)) == 4


def test_the_quarantine_is_a_table_like_any_other(lake: Path) -> None:
    found = normal(delta_rs(lake / "bronze/checked__quarantine"))
    assert [row["id"] for row in found] == [1, 3, 5]
    assert {tuple(row["_broken_rules"]) for row in found} == {("even",)}


def test_the_log_checkpoint_alone_holds_the_older_history(lake: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(lake / "bronze/readings", tmp_path / "readings")
    for version in range(100):
        (copy / "_delta_log" / f"{version:020}.json").unlink()
    assert normal(delta_rs(copy)) == normal(polars(copy)) == normal(TABLES["bronze/readings"].rows)


# --- what the log says --------------------------------------------------------------------------------------


def test_types_are_those_that_were_declared(lake: Path) -> None:
    found = json.loads(DeltaTable(lake / "gold/all_types").schema().to_json())["fields"]
    assert {field["name"]: _ddl(field["type"]) for field in found} == ALL_TYPES_SPARK


def _ddl(kind: Any) -> str:
    """Spark's name of a type of the log."""
    if isinstance(kind, str):
        return {"long": "bigint", "integer": "int", "short": "smallint", "byte": "tinyint"}.get(kind, kind)
    match kind["type"]:
        case "array":
            return f"array<{_ddl(kind['elementType'])}>"
        case "map":
            return f"map<{_ddl(kind['keyType'])},{_ddl(kind['valueType'])}>"
    fields = [f"{field['name']}:{_ddl(field['type'])}" for field in kind["fields"]]
    return f"struct<{','.join(fields)}>"


def test_nullability_and_comments_are_those_that_were_declared(lake: Path) -> None:
    fields = {field.name: field for field in DeltaTable(lake / "gold/all_types").schema().fields}
    assert [name for name, field in fields.items() if not field.nullable] == ["id"]
    comments = {name: field.metadata["comment"] for name, field in fields.items() if "comment" in field.metadata}
    assert comments == {"id": "the key", "größe": "in m"}


@pytest.mark.parametrize("name", TABLES)
def test_comments_of_tables_and_partition_columns_arrive(lake: Path, name: str) -> None:
    metadata = DeltaTable(lake / name).metadata()
    assert (metadata.description, tuple(metadata.partition_columns)) == (TABLES[name].comment, TABLES[name].partitions)


def test_properties_arrive(lake: Path) -> None:
    configuration = DeltaTable(lake / "gold/all_types").metadata().configuration
    assert configuration.items() >= {"quality": "gold", "ingot.unique_key": "id"}.items()
    assert DeltaTable(lake / "bronze/readings").metadata().configuration["quality"] == "bronze"


# --- statistics ---------------------------------------------------------------------------------------------


def statistics(table: Path) -> list[dict[str, Any]]:
    actions = pa.table(DeltaTable(table).get_add_actions(flatten=True))
    return actions.to_pylist()


def test_statistics_hold_least_and_greatest_value_of_every_plain_column(lake: Path) -> None:
    found = statistics(lake / "gold/all_types")
    assert sum(file["num_records"] for file in found) == 3
    full = next(file for file in found if file["min.id"] == 1)
    bounded = ("id", "tiny", "small", "normal", "money", "price", "word", "day", "local", "at")
    for column in bounded:
        assert full[f"min.{column}"] == min(row[column] for row in ROWS if _in(full, row)), column
    for file in found:
        rows = [row for row in ROWS if _in(file, row)]
        for column in bounded:
            values = [row[column] for row in rows if row[column] is not None]
            least, greatest = file[f"min.{column}"], file[f"max.{column}"]
            assert (least, greatest) == ((min(values), max(values)) if values else (None, None)), column


def test_statistics_count_nulls_in_every_column_structs_included(lake: Path) -> None:
    """Readers skip a file for `IS NULL` by these counts; one that is missing is safe, a wrong one is not."""
    for file in statistics(lake / "gold/all_types"):
        rows = [row for row in ROWS if _in(file, row)]
        for column in [name for name in FULL if name != "nested"]:
            assert file[f"null_count.{column}"] == sum(row[column] is None for row in rows), column
        for field in ("a", "b"):
            nulls = sum((row["nested"] or {}).get(field) is None for row in rows)
            assert file.get(f"null_count.nested.{field}") in (None, nulls), field


def _in(file: dict[str, Any], row: dict[str, Any]) -> bool:
    return file["min.id"] <= row["id"] <= file["max.id"]


def test_a_column_with_nan_has_no_bounds(lake: Path) -> None:
    """Spark sorts NaN above all numbers, Parquet leaves it out of its bounds: none are safe for both."""
    file = next(file for file in statistics(lake / "gold/all_types") if file["max.id"] == 3)
    assert (file.get("min.größe"), file.get("max.größe")) == (None, None)


def test_other_readers_skip_files_by_statistics(lake: Path, tmp_path: Path) -> None:
    """A file that is gone is not missed by a query which its statistics exclude."""
    copy = shutil.copytree(lake / "bronze/readings", tmp_path / "readings")
    _remove_files(copy, lambda add: add["min.id"] > 50)
    expected = [{"id": n, "word": f"w{n}"} for n in range(1, 51)]
    assert normal(delta_rs(copy, "SELECT * FROM t WHERE id <= 50")) == normal(expected)
    assert normal(polars(copy, pl.col("id") <= 50)) == normal(expected)


def test_other_readers_skip_files_by_partition_values(lake: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(lake / "bronze/places", tmp_path / "places")
    _remove_files(copy, lambda add: add["partition.place"] != "k=v")
    assert [row["id"] for row in delta_rs(copy, "SELECT * FROM t WHERE place = 'k=v'")] == [3]
    assert [row["id"] for row in polars(copy, pl.col("place") == "k=v")] == [3]


def test_other_readers_skip_files_of_a_table_whose_columns_are_mapped(lake: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(lake / MAPPED, tmp_path / "mapped")
    removed = _remove_files(copy, lambda add: "2" in [v for c, v in add.items() if c.startswith("partition.")])
    assert removed == 1
    assert delta_rs(copy, 'SELECT "Team (Country)" AS id FROM t WHERE "Team (Country)" < 2') == [{"id": 1}]


def _remove_files(table: Path, chosen: Any) -> int:
    gone = [unquote(add["path"]) for add in statistics(table) if chosen(add)]
    for path in gone:
        (table / path).unlink()
    assert gone
    return len(gone)


def test_decimals_in_statistics_are_exact(lake: Path) -> None:
    """Read as text, for a JSON reader may round them."""
    entry = next((lake / "gold/all_types/_delta_log").glob("*0.json")).read_text()
    adds = [json.loads(line, parse_float=Decimal) for line in entry.splitlines() if '"add"' in line]
    bounds = [json.loads(add["add"]["stats"], parse_float=Decimal)["maxValues"] for add in adds]
    assert FULL["money"] in [found.get("money") for found in bounds]

"""What Ingot commits is read by delta-rs, Polars and DuckDB, with every type, name and partition value."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, QueryBuilder, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingot.lake.log import TableMetadata
from ingot.lake.table import Snapshot, Table, TableChange, prepare_metadata
from ingot.model import TableName
from ingot.types import StructType, parse_schema, schema_from_json
from lake.rows import read, write_file

ALL_TYPES = parse_schema(
    "id bigint not null comment 'the key', flag boolean, tiny tinyint, small smallint, normal int, big bigint, "
    "f float, d double, money decimal(38,9), word string, raw binary, day date, at timestamp, local timestamp_ntz, "
    "list array<string>, dict map<string,int>, nested struct<a: int, b: array<struct<c: string>>>"
)
ROW: dict[str, Any] = {
    "id": 1, "flag": True, "tiny": -128, "small": 32767, "normal": -5, "big": 2**62, "f": 1.5, "d": -0.1,
    "money": Decimal("12345678901234567890.123456789"), "word": "Côte d'Ivoire", "raw": b"\x00\xff",
    "day": datetime.date(1, 1, 1), "at": datetime.datetime(2024, 2, 29, 1, 2, 3, 456789, datetime.UTC),
    "local": datetime.datetime(1969, 12, 31, 23, 59, 59), "list": ["a", None], "dict": [("k", None)],
    "nested": {"a": None, "b": [{"c": "x"}]},
}  # fmt: skip
NULLS: dict[str, Any] = {"id": 2, **dict.fromkeys([f.name for f in ALL_TYPES.fields[1:]])}


def delta_rs_rows(root: Path, query: str = "SELECT * FROM t") -> list[dict[str, Any]]:
    return pa.table(QueryBuilder().register("t", DeltaTable(root)).execute(query)).to_pylist()


def make(root: Path) -> Table:
    return Table(TableName("main", "x", root.name), root)


def test_all_types_and_metadata_are_read_by_delta_rs_and_polars(tmp_path: Path) -> None:
    table = make(tmp_path / "t")
    file = write_file(table.root, ALL_TYPES, [ROW, NULLS])
    metadata = TableMetadata(ALL_TYPES, properties={"quality": "gold", "ingot.unique_key": "id"}, description="täble")
    table.commit(TableChange("WRITE", (file,), metadata=metadata, transaction=("app", 3)), None)
    delta = DeltaTable(table.root)
    assert schema_from_json(delta.schema().to_json()) == ALL_TYPES
    assert delta.metadata().description == "täble"
    assert delta.metadata().configuration == {"quality": "gold", "ingot.unique_key": "id"}
    assert delta.transaction_version("app") == 3
    assert sorted(delta_rs_rows(table.root), key=lambda r: r["id"]) == [ROW, NULLS]
    assert pl.read_delta(str(table.root)).sort("id")["word"].to_list() == [ROW["word"], None]


def test_commits_of_delta_rs_and_of_ingot_follow_one_another(tmp_path: Path) -> None:
    table = make(tmp_path / "t")
    schema = parse_schema("id bigint")
    snapshot = table.commit(TableChange("CREATE TABLE", metadata=TableMetadata(schema)), None)
    write_deltalake(table.root, pa.table({"id": pa.array([1], pa.int64())}), mode="append")
    file = write_file(table.root, schema, [{"id": 2}])
    table.commit(TableChange("WRITE", (file,), blind=True), snapshot)
    DeltaTable(table.root).delete("id = 1")
    assert read(table.snapshot().binding()) == [{"id": 2}]
    assert DeltaTable(table.root).version() == table.snapshot().version == 3


def test_a_removed_file_with_an_odd_path_is_gone_for_others_too(tmp_path: Path) -> None:
    table = make(tmp_path / "t")
    schema = parse_schema("id bigint, p string")
    metadata = TableMetadata(schema, ("p",))
    old = write_file(table.root, schema, [{"id": 1}], partition={"p": "a b%=é"}, folder="p=a b%25=é")
    snapshot = table.commit(TableChange("WRITE", (old,), metadata=metadata), None)
    assert delta_rs_rows(table.root) == [{"id": 1, "p": "a b%=é"}]
    table.commit(TableChange("DELETE", removes=(old,)), snapshot)
    assert delta_rs_rows(table.root) == []


def test_other_readers_skip_files_by_the_statistics(tmp_path: Path) -> None:
    """A file that is deleted from disk is not missed by a query that its statistics exclude."""
    table = make(tmp_path / "t")
    schema = parse_schema("id bigint")
    files = []
    for number in (1, 100):
        file = write_file(table.root, schema, [{"id": number}], statistics=False)
        bounds = {"minValues": {"id": number}, "maxValues": {"id": number}, "nullCount": {"id": 0}}
        files.append(type(file)(**{**file.__dict__, "statistics": json.dumps({"numRecords": 1, **bounds})}))
    table.commit(TableChange("WRITE", tuple(files), metadata=TableMetadata(schema)), None)
    (table.root / files[1].path).unlink()
    assert delta_rs_rows(table.root, "SELECT id FROM t WHERE id < 50") == [{"id": 1}]


def test_a_log_checkpoint_every_so_many_commits_holds_the_whole_state(tmp_path: Path) -> None:
    table = make(tmp_path / "t")
    schema = parse_schema("id bigint, at timestamp_ntz")
    properties = {"delta.checkpointInterval": "5", "ingot.note": "kept"}
    snapshot = table.commit(TableChange("CREATE", metadata=TableMetadata(schema, properties=properties)), None)
    for number in range(7):
        file = write_file(table.root, schema, [{"id": number}])
        snapshot = table.commit(TableChange("WRITE", (file,), transaction=("app", number)), snapshot)
    assert [p.name for p in table.log.glob("*.checkpoint.parquet")] == [f"{5:020d}.checkpoint.parquet"]
    for version in range(5):
        (table.log / f"{version:020d}.json").unlink()
    fresh = make(table.root).snapshot()
    assert fresh.state.files == snapshot.state.files
    assert (fresh.metadata, fresh.protocol, fresh.transactions) == (
        snapshot.metadata, snapshot.protocol, snapshot.transactions,
    )  # fmt: skip
    assert len(delta_rs_rows(table.root)) == 7


def test_a_table_with_column_mapping_is_read_by_delta_rs(tmp_path: Path) -> None:
    table = make(tmp_path / "t")
    schema = parse_schema("`Team (Country)` string, `a b` struct<`x y`: int>, `p=` string")
    metadata = prepare_metadata(TableMetadata(schema, ("p=",), properties={"delta.columnMapping.mode": "name"}), None)
    snapshot = table.commit(TableChange("CREATE", metadata=metadata), None)
    row = {"Team (Country)": "Norway", "a b": {"x y": 7}}
    file = write_file(table.root, schema, [row], partition={"p=": "1"}, physical=dict(snapshot.physical_names))
    snapshot = table.commit(TableChange("WRITE", (file,)), snapshot)
    assert snapshot.files[0].partition == {"p=": "1"}
    assert make(table.root).snapshot().files == snapshot.files
    assert read(snapshot.binding()) == delta_rs_rows(table.root) == [{**row, "p=": "1"}]


names = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters=" ,;{}()\n\t="), min_size=1, max_size=9
)
values = st.none() | st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=9)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    columns=st.lists(names, min_size=2, max_size=4, unique_by=lambda name: name.lower()),
    partition=values | st.sampled_from(["", "a/b", "%41", "x=1", "ü ß", "null", "__HIVE_DEFAULT_PARTITION__"]),
)
def test_odd_names_and_partition_values_survive(
    tmp_path_factory: pytest.TempPathFactory, columns: list[str], partition: str | None
) -> None:
    table = make(tmp_path_factory.mktemp("odd") / "t")
    fields = parse_schema(", ".join(f"c{n} string" for n in range(len(columns)))).fields
    schema = StructType(fields=tuple(type(f)(n, f.type) for f, n in zip(fields, columns, strict=True)))
    file = write_file(table.root, schema, [{columns[1]: "v"}], partition={columns[0]: partition})
    table.commit(TableChange("WRITE", (file,), metadata=TableMetadata(schema, (columns[0],))), None)
    expected = {**dict.fromkeys(columns), columns[0]: partition or None, columns[1]: "v"}
    assert read(make(table.root).snapshot().binding()) == [expected]
    assert delta_rs_rows(table.root) == [expected]


def test_duckdb_reads_the_files_as_they_are(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    table = make(tmp_path / "t")
    snapshot: Snapshot = table.commit(
        TableChange("WRITE", (write_file(table.root, ALL_TYPES, [ROW]),), metadata=TableMetadata(ALL_TYPES)), None
    )
    paths = [str(snapshot.root / file.path) for file in snapshot.files]
    with duckdb.connect() as connection:
        assert connection.execute("SELECT money, word FROM read_parquet(?)", [paths]).fetchall() == [
            (ROW["money"], ROW["word"])
        ]
    assert pq.read_metadata(paths[0]).num_rows == snapshot.rows

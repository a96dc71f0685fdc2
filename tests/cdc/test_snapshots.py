"""A series of snapshots gives the table of the last one, or the history that a simple model gives."""

from __future__ import annotations

import datetime
import functools
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingot import cdc, sql
from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import Settings
from ingot.cdc import snapshots
from ingot.cdc.versions import Version
from ingot.engines.duckdb import dialect
from ingot.engines.duckdb.types import duckdb_type
from ingot.errors import PlanError
from ingot.model import ChangeSpec, Query, Read, TableName, TableRead
from ingot.types import LONG, STRING, StructType, parse_schema

NOW = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
SOURCE = parse_schema("k INT, j STRING, a INT, b STRING, m MAP<STRING, INT>")
Row = tuple[int, str, int | None, str | None, dict | None]


class Leaves:
    def __init__(self, schemas: dict[str, StructType]):
        self.schemas = schemas

    def schema_of(self, read: Read) -> StructType:
        assert isinstance(read, TableRead)
        return self.schemas[read.name.table]

    def view_of(self, read: Read) -> None:
        return None


class Lake:
    """A table that snapshots are applied to, in one DuckDB."""

    def __init__(self, spec: ChangeSpec):
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
        self.schemas: dict[str, StructType] = {}
        self.texts: dict[str, str] = {}
        self.create("source", SOURCE)
        source = Query(
            sql.parse_statement("SELECT * FROM source"),
            {"source": TableRead(TableName("c", "s", "source"), ("source",))},
        )
        events = analyze(snapshots.snapshot_query(source, spec, LONG), Leaves(self.schemas), Settings()).schema
        self.table = cdc.change_table(spec, events)
        self.create("snapshot", events)
        self.create("aside", events)
        self.create("events", self.table.events_schema)
        self.create("tombstones", cdc.tombstones_schema(self.table))
        self.create("rows", StructType(fields=(*self.table.schema, *self.table.hidden)))
        self.create("changes", self.analyzed(cdc.changes_text(self.table)).schema)

    def create(self, name: str, schema: StructType) -> None:
        self.schemas[name] = schema
        columns = ", ".join(f'"{f.name}" {duckdb_type(f.type)}' for f in schema)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")

    def analyzed(self, text: str) -> Any:
        reads = {n: TableRead(TableName("c", "s", n), (n,)) for n in self.schemas}
        return analyze(Query(sql.parse_statement(text), reads), Leaves(self.schemas), Settings())

    def lowered(self, text: str) -> str:
        if text not in self.texts:
            analyzed = self.analyzed(text)
            self.texts[text] = dialect.lower(analyzed, {n: f"SELECT * FROM {n}" for n in analyzed.reads}, NOW)
            for macro in dialect.macros_used(self.texts[text]):
                self.connection.execute(macro)
        return self.texts[text]

    def rows(self, text: str) -> list[tuple]:
        return self.connection.execute(self.lowered(text)).fetchall()

    def apply(self, snapshot: list[Row], version: int, aside: list[Row] | None = None) -> int:
        """Make the table follow a snapshot; gives how many events that took."""
        self.load(snapshot)
        self.load(aside or [], "aside")
        changed = self.lowered(snapshots.changed_text(self.table, Version(version), is_whole=aside is None))
        self.connection.execute(f"CREATE OR REPLACE TABLE events AS {changed}")
        self.connection.execute(f"INSERT INTO tombstones {self.lowered(cdc.tombstones_text(self.table))}")
        self.connection.execute(f"CREATE OR REPLACE TABLE changes AS {self.lowered(cdc.changes_text(self.table))}")
        merged, inserted = self.lowered(cdc.merged_text(self.table)), self.lowered(cdc.inserted_text(self.table))
        self.connection.execute(f"CREATE OR REPLACE TABLE merged AS ({merged}) UNION ALL ({inserted})")
        self.connection.execute("CREATE OR REPLACE TABLE rows AS SELECT * FROM merged")
        return self.connection.execute("SELECT count(*) FROM events").fetchall()[0][0]

    def load(self, snapshot: list[Row], name: str = "snapshot") -> None:
        self.connection.execute(f"DELETE FROM {name}")
        if snapshot:
            self.connection.executemany(f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, NULL, false)", snapshot)

    def empty(self) -> None:
        for name in ("tombstones", "rows"):
            self.connection.execute(f"DELETE FROM {name}")

    def state(self) -> list[tuple]:
        columns = ", ".join(f'"{name}"' for name in self.table.schema.names)
        return sorted(self.connection.execute(f"SELECT {columns} FROM rows").fetchall(), key=repr)


def history_of(taken: list[list[Row]], tracked: tuple[int, ...]) -> list[tuple]:
    """The intervals of each key: values, from which snapshot on, until which."""
    done: list[tuple] = []
    live: dict[tuple, tuple[Row, int]] = {}
    for version, snapshot in enumerate(taken):
        here = {row[:2]: row for row in snapshot}
        for key, (row, start) in list(live.items()):
            new = here.get(key)
            if new is not None and all(row[place] == new[place] for place in tracked):
                live[key] = (new, start)
                continue
            done.append((*row, start, version))
            del live[key]
        for key, row in here.items():
            live.setdefault(key, (row, version))
    return sorted([*done, *((*row, start, None) for row, start in live.values())], key=repr)


def row_of(k: int, j: str) -> st.SearchStrategy:
    values = [None, 1, 2], [None, "p"], [None, {}, {"a": None}, {"a": 1}]
    return st.tuples(st.just(k), st.just(j), *map(st.sampled_from, values))


# Keys do not know of each other: one example of twenty keys tries what five examples of four keys do, in a fifth of the
# time, for a query takes as long for few rows as for some more.
KEYS = [(k, j) for k in range(10) for j in "xy"]
SNAPSHOT = st.tuples(*(st.none() | row_of(*key) for key in KEYS)).map(lambda rows: [row for row in rows if row])
SNAPSHOTS = st.lists(SNAPSHOT, max_size=6)
MANY = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))


@functools.lru_cache(maxsize=2)
def lake_of(**given_: Any) -> Lake:
    """A lake for many examples; what is analyzed for one serves all."""
    return Lake(ChangeSpec(keys=("k", "j"), sequence_by=None, **given_))


@MANY
@given(taken=SNAPSHOTS)
def test_the_table_is_the_last_snapshot(taken: list[list[Row]]) -> None:
    lake = lake_of()
    lake.empty()
    for version, snapshot in enumerate(taken):
        lake.apply(snapshot, version)
    assert lake.state() == sorted(taken[-1] if taken else [], key=repr)


@pytest.mark.parametrize(("tracked", "places"), [(("a", "b", "m"), (2, 3, 4)), (("a",), (2,)), (("m",), (4,))])
@MANY
@given(taken=SNAPSHOTS)
def test_the_history_is_the_models(tracked: tuple[str, ...], places: tuple[int, ...], taken: list[list[Row]]) -> None:
    lake = lake_of(scd_type=2, track=tracked)
    lake.empty()
    for version, snapshot in enumerate(taken):
        lake.apply(snapshot, version)
    assert lake.state() == history_of(taken, places)


@pytest.mark.parametrize("scd_type", [1, 2])
@MANY
@given(taken=SNAPSHOTS)
def test_a_snapshot_that_is_as_the_one_before_makes_no_event(scd_type: int, taken: list[list[Row]]) -> None:
    lake = lake_of(scd_type=scd_type)
    lake.empty()
    for version, snapshot in enumerate(taken):
        lake.apply(snapshot, version)
    assert lake.apply(taken[-1] if taken else [], len(taken)) == 0


@pytest.mark.parametrize("scd_type", [1, 2])
@MANY
@given(taken=SNAPSHOTS.filter(len), data=st.data())
def test_what_rules_take_out_of_a_snapshot_leaves_the_table_as_it_was(
    scd_type: int, taken: list[list[Row]], data: st.DataObject
) -> None:
    lake = lake_of(scd_type=scd_type)
    lake.empty()
    before: list[Row] = []
    for version, snapshot in enumerate(taken):
        removed = [row for row in snapshot if data.draw(st.booleans())]
        kept = [row for row in snapshot if row not in removed]
        lake.apply(kept, version, aside=removed)
        stays = {row[:2] for row in removed}
        before = sorted([*kept, *(row for row in before if row[:2] in stays)], key=repr)
        current = [row[:5] for row in lake.state() if scd_type == 1 or row[6] is None]
        assert current == before


def test_a_key_that_a_snapshot_has_twice_is_found() -> None:
    lake = lake_of()
    lake.load([(1, "x", 1, None, None), (1, "x", 2, None, None), (2, "y", 1, None, None)])
    assert lake.rows(snapshots.duplicates_text(lake.table)) == [('{"k":1,"j":"x"}', 2, 1)]


# --- versions ---------------------------------------------------------------------------------------------------------

NEW_YEAR = datetime.datetime(2024, 1, 1, 0, 0, 0, 7)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "CAST('7' AS BIGINT)"),
        ("it's", "CAST('it\\'s' AS STRING)"),
        (NEW_YEAR.date(), "CAST('2024-01-01' AS DATE)"),
        (NEW_YEAR, "CAST('2024-01-01 00:00:00.000007+00:00' AS TIMESTAMP)"),
        (NEW_YEAR.replace(tzinfo=datetime.UTC), "CAST('2024-01-01 00:00:00.000007+00:00' AS TIMESTAMP)"),
    ],
)
def test_a_version_is_the_same_after_a_plan_has_kept_it(value: Any, text: str) -> None:
    version = Version.of(value, None)
    kept = Version.from_json(version.to_json())
    assert (kept, type(kept.value), kept.literal) == (version, type(value), text)


@pytest.mark.parametrize("value", [None, True, 1.5, (1, 2), b"1"])
def test_what_has_no_order_is_no_version(value: Any) -> None:
    with pytest.raises(PlanError, match="the version of a snapshot is") as caught:
        Version.of(value, None)
    assert caught.value.code == "snapshot-version"


def test_versions_of_different_kinds_do_not_follow_each_other() -> None:
    assert Version("b").follows(Version("a"))
    assert not Version(1).follows(Version(1))
    with pytest.raises(TypeError):
        Version(1).follows(Version("a"))
    with pytest.raises(TypeError):
        Version(NEW_YEAR).follows(Version(NEW_YEAR.replace(tzinfo=datetime.UTC)))


def test_a_number_of_numpy_is_a_version() -> None:
    numpy = pytest.importorskip("numpy")
    assert Version.of(numpy.int64(3), None) == Version(3)
    assert Version.of(3, None).type == LONG
    assert Version.of("3", None).type == STRING

"""Any batching and any order of changes gives what a simple model gives that sees them all at once."""

from __future__ import annotations

import datetime
import functools
import itertools
import json
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingot import cdc, sql
from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import Settings
from ingot.engines.duckdb import dialect
from ingot.engines.duckdb.types import duckdb_type
from ingot.model import ChangeSpec, Query, TableName, TableRead
from ingot.types import Field, StructType, parse_schema

NOW = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
SOURCE = parse_schema("k INT, j STRING, a INT, b STRING, seq INT, op STRING")


class Leaves:
    def __init__(self, schemas: dict[str, StructType]):
        self.schemas = schemas

    def schema_of(self, read: TableRead) -> StructType:
        return self.schemas[read.name.table]

    def view_of(self, read: object) -> None:
        return None


class Lake:
    """A table, its tombstones and what a batch does to them, in one DuckDB."""

    def __init__(self, spec: ChangeSpec):
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
        self.schemas = {"source": SOURCE}
        self.texts: dict[str, str] = {}
        self.spec = spec
        self.create("source", SOURCE)
        events = self.schema(cdc.events_text(spec))
        self.table = cdc.ChangeTable.of(spec, events)
        self.create("events", events)
        self.create("tombstones", cdc.tombstones_schema(self.table))
        hidden = StructType(fields=(*self.table.schema, *self.table.hidden))
        self.create("rows", StructType(fields=(*hidden, Field(cdc.FILE, parse_schema("f STRING").find("f").type))))
        self.create("changes", self.schema(cdc.changes_text(self.table)))
        self.stored = hidden

    def create(self, name: str, schema: StructType) -> None:
        self.schemas[name] = schema
        columns = ", ".join(f'"{f.name}" {duckdb_type(f.type)}' for f in schema)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")

    def analyzed(self, text: str):
        reads = {n: TableRead(TableName("c", "s", n), (n,)) for n in self.schemas}
        return analyze(Query(sql.parse_statement(text), reads), Leaves(self.schemas), Settings())

    def schema(self, text: str) -> StructType:
        return self.analyzed(text).schema

    def lowered(self, text: str) -> str:
        if text not in self.texts:
            self.texts[text] = self._lowered(text)
        return self.texts[text]

    def _lowered(self, text: str) -> str:
        analyzed = self.analyzed(text)
        translated = dialect.lower(analyzed, {n: f"SELECT * FROM {n}" for n in analyzed.reads}, NOW)
        for macro in dialect.macros_used(translated):
            self.connection.execute(macro)
        return translated

    def rows(self, text: str) -> list[tuple]:
        return self.connection.sql(self.lowered(text)).fetchall()

    def replace(self, name: str, text: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS {self.lowered(text)}")

    def apply(self, batch: list[tuple]) -> None:
        self.connection.execute("DELETE FROM source")
        if batch:
            self.connection.executemany("INSERT INTO source VALUES (?, ?, ?, ?, ?, ?)", batch)
        self.replace("events", cdc.events_text(self.spec))
        self.connection.execute(f"INSERT INTO tombstones {self.lowered(cdc.tombstones_text(self.table))}")
        self.replace("changes", cdc.changes_text(self.table))
        merged, inserted = self.lowered(cdc.merged_text(self.table)), self.lowered(cdc.inserted_text(self.table))
        self.connection.execute(
            f"CREATE OR REPLACE TABLE merged AS SELECT *, 'f' AS {cdc.FILE} FROM (({merged}) UNION ALL ({inserted}))"
        )
        self.connection.execute("CREATE OR REPLACE TABLE rows AS SELECT * FROM merged")

    def empty(self) -> None:
        for name in ("tombstones", "rows"):
            self.connection.execute(f"DELETE FROM {name}")

    def state(self) -> list[tuple]:
        columns = ", ".join(f'"{name}"' for name in self.table.schema.names)
        return sorted(self.connection.sql(f"SELECT {columns} FROM rows").fetchall(), key=repr)


# --- the model: all events of a key at once ---------------------------------------------------------------------------


def json_text(event: dict[str, Any]) -> str:
    return json.dumps({n: v for n, v in event["values"].items() if v is not None}, separators=(",", ":"))


def by_key(events: list[tuple]) -> dict[tuple, list[dict[str, Any]]]:
    found: dict[tuple, dict[int, dict[str, Any]]] = {}
    for k, j, a, b, seq, op in events:
        event = {"seq": seq, "delete": op == "D", "values": {"a": a, "b": b}}
        kept = found.setdefault((k, j), {}).get(seq)
        if kept is None or (not event["delete"], json_text(event)) > (not kept["delete"], json_text(kept)):
            found[k, j][seq] = event
    return {key: [events[s] for s in sorted(events)] for key, events in found.items()}


def current_state(events: list[tuple], ignores_nulls: bool) -> list[tuple]:
    rows = []
    if ignores_nulls:
        return _current_by_column(events)
    for key, history in by_key(events).items():
        last = history[-1]
        if not last["delete"]:
            rows.append((*key, *last["values"].values()))
    return sorted(rows, key=repr)


def _current_by_column(events: list[tuple]) -> list[tuple]:
    rows = []
    for key, group in itertools.groupby(sorted(events, key=lambda e: repr(e[:2])), key=lambda e: e[:2]):
        members = list(group)
        deleted = max((e[4] for e in members if e[5] == "D"), default=None)
        live = [e for e in members if e[5] != "D" and (deleted is None or e[4] >= deleted)]
        if not live:
            continue
        values = []
        for place, name in ((2, "a"), (3, "b")):
            given_ = [(e[4], json.dumps({name: e[place]}), e[place]) for e in live if e[place] is not None]
            values.append(max(given_)[2] if given_ else None)
        rows.append((*key, *values))
    return sorted(rows, key=repr)


def history_of(events: list[tuple], tracked: tuple[str, ...], ignores_nulls: bool) -> list[tuple]:
    rows = []
    for key, history in by_key(events).items():
        intervals: list[dict[str, Any]] = []
        is_open = False
        for event in history:
            if event["delete"]:
                if is_open:
                    intervals[-1]["end"] = event["seq"]
                is_open = False
                continue
            values = dict(event["values"])
            if is_open and ignores_nulls:
                values = {n: intervals[-1]["values"][n] if v is None else v for n, v in values.items()}
            if is_open and all(intervals[-1]["values"][n] == values[n] for n in tracked):
                intervals[-1]["values"] = values
                continue
            if is_open:
                intervals[-1]["end"] = event["seq"]
            intervals.append({"values": values, "start": event["seq"], "end": None})
            is_open = True
        rows += [(*key, *i["values"].values(), i["start"], i["end"]) for i in intervals]
    return sorted(rows, key=repr)


# --- properties -----------------------------------------------------------------------------------------------------

EVENT = st.tuples(
    st.just(1),
    st.sampled_from(["x", "x", "y"]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, "p"]),
    st.integers(0, 6),
    st.sampled_from(["U", "U", "D", None]),
)
EVENTS = st.lists(EVENT, max_size=14)
MANY = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))


def batches(data: st.DataObject, events: list[tuple]) -> list[list[tuple]]:
    order = data.draw(st.permutations(events))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(events)), max_size=3)))
    edges = [0, *cuts, len(events)]
    return [list(order[a:b]) for a, b in itertools.pairwise(edges)]


def spec(**given_: Any) -> ChangeSpec:
    return ChangeSpec(
        keys=("k", "j"), sequence_by="seq", apply_as_deletes="op = 'D'", except_columns=("seq", "op"), **given_
    )


@functools.lru_cache(maxsize=2)
def lake_of(**given_: Any) -> Lake:
    """A lake for many examples; what is analyzed for one serves all."""
    return Lake(spec(**given_))


def applied(lake: Lake, cut: list[list[tuple]]) -> list[tuple]:
    lake.empty()
    for batch in cut:
        lake.apply(batch)
    return lake.state()


@pytest.mark.parametrize("ignores_nulls", [False, True])
@MANY
@given(events=EVENTS, data=st.data())
def test_the_current_state_is_the_models(ignores_nulls: bool, events: list[tuple], data: st.DataObject) -> None:
    lake = lake_of(ignore_null_updates=ignores_nulls)
    assert applied(lake, batches(data, events)) == current_state(events, ignores_nulls)


@pytest.mark.parametrize("ignores_nulls", [False, True])
@pytest.mark.parametrize("tracked", [("a", "b"), ("a",), ("b",)])
@MANY
@given(events=EVENTS, data=st.data())
def test_the_history_is_the_models(
    tracked: tuple[str, ...], ignores_nulls: bool, events: list[tuple], data: st.DataObject
) -> None:
    lake = lake_of(scd_type=2, track=tracked, ignore_null_updates=ignores_nulls)
    assert applied(lake, batches(data, events)) == history_of(events, tracked, ignores_nulls)

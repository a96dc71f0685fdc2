"""Queries in, rows out: Arrow both ways, user functions, errors, settings."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import types
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import ingot.engines.duckdb
from engines.conftest import HERE, bound, files_below, read_back, target
from ingot.analysis.typed import FunctionCall
from ingot.engine import ArrowBinding, FilesBinding
from ingot.engines.duckdb.engine import Engine
from ingot.errors import DataError, IngotError, LakeError, Location, UnsupportedError, UserCodeError
from ingot.model import FileRead, Project, UserFunction
from ingot.types import LONG, STRING, ArrayType, parse_schema, parse_type


def values(engine: Engine, sql: str, schema: str, **options: Any) -> list[Any]:
    table = engine.collect(bound(sql, schema, **options)).read()
    return table.columns[0].to_pylist()


def call(name: str, function: Any, types: str = "", return_type: Any = STRING, kind: str = "python") -> FunctionCall:
    """A function as a query calls it: with arguments of these types."""
    made = UserFunction(name, function, return_type, kind, Location("transformations/udf.py", 3))
    return FunctionCall(made, tuple(parse_type(t) for t in types.split()), name)


def test_a_query_is_written_and_read_back(engine: Engine, root: Path):
    schema = "id bigint, name string"
    result = engine.write(bound("SELECT range AS id, 'x' || range AS name FROM range(5)", schema), target(root, schema))
    assert (result.rows, result.dropped, result.violations) == (5, 0, {})
    assert read_back(root, result.files) == [(i, f"x{i}") for i in range(5)]
    assert [f.size for f in result.files] == [(root / f.path).stat().st_size for f in result.files]


def test_collected_rows_have_sparks_types_as_arrow(engine: Engine):
    schema = "ts timestamp, ntz timestamp_ntz, n decimal(20,0), l array<int>, v void"
    sql = "SELECT now() AS ts, localtimestamp AS ntz, sum(range) AS n, [1] AS l, NULL AS v FROM range(3)"
    table = pa.table(engine.collect(bound(sql, schema)))
    found = {field.name: str(field.type) for field in table.schema}
    assert found.pop("l").startswith("list<")
    assert found == {"ts": "timestamp[us, tz=UTC]", "ntz": "timestamp[us]", "n": "decimal128(20, 0)", "v": "null"}


def test_collected_rows_can_be_limited_and_read_again(engine: Engine):
    rows = engine.collect(bound("SELECT range AS id FROM range(100)", "id bigint"), 7)
    assert pa.table(rows).num_rows == 7
    assert polars.DataFrame(rows).height == 7
    rows.close()


def test_an_order_is_kept(engine: Engine):
    sql = "SELECT range AS id FROM range(300000) ORDER BY id DESC"
    found = values(engine, sql, "id bigint")
    assert found == sorted(found, reverse=True)


def test_rows_in_memory_are_loaded_afresh_for_each_scan(engine: Engine):
    table = pa.table({"a": pa.array([1, None, 3], type=pa.int32()), "t": polars.Series(["x", "y", "z"]).to_arrow()})
    binding = ArrowBinding(
        parse_schema("a bigint, t string"), lambda: pa.RecordBatchReader.from_batches(table.schema, table.to_batches())
    )
    sql = "SELECT l.t || r.t AS s FROM t l JOIN t r ON l.a = r.a ORDER BY 1"
    assert values(engine, sql, "s string", bindings={"t": binding}) == ["xx", "zz"]
    assert values(engine, sql, "s string", bindings={"t": binding}) == ["xx", "zz"]


def test_a_name_in_a_query_is_never_a_variable_of_this_process(engine: Engine):
    frame = pa.table({"a": [1]})
    with pytest.raises(UnsupportedError, match="frame"):
        values(engine, "SELECT a FROM frame", "a bigint")
    assert frame.num_rows == 1


def test_a_user_function_sees_none_and_gives_values(engine: Engine):
    functions = [
        call("shout", lambda text: "nothing" if text is None else text.upper(), "string"),
        call("pair", lambda a, b: [a, b], "int int", ArrayType(element=LONG)),
        call("inner_a", lambda s: s["a"], "struct<a:int>", LONG),
    ]
    sql = "SELECT shout(v) || pair(1, NULL)::VARCHAR || inner_a({'a': 5}) AS s FROM (VALUES ('x'), (NULL)) t(v) ORDER BY 1"
    assert values(engine, sql, "s string", functions=functions) == ["X[1, NULL]5", "nothing[1, NULL]5"]


def _answering(answer: str) -> Any:
    return lambda: answer


def test_two_flows_may_give_one_name_to_different_functions(engine: Engine):
    for answer in ("a", "b"):
        functions = [call("f", _answering(answer))]
        assert values(engine, "SELECT f() AS s", "s string", functions=functions) == [answer]


def test_an_exception_in_a_user_function_is_the_cause_of_the_error(engine: Engine, root: Path):
    def broken(value: int) -> str:
        return {}[value]

    functions = [call("broken", broken, "int")]
    with pytest.raises(UserCodeError, match="'broken' raised KeyError: 2") as caught:
        engine.write(bound("SELECT broken(2) AS s", "s string", functions=functions), target(root, "s string"))
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.location == Location("transformations/udf.py", 3)
    assert files_below(root) == []
    assert values(engine, "SELECT broken('a') AS s", "s string", functions=[call("broken", str, "string")]) == ["a"]


def test_a_function_of_arrow_arrays_is_given_whole_columns(engine: Engine):
    lengths = []

    def doubled(column: Any) -> Any:
        lengths.append(len(column))
        return pc.multiply(column, 2)

    sql = "SELECT sum(doubled(range))::BIGINT AS s FROM range(5000)"
    assert values(engine, sql, "s bigint", functions=[call("doubled", doubled, "bigint", LONG, "arrow")]) == [24995000]
    assert sum(lengths) == 5000
    assert len(lengths) < 5


def test_an_unknown_kind_of_function_is_refused(engine: Engine):
    with pytest.raises(UnsupportedError, match="java function 'f'") as caught:
        engine.check(bound("SELECT f(1) AS s", "s string", functions=[call("f", str, "int", kind="java")]).query)
    assert caught.value.code == "unsupported-function"


def test_a_function_is_entered_once_for_a_query_and_left_after_it(engine: Engine, root: Path):
    seen = []

    @contextmanager
    def within():
        seen.append("in")
        yield
        seen.append("out")

    made = replace(call("f", lambda x: seen.append(x) or x, "bigint", LONG), key="f")
    made = replace(made, function=replace(made.function, within=within))
    engine.write(bound("SELECT f(range) AS x FROM range(3)", "x bigint", functions=[made]), target(root, "x bigint"))
    assert (seen[0], sorted(seen[1:-1]), seen[-1]) == ("in", [0, 1, 2], "out")


@pytest.mark.parametrize(
    "sql,kind,code,words",
    [
        ("SELECT CAST('abc' || range AS INT) AS a FROM range(2)", DataError, "bad-data", "'abc0'.* int"),
        ("SELECT (9223372036854775800 + range) AS a FROM range(100)", DataError, "bad-data", "[Oo]verflow"),
        ("SELECT error('no such thing') AS a", DataError, "bad-data", "no such thing"),
        ("SELECT (SELECT range FROM range(2)) AS a", DataError, "bad-data", "more than one row"),
        ("SELECT nope(1) AS a", UnsupportedError, "cannot-evaluate", "nope"),
    ],
)
def test_what_goes_wrong_in_a_query_has_a_code_and_the_querys_place(
    engine: Engine, root: Path, sql: str, kind: type[IngotError], code: str, words: str
):
    for run in (
        lambda: values(engine, sql, "a bigint"),
        lambda: engine.write(bound(sql, "a bigint"), target(root, "a bigint")),
    ):
        with pytest.raises(kind, match=words) as caught:
            run()
        assert (caught.value.code, caught.value.location) == (code, HERE)
        assert "\n" not in caught.value.message


def test_an_error_late_in_a_result_is_an_ingot_error_too(engine: Engine):
    sql = "SELECT CASE WHEN range > 2900000 THEN CAST('x' || range AS BIGINT) ELSE range END AS a FROM range(3000000)"
    with pytest.raises(DataError, match="x29000"):
        values(engine, sql, "a bigint")


def test_the_memory_limit_of_the_project_holds(project: Project):
    engine = Engine(Project("test", project.root, project.lake, memory_limit="20MB", threads=1))
    with pytest.raises(LakeError, match="memory") as caught:
        values(engine, "SELECT len(list(range)) AS n FROM range(30000000)", "n bigint")
    assert caught.value.code == "out-of-memory"
    engine.close()


def test_more_than_memory_is_spilled_below_the_lake_and_removed(project: Project):
    engine = Engine(Project("test", project.root, project.lake, memory_limit="100MB", threads=1))
    spilled: list[str] = []
    watching = threading.Event()

    def watch() -> None:
        while not watching.wait(0.01):
            spilled.extend(files_below(project.lake))

    watcher = threading.Thread(target=watch)
    watcher.start()
    sql = "SELECT count(*) AS n FROM (SELECT md5(range::VARCHAR) AS h FROM range(3000000) ORDER BY h OFFSET 10)"
    found = values(engine, sql, "n bigint")
    watching.set()
    watcher.join()
    assert found == [2999990]
    assert any(path.startswith("_ingot/tmp/") for path in spilled)
    engine.close()
    assert files_below(project.lake) == []


def test_the_spill_folder_of_a_dead_process_is_removed_and_a_living_ones_is_kept(project: Project):
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    folder = project.lake / "_ingot" / "tmp"
    stale = folder / f"{socket.gethostname()}-{int(dead.stdout)}-0"
    kept = [folder / f"{socket.gethostname()}-{os.getppid()}-0", folder / f"elsewhere-{int(dead.stdout)}-0"]
    for path in (stale, *kept):
        path.mkdir(parents=True)
    engine = Engine(project)
    values(engine, "SELECT 1 AS a", "a int")
    assert not stale.exists()
    assert all(path.exists() for path in kept)
    engine.close()


def test_reading_makes_no_lake(tmp_path: Path):
    engine = Engine(Project("test", tmp_path, tmp_path / "lake"))
    assert values(engine, "SELECT 1 AS a", "a int") == [1]
    assert not (tmp_path / "lake").exists()
    engine.close()


def test_writes_may_run_in_several_threads(engine: Engine, root: Path):
    results: list[int] = []

    def write(number: int) -> None:
        query = bound(f"SELECT range AS id FROM range({number})", "id bigint")
        results.append(engine.write(query, target(root.parent / f"t{number}", "id bigint")).rows)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(1, 9))


def test_another_thread_can_interrupt_a_write(engine: Engine, root: Path):
    outcome: list[BaseException] = []

    def write() -> None:
        try:
            engine.write(bound("SELECT range AS id FROM range(5000000000)", "id bigint"), target(root, "id bigint"))
        except KeyboardInterrupt as error:
            outcome.append(error)

    thread = threading.Thread(target=write)
    thread.start()
    deadline = time.monotonic() + 120
    while thread.is_alive() and time.monotonic() < deadline:
        engine.interrupt()
        thread.join(0.05)
    assert len(outcome) == 1
    assert files_below(root) == []


def test_a_raw_file_that_needs_exact_reading_is_read_again_and_nothing_doubles(
    engine: Engine, root: Path, monkeypatch: pytest.MonkeyPatch
):
    """The reader finds out while the query runs; what the first attempt wrote must be gone."""
    attempts: list[str] = []
    released: list[Any] = []

    def relation(cursor: Any, binding: FilesBinding, columns: Any) -> str:
        attempts.append("fast" if not attempts else "exact")
        late = "error('inexact')" if attempts[-1] == "fast" else "range"
        return f"SELECT CASE WHEN range > 400000 THEN {late}::BIGINT ELSE range END AS id FROM range(500000)"

    reader: Any = types.ModuleType("ingot.engines.duckdb.reader")
    reader.relation = relation
    reader.recover = lambda cursor, binding, error: "inexact" in str(error) and len(attempts) == 1
    reader.release = released.append
    monkeypatch.setitem(sys.modules, reader.__name__, reader)
    monkeypatch.setattr(ingot.engines.duckdb, "reader", reader, raising=False)
    binding = FilesBinding(FileRead("/landing", "csv"), [], parse_schema("id bigint"))
    result = engine.write(bound("SELECT id FROM t", "id bigint", {"t": binding}), target(root, "id bigint"))
    assert attempts == ["fast", "exact"]
    assert result.rows == 500000
    assert files_below(root) == sorted(file.path for file in result.files)
    assert released


def test_long_calls_of_a_function_are_told_of(engine: Engine, root: Path):
    told: list[int] = []
    slow = call("slow", lambda x: time.sleep(0.0003) or x, "bigint", LONG)
    query = bound("SELECT slow(range) AS x FROM range(3000)", "x bigint", functions=[slow])
    engine.write(replace(query, on_rows=told.append), target(root, "x bigint"))
    assert told
    assert told == sorted(told)
    assert told[-1] <= 3000

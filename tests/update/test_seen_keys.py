"""The keys that a deduplicating flow has let through: attempts that are replaced, and files that are merged."""

import datetime

import duckdb
import pytest

from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import OneTable, Settings
from ingot.engine import BoundQuery
from ingot.engines.duckdb.engine import Engine
from ingot.lake.table import Table
from ingot.model import Project, Query, TableName
from ingot.sql import parse_statement
from ingot.types import INT, Field, StructType
from ingot.update import seen_keys
from ingot.update.seen_keys import SeenKeys
from orders import again, rows

FILES_MIN = 4


@pytest.fixture(autouse=True)
def few_files(monkeypatch):
    monkeypatch.setattr(seen_keys, "SMALL_FILES_MIN", FILES_MIN)


@pytest.fixture
def engine(tmp_path):
    engine = Engine(Project("test", tmp_path, tmp_path / "lake", threads=1))
    yield engine
    engine.close()


@pytest.fixture
def seen(tmp_path):
    return SeenKeys(Table(TableName("", "_ingot", "keys"), tmp_path / "keys"), (Field("k", INT),))


def written(seen, engine, number, key):
    """One attempt at a batch with one key."""
    seen.tidy(engine, number)
    text = parse_statement(f"SELECT {key} AS k, CAST({number} AS BIGINT) AS __batch")
    query = analyze(Query(text, {}), OneTable(StructType(fields=())), Settings())
    seen.write(engine, BoundQuery(query, {}, datetime.datetime.now(datetime.UTC)), number)


def held(seen):
    """The keys that are there, with their batches, and how many files hold them."""
    binding = seen.before(1)
    found = duckdb.sql(f"SELECT k, __batch FROM read_parquet({[str(seen.table.root / f.path) for f in binding.files]})")
    return sorted(found.fetchall()), len(binding.files)


def stored(seen):
    return len(list(seen.table.root.glob("*.parquet")))


def test_small_files_are_merged_and_those_that_they_were_go(seen, engine):
    for number in range(FILES_MIN):
        written(seen, engine, number, number * 10)
    assert held(seen) == ([(n * 10, n) for n in range(FILES_MIN)], FILES_MIN)
    written(seen, engine, FILES_MIN, 1)
    assert held(seen) == (sorted([(1, FILES_MIN), *((n * 10, n) for n in range(FILES_MIN))]), 2)
    assert stored(seen) == 2
    assert seen.are_known_before(FILES_MIN)
    assert seen.are_known_before(FILES_MIN + 1)
    assert not seen.are_known_before(FILES_MIN + 2)


def test_keys_of_an_attempt_are_replaced_by_the_next_one_and_never_merged_with_others(seen, engine):
    for number in range(FILES_MIN - 1):
        written(seen, engine, number, number * 10)
    before = [(n * 10, n) for n in range(FILES_MIN - 1)]
    for key in (1, 2, 3):
        written(seen, engine, FILES_MIN - 1, key)
        assert held(seen) == (sorted([*before, (key, FILES_MIN - 1)]), FILES_MIN)
    written(seen, engine, FILES_MIN, 4)
    for key in (5, 6):  # of an attempt after the merge
        written(seen, engine, FILES_MIN, key)
        assert held(seen) == (sorted([*before, (3, FILES_MIN - 1), (key, FILES_MIN)]), 2)


def test_an_update_that_died_after_a_merge_goes_on_and_a_batch_before_it_is_not_known(seen, engine):
    for number in range(FILES_MIN):
        written(seen, engine, number, number * 10)
    seen.tidy(engine, FILES_MIN)
    assert held(seen)[1] == 1
    assert seen.are_known_before(FILES_MIN)
    assert not seen.are_known_before(
        FILES_MIN - 1
    )  # its keys are in one file with the others: none can take their place
    seen.tidy(engine, FILES_MIN)
    written(seen, engine, FILES_MIN, 1)
    assert held(seen) == (sorted([(1, FILES_MIN), *((n * 10, n) for n in range(FILES_MIN))]), 2)


def test_a_stream_of_many_batches_has_few_files_of_keys(tmp_path):
    text = """CREATE STREAMING TABLE silver.customers AS SELECT DISTINCT customer FROM STREAM read_files('in',
      format => 'csv', header => true, schema => 'id BIGINT, customer STRING', maxFilesPerTrigger => 1)"""
    files = {f"in/{n}.csv": f"id,customer\n{n},c{n}\n{n},Ada\n" for n in range(2 * FILES_MIN)}
    again(tmp_path, {"transformations/all.sql": text, **files})
    lake = again(tmp_path, {"in/late.csv": "id,customer\n" + "".join(f"{n},c{n}\n" for n in range(3 * FILES_MIN))})
    expected = sorted([("Ada",), *((f"c{n}",) for n in range(3 * FILES_MIN))])
    assert rows(lake, "SELECT customer FROM silver.customers ORDER BY customer") == expected
    (keys,) = (tmp_path / "lake/_ingot/state/silver.customers").glob("*/silver.customers")
    assert len(list(keys.glob("*.parquet"))) <= FILES_MIN

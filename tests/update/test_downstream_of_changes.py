"""What reads tables of changes: views are right after every batch, streams stop where rows were changed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingot.errors import IngotError
from ingot.testing import run_project
from update.changed_tables import Event, current, history, rows, run

GOLD = """
CREATE MATERIALIZED VIEW gold.names AS SELECT name, count(*) AS n FROM silver.current GROUP BY name;
CREATE MATERIALIZED VIEW gold.versions AS
SELECT id, count(*) AS n, count_if(__END_AT IS NULL) AS open, max(__START_AT) AS newest FROM silver.history GROUP BY id;
CREATE MATERIALIZED VIEW gold.joined AS
SELECT c.id, c.name, h.__START_AT AS since FROM silver.current c JOIN silver.history h ON c.id = h.id
WHERE h.__END_AT IS NULL;
"""

events = st.tuples(st.integers(1, 4), st.sampled_from("ab"), st.sampled_from("UUUD"), st.integers(0, 99))
batches = st.lists(st.lists(events, min_size=1, max_size=5), min_size=2, max_size=4)


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=batches)
def test_views_are_right_after_every_batch(tmp_path_factory, batches):
    folder, seen = tmp_path_factory.mktemp("downstream"), dict[int, Event]()
    for batch in batches:
        new = [event for event in {event[3]: event for event in batch}.values() if event[3] not in seen]
        seen |= {event[3]: event for event in new}
        with run(folder, *new, more=GOLD) as connection:
            now, past = current(seen.values()), history(seen.values())
            assert rows(connection, "silver.current") == now
            assert rows(connection, "silver.history") == past
            assert rows(connection, "gold.names") == sorted(Counter(name for _, name in now).items())
            versions = {
                key: (len(own), sum(row[3] is None for row in own), max(row[2] for row in own))
                for key in {row[0] for row in past}
                for own in [[row for row in past if row[0] == key]]
            }
            assert rows(connection, "gold.versions") == sorted((key, *values) for key, values in versions.items())
            since = {row[0]: row[2] for row in past if row[3] is None}
            assert rows(connection, "gold.joined") == [(key, name, since[key]) for key, name in now]


def test_a_view_is_not_computed_again_by_a_batch_that_changes_nothing(tmp_path):
    run(tmp_path, (1, "a", "U", 5), more=GOLD).close()
    with run(tmp_path, (1, "old", "U", 3)) as connection:
        assert rows(connection, "silver.current") == [(1, "a")]
        assert len(connection.sql("DESCRIBE HISTORY gold.names").fetchall()) == 1


STREAM = "\nCREATE STREAMING TABLE gold.copy AS\nSELECT * FROM STREAM SOURCE;\n"
PYTHON = """
from pyspark import pipelines as dp

@dp.table(name="gold.copy")
def copy():
    return spark.readStream.option("OPTION", "true").table("SOURCE")
"""


def with_python(folder: Path, option: str, source: str) -> None:
    file = folder / "transformations" / "copy.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PYTHON.replace("OPTION", option).replace("SOURCE", source))


@pytest.mark.parametrize("source", ["silver.current", "silver.history"])
def test_a_stream_of_a_table_that_only_got_new_keys_goes_on(tmp_path, source):
    more = STREAM.replace("SOURCE", source)
    run(tmp_path, (1, "a", "U", 1), more=more).close()
    with run(tmp_path, (2, "b", "U", 2)) as connection:
        assert [row[:2] for row in rows(connection, "gold.copy")] == [(1, "a"), (2, "b")]


@pytest.mark.parametrize(
    ("source", "event"),
    [
        ("silver.current", (1, "b", "U", 2)),
        ("silver.history", (1, "b", "U", 2)),
        ("silver.history", (1, None, "D", 2)),
    ],
)
def test_a_stream_of_a_table_whose_rows_changed_fails_as_in_spark(tmp_path, source, event):
    run(tmp_path, (1, "a", "U", 1), more=STREAM.replace("SOURCE", source)).close()
    for _ in range(2):  # and so it stays
        with pytest.raises(IngotError) as caught:
            run(tmp_path, *([event] if _ == 0 else []))
        error = caught.value
        assert error.code == "source-rewritten"
        assert error.message == (
            f"[DELTA_SOURCE_TABLE_IGNORE_CHANGES] rows of the streaming source {source} were changed by MERGE in "
            "version 1: a stream reads only appended rows"
        )
        assert "MATERIALIZED VIEW" in (error.hint or "") and "skipChangeCommits = true" in (error.hint or "")
        assert error.location is not None and error.location.path.endswith("a.sql")


def test_a_stream_of_a_table_whose_rows_were_only_deleted_fails_as_in_spark(tmp_path):
    run(tmp_path, (1, "a", "U", 1), more=STREAM.replace("SOURCE", "silver.current")).close()
    with pytest.raises(IngotError) as caught:
        run(tmp_path, (1, None, "D", 2))
    assert caught.value.message.startswith("[DELTA_SOURCE_IGNORE_DELETE]")
    assert "ignoreDeletes = true" in (caught.value.hint or "")


def test_a_stream_that_skips_changes_reads_the_versions_that_only_add_rows(tmp_path):
    with_python(tmp_path, "skipChangeCommits", "silver.current")
    run(tmp_path, (1, "a", "U", 1)).close()
    run(tmp_path, (1, "b", "U", 2), (3, "c", "U", 3)).close()
    with run(tmp_path, (2, "d", "U", 4)) as connection:
        assert rows(connection, "gold.copy") == [(1, "a"), (2, "d")]


def test_a_stream_that_ignores_changes_reads_rewritten_files_again(tmp_path):
    with_python(tmp_path, "ignoreChanges", "silver.current")
    run(tmp_path, (1, "a", "U", 1)).close()
    run(tmp_path, (1, "b", "U", 2)).close()
    run(tmp_path, (1, None, "D", 3)).close()
    with run(tmp_path, (2, "d", "U", 4)) as connection:
        assert rows(connection, "gold.copy") == [(1, "a"), (1, "b"), (2, "d")]


def test_a_stream_that_ignores_deletes_goes_on_after_one(tmp_path):
    with_python(tmp_path, "ignoreDeletes", "silver.current")
    run(tmp_path, (1, "a", "U", 1)).close()
    run(tmp_path, (1, None, "D", 3)).close()
    with run(tmp_path, (2, "d", "U", 4)) as connection:
        assert rows(connection, "gold.copy") == [(1, "a"), (2, "d")]
        assert len(connection.sql("DESCRIBE HISTORY gold.copy").fetchall()) == 2
    with pytest.raises(IngotError) as caught:
        run(tmp_path, (2, "e", "U", 5))
    assert caught.value.message.startswith("[DELTA_SOURCE_TABLE_IGNORE_CHANGES]")


def test_rows_added_under_another_partitioning_are_not_read_under_the_new_one(tmp_path):
    schema = pa.schema([("id", pa.int32()), ("name", pa.string())])

    def write(key: int, mode: str, **options: Any) -> None:
        table = pa.Table.from_pylist([{"id": key, "name": "a"}], schema=schema)
        write_deltalake(str(tmp_path / "crm"), table, mode=mode, **options)

    with_python(tmp_path, "skipChangeCommits", "crm.rows")
    settings = {"ingot.yml": "name: parts\ntables:\n  crm.rows: crm\n"}
    write(1, "error", partition_by=["name"])
    run_project(tmp_path, settings).close()
    write(2, "append")
    write(3, "overwrite", schema_mode="overwrite", partition_by=[])
    with pytest.raises(IngotError) as caught:
        run_project(tmp_path)
    assert caught.value.code == "source-rewritten" and "partitioned by (name)" in caught.value.message

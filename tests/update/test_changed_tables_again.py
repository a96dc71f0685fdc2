"""Tables of changes that are restored, dropped or refreshed in full: what they remember goes with their rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingot.connection import Connection
from ingot.tables import drop_table, restore_table
from update.changed_tables import current, history, rows, run

VIEW = "\nCREATE MATERIALIZED VIEW gold.all AS SELECT * FROM silver.current;\n"
FIRST = [(1, "a", "U", 10), (2, "b", "U", 10)]


def restored(folder: Path, table: str, version: int) -> None:
    with run(folder) as connection:
        restore_table(connection.project, table, version)


def both(connection: Connection) -> tuple[list, list]:
    return rows(connection, "silver.current"), rows(connection, "silver.history")


def test_restored_rows_keep_their_sequences(tmp_path):
    run(tmp_path, *FIRST).close()
    run(tmp_path, (1, "bad", "U", 20)).close()
    for table in ("silver.current", "silver.history"):
        restored(tmp_path, table, 0)
    with run(tmp_path, (1, "older", "U", 5), (2, "newer", "U", 15)) as connection:
        seen = [*FIRST, (1, "older", "U", 5), (2, "newer", "U", 15)]
        assert both(connection) == (current(seen), history(seen))


def test_a_delete_that_was_undone_does_not_end_the_row_that_came_back(tmp_path):
    run(tmp_path, *FIRST).close()
    run(tmp_path, (2, None, "D", 12)).close()
    run(tmp_path, (1, None, "D", 20)).close()
    for table in ("silver.current", "silver.history"):
        restored(tmp_path, table, 1)
    late = [(1, "late", "U", 15), (2, "late", "U", 11)]
    with run(tmp_path, *late) as connection:
        seen = [*FIRST, (2, None, "D", 12), *late]  # the delete of 2 had been applied before, that of 1 is undone
        assert both(connection) == (current(seen), history(seen))


def test_a_delete_after_a_restore_is_remembered(tmp_path):
    run(tmp_path, *FIRST).close()
    run(tmp_path, (1, None, "D", 20)).close()
    restored(tmp_path, "silver.current", 0)
    run(tmp_path, (1, None, "D", 18)).close()
    with run(tmp_path, (1, "late", "U", 17)) as connection:
        assert rows(connection, "silver.current") == [(2, "b")]
    with run(tmp_path, (1, "new", "U", 19)) as connection:
        assert rows(connection, "silver.current") == [(1, "new"), (2, "b")]


def test_a_restore_that_is_repeated_changes_nothing_more(tmp_path):
    run(tmp_path, *FIRST).close()
    run(tmp_path, (1, None, "D", 20)).close()
    for _ in range(2):
        restored(tmp_path, "silver.current", 0)
    with run(tmp_path, (1, "late", "U", 15)) as connection:
        assert rows(connection, "silver.current") == [(1, "late"), (2, "b")]


@pytest.mark.slow
def test_merged_tombstones_are_taken_apart_by_a_restore(tmp_path, monkeypatch):
    monkeypatch.setattr("ingot.update.tombstones._FILES_MAX", 2)
    run(tmp_path, *[(key, "a", "U", 10) for key in range(8)]).close()
    for key in range(7):
        run(tmp_path, (key, None, "D", 20)).close()
    restored(tmp_path, "silver.current", 3)  # 0, 1 and 2 are deleted
    with run(tmp_path, *[(key, "late", "U", 15) for key in range(8)]) as connection:
        assert rows(connection, "silver.current") == [(key, "late") for key in range(3, 8)]


def test_a_version_from_before_a_full_refresh_brings_its_deletes_with_it(tmp_path):
    run(tmp_path, *FIRST).close()
    run(tmp_path, (1, None, "D", 20)).close()
    run(tmp_path, full_refresh_all=True).close()
    run(tmp_path, (2, None, "D", 20)).close()
    restored(tmp_path, "silver.current", 1)
    with run(tmp_path, (1, "late", "U", 15), (2, "late", "U", 15)) as connection:
        assert rows(connection, "silver.current") == [(2, "late")]


def test_a_view_over_a_restored_table_is_computed_again(tmp_path):
    run(tmp_path, *FIRST, more=VIEW).close()
    run(tmp_path, (1, "bad", "U", 20)).close()
    restored(tmp_path, "silver.current", 0)
    with run(tmp_path) as connection:
        assert rows(connection, "gold.all") == [(1, "a"), (2, "b")]


def test_an_older_version_is_read_as_it_was(tmp_path):
    run(tmp_path, *FIRST).close()
    with run(tmp_path, (1, None, "D", 20)) as connection:
        assert rows(connection, "silver.current VERSION AS OF 0") == [(1, "a"), (2, "b")]
        assert rows(connection, "silver.history VERSION AS OF 0") == [(1, "a", 10, None), (2, "b", 10, None)]


@pytest.mark.parametrize("is_dropped", [False, True])
def test_deletes_of_a_life_before_do_not_count(tmp_path, is_dropped):
    run(tmp_path, *FIRST).close()
    with run(tmp_path, (1, None, "D", 20), file="wrong.json") as connection:
        assert rows(connection, "silver.current") == [(2, "b")]
        for table in ("bronze.changes", "silver.current", "silver.history") if is_dropped else ():
            drop_table(connection.project, table)
    (tmp_path / "in" / "wrong.json").unlink()
    run(tmp_path, full_refresh_all=not is_dropped).close()
    with run(tmp_path, (1, "late", "U", 15)) as connection:
        seen = [*FIRST, (1, "late", "U", 15)]
        assert both(connection) == (current(seen), history(seen))


def test_a_full_refresh_gives_the_same_rows(tmp_path):
    batches = [FIRST, [(1, None, "D", 20)], [(1, "late", "U", 15), (3, "c", "U", 5)], [(1, "new", "U", 30)]]
    for batch in batches:
        with run(tmp_path, *batch) as connection:
            before = both(connection)
    with run(tmp_path, full_refresh_all=True) as connection:
        seen = [event for batch in batches for event in batch]
        assert both(connection) == before == (current(seen), history(seen))

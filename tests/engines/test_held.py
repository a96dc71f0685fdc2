"""Rows that are taken into memory are read from there by other queries, until they are let go."""

from __future__ import annotations

import threading

import pytest

from engines.conftest import bound
from ingot.engine import HeldBinding
from ingot.engines.duckdb.engine import Engine
from ingot.errors import DataError, UnsupportedError


def tables(engine: Engine) -> int:
    return engine._connection.cursor().execute("SELECT count(*) FROM duckdb_tables()").fetchall()[0][0]


def test_rows_are_read_by_several_queries_until_they_are_let_go(engine: Engine):
    rows = engine.hold(bound('SELECT range AS id, \'x\' AS "a ""b" FROM range(5)', 'id bigint, `a "b` string'))
    assert tables(engine) == 0
    found = rows.take(5)
    assert isinstance(found, HeldBinding)
    for sql, expected in (("SELECT sum(id) AS n FROM leaf", 10), ('SELECT count("a ""b") AS n FROM leaf', 5)):
        table = engine.collect(bound(sql, "n decimal(38,0)", {"leaf": found})).read()
        assert table.columns[0].to_pylist() == [expected]
    rows.close()
    assert tables(engine) == 0


def test_more_rows_than_wanted_are_not_kept(engine: Engine):
    rows = engine.hold(bound("SELECT range AS id FROM range(5)", "id bigint"))
    assert rows.take(4) is None
    assert tables(engine) == 0


def test_what_fails_while_it_is_taken_leaves_nothing(engine: Engine):
    rows = engine.hold(bound("SELECT error('X: no') AS id FROM range(5)", "id bigint"))
    with pytest.raises(DataError):
        rows.take(5)
    rows.close()
    assert tables(engine) == 0


def test_taking_can_be_stopped_from_another_thread(engine: Engine):
    rows = engine.hold(
        bound("SELECT count(*) AS n FROM range(1000000) a, range(1000000) b WHERE a.range <> b.range + 1", "n bigint")
    )
    is_stopped = threading.Event()

    def stop() -> None:
        while not is_stopped.wait(0.05):
            rows.interrupt()

    stopping = threading.Thread(target=stop)
    stopping.start()
    with pytest.raises(KeyboardInterrupt):
        rows.take(5)
    is_stopped.set()
    stopping.join()
    rows.close()


def test_an_engine_that_is_closed_takes_its_rows_along(engine: Engine):
    rows = engine.hold(bound("SELECT 1 AS id", "id int"))
    assert rows.take(5) is not None
    engine.close()
    rows.close()


def test_rows_that_cannot_be_let_go_are_told_and_their_cursor_is_closed(engine: Engine):
    rows = engine.hold(bound("SELECT 1 AS id", "id int"))
    found = rows.take(5)
    assert isinstance(found, HeldBinding)
    engine._connection.cursor().execute(f'DROP TABLE "{found.name}"')
    with pytest.raises(UnsupportedError, match=found.name):
        rows.close()
    assert not engine._active

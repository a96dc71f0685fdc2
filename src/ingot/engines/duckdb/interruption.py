"""Statements that Ctrl-C stops at once.

Owns the thread that a long statement runs in. Never decides what becomes of what the statement has done so far.
"""

from __future__ import annotations

import threading
from typing import Any

_PATIENCE_S = 0.05


def run_interruptibly(cursor: Any, statement: str) -> list[tuple[Any, ...]]:
    """Run a statement and give all its rows.

    DuckDB's client looks for signals while it waits, but now and then misses one and runs to the end. So the
    main thread, the only one that gets signals, lets another thread run the statement, waits in Python, and asks
    DuckDB to stop until it has.
    """
    if threading.current_thread() is not threading.main_thread():
        return cursor.execute(statement).fetchall()
    rows: list[tuple[Any, ...]] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            rows.extend(cursor.execute(statement).fetchall())
        except BaseException as error:  # whatever it is, it is raised again in the thread that asked
            failure.append(error)
        finally:
            done.set()

    done = threading.Event()  # Thread.join, once interrupted, takes the thread for dead (Python 3.11)
    threading.Thread(target=run, name="duckdb", daemon=True).start()
    try:
        while not done.wait(_PATIENCE_S):  # in steps: a signal that comes just before a wait does not end it
            continue
    except BaseException:
        while not done.wait(_PATIENCE_S):
            cursor.interrupt()
        raise
    if failure:
        raise failure[0]
    return rows

"""The process that evaluates queries of strangers: reads requests from its standard input, answers on its output.

It is alone with one query at a time, so that a query can be stopped whatever it is doing, by ending the process. It
knows no settings but what a query needs: no secrets, no sources, no definitions, no environment. Its engine reads the
lake and the mapped tables, and nothing else. Never writes but where DuckDB spills.

Each message is a line of JSON, followed by as many bytes as it says in `size`.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import queue
import resource
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ingot.engine import Engine, load_engine
from ingot.errors import IngotError, Location, unexpected
from ingot.events import error_facts
from ingot.model import Project
from ingot.result import Result
from ingot.server.rendering import Bounds, rendered

_BEGIN = Location("query", 1, 1)
_PATIENCE_S = 0.05  # a query that is not yet with DuckDB does not notice: it is told again
_BESIDE_BYTES = 2**30  # what Python, and DuckDB beside its buffers, may take


@dataclass(frozen=True)
class Setup:
    """What the process begins with: the project, without all that no query needs, the folders that its engine may
    read, and its share of the memory."""

    project: Project
    folders: tuple[Path, ...]
    memory_bytes: int


@dataclass(frozen=True)
class Task:
    """One query: its text, what of its rows is wanted, and in which form."""

    sql: str
    form: str  # json, csv, arrow
    offset: int
    bounds: Bounds
    escapes_formulas: bool = False


def main() -> None:
    """Answer until the input ends."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not get between the answers
    setup: Setup = pickle.loads(_read(requests)[1])
    project = setup.project
    engine = _engine(setup)
    _write(answers, {"ready": True}, b"")
    _warm_up(project, engine)
    worn_bytes = _bound_memory(setup.memory_bytes)  # now that the threads are there, whose addresses count as well
    tasks = _Tasks(engine)
    threading.Thread(target=tasks.listen, args=(requests,), daemon=True).start()
    while True:
        with tasks.next() as task:
            head, body = _answer(project, engine, task)
        _write(answers, {**head, "is_worn": _taken() > worn_bytes}, body)


class _Tasks:
    """Takes tasks, and requests to stop the one that runs, while it runs."""

    def __init__(self, engine: Engine):
        self._engine = engine
        self._waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._is_running = False

    @contextlib.contextmanager
    def next(self) -> Iterator[Task]:
        task = self._waiting.get()
        try:
            yield task
        finally:
            self._is_running = False

    def listen(self, requests: BinaryIO) -> None:
        while True:
            try:
                head, body = _read(requests)
            except EOFError:
                os._exit(0)  # the server has gone: whatever runs is of no use
            if head.get("stop"):
                while self._is_running:
                    self._engine.interrupt()
                    time.sleep(_PATIENCE_S)
            else:
                self._is_running = True
                self._waiting.put(pickle.loads(body))


def _engine(setup: Setup) -> Engine:
    engine = load_engine(setup.project)
    engine.restrict(setup.folders)
    return engine


def _warm_up(project: Project, engine: Engine) -> None:
    """Import what the first query would have to wait for."""
    from ingot.queries import evaluate

    evaluate(project, engine, "SELECT 1 AS one", is_confined=True).fetchall()


def _bound_memory(memory_bytes: int) -> int:
    """Let the process fail, rather than the machine, when a function asks for more than DuckDB's own bound counts.

    Returns:
        How many bytes of addresses mean that the process is worn: allocators do not give everything back.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    taken = _taken()
    if taken:
        limit = taken + memory_bytes + _BESIDE_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    return taken + memory_bytes // 2


def _taken() -> int:
    """The bytes of addresses that this process has; 0 where the system does not tell."""
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[0]) * resource.getpagesize() if status.exists() else 0


def _answer(project: Project, engine: Engine, task: Task) -> tuple[dict[str, Any], bytes]:
    from ingot.queries import evaluate

    started = time.perf_counter()
    try:
        fetched = task.offset + task.bounds.rows + 1  # one more tells whether there are more
        result: Result = evaluate(project, engine, task.sql, limit=fetched, is_confined=True, location=_BEGIN)
        output = io.BytesIO()
        facts = rendered(result, task.form, task.offset, task.bounds, task.escapes_formulas, output)
    except IngotError as error:
        return {"error": {**error_facts(error), "location": _shown(error.location)}}, b""
    except KeyboardInterrupt:
        return {"is_stopped": True}, b""
    except MemoryError:
        error = IngotError("not enough memory for this query", hint="ask for less", code="out-of-memory")
        return {"error": error_facts(error)}, b""
    except Exception as error:  # the last boundary: the server logs it, and tells nobody
        notes = "\n".join(getattr(unexpected(error, None), "__notes__", []))
        return {"bug": f"{type(error).__name__}: {error}\n{notes}"}, b""
    facts["milliseconds"] = round((time.perf_counter() - started) * 1000, 1)
    return facts, output.getvalue()


def _shown(location: Location | None) -> str | None:
    """A place in the text of a query, with its column, for an editor."""
    if location is None or location.line is None:
        return None
    return f"{location}:{location.column}" if location.column is not None else str(location)


# --- messages -----------------------------------------------------------------------------------------------------


def message(head: dict[str, Any], body: bytes) -> bytes:
    """The bytes of a message."""
    return json.dumps({**head, "size": len(body)}, ensure_ascii=False).encode() + b"\n" + body


def _read(stream: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """The next message.

    Raises:
        EOFError: there is none any more.
    """
    line = stream.readline()
    if not line.endswith(b"\n"):
        raise EOFError
    head = json.loads(line)
    return head, stream.read(head["size"])


def _write(stream: BinaryIO, head: dict[str, Any], body: bytes) -> None:
    stream.write(message(head, body))
    stream.flush()


if __name__ == "__main__":
    main()

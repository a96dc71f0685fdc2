"""Queries of strangers: evaluated in processes of their own, a few at a time, within bounds of time, rows and memory.

Owns these processes, and who waits for one. A query that exceeds its time, or that nobody waits for any more, is
stopped; if it does not stop at once its process is ended, and nothing else with it. See `worker` for what they can do.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import pickle
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingot.errors import IngotError, Location
from ingot.model import Project, SecretSpec, ServeSpec
from ingot.server.faults import RequestError
from ingot.server.worker import Setup, Task, message

_LOG = logging.getLogger("ingot.server")

_WAITING_MAX = 32
_WAIT_S = 20.0
_STOP_S = 0.5  # how long a query that is told to stop may take, before its process is ended
_START_S = 30.0
_IDLE_S = 120.0
_LOOK_S = 0.2
_LINE_BYTES_MAX = 2**20
_MEMORY_SHARE = 0.3  # of the project's, for all queries together
_MEMORY_BYTES_MIN = 256 * 2**20
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "LD_LIBRARY_PATH")
# glibc sets 64 MiB of addresses aside for each thread that allocates: a worker would look worn that has done nothing
_OWN_ENVIRONMENT = {"MALLOC_ARENA_MAX": "2"}

_Answer = tuple[dict[str, Any], bytes]
IsGone = Callable[[], Awaitable[bool]]


async def _stays() -> bool:
    return False


class Sandbox:
    """Evaluates queries for one project."""

    def __init__(self, project: Project, folders: list[Path]):
        self._spec = project.serve
        memory = max(_MEMORY_BYTES_MIN, int(_memory(project) * _MEMORY_SHARE / self._spec.queries_max))
        configuration = {key: value for key, value in project.configuration.items() if key.startswith("spark.")}
        bare = replace(
            project, sources=(), secrets=SecretSpec(), definitions=(), serve=ServeSpec(), configuration=configuration,
            memory_limit=f"{memory // 2**20}MiB",
        )  # fmt: skip
        self._setup = Setup(bare, tuple(folders), memory)
        self._running = asyncio.Semaphore(self._spec.queries_max)
        self._waiting = 0
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()

    async def run(self, task: Task, timeout_s: float | None = None, is_gone: IsGone = _stays) -> _Answer:
        """Evaluate one query; gives facts of the answer, and the answer in the form that the task asks for.

        Raises:
            RequestError: `server-busy`, `query-timeout`, `client-gone`.
            IngotError: what is wrong with the query.
        """
        async with self._turn():
            process = await self._process()
            limit = min(timeout_s or self._spec.query_timeout_s, self._spec.query_timeout_s)
            try:
                outcome = await self._outcome(process, task, limit, is_gone)
            except (EOFError, OSError):
                self._end(process)
                raise _crashed() from None
            except BaseException:  # such as a request that is cancelled
                self._end(process)
                raise
            if isinstance(outcome, tuple) and outcome[0]["is_worn"]:
                self._end(process)
            self._release(process)
        if isinstance(outcome, IngotError):
            raise outcome
        head, body = outcome
        if "error" in head:
            facts = head["error"]
            place = Location(facts["location"]) if facts["location"] is not None else None
            raise IngotError(facts["message"], location=place, hint=facts["hint"], code=facts["code"])
        if "bug" in head:
            _LOG.error("a query met a bug: %s\n%s", task.sql, head["bug"])
            raise IngotError("the query met a bug", code="internal-error")
        return head, body

    async def warm_up(self) -> None:
        """Have a process ready for the query that will come soon."""
        if not self._all:
            with contextlib.suppress(IngotError):
                self._release(await self._process())

    def close(self) -> None:
        """End all processes."""
        for process in list(self._all):
            self._end(process)

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Wait for one of the places; not for long, and not behind too many others."""
        if self._running.locked() and self._waiting >= _WAITING_MAX:
            raise _busy()
        self._waiting += 1
        try:
            await asyncio.wait_for(self._running.acquire(), _WAIT_S)
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._running.release()

    async def _process(self) -> _Process:
        while self._idle:
            process = self._idle.pop()
            if process.is_alive:
                return process
            self._all.discard(process)
        process = await _Process.start(self._setup)
        self._all.add(process)
        try:
            await asyncio.wait_for(process.read(), _START_S)
        except (EOFError, OSError, TimeoutError):
            self._end(process)
            raise _crashed() from None
        return process

    async def _outcome(self, process: _Process, task: Task, timeout_s: float, is_gone: IsGone) -> _Answer | IngotError:
        """The answer, or why the query was stopped."""
        await process.send({}, pickle.dumps(task))
        reading = asyncio.ensure_future(process.read())
        deadline = time.monotonic() + timeout_s
        try:
            while True:
                left = deadline - time.monotonic()
                done, _ = await asyncio.wait({reading}, timeout=max(0.0, min(_LOOK_S, left)))
                if done:
                    return reading.result()
                if left <= 0:
                    reason = _too_long(timeout_s)
                    break
                if await is_gone():
                    reason = RequestError("the client has gone", code="client-gone")
                    break
            await process.send({"stop": True}, b"")
            done, _ = await asyncio.wait({reading}, timeout=_STOP_S)
            if not done or reading.exception() is not None or reading.result()[0]["is_worn"]:
                process.kill()
            return reason
        finally:
            if not reading.done():
                reading.cancel()

    def _release(self, process: _Process) -> None:
        if not process.is_alive:
            self._all.discard(process)
            return
        if process not in self._idle:
            self._idle.append(process)
            asyncio.get_running_loop().call_later(_IDLE_S, self._retire, process, time.monotonic())
            process.used_at = time.monotonic()

    def _retire(self, process: _Process, since: float) -> None:
        """End a process that nobody has needed for a while."""
        if process in self._idle and process.used_at <= since + 1:
            self._end(process)

    def _end(self, process: _Process) -> None:
        process.kill()
        self._all.discard(process)
        if process in self._idle:
            self._idle.remove(process)


class _Process:
    """A process of `worker`, and the messages to and from it."""

    def __init__(self, process: asyncio.subprocess.Process):
        self._process = process
        self._is_killed = False
        self.used_at = time.monotonic()

    @classmethod
    async def start(cls, setup: Setup) -> _Process:
        environment = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ} | _OWN_ENVIRONMENT
        process = cls(
            await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "ingot.server.worker",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=environment, cwd="/",
                limit=_LINE_BYTES_MAX, start_new_session=True,
            )
        )  # fmt: skip
        await process.send({}, pickle.dumps(setup))
        return process

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None and not self._is_killed

    async def send(self, head: dict[str, Any], body: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(message(head, body))
        await self._process.stdin.drain()

    async def read(self) -> _Answer:
        """The next message.

        Raises:
            EOFError: the process has ended.
        """
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        head = json.loads(line)
        return head, await self._process.stdout.readexactly(head["size"])

    def kill(self) -> None:
        if self.is_alive:
            self._is_killed = True
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)


def _memory(project: Project) -> float:
    """The bytes of memory that the project may take."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    found = re.match(r"([\d.]+)\s*([KMGT]?)", project.memory_limit or "60%", re.IGNORECASE)
    assert found is not None
    if project.memory_limit is None or project.memory_limit.strip().endswith("%"):
        return machine * float(found[1]) / 100
    return float(found[1]) * 1000 ** " KMGT".index(found[2].upper() or " ")


def _busy() -> RequestError:
    return RequestError("too many queries are running", hint="try again soon", code="server-busy", retry_after_s=5)


def _too_long(timeout_s: float) -> RequestError:
    return RequestError(
        f"the query took longer than {timeout_s:g} s and was stopped",
        hint="ask for less, or let whoever runs the server raise it in ingot.yml: serve: {query_timeout_s: …}",
        code="query-timeout",
    )


def _crashed() -> IngotError:
    return IngotError(
        "the process of this query has ended, most likely for lack of memory",
        hint="ask for less, or raise memory_limit in ingot.yml",
        code="query-crashed",
    )

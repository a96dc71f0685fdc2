"""`ingot` in a process of its own, forked from one that has imported it: imports are paid once for many commands.

The process has the command's own arguments, environment, folder and outputs, and may kill itself or get signals. What
a start does is tested with processes that are started anew.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PRELOADED = (
    "arro3.core", "ingot.cli", "ingot.connection", "ingot.definitions.loading", "ingot.definitions.sql",
    "ingot.engines.duckdb", "ingot.engines.duckdb.dialect", "ingot.project", "ingot.queries", "ingot.run",
    "ingot.testing", "ingot.update.execution", "ingot.update.housekeeping", "ingot.update.planner",
    "sqlglot.dialects.databricks", "yaml",
)  # fmt: skip

# What `ingot serve` needs besides, imported when it is asked for the first time.
PRELOADED_TO_SERVE = (
    "asyncio", "ingot.server.app", "ingot.server.connections", "ingot.server.served", "ingot.server.worker",
    "uvicorn.lifespan.on", "uvicorn.server",
)  # fmt: skip


@dataclass
class Started:
    """A command that was forked and may still run: of `subprocess.Popen`, what tests use."""

    pid: int
    stdout: IO[str]
    stderr: IO[str]
    returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended, unless it runs."""
        return self._ended(0)

    def wait(self, timeout_s: float) -> int:
        """How it ends.

        Raises:
            TimeoutExpired: it still runs.
        """
        code = self._ended(timeout_s)
        if code is None:
            raise subprocess.TimeoutExpired("ingot", timeout_s)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout_s: float) -> int | None:
        if self.returncode is None and _is_over(self.pid, timeout_s):
            self.returncode = _ask({"reap": self.pid})
        return self.returncode


def start(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Started:
    """Begin a command that runs until it is told to end, such as `serve`; in our folder, with these variables besides."""
    with tempfile.TemporaryDirectory() as outputs:
        reading = []
        for name in ("out", "err"):
            os.mkfifo(Path(outputs, name))
            reading.append(os.open(Path(outputs, name), os.O_RDONLY | os.O_NONBLOCK))
        order = _order(folder, arguments, environment, None, outputs)
        pid = _ask({**order, "stays": True})
    for descriptor in reading:
        os.set_blocking(descriptor, True)  # it writes, or has written, by now: there is no waiting for a first writer
    return Started(pid, *(os.fdopen(descriptor, encoding="utf-8") for descriptor in reading))


def ingot(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command for the project of this folder, with these variables besides our own; in our folder or `cwd`."""
    with tempfile.TemporaryDirectory() as outputs:
        order = _order(folder, arguments, environment, cwd, outputs)
        code = _ask(order)
        out, err = (Path(outputs, name).read_text("utf-8") for name in ("out", "err"))
    return subprocess.CompletedProcess(order["arguments"], code, out, err)


def _order(
    folder: Path, arguments: tuple[str, ...], environment: Mapping[str, str] | None, cwd: Path | None, outputs: str
) -> dict[str, Any]:
    return {
        "arguments": ["-C", str(folder), *arguments],
        "environment": {**os.environ, **(environment or {})},
        "folder": str(cwd or Path.cwd()),
        "outputs": outputs,
    }


def _ask(order: dict[str, Any]) -> int:
    """The answer of the process that forks: of what stays its id, else how it ended."""
    server = _server()
    assert server.stdin is not None and server.stdout is not None
    server.stdin.write(json.dumps(order) + "\n")
    server.stdin.flush()
    return int(server.stdout.readline())


def _is_over(pid: int, timeout_s: float) -> bool:
    """Whether a process ends within this time. Its id stays its own until it is reaped."""
    descriptor = os.pidfd_open(pid)
    try:
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        return bool(waiting.poll(timeout_s * 1000))
    finally:
        os.close(descriptor)


@functools.cache
def _server() -> subprocess.Popen[str]:
    """The process that forks, which ends with us."""
    process = subprocess.Popen(
        [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )

    def end() -> None:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.close()
        process.wait(60)
        process.stdout.close()

    atexit.register(end)
    return process


def _serve() -> None:
    _import(PRELOADED)
    for line in sys.stdin:
        order = json.loads(line)
        if "reap" in order:
            answer = _exit_code(order["reap"])
        else:
            if order.get("stays"):
                _import(PRELOADED_TO_SERVE)
            outputs = [os.open(Path(order["outputs"], name), os.O_WRONLY | os.O_CREAT) for name in ("out", "err")]
            child = os.fork()
            if child == 0:
                _become(order, outputs)
                return
            for descriptor in outputs:
                os.close(descriptor)
            answer = child if order.get("stays") else _exit_code(child)
        print(answer, flush=True)


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        importlib.import_module(name)


def _exit_code(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _become(order: dict[str, Any], outputs: list[int]) -> None:
    """Run the command as this process, which ends with it."""
    for place, descriptor in enumerate(outputs, 1):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    os.chdir(order["folder"])
    sys.path[0] = order["folder"]  # as `python -m` does
    sys.argv = ["ingot", *order["arguments"]]
    sys.exit(importlib.import_module("ingot.cli").main(order["arguments"]))


if __name__ == "__main__":
    _serve()

"""`ingot` in a process of its own, forked from one that has imported it: imports are paid once for many commands.

The process has the command's own arguments, environment, folder and outputs, and may kill itself. What a start does,
signals from outside, and servers are tested with processes that are started anew.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PRELOADED = (
    "arro3.core", "ingot.cli", "ingot.connection", "ingot.definitions.loading", "ingot.definitions.sql",
    "ingot.engines.duckdb", "ingot.engines.duckdb.dialect", "ingot.project", "ingot.queries", "ingot.run",
    "ingot.testing", "ingot.update.execution", "ingot.update.housekeeping", "ingot.update.planner",
    "sqlglot.dialects.databricks", "yaml",
)  # fmt: skip


def ingot(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command for the project of this folder, with these variables besides our own; in our folder or `cwd`."""
    server = _server()
    assert server.stdin is not None and server.stdout is not None
    command = ["-C", str(folder), *arguments]
    with tempfile.TemporaryDirectory() as outputs:
        order = {
            "arguments": command,
            "environment": {**os.environ, **(environment or {})},
            "folder": str(cwd or Path.cwd()),
            "outputs": outputs,
        }
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        out, err = (Path(outputs, name).read_text("utf-8") for name in ("out", "err"))
    return subprocess.CompletedProcess(command, code, out, err)


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
    for name in PRELOADED:
        importlib.import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order)
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(order: dict[str, Any]) -> None:
    """Run the command as this process, which ends with it."""
    for place, name in enumerate(("out", "err"), 1):
        os.dup2(os.open(Path(order["outputs"], name), os.O_WRONLY | os.O_CREAT), place)
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

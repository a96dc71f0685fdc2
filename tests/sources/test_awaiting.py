"""Waits that Ctrl-C ends, whenever it comes."""

from __future__ import annotations

import subprocess
import sys

import pytest

# The signal goes to another thread, so that nothing wakes the main one: as if it had come just before the wait began.
UNHEARD = """
import signal, threading, time
from concurrent.futures import Future
from queue import SimpleQueue
from ingot.engines.duckdb.interruption import run_interruptibly
from ingot.sources.awaiting import next_of, result_of
from ingot.sources.rest.ahead import in_order

ended = threading.Event()

class Endless:
    def execute(self, statement):
        ended.wait(60)
        return self

    fetchall = interrupt = lambda self: ended.set()

def endless():
    ended.wait(60)
    return iter(())

def interrupt():
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
try:
    threading.Timer(0.1, interrupt).start()
    {wait}
except KeyboardInterrupt:
    print("interrupted")
ended.set()
"""


@pytest.mark.parametrize(
    "wait",
    [
        "result_of(Future())",
        "next_of(SimpleQueue())",
        "list(in_order(iter([endless]), 1))",
        "run_interruptibly(Endless(), 'SELECT 1')",
    ],
)
def test_an_interrupt_that_wakes_nobody_ends_a_wait(wait: str) -> None:
    command = [sys.executable, "-c", UNHEARD.replace("{wait}", wait)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert (done.stdout, done.stderr) == ("interrupted\n", "")

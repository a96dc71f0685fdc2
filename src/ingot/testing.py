"""For tests of pipelines: unit tests of datasets, whole projects on given rows, a clock that stands still, and death
at a chosen point.

>>> from ingot.testing import ManualClock
>>> clock = ManualClock()
>>> first = clock(); clock.advance(hours=1); (clock() - first).total_seconds()
3600.0
"""

from __future__ import annotations

import datetime
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ingot.connection import Connection
    from ingot.unit_tests.python import PythonTrial

CRASH_VARIABLE = "INGOT_CRASH_AT"
STAGES = (
    "reset", "planned", "deduplicated", "staged", "tombstones", "rewritten", "written", "quarantined", "committed",
)  # fmt: skip


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self, start: datetime.datetime | None = None):
        self._now = start or datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)

    def __call__(self) -> datetime.datetime:
        return self._now

    def advance(self, **duration: float) -> None:
        """Move on, by the arguments of `datetime.timedelta`."""
        self._now += datetime.timedelta(**duration)


def unit_test(
    model: str,
    *,
    name: str | None = None,
    now: datetime.datetime | None = None,
    vars: Mapping[str, str] | None = None,
    env_vars: Mapping[str, str] | None = None,
) -> Callable[[Callable[[PythonTrial], None]], Callable[[], None]]:
    """Mark a function as a unit test of a dataset: `ingot test` runs it, and so does pytest.

    The function takes a trial, to be given batches and to be asked for what is there afterwards:

        @unit_test("silver.orders")
        def test_names_are_trimmed(trial):
            trial.batch({"bronze.orders": [{"order_id": "1", "customer": " Ada "}]})
            trial.expect([{"order_id": 1, "customer": "Ada"}])

    Args:
        model: The dataset.
        name: Of the test; the function's name if absent.
        now: The instant of `current_timestamp()`; the first of January 2024 if absent.
        vars: Values of the configuration, before all others.
        env_vars: Values of the environment, for `${env:NAME}`.
    """
    from ingot.unit_tests.python import marked

    return marked(model, name, now, vars, env_vars)


def check(
    model: str,
    given: Mapping[str, Any],
    expect: Any,
    *,
    now: datetime.datetime | None = None,
    vars: Mapping[str, str] | None = None,
) -> None:
    """Compare the rows of a dataset, made of given rows, with what they have to be; for use within any test.

    Args:
        model: The dataset.
        given: Rows by input, as `PythonTrial.batch` takes them.
        expect: All rows of the dataset, in any order.
        now: The instant of `current_timestamp()`.
        vars: Values of the configuration, before all others.

    Raises:
        AssertionError: with the rows that differ.
        IngotError: what made the update fail.
    """
    __tracebackhide__ = True
    from ingot.unit_tests.python import check_rows

    check_rows(model, given, expect, now, vars)


def crash_points() -> Callable[[str], None]:
    """What an update tells its stages to; kills the process where the environment says so.

    `INGOT_CRASH_AT=written:3` kills it (SIGKILL: no clean-up runs) the third time that a batch's rows have been
    written and not yet committed. Without the variable nothing happens.
    """
    wanted = os.environ.get(CRASH_VARIABLE)
    if not wanted:
        return lambda stage: None
    stage_wanted, _, count = wanted.partition(":")
    remaining = [int(count or 1)]

    def reached(stage: str) -> None:
        if stage == stage_wanted:
            remaining[0] -= 1
            if remaining[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return reached


def run_project(
    folder: Path, files: Mapping[str, str | bytes] | None = None, *, check: bool = True, **options: Any
) -> Connection:
    """Write files into a project's folder, run one update, and return the open project for queries.

    Args:
        folder: The project's folder; made if absent.
        files: Contents by path relative to the folder: definitions, raw data, `ingot.yml`.
        check: Raise the first error of a failed update.
        options: For `Connection.run`: `refresh`, `full_refresh_all`, `clock` …

    Raises:
        IngotError: what made the update fail, if `check`.
    """
    from ingot.connection import connect

    for name, content in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    connection = connect(folder)
    outcome = connection.run(**options)
    if check and not outcome.is_success:
        failures = [e for e in outcome.failures.values() if e.code not in ("skipped", "upstream-failed")]
        raise (*outcome.errors, *failures, *outcome.failures.values())[0]
    return connection

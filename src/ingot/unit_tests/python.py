"""Unit tests written in Python: rows as dicts, one batch after the other, checked where they are expected.

Owns the trial as a test function sees it, and finding the functions that `unit_test` marks. Never compares rows.
"""

from __future__ import annotations

import atexit
import datetime
import functools
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

from ingot.errors import IngotError, Location, ProjectError, UserCodeError
from ingot.model import Project
from ingot.unit_tests.bench import Bench, Mismatch, Verdict, mismatches
from ingot.unit_tests.report import failure_text
from ingot.unit_tests.specification import DEFAULT_NOW, Batch, Expect, Given, Rows, UnitTest, csv_rows
from ingot.unit_tests.trial import State, Trial

GivenRows = Any  # dicts, CSV text with a header, files by name, or anything that gives an Arrow stream

_MARK = "_ingot_unit_test"
_benches: dict[Path, Bench] = {}


class UnexpectedRows(AssertionError):
    """Something is not as a test expects; the message shows the rows that differ."""

    def __init__(self, text: str, found: Sequence[Mismatch]):
        super().__init__(text)
        self.mismatches = tuple(found)


@dataclass
class PythonTrial:
    """A dataset under test: give it a batch, say what has to be there, give it the next."""

    test: UnitTest
    trial: Trial
    state: State | None = None
    _is_looked_at: bool = True

    def batch(
        self,
        given: Mapping[str, GivenRows] | None = None,
        *,
        now: datetime.datetime | None = None,
        full_refresh: bool = False,
        columns: Mapping[str, Mapping[str, str]] | None = None,
    ) -> PythonTrial:
        """Carry out one update.

        Args:
            given: What is new, by input: a list of dicts, CSV text with a header, a dict of files (`{name: content}`),
                or a table with `__arrow_c_stream__`.
            now: The instant of `current_timestamp()`; UTC if it is naive.
            full_refresh: Reset the dataset and read everything again.
            columns: Types of columns, by input and name, where they cannot be told otherwise.
        """
        self.finish()
        place = _caller()
        inputs = tuple(
            _given(name, rows, dict((columns or {}).get(name, {})), place) for name, rows in (given or {}).items()
        )
        instant = now.replace(tzinfo=datetime.UTC) if now is not None and now.tzinfo is None else now
        self.state = self.trial.advance(Batch(inputs, None, instant, full_refresh, place))
        self._is_looked_at = False
        return self

    def expect(
        self,
        rows: GivenRows | None = None,
        *,
        dropped: int | None = None,
        quarantine: GivenRows | None = None,
        expectations: Mapping[str, int] | None = None,
        error: str | None = None,
    ) -> PythonTrial:
        """Compare what there is with what has to be there.

        Args:
            rows: All rows of the dataset, in any order; only the columns that are named are compared.
            dropped: How many rows the batch dropped.
            quarantine: The rows set aside.
            expectations: How many rows of the batch broke each rule.
            error: The code of the error with which the update has to fail.

        Raises:
            UnexpectedRows: something differs.
            IngotError: the update failed, and was not expected to.
        """
        __tracebackhide__ = True  # pytest then shows the line of the test
        place = _caller()
        expect = Expect(_rows(rows, place), dropped, _rows(quarantine, place), expectations, error, place)
        self._is_looked_at = True
        found = mismatches(self.test.model, expect, self._newest(), self.trial)
        if found:
            verdict = Verdict(self.test, "failed", 0.0, tuple(found))
            raise UnexpectedRows(f"{self.test}\n{failure_text(verdict)}", found)
        return self

    @property
    def rows(self) -> list[dict[str, Any]]:
        """All rows of the dataset as they are now."""
        state = self._newest()
        self.finish()
        return [dict(zip(state.schema.names, row, strict=True)) for row in state.rows]

    def finish(self) -> None:
        """Raise the error of the last batch unless the test has looked at it."""
        if not self._is_looked_at and self.state is not None and self.state.error is not None:
            raise self.state.error

    def _newest(self) -> State:
        if self.state is None:
            raise ProjectError("nothing was given yet", hint="call batch({…}) first", code="usage")
        return self.state


def marked(
    model: str,
    name: str | None,
    now: datetime.datetime | None,
    variables: Mapping[str, str] | None,
    env_vars: Mapping[str, str] | None,
) -> Callable[[Callable[[PythonTrial], None]], Callable[[], None]]:
    """What `ingot.testing.unit_test` does."""

    def mark(function: Callable[[PythonTrial], None]) -> Callable[[], None]:
        test = made_test(model, name or function.__name__, function, now, variables, env_vars)

        def run() -> None:
            __tracebackhide__ = True
            run_python(_bench_of(Path(function.__code__.co_filename)), test)

        functools.update_wrapper(run, function, updated=())
        vars(run).pop("__wrapped__")  # pytest would take the arguments of the function itself for fixtures
        setattr(run, _MARK, test)
        return run

    return mark


def check_rows(
    model: str, given: Mapping[str, GivenRows], expect: GivenRows, now: datetime.datetime | None,
    variables: Mapping[str, str] | None,
) -> None:  # fmt: skip
    """What `ingot.testing.check` does."""
    __tracebackhide__ = True
    file = Path(sys._getframe(2).f_code.co_filename)

    def whole(trial: PythonTrial) -> None:
        __tracebackhide__ = True
        trial.batch(given).expect(expect)

    run_python(_bench_of(file), made_test(model, "check", whole, now, variables))


def made_test(
    model: str,
    name: str,
    function: Callable[[PythonTrial], None],
    now: datetime.datetime | None,
    variables: Mapping[str, str] | None,
    env_vars: Mapping[str, str] | None = None,
) -> UnitTest:
    """The test that a function makes."""
    code = function.__code__
    instant = (now.replace(tzinfo=datetime.UTC) if now.tzinfo is None else now) if now else DEFAULT_NOW
    test = UnitTest(name, model, (), instant, variables or {}, env_vars or {})

    def carry_out(trial: Trial) -> None:
        __tracebackhide__ = True
        python = PythonTrial(test, trial)
        try:
            function(python)
        except (IngotError, AssertionError):
            raise
        except Exception as error:  # the boundary around a test's own code
            frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == code.co_filename]
            line = frames[-1].lineno if frames else code.co_firstlineno
            message = f"the test '{name}' raised {type(error).__name__}: {error}"
            raise UserCodeError(message, location=Location(code.co_filename, line)) from error
        python.finish()

    location = Location(code.co_filename, code.co_firstlineno)
    return UnitTest(name, model, (), instant, test.vars, test.env_vars, location=location, function=carry_out)


def run_python(bench: Bench, test: UnitTest) -> None:
    """Run a test, raising what is wrong."""
    __tracebackhide__ = True
    assert test.function is not None
    with bench.trial(test) as trial:
        test.function(trial)


def find_python_tests(project: Project, only: set[Path] | None = None) -> list[UnitTest]:
    """The functions below `tests/` that `unit_test` marks; of these files only, if some are given.

    Raises:
        UserCodeError: when a file with such functions cannot be loaded.
    """
    found: list[UnitTest] = []
    folder = project.root / "tests"
    for file in sorted(folder.rglob("*.py")) if folder.is_dir() else ():
        if (only is None or file.resolve() in only) and "unit_test" in file.read_text("utf-8", errors="replace"):
            found += [
                getattr(value, _MARK)
                for value in vars(_loaded(file)).values()
                if isinstance(getattr(value, _MARK, None), UnitTest)
            ]
    return found


def _loaded(file: Path) -> Any:
    loader = SourceFileLoader(f"__ingot_tests__.{file.stem}", str(file))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.path.insert(0, str(file.parent))
    try:
        loader.exec_module(module)
    except IngotError:
        raise
    except Exception as error:  # the boundary around the user's file
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
        line = error.lineno if isinstance(error, SyntaxError) else frames[-1].lineno if frames else None
        message = f"{file.name} cannot be loaded: {type(error).__name__}: {error}"
        raise UserCodeError(message, location=Location(str(file), line)) from error
    finally:
        sys.path.remove(str(file.parent))
    return module


def _bench_of(file: Path) -> Bench:
    """The bench of a file's project, kept until the process ends."""
    folder = file.resolve().parent
    if folder not in _benches:
        _benches[folder] = Bench(folder)
        atexit.register(_benches[folder].close)
    return _benches[folder]


def _given(name: str, rows: GivenRows, columns: dict[str, str], place: Location | None) -> Given:
    if isinstance(rows, Mapping):
        return Given(name, columns=columns, files=dict(rows), location=place)
    return Given(name, _rows(rows, place) or Rows(location=place), columns, location=place)


def _rows(rows: GivenRows | None, place: Location | None) -> Rows | None:
    if rows is None:
        return None
    if isinstance(rows, str):
        return csv_rows(rows, place)
    if hasattr(rows, "__arrow_c_stream__"):
        from ingot.result import arrow_names, as_tuples

        names = arrow_names(rows)
        return Rows([dict(zip(names, row, strict=True)) for row in as_tuples(rows)], location=place)
    return Rows([dict(row) for row in rows], location=place)


def _caller() -> Location | None:
    """The line of the test that called."""
    frame = sys._getframe(2)
    return Location(frame.f_code.co_filename, frame.f_lineno)

"""Runs unit tests of one project: what they share is made once, each test gets a folder of its own.

Owns which files hold tests, which tests are selected, and the verdict on each. Never renders.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ingot.definitions import load_definitions
from ingot.engine import Engine, load_engine
from ingot.errors import IngotError, ProjectError, near_hint, nearest, unexpected
from ingot.lake.table import Lake
from ingot.model import Definitions, Project
from ingot.pipeline import Pipeline
from ingot.project import load_project
from ingot.unit_tests.assumptions import AssumingCatalog
from ingot.unit_tests.comparison import Difference, compare
from ingot.unit_tests.elsewhere import elsewhere
from ingot.unit_tests.specification import Expect, Rows, UnitTest, read_unit_tests
from ingot.unit_tests.trial import State, Trial

_MEMORY = Path("/dev/shm")


@dataclass(frozen=True)
class Mismatch:
    """One thing that is not as expected: rows that differ, or a sentence."""

    what: str
    difference: Difference | None = None
    batch: int | None = None


@dataclass(frozen=True)
class Verdict:
    """What became of one test: `passed`, `failed` (something is not as expected), `error`, or `skipped`."""

    test: UnitTest
    status: str
    seconds: float
    mismatches: tuple[Mismatch, ...] = ()
    error: IngotError | None = None

    @property
    def is_good(self) -> bool:
        return self.status in ("passed", "skipped")


@dataclass(frozen=True)
class _World:
    """What tests with the same overrides share."""

    project: Project
    definitions: Definitions
    base: AssumingCatalog


@dataclass
class Bench:
    """A project on which tests are run. Close it, or use it in a `with` statement."""

    folder: Path
    target: str | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)
    _worlds: dict[Any, _World] = field(default_factory=dict)
    _plain: Project | None = None
    _engine: Engine | None = None
    _scratch: tempfile.TemporaryDirectory[str] | None = None

    @property
    def plain_project(self) -> Project:
        """The project without any test's overrides; its definitions are not loaded."""
        if self._plain is None:
            self._plain = load_project(self.folder, self.target, self.configuration)
        return self._plain

    @property
    def root(self) -> Path:
        return self.plain_project.root

    def run(self, test: UnitTest) -> Verdict:
        """Carry out one test."""
        started = time.perf_counter()
        if not test.is_enabled:
            return Verdict(test, "skipped", 0.0)
        error: IngotError | None = None
        mismatches: list[Mismatch] = []
        try:
            mismatches = self._mismatches(test)
        except IngotError as found:
            error = found.at(test.location)
        except AssertionError as found:
            mismatches = list(getattr(found, "mismatches", ())) or [
                Mismatch(str(found) or "an assertion does not hold")
            ]
        except Exception as found:  # a bug that one test meets must not stop the others
            error = unexpected(found, test.location)
        status = "error" if error else "failed" if mismatches else "passed"
        return Verdict(test, status, time.perf_counter() - started, tuple(mismatches), error)

    @contextmanager
    def trial(self, test: UnitTest) -> Iterator[Trial]:
        """A test to be carried out batch by batch, in a folder that is gone afterwards."""
        world = self.world(test)
        with tempfile.TemporaryDirectory(dir=self.scratch, prefix="test") as folder:
            yield Trial(world.project, world.definitions, world.base, self.engine, test, Path(folder))

    def _mismatches(self, test: UnitTest) -> list[Mismatch]:
        found: list[Mismatch] = []
        with self.trial(test) as trial:
            if test.function is not None:
                test.function(trial)
            for number, batch in enumerate(test.batches, start=1):
                state = trial.advance(batch)
                at = number if len(test.batches) > 1 else None
                if batch.expect is not None:
                    found += [replace(one, batch=at) for one in mismatches(test.model, batch.expect, state, trial)]
                elif state.error is not None:
                    raise state.error
        return found

    # --- what tests share ---------------------------------------------------------------------------------------

    def world(self, test: UnitTest | None) -> _World:
        """The project and its definitions under a test's overrides."""
        overrides = test.vars if test else {}
        variables = test.env_vars if test else {}
        key = (tuple(sorted(overrides.items())), tuple(sorted(variables.items())))
        if key not in self._worlds:
            with _environment(variables):
                project = load_project(self.folder, self.target, {**self.configuration, **overrides})
                project = replace(project, threads=1, paths={**elsewhere(self.scratch), **project.paths})
                definitions = load_definitions(project)
            pipeline = Pipeline(project, definitions, Lake(project.lake, project.catalog), self.engine)
            pipeline.catalog = base = AssumingCatalog(pipeline)
            self._worlds[key] = _World(project, definitions, base)
        return self._worlds[key]

    @property
    def engine(self) -> Engine:
        """One engine for all tests, started when the first one needs it."""
        if self._engine is None:
            self._engine = load_engine(replace(self.plain_project, threads=1, lake=Path(self.scratch) / "engine"))
        return self._engine

    @property
    def scratch(self) -> str:
        """The folder of all tests' folders, in memory where the system has such a place."""
        if self._scratch is None:
            place = str(_MEMORY) if os.access(_MEMORY, os.W_OK) else None
            self._scratch = tempfile.TemporaryDirectory(dir=place, prefix="ingot-test-")
        return self._scratch.name

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Within: these environment variables are set."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


# --- verdicts ---------------------------------------------------------------------------------------------------


def mismatches(model: str, expect: Expect, state: State, trial: Trial) -> list[Mismatch]:
    """What of a batch's state is not as expected.

    Raises:
        IngotError: the error of an update that was not expected to fail.
    """
    if state.error is not None and expect.error != state.error.code:
        raise state.error
    found: list[Mismatch] = []
    if expect.error is not None and state.error is None:
        found.append(Mismatch(f"expected the error {expect.error}, but the update succeeded"))
    if expect.rows is not None:
        found += _differences(model, expect.rows, state.schema, state.rows, trial)
    if expect.dropped is not None and expect.dropped != state.dropped:
        found.append(Mismatch(f"expected {_rows(expect.dropped)} to be dropped, not {state.dropped}"))
    for name, count in (expect.expectations or {}).items():
        if name not in state.violations:
            near = nearest(name, list(state.violations))
            raise ProjectError(
                f"{model} has no expectation '{name}'",
                location=expect.location,
                hint=f"did you mean '{near}'?"
                if near
                else "its expectations: " + (", ".join(state.violations) or "none"),
                code="unknown-expectation",
            )
        if state.violations[name] != count:
            found.append(Mismatch(f"expected {_rows(count)} to break '{name}', not {state.violations[name]}"))
    if expect.quarantine is not None:
        aside = trial.quarantined()
        found += _differences(f"the quarantine of {model}", expect.quarantine, aside.schema, aside.rows, trial)
    return found


def _differences(what: str, expected: Rows, schema: Any, rows: Sequence[Any], trial: Trial) -> list[Mismatch]:
    if expected.sql is not None:
        columns, selected = trial.select(expected.sql, expected.location)
        expected = replace(expected, rows=[dict(zip(columns.names, row, strict=True)) for row in selected], sql=None)
    if not len(schema) and expected.rows:
        return [Mismatch(f"expected {_rows(len(expected.rows))}, but {what} holds none")]
    difference = compare(expected, schema, rows, what)
    return [Mismatch(what, difference)] if difference else []


def _rows(count: int) -> str:
    return f"{count} row" + ("" if count == 1 else "s")


# --- collecting ---------------------------------------------------------------------------------------------------


def named_files(names: Sequence[str], root: Path) -> set[Path] | None:
    """The files that are asked for; None when something else is asked for, too, or nothing."""
    files = [path.resolve() for name in names for path in (Path(name), root / name) if path.is_file()]
    return set(files) if names and all(Path(n).is_file() or (root / n).is_file() for n in names) else None


def find_tests(project: Project, only: set[Path] | None = None) -> list[UnitTest]:
    """All unit tests of a project: YAML files below `tests/` and beside its definitions, in the order of their paths.

    Args:
        project: The project.
        only: Read no files but these: a file that is wrong does not stop the tests of others that are named.

    Raises:
        ProjectError: for a file that is wrong.
    """
    found: list[UnitTest] = []
    for file in test_files(project):
        if only is not None and file.resolve() not in only:
            continue
        found += read_unit_tests(file, project.root)
    return found


def test_files(project: Project) -> list[Path]:
    """The YAML files that may hold tests."""
    folders = {project.root / "tests"}
    for pattern in project.definitions:
        fixed = pattern.split("*", 1)[0].rstrip("/")
        if fixed and (project.root / fixed).is_dir():
            folders.add(project.root / fixed)
    files = {path for folder in folders for ending in ("yml", "yaml") for path in folder.rglob(f"*.{ending}")}
    return sorted(f for f in files if f.is_file() and "fixtures" not in f.parts and not f.is_relative_to(project.lake))


def select_tests(tests: Sequence[UnitTest], names: Sequence[str], keyword: str | None, root: Path) -> list[UnitTest]:
    """The tests with these names, models, files or tags, and with a keyword in name or model.

    Raises:
        ProjectError: `unknown-test`, for a name that fits none.
    """
    chosen = list(tests)
    if names:
        fitting = {name: [t for t in tests if _fits(t, name, root)] for name in names}
        for name, some in fitting.items():
            if not some:
                known = sorted({value for t in tests for value in (t.name, t.model)})
                raise ProjectError(
                    f"no unit test is named '{name}', nor tests a dataset or stands in a file of that name",
                    hint=near_hint(name, known, "see them with: ingot test --list"),
                    code="unknown-test",
                )
        chosen = [t for t in tests if any(t in some for some in fitting.values())]
    if keyword is not None:
        chosen = [t for t in chosen if keyword.lower() in f"{t.model} {t.name} {' '.join(t.tags)}".lower()]
    return chosen


def _fits(test: UnitTest, name: str, root: Path) -> bool:
    path = test.location.path if test.location else ""
    is_file = path and (str(Path(name).resolve()) == path or str(root / name) == path)
    return bool(is_file) or name.lower() in (test.name.lower(), test.model.lower(), *map(str.lower, test.tags))

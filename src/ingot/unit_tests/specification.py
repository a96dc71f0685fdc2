"""What a unit test says: given rows, expected rows, batch by batch. In dbt's words, with Ingot's where dbt has none.

Owns the keys of `unit_tests` and their places, for errors. Values stay as they were written until the type of their
column is known. Never looks at a project.
"""

from __future__ import annotations

import csv
import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingot.errors import Location, ProjectError, near_hint, nearest
from ingot.project.settings import Setting, read_settings

DEFAULT_NOW = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)

_FILE_KEYS = ("unit_tests", "version")
_TEST_KEYS = (
    "name", "model", "description", "given", "expect", "batches", "overrides", "config",
)  # fmt: skip
_BATCH_KEYS = ("given", "expect", "now", "full_refresh")
_GIVEN_KEYS = ("input", "rows", "format", "fixture", "columns", "files")
_EXPECT_KEYS = ("rows", "format", "fixture", "dropped", "quarantine", "expectations", "error")
_OVERRIDE_KEYS = ("vars", "env_vars", "now")
_CONFIG_KEYS = ("enabled", "tags", "meta")
_FORMATS = ("dict", "csv", "sql")


@dataclass(frozen=True)
class Rows:
    """Rows as they were written: dicts of values (`Setting` or Python values), or one SQL query."""

    rows: Sequence[Mapping[str, Any]] = ()
    sql: str | None = None
    location: Location | None = None
    is_text: bool = False  # from CSV: each value is a text, or None

    @property
    def names(self) -> list[str]:
        """The columns that are written, in order of appearance."""
        found: dict[str, str] = {}
        for row in self.rows:
            for name in row:
                found.setdefault(name.lower(), name)
        return list(found.values())


@dataclass(frozen=True)
class Given:
    """What stands for one input: rows, or raw files by name."""

    input: str
    rows: Rows = field(default_factory=Rows)
    columns: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str | bytes] | None = None
    location: Location | None = None


@dataclass(frozen=True)
class Expect:
    """What has to be there afterwards; what is None is not looked at.

    `rows` are all rows of the dataset after the batch, `expectations` how many rows break each rule.
    """

    rows: Rows | None = None
    dropped: int | None = None
    quarantine: Rows | None = None
    expectations: Mapping[str, int] | None = None
    error: str | None = None
    location: Location | None = None


@dataclass(frozen=True)
class Batch:
    """One update: what is new, and what has to be there afterwards."""

    given: tuple[Given, ...] = ()
    expect: Expect | None = None
    now: datetime.datetime | None = None
    is_full_refresh: bool = False
    location: Location | None = None


@dataclass(frozen=True)
class UnitTest:
    """One test of one dataset."""

    name: str
    model: str
    batches: tuple[Batch, ...]
    now: datetime.datetime = DEFAULT_NOW
    vars: Mapping[str, str] = field(default_factory=dict)
    env_vars: Mapping[str, str] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    is_enabled: bool = True
    location: Location | None = None
    function: Callable[[Any], None] | None = None  # of a test that is written in Python: it is given the trial

    def __str__(self) -> str:
        return f"{self.model}: {self.name}"


def read_unit_tests(file: Path, root: Path) -> list[UnitTest]:
    """The unit tests of a YAML file; none of a file that is about something else.

    Args:
        file: The file.
        root: The project's folder, below which fixtures are found.

    Raises:
        ProjectError: with file and line.
    """
    setting = read_settings(file)
    entries = setting.value if isinstance(setting.value, dict) else {}
    if "unit_tests" not in entries:
        for key in entries:
            if nearest(key, ["unit_tests"]):
                setting.mapping(_FILE_KEYS)
        return []
    known = [*_FILE_KEYS, *(key for key in entries if key.startswith("x-"))]
    tests = [_Reader(root).test(entry) for entry in setting.mapping(known)["unit_tests"].items()]
    _refuse_doubles(tests)
    return tests


def _refuse_doubles(tests: list[UnitTest]) -> None:
    seen: dict[tuple[str, str], UnitTest] = {}
    for test in tests:
        first = seen.setdefault((test.model.lower(), test.name), test)
        if first is not test:
            line = first.location.line if first.location else "?"
            raise ProjectError(
                f"two unit tests of {test.model} are named '{test.name}': here and in line {line}",
                location=test.location,
                hint="give each test a name of its own",
                code="duplicate-name",
            )


@dataclass(frozen=True)
class _Reader:
    root: Path

    def test(self, setting: Setting) -> UnitTest:
        entries = _mapping(setting, _TEST_KEYS, "a unit test: name, model, given, expect")
        name, model = (_required(entries, key, setting).string() for key in ("name", "model"))
        overrides = _mapping(entries["overrides"], _OVERRIDE_KEYS) if "overrides" in entries else {}
        config = _mapping(entries["config"], _CONFIG_KEYS) if "config" in entries else {}
        return UnitTest(
            name=name,
            model=_reference(model),
            batches=self._batches(entries, setting),
            now=_instant(overrides["now"]) if "now" in overrides else DEFAULT_NOW,
            vars=_texts(overrides.get("vars")),
            env_vars=_texts(overrides.get("env_vars")),
            tags=tuple(tag.string() for tag in config["tags"].items()) if "tags" in config else (),
            is_enabled=_boolean(config["enabled"]) if "enabled" in config else True,
            location=setting.location,
        )

    def _batches(self, entries: Mapping[str, Setting], setting: Setting) -> tuple[Batch, ...]:
        if "batches" in entries:
            for key in ("given", "expect"):
                if key in entries:
                    raise ProjectError(
                        f"a unit test has either `batches` or `{key}`",
                        location=setting.key_locations.get(key, setting.location),
                        hint=f"write `{key}` within each batch",
                        code="invalid-unit-test",
                    )
            batches = tuple(self._batch(entry, _BATCH_KEYS) for entry in entries["batches"].items())
            if batches and any(batch.expect for batch in batches):
                return batches
            raise ProjectError(
                "no batch of this unit test expects anything", location=setting.location,
                hint="add to the last one: expect: {rows: […]}", code="missing-key",
            )  # fmt: skip
        _required(entries, "expect", setting)
        return (self._batch(setting, _TEST_KEYS),)

    def _batch(self, setting: Setting, known: tuple[str, ...]) -> Batch:
        entries = _mapping(setting, known, "a batch: given, expect")
        given = tuple(map(self._given, entries["given"].items())) if "given" in entries else ()
        return Batch(
            given,
            self._expect(entries["expect"]) if "expect" in entries else None,
            _instant(entries["now"]) if "now" in entries else None,
            _boolean(entries["full_refresh"]) if "full_refresh" in entries else False,
            setting.location,
        )

    def _given(self, setting: Setting) -> Given:
        entries = _mapping(setting, _GIVEN_KEYS, "an input with rows: {input: silver.orders, rows: […]}")
        name = _required(entries, "input", setting).string()
        if name.strip() == "this":
            raise ProjectError(
                "`input: this` has no meaning here: what a table holds before a batch is what earlier batches wrote",
                location=entries["input"].location,
                hint="write `batches`, the first of which brings the rows that are there already",
                code="invalid-unit-test",
            )
        files = None
        if "files" in entries:
            files = {key: entry.string() for key, entry in entries["files"].mapping().items()}
        return Given(
            _reference(name), self._rows(entries, setting), _texts(entries.get("columns")), files, setting.location
        )

    def _expect(self, setting: Setting) -> Expect:
        if isinstance(setting.value, list):
            return Expect(rows=self._rows({"rows": setting}, setting), location=setting.location)
        entries = _mapping(setting, _EXPECT_KEYS, "rows: […]")
        rows = self._rows(entries, setting) if {"rows", "fixture"} & set(entries) else None
        expect = Expect(
            rows=rows,
            dropped=entries["dropped"].integer(0) if "dropped" in entries else None,
            quarantine=self._quarantine(entries["quarantine"]) if "quarantine" in entries else None,
            expectations=_counts(entries.get("expectations")),
            error=entries["error"].string() if "error" in entries else None,
            location=setting.location,
        )
        if not entries or not set(entries) - {"format"}:
            raise ProjectError(
                "`expect` expects nothing", location=setting.location, hint="rows: []", code="missing-key"
            )
        return expect

    def _quarantine(self, setting: Setting) -> Rows:
        if isinstance(setting.value, list):
            return self._rows({"rows": setting}, setting)
        return self._rows(_mapping(setting, ("rows", "format", "fixture")), setting)

    # --- rows ---

    def _rows(self, entries: Mapping[str, Setting], setting: Setting) -> Rows:
        rows, fixture = entries.get("rows"), entries.get("fixture")
        if rows is not None and fixture is not None:
            raise ProjectError(
                "either `rows` or `fixture`", location=fixture.location, hint="keep one", code="invalid-unit-test"
            )
        written = _format(entries.get("format"))
        if fixture is not None:
            return self._fixture(fixture, written)
        if rows is None:
            return Rows(location=setting.location)
        if written == "sql":
            return Rows(sql=rows.string(), location=rows.location)
        if written == "csv" or (written is None and isinstance(rows.value, str)):
            return csv_rows(rows.string(), rows.location)
        if rows.value is not None and not isinstance(rows.value, list):
            raise rows.wrong("a list of rows such as {id: 1, name: Ada}, or CSV text with `format: csv`")
        entries_ = rows.items()
        return Rows([entry.mapping() for entry in entries_], location=rows.location)

    def _fixture(self, setting: Setting, written: str | None) -> Rows:
        name = setting.string()
        endings = {"csv": [".csv"], "sql": [".sql"]}.get(written or "", [".csv", ".sql"])
        folder = self.root / "tests" / "fixtures"
        tried = [folder / name, *(folder / (name + ending) for ending in endings)]
        found = next((path for path in tried if path.is_file() and path.suffix in endings), None)
        if found is None:
            here = sorted(path.stem for path in folder.glob("*.*")) if folder.is_dir() else []
            raise ProjectError(
                f"there is no fixture '{name}' in tests/fixtures",
                location=setting.location,
                hint=near_hint(name, here, f"make tests/fixtures/{Path(name).stem}{endings[0]}"),
                code="no-such-file",
            )
        text = found.read_text("utf-8-sig")
        if found.suffix == ".sql":
            return Rows(sql=text, location=Location(str(found), 1))
        return csv_rows(text, Location(str(found), 1))


def _format(setting: Setting | None) -> str | None:
    if setting is None:
        return None
    if setting.text not in _FORMATS:
        near = nearest(setting.text or "", list(_FORMATS))
        raise ProjectError(
            f"unknown format {setting.text!r}", location=setting.location,
            hint=f"did you mean {near!r}?" if near else "dict, csv or sql", code="wrong-type",
        )  # fmt: skip
    return setting.text


def csv_rows(text: str, location: Location | None) -> Rows:
    """Rows of CSV text with a header; an empty value is NULL."""
    lines = [line for line in csv.reader(text.strip("\n").splitlines(), skipinitialspace=True) if line]
    if not lines:
        return Rows(location=location, is_text=True)
    names = [name.strip() for name in lines[0]]
    rows = []
    for number, line in enumerate(lines[1:], start=1):
        if len(line) != len(names):
            raise ProjectError(
                f"row {number} of the CSV has {len(line)} values for {len(names)} columns",
                location=location,
                hint='put values that contain commas in quotes: "…"',
                code="invalid-unit-test",
            )
        rows.append({name: value if value != "" else None for name, value in zip(names, line, strict=True)})
    return Rows(rows, location=location, is_text=True)


def _reference(name: str) -> str:
    """The name in dbt's `ref('orders')` or `source('raw', 'orders')`; any other text is itself."""
    text = name.strip()
    for call in ("ref", "source"):
        if text.startswith(f"{call}(") and text.endswith(")"):
            parts = [part.strip().strip("'\"") for part in text[len(call) + 1 : -1].split(",")]
            return ".".join(parts)
    return text


def _mapping(setting: Setting, known: tuple[str, ...], wanted: str = "keys and values") -> dict[str, Setting]:
    if not isinstance(setting.value, dict):
        raise setting.wrong(wanted)
    return setting.mapping(known)


def _required(entries: Mapping[str, Setting], key: str, setting: Setting) -> Setting:
    if key not in entries or entries[key].value is None:
        named = f" '{entries['name'].text}'" if "name" in entries else ""
        raise ProjectError(
            f"the unit test{named} has no `{key}`" if key != "input" else "`input` is missing",
            location=setting.location,
            hint={"expect": "expect: {rows: […]}", "model": "model: silver.orders"}.get(key, f"{key}: …"),
            code="missing-key",
        )
    return entries[key]


def _texts(setting: Setting | None) -> dict[str, str]:
    return {} if setting is None else {key: entry.string() for key, entry in setting.mapping().items()}


def _counts(setting: Setting | None) -> dict[str, int] | None:
    return None if setting is None else {key: entry.integer(0) for key, entry in setting.mapping().items()}


def _boolean(setting: Setting) -> bool:
    if not isinstance(setting.value, bool):
        raise setting.wrong("true or false")
    return setting.value


def _instant(setting: Setting) -> datetime.datetime:
    try:
        return parse_instant(setting.text or "")
    except ValueError:
        raise setting.wrong("an instant such as 2024-01-31 12:00:00 (UTC)") from None


def parse_instant(text: str) -> datetime.datetime:
    """An instant from its text; without an offset it is UTC.

    Raises:
        ValueError: when it is none.
    """
    found = datetime.datetime.fromisoformat(text.strip())
    return found if found.tzinfo is not None else found.replace(tzinfo=datetime.UTC)

"""Every case is read as Spark reads it; Spark's recorded answers are the judge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingot.engine import FilesBinding, SourceFile
from ingot.engines.duckdb import reader
from ingot.errors import IngotError
from ingot.model import FileRead
from ingot.types import STRING, parse_schema
from readers.case import Case
from readers.cases import cases
from readers.record import ANSWERS, in_order, plain, record, without_folder, write_files

_CASES = cases()
_ANSWERS: dict[str, Any] = json.loads(ANSWERS.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def connection() -> Iterator[Any]:
    with duckdb.connect(config={"threads": 1}) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def source_file(path: Path) -> SourceFile:
    """A file as listing gives it."""
    state = path.stat()
    return SourceFile(str(path), state.st_size, int(state.st_mtime * 1000))


def our_answer(connection: Any, case: Case, folder: Path) -> dict[str, Any]:
    """What Ingot's readers answer, in the form of the recorded answers."""
    write_files(case, folder)
    files = [source_file(folder / name) for name in case.files]
    read = FileRead(
        path=str(folder),
        format=case.format,
        options={name.lower(): value for name, value in case.options.items()},
        schema=parse_schema(case.schema) if case.schema else None,
        is_autoloader=False,
        infer_types=case.format != "csv",
    )
    try:
        schema = reader.infer_schema(connection, read, files)
        if not schema.fields:
            return {"columns": [], "rows": []}
        sql = reader.relation(connection, FilesBinding(read, files, schema))
        added = "".join(f", _metadata.{name} AS _metadata_{name}" for name in case.metadata)
        table = connection.sql(f"SELECT * EXCLUDE (_metadata){added} FROM ({sql})").to_arrow_table()
    except IngotError as error:
        return {"error": error.code}
    finally:
        reader.release(connection)
    types = [*(f.type for f in schema), *(STRING for _ in case.metadata)]
    rows = [[_plain_column(v, type_) for v, type_ in zip(row.values(), types, strict=True)] for row in _rows(table)]
    columns = [[f.name, f.type.ddl] for f in schema]
    return {"columns": columns, "rows": in_order(without_folder(rows, folder))}


def _rows(table: Any) -> list[dict[int, Any]]:
    """Rows by position, since column names may repeat."""
    columns = [column.to_pylist() for column in table.columns]
    return [dict(enumerate(values)) for values in zip(*columns, strict=True)]


def _plain_column(value: Any, type_: Any) -> Any:
    """Arrow gives maps as pairs; Spark's answer holds them as objects."""
    if value is not None and type_.name == "map":
        return {key: _plain_column(item, type_.value) for key, item in value}
    if value is not None and type_.name == "array":
        return [_plain_column(item, type_.element) for item in value]
    if value is not None and type_.name == "struct":
        return {f.name: _plain_column(value[f.name], f.type) for f in type_}
    return plain(value)


@pytest.mark.parametrize("name", list(_CASES))
def test_a_read_gives_what_spark_gives(name: str, connection: Any, tmp_path: Path) -> None:
    case = _CASES[name]
    expected = _ANSWERS[name]
    found = our_answer(connection, case, tmp_path)
    if case.known_difference is not None:
        assert found != expected, "the difference is gone: drop known_difference"
        pytest.xfail(case.known_difference)
    if "error" in expected:
        assert "error" in found, f"Spark refuses this with {expected['error']}, not we: {found}"
    else:
        assert found == expected


def test_every_case_has_an_answer() -> None:
    assert set(_ANSWERS) == set(_CASES)


@pytest.mark.spark
@pytest.mark.slow
def test_the_recorded_answers_are_what_spark_says_today() -> None:
    assert record() == _ANSWERS

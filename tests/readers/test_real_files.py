"""Real files are read row by row as Spark reads them, quotes that shift columns included."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from readers.cases import Case
from readers.record import SETTINGS, spark_answer
from readers.test_against_spark import our_answer
from spark_sessions import spark_session

pytestmark = [pytest.mark.shared, pytest.mark.spark, pytest.mark.slow]

_LATIN = ("Athletes.csv", "Coaches.csv", "Teams.csv", "Medals_v1_team_country_latin1.csv")
_CSV_OPTIONS = (
    {"header": "true"},
    {"header": "true", "inferSchema": "true"},
    {"header": "true", "multiLine": "true", "escape": '"'},
)


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    with spark_session(SETTINGS) as session:
        yield session


@pytest.fixture(scope="module")
def connection() -> Iterator[Any]:
    import duckdb

    with duckdb.connect(config={"threads": 2}) as opened:
        opened.execute("SET TimeZone = 'UTC'")
        yield opened


def real_cases() -> list[Case]:
    """One case for each file and set of options; none where the files are missing."""
    root = Path(os.environ.get("INGOT_SHARED", "/nonexistent")) / "data"
    found = []
    for path in sorted([*root.glob("netflix/*.csv"), *root.glob("tokyo_olympics/*.csv")]):
        encoding = {"encoding": "iso-8859-1"} if path.name in _LATIN else {}
        for number, options in enumerate(_CSV_OPTIONS):
            name = f"{path.name} {number}"
            found.append(Case(name, "csv", {path.name: path.read_bytes()}, {**options, **encoding}))
    for path in sorted(root.glob("ecommerce/*.json")):
        found.append(Case(path.name, "json", {path.name: path.read_bytes()}, {"multiLine": "true"}))
    return found


@pytest.mark.parametrize("case", real_cases(), ids=lambda case: case.name)
def test_a_real_file_is_read_as_spark_reads_it(case: Case, spark: Any, connection: Any, tmp_path: Path) -> None:
    found = our_answer(connection, case, tmp_path)
    assert found["rows"]
    assert found == spark_answer(spark, case, tmp_path)

"""Where a value that failed an update comes from is told as far as it is certain."""

from pathlib import Path

import pytest

from ingot.errors import IngotError
from ingot.testing import run_project

RAW = "CREATE STREAMING TABLE bronze.raw AS SELECT * FROM STREAM read_files('data', format => 'csv', header => true, schema => 'id STRING, amount STRING');\n"


def failure(folder: Path, definition: str, row: str = "1,n/a") -> IngotError:
    files = {
        "ingot.yml": "name: a\n",
        "transformations/a.sql": RAW + definition,
        "data/1.csv": f"id,amount\n0,1\n{row}\n",
    }
    with pytest.raises(IngotError) as caught:
        run_project(folder, files)
    assert caught.value.code == "bad-data"
    return caught.value


def notes(error: IngotError) -> list[str]:
    return getattr(error, "__notes__", [])


def test_the_column_and_the_rows_of_the_table_are_named(tmp_path):
    error = failure(tmp_path, "CREATE MATERIALIZED VIEW b AS SELECT id,\nCAST(amount AS INT) AS n\nFROM bronze.raw")
    assert error.location is not None and error.location.line == 3
    assert error.hint is not None
    assert error.hint.startswith("see the rows: ingot query \"SELECT * FROM bronze.raw WHERE amount = 'n/a'\"; ")


def test_the_line_of_the_raw_file_is_named(tmp_path):
    text = "CREATE STREAMING TABLE b AS SELECT amount::INT AS n FROM STREAM read_files('data', format => 'csv', header => true, schema => 'id STRING, amount STRING')"
    error = failure(tmp_path, text)
    assert notes(error) == [f"'n/a' stands in {tmp_path}/data/1.csv:3"]


def test_a_value_that_is_part_of_another_does_not_count(tmp_path):
    text = "CREATE STREAMING TABLE b AS SELECT substr(amount, 2, 1)::INT AS n FROM STREAM read_files('data', format => 'csv', header => true, schema => 'id STRING, amount STRING')"
    assert notes(failure(tmp_path, text, "1,xyz")) == []


def test_of_two_columns_cast_to_one_type_none_is_named(tmp_path):
    error = failure(
        tmp_path,
        "CREATE MATERIALIZED VIEW b AS SELECT\nCAST(id AS INT) AS id, CAST(amount AS INT) AS n FROM bronze.raw",
    )
    assert error.location is not None and error.location.line == 2
    assert error.hint == "try_cast gives NULL for values that do not fit"


def test_a_quote_in_the_value_is_escaped_in_the_command(tmp_path):
    error = failure(
        tmp_path, "CREATE MATERIALIZED VIEW b AS SELECT CAST(amount AS INT) AS n FROM bronze.raw", "1,o'clock"
    )
    assert error.hint is not None and r"WHERE amount = 'o\'clock'" in error.hint

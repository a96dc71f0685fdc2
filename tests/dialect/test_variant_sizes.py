"""An item far behind the end of a variant's array: refused before memory is asked for, as Spark's 128 MiB are passed."""

from __future__ import annotations

import duckdb
import pytest

from dialect.running import connect, run


@pytest.mark.parametrize("function", ["variant_set", "variant_insert"])
def test_a_position_that_no_variant_reaches_is_an_error(function: str) -> None:
    with pytest.raises(duckdb.Error, match="VARIANT_SIZE_LIMIT"):
        run(connect(), f"SELECT {function}(parse_json('[]'), '$[2147483647]', 1)")


@pytest.mark.parametrize("function", ["try_variant_set", "try_variant_insert"])
def test_a_position_that_no_variant_reaches_is_null_when_it_is_tried(function: str) -> None:
    assert run(connect(), f"SELECT {function}(parse_json('[]'), '$[2147483647]', 1)")["rows"] == [{"c0": None}]

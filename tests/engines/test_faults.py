"""What DuckDB raises, in the words of the user's language."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from dialect.running import connect, run
from ingot.engines.duckdb.faults import faults
from ingot.errors import DataError, Location

CAST_HINT = "try_cast gives NULL for values that do not fit"
PLACE = Location(Path("orders.sql"), 7)


@pytest.mark.parametrize(
    ("expression", "message", "hint"),
    [
        ("1 / 0", "DIVIDE_BY_ZERO: division by zero", "use try_divide to get NULL instead"),
        ("cast('x' AS INT)", "CAST_INVALID_INPUT: 'x' is not an int", CAST_HINT),
        ("cast('x' AS DATE)", "CAST_INVALID_INPUT: 'x' is not a date", CAST_HINT),
        ("cast('x' AS TIMESTAMP)", "CAST_INVALID_INPUT: 'x' is not a timestamp", CAST_HINT),
        ("raise_error('no such thing')", "USER_RAISED_EXCEPTION: no such thing", None),
        ("raise_error('two\\nlines')", "USER_RAISED_EXCEPTION: two\nlines", None),
        (
            "2147483647 + 1",
            "ARITHMETIC_OVERFLOW: Overflow in addition of int (2147483647 + 1)!",
            "try_add, try_subtract and try_multiply give NULL; or cast to a wider type first",
        ),
    ],
)  # fmt: skip
def test_an_error_in_a_query_tells_its_class_what_happened_where_and_what_to_do(
    expression: str, message: str, hint: str | None
) -> None:
    with pytest.raises(DataError) as raised, faults(PLACE):
        run(connect(), f"SELECT {expression}")
    assert (raised.value.message, raised.value.location, raised.value.hint) == (message, PLACE, hint)
    assert isinstance(raised.value.__cause__, duckdb.Error)

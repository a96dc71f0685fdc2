"""What functions of whole columns give becomes the declared type, or is refused; no number becomes another."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest

from ingot import types as t
from ingot.definitions.spark.vectorized import scalar
from ingot.errors import UserCodeError

AGAIN = str(2**128 + 1)  # which 128 bits hold as 1
MOST = "9" * 38
WIDE = t.DecimalType(precision=38, scale=0)
FINE = t.DecimalType(precision=38, scale=38)
IN_STRUCT = t.StructType((t.Field("a", WIDE),))
MONEY = t.DecimalType(precision=10, scale=2)
OF_TWO = t.StructType((t.Field("a", MONEY), t.Field("b", MONEY)))


def given(value, returned):
    """What becomes of a column of one row that a function gives."""
    [found] = scalar(lambda _: value, "arrow", False, returned)(())(pa.array([0])).to_pylist()
    return found


@pytest.mark.parametrize(
    ("value", "returned"),
    [
        (pa.array([AGAIN]), WIDE),
        (pa.array([AGAIN], pa.large_string()), t.DecimalType(precision=10, scale=2)),
        (pa.array([f"-{AGAIN[:-2]}.57"]), t.DecimalType(precision=38, scale=2)),
        (pa.array([AGAIN]).dictionary_encode(), WIDE),
        (pa.array(["-50679"]), FINE),
        (pa.array([Decimal(-50679)]), FINE),
        (pa.array([Decimal("53791689496736062542484")]), t.DecimalType(precision=38, scale=18)),
        (pa.array([[None, AGAIN]]), t.ArrayType(element=WIDE)),
        (pa.array([{"a": AGAIN}]), IN_STRUCT),
        (pa.array([[("k", AGAIN)]], pa.map_(pa.string(), pa.string())), t.MapType(key=t.STRING, value=WIDE)),
        (pd.Series([AGAIN], dtype="str"), WIDE),
        (pd.Series([AGAIN], dtype="string"), WIDE),
        (pd.Series([AGAIN], dtype="category"), WIDE),
        (pd.Series([Decimal(AGAIN)]), WIDE),
        (pd.DataFrame({"a": pd.Series([AGAIN], dtype="str")}), IN_STRUCT),
    ],
)
def test_a_number_of_more_digits_than_its_type_holds_is_refused(value, returned):
    with pytest.raises(UserCodeError, match="gave values that do not fit") as caught:
        given(value, returned)
    assert caught.value.code == "wrong-result"


@pytest.mark.parametrize(
    ("value", "returned", "expected"),
    [
        (pa.array([MOST]), WIDE, Decimal(MOST)),
        (pa.array(["-1e2"]), t.DecimalType(precision=38, scale=18), Decimal(-100)),
        (pa.array([Decimal("0.5")]), FINE, Decimal("0.5")),
        (pa.array([[None, "1.5"]]), t.ArrayType(element=t.DecimalType(precision=38, scale=2)), [None, Decimal("1.5")]),
        (pa.array([{"a": "1.5"}]), OF_TWO, {"a": Decimal("1.50"), "b": None}),
        (pa.array([[{"a": "1.5"}]]), t.ArrayType(element=OF_TWO), [{"a": Decimal("1.50"), "b": None}]),
        (pa.array([None], pa.struct([("a", pa.decimal128(9, 1))])), OF_TWO, None),
        (pd.Series([MOST], dtype="str"), WIDE, Decimal(MOST)),
        (pd.Series([None], dtype="str"), WIDE, None),
        (pd.Series([5]), t.DecimalType(precision=38, scale=18), Decimal(5)),
        (pd.Series([5.5]), WIDE, Decimal(6)),
        (pd.Series([float("nan")]), WIDE, None),
        (pd.Series([Decimal(MOST)]), WIDE, Decimal(MOST)),
    ],
)
def test_numbers_become_the_decimals_that_spark_makes_of_them(value, returned, expected):
    assert given(value, returned) == expected

"""What databases give becomes the type that lands, or is refused; no number becomes another."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pytest

from ingot.errors import DataError
from ingot.sources.database.adapter import Column
from ingot.sources.database.values import convert, schema_of
from ingot.types import DecimalType


def landed_all(values: list[object], given: pa.DataType, type_: DecimalType) -> list[object]:
    columns = [Column("amount", type_, "numeric", '"amount"', '"amount"')]
    batch = pa.record_batch([pa.array(values, given)], names=["amount"])
    return convert(batch, columns, schema_of(columns), "orders")["amount"].to_pylist()


def landed(value: Decimal, given: pa.DataType, type_: DecimalType) -> object:
    return landed_all([value], given, type_)[0]


@pytest.mark.parametrize(
    ("value", "scale"), [(Decimal(-50679), 38), (Decimal("53791689496736062542484"), 18), (Decimal(10), 37)]
)
def test_a_decimal_with_more_digits_than_its_type_holds_is_refused(value: Decimal, scale: int) -> None:
    with pytest.raises(DataError) as caught:
        landed(value, pa.decimal128(38, 0), DecimalType(precision=38, scale=scale))
    assert caught.value.code == "unfit-value"


def test_a_decimal_that_fits_gets_the_scale_of_its_type() -> None:
    assert landed(Decimal("-9.5"), pa.decimal128(38, 1), DecimalType(precision=38, scale=37)) == Decimal("-9.5")


@pytest.mark.parametrize("given", [pa.float64(), pa.float32(), pa.int64(), pa.string(), pa.decimal128(9, 1)])
@pytest.mark.parametrize("values", [[], [None], [None, None]])
def test_a_batch_without_any_number_lands(values: list[object], given: pa.DataType) -> None:
    assert landed_all(values, given, DecimalType(precision=10, scale=2)) == values

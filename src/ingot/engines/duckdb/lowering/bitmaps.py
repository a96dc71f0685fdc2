"""Bitmaps of 32768 numbers in 4096 bytes, the lowest number of a byte in its lowest bit, as Spark keeps them."""

from __future__ import annotations

from ingot.engines.duckdb.lowering.aggregates import Aggregate, AggregateLowering

_BITS = 32768
_EMPTY = f"CAST(bitstring('0', {_BITS}) AS BLOB)"


def _construct(call: Aggregate) -> str:
    """DuckDB's first bit is the highest of the first byte."""
    number = call.sql[0]
    place = f"CASE WHEN {number} < 0 THEN {number} ELSE ({number} // 8) * 8 + 7 - {number} % 8 END"  # < 0 raises
    bits = call.apply("bitstring_agg", place, "0", str(_BITS - 1), condition=f"{call.sql[0]} IS NOT NULL")
    return f"coalesce(CAST({bits} AS BLOB), {_EMPTY})"


def _merged(function: str, empty: str) -> AggregateLowering:
    def lower(call: Aggregate) -> str:
        padded = f"CAST(unhex(rpad(hex({call.sql[0]}), {_BITS // 4}, '0')) AS BIT)"
        return f"coalesce(CAST({call.apply(function, padded)} AS BLOB), {empty})"

    return lower


LOWERINGS: dict[str, AggregateLowering] = {
    "bitmap_construct_agg": _construct,
    "bitmap_or_agg": _merged("bit_or", _EMPTY),
    "bitmap_and_agg": _merged("bit_and", f"CAST(~bitstring('0', {_BITS}) AS BLOB)"),
    # Without a lambda, for these stand inside of aggregates.
    "bitmap_bit_position": f"CASE WHEN {{0}} > 0 THEN ({{0}} - 1) % {_BITS} ELSE (-({{0}} % {_BITS})) END",
    "bitmap_bucket_number": f"CASE WHEN {{0}} > 0 THEN 1 + ({{0}} - 1) // {_BITS} ELSE {{0}} // {_BITS} END",
    "bitmap_count": "CASE WHEN octet_length({0}) = 0 THEN 0 ELSE CAST(bit_count(CAST({0} AS BIT)) AS BIGINT) END",
}

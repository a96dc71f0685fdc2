"""What values a column of a large CSV file holds, found by DuckDB: one example for each kind of value.

Whole classes of values that infer alike (small integers, plain decimals, dates, words) are collapsed in SQL, so
that the inference of `csv_inference` sees few values. Never decides a type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ingot.engines.duckdb.types import quote_name, quote_text

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?"
_NUMBER = r"[\x00-\x20]*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?[dDfF]?[\x00-\x20]*"
_DATED = r"^[\x00-\x20]*[+-]?[0-9]{4,7}([- T]|$)"
_WORDS = ("true", "false", "nan", "infinity", "inf")
_NUMBERS = ("1", "99999999999", "1.5")
_DATES = ("2020-01-01", "2020-01-01 00:00:00", "2020-01-01T00:00:00Z")


def examples(connection: Any, sql: str, names: Sequence[str], options: Mapping[str, str]) -> list[list[str]] | None:
    """For each text column of a relation, one value of each kind; None where the order of values matters."""
    specials = [*_WORDS, *(options.get(n, "").lower() for n in ("nanvalue", "positiveinf", "negativeinf"))]
    listed = ", ".join(f"list(DISTINCT {_example(quote_name(name), specials)})" for name in names)
    row = connection.cursor().execute(f"SELECT {listed} FROM ({sql})").fetchone()
    found = [sorted(v for v in values or [] if v is not None) for values in row or ()]
    return None if any(_is_ordered(values) for values in found) else found


def _is_ordered(values: list[str]) -> bool:
    """Whether Spark's answer depends on which came first: `2024` is a number, or a year among dates."""
    dated = any(v in _DATES or (len(v) > 9 and v[4:5] == "-") for v in values)
    return dated and any(v in _NUMBERS or v.strip().lstrip("+-").isdigit() for v in values)


def _example(text: str, specials: Sequence[str]) -> str:
    words = ", ".join(quote_text(word) for word in specials)
    return (
        f"CASE WHEN {text} IS NULL THEN NULL"
        f" WHEN regexp_full_match({text}, '[+-]?[0-9]{{1,18}}') THEN"
        f" CASE WHEN TRY_CAST(ltrim({text}, '+') AS INTEGER) IS NOT NULL THEN '1' ELSE '99999999999' END"
        f" WHEN regexp_full_match({text}, '[+-]?[0-9]{{1,15}}[.][0-9]{{1,15}}') THEN '1.5'"
        f" WHEN regexp_full_match({text}, '{_DAY}') AND TRY_CAST({text} AS DATE) IS NOT NULL THEN '2020-01-01'"
        f" WHEN regexp_full_match({text}, '{_DAY}[ T]{_TIME}') AND TRY_CAST({text} AS TIMESTAMP) IS NOT NULL"
        f" THEN '2020-01-01 00:00:00'"
        f" WHEN regexp_full_match({text}, '{_DAY}[ T]{_TIME}Z') AND TRY_CAST(rtrim({text}, 'Z') AS TIMESTAMP)"
        f" IS NOT NULL THEN '2020-01-01T00:00:00Z'"
        f" WHEN lower({text}) NOT IN ({words}) AND NOT regexp_full_match({text}, '{_NUMBER}')"
        f" AND NOT regexp_matches({text}, '{_DATED}') THEN 'x' ELSE {text} END"
    )

"""SQL that converts text columns as Spark does, for the shapes on which SQL is known to agree.

A value of any other shape is either surely not of the type, or raises: the file is then read by the exact reader.
"""

from __future__ import annotations

from collections.abc import Mapping

from ingot.engines.duckdb.types import duckdb_type, quote_text
from ingot.types import DataType, DecimalType

INEXACT = "ingot-inexact-read:"
_NUMBER = "[+-]?[0-9]{1,30}([.][0-9]{1,30})?"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?"


def inexact_sql(path: str = "filename") -> str:
    """SQL that stops the query and names the file that the exact reader has to read."""
    return f"error('{INEXACT}' || {path})"


def cast_sql(text: str, type_: DataType, options: Mapping[str, str], keeps_bad: bool) -> str:
    """SQL for a text column as a value of the type.

    Args:
        text: SQL of the text, NULL where the field is null.
        type_: The column's type.
        options: The read's options.
        keeps_bad: Whether text that is no such value matters beyond giving NULL (rescue, corrupt record).
    """
    if type_.name == "string":
        return text
    target = duckdb_type(type_)
    stop = f"CAST({inexact_sql()} AS {target})"
    bad = f"CASE WHEN {text} IS NULL THEN NULL ELSE {stop} END" if keeps_bad else f"CAST(NULL AS {target})"
    if type_.name == "boolean":
        return f"CASE WHEN lower({text}) IN ('true', 'false') THEN CAST({text} AS BOOLEAN) ELSE {bad} END"
    if type_.name in ("tinyint", "smallint", "int", "bigint"):
        good = f"CASE WHEN regexp_full_match({text}, '[+-]?[0-9]+') THEN TRY_CAST(ltrim({text}, '+') AS {target}) END"
        return f"coalesce({good}, {bad})"
    if isinstance(type_, DecimalType):
        return _guarded(text, _NUMBER, f"TRY_CAST(ltrim({text}, '+') AS {target})", bad, stop)
    if type_.name in ("float", "double"):
        return _guarded(text, _NUMBER + "([eE][+-]?[0-9]{1,2})?", f"TRY_CAST({text} AS {target})", bad, stop)
    if type_.name == "date" and "dateformat" not in options:
        return _guarded(text, _DAY, f"TRY_CAST({text} AS DATE)", bad, stop)
    if type_.name == "timestamp" and "timestampformat" not in options:
        value = f"TRY_CAST(rtrim({text}, 'Z') || '+00' AS TIMESTAMPTZ)"
        return _guarded(text, f"{_DAY}[ T]{_TIME}Z?", value, bad, stop)
    if type_.name == "timestamp_ntz" and "timestampntzformat" not in options:
        return _guarded(text, f"{_DAY}[ T]{_TIME}", f"TRY_CAST({text} AS TIMESTAMP)", bad, stop)
    return f"CASE WHEN {text} IS NULL THEN NULL ELSE {stop} END"


def _guarded(text: str, shape: str, value: str, bad: str, stop: str) -> str:
    """The value for text of that shape; text without a digit that names no number is bad; all else is inexact."""
    hopeless = f"NOT regexp_matches({text}, '[0-9]|[Nn]a[Nn]|[Ii]nf')"
    return (
        f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_full_match({text}, {quote_text(shape)})"
        f" THEN coalesce({value}, {bad}) WHEN {hopeless} THEN {bad} ELSE {stop} END"
    )

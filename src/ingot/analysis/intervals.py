"""Interval literals: their types and their values, as Spark's parser reads them.

A typed literal is an `exp.Interval` whose `this` is the number of months or of microseconds; the type tells which.
Never computes with intervals.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from sqlglot import exp

from ingot.analysis.nodes import Node
from ingot.analysis.typed import set_type
from ingot.errors import AnalysisError, UnsupportedError, nearest
from ingot.types import LONG, IntervalType

UNITS = ("year", "month", "day", "hour", "minute", "second")
MICROSECONDS = {
    "week": 604_800_000_000, "day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000,
    "millisecond": 1000, "microsecond": 1,
}  # fmt: skip
_MONTHS = {"year": 12, "month": 1}
_FIELDS = {
    "week": "day", "millisecond": "second", "microsecond": "second", "nanosecond": "second"
}  # fmt: skip
_SECONDS = r"(\d{1,2})(?:\.(\d{0,9}))?"
# What a literal over several fields looks like: the first field may be long, the others are two digits.
_SPANS = {
    ("year", "month"): r"(\d{1,9})-(\d{1,2})",
    ("day", "hour"): r"(\d{1,9}) (\d{1,2})",
    ("day", "minute"): r"(\d{1,9}) (\d{1,2}):(\d{1,2})",
    ("day", "second"): rf"(\d{{1,9}}) (\d{{1,2}}):(\d{{1,2}}):{_SECONDS}",
    ("hour", "minute"): r"(\d{1,10}):(\d{1,2})",
    ("hour", "second"): rf"(\d{{1,10}}):(\d{{1,2}}):{_SECONDS}",
    ("minute", "second"): rf"(\d{{1,12}}):{_SECONDS}",
}
_LIMITS = {"month": 11, "hour": 23, "minute": 59, "second": 59}


def interval_literal(node: Node) -> Node:
    """Type `INTERVAL '1' DAY`, `INTERVAL '1-2' YEAR TO MONTH`, `INTERVAL '1 day 2 hours'`."""
    text = _text(node)
    unit = node.args.get("unit")
    if isinstance(unit, exp.IntervalSpan):
        value, data_type = _span(text, _word(unit.this), _word(unit.expression))
    else:
        value, data_type = sum_of_units([(text, _word(unit))] if unit is not None else pairs_in(text), text)
    typed = exp.Interval(this=set_type(exp.Literal(this=str(value), is_string=False), LONG))
    typed.meta["nullable"] = False
    return set_type(typed, data_type)


def _text(node: Node) -> str:
    value, sign = node.this, ""
    if isinstance(value, exp.Neg):
        value, sign = value.this, "-"
    if not isinstance(value, exp.Literal):
        raise UnsupportedError(
            "an interval of something else than a literal is not supported",
            hint="multiply: n * INTERVAL '1' DAY",
            code="unsupported-interval",
        )
    text = str(value.this).strip()
    return text[1:] if sign and text.startswith("-") else sign + text


def _word(node: Node) -> str:
    return str(node.this if isinstance(node, exp.Var) else node)


def unit_named(word: str) -> str:
    """The unit that a word such as `DAYS` names.

    Raises:
        AnalysisError: `invalid-literal`.
    """
    unit = word.lower()
    unit = unit[:-1] if unit.endswith("s") and len(unit) > 1 else unit
    if unit not in MICROSECONDS and unit not in _MONTHS:
        near = nearest(unit, [*MICROSECONDS, *_MONTHS])
        raise AnalysisError(
            f"unknown unit {word!r} of an interval",
            hint=f"did you mean {near.upper()}?" if near else "DAY, HOUR, MINUTE, MONTH, YEAR …",
            code="invalid-literal",
        )
    return unit


def pairs_in(text: str) -> list[tuple[str, str]]:
    """The numbers and units of `1 day 2 hours`, with or without the word `interval` before them."""
    body = re.sub(r"^\s*interval\s+", "", text, flags=re.IGNORECASE)
    found = re.findall(r"\s*([+-]?)\s*(\d+(?:\.\d*)?|\.\d+)\s+([A-Za-z]+)\s*", body)
    if not found or re.sub(r"\s", "", body) != re.sub(r"\s", "", "".join("".join(f) for f in found)):
        raise _wrong(text)
    return [(sign + number, unit) for sign, number, unit in found]


def sum_of_units(pairs: Sequence[tuple[str, str]], text: str) -> tuple[int, IntervalType]:
    """The value and the type of numbers with units."""
    units = [unit_named(word) for _, word in pairs]
    fields = sorted({_FIELDS.get(u, u) for u in units}, key=UNITS.index)
    is_year_month = [f in ("year", "month") for f in fields]
    if any(is_year_month) != all(is_year_month):
        raise AnalysisError(f"the interval {text!r} mixes months with days or times", code="invalid-literal")
    total = sum(_number(number, unit, text) for (number, _), unit in zip(pairs, units, strict=True))
    return checked(total, IntervalType(start=fields[0], end=fields[-1]), text)


def _number(number: str, unit: str, text: str) -> int:
    if not re.fullmatch(r"[+-]?\s*(\d+(\.\d*)?|\.\d+)", number):
        raise _wrong(text)
    value = Decimal(number.replace(" ", ""))
    if value != int(value) and unit != "second":
        raise AnalysisError(f"only seconds of an interval may have a fraction: {text!r}", code="invalid-literal")
    return int(value * (_MONTHS.get(unit) or MICROSECONDS[unit]))


def _span(text: str, start: str, end: str) -> tuple[int, IntervalType]:
    first, last = unit_named(start), unit_named(end)
    pattern = _SPANS.get((first, last))
    if first == last:
        return sum_of_units([(text, first)], text)
    found = re.fullmatch(rf"([+-])?\s*{pattern}", text) if pattern else None
    if found is None:
        raise _wrong(text)
    sign, *digits = found.groups()
    fields = UNITS[UNITS.index(first) : UNITS.index(last) + 1]
    if any(int(d) > _LIMITS[f] for f, d in zip(fields[1:], digits[1:], strict=False)):
        raise _wrong(text)
    total = sum(int(d) * (_MONTHS.get(f) or MICROSECONDS[f]) for f, d in zip(fields, digits, strict=False))
    if last == "second":
        total += int(((digits[-1] or "") + "000000")[:6])
    return checked(-total if sign == "-" else total, IntervalType(start=first, end=last), text)


def checked(value: int, data_type: IntervalType, text: str) -> tuple[int, IntervalType]:
    """The value, if the type holds it: 32 bits of months, 64 of microseconds."""
    bits = 31 if data_type.is_year_month else 63
    if not -(2**bits) <= value < 2**bits:
        raise AnalysisError(f"the interval {text!r} is too long", code="invalid-literal")
    return value, data_type


def _wrong(text: str) -> AnalysisError:
    return AnalysisError(
        f"{text!r} is no interval",
        hint="write INTERVAL '1' DAY or INTERVAL '1 02:03:04' DAY TO SECOND",
        code="invalid-literal",
    )

"""Number formats: `format_number`, `to_char`, `to_number`."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import re

from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.scope import cast, fail
from ingot.engines.duckdb.types import quote_text
from ingot.types import DecimalType


def number_format(call: Call) -> str:
    """`format_number(x, 2)`: thousands in groups, rounded half even as Java's DecimalFormat does."""
    if call.types[1].name == "string":
        return _by_pattern(call)
    digits = call.number(1)
    if digits < 0:
        return "CAST(NULL AS VARCHAR)"
    return _grouped(call, digits, 0, True)


def _by_pattern(call: Call) -> str:
    pattern = call.text(1)
    found = re.fullmatch(r"([#,]*)(0*)(?:\.(0*)(#*))?", pattern)
    if found is None:
        raise call.refuse(f"the number format {pattern!r} is not supported")
    if len(found[2]) > 1:
        raise call.refuse(f"the number format {pattern!r} is not supported", "write one 0 before the point")
    if "," in found[1] and len(found[1] + found[2]) - (found[1] + found[2]).rindex(",") - 1 != 3:
        raise call.refuse(f"the number format {pattern!r} is not supported", "group thousands: '#,###'")
    return _grouped(call, len(found[3] or ""), len(found[4] or ""), "," in found[1], has_zero=bool(found[2]))


def _grouped(call: Call, digits: int, optional: int, is_grouped: bool, has_zero: bool = True) -> str:
    if call.types[0].name in ("float", "double"):
        exact = f"CAST(CAST({call.sql[0]} AS VARCHAR) AS DECIMAL(38,{min(20, digits + optional + 8)}))"
    else:
        exact = call.sql[0]
    scale = digits + optional
    rounded = f"CAST(round_even({exact}, {scale}) AS DECIMAL(38,{scale}))"

    def body(value: str) -> str:
        whole = f"CAST(trunc(abs({value})) AS HUGEINT)"
        shown = f"format('{{:,}}', {whole})" if is_grouped else f"CAST({whole} AS VARCHAR)"
        if not has_zero and scale:
            shown = f"CASE WHEN {whole} = 0 THEN '' ELSE {shown} END"
        # Java keeps the sign of what is rounded to zero.
        sign = f"CASE WHEN starts_with(CAST({call.sql[0]} AS VARCHAR), '-') THEN '-' ELSE '' END"
        if scale == 0:
            return f"({sign} || {shown})"
        fraction = f"split_part(CAST(abs({value}) AS VARCHAR), '.', 2)"
        if optional:
            kept = (
                f"({fraction}[:{digits}] || rtrim({fraction}[{digits + 1}:], '0'))"
                if digits
                else f"rtrim({fraction}, '0')"
            )
            fraction_text = f"CASE WHEN {kept} = '' THEN '' ELSE '.' || {kept} END"
        else:
            fraction_text = f"'.' || {fraction}"
        return f"({sign} || {shown} || {fraction_text})"

    sql = call.scope.let(rounded, body)
    if call.types[0].name not in ("float", "double"):
        return sql
    x = call.sql[0]
    infinite = f"CASE WHEN {x} > 0 THEN '∞' ELSE '-∞' END"
    return f"CASE WHEN isnan({x}) THEN 'NaN' WHEN isinf({x}) THEN {infinite} ELSE {sql} END"


class _Format:
    """A format such as `S$99,999.99MI`, parsed."""

    def __init__(self, call: Call):
        text = call.text(1).upper()
        found = re.fullmatch(r"(S|MI)?(\$)?([09GL,]+)?(?:[.D]([09]*))?(\$)?(S|MI|PR)?", text)
        if found is None or found[5]:
            raise call.refuse(f"the number format {call.text(1)!r} is not supported")
        self.sign_before, self.currency, whole, fraction, _, self.sign_after = found.groups()
        self.whole = (whole or "").replace("G", ",")
        self.fraction = fraction or ""
        self.has_point = "." in text or "D" in text


def to_number(call: Call) -> str:
    """`to_number('12,454.8-', '99,999.9S')`; text of another form raises, or is NULL."""
    form = _Format(call)
    if form.sign_after == "PR":
        raise call.refuse("the number format PR is not supported")
    is_safe = call.name.startswith("try_")
    groups = form.whole.split(",")
    counts = [len(g) for g in groups]
    first = rf"\d{{0,{counts[0]}}}" if groups[0].startswith("9") or not groups[0] else rf"\d{{{counts[0]}}}"
    whole = first + "".join(rf",\d{{{n}}}" for n in counts[1:])
    if len(counts) > 1 and groups[0].startswith("9"):
        whole = rf"(?:{whole}|\d{{0,{counts[-1]}}})" if len(counts) == 2 else whole
    fraction = (rf"(?:\.\d{{0,{len(form.fraction)}}})?") if form.has_point else ""
    sign = {"S": "[+-]?", "MI": "-?", None: ""}
    pattern = sign[form.sign_before] + (r"\$" if form.currency else "") + whole + fraction + sign[form.sign_after]
    assert isinstance(call.type, DecimalType)

    def body(s: str) -> str:
        digits = f"regexp_replace({s}, '[^0-9.]', '', 'g')"
        value = cast(digits, call.type)
        signed = f"CASE WHEN contains({s}, '-') THEN -{value} ELSE {value} END"
        wrong = (
            "NULL"
            if is_safe
            else fail("INVALID_FORMAT.MISMATCH_INPUT: the text does not have the number format", call.type)
        )
        return f"CASE WHEN {s} IS NULL THEN NULL WHEN regexp_full_match(trim({s}), {quote_text(pattern)}) THEN {signed} ELSE {wrong} END"

    return call.scope.let(call.sql[0], body)


def to_char(call: Call) -> str:
    """`to_char(number, '99G999D9S')`."""
    raise call.refuse("to_char of a number is not supported", "use format_number")


LOWERINGS: dict[str, Lowering] = {
    "to_char": to_char,
    "to_number": to_number,
    "try_to_number": to_number,
}

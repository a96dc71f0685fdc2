"""Number formats: `format_number`, `to_char`, `to_number`."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.scope import cast, number_literal
from ingot.engines.duckdb.types import quote_text
from ingot.errors import AnalysisError
from ingot.types import DecimalType

_DIGITS_MAX = 30  # of a fraction that SQL writes
_DEFAULT_PATTERN = "#,###,###,###,###,###,##0"


def number_format(call: Call) -> str:
    """`format_number(x, 2)`: thousands in groups, rounded half even as Java's DecimalFormat does; or by a pattern."""
    is_pattern = call.types[1].name == "string"
    digits = None if is_pattern else number_literal(call.arguments[1])
    if digits is not None and digits < 0:
        return "CAST(NULL AS VARCHAR)"
    is_float = call.types[0].name in ("float", "double")
    if digits is not None and digits <= _DIGITS_MAX and not is_float and _scale(call) <= _DIGITS_MAX:
        return _grouped(call, digits)
    if is_pattern:
        from ingot.engines.duckdb.kernels.number_formats import java_pattern

        try:
            java_pattern(call.text(1))
        except ValueError as error:
            raise call.refuse(
                f"the number pattern {call.text(1)!r} is not supported", "write one such as '#,##0.00'"
            ) from error
        pattern = call.sql[1]
    else:
        pattern = f"CASE WHEN {call.sql[1]} >= 0 THEN '{_DEFAULT_PATTERN}' || CASE WHEN {call.sql[1]} > 0 THEN '.' || repeat('0', {call.sql[1]}) ELSE '' END END"
    if is_float:
        return f"{PREFIX}format_double(CAST({call.sql[0]} AS DOUBLE), {pattern})"
    return f"{PREFIX}format_decimal(CAST({call.sql[0]} AS VARCHAR), {pattern})"


def _scale(call: Call) -> int:
    return call.types[0].scale if isinstance(call.types[0], DecimalType) else 0


def _grouped(call: Call, digits: int) -> str:
    """The usual form of an exact number, without a call of Python."""
    rounded = f"CAST(round_even({call.sql[0]}, {digits}) AS DECIMAL(38,{digits}))"

    def body(value: str) -> str:
        whole = f"format('{{:,}}', CAST(trunc(abs({value})) AS HUGEINT))"
        # Java keeps the sign of what is rounded to zero.
        sign = f"CASE WHEN starts_with(CAST({call.sql[0]} AS VARCHAR), '-') THEN '-' ELSE '' END"
        fraction = f" || '.' || split_part(CAST(abs({value}) AS VARCHAR), '.', 2)" if digits else ""
        return f"({sign} || {whole}{fraction})"

    return call.scope.let(rounded, body)


def _checked(call: Call) -> str:
    """The format, a literal that can be read, in SQL."""
    from ingot.engines.duckdb.kernels.number_formats import form_of

    text = call.text(1)
    try:
        form_of(text)
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        raise AnalysisError(
            message, location=call.node.meta.get("location"), hint=hint, code="wrong-arguments"
        ) from error
    return quote_text(text)


def to_number(call: Call) -> str:
    """`to_number('12,454.8-', '99,999.9S')`; text of another form raises, or is NULL."""
    assert isinstance(call.type, DecimalType)
    return cast(f"{PREFIX}{call.name}({call.sql[0]}, {_checked(call)})", call.type)


def to_char(call: Call) -> str:
    """`to_char(number, '99G999D9S')`."""
    return f"{PREFIX}to_char(CAST({call.sql[0]} AS VARCHAR), {_checked(call)})"


LOWERINGS: dict[str, Lowering] = {
    "to_char": to_char,
    "to_number": to_number,
    "try_to_number": to_number,
}

"""Exact decimal arithmetic with Spark's result types.

DuckDB divides decimals as doubles; here they are divided as integers of 128 bits, in as many steps as the digits
need, rounding half up. What 38 digits cannot hold raises, never gives a wrong digit.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.scope import Scope, cast, fail
from ingot.engines.duckdb.types import duckdb_type
from ingot.types import DecimalType

_DIGITS = 38
JAVA_DIGITS = 34  # of the numbers that Java counts with where nothing says how many


def unscaled(sql: str, decimal: DecimalType) -> str:
    """The digits of a decimal as a HUGEINT."""
    if decimal.scale == 0:
        return f"CAST({sql} AS HUGEINT)"
    if decimal.precision + decimal.scale + 1 <= _DIGITS:
        # 38 digits from the start: DuckDB multiplies narrow decimals in 64 bits.
        wide = f"CAST({sql} AS DECIMAL(38,{decimal.scale}))"
        return f"CAST({wide} * {10**decimal.scale}::DECIMAL({decimal.scale + 1},0) AS HUGEINT)"
    return f"CAST(replace(CAST({sql} AS VARCHAR), '.', '') AS HUGEINT)"


def negated(sql: str, decimal: DecimalType, scope: Scope) -> str:
    """`-x`; where Java, which counts with 34 digits, would round the value, that is an error."""
    if decimal.precision <= JAVA_DIGITS:
        return f"(-{sql})"
    wrong = fail("UNSUPPORTED_NEGATION: Spark rounds a decimal of more than 34 digits when it turns its sign", "BIGINT")
    target = duckdb_type(decimal)
    limit = f"'1e{JAVA_DIGITS - decimal.scale}'::{target}"
    return scope.let(sql, lambda v: f"CASE WHEN abs({v}) >= {limit} THEN CAST({wrong} AS {target}) ELSE -{v} END")


def micros(sql: str, decimal: DecimalType) -> str:
    """The microseconds in a number of seconds, as a HUGEINT; what is less than one is cut off."""
    if decimal.scale > 6:
        return f"({unscaled(sql, decimal)} // {10 ** (decimal.scale - 6)}::HUGEINT)"
    return f"({unscaled(sql, decimal)} * {10 ** (6 - decimal.scale)})"


def scaled(digits: str, decimal: DecimalType, safely: bool) -> str:
    """A HUGEINT of digits as a decimal; raises, or is NULL, when they are too many."""
    whole = cast(digits, "DECIMAL(38,0)", safely)
    if decimal.scale == 0:
        return cast(digits, decimal, safely)
    fraction = "0." + "0" * (decimal.scale - 1) + "1"
    return cast(f"({whole} * '{fraction}'::DECIMAL({decimal.scale},{decimal.scale}))", decimal, safely)


def divided(
    left: str, right: str, types: tuple[DecimalType, DecimalType], result: DecimalType, scope: Scope, safely: bool
) -> str | None:
    """`left / right`, rounded half up to the scale of `result`; None when the divisor has too many digits.

    The divisor must not be zero.
    """
    shift = result.scale - types[0].scale + types[1].scale
    divisor_digits = types[1].precision
    if types[0].precision + max(shift, 0) + 1 <= _DIGITS and shift >= 0:
        return scope.let_all([left, right], lambda a, b: _divided_at_once(a, b, shift, types, result, scope, safely))
    step = _DIGITS - 1 - divisor_digits
    if step < 3 or shift < 0:
        return None
    return scope.let_all(
        [unscaled(left, types[0]), unscaled(right, types[1])],
        lambda n, d: _long_division(n, d, shift, step, result, scope, safely),
    )


def _divided_at_once(
    left: str,
    right: str,
    shift: int,
    types: tuple[DecimalType, DecimalType],
    result: DecimalType,
    scope: Scope,
    safely: bool,
) -> str:
    """DuckDB's division, and where it may have met a tie the one that looks at the remainder.

    A tie lies 5 units of the next digit from the quotient; so may what is rounded to that digit, which the remainder
    tells apart. Both are rare.
    """
    quotient = f"decimal_division({left}, {right}, {result.scale})"
    digits = types[0].precision - types[0].scale + types[1].scale + result.scale

    def careful(found: str) -> str:
        return scope.let_all(
            [f"({unscaled(left, types[0])} * {10**shift}::HUGEINT)", unscaled(right, types[1])],
            lambda n, d: _half_up(found, n, d, types, result, safely),
        )

    if digits + 1 > _DIGITS:
        return scope.let(quotient, careful)
    finer = f"decimal_division({left}, {right}, {result.scale + 1})"
    near = f"'0.{'0' * result.scale}4'::DECIMAL({digits + 1},{result.scale + 1})"
    far = f"'-0.{'0' * result.scale}4'::DECIMAL({digits + 1},{result.scale + 1})"
    return scope.let(
        quotient,
        lambda q: (
            f"CASE WHEN {q} IS NULL THEN NULL WHEN {q} - {finer} BETWEEN {far} AND {near} THEN {cast(q, result, safely)} ELSE {careful(q)} END"
        ),
    )


def _half_up(
    quotient: str,
    numerator: str,
    divisor: str,
    types: tuple[DecimalType, DecimalType],
    result: DecimalType,
    safely: bool,
) -> str:
    """DuckDB rounds half to even; Spark wants ties away from zero, so those that went the other way go one further."""
    width = DecimalType(
        precision=min(_DIGITS, types[0].precision - types[0].scale + types[1].scale + result.scale), scale=result.scale
    )
    rest = f"({numerator} - {unscaled(quotient, width)} * {divisor})"
    unit = "1" if result.scale == 0 else "0." + "0" * (result.scale - 1) + "1"
    step = f"CASE WHEN ({numerator} < 0) = ({divisor} < 0) THEN '{unit}' ELSE '-{unit}' END::{duckdb_type(width)}"
    corrected = f"CASE WHEN 2 * abs({rest}) = abs({divisor}) AND ({rest} < 0) = ({numerator} < 0) THEN {quotient} + {step} ELSE {quotient} END"
    return cast(corrected, result, safely)


def _long_division(n: str, d: str, shift: int, step: int, result: DecimalType, scope: Scope, safely: bool) -> str:
    """Division by hand, `step` digits at a time, on absolute values."""

    def go(quotient: str, remainder: str, left: int) -> str:
        if left == 0:
            rounded = f"({quotient} + CASE WHEN {remainder} >= abs({d}) - {remainder} THEN 1 ELSE 0 END)"
            signed = f"(CASE WHEN ({n} < 0) = ({d} < 0) THEN 1 ELSE -1 END * {rounded})"
            return scaled(signed, result, safely)
        digits = min(step, left)
        factor = f"{10**digits}::HUGEINT"
        return scope.let_all(
            [f"({quotient} * {factor} + {remainder} * {factor} // abs({d}))", f"({remainder} * {factor} % abs({d}))"],
            lambda q, r: go(q, r, left - digits),
        )

    return scope.let_all([f"abs({n}) // abs({d})", f"abs({n}) % abs({d})"], lambda q, r: go(q, r, shift))


def fits(symbol: str, types: tuple[DecimalType, DecimalType]) -> bool:
    """Whether 38 digits hold the exact result of `*`, `+` or `-`."""
    if symbol == "*":
        return types[0].precision + types[1].precision <= _DIGITS
    return max(t.precision - t.scale for t in types) + max(t.scale for t in types) < _DIGITS


def computed(
    symbol: str, left: str, right: str, types: tuple[DecimalType, DecimalType], result: DecimalType, safely: bool
) -> str:
    """`*`, `+` or `-` in 38 digits."""
    if symbol == "*":
        return multiplied(left, right, types, result, safely)
    return added(symbol, left, right, result, safely)


def wide(
    symbol: str, left: str, right: str, types: tuple[DecimalType, DecimalType], result: DecimalType, safely: bool
) -> str:
    """`*`, `+` or `-` where 38 digits may be too few on the way: then with as many as it takes."""
    usual = computed(symbol, left, right, types, result, safely=True)
    kernel = f"{PREFIX}{'try_' if safely else ''}wide_decimal"
    exact = f"{kernel}(CAST({left} AS VARCHAR), CAST({right} AS VARCHAR), '{symbol}', {result.scale})"
    return f"coalesce({usual}, {cast(exact, result)})"


def multiplied(left: str, right: str, types: tuple[DecimalType, DecimalType], result: DecimalType, safely: bool) -> str:
    """`left * right`; raises when the exact product has more than 38 digits."""
    if types[0].scale + types[1].scale > _DIGITS:
        digits = f"{unscaled(left, types[0])} * {unscaled(right, types[1])}"
        drop = types[0].scale + types[1].scale - result.scale
        half = (
            f"CASE WHEN ({digits}) < 0 THEN -{5 * 10 ** (drop - 1)}::HUGEINT ELSE {5 * 10 ** (drop - 1)}::HUGEINT END"
        )
        return scaled(f"(({digits} + {half}) // {10**drop}::HUGEINT)", result, safely)
    if types[0].precision + types[1].precision > 18:
        left = f"CAST({left} AS DECIMAL(38,{types[0].scale}))"
    return _guarded(f"({left} * {right})", result, safely)


def added(symbol: str, left: str, right: str, result: DecimalType, safely: bool) -> str:
    """`left + right` and `left - right`."""
    return _guarded(f"({left} {symbol} {right})", result, safely)


def remainder(
    left: str, right: str, types: tuple[DecimalType, DecimalType], result: DecimalType, scope: Scope, safely: bool
) -> str | None:
    """`left % right`; None when the digits do not fit. DuckDB computes it in doubles where 38 digits are too few."""
    if is_aligned(types):
        return _guarded(f"({left} % {right})", result, safely)
    shift, step = types[1].scale - types[0].scale, _DIGITS - 1 - types[1].precision
    if shift < 0 or (shift > 0 and step < 1):
        return None

    def go(rest: str, divisor: str, missing: int) -> str:
        if missing == 0:
            return scaled(rest, DecimalType(precision=_DIGITS, scale=types[1].scale), safely)
        digits = min(step, missing)
        return scope.let(f"({rest} * {10**digits}::HUGEINT % {divisor})", lambda r: go(r, divisor, missing - digits))

    digits = [unscaled(left, types[0]), unscaled(right, types[1])]
    found = scope.let_all(digits, lambda n, d: scope.let(f"({n} % {d})", lambda r: go(r, d, shift)))
    return cast(found, result, safely)


def is_aligned(types: tuple[DecimalType, DecimalType]) -> bool:
    """Whether 38 digits hold both decimals with as many decimals."""
    return max(t.precision - t.scale for t in types) + max(t.scale for t in types) <= _DIGITS


def _guarded(sql: str, result: DecimalType, safely: bool) -> str:
    return f"TRY({cast(sql, result)})" if safely else cast(sql, result)

"""Numbers and bits."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from ingot.engines.duckdb.lowering import decimals, intervals, operators
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.casts import saturated
from ingot.engines.duckdb.lowering.scope import cast, fail
from ingot.engines.duckdb.types import duckdb_type
from ingot.types import DecimalType, IntervalType

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}


def _operator(kind: type, safely: bool = False) -> Callable[[Call], str]:
    def lower(call: Call) -> str:
        is_safe = safely or not call.is_ansi
        # Where both are numbers an error of an operand is none of the call's own, which alone becomes NULL.
        tries_all = call.node.meta.get("tries_operands")
        operands = [_tried(call, at) for at in (0, 1)] if tries_all else call.sql
        if isinstance(call.type, IntervalType):
            if kind in (exp.Mul, exp.Div):
                types = (call.types[0], call.types[1])
                return intervals.scaled(kind, operands[0], operands[1], types, call.type, call.scope, safely)
            return f"TRY({call.sql[0]} {'+' if kind is exp.Add else '-'} {call.sql[1]})"

        def body(left: str, right: str) -> str:
            return operators.arithmetic(kind, left, right, call.node, call.scope, is_safe)

        return call.scope.let_all(operands, body) if safely else body(*operands)

    return lower


def _tried(call: Call, position: int) -> str:
    """An operand, NULL where it raises; DuckDB tries no query and nothing volatile, whose errors stay errors."""
    sql, node = call.sql[position], call.arguments[position]
    value = node
    while isinstance(value, exp.TryCast):
        value = value.this
    is_safe = isinstance(value, (exp.Column, exp.Literal, exp.Null))
    is_beyond = any(isinstance(n, exp.Query) or n.meta.get("volatile") for n in node.walk())
    return sql if is_safe or is_beyond else f"TRY({sql})"


def _try_moved(sign: str, kind: type) -> Lowering:
    """`try_add` and `try_subtract`: numbers, dates with days or intervals, timestamps with intervals."""

    def lower(call: Call) -> str:
        if call.types[0].name in ("date", "timestamp", "timestamp_ntz"):
            if call.types[1].name in _BITS:
                return intervals.moved_days(call, sign, is_safe=True)
            if not isinstance(call.types[1], IntervalType):
                return f"TRY({call.sql[0]} {sign} {call.sql[1]})"
            given = call.types[0]
            moved = intervals.moved(call.sql[0], given, sign, call.arguments[1], call.type, call.scope)
            return f"TRY({moved})"
        return _operator(kind, safely=True)(call)

    return lower


def _pmod(call: Call) -> str:
    wide = [t for t in call.types if isinstance(t, DecimalType)]
    if len(wide) == 2 and not decimals.is_aligned((wide[0], wide[1])):
        raise call.refuse(f"pmod of {wide[0].ddl} by {wide[1].ddl} needs more than 38 digits")

    def body(a: str, b: str) -> str:
        target = duckdb_type(call.type)
        zero = fail(operators.DIVIDE_BY_ZERO, target) if call.is_ansi else f"CAST(NULL AS {target})"
        rest = f"{a} % {b}"
        return f"CASE WHEN {b} = 0 AND {a} IS NOT NULL THEN {zero} ELSE CAST(CASE WHEN {rest} < 0 THEN ({rest} + {b}) % {b} ELSE {rest} END AS {target}) END"

    return call.let(body)


def _whole(function: str) -> Lowering:
    def lower(call: Call) -> str:
        if isinstance(call.type, DecimalType):
            if len(call) > 1:
                return _to_scale(call, function)
            return cast(f"{function}({call.sql[0]})", call.type)
        if call.types[0].name in _BITS:
            return cast(call.sql[0], "BIGINT")
        if not call.is_ansi:
            return saturated(call.sql[0], function, "BIGINT", call.scope)
        whole = cast(f"{function}(§)", "BIGINT")  # what is no number becomes 0, unlike in a cast
        return call.scope.let(call.sql[0], lambda v: f"CASE WHEN isnan({v}) THEN 0 ELSE {whole.replace('§', v)} END")

    return lower


def _to_scale(call: Call, function: str) -> str:
    """`ceil(x, n)`: the next decimal with n digits."""
    digits = call.number(1)
    given = call.types[0]
    exact, scale = call.sql[0], given.scale if isinstance(given, DecimalType) else 0
    if not isinstance(given, DecimalType) and given.name not in _BITS:
        most, scale = (14, 7) if given.name == "float" else (30, 15)
        text = f"ingot_without_exponent(CAST(CAST({call.sql[0]} AS DOUBLE) AS VARCHAR))"
        exact = f"CASE WHEN isfinite({call.sql[0]}) THEN CAST({text} AS DECIMAL({most},{scale})) END"
    if digits >= scale:
        return cast(exact, call.type)
    assert isinstance(call.type, DecimalType)
    if digits >= 0:
        factor = 10**digits
        moved = f"CAST({function}({exact} * {factor}::DECIMAL({digits + 1},0)) AS DECIMAL(38,0))"
        fraction = "1" if digits == 0 else "0." + "0" * (digits - 1) + "1"
        return cast(f"({moved} * '{fraction}'::DECIMAL({digits + 1},{digits}))", call.type)
    step = 10**-digits

    def body(value: str) -> str:
        whole = f"CAST({function}({value}) AS HUGEINT)"
        rest = f"(({whole} % {step} + {step}) % {step})"
        up = f"CASE WHEN {rest} = 0 THEN 0 ELSE {step} - {rest} END" if function == "ceil" else f"-{rest}"
        return cast(f"({whole} + ({up}))", call.type)

    return call.scope.let(exact, body)


def _round(function: str) -> Lowering:
    """HALF_UP for `round`, HALF_EVEN for `bround`; doubles by their shortest text, as Java's BigDecimal does."""

    def lower(call: Call) -> str:
        given, digits = call.types[0], call.number(1, 0)
        if isinstance(given, DecimalType):
            return _rounded_decimal(call, function, digits)
        if given.name in _BITS:
            return call.sql[0] if digits >= 0 else _rounded_integer(call, function, -digits)
        return _rounded_float(call, function, digits)

    return lower


def _rounded_decimal(call: Call, function: str, digits: int) -> str:
    given = call.types[0]
    assert isinstance(given, DecimalType)
    if digits >= given.scale:
        return cast(call.sql[0], call.type)
    if digits >= 0:
        if function == "round":
            return cast(call.sql[0], call.type)  # a decimal's cast rounds half up
        return cast(f"round_even({call.sql[0]}, {digits})", call.type)
    whole = f"CAST(trunc({call.sql[0]}) AS HUGEINT)"
    if function == "round":
        return cast(call.scope.let(whole, lambda v: _half_up(v, 10**-digits)), call.type)
    raise call.refuse("bround of a decimal to tens is not supported")


def _rounded_integer(call: Call, function: str, digits: int) -> str:
    if digits > 19:
        return f"({call.sql[0]} * 0)"
    how = _half_up if function == "round" else _half_even
    sql = call.scope.let(f"CAST({call.sql[0]} AS HUGEINT)", lambda v: how(v, 10**digits))
    return cast(sql, call.type)


def _half_up(value: str, step: int) -> str:
    return f"(({value} + CASE WHEN {value} < 0 THEN -{step // 2} ELSE {step // 2} END) // {step} * {step})"


def _half_even(value: str, step: int) -> str:
    rest = f"abs({value} % {step})"
    is_odd = f"abs({value} // {step}) % 2 = 1"
    up = f"{rest} > {step // 2} OR ({rest} = {step // 2} AND {is_odd})"
    return f"(({value} // {step} + CASE WHEN {up} THEN (CASE WHEN {value} < 0 THEN -1 ELSE 1 END) ELSE 0 END) * {step})"


def _rounded_float(call: Call, function: str, digits: int) -> str:
    """Exact where the decimal text has few digits; large values have no fraction to round."""
    target = duckdb_type(call.type)
    if digits > 15 or digits < -15:
        raise call.refuse(f"{function} of a {call.types[0].ddl} to {digits} digits is not supported")
    kept = max(0, digits)
    as_decimal = "DECIMAL(38,18)"

    def body(value: str) -> str:
        exact = f"CAST(CAST({value} AS VARCHAR) AS {as_decimal})"
        if digits >= 0:
            how = f"CAST({exact} AS DECIMAL(38,{kept}))" if function == "round" else f"round_even({exact}, {kept})"
        else:
            inner = _half_up if function == "round" else _half_even
            how = call.scope.let(f"CAST(trunc({exact}) AS HUGEINT)", lambda v: inner(v, 10**-digits))
        unchanged = "0.000000000000000001" if digits >= 0 else "0"
        far = f"abs({value}) >= 1e15" if digits >= 0 else "FALSE"
        tiny = f"abs({value}) < {unchanged}"
        factor = f"{10**kept}::DOUBLE"
        # Away from ties the quick way gives the same; a tie is decided by the decimal text.
        clear = f"abs({value}) < 1e9 AND abs({value} * {factor} - floor({value} * {factor}) - 0.5) > 1e-4"
        quick = (
            f"WHEN {clear} THEN {'round' if function == 'round' else 'round_even'}({value}, {kept}) "
            if 0 <= digits <= 4
            else ""
        )
        return f"CASE {quick}WHEN NOT isfinite({value}) OR {far} THEN {value} WHEN {tiny} THEN CAST(0 AS {target}) ELSE CAST({how} AS {target}) END"

    return call.scope.let(call.sql[0], body)


def _log(call: Call) -> str:
    """NULL for what has no logarithm."""
    if len(call) == 2:
        return call.let(lambda b, x: f"CASE WHEN {b} > 0 AND {x} > 0 THEN ln({x}) / ln({b}) END")
    function = {"ln": "ln", "log": "ln", "log10": "log10", "log2": "log2"}[call.name]
    return call.scope.let(call.sql[0], lambda x: f"CASE WHEN {x} > 0 OR isnan({x}) THEN {function}({x}) END")


def _log1p(call: Call) -> str:
    return call.scope.let(
        call.sql[0],
        lambda x: (
            f"CASE WHEN {x} <= -1 THEN NULL WHEN abs({x}) < 1e-5 THEN {x} - {x} * {x} / 2 + {x} * {x} * {x} / 3 ELSE ln(1 + {x}) END"
        ),
    )


def _expm1(call: Call) -> str:
    return call.scope.let(
        call.sql[0],
        lambda x: f"CASE WHEN abs({x}) < 1e-5 THEN {x} * (1 + {x} / 2 + {x} * {x} / 6) ELSE exp({x}) - 1 END",
    )


def _sign(call: Call) -> str:
    if isinstance(call.types[0], IntervalType):
        return f"CAST(sign({call.sql[0]}) AS DOUBLE)"
    return call.scope.let(
        call.sql[0], lambda x: f"CASE WHEN isnan({x}) OR {x} = 0 THEN {x} ELSE CAST(sign({x}) AS DOUBLE) END"
    )


def _abs(call: Call) -> str:
    if not call.is_ansi and call.types[0].name in _BITS:  # the least number has no counterpart
        return call.scope.let(
            call.sql[0], lambda v: f"CASE WHEN {v} < 0 THEN {operators.negated(v, call.types[0])} ELSE {v} END"
        )
    if isinstance(call.type, DecimalType) and call.type.precision > decimals.JAVA_DIGITS:
        kind = call.type
        return call.scope.let(
            call.sql[0], lambda v: f"CASE WHEN {v} < 0 THEN {decimals.negated(v, kind, call.scope)} ELSE {v} END"
        )
    return f"abs({call.sql[0]})"


def _negative(call: Call) -> str:
    if isinstance(call.type, DecimalType):
        return decimals.negated(call.sql[0], call.type, call.scope)
    return f"(-{call.sql[0]})"


def _factorial(call: Call) -> str:
    return call.scope.let(
        call.sql[0], lambda n: f"CASE WHEN {n} BETWEEN 0 AND 20 THEN CAST(factorial({n}) AS BIGINT) END"
    )


def _bin(call: Call) -> str:
    return call.scope.let(
        call.sql[0],
        lambda n: (
            f"coalesce(nullif(ltrim(CAST(CAST({n} AS BIT) AS VARCHAR), '0'), ''), CASE WHEN {n} = 0 THEN '0' END)"
        ),
    )


def _width_bucket(call: Call) -> str:
    def body(v: str, low: str, high: str, n: str) -> str:
        up = f"CASE WHEN {v} < {low} THEN 0 WHEN {v} >= {high} THEN {n} + 1 ELSE CAST(floor({n} * ({v} - {low}) / ({high} - {low})) AS BIGINT) + 1 END"
        down = f"CASE WHEN {v} > {low} THEN 0 WHEN {v} <= {high} THEN {n} + 1 ELSE CAST(floor({n} * ({low} - {v}) / ({low} - {high})) AS BIGINT) + 1 END"
        valid = f"{n} > 0 AND {n} < 9223372036854775807 AND {low} <> {high} AND isfinite({low}) AND isfinite({high}) AND NOT isnan({v})"
        return f"CASE WHEN {valid} THEN CASE WHEN {low} < {high} THEN {up} ELSE {down} END END"

    if isinstance(call.types[0], IntervalType):
        bounds = [f"CAST({sql} AS DOUBLE)" for sql in call.sql[:3]]
        return call.scope.let_all([*bounds, call.sql[3]], body)
    return call.let(body)


def _bit_count(call: Call) -> str:
    if call.types[0].name == "boolean":
        return f"CAST({call.sql[0]} AS INTEGER)"
    return f"CAST(bit_count(CAST({call.sql[0]} AS BIGINT)) AS INTEGER)"


def _bit_get(call: Call) -> str:
    bits = _BITS[call.types[0].name]

    def body(v: str, at: str) -> str:
        outside = fail(f"BIT_POSITION_RANGE: the position must be between 0 and {bits - 1}", "TINYINT")
        return f"CASE WHEN {at} < 0 OR {at} >= {bits} THEN {outside} ELSE CAST(({v}::HUGEINT + CASE WHEN {v} < 0 THEN {2**bits}::HUGEINT ELSE 0 END) // (2::HUGEINT ** {at})::HUGEINT % 2 AS TINYINT) END"

    return call.let(body)


def _shift(call: Call) -> str:
    """Java shifts by the low bits of the distance and drops what leaves the word."""
    bits = _BITS[call.types[0].name]
    target = duckdb_type(call.type)
    mask, half, size = bits - 1, 2 ** (bits - 1), 2**bits

    def body(v: str, n: str) -> str:
        distance = f"({n} & {mask})"
        if call.name == "shiftright":
            return f"CAST({v} >> CAST({distance} AS {target}) AS {target})"
        unsigned = f"(CAST({v} AS HUGEINT) + CASE WHEN {v} < 0 THEN {size}::HUGEINT ELSE 0 END)"
        if call.name == "shiftleft":
            kept = (
                f"({unsigned} % (2::HUGEINT ** ({bits} - {distance}))::HUGEINT) * (2::HUGEINT ** {distance})::HUGEINT"
            )
        else:
            kept = f"{unsigned} // (2::HUGEINT ** {distance})::HUGEINT"
        return f"CAST((({kept}) + {half}::HUGEINT) % {size}::HUGEINT - {half}::HUGEINT AS {target})"

    return call.let(body)


def _extreme(function: str) -> Lowering:
    """NULLs are skipped; NaN is the greatest, as in DuckDB."""

    def lower(call: Call) -> str:
        if call.type.name in ("array", "struct"):
            raise call.refuse(f"{function} of a {call.type.ddl} is not supported")
        return f"{function}({', '.join(call.sql)})"

    return lower


def _random(call: Call) -> str:
    if len(call):
        raise call.refuse(
            f"{call.name} with a seed is not supported: Spark's numbers depend on its partitions",
            f"write {call.name}()",
        )
    if call.name == "randn":
        return "(sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))"
    return "random()"


def _uniform(call: Call) -> str:
    """A number from the first up to, but not with, the second."""
    if len(call) > 2:
        raise call.refuse(
            f"{call.name} with a seed is not supported: Spark's numbers depend on its partitions", "leave the seed out"
        )
    if any(n.find(exp.Column, exp.Subquery) for n in call.arguments):
        raise call.refuse(f"{call.name} of columns is not supported", "write constants")
    low, high = (f"CAST({sql} AS {'HUGEINT' if call.type.name in _BITS else 'DOUBLE'})" for sql in call.sql)
    if call.type.name in _BITS:
        found = f"{low} + CAST(trunc(random() * CAST({high} - {low} AS DOUBLE)) AS HUGEINT)"
    else:
        found = f"{low} + random() * ({high} - {low})"
    return f"CAST({found} AS {duckdb_type(call.type)})"


def _hypot(call: Call) -> str:
    def body(a: str, b: str) -> str:
        plain, most = f"sqrt({a} * {a} + {b} * {b})", f"greatest(abs({a}), abs({b}))"
        return (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN isinf({a}) OR isinf({b}) THEN 'inf'::DOUBLE "
            f"WHEN {plain} BETWEEN 1e-150 AND 1e150 OR {most} = 0 THEN {plain} "
            f"ELSE {most} * sqrt(pow({a} / {most}, 2) + pow({b} / {most}, 2)) END"
        )

    return call.let(body)


def _pow(call: Call) -> str:
    """Java's: NaN for an exponent that is none, and for 1 and -1 to the power of infinity."""
    exponent = call.arguments[1]
    while isinstance(exponent, (exp.Cast, exp.Paren, exp.Neg)):
        exponent = exponent.this
    if isinstance(exponent, exp.Literal) and not exponent.is_string:
        return f"pow({call.sql[0]}, {call.sql[1]})"
    return call.let(
        lambda a, b: (
            f"CASE WHEN {a} IS NULL THEN CAST(NULL AS DOUBLE) "
            f"WHEN isnan({b}) OR (isinf({b}) AND abs({a}) = 1) THEN 'nan'::DOUBLE ELSE pow({a}, {b}) END"
        )
    )


def _nan_outside(function: str, condition: str) -> Lowering:
    """NaN where DuckDB raises."""

    def lower(call: Call) -> str:
        return call.scope.let(
            call.sql[0], lambda x: f"CASE WHEN {condition.format(x)} THEN 'nan'::DOUBLE ELSE {function}({x}) END"
        )

    return lower


def _cbrt(call: Call) -> str:
    """Java's cbrt is exact for cubes."""
    return call.scope.let(
        call.sql[0],
        lambda x: f"CASE WHEN isfinite({x}) AND round(cbrt({x})) ** 3 = {x} THEN round(cbrt({x})) ELSE cbrt({x}) END",
    )


LOWERINGS: dict[str, Lowering] = {
    "abs": _abs,
    "negative": _negative,
    "positive": "{0}",
    "sign": _sign,
    "ceil": _whole("ceil"),
    "floor": _whole("floor"),
    "round": _round("round"),
    "bround": _round("bround"),
    "rint": "round_even({0}, 0)",
    "mod": _operator(exp.Mod),
    "pmod": _pmod,
    "try_mod": _operator(exp.Mod, safely=True),
    "try_add": _try_moved("+", exp.Add),
    "try_subtract": _try_moved("-", exp.Sub),
    "try_multiply": _operator(exp.Mul, safely=True),
    "try_divide": _operator(exp.Div, safely=True),
    "sqrt": _nan_outside("sqrt", "{0} < 0"),
    "cbrt": _cbrt,
    "exp": "exp({0})",
    "expm1": _expm1,
    "ln": _log,
    "log": _log,
    "log10": _log,
    "log2": _log,
    "log1p": _log1p,
    "pow": _pow,
    "hypot": _hypot,
    "sin": _nan_outside("sin", "isinf({0})"),
    "cos": _nan_outside("cos", "isinf({0})"),
    "tan": _nan_outside("tan", "isinf({0})"),
    "cot": "(1 / tan({0}))",
    "sec": "(1 / cos({0}))",
    "csc": "(1 / sin({0}))",
    "asin": _nan_outside("asin", "abs({0}) > 1"),
    "acos": _nan_outside("acos", "abs({0}) > 1"),
    "atan": "atan({0})",
    "atan2": "atan2({0} + 0, {1} + 0)",
    "sinh": "sinh({0})",
    "cosh": "cosh({0})",
    "tanh": "tanh({0})",
    "asinh": "asinh({0})",
    "acosh": _nan_outside("acosh", "{0} < 1"),
    "atanh": _nan_outside("atanh", "abs({0}) > 1"),
    "degrees": "degrees({0})",
    "radians": "radians({0})",
    "pi": "pi()",
    "e": "exp(1::DOUBLE)",
    "factorial": _factorial,
    "bin": _bin,
    "isnan": "coalesce(isnan({0}), FALSE)",
    "nanvl": lambda c: c.let(lambda a, b: f"CASE WHEN isnan({a}) THEN {b} ELSE {a} END"),
    "greatest": _extreme("greatest"),
    "least": _extreme("least"),
    "width_bucket": _width_bucket,
    "bit_count": _bit_count,
    "bit_get": _bit_get,
    "shiftleft": _shift,
    "shiftright": _shift,
    "shiftrightunsigned": _shift,
    "rand": _random,
    "randn": _random,
    "uniform": _uniform,
}

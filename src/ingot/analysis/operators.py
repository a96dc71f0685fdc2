"""Typing of operators: arithmetic, comparisons, boolean logic, intervals and dates, with Spark's implicit casts.

Owns what `+`, `=`, `AND`, `BETWEEN`, `IN` and the like give for operands that are typed already. Never resolves a
name and never looks at a query's clauses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from ingot.analysis.coercion import (
    cast_to,
    common_type,
    decimal_for,
    decimal_for_integer,
    decimal_result,
    differ_in_names,
    holds_map,
    is_integral,
    is_numeric,
    is_orderable,
    string_promotion,
    tightest_type,
    wider_decimal,
    wider_type,
    wider_with_decimal,
)
from ingot.analysis.nodes import Node, copied, is_nullable
from ingot.analysis.typed import Settings, set_type, type_of
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import (
    BOOLEAN,
    CALENDAR_INTERVAL,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    IntervalType,
    MapType,
    StructType,
    is_interval,
)

_SYMBOLS: dict[type, str] = {
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.IntDiv: "div",
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.NullSafeEQ: "<=>", exp.NullSafeNEQ: "IS DISTINCT FROM",
    exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseXor: "^", exp.And: "AND", exp.Or: "OR",
}  # fmt: skip
_EQUALITIES = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ)
_INSTANTS = (TIMESTAMP, TIMESTAMP_NTZ)
_DAY_INTERVAL = IntervalType(start="day", end="day")
_TIME_INTERVAL = IntervalType(start="day", end="second")


def mismatch(operator: str, *types: DataType) -> AnalysisError:
    """The error for operands that do not fit; the caller adds the place."""
    shown = " and ".join(t.ddl for t in types)
    return AnalysisError(f"'{operator}' does not take {shown}", code="type-mismatch", hint="cast one of the sides")


def with_nullability(node: Node, *parts: Node) -> Node:
    """Mark a node as never null when none of its parts is."""
    if not any(is_nullable(part) for part in parts):
        node.meta["nullable"] = False
    return node


def _binary(kind: type, left: Node, right: Node, data_type: DataType) -> Node:
    node = set_type(kind(this=left, expression=right), data_type)
    if kind in (exp.NullSafeEQ, exp.NullSafeNEQ):
        node.meta["nullable"] = False
        return node
    return node if kind in (exp.Div, exp.IntDiv, exp.Mod) else with_nullability(node, left, right)


# --- arithmetic -----------------------------------------------------------------------------------------------


def arithmetic(kind: type, left: Node, right: Node, settings: Settings) -> Node:
    """Type `+ - * / % div` over typed operands."""
    temporal = _temporal(kind, left, right, settings)
    if temporal is not None:
        return temporal
    left, right = _numbers(kind, left, right, settings)
    left_type, right_type = type_of(left), type_of(right)
    if kind is exp.IntDiv and not isinstance(left_type, DecimalType) and not isinstance(right_type, DecimalType):
        if not (is_integral(left_type) and is_integral(right_type)):
            raise mismatch("div", left_type, right_type)
        return _binary(kind, cast_to(left, LONG), cast_to(right, LONG), LONG)
    if isinstance(left_type, DecimalType) or isinstance(right_type, DecimalType):
        return _decimal_arithmetic(kind, left, right)
    if kind is exp.Div:
        return _binary(kind, cast_to(left, DOUBLE), cast_to(right, DOUBLE), DOUBLE)
    common = tightest_type(left_type, right_type, settings)
    if common is None or not is_numeric(common):
        raise mismatch(_SYMBOLS[kind], left_type, right_type)
    return _binary(kind, cast_to(left, common), cast_to(right, common), common)


def _numbers(kind: type, left: Node, right: Node, settings: Settings) -> tuple[Node, Node]:
    """Both operands as numbers: strings and nulls cast to what the other side asks for."""
    types = (type_of(left), type_of(right))
    if types == (NULL, NULL):
        target = LONG if kind is exp.IntDiv else DOUBLE
        return cast_to(left, target), cast_to(right, target)
    if STRING in types:
        target = _number_for_string(types, settings)
        if target is None:
            raise mismatch(_SYMBOLS[kind], *types)
        left, right = (cast_to(n, target) if type_of(n) == STRING else n for n in (left, right))
        if settings.ansi:
            left, right = cast_to(left, target), cast_to(right, target)
    left_type, right_type = type_of(left), type_of(right)
    if left_type == NULL and kind is exp.Div and is_numeric(right_type):
        return cast_to(left, DOUBLE), cast_to(right, DOUBLE)
    if left_type == NULL and is_numeric(right_type):
        return cast_to(left, right_type), right
    if right_type == NULL and is_numeric(left_type):
        return left, cast_to(right, left_type)
    if not (is_numeric(left_type) and is_numeric(right_type)):
        raise mismatch(_SYMBOLS[kind], left_type, right_type)
    return left, right


def _number_for_string(types: tuple[DataType, DataType], settings: Settings) -> DataType | None:
    if not settings.ansi:
        return DOUBLE
    other = types[1] if types[0] == STRING else types[0]
    return string_promotion(STRING, other, settings) if is_numeric(other) else None


def _decimal_arithmetic(kind: type, left: Node, right: Node) -> Node:
    if type_of(left) in (FLOAT, DOUBLE) or type_of(right) in (FLOAT, DOUBLE):
        if kind is exp.IntDiv:
            raise mismatch("div", type_of(left), type_of(right))
        return _binary(kind, cast_to(left, DOUBLE), cast_to(right, DOUBLE), DOUBLE)
    left, right = _as_decimal(left), _as_decimal(right)
    left_type, right_type = type_of(left), type_of(right)
    assert isinstance(left_type, DecimalType) and isinstance(right_type, DecimalType)
    result = decimal_result(_SYMBOLS[kind], left_type, right_type)
    node = _binary(kind, left, right, result)
    node.meta.pop("nullable", None)
    return node


def _as_decimal(node: Node) -> Node:
    """An integer as the decimal that arithmetic sees: a literal with just its digits, else by its type."""
    data_type = type_of(node)
    if isinstance(data_type, DecimalType):
        return node
    digits = _integer_literal(node)
    return cast_to(node, decimal_for(data_type) if digits is None else decimal_for_integer(digits))


def _integer_literal(node: Node) -> str | None:
    if isinstance(node, exp.Paren) or (isinstance(node, exp.Neg) and not isinstance(node.this, exp.Paren)):
        return _integer_literal(node.this)
    if isinstance(node, exp.Cast) and node.meta.get("literal") and type_of(node) in (SHORT, LONG):
        inner = node.this  # 10L; of a tinyint Spark takes the type
        return str(inner.this.this if isinstance(inner, exp.Neg) else inner.this)
    if isinstance(node, exp.Literal) and not node.is_string and is_integral(type_of(node)):
        return str(node.this)
    return None


def negation(node: Node, settings: Settings) -> Node:
    """Type `- x`."""
    data_type = type_of(node)
    if data_type in (STRING, NULL):
        node = cast_to(node, DOUBLE)
        data_type = DOUBLE
    if not is_numeric(data_type) and not is_interval(data_type):
        raise mismatch("-", data_type)
    return with_nullability(set_type(exp.Neg(this=node), data_type), node)


def bitwise(kind: type, left: Node, right: Node, settings: Settings) -> Node:
    """Type `& | ^`."""
    types = (type_of(left), type_of(right))
    common = (wider_type if STRING in types and settings.ansi else tightest_type)(*types, settings)
    if common == NULL:
        common = INT
    if common is None or not is_integral(common):
        raise mismatch(_SYMBOLS[kind], *types)
    return _binary(kind, cast_to(left, common), cast_to(right, common), common)


# --- dates, timestamps, intervals -----------------------------------------------------------------------------


def _temporal(kind: type, left: Node, right: Node, settings: Settings) -> Node | None:
    """`+ -` and friends where a side is a date, a timestamp or an interval; None where none is."""
    left_type, right_type = type_of(left), type_of(right)
    if is_interval(left_type) or is_interval(right_type):
        return _with_interval(kind, left, right, settings)
    if kind not in (exp.Add, exp.Sub) or not (_is_instant(left_type) or _is_instant(right_type)):
        return None
    if kind is exp.Sub and not is_integral(right_type):
        return _difference(left, right, settings)
    if NULL in (left_type, right_type):  # Spark takes the null for an interval
        return cast_to(set_type(exp.Null(), NULL), TIMESTAMP)
    return _moved_date(kind, left, right) if DATE in (left_type, right_type) else None


def _is_instant(data_type: DataType) -> bool:
    return data_type == DATE or data_type in _INSTANTS


def _difference(left: Node, right: Node, settings: Settings) -> Node:
    types = (type_of(left), type_of(right))
    takes = (STRING, NULL) if settings.ansi or types == (STRING, DATE) else (NULL,)
    if not all(_is_instant(t) or t in takes for t in types):
        raise mismatch("-", *types)
    if types[0] in _INSTANTS or types[1] in _INSTANTS:
        target = TIMESTAMP if TIMESTAMP in types else TIMESTAMP_NTZ
        return _binary(exp.Sub, cast_to(left, target), cast_to(right, target), _TIME_INTERVAL)
    return _binary(exp.Sub, cast_to(left, DATE), cast_to(right, DATE), _DAY_INTERVAL)


def _moved_date(kind: type, left: Node, right: Node) -> Node:
    if type_of(left) != DATE and kind is exp.Add:
        left, right = right, left
    right_type = type_of(right)
    if type_of(left) != DATE or not (right_type == NULL or (is_integral(right_type) and right_type != LONG)):
        raise mismatch(_SYMBOLS[kind], type_of(left), right_type)
    name = "date_add" if kind is exp.Add else "date_sub"
    node = set_type(exp.Anonymous(this=name, expressions=[left, cast_to(right, INT)]), DATE)
    return with_nullability(node, left, right)


def _with_interval(kind: type, left: Node, right: Node, settings: Settings) -> Node:
    left_type, right_type = type_of(left), type_of(right)
    if isinstance(left_type, IntervalType) and isinstance(right_type, IntervalType) and kind in (exp.Add, exp.Sub):
        common = tightest_type(left_type, right_type, settings)
        if common is not None:
            return _binary(kind, left, right, common)
    if left_type == right_type == CALENDAR_INTERVAL and kind in (exp.Add, exp.Sub):
        return _binary(kind, left, right, CALENDAR_INTERVAL)
    if kind in (exp.Mul, exp.Div):
        return _scaled_interval(kind, left, right)
    if kind is exp.IntDiv:
        return _divided_intervals(left, right)
    if NULL in (left_type, right_type) and kind in (exp.Add, exp.Sub):
        common = right_type if left_type == NULL else left_type
        return _binary(kind, cast_to(left, common), cast_to(right, common), common)
    if not is_interval(right_type) and kind is exp.Add:
        left, right, left_type, right_type = right, left, right_type, left_type
    if kind in (exp.Add, exp.Sub) and is_interval(right_type):
        if left_type in _INSTANTS:
            return _binary(kind, left, right, left_type)
        if right_type == CALENDAR_INTERVAL:
            if left_type == DATE:
                return _binary(kind, left, right, DATE)
            raise mismatch(_SYMBOLS[kind], left_type, right_type)
        assert isinstance(right_type, IntervalType)
        if left_type == DATE:
            by_day = right_type.is_year_month or right_type == _DAY_INTERVAL
            return _binary(kind, left if by_day else cast_to(left, TIMESTAMP), right, DATE if by_day else TIMESTAMP)
        if left_type == STRING and not right_type.is_year_month:  # Spark gives back the type it was given
            moved = _binary(kind, cast_to(left, TIMESTAMP), right, TIMESTAMP)
            return cast_to(moved, STRING)
    raise mismatch(_SYMBOLS[kind], left_type, right_type)


def _divided_intervals(left: Node, right: Node) -> Node:
    """How often one interval goes into another of its kind."""
    types = [type_of(left), type_of(right)]
    kinds = {t.is_year_month if isinstance(t, IntervalType) else None for t in types if t != NULL}
    if len(kinds) != 1 or None in kinds:
        raise mismatch("div", *types)
    common = next(t for t in types if t != NULL)
    left, right = (cast_to(n, common) if type_of(n) == NULL else n for n in (left, right))
    return _binary(exp.IntDiv, left, right, LONG)


def _scaled_interval(kind: type, left: Node, right: Node) -> Node:
    if not isinstance(type_of(left), IntervalType) and kind is exp.Mul:
        left, right = right, left
    interval, number = type_of(left), type_of(right)
    if CALENDAR_INTERVAL in (interval, number):
        raise UnsupportedError("a calendar interval cannot be multiplied or divided here", code="unsupported-interval")
    if not isinstance(interval, IntervalType) or not (is_numeric(number) or number in (STRING, NULL)):
        raise mismatch(_SYMBOLS[kind], interval, number)
    if number in (STRING, NULL):
        right = cast_to(right, DOUBLE)
    start, end = ("year", "month") if interval.is_year_month else ("day", "second")
    return _binary(kind, left, right, IntervalType(start=start, end=end))


# --- comparisons ----------------------------------------------------------------------------------------------


def comparison(kind: type, left: Node, right: Node, settings: Settings) -> Node:
    """Type `= <> < <= > >= <=>` and IS [NOT] DISTINCT FROM."""
    left_type, right_type = type_of(left), type_of(right)
    common = compared_type(left, right, settings, is_equality=kind in _EQUALITIES)
    if common is None:
        raise mismatch(_SYMBOLS[kind], left_type, right_type)
    if holds_map(common) or not is_orderable(common):
        raise mismatch(_SYMBOLS[kind], left_type, right_type)
    return _binary(kind, cast_to(left, common), cast_to(right, common), BOOLEAN)


def compared_type(left: Node, right: Node, settings: Settings, is_equality: bool = True) -> DataType | None:
    """The type in which two expressions are compared; None when they cannot be."""
    left_type, right_type = type_of(left), type_of(right)
    if left_type == right_type:
        return left_type
    if isinstance(left_type, DecimalType) or isinstance(right_type, DecimalType):
        found = _compared_decimals(left, right)
        if found is not None:
            return found
    if not settings.ansi:
        return _legacy_compared(left_type, right_type, settings, is_equality)
    return (
        tightest_type(left_type, right_type, settings)
        or wider_with_decimal(left_type, right_type)
        or string_promotion(left_type, right_type, settings)
        or (left_type if differ_in_names(left_type, right_type) else None)
    )


def _compared_decimals(left: Node, right: Node) -> DataType | None:
    types = (type_of(left), type_of(right))
    if all(isinstance(t, DecimalType) or is_integral(t) for t in types):
        narrow = [type_of(_as_decimal(n)) if _integer_literal(n) else decimal_for(type_of(n)) for n in (left, right)]
        assert isinstance(narrow[0], DecimalType) and isinstance(narrow[1], DecimalType)
        return wider_decimal(narrow[0], narrow[1])
    return None


def _legacy_compared(left: DataType, right: DataType, settings: Settings, is_equality: bool) -> DataType | None:
    """`findCommonTypeForBinaryComparison`: a string is read as what it is compared with."""
    if STRING in (left, right):
        other = right if left == STRING else left
        if other == NULL:
            return STRING
        if isinstance(other, DecimalType):
            return DOUBLE
        return None if isinstance(other, (ArrayType, MapType, StructType, IntervalType)) else other
    if is_equality and BOOLEAN in (left, right):
        other = right if left == BOOLEAN else left
        if is_numeric(other):
            return other
    return tightest_type(left, right, settings) or wider_with_decimal(left, right)


def between(value: Node, low: Node, high: Node, settings: Settings) -> Node:
    """Type BETWEEN as the two comparisons that it means; one node when the types agree."""
    lower = comparison(exp.GTE, copied(value), low, settings)
    upper = comparison(exp.LTE, value, high, settings)
    if type_of(lower.this) == type_of(upper.this):
        node = exp.Between(this=lower.this, low=lower.expression, high=upper.expression)
        return with_nullability(set_type(node, BOOLEAN), lower, upper)
    node = exp.Paren(this=_binary(exp.And, lower, upper, BOOLEAN))
    return with_nullability(set_type(node, BOOLEAN), lower, upper)


def is_in(value: Node, items: Sequence[Node], settings: Settings) -> Node:
    """Type `value IN (items)`: all are cast to one type."""
    types = [type_of(value), *(type_of(item) for item in items)]
    common = common_type(types, settings)
    if common is None and all(t in (types[0], NULL) or differ_in_names(types[0], t) for t in types):
        common = types[0]
    if common is None or holds_map(common):
        raise mismatch("IN", *dict.fromkeys(types))
    node = exp.In(this=cast_to(value, common), expressions=[cast_to(item, common) for item in items])
    set_type(node, BOOLEAN)
    if common != STRING and STRING in types:  # the cast of a string may give null
        return node
    return with_nullability(node, value, *items)


# --- booleans -------------------------------------------------------------------------------------------------


def as_operand(node: Node, operator: str, settings: Settings) -> Node:
    """An operand of AND, OR, NOT: a boolean, or what is read as one (null; a string)."""
    data_type = type_of(node)
    if data_type in (BOOLEAN, NULL) or (data_type == STRING and settings.ansi):
        return cast_to(node, BOOLEAN)
    raise mismatch(operator, data_type)


def logical(kind: type, left: Node, right: Node, settings: Settings) -> Node:
    """Type AND and OR."""
    symbol = _SYMBOLS[kind]
    if {type_of(left), type_of(right)} <= {STRING, NULL} and STRING in (type_of(left), type_of(right)):
        raise mismatch(symbol, type_of(left), type_of(right))
    return _binary(kind, as_operand(left, symbol, settings), as_operand(right, symbol, settings), BOOLEAN)


def as_condition(node: Node, what: str) -> Node:
    """A condition of WHERE, CASE, a join …: a boolean or null, never a string."""
    if type_of(node) not in (BOOLEAN, NULL):
        raise AnalysisError(
            f"{what} must be a boolean, but it is {type_of(node).ddl}",
            code="type-mismatch",
            hint="compare it with something",
        )
    return cast_to(node, BOOLEAN)


Operator = Callable[[type, Node, Node, Settings], Node]
BINARY_OPERATORS: dict[type, Operator] = {
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.IntDiv), arithmetic),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ), comparison),
    **dict.fromkeys((exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor), bitwise),
    exp.And: logical,
    exp.Or: logical,
}

"""Functions whose arguments no signature can describe: each has a binder of its own.

Their types are Spark's; how an engine computes them is not told here.
"""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.coercion import (
    can_cast,
    cast_to,
    common_type,
    differ_in_names,
    implicit_cast,
    is_numeric,
    is_orderable,
)
from ingot.analysis.functions.rules import literal_integer, literal_text
from ingot.analysis.functions.signature import Binder, Bound, wrong_arguments
from ingot.analysis.typed import Settings, set_type, type_of
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import (
    BINARY,
    BOOLEAN,
    BYTE,
    CALENDAR_INTERVAL,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    NULL,
    SHORT,
    STRING,
    TIME,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    Field,
    IntervalType,
    MapType,
    StructType,
    struct,
)

Types = list[DataType]

_DATE_PARTS = {
    "year": "year", "years": "year", "y": "year", "yr": "year", "yrs": "year", "yearofweek": "yearofweek",
    "quarter": "quarter", "qtr": "quarter", "month": "month", "mon": "month", "mons": "month", "months": "month",
    "week": "weekofyear", "w": "weekofyear", "weeks": "weekofyear", "day": "dayofmonth", "d": "dayofmonth",
    "days": "dayofmonth", "dayofweek": "dayofweek", "dow": "dayofweek", "dayofweek_iso": "dayofweek_iso",
    "dow_iso": "dayofweek_iso", "doy": "dayofyear", "hour": "hour", "h": "hour", "hours": "hour", "hr": "hour",
    "hrs": "hour", "minute": "minute", "m": "minute", "min": "minute", "mins": "minute", "minutes": "minute",
    "second": "seconds", "s": "seconds", "sec": "seconds", "seconds": "seconds", "secs": "seconds",
}  # fmt: skip
INTERVAL_FIELDS = ("year", "month", "day", "hour", "minute", "second")
UNITS = (
    "year", "quarter", "month", "week", "day", "dayofyear", "hour", "minute", "second", "millisecond", "microsecond"
)  # fmt: skip
_TYPE_NAMES = {
    "boolean": BOOLEAN, "tinyint": BYTE, "smallint": SHORT, "int": INT, "bigint": LONG, "float": FLOAT,
    "double": DOUBLE, "decimal": DecimalType(), "date": DATE, "timestamp": TIMESTAMP, "binary": BINARY,
    "string": STRING,
}  # fmt: skip


def _replace(call: exp.Anonymous, arguments: list[exp.Expr]) -> exp.Anonymous:
    call.set("expressions", arguments)
    return call


def _named(call: exp.Anonymous, name: str, arguments: list[exp.Expr]) -> exp.Anonymous:
    call.set("this", name)
    return _replace(call, arguments)


# --- casts --------------------------------------------------------------------------------------------------


def _cast_function(target: DataType) -> Binder:
    def bind(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
        if len(types) != 1 or not can_cast(types[0], target, settings):
            raise wrong_arguments(call, types, "value")
        cast = exp.Cast(this=call.expressions[0])
        cast.meta.update(call.meta)
        return set_type(cast, target), target

    return bind


# --- arithmetic -----------------------------------------------------------------------------------------------


def _operator(kind: type, name: str | None) -> Binder:
    """A function that is an operator, or an operator that gives NULL instead of an error."""

    def bind(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
        from ingot.analysis.operators import arithmetic

        if len(types) != 2:
            raise wrong_arguments(call, types, "value, value")
        left, right = call.expressions
        node = arithmetic(kind, left, right, settings)
        if name is None or isinstance(node, exp.Cast):  # NULL of a type needs no computing
            return node, type_of(node)
        operands = node.expressions if isinstance(node, exp.Anonymous) else [node.this, node.expression]
        if name.startswith("try_") and not all(is_numeric(t) for t in types):
            call.meta["tries_operands"] = True
            operands = [_tried_cast(o) if settings.ansi else o for o in operands]
        return _named(call, name, list(operands)), type_of(node)

    return bind


def _tried_cast(operand: exp.Expr) -> exp.Expr:
    """The operand with its implicit casts, if it has any, as ones that give NULL."""
    if not isinstance(operand, exp.Cast) or not operand.meta.get("implicit"):
        return operand
    return set_type(exp.TryCast(this=_tried_cast(operand.this)), type_of(operand))


# --- strings, binary, arrays ----------------------------------------------------------------------------------


def bind_concat(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """Strings (everything is cast to string), binary values, or arrays."""
    if not types:
        return call, STRING
    if all(isinstance(t, ArrayType) or t == NULL for t in types) and any(t != NULL for t in types):
        common = common_type(types, settings)
        if common is None:
            raise wrong_arguments(call, types, "array, …")
        return _replace(call, [cast_to(a, common) for a in call.expressions]), common
    target = BINARY if all(t == BINARY for t in types) else STRING
    return _replace(call, [implicit_cast(a, target, settings) for a in call.expressions]), target


def bind_decode(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`decode(binary, charset)`, or `decode(value, search, result, …, default)`."""
    if len(types) == 2:
        return _replace(call, [implicit_cast(call.expressions[0], BINARY, settings), call.expressions[1]]), STRING
    if len(types) < 3:
        raise wrong_arguments(call, types, "value, search, result, …, default?")
    count = (len(types) - 1) // 2
    keys = [types[0], *(types[1 + 2 * i] for i in range(count))]
    results = [types[2 + 2 * i] for i in range(count)]
    results.append(types[-1] if len(types) % 2 == 0 else STRING)  # what Spark gives without a default is a text
    key, result = common_type(keys, settings), common_type(results, settings)
    if key is None or result is None:
        raise wrong_arguments(call, types, "value, search, result, …, default?")
    arguments = call.expressions
    cast = [cast_to(arguments[0], key)]
    for at in range(count):
        cast += [cast_to(arguments[1 + 2 * at], key), cast_to(arguments[2 + 2 * at], result)]
    if len(types) % 2 == 0:
        cast.append(cast_to(arguments[-1], result))
    return _replace(call, cast), result


def bind_to_char(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`to_char(date | binary | number, format)`."""
    if len(types) != 2:
        raise wrong_arguments(call, types, "value, format")
    value, pattern = call.expressions
    if types[0] in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
        return _named(call, "date_format", [cast_to(value, TIMESTAMP), pattern]), STRING
    if types[0] == BINARY:
        chosen = literal_text(call, 1).lower()
        if chosen == "utf-8":
            return _named(call, "decode", [value, pattern]), STRING
        if chosen in ("base64", "hex"):
            return _named(call, chosen, [value]), STRING
    if types[0] in (FLOAT, DOUBLE):
        digits, scale = (14, 7) if types[0] == FLOAT else (30, 15)
        value = cast_to(value, DecimalType(precision=digits, scale=scale))
    elif not is_numeric(types[0]):
        value = implicit_cast(value, DecimalType(precision=38, scale=18), settings)
    return _named(call, "to_char", [value, pattern]), STRING


# --- structs and maps -----------------------------------------------------------------------------------------


def bind_struct(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`struct(a, b AS c, …)`: becomes `named_struct`."""
    fields, arguments = [], []
    for at, (node, data_type) in enumerate(zip(call.expressions, types, strict=True)):
        name = _field_name(node) or f"col{at + 1}"
        fields.append(Field(name, data_type))
        arguments += [
            set_type(exp.Literal.string(name), STRING),
            node.this if isinstance(node, exp.Alias) else node,
        ]
    return _named(call, "named_struct", arguments), struct(*fields)


def _field_name(node: exp.Expr) -> str | None:
    match node:
        case exp.Alias():
            return node.alias
        case exp.Column():
            return node.name
        case exp.Dot():
            return node.expression.name
    return None


def bind_named_struct(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`named_struct('a', x, 'b', y)`; the names are literals."""
    if len(types) % 2:
        raise wrong_arguments(call, types, "name, value, …")
    names = [literal_text(call, at) for at in range(0, len(types), 2)]
    return call, struct(*(Field(n, t) for n, t in zip(names, types[1::2], strict=True)))


def bind_map(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`map(key, value, …)`."""
    key, value = common_type(types[::2], settings), common_type(types[1::2], settings)
    if len(types) % 2 or key is None or value is None:
        raise wrong_arguments(call, types, "key, value, …")
    arguments = [cast_to(a, value if i % 2 else key) for i, a in enumerate(call.expressions)]
    return _replace(call, arguments), MapType(key=key, value=value)


def bind_nullif(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`nullif(a, b)`: compares as the common type, gives the first as it is."""
    common = common_type(types, settings) if len(types) == 2 else None
    if common is None and len(types) == 2 and differ_in_names(types[0], types[1]):
        common = types[0]
    if common is None or not is_orderable(types[0]):
        raise wrong_arguments(call, types, "value, value")
    left, right = call.expressions
    if common == types[0]:
        return _replace(call, [left, cast_to(right, common)]), types[0]
    return _replace(call, [left, cast_to(left.copy(), common), cast_to(right, common)]), types[0]


def bind_equal_null(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`equal_null(a, b)` is `a <=> b`."""
    from ingot.analysis.operators import comparison

    if len(types) != 2:
        raise wrong_arguments(call, types, "value, value")
    left, right = call.expressions
    return comparison(exp.NullSafeEQ, left, right, settings), BOOLEAN


def bind_zeroifnull(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`zeroifnull(x)` is `coalesce(x, 0)`."""
    common = common_type([*types, INT], settings) if len(types) == 1 else None
    if common is None:
        raise wrong_arguments(call, types, "number")
    return _named(call, "coalesce", [cast_to(call.expressions[0], common), cast_to(_zero(), common)]), common


def bind_nullifzero(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`nullifzero(x)` is `nullif(x, 0)`."""
    if len(types) != 1 or common_type([*types, INT], settings) is None:
        raise wrong_arguments(call, types, "number")
    return bind_nullif(_named(call, "nullif", [call.expressions[0], _zero()]), [*types, INT], settings)


def _zero() -> exp.Expr:
    return set_type(exp.Literal.number(0), INT)


# --- dates ----------------------------------------------------------------------------------------------------


def bind_date_part(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`date_part('month', d)`: becomes the function of that part."""
    if len(types) != 2:
        raise wrong_arguments(call, types, "part, value")
    if types[0] == NULL or _is_null_text(call.expressions[0]):
        return cast_to(set_type(exp.Null(), NULL), DOUBLE), DOUBLE
    part, given = literal_text(call, 0).lower(), types[1]
    value = call.expressions[1]
    name = _DATE_PARTS.get(part)
    if name is None:
        raise AnalysisError(
            f"unknown part {part!r} of a date", location=call.meta.get("location"), code="wrong-arguments"
        )
    if isinstance(given, IntervalType) or given == CALENDAR_INTERVAL:
        return _interval_part(call, name, given, value)
    if name in ("hour", "minute", "seconds"):
        target = given if given == TIMESTAMP_NTZ else TIMESTAMP
        result = DecimalType(precision=8, scale=6) if name == "seconds" else INT
        name = "seconds_with_fraction" if name == "seconds" else name
        return _named(call, name, [implicit_cast(value, target, settings)]), result
    return _named(call, name, [implicit_cast(value, DATE, settings)]), INT


def _is_null_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and isinstance(node.this, exp.Null)


_INTERVAL_PARTS = {"year": INT, "month": BYTE, "dayofmonth": INT, "hour": BYTE, "minute": BYTE}


def _interval_part(call: exp.Anonymous, name: str, given: DataType, value: exp.Expr) -> Bound:
    field = {"dayofmonth": "day", "seconds": "second"}.get(name, name)
    fields = INTERVAL_FIELDS
    if isinstance(given, IntervalType):
        fields = fields[fields.index(given.start) : fields.index(given.end) + 1]
    if field not in fields:
        raise AnalysisError(
            f"an {given.ddl} has no {field}",
            location=call.meta.get("location"),
            hint=f"it has {', '.join(fields)}",
            code="wrong-arguments",
        )
    result = _INTERVAL_PARTS.get(name) or DecimalType(precision=8, scale=6)
    return _named(call, "interval_part", [set_type(exp.Literal.string(field), STRING), value]), result


def _unit(call: exp.Anonymous) -> str:
    node = call.expressions[0]
    unit = str(node.name if isinstance(node, (exp.Column, exp.Var, exp.Literal, exp.Identifier)) else node).lower()
    if unit not in UNITS:
        raise AnalysisError(f"unknown unit {unit!r}", location=call.meta.get("location"), code="wrong-arguments")
    return unit


def bind_datediff(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`datediff(end, start)` in days, or `datediff(unit, start, end)` in whole units."""
    if len(types) == 2:
        arguments = [implicit_cast(a, DATE, settings) for a in call.expressions]
        return _named(call, "datediff", arguments), INT
    if len(types) != 3:
        raise wrong_arguments(call, types, "end, start) or (unit, start, end")
    unit = _unit(call)
    times = list(call.expressions[1:])
    target = TIMESTAMP_NTZ if all(t == TIMESTAMP_NTZ for t in types[1:]) else TIMESTAMP
    cast = [implicit_cast(a, target, settings) for a in times]
    return _named(call, "timestampdiff", [set_type(exp.Literal.string(unit), STRING), *cast]), LONG


def bind_dateadd(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`dateadd(date, days)`, or `dateadd(unit, number, timestamp)`."""
    if len(types) == 2:
        day, days = call.expressions
        return _named(call, "date_add", [implicit_cast(day, DATE, settings), implicit_cast(days, INT, settings)]), DATE
    if len(types) != 3:
        raise wrong_arguments(call, types, "date, days) or (unit, number, timestamp")
    unit = _unit(call)
    target = types[2] if types[2] == TIMESTAMP_NTZ else TIMESTAMP
    number = implicit_cast(call.expressions[1], LONG, settings)
    moment = implicit_cast(call.expressions[2], target, settings)
    return _named(call, "timestampadd", [set_type(exp.Literal.string(unit), STRING), number, moment]), target


def bind_current_time(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`current_time(precision?)`, in microseconds, the one precision there is here."""
    if len(types) > 1:
        raise wrong_arguments(call, types, "int?")
    if types and not (isinstance(call.expressions[0], exp.Literal) and call.expressions[0].this == "6"):
        raise UnsupportedError(
            f"{call.this} with another precision than 6 is not supported",
            location=call.meta.get("location"),
            hint="write current_time()",
            code="unsupported-function",
        )
    return _named(call, "current_time", []), TIME


# --- JSON, generators -----------------------------------------------------------------------------------------


def bind_stack(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
    """`stack(n, a, b, …)`: n rows."""
    rows = literal_integer(call, 0, 0)
    if rows < 1 or len(types) < 2:
        raise wrong_arguments(call, types, "rows, value, …")
    width = -(-(len(types) - 1) // rows)
    columns: list[DataType] = []
    for at in range(width):
        found = common_type(types[1 + at :: width], settings)
        if found is None:
            raise wrong_arguments(call, types, "rows, value, … (one type per column)")
        columns.append(found)
    arguments = [cast_to(a, columns[i % width]) for i, a in enumerate(call.expressions[1:])]
    schema = StructType(fields=tuple(Field(f"col{i}", t) for i, t in enumerate(columns)))
    return _replace(call, [call.expressions[0], *arguments]), schema


BINDERS: dict[str, Binder] = {
    "mod": _operator(exp.Mod, None),
    "pmod": _operator(exp.Mod, "pmod"),
    "try_mod": _operator(exp.Mod, "try_mod"),
    "try_add": _operator(exp.Add, "try_add"),
    "try_subtract": _operator(exp.Sub, "try_subtract"),
    "try_multiply": _operator(exp.Mul, "try_multiply"),
    "try_divide": _operator(exp.Div, "try_divide"),
    "concat": bind_concat,
    "decode": bind_decode,
    "to_char": bind_to_char,
    "to_varchar": bind_to_char,
    "struct": bind_struct,
    "named_struct": bind_named_struct,
    "map": bind_map,
    "equal_null": bind_equal_null,
    "nullif": bind_nullif,
    "nullifzero": bind_nullifzero,
    "zeroifnull": bind_zeroifnull,
    "date_part": bind_date_part,
    "datepart": bind_date_part,
    "datediff": bind_datediff,
    "date_diff": bind_datediff,
    "timestampdiff": bind_datediff,
    "timediff": bind_datediff,
    "current_time": bind_current_time,
    "localtime": bind_current_time,
    "dateadd": bind_dateadd,
    "timestampadd": bind_dateadd,
    **{name: _cast_function(target) for name, target in _TYPE_NAMES.items()},
}
GENERATOR_BINDERS: dict[str, Binder] = {"stack": bind_stack}

__all__ = ["BINDERS", "GENERATOR_BINDERS", "UNITS", "type_of"]

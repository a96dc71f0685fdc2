"""Python values to nodes of a syntax tree, and nodes to fresh nodes.

Owns literals, names and casts as `ingot.sql` would have parsed them. Never decides what a name refers to.
"""

from __future__ import annotations

import datetime
import decimal
import enum
import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from sqlglot import exp

from ingot.definitions.names import split_name
from ingot.definitions.spark.place import here
from ingot.errors import DefinitionError, IngotError, Location
from ingot.sql import parse_expression
from ingot.types import DataType

_NUMPY_TYPES = {
    name: DataType(kind)
    for name, kind in {
        "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint",
        "float32": "float", "float64": "double",
    }.items()
}  # fmt: skip
_INTEGER_MAX = 2**63 - 1


def clone(node: exp.Expr, visit: Callable[[exp.Expr], exp.Expr | None] | None = None) -> Any:
    """A fresh tree of the same content; nodes of user code are shared, so a query never takes them as they are.

    Args:
        node: What to copy. Its `meta` values are shared with the copy.
        visit: Called with each node before it is copied; what it returns is taken in its place.
    """
    if visit is not None:
        taken = visit(node)
        if taken is not None:
            return taken
    arguments = {}
    for key, value in node.args.items():
        if isinstance(value, exp.Expr):
            value = clone(value, visit)
        elif isinstance(value, list):
            value = [clone(v, visit) if isinstance(v, exp.Expr) else v for v in value]
        arguments[key] = value
    copy = node.__class__(**arguments)
    if node._meta:
        copy._meta = dict(node._meta)
    return copy


def rebuilt(node: exp.Expr, visit: Callable[[exp.Expr], exp.Expr | None]) -> Any:
    """The tree with some of its nodes replaced; what holds none of them is shared, not copied.

    Args:
        node: What to rebuild; it stays as it is.
        visit: Called with each node, the outer ones first; what it returns is taken in its place.
    """
    taken = visit(node)
    if taken is not None:
        return taken
    changed: dict[str, Any] = {}
    for key, value in node.args.items():
        if isinstance(value, exp.Expr):
            new = rebuilt(value, visit)
            if new is not value:
                changed[key] = new
        elif isinstance(value, list):
            items = [rebuilt(v, visit) if isinstance(v, exp.Expr) else v for v in value]
            if any(a is not b for a, b in zip(items, value, strict=True)):
                changed[key] = items
    if not changed:
        return node
    copy = node.__class__(**{**node.args, **changed})
    if node._meta:
        copy._meta = dict(node._meta)
    return copy


def located(node: Any, location: Location | None) -> Any:
    """Note where a node comes from; returns it."""
    if location is not None:
        node.meta["location"] = location
    return node


def identifier(name: str, location: Location | None = None) -> exp.Identifier:
    return located(exp.Identifier(this=name, quoted=True), location)


def column(text: str, location: Location | None = None) -> exp.Expr:
    """The column that a name of user code means: `a`, `a.b`, `*`, `t.*`."""
    if text == "*":
        return located(exp.Star(), location)
    plain = text.isidentifier()
    parts = [text] if plain else split_name(text, location)
    if parts[-1] == "*" and not plain:
        return located(_column_of(parts[:-1], exp.Star(), location), location)
    return located(_column_of(parts[:-1], identifier(parts[-1], location), location), location)


def _column_of(prefix: list[str], this: exp.Expr, location: Location | None) -> exp.Expr:
    names = [*(identifier(p, location) for p in prefix), this]
    node: exp.Expr = exp.Column(**dict(zip(("this", "table", "db", "catalog"), reversed(names[:4]), strict=False)))
    for name in names[4:]:
        node = exp.Dot(this=node, expression=name)
    return node


def call(name: str, *arguments: exp.Expr, location: Location | None = None) -> exp.Anonymous:
    """A function call under Spark's name."""
    return located(exp.Anonymous(this=name, expressions=list(arguments)), location or here())


def cast(node: exp.Expr, data_type: DataType, kind: type[exp.Cast] = exp.Cast) -> exp.Cast:
    """An explicit cast, as the parser would make it."""
    target = clone(_sql_type(data_type.ddl))
    return kind(this=node, to=target, safe=True) if kind is exp.TryCast else kind(this=node, to=target)


@lru_cache(maxsize=256)
def _sql_type(ddl: str) -> exp.DataType:
    tree = parse_expression(f"CAST(NULL AS {ddl})")
    assert isinstance(tree, exp.Cast)
    return tree.to


def literal(value: Any, location: Location | None = None) -> exp.Expr:
    """The literal of a Python value, typed as PySpark's `lit` types it."""
    if type(value).__module__ == "numpy":
        return _numpy(value, location)
    match value:
        case enum.Enum():
            return literal(value.value, location)
        case None:
            return exp.Null()
        case bool():
            return exp.Boolean(this=value)
        case int():
            return _integer(value, location)
        case float():
            return _double(value)
        case str():
            return exp.Literal.string(value)
        case decimal.Decimal():
            return _decimal(value, location)
        case bytes() | bytearray():
            return exp.HexString(this=bytes(value).hex())
        case datetime.datetime():
            return _timestamp(value)
        case datetime.date():
            return cast(exp.Literal.string(value.isoformat()), DataType("date"))
        case datetime.timedelta():
            return _interval(value)
        case list() | tuple():
            return call("array", *(literal(v, location) for v in value), location=location)
    raise DefinitionError(
        f"a literal cannot be made of {value!r} ({type(value).__name__})",
        location=location or here(),
        hint="F.lit takes numbers, texts, dates, timestamps, lists and None",
        code="wrong-arguments",
    )


def _numpy(value: Any, location: Location | None) -> exp.Expr:
    """A NumPy scalar by the type of its own; an array by that of its items."""
    data_type = _NUMPY_TYPES.get(value.dtype.name)
    if getattr(value, "shape", ()):
        items = [literal(v, location) for v in value.tolist()]
        typed = items if data_type is None else [cast(item, data_type) for item in items]
        return call("array", *typed, location=location)
    node = literal(value.item(), location)
    return node if data_type is None else cast(node, data_type)


def _integer(value: int, location: Location | None) -> exp.Expr:
    if not -_INTEGER_MAX - 1 <= value <= _INTEGER_MAX:
        raise DefinitionError(
            f"{value} does not fit into a bigint", location=location or here(), hint="use decimal.Decimal"
        )
    number = exp.Literal.number(abs(value))
    return exp.Neg(this=number) if value < 0 else number


def _double(value: float) -> exp.Expr:
    if not math.isfinite(value):
        return cast(
            exp.Literal.string({math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")), DataType("double")
        )
    text = repr(abs(value))
    number = exp.Literal.number(text if "e" in text else f"{text}e0")
    return exp.Neg(this=number) if math.copysign(1, value) < 0 else number


def _decimal(value: decimal.Decimal, location: Location | None) -> exp.Expr:
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise DefinitionError(
            f"{value} is not a number",
            location=location or here(),
            hint='F.lit(float("nan")) is a DOUBLE that is no number',
        )
    scale = max(-exponent, 0)
    precision = max(len(digits) + max(exponent, 0), scale, 1)
    ddl = f"decimal({precision},{scale})"
    try:
        return cast(exp.Literal.string(f"{value:f}"), _decimal_type(ddl))
    except IngotError as error:
        raise error.at(location or here()) from None


@lru_cache(maxsize=64)
def _decimal_type(ddl: str) -> DataType:
    from ingot.types import parse_type

    return parse_type(ddl)


def _timestamp(value: datetime.datetime) -> exp.Expr:
    """A naive time is taken as UTC, the session's time zone."""
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return cast(exp.Literal.string(value.isoformat(sep=" ")), DataType("timestamp"))


def _interval(value: datetime.timedelta) -> exp.Expr:
    micros = value // datetime.timedelta(microseconds=1)
    sign, micros = ("-" if micros < 0 else ""), abs(micros)
    seconds, micros = divmod(micros, 10**6)
    days, seconds = divmod(seconds, 86400)
    text = f"{sign}{days} {seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{micros:06}"
    return parse_expression(f"INTERVAL '{text}' DAY TO SECOND")

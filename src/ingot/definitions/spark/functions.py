"""`pyspark.sql.functions` as definition files see it: calls under Spark's names.

Owns the functions whose Python spelling differs from SQL's; the others come from `signatures`, one entry each.
Never types a call: that a function takes these arguments is checked when the query is analyzed, at this line.
"""

from __future__ import annotations

import builtins
import inspect
import re
from collections.abc import Callable
from typing import Any, NoReturn

from sqlglot import exp as syntax

from ingot.definitions.spark import nodes
from ingot.definitions.spark.column import Column, named, node_of, operand, unnamed
from ingot.definitions.spark.nodes import call
from ingot.definitions.spark.place import here
from ingot.definitions.spark.signatures import SIGNATURES
from ingot.definitions.spark.texts import parsed
from ingot.definitions.spark.types import DataType
from ingot.definitions.spark.udf import ArrowUDFType as ArrowUDFType
from ingot.definitions.spark.udf import PandasUDFType as PandasUDFType
from ingot.definitions.spark.udf import UserDefinedFunction as UserDefinedFunction
from ingot.definitions.spark.udf import arrow_udf as arrow_udf
from ingot.definitions.spark.udf import pandas_udf as pandas_udf
from ingot.definitions.spark.udf import udf as udf
from ingot.definitions.spark.udtf import UserDefinedTableFunction as UserDefinedTableFunction
from ingot.definitions.spark.udtf import arrow_udtf as arrow_udtf
from ingot.definitions.spark.udtf import udtf as udtf
from ingot.errors import DefinitionError, UnsupportedError, near_hint

# --- names, literals, text ------------------------------------------------------------------------------------


def col(col: str) -> Column:
    """The column of that name."""
    if isinstance(col, Column):
        return col
    if not isinstance(col, str):
        raise DefinitionError(
            f"col takes a column's name, not {col!r}",
            location=here(),
            hint="F.lit(…) makes a column of a value",
            code="wrong-arguments",
        )
    return Column(nodes.column(col, here()))


column = col


def lit(col: Any) -> Column:
    """A literal column."""
    return col if isinstance(col, Column) else Column(nodes.literal(col, here()))


def expr(str: str) -> Column:
    """The column that a piece of SQL text means."""
    return Column(parsed(str, here()))


def when(condition: Column, value: Any) -> Column:
    """The first branch of a CASE; `when` and `otherwise` of the result add the others."""
    if not isinstance(condition, Column):
        raise DefinitionError(
            f"when takes a condition, not {condition!r}",
            location=here(),
            hint='write F.when(F.col("x") > 0, …)',
            code="wrong-arguments",
        )
    branch = syntax.If(this=unnamed(condition._node), true=unnamed(node_of(value)))
    return Column(nodes.located(syntax.Case(ifs=[branch]), here()))


def call_function(funcName: str, *cols: Any) -> Column:
    """A function by its SQL name."""
    return Column(call(funcName.lower(), *(unnamed(named(c)) for c in cols)))


call_udf = call_function


def broadcast(df: Any) -> Any:
    """The DataFrame itself: how a join is executed is the engine's to choose."""
    return df


def asc(col: Any) -> Column:
    return Column(named(col)).asc()


def desc(col: Any) -> Column:
    return Column(named(col)).desc()


def asc_nulls_first(col: Any) -> Column:
    return Column(named(col)).asc_nulls_first()


def asc_nulls_last(col: Any) -> Column:
    return Column(named(col)).asc_nulls_last()


def desc_nulls_first(col: Any) -> Column:
    return Column(named(col)).desc_nulls_first()


def desc_nulls_last(col: Any) -> Column:
    return Column(named(col)).desc_nulls_last()


def bitwise_not(col: Any) -> Column:
    return Column(nodes.located(syntax.BitwiseNot(this=operand(named(col))), here()))


bitwiseNOT = bitwise_not


def negate(col: Any) -> Column:
    return Column(call("negative", unnamed(named(col))))


# --- collections ------------------------------------------------------------------------------------------------


def _each(cols: tuple[Any, ...]) -> list[syntax.Expr]:
    values = cols[0] if len(cols) == 1 and isinstance(cols[0], list | tuple | set) else cols
    return [named(value) for value in values]


def array(*cols: Any) -> Column:
    return Column(call("array", *builtins.map(unnamed, _each(cols))))


def create_map(*cols: Any) -> Column:
    return Column(call("map", *builtins.map(unnamed, _each(cols))))


def struct(*cols: Any) -> Column:
    """A struct whose fields keep the names of the columns, aliases included."""
    return Column(call("struct", *_each(cols)))


def named_struct(*cols: Any) -> Column:
    return Column(call("named_struct", *builtins.map(unnamed, _each(cols))))


# --- aggregates ---------------------------------------------------------------------------------------------------


def _distinct(name: str, cols: tuple[Any, ...]) -> Column:
    return Column(call(name, syntax.Distinct(expressions=[unnamed(named(c)) for c in cols])))


def count_distinct(col: Any, *cols: Any) -> Column:
    return _distinct("count", (col, *cols))


countDistinct = count_distinct


def product(col: Any) -> Column:
    return Column(call("product of", unnamed(named(col))))  # SQL has none


def sum_distinct(col: Any) -> Column:
    return _distinct("sum", (col,))


sumDistinct = sum_distinct


def approxCountDistinct(col: Any, rsd: float | None = None) -> Column:
    return Column(call("approx_count_distinct", *_given(unnamed(named(col)), rsd)))


def nth_value(col: Any, offset: int, ignoreNulls: bool | None = False) -> Column:
    node: syntax.Expr = call("nth_value", unnamed(named(col)), nodes.literal(offset))
    return Column(syntax.IgnoreNulls(this=node) if ignoreNulls else node)


# --- functions of functions ----------------------------------------------------------------------------------------

_depth = 0


def _lambda(function: Callable[..., Any]) -> syntax.Lambda:
    """A Python function of columns as an SQL lambda; its variables are named apart from those around it."""
    global _depth
    parameters = [f"{name}_{_depth}" for name in inspect.signature(function).parameters]
    _depth += 1
    try:
        body = function(*(Column(syntax.Identifier(this=name, quoted=False)) for name in parameters))
    finally:
        _depth -= 1
    identifiers = [syntax.Identifier(this=name, quoted=False) for name in parameters]
    return syntax.Lambda(this=unnamed(node_of(body)), expressions=identifiers)


def transform(col: Any, f: Callable[..., Column]) -> Column:
    return Column(call("transform", unnamed(named(col)), _lambda(f)))


def filter(col: Any, f: Callable[..., Column]) -> Column:
    return Column(call("filter", unnamed(named(col)), _lambda(f)))


def exists(col: Any, f: Callable[..., Column]) -> Column:
    return Column(call("exists", unnamed(named(col)), _lambda(f)))


def forall(col: Any, f: Callable[..., Column]) -> Column:
    return Column(call("forall", unnamed(named(col)), _lambda(f)))


def transform_keys(col: Any, f: Callable[..., Column]) -> Column:
    return Column(call("transform_keys", unnamed(named(col)), _lambda(f)))


def transform_values(col: Any, f: Callable[..., Column]) -> Column:
    return Column(call("transform_values", unnamed(named(col)), _lambda(f)))


def map_filter(col: Any, f: Callable[..., Column]) -> Column:
    return Column(call("map_filter", unnamed(named(col)), _lambda(f)))


def map_zip_with(col1: Any, col2: Any, f: Callable[..., Column]) -> Column:
    return Column(call("map_zip_with", unnamed(named(col1)), unnamed(named(col2)), _lambda(f)))


def zip_with(left: Any, right: Any, f: Callable[..., Column]) -> Column:
    return Column(call("zip_with", unnamed(named(left)), unnamed(named(right)), _lambda(f)))


def aggregate(
    col: Any, initialValue: Any, merge: Callable[..., Column], finish: Callable[..., Column] | None = None
) -> Column:
    lambdas = [_lambda(f) for f in (merge, finish) if f is not None]
    return Column(call("aggregate", unnamed(named(col)), unnamed(named(initialValue)), *lambdas))


reduce = aggregate


def array_sort(col: Any, comparator: Callable[..., Column] | None = None) -> Column:
    lambdas = [] if comparator is None else [_lambda(comparator)]
    return Column(call("array_sort", unnamed(named(col)), *lambdas))


# --- text formats ----------------------------------------------------------------------------------------------------


def _schema(schema: Any) -> syntax.Expr:
    if isinstance(schema, DataType):
        return syntax.Literal.string(schema.to_ingot().ddl)
    return unnamed(node_of(schema))


def _options(options: dict[str, Any] | None) -> syntax.Expr | None:
    if not options:
        return None
    words = (str(v).lower() if isinstance(v, bool) else str(v) for pair in options.items() for v in pair)
    return call("map", *(syntax.Literal.string(word) for word in words))


def _given(*arguments: Any) -> list[syntax.Expr]:
    kept = [a for a in arguments if a is not None]
    return [a if isinstance(a, syntax.Expr) else nodes.literal(a, here()) for a in kept]


def from_json(col: Any, schema: Any, options: dict[str, Any] | None = None) -> Column:
    return Column(call("from_json", *_given(unnamed(named(col)), _schema(schema), _options(options))))


def from_csv(col: Any, schema: Any, options: dict[str, Any] | None = None) -> Column:
    return Column(call("from_csv", *_given(unnamed(named(col)), _schema(schema), _options(options))))


def schema_of_json(json: Any, options: dict[str, Any] | None = None) -> Column:
    return Column(call("schema_of_json", *_given(unnamed(node_of(json)), _options(options))))


def schema_of_csv(csv: Any, options: dict[str, Any] | None = None) -> Column:
    return Column(call("schema_of_csv", *_given(unnamed(node_of(csv)), _options(options))))


def to_json(col: Any, options: dict[str, Any] | None = None) -> Column:
    return Column(call("to_json", *_given(unnamed(named(col)), _options(options))))


def to_csv(col: Any, options: dict[str, Any] | None = None) -> Column:
    return Column(call("to_csv", *_given(unnamed(named(col)), _options(options))))


# --- time ------------------------------------------------------------------------------------------------------------


def timestamp_add(unit: str, quantity: Any, ts: Any) -> Column:
    return Column(call("timestampadd", syntax.Var(this=unit.upper()), unnamed(named(quantity)), unnamed(named(ts))))


def timestamp_diff(unit: str, start: Any, end: Any) -> Column:
    return Column(call("timestampdiff", syntax.Var(this=unit.upper()), unnamed(named(start)), unnamed(named(end))))


def convert_timezone(sourceTz: Any, targetTz: Any, sourceTs: Any) -> Column:
    zones = [unnamed(node_of(zone)) for zone in (sourceTz, targetTz) if zone is not None]
    return Column(call("convert_timezone", *zones, unnamed(named(sourceTs))))


def _partition_transform(name: str) -> Callable[..., NoReturn]:
    def refused(*args: Any) -> NoReturn:
        raise UnsupportedError(
            f"the partition transform {name} is not supported", location=here(), hint="partition by a column"
        )

    return refused


years, months, days, hours = (_partition_transform(n) for n in ("years", "months", "days", "hours"))
bucket = _partition_transform("bucket")


# --- all others ------------------------------------------------------------------------------------------------------


def _function(name: str, parameters: list[str], sql_name: str | None = None) -> Callable[..., Column]:
    """A function from its entry in the table."""
    names = [p.strip("*!?") for p in parameters]
    takes_text = ["!" in p for p in parameters]
    required = builtins.sum(not p.endswith("?") and not p.startswith("*") for p in parameters)
    is_open = bool(parameters) and parameters[-1].startswith("*")
    fixed = len(parameters) - is_open
    sql_name = sql_name or name

    def function(*args: Any, **kwargs: Any) -> Column:
        values = list(args)
        if kwargs:
            values = _by_position(name, names, values, kwargs)
        if is_open and len(values) == fixed + 1 and isinstance(values[-1], list | tuple):
            values = [*values[:-1], *values[-1]]
        if len(values) < required or (not is_open and len(values) > fixed):
            raise DefinitionError(
                f"{name} takes {_counted(required, fixed, is_open)}, not {len(values)}",
                location=here(),
                hint=f"{name}({', '.join(p.strip('!?') for p in parameters)})",
                code="wrong-arguments",
            )
        while values and values[-1] is None and len(values) > required:
            values.pop()
        arguments = [
            unnamed(node_of(v) if takes_text[builtins.min(i, len(takes_text) - 1)] else named(v))
            for i, v in enumerate(values)
        ]
        return Column(call(sql_name, *arguments))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`{name}` of Spark SQL."
    return function


def _by_position(name: str, names: list[str], values: list[Any], kwargs: dict[str, Any]) -> list[Any]:
    for key in kwargs:
        if key not in names:
            raise DefinitionError(
                f"{name} has no argument {key!r}",
                location=here(),
                hint=near_hint(key, names, f"it takes {', '.join(names)}"),
                code="wrong-arguments",
            )
    rest = [kwargs.get(n) for n in names[len(values) :]]
    while rest and rest[-1] is None:
        rest.pop()
    return [*values, *rest]


def _counted(required: int, fixed: int, is_open: bool) -> str:
    if is_open:
        return f"at least {required} arguments"
    return f"{fixed} arguments" if required == fixed else f"{required} to {fixed} arguments"


_SQL_NAMES = {"dateadd": "date_add", "user": "current_user", "current_database": "current_schema"}
_OLD_NAMES = {
    "toDegrees": "degrees", "toRadians": "radians", "shiftLeft": "shiftleft", "shiftRight": "shiftright",
    "shiftRightUnsigned": "shiftrightunsigned",
}  # fmt: skip


def _from_table() -> dict[str, Callable[..., Column]]:
    functions = {}
    for name, parameters in re.findall(r"(\w+)\(([^)]*)\)", SIGNATURES):
        functions[name] = _function(name, parameters.split(), _SQL_NAMES.get(name))
    for old, new in _OLD_NAMES.items():
        functions[old] = functions[new]
    return functions


_own = {name for name, value in list(globals().items()) if callable(value) and not name.startswith("_")}
_own -= {"Any", "Callable", "Column", "DataType", "DefinitionError", "UnsupportedError", "NoReturn", "builtins"}
_own -= {"call", "here", "named", "node_of", "operand", "unnamed", "nearest", "annotations", "parsed"}
globals().update({name: function for name, function in _from_table().items() if name not in _own})

__all__ = sorted({*_own, *_from_table()})  # pyright: ignore[reportUnsupportedDunderAll]

"""Aggregate functions, alone, with DISTINCT, with FILTER and over windows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from sqlglot import exp

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering import decimals
from ingot.engines.duckdb.lowering.call import Call
from ingot.engines.duckdb.lowering.casts import saturated, wrapped
from ingot.engines.duckdb.lowering.operators import ordering, sort_key
from ingot.engines.duckdb.lowering.scope import Scope, cast, fail
from ingot.engines.duckdb.types import duckdb_type
from ingot.types import DataType, DecimalType, IntervalType


class Aggregate(Call):
    """An aggregate call with what stands around it: FILTER's condition, OVER's text, WITHIN GROUP's order."""

    condition: str | None = None
    over: str | None = None
    order: exp.Order | None = None

    @cached_property
    def sql(self) -> list[str]:
        """The arguments in DuckDB's SQL; in rows that FILTER leaves out they are not computed, for that may raise."""
        found = [self.scope.lower(a) for a in self.arguments]
        if self.condition is None:
            return found
        return [
            f"CASE WHEN {self.condition} THEN {sql} END" if _is_computed(argument) else sql
            for sql, argument in zip(found, self.arguments, strict=True)
        ]

    def apply(self, function: str, *arguments: str, order: str = "", condition: str | None = None) -> str:
        """One DuckDB aggregate, with everything around it."""
        distinct = "DISTINCT " if self.is_distinct else ""
        sql = f"{function}({distinct}{', '.join(arguments)}{' ' + order if order else ''})"
        conditions = [c for c in (self.condition, condition) if c]
        if conditions:
            sql += f" FILTER (WHERE {' AND '.join(conditions)})"
        if self.over is not None:
            sql += f" OVER ({self.over})"
        return sql


AggregateLowering = str | Callable[[Aggregate], str]


def _is_computed(argument: exp.Expr) -> bool:
    return not isinstance(argument, exp.Column) and argument.find(exp.Column) is not None


def _count(call: Aggregate) -> str:
    if len(call) == 1:
        argument = call.arguments[0]
        if isinstance(argument, exp.Literal) and not call.is_distinct:
            return call.apply("count", "*")
        return call.apply("count", call.sql[0])
    not_null = " AND ".join(f"{s} IS NOT NULL" for s in call.sql)
    if call.is_distinct:
        return call.apply("count", f"({', '.join(call.sql)})", condition=not_null)
    return call.apply("count", "*", condition=not_null)


def _count_distinct(call: Aggregate) -> str:
    call.is_distinct = True
    return _count(call)


def _count_if(call: Aggregate) -> str:
    if call.is_distinct:
        return call.apply("count", f"CASE WHEN {call.sql[0]} THEN TRUE END")
    return call.apply("count", "*", condition=call.sql[0])


def _is_safe(call: Call) -> bool:
    return call.name.startswith("try_") or not call.is_ansi


def _sum(call: Aggregate) -> str:
    given = call.types[0]
    if isinstance(given, IntervalType):  # too long is an error without ANSI mode too
        return cast(call.apply("sum", call.sql[0]), call.type, call.name.startswith("try_"))
    if given.name == "void":
        return call.apply("sum", f"CAST({call.sql[0]} AS DOUBLE)")
    if given.name == "float":
        return call.apply("sum", f"CAST({call.sql[0]} AS DOUBLE)")
    if given.name == "double":
        return call.apply("sum", call.sql[0])
    total = _total(call)
    if isinstance(call.type, DecimalType) and isinstance(given, DecimalType) and call.type.precision == 38:
        return cast(total, call.type)
    if call.type.name == "bigint" and not call.is_ansi and not call.name.startswith("try_"):
        return wrapped(total, call.type)
    return cast(total, call.type, _is_safe(call))


def _total(call: Aggregate) -> str:
    """The sum of exact numbers.

    DuckDB takes `sum(x + 1)` for `sum(x) + count(x)`, in which one row's own sum that is too large goes unseen. It does
    not look through a cast.
    """
    argument, given = call.arguments[0].unnest(), call.types[0]
    if not isinstance(argument, exp.Add) or isinstance(given, DecimalType) or call.is_distinct:
        return call.apply("sum", call.sql[0])
    return call.apply("sum", cast(call.sql[0], "HUGEINT" if given.name == "bigint" else "BIGINT"))


def _average(call: Aggregate) -> str:
    given, result = call.types[0], call.type
    if isinstance(given, IntervalType):
        total = cast(call.apply("sum", call.sql[0]), given, call.name.startswith("try_"))
        count = f"nullif({call.apply('count', call.sql[0])}, 0)::HUGEINT"
        return f"CAST(ingot_half_up({total}::HUGEINT, {count}) AS {duckdb_type(result)})"
    if not isinstance(result, DecimalType):
        # The sum is exact for integers, so that the quotient does not depend on the order of rows.
        if given.name in ("tinyint", "smallint", "int", "bigint"):
            return f"(CAST({_total(call)} AS DOUBLE) / nullif({call.apply('count', call.sql[0])}, 0))"
        return call.apply("avg", f"CAST({call.sql[0]} AS DOUBLE)")
    assert isinstance(given, DecimalType)
    total_type = DecimalType(precision=min(38, given.precision + 10), scale=given.scale)
    total = cast(call.apply("sum", call.sql[0]), total_type)
    count = f"CAST(nullif({call.apply('count', call.sql[0])}, 0) AS DECIMAL(12,0))"
    count_type = DecimalType(precision=12, scale=0)
    divided = decimals.divided(total, count, (total_type, count_type), result, call.scope, _is_safe(call))
    if divided is None:
        raise call.refuse(f"the average of {given.ddl} is not supported", "cast it to fewer digits")
    return divided


def _extreme(function: str) -> AggregateLowering:
    def lower(call: Aggregate) -> str:
        key = sort_key(call.sql[0], call.types[0], call.scope)
        if key == call.sql[0]:
            return call.apply(function, key)
        by = "arg_max" if function == "max" else "arg_min"
        return call.apply(by, call.sql[0], key)

    return lower


def _by(function: str) -> AggregateLowering:
    """The value may be NULL; rows whose key is NULL do not count. With a number, an array of the first ones."""

    def lower(call: Aggregate) -> str:
        key = sort_key(call.sql[1], call.types[1], call.scope)
        known = f"{call.sql[1]} IS NOT NULL"
        if len(call) == 2:
            return call.apply(function, call.sql[0], key, condition=known)
        direction = "DESC" if function == "arg_max_null" else "ASC"
        items = call.apply("list", call.sql[0], order=f"ORDER BY {key} {direction}", condition=known)
        return f"list_slice({items}, 1, {call.number(2)})"

    return lower


def _edge(function: str) -> AggregateLowering:
    """`first` and `last`, of all rows or of those that are not NULL."""

    def lower(call: Aggregate) -> str:
        skips_nulls = call.flag(1, False)
        if call.over is None:
            condition = f"{call.sql[0]} IS NOT NULL" if skips_nulls else None
            return call.apply(function, call.sql[0], condition=condition)
        if call.condition:
            raise call.refuse(f"{call.name} over a window with FILTER is not supported")
        nulls = " IGNORE NULLS" if skips_nulls else ""
        return f"{function}_value({call.sql[0]}{nulls}) OVER ({call.over})"

    return lower


def _list(call: Aggregate) -> str:
    sql = call.apply("list", call.sql[0], condition=f"{call.sql[0]} IS NOT NULL")
    return f"coalesce({sql}, []::{duckdb_type(call.type)})"


def _set(call: Aggregate) -> str:
    call.is_distinct = True
    return _list(call)


def _two(function: str) -> AggregateLowering:
    """Statistics of pairs: a pair with a NULL does not count."""

    def lower(call: Aggregate) -> str:
        y, x = call.sql
        both = f"{y} IS NOT NULL AND {x} IS NOT NULL"
        if function == "regr_count":
            return call.apply("count", "*", condition=both)
        return call.apply(function, y, x)

    return lower


def _corr(call: Aggregate) -> str:
    """NULL for a single pair, and where a side does not vary."""
    y, x = call.sql
    both = f"{y} IS NOT NULL AND {x} IS NOT NULL"
    count = call.apply("count", "*", condition=both)
    spread = f"{call.apply('regr_sxx', y, x)} * {call.apply('regr_syy', y, x)}"
    return f"CASE WHEN {count} > 1 AND NOT ({spread} = 0) THEN {call.apply('corr', y, x)} END"


def _slope(call: Aggregate) -> str:
    """NULL where x does not vary."""
    y, x = call.sql
    found = f"coalesce({call.apply(call.name, y, x)}, 'nan'::DOUBLE)"  # DuckDB has NULL for an intercept of NaN
    return f"CASE WHEN {call.apply('regr_sxx', y, x)} > 0 THEN {found} END"


def _regr_r2(call: Aggregate) -> str:
    y, x = call.sql
    sxx, syy = call.apply("regr_sxx", y, x), call.apply("regr_syy", y, x)
    return f"CASE WHEN {sxx} = 0 THEN NULL WHEN {syy} = 0 THEN 1e0::DOUBLE ELSE {call.apply('regr_r2', y, x)} END"


def _moment(call: Aggregate) -> str:
    """Of the population and in two passes over the values, so that nothing cancels out."""
    x = call.sql[0]
    power = 3 if call.name == "skewness" else 4
    item = call.scope.variable()

    def body(values: str, mean: str) -> str:
        spread = f"list_avg(list_transform({values}, lambda {item}: pow({item} - {mean}, 2)))"
        moment = f"list_avg(list_transform({values}, lambda {item}: pow({item} - {mean}, {power})))"
        shape = f"{moment} / pow({spread}, {power}.0::DOUBLE / 2)" + ("" if power == 3 else " - 3")
        return f"CASE WHEN len({values}) > 0 AND {spread} <> 0 THEN {shape} END"

    found = call.apply("list", x, condition=f"{x} IS NOT NULL")
    return call.scope.let(found, lambda v: call.scope.let(f"list_avg({v})", lambda m: body(v, m)))


def _regr_average(call: Aggregate) -> str:
    """The average of one side, over the pairs."""
    y, x = call.sql
    both = f"{y} IS NOT NULL AND {x} IS NOT NULL"
    call.condition = f"{call.condition} AND {both}" if call.condition else both
    kept = 1 if call.name == "regr_avgx" else 0
    call.sql, call.types = [call.sql[kept]], [call.types[kept]]
    return _average(call)


def _listagg(call: Aggregate) -> str:
    separator = call.sql[1] if len(call) > 1 and not _is_null(call.arguments[1]) else None
    if call.is_distinct and call.order is None:
        raise call.refuse(
            f"{call.name}(DISTINCT …) without an order gives its items in any order",
            f"{call.name}(DISTINCT …) WITHIN GROUP (ORDER BY …), or array_join(array_sort(collect_set(…)), …)",
        )
    order = ""
    if call.order is not None:
        order = "ORDER BY " + ", ".join(ordering(o, call.scope) for o in call.order.expressions)
    if call.types[0].name == "binary":
        between = f"ingot_x || {separator} || ingot_y" if separator else "ingot_x || ingot_y"
        items = call.apply("list", call.sql[0], order=order, condition=f"{call.sql[0]} IS NOT NULL")
        return f"list_reduce({items}, lambda ingot_x, ingot_y: {between})"
    return call.apply("string_agg", call.sql[0], separator or "''", order=order)


def _is_null(node: exp.Expr) -> bool:
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    return isinstance(node, exp.Null)


def _grouping(call: Aggregate) -> str:
    return f"CAST(GROUPING({', '.join(call.sql)}) AS {duckdb_type(call.type)})"


def _plain(function: str) -> AggregateLowering:
    def lower(call: Aggregate) -> str:
        return call.apply(function, *call.sql)

    return lower


def _collect_union(call: Aggregate) -> str:
    """What `collect_set` gives for the items of all arrays."""
    from ingot.engines.duckdb.lowering.collections import distinct_items

    items = f"flatten({call.apply('list', call.sql[0], condition=f'{call.sql[0]} IS NOT NULL')})"
    known = f"list_filter({items}, lambda ingot_x: ingot_x IS NOT NULL)"
    return f"coalesce({distinct_items(known, call)}, []::{duckdb_type(call.type)})"


def through_double(value: str, kind: DataType, scope: Scope) -> str:
    """A number or a time as Spark gives it back that holds it as a double in between."""
    if kind.name.startswith("timestamp"):
        make = "make_timestamptz" if kind.name == "timestamp" else "make_timestamp"
        return f"{make}(CAST(CAST(epoch_us({value}) AS DOUBLE) AS BIGINT))"
    if kind.name == "bigint":
        return saturated(f"CAST({value} AS DOUBLE)", "trunc", "BIGINT", scope)
    if isinstance(kind, DecimalType) and kind.precision > 15:
        return f"CAST(ingot_without_exponent(CAST(CAST({value} AS DOUBLE) AS VARCHAR)) AS {duckdb_type(kind)})"
    return value


def _histogram(call: Aggregate) -> str:
    """A bar for each value. Where there are more values than bars, Spark's bars depend on the order of the rows."""
    bars, number = call.scope.variable(), call.number(1)
    if number < 2:
        raise call.refuse(f"histogram_numeric takes at least 2 bars, not {number}")
    target = duckdb_type(call.type)
    many = fail("UNSUPPORTED_HISTOGRAM: more values than bars, whose middles depend on the order of the rows", target)
    entries = f"map_entries({call.apply('histogram', call.sql[0], condition=f'{call.sql[0]} IS NOT NULL')})"
    middle = through_double(f"{bars}.key", call.types[0], call.scope)
    shown = f"lambda {bars}: struct_pack(x := {middle}, y := CAST({bars}.value AS DOUBLE))"
    return call.scope.let(
        entries,
        lambda e: (
            f"CASE WHEN len({e}) <= {number} THEN list_transform({e}, {shown}) WHEN {e} IS NOT NULL THEN {many} END"
        ),
    )


def _spread(function: str) -> AggregateLowering:
    """Standard deviation and variance; of a sample NULL for a single row."""

    def lower(call: Aggregate) -> str:
        found = call.apply(function, call.sql[0])
        if function in ("stddev_samp", "var_samp"):
            return found
        return f"({found} + 0 * {call.apply('sum', call.sql[0])})"  # DuckDB has 0 for a single NaN

    return lower


def _schema_of_variants(call: Aggregate) -> str:
    return f"{PREFIX}schema_of_variants({call.apply('list', call.sql[0])})"


def _vector(call: Aggregate) -> str:
    return f"{PREFIX}{call.name}({call.apply('list', call.sql[0])})"


LOWERINGS: dict[str, AggregateLowering] = {
    "schema_of_variant_agg": _schema_of_variants,
    "vector_sum": _vector,
    "count": _count,
    "count_if": _count_if,
    "sum": _sum,
    "try_sum": _sum,
    "avg": _average,
    "try_avg": _average,
    "min": _extreme("min"),
    "max": _extreme("max"),
    "min_by": _by("arg_min_null"),
    "max_by": _by("arg_max_null"),
    "first": _edge("first"),
    "last": _edge("last"),
    "any_value": _edge("first"),
    "collect_list": _list,
    "collect_set": _set,
    "stddev": _spread("stddev_samp"),
    "stddev_pop": _spread("stddev_pop"),
    "variance": _spread("var_samp"),
    "var_pop": _spread("var_pop"),
    "skewness": _moment,
    "kurtosis": _moment,
    "corr": _corr,
    **{n: _two(n) for n in ("covar_pop", "covar_samp", "regr_count", "regr_sxx", "regr_sxy", "regr_syy")},
    "regr_avgx": _regr_average,
    "regr_avgy": _regr_average,
    "regr_intercept": _slope,
    "regr_slope": _slope,
    "regr_r2": _regr_r2,
    "bool_and": _plain("bool_and"),
    "bool_or": _plain("bool_or"),
    "bit_and": _plain("bit_and"),
    "bit_or": _plain("bit_or"),
    "bit_xor": _plain("bit_xor"),
    "approx_count_distinct": _count_distinct,
    "listagg": _listagg,
    "grouping": _grouping,
    "grouping_id": _grouping,
    "histogram_numeric": _histogram,
    "collect_union": _collect_union,
    "product": _plain("product"),
}

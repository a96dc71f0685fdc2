"""`pyspark.sql.GroupedData`: what follows groupBy, rollup and cube."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ingot.definitions.spark import nodes, refused
from ingot.definitions.spark.column import Column, named, unnamed
from ingot.definitions.spark.mapping import CogroupedData, map_groups
from ingot.definitions.spark.place import here
from ingot.definitions.spark.selection import FUNCTION, Edits, Relation, Reshaped, Selection
from ingot.errors import DefinitionError, UnsupportedError

if TYPE_CHECKING:
    from ingot.definitions.spark.dataframe import DataFrame

_PIVOT_VALUES_MAX = 10_000


class GroupedData:
    """Groups of a DataFrame, waiting for their aggregates."""

    def __init__(
        self,
        frame: DataFrame,
        kind: str,
        keys: tuple[exp.Expr, ...],
        pivot: tuple[exp.Expr, list[Any]] | None = None,
        sets: tuple[tuple[exp.Expr, ...], ...] = (),
    ):
        self._frame = frame
        self._kind = kind
        self._keys = keys
        self._pivot = pivot
        self._sets = sets

    def agg(self, *exprs: Any) -> DataFrame:
        """One row for each group: the keys, then the aggregates."""
        if len(exprs) == 1 and isinstance(exprs[0], dict):
            aggregates = [_aggregate(function, column) for column, function in exprs[0].items()]
        else:
            aggregates = [_checked(e) for e in (exprs[0] if len(exprs) == 1 and isinstance(exprs[0], list) else exprs)]
        if not aggregates:
            raise DefinitionError(
                "agg needs at least one aggregate", location=here(), hint='agg(F.count("*"))', code="wrong-arguments"
            )
        if self._pivot is not None:
            return self._pivoted(aggregates)
        if not self._keys and any(_takes_groups(a) for a in aggregates):
            return self._of_rows(aggregates)
        return self._frame._next(self._grouped(self._frame._selection, self._keys, aggregates))

    def _of_rows(self, aggregates: list[exp.Expr]) -> DataFrame:
        """A user's function of groups is not called, and gives no row, when there are no rows at all."""
        count = exp.Alias(this=nodes.call("count", nodes.literal(1)), alias=nodes.identifier("__count"))
        counted = self._frame._next(self._grouped(self._frame._selection, (), [*aggregates, count]))
        return counted.filter("__count > 0").drop("__count")

    def _grouped(self, selection: Selection, keys: tuple[exp.Expr, ...], aggregates: list[exp.Expr]) -> Selection:
        selection = selection.opened([*keys, *aggregates])
        bound_keys = [selection.bound(unnamed(key)) for key in keys]
        items = [selection.bound_item(key) for key in keys] + [selection.bound(a) for a in aggregates]
        group = None
        if bound_keys:
            wrapped: list[exp.Expr] = bound_keys
            if self._kind == "sets":
                sets = [exp.Tuple(expressions=[selection.bound(unnamed(k)) for k in keys]) for keys in self._sets]
                wrapped = [exp.GroupingSets(expressions=sets)]
            elif self._kind:
                kind = exp.Rollup if self._kind == "rollup" else exp.Cube
                wrapped = [kind(expressions=bound_keys)]
            group = exp.Group(expressions=wrapped)
        names = [item.alias_or_name for item in items if isinstance(item, exp.Alias)]
        grouped = replace(selection, items=tuple(items), edits=Edits(), group=group, is_grouped=True)
        return grouped.with_changes(names)

    def count(self) -> DataFrame:
        counted = nodes.call("count", nodes.literal(1))
        return self.agg(Column(exp.Alias(this=counted, alias=nodes.identifier("count"))))

    def sum(self, *cols: str) -> DataFrame:
        return self._each("sum", cols)

    def avg(self, *cols: str) -> DataFrame:
        return self._each("avg", cols)

    def mean(self, *cols: str) -> DataFrame:
        return self._each("avg", cols)

    def min(self, *cols: str) -> DataFrame:
        return self._each("min", cols)

    def max(self, *cols: str) -> DataFrame:
        return self._each("max", cols)

    def _each(self, function: str, cols: tuple[Any, ...]) -> DataFrame:
        names = list(cols[0]) if len(cols) == 1 and isinstance(cols[0], list) else list(cols)
        if not names:
            names = [f.name for f in self._frame.schema if _is_number(f.dataType)]
        return self.agg(*(Column(_aggregate(function, name)) for name in names))

    def pivot(self, pivot_col: Any, values: list[Any] | None = None) -> GroupedData:
        if self._pivot is not None or self._kind:
            what = "a second pivot" if self._pivot is not None else f"pivot after {self._kind}"
            raise UnsupportedError(
                f"{what} is not supported",
                location=here(),
                hint="pivot what groupBy(…) gives, in a DataFrame of its own",
                code="unsupported-pivot",
            )
        if values is None:
            values = self._values_of(pivot_col)
        return GroupedData(self._frame, self._kind, self._keys, (named(pivot_col), list(values)))

    def _values_of(self, column: Any) -> list[Any]:
        """The values of the column, in order: they become columns, so the rows are asked for."""
        node = exp.Alias(this=unnamed(named(column)), alias=nodes.identifier("__pivot"))
        found = self._frame.select(Column(node)).distinct().orderBy("__pivot").limit(_PIVOT_VALUES_MAX + 1).collect()
        if len(found) > _PIVOT_VALUES_MAX:
            raise UnsupportedError(
                f"pivot: the column has more than {_PIVOT_VALUES_MAX} values",
                location=here(),
                hint="write pivot(column, [values])",
                code="unsupported-pivot",
            )
        return [row[0] for row in found]

    # --- functions of the user ---

    def applyInPandas(self, func: Any, schema: Any) -> DataFrame:
        return self._applied(func, schema, "pandas")

    def applyInArrow(self, func: Any, schema: Any) -> DataFrame:
        return self._applied(func, schema, "arrow")

    def _applied(self, function: Any, schema: Any, takes: str) -> DataFrame:
        self._check_plain("applyInPandas" if takes == "pandas" else "applyInArrow")
        return self._frame._next(map_groups(self._frame._selection, self._keys, function, schema, takes))

    def cogroup(self, other: GroupedData) -> CogroupedData:
        self._check_plain("cogroup")
        other._check_plain("cogroup")
        return CogroupedData(self._frame, self._keys, other._frame, other._keys)

    def _check_plain(self, name: str) -> None:
        if self._kind or self._pivot is not None:
            raise refused.unsupported("GroupedData", f"{name} after {self._kind or 'pivot'}", "use groupBy")

    def _pivoted(self, aggregates: list[exp.Expr]) -> DataFrame:
        """SQL's PIVOT groups by whatever is left over, so the rows are first reduced to what takes part."""
        assert self._pivot is not None
        column, values = self._pivot
        inputs: list[exp.Expr] = []

        def taken(node: exp.Expr) -> exp.Expr | None:
            if not isinstance(node, exp.Column):
                return None
            name = f"__value{len(inputs)}"
            inputs.append(exp.Alias(this=node, alias=nodes.identifier(name)))
            return exp.Column(this=nodes.identifier(name))

        renamed = [_named_aggregate(a, len(aggregates), taken) for a in aggregates]
        pivoted = exp.Alias(this=unnamed(column), alias=nodes.identifier("__pivot"))
        selection = self._frame._selection
        rows = selection.opened([*self._keys, pivoted, *inputs])
        items = tuple(rows.bound_item(node) for node in (*self._keys, pivoted, *inputs))
        rows = replace(rows, items=items, edits=Edits(), frames={})
        pivot = exp.Pivot(
            expressions=renamed,
            fields=[exp.In(this=exp.Column(this=nodes.identifier("__pivot")), expressions=[_value(v) for v in values])],
            unpivot=False,
        )
        return self._frame._next(Selection((Relation(Reshaped(rows, pivot)),)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        refused.refuse("GroupedData", name, self)


def _checked(value: Any) -> exp.Expr:
    if not isinstance(value, Column):
        raise DefinitionError(
            f"agg takes columns, not {value!r}",
            location=here(),
            hint="write F.sum(\"x\") or {'x': 'sum'}",
            code="wrong-arguments",
        )
    return value._node


def _takes_groups(node: exp.Expr) -> bool:
    calls = (n.meta.get(FUNCTION) for n in node.find_all(exp.Anonymous))
    return any(function is not None and function.takes_groups for function in calls)


def _aggregate(function: str, column: str) -> exp.Expr:
    argument = exp.Literal.number(1) if column == "*" and function == "count" else named(column)
    return nodes.call(function.lower(), argument)


def _named_aggregate(node: exp.Expr, count: int, taken: Any) -> exp.Expr:
    """The aggregate over renamed inputs; with several ones, Spark adds its name to each value's."""
    body = nodes.clone(unnamed(node), taken)
    if isinstance(node, exp.Alias):
        return exp.Alias(this=body, alias=nodes.clone(node.args["alias"]))
    if count == 1:
        return body
    arguments = getattr(node, "expressions", [])
    simple = isinstance(node, exp.Anonymous) and all(isinstance(a, exp.Column | exp.Literal) for a in arguments)
    if not simple:
        raise UnsupportedError(
            "several aggregates of a pivot need names", location=here(), hint='add .alias("…") to each'
        )
    name = f"{node.this}({', '.join(a.name for a in arguments)})"
    return exp.Alias(this=body, alias=nodes.identifier(name))


def _value(value: Any) -> exp.Expr:
    if isinstance(value, Column):
        node = value._node
        if isinstance(node, exp.Alias):
            return exp.PivotAlias(this=node.this, alias=node.args["alias"])
        return node
    return nodes.literal(value, here())


def _is_number(data_type: Any) -> bool:
    from ingot.definitions.spark.types import NumericType

    return isinstance(data_type, NumericType)

"""Summaries of columns: `df.stat`, `describe`, `summary`. Their shape follows the types, so they ask for the schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ingot.definitions.spark import nodes, refused
from ingot.definitions.spark.column import Column
from ingot.definitions.spark.nodes import call
from ingot.definitions.spark.place import here
from ingot.definitions.spark.types import NumericType, StringType, StructField
from ingot.errors import DefinitionError
from ingot.types import DOUBLE, STRING

if TYPE_CHECKING:
    from ingot.definitions.spark.dataframe import DataFrame

_DESCRIBED = ("count", "mean", "stddev", "min", "max")
_SUMMARIZED = ("count", "mean", "stddev", "min", "25%", "50%", "75%", "max")
_KNOWN = ("count", "count_distinct", "approx_count_distinct", "mean", "stddev", "min", "max")


class DataFrameStatFunctions:
    """What `df.stat` offers; most of it is a value, so it needs rows."""

    def __init__(self, frame: DataFrame):
        self._frame = frame

    def corr(self, col1: str, col2: str, method: str | None = None) -> float:
        if method not in (None, "pearson"):
            raise DefinitionError(f"corr knows 'pearson' only, not {method!r}", location=here(), code="wrong-arguments")
        return self._value(call("corr", _column(col1), _column(col2)))

    def cov(self, col1: str, col2: str) -> float:
        return self._value(call("covar_samp", _column(col1), _column(col2)))

    def approxQuantile(self, col: Any, probabilities: Sequence[float], relativeError: float) -> Any:
        names = [col] if isinstance(col, str) else list(col)
        accuracy = nodes.literal(max(1, round(1 / relativeError)) if relativeError else 2**31 - 1)
        wanted = call("array", *(nodes.literal(float(p)) for p in probabilities))
        items = [
            _alias(call("percentile_approx", nodes.cast(_column(n), DOUBLE), wanted, accuracy), f"q{at}")
            for at, n in enumerate(names)
        ]
        [row] = self._frame.agg(*(Column(item) for item in items)).collect()
        found = [list(cell or []) for cell in row]
        return found[0] if isinstance(col, str) else found

    def crosstab(self, col1: str, col2: str) -> DataFrame:
        """Counts of each pair of values; the columns are the second's values, so it needs rows."""
        first, second = (_text_or_null(_column(c)) for c in (col1, col2))
        pairs = self._frame.select(Column(_alias(first, f"{col1}_{col2}")), Column(_alias(second, "__value")))
        values = sorted(row[0] for row in pairs.select("__value").distinct().collect())
        return pairs.groupBy(f"{col1}_{col2}").pivot("__value", values).count().na.fill(0)

    def _value(self, node: exp.Expr) -> Any:
        [row] = self._frame.agg(Column(_alias(node, "value"))).collect()
        return row[0]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        refused.refuse("DataFrameStatFunctions", name, self)


def described(frame: DataFrame, columns: list[str]) -> DataFrame:
    """`df.describe`: five lines on each column of numbers or text."""
    return _summarized(frame, columns, _DESCRIBED)


def summary(frame: DataFrame, statistics: tuple[str, ...]) -> DataFrame:
    """`df.summary`: a line for each statistic that is asked for."""
    for statistic in statistics:
        if statistic not in _KNOWN and not re.fullmatch(r"\d+(\.\d+)?%", statistic):
            raise DefinitionError(
                f"summary knows no {statistic!r}",
                location=here(),
                hint="count, count_distinct, approx_count_distinct, mean, stddev, min, max, or a percentage: '25%'",
                code="wrong-arguments",
            )
    return _summarized(frame, [], statistics or _SUMMARIZED)


def _summarized(frame: DataFrame, names: list[str], statistics: Sequence[str]) -> DataFrame:
    schema = {field.name.lower(): field for field in frame.schema}
    chosen = [schema[name.lower()] for name in names if name.lower() in schema] if names else list(schema.values())
    fields = [f for f in chosen if isinstance(f.dataType, NumericType | StringType)]
    prepared = frame.select(*(Column(item) for at, f in enumerate(fields) for item in _inputs(at, f)))
    lines = []
    for statistic in statistics:
        cells = [nodes.literal("summary"), nodes.literal(statistic)]
        for at, field in enumerate(fields):
            cells += [nodes.literal(field.name), nodes.cast(_statistic(statistic, f"v{at}", f"n{at}"), STRING)]
        lines.append(call("named_struct", *cells))
    lists = prepared.agg(Column(_alias(call("array", *lines), "__lines")))
    return lists.select(Column(call("inline", _column("__lines"))))


def _inputs(at: int, field: StructField) -> tuple[exp.Expr, exp.Expr]:
    """A column, and the numbers in it."""
    column = exp.Column(this=nodes.identifier(field.name, here()))
    number = column if isinstance(field.dataType, NumericType) else nodes.cast(column, DOUBLE, exp.TryCast)
    return _alias(column, f"v{at}"), _alias(number, f"n{at}")


def _statistic(statistic: str, column: str, number: str) -> exp.Expr:
    match statistic:
        case "count" | "min" | "max" | "approx_count_distinct":
            return call(statistic, _column(column))
        case "count_distinct":
            return call("count", exp.Distinct(expressions=[_column(column)]))
        case "mean":
            return call("avg", _column(number))
        case "stddev":
            return call("stddev_samp", _column(number))
    return call("percentile_approx", _column(number), nodes.literal(float(statistic[:-1]) / 100))


def _text_or_null(node: exp.Expr) -> exp.Expr:
    return call("coalesce", nodes.cast(node, STRING), nodes.literal("null"))


def _column(name: Any) -> exp.Expr:
    return name._node if isinstance(name, Column) else nodes.column(name, here())


def _alias(node: exp.Expr, name: str) -> exp.Alias:
    return exp.Alias(this=node, alias=nodes.identifier(name))

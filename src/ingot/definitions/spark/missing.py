"""`pyspark.sql.DataFrameNaFunctions`: filling, dropping and replacing missing values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ingot.definitions.spark import nodes
from ingot.definitions.spark.column import Column
from ingot.definitions.spark.nodes import call
from ingot.definitions.spark.place import here
from ingot.definitions.spark.types import BooleanType, DataType, NumericType, StringType
from ingot.errors import DefinitionError

if TYPE_CHECKING:
    from ingot.definitions.spark.dataframe import DataFrame


class DataFrameNaFunctions:
    """What `df.na` offers. Types decide which columns a value fits, so most of it needs the schema."""

    def __init__(self, frame: DataFrame):
        self._frame = frame

    def fill(self, value: Any, subset: Any = None) -> DataFrame:
        """Replace nulls by a value in the columns of the value's kind; others are left as they are."""
        schema = {f.name.lower(): f for f in self._frame.schema}
        wanted = dict.fromkeys(_names(subset) or (f.name for f in schema.values()), value)
        if isinstance(value, dict):
            wanted = value
        filled: dict[str, Column] = {}
        for name, given in wanted.items():
            field = schema.get(name.lower())
            if field is not None and _fits(given, field.dataType):
                filled[field.name] = self._coalesced(field.name, field.dataType, given)
        return self._frame.withColumns(filled) if filled else self._frame

    def _coalesced(self, name: str, data_type: DataType, value: Any) -> Column:
        column = exp.Column(this=nodes.identifier(name, here()))
        if data_type.typeName() in ("float", "double"):
            column_or_nan: exp.Expr = call("nanvl", column, exp.Null())
        else:
            column_or_nan = column
        literal = nodes.cast(nodes.literal(value, here()), data_type.to_ingot())
        return Column(call("coalesce", column_or_nan, literal))

    def drop(self, how: str = "any", thresh: int | None = None, subset: Any = None) -> DataFrame:
        """Keep the rows in which enough of the columns are not null."""
        if how not in ("any", "all"):
            raise DefinitionError(f"how is 'any' or 'all', not {how!r}", location=here(), code="wrong-arguments")
        columns = [nodes.column(n, here()) for n in _names(subset)] or [
            exp.Column(this=nodes.identifier(n)) for n in self._frame.columns
        ]
        if thresh is None:
            thresh = len(columns) if how == "any" else 1
        return self._frame.filter(Column(exp.GTE(this=_present(columns), expression=nodes.literal(thresh))))

    def replace(self, to_replace: Any, value: Any = None, subset: Any = None) -> DataFrame:
        """Replace values in the columns of their kind."""
        pairs = _pairs(to_replace, value)
        schema = {f.name.lower(): f for f in self._frame.schema}
        wanted = _names(subset) or [f.name for f in schema.values()]
        changed: dict[str, Column] = {}
        for name in wanted:
            field = schema.get(name.lower())
            if field is not None and all(_fits(old, field.dataType) for old, _ in pairs):
                changed[field.name] = _replaced(field.name, field.dataType, pairs)
        return self._frame.withColumns(changed) if changed else self._frame


def _present(columns: list[exp.Expr]) -> exp.Expr:
    """How many of the columns hold a value that is not NaN."""
    from ingot.analysis.typewise import TYPEWISE, Presence

    total: exp.Expr | None = None
    for column in columns:
        one = call("is_present", column)
        one.meta[TYPEWISE] = Presence()
        total = one if total is None else exp.Add(this=total, expression=one)
    assert total is not None
    return total


def _replaced(name: str, data_type: DataType, pairs: list[tuple[Any, Any]]) -> Column:
    column = exp.Column(this=nodes.identifier(name, here()))
    target = data_type.to_ingot()
    branches = [
        exp.If(
            this=exp.EQ(this=nodes.clone(column), expression=nodes.cast(nodes.literal(old, here()), target)),
            true=nodes.cast(nodes.literal(new, here()), target),
        )
        for old, new in pairs
    ]
    return Column(exp.Case(ifs=branches, default=column))


def _pairs(to_replace: Any, value: Any) -> list[tuple[Any, Any]]:
    if isinstance(to_replace, dict):
        return list(to_replace.items())
    old = list(to_replace) if isinstance(to_replace, list | tuple) else [to_replace]
    new = list(value) if isinstance(value, list | tuple) else [value] * len(old)
    if len(old) != len(new):
        raise DefinitionError(
            f"replace got {len(old)} values and {len(new)} replacements",
            location=here(),
            hint="give one value for each, or one for all",
            code="wrong-arguments",
        )
    return list(zip(old, new, strict=True))


def _names(subset: Any) -> list[str]:
    if subset is None:
        return []
    return [subset] if isinstance(subset, str) else list(subset)


def _fits(value: Any, data_type: DataType) -> bool:
    if isinstance(value, bool):
        return isinstance(data_type, BooleanType)
    if isinstance(value, int | float):
        return isinstance(data_type, NumericType)
    return isinstance(value, str) and isinstance(data_type, StringType)

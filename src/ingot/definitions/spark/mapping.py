"""Functions of the user over whole DataFrames and groups: mapInPandas, applyInPandas, cogroup, and their Arrow kin.

Each is written as a function that gives a list of rows, and `inline` of that list; a group is the list of its rows.
Spark leaves open how rows come in batches; here a batch is what the engine hands over.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ingot import types as t
from ingot.definitions.spark import joining, nodes, vectorized
from ingot.definitions.spark.column import Column, unnamed
from ingot.definitions.spark.nodes import call
from ingot.definitions.spark.place import here
from ingot.definitions.spark.projection import projected
from ingot.definitions.spark.selection import Edits, Relation, Selection
from ingot.definitions.spark.types import to_schema
from ingot.definitions.spark.udf import need_package, world
from ingot.definitions.spark.user_calls import called
from ingot.errors import DefinitionError
from ingot.model import UserFunction

if TYPE_CHECKING:
    from ingot.definitions.spark.dataframe import DataFrame

_ROWS, _LEFT, _RIGHT, _KEY = "__rows", "__left", "__right", "__key"


def map_batches(selection: Selection, function: Callable[..., Any], schema: Any, takes: str) -> Selection:
    """The rows that a function of an iterator of batches gives."""
    rows = to_schema(schema)
    made = _function(function, rows, vectorized.mapped(function, takes, rows), takes)
    listed = projected(selection, [_alias(called(made, [_row()]), _ROWS)])
    return _inlined(listed)


def map_groups(
    selection: Selection, keys: tuple[exp.Expr, ...], function: Callable[..., Any], schema: Any, takes: str
) -> Selection:
    """The rows that a function of each group gives."""
    rows = to_schema(schema)
    has_key = _takes(function, 1)
    made = _function(function, rows, vectorized.grouped_map(function, takes, rows, has_key), takes)
    arguments = [call("collect_list", _row()), *([_key(keys)] if has_key else [])]
    return _inlined(_grouped(selection, keys, [_alias(called(made, arguments), _ROWS)]))


def _grouped(selection: Selection, keys: tuple[exp.Expr, ...], items: list[exp.Expr]) -> Selection:
    selection = selection.opened([*keys, *items])
    group = exp.Group(expressions=[selection.bound(unnamed(key)) for key in keys]) if keys else None
    bound = tuple(selection.bound(item) for item in items)
    return replace(selection, items=bound, edits=Edits(), group=group, is_grouped=True)


def _inlined(listed: Selection) -> Selection:
    """The rows of the lists, of which nothing else is known by its older names."""
    outer = Selection((Relation(listed),))
    return replace(outer, items=(call("inline", _column(_ROWS)),))


def _row() -> exp.Expr:
    return call("struct", exp.Star())


def _key(keys: tuple[exp.Expr, ...]) -> exp.Expr:
    cells = [part for at, key in enumerate(keys) for part in (nodes.literal(f"_{at}"), unnamed(key))]
    return call("named_struct", *cells)


def _column(name: str) -> exp.Column:
    return exp.Column(this=nodes.identifier(name))


def _alias(node: exp.Expr, name: str) -> exp.Alias:
    return exp.Alias(this=node, alias=nodes.identifier(name))


def _takes(function: Callable[..., Any], groups: int) -> bool:
    """Whether a function takes the key before its groups."""
    count = len(inspect.signature(function).parameters)
    if count not in (groups, groups + 1):
        raise DefinitionError(
            f"'{function.__name__}' takes {count} arguments; it is given {groups}, or the key before",
            location=here(),
            code="wrong-arguments",
        )
    return count == groups + 1


def _function(function: Callable[..., Any], rows: t.StructType, bind: Any, takes: str) -> UserFunction:
    place = here()
    need_package(takes, place)
    name = getattr(function, "__name__", "function")
    return UserFunction(name, function, t.ArrayType(element=rows), "arrow", place, bind, world())


class CogroupedData:
    """Two DataFrames grouped alike, waiting for a function of both groups (`PandasCogroupedOps`)."""

    def __init__(self, left: DataFrame, left_keys: tuple[exp.Expr, ...], right: DataFrame, right_keys: Any):
        if len(left_keys) != len(right_keys):
            raise DefinitionError(
                f"cogroup of {len(left_keys)} and {len(right_keys)} keys",
                location=here(),
                hint="group both sides by as many columns",
                code="wrong-arguments",
            )
        self._left, self._left_keys = left, left_keys
        self._right, self._right_keys = right, right_keys

    def applyInPandas(self, func: Callable[..., Any], schema: Any) -> DataFrame:
        return self._applied(func, schema, "pandas")

    def applyInArrow(self, func: Callable[..., Any], schema: Any) -> DataFrame:
        return self._applied(func, schema, "arrow")

    def _applied(self, function: Callable[..., Any], schema: Any, takes: str) -> DataFrame:
        rows = to_schema(schema)
        has_key = _takes(function, 2)
        made = _function(function, rows, vectorized.cogrouped_map(function, takes, rows, has_key), takes)
        left = self._side(self._left._selection, self._left_keys, _LEFT)
        right = self._side(self._right._selection, self._right_keys, _RIGHT)
        left, right = (replace(s, frames={}) for s in (left, right))
        condition = exp.NullSafeEQ(this=_of("__l", _KEY), expression=_of("__r", _KEY))
        sides = [
            Selection((Relation(side, qualifiers=frozenset({name})),)) for side, name in ((left, "__l"), (right, "__r"))
        ]
        both = joining.joined(sides[0], sides[1], Column(condition), "full")
        lists: list[exp.Expr] = [_of("__l", _LEFT), _of("__r", _RIGHT)]
        if has_key:
            lists.append(call("coalesce", _of("__l", _KEY), _of("__r", _KEY)))
        return self._left._next(_inlined(projected(both, [_alias(called(made, lists), _ROWS)])))

    def _side(self, selection: Selection, keys: tuple[exp.Expr, ...], name: str) -> Selection:
        return _grouped(selection, keys, [_alias(_key(keys), _KEY), _alias(call("collect_list", _row()), name)])


def _of(relation: str, name: str) -> exp.Column:
    return exp.Column(this=nodes.identifier(name), table=nodes.identifier(relation))

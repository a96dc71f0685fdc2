"""Functions of the user that give tables: `udtf`, `arrow_udtf`. A call is the rows of a list that a function gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from sqlglot import exp

from ingot import types as t
from ingot.definitions.loading import current
from ingot.definitions.spark import calling, nodes
from ingot.definitions.spark.column import named, unnamed
from ingot.definitions.spark.dataframe import DataFrame
from ingot.definitions.spark.place import here
from ingot.definitions.spark.selection import Computed, Relation, Selection
from ingot.definitions.spark.types import to_schema
from ingot.definitions.spark.udf import world
from ingot.definitions.spark.user_calls import called
from ingot.errors import DefinitionError, UnsupportedError
from ingot.model import UserFunction


class UserDefinedTableFunction:
    """A class whose `eval` gives rows, as a function that gives a DataFrame."""

    def __init__(self, handler: type, return_type: Any, name: str | None = None):
        self.handler = handler
        self.returnType = return_type
        name, place = name or handler.__name__, here()
        if hasattr(handler, "analyze"):
            _refuse("a table function whose columns are told by analyze()", "give udtf a returnType")
        if return_type is None:
            raise DefinitionError(
                f"the columns that '{name}' gives are missing", location=place, hint='write udtf(returnType="a int")'
            )
        rows = t.ArrayType(element=to_schema(return_type))
        function = _rows_of(handler)
        bind = calling.bound(function, name, rows, place)
        self.user_function = UserFunction(name, function, rows, "python", place, bind, world())

    def __call__(self, *cols: Any, **named_cols: Any) -> DataFrame:
        if named_cols:
            _refuse("a table function with named arguments", "give them by position")
        load = current.get()
        if load is None:
            _refuse("a table function outside of a pipeline", "call it in a query function")
        call = called(self.user_function, [unnamed(named(c)) for c in cols])
        table = exp.Table(this=nodes.call("inline", call))
        return DataFrame(Selection((Relation(Computed(table)),)), load.session)


def _rows_of(handler: type) -> Callable[..., list[Any]]:
    """What one call gives: the rows of `eval`, and those of `terminate`."""

    def rows(*arguments: Any) -> list[Any]:
        made = handler()
        found = _listed(made.eval(*arguments))
        return found + _listed(made.terminate()) if hasattr(made, "terminate") else found

    rows.__name__ = handler.__name__
    return rows


def _listed(rows: Iterable[Any] | None) -> list[Any]:
    return [tuple(row) if isinstance(row, list) else row for row in rows or ()]


def udtf(cls: Any = None, *, returnType: Any = None, useArrow: bool | None = None) -> Any:
    """Make a function that gives a table of a class with `eval`; as a decorator with or without arguments."""
    if cls is None:
        return lambda handler: UserDefinedTableFunction(handler, returnType)
    return UserDefinedTableFunction(cls, returnType)


def arrow_udtf(cls: Any = None, *, returnType: Any = None) -> NoReturn:
    """Refused: table functions of whole Arrow columns."""
    _refuse("arrow_udtf", "use udtf, or mapInArrow")


def _refuse(what: str, hint: str) -> NoReturn:
    raise UnsupportedError(f"{what} is not supported", location=here(), hint=hint, code="unsupported-udf")

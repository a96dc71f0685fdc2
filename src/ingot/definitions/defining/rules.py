"""Expectations of datasets that are defined in Python, whether their decorators stand above or below the dataset's.

Owns the marks on functions by which the two find each other.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ingot.definitions.defining.columns import expression
from ingot.definitions.loading import current
from ingot.definitions.spark.place import here
from ingot.errors import DefinitionError, IngotError
from ingot.model import Action, Expectation, TableName

_PENDING = "__ingot_expectations__"  # rules below @table, waiting for it
_WRONG = "_ingot_wrong"
_TABLE = "__ingot_table__"  # what @table made of the function, for rules above it


def expectations(action: Action, conditions: Any) -> list[Expectation]:
    """Rules by name; conditions are SQL text."""
    place = here()
    if not isinstance(conditions, Mapping):
        raise DefinitionError(
            f"expectations are a dict of names and conditions, not {conditions!r}",
            location=place,
            hint='{"has_amount": "amount IS NOT NULL"}',
            code="wrong-arguments",
        )
    return [
        Expectation(str(name), expression(condition) or "", action, place) for name, condition in conditions.items()
    ]


def expect_of(function: Any, rules: list[Expectation]) -> Any:
    """Give rules to the dataset of a function, whether the decorator stands above or below the one that defines it."""
    if current.get() is None:
        return function
    function = with_attributes(function)
    table = getattr(function, _TABLE, None)
    load = current.get()
    if table is not None and load is not None:
        load.registry.add_expectations(table, rules)
    else:
        setattr(function, _PENDING, [*rules, *getattr(function, _PENDING, [])])
    return function


def failed_rule(error: IngotError) -> Callable[[Any], Any]:
    """Let the dataset whose rule is wrong fail: it must not be written without it.

    Raises:
        IngotError: outside of a load.
    """
    load = current.get()
    if load is None:
        raise error

    def decorate(function: Any) -> Any:
        table = getattr(function, _TABLE, None)
        if table is None:
            function = with_attributes(function)
            setattr(function, _WRONG, error)
        else:
            load.registry.fail(error, table)
        return function

    return decorate


def take_pending(function: Any) -> list[Expectation]:
    """The rules that wait for the dataset of a function; they wait no more."""
    pending = getattr(function, _PENDING, [])
    setattr(function, _PENDING, [])
    return pending


def wrong_rule(function: Any) -> IngotError | None:
    """What is wrong with a rule below the decorator of the dataset."""
    return getattr(function, _WRONG, None)


def mark_defined(function: Any, name: TableName) -> None:
    """Let the rules above the decorator of a dataset find it."""
    setattr(function, _TABLE, name)


def with_attributes(function: Any) -> Any:
    """The function, or one around it where it takes no attributes (a bound method, a partial)."""
    if inspect.isfunction(function):
        return function

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    functools.update_wrapper(call, getattr(function, "func", function))
    call.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return call

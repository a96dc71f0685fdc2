"""A call while it is lowered: its arguments as nodes, as SQL and by type.

Owns how a table of functions is written: a template with `{0}`, `{1}` …, `{all}`, or a function of the call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering.scope import Scope, literal, number_literal, refuse
from ingot.errors import UnsupportedError
from ingot.types import DataType


class Call:
    """One call of a function."""

    def __init__(self, node: exp.Anonymous, scope: Scope):
        self.node = node
        self.scope = scope
        self.name: str = node.this
        expressions = node.expressions
        self.is_distinct = len(expressions) == 1 and isinstance(expressions[0], exp.Distinct)
        self.arguments: list[exp.Expr] = expressions[0].expressions if self.is_distinct else expressions

    @cached_property
    def sql(self) -> list[str]:
        """The arguments in DuckDB's SQL."""
        return ["" if isinstance(a, exp.Lambda) else self.scope.lower(a) for a in self.arguments]

    @cached_property
    def types(self) -> list[DataType]:
        """The types of the arguments."""
        return [type_of(a) for a in self.arguments]

    @property
    def type(self) -> DataType:
        """The type of the result."""
        return type_of(self.node)

    @property
    def is_ansi(self) -> bool:
        return self.scope.settings.ansi

    def __len__(self) -> int:
        return len(self.arguments)

    def text(self, position: int) -> str:
        """A string literal argument.

        Raises:
            UnsupportedError: for anything but a literal.
        """
        found = literal(self.arguments[position])
        if found is None:
            raise self.refuse(f"argument {position + 1} of {self.name} must be a string literal")
        return found

    def number(self, position: int, default: int | None = None) -> int:
        """An integer literal argument.

        Raises:
            UnsupportedError: for anything but a literal.
        """
        if position >= len(self.arguments) and default is not None:
            return default
        found = number_literal(self.arguments[position])
        if found is None:
            raise self.refuse(f"argument {position + 1} of {self.name} must be an integer literal")
        return found

    def flag(self, position: int, default: bool) -> bool:
        """A boolean literal argument."""
        if position >= len(self.arguments):
            return default
        node = self.arguments[position]
        if not isinstance(node, exp.Boolean):
            raise self.refuse(f"argument {position + 1} of {self.name} must be true or false")
        return bool(node.this)

    def let(self, body: Callable[..., str]) -> str:
        """`body` of all arguments, each computed once."""
        return self.scope.let_all(self.sql, body)

    def refuse(self, message: str, hint: str | None = None) -> UnsupportedError:
        """The error for a call that has no exact translation."""
        return refuse(self.node, message, hint)


Lowering = str | Callable[[Call], str]
_Call = TypeVar("_Call", bound=Call)


def lower_call(call: _Call, how: str | Callable[[_Call], str]) -> str:
    """Apply an entry of a table."""
    if not isinstance(how, str):
        return how(call)
    return how.format(*call.sql, all=", ".join(call.sql))

"""Casts of written texts that can never succeed: Spark stops at the first row, whatever is in it.

Owns which texts are numbers and booleans. Never looks at a cast whose failure is taken for NULL, nor at one that a
condition may keep from being computed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from ingot.analysis.nodes import Node
from ingot.analysis.typed import type_of
from ingot.errors import AnalysisError
from ingot.types import BOOLEAN, DataType, is_numeric

_BLANK = "".join(map(chr, (*range(33), 127)))
_BOOLEANS = frozenset({"t", "true", "y", "yes", "1", "f", "false", "n", "no", "0"})
_WHOLE = r"[+-]?\d+"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_DOUBLE = rf"{_NUMBER}[dDfF]?|[+-]?(?:inf|infinity)|nan"
_CONDITIONS = frozenset({"coalesce", "if", "ifnull", "nvl2"})


def check_constants(node: Node) -> None:
    """Refuse an expression that holds a cast of a text that is no such value.

    Raises:
        AnalysisError: `invalid-literal`.
    """
    for cast in _certain_casts(node):
        text, target = str(cast.this.this), type_of(cast)
        if not _is_readable(text, target):
            raise AnalysisError(
                f"{text!r} cannot be cast to {target.ddl}",
                hint="quotes make a text; the name of a column stands plain, or in backquotes"
                if text.isidentifier()
                else "try_cast gives NULL instead",
                code="invalid-literal",
            )


def _certain_casts(node: Node) -> Iterator[Node]:
    """Casts of text literals that are computed whatever the rows are."""

    def is_conditional(inner: Node) -> bool:
        return isinstance(inner, (exp.Case, exp.TryCast, exp.Lambda, exp.And, exp.Or, exp.Subquery)) or (
            isinstance(inner, exp.Anonymous) and (inner.this in _CONDITIONS or str(inner.this).startswith("try_"))
        )

    for inner in node.walk(prune=is_conditional):
        if type(inner) is exp.Cast and isinstance(inner.this, exp.Literal) and inner.this.is_string:
            yield inner


def _is_readable(text: str, target: DataType) -> bool:
    value = text.strip(_BLANK)
    if target == BOOLEAN:
        return value.lower() in _BOOLEANS
    if not is_numeric(target):
        return True
    if target.name in ("float", "double"):
        return re.fullmatch(_DOUBLE, value, re.IGNORECASE) is not None
    return re.fullmatch(_NUMBER if target.name == "decimal" else _WHOLE, value) is not None

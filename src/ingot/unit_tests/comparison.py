"""Expected rows against actual ones: which are missing, which are unexpected, which cells differ.

Rows have no order, and only the columns that are expected are compared. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingot.errors import ProjectError, near_hint
from ingot.types import Field, StructType
from ingot.unit_tests.specification import Rows
from ingot.unit_tests.values import typed

_PAIRS_MAX = 200  # beyond that many rows on either side, changed rows are shown as missing and unexpected ones


@dataclass(frozen=True)
class Change:
    """One line of a diff. `expected` is None for an unexpected row, `actual` for a missing one."""

    expected: tuple[Any, ...] | None
    actual: tuple[Any, ...] | None

    @property
    def kind(self) -> str:
        """`missing`, `unexpected` or `changed`."""
        return "missing" if self.actual is None else "unexpected" if self.expected is None else "changed"

    def differs(self, index: int) -> bool:
        """Whether a cell of a changed row differs."""
        return (
            self.expected is not None
            and self.actual is not None
            and not is_same(self.expected[index], self.actual[index])
        )


@dataclass(frozen=True)
class Difference:
    """How two sets of rows differ: the columns that were compared, the changes, and how many rows are the same."""

    columns: tuple[str, ...]
    changes: tuple[Change, ...]
    same: int

    def __bool__(self) -> bool:
        return bool(self.changes)


def compare(expected: Rows, schema: StructType, actual: Sequence[tuple[Any, ...]], what: str) -> Difference:
    """The difference between the rows that a test expects and those that there are.

    Args:
        expected: As written; values are read by the types of the actual columns.
        schema: The actual columns.
        actual: The actual rows.
        what: Whose rows they are, for errors.

    Raises:
        ProjectError: `unknown-column`, for an expected column that does not exist.
    """
    if not expected.rows:
        return Difference(tuple(schema.names), tuple(Change(None, row) for row in actual), 0)
    indexes: list[int] = []
    columns: list[Field] = []
    for name in expected.names:
        column = schema.find(name)
        if column is None:
            raise _unknown_column(name, schema, expected, what)
        columns.append(column)
        indexes.append(schema.names.index(column.name))
    wanted = []
    for row in expected.rows:
        values = {name.lower(): value for name, value in row.items()}
        wanted.append(tuple(typed(values.get(c.name.lower()), c.type, c.name, expected.location) for c in columns))
    had = [tuple(row[index] for index in indexes) for row in actual]
    return _difference(tuple(c.name for c in columns), wanted, had)


def _unknown_column(name: str, schema: StructType, expected: Rows, what: str) -> ProjectError:
    row = next(row for row in expected.rows if name in row)
    hint = near_hint(name, schema.names, f"its columns are {', '.join(schema.names)}")
    return ProjectError(
        f"{what} has no column '{name}'" if len(schema) else f"{what} holds no rows",
        location=getattr(row[name], "location", None) or expected.location,
        hint=hint if len(schema) else None,
        code="unknown-column",
    )


def _difference(columns: tuple[str, ...], wanted: list[tuple[Any, ...]], had: list[tuple[Any, ...]]) -> Difference:
    waiting: dict[Any, list[int]] = {}
    for index, row in enumerate(had):
        waiting.setdefault(_key(row), []).append(index)
    missing: list[tuple[Any, ...]] = []
    for row in wanted:
        found = waiting.get(_key(row))
        if found:
            found.pop(0)
        else:
            missing.append(row)
    left = [had[index] for index in sorted(index for indexes in waiting.values() for index in indexes)]
    missing, left = _without_close(missing, left)
    same = len(wanted) - len(missing)
    return Difference(columns, tuple(_paired(missing, left)), same)


def _without_close(
    missing: list[tuple[Any, ...]], left: list[tuple[Any, ...]]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows that differ only by how floating-point numbers were rounded are the same."""
    rest = list(left)
    still: list[tuple[Any, ...]] = []
    for row in missing:
        match = next((i for i, other in enumerate(rest) if all(map(is_same, row, other))), None)
        if match is None:
            still.append(row)
        else:
            rest.pop(match)
    return still, rest


def _paired(missing: list[tuple[Any, ...]], left: list[tuple[Any, ...]]) -> list[Change]:
    """Take a missing and an unexpected row for one changed row when half of their cells agree, or the first one."""
    scores: list[tuple[int, int, int]] = []
    if len(missing) <= _PAIRS_MAX and len(left) <= _PAIRS_MAX:
        for i, row in enumerate(missing):
            for j, other in enumerate(left):
                agree = sum(map(is_same, row, other))
                if agree and (agree * 2 >= len(row) or is_same(row[0], other[0])):
                    scores.append((-agree, i, j))
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in sorted(scores):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    changes = [Change(row, left[pairs[i]] if i in pairs else None) for i, row in enumerate(missing)]
    return changes + [Change(None, row) for j, row in enumerate(left) if j not in taken]


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same; floating-point numbers up to the rounding of their last digits."""
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    return one == other


def _key(value: Any) -> Any:
    """A hashable value that equal values share."""
    if isinstance(value, (list, tuple)):
        return tuple(map(_key, value))
    if isinstance(value, dict):
        return tuple(sorted((str(key), _key(inner)) for key, inner in value.items()))
    if isinstance(value, float) and math.isnan(value):
        return "nan"
    return value

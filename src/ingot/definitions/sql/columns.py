"""The parenthesised list after a dataset's name: columns, expectations, keys.

Owns the grammar of columns and constraints. Keys are accepted and mean nothing, as on Databricks, where they
only inform.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ingot.definitions.sql.cursor import Cursor
from ingot.definitions.sql.tokens import Source
from ingot.errors import DefinitionError, IngotError, Location
from ingot.model import Action, ColumnSpec, Expectation
from ingot.project.placeholders import Filled
from ingot.types import DataType, parse_type

_PROPERTY_WORDS = frozenset(
    {"NOT", "NULL", "COMMENT", "DEFAULT", "GENERATED", "PRIMARY", "REFERENCES", "CONSTRAINT", "MASK", "CHECK"}
)
_KEY_OPTIONS = (
    ("NOT", "ENFORCED"), ("NOT", "DEFERRABLE"), ("DEFERRABLE",), ("INITIALLY", "DEFERRED"),
    ("INITIALLY", "IMMEDIATE"), ("ENABLE", "NOVALIDATE"), ("NOVALIDATE",), ("RELY",), ("NORELY",),
    ("MATCH", "FULL"), ("MATCH", "SIMPLE"),
    ("ON", "UPDATE", "NO", "ACTION"), ("ON", "DELETE", "NO", "ACTION"),
)  # fmt: skip


@dataclass(frozen=True)
class ColumnList:
    """What the list says. `columns` is None when it holds constraints only."""

    columns: tuple[ColumnSpec, ...] | None = None
    expectations: tuple[Expectation, ...] = ()


def parse_column_list(cursor: Cursor) -> ColumnList:
    """Read `(…)`; the cursor stands before the parenthesis."""
    columns: dict[str, ColumnSpec] = {}
    expectations: list[Expectation] = []
    opening = cursor.take()
    if cursor.accept(")"):
        return ColumnList()
    while True:
        if cursor.is_at_end:
            raise cursor.error("'(' is never closed", token=opening)
        if cursor.is_next("CONSTRAINT"):
            expectations += _constraint(cursor)
        elif cursor.is_next("PRIMARY", "KEY") or cursor.is_next("FOREIGN", "KEY"):
            _key(cursor)
        else:
            _column(cursor, columns, expectations)
        if cursor.accept(")"):
            return ColumnList(tuple(columns.values()) or None, tuple(expectations))
        if not cursor.accept(","):
            raise cursor.expected("',' or ')'")


def declared_columns(text: str, location: Location | None) -> tuple[ColumnSpec, ...] | None:
    """The columns of a list in text, as `schema="id BIGINT, day INT GENERATED ALWAYS AS (…)"` of a Python table.

    Raises:
        DefinitionError: `invalid-schema`.
    """
    source = Source(location.path if location else "", f"({text})", (location.line if location else None) or 1)
    cursor = Cursor(source, 0, Filled(source.text))
    try:
        listed = parse_column_list(cursor)
    except IngotError as error:
        raise DefinitionError(
            f"{error.message}, in the schema {text.strip()!r}",
            location=location,
            hint=error.hint,
            code="invalid-schema",
        ) from None
    if not cursor.is_at_end or listed.expectations:
        raise DefinitionError(
            f"{text.strip()!r} is not a list of columns",
            location=location,
            hint='write names with their types: "id BIGINT, name STRING"',
            code="invalid-schema",
        )
    return listed.columns


def _column(cursor: Cursor, columns: dict[str, ColumnSpec], expectations: list[Expectation]) -> None:
    token = cursor.peek()
    name = cursor.identifier("a column")
    if name.lower() in columns:
        raise cursor.error(f"column '{name}' is listed twice", code="duplicate-column", token=token)
    column = ColumnSpec(name, _column_type(cursor))
    while not cursor.is_next_any((",", ")")):
        column = _with_property(cursor, column, expectations)
    columns[name.lower()] = column


def _column_type(cursor: Cursor) -> DataType | None:
    cursor.accept(":")
    begin = cursor.at
    depth = 0
    while (token := cursor.peek()) is not None:
        if depth == 0 and (token.key in (",", ")") or token.key in _PROPERTY_WORDS):
            break
        if token.key in ("<", ">"):
            depth += 1 if token.key == "<" else -1
            cursor.at += 1
        elif token.key == "<>":  # struct<>
            cursor.at += 1
        else:
            cursor.skip_one()
    if cursor.at == begin:
        return None
    try:
        return parse_type(cursor.between(begin, cursor.at))
    except IngotError as error:
        raise error.at(cursor.location(cursor.tokens[begin])) from None
    except ValueError as error:
        text = cursor.between(begin, cursor.at)
        raise cursor.error(f"{text!r} is not a type", code="unknown-type", token=cursor.tokens[begin]) from error


def _with_property(cursor: Cursor, column: ColumnSpec, expectations: list[Expectation]) -> ColumnSpec:
    if cursor.accept("NOT", "NULL"):
        return replace(column, nullable=False)
    if cursor.accept("NULL"):
        return column
    if cursor.accept("COMMENT"):
        return replace(column, comment=cursor.string("the comment as a string"))
    if cursor.accept("DEFAULT"):
        return replace(column, default=_expression(cursor))
    if cursor.is_next("GENERATED"):
        return replace(column, generated=_generated(cursor, column.name))
    if cursor.is_next("MASK"):
        raise cursor.unsupported(
            f"column '{column.name}' has a MASK, which only a catalog with users can apply",
            "leave out MASK, or select the masked value in the query",
        )
    if cursor.is_next("CHECK"):
        raise _no_check(cursor)
    if cursor.is_next("CONSTRAINT"):
        expectations += _constraint(cursor)
        return column
    if cursor.is_next("PRIMARY") or cursor.is_next("REFERENCES"):
        _key(cursor)
        return column
    raise cursor.expected("',' or ')' or a property of the column")


def _expression(cursor: Cursor) -> str:
    """A default value: up to the next property, `,` or `)`."""
    begin = cursor.at
    while not cursor.is_at_end and not cursor.is_next_any((",", ")")):
        if cursor.at > begin and cursor.is_next_any(_PROPERTY_WORDS):
            break
        cursor.skip_one()
    if cursor.at == begin:
        raise cursor.expected("an expression")
    return cursor.between(begin, cursor.at)


def _generated(cursor: Cursor, column: str) -> str:
    token = cursor.peek()
    cursor.expect("GENERATED")
    if cursor.accept("BY", "DEFAULT") or cursor.is_next("ALWAYS", "AS", "IDENTITY"):
        raise cursor.unsupported(
            f"column '{column}' is an identity column",
            "compute a key in the query, such as xxhash64(…) or row_number()",
            token,
        )
    cursor.expect("ALWAYS", "AS")
    return cursor.parenthesised()[0]


def _constraint(cursor: Cursor) -> list[Expectation]:
    """An expectation, or a named key, which gives none."""
    location = cursor.location()
    cursor.expect("CONSTRAINT")
    name = cursor.identifier("the name of the constraint")
    if cursor.is_next("CHECK"):
        raise _no_check(cursor)
    if cursor.is_next_any(("PRIMARY", "FOREIGN", "REFERENCES")):
        _key(cursor)
        return []
    cursor.expect("EXPECT", hint=f"CONSTRAINT {name} EXPECT (condition) ON VIOLATION DROP ROW")
    if not cursor.is_next("("):
        raise cursor.expected("the condition in parentheses", f"CONSTRAINT {name} EXPECT (condition)")
    condition, _ = cursor.parenthesised()
    return [Expectation(name, condition, _action(cursor), location)]


def _action(cursor: Cursor) -> Action:
    if not cursor.accept("ON", "VIOLATION"):
        return Action.WARN
    if cursor.accept("DROP", "ROW"):
        return Action.DROP
    if cursor.accept("FAIL", "UPDATE"):
        return Action.FAIL
    raise cursor.expected("DROP ROW or FAIL UPDATE", "leave ON VIOLATION out to keep the rows and count them")


def _no_check(cursor: Cursor) -> IngotError:
    return cursor.unsupported(
        "CHECK constraints are not part of pipelines",
        "CONSTRAINT name EXPECT (condition) ON VIOLATION FAIL UPDATE",
    )


def _key(cursor: Cursor) -> None:
    if cursor.accept("PRIMARY"):
        cursor.expect("KEY")
        if cursor.is_next("("):
            cursor.parenthesised()
    else:
        if cursor.accept("FOREIGN"):
            cursor.expect("KEY")
            cursor.parenthesised()
        cursor.expect("REFERENCES")
        cursor.name_parts("the name of a table")
        if cursor.is_next("("):
            cursor.parenthesised()
    while any(cursor.accept(*option) for option in _KEY_OPTIONS):
        pass

"""What one run reads of one table or query: columns, bounds, parts.

Owns how an incremental run is bounded:

- Its upper bound is the greatest cursor when it begins. What is committed later is left to the next run, also where
  the parts of a run do not see one state of the database.
- Its lower bound is the last upper bound less the look-back, and the bound itself is read again: rows that were
  committed later with an old cursor are found as far back as the look-back reaches, with the very same cursor always.
  Rows of this overlap that have landed already, the same in every column, do not land again (`overlap`).
- Where the greatest cursor is less than it was, rows that are new may have any cursor: a database that was restored
  from an older state counts on from there. So the whole table is read and compared with what has landed, and from then
  on the bound is the lesser one.
- Rows without a cursor would never be read, so they are refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingot.errors import SourceError, nearest
from ingot.lake.landing_record import LandingRecord
from ingot.sources.database.adapter import Adapter, Column, Session
from ingot.sources.database.entry import Lookback, Rule
from ingot.sources.database.values import (
    arrow_type,
    cursor_changed,
    cursor_value,
    earlier,
    is_cursor_type,
    is_time,
)
from ingot.types import DataType


@dataclass(frozen=True)
class Target:
    """A table or query to be read: `relation` is what stands in FROM, `name` what identifies it from run to run."""

    resource: str
    shown: str
    name: str
    relation: str
    columns: tuple[Column, ...]
    rule: Rule
    splits: Sequence[str] = ()


@dataclass(frozen=True)
class Reading:
    """What is read in this run.

    Attributes:
        queries: The SQL of each part.
        definition: Tells whether the table was read in the same way before.
        cursor: The column that grows, of an incremental run.
        last: Its greatest value in earlier runs.
        low: Where this run begins: the greatest value of the run before, less the look-back.
        high: Its greatest value now, as text.
        went_back: Says that the greatest value is less than in the run before.
        previous: The records of the last run, if that read in the same way; of an incremental reading of all runs.
    """

    target: Target
    columns: tuple[Column, ...]
    queries: tuple[str, ...]
    definition: str
    previous: tuple[LandingRecord, ...]
    cursor: Column | None = None
    last: Any = None
    low: Any = None
    high: str | None = None
    went_back: str | None = None


def plan(adapter: Adapter, session: Session, target: Target, records: Sequence[LandingRecord]) -> Reading:
    """Decide what this run reads.

    Raises:
        SourceError: a column is missing or cannot be kept, the cursor does not fit, or the database refuses.
    """
    columns = _columns(target)
    definition = _definition(target)
    same = tuple(record for record in records if record.url_sha256 == definition)
    if records and records[-1].url_sha256 != definition:
        same = ()  # read in another way since: from the beginning
    if target.rule.cursor is not None:
        return _incremental(adapter, session, target, columns, definition, same)
    last_run = tuple(record for record in same if record.run == records[-1].run)
    queries = _queries(adapter, target, columns, target.splits, [])
    return Reading(target, columns, queries, definition, last_run)


def _incremental(
    adapter: Adapter,
    session: Session,
    target: Target,
    columns: tuple[Column, ...],
    definition: str,
    same: tuple[LandingRecord, ...],
) -> Reading:
    cursor = _find(target, columns, str(target.rule.cursor))
    if cursor.type is None or not is_cursor_type(cursor.type):
        raise SourceError(
            f"{target.shown}: column {cursor.name!r} ({cursor.database_type}) cannot be a cursor",
            hint="a cursor is a number, a date or a time that grows",
            code="unfit-cursor",
        )
    type_, compared = cursor.type, adapter.comparable(cursor)
    if cursor.is_nullable:
        _refuse_nulls(adapter, session, target, cursor)
    high = _end(adapter, session, target, cursor, "max")
    if high is not None:
        cursor_value(high, type_)  # refuses what is no value of an order: NaN, infinity, an amount with its currency
    last = _last(target, cursor, type_, same)
    lookback = _lookback(target, type_)
    low, went_back = None, None
    if last is not None:
        before = same[-1].cursor  # None: there was no row
        went_back = _went_back(target, cursor, type_, before, high)
        if went_back is None and before is not None:
            low = earlier(cursor_value(str(before), type_), lookback)
        else:
            least = _end(adapter, session, target, cursor, "min")
            low = last if least is None else earlier(min(cursor_value(least, type_), last), 0)
    bounds = []
    if low is not None:
        bounds.append(f"{compared} >= {adapter.low_literal(low, cursor)}")
    if high is not None:
        bounds.append(f"{compared} <= {adapter.literal(high, cursor)}")
    splits = target.splits if last is None else ()
    queries = _queries(adapter, target, columns, splits, bounds)
    return Reading(target, columns, queries, definition, same, cursor, last, low, high, went_back)


def _end(adapter: Adapter, session: Session, target: Target, cursor: Column, function: str) -> str | None:
    """The least or the greatest cursor now, as text."""
    value = session.value(_select(target, adapter.text_of(f"{function}({adapter.comparable(cursor)})", cursor), []))
    return None if value is None else str(value)


def _last(target: Target, cursor: Column, type_: DataType, records: Sequence[LandingRecord]) -> Any:
    """The greatest cursor of earlier runs; None if there is none."""
    texts = [record.cursor for record in records if record.cursor is not None]
    try:
        return max((cursor_value(text, type_) for text in texts), default=None)
    except SourceError:
        raise cursor_changed(cursor, target.shown, f"one with the value {texts[-1]!r}") from None


def _went_back(target: Target, cursor: Column, type_: DataType, before: Any, high: str | None) -> str | None:
    """What to tell of a cursor that is less than in the run before."""
    if before is None or (high is not None and cursor_value(high, type_) >= cursor_value(str(before), type_)):
        return None
    now = "the table has no rows" if high is None else f"the greatest {cursor.name!r} is {high}"
    return (
        f"{target.shown}: {now}, and was {before} in the run before: rows were removed, or the database was restored "
        "from an older state. All its rows were compared with those that landed, and those that had not landed did"
    )


def _columns(target: Target) -> tuple[Column, ...]:
    """The wanted columns, each with the type it lands as."""
    rule = target.rule
    wanted = target.columns if rule.columns is None else [_find(target, target.columns, c) for c in rule.columns]
    typed = {_find(target, target.columns, name).name: type_ for name, type_ in rule.types.items()}
    columns = tuple(_typed(target, column, typed) for column in wanted)
    _refuse_equal_names(target, columns)
    return columns


def _typed(target: Target, column: Column, typed: Mapping[str, DataType]) -> Column:
    type_ = typed.get(column.name)
    if type_ is not None and type_ != column.type:
        column = replace(column, type=type_, sql=column.text_sql)
    if column.type is None or arrow_type(column.type) is None:
        raise SourceError(
            f"{target.shown}: column {column.name!r} of type {column.database_type} cannot be kept as it is",
            hint=f"land it as text with types: {{{column.name}: string}}, convert it in a query, or leave it out with "
            "columns",
            code="unsupported-type",
        )
    return column


def _refuse_equal_names(target: Target, columns: Sequence[Column]) -> None:
    seen: dict[str, str] = {}
    for column in columns:
        other = seen.setdefault(column.name.lower(), column.name)
        if other is not column.name:
            raise SourceError(
                f"{target.shown} has two columns {column.name!r} by Spark's rules, which ignore case",
                hint="name one of them with AS, in a query",
                code="equal-names",
            )


def _find(target: Target, columns: Sequence[Column], name: str) -> Column:
    for column in columns:
        if column.name == name:
            return column
    folded = [column for column in columns if column.name.casefold() == name.casefold()]
    if len(folded) == 1:
        return folded[0]
    guess = nearest(name, [column.name for column in columns])
    raise SourceError(
        f"{target.shown} has no column {name!r}",
        hint=f"did you mean {guess!r}?" if guess else f"its columns: {', '.join(column.name for column in columns)}",
        code="unknown-column",
    )


def _refuse_nulls(adapter: Adapter, session: Session, target: Target, cursor: Column) -> None:
    name = adapter.quoted(cursor.name)
    missing = int(session.value(_select(target, "count(*)", [f"{name} IS NULL"])) or 0)
    if missing:
        raise SourceError(
            f"{target.shown}: {missing} rows have no value in the cursor {name}, and would never be read",
            hint=f"leave them out with where: {name} IS NOT NULL, or read the table with snapshot: true",
            code="null-cursor",
        )


def _lookback(target: Target, type_: DataType) -> int:
    lookback: Lookback = target.rule.lookback
    if lookback.amount and lookback.has_unit != is_time(type_):
        wanted = "a duration such as 3d" if is_time(type_) else "a number"
        raise SourceError(
            f"{target.shown}: the look-back of a cursor of type {type_.ddl} must be {wanted}", code="unfit-cursor"
        )
    return lookback.amount


def _queries(
    adapter: Adapter, target: Target, columns: Sequence[Column], splits: Sequence[str], bounds: list[str]
) -> tuple[str, ...]:
    listed = ", ".join(f"{column.sql} AS {adapter.quoted(column.name)}" for column in columns)
    parts = [[split] for split in splits] or [[]]
    return tuple(_select(target, listed, [*bounds, *part]) for part in parts)


def _select(target: Target, what: str, conditions: Sequence[str]) -> str:
    own = [f"({target.rule.where}\n)"] if target.rule.where else []
    where = " AND ".join([*conditions, *own])
    return f"SELECT {what} FROM {target.relation}" + (f" WHERE {where}" if where else "")


def _definition(target: Target) -> str:
    """A hash of all that says which rows and columns are read; new columns of the table are no other way."""
    rule = target.rule
    types = {name: type_.ddl for name, type_ in sorted(rule.types.items())}
    said = [target.name, rule.cursor, rule.columns, rule.where, types]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

"""From the definitions of AUTO CDC flows to the table that their changes are applied to."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

from ingot.cdc.change_table import ChangeTable
from ingot.cdc.names import END_AT, IS_DELETE, IS_TRUNCATE, PREFIX, RETENTION, SEQUENCE, START_AT
from ingot.errors import AnalysisError, DefinitionError
from ingot.model import ChangeSpec, Dataset
from ingot.quoting import quoted_name
from ingot.types import INTEGRAL, VARIANT, DataType, Field, MapType, StructType, as_nullable, holds

_RETENTION_SECONDS = 2 * 86_400
_OF_EVENTS = (SEQUENCE, IS_DELETE, IS_TRUNCATE)


def change_table(spec: ChangeSpec, events: StructType) -> ChangeTable:
    """The table that a flow's events (as `events_text` gives them) ask for.

    Raises:
        AnalysisError: `wrong-arguments`: a key or a tracked column is not stored, a key without equality, a truncate of
            a history; `reserved-column`; `unorderable-sequence`.
    """
    columns = StructType(fields=tuple(f for f in events if f.name not in _OF_EVENTS))
    sequence = next(f for f in events if f.name == SEQUENCE)
    _check_names(spec, events)
    _check_types(spec, columns, sequence.type)
    return ChangeTable(
        keys=tuple(dict.fromkeys(_stored_name(spec, columns, key, "the key") for key in spec.keys)),
        columns=columns,
        sequence=sequence.type,
        scd_type=spec.scd_type,
        ignores_nulls=spec.ignore_null_updates,
        truncates=spec.apply_as_truncates is not None,
        track=_stored_names(spec, columns, spec.track),
        untracked=_stored_names(spec, columns, spec.track_except) or (),
    )


def check_declared(dataset: Dataset, table: ChangeTable) -> None:
    """Refuse a column list in which the ends of an interval could not tell one sequence from another.

    Raises:
        AnalysisError: `declared-columns`.
    """
    ends = {START_AT.lower(), END_AT.lower()} if table.scd_type == 2 else set()
    for column in dataset.columns or ():
        if column.name.lower() not in ends or column.type is None:
            continue
        is_integral = column.type in INTEGRAL and table.sequence in INTEGRAL
        if not is_integral and as_nullable(column.type) != as_nullable(table.sequence):
            raise AnalysisError(
                f"{column.name} is declared as {column.type.ddl}, and holds the sequence, a {table.sequence.ddl}",
                location=dataset.location,
                hint=f"declare {START_AT} and {END_AT} as {table.sequence.ddl}, or make the sequence a "
                f"{column.type.ddl}",
                code="declared-columns",
            )


def table_of_flows(name: str, flows: Sequence[tuple[ChangeSpec, StructType]]) -> ChangeTable:
    """The table that several flows into it ask for, each with its events: the columns of all of them.

    Raises:
        AnalysisError: as `change_table`; `flows-differ`: the flows do not agree what a row is.
    """
    (_, first), *others = ((spec, change_table(spec, events)) for spec, events in flows)
    for spec, other in others:
        first = _together(name, first, other, spec)
    return first


def padded_text(table: ChangeTable, events: StructType) -> str:
    """Over `events` of one flow: those with all columns of the table, in its types; what a flow lacks is NULL."""
    parts = []
    for column in table.events_schema:
        found = events.find(column.name)
        value = "NULL" if found is None else quoted_name(found.name)
        if found is None and column.name == IS_TRUNCATE:
            value = "false"
        parts.append(f"CAST({value} AS {column.type.ddl}) AS {quoted_name(column.name)}")
    return f"SELECT {', '.join(parts)} FROM events"


def tombstone_retention(dataset: Dataset) -> datetime.timedelta:
    """How long deletes are remembered, so that a late event from before one changes nothing.

    Raises:
        DefinitionError: `invalid-property`.
    """
    text = next((v for k, v in dataset.properties.items() if k.lower() == RETENTION.lower()), str(_RETENTION_SECONDS))
    if not text.strip().isdecimal():
        raise DefinitionError(
            f"{RETENTION} of {dataset.name.short} is {text!r}",
            location=dataset.location,
            hint="give a number of seconds: 172800 for two days",
            code="invalid-property",
        )
    return datetime.timedelta(seconds=int(text))


# --- several flows ----------------------------------------------------------------------------------------------------


def _together(name: str, first: ChangeTable, other: ChangeTable, spec: ChangeSpec) -> ChangeTable:
    for what, one, two in (
        ("KEYS", _sorted(first.keys), _sorted(other.keys)),
        ("SCD TYPE", first.scd_type, other.scd_type),
        ("the type of SEQUENCE BY", first.sequence.ddl, other.sequence.ddl),
        ("IGNORE NULL UPDATES", first.ignores_nulls, other.ignores_nulls),
        ("TRACK HISTORY ON", first.tracking, other.tracking),
    ):
        if one != two:
            raise AnalysisError(
                f"flows into {name} differ in {what}: {one} and {two}",
                location=spec.location,
                hint="let all AUTO CDC flows into one table say the same",
                code="flows-differ",
            )
    known = _folded(first.columns.names)
    more = tuple(f for f in other.columns if f.name.lower() not in known)
    return replace(
        first, columns=StructType(fields=(*first.columns, *more)), truncates=first.truncates or other.truncates
    )


def _sorted(names: Sequence[str]) -> str:
    return ", ".join(sorted(_folded(names)))


def _folded(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in names)


# --- checks -----------------------------------------------------------------------------------------------------------


def _check_names(spec: ChangeSpec, events: StructType) -> None:
    made_up = [f.name for f in events if f.name in _OF_EVENTS]
    reserved = {START_AT.lower(), END_AT.lower()} if spec.scd_type == 2 else set()
    for column in events:
        folded = column.name.lower()
        if folded in reserved or (folded.startswith(PREFIX) and made_up.count(column.name) != 1):
            raise AnalysisError(
                f"the source has a column {column.name}, a name that AUTO CDC keeps for itself",
                location=spec.location,
                hint=f"leave it out with COLUMNS * EXCEPT ({column.name}), or rename it in the source",
                code="reserved-column",
            )
    if spec.ignore_null_updates:
        _check_inner_names(spec, events)


def _check_inner_names(spec: ChangeSpec, events: StructType) -> None:
    """The sequences of values stand in structs with the names of the values."""
    for column in events:
        if holds(column.type, lambda t: isinstance(t, StructType) and any(map(_is_own, t))):
            raise AnalysisError(
                f"column {column.name} has a field whose name begins with {PREFIX}, which AUTO CDC keeps for itself",
                location=spec.location,
                hint="rename the field in the source",
                code="reserved-column",
            )


def _is_own(field: Field) -> bool:
    return field.name.lower().startswith(PREFIX)


def _check_types(spec: ChangeSpec, columns: StructType, sequence: DataType) -> None:
    if spec.scd_type == 2 and spec.apply_as_truncates:
        raise AnalysisError(
            "APPLY AS TRUNCATE WHEN empties a table, and a history (SCD TYPE 2) is never emptied",
            location=spec.location,
            hint="use SCD TYPE 1, or APPLY AS DELETE WHEN",
            code="wrong-arguments",
        )
    for name in spec.keys:
        column = columns.find(name)
        if column is not None and holds(column.type, _has_no_order):
            raise AnalysisError(
                f"the key {name} is of type {column.type.ddl}, whose values cannot be compared",
                location=spec.location,
                hint="name a key of another type, or make a text of it in the source: to_json(…)",
                code="wrong-arguments",
            )
    if holds(sequence, _has_no_order):
        raise AnalysisError(
            f"a sequence of type {sequence.ddl} has no order",
            location=spec.location,
            hint="order changes by a number, a timestamp, a text, or a struct of such",
            code="unorderable-sequence",
        )


def _has_no_order(data_type: DataType) -> bool:
    return isinstance(data_type, MapType) or data_type == VARIANT


def _stored_names(spec: ChangeSpec, columns: StructType, names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    return tuple(_stored_name(spec, columns, name, "the column of TRACK HISTORY ON") for name in names)


def _stored_name(spec: ChangeSpec, columns: StructType, name: str, what: str) -> str:
    found = columns.find(name)
    if found is not None:
        return found.name
    is_nested = "." in name and columns.find(name.split(".")[0]) is not None
    raise AnalysisError(
        f"{what} {name} is not among the stored columns",
        location=spec.location,
        hint=f"make a column of {name} in the source" if is_nested
        else f"name one of them: {', '.join(columns.names)}",
        code="wrong-arguments",
    )  # fmt: skip

"""A table that changes are applied to: its columns, those only its files have, and what it remembers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ingot.cdc.names import (
    END_AT,
    EVENTS,
    IS_DELETE,
    IS_TRUNCATE,
    PROPERTY,
    SEQUENCE,
    SEQUENCES,
    START_AT,
    quoted,
)
from ingot.engine import ArrowBinding, SnapshotBinding
from ingot.errors import AnalysisError, LakeError, Location, PlanError
from ingot.model import ChangeSpec
from ingot.types import ArrayType, DataType, Field, MapType, StructType, holds, parse_schema


@dataclass(frozen=True)
class ChangeTable:
    """A table that changes are applied to.

    Attributes:
        keys: Names of the columns that identify a row.
        columns: The visible columns, without the interval's; in order.
        sequence: The type of the sequence.
        tracked: Names of the columns whose change begins a new interval (SCD type 2).
    """

    keys: tuple[str, ...]
    columns: StructType
    sequence: DataType
    scd_type: int = 1
    ignores_nulls: bool = False
    truncates: bool = False
    tracked: tuple[str, ...] = ()

    @classmethod
    def of(cls, spec: ChangeSpec, events: StructType) -> ChangeTable:
        """The table that a flow's events (as `events_text` gives them) ask for.

        Raises:
            AnalysisError: `wrong-arguments`: a key or a tracked column is not stored, a truncate of a history;
                `unorderable-sequence`.
        """
        internal = {SEQUENCE, IS_DELETE, IS_TRUNCATE}
        columns = StructType(fields=tuple(f for f in events if f.name not in internal))
        sequence = events.find(SEQUENCE)
        assert sequence is not None
        _check(spec, columns, sequence.type)
        keys = tuple(_name(columns, key) for key in spec.keys)
        values = [f.name for f in columns if f.name not in keys]
        if spec.track is not None:
            tracked = tuple(_name(columns, name) for name in spec.track)
        else:
            untracked = {_name(columns, name) for name in spec.track_except or ()}
            tracked = tuple(name for name in values if name not in untracked)
        return cls(
            keys,
            columns,
            sequence.type,
            spec.scd_type,
            spec.ignore_null_updates,
            spec.apply_as_truncates is not None,
            tuple(name for name in tracked if name not in keys),
        )

    @property
    def schema(self) -> StructType:
        """The columns that the table's readers see."""
        interval = (Field(START_AT, self.sequence), Field(END_AT, self.sequence)) if self.scd_type == 2 else ()
        return StructType(fields=(*self.columns, *interval))

    @property
    def hidden(self) -> StructType:
        """The columns that only the data files have."""
        if self.scd_type == 2:
            event = StructType(fields=(Field(SEQUENCE, self.sequence), *self.values))
            return StructType(fields=(Field(EVENTS, ArrayType(element=event)),))
        fields = [Field(SEQUENCE, self.sequence)]
        if self.ignores_nulls:
            sequences = tuple(Field(f.name, self.sequence) for f in self.values)
            fields.append(Field(SEQUENCES, StructType(fields=sequences)))
        return StructType(fields=tuple(fields))

    @property
    def made_by(self) -> str:
        """What the table's property `ingot.changes` says: everything that stored rows depend on."""
        parts = {
            "keys": list(self.keys),
            "scd_type": self.scd_type,
            "sequence": self.sequence.ddl,
            "ignores_nulls": self.ignores_nulls,
        }
        return json.dumps({**parts, "hidden": self.hidden.ddl}, sort_keys=True)

    @property
    def values(self) -> tuple[Field, ...]:
        return tuple(f for f in self.columns if f.name not in self.keys)

    def column_names(self, prefix: str = "") -> str:
        return ", ".join(f"{prefix}{quoted(f.name)}" for f in self.columns)

    def key_names(self, prefix: str = "") -> str:
        return ", ".join(f"{prefix}{quoted(key)}" for key in self.keys)

    def same_key(self, left: str, right: str) -> str:
        return " AND ".join(f"{left}.{quoted(key)} = {right}.{quoted(key)}" for key in self.keys)

    def tie_text(self, prefix: str = "") -> str:
        """What decides between two upserts of the same key and sequence."""
        values = ", ".join(f"{prefix}{quoted(f.name)}" for f in self.values)
        return f"to_json(struct({values}))" if values else "''"


def refuse_other_changes(
    name: str, stored: Mapping[str, str], has_rows: bool, wanted: ChangeTable | None, location: Location
) -> None:
    """Rows that were made by other keys, another type of history or of sequence cannot be carried on.

    Args:
        name: The table.
        stored: Its properties in the lake.
        has_rows: Whether there is anything to carry on.
        wanted: What its definition makes of it; None when no changes are applied to it.
        location: Its definition.

    Raises:
        PlanError: `changed-cdc`, with the command that builds the table anew.
    """
    text = stored.get(PROPERTY)
    if not has_rows or (text is None and wanted is None):
        return
    if text is None:
        differs = ["its rows were appended, not made by changes"]
    elif wanted is None:
        differs = ["its rows were made by changes, and its definition only appends"]
    else:
        old, new = json.loads(text), json.loads(wanted.made_by)
        differs = [
            f"{what} is {_told(old.get(key))} in the lake and {_told(new[key])} in its definition"
            for key, what in _REMEMBERED.items()
            if old.get(key) != new[key]
        ]
    if differs:
        raise PlanError(
            f"{name} cannot be carried on: {'; '.join(differs)}",
            location=location,
            hint=f"build it from its sources: ingot run --full-refresh {name}",
            code="changed-cdc",
        )


_REMEMBERED = {
    "keys": "KEYS",
    "scd_type": "SCD TYPE",
    "sequence": "the type of SEQUENCE BY",
    "ignores_nulls": "IGNORE NULL UPDATES",
}


def _told(value: object) -> str:
    return ", ".join(str(v) for v in value) if isinstance(value, list) else str(value)


def hidden_columns(properties: Mapping[str, str]) -> StructType | None:
    """The columns that only the data files of a table have; None for a table that no changes are applied to."""
    text = properties.get(PROPERTY)
    return parse_schema(json.loads(text)["hidden"]) if text else None


def with_hidden(
    name: str, binding: SnapshotBinding | ArrowBinding, properties: Mapping[str, str]
) -> SnapshotBinding | ArrowBinding:
    """Rows of a table as its files hold them, for whoever rewrites files without changing rows.

    Raises:
        LakeError: `lost-sequence`: another engine has written rows of a table of changes.
    """
    hidden = hidden_columns(properties)
    if hidden is None:
        return binding
    if not isinstance(binding, SnapshotBinding):
        raise lost_sequence(name)
    return replace(binding, schema=StructType(fields=(*binding.schema, *hidden)))


def lost_sequence(name: str) -> LakeError:
    """What is wrong with a table of changes whose files do not say from which changes their rows are."""
    return LakeError(
        f"rows of {name} were written by something else, and do not say which changes made them",
        hint=f"build it from its sources: ingot run --full-refresh {name}",
        code="lost-sequence",
    )


def _check(spec: ChangeSpec, columns: StructType, sequence: DataType) -> None:
    if spec.scd_type == 2 and spec.apply_as_truncates:
        raise AnalysisError(
            "APPLY AS TRUNCATE WHEN empties a table, and a history (SCD TYPE 2) is never emptied",
            location=spec.location,
            hint="use SCD TYPE 1, or APPLY AS DELETE WHEN",
            code="wrong-arguments",
        )
    for name in (*spec.keys, *(spec.track or ())):
        if columns.find(name) is None:
            raise AnalysisError(
                f"{name} is a key or a tracked column, and is not among the stored columns",
                location=spec.location,
                hint=f"store {name}: the table has {', '.join(columns.names)}",
                code="wrong-arguments",
            )
    if has_map(sequence):
        raise AnalysisError(
            f"a sequence of type {sequence.ddl} has no order",
            location=spec.location,
            hint="order changes by a number, a timestamp, a text, or a struct of such",
            code="unorderable-sequence",
        )


def has_map(data_type: DataType) -> bool:
    """Whether values of a type cannot be ordered nor compared."""
    return holds(data_type, lambda t: isinstance(t, MapType))


def _name(columns: StructType, name: str) -> str:
    found = columns.find(name)
    return found.name if found is not None else name

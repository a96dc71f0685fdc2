"""A table that changes are applied to: its columns, those only its files have, and what it remembers."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property

from ingot.cdc.leaves import Leaf, leaves_of, sequences_type
from ingot.cdc.names import AFTER_DELETE, END_AT, EVENTS, IS_DELETE, IS_TRUNCATE, SEQUENCE, SEQUENCES, START_AT
from ingot.cdc.order import joined, ordered
from ingot.quoting import quoted_name
from ingot.types import BOOLEAN, ArrayType, DataType, Field, StructType


@dataclass(frozen=True)
class ChangeTable:
    """A table that changes are applied to.

    Attributes:
        keys: Names of the columns that identify a row.
        columns: The visible columns, without the interval's; in order.
        sequence: The type of the sequence.
        track: Names of the columns whose change begins a new interval (SCD type 2); None for all but `untracked`.
    """

    keys: tuple[str, ...]
    columns: StructType
    sequence: DataType
    scd_type: int = 1
    ignores_nulls: bool = False
    truncates: bool = False
    track: tuple[str, ...] | None = None
    untracked: tuple[str, ...] = ()

    def stored_as(self, schema: StructType) -> ChangeTable:
        """The same with the columns that the table has in the lake, which may be more, wider, and written otherwise.

        Columns that events do not have any more are NULL in new rows.
        """
        interval = {START_AT, END_AT} if self.scd_type == 2 else set()
        columns = StructType(fields=tuple(f for f in schema if f.name not in interval))

        def named(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(found.name if (found := columns.find(name)) else name for name in names)

        return replace(
            self,
            columns=columns,
            keys=named(self.keys),
            track=None if self.track is None else named(self.track),
            untracked=named(self.untracked),
        )

    @property
    def schema(self) -> StructType:
        """The columns that the table's readers see."""
        interval = (Field(START_AT, self.sequence), Field(END_AT, self.sequence)) if self.scd_type == 2 else ()
        return StructType(fields=(*self.columns, *interval))

    @property
    def events_schema(self) -> StructType:
        """The columns of `events`."""
        truncate = (Field(IS_TRUNCATE, BOOLEAN),) if self.truncates else ()
        return StructType(fields=(*self.columns, Field(SEQUENCE, self.sequence), Field(IS_DELETE, BOOLEAN), *truncate))

    @property
    def hidden(self) -> StructType:
        """The columns that only the data files have."""
        if self.scd_type == 2:
            after = (Field(AFTER_DELETE, BOOLEAN),) if self.ignores_nulls else ()
            event = StructType(fields=(Field(SEQUENCE, self.sequence), *after, *self.values))
            return StructType(fields=(Field(EVENTS, ArrayType(element=event)),))
        fields = [Field(SEQUENCE, self.sequence)]
        if self.ignores_nulls and self.values:
            fields.append(Field(SEQUENCES, sequences_type(self.values, self.sequence)))
        return StructType(fields=tuple(fields))

    @property
    def made_by(self) -> str:
        """What the table's property `ingot.changes` says: everything that stored rows depend on."""
        parts = {
            "keys": list(self.keys),
            "scd_type": self.scd_type,
            "sequence": self.sequence.ddl,
            "ignores_nulls": self.ignores_nulls,
            "tracking": self.tracking,
        }
        return json.dumps({**parts, "hidden": self.hidden.ddl}, sort_keys=True)

    @cached_property
    def values(self) -> tuple[Field, ...]:
        """The columns that are no keys."""
        return tuple(f for f in self.columns if f.name not in self.keys)

    @cached_property
    def leaves(self) -> list[Leaf]:
        """What changes set one by one."""
        return leaves_of(self.values, self.ignores_nulls)

    @property
    def tracked(self) -> tuple[str, ...]:
        """Names of the columns whose change begins a new interval."""
        names = (f.name for f in self.values)
        if self.track is not None:
            return tuple(name for name in names if name in self.track)
        return tuple(name for name in names if name not in self.untracked)

    @property
    def tracking(self) -> str:
        """TRACK HISTORY ON as its clause says it, whatever the case and the order of names; of a history alone."""
        if self.scd_type == 1:
            return ""
        if self.track is not None:
            return ", ".join(sorted(name.lower() for name in self.track))
        return f"* EXCEPT ({', '.join(sorted(name.lower() for name in self.untracked))})" if self.untracked else "*"

    def key_type(self, key: str) -> DataType:
        """The type of a key."""
        return next(f.type for f in self.columns if f.name == key)

    def column_names(self, prefix: str = "") -> str:
        return ", ".join(f"{prefix}{quoted_name(f.name)}" for f in self.columns)

    def key_names(self, prefix: str = "") -> str:
        return ", ".join(f"{prefix}{quoted_name(key)}" for key in self.keys)

    def same_key(self, left: str, right: str) -> str:
        return " AND ".join(f"{left}.{quoted_name(key)} = {right}.{quoted_name(key)}" for key in self.keys)

    def tie_text(self, prefix: str = "") -> str:
        """What decides between two upserts of the same key and sequence: the greater one stays."""
        return joined(ordered(f"{prefix}{quoted_name(f.name)}", f.type) for f in self.values) if self.values else "0"

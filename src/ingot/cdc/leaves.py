"""The values of a row that changes set one by one.

With IGNORE NULL UPDATES these are the leaves of structs, for a NULL inside a struct keeps the old value as well; a
struct itself is one more leaf, which says that it is there. Otherwise they are the columns. The queries handle them as
plain columns `__ingot_v0`, `__ingot_v1`, …, and build the row's columns again from them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ingot.cdc.names import SEQUENCE, SEQUENCES
from ingot.quoting import quoted_name, quoted_text
from ingot.types import BOOLEAN, DataType, Field, StructType

Text = Callable[["Leaf"], str]


@dataclass(frozen=True)
class Leaf:
    """One value: its path in the row.

    Attributes:
        place: Its number, from which its names are made.
        is_carried_on: Whether NULL leaves it as it was.
        is_struct: Whether it is the fact that a struct is not NULL.
    """

    path: tuple[str, ...]
    type: DataType
    place: int
    is_carried_on: bool = False
    is_struct: bool = False

    @property
    def name(self) -> str:
        return f"__ingot_v{self.place}"

    @property
    def sequence_name(self) -> str:
        """The name of the sequence that set the value."""
        return f"__ingot_s{self.place}"

    def value(self, row: str = "") -> str:
        """The value in a row of the table; `row` with its dot."""
        value = row + ".".join(map(quoted_name, self.path))
        return f"CASE WHEN {value} IS NOT NULL THEN true END" if self.is_struct else value

    def sequence(self, row: str) -> str:
        """The sequence in the hidden column of a row."""
        path = (*self.path, SEQUENCE) if self.is_struct else self.path
        return f"{row}{SEQUENCES}.{'.'.join(map(quoted_name, path))}"


def leaves_of(columns: Iterable[Field], ignores_nulls: bool) -> list[Leaf]:
    """The leaves of these columns, a struct before what it holds."""
    if not ignores_nulls:
        return [Leaf((column.name,), column.type, place) for place, column in enumerate(columns)]
    found: list[Leaf] = []
    _gather(columns, (), found)
    return found


def _gather(columns: Iterable[Field], path: tuple[str, ...], found: list[Leaf]) -> None:
    for column in columns:
        here = (*path, column.name)
        if isinstance(column.type, StructType):
            found.append(Leaf(here, BOOLEAN, len(found), is_carried_on=True, is_struct=True))
            _gather(column.type, here, found)
        else:
            found.append(Leaf(here, column.type, len(found), is_carried_on=True))


def built(column: Field, leaves: Iterable[Leaf], text: Text, path: tuple[str, ...] = ()) -> str:
    """The column again, from expressions for its leaves."""
    here = (*path, column.name)
    leaf = next(leaf for leaf in leaves if leaf.path == here)
    if not leaf.is_struct:
        return text(leaf)
    assert isinstance(column.type, StructType)
    fields = (f"{quoted_text(f.name)}, {built(f, leaves, text, here)}" for f in column.type)
    return f"CASE WHEN {text(leaf)} THEN named_struct({', '.join(fields)}) END"


def sequences(columns: Iterable[Field], leaves: Iterable[Leaf], text: Text) -> str:
    """The hidden column of sequences, from expressions for those of the leaves."""
    return f"named_struct({', '.join(_sequence_parts(columns, leaves, text, ()))})"


def _sequence_parts(columns: Iterable[Field], leaves: Iterable[Leaf], text: Text, path: tuple[str, ...]) -> list[str]:
    parts: list[str] = []
    for column in columns:
        here = (*path, column.name)
        leaf = next(leaf for leaf in leaves if leaf.path == here)
        value = text(leaf)
        if leaf.is_struct:
            assert isinstance(column.type, StructType)
            own = [f"'{SEQUENCE}', {value}", *_sequence_parts(column.type, leaves, text, here)]
            value = f"named_struct({', '.join(own)})"
        parts.append(f"{quoted_text(column.name)}, {value}")
    return parts


def sequences_type(columns: Iterable[Field], sequence: DataType) -> StructType:
    """The type of the hidden column of sequences."""
    return StructType(fields=tuple(Field(f.name, _sequences_of(f.type, sequence)) for f in columns))


def _sequences_of(data_type: DataType, sequence: DataType) -> DataType:
    if not isinstance(data_type, StructType):
        return sequence
    inner = sequences_type(data_type, sequence)
    return StructType(fields=(Field(SEQUENCE, sequence), *inner))

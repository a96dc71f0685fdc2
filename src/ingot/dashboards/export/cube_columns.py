"""The columns of a cube, collected from what several visuals need: rows are told apart by keys, and added up in sums.

Owns the query of the cube and how its rows are packed: each column as its values in their order and a number for each
row. Never decides what belongs into a cube.
"""

from __future__ import annotations

import datetime
import itertools
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlglot import exp

from ingot.dashboards.evaluation import Evaluator, Rows
from ingot.dashboards.export.measures import Aggregate, Measure, NotAdditive, measure_of, unscaled, word_of
from ingot.dashboards.model import Member
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.source import Fields, alias
from ingot.errors import Location
from ingot.types import (
    BOOLEAN,
    BYTE,
    DATE,
    DOUBLE,
    FLOAT,
    INT,
    LONG,
    SHORT,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    DataType,
    DecimalType,
)

_EXACT = (BYTE, SHORT, INT, LONG)
_KEYS = (*_EXACT, FLOAT, DOUBLE, STRING, BOOLEAN, DATE, TIMESTAMP, TIMESTAMP_NTZ)
_SAFE = 2**53
_WORDS = {DATE: "date", TIMESTAMP: "instant", TIMESTAMP_NTZ: "local", STRING: "text", BOOLEAN: "boolean"}

Column = tuple[dict[str, Any], "array[int]"]  # facts for the page, and a number for each row


@dataclass
class CubeColumns:
    """The keys, sums and measures of one cube over a dataset."""

    fields: Fields
    pinned: PinnedLake
    keys: dict[str, exp.Expr] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)  # keys whose values are in the file; of others it holds numbers
    sums: dict[tuple[str, str], exp.Expr] = field(default_factory=dict)
    measures: list[dict[str, Any]] = field(default_factory=list)
    _members: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sum("count", exp.Star())  # how many rows each row of the cube stands for

    def key(self, node: exp.Expr, is_shown: bool = True) -> int:
        """The place of a key column with the values of an expression."""
        text = node.sql()
        self.keys.setdefault(text, node.copy())
        place = list(self.keys).index(text)
        if is_shown:
            self.shown.add(place)
        return place

    def dimension(self, found: Member) -> int:
        """The place of a member's key column."""
        return self.key(self.fields.expression(found))

    def measure(self, found: Member) -> int:
        """The place of a measure among those of the cube.

        Raises:
            NotAdditive: when the page could not add it up.
        """
        text = self.fields.expression(found).sql()
        if text not in self._members:
            taken = measure_of(found, self.fields, self.pinned)
            self.measures.append(self._taken(taken))
            self._members[text] = len(self.measures) - 1
        return self._members[text]

    def _taken(self, found: Measure) -> dict[str, Any]:
        return {"aggregates": [self._aggregate(one) for one in found.aggregates], "program": found.program}

    def _aggregate(self, one: Aggregate) -> dict[str, Any]:
        made: dict[str, Any] = {"kind": one.kind, "type": word_of(one.type)}
        if one.argument is None:
            return {**made, "at": 0}
        if one.kind == "distinct":
            return {**made, "at": self.key(one.argument, is_shown=False)}
        if one.kind == "avg":
            return {**made, "at": self._sum("sum", one.argument), "count": self._sum("count", one.argument)}
        return {**made, "at": self._sum(one.kind, one.argument)}

    def _sum(self, kind: str, argument: exp.Expr) -> int:
        name = (kind, argument.sql())
        self.sums.setdefault(name, exp.Anonymous(this=kind, expressions=[argument.copy()]))
        return list(self.sums).index(name)

    # --- the rows ---

    def rows(
        self, evaluator: Evaluator, conditions: Sequence[exp.Expr], place: Location, rows_max: int
    ) -> PackedCube | None:
        """The cube, evaluated; None when it has more rows than that.

        Raises:
            NotAdditive: for keys of a type that a page does not know.
            IngotError: what is wrong with the query.
        """
        items = [*self.keys.values(), *self.sums.values()]
        tree = self.fields.source.select([alias(node.copy(), f"__c{n}") for n, node in enumerate(items)])
        if conditions:
            tree.set("where", exp.Where(this=exp.and_(*(one.copy() for one in conditions), copy=False)))
        numbers: list[exp.Expr] = [exp.Literal.number(n + 1) for n in range(len(self.keys))]
        if numbers:
            tree.set("group", exp.Group(expressions=numbers))
        tree.limit(rows_max + 1, copy=False)
        analyzed = self.pinned.analyzed(self.fields.source.query(tree, place))
        for column in list(analyzed.schema)[: len(self.keys)]:
            if column.type not in _KEYS and not isinstance(column.type, DecimalType):
                raise NotAdditive(column.type.ddl)
        found = evaluator.rows_of(analyzed, self.pinned)
        return self._packed(found) if len(found.values) <= rows_max else None

    def _packed(self, found: Rows) -> PackedCube:
        columns: list[tuple[Any, ...]] = list(zip(*found.values, strict=True)) or [()] * len(found.schema)
        types = [column.type for column in found.schema]
        count = len(self.keys)
        keys = [_key_column(columns[n], types[n], self.pinned, n in self.shown) for n in range(count)]
        sums = [_sum_column(columns[n], types[n]) for n in range(count, len(columns))]
        by_few = sorted(keys, key=lambda key: key[0]["count"])  # few values first: long runs, which pack well
        order = [row[-1] for row in sorted(zip(*(codes for _, codes in by_few), range(len(found.values)), strict=True))]
        blobs = [array(codes.typecode, map(codes.__getitem__, order)) for _, codes in (*keys, *sums)]
        return PackedCube(len(found.values), [facts for facts, _ in keys], [f for f, _ in sums], self.measures, blobs)


@dataclass(frozen=True)
class PackedCube:
    """A cube as a file holds it: facts as JSON, and for each column the numbers of its values, row by row."""

    rows: int
    keys: Sequence[dict[str, Any]]
    sums: Sequence[dict[str, Any]]
    measures: Sequence[dict[str, Any]]
    blobs: Sequence[array[int]]


def _key_column(values: Sequence[Any], data_type: DataType, pinned: PinnedLake, is_shown: bool) -> Column:
    """A key: 0 for null, else the place of the value in their order, from 1."""
    ordered, codes = _numbered(values, data_type)
    facts: dict[str, Any] = {"type": _WORDS.get(data_type, "number"), "count": len(ordered)}
    if data_type in (FLOAT, DOUBLE):
        facts["type"] = "double"
    if is_shown:
        facts["values"] = ordered
        if data_type == TIMESTAMP:
            facts["local"] = _local_times(ordered, pinned)
    return facts, codes


def _local_times(values: Sequence[str], pinned: PinnedLake) -> list[str]:
    """The instants as the clock of the session shows them.

    Raises:
        NotAdditive: where that clock goes backwards between two of them, so that days do not follow each other.
    """
    found = [pinned.local(datetime.datetime.fromisoformat(text)).isoformat(timespec="microseconds") for text in values]
    if any(one > other for one, other in itertools.pairwise(found)):
        raise NotAdditive("a clock that was put back")
    return found


def _sum_column(values: Sequence[Any], data_type: DataType) -> Column:
    """What is added up: integers and decimals by their digits, unscaled, so that nothing is rounded."""
    if data_type in _EXACT or isinstance(data_type, DecimalType):
        scale = data_type.scale if isinstance(data_type, DecimalType) else 0
        exact = [None if value is None else unscaled(str(value), scale) for value in values]
        ordered, codes = _numbered(exact, LONG)
        is_small = sum(abs(value) for value in exact if value is not None) < _SAFE
        shown = ordered if is_small else list(map(str, ordered))
        return {"type": "small" if is_small else "big", "values": shown, "scale": scale}, codes
    ordered, codes = _numbered(values, data_type)
    return {"type": "double" if data_type in (FLOAT, DOUBLE) else "other", "values": ordered}, codes


def _numbered(values: Sequence[Any], data_type: DataType) -> tuple[list[Any], array[int]]:
    """The values once each, in the order that Spark has for them, and for each row its place from 1; 0 for null."""
    distinct = dict.fromkeys(values)
    distinct.pop(None, None)
    ordered = sorted(distinct, key=lambda value: _place(value, data_type))
    places: dict[Any, int] = {value: n for n, value in enumerate(ordered, 1)}
    places[None] = 0
    width = "B" if len(ordered) < 2**8 else "H" if len(ordered) < 2**16 else "I"
    return ordered, array(width, map(places.__getitem__, values))


def _place(value: Any, data_type: DataType) -> Any:
    """What sorts values of a type as Spark does: text by its bytes, NaN above all numbers."""
    if data_type == STRING:
        return value.encode("utf-8", "surrogatepass")
    if isinstance(data_type, DecimalType):
        return Decimal(str(value))
    if data_type == LONG:
        return int(value)
    if data_type in (FLOAT, DOUBLE):
        number = float(value)
        return (number != number, 0.0 if number != number else number)
    if data_type in (TIMESTAMP, TIMESTAMP_NTZ):
        text = value.removesuffix("Z")
        return text if "." in text else text + "."
    return value

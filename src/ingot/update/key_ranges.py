"""Which files of a table may hold changed keys, by what the log says of their columns.

A file is left out only when a key column's range rules out each change; what is not known rules out nothing. Never
opens a file of the table.
"""

from __future__ import annotations

import datetime
import json
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from ingot.engine import DataFile, SnapshotBinding
from ingot.types import DATE, INTEGRAL, STRING, TIMESTAMP, DataType, DecimalType, StructType

_FILES_WORTH_LOOKING = 4
_CHANGES_WORTH_LISTING = 200_000
_MILLISECOND = datetime.timedelta(milliseconds=1)  # to which other writers cut what they say of timestamps
_Range = tuple[Any, Any]


def may_hold(
    rows: SnapshotBinding, changes: SnapshotBinding, keys: Sequence[str], values: Callable[[str], Iterable[Any]]
) -> Sequence[DataFile]:
    """The files of `rows` that may hold a key of `changes`.

    Args:
        rows: The table.
        changes: Staged; their files know the least and the greatest of each key.
        keys: The columns that identify a row.
        values: Lists a key column of the changes. One without a value concerns every row.
    """
    count = sum(file.rows or 0 for file in changes.files)
    files = list(rows.files)
    for name in keys:
        parse = _parser(rows.schema, name)
        whole = _whole(changes, name, parse) if parse is not None and len(files) >= _FILES_WORTH_LOOKING else None
        if parse is None or whole is None:
            continue
        stored = rows.physical_names.get(name, name)
        ranges = [(file, _range(file, name, stored, parse)) for file in files]
        near = [(file, range_) for file, range_ in ranges if range_ is None or _meet(range_, whole)]
        if len(near) >= _FILES_WORTH_LOOKING and count <= _CHANGES_WORTH_LISTING:
            ordered = sorted(values(name))
            near = [(file, range_) for file, range_ in near if range_ is None or _holds_any(range_, ordered)]
        files = [file for file, _ in near]
    return files


def key_order(schema: StructType, key: str, physical_names: Mapping[str, str]) -> Callable[[DataFile], Any]:
    """What to sort files by, so that those of one partition with near keys are neighbours; unknown ranges last."""
    parse = _parser(schema, key)
    stored = physical_names.get(key, key)

    def order(file: DataFile) -> Any:
        range_ = _range(file, key, stored, parse) if parse is not None else None
        partition = sorted((name, value is not None, value or "") for name, value in file.partition.items())
        return (partition, 1, file.modified_ms) if range_ is None else (partition, 0, range_[0])

    return order


def _meet(one: _Range, other: _Range) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def _holds_any(range_: _Range, ordered: Sequence[Any]) -> bool:
    place = bisect_left(ordered, range_[0])
    return place < len(ordered) and ordered[place] <= range_[1]


def _whole(changes: SnapshotBinding, name: str, parse: Callable[[Any], Any]) -> _Range | None:
    """The range of all changes; None when it is not known, or one has no value."""
    known: list[_Range] = []
    for file in changes.files:
        range_ = _range(file, name, name, parse)
        if range_ is None or json.loads(file.statistics or "{}").get("nullCount", {}).get(name):
            return None
        known.append(range_)
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def _parser(schema: StructType, name: str) -> Callable[[Any], Any] | None:
    """What makes a comparable value of the log's; None for a type whose order the log does not give."""
    field = schema.find(name)
    if field is not None and isinstance(field.type, DecimalType):
        return _decimal
    return _PARSERS.get(field.type) if field is not None else None


def _range(file: DataFile, name: str, stored: str, parse: Callable[[Any], Any]) -> _Range | None:
    if name in file.partition:
        least = greatest = file.partition[name]
    else:
        statistics = json.loads(file.statistics or "{}", parse_float=Decimal)
        least, greatest = (_of(statistics.get(kind), stored) for kind in ("minValues", "maxValues"))
    if least is None or greatest is None:
        return None
    try:
        low, high = parse(least), parse(greatest)
        return low, high + _MILLISECOND if isinstance(high, datetime.datetime) else high
    except (ValueError, OverflowError, InvalidOperation):
        return None  # a year that Python does not know, for one


def _of(values: Mapping[str, Any] | None, name: str) -> Any:
    return (values or {}).get(name)


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _timestamp(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


_PARSERS: Mapping[DataType, Callable[[Any], Any]] = {
    **dict.fromkeys(INTEGRAL, int),
    STRING: str,
    DATE: datetime.date.fromisoformat,
    TIMESTAMP: _timestamp,
}

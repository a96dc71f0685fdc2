"""The readers of streams: one interface over the two that Spark has.

Owns how the next batch is found: where it ends, what is in it, when nothing is left. Never lands anything.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from ingot.errors import DataError

Offset = dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """The rows up to an offset."""

    rows: Iterator[Any]
    end: Offset


class Stream(Protocol):
    """A stream of rows with offsets."""

    ends_by_itself: bool

    def first(self) -> Offset:
        """The offset before all rows."""
        ...

    def next(self, start: Offset) -> Batch | None:
        """The rows after an offset; None if there are none now."""
        ...

    def commit(self, end: Offset) -> None:
        """Tell the source that the rows up to here are safe."""
        ...

    def stop(self) -> None: ...


def stream_of(source: Any, schema: Any) -> Stream:
    """The stream of a data source, whichever of the two readers it has."""
    try:
        return _InParts(source.streamReader(schema))
    except NotImplementedError:
        return _Simple(source.simpleStreamReader(schema))


class _InParts:
    """A `DataSourceStreamReader`."""

    def __init__(self, reader: Any):
        self._reader = reader
        self._takes_limit = bool(inspect.signature(reader.latestOffset).parameters)
        self.ends_by_itself = _prepared(reader)

    def first(self) -> Offset:
        return _kept(self._reader.initialOffset())

    def next(self, start: Offset) -> Batch | None:
        limits = (start, self._reader.getDefaultReadLimit()) if self._takes_limit else ()
        end = _kept(self._reader.latestOffset(*limits))
        if is_same(start, end):
            return None
        return Batch(self._rows(start, end), end)

    def _rows(self, start: Offset, end: Offset) -> Iterator[Any]:
        for partition in self._reader.partitions(start, end):
            yield from self._reader.read(partition)

    def commit(self, end: Offset) -> None:
        self._reader.commit(end)

    def stop(self) -> None:
        self._reader.stop()


class _Simple:
    """A `SimpleDataSourceStreamReader`."""

    def __init__(self, reader: Any):
        self._reader = reader
        self.ends_by_itself = _prepared(reader)

    def first(self) -> Offset:
        return _kept(self._reader.initialOffset())

    def next(self, start: Offset) -> Batch | None:
        found, end = self._reader.read(start)
        rows, end = iter(found), _kept(end)
        if not is_same(start, end):
            return Batch(rows, end)
        for _ in rows:
            raise DataError(
                f"the stream has rows after the offset {json.dumps(end)}, and does not move on",
                hint="let read() give the offset after the rows that it gives",
                code="stuck-stream",
            )
        return None

    def commit(self, end: Offset) -> None:
        self._reader.commit(end)

    def stop(self) -> None:
        """There is nothing to stop."""


def _prepared(reader: Any) -> bool:
    """Tell a reader that knows how that it ends at what there is now; whether it does."""
    prepare = getattr(reader, "prepareForTriggerAvailableNow", None)
    if prepare is None:
        return False
    prepare()
    return True


def _kept(offset: Offset) -> Offset:
    """An offset as it comes back from where it is kept."""
    return json.loads(json.dumps(offset))


def is_same(start: Offset, end: Offset) -> bool:
    """Whether two offsets are the same one, as Spark compares them: by their JSON."""
    return json.dumps(start) == json.dumps(end)

"""`pyspark.sql.datasource` and `pyspark.sql.streaming.datasource`: what data sources in Python derive from.

Owns the names and what their methods do unless a source says otherwise. Never reads anything: the sources of kind
`spark_data_source` do.
"""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn


def _not_written(what: str) -> NoReturn:
    raise NotImplementedError(f"the data source has no {what}()")


class CaseInsensitiveDict(UserDict):
    """Options by names whose upper and lower case are alike."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__()
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def __setitem__(self, key: str, item: Any) -> None:
        super().__setitem__(key.lower(), item)

    def __getitem__(self, key: str) -> Any:
        return super().__getitem__(key.lower())

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key.lower())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(key.lower())


class InputPartition:
    """A part of what is read."""

    def __init__(self, value: Any):
        self.value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class DataSourceReader:
    """Reads all there is."""

    def pushFilters(self, filters: list[Filter]) -> Iterable[Filter]:
        return filters

    def partitions(self) -> Sequence[InputPartition]:
        return [InputPartition(None)]

    def read(self, partition: InputPartition) -> Iterator[Any]:
        _not_written("read")


class ReadLimit:
    """How much a stream may read at once."""


@dataclass
class ReadAllAvailable(ReadLimit):
    pass


@dataclass
class ReadMinRows(ReadLimit):
    min_rows: int


@dataclass
class ReadMaxRows(ReadLimit):
    max_rows: int


@dataclass
class ReadMaxFiles(ReadLimit):
    max_files: int


@dataclass
class ReadMaxBytes(ReadLimit):
    max_bytes: int


class SupportsTriggerAvailableNow:
    """A stream reader that can be told to end at what there is now."""

    def prepareForTriggerAvailableNow(self) -> None:
        _not_written("prepareForTriggerAvailableNow")


class DataSourceStreamReader:
    """Reads what lies between two offsets, in parts."""

    def initialOffset(self) -> dict[str, Any]:
        _not_written("initialOffset")

    def latestOffset(self, start: dict[str, Any], limit: ReadLimit) -> dict[str, Any]:
        _not_written("latestOffset")

    def getDefaultReadLimit(self) -> ReadLimit:
        return ReadAllAvailable()

    def reportLatestOffset(self) -> dict[str, Any] | None:
        return None

    def partitions(self, start: dict[str, Any], end: dict[str, Any]) -> Sequence[InputPartition]:
        _not_written("partitions")

    def read(self, partition: InputPartition) -> Iterator[Any]:
        _not_written("read")

    def commit(self, end: dict[str, Any]) -> None:
        """Nothing that was read up to here is asked for again."""

    def stop(self) -> None:
        """Nothing more is read."""


class SimpleDataSourceStreamReader:
    """Reads what is there and says the offset after it."""

    def initialOffset(self) -> dict[str, Any]:
        _not_written("initialOffset")

    def read(self, start: dict[str, Any]) -> tuple[Iterator[Any], dict[str, Any]]:
        _not_written("read")

    def readBetweenOffsets(self, start: dict[str, Any], end: dict[str, Any]) -> Iterator[Any]:
        _not_written("readBetweenOffsets")

    def commit(self, end: dict[str, Any]) -> None:
        """Nothing that was read up to here is asked for again."""


class DataSourceWriter:
    """Only a name: Ingot writes to no data source."""


class WriterCommitMessage:
    """Only a name: Ingot writes to no data source."""


class DataSource:
    """A format: its name, its columns, and who reads it."""

    def __init__(self, options: Any = None):
        self.options = options if options is not None else CaseInsensitiveDict()

    @classmethod
    def name(cls) -> str:
        return cls.__name__

    def schema(self) -> Any:
        _not_written("schema")

    def reader(self, schema: Any) -> DataSourceReader:
        _not_written("reader")

    def writer(self, schema: Any, overwrite: bool) -> DataSourceWriter:
        _not_written("writer")

    def streamWriter(self, schema: Any, overwrite: bool) -> Any:
        _not_written("streamWriter")

    def simpleStreamReader(self, schema: Any) -> SimpleDataSourceStreamReader:
        _not_written("simpleStreamReader")

    def streamReader(self, schema: Any) -> DataSourceStreamReader:
        _not_written("streamReader")


class Filter:
    """A condition that Spark offers to a reader; Ingot reads all rows and offers none."""


@dataclass(frozen=True)
class _Comparison(Filter):
    attribute: tuple[str, ...]
    value: Any


class EqualTo(_Comparison):
    pass


class EqualNullSafe(_Comparison):
    pass


class GreaterThan(_Comparison):
    pass


class GreaterThanOrEqual(_Comparison):
    pass


class LessThan(_Comparison):
    pass


class LessThanOrEqual(_Comparison):
    pass


class In(_Comparison):
    pass


class StringStartsWith(_Comparison):
    pass


class StringEndsWith(_Comparison):
    pass


class StringContains(_Comparison):
    pass


@dataclass(frozen=True)
class IsNull(Filter):
    attribute: tuple[str, ...]


@dataclass(frozen=True)
class IsNotNull(Filter):
    attribute: tuple[str, ...]


@dataclass(frozen=True)
class Not(Filter):
    child: Filter


_LIMITS = (ReadLimit, ReadAllAvailable, ReadMinRows, ReadMaxRows, ReadMaxFiles, ReadMaxBytes)
_CLASSES = (
    CaseInsensitiveDict, DataSource, DataSourceReader, DataSourceStreamReader, SimpleDataSourceStreamReader,
    InputPartition, DataSourceWriter, WriterCommitMessage, Filter, EqualTo, EqualNullSafe, GreaterThan,
    GreaterThanOrEqual, LessThan, LessThanOrEqual, In, IsNull, IsNotNull, Not, StringStartsWith, StringEndsWith,
    StringContains, ReadAllAvailable, ReadLimit,
)  # fmt: skip
DATA_SOURCE_NAMES: dict[str, Any] = {
    **{kind.__name__: kind for kind in _CLASSES},
    "DataSourceArrowWriter": DataSourceWriter,
    "DataSourceStreamWriter": DataSourceWriter,
    "DataSourceStreamArrowWriter": DataSourceWriter,
}
STREAMING_NAMES: dict[str, Any] = {kind.__name__: kind for kind in (*_LIMITS, SupportsTriggerAvailableNow)}

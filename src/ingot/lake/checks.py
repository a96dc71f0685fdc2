"""What must hold before a commit: names, types, partition values, statistics, files.

Pure but for one look at the files that are added. A table that breaks one of these rules could often be
committed, and then be read by nobody.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingot.engine import DataFile
from ingot.errors import LakeError
from ingot.lake import mapping
from ingot.lake.log import TableMetadata
from ingot.quoting import quoted_name
from ingot.types import (
    BINARY,
    BOOLEAN,
    DATE,
    FRACTIONAL,
    INTEGRAL,
    STRING,
    TIMESTAMP,
    TIMESTAMP_NTZ,
    ArrayType,
    DataType,
    DecimalType,
    MapType,
    StructType,
    is_numeric,
    types_in,
)

_FORBIDDEN = " ,;{}()\n\t="
_STORED = {BOOLEAN, *INTEGRAL, *FRACTIONAL, STRING, BINARY, DATE, TIMESTAMP, TIMESTAMP_NTZ}
_DATE = r"[+-]?\d{4,}-\d\d-\d\d"
_TIMESTAMP = _DATE + r"[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?"
_PATTERNS = {
    **{each: re.compile(r"[+-]?\d+") for each in INTEGRAL},
    **{each: re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|NaN|[+-]?Infinity") for each in FRACTIONAL},
    BOOLEAN: re.compile("true|false"),
    DATE: re.compile(_DATE),
    TIMESTAMP: re.compile(_TIMESTAMP),
    TIMESTAMP_NTZ: re.compile(_TIMESTAMP),
}
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INTERVAL = re.compile(r"(?:interval\s+)?(\d+)\s+(second|minute|hour|day|week)s?", re.IGNORECASE)


def check_metadata(metadata: TableMetadata, is_mapped: bool) -> None:
    """Check names, types, partitioning and the properties that Ingot itself obeys.

    Raises:
        LakeError: `invalid-column-name`, `duplicate-column`, `unsupported-type`, `invalid-partitioning`,
            `invalid-property`.
    """
    if not metadata.schema.fields:
        raise LakeError("a table needs at least one column", code="invalid-schema")
    for each in types_in(metadata.schema):
        if isinstance(each, StructType):
            _check_names(each, is_mapped)
        elif not isinstance(each, ArrayType | MapType | DecimalType) and each not in _STORED:
            raise LakeError(
                f"a Delta table cannot hold the type {each}",
                hint="cast the column to another type",
                code="unsupported-type",
            )
    _check_partitioning(metadata)
    for name in ("delta.logRetentionDuration", "delta.deletedFileRetentionDuration"):
        retention(metadata.properties, name, datetime.timedelta())
    checkpoint_interval(metadata.properties, 1)
    if not metadata.properties.get(mapping.MAX_ID, "0").isdecimal():
        raise LakeError(f"the table property {mapping.MAX_ID} is not a number", code="invalid-property")


def _check_names(struct: StructType, is_mapped: bool) -> None:
    seen: dict[str, str] = {}
    for field in struct.fields:
        if field.name.lower() in seen:
            raise LakeError(
                f"the columns {seen[field.name.lower()]!r} and {field.name!r} have the same name",
                hint="Delta does not tell upper from lower case; give one of them another name",
                code="duplicate-column",
            )
        seen[field.name.lower()] = field.name
        if not field.name:
            raise LakeError(
                "a column has no name",
                hint="name it where it comes from: with AS in the query of a source, in the header of a file",
                code="invalid-column-name",
            )
        if not is_mapped and any(character in _FORBIDDEN for character in field.name):
            raise LakeError(
                f"the column name {field.name!r} holds a character that a Delta table forbids",
                hint=f"write {quoted_name(field.name)} AS {_legal(field.name)}, or set the table property "
                "'delta.columnMapping.mode' = 'name'",
                code="invalid-column-name",
            )


def _legal(name: str) -> str:
    """A name that may stand in a table, as SQL takes it: what could be taken for something else is quoted."""
    legal = re.sub(r"\W+", "_", name).strip("_").lower() or "column_1"
    return legal if re.fullmatch(r"[a-z]\w*_\w*", legal, re.ASCII) else f"`{legal}`"


def _check_partitioning(metadata: TableMetadata) -> None:
    for name in metadata.partition_columns:
        field = next((f for f in metadata.schema.fields if f.name == name), None)
        if field is None:
            raise LakeError(
                f"there is no column {name!r} to partition by",
                hint=f"the columns are {', '.join(metadata.schema.names)}",
                code="invalid-partitioning",
            )
        if isinstance(field.type, StructType | ArrayType | MapType) or field.type == BINARY:
            raise LakeError(f"a table cannot be partitioned by {name!r}, a {field.type}", code="invalid-partitioning")
    if len(set(metadata.partition_columns)) != len(metadata.partition_columns):
        raise LakeError(f"partitioned twice by one column: {metadata.partition_columns}", code="invalid-partitioning")
    if len(metadata.partition_columns) == len(metadata.schema.fields):
        raise LakeError("a table cannot be partitioned by all of its columns", code="invalid-partitioning")


def resolve_partitioning(metadata: TableMetadata) -> TableMetadata:
    """The partition columns spelled as the schema spells them."""
    found = [metadata.schema.find(name) for name in metadata.partition_columns]
    names = tuple(f.name if f else n for f, n in zip(found, metadata.partition_columns, strict=True))
    return replace(metadata, partition_columns=names)


def check_evolution(old: TableMetadata, new: TableMetadata) -> None:
    """Check a change of metadata that keeps files: it may add nullable columns and relax NOT NULL.

    Raises:
        LakeError: `incompatible-schema`.
    """
    problem = _evolution_problem(old.schema, new.schema, "")
    if old.partition_columns != new.partition_columns:
        problem = f"the partitioning would change from {old.partition_columns} to {new.partition_columns}"
    if problem is not None:
        raise LakeError(
            f"files written before would not fit the new schema: {problem}",
            hint="replace all files of the table in the same commit",
            code="incompatible-schema",
        )


def _evolution_problem(old: DataType, new: DataType, place: str) -> str | None:
    match old, new:
        case StructType(), StructType():
            return _struct_problem(old, new, place)
        case ArrayType(), ArrayType():
            return _evolution_problem(old.element, new.element, place + ".element")
        case MapType(), MapType():
            return _evolution_problem(old.key, new.key, place + ".key") or _evolution_problem(
                old.value, new.value, place + ".value"
            )
    return None if old == new else f"{place.lstrip('.')} would change from {old} to {new}"


def _struct_problem(old: StructType, new: StructType, place: str) -> str | None:
    fields = {f.name: f for f in new.fields}
    for field in old.fields:
        after = fields.pop(field.name, None)
        path = f"{place}.{field.name}"
        if after is None:
            return f"{path.lstrip('.')} would be dropped"
        if field.nullable and not after.nullable:
            return f"{path.lstrip('.')} would become NOT NULL"
        if problem := _evolution_problem(field.type, after.type, path):
            return problem
    required = [name for name, field in fields.items() if not field.nullable]
    return f"the new column {required[0]} is NOT NULL" if required else None


def check_files(root: Path, files: Iterable[DataFile], metadata: TableMetadata, physical: Mapping[str, str]) -> None:
    """Check each added file against the disk, the partitioning and the schema.

    Raises:
        LakeError: `missing-data-file`, `invalid-partitioning`, `invalid-statistics`, `null-violation`.
    """
    partitioned = set(metadata.partition_columns)
    columns = {physical.get(f.name, f.name): f for f in metadata.schema.fields if f.name not in partitioned}
    data_schema = StructType(fields=tuple(replace(f, name=name) for name, f in columns.items()))
    for file in files:
        _check_on_disk(root, file)
        if set(file.partition) != partitioned:
            raise LakeError(
                f"{file.path} has values for the partition columns {sorted(file.partition)}, "
                f"the table has {sorted(partitioned)}",
                code="invalid-partitioning",
            )
        for name, value in file.partition.items():
            _check_partition_value(metadata.schema, name, value, file)
        if file.statistics is not None:
            _check_statistics(file, data_schema)


def _check_on_disk(root: Path, file: DataFile) -> None:
    path = root / file.path
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        raise LakeError(f"the data file {path} does not exist", code="missing-data-file") from None
    if size != file.size:
        raise LakeError(f"the data file {path} has {size} bytes, not {file.size}", code="missing-data-file")


def _check_partition_value(schema: StructType, name: str, value: str | None, file: DataFile) -> None:
    field = next(f for f in schema.fields if f.name == name)
    if value is None or value == "":
        if not field.nullable:
            raise LakeError(f"{file.path} holds NULL in {name}, which is NOT NULL", code="null-violation")
        return
    pattern = _DECIMAL if isinstance(field.type, DecimalType) else _PATTERNS.get(field.type)
    if pattern is not None and not pattern.fullmatch(value):
        raise LakeError(
            f"{file.path}: {value!r} is not a partition value of type {field.type}",
            code="invalid-partitioning",
        )


def _check_statistics(file: DataFile, schema: StructType) -> None:
    try:
        statistics = json.loads(file.statistics or "", parse_constant=_refuse_constant)
    except ValueError:
        statistics = None
    if not isinstance(statistics, dict):
        raise _bad_statistics(file, "they are not a JSON object")
    rows = statistics.get("numRecords")
    if not _is_count(rows) or (file.rows is not None and rows != file.rows):
        raise _bad_statistics(file, f"numRecords is {rows!r}, the file has {file.rows} rows")
    nulls = _object(file, statistics, "nullCount")
    _check_null_counts(file, nulls, schema)
    for kind in ("minValues", "maxValues"):
        _check_bounds(file, _object(file, statistics, kind), schema)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _object(file: DataFile, statistics: dict[str, Any], name: str) -> dict[str, Any]:
    value = statistics.get(name)
    if value is not None and not isinstance(value, dict):
        raise _bad_statistics(file, f"{name} is {value!r}")
    return value or {}


def _check_null_counts(file: DataFile, counts: Mapping[str, Any], schema: StructType) -> None:
    fields = {f.name: f for f in schema.fields}
    for name, count in counts.items():
        field = fields.get(name)
        if field is None:
            raise _bad_statistics(file, f"there is no column {name!r}")
        if isinstance(field.type, StructType):
            if not isinstance(count, dict):  # delta-kernel cannot open the table then
                raise _bad_statistics(file, f"nullCount of {name}, a struct, is {count!r}")
            inner = StructType(fields=tuple(replace(f, nullable=True) for f in field.type.fields))
            _check_null_counts(file, count, inner)
        elif not _is_count(count):
            raise _bad_statistics(file, f"nullCount of {name} is {count!r}")
        elif count and not field.nullable:
            raise LakeError(
                f"{count} rows hold NULL in {name}, which is NOT NULL; nothing was written",
                hint=f"filter them out, or drop NOT NULL from {name}",
                code="null-violation",
            )


def _check_bounds(file: DataFile, bounds: Mapping[str, Any], schema: StructType) -> None:
    fields = {f.name: f.type for f in schema.fields}
    for name, value in bounds.items():
        type_ = fields.get(name)
        if type_ is None:
            raise _bad_statistics(file, f"there is no column {name!r}")
        if value is None:
            continue
        if isinstance(type_, StructType) and isinstance(value, dict):
            _check_bounds(file, value, type_)
        elif not _fits(value, type_):
            raise _bad_statistics(file, f"{value!r} is not a bound for {name}, a {type_}")


def _fits(value: Any, type_: DataType) -> bool:
    if type_ == BOOLEAN:
        return isinstance(value, bool)
    if type_ in INTEGRAL:
        return _is_integer(value)
    if is_numeric(type_):
        return isinstance(value, int | float) and not isinstance(value, bool) and value == value
    if type_ in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
        return isinstance(value, str) and _PATTERNS[type_].fullmatch(value) is not None
    return type_ in (STRING, BINARY) and isinstance(value, str)


def _is_count(value: Any) -> bool:
    return _is_integer(value) and value >= 0


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad_statistics(file: DataFile, why: str) -> LakeError:
    return LakeError(f"the statistics of {file.path} are wrong: {why}", code="invalid-statistics")


# --- properties that Ingot obeys --------------------------------------------------------------------------


def retention(properties: Mapping[str, str], name: str, default: datetime.timedelta) -> datetime.timedelta:
    """A duration such as `interval 30 days`.

    Raises:
        LakeError: `invalid-property`.
    """
    text = properties.get(name)
    if text is None:
        return default
    found = _INTERVAL.fullmatch(text.strip())
    if found is None:
        raise LakeError(
            f"the table property {name} is {text!r}",
            hint=f"'{name}' = 'interval 30 days'",
            code="invalid-property",
        )
    return datetime.timedelta(**{found[2].lower() + "s": int(found[1])})


def checkpoint_interval(properties: Mapping[str, str], default: int) -> int:
    """After how many commits a log checkpoint is written.

    Raises:
        LakeError: `invalid-property`.
    """
    text = properties.get("delta.checkpointInterval", str(default))
    if not text.isdecimal() or int(text) < 1:
        raise LakeError(
            f"the table property delta.checkpointInterval is {text!r}, not a positive number",
            code="invalid-property",
        )
    return int(text)

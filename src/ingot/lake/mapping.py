"""Column mapping: columns whose name in the files differs from the name that people use.

Owns ids and physical names (Delta protocol, "Column Mapping"). Pure. Ingot writes mode `name`; physical names
are `col-<id>`, and as ids are never given twice, a dropped column cannot come back with its old values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ingot.types import ArrayType, DataType, Field, MapType, StructType

MODE = "delta.columnMapping.mode"
MAX_ID = "delta.columnMapping.maxColumnId"
ID = "delta.columnMapping.id"
PHYSICAL_NAME = "delta.columnMapping.physicalName"


def mode(properties: Mapping[str, str]) -> str:
    """`none`, `name` or `id`."""
    return properties.get(MODE, "none").lower()


def physical_names(schema: StructType) -> dict[str, str]:
    """Names in the files by column name, for the columns that have one of their own."""
    names = {f.name: dict(f.metadata).get(PHYSICAL_NAME) for f in schema.fields}
    return {name: physical for name, physical in names.items() if physical is not None and physical != name}


def has_nested_names(schema: StructType) -> bool:
    """Whether a field below the top level has another name in the files."""
    return any(
        _physical(inner) != inner.name or has_nested_names(StructType(fields=(inner,)))
        for outer in schema.fields
        for inner in _inner_fields(outer.type)
    )


def _physical(field: Field) -> str:
    return dict(field.metadata).get(PHYSICAL_NAME, field.name)


def _inner_fields(type_: DataType) -> tuple[Field, ...]:
    match type_:
        case StructType():
            return type_.fields
        case ArrayType():
            return _inner_fields(type_.element)
        case MapType():
            return _inner_fields(type_.key) + _inner_fields(type_.value)
    return ()


def assign(
    schema: StructType, previous: StructType | None, previous_max: int, given_max: int
) -> tuple[StructType, int]:
    """Give every field an id and a physical name; fields that `previous` has under the same name keep theirs.

    Nested fields keep their own name in the files, so that engines need to rename columns only.

    Args:
        schema: The new schema.
        previous: The schema of the version that it follows.
        previous_max: The highest id that the table has given so far.
        given_max: The highest id in `schema` if it was assigned before, so that this can be repeated.

    Returns:
        The schema with its field metadata, and the highest id given so far.
    """
    mapper = _Mapper(max(previous_max, given_max), range(previous_max + 1, given_max + 1))
    return mapper.struct(schema, previous, is_top=True), mapper.max_id


class _Mapper:
    def __init__(self, max_id: int, assigned: range):
        self.max_id = max_id
        self.assigned = assigned

    def struct(self, schema: StructType, previous: StructType | None, is_top: bool) -> StructType:
        known = {f.name.lower(): f for f in previous.fields} if previous is not None else {}
        return StructType(fields=tuple(self.field(f, known.get(f.name.lower()), is_top) for f in schema.fields))

    def field(self, field: Field, previous: Field | None, is_top: bool) -> Field:
        metadata: dict[str, Any] = {**(dict(previous.metadata) if previous else {}), **dict(field.metadata)}
        if previous is not None and ID in dict(previous.metadata):
            metadata |= {key: value for key, value in previous.metadata if key in (ID, PHYSICAL_NAME)}
        elif metadata.get(ID) not in self.assigned or PHYSICAL_NAME not in metadata:
            self.max_id += 1
            metadata |= {ID: self.max_id, PHYSICAL_NAME: f"col-{self.max_id}" if is_top else field.name}
        type_ = self.type(field.type, previous.type if previous else None)
        return replace(field, type=type_, metadata=tuple(sorted(metadata.items())))

    def type(self, type_: DataType, previous: DataType | None) -> DataType:
        match type_:
            case StructType():
                return self.struct(type_, previous if isinstance(previous, StructType) else None, is_top=False)
            case ArrayType():
                known = previous.element if isinstance(previous, ArrayType) else None
                return replace(type_, element=self.type(type_.element, known))
            case MapType():
                known_map = previous if isinstance(previous, MapType) else None
                return replace(
                    type_,
                    key=self.type(type_.key, known_map.key if known_map else None),
                    value=self.type(type_.value, known_map.value if known_map else None),
                )
        return type_


def without_metadata(type_: DataType, prefixes: tuple[str, ...]) -> DataType:
    """The type without field metadata whose key starts with one of the prefixes, at every depth."""
    match type_:
        case StructType():
            fields = (
                replace(
                    f,
                    type=without_metadata(f.type, prefixes),
                    metadata=tuple((key, value) for key, value in f.metadata if not key.startswith(prefixes)),
                )
                for f in type_.fields
            )
            return StructType(fields=tuple(fields))
        case ArrayType():
            return replace(type_, element=without_metadata(type_.element, prefixes))
        case MapType():
            key, value = without_metadata(type_.key, prefixes), without_metadata(type_.value, prefixes)
            return replace(type_, key=key, value=value)
    return type_


def rename_partition(partition: Mapping[str, str | None], names: Mapping[str, str]) -> dict[str, str | None]:
    """Partition values under other names."""
    return {names.get(name, name): value for name, value in partition.items()}

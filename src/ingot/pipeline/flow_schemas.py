"""The columns of a table from those of the flows into it.

Pure: looks at a definition and at typed columns, never at the lake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ingot.errors import AnalysisError
from ingot.model import Dataset, Flow
from ingot.plan import declared_schema, widen
from ingot.types import Field, StructType, as_nullable


def schema_of_flows(dataset: Dataset, flows: Sequence[tuple[Flow, StructType]]) -> StructType:
    """The columns of a dataset, given what each flow gives it; without flows those that are declared with types.

    Raises:
        AnalysisError: `flows-differ`; `no-flow`, when there are neither flows nor typed columns; a declared column
            that does not fit.
    """
    merged: StructType | None = None
    for flow, schema in flows:
        merged = schema if merged is None else _union(dataset, flow, merged, schema)
    if merged is not None:
        computed = as_nullable(merged)
        assert isinstance(computed, StructType)
        return declared_schema(dataset, computed, dataset.location)
    if dataset.columns and all(spec.type is not None for spec in dataset.columns):
        fields = (Field(s.name, s.type, s.nullable, s.comment) for s in dataset.columns if s.type is not None)
        return StructType(fields=tuple(fields))
    raise AnalysisError(
        f"{dataset.name.short} has neither a flow nor declared columns",
        location=dataset.location,
        hint=f"add a flow: CREATE FLOW … AS INSERT INTO {dataset.name.table} BY NAME SELECT …",
        code="no-flow",
    )


def with_kept(defined: StructType, stored: StructType) -> StructType:
    """The defined columns, and those that a streaming table keeps though its definition no longer has them."""
    kept = (column for column in stored if defined.find(column.name) is None)
    return StructType(fields=(*defined, *kept))


def _union(dataset: Dataset, flow: Flow, merged: StructType, schema: StructType) -> StructType:
    """The columns of several flows into one table, by name."""
    fields: list[Field] = []
    for column in merged:
        other = schema.find(column.name)
        if other is None:
            fields.append(replace(column, nullable=True))
            continue
        common = widen(column.type, other.type)
        if common is None:
            raise AnalysisError(
                f"flow {flow.name!r} gives column {column.name!r} as {other.type}, other flows into "
                f"{dataset.name.short} as {column.type}",
                location=flow.location,
                hint=f"CAST({column.name} AS {column.type})",
                code="flows-differ",
            )
        fields.append(replace(column, type=common))
    fields.extend(replace(column, nullable=True) for column in schema if merged.find(column.name) is None)
    return StructType(fields=tuple(fields))

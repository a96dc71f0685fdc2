"""CLUSTER BY: rows that are near in some columns stand in the same files, so that readers leave the other files out.

Each write is sorted by the columns, and so is each compaction; what is already stored is not moved until then. The
columns are noted in a property of the table, for maintenance knows no definitions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from ingot.errors import AnalysisError
from ingot.model import Dataset
from ingot.types import VARIANT, ArrayType, MapType, StructType

PROPERTY = "ingot.cluster_by"
FILE_BYTES_MAX = 64 * 2**20  # files that hold smaller ranges than those of other tables do


def columns(properties: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that a table is clustered by."""
    return tuple(json.loads(properties.get(PROPERTY, "[]")))


def properties(names: Sequence[str], schema: StructType) -> dict[str, str]:
    """What a table notes of these columns."""
    stored = [column.name for name in names if (column := schema.find(name)) is not None]
    return {PROPERTY: json.dumps(stored)} if stored else {}


def check(dataset: Dataset, schema: StructType) -> None:
    """Refuse columns that a table does not have, or that have no order.

    Raises:
        AnalysisError: `invalid-cluster-column`.
    """
    for name in dataset.cluster_columns:
        column = schema.find(name)
        if column is None or column.type == VARIANT or isinstance(column.type, (ArrayType, MapType, StructType)):
            what = f"has type {column.type.ddl}" if column is not None else "is not a column of it"
            raise AnalysisError(
                f"{dataset.name.short} is clustered by {name}, which {what}",
                location=dataset.location,
                hint=f"cluster it by columns of simple types, such as {_example(schema)}",
                code="invalid-cluster-column",
            )


def _example(schema: StructType) -> str:
    return next((f.name for f in schema if not isinstance(f.type, (ArrayType, MapType, StructType))), "an id")

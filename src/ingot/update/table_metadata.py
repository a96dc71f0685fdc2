"""What a table says of itself, and how its files are written: from its definition, and what the table has kept.

Owns which properties a commit gives it. Never reads rows and never commits.
"""

from __future__ import annotations

from dataclasses import replace

from ingot import cdc, clustering
from ingot.engine import WriteTarget
from ingot.errors import PlanError
from ingot.lake import mapping
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table, TableMetadata, prepare_metadata
from ingot.model import Dataset
from ingot.pipeline import Pipeline
from ingot.plan import CATALOG_PROPERTY, KIND_PROPERTY
from ingot.types import StructType


def table_metadata(
    pipeline: Pipeline, dataset: Dataset, schema: StructType, snapshot: Snapshot | None, *, is_replaced: bool
) -> TableMetadata:
    """The metadata of a dataset's table with these columns.

    Args:
        pipeline: What the dataset is.
        dataset: Its definition.
        schema: The columns that the table is to have.
        snapshot: The table as it is; None if it is made now.
        is_replaced: Whether nothing that the table has kept counts any more.

    Raises:
        PlanError: `incompatible-schema`, for a table that is partitioned otherwise.
    """
    if snapshot is not None and not is_replaced and dataset.partition_columns != snapshot.partition_columns:
        raise PlanError(
            f"{dataset.name.short} is partitioned by ({', '.join(snapshot.partition_columns)}), its definition "
            f"says ({', '.join(dataset.partition_columns)})",
            location=dataset.location,
            hint=f"write it anew: ingot run --full-refresh {dataset.name.short}",
            code="incompatible-schema",
        )
    kept = {} if snapshot is None or is_replaced else dict(snapshot.properties)
    kept.pop(clustering.PROPERTY, None)
    changed = pipeline.change_table(dataset)
    remembered = {cdc.PROPERTY: changed.stored_as(schema).made_by} if changed is not None else {}
    properties = {
        **kept,
        **dataset.properties,
        **remembered,
        **clustering.properties(dataset.cluster_columns, schema),
        KIND_PROPERTY: pipeline.kind(dataset).value,
        CATALOG_PROPERTY: kept.get(CATALOG_PROPERTY, dataset.name.catalog),
    }
    return prepare_metadata(TableMetadata(schema, dataset.partition_columns, properties, dataset.comment), snapshot)


def write_target(table: Table, metadata: TableMetadata) -> WriteTarget:
    """Where the files of a table with this metadata go, and how they are laid out."""
    is_mapped = mapping.mode(metadata.properties) != "none"
    names = mapping.physical_names(metadata.schema) if is_mapped else {}
    hidden = cdc.hidden_columns(metadata.properties)
    sort_columns = clustering.columns(metadata.properties)
    target = WriteTarget(table.root, metadata.schema, metadata.partition_columns, names, hidden, sort_columns)
    return replace(target, file_bytes_max=clustering.FILE_BYTES_MAX) if sort_columns else target

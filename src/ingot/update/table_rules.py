"""Rules over a whole table, given as table properties: `ingot.unique_key` and `ingot.min_rows`.

They are checked on the files that a commit would make active, before it becomes visible. Violated, nothing of the
write shows. Of a table with history (SCD type 2) the key is that of its current rows.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import OneTable, Settings
from ingot.cdc.names import END_AT
from ingot.definitions.properties import property_of, split_names
from ingot.engine import BoundQuery, DataFile, Engine, SnapshotBinding, WriteTarget
from ingot.errors import DefinitionError, ExpectationError, nearest
from ingot.model import Dataset, Query, TableRead
from ingot.quoting import quoted_name
from ingot.result import as_tuples
from ingot.sql import parse_statement
from ingot.types import StructType

UNIQUE_KEY = "ingot.unique_key"
MIN_ROWS = "ingot.min_rows"


def has_unique_key(dataset: Dataset) -> bool:
    """Whether a commit must have looked at all rows of the table."""
    return property_of(dataset, UNIQUE_KEY) is not None


def check_table_rules(
    engine: Engine,
    dataset: Dataset,
    target: WriteTarget,
    files: Sequence[DataFile],
    settings: Settings,
    has_history: bool = False,
) -> None:
    """Check the rules of a dataset on the rows of these files.

    Args:
        files: All that the table would have.
        settings: Of the dataset's queries.
        has_history: Whether rows that are not current stand among them (SCD type 2).

    Raises:
        ExpectationError: `not-unique` or `too-few-rows`, with counts.
        DefinitionError: for a key that names an unknown column.
    """
    minimum = property_of(dataset, MIN_ROWS)
    if minimum is not None:
        _check_rows(dataset, minimum, sum(file.rows or 0 for file in files))
    key = property_of(dataset, UNIQUE_KEY)
    if key is not None:
        columns = [_column(dataset, target.schema, name) for name in split_names(key)]
        _check_key(engine, dataset, target, files, settings, columns, f"WHERE {END_AT} IS NULL" if has_history else "")


def _check_rows(dataset: Dataset, minimum: str, rows: int) -> None:
    if rows < int(minimum):
        raise ExpectationError(
            f"{dataset.name.short} would have {rows} rows, fewer than {MIN_ROWS} = {int(minimum)}; nothing was written",
            location=dataset.location,
            hint="check the sources, or lower the rule",
            code="too-few-rows",
        )


def _check_key(
    engine: Engine,
    dataset: Dataset,
    target: WriteTarget,
    files: Sequence[DataFile],
    settings: Settings,
    columns: Sequence[str],
    chosen: str,
) -> None:
    keys = ", ".join(map(quoted_name, columns))
    tree: Any = parse_statement(
        f"SELECT count(*) AS doubled, sum(n) AS affected FROM "
        f"(SELECT count(*) AS n FROM `__r0` {chosen} GROUP BY {keys} HAVING count(*) > 1) AS d"
    )
    read = TableRead(dataset.name, ("__r0",))
    query = analyze(Query(tree, {"__r0": read}), OneTable(target.schema), settings)
    binding = SnapshotBinding(target.root, target.schema, files, target.partition_columns, target.physical_names)
    counted = engine.collect(BoundQuery(query, {"__r0": binding}, datetime.datetime.now(datetime.UTC)))
    [(doubled, affected)] = as_tuples(counted)
    if doubled:
        raise ExpectationError(
            f"{doubled} value{'s' * (doubled != 1)} of {', '.join(columns)} occur{'s' * (doubled == 1)} more than once "
            f"({affected} rows) in {dataset.name.short}, whose {UNIQUE_KEY} this is; nothing was written",
            location=dataset.location,
            hint="keep one row for each key: QUALIFY row_number() OVER (PARTITION BY key ORDER BY …) = 1",
            code="not-unique",
        )


def _column(dataset: Dataset, schema: StructType, name: str) -> str:
    found = schema.find(name)
    if found is None:
        near = nearest(name, schema.names)
        raise DefinitionError(
            f"{UNIQUE_KEY} names {name!r}, which is not a column of {dataset.name.short}",
            location=dataset.location,
            hint=f"did you mean {near!r}?" if near else f"columns: {', '.join(schema.names)}",
        )
    return found.name

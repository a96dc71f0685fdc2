"""Rows set aside: `<table>__quarantine` holds what QUARANTINE rules kept out, with the rules that each row broke.

The quarantine is a table of its own, so it cannot share the table's commit. It is written first; the table's commit
then notes the quarantine's version, and only what that version holds counts (`visible`). Run again after a crash, a
batch takes the place of what its first attempt left.

Owns the side table's layout and replay. `replay` sends the rows of the source, as far as they could be kept, through
the current definition.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from ingot.analysis.analyzer import analyze
from ingot.engine import BoundQuery, Engine, Rule, WriteResult, WriteTarget
from ingot.lake import mapping
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table, TableChange, TableMetadata, prepare_metadata
from ingot.model import Dataset, FileRead, Query, TableName
from ingot.pipeline import Pipeline, catalog
from ingot.sql import parse_expression
from ingot.types import STRING, ArrayType, Field, StructType

SUFFIX = "__quarantine"
BROKEN_RULES = "_broken_rules"
SOURCE_FILE = "_quarantine_file"
FLOW, BATCH, AT = "_quarantine_flow", "_quarantine_batch", "_quarantined_at"


def quarantine_name(name: TableName) -> TableName:
    """The name of a dataset's quarantine."""
    return TableName(name.catalog, name.schema, name.table + SUFFIX)


class Quarantine:
    """The quarantine of one dataset."""

    def __init__(self, pipeline: Pipeline, dataset: Dataset):
        self._pipeline = pipeline
        self._dataset = dataset
        self.table: Table = pipeline.lake.table(quarantine_name(dataset.name))

    def write(
        self,
        engine: Engine,
        bound: BoundQuery,
        rules: Sequence[Rule],
        result: WriteResult,
        *,
        flow: str,
        app_id: str | None,
        number: int | None,
        at: datetime.datetime,
    ) -> dict[str, Any]:
        """Write the violating rows of one batch; returns what the table's own commit has to note.

        Args:
            engine: Evaluates the query a second time, only when a rule was broken.
            bound: The batch's query.
            rules: The rules that quarantine.
            result: What writing the batch counted.
            flow: The flow's name, kept with the rows.
            app_id: Identifies the flow's epoch; None for a materialized view, whose quarantine is replaced.
            number: The batch; None for a materialized view.
            at: When, kept with the rows.
        """
        snapshot = self.table.snapshot() if self.table.exists() else None
        broken = any(result.violations.get(rule.name) for rule in rules)
        leftover = self._leftover(snapshot, app_id, number)
        if not broken and not leftover and (number is not None or snapshot is None):
            return {} if snapshot is None else {"quarantine_version": snapshot.version}
        adds: tuple[Any, ...] = ()
        metadata = snapshot.metadata if snapshot is not None else None
        if broken:
            query = self._with_origin(bound, flow, number, at)
            metadata = self._metadata(query.query.schema, snapshot)
            adds = engine.write_violations(query, self._target(metadata), rules).files
        if metadata is None:
            return {}
        change = TableChange(
            "WRITE",
            adds=adds,
            removes=() if number is None else leftover,
            replace=number is None and snapshot is not None,
            metadata=metadata if snapshot is None or metadata != snapshot.metadata else None,
            info={"app": app_id, "batch": number},
        )
        return {"quarantine_version": self.table.commit(change, snapshot).version}

    def visible(self) -> Snapshot | None:
        """The version of the quarantine that the dataset's newest commit vouches for."""
        main = self._pipeline.lake.table(self._dataset.name)
        if not self.table.exists() or not main.exists():
            return None
        for line in main.history():
            if "quarantine_version" in line.info:
                return self.table.snapshot(version=line.info["quarantine_version"])
        return None

    def _leftover(self, snapshot: Snapshot | None, app_id: str | None, number: int | None) -> tuple[Any, ...]:
        """Files of an earlier attempt at the same batch: they are replaced, never counted twice."""
        if snapshot is None or number is None:
            return ()
        newest = next(self.table.commits(snapshot.version, snapshot.version))
        is_same = newest.info.get("app") == app_id and newest.info.get("batch") == number
        return newest.adds if is_same else ()

    def _with_origin(self, bound: BoundQuery, flow: str, number: int | None, at: datetime.datetime) -> BoundQuery:
        """The query with columns that tell where each row came from."""
        query = bound.query.query
        flow_text = flow.replace("'", "''")
        origin = f"`__q`.`{SOURCE_FILE}`" if _names_its_file(query) else "CAST(NULL AS STRING)"
        added = [
            f"{origin} AS {SOURCE_FILE}",
            f"'{flow_text}' AS {FLOW}",
            f"CAST({'NULL' if number is None else number} AS BIGINT) AS {BATCH}",
            f"TIMESTAMP '{at.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S.%f}' AS {AT}",
        ]
        if "__seen_keys" in bound.bindings:  # rewritten for deduplication: the typed tree is all there is
            return bound
        tree = query.tree.copy()
        if _names_its_file(query):
            tree.select(exp.alias_(parse_expression("_metadata.file_path"), SOURCE_FILE), copy=False)
        inner = tree.subquery("__q", copy=False)
        star = exp.Column(this=exp.Star(), table=exp.to_identifier("__q"))
        if _names_its_file(query):
            star.this.set("except_", [exp.column(SOURCE_FILE)])
        outer = exp.Select(expressions=[star, *[parse_expression(text) for text in added]]).from_(inner, copy=False)
        analyzed = analyze(replace(query, tree=outer), catalog(self._pipeline), bound.query.settings)
        return replace(bound, query=replace(analyzed, reads=bound.query.reads))

    def _metadata(self, schema: StructType, snapshot: Snapshot | None) -> TableMetadata:
        wanted = StructType(
            fields=(*(replace(f, nullable=True) for f in schema), Field(BROKEN_RULES, ArrayType(element=STRING)))
        )
        if snapshot is not None:
            kept = [wanted.find(f.name) or f for f in snapshot.schema]
            kept.extend(f for f in wanted if snapshot.schema.find(f.name) is None)
            wanted = StructType(fields=tuple(kept))
        properties = {"ingot.kind": "quarantine", "delta.columnMapping.mode": "name"}
        text = f"Rows that expectations of {self._dataset.name.short} set aside"
        return prepare_metadata(TableMetadata(wanted, (), properties, text), snapshot)

    def _target(self, metadata: TableMetadata) -> WriteTarget:
        return WriteTarget(self.table.root, metadata.schema, (), mapping.physical_names(metadata.schema))


def _names_its_file(query: Query) -> bool:
    """Whether each row of the result comes from one row of one file, so that the file can be named."""
    tree = query.tree
    if not isinstance(tree, exp.Select) or any(tree.args.get(k) for k in ("group", "distinct", "joins", "laterals")):
        return False
    source = tree.args.get("from_")
    table = source.this if source is not None else None
    if not isinstance(table, exp.Table) or not isinstance(query.reads.get(table.name), FileRead):
        return False
    return not any(isinstance(node, exp.AggFunc) for node in tree.walk())

"""Rows set aside: `<table>__quarantine` holds what QUARANTINE rules kept out, with the rules that each row broke.

The quarantine is a table of its own, so it cannot share the table's commit. It is written first; the table's commit
then notes the quarantine's version, and only what that version holds counts (`lake.set_aside`). Each write begins with
what counts: what others left that died before the table's commit goes, and what they took away comes back.

Owns the side table's layout, and what its table being restored means for it. `replay` sends the rows of the source,
as far as they could be kept, through the current definition.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlglot import exp

from ingot.analysis.analyzer import analyze
from ingot.analysis.nodes import alias_node, column_node
from ingot.analysis.typed import set_type
from ingot.engine import BROKEN_RULES, BoundQuery, DataFile, Engine, Rule, WriteResult, WriteTarget
from ingot.errors import LakeError
from ingot.lake import mapping
from ingot.lake.checkpoint import TableCheckpoint
from ingot.lake.set_aside import (
    AT,
    BATCH,
    FLOW,
    KIND,
    SOURCE_FILE,
    SOURCE_ROW,
    VOUCHED,
    quarantine_name,
    visible_quarantine,
    vouched_files,
)
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake, Table, TableChange, TableMetadata, prepare_metadata
from ingot.model import Dataset, FileRead, Query, Read, TableName, TableRead
from ingot.pipeline import Pipeline
from ingot.pipeline.flow_schemas import with_kept
from ingot.plan import KIND_PROPERTY
from ingot.quoting import quoted_text
from ingot.sql import parse_expression
from ingot.types import LONG, NULL, STRING, TIMESTAMP, ArrayType, DataType, Field, StructType
from ingot.update.one_evaluation import all_columns, storable

_OWN = "files"  # what a batch itself has set aside, of what its commit adds


class Quarantine:
    """The quarantine of one dataset."""

    def __init__(self, pipeline: Pipeline, dataset: Dataset):
        self._pipeline = pipeline
        self._dataset = dataset
        self.table: Table = pipeline.lake.table(quarantine_name(dataset.name))
        self._main = pipeline.lake.table(dataset.name)

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
        is_fresh: bool,
        at: datetime.datetime,
    ) -> dict[str, Any]:
        """Write the violating rows of one batch; returns what the table's own commit has to note.

        Args:
            engine: Evaluates the query a second time, only when a rule was broken. It has to give the same rows again.
            bound: The batch's query.
            rules: The rules that quarantine.
            result: What writing the batch counted.
            flow: The flow's name, kept with the rows.
            app_id: Identifies the flow's epoch; None for a materialized view.
            number: The batch; None for a materialized view.
            is_fresh: Whether the table's commit replaces its rows: then these rows replace what was set aside.
            at: When, kept with the rows.
        """
        snapshot = self.table.snapshot() if self.table.exists() else None
        counting = () if is_fresh or snapshot is None else vouched_files(self._main, self.table)
        added: tuple[DataFile, ...] = ()
        metadata = snapshot.metadata if snapshot is not None else None
        if any(result.violations.get(rule.name) for rule in rules):
            query = self.with_origin(bound, flow, number, at)
            metadata = self._metadata(query.query.schema, snapshot)
            added = engine.write_violations(query, self._target(metadata), rules).files
        if metadata is None:
            return {}
        adds, removes = _towards([*counting, *added], snapshot)
        if snapshot is not None and not adds and not removes:
            return {VOUCHED: snapshot.version}
        change = TableChange(
            "WRITE",
            adds=adds,
            removes=removes,
            metadata=metadata if snapshot is None or metadata != snapshot.metadata else None,
            info={"app": app_id, "batch": number, _OWN: [file.path for file in added]},
        )
        return {VOUCHED: self.table.commit(change, snapshot).version}

    def clear(self) -> dict[str, Any]:
        """Empty the quarantine of a table that begins anew; returns what the table's own commit has to note."""
        if not self.table.exists():
            return {}
        snapshot = self.table.snapshot()
        if snapshot.files:
            snapshot = self.table.commit(TableChange("DELETE", replace=True), snapshot)
        return {VOUCHED: snapshot.version}

    def grown(self, schema: StructType) -> WriteTarget:
        """Where rows of this schema are set aside again; the table, which exists, gets the columns that it lacks."""
        snapshot = self.table.snapshot()
        metadata = self._metadata(schema, snapshot)
        if metadata != snapshot.metadata:
            self.table.commit(TableChange("ADD COLUMNS", metadata=metadata), snapshot)
        return self._target(metadata)

    def known_columns(self) -> StructType:
        """The columns of the rows that were set aside, and those of the table: they type what a query has NULL for."""
        defined = self._pipeline.schema(self._dataset)
        return with_kept(self.table.snapshot().schema, defined) if self.table.exists() else defined

    def visible(self) -> Snapshot | None:
        """The version of the quarantine that the dataset's newest commit vouches for."""
        return visible_quarantine(self._pipeline.lake, self._dataset.name)

    def settle(self, operation: str, files: Sequence[DataFile]) -> dict[str, Any]:
        """Let the quarantine hold these files and no others, as a new version; returns what the table is to note."""
        return _settle(self.table, operation, files)

    def with_origin(self, bound: BoundQuery, flow: str, number: int | None, at: datetime.datetime) -> BoundQuery:
        """The query with columns that tell where each row came from, and the row of the source it was made of."""
        if (known := all_columns(bound)) is not None:  # they were taken with the rows
            return known
        if bound.query.is_rewritten:  # the typed tree is all there is
            return _with_typed_origin(bound, flow, number, at)
        query = bound.query.query
        leaf = row_source(query)
        if leaf is not None and self._is_own(query.reads[leaf]):
            leaf = None  # rows of rows set aside, over and over
        tree, kept = query.tree.copy(), "CAST(NULL AS STRING)"
        hidden: list[str] = []
        if isinstance(tree, exp.Select) and leaf is not None:
            if not isinstance(query.reads[leaf], FileRead):
                tree.select(exp.alias_(parse_expression("struct(*)"), SOURCE_ROW), copy=False)
                hidden.append(SOURCE_ROW)
            else:
                tree.select(exp.alias_(parse_expression("_metadata.file_path"), SOURCE_FILE), copy=False)
                hidden.append(SOURCE_FILE)
                kept = f"`__q`.`{SOURCE_FILE}`"
        star = exp.Column(this=exp.Star(), table=exp.to_identifier("__q"))
        if hidden:
            star.this.set("except_", [exp.column(name) for name in hidden])
        added = [
            f"{kept} AS {SOURCE_FILE}",
            f"{quoted_text(flow)} AS {FLOW}",
            f"CAST({'NULL' if number is None else number} AS BIGINT) AS {BATCH}",
            f"TIMESTAMP '{at.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S.%f}Z' AS {AT}",
            *([f"`__q`.`{SOURCE_ROW}` AS {SOURCE_ROW}"] if SOURCE_ROW in hidden else []),
        ]
        columns = [star, *[parse_expression(text) for text in added]]
        outer = exp.Select(expressions=columns).from_(tree.subquery("__q", copy=False), copy=False)
        analyzed = analyze(replace(query, tree=outer), self._pipeline.catalog, bound.query.settings)
        return replace(bound, query=analyzed)

    def _is_own(self, read: Read) -> bool:
        return isinstance(read, TableRead) and read.name.key == self.table.name.key

    def _metadata(self, schema: StructType, snapshot: Snapshot | None) -> TableMetadata:
        stored = storable(schema, self.known_columns())
        assert isinstance(stored, StructType)
        wanted = StructType(fields=(*stored, Field(BROKEN_RULES, ArrayType(element=STRING))))
        if snapshot is not None:
            kept = [wanted.find(f.name) or f for f in snapshot.schema]
            kept.extend(f for f in wanted if snapshot.schema.find(f.name) is None)
            wanted = StructType(fields=tuple(kept))
        properties = {KIND_PROPERTY: KIND}
        mapped = self._dataset.properties.get(mapping.MODE)
        if mapped is not None:
            properties[mapping.MODE] = mapped
        text = f"Rows that expectations of {self._dataset.name.short} set aside"
        return prepare_metadata(TableMetadata(wanted, (), properties, text), snapshot)

    def _target(self, metadata: TableMetadata) -> WriteTarget:
        is_mapped = mapping.mode(metadata.properties) != "none"
        names = mapping.physical_names(metadata.schema) if is_mapped else {}
        return WriteTarget(self.table.root, metadata.schema, (), names)


def restore_quarantine(lake: Lake, name: TableName, version: int) -> dict[str, Any]:
    """Let the quarantine follow its table back to a version; returns what the table's own commit has to note.

    It holds again what counted then: replays since are taken back, for the table gives up the rows that they brought.
    What batches have set aside since stays, for their files are not read again; but not from after a full refresh,
    which has read again what the older version was made of.

    Raises:
        LakeError: `files-vacuumed`.
    """
    main, aside = lake.table(name), lake.table(quarantine_name(name))
    if not aside.exists():
        return {}
    files = {file.path: file for file in vouched_files(main, aside, version)}
    if TableCheckpoint(lake.root, name).is_begun(main.snapshot(version).transactions):
        files.update((file.path, file) for file in _set_aside_since(main, aside, version))
    gone = [path for path in files if not (aside.root / path).is_file()]
    if gone:
        raise LakeError(
            f"{len(gone)} of {len(files)} files that {aside.name.short} held at version {version} of {name.short} "
            "were vacuumed",
            hint="choose a newer version",
            code="files-vacuumed",
        )
    return _settle(aside, "RESTORE", list(files.values()))


def _set_aside_since(main: Table, aside: Table, version: int) -> Iterator[DataFile]:
    """What the batches have set aside that a table has committed since a version."""
    for commit in main.commits(version + 1):
        for app_id, number in commit.transactions.items() if VOUCHED in commit.info else ():
            written = next(aside.commits(commit.info[VOUCHED], commit.info[VOUCHED]), None)
            if written is not None and (written.info.get("app"), written.info.get("batch")) == (app_id, number):
                own = written.info.get(_OWN)
                yield from (file for file in written.adds if own is None or file.path in own)


def _settle(aside: Table, operation: str, files: Sequence[DataFile]) -> dict[str, Any]:
    snapshot = aside.snapshot()
    adds, removes = _towards(files, snapshot)
    return {VOUCHED: aside.commit(TableChange(operation, adds=adds, removes=removes), snapshot).version}


def _towards(files: Sequence[DataFile], snapshot: Snapshot | None) -> tuple[tuple[DataFile, ...], tuple[DataFile, ...]]:
    """What a commit adds and removes so that these files, and no others, are active."""
    active = {file.path for file in snapshot.files} if snapshot is not None else set[str]()
    wanted = {file.path for file in files}
    removes = [file for file in snapshot.files if file.path not in wanted] if snapshot is not None else []
    return tuple(file for file in files if file.path not in active), tuple(removes)


def _with_typed_origin(bound: BoundQuery, flow: str, number: int | None, at: datetime.datetime) -> BoundQuery:
    """The same columns around a typed tree, in which a row's file and source are no longer known."""
    stamp = f"{at.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S.%f}Z"
    values: dict[str, tuple[DataType, exp.Expr]] = {
        SOURCE_FILE: (STRING, set_type(exp.Null(), NULL)),
        FLOW: (STRING, set_type(exp.Literal.string(flow), STRING)),
        BATCH: (LONG, set_type(exp.Null(), NULL) if number is None else set_type(exp.Literal.number(number), LONG)),
        AT: (TIMESTAMP, set_type(exp.Literal.string(stamp), STRING)),
    }
    columns = [alias_node(column_node("__q", f.name, f.type), f.name) for f in bound.query.schema]
    columns += [
        alias_node(set_type(exp.Cast(this=value), data_type), name) for name, (data_type, value) in values.items()
    ]
    tree = exp.Select(expressions=columns).from_(bound.query.tree.copy().subquery("__q", copy=False), copy=False)
    added = tuple(Field(name, data_type) for name, (data_type, _) in values.items())
    schema = StructType(fields=(*bound.query.schema, *added))
    return replace(bound, query=replace(bound.query, tree=tree, schema=schema))


def row_source(query: Query) -> str | None:
    """The leaf of which each row of the result is made of exactly one row; None when there is no such leaf."""
    tree = query.tree
    if not isinstance(tree, exp.Select) or any(
        tree.args.get(key) for key in ("group", "distinct", "joins", "laterals", "with_", "qualify", "having", "limit")
    ):
        return None
    source = tree.args.get("from_")
    table = source.this if isinstance(source, exp.From) else None
    if not isinstance(table, exp.Table) or table.name not in query.reads:
        return None
    makes_more_or_less = ("explode", "explode_outer", "posexplode", "posexplode_outer", "inline", "stack")
    for node in tree.find_all(exp.Anonymous, exp.Window):
        if isinstance(node, exp.Window) or node.name.lower() in makes_more_or_less or _is_aggregate(node.name):
            return None
    return table.name


def _is_aggregate(name: str) -> bool:
    from ingot.analysis.functions import lookup

    spec = lookup(name.lower())
    return spec is not None and spec.kind in ("aggregate", "generator", "window")

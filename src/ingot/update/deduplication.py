"""`dropDuplicates` and DISTINCT over a stream: one row for each key, across batches and restarts.

The keys that were let through are kept beside the table, in a Delta table of their own with the number of the batch
that brought them. Keys of batch `n` are written before the table's own commit; evaluating batch `n` looks only at
keys of earlier batches, so running it again gives the same.

Owns the rewriting of the query and the table of keys. The state holds every key ever seen, as Spark's does without a
watermark; a query that tells duplicates by other keys than the batches before cannot go on from it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlglot import exp

from ingot.analysis.nodes import column_node
from ingot.analysis.typed import AnalyzedQuery, set_type, type_of
from ingot.engine import Binding, BoundQuery, DataFile, Engine, SnapshotBinding, WriteTarget
from ingot.errors import PlanError
from ingot.lake.checkpoint import flow_state_folder
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake, Table, TableChange, TableMetadata
from ingot.model import Dataset, Flow, TableName, TableRead
from ingot.pipeline.deduplicated import deduplicating_select
from ingot.types import BOOLEAN, LONG, Field, StructType

SEEN_KEYS = "__seen_keys"
_BATCH = "__batch"


@dataclass
class Deduplication:
    """The deduplicating operator of one flow and its keys."""

    flow: Flow
    table: Table
    select: exp.Select
    keys: tuple[Field, ...]

    @classmethod
    def of(cls, lake: Lake, dataset: Dataset, flow: Flow, analyzed: AnalyzedQuery, epoch: str) -> Deduplication | None:
        """The operator, or None for a query that does not deduplicate a stream.

        Raises:
            UnsupportedError: for more than one in a query.
        """
        select = deduplicating_select(analyzed, flow.location)
        if select is None:
            return None
        root = flow_state_folder(lake.root, dataset.name, epoch, flow.name)
        return cls(flow, Table(TableName("", "_ingot", f"keys of {flow.name}"), root), select, _keys(select))

    def check(self, number: int) -> None:
        """Refuse batch `number` if the keys that the batches before it let through are not known.

        Raises:
            PlanError: `checkpoint-mismatch`.
        """
        if number == 0:
            return
        snapshot = self.table.snapshot() if self.table.exists() else None
        known = {(f.name.lower(), f.type) for f in snapshot.schema} if snapshot is not None else None
        wanted = {(f.name.lower(), f.type) for f in self._schema()}
        if snapshot is None or self._last_batch(snapshot) not in (number - 1, number) or known != wanted:
            raise PlanError(
                f"the flow {self.flow.name!r} removes duplicates by ({', '.join(key.name for key in self.keys)}), "
                "which its earlier batches did not: which of its rows have been there is not known",
                location=self.flow.location,
                hint=f"begin anew: ingot run --full-refresh {self.flow.target.short}",
                code="checkpoint-mismatch",
            )

    def prepare(self, engine: Engine, bound: BoundQuery, number: int) -> BoundQuery:
        """Write the keys that batch `number` lets through; returns the query that gives only new keys' rows.

        Raises:
            PlanError: see `check`.
        """
        self.check(number)
        rewritten = self._rewritten(bound, number)
        snapshot = self.table.snapshot() if self.table.exists() else None
        self._write_keys(engine, rewritten, snapshot, number)
        return rewritten

    def _rewritten(self, bound: BoundQuery, number: int) -> BoundQuery:
        tree = bound.query.tree.copy()
        select = _same_place(bound.query.tree, self.select, tree)
        assert isinstance(select, exp.Select)
        new = self._only_new(select.copy(), number)
        if select is tree:
            tree = new
        else:
            select.replace(new)
        reads = {**bound.query.reads, SEEN_KEYS: self._read()}
        query = replace(bound.query, tree=tree, reads=reads, is_rewritten=True)
        return replace(bound, query=query, bindings={**bound.bindings, SEEN_KEYS: self._binding(number)})

    def _only_new(self, select: exp.Select, number: int) -> exp.Select:
        """`SELECT s.* FROM (select) s LEFT ANTI JOIN keys k ON s.key <=> k.key … AND k.batch < number`, typed."""
        ctes = select.args.get("with_")
        if ctes is not None:
            select.set("with_", None)
        columns = [
            set_type(exp.alias_(column_node("__s", e.alias, type_of(e)), e.alias, quoted=True), type_of(e))
            for e in select.expressions
        ]
        conditions = [
            set_type(
                exp.NullSafeEQ(this=column_node("__s", k.name, k.type), expression=column_node("__k", k.name, k.type)),
                BOOLEAN,
            )
            for k in self.keys
        ]
        limit = set_type(
            exp.Cast(this=set_type(exp.Literal.number(number), LONG), to=exp.DataType.build("bigint")), LONG
        )
        conditions.append(set_type(exp.LT(this=column_node("__k", _BATCH, LONG), expression=limit), BOOLEAN))
        on: exp.Expr = conditions[0]
        for condition in conditions[1:]:
            on = set_type(exp.And(this=on, expression=condition), BOOLEAN)
        keys = exp.Table(
            this=exp.to_identifier(SEEN_KEYS, quoted=True),
            alias=exp.TableAlias(this=exp.to_identifier("__k", quoted=True)),
        )
        new = exp.Select(expressions=columns).from_(select.subquery("__s", copy=False), copy=False)
        new.set("joins", [exp.Join(this=keys, side="LEFT", kind="ANTI", on=on)])
        if ctes is not None:
            new.set("with_", ctes)
        return new

    def _write_keys(self, engine: Engine, bound: BoundQuery, snapshot: Snapshot | None, number: int) -> None:
        schema = self._schema()
        select = next(s for s in bound.query.tree.find_all(exp.Select) if _has_leaf(s))
        columns = [
            set_type(exp.alias_(column_node("__n", k.name, k.type), k.name, quoted=True), k.type) for k in self.keys
        ]
        value = set_type(
            exp.Cast(this=set_type(exp.Literal.number(number), LONG), to=exp.DataType.build("bigint")), LONG
        )
        columns.append(set_type(exp.alias_(value, _BATCH, quoted=True), LONG))
        inner = select.copy()
        ctes = bound.query.tree.args.get("with_")
        tree = exp.Select(expressions=columns).from_(inner.subquery("__n", copy=False), copy=False)
        if ctes is not None and inner.args.get("with_") is None:
            tree.set("with_", ctes.copy())
        query = replace(bound.query, tree=tree, schema=schema)
        result = engine.write(replace(bound, query=query), WriteTarget(self.table.root, schema))
        self.table.commit(
            TableChange(
                "STREAMING UPDATE",
                adds=result.files,
                removes=self._leftover(snapshot, number) if number else (),
                replace=snapshot is not None and number == 0,
                metadata=TableMetadata(schema) if number == 0 else None,
                info={"batch": number},
            ),
            snapshot,
        )

    def _leftover(self, snapshot: Snapshot | None, number: int) -> tuple[DataFile, ...]:
        """The keys of an earlier attempt at the same batch: the new ones take their place."""
        if snapshot is None or self._last_batch(snapshot) != number:
            return ()
        return next(self.table.commits(snapshot.version, snapshot.version)).adds

    def _last_batch(self, snapshot: Snapshot) -> int | None:
        """The batch that wrote keys last."""
        return next(self.table.commits(snapshot.version, snapshot.version)).info.get("batch")

    def _schema(self) -> StructType:
        return StructType(fields=(*(replace(k, nullable=True) for k in self.keys), Field(_BATCH, LONG)))

    def _read(self) -> TableRead:
        return TableRead(self.table.name, (SEEN_KEYS,))

    def _binding(self, number: int) -> Binding:
        if number == 0:
            return SnapshotBinding(self.table.root, self._schema(), [])
        return self.table.snapshot().binding()


def _keys(select: exp.Select) -> tuple[Field, ...]:
    outputs = {e.alias: type_of(e) for e in select.expressions}
    on = select.args["distinct"].args.get("on")
    if on is None:
        return tuple(Field(name, data_type) for name, data_type in outputs.items())
    names = [column.name for column in on.expressions]
    return tuple(Field(name, outputs[name]) for name in names)


def _has_leaf(select: exp.Select) -> bool:
    joins = select.args.get("joins") or []
    return any(isinstance(j.this, exp.Table) and j.this.name == SEEN_KEYS for j in joins)


def _same_place(tree: exp.Expr, node: exp.Expr, copy: exp.Expr) -> exp.Expr:
    """The node of a copied tree that stands where `node` stands in the original."""
    for original, copied in zip(tree.walk(), copy.walk(), strict=True):
        if original is node:
            return copied
    raise ValueError("the node is not part of the tree")

"""`dropDuplicates` and DISTINCT over a stream: one row for each key, across batches and restarts.

The keys that were let through are kept beside the table (`seen_keys`), written before the table's own commit of their
batch. Evaluating batch `n` looks only at keys of earlier batches. So an attempt that died, before or after its keys
were there, leaves nothing that the next one looks at.

The keys and the rows of a batch must be those of one another: a key without its row would keep the row out for good,
a row without its key would come twice. A query that gives the same rows again is evaluated for the keys and for the
rows; the new rows of any other are taken once, and both are made of them.

Owns the rewriting of the query. The keys are every key ever seen, as Spark's are without a watermark; a query that
tells duplicates by other keys than the batches before cannot go on from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlglot import exp

from ingot.analysis.nodes import alias_node, column_node, identifier
from ingot.analysis.typed import AnalyzedQuery, set_type, type_of
from ingot.engine import Binding, BoundQuery, Engine
from ingot.errors import PlanError
from ingot.lake.checkpoint import flow_state_folder
from ingot.lake.table import Lake, Table
from ingot.model import Dataset, Flow, TableName, TableRead
from ingot.pipeline.deduplicated import deduplicating_select, evaluated_below
from ingot.types import BOOLEAN, LONG, Field, StructType
from ingot.update.one_evaluation import gives_the_same_again, taken
from ingot.update.seen_keys import BATCH, SeenKeys

_SEEN, _NEW = "__seen_keys", "__new_rows"


def gives_the_same_keys_again(query: AnalyzedQuery, select: exp.Select) -> bool:
    """Whether another evaluation of the SELECT that removes duplicates has the same keys for certain."""
    _, *common = evaluated_below(query, select)
    with_duplicates = select.copy()
    with_duplicates.set("distinct", None)
    return all(gives_the_same_again(replace(query, tree=part)) for part in (with_duplicates, *common))


@dataclass
class Deduplication:
    """The deduplicating operator of one flow and its keys."""

    flow: Flow
    select: exp.Select
    seen: SeenKeys

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
        table = Table(TableName("", "_ingot", f"keys of {flow.name}"), root)
        return cls(flow, select, SeenKeys(table, _keys(select)))

    def check(self, number: int) -> None:
        """Refuse batch `number` if the keys that the batches before it let through are not known.

        Raises:
            PlanError: `checkpoint-mismatch`.
        """
        if not self.seen.are_known_before(number):
            raise PlanError(
                f"the flow {self.flow.name!r} removes duplicates by ({', '.join(key.name for key in self.seen.keys)}), "
                "which its earlier batches did not: which of its rows have been there is not known",
                location=self.flow.location,
                hint=f"begin anew: ingot run --full-refresh {self.flow.target.short}",
                code="checkpoint-mismatch",
            )

    @contextmanager
    def only_new(self, engine: Engine, bound: BoundQuery, number: int) -> Iterator[BoundQuery]:
        """Write the keys that batch `number` lets through; the query that gives only their rows, while this is open.

        Raises:
            PlanError: see `check`.
        """
        self.check(number)
        self.seen.tidy(engine, number)
        new, schema = self._new(number), _schema(self.select)
        reading = _reading(bound, _SEEN, self.seen.before(number))
        rows = replace(reading, query=replace(reading.query, tree=self._alone(new, bound.query), schema=schema))
        if gives_the_same_keys_again(bound.query, self.select):
            self._write_keys(engine, rows, number)
            yield self._in_place(reading, new)
            return
        with taken(engine, rows, self.seen.table.root / "_taken") as once:
            self._write_keys(engine, once, number)
            (binding,) = once.bindings.values()
            yield self._in_place(_reading(bound, _NEW, binding), _all_of(_NEW, schema))

    def _new(self, number: int) -> exp.Select:
        """`SELECT s.* FROM (select) s LEFT ANTI JOIN keys k ON s.key <=> k.key … AND k.batch < number`, typed."""
        select = self.select.copy()
        own = select.args.get("with_")
        select.set("with_", None)
        limit = exp.Cast(this=set_type(exp.Literal.number(number), LONG), to=exp.DataType.build("bigint"))
        on = set_type(exp.LT(this=column_node("__k", BATCH, LONG), expression=set_type(limit, LONG)), BOOLEAN)
        for key in reversed(self.seen.keys):
            sides = (column_node(table, key.name, key.type) for table in ("__s", "__k"))
            same = exp.NullSafeEQ(**dict(zip(("this", "expression"), sides, strict=True)))
            on = set_type(exp.And(this=set_type(same, BOOLEAN), expression=on), BOOLEAN)
        items = [alias_node(column_node("__s", e.alias, type_of(e)), e.alias) for e in select.expressions]
        new = exp.Select(expressions=items).from_(select.subquery("__s", copy=False), copy=False)
        new.set("joins", [exp.Join(this=_leaf(_SEEN, "__k"), side="LEFT", kind="ANTI", on=on)])
        new.set("with_", own)
        return new

    def _alone(self, new: exp.Select, query: AnalyzedQuery) -> exp.Select:
        """The new rows as a query of its own: with the common tables from further out, which no two have one name."""
        _, *common = evaluated_below(query, self.select)
        withs = [node.args["with_"] for node in _ancestors(self.select) if node.args.get("with_")]
        outer = [cte for with_ in reversed(withs) for cte in with_.expressions if any(cte.this is c for c in common)]
        alone = new.copy()
        own = alone.args.get("with_")
        tables = [*(cte.copy() for cte in outer), *(own.expressions if own else [])]
        if tables:
            alone.set("with_", exp.With(expressions=tables, recursive=any(t.meta.get("recursive") for t in tables)))
        return alone

    def _in_place(self, bound: BoundQuery, new: exp.Select) -> BoundQuery:
        """The whole query, with the new rows in the place of what removes duplicates."""
        tree = bound.query.tree.copy()
        place = _same_place(bound.query.tree, self.select, tree)
        if place is tree:
            tree = new
        else:
            place.replace(new)
        return replace(bound, query=replace(bound.query, tree=tree))

    def _write_keys(self, engine: Engine, rows: BoundQuery, number: int) -> None:
        batch = exp.Cast(this=set_type(exp.Literal.number(number), LONG), to=exp.DataType.build("bigint"))
        items = [alias_node(column_node("__n", key.name, key.type), key.name) for key in self.seen.keys]
        items.append(alias_node(set_type(batch, LONG), BATCH))
        tree = exp.Select(expressions=items).from_(rows.query.tree.copy().subquery("__n", copy=False), copy=False)
        keys = replace(rows.query, tree=tree, schema=self.seen.schema)
        self.seen.write(engine, replace(rows, query=keys), number)


def _keys(select: exp.Select) -> tuple[Field, ...]:
    outputs = {e.alias: type_of(e) for e in select.expressions}
    on = select.args["distinct"].args.get("on")
    if on is None:
        return tuple(Field(name, data_type) for name, data_type in outputs.items())
    names = [column.name for column in on.expressions]
    return tuple(Field(name, outputs[name]) for name in names)


def _schema(select: exp.Select) -> StructType:
    return StructType(fields=tuple(Field(e.alias, type_of(e)) for e in select.expressions))


def _reading(bound: BoundQuery, leaf: str, binding: Binding) -> BoundQuery:
    """A query that reads one more leaf."""
    reads = {**bound.query.reads, leaf: TableRead(TableName("", "_ingot", leaf), (leaf,))}
    query = replace(bound.query, reads=reads, is_rewritten=True)
    return replace(bound, query=query, bindings={**bound.bindings, leaf: binding})


def _leaf(name: str, alias: str) -> exp.Table:
    return exp.Table(this=identifier(name), alias=exp.TableAlias(this=identifier(alias)))


def _all_of(leaf: str, schema: StructType) -> exp.Select:
    items = [alias_node(column_node("__s", field.name, field.type), field.name) for field in schema]
    return exp.Select(expressions=items).from_(_leaf(leaf, "__s"), copy=False)


def _ancestors(node: exp.Expr) -> Iterator[exp.Expr]:
    """What a node stands in, from the inside out."""
    while node.parent is not None:
        node = node.parent
        yield node


def _same_place(tree: exp.Expr, node: exp.Expr, copy: exp.Expr) -> exp.Expr:
    """The node of a copied tree that stands where `node` stands in the original."""
    for original, copied in zip(tree.walk(), copy.walk(), strict=True):
        if original is node:
            return copied
    raise ValueError("the node is not part of the tree")

"""Rows that a table and its quarantine share: taken once, where the query could give others when it is evaluated again.

The rows that break a rule and those that do not must be parts of the same rows, or some would be in both tables and
some in neither. A query that takes each row for itself gives them again. One that chooses among rows (duplicates,
ties of a window, LIMIT, a sample) may choose others, for threads meet rows in no order; one that calls `rand()`, or a
function of the user, may get other values. Knows no rules, and no table.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlglot import exp

from ingot.analysis.names import answers_anew
from ingot.analysis.nodes import alias_node, column_node
from ingot.analysis.typed import AnalyzedQuery
from ingot.engine import BoundQuery, Engine, SnapshotBinding, WriteTarget
from ingot.model import TableName, TableRead
from ingot.types import NULL, STRING, ArrayType, DataType, MapType, StructType, as_nullable

_TAKEN = "__taken"
_CHOOSING = (exp.Distinct, exp.Group, exp.Window, exp.Limit, exp.Fetch, exp.Offset, exp.TableSample, exp.SetOperation)


def gives_the_same_again(query: AnalyzedQuery) -> bool:
    """Whether another evaluation gives the same rows for certain: each is made of its own rows, by fixed functions."""
    for node in query.tree.walk():
        if isinstance(node, _CHOOSING) and not _keeps_all(node):
            return False
        if isinstance(node, exp.Anonymous) and (node.meta.keys() & {"user", "aggregate"} or answers_anew(node)):
            return False
    return True


def _keeps_all(node: exp.Expr) -> bool:
    return isinstance(node, exp.Union) and not node.args.get("distinct")


@contextmanager
def taken(
    engine: Engine,
    rows: BoundQuery,
    folder: Path,
    more: Iterable[BoundQuery] = (),
    known: StructType | None = None,
) -> Iterator[BoundQuery]:
    """The rows of a query as one evaluation gives them, with all of their columns, for as long as this is open.

    Args:
        engine: Evaluates the query, once.
        rows: The query.
        folder: For temporary files of this kind; what a process that died has left there is removed.
        more: Queries of the same columns, whose rows are taken as well.
        known: What columns are elsewhere: tells the type of those that the query gives as NULL of no type.
    """
    shutil.rmtree(folder, ignore_errors=True)
    schema = storable(rows.query.schema, known)
    assert isinstance(schema, StructType)
    target = WriteTarget(folder / uuid.uuid4().hex[:12], schema, is_temporary=True)
    try:
        files = [file for query in (rows, *more) for file in engine.write(query, target).files]
        binding = SnapshotBinding(target.root, schema, files)
        yield columns_of(replace(rows, bindings={_TAKEN: binding}), schema)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def all_columns(rows: BoundQuery) -> BoundQuery | None:
    """Everything that was taken with rows of which `columns_of` shows a part; None for rows that were not taken."""
    binding = rows.bindings.get(_TAKEN)
    return columns_of(rows, binding.schema) if isinstance(binding, SnapshotBinding) else None


def columns_of(rows: BoundQuery, schema: StructType) -> BoundQuery:
    """Rows that were taken, with these of their columns."""
    binding = rows.bindings[_TAKEN]
    assert isinstance(binding, SnapshotBinding)
    shown = [field for name in schema.names if (field := binding.schema.find(name)) is not None]
    table = exp.Table(
        this=exp.to_identifier(_TAKEN, quoted=True),
        alias=exp.TableAlias(this=exp.to_identifier("__t", quoted=True)),
    )
    items = [alias_node(column_node("__t", f.name, f.type), f.name) for f in shown]
    query = replace(
        rows.query,
        tree=exp.Select(expressions=items).from_(table, copy=False),
        schema=StructType(fields=tuple(shown)),
        reads={_TAKEN: TableRead(TableName("", "_ingot", "taken"), (_TAKEN,))},
        stateful=(),
        volatile=frozenset(),
        is_rewritten=True,
    )
    return replace(rows, query=query)


def storable(data_type: DataType, known: DataType | None = None) -> DataType:
    """A type in which files hold what is NULL of no type: as one that is known holds it, or else as a text."""
    match data_type:
        case StructType():
            types = {f.name.lower(): f.type for f in known} if isinstance(known, StructType) else {}
            fields = (replace(f, type=storable(f.type, types.get(f.name.lower())), nullable=True) for f in data_type)
            return StructType(fields=tuple(fields))
        case ArrayType():
            element = known.element if isinstance(known, ArrayType) else None
            return as_nullable(replace(data_type, element=storable(data_type.element, element)))
        case MapType():
            key, value = (known.key, known.value) if isinstance(known, MapType) else (None, None)
            types = {"key": storable(data_type.key, key), "value": storable(data_type.value, value)}
            return as_nullable(replace(data_type, **types))
    return as_nullable(known or STRING) if data_type == NULL else data_type

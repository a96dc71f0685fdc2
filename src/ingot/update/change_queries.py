"""Evaluates the queries of `cdc` for one batch: over leaves that are bound by name, at the instant of the batch.

Never knows what a query is for.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from sqlglot import exp

from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import AnalyzedQuery, Settings
from ingot.cdc import ChangeTable
from ingot.engine import BROKEN_RULES, Binding, BoundQuery, Engine, Rule, SnapshotBinding, WriteTarget
from ingot.model import Query, Read, TableName, TableRead
from ingot.result import as_tuples
from ingot.sql import parse_statement
from ingot.types import LONG, STRING, ArrayType, Field, StructType
from ingot.update.attempt import Attempt

_KEPT_MAX = 256  # a batch has about ten queries, the same as the batch before


@dataclass(frozen=True)
class _Leaves:
    """A catalog of leaves by name. Two of them are equal if their schemas are, as `text` spells them."""

    text: str
    schemas: Mapping[str, StructType] = field(compare=False)

    def schema_of(self, read: Read) -> StructType:
        assert isinstance(read, TableRead)
        return self.schemas[read.name.table]

    def view_of(self, read: Read) -> Query | None:
        return None


@lru_cache(_KEPT_MAX)
def _analyzed(text: str, leaves: _Leaves, settings: Settings) -> AnalyzedQuery:
    """A query over these leaves, analyzed once for all batches: that takes longer than a small batch does."""
    reads = {name: TableRead(TableName("", "_ingot", name), (name,)) for name in leaves.schemas}
    return analyze(Query(cast(exp.Query, parse_statement(text)), reads), leaves, settings)


@dataclass
class ChangeQueries:
    """The queries of one batch.

    Attributes:
        attempt: The batch.
        table: What its changes are applied to.
    """

    engine: Engine
    attempt: Attempt
    table: ChangeTable

    @property
    def now(self) -> datetime.datetime:
        """The instant of the batch."""
        return self.attempt.bound.now

    def bound(self, text: str, leaves: Mapping[str, Binding]) -> BoundQuery:
        """A query over these leaves."""
        schemas = {name: _schema(binding) for name, binding in leaves.items()}
        analyzed = _analyzed(text, _Leaves(repr(schemas), schemas), self.attempt.bound.query.settings)
        bindings = {name: leaves[name] for name in analyzed.reads}
        return BoundQuery(analyzed, bindings, self.now, is_small_right=True)

    def collect(self, text: str, leaves: Mapping[str, Binding]) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return as_tuples(self.engine.collect(self.bound(text, leaves)))

    def stage(self, text: str, leaves: Mapping[str, Binding], folder: Path) -> SnapshotBinding:
        """The rows of a query, written to a temporary folder."""
        bound = self.bound(text, leaves)
        result = self.engine.write(bound, WriteTarget(folder, bound.query.schema, is_temporary=True))
        return SnapshotBinding(folder, bound.query.schema, result.files)

    def stage_violations(self, rules: Sequence[Rule], folder: Path) -> SnapshotBinding:
        """The rows of the batch's own query that violate any of these rules, written to a temporary folder."""
        bound = self.attempt.bound
        schema = StructType(fields=(*bound.query.schema, Field(BROKEN_RULES, ArrayType(element=STRING))))
        target = WriteTarget(folder, schema, is_temporary=True)
        return SnapshotBinding(folder, schema, self.engine.write_violations(bound, target, rules).files)


def _schema(binding: Binding) -> StructType:
    assert isinstance(binding, SnapshotBinding)
    if binding.file_column is None:
        return binding.schema
    return StructType(fields=(*binding.schema, Field(binding.file_column, LONG)))

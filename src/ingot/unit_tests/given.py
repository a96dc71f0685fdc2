"""Given rows and files in place of what the definitions read: a catalog, streams and batches that know them.

Owns which leaf of a query reads what a test gives, and how much of it a batch sees. Never updates a table.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlglot import exp

from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import AnalyzedQuery
from ingot.cdc.versions import Version
from ingot.engine import Binding, SourceFile
from ingot.errors import Location, ProjectError
from ingot.model import FileRead, Flow, Query, Read, TableName, TableRead, ValuesRead
from ingot.pipeline import Pipeline, ProjectCatalog
from ingot.result import Result
from ingot.streams import Offset, Stream
from ingot.types import StructType
from ingot.unit_tests.assumptions import Assumptions
from ingot.unit_tests.elsewhere import as_written
from ingot.unit_tests.inputs import Input, Inputs, Known
from ingot.update.batches import FlowBatches
from ingot.update.snapshot_batches import SnapshotBatches, batches_of


class GivenCatalog(ProjectCatalog):
    """A catalog in which given rows and files stand for what the definitions read.

    `known` tells of the columns of what is stood for; `place` is that of the test.
    """

    def __init__(self, pipeline: Pipeline, inputs: Inputs, known: Known, assumed: Assumptions, place: Location | None):
        super().__init__(pipeline)
        self.inputs = inputs
        self._known = known
        self.assumed = assumed
        self._place = place

    def given(self, read: Read) -> Input | None:
        """The given rows that stand for a read."""
        found = None if isinstance(read, ValuesRead) else self.inputs.find(read)
        return None if found is None or found.has_files else found

    def redirected(self, query: Query) -> Query:
        """The query of a flow, its reads of given files led to these."""
        return replace(query, reads={leaf: self._moved(read) for leaf, read in query.reads.items()})

    def schema_of(self, read: Read, flow: Flow | None = None) -> StructType:
        """The columns of a leaf.

        Raises:
            ProjectError: `missing-input`, for a leaf that the test gives nothing for.
        """
        read = self._moved(read)
        given = self.given(read)
        if given is not None and not isinstance(read, ValuesRead):
            schema = given.schema(read, self._known, self.select)
            return self.assumed.of(read, schema) if given.is_open else schema
        if isinstance(read, FileRead) and not self._is_below_inputs(read):
            raise self._missing(read.path, flow, read.location)
        if isinstance(read, TableRead) and not self._is_made(read.name):
            raise self._missing(".".join(read.parts), flow, read.location)
        return super().schema_of(read, flow)

    def view_of(self, read: Read) -> Query | None:
        """The query of a temporary view that the test does not give."""
        is_dataset = isinstance(read, TableRead) and self.pipeline.dataset(read.name) is not None
        return super().view_of(read) if is_dataset and self.given(read) is None else None

    def bind(self, read: Read) -> Binding:
        """What a leaf has: all rows so far of an input that something streams, else those of its newest batch."""
        read = self._moved(read)
        given = self.given(read)
        if given is None or isinstance(read, ValuesRead):
            return super().bind(read)
        start = 0 if given.is_streamed else given.newest
        return given.binding(read, self.schema_of(read), self.select, start, self.inputs.count)

    def files(self, read: FileRead) -> list[SourceFile]:
        """The files of a read."""
        moved = self._moved(read)
        assert isinstance(moved, FileRead)
        return super().files(moved)

    def read_names(self) -> list[str]:
        """What the flows whose query was built read, as a test names it."""
        found: dict[str, None] = {}
        for _, query in self.pipeline.built_queries():
            for read in query.reads.values():
                if isinstance(read, TableRead):
                    found[read.name.short] = None
                elif isinstance(read, FileRead):
                    found[self._shown(read.path)] = None
        return list(found)

    def select(self, text: str, location: Location | None) -> tuple[StructType, Any]:
        """The columns and rows of a query that reads nothing: `format: sql`."""
        from ingot.definitions.reads import Names, mark_reads
        from ingot.sql import parse_statement

        tree = parse_statement(text.strip().rstrip(";"), location)
        if not isinstance(tree, exp.Query):
            raise ProjectError("`format: sql` takes a query", location=location, hint="SELECT 1 AS id", code="usage")
        query = mark_reads(tree, Names(self.pipeline.project), location)
        if query.reads:
            raise ProjectError(
                "rows by `format: sql` cannot read tables", location=location, hint="SELECT 1 AS id", code="usage"
            )
        analyzed = analyze(query, self, self.pipeline.settings())
        return analyzed.schema, Result(self.pipeline.rows(analyzed), analyzed.schema).fetchall()

    def _moved(self, read: Read) -> Read:
        found = self.inputs.find(read) if isinstance(read, FileRead) else None
        return self.inputs.moved(read, found) if isinstance(read, FileRead) and found and found.has_files else read

    def _is_made(self, name: TableName) -> bool:
        """Whether the test updates what writes a table; a quarantine comes of no table that is given."""
        dataset = self.pipeline.written_with(name)
        return dataset is not None and (dataset.name.key == name.key or not self.stands_for(dataset.name))

    def stands_for(self, name: TableName) -> bool:
        """Whether given rows stand for a table."""
        return self.given(TableRead(name, (name.table,))) is not None

    def _is_below_inputs(self, read: FileRead) -> bool:
        return any(one.folder is not None and Path(read.path).is_relative_to(one.folder) for one in self.inputs.all)

    def _missing(self, name: str, flow: Flow | None, place: Location | None) -> ProjectError:
        shown, root = self._shown(name), self.pipeline.project.root
        reader = f", which {flow.target.short} reads" if flow is not None else ""
        at = f" at {place.relative_to(root)}" if place is not None and reader else ""
        return ProjectError(
            f"the test gives no rows for '{shown}'{reader}{at}",
            location=self._place,
            hint=f"add below `given`: - {{input: {shown}, rows: []}}",
            code="missing-input",
        )

    def _shown(self, path: str) -> str:
        """A path as a definition writes it."""
        root = self.pipeline.project.root
        return str(Path(path).relative_to(root)) if Path(path).is_relative_to(root) else as_written(path)


@dataclass
class GivenStream:
    """A streaming leaf whose rows a test gives: an offset is a range of the test's batches."""

    key: str
    read: TableRead | FileRead
    given: Input
    catalog: GivenCatalog

    def next(self, done: Iterable[Offset]) -> Offset | None:
        last = next(iter(list(done)[-1:]), None)
        start, end = (0 if last is None else last["to"]), self.catalog.inputs.count
        if last is not None and not self.given.has_rows(start, end):
            return None
        return {"from": start, "to": end, "files": []}

    def bind(self, offset: Offset | None) -> Binding:
        start, end = (offset["from"], offset["to"]) if offset else (0, 0)
        return self.given.binding(self.read, self.catalog.schema_of(self.read), self.catalog.select, start, end)

    def bind_until(self, done: Offset | None, more: Offset | None = None) -> Binding:
        """See `LastingStream`."""
        last = more or done
        return self.bind({"from": 0, "to": last["to"]} if last else None)

    def merge(self, done: Iterable[Offset]) -> Offset:
        return list(done)[-1]


class GivenBatches(FlowBatches):
    """The batches of a flow that reads given rows."""

    def pin(self, read: Read) -> Any:
        return None if self._catalog.given(read) is not None else super().pin(read)

    def make_stream(self, read: Read, key: str) -> Stream:
        given = self._catalog.given(read)
        if given is None or isinstance(read, ValuesRead):
            return super().make_stream(read, key)
        return GivenStream(key, read, given, self._catalog)

    @property
    def _catalog(self) -> GivenCatalog:
        assert isinstance(self.pipeline.catalog, GivenCatalog)
        return self.pipeline.catalog


class GivenSnapshots(GivenBatches, SnapshotBatches):
    """The snapshots of a flow that reads given rows: each batch of the test is one."""

    def folder(self, offset: Offset) -> Version:
        """The folder of files that the test gives; of rows the number of the batch stands for its name."""
        return Version(f"{offset['to']:04}") if "to" in offset else super().folder(offset)

    def is_settled(self, analyzed: AnalyzedQuery) -> bool:
        """Never: given rows are not among the inputs that are looked at."""
        return False


def given_batches(flow: Flow) -> type[FlowBatches]:
    """What makes the batches of a flow that reads given rows."""
    return GivenSnapshots if issubclass(batches_of(flow), SnapshotBatches) else GivenBatches

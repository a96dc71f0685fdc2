"""Columns of what nothing is known about: raw files that are not there, tables of elsewhere.

A test must not need them. So what the definitions ask of such an input is taken for a column of it: in the columns of
what is made from it (types come from the casts on the way), and as NULL where a test gives no value.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from ingot.analysis.analyzer import analyze
from ingot.errors import IngotError, UnknownColumnError, nearest
from ingot.model import Dataset, FileRead, Flow, Read, TableName, TableRead, ValuesRead
from ingot.pipeline import Pipeline, ProjectCatalog
from ingot.types import STRING, DataType, Field, StructType, struct

_ROUNDS_MAX = 1000


@dataclass
class Assumptions:
    """Columns by what they are assumed of; `asked` are the inputs without known columns that were asked for."""

    columns: dict[str, dict[str, Field]] = field(default_factory=dict)
    asked: dict[str, StructType] = field(default_factory=dict)

    def of(self, read: TableRead | FileRead, known: StructType) -> StructType:
        """The known columns with the assumed ones."""
        label = label_of(read)
        self.asked[label] = known
        assumed = [f for name, f in self.columns.get(label, {}).items() if known.find(name) is None]
        return StructType(fields=(*known, *assumed))

    def learn(self, error: IngotError) -> bool:
        """Take the column that an error misses for one of an input; False when it cannot be that input's.

        A name that is very like that of a known column is a mistake, and stays one.
        """
        if not isinstance(error, UnknownColumnError):
            return False
        labels = [label for label in error.relations if label in self.asked]
        if not labels and len(self.asked) == 1:
            labels = list(self.asked)
        name = error.column[0]
        if not labels or nearest(name, self.asked[labels[0]].names, cutoff=0.8):
            return False
        columns = self.columns.setdefault(labels[0], {})
        before = columns.get(name.lower())
        columns[name.lower()] = Field(name, _with_field(before.type if before else STRING, error.column[1:]))
        return before != columns[name.lower()]


def _with_field(kind: DataType, names: tuple[str, ...]) -> DataType:
    """The type of a column of which a field is asked."""
    if not names:
        return kind
    fields = {f.name: f for f in kind} if isinstance(kind, StructType) else {}
    inner = fields[names[0]].type if names[0] in fields else STRING
    fields[names[0]] = Field(names[0], _with_field(inner, names[1:]))
    return struct(*fields.values())


def label_of(read: TableRead | FileRead) -> str:
    """What analysis calls a leaf in its errors."""
    return ".".join(read.parts) if isinstance(read, TableRead) else read.path


class AssumingCatalog(ProjectCatalog):
    """The project as it is, with assumed columns where sources are missing; asked for columns, never for rows."""

    def __init__(self, pipeline: Pipeline):
        super().__init__(pipeline)
        self.assumed = Assumptions()
        self._is_open: dict[TableName, bool] = {}

    def known(self, read: TableRead | FileRead) -> tuple[StructType | None, bool]:
        """What is known of the columns of a leaf, and whether it may have others."""
        try:
            return self._known(read)
        except IngotError:
            return None, True

    def schema_of(self, read: Read, flow: Flow | None = None) -> StructType:
        """The columns of a leaf; those that are asked of it, when nothing is known of it."""
        if isinstance(read, ValuesRead):
            return read.schema
        known, is_open = self.known(read)
        return self.assumed.of(read, known or StructType()) if is_open else known or StructType()

    def _known(self, read: TableRead | FileRead) -> tuple[StructType | None, bool]:
        if isinstance(read, FileRead):
            return super().schema_of(read), False
        dataset = self.pipeline.dataset(read.name)
        if dataset is not None:
            schema = self._settled_schema(dataset)
            if not self.is_open(dataset):
                return schema, False
            assumed = {name for columns in self.assumed.columns.values() for name in columns}
            return StructType(fields=tuple(f for f in schema if f.name.lower() not in assumed)), True
        query = self.view_of(read)
        if query is not None:
            return analyze(query, self, self.pipeline.settings()).schema, False
        return super().schema_of(read), False

    def is_open(self, dataset: Dataset) -> bool:
        """Whether a dataset passes on all columns of something that nothing is known about."""
        if dataset.name not in self._is_open:
            self._is_open[dataset.name] = False  # while it is looked at, in a circle
            self._is_open[dataset.name] = any(self._passes_on(flow) for flow in self.pipeline.flows(dataset.name))
        return self._is_open[dataset.name]

    def _passes_on(self, flow: Flow) -> bool:
        query = self.pipeline.query(flow)
        if query.tree.find(exp.Star) is None:
            return False
        reads = [read for read in query.reads.values() if not isinstance(read, ValuesRead)]
        return any(self.known(read)[1] for read in reads)

    def _settled_schema(self, dataset: Dataset) -> StructType:
        """The columns of a dataset, once every column that it asks of unknown inputs is assumed."""
        for _ in range(_ROUNDS_MAX):
            try:
                return self.pipeline.schema(dataset)
            except UnknownColumnError as error:
                if not self.assumed.learn(error):
                    raise
                self.pipeline.forget()
        raise IngotError(f"the columns of {dataset.name.short} cannot be told", location=dataset.location)

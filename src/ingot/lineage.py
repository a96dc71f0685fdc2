"""What of a project depends on what: the graph of sources, datasets and files, and the origins of each column.

Read from the definitions, compiled against the lake; nothing is evaluated or written. Temporary views are nodes of the
graph; the origins of columns go through them to tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingot.analysis.lineage import column_origins
from ingot.definitions import load_definitions
from ingot.engine import Engine
from ingot.errors import IngotError, Location, as_ingot_error
from ingot.lake.table import Lake
from ingot.model import Dataset, FailedDefinition, FileRead, Flow, Project, Read, TableRead
from ingot.pipeline import Pipeline
from ingot.update.kept_schemas import kept_schemas

ColumnOrigins = Mapping[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True)
class Node:
    """One thing that data goes through: a dataset (by its short name), a source, or files that no source lands.

    `kind` is that of a dataset, or `source`, `files` or `table` (one that the project only reads).
    """

    name: str
    kind: str
    location: Location | None = None
    comment: str | None = None
    error: IngotError | None = None


@dataclass(frozen=True)
class Lineage:
    """Nodes by name, what flows where (from, to), and for each dataset the (node, column) pairs behind its columns.

    `errors` are those of the definitions themselves, whether or not a node has them too: what does not parse or load.
    """

    nodes: Mapping[str, Node]
    edges: frozenset[tuple[str, str]]
    columns: Mapping[str, ColumnOrigins] = field(default_factory=dict)
    errors: tuple[IngotError, ...] = ()


def project_lineage(project: Project, engine: Engine) -> Lineage:
    """The lineage of all that a project defines; what does not compile is a node with its error."""
    lake = Lake(project.lake, project.catalog)
    definitions = load_definitions(project)
    pipeline = Pipeline(project, definitions, lake, engine, kept_schemas(project, lake, engine), may_collect=True)
    try:
        pipeline.compile()
    except IngotError as error:  # a cycle: nothing has an order, but each dataset still is what it is
        return _lineage(pipeline, (*_wrong(pipeline), error))
    return _lineage(pipeline, _wrong(pipeline))


def _wrong(pipeline: Pipeline) -> tuple[IngotError, ...]:
    """What is wrong with definitions before anything is known of what they read: each error once."""
    found = [as_ingot_error(failed.error).at(failed.location) for failed in pipeline.definitions.failed]
    found += [error for error in pipeline.failures.values() if error.code == "syntax-error"]
    return tuple({(error.code, error.message, str(error.location)): error for error in found}.values())


def _failed(failed: Iterable[FailedDefinition]) -> Iterable[Node]:
    """The datasets whose definitions are wrong: of them the name is all that is known."""
    for each in failed:
        if each.name is not None:
            yield Node(each.name.short, "table", each.location, None, as_ingot_error(each.error).at(each.location))


def _lineage(pipeline: Pipeline, errors: tuple[IngotError, ...]) -> Lineage:
    nodes = {spec.name: Node(spec.name, "source", spec.location) for spec in pipeline.project.sources}
    nodes.update({node.name: node for node in _failed(pipeline.definitions.failed)})
    edges: set[tuple[str, str]] = set()
    columns: dict[str, ColumnOrigins] = {}
    for dataset in pipeline.datasets:
        name, error = dataset.name.short, pipeline.failures.get(dataset.name)
        nodes[name] = Node(name, _kind(pipeline, dataset, error), dataset.location, dataset.comment, error)
        for flow in pipeline.flows(dataset.name):
            for read in _reads(pipeline, flow):
                upstream = _node(pipeline, read)
                if upstream is not None:
                    nodes.setdefault(upstream.name, upstream)
                    edges.add((upstream.name, name))
        if error is None:
            columns[name] = _columns(pipeline, dataset)
    return Lineage(nodes, frozenset(edges), columns, errors)


def _kind(pipeline: Pipeline, dataset: Dataset, error: IngotError | None) -> str:
    if dataset.kind is not None or error is not None:
        return dataset.kind.value if dataset.kind is not None else "table"
    return pipeline.kind(dataset).value


def _reads(pipeline: Pipeline, flow: Flow) -> list[Read]:
    """What a flow reads, as far as it could be built; views are not gone through."""
    try:
        return list(pipeline.query(flow).reads.values())
    except IngotError:  # it is the dataset's error already
        return []


def _columns(pipeline: Pipeline, dataset: Dataset) -> ColumnOrigins:
    stored = pipeline.schema(dataset).names
    found: dict[str, set[tuple[str, str]]] = {name: set() for name in stored}
    for flow in pipeline.flows(dataset.name):
        analyzed = pipeline.analyzed(flow)
        for column, origins in column_origins(analyzed).items():
            for leaf, origin in origins:
                node = _node(pipeline, analyzed.reads[leaf])
                if node is not None and column in found:
                    found[column].add((node.name, origin))
    return {column: tuple(sorted(origins)) for column, origins in found.items()}


def _node(pipeline: Pipeline, read: Read) -> Node | None:
    """The node that a leaf stands for; None for rows that the definitions themselves hold."""
    if isinstance(read, TableRead):
        dataset = pipeline.dataset(read.name)
        return Node(dataset.name.short if dataset else read.name.short, "table", read.location)
    if isinstance(read, FileRead):
        source = _source(pipeline.project, read.path)
        return Node(source, "source") if source else Node(_shown(pipeline.project, read.path), "files", read.location)
    return None


def _source(project: Project, path: str) -> str | None:
    """The source that lands the files of a path."""
    landing = f"{project.lake / '_landing'}/"
    return path.removeprefix(landing).split("/")[0] if path.startswith(landing) else None


def _shown(project: Project, path: str) -> str:
    return str(Path(path).relative_to(project.root)) if path.startswith(f"{project.root}/") else path

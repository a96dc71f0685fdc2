"""Read-only statements over the lake: SELECT, DESCRIBE, SHOW; and previews of datasets. Never writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from ingot import cdc
from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import AnalyzedQuery
from ingot.confinement import confined_query, refuse_path
from ingot.definitions import load_definitions
from ingot.definitions.names import written_table_name
from ingot.definitions.reads import Names, mark_reads
from ingot.engine import Engine
from ingot.errors import AnalysisError, Location, UnsupportedError, nearest
from ingot.lake.set_aside import readable
from ingot.lake.table import Lake, Table
from ingot.model import Definitions, Flow, Project, Query, Read, TableName, TableRead, ValuesRead
from ingot.pipeline import Pipeline
from ingot.result import Result, arrow_table, refuse_intervals
from ingot.sql import parse_expression, parse_statement
from ingot.types import (
    LONG,
    STRING,
    TIMESTAMP,
    Field,
    StructType,
    struct,
)
from ingot.update.kept_schemas import kept_schemas

_READS = ("SELECT", "WITH", "FROM", "VALUES", "TABLE", "DESCRIBE", "DESC", "", "--", "/*")
_TABLES = struct(Field("database", STRING), Field("tableName", STRING))
_SCHEMAS = struct(Field("databaseName", STRING))
_COLUMNS = struct(Field("col_name", STRING), Field("data_type", STRING), Field("comment", STRING))
_HISTORY = struct(
    Field("version", LONG), Field("timestamp", TIMESTAMP), Field("operation", STRING),
    Field("operationParameters", STRING), Field("operationMetrics", STRING), Field("engineInfo", STRING),
)  # fmt: skip


def evaluate(
    project: Project,
    engine: Engine,
    text: str,
    *,
    limit: int | None = None,
    is_confined: bool = False,
    location: Location | None = None,
) -> Result:
    """Evaluate one read-only statement.

    Args:
        project: The project whose lake is asked.
        engine: What evaluates.
        text: The statement.
        limit: How many rows at most; all if None.
        is_confined: Whether only tables of the lake, and those that the project maps, may be read: no files or tables
            by their path.
        location: Where the text begins; places of what is wrong are counted from there.

    Raises:
        AnalysisError: for what is not such a statement.
        UnsupportedError: `path-refused`, for what a confined statement may not read.
    """
    text = text.rstrip().rstrip(";")
    lake = Lake(project.lake, project.catalog)
    words = text.split()
    if words and words[0].upper() == "SHOW":
        return _show(lake, words, text)
    names = Names(project)
    if [word.upper() for word in words[:2]] == ["DESCRIBE", "DETAIL"] and len(words) > 2:
        name = written_table_name(project, text.split(maxsplit=2)[2])
        if is_confined:
            refuse_path(name, location)
        return _detail(readable(lake, name))
    if not words or words[0].upper().lstrip("(") not in _READS:
        raise _not_a_query(words)
    tree = parse_statement(text, location)
    if isinstance(tree, exp.Describe):
        return _describe(lake, tree, names, is_confined)
    if not isinstance(tree, exp.Query):
        raise _not_a_query(words)
    pipeline = Pipeline(project, Definitions({}, ()), lake, engine, is_for_queries=True)
    query = confined_query(tree, names, location) if is_confined else mark_reads(tree, names, location)
    return _rows(pipeline, analyze(query, pipeline.catalog, pipeline.settings()), limit)


def _not_a_query(words: list[str]) -> AnalysisError:
    return AnalysisError(
        f"{words[0].upper()} is not a read-only query" if words else "there is no query",
        hint="queries are SELECT, DESCRIBE and SHOW; tables change only by an update",
        code="not-a-query",
    )


def preview(project: Project, engine: Engine, dataset: str, limit: int, where: str | None = None) -> Result:
    """The rows that a dataset would have; tables that do not exist yet are computed from what they read.

    Raises:
        IngotError: what makes the dataset fail.
    """
    lake = Lake(project.lake, project.catalog)
    pipeline = Pipeline(project, load_definitions(project), lake, engine, kept_schemas(project, lake, engine))
    wanted = written_table_name(project, dataset)
    found, failure = pipeline.dataset(wanted), pipeline.failure(wanted)
    if failure is not None:
        raise failure
    if found is None:
        near = nearest(wanted.short, [d.name.short for d in pipeline.datasets])
        raise AnalysisError(
            f"there is no dataset {dataset!r} in the project",
            hint=f"did you mean {near!r}?" if near else None,
            code="unknown-dataset",
        )
    pipeline.may_collect = True
    definition = _PreviewCatalog(pipeline)
    query = definition.whole(found.name)
    shown = exp.TableAlias(this=exp.to_identifier(found.name.short, quoted=True))
    tree = exp.Select(expressions=[exp.Star()]).from_(exp.Subquery(this=query.tree, alias=shown), copy=False)
    if where:
        place = Location("--where")
        condition = parse_expression(where, place)
        for node in condition.walk():
            node.meta["location"] = place  # it stands in no file, and on no line of one
        tree = tree.where(condition, copy=False)
    tree = tree.limit(limit, copy=False)
    return _rows(pipeline, analyze(replace(query, tree=tree), definition, pipeline.settings()))


def _rows(pipeline: Pipeline, analyzed: AnalyzedQuery, limit: int | None = None) -> Result:
    refuse_intervals(analyzed.schema, "a result cannot hold")
    return Result(pipeline.rows(analyzed, limit), analyzed.schema)


@dataclass
class _PreviewCatalog:
    """A catalog in which datasets that have no table yet are views, and streams are read whole."""

    pipeline: Pipeline

    def schema_of(self, read: Read) -> StructType:
        return self.pipeline.catalog.schema_of(read)

    def view_of(self, read: Read) -> Query | None:
        if not isinstance(read, TableRead) or read.version is not None:
            return None
        dataset = self.pipeline.dataset(read.name)
        if dataset is None or read.reads_changes:
            return self.pipeline.catalog.view_of(read)
        if self.pipeline.table(read.name).exists():
            return None
        return self.whole(read.name)

    def whole(self, name: TableName) -> Query:
        """The rows that all flows into a dataset give, as one batch query."""
        dataset = self.pipeline.dataset(name)
        assert dataset is not None
        if dataset.kind is not None and dataset.kind.value == "temporary_view":
            query = self.pipeline.catalog.view_of(TableRead(name, (name.table,)))
            assert query is not None
            return _batch(query)
        flows = self.pipeline.flows(name)
        if not flows:
            raise AnalysisError(f"{name.short} has no flow to preview", location=dataset.location)
        changed = self.pipeline.change_table(dataset)
        if changed is None:
            queries = [_batch(self.pipeline.query(flow)) for flow in flows]
        else:
            queries = [self._events(flow, changed) for flow in flows]
        query = queries[0] if len(queries) == 1 else _union(queries)
        return query if changed is None else cdc.whole_query(query, changed)

    def _events(self, flow: Flow, table: cdc.ChangeTable) -> Query:
        """All events of a flow, with the columns of its table."""
        if flow.changes is not None and flow.changes.is_snapshot:
            raise UnsupportedError(
                f"{flow.target.short} follows snapshots, of which a preview cannot tell the versions",
                location=flow.location,
                hint=f"run it: ingot run --refresh {flow.target.short}",
                code="unsupported-preview",
            )
        query = _batch(self.pipeline.query(flow))
        tree = parse_statement(cdc.padded_text(table, self.pipeline.analyzed(flow).schema))
        leaf = next(found for found in tree.find_all(exp.Table) if found.name == "events")
        leaf.replace(query.tree.subquery("events"))
        assert isinstance(tree, exp.Query)
        return replace(query, tree=tree)


def _batch(query: Query) -> Query:
    """The query with its streams read whole."""
    reads = {
        leaf: read if isinstance(read, ValuesRead) else replace(read, is_streaming=False)
        for leaf, read in query.reads.items()
    }
    return replace(query, tree=query.tree.copy(), reads=reads)


def _union(queries: list[Query]) -> Query:
    tree: exp.Query | None = None
    reads: dict[str, Read] = {}
    functions: dict = {}
    for index, query in enumerate(queries):
        renamed = {leaf: f"{leaf}_{index}" for leaf in query.reads}
        for table in query.tree.find_all(exp.Table):
            if table.name in renamed:
                table.this.set("this", renamed[table.name])
        reads.update({renamed[leaf]: read for leaf, read in query.reads.items()})
        functions.update(query.functions)
        tree = query.tree if tree is None else exp.Union(this=tree, expression=query.tree, distinct=False, by_name=True)
    assert tree is not None
    return Query(tree, reads, functions, queries[0].location)


# --- SHOW and DESCRIBE --------------------------------------------------------------------------------------


def _show(lake: Lake, words: list[str], text: str) -> Result:
    folded = [word.upper() for word in words]
    if folded[:2] == ["SHOW", "TABLES"] and len(words) in (2, 4):
        schema = words[3].split(".")[-1].strip("`").lower() if len(words) == 4 else None
        names = [name for name in lake.tables() if schema is None or name.schema.lower() == schema]
        if schema is not None and not names:
            raise AnalysisError(
                f"there is no schema {schema!r} in the lake", hint="SHOW SCHEMAS", code="unknown-schema"
            )
        return _result(_TABLES, [(name.schema, name.table) for name in names])
    if folded in (["SHOW", "SCHEMAS"], ["SHOW", "DATABASES"]):
        return _result(_SCHEMAS, [(schema,) for schema in sorted({name.schema for name in lake.tables()})])
    raise UnsupportedError(
        f"{text!r} is not supported", hint="SHOW TABLES [IN schema], SHOW SCHEMAS", code="unsupported-statement"
    )


def _describe(lake: Lake, tree: exp.Describe, names: Names, is_confined: bool) -> Result:
    target = tree.this
    if not isinstance(target, exp.Table):
        raise UnsupportedError("DESCRIBE takes a table", hint="DESCRIBE HISTORY silver.orders")
    name = names.complete(tuple(part.name for part in target.parts))
    if is_confined:
        refuse_path(name, None)
    table = lake.table(name)
    style = str(tree.args.get("style") or "").upper()
    if style == "HISTORY":
        return _history(table)
    snapshot = table.snapshot()
    return _result(_COLUMNS, [(f.name, f.type.ddl, f.comment) for f in snapshot.schema])


def _history(table: Table) -> Result:
    rows = [
        (line.version, line.timestamp, line.operation, _text(line.parameters), _text(line.metrics), line.engine)
        for line in table.history()
    ]
    return _result(_HISTORY, rows)


def _detail(table: Table) -> Result:
    snapshot = table.snapshot()
    facts = {
        "id": snapshot.table_id, "location": str(table.root), "description": snapshot.description,
        "numFiles": len(snapshot.files), "sizeInBytes": snapshot.size, "numRows": snapshot.rows,
        "partitionColumns": ", ".join(snapshot.partition_columns), "properties": _text(snapshot.properties),
        "version": snapshot.version,
    }  # fmt: skip
    schema = struct(Field("name", STRING), Field("value", STRING))
    return _result(schema, [(name, None if value is None else str(value)) for name, value in facts.items()])


def _text(mapping: Mapping) -> str:
    import json

    return json.dumps(dict(mapping), default=str, ensure_ascii=False)


def _result(schema: StructType, rows: list[tuple]) -> Result:
    return Result(arrow_table(schema, rows), schema)

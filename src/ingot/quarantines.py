"""Rows that rules have set aside, as they can be looked at: which tables have some, and what they are.

Owns how a project is opened for its quarantines, and queries over the rows of one. Never changes anything: `replay`
sends rows through the current definitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import OneTable, Settings
from ingot.definitions import load_definitions
from ingot.definitions.names import written_table_name
from ingot.engine import BROKEN_RULES, Binding, BoundQuery, Engine
from ingot.errors import PlanError, nearest
from ingot.events import utc_now
from ingot.lake.set_aside import SOURCE_ROW
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake
from ingot.model import Dataset, Project, Query, TableName, TableRead
from ingot.pipeline import Pipeline
from ingot.quoting import quoted_name
from ingot.result import Result, as_tuples
from ingot.sql import parse_statement
from ingot.update.kept_schemas import kept_schemas
from ingot.update.quarantine import Quarantine

LEAF = "__r0"


def list_quarantines(project: Project, engine: Engine) -> list[tuple[str, int, str, str]]:
    """Each table with rows set aside: its name, the number of rows, the rules with counts, when the last was."""
    pipeline = open_pipeline(project, engine)
    found = []
    for dataset in pipeline.datasets:
        snapshot = Quarantine(pipeline, dataset).visible()
        if snapshot is not None and snapshot.rows:
            text = (
                f"SELECT rule, count(*) AS n, max(_quarantined_at) AS last FROM `{LEAF}` "
                f"LATERAL VIEW explode({BROKEN_RULES}) e AS rule GROUP BY rule ORDER BY n DESC, rule"
            )
            rules = as_tuples(engine.collect(query_over(text, snapshot)))
            last = max(row[2] for row in rules).strftime("%Y-%m-%d %H:%M:%S")
            found.append((dataset.name.short, snapshot.rows, ", ".join(f"{r} ({n:,})" for r, n, _ in rules), last))
    return found


def show(project: Project, engine: Engine, written: str, limit: int) -> Result:
    """The rows set aside of one table, without the kept rows of the source."""
    pipeline = open_pipeline(project, engine)
    dataset = find_dataset(pipeline, written)
    snapshot = Quarantine(pipeline, dataset).visible()
    if snapshot is None:
        raise nothing_set_aside(dataset)
    shown = ", ".join(quoted_name(f.name) for f in snapshot.schema if f.name != SOURCE_ROW)
    bound = query_over(f"SELECT {shown} FROM `{LEAF}` LIMIT {int(limit)}", snapshot)
    return Result(engine.collect(bound), bound.query.schema)


def open_pipeline(project: Project, engine: Engine) -> Pipeline:
    """The project's definitions as they are now, compiled."""
    lake = Lake(project.lake, project.catalog)
    pipeline = Pipeline(project, load_definitions(project), lake, engine, kept_schemas(project, lake, engine))
    pipeline.compile()
    return pipeline


def find_dataset(pipeline: Pipeline, written: str) -> Dataset:
    """The dataset that the user names.

    Raises:
        PlanError: `unknown-dataset`; or what is wrong with its definition.
    """
    name = written_table_name(pipeline.project, written)
    found = pipeline.dataset(name)
    if found is None:
        failure = pipeline.failure(name)
        if failure is not None:
            raise failure
        near = nearest(name.short, [dataset.name.short for dataset in pipeline.datasets])
        raise PlanError(
            f"there is no dataset {name.short} in the project",
            hint=f"did you mean {near!r}?" if near else "see: ingot quarantine ls",
            code="unknown-dataset",
        )
    return found


def nothing_set_aside(dataset: Dataset) -> PlanError:
    """The error of a dataset that has no quarantine."""
    return PlanError(
        f"no rows of {dataset.name.short} are in quarantine", hint="see: ingot quarantine ls", code="nothing-to-replay"
    )


def query_over(text: str, snapshot: Snapshot, bindings: Mapping[str, Binding] | None = None) -> BoundQuery:
    """A query over the rows of a quarantine, which it calls `LEAF`, or over others of the same columns, by name."""
    bindings = bindings or {LEAF: snapshot.binding()}
    name = TableName("", snapshot.root.parent.name, snapshot.root.name)
    tree: Any = parse_statement(text)
    query = Query(tree, {leaf: TableRead(name, (leaf,)) for leaf in bindings})
    return BoundQuery(analyze(query, OneTable(snapshot.schema), Settings()), bindings, utc_now())

"""Replaces the rows of a materialized view in one commit, with what they were made of.

Never decides whether a view is to be computed: `planner` asks here for what the last refresh stood for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ingot import expectations
from ingot.engine import BoundQuery, WriteResult
from ingot.events import FlowProgress
from ingot.lake.change import metrics_of
from ingot.lake.table import TableChange
from ingot.model import Dataset, Flow
from ingot.pipeline import Pipeline
from ingot.plan import Step
from ingot.update import fingerprint
from ingot.update.attempt import again_on_conflict
from ingot.update.flow_writer import FlowWriter
from ingot.update.table_metadata import table_metadata, write_target
from ingot.update.table_rules import check_table_rules

ViewInfo = Callable[[Pipeline, Dataset, Mapping[str, str]], dict[str, Any]]


def view_info(pipeline: Pipeline, dataset: Dataset, stored: Mapping[str, str]) -> dict[str, Any]:
    """The fingerprint and the states of the inputs that a refresh of a view stands for.

    Args:
        pipeline: What the view is, and what it reads.
        dataset: The view.
        stored: The states of the inputs as they were noted last.
    """
    analyzed = pipeline.analyzed(_flow(pipeline, dataset))
    files, configuration = pipeline.definitions.files, pipeline.project.configuration
    return {
        "fingerprint": fingerprint.definition(dataset, analyzed, pipeline.schema(dataset), files, configuration),
        "inputs": fingerprint.inputs(
            analyzed, pipeline.project.root, lambda r: pipeline.table(r.name), pipeline.catalog.files, stored
        ),
    }


def last_view_info(pipeline: Pipeline, dataset: Dataset) -> Mapping:
    """What the last refresh of a view noted; maintenance commits after it do not hide it."""
    for line in pipeline.table(dataset.name).history(limit=50):
        if "fingerprint" in line.info:
            return line.info
        if line.operation not in ("OPTIMIZE",):
            return {}
    return {}


def replace_view(writer: FlowWriter, dataset: Dataset, step: Step, info: ViewInfo = view_info) -> FlowProgress:
    """Compute a view and replace its rows.

    Raises:
        IngotError: the reason for which it failed; the table is as it was.
    """
    started = time.perf_counter()
    result = again_on_conflict(lambda: _replace_once(writer, dataset, info))
    return FlowProgress(
        "COMPLETED", result.rows_in, result.rows, result.dropped, time.perf_counter() - started, 1,
        step.technique.value, expectations.counts(dataset, result),
    )  # fmt: skip


def _replace_once(writer: FlowWriter, dataset: Dataset, view_info: ViewInfo) -> WriteResult:
    pipeline = writer.pipeline
    flow = _flow(pipeline, dataset)
    table = pipeline.table(dataset.name)
    snapshot = table.snapshot() if table.exists() else None
    analyzed = pipeline.analyzed(flow)
    info = view_info(pipeline, dataset, {})  # before reading: a commit in between makes the next update look again
    bindings = {leaf: pipeline.catalog.bind(read) for leaf, read in analyzed.reads.items()}
    bound = BoundQuery(analyzed, bindings, writer.now(), writer.row_listener(flow))
    metadata = table_metadata(pipeline, dataset, pipeline.schema(dataset), snapshot, is_replaced=True)
    target = write_target(table, metadata)
    writer.reached("planned")
    with writer.shared(dataset, flow, bound) as rows:
        result = writer.write(dataset, flow, rows, target)
        writer.reached("written")
        check_table_rules(writer.engine, dataset, target, list(result.files), pipeline.settings())
        quarantined = writer.set_aside(dataset, flow, rows, result, is_fresh=True)
    change = TableChange(
        "CREATE OR REPLACE TABLE AS SELECT" if snapshot is None else "WRITE",
        adds=result.files,
        replace=snapshot is not None,
        metadata=metadata if snapshot is None or metadata != snapshot.metadata else None,
        parameters={"mode": "Overwrite"},
        metrics=metrics_of(result.files),
        info={**info, **quarantined, **writer.counted(dataset, result)},
    )
    table.commit(change, snapshot)
    writer.reached("committed")
    return result


def _flow(pipeline: Pipeline, dataset: Dataset) -> Flow:
    return pipeline.flows(dataset.name)[0]

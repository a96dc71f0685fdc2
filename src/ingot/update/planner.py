"""The facts about one dataset, gathered right before its step: what `plan_step` decides from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ingot import cdc
from ingot.definitions.names import written_table_name
from ingot.errors import ProjectError, nearest
from ingot.lake.checkpoint import TableCheckpoint
from ingot.lake.snapshot import Snapshot
from ingot.model import Dataset, DatasetKind, Definitions, FileRead, Project, TableName
from ingot.pipeline import Pipeline
from ingot.plan import KIND_PROPERTY, Facts, Step, plan_step
from ingot.released_files import refuse_missing
from ingot.update.fingerprint import is_opaque
from ingot.update.refusals import refuse_other_catalog
from ingot.update.selection import Selection
from ingot.update.view_refresh import last_view_info, view_info


class Planner:
    """Gathers the facts about one dataset right before its step and asks `plan_step`."""

    def __init__(self, project: Project, selection: Selection, definitions: Definitions):
        self._names = {name.key: name for name in definitions.datasets}
        self._kept = {name for name, dataset in definitions.datasets.items() if not _may_be_reset(dataset)}
        self._project = project
        self._full = {self._resolve(name) for name in selection.full_refresh}
        self._refresh = {self._resolve(name) for name in selection.refresh} | self._full
        self._all_full = selection.full_refresh_all
        self._is_partial = bool(selection.refresh)

    def step(self, pipeline: Pipeline, dataset: Dataset, dependencies: Mapping[TableName, set[TableName]]) -> Step:
        """The step of a dataset, from the state of the lake as it is now.

        Raises:
            IngotError: the dataset's definition is wrong or does not fit its table.
        """
        name = dataset.name
        if not self.is_selected(name):
            kind = dataset.kind or DatasetKind.STREAMING_TABLE
            return plan_step(Facts(dataset, kind, exists=False, is_selected=False))
        if name in pipeline.failures:
            raise pipeline.failures[name]
        kind = pipeline.kind(dataset)
        table = pipeline.table(name)
        snapshot = table.snapshot() if kind is not DatasetKind.TEMPORARY_VIEW and table.exists() else None
        failed = sorted(d for d in self.inputs(pipeline, name, dependencies) if d in pipeline.failures)
        facts = Facts(
            dataset,
            kind,
            exists=snapshot is not None,
            existing=snapshot.schema if snapshot else None,
            existing_kind=snapshot.properties.get(KIND_PROPERTY) if snapshot else None,
            failed_upstream=failed[0] if failed else None,
            is_reset=self.may_reset(dataset)
            or (kind is DatasetKind.STREAMING_TABLE and _is_reset_under_way(pipeline, name, snapshot)),
        )
        if failed:
            return plan_step(facts)
        if snapshot is not None:
            refuse_other_catalog(dataset, table)
        if facts.is_reset or not facts.exists:
            self.refuse_lossy_reset(pipeline, dataset)
        if kind is DatasetKind.STREAMING_TABLE:
            changed = pipeline.change_table(dataset)
            if snapshot is not None and not facts.is_reset:
                has_rows = bool(snapshot.files)
                cdc.refuse_other_changes(name.short, snapshot.properties, has_rows, changed, dataset.location)
            scd_type = changed.scd_type if changed is not None else None
            follows = any(flow.changes is not None and flow.changes.is_snapshot for flow in pipeline.flows(name))
            wanted = pipeline.schema(dataset)
            facts = replace(facts, wanted=wanted, scd_type=scd_type, follows_snapshots=follows)
        if kind is DatasetKind.MATERIALIZED_VIEW:
            facts = _view_facts(facts, pipeline, snapshot)
        return plan_step(facts)

    def inputs(
        self, pipeline: Pipeline, name: TableName, dependencies: Mapping[TableName, set[TableName]]
    ) -> set[TableName]:
        """What a dataset reads, looking through temporary views."""
        found: set[TableName] = set()
        waiting = list(dependencies.get(name, ()))
        while waiting:
            read = waiting.pop()
            if read not in found:
                found.add(read)
                dataset = pipeline.dataset(read)
                if dataset is not None and dataset.kind is DatasetKind.TEMPORARY_VIEW:
                    waiting.extend(dependencies.get(read, ()))
        return found

    def is_selected(self, name: TableName) -> bool:
        """Whether the update is to refresh the dataset."""
        return not self._is_partial or name in self._refresh

    def is_reset(self, name: TableName) -> bool:
        """Whether a full refresh of the dataset was asked for."""
        return self._all_full or name in self._full

    def begins_anew(self, name: TableName) -> bool:
        """Whether the dataset is reset in this update."""
        return self.is_reset(name) and name not in self._kept

    def may_reset(self, dataset: Dataset) -> bool:
        """Whether a full refresh of the dataset was asked for and its properties allow it.

        Raises:
            ProjectError: `reset-not-allowed`, when it was asked for by name.
        """
        asked = self.is_reset(dataset.name)
        if asked and not _may_be_reset(dataset):
            if dataset.name in self._full:
                raise ProjectError(
                    f"{dataset.name.short} must not be reset: its property pipelines.reset.allowed is false",
                    location=dataset.location,
                    hint="remove the property, or leave the table out of --full-refresh",
                    code="reset-not-allowed",
                )
            return False
        return asked

    def refuse_lossy_reset(self, pipeline: Pipeline, dataset: Dataset) -> None:
        """Refuse a full refresh that would give fewer rows, for landed files have gone since they were read.

        Raises:
            PlanError: `landed-files-gone`.
        """
        if pipeline.kind(dataset) is DatasetKind.STREAMING_TABLE:
            reads = [read for flow in pipeline.flows(dataset.name) for read in pipeline.analyzed(flow).reads.values()]
            files = [read for read in reads if isinstance(read, FileRead)]
            name = dataset.name.short
            is_new = not pipeline.table(dataset.name).exists()
            what = f"{name}, which begins to read them," if is_new else f"a full refresh of {name}"
            refuse_missing(pipeline.lake.root, files, what, dataset.location)

    def _resolve(self, written: str) -> TableName:
        name = written_table_name(self._project, written)
        found = self._names.get(name.key)
        if found is None:
            near = nearest(name.short, [n.short for n in self._names.values()])
            raise ProjectError(
                f"there is no dataset {written!r} in the project",
                hint=f"did you mean {near!r}?" if near else "see them with: ingot dry-run",
                code="unknown-dataset",
            )
        return found


def _may_be_reset(dataset: Dataset) -> bool:
    return dataset.properties.get("pipelines.reset.allowed", "true").lower() != "false"


def _is_reset_under_way(pipeline: Pipeline, name: TableName, snapshot: Snapshot | None) -> bool:
    """Whether a full refresh began in an earlier update and has not brought its first rows."""
    checkpoint = TableCheckpoint(pipeline.lake.root, name)
    return snapshot is not None and checkpoint.epoch is not None and not checkpoint.is_begun(snapshot.transactions)


def _view_facts(facts: Facts, pipeline: Pipeline, snapshot: Snapshot | None) -> Facts:
    """The facts about a materialized view: what it would be made of, and what it was made of last."""
    dataset = facts.dataset
    stored = last_view_info(pipeline, dataset) if snapshot is not None else {}
    info = view_info(pipeline, dataset, stored.get("inputs", {}))
    analyzed = pipeline.analyzed(pipeline.flows(dataset.name)[0])
    return replace(
        facts,
        fingerprint=info["fingerprint"],
        stored_fingerprint=stored.get("fingerprint"),
        inputs=info["inputs"],
        stored_inputs=stored.get("inputs", {}),
        volatile=analyzed.volatile,
        is_opaque=is_opaque(analyzed),
    )

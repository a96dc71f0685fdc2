"""Replay of a quarantine: its rows go through the current definitions again, each exactly once.

The rows that now pass are appended to the table with a `txn` of the quarantine's version, in one commit that also
notes the files of the rows that stay; then these files take the quarantine's place. Interrupted between the two, they
count already, and the next replay or batch finishes the second step. Rows that are changes (AUTO CDC) are applied in
a commit of their own before: applied again, they change nothing. Where a row of the source was kept, the whole query
runs on it; otherwise the stored row is only checked against the rules.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ingot import cdc
from ingot.analysis.analyzer import analyze
from ingot.analysis.typed import AnalyzedQuery, OneTable, Settings
from ingot.cdc import ChangeTable
from ingot.definitions import load_definitions
from ingot.definitions.names import written_table_name
from ingot.engine import BROKEN_RULES, ArrowBinding, BoundQuery, DataFile, Engine, Rule, WriteResult, WriteTarget
from ingot.errors import DataError, ExpectationError, PlanError, nearest
from ingot.lake import mapping
from ingot.lake.checkpoint import TableCheckpoint
from ingot.lake.set_aside import (
    AT,
    BATCH,
    FLOW,
    REMAINING,
    SOURCE_FILE,
    SOURCE_ROW,
    left_by_unfinished_replay,
)
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Lake, Table, TableChange
from ingot.model import Action, Dataset, DatasetKind, FileRead, Flow, Project, Query, TableName, TableRead
from ingot.pipeline import Pipeline
from ingot.quoting import quoted_name, quoted_text
from ingot.result import Result, as_tuples
from ingot.sql import parse_statement
from ingot.types import StructType
from ingot.update.attempt import Attempt
from ingot.update.changes import Changes
from ingot.update.kept_schemas import kept_schemas
from ingot.update.lock import update_lock
from ingot.update.quarantine import Quarantine, row_source
from ingot.update.refusals import refuse_other_catalog
from ingot.update.table_rules import check_table_rules

_LEAF = "__r0"
_OPERATION = "REPLAY QUARANTINE"


@dataclass(frozen=True)
class Replayed:
    """How many rows went into the table, how many stay in quarantine, how many a rule dropped for good."""

    accepted: int
    remaining: int
    dropped: int = 0


def list_quarantines(project: Project, engine: Engine) -> list[tuple[str, int, str, str]]:
    """Each table with rows set aside: its name, the number of rows, the rules with counts, when the last was."""
    pipeline = _pipeline(project, engine)
    found = []
    for dataset in pipeline.datasets:
        snapshot = Quarantine(pipeline, dataset).visible()
        if snapshot is not None and snapshot.rows:
            text = (
                f"SELECT rule, count(*) AS n, max(_quarantined_at) AS last FROM `{_LEAF}` "
                f"LATERAL VIEW explode({BROKEN_RULES}) e AS rule GROUP BY rule ORDER BY n DESC, rule"
            )
            rules = as_tuples(engine.collect(_bound(text, snapshot)))
            last = max(row[2] for row in rules).strftime("%Y-%m-%d %H:%M:%S")
            found.append((dataset.name.short, snapshot.rows, ", ".join(f"{r} ({n:,})" for r, n, _ in rules), last))
    return found


def show(project: Project, engine: Engine, written: str, limit: int) -> Result:
    """The rows set aside of one table, without the kept rows of the source."""
    pipeline = _pipeline(project, engine)
    dataset = _dataset(pipeline, written)
    snapshot = Quarantine(pipeline, dataset).visible()
    if snapshot is None:
        raise _nothing(dataset)
    shown = ", ".join(quoted_name(f.name) for f in snapshot.schema if f.name != SOURCE_ROW)
    bound = _bound(f"SELECT {shown} FROM `{_LEAF}` LIMIT {int(limit)}", snapshot)
    return Result(engine.collect(bound), bound.query.schema)


def replay(project: Project, engine: Engine, written: str, wait_s: float = 0.0) -> Replayed:
    """Send the rows set aside of one table through its current definition.

    Args:
        project: The project.
        engine: What evaluates.
        written: The table, as the user names it.
        wait_s: How long to wait for an update of the lake to end.

    Raises:
        PlanError: the table has no quarantine, or is a view (a refresh recomputes those).
        ExpectationError: a row breaks a rule that fails the update; nothing was changed.
    """
    with update_lock(project.lake, wait_s):
        pipeline = _pipeline(project, engine)
        dataset = _dataset(pipeline, written)
        failure = pipeline.failure(dataset.name)
        if failure is not None:
            raise failure
        refuse_other_catalog(dataset, pipeline.table(dataset.name))
        if pipeline.kind(dataset) is not DatasetKind.STREAMING_TABLE:
            raise PlanError(
                f"{dataset.name.short} is a {pipeline.kind(dataset).label}: a refresh recomputes all of its rows",
                location=dataset.location,
                hint=f"ingot run --full-refresh {dataset.name.short}",
                code="nothing-to-replay",
            )
        return _Replay(pipeline, engine, dataset).run()


@dataclass
class _Replay:
    pipeline: Pipeline
    engine: Engine
    dataset: Dataset

    def __post_init__(self) -> None:
        self.table: Table = self.pipeline.lake.table(self.dataset.name)
        self.quarantine = Quarantine(self.pipeline, self.dataset)

    def run(self) -> Replayed:
        self._finish_interrupted()
        snapshot = self.quarantine.visible()
        if snapshot is None:
            raise _nothing(self.dataset)
        self._refuse_unknown_flows(snapshot)
        passing: list[DataFile] = []
        remaining: list[DataFile] = []
        accepted = 0
        for flow in self.pipeline.flows(self.dataset.name):
            result, left = self._evaluate(flow, snapshot)
            passing.extend(result.files)
            remaining.extend(left)
            accepted += result.rows
        main = self.table.snapshot()
        settings = self.pipeline.settings()
        check_table_rules(self.engine, self.dataset, self._target(), [*main.files, *passing], settings)
        change = TableChange(
            _OPERATION,
            adds=tuple(passing),
            transaction=(self._app_id(snapshot), snapshot.version),
            info={"replayed": snapshot.version, REMAINING: [asdict(file) for file in remaining]},
        )
        self.table.commit(change, main)
        self._put_back(remaining)
        staying = sum(f.rows or 0 for f in remaining)
        return Replayed(accepted, staying, max((snapshot.rows or 0) - accepted - staying, 0))

    def _app_id(self, snapshot: Snapshot) -> str:
        return f"quarantine:{snapshot.table_id}"

    def _finish_interrupted(self) -> None:
        """Put back what a replay left that died after its rows had gone into the table."""
        remaining = left_by_unfinished_replay(self.table)
        if remaining is not None:
            self._put_back(remaining)

    def _refuse_unknown_flows(self, snapshot: Snapshot) -> None:
        """Rows of a flow that is gone have no definition to go through."""
        known = {flow.name for flow in self.pipeline.flows(self.dataset.name)}
        kept = as_tuples(self.engine.collect(_bound(f"SELECT DISTINCT {FLOW} FROM `{_LEAF}`", snapshot)))
        gone = sorted(name for (name,) in kept if name not in known)
        if gone:
            raise PlanError(
                f"rows in the quarantine of {self.dataset.name.short} came through flows that are gone: "
                f"{', '.join(gone)}; nothing was changed",
                location=self.dataset.location,
                hint="give the flow its old name, or look at the rows with: ingot quarantine show",
                code="unknown-flow",
            )

    def _put_back(self, remaining: Sequence[DataFile]) -> None:
        """Let the rows that stay take the place of the replayed ones, and vouch for that version."""
        vouched = self.quarantine.settle(_OPERATION, remaining)
        self.table.commit(TableChange(_OPERATION, info=vouched), self.table.snapshot())

    def _evaluate(self, flow: Flow, snapshot: Snapshot) -> tuple[WriteResult, Sequence[DataFile]]:
        """What passes, as files that the table's commit is to add, and the files of what stays set aside."""
        changed = self.pipeline.change_table(self.dataset)
        if changed is None:
            self._refuse_new_columns(flow)
        source = self._source_rows(flow, snapshot)
        bound = source or self._stored_rows(flow, snapshot)
        rules = self.pipeline.rules(self.dataset, flow)
        if changed is not None:
            result = self._apply_changes(flow, bound, rules, changed)
        else:
            result = self.engine.write(bound, self._target(), rules)
        for rule in rules:
            if rule.action is Action.FAIL and result.violations.get(rule.name):
                raise ExpectationError(
                    f"{result.violations[rule.name]} rows in quarantine violate {rule.name!r}; nothing was changed",
                    location=self.dataset.location,
                )
        setting_aside = [rule for rule in rules if rule.action is Action.QUARANTINE]
        if not any(result.violations.get(rule.name) for rule in setting_aside):
            return result, ()
        if source is None:
            kept = [self._stored_rows(flow, snapshot, (SOURCE_FILE, FLOW, BATCH, AT, SOURCE_ROW))]
        else:
            kept = self._with_origin(flow, snapshot)
        written = [
            self.engine.write_violations(rows, self.quarantine.grown(rows.query.schema), setting_aside) for rows in kept
        ]
        return result, [file for each in written for file in each.files]

    def _with_origin(self, flow: Flow, snapshot: Snapshot) -> list[BoundQuery]:
        """The flow's query over the kept rows of the source, by the batch that set them aside, and when."""
        text = f"SELECT DISTINCT {BATCH}, {AT} FROM `{_LEAF}` WHERE {FLOW} = {quoted_text(flow.name)}"
        found: list[BoundQuery] = []
        for batch, at in as_tuples(self.engine.collect(_bound(text, snapshot))):
            source = self._source_rows(flow, snapshot, _of_batch(batch, at))
            assert source is not None
            found.append(self.quarantine.with_origin(source, flow.name, batch, at))
        return found

    def _refuse_new_columns(self, flow: Flow) -> None:
        stored = self.table.snapshot().schema
        new = [field.name for field in self.pipeline.analyzed(flow).schema if stored.find(field.name) is None]
        if new:
            raise PlanError(
                f"the definition of {self.dataset.name.short} gives column {new[0]!r}, which the table does not have "
                "yet; nothing was changed",
                location=flow.location,
                hint=f"an update adds it: ingot run --refresh {self.dataset.name.short}",
                code="schema-mismatch",
            )

    def _apply_changes(self, flow: Flow, bound: BoundQuery, rules: Sequence[Rule], changed: ChangeTable) -> WriteResult:
        """Apply the events that pass, in a commit of its own: should it be all that happens, they change nothing when
        they are applied again."""
        main, lake = self.table.snapshot(), self.pipeline.lake
        epoch = TableCheckpoint(lake.root, self.dataset.name).epoch or ""
        app_id = f"quarantine:{flow.name}:{epoch}"
        attempt = Attempt(
            self.dataset, flow, self.table, main, False, main.metadata, self._target(),
            bound, main.transactions.get(app_id, -1) + 1, epoch, app_id,
        )  # fmt: skip
        written = Changes.of(lake, self.engine, attempt, changed, lambda stage: None, _blame_nothing).apply(rules)
        attempt.commit(written, {})
        return replace(written.result, files=())

    def _target(self) -> WriteTarget:
        main = self.table.snapshot()
        names = mapping.physical_names(main.schema) if mapping.mode(main.properties) != "none" else {}
        hidden = cdc.hidden_columns(main.properties)
        return WriteTarget(self.table.root, main.schema, main.partition_columns, names, hidden)

    def _source_rows(self, flow: Flow, snapshot: Snapshot, condition: str = "true") -> BoundQuery | None:
        """The flow's query over the rows of the source that were kept; of these, those that meet a condition."""
        query = self.pipeline.query(flow)
        leaf = row_source(query)
        source = snapshot.schema.find(SOURCE_ROW)
        if leaf is None or source is None or not isinstance(source.type, StructType):
            return None
        read = query.reads[leaf]
        analyzed: AnalyzedQuery = self.pipeline.analyzed(flow)
        catalog = self.pipeline.catalog
        if isinstance(read, FileRead) or set(analyzed.reads) != {leaf} or catalog.view_of(read) is not None:
            return None  # more than the kept row is needed: the stored row is checked instead
        schema = catalog.schema_of(read, flow)
        columns = ", ".join(_member(source.type, field.name, field.type.ddl) for field in schema)
        text = f"SELECT {columns} FROM `{_LEAF}` WHERE {FLOW} = {quoted_text(flow.name)} AND {condition}"
        kept = _bound(text, snapshot)
        binding = ArrowBinding(schema, lambda: self.engine.collect(kept))
        return BoundQuery(analyzed, {leaf: binding}, _now())

    def _stored_rows(self, flow: Flow, snapshot: Snapshot, origin: Sequence[str] = ()) -> BoundQuery:
        """The rows as they were set aside, with these columns of where they came from."""
        schema = self.pipeline.analyzed(flow).schema
        members = [_member(snapshot.schema, f.name, f.type.ddl, prefix="") for f in schema]
        columns = ", ".join(members + [quoted_name(name) for name in origin if snapshot.schema.find(name) is not None])
        return _bound(f"SELECT {columns} FROM `{_LEAF}` WHERE {FLOW} = {quoted_text(flow.name)}", snapshot)


def _of_batch(batch: int | None, at: datetime.datetime) -> str:
    """A condition for the rows that a batch set aside at an instant."""
    number = "NULL" if batch is None else str(batch)
    return f"{BATCH} <=> {number} AND {AT} = TIMESTAMP '{at.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S.%f}'"


def _blame_nothing(error: DataError, row: Mapping[str, Any], column: str) -> None:
    """A row that was set aside is shown by `ingot quarantine show`."""


def _bound(text: str, snapshot: Snapshot) -> BoundQuery:
    read = TableRead(_name_of(snapshot), (_LEAF,))
    tree: Any = parse_statement(text)
    query = analyze(Query(tree, {_LEAF: read}), OneTable(snapshot.schema), Settings())
    return BoundQuery(query, {_LEAF: snapshot.binding()}, _now())


def _name_of(snapshot: Snapshot) -> TableName:
    return TableName("", snapshot.root.parent.name, snapshot.root.name)


def _member(struct: StructType, name: str, ddl: str, prefix: str = f"{SOURCE_ROW}.") -> str:
    found = struct.find(name)
    value = "NULL" if found is None else f"{prefix}{quoted_name(found.name)}"
    return f"CAST({value} AS {ddl}) AS {quoted_name(name)}"


def _pipeline(project: Project, engine: Engine) -> Pipeline:
    lake = Lake(project.lake, project.catalog)
    pipeline = Pipeline(project, load_definitions(project), lake, engine, kept_schemas(project, lake, engine))
    pipeline.compile()
    return pipeline


def _dataset(pipeline: Pipeline, written: str) -> Dataset:
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


def _nothing(dataset: Dataset) -> PlanError:
    return PlanError(
        f"no rows of {dataset.name.short} are in quarantine", hint="see: ingot quarantine ls", code="nothing-to-replay"
    )


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)

"""Replay of a quarantine: its rows go through the current definitions again, each exactly once.

The rows that now pass are appended to the table with a `txn` of the quarantine's version, in one commit that also
notes the files of the rows that stay; then these files take the quarantine's place. Interrupted between the two, they
count already, and the next replay or batch finishes the second step. Rows that are changes (AUTO CDC) are applied in
a commit of their own before: applied again, they change nothing. Where a row of the source was kept, the whole query
runs on it; otherwise the stored row is only checked against the rules.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlglot import exp

from ingot import cdc
from ingot.analysis.names import answers_anew
from ingot.cdc import ChangeTable
from ingot.engine import (
    ArrowBinding,
    Binding,
    BoundQuery,
    DataFile,
    Engine,
    Rule,
    WriteResult,
    WriteTarget,
)
from ingot.errors import DataError, ExpectationError, PlanError
from ingot.events import utc_now
from ingot.lake import mapping
from ingot.lake.change import metrics_of
from ingot.lake.checkpoint import TableCheckpoint, state_folder
from ingot.lake.set_aside import (
    AT,
    BATCH,
    FLOW,
    REMAINING,
    SOURCE_FILE,
    SOURCE_ROW,
    left_by_unfinished_replay,
    quarantine_name,
)
from ingot.lake.snapshot import Snapshot
from ingot.lake.table import Table, TableChange
from ingot.model import Action, Dataset, DatasetKind, FileRead, Flow, Project, Query
from ingot.pipeline import Pipeline
from ingot.quarantines import LEAF, find_dataset, nothing_set_aside, open_pipeline, query_over
from ingot.quoting import quoted_name, quoted_text
from ingot.result import as_tuples
from ingot.types import StructType
from ingot.update.attempt import Attempt
from ingot.update.changes import Changes
from ingot.update.lock import update_lock
from ingot.update.one_evaluation import all_columns, columns_of, gives_the_same_again, storable, taken
from ingot.update.quarantine import Quarantine, row_source
from ingot.update.refusals import refuse_other_catalog
from ingot.update.stream_keys import source_of, table_key
from ingot.update.table_rules import check_table_rules

_OPERATION = "REPLAY QUARANTINE"
_ANOTHER_QUERY = "another query set them aside"
_CLAUSES = {
    "distinct": "DISTINCT", "group": "GROUP BY", "joins": "JOIN", "laterals": "LATERAL VIEW", "with_": "WITH",
    "qualify": "QUALIFY", "having": "HAVING", "limit": "LIMIT",
}  # fmt: skip


@dataclass(frozen=True)
class Replayed:
    """How many rows went into the table, how many stay in quarantine, how many a rule dropped for good.

    Of `unsourced` rows the rules alone were checked, for `reasons`: their row of the source was not kept.
    """

    accepted: int
    remaining: int
    dropped: int = 0
    unsourced: int = 0
    reasons: tuple[str, ...] = ()


def replay(project: Project, engine: Engine, written: str, wait_s: float = 0.0) -> Replayed:
    """Send the rows set aside of one table through its current definition.

    Args:
        project: The project.
        engine: What evaluates.
        written: The table, as the user names it.
        wait_s: How long to wait for an update of the lake to end.

    Raises:
        PlanError: the table has no quarantine, or is a view (a refresh recomputes those), or a flow of it streams the
            rows back.
        ExpectationError: a row breaks a rule that fails the update; nothing was changed.
    """
    with update_lock(project.lake, wait_s):
        pipeline = open_pipeline(project, engine)
        dataset = find_dataset(pipeline, written)
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
        _refuse_streamed_back(pipeline, dataset)
        return _Replay(pipeline, engine, dataset).run()


@dataclass(frozen=True)
class _Part:
    """Rows of one flow: with a row of the source to run its query on, or, for a reason, without."""

    flow: Flow
    condition: str
    rows: int
    reason: str | None = None


@dataclass
class _Replay:
    pipeline: Pipeline
    engine: Engine
    dataset: Dataset

    def __post_init__(self) -> None:
        self.table: Table = self.pipeline.lake.table(self.dataset.name)
        self.quarantine = Quarantine(self.pipeline, self.dataset)
        self.now = utc_now()  # one instant: the rows that pass and those that stay are told by two queries

    def run(self) -> Replayed:
        self._finish_interrupted()
        snapshot = self.quarantine.visible()
        if snapshot is None:
            raise nothing_set_aside(self.dataset)
        names = self._flow_names(snapshot)
        passing: list[DataFile] = []
        remaining: list[DataFile] = []
        accepted = 0
        unsourced: dict[str, int] = {}
        for flow in self.pipeline.flows(self.dataset.name):
            for part in self._parts(flow, names[flow.name.lower()], snapshot):
                result, left = self._evaluate(part, snapshot)
                passing.extend(result.files)
                remaining.extend(left)
                accepted += result.rows
                if part.reason is not None:
                    unsourced[part.reason] = unsourced.get(part.reason, 0) + part.rows
        staying = sum(f.rows or 0 for f in remaining)
        dropped = max((snapshot.rows or 0) - accepted - staying, 0)
        done = Replayed(accepted, staying, dropped, sum(unsourced.values()), tuple(sorted(unsourced)))
        if accepted or dropped or not self._is_as_it_was(snapshot, remaining):
            self._commit(snapshot, passing, remaining)
        return done

    def _commit(self, snapshot: Snapshot, passing: Sequence[DataFile], remaining: Sequence[DataFile]) -> None:
        main = self.table.snapshot()
        settings = self.pipeline.settings()
        check_table_rules(self.engine, self.dataset, self._target(), [*main.files, *passing], settings)
        change = TableChange(
            _OPERATION,
            adds=tuple(passing),
            transaction=(self._app_id(snapshot), snapshot.version),
            metrics=metrics_of(passing),
            info={"replayed": snapshot.version, REMAINING: [asdict(file) for file in remaining]},
        )
        self.table.commit(change, main)
        self._put_back(remaining)

    def _is_as_it_was(self, snapshot: Snapshot, remaining: Sequence[DataFile]) -> bool:
        """Whether the rows that stay are those that were there, with the same columns and broken rules."""
        schema = self.quarantine.table.snapshot().schema
        if schema != snapshot.schema or _is_beyond_comparison(schema):
            return False
        was = snapshot.binding()
        now = replace(was, files=list(remaining))
        return not any(as_tuples(self.engine.collect(_differing(snapshot, a, b))) for a, b in ((now, was), (was, now)))

    def _parts(self, flow: Flow, names: Sequence[str], snapshot: Snapshot) -> list[_Part]:
        """The rows of a flow, those with a row of the source to run the query on before those without."""
        if not names:
            return []
        found: list[_Part] = []
        of_flow = f"{FLOW} IN ({', '.join(map(quoted_text, names))})"
        reason = self._reason(flow, snapshot)
        if reason is None:
            found.append(_Part(flow, f"{of_flow} AND {SOURCE_ROW} IS NOT NULL", 0))
            of_flow = f"{of_flow} AND {SOURCE_ROW} IS NULL"
        [(rows,)] = as_tuples(
            self.engine.collect(query_over(f"SELECT count(*) AS n FROM `{LEAF}` WHERE {of_flow}", snapshot))
        )
        if rows:
            found.append(_Part(flow, of_flow, rows, reason or _ANOTHER_QUERY))
        return found

    def _app_id(self, snapshot: Snapshot) -> str:
        return f"quarantine:{snapshot.table_id}"

    def _finish_interrupted(self) -> None:
        """Put back what a replay left that died after its rows had gone into the table."""
        remaining = left_by_unfinished_replay(self.table)
        if remaining is not None:
            self._put_back(remaining)

    def _flow_names(self, snapshot: Snapshot) -> dict[str, list[str]]:
        """For each flow, in lower case, its names in the quarantine, which may differ in case.

        Raises:
            PlanError: `unknown-flow`, for rows of a flow that is gone have no definition to go through.
        """
        names: dict[str, list[str]] = {flow.name.lower(): [] for flow in self.pipeline.flows(self.dataset.name)}
        kept = as_tuples(self.engine.collect(query_over(f"SELECT DISTINCT {FLOW} FROM `{LEAF}`", snapshot)))
        gone: list[str] = []
        for (name,) in sorted(kept):
            names.get(name.lower(), gone).append(name)
        if gone:
            raise PlanError(
                f"rows in the quarantine of {self.dataset.name.short} came through flows that are gone: "
                f"{', '.join(gone)}; nothing was changed",
                location=self.dataset.location,
                hint="give the flow its old name, or look at the rows with: ingot quarantine show",
                code="unknown-flow",
            )
        return names

    def _put_back(self, remaining: Sequence[DataFile]) -> None:
        """Let the rows that stay take the place of the replayed ones, and vouch for that version."""
        vouched = self.quarantine.settle(_OPERATION, remaining)
        self.table.commit(TableChange(_OPERATION, info=vouched), self.table.snapshot())

    def _evaluate(self, part: _Part, snapshot: Snapshot) -> tuple[WriteResult, Sequence[DataFile]]:
        """What passes, as files that the table's commit is to add, and the files of what stays set aside."""
        flow = part.flow
        changed = self.pipeline.change_table(self.dataset)
        if changed is None:
            self._refuse_new_columns(flow)
        with self._rows(part, snapshot) as bound:
            return self._divide(part, snapshot, bound, changed)

    def _divide(
        self, part: _Part, snapshot: Snapshot, bound: BoundQuery, changed: ChangeTable | None
    ) -> tuple[WriteResult, Sequence[DataFile]]:
        flow, rules = part.flow, self.pipeline.rules(self.dataset, part.flow)
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
        if part.reason is not None:
            kept = [self._stored_rows(part, snapshot, (SOURCE_FILE, FLOW, BATCH, AT, SOURCE_ROW))]
        elif (known := all_columns(bound)) is not None:
            kept = [known]
        else:
            kept = self._with_origin(part, snapshot)
        written = [
            self.engine.write_violations(rows, self.quarantine.grown(rows.query.schema), setting_aside) for rows in kept
        ]
        return result, [file for each in written for file in each.files]

    @contextmanager
    def _rows(self, part: _Part, snapshot: Snapshot) -> Iterator[BoundQuery]:
        """The rows to divide: taken once where the flow's query could give others when it is asked again."""
        if part.reason is not None:
            yield self._stored_rows(part, snapshot)
            return
        bound = self._source_rows(part, snapshot)
        batches = [] if gives_the_same_again(bound.query) else self._with_origin(part, snapshot)
        if not batches:
            yield bound
            return
        staging = state_folder(self.pipeline.lake.root, self.dataset.name) / "taken"
        with taken(self.engine, batches[0], staging, batches[1:], self.quarantine.known_columns()) as rows:
            yield columns_of(rows, bound.query.schema)

    def _with_origin(self, part: _Part, snapshot: Snapshot) -> list[BoundQuery]:
        """The flow's query over the kept rows of the source, by the batch that set them aside, and when."""
        text = f"SELECT DISTINCT {BATCH}, {AT} FROM `{LEAF}` WHERE {part.condition}"
        found: list[BoundQuery] = []
        for batch, at in as_tuples(self.engine.collect(query_over(text, snapshot))):
            of_batch = replace(part, condition=f"{part.condition} AND {_of_batch(batch, at)}")
            source = self._source_rows(of_batch, snapshot)
            found.append(self.quarantine.with_origin(source, part.flow.name, batch, at))
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

    def _reason(self, flow: Flow, snapshot: Snapshot) -> str | None:
        """Why the flow's query cannot run on kept rows of the source; None where it can."""
        query = self.pipeline.query(flow)
        leaf = row_source(query)
        if leaf is None:
            return _many_to_one(query)
        read = query.reads[leaf]
        if isinstance(read, FileRead):
            return "it reads files"
        if self.pipeline.catalog.view_of(read) is not None:
            return "it reads a view"
        if set(self.pipeline.analyzed(flow).reads) != {leaf}:
            return "it reads more than one table"
        if any(map(answers_anew, self.pipeline.analyzed(flow).tree.find_all(exp.Anonymous))):
            return "it calls a function that answers anew each time"
        source = snapshot.schema.find(SOURCE_ROW)
        return None if source is not None and isinstance(source.type, StructType) else _ANOTHER_QUERY

    def _source_rows(self, part: _Part, snapshot: Snapshot) -> BoundQuery:
        """The flow's query over the rows of the source that were kept."""
        query = self.pipeline.query(part.flow)
        leaf, source = row_source(query), snapshot.schema.find(SOURCE_ROW)
        assert leaf is not None and source is not None and isinstance(source.type, StructType)
        schema = self.pipeline.catalog.schema_of(query.reads[leaf], part.flow)
        columns = ", ".join(_member(source.type, field.name, field.type.ddl) for field in schema)
        kept = query_over(f"SELECT {columns} FROM `{LEAF}` WHERE {part.condition}", snapshot)
        binding = ArrowBinding(schema, lambda: self.engine.collect(kept))
        return BoundQuery(self.pipeline.analyzed(part.flow), {leaf: binding}, self.now)

    def _stored_rows(self, part: _Part, snapshot: Snapshot, origin: Sequence[str] = ()) -> BoundQuery:
        """The rows as they were set aside, with these columns of where they came from."""
        schema = storable(self.pipeline.analyzed(part.flow).schema, self.quarantine.known_columns())
        assert isinstance(schema, StructType)
        members = [_member(snapshot.schema, f.name, f.type.ddl, prefix="") for f in schema]
        columns = ", ".join(members + [quoted_name(name) for name in origin if snapshot.schema.find(name) is not None])
        rows = query_over(f"SELECT {columns} FROM `{LEAF}` WHERE {part.condition}", snapshot)
        return replace(rows, now=self.now)


def _many_to_one(query: Query) -> str:
    """What of a query keeps its rows from being made of one row of a source each."""
    for key, name in _CLAUSES.items():
        if query.tree.args.get(key):
            return name
    if not isinstance(query.tree, exp.Select):
        return "UNION, EXCEPT or INTERSECT"
    if query.tree.find(exp.Window) is not None:
        return "a window function"
    return "it does not make each row of one row of a table"


def _is_beyond_comparison(schema: StructType) -> bool:
    """Whether values of some column cannot be compared with one another."""
    return any(word in schema.ddl.upper() for word in ("MAP<", "VARIANT"))


def _differing(snapshot: Snapshot, rows: Binding, others: Binding) -> BoundQuery:
    """Rows that are not among others, as often as they are more."""
    text = "SELECT * FROM `__rows` EXCEPT ALL SELECT * FROM `__others` LIMIT 1"
    return query_over(text, snapshot, {"__rows": rows, "__others": others})


def _of_batch(batch: int | None, at: datetime.datetime) -> str:
    """A condition for the rows that a batch set aside at an instant."""
    number = "NULL" if batch is None else str(batch)
    return f"{BATCH} <=> {number} AND {AT} = TIMESTAMP '{at.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S.%f}'"


def _blame_nothing(error: DataError, row: Mapping[str, Any], column: str) -> None:
    """A row that was set aside is shown by `ingot quarantine show`."""


def _member(struct: StructType, name: str, ddl: str, prefix: str = f"{SOURCE_ROW}.") -> str:
    found = struct.find(name)
    value = "NULL" if found is None else f"{prefix}{quoted_name(found.name)}"
    return f"CAST({value} AS {ddl}) AS {quoted_name(name)}"


def _refuse_streamed_back(pipeline: Pipeline, dataset: Dataset) -> None:
    """Rows that a flow of the table streams back, or did before it was removed, would come a second time."""
    short = dataset.name.short
    streaming = [flow.name for flow in pipeline.flows(dataset.name) if pipeline.repairs(flow)]
    checkpoint = TableCheckpoint(pipeline.lake.root, dataset.name)
    key = table_key(quarantine_name(dataset.name))
    for name in streaming + checkpoint.flow_names():
        read = {source_of(read) for plan in checkpoint.flow(name).plans.values() for read in plan.sources}
        if name in streaming or key in read:
            raise PlanError(
                f"flow {name!r} streams rows back that {short} has set aside: a replay would bring them a second time",
                location=dataset.location,
                hint=f"an update brings them: ingot run; one that begins anew: ingot run --full-refresh {short}",
                code="nothing-to-replay",
            )

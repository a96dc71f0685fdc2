"""One landing of a database, carried out: sessions beside each other read parts, and what is complete gets visible.

Owns which part is read by whom, what happens when one fails, and when files get visible: all parts of a table together,
with `consistent` all tables together. Threads read; only the thread that called lands and reports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from queue import SimpleQueue
from threading import Event

import pyarrow as pa

from ingot.errors import IngotError, Location, SourceError
from ingot.lake.landing import Partial, SourceLanding
from ingot.lake.landing_record import LandingRecord, Origin
from ingot.lake.landing_release import Release, Releases
from ingot.secrets import redacted
from ingot.source import LandContext, LandProgress, LandResult, failure_of
from ingot.sources.awaiting import next_of
from ingot.sources.database.adapter import TRANSIENT, Adapter, Session
from ingot.sources.database.entry import Entry
from ingot.sources.database.overlap import Overlap, refuse_gone
from ingot.sources.database.reading import Reading, Target, plan
from ingot.sources.database.selection import choose, folder_of, folders_of_unknown
from ingot.sources.database.values import convert, schema_of
from ingot.sources.parquet_file import write_part
from ingot.sources.runs import new_run

_OF_QUERIES = ("query-failed", "permission-denied")
_SHOWN_MAX = 120
_UNTOLD = "its words are left out, for they may repeat a part of the secret that SQL of this source holds"


@dataclass
class _Work:
    """A reading under way: the file and number of rows of each part, by its place."""

    reading: Reading
    overlap: Overlap | None
    parts: dict[int, tuple[Partial, int]] = field(default_factory=dict)
    bytes: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Done:
    """A part that is through, or has failed."""

    work: _Work
    place: int
    future: Future[tuple[Partial, int]]


class _Stopped(Exception):
    """Another part has failed, and this one need not go on."""


class Crew:
    """Lands what one entry asks for. `work` may be called again after it has failed."""

    def __init__(self, source: str, entry: Entry, adapter: Adapter, files: SourceLanding, context: LandContext):
        self._source = source
        self._entry = entry
        self._adapter = adapter
        self._files = files
        self._context = context
        self._finished: set[str] = set()
        self._failed: dict[str, IngotError] = {}
        self._landed: list[LandingRecord] = []
        self._warnings: list[str] = []
        self._unchanged = 0

    def work(self) -> None:
        """Read and land what has not been landed yet.

        Raises:
            IngotError: the connection failed or broke; with `consistent`, whatever keeps one table from landing.
        """
        session = self._adapter.open()
        try:
            self._read(session, list(self._works(session)))
        finally:
            _close(session)

    def result(self, location: Location | None) -> LandResult:
        """Sum up, or raise the first failure with the others as notes."""
        if self._failed:
            raise failure_of({f"{resource}/": error for resource, error in self._failed.items()}).at(location)
        names = tuple(record.name for record in self._landed)
        size = sum(record.bytes for record in self._landed)
        return LandResult(self._source, names, self._unchanged, size, tuple(self._warnings))

    # --- what is read ---

    def _plans(self, session: Session) -> list[Reading]:
        readings = []
        for resource, shown, make in self._targets(session):
            if resource in self._finished:
                continue
            try:
                target = make()
                readings.append(plan(self._adapter, session, target, self._files.of_resource(resource)))
            except IngotError as error:
                self._fail(resource, self._named(error, shown))
        return readings

    def _targets(self, session: Session) -> Iterator[tuple[str, str, Callable[[], Target]]]:
        """The folder of each table and query, how it is shown, and what describes it, by asking the database."""
        taken: set[str] = set()
        for query in self._entry.queries:
            resource = folder_of("", query.name, taken)
            yield (
                resource,
                f"query {query.name!r} ({_beginning(query.text)})",
                lambda query=query, resource=resource: Target(
                    resource=resource,
                    shown=f"query {query.name!r}",
                    name=query.text,
                    relation=f"({query.text}\n) AS {self._adapter.quoted('q')}",
                    columns=tuple(session.columns_of_query(query.text)),
                    rule=query.rule,
                ),
            )
        if not self._entry.patterns:
            return
        chosen, unknown = choose(self._entry.patterns, session.tables(), self._adapter.default_schema)
        for table, rule in chosen:
            resource = folder_of(table.schema, table.name, taken)
            yield (
                resource,
                f"table {table.shown}",
                lambda table=table, rule=rule, resource=resource: Target(
                    resource=resource,
                    shown=table.shown,
                    name=table.shown,
                    relation=self._adapter.relation(table),
                    columns=tuple(session.columns(table)),
                    rule=rule,
                    splits=self._adapter.splits(session, table),
                ),
            )

        landed = {record.resource for record in self._files.records if record.resource}
        others = sorted(folder for folder in landed if folder.lower() not in taken)
        for text, error in unknown.items():
            for resource in folders_of_unknown(text, others, self._adapter.default_schema):
                self._fail(resource, error)

    def _works(self, session: Session) -> Iterator[_Work]:
        for reading in self._plans(session):
            try:
                yield _Work(reading, self._overlap(reading))
            except IngotError as error:
                self._fail(reading.target.resource, error)

    @cached_property
    def _gone(self) -> dict[str, Release]:
        return Releases(self._context.landing.root.parent, self._source).gone()

    def _overlap(self, reading: Reading) -> Overlap | None:
        if reading.cursor is None or reading.last is None:
            return None
        folder = self._context.landing.root / self._source
        refuse_gone(reading, self._gone, folder)
        paths = [folder / record.name for record in reading.previous]
        return Overlap(paths, reading)

    # --- reading ---

    def _read(self, session: Session, works: Sequence[_Work]) -> None:
        units = [(work, place) for work in works for place in range(len(work.reading.queries))]
        if not units:
            return
        stop = Event()
        reports: SimpleQueue[LandProgress | _Done] = SimpleQueue()
        sessions, own = self._sessions(session, len(units))
        pool = ThreadPoolExecutor(len(own) or 1, thread_name_prefix=f"database-{self._source}")
        try:
            for work, place in units:
                future = pool.submit(self._read_part, work, place, sessions, reports, stop)
                future.add_done_callback(lambda future, work=work, place=place: reports.put(_Done(work, place, future)))
            self._gather(reports, works, len(units))
        finally:
            # On a failure or an interrupt: parts under way end at their next rows, others do not begin.
            stop.set()
            pool.shutdown(cancel_futures=True)
            for other in own:
                if other is not session:
                    _close(other)
            _close_parts(reports)
            for work in works:
                for partial, _ in work.parts.values():
                    partial.close()

    def _sessions(self, session: Session, units: int) -> tuple[SimpleQueue[Session], list[Session]]:
        """The sessions that read: others that see the same state, for one whose part fails is not fit for more; the
        first alone for a single part, or if there are no others."""
        free: SimpleQueue[Session] = SimpleQueue()
        own: list[Session] = []
        wanted = min(self._entry.parallel, units)
        for _ in range(wanted if units > 1 else 0):
            other = self._adapter.beside(session)
            if other is None:
                break
            own.append(other)
        own = own or [session]
        for each in own:
            free.put(each)
        return free, own

    def _read_part(
        self,
        work: _Work,
        place: int,
        sessions: SimpleQueue[Session],
        reports: SimpleQueue[LandProgress | _Done],
        stop: Event,
    ) -> tuple[Partial, int]:
        """Write one part to a file; returns it with the number of its rows."""
        reading, partial = work.reading, self._files.partial()
        session = sessions.get()

        def show(written: int) -> None:
            work.bytes[place] = written
            reports.put(LandProgress(self._source, reading.target.resource, sum(list(work.bytes.values())), None))

        try:
            schema = schema_of(reading.columns)
            batches = self._batches(session, reading, reading.queries[place], schema, stop)
            if work.overlap is not None:
                batches = work.overlap.new_rows(batches)
            return partial, write_part(partial, schema, batches, show)
        except BaseException:
            partial.close()
            raise
        finally:
            sessions.put(session)

    def _batches(
        self, session: Session, reading: Reading, query: str, schema: pa.Schema, stop: Event
    ) -> Iterator[pa.RecordBatch]:
        for batch in session.batches(query):
            if stop.is_set():
                raise _Stopped
            yield convert(batch, reading.columns, schema, reading.target.shown)

    def _gather(self, reports: SimpleQueue[LandProgress | _Done], works: Sequence[_Work], unfinished: int) -> None:
        """Report progress and land what is complete, on this thread, until all parts are through."""
        complete: list[_Work] = []
        while unfinished:
            report = next_of(reports)
            if isinstance(report, LandProgress):
                self._context.progress(report)
                continue
            unfinished -= 1
            work, error = report.work, report.future.exception()
            if isinstance(error, IngotError):
                target = work.reading.target
                name = f"table {target.shown}" if target.shown == target.name else target.shown
                text = target.name if target.shown != target.name else work.reading.queries[report.place]
                self._fail(target.resource, self._named(error, f"{name} ({_beginning(text)})"))
                continue
            work.parts[report.place] = report.future.result()
            if len(work.parts) == len(work.reading.queries):
                complete.append(work)
            if complete and (not self._entry.is_consistent or len(complete) == len(works)):
                self._land(complete)
                complete = []

    def _named(self, error: IngotError, shown: str) -> IngotError:
        """The error of a query with what it was for: the database does not know that."""
        if error.code not in _OF_QUERIES:
            return error
        told = error.message
        if error.code == "query-failed" and self._holds_secret:
            told = f"a query was refused by {self._entry.address.shown}: {_UNTOLD}"
        message = f"source {self._source!r}, {shown}: {told}"
        return SourceError(message, location=error.location, hint=error.hint, code=error.code)

    @cached_property
    def _holds_secret(self) -> bool:
        """Whether SQL of the entry does: servers quote parts of it, which may begin or end within the secret."""
        wheres = [each.rule.where or "" for each in self._entry.patterns]
        return any(redacted(text) != text for text in (*wheres, *(query.text for query in self._entry.queries)))

    def _fail(self, resource: str, error: IngotError) -> None:
        """Remember why a table does not land; what concerns the others too is raised."""
        if error.code in TRANSIENT or self._entry.is_consistent:
            raise error
        self._failed.setdefault(resource, error)
        self._finished.add(resource)

    # --- landing ---

    def _land(self, works: Sequence[_Work]) -> None:
        """Make what is new visible, of all these readings together."""
        files: list[tuple[Partial, Origin]] = []
        for work in works:
            new = self._new_files(work)
            files.extend(new)
            self._unchanged += not new
            self._finished.add(work.reading.target.resource)
            if work.reading.went_back is not None:
                self._warnings.append(work.reading.went_back)
        if files:
            self._landed.extend(self._files.land_together(files, self._context.now()))

    def _new_files(self, work: _Work) -> list[tuple[Partial, Origin]]:
        """The parts that land: none if there is nothing new, none without rows if others have some."""
        reading = work.reading
        parts = [work.parts[place] for place in sorted(work.parts)]
        numbered = list(enumerate(parts, 1))
        kept = [(number, partial) for number, (partial, rows) in numbered if rows]
        if reading.cursor is not None:
            # What lands without rows tells the next run where to begin.
            if not kept and reading.previous and reading.went_back is None:
                return []
        elif reading.previous and [(r.page, r.sha256) for r in reading.previous] == [
            (number, partial.sha256) for number, partial in (kept or [(1, parts[0][0])])
        ]:
            return []
        run = new_run(self._files.of_resource(reading.target.resource), self._context.now())
        return [(partial, self._origin(reading, run, number)) for number, partial in (kept or [(1, parts[0][0])])]

    def _origin(self, reading: Reading, run: str, number: int) -> Origin:
        is_snapshot = reading.cursor is None
        name = f"{run}/part-{number:04}.parquet" if is_snapshot else f"{run}-{number:04}.parquet"
        return Origin(
            target=name,
            url=self._entry.address.shown,
            url_sha256=reading.definition,
            resource=reading.target.resource,
            query=redacted(reading.queries[number - 1]),
            cursor=reading.high,
            page=number,
            run=run,
        )


def _beginning(sql: str) -> str:
    """The first line of a query, for an error; nothing that is cut off was a part of a secret."""
    sql = redacted(sql)
    lines = sql.strip().splitlines()
    first = lines[0].rstrip()[:_SHOWN_MAX]
    return first if first == sql.strip() else f"{first} …"


def _close_parts(reports: SimpleQueue[LandProgress | _Done]) -> None:
    """Forget parts that were read to their end after another one had failed."""
    while not reports.empty():
        report = reports.get()
        if isinstance(report, _Done) and not report.future.cancelled() and report.future.exception() is None:
            report.future.result()[0].close()


def _close(session: Session) -> None:
    """Close a session that may be broken; what broke it has been told."""
    try:
        session.close()
    except IngotError:
        return

"""The Engine protocol on DuckDB.

Owns the database in this process: its settings, its spill folder, and how the leaves of a query become relations.
Never knows the Delta log, and never decides what to process.
"""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb
from ingot.engine import (
    BROKEN_RULES,
    ArrowBinding,
    Binding,
    BoundQuery,
    DataFile,
    FilesBinding,
    HeldBinding,
    Rule,
    SnapshotBinding,
    SourceFile,
    UnionBinding,
    WriteResult,
    WriteTarget,
)
from ingot.engines.duckdb.faults import faults
from ingot.engines.duckdb.functions import Failures, FunctionCatalog, called_in, check_functions
from ingot.engines.duckdb.held import HeldRows
from ingot.engines.duckdb.readers.spool import place_spool
from ingot.engines.duckdb.result import Rows
from ingot.engines.duckdb.rules import RuleCounters, violating
from ingot.engines.duckdb.snapshot import snapshot_relation
from ingot.engines.duckdb.types import duckdb_type, quote_name, quote_text
from ingot.engines.duckdb.writer import remove_files, write_files
from ingot.errors import LakeError, Location
from ingot.model import Action, FileRead, Project
from ingot.types import STRING, VARIANT, ArrayType, Field, StructType, holds

if TYPE_CHECKING:
    from ingot.analysis import AnalyzedQuery

_Result = TypeVar("_Result")

_RESTRICTED_SPILL = "8GiB"
_THREAD_BYTES_MIN = 128 * 2**20
_engine_numbers = itertools.count()
_leaf_numbers = itertools.count()


class Engine:
    """DuckDB in this process. Methods may be called from several threads; each call has a cursor of its own."""

    def __init__(self, project: Project) -> None:
        self._spill = project.lake / "_ingot" / "tmp" / f"{socket.gethostname()}-{os.getpid()}-{next(_engine_numbers)}"
        self._spill_lock = threading.Lock()
        self._is_spill_ready = False
        self._is_restricted = False
        self._connection = _connect(project, self._spill)
        self._functions = FunctionCatalog(self._connection)
        self._active: set[Any] = set()
        # what was collected and may still hold on to its inputs
        self._read: weakref.WeakSet[Rows | HeldRows] = weakref.WeakSet()
        self._macros: set[str] = set()
        self._macro_lock = threading.Lock()
        self._join_lock = threading.Lock()
        self._join_queries = 0

    # --- definition time ----------------------------------------------------------------------------------------

    def infer_schema(self, read: FileRead, files: Sequence[SourceFile]) -> StructType:
        """The schema that Spark would infer for these files, with the read's options and hints."""
        from ingot.engines.duckdb import reader

        with self._cursor(read.location) as cursor, ExitStack() as registered:
            registered.callback(reader.release, cursor)
            return reader.infer_schema(cursor, read, files)

    def evolve_schema(self, read: FileRead, files: Sequence[SourceFile], schema: StructType) -> StructType | None:
        """The schema with the columns that these files have and it lacks; None when it lacks none."""
        from ingot.engines.duckdb import reader

        with self._cursor(read.location) as cursor, ExitStack() as registered:
            registered.callback(reader.release, cursor)
            return reader.new_columns(cursor, read, files, schema)

    def option_notes(self, read: FileRead) -> Sequence[str]:
        """What to tell the user of reader options that are not known or have no effect, a sentence each."""
        from ingot.engines.duckdb import reader

        return reader.option_notes(read)

    def check(self, query: AnalyzedQuery) -> None:
        """Raise UnsupportedError, with the place, if DuckDB cannot evaluate the query exactly."""
        import datetime

        from ingot.engines.duckdb import dialect

        check_functions(query.functions)
        leaves = {name: f"SELECT * FROM {quote_name(name)}" for name in query.reads}
        dialect.lower(query, leaves, datetime.datetime.now(datetime.UTC))

    # --- run time -----------------------------------------------------------------------------------------------

    def write(self, query: BoundQuery, target: WriteTarget, rules: Sequence[Rule] = ()) -> WriteResult:
        """Write the rows that pass the rules as new, durable data files. Nothing refers to them until committed.

        When rows violate a FAIL rule no file is left; the counts are returned all the same.
        """
        schema = query.query.schema
        _check_columns(schema, target)
        conditions = self._conditions(query, rules)

        def write(cursor: Any, sql: str) -> tuple[list[DataFile], dict[str, int], int]:
            if not rules:
                return write_files(cursor, sql, schema, target), {}, 0
            with RuleCounters(cursor, rules, conditions) as counters:
                files = write_files(cursor, counters.kept(sql, schema), schema, target)
                return files, counters.violations(), counters.dropped()

        files, violations, dropped = self._run(query, rules, write)
        rows = sum(file.rows or 0 for file in files)
        if any(rule.action == Action.FAIL and violations[rule.name] for rule in rules):
            remove_files(target.root, files)
            files = []
        return WriteResult(tuple(files), rows, dropped, violations)

    def write_violations(self, query: BoundQuery, target: WriteTarget, rules: Sequence[Rule]) -> WriteResult:
        """Write the rows that violate any of the rules, with the names of these in the column `_broken_rules`."""
        schema = _with_broken_rules(query.query.schema)
        _check_columns(schema, target)
        conditions = self._conditions(query, rules)
        files = self._run(
            query, rules, lambda cursor, sql: write_files(cursor, violating(sql, rules, conditions), schema, target)
        )
        return WriteResult(tuple(files), sum(file.rows or 0 for file in files))

    def collect(self, query: BoundQuery, limit: int | None = None) -> Rows:
        """The rows as an object with `__arrow_c_stream__` (types: Spark's, as Arrow)."""
        schema = query.query.schema
        with ExitStack() as stack:
            cursor, registered, failures = stack.enter_context(self._prepared(query, ()))
            sql = self._lower(cursor, query, registered)
            names = [f"c{i}" for i in range(len(schema))]  # two columns of a result may share a name
            items = ", ".join(_presented(n, f) for n, f in zip(names, schema, strict=True))
            sql = f"SELECT {items} FROM ({sql}) AS q({', '.join(names)})"
            self._create_macros(cursor, sql)
            if limit is not None:
                sql += f" LIMIT {limit}"
            rows = Rows(cursor, sql, schema, query.query.query.location, failures)
            rows.keep(stack.pop_all())
            self._read.add(rows)
            return rows

    def hold(self, query: BoundQuery) -> HeldRows:
        """The rows of a query, to be taken into memory for other queries to read."""
        with ExitStack() as stack:
            cursor, registered, failures = stack.enter_context(self._prepared(query, ()))
            sql = self._lower(cursor, query, registered)
            name = f"ingot_held_{next(_leaf_numbers)}"
            rows = HeldRows(cursor, sql, name, query.query.schema, query.query.query.location, failures)
            rows.keep(stack.pop_all())
            self._read.add(rows)
            return rows

    def copy(self, binding: Binding, target: WriteTarget) -> WriteResult:
        """Write the rows of a binding as they are: to compact files, or to store rows that are in memory."""
        _check_columns(binding.schema, target)
        with self._cursor(None) as cursor, ExitStack() as registered:
            files = write_files(cursor, self._relation(cursor, binding, registered), binding.schema, target)
        return WriteResult(tuple(files), sum(file.rows or 0 for file in files))

    def lacking(self, binding: SnapshotBinding, column: str) -> list[DataFile]:
        """Those data files that have no such column, whatever the schema says."""
        if not binding.files:
            return []
        paths = {str(binding.root / file.path): file for file in binding.files}
        listed = ", ".join(quote_text(path) for path in paths)
        with self._cursor(None) as cursor:
            having = cursor.execute(
                f"SELECT DISTINCT file_name FROM parquet_schema([{listed}]) WHERE name = {quote_text(column)}"
            ).fetchall()
        return [file for path, file in paths.items() if (path,) not in having]

    def interrupt(self) -> None:
        """Stop what other threads run here; they raise KeyboardInterrupt and leave no files."""
        for cursor in list(self._active):
            with suppress(duckdb.Error):  # it was closed meanwhile
                cursor.interrupt()

    def export(self, binding: Binding, path: Path) -> None:
        """Write the rows of a binding to one Parquet file, for use outside of the lake."""
        with self._cursor(None) as cursor, ExitStack() as registered:
            rows = self._relation(cursor, binding, registered)
            cursor.execute(f"COPY ({rows}) TO {quote_text(str(path))} (FORMAT parquet)")

    def restrict(self, folders: Sequence[Path]) -> None:
        """From now on nothing outside of these folders is read or written, and no setting changes any more.

        What spills lies below the lake: where that is not among the folders, it is added. It is bounded, too: a query
        of a reader must not take the room that an update needs.
        """
        self._prepare_spill()
        allowed = ", ".join(quote_text(str(folder)) for folder in (*folders, self._spill.parent))
        with faults(None):
            self._connection.execute(f"SET GLOBAL allowed_directories = [{allowed}]")
            self._connection.execute("SET GLOBAL enable_external_access = false")
            self._connection.execute(f"SET GLOBAL max_temp_directory_size = '{_RESTRICTED_SPILL}'")
            # whoever is restricted reads only: these threads read ahead, and six queries at once take half the time
            self._connection.execute("RESET GLOBAL async_threads")
            self._connection.execute("SET GLOBAL lock_configuration = true")
        self._is_restricted = True

    def close(self) -> None:
        """Close the database and remove what it spilled."""
        for rows in list(self._read):
            rows.close()
        self._connection.close()
        shutil.rmtree(self._spill, ignore_errors=True)

    # --- within -------------------------------------------------------------------------------------------------

    @contextmanager
    def _cursor(self, location: Location | None) -> Iterator[Any]:
        self._prepare_spill()
        cursor = self._connection.cursor()
        if self._is_restricted:
            place_spool(cursor, self._spill.parent, f"{self._spill.name.rpartition('-')[0]}-read")
        self._active.add(cursor)
        try:
            with faults(location):
                yield cursor
        finally:
            self._active.discard(cursor)
            cursor.close()

    @contextmanager
    def _prepared(self, query: BoundQuery, rules: Sequence[Rule] = ()) -> Iterator[tuple[Any, ExitStack, Failures]]:
        """A cursor that knows the functions of the query and of the rules, what ends with it, and what they raised."""
        functions = [*query.query.functions, *called_in(rule.condition for rule in rules)]
        with (
            self._cursor(query.query.query.location) as cursor,
            self._functions.available(functions, query.on_rows) as failures,
            ExitStack() as registered,
        ):
            yield cursor, registered, failures

    def _run(self, query: BoundQuery, rules: Sequence[Rule], run: Callable[[Any, str], _Result]) -> _Result:
        """Call `run` with a cursor and the query's SQL; again when a raw file turns out to need exact reading."""
        with self._prepared(query, rules) as (cursor, registered, _failures), self._joins(query):
            while True:
                sql = self._lower(cursor, query, registered)
                try:
                    return run(cursor, sql)
                except duckdb.Error as error:
                    if not _recover(cursor, query, error):
                        raise

    @contextmanager
    def _joins(self, query: BoundQuery) -> Iterator[None]:
        """Build hash tables of right sides, where the query says that these are small.

        DuckDB 2.0.0 takes a scan of Parquet with a given schema for one row (`explicit_cardinality` has no effect), so
        it would build the table of the side with fewer columns. The setting is one of the whole database: a query that
        another thread plans meanwhile is planned by it too, which changes no row.
        """
        if not query.is_small_right:
            yield
            return
        with self._join_lock:
            self._join_queries += 1
            self._connection.execute("SET GLOBAL disabled_optimizers = 'build_side_probe_side'")
        try:
            yield
        finally:
            with self._join_lock:
                self._join_queries -= 1
                if not self._join_queries:
                    self._connection.execute("RESET GLOBAL disabled_optimizers")

    def _lower(self, cursor: Any, query: BoundQuery, registered: ExitStack) -> str:
        from ingot.engines.duckdb import dialect

        relations = {name: self._relation(cursor, b, registered) for name, b in query.bindings.items()}
        sql = dialect.lower(query.query, relations, query.now)
        self._create_macros(cursor, sql)
        return sql

    def _conditions(self, query: BoundQuery, rules: Sequence[Rule]) -> list[str]:
        from ingot.engines.duckdb import dialect

        settings = query.query.settings
        conditions = [dialect.lower_condition(rule.condition, query.now, settings) for rule in rules]
        with self._cursor(None) as cursor:
            self._create_macros(cursor, " ".join(conditions))
        return conditions

    def _create_macros(self, cursor: Any, sql: str) -> None:
        """Create the dialect's macros and kernels when they are first used; all of them would cost each start 20 ms."""
        from ingot.engines.duckdb import dialect

        with self._macro_lock:
            for kernel in dialect.kernels_used(sql):
                if kernel not in self._macros:
                    dialect.register(self._connection, kernel)
                    self._macros.add(kernel)
            for macro in dialect.macros_used(sql):
                if macro not in self._macros:
                    cursor.execute(macro)
                    self._macros.add(macro)

    def _relation(self, cursor: Any, binding: Binding, registered: ExitStack) -> str:
        match binding:
            case SnapshotBinding():
                return snapshot_relation(binding)
            case UnionBinding():
                return " UNION ALL ".join(f"({snapshot_relation(part)})" for part in binding.parts)
            case ArrowBinding():
                name = f"ingot_rows_{next(_leaf_numbers)}"
                cursor.register(name, _ArrowSource(binding))
                registered.callback(cursor.unregister, name)
                return f"SELECT {_casts(binding.schema)} FROM {name}"
            case HeldBinding():
                return f"SELECT * FROM {quote_name(binding.name)}"
            case FilesBinding():
                from ingot.engines.duckdb import reader

                registered.callback(reader.release, cursor)
                return reader.relation(cursor, binding, None)

    def _prepare_spill(self) -> None:
        """Make the folder that DuckDB spills below, once there is a lake; remove what dead processes left there."""
        with self._spill_lock:
            if self._is_spill_ready or not self._spill.parent.parent.parent.is_dir():
                return
            self._spill.parent.mkdir(parents=True, exist_ok=True)
            _remove_stale(self._spill.parent)
            self._is_spill_ready = True


class _ArrowSource:
    """What DuckDB scans: each scan gets fresh rows; asking for the schema does not use one up."""

    def __init__(self, binding: ArrowBinding):
        self._binding = binding

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._binding.load().__arrow_c_stream__(requested_schema)


def _connect(project: Project, spill: Path) -> Any:
    settings: dict[str, Any] = {
        "max_expression_depth": 5000,  # as deep as Spark goes
        "python_enable_replacements": False,  # a name in a query never means a variable of ours
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "order_by_non_integer_literal": True,  # has no effect, in Spark as here
        "preserve_insertion_order": False,  # tables have no order; with it, memory is not bounded
        # DuckDB 2.0.0 deadlocks in one of thirty COPYs that fail half-way while its asynchronous writers are at work
        "async_threads": 0,
        "temp_directory": str(spill),
        "memory_limit": project.memory_limit or "60%",
    }
    if project.threads is not None:
        settings["threads"] = project.threads
    with faults(None):
        connection = duckdb.connect(":memory:", config=settings)
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        if project.memory_limit is not None:
            _fit_threads(connection)
    return connection


def _fit_threads(connection: Any) -> None:
    """Use fewer threads when each would have too little memory for the row group that it writes.

    DuckDB 2.0.0 crashes, rather than fails, in a COPY with 64 MB for each thread.
    """
    settings = "SELECT current_setting('memory_limit'), current_setting('threads')"
    [(limit, threads)] = connection.execute(settings).fetchall()  # all of it, for an open result blocks the connection
    number, unit = limit.split()
    available = float(number) * {"bytes": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}[unit]
    fitting = max(1, int(available // _THREAD_BYTES_MIN))
    if fitting < threads:
        connection.execute(f"SET GLOBAL threads = {fitting}")


def _remove_stale(folder: Path) -> None:
    host = socket.gethostname()
    for path in folder.iterdir():
        name, _, rest = path.name.rpartition("-")[0].rpartition("-")
        if name == host and rest.isdigit() and not _is_alive(int(rest)):
            shutil.rmtree(path, ignore_errors=True)


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _recover(cursor: Any, query: BoundQuery, error: duckdb.Error) -> bool:
    """Whether another attempt will read a raw file in another way; raises what is wrong with the file itself."""
    bindings = [binding for binding in query.bindings.values() if isinstance(binding, FilesBinding)]
    if not bindings:
        return False
    from ingot.engines.duckdb import reader

    recovered = [reader.recover(cursor, binding, error) for binding in bindings]
    return any(recovered)


def _casts(schema: StructType) -> str:
    return ", ".join(_cast(quote_name(f.name), duckdb_type(f.type), quote_name(f.name)) for f in schema)


def _cast(column: str, type_text: str, name: str) -> str:
    return f"CAST({column} AS {type_text}) AS {name}"


def _presented(column: str, field: Field) -> str:
    """A column as it leaves the engine: of its type, variants as JSON."""
    if holds(field.type, lambda t: t == VARIANT):
        from ingot.engines.duckdb.lowering.variant_values import as_json

        column = as_json(column, field.type)
    return _cast(column, duckdb_type(field.type), quote_name(field.name))


def _with_broken_rules(schema: StructType) -> StructType:
    return StructType(fields=(*schema.fields, Field(BROKEN_RULES, ArrayType(element=STRING), nullable=False)))


def _check_columns(schema: StructType, target: WriteTarget) -> None:
    stored = [target.schema, *([target.hidden] if target.hidden else [])]
    unknown = [f.name for f in schema if all(columns.find(f.name) is None for columns in stored)]
    if unknown:
        table = f"{target.root.parent.name}.{target.root.name}"
        raise LakeError(f"the query gives column {unknown[0]!r}, which {table} does not have", code="schema-mismatch")

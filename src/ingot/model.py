"""The theory: a flow is a query whose result is written to one table; a pipeline is a set of flows, ordered by
the tables they read.

Layers are the schema part of a table's name. Expectations, checkpoints and schedules are attributes of a table or
of a flow. Everything here is an immutable value: no I/O, no engine, no import of anything heavy.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingot.errors import DefinitionError, Location

if TYPE_CHECKING:
    from sqlglot import exp

    from ingot.types import DataType, StructType


@dataclass(frozen=True, order=True)
class TableName:
    """A dataset's identity, always complete. Compared as written; looked up without regard to case."""

    catalog: str
    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.catalog}.{self.schema}.{self.table}"

    @property
    def short(self) -> str:
        """`schema.table`, as messages and progress lines show it."""
        return f"{self.schema}.{self.table}"

    @property
    def key(self) -> tuple[str, str, str]:
        """What two spellings of the same name share."""
        return (self.catalog.lower(), self.schema.lower(), self.table.lower())


# --- what a query reads -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TableRead:
    """A leaf that reads a dataset of the project, a table of the lake, or a mapped one.

    `parts` is the name as the user wrote it (`LIVE.` removed); `version` is what `VERSION AS OF` or
    `TIMESTAMP AS OF` ask for. `options` are a reader's, keys in lower case (`skipchangecommits`).
    """

    name: TableName
    parts: tuple[str, ...]
    is_streaming: bool = False
    version: int | str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    location: Location | None = None

    @property
    def reads_changes(self) -> bool:
        """Whether it gives the table's change data feed, not its rows."""
        return any(self.options.get(name, "").lower() == "true" for name in ("readchangefeed", "readchangedata"))


@dataclass(frozen=True)
class FileRead:
    """A leaf that reads files: `read_files`, `cloud_files`, Auto Loader, `spark.read`, ``csv.`/path` ``.

    `path` has been mapped to this machine (`paths` of the project, relative paths against the project) and may
    hold globs. `options` keys are lower-case, without the prefix `cloudFiles.`; `schema` is the declared one.
    `is_autoloader` tells `read_files`/`cloudFiles` (rescued data, its inference) from a plain Spark reader.
    `infer_types` is the default for `inferColumnTypes`/`inferSchema` of the way it was called.
    """

    path: str
    format: str
    options: Mapping[str, str] = field(default_factory=dict)
    schema: StructType | None = None
    is_streaming: bool = False
    is_autoloader: bool = True
    infer_types: bool = True
    location: Location | None = None


@dataclass(frozen=True)
class ValuesRead:
    """A leaf that holds its rows: `spark.createDataFrame`, `spark.range`, or what a Python flow returned.

    `load` gives an object with `__arrow_c_stream__`; `is_opaque` marks rows whose origin is the user's Python,
    so that nothing can be known about when they change.
    """

    schema: StructType
    load: Callable[[], Any]
    is_opaque: bool = False
    fingerprint: str | None = None
    location: Location | None = None


Read = TableRead | FileRead | ValuesRead


@dataclass(frozen=True)
class UserFunction:
    """A Python function that SQL can call; registered by `udf`, `pandas_udf` or `spark.udf.register`.

    `kind` tells what an engine calls: `python` takes the values of one row, `arrow` takes pyarrow arrays and gives
    one. `bind` gives the function to call for arguments of these types; without it `function` is called itself.
    Values are plain: a struct is a dict of all its fields, a timestamp is naive, in the session's time zone.
    `within` gives what is entered while a query calls the function. One that `takes_groups` gives one value for all
    rows of a group: it is called with the list of them. One that is not deterministic may answer otherwise for the
    same values.
    """

    name: str
    function: Callable[..., Any]
    return_type: DataType
    kind: str = "python"
    location: Location | None = None
    bind: Callable[[Sequence[DataType]], Callable[..., Any]] | None = None
    within: Callable[[], AbstractContextManager[Any]] = nullcontext
    takes_groups: bool = False
    is_deterministic: bool = True

    def __deepcopy__(self, memo: dict[int, object]) -> UserFunction:
        return self  # calls carry it within trees, which are copied


@dataclass(frozen=True)
class Query:
    """One query in Spark's meaning.

    `tree` is a sqlglot query as `ingot.sql` makes it: functions are `Anonymous` nodes under Spark's lower-case
    name, and every table that it reads is an `exp.Table` whose name is a key of `reads`.

    A DataFrame's methods know columns by name without knowing which there are. So its trees hold stars in DataFrame
    meaning, `exp.Star(except_, replace, rename)` with `meta["lenient"]`: a name to drop or to rename that does not
    exist is passed over; a `replace` alias that does not exist is a new column at the end, in the order written.
    Likewise a `UNION BY NAME` with `meta["lenient"]` fills columns that one side lacks with nulls.

    `version` is what a function of snapshots said of this one; None for every other query, and when it gave none.
    """

    tree: exp.Query
    reads: Mapping[str, Read]
    functions: Mapping[str, UserFunction] = field(default_factory=dict)
    location: Location | None = None
    version: Any = None


# --- datasets and flows -------------------------------------------------------------------------------------


class DatasetKind(enum.StrEnum):
    STREAMING_TABLE = "streaming_table"
    MATERIALIZED_VIEW = "materialized_view"
    TEMPORARY_VIEW = "temporary_view"
    SINK = "sink"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")


class Action(enum.StrEnum):
    """What becomes of a row that violates an expectation."""

    WARN = "warn"
    DROP = "drop"
    FAIL = "fail"
    QUARANTINE = "quarantine"


@dataclass(frozen=True)
class Expectation:
    """A rule over one row of a dataset. `condition` is Spark SQL; a row for which it is not TRUE violates it."""

    name: str
    condition: str
    action: Action = Action.WARN
    location: Location | None = None


@dataclass(frozen=True)
class ColumnSpec:
    """A column as a definition declares it; `type` is None where Lakeflow allows to leave it out.

    `default` and `generated` are Spark SQL expressions.
    """

    name: str
    type: DataType | None = None
    nullable: bool = True
    comment: str | None = None
    default: str | None = None
    generated: str | None = None


@dataclass(frozen=True)
class ChangeSpec:
    """The body of AUTO CDC / APPLY CHANGES, or of a snapshot comparison, as the user wrote it.

    Expressions are Spark SQL text. `columns`/`except_columns` and `track`/`track_except` exclude each other.
    `calls_function` tells that the user's function, or a query, says which snapshot comes next: the flow's query is
    that of the next one. `places` says where expressions begin, by the name of their attribute.
    """

    keys: tuple[str, ...]
    sequence_by: str | None
    source: TableRead | None = None
    apply_as_deletes: str | None = None
    apply_as_truncates: str | None = None
    columns: tuple[str, ...] | None = None
    except_columns: tuple[str, ...] | None = None
    track: tuple[str, ...] | None = None
    track_except: tuple[str, ...] | None = None
    ignore_null_updates: bool = False
    scd_type: int = 1
    calls_function: bool = False
    location: Location | None = None
    places: Mapping[str, Location] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_snapshot(self) -> bool:
        """Whether the source gives whole states, which are compared with the table, and no changes."""
        return self.sequence_by is None


@dataclass(frozen=True)
class Dataset:
    """A table or a view that the project defines.

    `kind` is None for a Python `@table`: whether it is a streaming table or a materialized view follows from
    what its query reads. `properties` are the TBLPROPERTIES as written.
    """

    name: TableName
    kind: DatasetKind | None
    location: Location
    comment: str | None = None
    columns: tuple[ColumnSpec, ...] | None = None
    partition_columns: tuple[str, ...] = ()
    cluster_columns: tuple[str, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    expectations: tuple[Expectation, ...] = ()
    is_private: bool = False
    path: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)  # of a sink


@dataclass(frozen=True)
class Flow:
    """A query whose result is written to `target`.

    `build` gives the query; it parses SQL or calls the user's query function, so it may raise, and is called
    within the one boundary around user code. `text` is what the definition's fingerprint is made of when the
    query itself cannot be had cheaply. `once` marks a backfill that runs one time. `changes` makes it AUTO CDC.
    """

    name: str
    target: TableName
    build: Callable[[], Query]
    location: Location
    text: str = ""
    is_once: bool = False
    configuration: Mapping[str, str] = field(default_factory=dict)
    changes: ChangeSpec | None = None


@dataclass(frozen=True)
class Definitions:
    """Everything that the definition files of a project say.

    `failed` holds what could not be understood, by dataset or file, so that one bad definition fails alone.
    `functions` are those that Python files register by name, for the SQL of all files.
    """

    datasets: Mapping[TableName, Dataset]
    flows: tuple[Flow, ...]
    failed: tuple[FailedDefinition, ...] = ()
    files: tuple[Path, ...] = ()  # all files whose content matters: definitions and the local modules they import
    notes: tuple[Note, ...] = ()
    functions: Mapping[str, UserFunction] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """Something that a definition says and that has no effect here; told to the user once."""

    message: str
    location: Location


@dataclass(frozen=True)
class FailedDefinition:
    """A dataset (or, when even its name is unknown, a file) whose definition is wrong."""

    error: Exception
    location: Location
    name: TableName | None = None


# --- the project --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Condition:
    """When a source is landed: on these days of the week (1 is Monday), with these values of the configuration."""

    weekdays: tuple[int, ...] = ()
    configuration: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Retention:
    """What becomes of landed files that were processed, `after` that long since they landed.

    They are moved to the folder `archive`; without one they are removed.
    """

    after: timedelta
    archive: Path | None = None


@dataclass(frozen=True)
class SourceSpec:
    """One entry of `sources` in ingot.yml; `options` are validated by the source of that kind.

    `depends_on` names sources that are landed before, and without which this one is not. Landed files stay for ever
    where `landed` says nothing. With `continue_on_error` what landed before is read although the source failed.
    """

    name: str
    kind: str
    options: Mapping[str, Any]
    location: Location | None = None
    depends_on: tuple[str, ...] = ()
    when: Condition = Condition()
    landed: Retention | None = None
    continue_on_error: bool = False
    places: Mapping[str, Location] = field(default_factory=dict, compare=False, repr=False)  # of the entry's own keys


@dataclass(frozen=True)
class SecretSpec:
    """Where secrets are looked for besides the environment: a folder of files, the URL of an Azure Key Vault."""

    folder: Path | None = None
    key_vault: str | None = None


class Role(enum.IntEnum):
    """What somebody may do in the browser; each role may do what those before it may."""

    VIEWER = 1  # see dashboards
    OPERATOR = 2  # see tables and updates, ask queries, start and stop updates
    ADMIN = 3  # recompute tables from the beginning

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class AccessToken:
    """Who holds a token, known by its SHA-256, may do what the role may."""

    name: str
    sha256: str
    role: Role


@dataclass(frozen=True)
class ServeSpec:
    """How `ingot serve` serves: for whom, under which names of the host, and the bounds of queries.

    Without tokens everybody who reaches the server is an admin, which is why it then listens on this machine only.
    """

    tokens: tuple[AccessToken, ...] = ()
    hosts: tuple[str, ...] = ()
    query_timeout_s: int = 60
    query_rows_max: int = 100_000
    queries_max: int = 4


@dataclass(frozen=True)
class Project:
    """The settings of a project, complete and checked. Paths are absolute."""

    name: str
    root: Path
    lake: Path
    catalog: str = "main"
    schema: str = "default"
    definitions: tuple[str, ...] = ("transformations/**",)
    definition_places: Mapping[str, Location] = field(default_factory=dict)  # of those that a settings file names
    configuration: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[SourceSpec, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    secrets: SecretSpec = SecretSpec()
    engine: str = "duckdb"
    memory_limit: str | None = None
    threads: int | None = None
    serve: ServeSpec = ServeSpec()
    target: str | None = None
    file: Path | None = None  # the settings file, if there is one
    is_bare: bool = False  # nothing says which files are definitions: those that look like one are

    def table_name(self, parts: tuple[str, ...] | list[str]) -> TableName:
        """Complete a name of one to three parts with the project's default schema and catalog.

        Raises:
            DefinitionError: `invalid-name`, for another number of parts.
        """
        if not 1 <= len(parts) <= 3:
            raise DefinitionError(
                f"{'.'.join(parts)!r} is not a table's name: it has {len(parts)} parts",
                hint="catalog, schema and table at most; a part with a dot in it stands in backquotes",
                code="invalid-name",
            )
        catalog, schema, table = ((self.catalog, self.schema)[: 3 - len(parts)] + tuple(parts))[-3:]
        return TableName(catalog, schema, table)

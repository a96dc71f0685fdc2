"""What each statement of a pipeline's SQL file means: datasets, flows, settings for the rest of the file.

Owns the heads of statements in the three dialects (open-source Spark, Lakeflow, Delta Live Tables). The query
within a statement stays text until its flow is built.
"""

from __future__ import annotations

from ingot.definitions.sql.clauses import Clauses, parse_clauses, unexpected_clause
from ingot.definitions.sql.columns import ColumnList, parse_column_list
from ingot.definitions.sql.cursor import Cursor
from ingot.definitions.sql.flows import QUERY_WORDS, FlowHead, change_flow, check_insert, query_flow
from ingot.definitions.sql.scope import Scope, read_set, read_use
from ingot.errors import IngotError, nearest
from ingot.model import Dataset, DatasetKind, Flow, TableName

_MODIFIERS = ("PRIVATE", "TEMPORARY", "TEMP", "STREAMING", "INCREMENTAL", "LIVE", "MATERIALIZED", "GLOBAL")
_CONTAINERS = ("SCHEMA", "DATABASE", "CATALOG", "VOLUME")
_PRIVATE = frozenset({"PRIVATE", "TEMPORARY", "TEMP"})
_HEAD_TOKENS_MAX = 12
_OTHER_STATEMENTS = frozenset(
    """ALTER ANALYZE BEGIN CACHE CALL COPY DECLARE DELETE DESC DESCRIBE DROP EXECUTE EXPLAIN FROM GRANT INSERT LIST
    MERGE MSCK OPTIMIZE REFRESH RESET REVOKE SELECT SHOW TRUNCATE UNCACHE UNDROP UPDATE VACUUM VALUES WITH""".split()  # noqa: SIM905 - a list would take half a page
)
_STATEMENTS = ("CREATE", "APPLY", "AUTO", "SET", "USE")
_KINDS = ("STREAMING TABLE", "MATERIALIZED VIEW", "TEMPORARY VIEW", "FLOW", "LIVE TABLE", "LIVE VIEW")


class Statement:
    """Reads one statement and tells the registry. `name` is its dataset, as soon as that is known."""

    def __init__(self, cursor: Cursor, scope: Scope):
        self.cursor = cursor
        self.scope = scope
        self.registry = scope.registry
        self.location = cursor.location()
        self.name: TableName | None = None

    def run(self) -> None:
        """Read and apply the statement.

        Raises:
            IngotError: with the place; nothing of the statement is registered then.
        """
        cursor = self.cursor
        if cursor.accept("CREATE"):
            self._create()
        elif cursor.accept("APPLY", "CHANGES", "INTO") or cursor.accept("AUTO", "CDC", "INTO"):
            self._target()
            self.registry.add_flow(self._change_flow(self.registry.flow_name(self._known_name), is_once=False))
        elif cursor.accept("SET"):
            read_set(cursor, self.scope)
        elif cursor.accept("USE"):
            read_use(cursor, self.scope)
        else:
            raise self._unknown_statement()

    # --- CREATE ---

    def _create(self) -> None:
        cursor = self.cursor
        if cursor.accept("OR") and not (cursor.accept("REFRESH") or cursor.accept("REPLACE")):
            raise cursor.expected("REFRESH or REPLACE")
        words: list[str] = []
        while cursor.is_next_any(_MODIFIERS):
            words.append(cursor.take().key)
        token = cursor.peek()
        if cursor.accept("FLOW"):
            self._flow(words)
        elif not words and cursor.is_next_any(_CONTAINERS):
            self._container()
        elif cursor.accept("TABLE"):
            self._dataset("TABLE", words)
        elif cursor.accept("VIEW"):
            self._dataset("VIEW", words)
        elif not words and token is not None and token.key in ("FUNCTION", "SINK", "CONNECTION", "ROLE"):
            raise cursor.unsupported(f"CREATE {token.key} in a pipeline")
        else:
            raise self._unknown_kind()

    def _unknown_kind(self) -> IngotError:
        token = self.cursor.peek()
        kind = nearest(token.text, [k.split()[0] for k in _KINDS]) if token is not None else None
        return self.cursor.expected("TABLE, VIEW or FLOW", f"did you mean {kind.upper()}?" if kind else None)

    def _container(self) -> None:
        what = self.cursor.take().key
        self.registry.note(f"CREATE {what} has no effect: a schema is made with its first table", self.location)

    def _dataset(self, noun: str, words: list[str]) -> None:
        cursor = self.cursor
        kind = _kind(noun, words)
        if kind is None:
            raise self._refuse_kind(" ".join(["CREATE", *words, noun]))
        if cursor.accept("IF"):
            cursor.expect("NOT", "EXISTS")
        self._target()
        listed = parse_column_list(cursor) if cursor.is_next("(") else ColumnList()
        clauses = parse_clauses(cursor, self.registry.note)
        self._check_view(kind, clauses)
        dataset = Dataset(
            name=self._known_name,
            kind=kind,
            location=self.location,
            comment=clauses.comment,
            columns=listed.columns,
            partition_columns=clauses.partition_columns,
            cluster_columns=clauses.cluster_columns,
            properties=clauses.properties,
            expectations=listed.expectations,
            is_private=kind != DatasetKind.TEMPORARY_VIEW and bool(_PRIVATE & set(words)),
            path=clauses.path,
        )
        if noun == "VIEW" and not words:
            message = "CREATE VIEW: the view is there for the pipeline only, not for other readers of the lake"
            self.registry.note(message, self.location)
        flow = self._own_flow(kind)
        self.registry.add_dataset(dataset)
        if flow is not None:
            self.registry.add_flow(flow)

    def _refuse_kind(self, phrase: str) -> IngotError:
        if phrase.endswith("VIEW"):
            hint = "CREATE MATERIALIZED VIEW stores the rows, CREATE TEMPORARY VIEW names a query"
        else:
            hint = "CREATE STREAMING TABLE takes new rows only, CREATE MATERIALIZED VIEW holds a query's result"
        error = self.cursor.unsupported(f"{phrase} does not define a dataset of a pipeline", hint)
        error.location = self.location
        self._find_name()
        return error

    def _find_name(self) -> None:
        """Learn which dataset a refused statement is about."""
        self.cursor.accept("IF", "NOT", "EXISTS")
        self.cursor.accept("ONCE")
        self._target()

    def _check_view(self, kind: DatasetKind, clauses: Clauses) -> None:
        if kind != DatasetKind.TEMPORARY_VIEW:
            return
        stored = {
            "PARTITIONED BY": clauses.partition_columns,
            "CLUSTER BY": clauses.cluster_columns,
            "LOCATION": clauses.path,
        }
        for clause, value in stored.items():
            if value:
                raise self._at_start(self.cursor.error(f"{clause} is for tables, but a temporary view stores nothing"))

    def _own_flow(self, kind: DatasetKind) -> Flow | None:
        """The flow that a dataset's own query makes; a streaming table may have none."""
        cursor = self.cursor
        name = self.registry.flow_name(self._known_name)
        if kind == DatasetKind.STREAMING_TABLE and cursor.accept("FLOW"):
            return self._flow_clause(name)
        if cursor.is_at_end and kind == DatasetKind.STREAMING_TABLE:
            return None
        self._expect_as()
        return self._query_flow(name, is_once=False)

    def _expect_as(self) -> None:
        cursor = self.cursor
        if cursor.accept("AS"):
            return
        if cursor.is_next_any(QUERY_WORDS):
            # Many real files leave it out, for Spark's own CREATE TABLE takes a query without AS.
            self.registry.note("AS is missing before a query; not every runtime takes that", cursor.location())
            return
        if cursor.is_at_end:
            raise cursor.error("the query is missing", hint="… AS SELECT …", code="missing-query")
        if cursor.is_next_any(_STATEMENTS):
            raise cursor.expected("AS or a clause", "is a ';' missing before it?")
        raise unexpected_clause(cursor, "AS")

    def _flow_clause(self, name: str) -> Flow:
        cursor = self.cursor
        if cursor.is_next("REPLACE"):
            raise cursor.unsupported("FLOW REPLACE WHERE", "CREATE MATERIALIZED VIEW … AS query")
        if cursor.accept("AUTO", "CDC"):
            is_once = cursor.accept("ONCE")
            return self._change_flow(name, is_once)
        cursor.expect("INSERT", hint="FLOW INSERT BY NAME query, or FLOW AUTO CDC FROM STREAM …")
        is_once = cursor.accept("ONCE")
        cursor.accept("BY", "NAME")
        return self._query_flow(name, is_once)

    # --- flows ---

    def _flow(self, words: list[str]) -> None:
        cursor = self.cursor
        if words:
            raise self._at_start(cursor.error(f"{words[0]} does not go with FLOW", hint="CREATE FLOW name AS …"))
        if cursor.accept("IF"):
            cursor.expect("NOT", "EXISTS")
        parts = cursor.name_parts("the name of the flow")
        if cursor.accept("COMMENT"):
            cursor.string("the comment as a string")
        cursor.expect("AS", hint="CREATE FLOW name AS INSERT INTO target BY NAME query")
        if cursor.accept("INSERT"):
            is_once = cursor.accept("ONCE")
            cursor.expect("INTO")
            is_once = cursor.accept("ONCE") or is_once
            self._target()
            check_insert(self.cursor)
            self.registry.add_flow(self._query_flow(".".join(parts), is_once))
        elif cursor.accept("AUTO", "CDC") or cursor.accept("APPLY", "CHANGES"):
            is_once = cursor.accept("ONCE")
            cursor.expect("INTO")
            is_once = cursor.accept("ONCE") or is_once
            self._target()
            self.registry.add_flow(self._change_flow(".".join(parts), is_once))
        else:
            raise cursor.expected("INSERT INTO or AUTO CDC INTO")

    def _query_flow(self, name: str, is_once: bool) -> Flow:
        return query_flow(self.cursor, self.scope, FlowHead(name, self._known_name, self.location, is_once))

    def _change_flow(self, name: str, is_once: bool) -> Flow:
        return change_flow(self.cursor, self.scope, FlowHead(name, self._known_name, self.location, is_once))

    # --- names and errors ---

    def _target(self) -> None:
        token = self.cursor.peek()
        place = self.cursor.location()
        parts = self.cursor.name_parts("the name of a dataset")
        if not parts[-1] or (token is not None and token.key == "AS"):
            raise self.cursor.error("the name of the dataset is missing", token=token)
        try:
            self.name = self.registry.table_name(parts, self.scope.default_schema)
        except IngotError as error:
            raise error.at(place) from None

    def guess_name(self) -> TableName | None:
        """The dataset that a statement which cannot be read is probably about."""
        cursor = self.cursor
        cursor.at = 0
        while not cursor.is_at_end and cursor.at < _HEAD_TOKENS_MAX:
            if cursor.take().key in ("TABLE", "VIEW", "INTO"):
                try:
                    self._find_name()
                except IngotError:
                    return None
                return self.name
        return None

    @property
    def _known_name(self) -> TableName:
        assert self.name is not None
        return self.name

    def _at_start(self, error: IngotError) -> IngotError:
        error.location = self.location
        return error

    def _unknown_statement(self) -> IngotError:
        token = self.cursor.peek()
        assert token is not None
        if token.kind != "word":
            return self.cursor.expected("a statement")
        if token.key in ("APPLY", "AUTO"):
            return self.cursor.expected("APPLY CHANGES INTO or AUTO CDC INTO")
        if token.key in _OTHER_STATEMENTS:
            return self.cursor.unsupported(
                f"{token.key} does not define a dataset; a pipeline's files hold definitions only",
                "run queries with: ingot query",
            )
        suggestion = nearest(token.text, _STATEMENTS)
        hint = f"did you mean {suggestion}?" if suggestion else None
        return self.cursor.error(f"there is no statement '{token.text}'", hint=hint)


def _kind(noun: str, words: list[str]) -> DatasetKind | None:
    """Which kind of dataset the words before TABLE or VIEW mean; None when they mean none."""
    said = set(words)
    is_streaming = bool(said & {"STREAMING", "INCREMENTAL"})
    if "GLOBAL" in said or len(said) < len(words) or said >= {"MATERIALIZED", "LIVE"}:
        return None
    if noun == "TABLE":
        if is_streaming:
            return None if "MATERIALIZED" in said else DatasetKind.STREAMING_TABLE
        return DatasetKind.MATERIALIZED_VIEW if "LIVE" in said else None
    if "MATERIALIZED" in said:
        return None if is_streaming else DatasetKind.MATERIALIZED_VIEW
    return DatasetKind.TEMPORARY_VIEW if said & {"LIVE", "TEMPORARY", "TEMP"} or not said else None

"""`pyspark.sql.SparkSession`: what `spark` is in a definition file.

Owns reading by name, `spark.sql`, configuration, rows made in Python. Never runs a query by itself: questions that
need rows go to whoever runs the flow, and are refused while definitions are being loaded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from sqlglot import exp

from ingot.definitions import loading
from ingot.definitions.spark import nodes, values
from ingot.definitions.spark.column import Column
from ingot.definitions.spark.dataframe import DataFrame
from ingot.definitions.spark.place import here
from ingot.definitions.spark.reader import DataFrameReader, DataStreamReader
from ingot.definitions.spark.row import Row, named_row
from ingot.definitions.spark.selection import Computed, Leaf, Relation, Selection, Written
from ingot.definitions.spark.udf import UserDefinedFunction, python
from ingot.errors import DefinitionError, UnsupportedError, nearest
from ingot.model import FileRead, Query, Read, TableRead, UserFunction, ValuesRead
from ingot.types import StructType

if TYPE_CHECKING:
    from ingot.definitions.loading import Load

_USE = re.compile(r"\s*USE\s+(?:(CATALOG|SCHEMA|DATABASE|NAMESPACE)\s+)?(.+?)\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_SET = re.compile(r"\s*SET\s+([\w.]+)\s*=\s*(.*?)\s*;?\s*$", re.IGNORECASE | re.DOTALL)
_QUERY_WORDS = ("SELECT", "WITH", "FROM", "VALUES", "TABLE", "(")
_DEFAULTS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.shuffle.partitions": "200",
}
_NOT_GIVEN = object()


class SparkSession:
    """The session of one load. `getOrCreate` and `active` give the same one everywhere in a file."""

    def __init__(self, load: Load):
        self._load = load
        self.functions: dict[str, UserFunction] = {}
        self.conf = RuntimeConfig(load)
        self.udf = UDFRegistration(self)
        self.catalog = Catalog(load)
        self.version = "4.0.0"

    # --- reading ---

    @property
    def read(self) -> DataFrameReader:
        return DataFrameReader(self)

    @property
    def readStream(self) -> DataStreamReader:
        return DataStreamReader(self)

    def table(self, tableName: str) -> DataFrame:
        return self.read.table(tableName)

    def sql(self, sqlQuery: str, args: Any = None, **kwargs: Any) -> DataFrame:
        """A query in SQL text; `USE` and `SET` change what later ones of the file mean."""
        from ingot.definitions.reads import parse_query
        from ingot.placeholders import fill

        place = here()
        settings = {**self._load.project.configuration, **self._load.configuration}
        text = fill(sqlQuery, settings, lambda _: place, DefinitionError).text  # type: ignore[arg-type,return-value]
        if kwargs:
            text, args = text.format(**{k: f":{k}" for k in kwargs}), {**(args or {}), **kwargs}
        if self._command(text):
            return self.createDataFrame([], "result string")
        if not _without_comments(text).upper().startswith(_QUERY_WORDS):
            raise UnsupportedError(
                f"spark.sql runs queries only, not {' '.join(text.split()[:2])!r}",
                location=place,
                hint="define tables with @table, or in a .sql file",
                code="unsupported-statement",
            )
        query = parse_query(text, self._load.project, place, self._load.defaults)
        if args:
            _fill_parameters(query.tree, args)
        return DataFrame(_single(Relation(Written(query))), self)

    def _command(self, text: str) -> bool:
        from ingot.definitions.names import split_name

        if match := _USE.match(text):
            word, name = (match[1] or "SCHEMA").upper(), match[2]
            name = re.sub(r"(?i)^IDENTIFIER\s*\(\s*['\"](.*)['\"]\s*\)$", r"\1", name)
            parts = split_name(name.strip())
            catalog, _schema = self._load.defaults
            if word == "CATALOG":
                self._load.defaults = (parts[0], None)
            else:
                self._load.defaults = (parts[0] if len(parts) == 2 else catalog, parts[-1])
            return True
        if match := _SET.match(text):
            self.conf.set(match[1], match[2].strip("'\""))
            return True
        return False

    def range(self, start: int, end: int | None = None, step: int = 1, numPartitions: int | None = None) -> DataFrame:
        first, last = (0, start) if end is None else (start, end)
        call = exp.Anonymous(this="range", expressions=[nodes.literal(v, here()) for v in (first, last, step)])
        return DataFrame(_single(Relation(Computed(exp.Table(this=call)))), self)

    def createDataFrame(
        self, data: Any, schema: Any = None, samplingRatio: float | None = None, verifySchema: bool = True
    ) -> DataFrame:
        return self.frame_of(values.values_read(data, schema, here()))

    # --- the rest of Spark's surface ---

    @property
    def sparkContext(self) -> NoReturn:
        raise UnsupportedError("there is no SparkContext", location=here(), hint="use DataFrames")

    @property
    def streams(self) -> NoReturn:
        raise UnsupportedError("streams are run by the pipeline", location=here())

    @property
    def dataSource(self) -> DataSourceRegistration:
        return DataSourceRegistration()

    @property
    def session(self) -> SparkSession:
        return self

    def newSession(self) -> SparkSession:
        return self

    def stop(self) -> None:
        """Do nothing: the session lives as long as the load."""

    @classmethod
    def active(cls) -> SparkSession:
        session = cls.getActiveSession()
        if session is None:
            raise UnsupportedError(
                "there is no Spark session: this runs outside of a pipeline",
                location=here(),
                hint="run it with `ingot run`, or call it in a test with ingot.testing",
                code="no-session",
            )
        return session

    @classmethod
    def getActiveSession(cls) -> SparkSession | None:
        load = loading.current.get()
        return None if load is None else load.session

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        near = nearest(name, [m for m in dir(type(self)) if not m.startswith("_")])
        raise UnsupportedError(
            f"spark.{name} is not supported",
            location=here(),
            hint=f"did you mean '{near}'?" if near else None,
            code="unsupported-method",
        )

    # --- for the other parts of the facade ---

    def frame_of(self, read: Read) -> DataFrame:
        """A DataFrame over one leaf."""
        return DataFrame(_single(Relation(Leaf(read), qualifiers=_qualifiers(read))), self)

    def schema_of(self, query: Query) -> StructType:
        """The columns of a query; while definitions are loaded, only of those that say them themselves."""
        from ingot.analysis import Settings
        from ingot.analysis.analyzer import analyze

        given = loading.answers.get()
        if given is not None:
            return analyze(query, given.catalog, given.settings).schema
        return analyze(query, _Declared(), Settings()).schema

    def table_of(self, query: Query, asked: str) -> Any:
        """The rows of a query as an Arrow table.

        Raises:
            UnsupportedError: `query-at-load`, when nothing may be run now.
        """
        from arro3.core import Table

        given = loading.answers.get()
        if given is None or given.collect is None:
            raise UnsupportedError(
                f"{asked}() needs rows, but no query is run while definitions are loaded",
                location=here(),
                hint="compute it within the query: a join, a window function or an aggregate gives it as a column",
                code="query-at-load",
            )
        return Table.from_arrow(given.collect(query))

    def rows_of(self, query: Query, asked: str) -> list[Row]:
        """The rows of a query as Python values."""
        table = self.table_of(query, asked)
        names = tuple(table.column_names)
        columns = [table.column(i).combine_chunks().to_pylist() for i in range(table.num_columns)]
        return [named_row(names, row) for row in zip(*columns, strict=True)]


class Builder:
    """`SparkSession.builder`: settings are noted, and the session is the one there is."""

    def appName(self, name: str) -> Builder:
        return self

    master = remote = appName

    def config(self, key: Any = None, value: Any = None, **options: Any) -> Builder:
        if isinstance(key, str) and value is not None and (session := SparkSession.getActiveSession()):
            session.conf.set(key, value)
        return self

    def enableHiveSupport(self) -> Builder:
        return self

    def getOrCreate(self) -> SparkSession:
        return SparkSession.active()

    create = getOrCreate


SparkSession.builder = Builder()  # type: ignore[attr-defined]


class RuntimeConfig:
    """`spark.conf`: the project's configuration, and what the file set itself."""

    def __init__(self, load: Load):
        self._load = load

    def get(self, key: str, default: Any = _NOT_GIVEN) -> Any:
        known = {**_DEFAULTS, **self._load.project.configuration, **self._load.configuration}
        if key in known:
            return known[key]
        if default is not _NOT_GIVEN:
            return default
        near = nearest(key, list(known))
        raise DefinitionError(
            f"the configuration has no '{key}'",
            location=here(),
            hint=f"did you mean '{near}'?" if near else f"add it under `configuration`, or run with --set {key}=…",
            code="undefined-parameter",
        )

    def set(self, key: str, value: Any) -> None:
        self._load.configuration[key] = str(value).lower() if isinstance(value, bool) else str(value)

    def unset(self, key: str) -> None:
        self._load.configuration.pop(key, None)

    def isModifiable(self, key: str) -> bool:
        return key not in self._load.project.configuration

    @property
    def getAll(self) -> dict[str, str]:
        return {**self._load.project.configuration, **self._load.configuration}


class UDFRegistration:
    """`spark.udf`: functions that SQL text can call."""

    def __init__(self, session: SparkSession):
        self._session = session

    def register(self, name: str, f: Any, returnType: Any = None) -> UserDefinedFunction:
        if isinstance(f, UserDefinedFunction):
            if returnType is not None:
                raise DefinitionError(
                    f"the function '{name}' has its type already",
                    location=here(),
                    hint="leave out the type in register",
                    code="wrong-arguments",
                )
            made = f.renamed(name)
        else:
            made = python(f, returnType or "string", name)
        self._session.functions[name.lower()] = made.user_function
        return made


class Catalog:
    """`spark.catalog`, as far as names go."""

    def __init__(self, load: Load):
        self._load = load

    def currentCatalog(self) -> str:
        return self._load.defaults[0] or self._load.project.catalog

    def currentDatabase(self) -> str:
        return self._load.defaults[1] or self._load.project.schema

    def setCurrentCatalog(self, catalogName: str) -> None:
        self._load.defaults = (catalogName, None)

    def setCurrentDatabase(self, dbName: str) -> None:
        self._load.defaults = (self._load.defaults[0], dbName)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedError(
            f"spark.catalog.{name} is not supported: definitions do not depend on what the lake holds",
            location=here(),
            code="unsupported-method",
        )


class DataSourceRegistration:
    """`spark.dataSource`: accepted, so that only what reads the source fails."""

    def register(self, dataSource: Any) -> None:
        """Note nothing: a read of the format says that it is not supported."""


class _Declared:
    """A catalog that knows the columns of leaves which declare them."""

    def schema_of(self, read: Read) -> StructType:
        if isinstance(read, ValuesRead):
            return read.schema
        if isinstance(read, FileRead) and read.schema is not None:
            return read.schema
        name = read.name.short if isinstance(read, TableRead) else read.path
        raise UnsupportedError(
            f"the columns of {name} are not known while definitions are loaded",
            location=here(),
            hint="ask for them within the query function",
            code="schema-at-load",
        )

    def view_of(self, read: Read) -> Query | None:
        return None


def _single(relation: Relation) -> Selection:
    return Selection((relation,))


def _qualifiers(read: Read) -> frozenset[str]:
    """What `F.col("orders.id")` may call a table by."""
    if not isinstance(read, TableRead):
        return frozenset()
    name = read.name
    return frozenset(text.lower() for text in (name.table, name.short, str(name)))


def _without_comments(text: str) -> str:
    return re.sub(r"\A(?:\s+|--[^\n]*\n|/\*.*?\*/)*", "", text, flags=re.DOTALL)


def _fill_parameters(tree: exp.Expr, args: Any) -> None:
    """Put arguments in place of `:name` and `?`."""
    by_position = iter(args) if isinstance(args, list | tuple) else None
    by_name = args if isinstance(args, dict) else {}
    for node in list(tree.find_all(exp.Placeholder, exp.Parameter)):
        name = node.name
        value = next(by_position, _NOT_GIVEN) if by_position is not None else by_name.get(name, _NOT_GIVEN)
        if value is _NOT_GIVEN:
            raise DefinitionError(
                f"the query's parameter {':' + name if name else '?'} has no argument",
                location=here(),
                hint="give it in args=",
                code="undefined-parameter",
            )
        node.replace(nodes.clone(value._node) if isinstance(value, Column) else nodes.literal(value, here()))

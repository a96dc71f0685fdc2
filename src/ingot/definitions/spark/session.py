"""`pyspark.sql.SparkSession`: what `spark` is in a definition file.

Owns reading by name, `spark.sql`, configuration, rows made in Python. Never runs a query by itself: questions that
need rows go to whoever runs the flow, and are refused while definitions are being loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from sqlglot import exp

from ingot.definitions import loading
from ingot.definitions.spark import nodes, refused, statements, values
from ingot.definitions.spark.calling import argument
from ingot.definitions.spark.catalog import Catalog, DataSourceRegistration, UDFRegistration, UDTFRegistration
from ingot.definitions.spark.context import SparkContext
from ingot.definitions.spark.dataframe import DataFrame
from ingot.definitions.spark.place import here
from ingot.definitions.spark.reader import DataFrameReader, DataStreamReader
from ingot.definitions.spark.row import Row, named_row
from ingot.definitions.spark.selection import Computed, Leaf, Relation, Selection
from ingot.errors import DefinitionError, UnsupportedError, near_hint
from ingot.model import Query, Read, TableRead, UserFunction
from ingot.types import StructType

if TYPE_CHECKING:
    from ingot.definitions.loading import Load

_DEFAULTS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.shuffle.partitions": "200",
}
_OF_THE_FILE = ("spark.sql.ansi.enabled", "spark.sql.session.timeZone")  # they change what a query means
_NOT_GIVEN = object()


class SparkSession:
    """The session of one load. `getOrCreate` and `active` give the same one everywhere in a file."""

    def __init__(self, load: Load):
        self._load = load
        self.functions: dict[str, UserFunction] = load.registry.functions
        self.table_functions: dict[str, Any] = {}
        self.data_sources: dict[str, Any] = {}
        self.views: dict[str, Selection] = {}
        self.conf = RuntimeConfig(load)
        self.udf = UDFRegistration(self)
        self.udtf = UDTFRegistration(self)
        self.catalog = Catalog(self)
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
        """A query in SQL text; `USE`, `SET` and temporary views change what later ones mean."""
        return statements.run(self, sqlQuery, args, kwargs)

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
    def sparkContext(self) -> SparkContext:
        return SparkContext(self)

    @property
    def streams(self) -> NoReturn:
        raise UnsupportedError(
            "streams are run by the pipeline",
            location=here(),
            hint="return the streaming DataFrame from the function of a table",
        )

    @property
    def dataSource(self) -> DataSourceRegistration:
        return DataSourceRegistration(self)

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
        refused.refuse("SparkSession", name, self)

    # --- for the other parts of the facade ---

    def frame_of(self, read: Read) -> DataFrame:
        """A DataFrame over one leaf."""
        return DataFrame(_single(Relation(Leaf(read), qualifiers=_qualifiers(read))), self)

    def view(self, name: str) -> DataFrame:
        """A temporary view by its name, which its columns can be qualified by."""
        return DataFrame(self.views[name.lower()], self).alias(name)

    def schema_of(self, query: Query) -> StructType:
        """The columns of a query; while definitions are loaded, only of those that say them themselves."""
        from ingot.analysis import Settings
        from ingot.analysis.analyzer import analyze

        given = loading.answers.get()
        if given is not None:
            return analyze(query, given.catalog, given.settings).schema
        from ingot.definitions.declared import DeclaredColumns

        return analyze(query, DeclaredColumns(self._load.project), Settings()).schema

    def table_of(self, query: Query, asked: str) -> Any:
        """The rows of a query as an Arrow table.

        Raises:
            UnsupportedError: `query-at-load`, when nothing may be run now.
        """
        from arro3.core import Table

        given = loading.answers.get()
        if given is None:
            from ingot.definitions.outside import collected

            configuration = {**self._load.project.configuration, **self._load.configuration}
            return collected(self._load.project, query, configuration, asked, here())
        if given.collect is None:
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
        schema = self.schema_of(query)
        columns = []
        for at, field in enumerate(schema):
            cells = [cell for chunk in table.column(at).chunks for cell in chunk.to_pylist()]
            convert = argument(field.type)
            columns.append([convert(cell) for cell in cells] if convert is not None else cells)
        names = tuple(schema.names)
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
        error = DefinitionError(
            f"the configuration has no '{key}'",
            location=here(),
            hint=near_hint(key, list(known), f"add it under `configuration`, or run with --set {key}=…"),
            code="undefined-parameter",
        )
        return self._load.absences.parameter(key, error)

    def set(self, key: str, value: Any) -> None:
        if key in _OF_THE_FILE and not self._load.is_loading:
            raise UnsupportedError(
                f"{key} is set within a query function",
                location=here(),
                hint="set it at the top of the file, or give spark_conf= to the table",
                code="unsupported-setting",
            )
        self._load.configuration[key] = str(value).lower() if isinstance(value, bool) else str(value)

    def unset(self, key: str) -> None:
        self._load.configuration.pop(key, None)

    def isModifiable(self, key: str) -> bool:
        return key not in self._load.project.configuration

    @property
    def getAll(self) -> dict[str, str]:
        return {**self._load.project.configuration, **self._load.configuration}


def _single(relation: Relation) -> Selection:
    return Selection((relation,))


def _qualifiers(read: Read) -> frozenset[str]:
    """What `F.col("orders.id")` may call a table by."""
    if not isinstance(read, TableRead):
        return frozenset()
    name = read.name
    return frozenset(text.lower() for text in (name.table, name.short, str(name)))

"""`spark.catalog`, `spark.udf`, `spark.udtf`: the names that a session knows. Never changes the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ingot.definitions import loading
from ingot.definitions.names import split_name
from ingot.definitions.reads import Names, table_read
from ingot.definitions.spark import nodes, refused
from ingot.definitions.spark.place import here
from ingot.definitions.spark.udf import UserDefinedFunction, python
from ingot.definitions.spark.udtf import UserDefinedTableFunction
from ingot.definitions.spark.user_calls import called
from ingot.errors import DefinitionError, IngotError, UnsupportedError

if TYPE_CHECKING:
    from ingot.definitions.spark.session import SparkSession


class Catalog:
    """`spark.catalog`, as far as names go."""

    def __init__(self, session: SparkSession):
        self._session = session
        self._load = session._load

    def currentCatalog(self) -> str:
        return self._load.defaults[0] or self._load.project.catalog

    def currentDatabase(self) -> str:
        return self._load.defaults[1] or self._load.project.schema

    def setCurrentCatalog(self, catalogName: str) -> None:
        self._load.defaults = (catalogName, None)

    def setCurrentDatabase(self, dbName: str) -> None:
        self._load.defaults = (self._load.defaults[0], dbName)

    def tableExists(self, tableName: str, dbName: str | None = None) -> bool:
        """Whether a query could read the table: the project defines it, or the lake holds it."""
        parts = (*(split_name(dbName) if dbName else ()), *split_name(tableName))
        if len(parts) == 1 and parts[0].lower() in self._session.views:
            return True
        given = loading.answers.get()
        if given is None:
            raise UnsupportedError(
                "which tables there are is not known while definitions are loaded",
                location=here(),
                hint="ask within the query function",
                code="schema-at-load",
            )
        read = table_read(Names(self._load.project, *self._load.defaults), parts, False, None, here())
        try:
            given.catalog.schema_of(read)
        except IngotError as error:
            if error.code == "unknown-dataset":
                return False
            raise
        return True

    def dropTempView(self, viewName: str) -> bool:
        return self._session.views.pop(viewName.lower(), None) is not None

    def registerFunction(self, name: str, f: Any, returnType: Any = None) -> UserDefinedFunction:
        return self._session.udf.register(name, f, returnType)

    def _nothing(self, *args: Any, **kwargs: Any) -> None:
        """What Spark would keep in memory is the engine's to decide."""

    cacheTable = uncacheTable = clearCache = refreshTable = refreshByPath = _nothing

    def isCached(self, tableName: str) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        refused.refuse("Catalog", name, self)


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

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        refused.refuse("UDFRegistration", name, self)


class UDTFRegistration:
    """`spark.udtf`: functions that give tables, for FROM and LATERAL of SQL text."""

    def __init__(self, session: SparkSession):
        self._session = session

    def register(self, name: str, f: Any) -> UserDefinedTableFunction:
        if not isinstance(f, UserDefinedTableFunction):
            raise DefinitionError(
                f"udtf.register takes a udtf, not {f!r}",
                location=here(),
                hint='decorate the class with @udtf(returnType="…")',
                code="wrong-arguments",
            )

        def rows(call: exp.Anonymous) -> exp.Anonymous:
            return nodes.call("inline", called(f.user_function, call.expressions))

        self._session.table_functions[name.lower()] = rows
        return f


class DataSourceRegistration:
    """`spark.dataSource`: the formats of a project's own are known by name, so that a read can say what to do."""

    def __init__(self, session: SparkSession):
        self._session = session

    def register(self, dataSource: Any) -> None:
        """Note the format: what reads it fails alone."""
        name = getattr(dataSource, "name", None)
        self._session.data_sources[str(name() if callable(name) else dataSource.__name__).lower()] = dataSource

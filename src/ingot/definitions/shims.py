"""The modules that definition files import: `pyspark`, `dlt`, `databricks.pipelines` and their parts.

Owns which names each has. They are the facade's, whether or not PySpark is installed, so that a file means the same
everywhere. Never puts a module into the process: `loading` does, and takes it out again.
"""

from __future__ import annotations

from importlib.machinery import PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from ingot import pipelines
from ingot.definitions.dbutils import DatabricksUtilities
from ingot.definitions.spark import functions, types, udf, udtf
from ingot.definitions.spark.catalog import Catalog, UDFRegistration, UDTFRegistration
from ingot.definitions.spark.column import Column
from ingot.definitions.spark.dataframe import DataFrame
from ingot.definitions.spark.datasource import DATA_SOURCE_NAMES, STREAMING_NAMES
from ingot.definitions.spark.grouping import GroupedData
from ingot.definitions.spark.mapping import CogroupedData
from ingot.definitions.spark.missing import DataFrameNaFunctions
from ingot.definitions.spark.place import here
from ingot.definitions.spark.reader import DataFrameReader, DataStreamReader
from ingot.definitions.spark.row import Row
from ingot.definitions.spark.session import RuntimeConfig, SparkSession
from ingot.definitions.spark.statistics import DataFrameStatFunctions
from ingot.definitions.spark.window import Window, WindowSpec
from ingot.errors import IngotError, UnsupportedError

if TYPE_CHECKING:
    from ingot.definitions.loading import Load

_ONLY_OURS = ("expect_or_quarantine", "expect_all_or_quarantine")


def shim_modules(load: Load) -> dict[str, ModuleType]:
    """The modules by name, for one load."""
    public = {n: getattr(pipelines, n) for n in pipelines.__all__ if n not in _ONLY_OURS}
    names: dict[str, dict[str, Any]] = {
        "pyspark": {
            "__version__": "4.0.0",
            "SparkConf": _refused("SparkConf"),
            "SparkContext": _refused("SparkContext"),
            "StorageLevel": StorageLevel,
            "Row": Row,
        },
        "pyspark.pipelines": public,
        "pyspark.sql": _SQL,
        "pyspark.sql.window": {"Window": Window, "WindowSpec": WindowSpec},
        "pyspark.sql.column": {"Column": Column},
        "pyspark.sql.dataframe": {"DataFrame": DataFrame, "DataFrameNaFunctions": DataFrameNaFunctions},
        "pyspark.sql.session": {"SparkSession": SparkSession},
        "pyspark.sql.group": {"GroupedData": GroupedData},
        "pyspark.sql.readwriter": _READERS,
        "pyspark.sql.udtf": {"UserDefinedTableFunction": udtf.UserDefinedTableFunction},
        "pyspark.sql.pandas": {},
        "pyspark.sql.pandas.functions": {"pandas_udf": udf.pandas_udf, "PandasUDFType": udf.PandasUDFType},
        "pyspark.sql.udf": {"UserDefinedFunction": udf.UserDefinedFunction, "UDFRegistration": UDFRegistration},
        "pyspark.sql.catalog": {"Catalog": Catalog},
        "pyspark.sql.conf": {"RuntimeConfig": RuntimeConfig},
        "pyspark.sql.streaming": {"DataStreamReader": DataStreamReader, **_STREAMING},
        "pyspark.sql.streaming.readwriter": {"DataStreamReader": DataStreamReader},
        "pyspark.sql.streaming.datasource": STREAMING_NAMES,
        "pyspark.sql.streaming.state": {"GroupState": GroupState, "GroupStateTimeout": GroupStateTimeout},
        "pyspark.sql.datasource": DATA_SOURCE_NAMES,
        "pyspark.sql.utils": _ERRORS,
        "pyspark.errors": _ERRORS,
        "pyspark.errors.exceptions": {},
        "pyspark.errors.exceptions.base": _ERRORS,
        "pyspark.sql.connect": {},
        "pyspark.sql.connect.dataframe": {"DataFrame": DataFrame},
        "pyspark.sql.connect.session": {"SparkSession": SparkSession},
        "pyspark.sql.connect.column": {"Column": Column},
        "pyspark.dbutils": {"DBUtils": lambda spark=None: DatabricksUtilities(load)},
        "dlt": {**public, "DataFrame": DataFrame},
        "databricks": {},
        "databricks.pipelines": public,
        "databricks.dlt": public,
        "databricks.sdk": {},
        "databricks.sdk.runtime": load.names,
    }
    modules = {name: _module(name, content) for name, content in names.items()}
    modules["pyspark.sql.functions"] = functions
    modules["pyspark.sql.functions.builtin"] = functions
    modules["pyspark.sql.types"] = types
    _beside_installed(modules)
    for name, module in modules.items():
        parent, _, child = name.rpartition(".")
        if parent in modules and modules[parent] is not functions:
            setattr(modules[parent], child, module)
    return modules


def _module(name: str, content: dict[str, Any]) -> ModuleType:
    module = ModuleType(name)
    module.__path__ = []
    vars(module).update(content)
    return module


def _beside_installed(modules: dict[str, ModuleType]) -> None:
    """Leave the rest of an installed `databricks` package (its SDK) importable beside the shims."""
    found = PathFinder.find_spec("databricks")
    places = list(found.submodule_search_locations or []) if found is not None else []
    modules["databricks"].__path__ = places
    if places and PathFinder.find_spec("databricks.sdk", places) is not None:
        del modules["databricks.sdk"]


def _refused(name: str) -> type:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise UnsupportedError(f"{name} is not supported", location=here(), hint="use spark and DataFrames")

    return type(name, (), {"__init__": refuse, "getOrCreate": classmethod(refuse)})


class StorageLevel:
    """Where Spark would keep rows; has no meaning here."""

    MEMORY_ONLY = MEMORY_AND_DISK = DISK_ONLY = MEMORY_AND_DISK_DESER = OFF_HEAP = NONE = None


class GroupState:
    """Only a name for annotations: stateful functions are refused where they are used."""


class GroupStateTimeout:
    """Only names: stateful functions are refused where they are used."""

    NoTimeout = ProcessingTimeTimeout = EventTimeTimeout = None


_ERRORS: dict[str, Any] = dict.fromkeys(
    ("AnalysisException", "PySparkException", "ParseException", "SparkRuntimeException", "PySparkTypeError",
     "PySparkValueError", "IllegalArgumentException", "StreamingQueryException", "Py4JJavaError",
     "ArithmeticException", "ArrayIndexOutOfBoundsException", "DateTimeException", "NumberFormatException",
     "PickleException", "PySparkAssertionError", "PySparkAttributeError", "PySparkImportError", "PySparkIndexError",
     "PySparkKeyError", "PySparkNotImplementedError", "PySparkPicklingError", "PySparkRuntimeError", "PythonException",
     "QueryExecutionException", "SessionNotSameException", "SparkNoSuchElementException", "SparkUpgradeException",
     "StreamingPythonRunnerInitializationException", "TempTableAlreadyExistsException", "UnknownException",
     "UnsupportedOperationException", "QueryContext", "QueryContextType", "CapturedException"),
    IngotError,
)  # fmt: skip
_STREAMING = {"StreamingQuery": _refused("StreamingQuery"), "DataStreamWriter": _refused("DataStreamWriter")}
_READERS = {"DataFrameReader": DataFrameReader, "DataFrameWriter": _refused("DataFrameWriter")}
_SQL: dict[str, Any] = {
    "SparkSession": SparkSession,
    "DataFrame": DataFrame,
    "Column": Column,
    "Row": Row,
    "Window": Window,
    "WindowSpec": WindowSpec,
    "GroupedData": GroupedData,
    "DataFrameNaFunctions": DataFrameNaFunctions,
    "DataFrameReader": DataFrameReader,
    "DataStreamReader": DataStreamReader,
    "DataFrameStatFunctions": DataFrameStatFunctions,
    "Catalog": Catalog,
    "UDFRegistration": UDFRegistration,
    "UDTFRegistration": UDTFRegistration,
    "PandasCogroupedOps": CogroupedData,
    "Observation": _refused("Observation"),
    "VariantVal": types.VariantVal,
    "Geography": types.Geography,
    "Geometry": types.Geometry,
    "is_remote": lambda: False,
    "DataFrameWriter": _refused("DataFrameWriter"),
    "DataFrameWriterV2": _refused("DataFrameWriterV2"),
    "MergeIntoWriter": _refused("MergeIntoWriter"),
    "SQLContext": _refused("SQLContext"),
    "HiveContext": _refused("HiveContext"),
}

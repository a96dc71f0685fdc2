"""What of PySpark's surface is refused, and what is accepted without effect: the facts behind the errors and the docs.

One table for each class: the name, and the one thing to do instead (None when nothing comes near). What is in neither
table and exists in the facade works. Never raises by itself but in `refuse`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn

from ingot.definitions.spark.place import here
from ingot.errors import DefinitionError, UnsupportedError, near_hint

_WRITES = "return the DataFrame from a @table function; the pipeline writes it"
_HASH = "filter by a hash of a key, which gives the same rows each time"
_VIEW = "define a @temporary_view"
_LAKE = "read tables by name; what the lake holds is shown by `ingot status`"
_STREAM = "the pipeline runs streams"
_STATE = "do it in a materialized view over the streaming table"
_JOBS = "remove it: the pipeline runs its queries"
_BESIDE = "put modules beside the definition files"

REFUSED: Mapping[str, Mapping[str, str | None]] = {
    "DataFrame": {
        "rdd": "use DataFrame methods or a @udf",
        "write": _WRITES, "writeStream": _WRITES, "writeTo": _WRITES,
        "foreach": "use a @udf", "foreachPartition": "use a @udf",
        "createGlobalTempView": _VIEW, "createOrReplaceGlobalTempView": _VIEW,
        "sampleBy": _HASH, "randomSplit": _HASH,
        "transpose": "use unpivot and pivot",
        "observe": "use an expectation",
        "mergeInto": "use create_auto_cdc_flow",
        "lateralJoin": "write it in spark.sql(…)", "nearestByJoin": "write it in spark.sql(…)",
        "asTable": "write TABLE(…) in spark.sql(…), or use applyInPandas",
        "checkpoint": "remove it: each dataset of a pipeline is kept", "localCheckpoint": "remove it",
        "freqItems": "use groupBy and count",
        "dropDuplicatesWithinWatermark": "use dropDuplicates([…]): it remembers every key",
        "inputFiles": "select _metadata.file_path",
        "metadataColumn": "select _metadata, or a field of it",
        "repartitionById": "remove it: how rows are spread is the engine's",
        "zip": "join by a key", "zipWithIndex": "use row_number over a window",
        "executionInfo": None, "sameSemantics": None, "semanticHash": None,
        "pandas_api": "use toPandas() or mapInPandas", "plot": "use toPandas()",
    },
    "Column": {"outer": "write the subquery in spark.sql(…)"},
    "GroupedData": {
        "apply": "use applyInPandas(function, schema)",
        "applyInPandasWithState": _STATE, "transformWithState": _STATE, "transformWithStateInPandas": _STATE,
    },
    "DataFrameNaFunctions": {},
    "DataFrameStatFunctions": {"freqItems": "use groupBy and count", "sampleBy": _HASH},
    "DataFrameReader": {"jdbc": "export the table to files, or land it by a source in ingot.yml", "changes": None},
    "DataStreamReader": {"changes": None},
    "WindowSpec": {},
    "Window": {},
    "Catalog": dict.fromkeys(
        ("analyzeTable", "createDatabase", "createExternalTable", "createTable", "databaseExists", "dropDatabase",
         "dropGlobalTempView", "dropTable", "dropView", "functionExists", "getCreateTableString", "getDatabase",
         "getFunction", "getTable", "getTableProperties", "listCatalogs", "listColumns", "listDatabases",
         "listFunctions", "listPartitions", "listTables", "listViews", "recoverPartitions", "truncateTable"),
        _LAKE,
    ),
    "SparkSession": {
        "streams": _STREAM, "emptyDataFrame": "createDataFrame([], 'id BIGINT')",
        "addArtifact": _BESIDE, "addArtifacts": _BESIDE,
        "copyFromLocalToFs": "give the local path", "client": None, "profile": None,
        "addTag": _JOBS, "removeTag": _JOBS, "getTags": _JOBS, "clearTags": _JOBS, "interruptAll": _JOBS,
        "interruptTag": _JOBS, "interruptOperation": _JOBS, "registerProgressHandler": _JOBS,
        "removeProgressHandler": _JOBS, "clearProgressHandlers": _JOBS,
        "tvf": "call the table function in spark.sql(…)",
    },
    "Builder": {},
    "RuntimeConfig": {},
    "UDFRegistration": {"registerJavaFunction": "write it in Python", "registerJavaUDAF": "write it in Python"},
    "UDTFRegistration": {},
    "Row": {},
}  # fmt: skip

IGNORED: Mapping[str, tuple[str, ...]] = {
    "DataFrame": ("cache", "persist", "unpersist", "repartition", "repartitionByRange", "coalesce", "hint", "show",
                  "withWatermark", "withMetadata", "explain"),
    "Catalog": ("cacheTable", "uncacheTable", "clearCache", "refreshTable", "refreshByPath"),
    "SparkSession": ("stop", "newSession", "dataSource"),
    "DataStreamReader": ("name",),
    "Builder": ("master", "appName", "remote", "enableHiveSupport"),
}  # fmt: skip


class NoSuchMember(DefinitionError, AttributeError):
    """A name that an object of Spark's does not have; to `hasattr` it is an AttributeError like any other."""


class UnsupportedMember(UnsupportedError, AttributeError):
    """A name that it has in Spark, and not here."""


def refuse(kind: str, name: str, owner: object) -> NoReturn:
    """Refuse an attribute that a class does not have: one of Spark's by the table, another by the nearest name.

    Raises:
        UnsupportedError: `unsupported-method`, for a name of Spark's.
        DefinitionError: `unknown-method`, for one that Spark does not have either.
    """
    table = REFUSED[kind]
    if name in table:
        raise UnsupportedMember(
            f"{kind}.{name} is not supported", location=here(), hint=table[name], code="unsupported-method"
        )
    raise NoSuchMember(
        f"{kind} has no {name!r}",
        location=here(),
        hint=near_hint(name, methods(owner)),
        code="unknown-method",
    )


def methods(owner: object) -> list[str]:
    """The public names of an object's class."""
    return [name for name in dir(type(owner)) if not name.startswith("_")]


def unsupported(kind: str, name: str, hint: str | None = None) -> UnsupportedError:
    """The error of a use of a method that is not supported, at the user's line."""
    return UnsupportedError(f"{kind}.{name} is not supported", location=here(), hint=hint, code="unsupported-method")

"""PySpark's public surface, name by name: what works here, what is accepted without effect, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingot.definitions.spark.catalog import Catalog, UDFRegistration, UDTFRegistration
from ingot.definitions.spark.column import Column
from ingot.definitions.spark.dataframe import DataFrame
from ingot.definitions.spark.grouping import GroupedData
from ingot.definitions.spark.missing import DataFrameNaFunctions
from ingot.definitions.spark.reader import DataFrameReader, DataStreamReader
from ingot.definitions.spark.refused import IGNORED, REFUSED
from ingot.definitions.spark.row import Row
from ingot.definitions.spark.session import Builder, RuntimeConfig, SparkSession
from ingot.definitions.spark.statistics import DataFrameStatFunctions
from ingot.definitions.spark.window import Window, WindowSpec

CLASSES: dict[str, type] = {
    "SparkSession": SparkSession, "Builder": Builder, "RuntimeConfig": RuntimeConfig, "Catalog": Catalog,
    "DataFrameReader": DataFrameReader, "DataStreamReader": DataStreamReader, "DataFrame": DataFrame,
    "DataFrameNaFunctions": DataFrameNaFunctions, "DataFrameStatFunctions": DataFrameStatFunctions,
    "GroupedData": GroupedData, "Column": Column, "Window": Window, "WindowSpec": WindowSpec, "Row": Row,
    "UDFRegistration": UDFRegistration, "UDTFRegistration": UDTFRegistration,
}  # fmt: skip
OWN_NAMES = {
    "SparkSession": {"frame_of", "rows_of", "schema_of", "table_of", "view", "session"},
    "DataFrame": {"to_query", "display"}, "WindowSpec": {"over"},
    "DataFrameReader": {"delta", "is_streaming"}, "DataStreamReader": {"delta", "is_streaming"},
}  # fmt: skip
# Attributes of instances, which the classes do not show.
MADE = {"SparkSession": ("catalog", "conf", "udf", "udtf", "version", "builder", "Builder")}
# What concerns PySpark's own machinery rather than pipelines.
INTERNAL = {
    "functions": ("AnalyzeArgument", "AnalyzeResult", "OrderingColumn", "PartitioningColumn", "SelectedColumn",
                  "SkipRestOfInputTableException"),
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One name of PySpark's: `status` is works, no effect, or refused with a hint."""

    kind: str
    name: str
    status: str
    hint: str | None = None


def entries() -> Iterator[Entry]:
    """Every name that the facade knows of."""
    for kind, own in CLASSES.items():
        public = {name for name in dir(own) if not name.startswith("_")} | set(MADE.get(kind, ()))
        for name in sorted((public | set(REFUSED[kind])) - OWN_NAMES.get(kind, set())):
            yield _entry(kind, name)


def _entry(kind: str, name: str) -> Entry:
    if name in REFUSED[kind]:
        return Entry(kind, name, "refused", REFUSED[kind][name])
    return Entry(kind, name, "no effect" if name in IGNORED.get(kind, ()) else "works")


def pyspark() -> dict[str, object]:
    """PySpark's own classes, by the same names."""
    from pyspark import sql
    from pyspark.sql import catalog, conf, readwriter, streaming, udf, udtf, window

    found = {name: getattr(sql, name, None) for name in CLASSES}
    return found | {
        "Builder": sql.SparkSession.Builder, "RuntimeConfig": conf.RuntimeConfig, "Catalog": catalog.Catalog,
        "DataFrameReader": readwriter.DataFrameReader, "DataStreamReader": streaming.DataStreamReader,
        "WindowSpec": window.WindowSpec, "UDFRegistration": udf.UDFRegistration,
        "UDTFRegistration": udtf.UDTFRegistration,
    }  # fmt: skip

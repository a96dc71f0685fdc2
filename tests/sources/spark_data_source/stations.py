"""Data sources as users write them for Spark; read by Spark and by Ingot."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

from pyspark.sql import Row
from pyspark.sql.datasource import (
    DataSource,
    DataSourceReader,
    DataSourceStreamReader,
    InputPartition,
    SimpleDataSourceStreamReader,
)
from pyspark.sql.types import IntegerType, LongType, StringType, StructField, StructType

BERLIN = timezone(timedelta(hours=2))
TYPES = """
    yes BOOLEAN, b TINYINT, s SMALLINT, i INT, l BIGINT, f FLOAT, d DOUBLE, n DECIMAL(10,2), t STRING, x BINARY,
    on DATE, at TIMESTAMP, local TIMESTAMP_NTZ, tags ARRAY<STRING>, counts MAP<STRING, INT>,
    place STRUCT<lat: DOUBLE, name: STRING>, deep ARRAY<STRUCT<k: MAP<STRING, DECIMAL(4,1)>>>
"""
FULL = (
    True, 1, 2, 3, 4, 1.5, 2.5, Decimal("12.345"), "Zoë", b"\x00\xff", date(2024, 2, 29),
    datetime(2024, 2, 29, 12, 0, 0, 123456, BERLIN), datetime(2024, 2, 29, 12), ["a", None], {"k": 1, "z": None},
    {"lat": 1.0, "name": "x"}, [{"k": {"a": Decimal("1.25")}}],
)  # fmt: skip
CASES = (  # a type, and a value that is given for it
    ("INT", True), ("INT", 1.0), ("INT", 1.5), ("INT", "1"), ("INT", 2**31), ("TINYINT", 128), ("BIGINT", 2**63),
    ("DOUBLE", 1), ("DOUBLE", Decimal("1.5")), ("DOUBLE", "1.5"), ("FLOAT", 0.1), ("FLOAT", float("nan")),
    ("DECIMAL(4,2)", Decimal("1.005")), ("DECIMAL(4,2)", Decimal("1.015")), ("DECIMAL(4,2)", Decimal("99.999")),
    ("DECIMAL(4,2)", Decimal("123.4")), ("DECIMAL(4,2)", 1), ("DECIMAL(4,2)", Decimal("NaN")),
    ("STRING", 1), ("STRING", True), ("STRING", 1.5), ("STRING", Decimal("1.10")), ("STRING", date(2024, 1, 1)),
    ("STRING", b"a"), ("STRING", [1]), ("BOOLEAN", 1), ("BOOLEAN", "true"), ("BINARY", "a"), ("BINARY", bytearray(b"a")),
    ("DATE", datetime(2024, 1, 2, 23)), ("DATE", "2024-01-02"), ("TIMESTAMP", date(2024, 1, 2)),
    ("TIMESTAMP", datetime(2024, 1, 2, 3)), ("TIMESTAMP", datetime(2024, 1, 2, 3, tzinfo=BERLIN)),
    ("TIMESTAMP_NTZ", datetime(2024, 1, 2, 3, tzinfo=BERLIN)), ("TIMESTAMP_NTZ", datetime(1, 1, 1)),
    ("ARRAY<INT>", (1, 2)), ("ARRAY<INT>", []), ("ARRAY<STRING>", [1, True]), ("MAP<STRING, INT>", {}),
    ("MAP<STRING, INT>", {1: 2}), ("STRUCT<a: INT, b: STRING>", (1, 2)), ("STRUCT<a: INT, b: STRING>", {"b": "x"}),
    ("STRUCT<a: INT, b: STRING>", Row(b="x", a=1)), ("STRUCT<a: INT, b: STRING>", (1,)), ("INT", None),
)  # fmt: skip


class Typed(DataSource):
    """Every type, as a tuple, as a list, as rows with names, and nothing at all."""

    def schema(self):
        return TYPES

    def reader(self, schema):
        return TypedReader(schema)


class TypedReader(DataSourceReader):
    def __init__(self, schema):
        self.names = [field.name for field in schema.fields]

    def read(self, partition):
        yield FULL
        yield list(FULL)
        yield Row(**dict(reversed(list(zip(self.names, FULL, strict=True)))))
        yield (None,) * len(FULL)


class Given(DataSource):
    """One value of `CASES`."""

    def schema(self):
        return f"value {CASES[int(self.options['case'])][0]}"

    def reader(self, schema):
        return GivenReader(CASES[int(self.options["case"])][1])


class GivenReader(DataSourceReader):
    def __init__(self, value):
        self.value = value

    def read(self, partition):
        yield (self.value,)


class Station(InputPartition):
    def __init__(self, name, days):
        self.name = name
        self.days = days


class Stations(DataSource):
    """Rows in parts, of tuples or of Arrow; and the same as streams of two kinds."""

    @classmethod
    def name(cls):
        return "stations"

    def schema(self):
        return StructType([StructField("station", StringType(), False), StructField("day", IntegerType())]).add(
            "mm", LongType()
        )

    def reader(self, schema):
        return StationsReader(self.options)

    def streamReader(self, schema):
        if self.options.get("simple") == "true":
            return super().streamReader(schema)
        return StationsStream(int(self.options.get("days", 3)))

    def simpleStreamReader(self, schema):
        return SimpleStations(int(self.options.get("days", 3)))


class StationsReader(DataSourceReader):
    def __init__(self, options):
        self.days = int(options.get("Days", 3))
        self.is_arrow = options.get("arrow") == "true"

    def partitions(self):
        return [Station(name, self.days) for name in ("Graz", "Linz")]

    def read(self, partition):
        rows = [(partition.name, day, day * 10) for day in range(partition.days)]
        if not self.is_arrow:
            yield from rows
            return
        import pyarrow as pa

        schema = pa.schema([pa.field("station", pa.string(), False), ("day", pa.int32()), ("mm", pa.int64())])
        for row in rows:
            yield pa.RecordBatch.from_arrays([[value] for value in row], schema=schema)


class StationsStream(DataSourceStreamReader):
    """A day at a time, as far as the option says."""

    def __init__(self, days):
        self.days = days

    def initialOffset(self):
        return {"day": 0}

    def latestOffset(self, start, limit):
        return {"day": min(start["day"] + 1, self.days)}

    def partitions(self, start, end):
        return [Station(name, (start["day"], end["day"])) for name in ("Graz", "Linz")]

    def read(self, partition):
        for day in range(*partition.days):
            yield (partition.name, day, day * 10)


class SimpleStations(SimpleDataSourceStreamReader):
    def __init__(self, days):
        self.days = days

    def initialOffset(self):
        return {"day": 0}

    def read(self, start):
        end = {"day": min(start["day"] + 2, self.days)}
        return self.readBetweenOffsets(start, end), end

    def readBetweenOffsets(self, start, end):
        return iter([("Graz", day, day * 10) for day in range(start["day"], end["day"])])

"""Data sources for Spark, read without Spark: with the classes of PySpark, and with those that stand in for them."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingot.lake.landing import Landing
from ingot.testing import run_project
from sources.spark_data_source.conftest import STATIONS, Weather
from sources.test_landing import dies_at

ALL = [(station, day, day * 10) for station in ("Graz", "Linz") for day in range(3)]
STREAM = [(station, day, day * 10) for day in range(3) for station in ("Graz", "Linz")]
SIMPLE = [("Graz", day, day * 10) for day in range(3)]
HEAD = "from pyspark.sql.datasource import *\nfrom pyspark.sql import Row\n"


def own(rows: str, schema: str = "a INT, b STRING NOT NULL") -> str:
    """A data source with these rows."""
    return f"""{HEAD}
class Own(DataSource):
    def schema(self):
        return {schema!r}
    def reader(self, schema):
        return OwnReader()

class OwnReader(DataSourceReader):
    def read(self, partition):
        yield from {rows}
"""


@pytest.mark.parametrize("arrow", [False, True])
def test_all_parts_land_as_parquet_with_the_types_of_the_schema(weather: Weather, arrow: bool) -> None:
    result = weather.land(options={"arrow": arrow})
    assert result.landed == ("20260304T060607Z/part-0001.parquet",)
    assert weather.rows() == ALL
    schema = pq.read_schema(weather.landed / result.landed[0])
    assert schema.types == [pa.string(), pa.int32(), pa.int64()]
    assert weather.land(options={"ARROW": arrow}).unchanged == 1
    weather.land(options={"days": 1, "arrow": arrow})
    assert weather.rows() == [*ALL, ("Graz", 0, 0), ("Linz", 0, 0)]


def test_every_type_lands_as_itself(weather: Weather) -> None:
    weather.land("stations.py:Typed")
    first, second, third, fourth = weather.rows()
    assert first == second == third
    assert fourth == (None,) * len(first)
    assert first[7] == Decimal("12.34")
    assert str(first[11]) == "2024-02-29 10:00:00.123456+00:00"
    assert first[-1] == [{"k": [("a", Decimal("1.2"))]}]


@pytest.mark.parametrize(("simple", "expected"), [(False, STREAM), (True, SIMPLE)])
def test_a_stream_goes_on_after_the_last_batch_that_landed(weather: Weather, simple: bool, expected: list) -> None:
    options = {"options": {"simple": simple}, "stream": True}
    first = weather.land(**options)
    assert first.landed == ("20260304T060607Z-0001.parquet",)
    assert weather.rows() == expected[: len(weather.rows())] != expected
    while weather.land(**options).landed:
        assert weather.rows() == expected[: len(weather.rows())]
    assert weather.rows() == expected
    records = Landing(weather.lake).records("weather")
    assert records[-1].cursor == {"day": 3}
    weather.land(options={"simple": simple, "days": 4}, stream=True)
    assert weather.rows()[len(expected) :] == [("Graz", 3, 30), ("Linz", 3, 30)][: 1 if simple else 2]


def test_several_batches_of_a_stream_land_in_one_run(weather: Weather) -> None:
    assert weather.land(stream=True, batches=100).landed == tuple(f"20260304T060607Z-000{n}.parquet" for n in (1, 2, 3))
    assert weather.rows() == STREAM


AVAILABLE = (
    "from stations import *\nfrom stations import SimpleStations\n"
    "from pyspark.sql.streaming.datasource import SupportsTriggerAvailableNow\n"
    """
log = []

class Own(Stations):
    def simpleStreamReader(self, schema):
        return Until(3)
    def streamReader(self, schema):
        raise NotImplementedError

class Until(SimpleStations, SupportsTriggerAvailableNow):
    def prepareForTriggerAvailableNow(self):
        print("prepared")
    def commit(self, end):
        print("commit", end["day"])
"""
)


def test_a_stream_that_ends_by_itself_is_read_to_its_end_and_told_what_is_safe(
    weather: Weather, capsys: pytest.CaptureFixture[str]
) -> None:
    weather.write(AVAILABLE)
    weather.land("own.py:Own", stream=True)
    assert weather.rows() == SIMPLE
    assert capsys.readouterr().out.split("\n") == ["prepared", "commit 2", "commit 3", ""]
    weather.land("own.py:Own", stream=True)
    assert capsys.readouterr().out.split("\n") == ["prepared", "commit 3", ""]


def test_columns_may_be_said_in_the_entry(weather: Weather) -> None:
    weather.write(own("[(1, 'x')]").replace("    def schema(self):\n        return 'a INT, b STRING NOT NULL'\n", ""))
    assert weather.fails("own.py:Own").code == "user-code"
    weather.land("own.py:Own", schema="a DOUBLE, b STRING")
    assert weather.rows() == [(1.0, "x")]


def test_no_rows_are_a_file_with_the_columns(weather: Weather) -> None:
    weather.land(options={"days": 0})
    assert weather.rows() == []
    assert pq.read_schema(weather.landed / weather.names()[0]).names == ["station", "day", "mm"]


@pytest.mark.parametrize(
    ("rows", "code", "message"),
    [
        ("[(1, 'x', 2)]", "wrong-row", "a row has 3 values for 2 columns"),
        ("[Row(a=1, c='x')]", "wrong-row", "a row has the names a, c"),
        ("[{'a': 1, 'b': 'x'}]", "wrong-row", "a row is a dict"),
        ("[('x', 'x')]", "unfit-value", "column 'a' of type int cannot hold a value"),
        ("[(1, None)]", "unfit-value", "it is NULL, but NOT NULL by its declaration"),
        ("[1 / 0]", "user-code", "'own.py:Own' raised ZeroDivisionError: division by zero"),
        ("__import__('pyarrow').table({'a': [1], 'c': [1]}).to_batches()", "wrong-row", "has the columns a, c"),
        ("__import__('pyarrow').table({'a': [1], 'b': ['x']}).to_batches()", "unfit-value", "has int64"),
    ],
)
def test_rows_that_spark_refuses_are_refused(weather: Weather, rows: str, code: str, message: str) -> None:
    weather.write(own(rows))
    error = weather.fails("own.py:Own")
    assert (error.code, message in error.message) == (code, True), error
    assert error.location is not None
    assert Landing(weather.lake).records("weather") == []


@pytest.mark.parametrize("schema", ["a VARIANT", "a INTERVAL DAY TO SECOND", "a TIME", "a STRUCT<b: VOID>"])
def test_types_that_cannot_land_are_refused(weather: Weather, schema: str) -> None:
    weather.write(own("[(1,)]", schema))
    assert weather.fails("own.py:Own").code == "unsupported-type"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"options": {"a": [1]}}, "'options.a' must be text or a number, not a list"),
        ({"stream": "yes"}, "'stream' must be true or false"),
        ({"batches": 2}, "'batches' is of streams"),
        ({"schema": "a INTT"}, "'schema' cannot be read"),
        ({"source": "own.py:Nothing"}, "own.py has no 'Nothing'"),
        ({"source": "own.py:Row"}, "own.py:Row is no data source of Spark"),
        ({"source": "own.py:Own", "stream": True}, "own.py:Own has no reader of streams"),
    ],
)
def test_a_wrong_entry_is_refused(weather: Weather, options: dict, message: str) -> None:
    weather.write(own("[]"))
    assert message in weather.fails(**options).message


def test_a_source_of_streams_alone_says_so(weather: Weather) -> None:
    weather.write(
        AVAILABLE.replace(
            "class Until", "    def reader(self, schema):\n        raise NotImplementedError\n\nclass Until"
        )
    )
    error = weather.fails("own.py:Own")
    assert (error.code, error.hint) == ("no-reader", "stream: true reads it as a stream")


def test_a_stream_that_does_not_move_on_is_an_error(weather: Weather) -> None:
    weather.write(
        AVAILABLE.replace('print("prepared")', "self.days = 5").replace(
            "    def commit", "    def read(self, start):\n        return iter([('Graz', 1, 1)]), start\n    def commit"
        )
    )
    assert weather.fails("own.py:Own", stream=True).code == "stuck-stream"


def test_nothing_of_it_stays_in_the_process(weather: Weather) -> None:
    path = list(sys.path)
    weather.land()
    assert sys.path == path
    files = {name: str(getattr(module, "__file__", "")) for name, module in list(sys.modules.items())}
    assert [name for name, file in files.items() if file.startswith(str(weather.root))] == []
    assert "stations" not in files


@pytest.mark.slow
def test_killed_before_any_file_operation_each_batch_lands_exactly_once(weather: Weather) -> None:
    for operation in range(1, 300):
        one = Weather(weather.root, weather.root / f"lake{operation}")
        died = dies_at(lambda one=one: one.land(stream=True, batches=2), one.lake, operation)
        one.land(stream=True, batches=100)
        assert one.rows() == STREAM, operation
        if not died:
            break
    assert 30 < operation < 299


def test_a_definition_that_reads_the_format_is_told_how_to_land_it_and_what_landed_is_read(tmp_path: Path) -> None:
    files = {
        "ingot.yml": "name: w\nsources:\n  weather: {kind: spark_data_source, source: 'stations.py:Stations'}\n",
        "stations.py": STATIONS.read_text(),
        "transformations/a.py": """
import dlt
from stations import Stations

spark.dataSource.register(Stations)

@dlt.table
def direct():
    return spark.read.format("stations").load()

@dlt.table
def landed():
    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "parquet").load("lake/_landing/weather")
""",
    }
    lake = run_project(tmp_path, files, check=False)
    assert lake.sql("SELECT count(*), sum(mm) FROM landed").fetchall() == [(6, 60)]
    [error] = lake.run().failures.values()
    assert error.code == "unsupported-source"
    assert "kind: spark_data_source, source: <file>.py:Stations" in str(error.hint)
    lake.close()

"""Spark as the judge: it reads the same data sources itself, and what Ingot has landed of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingot.errors import IngotError
from sources.spark_data_source.conftest import STATIONS, Weather
from spark_sessions import spark_session

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    pytest.importorskip("pyspark")
    from pyspark import cloudpickle

    cloudpickle.register_pickle_by_value(stations())
    with spark_session({"spark.sql.shuffle.partitions": "1"}) as session:
        for name in ("Typed", "Given", "Stations"):
            session.dataSource.register(getattr(stations(), name))
        yield session


def stations() -> Any:
    from sources.spark_data_source import stations as module

    return module


@pytest.fixture
def weather(tmp_path: Path) -> Weather:
    shutil.copy(STATIONS, tmp_path)
    return Weather(tmp_path, tmp_path / "lake")


def types(frame: Any) -> list[tuple[str, str]]:
    return [(field.name, field.dataType.simpleString()) for field in frame.schema.fields]


def text(rows: list[Any]) -> list[str]:
    return [repr(row) for row in rows]


@pytest.mark.parametrize(
    ("name", "options"),
    [("Typed", {}), ("stations", {"days": "2"}), ("stations", {"days": "2", "arrow": "true"}), ("stations", {"days": "0"})],
)  # fmt: skip
def test_what_lands_is_what_spark_reads_itself(spark: Any, weather: Weather, name: str, options: dict) -> None:
    own = spark.read.format(name).options(**options).load()
    weather.land(f"stations.py:{'Typed' if name == 'Typed' else 'Stations'}", options=options)
    landed = spark.read.parquet(str(weather.landed / weather.names()[0]))
    assert types(landed) == types(own)
    assert text(landed.collect()) == text(own.collect())


@pytest.mark.parametrize("simple", ["true", "false"])
def test_a_stream_that_landed_has_the_rows_of_spark(spark: Any, weather: Weather, tmp_path: Path, simple: str) -> None:
    own = spark.readStream.format("stations").option("simple", simple).load()
    writer = own.writeStream.format("parquet").option("checkpointLocation", str(tmp_path / "checkpoint"))
    for _ in range(4):
        streamed(writer, tmp_path / "spark")
        weather.land(options={"simple": simple}, stream=True)
    expected = spark.read.parquet(str(tmp_path / "spark")).orderBy("day", "station").collect()
    landed = spark.read.parquet(*[str(weather.landed / name) for name in weather.names()])
    assert text(landed.orderBy("day", "station").collect()) == text(expected)
    assert len(expected) == (3 if simple == "true" else 6)


def streamed(writer: Any, folder: Path) -> None:
    """Stream what is there. Spark gives the process that reads ten seconds to start, which a busy machine may exceed."""
    from pyspark.errors import StreamingQueryException

    for _ in range(20):
        query = writer.trigger(availableNow=True).start(str(folder))
        try:
            assert query.awaitTermination(600)
            return
        except StreamingQueryException as error:
            if "failed to connect back" not in str(error):
                raise
    raise AssertionError("no process of Python has started in time")


def test_each_value_is_taken_or_refused_as_spark_does(spark: Any, weather: Weather) -> None:
    from pyspark.errors import PySparkException

    differing = {}
    for case, (type_, value) in enumerate(stations().CASES):
        try:
            expected = text(spark.read.format("Given").option("case", str(case)).load().collect())
        except PySparkException:
            expected = ["refused"]
        one = Weather(weather.root, weather.root / f"lake{case}")
        try:
            one.land("stations.py:Given", options={"case": case})
            landed = text(spark.read.parquet(str(one.landed / one.names()[0])).collect())
        except IngotError as error:
            assert error.code == "unfit-value", error
            landed = ["refused"]
        if landed != expected:
            differing[f"{type_} {value!r}"] = (expected, landed)
    assert differing == {}

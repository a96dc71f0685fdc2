"""A project with data sources for Spark, and a lake that they are landed into."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ingot.errors import IngotError, Location
from ingot.lake.landing import Landing
from ingot.model import SourceSpec
from ingot.source import LandContext, LandResult, load_source

STATIONS = Path(__file__).parent / "stations.py"


@dataclass
class Weather:
    """A project whose `stations.py` is that of the tests."""

    root: Path
    lake: Path
    now: datetime = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    def land(self, source: str = "stations.py:Stations", **options: Any) -> LandResult:
        self.now += timedelta(hours=1)
        place = Location(str(self.root / "ingot.yml"), 4)
        spec = SourceSpec("weather", "spark_data_source", {"source": source, **options}, place)
        return load_source(spec).land(LandContext(Landing(self.lake), now=lambda: self.now))

    def fails(self, source: str = "stations.py:Stations", **options: Any) -> IngotError:
        with pytest.raises(IngotError) as caught:
            self.land(source, **options)
        return caught.value

    @property
    def landed(self) -> Path:
        return self.lake / "_landing" / "weather"

    def names(self) -> list[str]:
        return sorted(str(path.relative_to(self.landed)) for path in self.landed.rglob("*.parquet"))

    def rows(self) -> list[tuple[Any, ...]]:
        """The rows of all files, oldest first."""
        read = (pq.read_table(self.landed / name).to_pylist() for name in self.names())
        return [tuple(row.values()) for rows in read for row in rows]

    def write(self, code: str) -> None:
        (self.root / "own.py").write_text(code)


@pytest.fixture(params=["stand-in", pytest.param("pyspark", marks=pytest.mark.spark)])
def weather(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Weather:
    """With PySpark's own classes, and without PySpark."""
    if request.param == "pyspark":
        pytest.importorskip("pyspark")
    else:
        monkeypatch.setattr("ingot.sources.spark_data_source.stand_in.is_installed", lambda: False)
    shutil.copy(STATIONS, tmp_path)
    return Weather(tmp_path, tmp_path / "lake")

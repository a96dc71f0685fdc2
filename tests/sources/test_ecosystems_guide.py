"""The guide to other ecosystems: what it shows runs, as it is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import ingot
from ingot.testing import run_project

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "other-ecosystems.md"


def shown_files(section: str) -> dict[str, str]:
    """The files of a section: what is named before a colon, then stands in a block of code."""
    text = re.split(rf"^## {section}$", GUIDE.read_text(), flags=re.MULTILINE)[1].split("\n## ")[0]
    return dict(re.findall(r"^`([\w/.]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def test_the_source_of_dlt_is_landed_and_read(tmp_path: Path) -> None:
    files = shown_files("A source of dlt")
    assert sorted(files) == ["ingot.yml", "shop.py", "transformations/orders.sql"]
    lake = run_project(tmp_path, files)
    assert lake.sql("SELECT * FROM gold.sold ORDER BY sku").fetchall() == [("lamp", 2), ("stove", 1), ("tent", 1)]
    assert lake.sql("SELECT id, CAST(changed AS STRING) FROM silver.orders ORDER BY id").fetchall() == [
        (1, "2024-02-01"), (2, "2024-02-03"),
    ]  # fmt: skip
    (tmp_path / "shop.py").write_text(files["shop.py"].replace('"changed": "2024-02-01"', '"changed": "2024-02-04"'))
    assert lake.run().is_success
    lake.close()
    lake = ingot.connect(tmp_path)
    assert lake.sql("SELECT count(*) FROM bronze.orders").fetchall() == [(3,)]
    assert lake.sql("SELECT CAST(changed AS STRING) FROM silver.orders WHERE id = 1").fetchall() == [("2024-02-04",)]
    lake.close()


def test_the_data_source_for_spark_is_landed_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingot.sources.spark_data_source.stand_in.is_installed", lambda: False)
    files = shown_files("A data source for Spark")
    assert sorted(files) == ["ingot.yml", "transformations/weather.sql", "weather.py"]
    lake = run_project(tmp_path, files)
    assert lake.run().is_success
    rows = lake.sql("SELECT station, day, CAST(mm AS STRING) FROM bronze.weather ORDER BY station, day").fetchall()
    assert rows == [("Graz", 1, "0.5"), ("Graz", 2, None), ("Linz", 1, "0.5"), ("Linz", 2, None)]
    assert lake.sql("SELECT station, day FROM bronze.days ORDER BY day").fetchall() == [("Graz", 1), ("Graz", 2)]
    lake.close()

"""A lake in a temporary folder, and a table with one bigint column that tests write real files into."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingot.lake.table import Lake, Table
from ingot.model import TableName


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", "main")


@pytest.fixture
def table(lake: Lake) -> Table:
    return lake.table(TableName("main", "bronze", "orders"))

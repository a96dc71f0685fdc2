"""An open project that names a Delta table of others."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import ingot
from feeds.tables import SETTINGS
from ingot.connection import Connection


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    (tmp_path / "ingot.yml").write_text(SETTINGS)
    with ingot.connect(tmp_path) as connection:
        yield connection

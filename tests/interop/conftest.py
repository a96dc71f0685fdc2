"""The lake that `written.py` describes, written once for all tests that read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from interop.written import write_lake


@pytest.fixture(scope="package")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_lake(tmp_path_factory.mktemp("interop"))

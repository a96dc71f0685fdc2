"""One project, run once, and one server of it, for all tests that change neither."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.serving import Running, copied, make_project, serving, with_tokens

pytest.importorskip("fastapi")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_project(tmp_path_factory.mktemp("served") / "shop")


@pytest.fixture
def own_project(project: Path, tmp_path: Path) -> Path:
    """A copy of the project, for a test that changes it."""
    return copied(project, tmp_path)


@pytest.fixture(scope="session")
def server(project: Path) -> Iterator[Running]:
    with serving(project, environment={"SECRET_OF_THE_SERVER": "hush-hush"}, is_anew=True) as running:
        yield running


@pytest.fixture(scope="session")
def guarded(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server that demands tokens."""
    folder = copied(project, tmp_path_factory.mktemp("guarded"))
    with_tokens(folder)
    with serving(folder) as running:
        yield running

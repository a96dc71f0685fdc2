"""One project, run once, and one server of it, for all tests that change neither."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server import hostile
from server.serving import Running, copied, make_project, run, serving, with_tokens

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


@pytest.fixture(scope="session")
def shop(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with a table of hostile texts and dashboards of it; no definition of it is broken."""
    folder = copied(project, tmp_path_factory.mktemp("attacked"))
    (folder / "transformations/broken.sql").unlink()
    for name, text in hostile.FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"))
    run(folder)
    return folder


@pytest.fixture(scope="session")
def attacked(shop: Path) -> Iterator[Running]:
    """A server of it, which takes whatever is sent: nothing that a test does there may change what others see."""
    with serving(shop) as running:
        yield running

"""A small shop whose rows are known in Python, so that every answer can be computed a second time without a database."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from typing import Any

import pytest

from dashboards.shop import DASHBOARD, FILES, Shop
from ingot.dashboards.answers import Answers
from ingot.testing import run_project


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory):
    """The shop with its dashboard `shop`; read it, and do not change it."""
    folder = tmp_path_factory.mktemp("shop")
    with run_project(folder, FILES) as connection:
        (folder / "dashboards").mkdir()
        (folder / "dashboards" / "shop.yml").write_text(DASHBOARD)
        answers = Answers(connection.project, connection.engine, clock=lambda: NOW)
        yield Shop(connection, answers)
        answers.close()


NOW = datetime.datetime(2024, 6, 30, 12, 34, 56, tzinfo=datetime.UTC)


@pytest.fixture
def ask(shop: Shop) -> Callable[..., dict[str, Any]]:
    """Asks the shop for a visual that is given as YAML, in a dashboard of its own."""

    def asked(visual: str, filters: Any = None, **own: Any) -> dict[str, Any]:
        name = f"one_{random.getrandbits(64)}"
        body = DASHBOARD.split("slicers:")[0] + "visuals:\n  - {name: it, " + visual + "}\n"
        file = shop.folder / "dashboards" / f"{name}.yml"
        file.write_text(body)
        try:
            answer = shop.answers.data(name, {"filters": filters, "own": {"it": own}})["visuals"]["it"]
        finally:
            file.unlink()
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer

    return asked

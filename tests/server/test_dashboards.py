"""Dashboards over HTTP: tables so large that visuals share scans, and clients that go away."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import Response

from ingot.dashboards.answers import SCAN_ROWS_MIN
from ingot.dashboards.waiting import Reader
from ingot.server.api.dashboards import _while_waited_for
from server.serving import Running, run, serving

FILES = {
    "ingot.yml": "name: large\n",
    "transformations/t.sql": "CREATE MATERIALIZED VIEW gold.t AS "
    f"SELECT id, timestamp'2024-01-01' AS valid_to FROM range({SCAN_ROWS_MIN}) AS r(id);\n",
    "dashboards/d.yml": """
datasets: {t: {from: gold.t, measures: {n: count(*)}}}
visuals:
  - {name: a, kind: card, dataset: t, value: n}
  - {name: b, kind: card, dataset: t, value: max(id)}
""",
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("large")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"))
    run(folder)
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize(
    ("op", "values", "rows"),
    [
        ("le", ["9999-12-31"], [[[SCAN_ROWS_MIN]], [[SCAN_ROWS_MIN - 1]]]),
        ("gt", ["9999-12-31"], [[[0]], [[None]]]),
    ],
)
def test_a_filter_to_the_end_of_the_calendar_is_answered_however_often_it_is_asked(large, op, values, rows):
    asked = {"filters": [{"field": "valid_to", "op": op, "values": values}]}
    for _ in range(2):
        found = large.post("/api/v1/dashboards/d/data", asked).json()["visuals"]
        assert [found[name]["rows"] for name in "ab"] == rows


def test_a_filter_that_is_wrong_is_told_by_each_visual_however_often_it_is_asked(large):
    asked = {"filters": [{"field": "valid_to", "op": "last", "values": ["9" * 5_000, "day"]}]}
    for _ in range(2):
        found = large.post("/api/v1/dashboards/d/data", asked).json()["visuals"]
        assert [found[name]["error"]["code"] for name in "ab"] == ["invalid-filter"] * 2


def test_what_a_thread_answers_ends_when_its_client_goes_away():
    """The thread waits for nothing else than that."""

    class Gone:
        async def is_disconnected(self) -> bool:
            return True

    def answer(reader: Reader) -> Response:
        is_told = threading.Event()
        reader.waits(is_told.set)
        return Response(str(is_told.wait(120)))

    found = asyncio.run(_while_waited_for(Gone(), answer))  # pyright: ignore[reportArgumentType]
    assert found.body == b"True"

"""Dashboards over HTTP: tables so large that visuals share scans, rows as files, and clients that go away."""

from __future__ import annotations

import asyncio
import csv
import datetime
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fastapi import Response

from ingot.dashboards.answers import ROWS_MAX, SCAN_ROWS_MIN
from ingot.dashboards.waiting import Reader
from ingot.server.api.dashboards import _while_waited_for
from server.serving import Running, run, serving

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FILES = {
    "ingot.yml": "name: large\n",
    "transformations/t.sql": "CREATE MATERIALIZED VIEW gold.t AS "
    f"SELECT id, timestamp'2024-01-01' AS valid_to FROM range({SCAN_ROWS_MIN}) AS r(id);\n",
    "transformations/sales.sql": """
CREATE MATERIALIZED VIEW gold.sales AS
SELECT * FROM VALUES
  ('France', 'Lyon', DATE'2024-01-03', 1.5BD), ('France', 'Paris', DATE'2024-01-01', 10.25BD),
  ('Japan', '=Osaka', DATE'2024-01-02', 3BD), ('Japan', 'Tokyo', DATE'2024-01-02', 2BD),
  ('Japan', 'Tokyo', DATE'2024-01-04', 4BD), (NULL, 'at "sea",\\nfar away', NULL, 7BD)
  AS sales (country, city, day, amount);
""",
    "dashboards/sales.yml": """
datasets:
  sales:
    from: gold.sales
    measures: {total: {expr: sum(amount), label: Total sold}, n: {expr: count(*), label: Number}}
    hierarchies: {place: [country, city]}
visuals:
  - {name: places, kind: column, dataset: sales, category: place, value: [total, n]}
  - {name: days, kind: table, sql: "SELECT day, city, amount FROM gold.sales"}
""",
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


# --- what is shown, as files ----------------------------------------------------------------------------------------

HEAD = ["Country", "Total sold", "Number"]
FRANCE, JAPAN, NOWHERE = ["France", 11.75, 2], ["Japan", 9, 3], [None, 7, 1]


def exported(server: Running, body: dict, path: str = "export") -> list[list]:
    """The rows of a visual as CSV and as a workbook, which hold the same: its head, and values."""
    found = []
    for form, read in (("csv", _csv_rows), ("xlsx", _workbook_rows)):
        answer = server.post(f"/api/v1/dashboards/sales/{path}", {**body, "format": form})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-disposition"] == f'attachment; filename="{body["visual"]}.{form}"'
        found.append(read(answer))
    assert found[0] == found[1]
    return found[1]


def _csv_rows(answer) -> list[list]:
    """Empty cells are null, numbers are numbers, and what keeps a text from being a formula is taken away again."""
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    return [[_value(text.removeprefix("'")) for text in line] for line in lines]


def _value(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text or None


def _workbook_rows(answer) -> list[list]:
    """Days are numbers in a workbook: here they are days again."""
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [[_cell(cell) for cell in row] for row in sheet.iter(f"{SHEET}row")]


def _cell(cell: ElementTree.Element) -> object:
    value, text = cell.find(f"{SHEET}v"), cell.find(f".//{SHEET}t")
    if value is None or value.text is None:
        return None if text is None else text.text
    if cell.get("s") == "1":
        return str(datetime.date(1899, 12, 30) + datetime.timedelta(int(value.text)))
    return float(value.text)


def test_a_visual_is_exported_as_it_is_shown(large):
    assert exported(large, {"visual": "places"}) == [HEAD, FRANCE, JAPAN, NOWHERE]


@pytest.mark.parametrize(
    ("asked", "rows"),
    [
        ({"own": {"sort": ["n"]}}, [NOWHERE, FRANCE, JAPAN]),
        ({"own": {"sort": "-country"}}, [JAPAN, FRANCE, NOWHERE]),
        ({"filters": [{"field": "city", "values": ["Paris", "Tokyo"]}]}, [["France", 10.25, 1], ["Japan", 6, 2]]),
        ({"filters": [{"field": "country", "values": [None]}]}, [NOWHERE]),
        ({"filters": [{"field": "day", "op": "le", "values": ["2024-01-02"]}]}, [["France", 10.25, 1], ["Japan", 5, 2]]),
        ({"filters": [{"field": "city", "values": ["Paris"]}], "except": ["city"]}, [FRANCE, JAPAN, NOWHERE]),
        ({"filters": [{"field": "city", "values": ["nowhere"]}]}, []),
    ],
)  # fmt: skip
def test_an_export_is_filtered_and_sorted_as_its_reader_has_it(large, asked: dict, rows: list):
    assert exported(large, {"visual": "places", **asked}) == [HEAD, *rows]


def test_an_export_is_drilled_as_its_reader_has_it(large):
    own = {"drill": [{"field": "country", "value": "Japan"}], "sort": ["-total"]}
    head, *rows = exported(large, {"visual": "places", "own": own})
    assert (head, rows) == (["City", *HEAD[1:]], [["Tokyo", 6, 2], ["=Osaka", 3, 1]])
    filters = [{"field": "day", "op": "gt", "values": ["2024-01-02"]}]
    assert exported(large, {"visual": "places", "own": own, "filters": filters})[1:] == [["Tokyo", 4, 1]]
    assert exported(large, {"visual": "places", "own": {"level": 1, "sort": ["city"]}})[1:] == [
        ["=Osaka", 3, 1], ["Lyon", 1.5, 1], ["Paris", 10.25, 1], ["Tokyo", 6, 2], ['at "sea",\nfar away', 7, 1],
    ]  # fmt: skip


def test_an_export_of_a_query_has_its_days_and_texts(large):
    rows = exported(large, {"visual": "days", "own": {"sort": ["day", "city"]}})
    assert rows == [
        ["Day", "City", "Amount"], ["2024-01-01", "Paris", 10.25], ["2024-01-02", "=Osaka", 3],
        ["2024-01-02", "Tokyo", 2], ["2024-01-03", "Lyon", 1.5], ["2024-01-04", "Tokyo", 4],
        [None, 'at "sea",\nfar away', 7],
    ]  # fmt: skip


def test_the_rows_behind_a_mark_are_exported_as_they_are_shown(large):
    asked = {"visual": "places", "point": {"country": "Japan"}, "filters": [{"field": "city", "values": ["Tokyo"]}]}
    shown = large.post("/api/v1/dashboards/sales/rows", asked).json()
    assert shown["rows"] == [["Japan", "Tokyo", "2024-01-02", 2], ["Japan", "Tokyo", "2024-01-04", 4]]
    head = [column["label"] for column in shown["columns"]]
    assert exported(large, asked, "rows") == [head, *shown["rows"]]
    assert exported(large, {**asked, "limit": 1, "offset": 1}, "rows") == [head, shown["rows"][1]]


def test_a_file_that_does_not_hold_all_rows_says_so(large):
    asked = {"visual": "a", "format": "csv"}
    for limit in (2, ROWS_MAX):
        cut = large.post("/api/v1/dashboards/d/rows", {**asked, "limit": limit})
        assert (cut.headers["x-row-count"], cut.headers["x-is-truncated"]) == (str(limit), "true")
        assert len(_csv_rows(cut)) == 1 + limit
    whole = large.post("/api/v1/dashboards/d/export", asked)
    assert (whole.headers["x-row-count"], whole.headers["x-is-truncated"]) == ("1", "false")


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

"""A dashboard as one file: what it answers is what the lake answers, and what it cannot answer it says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.shop import DASHBOARD, ORDERS, Shop
from ingot.cli import main
from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.pictures import STATIC
from ingot.dashboards.export.recorder import Recorder, Recording, question

FRANCE = {"field": "country", "op": "in", "values": ["France"]}


@pytest.fixture(scope="module")
def recording(shop: Shop) -> Recording:
    return record(shop)


def record(
    shop: Shop, body: str | None = None, given: Any = (), bytes_max: int = 10**7, page: str | None = None
) -> Recording:
    if body is None:
        return Recorder(shop.answers, shop.answers.dashboard("shop"), given, page, bytes_max).recording()
    file = shop.folder / "dashboards" / "recorded.yml"
    file.write_text(DASHBOARD.split("slicers:")[0] + body)
    try:
        return Recorder(shop.answers, shop.answers.dashboard("recorded"), given, page, bytes_max).recording()
    finally:
        file.unlink()


def answer(found: Recording, page: str, visual: str, *filters: Any, **own: Any) -> Any:
    return found.answers[found.questions[question(page, visual, filters, own)]]


def test_each_answer_is_the_one_of_the_server(shop: Shop, recording: Recording):
    asked = 0
    for key in recording.questions:
        page, visual, parts, drill, level = json.loads(key)
        filters = [dict(zip(("field", "op", "values"), json.loads(part), strict=True)) for part in parts]
        own = {"drill": [{"field": field, "value": value} for field, value in drill], "level": level}
        wanted = {"page": page, "visuals": [visual], "filters": filters, "own": {visual: own} if level else {}}
        asked += 1
        if asked % 7 == 0:  # one of seven, for time
            expected = shop.answers.data("shop", wanted)["visuals"][visual]
            found = recording.answers[recording.questions[key]]
            assert found["rows"] == expected["rows"][:1000]
            assert found.get("totals") == expected.get("totals")
    assert asked > 50


def test_slicers_clicks_and_steps_down_are_answered(recording: Recording):
    french = [o for o in ORDERS if o.country == "France"]
    assert {row[0] for row in answer(recording, "orders", "countries", FRANCE)["rows"]} == {"France"}
    assert len(answer(recording, "orders", "details", FRANCE)["rows"]) == len(french)
    steps = [{"field": "country", "value": "France"}]
    cities = answer(recording, "orders", "countries", drill=steps, level=1)
    assert {row[0] for row in cities["rows"]} == {o.city for o in french}
    assert answer(recording, "one", "paid", FRANCE)["rows"]  # drilled through


def test_what_the_file_cannot_do_is_disabled_and_told(recording: Recording):
    slicers = {slicer["field"]: slicer for slicer in recording.spec["pages"][0]["slicers"]}
    assert not slicers["country"].get("error")
    assert slicers["day"]["error"]["message"] == "Day cannot be chosen in this file: ranges need a server"
    assert any(note.startswith("Day (Orders) cannot be chosen here") for note in recording.notes)
    details = next(visual for visual in recording.spec["pages"][0]["visuals"] if visual["id"] == "details")
    assert details["interaction"] == "none"  # its rows are more than a file has choices


def test_without_room_a_choice_is_not_offered_at_all_and_the_page_opens_still(shop: Shop):
    found = record(shop, bytes_max=1000)
    assert answer(found, "orders", "countries")["rows"]
    assert question("orders", "countries", [FRANCE], {}) not in found.questions
    slicers = {slicer["field"]: slicer for slicer in found.spec["pages"][0]["slicers"]}
    assert "more than 0.001 MB" in slicers["country"]["error"]["message"]


def test_a_filter_of_the_file_holds_for_everything_in_it(shop: Shop):
    found = record(shop, given=[FRANCE], page="orders")
    assert [page["name"] for page in found.spec["pages"]] == ["orders"]
    rows = answer(found, "orders", "countries")["rows"]
    assert [row[0] for row in rows] == ["France"]
    assert found.notes[0] == "Everything here is filtered by country: France."
    slicers = {slicer["field"]: slicer for slicer in found.spec["pages"][0]["slicers"]}
    assert "filter on it" in slicers["country"]["error"]["message"]


def test_a_table_brings_a_thousand_rows_at_most(shop: Shop):
    query = "SELECT a.id, b.id AS other FROM gold.orders a JOIN gold.orders b ON a.id <= b.id"
    found = record(shop, f'visuals:\n  - {{title: Many, kind: table, sql: "{query}"}}\n')
    many = answer(found, found.spec["pages"][0]["name"], "many")
    assert (len(many["rows"]), many["is_truncated"]) == (1000, True)


@pytest.fixture(scope="module")
def browserless() -> Iterator[Any]:
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    context.eval(joined(STATIC / "js", ["file/file_source.js"]))
    yield context
    context.close()


@pytest.mark.parametrize(
    "filters",
    [[], [FRANCE], [{"field": "b", "op": "in", "values": [None, "é\"\\\n😀", 2024, 1.5]}, FRANCE], [{"field": "ￜ", "op": "in", "values": []}, {"field": "😀", "op": "in", "values": []}]],
)  # fmt: skip
def test_the_page_writes_a_question_as_the_export_does(browserless: Any, filters: list[dict[str, Any]]):
    own = {"drill": [{"field": "country", "value": "Côte d'Ivoire"}], "level": 1}
    written = browserless.eval(f"ingot.questionOf('p', 'v', {json.dumps(filters)}, {json.dumps(own)})")
    assert written == question("p", "v", filters, own)
    backwards = list(reversed(filters))
    assert question("p", "v", backwards, own) == question("p", "v", filters, own)


def test_the_file_asks_for_nothing_and_no_text_of_the_data_ends_its_scripts(shop: Shop, tmp_path: Path):
    target = tmp_path / "shop.html"
    assert (
        main(["-C", str(shop.folder), "dashboard", "export", "shop", "--max-mb", "0.2", "--output", str(target)]) == 0
    )
    text = target.read_text()
    assert "default-src 'none'" in text
    markup = re.sub(r"(<script[^>]*>).*?</script>", r"\1", text, flags=re.DOTALL)
    assert not re.search(r"\b(?:src|href)=\"(?!data:)", markup)
    assert text.count("<script") == text.count("</script>") == 4
    content = re.search(r'<script type="application/json" id="file">(.*?)</script>', text, re.DOTALL)
    assert content is not None
    assert json.loads(content[1])["spec"]["name"] == "shop"


def test_the_modules_are_joined_for_the_file():
    script = joined(STATIC / "js", ["file/main.js"])
    assert not re.search(r"^(?:import|export) ", script, re.MULTILINE)


def test_a_module_in_another_style_is_refused(tmp_path: Path):
    (tmp_path / "a.js").write_text('import all from "./b.js";\n')
    with pytest.raises(ValueError, match="cannot be joined"):
        joined(tmp_path, ["a.js"])
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\n')
    (tmp_path / "b.js").write_text('import { a } from "./a.js";\nexport const b = 1;\n')
    with pytest.raises(ValueError, match="import each other"):
        joined(tmp_path, ["a.js"])


def test_a_table_of_a_query_with_computed_columns_is_clicked_by_its_others(shop: Shop):
    query = "SELECT country, count(*) AS how_many FROM gold.orders GROUP BY ALL"
    found = record(shop, f'visuals:\n  - {{title: Counted, kind: table, sql: "{query}"}}\n')
    assert "how_many" not in str([json.loads(key)[2] for key in found.questions])

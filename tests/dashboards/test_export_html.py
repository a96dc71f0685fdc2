"""A dashboard as one file: what it answers is what the lake answers, and what it cannot answer it says."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboards.shop import DASHBOARD, Shop
from ingot.cli import main
from ingot.dashboards.export.content import Content, ContentMaker
from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.pictures import STATIC
from ingot.dashboards.export.recorder import question

FRANCE = {"field": "country", "op": "in", "values": ["France"]}


# The middle of weights cannot be added up, so that it is recorded; what is chosen in the other two reaches it.
MIDDLE = """slicers:
  - {field: paid, dataset: orders, kind: list}
  - {field: size, dataset: orders}
  - {field: day, dataset: orders, kind: range}
visuals:
  - {name: middle, kind: bar, dataset: orders, category: place, value: median(weight), interaction: none}
  - {name: countries, kind: bar, dataset: orders, category: country, value: orders}
"""


@pytest.fixture(scope="module")
def recording(shop: Shop) -> Content:
    return record(shop)


@pytest.fixture(scope="module")
def middle(shop: Shop) -> Content:
    return record(shop, MIDDLE)


def record(
    shop: Shop, body: str | None = None, given: Any = (), bytes_max: int = 10**7, page: str | None = None
) -> Content:
    if body is None:
        return ContentMaker(shop.answers, shop.answers.dashboard("shop"), given, page, bytes_max).content()
    file = shop.folder / "dashboards" / "recorded.yml"
    file.write_text(DASHBOARD.split("slicers:")[0] + body)
    try:
        return ContentMaker(shop.answers, shop.answers.dashboard("recorded"), given, page, bytes_max).content()
    finally:
        file.unlink()


def answer(found: Content, page: str, visual: str, *filters: Any, **own: Any) -> Any:
    return found.facts["answers"][found.facts["questions"][question(page, visual, filters, own)]]


def slicers(found: Content) -> dict[str, Any]:
    return {slicer["field"]: slicer for slicer in found.spec["pages"][0]["slicers"]}


def test_a_recorded_answer_is_the_one_of_the_server(shop: Shop, recording: Content):
    asked = 0
    for key, number in recording.facts["questions"].items():
        page, visual, parts, _drill, _level = json.loads(key)
        filters = [dict(zip(("field", "op", "values"), json.loads(part), strict=True)) for part in parts]
        expected = shop.answers.data("shop", {"page": page, "visuals": [visual], "filters": filters})
        assert recording.facts["answers"][number]["rows"] == expected["visuals"][visual]["rows"][:1000]
        asked += 1
    assert asked > 8


def test_what_cannot_be_added_up_is_recorded_for_one_choice_and_for_two_where_these_are_few(middle: Content):
    large, paid = {"field": "size", "op": "in", "values": ["large"]}, {"field": "paid", "op": "in", "values": [True]}
    assert answer(middle, "the-shop", "middle", FRANCE)["rows"][0][0] == "France"
    both = answer(middle, "the-shop", "middle", large, paid)
    assert both["rows"] != answer(middle, "the-shop", "middle", large)["rows"]
    assert answer(middle, "the-shop", "middle", level=1)["rows"]
    assert any("Only some combinations" in note for note in middle.notes)


def test_a_choice_is_offered_where_a_visual_follows_it_and_the_other_says_that_it_does_not(middle: Content):
    found = slicers(middle)
    assert not any(slicer.get("error") for slicer in found.values())
    assert found["paid"]["multiple"]


def test_a_choice_that_no_visual_follows_is_disabled_and_told(shop: Shop):
    alone = record(shop, MIDDLE.split("  - {name: countries")[0])
    found = slicers(alone)
    assert not found["paid"].get("error") and not found["paid"]["multiple"]
    assert found["day"]["error"]["message"].startswith("Day cannot be chosen in this file: ranges need a server for")
    assert any(note.startswith("Day (The shop) cannot be chosen here") for note in alone.notes)


def test_where_only_cubes_are_asked_ranges_and_several_choices_stay(shop: Shop):
    found = record(shop, "slicers:\n  - {field: country, dataset: orders}\n  - {field: day, dataset: orders, kind: range}\n"
                         "visuals:\n  - {name: it, kind: bar, dataset: orders, category: country, value: revenue}\n")  # fmt: skip
    assert not any(slicer.get("error") for slicer in slicers(found).values())
    assert slicers(found)["country"]["multiple"]
    assert not found.facts["questions"]


def test_without_room_a_choice_is_not_offered_at_all_and_the_page_opens_still(shop: Shop):
    found = record(shop, bytes_max=1000)
    assert answer(found, "orders", "countries")["rows"]
    assert question("orders", "countries", [FRANCE], {}) not in found.facts["questions"]
    assert "more than 0.001 MB" in slicers(found)["country"]["error"]["message"]


def test_a_filter_of_the_file_holds_for_everything_in_it(shop: Shop):
    found = record(shop, given=[FRANCE], page="orders")
    assert [page["name"] for page in found.spec["pages"]] == ["orders"]
    assert found.notes[0] == "Everything here is filtered by country: France."
    assert "filter on it" in slicers(found)["country"]["error"]["message"]
    told = json.dumps([found.facts, [cube.keys for cube in found.cubes.packed]], ensure_ascii=False)
    assert "France" in told and "Germany" not in told and "日本" not in told  # no other row left the house


def test_a_table_of_a_query_brings_a_thousand_rows_at_most(shop: Shop):
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
    content = re.search(r'<script type="text/plain" id="file">([A-Za-z0-9+/=]*)</script>', text)
    assert content is not None
    unpacked = gzip.decompress(base64.b64decode(content[1]))
    length = int.from_bytes(unpacked[:4], "little")
    assert json.loads(unpacked[4 : 4 + length])["spec"]["name"] == "shop"


def test_what_is_broken_on_the_exported_pages_is_told(shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    broken = """pages:
  - name: whole
    visuals: [{name: all, kind: card, dataset: orders, value: orders}]
  - name: half
    slicers: [{field: contry, dataset: orders}]
    visuals:
      - {name: places, kind: table, from: gold.nowhere, columns: [place]}
      - {name: lost, kind: bar, dataset: nothing, category: city, value: orders}
      - {name: fine, kind: bar, dataset: orders, category: country, value: orders}
"""
    file = shop.folder / "dashboards" / "half.yml"
    file.write_text(DASHBOARD.split("slicers:")[0] + broken)
    export = ["-C", str(shop.folder), "dashboard", "export", "half", "--output", str(tmp_path / "half.html")]
    try:
        assert main([*export, "--page", "whole"]) == 0
        assert "shows an error" not in capsys.readouterr().out
        assert main(export) == 1
    finally:
        file.unlink()
    said = capsys.readouterr().out
    assert "'contry'" in said and "places shows an error" in said and "lost shows an error" in said
    assert "fine shows" not in said
    assert (tmp_path / "half.html").exists()


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
    assert "how_many" not in str([json.loads(key)[2] for key in found.facts["questions"]])

"""Tables and matrices in pictures: nothing that has digits is cut, and what finds no place is counted; in a V8."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree as xml

import pytest

from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.pictures import STATIC

DAYS = [f"2025-01-0{day}" for day in range(1, 6)]
CITIES = ["Vienna", None, "Thiruvananthapuram, the capital of Kerala"]
SHOWN_DAYS = [f"{day} Jan 2025" for day in range(1, 6)]


@pytest.fixture(scope="module")
def browserless() -> Iterator[Any]:
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    context.eval(joined(STATIC / "js", ["charts/look.js", "picture/table.js"]))
    yield context
    context.close()


def column(name: str, kind: str, role: str = "dimension", label: str | None = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "role": role, "label": label or name}


CITY, DAY = column("city", "text"), column("day", "date")
EUR = {**column("eur", "number", "measure"), "format": {"style": "currency"}}
PER = {**column("per", "number", "measure", "Revenue per bicycle that was sold"), "format": {"style": "currency"}}


def drawn(browserless: Any, kind: str, channels: Any, data: Any, width: int, height: int = 400) -> list[xml.Element]:
    """The texts of a picture of it, in the order in which they are written."""
    visual = {"title": "It", "kind": kind, "channels": channels}
    look = f"{{setting: {{locale: 'en-GB', currency: 'EUR'}}, width: {width}, height: {height}}}"
    code = f"ingot.{kind}Picture({json.dumps(visual)}, {json.dumps(data)}, ingot.lookOf({look}))"
    return list(xml.fromstring(f"<svg>{browserless.eval(code)}</svg>").iter("text"))


def matrix(browserless: Any, width: int, height: int = 400) -> list[xml.Element]:
    """Of cities down and days across, with two measures in each, and with totals."""
    rows = [
        [city, day, 1_234_567.89 + 10 * n + place, 25.5]
        for n, city in enumerate(CITIES)
        for place, day in enumerate(DAYS)
    ]
    totals = [
        {"by": ["city"], "rows": [[city, 7_000_000.25, 26] for city in CITIES]},
        {"by": ["day"], "rows": [[day, 4_000_000.75, 27] for day in DAYS]},
        {"by": [], "rows": [[21_000_000.5, 28]]},
    ]
    channels = {"rows": [CITY], "columns": [DAY], "values": [EUR, PER]}
    return drawn(
        browserless,
        "matrix",
        channels,
        {"columns": [CITY, DAY, EUR, PER], "rows": rows, "totals": totals},
        width,
        height,
    )


def said(texts: Sequence[xml.Element]) -> list[str]:
    return [text.text or "" for text in texts]


def cut_digits(texts: Sequence[xml.Element]) -> list[str]:
    return [text for text in said(texts) if re.search(r"\d.*…", text)]


def test_numbers_and_days_of_a_matrix_are_whole_and_heads_give_way(browserless: Any):
    texts = matrix(browserless, 1180)
    assert cut_digits(texts) == []
    assert {*SHOWN_DAYS, "€1,234,567.89", "€21,000,000.50", "(blank)", "eur"} <= set(said(texts))
    assert "Revenue per bicycle that was sold" not in said(texts)
    assert sum(text.startswith("Rev") and text.endswith("…") for text in said(texts)) == 6


def test_a_head_over_several_measures_ends_where_the_last_of_them_ends(browserless: Any):
    texts = matrix(browserless, 1180)
    ends = [float(text.get("x", "nan")) for text in texts if (text.text or "").startswith("Rev")]
    over = [float(text.get("x", "nan")) for text in texts if text.text in (*SHOWN_DAYS, "Total")]
    assert over[:6] == pytest.approx(ends)


def test_the_name_of_a_sum_has_the_room_of_all_heads_of_the_rows(browserless: Any):
    columns = [CITY, column("street", "text"), EUR]
    rows = [["Thiruvananthapuram", "Statue Road", 1.5], ["Thiruvananthapuram", "Palayam", 2.5]]
    totals = [{"by": ["city"], "rows": [["Thiruvananthapuram", 4]]}, {"by": [], "rows": [[4]]}]
    channels = {"rows": columns[:2], "columns": [], "values": [EUR]}
    texts = drawn(browserless, "matrix", channels, {"columns": columns, "rows": rows, "totals": totals}, 330)
    assert "Thiruvananthapuram, total" in said(texts)
    assert [text.get("text-anchor") for text in texts if text.text == "€4.00"] == ["end", "end"]


def test_where_there_is_little_room_texts_are_smaller_and_then_whole_groups_of_columns_are_left_out(browserless: Any):
    sizes = []
    for width in (1600, 1180, 960, 700, 400):
        texts = matrix(browserless, width)
        assert cut_digits(texts) == []
        heads = [text for text in said(texts) if text in SHOWN_DAYS]
        left = 12 - sum(text == "eur" or text.startswith("Rev") for text in said(texts))
        assert left == 2 * (5 - len(heads)) + (2 if left else 0)  # the total stands last
        assert any(text == f"{left} more columns" for text in said(texts)) == (left > 0)
        sizes.append((float(next(text for text in texts if text.text == "Vienna").get("font-size", "nan")), left))
    assert sizes[0] == (13, 0)
    assert sizes[-1][0] == 11
    assert sizes[-1][1] > 0
    assert [size for size, _ in sizes] == sorted((size for size, _ in sizes), reverse=True)
    assert [left for _, left in sizes] == sorted(left for _, left in sizes)
    assert said(matrix(browserless, 30))  # where not even one has its place, one is drawn


def test_a_table_counts_the_rows_and_columns_that_have_no_place(browserless: Any):
    columns = [DAY, *(column(f"n{place}", "number", "measure") for place in range(9))]
    rows = [[day, *(9_876_543_210 + place for place in range(9))] for day in DAYS]
    texts = drawn(browserless, "table", {}, {"columns": columns, "rows": rows}, 400, 34 * 4)
    assert cut_digits(texts) == []
    shown = sum(bool(re.fullmatch(r"n\d", text)) for text in said(texts))
    assert 0 < shown < 9
    assert f"3 more rows, {9 - shown} more columns" in said(texts)
    assert said(texts).count("1 Jan 2025") == 1


def test_a_long_text_gives_way_to_numbers(browserless: Any):
    columns = [CITY, column("n", "number", "measure")]
    texts = drawn(browserless, "table", {}, {"columns": columns, "rows": [["w" * 90, 9_876_543_210.25]]}, 220)
    assert "9,876,543,210.25" in said(texts)
    assert any(re.fullmatch(r"w+…", text) for text in said(texts))

"""What a card says of its number: how it changed, whether that is good, and its course; in a V8 without a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.pictures import STATIC

COLUMN = {"name": "revenue", "label": "Revenue", "type": "number", "role": "measure", "format": {"style": "currency"}}
CHANGE = {"from": "2024-01-02", "to": "2024-06-01", "count": 6, "unit": "month"}


@pytest.fixture(scope="module")
def browserless() -> Iterator[Any]:
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    context.eval(joined(STATIC / "js", ["charts/card.js", "charts/look.js"]))
    yield context
    context.close()


def parts(browserless: Any, *, width: int = 300, value: Any = 1, options: Any = None, **data: Any) -> dict[str, Any]:
    """What a card of revenue shows for an answer."""
    visual = {"title": "All of it", "kind": "card", "channels": {"value": [COLUMN]}, "options": options or {}}
    answer = {"columns": [COLUMN], "rows": [[value]], **data}
    code = (
        f"const found = ingot.cardParts({json.dumps(visual)}, {json.dumps(answer)},"
        f" ingot.lookOf({{ setting: {{ locale: 'en-GB', currency: 'EUR' }}, width: {width} }}));"
        f"JSON.stringify({{ ...found, captions: found.values.map((one) => ingot.captionOf({json.dumps(visual)}, found, one)) }})"
    )
    return json.loads(str(browserless.eval(f"{{{code}}}")))


def changed(browserless: Any, current: float | None, previous: float | None, **options: str) -> dict[str, Any]:
    change = {**CHANGE, "current": current, "previous": previous}
    return parts(browserless, value=current, change=change, options=options)["change"]


@pytest.mark.parametrize(
    ("current", "previous", "direction", "text"),
    [
        (125, 100, "up", "25.0%"),
        (87.5, 100, "down", "12.5%"),
        (100, 100, "flat", "0.0%"),
        (-50, -100, "up", "50.0%"),  # a smaller loss
        (-150, -100, "down", "50.0%"),
        (50, -100, "up", "150.0%"),
        (0, 80, "down", "100.0%"),
        (30, 0, "up", "€30.00"),  # nothing is a part of nothing
        (0, 0, "flat", "€0.00"),
    ],
)
def test_a_change_is_told_as_a_part_of_what_was_before(
    browserless: Any, current: float, previous: float, direction: str, text: str
) -> None:
    change = changed(browserless, current, previous)
    assert (change["direction"], change["text"]) == (direction, text)


def test_what_it_is_compared_with_is_named_and_a_large_number_is_short(browserless: Any) -> None:
    assert changed(browserless, 1, 80)["label"] == "vs €80.00 6 months earlier"
    assert changed(browserless, 1, 12_345)["label"] == "vs €12.3K 6 months earlier"
    one = parts(browserless, change={**CHANGE, "count": 1, "unit": "year", "current": 1, "previous": 2})
    assert one["change"]["label"] == "vs €2.00 a year earlier"
    assert one["captions"] == ["Revenue, 2 Jan 2024 – 1 Jun 2024"]
    day = {**CHANGE, "from": "2024-06-01", "count": 1, "unit": "day", "current": 1, "previous": 2}
    assert parts(browserless, change=day)["captions"] == ["Revenue, 1 Jun 2024"]


@pytest.mark.parametrize(
    ("good", "up", "down"), [(None, True, False), ("up", True, False), ("down", False, True), ("none", None, None)]
)
def test_whether_a_change_is_good_is_the_authors_word(
    browserless: Any, good: str | None, up: bool | None, down: bool | None
) -> None:
    options = {"good": good} if good else {}
    assert changed(browserless, 2, 1, **options)["isGood"] is up
    assert changed(browserless, 1, 2, **options)["isGood"] is down
    assert changed(browserless, 1, 1, **options)["isGood"] is None


@pytest.mark.parametrize(("current", "previous"), [(None, 1), (1, None)])
def test_without_a_number_on_either_side_there_is_no_change(
    browserless: Any, current: float | None, previous: float | None
) -> None:
    assert changed(browserless, current, previous) is None
    assert parts(browserless, change=None)["change"] is None


def test_a_number_that_is_too_long_for_its_card_is_short_and_told_in_full_when_pointed_at(browserless: Any) -> None:
    [wide] = parts(browserless, value="12345678901234567.89")["values"]
    assert (wide["text"], wide["full"]) == ("€12,345.7T", "€12,345,678,901,234,567.89")
    [narrow] = parts(browserless, value=1_234_567.89, width=200)["values"]
    assert (narrow["text"], narrow["full"]) == ("€1.23M", "€1,234,567.89")
    assert parts(browserless, value=None)["values"][0]["isNull"]


def course(browserless: Any, values: list[Any]) -> tuple[list[list[list[float]]], str, str]:
    """The lines of a course in a box of 100 by 54, and their paths: the line, and the area down to the floor."""
    trend = {"columns": [{"name": "day", "type": "date"}, COLUMN], "rows": [[str(i), y] for i, y in enumerate(values)]}
    points = parts(browserless, trend=trend)["course"]
    code = f"const lines = ingot.courseLines({json.dumps(points)}, 100, 54);"
    code += "JSON.stringify([lines, ingot.coursePath(lines), ingot.coursePath(lines, 54)])"
    lines, line, area = json.loads(str(browserless.eval(f"{{{code}}}")))
    return lines, line, area


def test_a_course_goes_from_edge_to_edge_and_from_its_lowest_to_its_highest(browserless: Any) -> None:
    lines, line, area = course(browserless, [10, "20", 15, 0, 5])
    assert lines == [[[0, 27], [25, 2], [50, 14.5], [75, 52], [100, 39.5]]]
    assert line == "M0.0 27.0L25.0 2.0L50.0 14.5L75.0 52.0L100.0 39.5"
    assert area == f"{line}L100.0 54L0.0 54Z"


def test_a_course_has_a_gap_where_there_is_no_number_and_none_of_one_point(browserless: Any) -> None:
    lines, line, _ = course(browserless, [1, None, 1, 2, None, 3])
    assert [[x for x, _ in stretch] for stretch in lines] == [[0], [40, 60], [100]]
    assert len(re.findall("M", line)) == 3
    assert course(browserless, [1])[0] == course(browserless, [None, 3, None])[0] == []
    assert course(browserless, [4, 4, 4])[0] == [[[0, 52], [50, 52], [100, 52]]]  # what stays the same is a level line

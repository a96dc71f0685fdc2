"""Rules of tables and matrices: which cells they give a bar, a shade or a look, and how a picture draws these."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ingot.dashboards.export.modules import joined
from ingot.dashboards.export.pictures import STATIC


@pytest.fixture(scope="module")
def browserless() -> Iterator[Any]:
    from py_mini_racer import MiniRacer

    context = MiniRacer()
    modules = ["charts/look.js", "charts/table_model.js", "charts/matrix_model.js", "picture/table.js"]
    context.eval(joined(STATIC / "js", modules))
    yield context
    context.close()


def answer(values: Sequence[float | str | None]) -> dict[str, Any]:
    """Names with a number each."""
    columns = [
        {"name": "place", "type": "text", "role": "dimension"},
        {"name": "n", "type": "number", "role": "measure"},
    ]
    return {"columns": columns, "rows": [[f"p{index}", value] for index, value in enumerate(values)]}


def visual(rule: Any) -> dict[str, Any]:
    return {"title": "It", "kind": "table", "rules": {"n": rule}, "channels": {}}


def cells(browserless: Any, rule: Any, values: Sequence[float | str | None]) -> list[dict[str, Any]]:
    """The cells of the numbers in a table whose numbers have a rule."""
    given = f"{json.dumps(visual(rule))}, {json.dumps(answer(values))}, ingot.lookOf({{}})"
    rows = f"Array.from({{length: {len(values)}}}, (_, index) => model.row(index)[1])"
    return json.loads(
        str(
            browserless.eval(f"(() => {{ const model = ingot.tableModel({given}); return JSON.stringify({rows}); }})()")
        )
    )


def shades(browserless: Any, scale: list[str], values: Sequence[float | None]) -> list[dict[str, float]]:
    """How much of which colour each cell has."""
    found = cells(browserless, {"scale": scale}, values)
    return [{part["tone"]: round(part["strength"], 3) for part in cell.get("shade", [])} for cell in found]


def test_bars_begin_at_nought_and_end_at_their_numbers(browserless: Any):
    bars = [cell.get("bar") for cell in cells(browserless, {"bars": True}, [-5, 0, "15", None])]
    assert bars == [
        {"from": 0, "to": 0.25, "isNegative": True},
        {"from": 0.25, "to": 0.25, "isNegative": False},
        {"from": 0.25, "to": 1, "isNegative": False},
        None,
    ]
    below = [cell["bar"] for cell in cells(browserless, {"bars": True}, [-10, -5])]
    assert [(bar["from"], bar["to"]) for bar in below] == [(0, 1), (0.5, 1)]


def test_a_scale_goes_from_the_least_number_to_the_greatest(browserless: Any):
    low_to_high = [{"series-1": 0.08}, {"series-1": 0.28}, {"series-1": 0.48}]
    assert shades(browserless, ["low", "high"], [10, 20, 30]) == low_to_high
    assert shades(browserless, ["low", "middle", "high"], [10, 20, 30]) == low_to_high
    assert shades(browserless, ["low", "high"], [-30, -20, -10]) == low_to_high  # nought is no end of it
    assert shades(browserless, ["high", "low"], [10, None, 30]) == [low_to_high[2], {}, low_to_high[0]]
    assert shades(browserless, ["low", "high"], [7, 7]) == [low_to_high[1]] * 2


def test_a_scale_between_two_colours_is_full_at_its_ends_and_mixed_between(browserless: Any):
    assert shades(browserless, ["negative", "positive"], [0, 1, 4]) == [
        {"negative": 0.48, "positive": 0},
        {"negative": 0.36, "positive": 0.12},
        {"negative": 0, "positive": 0.48},
    ]
    assert shades(browserless, ["negative", "warning", "positive"], [0, 1, 2, 4]) == [
        {"negative": 0.48, "warning": 0},
        {"negative": 0.24, "warning": 0.24},
        {"warning": 0.48, "positive": 0},
        {"warning": 0, "positive": 0.48},
    ]
    assert shades(browserless, ["low", "negative"], [0, 1]) == [
        {"series-1": 0.08, "negative": 0},
        {"series-1": 0, "negative": 0.48},
    ]


def test_the_first_comparison_that_holds_gives_a_number_its_look(browserless: Any):
    wanted = [
        ("<", 0, "negative"),
        ("=", 0, "muted"),
        (">=", 100, "strong"),
        (">", 50, "positive"),
        ("!=", 7, "accent"),
    ]
    rule = {"when": [{"operator": operator, "value": value, "look": look} for operator, value, look in wanted]}
    found = cells(browserless, rule, [-1, 0, "100", 51, 50, 7, None])
    looks = ["negative", "muted", "strong", "positive", "accent", None, None]
    assert [cell.get("look") for cell in found] == looks


def test_sums_of_a_matrix_have_no_shade_and_stretch_no_scale(browserless: Any):
    data = {
        **answer([10, 20, 30]),
        "totals": [{"by": [], "rows": [[60]]}],
    }
    shown = {**visual({"scale": ["low", "high"]}), "kind": "matrix"}
    shown["channels"] = {"rows": [{"name": "place"}], "columns": [], "values": [{"name": "n"}]}
    code = f"JSON.stringify(ingot.matrixModel({json.dumps(shown)}, {json.dumps(data)}, ingot.lookOf({{}})).body)"
    body = json.loads(str(browserless.eval(code)))
    strengths = [cell["shade"][0]["strength"] if "shade" in cell else None for row in body for cell in row["cells"]]
    assert strengths == [pytest.approx(0.08), pytest.approx(0.28), pytest.approx(0.48), None]


def test_a_picture_has_the_bars_shades_and_looks_of_the_page(browserless: Any):
    def drawn(rule: Any, values: Sequence[float]) -> str:
        look = 'ingot.lookOf({theme: "light", width: 400, height: 300})'
        return str(
            browserless.eval(f"ingot.tablePicture({json.dumps(visual(rule))}, {json.dumps(answer(values))}, {look})")
        )

    shaded = drawn({"scale": ["negative", "warning"]}, [0, 1, 4])
    fills = re.findall(r'<rect [^>]*fill="(#[0-9a-f]{6})" opacity="([0-9.]+)"', shaded)
    assert fills == [("#b93022", "0.48"), ("#ac3a1a", "0.48"), ("#855600", "0.48")]
    barred = drawn({"bars": True}, [-1, 3])
    widths = [float(width) for width in re.findall(r'<rect [^>]*width="([0-9.]+)"', barred)]
    assert widths[1] == pytest.approx(3 * widths[0])
    written = drawn({"when": [{"operator": "<", "value": 0, "look": "negative"}]}, [-1, 3])
    assert re.search(r'fill="#b93022"[^>]*>-1<', written)
    assert re.search(r'fill="#141a22"[^>]*>3<', written)

"""Marks of charts under a real mouse: what the tooltip says, and what a click filters, for each kind of chart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from browser.games import SPORTS, total
from browser.visuals import MEDALS, card, expect, expect_state, settle, state, visual, whole

if TYPE_CHECKING:
    from playwright.sync_api import Page, Position

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]

# The pixel of a chart's canvas where ECharts has drawn the first item that is the wanted one.
PLACE = """(node, isIt) => {
  const INSIDE = { BRA: [-52, -10], CAN: [-106, 55] };
  const chart = echarts.getInstanceByDom(node);
  const items = chart.getModel().getSeries().flatMap((series) =>
    (series.subType === "sankey" ? ["node", "edge"] : [undefined]).flatMap((kind) => {
      const data = series.getData(kind);
      return Array.from({ length: data.count() }, (_, index) => ({ series, kind, data, index }));
    }));
  const item = items.find(({ series, kind, index }) => isIt(series.getDataParams(index, kind)));
  const { series, kind, data, index } = item;
  const layout = data.getItemLayout(index);
  const shape = data.getItemGraphicEl(index);
  if (kind === "edge") return [(shape.shape.x1 + shape.shape.x2) / 2, (shape.shape.y1 + shape.shape.y2 + shape.shape.extent) / 2];
  if (series.subType === "map") return chart.convertToPixel({ geoIndex: 0 }, INSIDE[series.getDataParams(index).name]);
  if (series.subType === "line") return chart.convertToPixel({ seriesIndex: series.seriesIndex }, series.getRawValue(index));
  if (series.subType === "gauge") {
    const { center, radius } = series.option;
    return [center[0] - radius + 4, center[1] - 4];
  }
  if (series.subType === "pie") {
    const [angle, radius] = [(layout.startAngle + layout.endAngle) / 2, (layout.r0 + layout.r) / 2];
    return [layout.cx + radius * Math.cos(angle), layout.cy + radius * Math.sin(angle)];
  }
  const box = shape.getBoundingRect().clone();
  box.applyTransform(shape.getComputedTransform());
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""


def place(page: Page, name: str, is_it: str) -> Position:
    canvas = visual(page, name).locator(".chart-canvas")
    canvas.scroll_into_view_if_needed()
    x, y = canvas.evaluate(f"node => ({PLACE})(node, d => {is_it})")
    return {"x": x, "y": y}


def golds(**conditions: str) -> str:
    return whole(total("gold", **conditions))


@dataclass(frozen=True)
class Mark:
    visual: str
    is_it: str  # of what ECharts tells of an item, d
    title: str
    told: dict[str, str]
    selected: dict[str, Any]


MAY, JUDO, BRAZIL = {"day": "2021-05-01"}, {"sport": "Judo"}, {"country": "Brazil"}
OF_ASIA = {sport or "(blank)": golds(continent="Asia", sport=sport) for sport in SPORTS}
SHARE_IN_MAY = total("gold", **MAY) / (total("gold", **MAY) + total("silver", **MAY))
SHARE_OF_JUDO = {"Gold": golds(**JUDO), "Share": f"{100 * total('gold', **JUDO) / total('gold'):.1f}%"}
MARKS = [
    Mark("stacked", "d.name === 'Asia' && d.seriesName === 'Judo'", "Asia", OF_ASIA, {"continent": "Asia", **JUDO}),
    Mark(
        "line", "d.seriesName === 'Silver' && d.dataIndex === 4", "1 May 2021",
        {"Gold": golds(**MAY), "Silver": whole(total("silver", **MAY))}, MAY,
    ),
    Mark(
        "combo", "d.seriesName === 'Gold' && d.dataIndex === 4", "1 May 2021",
        {"Gold": golds(**MAY), "Share of gold": f"{100 * SHARE_IN_MAY:.1f}%"}, MAY,
    ),
    Mark("treemap", "d.name === 'Judo'", "Judo", SHARE_OF_JUDO, JUDO),
    Mark("funnel", "d.seriesIndex === 1 && d.name === 'Judo'", "Judo", SHARE_OF_JUDO, JUDO),
    Mark(
        "scatter", "d.seriesName === 'Americas'", "Brazil · Americas",
        {"Gold": golds(**BRAZIL), "Budget": f"€{total('budget', **BRAZIL):,.2f}"}, {**BRAZIL, "continent": "Americas"},
    ),
    Mark(
        "heat-map", f"d.value[2] === {total('gold', continent='Americas', sport='Judo')}", "Americas, Judo",
        {"Gold": golds(continent="Americas", sport="Judo")}, {"continent": "Americas", "sport": "Judo"},
    ),
    Mark("map", "d.name === 'BRA'", "Brazil", {"Gold": golds(**BRAZIL)}, BRAZIL),
    Mark(
        "sankey", "d.dataType === 'edge' && d.name.includes('Asia') && d.name.includes('Women')", "Asia → Women",
        {"Gold": golds(continent="Asia", gender="Women")}, {"continent": "Asia", "gender": "Women"},
    ),
    Mark(
        "sankey", "d.dataType === 'node' && d.name.includes('Men')", "Men", {"Gold": golds(gender="Men")}, {"gender": "Men"}
    ),
]  # fmt: skip


def expect_tip(page: Page, mark: Mark) -> None:
    tip = visual(page, mark.visual).locator(".chart-tip")
    expect(tip.locator(".tip-title")).to_have_text(mark.title)
    expect(tip).to_be_visible()
    told = dict(
        zip(tip.locator(".tip-key").all_inner_texts(), tip.locator(".tip-value").all_inner_texts(), strict=True)
    )
    assert told == mark.told, mark.visual


def test_a_mark_tells_its_number_and_a_click_on_it_filters_the_others(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/kinds"))
    totals = visual(page, "matrix").locator("tfoot")
    for mark in MARKS:
        spot = place(page, mark.visual, mark.is_it)
        canvas = visual(page, mark.visual).locator(".chart-canvas")
        canvas.hover(position=spot)
        expect_tip(page, mark)
        canvas.click(position=spot)
        expect_state(page, {"s": {mark.visual: [mark.selected]}})
        if len(mark.selected) > 1:
            expect(totals).to_contain_text(golds(**mark.selected))
        page.keyboard.press("Escape")
        expect_state(page, {})
        settle(page)


def test_what_is_no_part_of_the_rows_tells_its_number_and_filters_nothing(open_page: OpenPage) -> None:
    page = settle(open_page("/dashboards/games/kinds"))
    of_target = {"Gold": golds(), "Target": "2,000", "Reached": f"{total('gold') / 20:.1f}%"}
    for mark in (
        Mark("map", "d.name === 'CAN'", "Canada", {"Gold": "–"}, {}),
        Mark("gauge", "d.seriesType === 'gauge'", "Gauge", of_target, {}),
    ):
        spot = place(page, mark.visual, mark.is_it)
        canvas = visual(page, mark.visual).locator(".chart-canvas")
        canvas.hover(position=spot)
        expect_tip(page, mark)
        canvas.click(position=spot)
    expect(page.locator(".chip")).to_have_count(0)
    assert state(page) == {}


def test_a_slice_of_a_ring_tells_its_share_and_filters(open_page: OpenPage) -> None:
    page = settle(open_page(MEDALS))
    women = {"gender": "Women"}
    share = f"{100 * total('gold', **women) / total('gold'):.1f}%"
    spot = place(page, "genders", "d.name === 'Women'")
    canvas = visual(page, "genders").locator(".chart-canvas")
    canvas.hover(position=spot)
    expect_tip(page, Mark("genders", "", "Women", {"Gold": golds(**women), "Share": share}, women))
    canvas.click(position=spot)
    expect_state(page, {"s": {"genders": [women]}})
    expect(card(page, "gold")).to_have_text(golds(**women))

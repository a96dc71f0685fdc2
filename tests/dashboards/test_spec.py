"""A dashboard file: what is wrong in it is told with its line and the nearest name, and fails alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingot.dashboards.model import BrokenDashboard, Dashboard
from ingot.dashboards.spec import faults, load_dashboard
from ingot.model import Project

HEAD = """\
datasets:
  orders:
    from: gold.orders
    dimensions: {year: year(day)}
    measures: {revenue: sum(amount)}
"""


def load(folder: Path, text: str) -> Dashboard | BrokenDashboard:
    file = folder / "dashboards" / "it.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return load_dashboard(file, Project("p", folder, folder / "lake", configuration={"schema": "gold"}))


def fault(folder: Path, text: str) -> str:
    """The only fault of a file, as `code line: message (hint)`."""
    [error] = faults(load(folder, text))
    assert error.location is not None
    assert Path(error.location.path).name == "it.yml"
    return f"{error.code} {error.location.line}: {error.message} ({error.hint})"


def visual(text: str) -> str:
    return HEAD + "visuals:\n  - " + text + "\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("titel: x\nvisuals: []", "unknown-key 1: unknown key 'titel' (did you mean 'title'?)"),
        ("title: x", "missing-key 1: a dashboard has either `pages` or, with one page only, `visuals` "),
        ("title: x\nvisuals: []\npages: []", "missing-key 1: a dashboard has either `pages` or"),
        ("visuals: {a: 1}", "wrong-type 1: 'visuals' is a mapping (it takes a list)"),
        ("visuals: []\nlocale: 'e'", "wrong-type 2: 'locale' is 'e' (it takes a language tag, such as en-GB)"),
        ("visuals: []\ncurrency: euro", "wrong-type 2: 'currency' is 'euro' (it takes a code of ISO 4217, such as EUR)"),
        (visual("{kind: pie, category: day, value: revenue}"), "unknown-kind 7: there is no kind of visual 'pie' (one of card, "),
        (visual("{kind: colum, category: day, value: revenue}"), "unknown-kind 7: there is no kind of visual 'colum' (did you mean 'column'?)"),
        (visual("{title: x}"), "missing-key 7: a visual has no `kind` (kind: column)"),
        (visual("{kind: bar, category: day}"), "missing-key 7: a visual of kind bar has no `value` (it takes category, value, series)"),
        (visual("{kind: bar, category: day, value: revenu}"), "unknown-measure 7: there is no measure 'revenu' in the dataset 'orders' (did you mean 'revenue'?)"),
        (visual("{kind: bar, category: day, value: amount}"), "unknown-measure 7: there is no measure 'amount' in the dataset 'orders' (define it under `measures`, or write it here: sum(amount))"),
        (visual("{kind: bar, categori: day, value: revenue}"), "unknown-key 7: unknown key 'categori' in 'visuals[0]' (did you mean 'category'?)"),
        (visual("kind: bar\n    category: day\n    value: revenue\n    sort: -revenu"), "unknown-field 10: `sort` names 'revenu', which this visual does not show (did you mean 'revenue'?)"),
        (visual("kind: bar\n    category: day\n    value: revenue\n    format: {revenu: percent}"), "unknown-key 10: unknown key 'revenu' in 'visuals[0].format' (did you mean 'revenue'?)"),
        (visual("kind: bar\n    category: day\n    value: revenue\n    format: procent"), "invalid-format 10: 'procent' is no format (did you mean 'percent'?)"),
        (visual("kind: bar\n    category: day\n    value: revenue\n    options: {label: true}"), "unknown-key 10: unknown key 'label' in 'visuals[0].options' (did you mean 'labels'?)"),
        (visual("kind: bar\n    category: day\n    value: revenue\n    options: {labels: 3}"), "wrong-type 10: 'visuals[0].options.labels' is '3' (it takes true or false)"),
        (visual("{kind: bar, category: day, value: revenue, width: 13}"), "wrong-type 7: 'visuals[0].width' is '13' (it takes a number of columns of at most 12)"),
        (visual("{kind: bar, category: day, value: revenue, column: 8, width: 6}"), "wrong-type 7: 'visuals[0].column' is '8' (it takes a column of at most 7 for a width of 6)"),
        (visual("{kind: bar, category: day, value: revenue, interaction: fliter}"), "wrong-type 7: 'fliter' is none of filter, highlight, none (did you mean 'filter'?)"),
        (visual("{kind: bar, category: day, value: revenue, drill_through: there}"), "unknown-page 7: 'Revenue by day' drills through to 'there', which is no page of this dashboard (pages: it)"),
        (visual("{kind: bar, category: day, value: revenue, dataset: order}"), "unknown-dataset 7: there is no dataset 'order' in this dashboard (did you mean 'orders'?)"),
        (visual("{kind: bar, category: day, value: revenue, dataset: orders, sql: SELECT 1}"), "invalid-visual 7: a visual has one of `dataset`, `from` and `sql`, not dataset and sql (None)"),
        (visual("{kind: bar, category: day, value: revenue, others: true}"), "invalid-visual 7: `others` adds up what `top` leaves out"),
        (visual("{kind: bar, category: day, value: revenue, change: {by: day, previous: 1 year}}"), "invalid-visual 7: `change` is for a card with a dataset (None)"),
        (visual("{kind: card, value: revenue, change: {by: day, previous: a year}}"), "wrong-type 7: 'visuals[0].change.previous' is 'a year' (it takes a period, such as 1 year or 4 weeks)"),
        (visual("{kind: table, columns: [day, revenue], rules: {revenue: {when: {'<< 1': negative}}}}"), "invalid-rule 7: '<< 1' is no condition (a comparison with a number: \"< 0\")"),
        (visual("{kind: table, columns: [day, revenue], rules: {revenue: {when: {'< 1': negativ}}}}"), "invalid-rule 7: 'negativ' is no look (did you mean 'negative'?)"),
        (visual("{kind: bar, sql: SELECT 1, category: [a, b], value: c}"), "invalid-visual 7: the result of a query cannot be drilled into (make the query a dataset)"),
        (visual("{kind: matrix, rows: [a, b], columns: b, values: revenue}"), "invalid-visual 7: 'b' stands twice in this matrix (name another dimension for one of them)"),
        (visual("{kind: heatmap, x: a, y: b, value: revenue, top: 3}"), "invalid-visual 7: a heatmap has no first rows for `top` (filter it, "),
        (visual("{kind: card, value: {expr: amount + 1}}"), "not-aggregated 7: the measure 'amount + 1' gives a value for each row, not one for a group of rows: amount + 1 (aggregate it: sum(amount + 1))"),
        (visual("{kind: card, value: upper(x)}"), "not-aggregated 7: "),
        (visual("{kind: bar, category: max(day), value: revenue}"), "misplaced-aggregate 7: the dimension 'max(day)' calls an aggregate function: max(day) (define it under `measures`)"),
        (visual("{kind: bar, category: {expr: upper(country), name: Country}, value: revenue}"), "duplicate-name 7: the dimension 'Country' has the name of a column that it changes: upper(country) (give it a name of its own: {expr: …, name: Country_shown})"),
        (visual("{kind: card, value: sum(amount}"), "syntax-error 7: "),
        (HEAD.replace("{revenue: sum(amount)}", "\n      revenue: |\n        sum(\n          amount +\n        )") + "visuals: []", "syntax-error 9: "),
        (HEAD + "slicers: [{field: day, kind: slider}]\nvisuals: []", "unknown-kind 6: there is no kind of slicer 'slider' (one of list, dropdown, range, relative_date)"),
        (HEAD + "slicers: [{kind: list}]\nvisuals: []", "missing-key 6: a slicer has no `field` (field: country)"),
        (HEAD + "pages:\n  - {title: A}\n  - {title: A}", "duplicate-name 8: two pages are named 'a' (give one another `name`)"),
        (HEAD + "pages:\n  - {title: A, name: A b}", "wrong-type 7: 'pages[0].name' is 'A b' (it takes a name for addresses, such as a-b)"),
        (HEAD + "visuals:\n  - {kind: card, value: revenue, name: a}\n  - {kind: card, value: revenue, name: a}", "duplicate-name 8: two visuals of the page are named 'a' (give one another `name`)"),
        (HEAD + "visuals:\n  - {kind: card, value: revenue, column: 1, row: 1}\n  - {title: B, kind: card, value: revenue, column: 3, row: 2}", "overlapping-visuals 8: 'B' lies on 'Revenue' (row: 3)"),
        ("datasets:\n  a: {}\nvisuals: []", "invalid-dataset 2: the dataset 'a' has neither `from` nor `sql` (from: gold.orders)"),
        ("datasets:\n  a: {from: t, sql: SELECT 1}\nvisuals: []", "invalid-dataset 2: the dataset 'a' has both `from` and `sql` (from: gold.orders)"),
        ("visuals:\n  - {kind: card, value: count(*)}", "missing-key 2: a visual has no `dataset`, `from` or `sql` (from: gold.orders)"),
        (HEAD + "  b: {from: '${nowhere}.t'}\nvisuals: []", "undefined-parameter 6: "),
    ],
)  # fmt: skip
def test_a_fault_names_its_line_and_what_was_meant(tmp_path, text, expected):
    assert fault(tmp_path, text).startswith(expected)


def test_a_broken_visual_leaves_the_others_as_they_are(tmp_path):
    found = load(
        tmp_path, HEAD + "visuals:\n  - {title: Bad, kind: bar}\n  - {title: Good, kind: card, value: revenue}\n"
    )
    assert isinstance(found, Dashboard)
    [page] = found.pages
    assert [(v.id, v.kind, v.fault is None) for v in page.visuals] == [("bad", "bar", False), ("good", "card", True)]


def test_a_broken_dataset_breaks_only_the_visuals_that_use_it(tmp_path):
    text = (
        HEAD
        + "  bad: {}\nvisuals:\n  - {kind: card, dataset: orders, value: revenue}\n  - {kind: card, dataset: bad, value: x}\n"
    )
    found = load(tmp_path, text)
    assert isinstance(found, Dashboard)
    assert [v.fault.code if v.fault else None for v in found.pages[0].visuals] == [None, "invalid-dataset"]


def test_a_broken_member_breaks_only_the_visuals_that_use_it(tmp_path):
    members = """\
datasets:
  orders:
    from: gold.orders
    dimensions: {year: year(day), bad: sum(day), worse: {label: x}}
    measures: {revenue: sum(amount), wrong: 'sum(amount', odd: amount}
    hierarchies: {time: [year, day], up: [bad, day]}
slicers: [{field: bad}, {field: year}]
visuals:
"""
    used = {
        "{kind: card, value: revenue}": None,
        "{kind: card, value: wrong}": "syntax-error",
        "{kind: card, value: odd}": "not-aggregated",
        "{kind: bar, category: time, value: revenue}": None,
        "{kind: bar, category: up, value: revenue}": "misplaced-aggregate",
        "{kind: bar, category: worse, value: revenue}": "wrong-type",
        "{kind: bar, category: year, value: revenue, sort: -odd}": "not-aggregated",
        "{kind: table, columns: day, sort: bad}": "misplaced-aggregate",
        "{kind: card, value: revenue, change: {by: bad, previous: 1 year}}": "misplaced-aggregate",
    }
    found = load(tmp_path, members + "".join(f"  - {text}\n" for text in used))
    assert isinstance(found, Dashboard)
    [page] = found.pages
    assert [v.fault.code if v.fault else None for v in page.visuals] == list(used.values())
    assert [s.fault.code if s.fault else None for s in page.slicers] == ["misplaced-aggregate", None]
    told = {(error.code, error.location.line) for error in found.faults if error.location is not None}
    assert told == {("misplaced-aggregate", 4), ("wrong-type", 4), ("syntax-error", 5), ("not-aggregated", 5)}


def test_a_broken_page_is_a_broken_file(tmp_path):
    found = load(tmp_path, HEAD + "pages:\n  - {titel: x}\n")
    assert isinstance(found, BrokenDashboard)


def test_what_is_left_out_has_sensible_values(tmp_path):
    found = load(
        tmp_path,
        HEAD
        + "visuals:\n  - {kind: column, category: year, value: revenue}\n  - {kind: stacked, category: day, value: revenue, series: year}\n  - {kind: card, value: revenue}\n  - {kind: card, value: revenue}\n",
    )
    assert isinstance(found, Dashboard)
    assert (found.title, found.locale, [p.name for p in found.pages]) == ("It", "en", ["it"])
    column, stacked, *cards = found.pages[0].visuals
    assert (column.id, column.title) == ("revenue-by-year", "Revenue by year")
    assert (stacked.kind, stacked.options) == ("column", {"stack": True})
    assert [card.id for card in cards] == ["revenue", "revenue-2"]
    assert (column.layout.width, cards[0].layout.width) == (6, 3)


def test_slicers_of_a_page_have_its_name_before_their_own(tmp_path):
    text = (
        "slicers: [{field: Home country}]\n"
        "pages:\n"
        "  - {title: The table, slicers: [{field: country}, {field: day, name: days}], visuals: []}\n"
        "  - {title: Other, visuals: []}\n"
    )
    found = load(tmp_path, HEAD + text)
    assert isinstance(found, Dashboard)
    names = [[slicer.id for slicer in page.slicers] for page in found.pages]
    assert names == [["home-country", "the-table-country", "days"], ["home-country"]]


def test_a_constant_is_no_part_of_a_title(tmp_path):
    found = load(tmp_path, visual("{kind: gauge, value: revenue, target: 100, max: 2.5}"))
    assert isinstance(found, Dashboard)
    assert found.pages[0].visuals[0].title == "Revenue"


def test_placeholders_are_filled(tmp_path):
    found = load(tmp_path, "datasets: {a: {from: '${schema}.orders'}}\nvisuals: []\n")
    assert isinstance(found, Dashboard)
    assert found.datasets["a"].table is not None
    assert found.datasets["a"].table.text == "gold.orders"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("percent", ("percent", None, None, None)), ("percent(1)", ("percent", 1, None, None)),
        ("'#,##0'", ("integer", None, None, None)), ("'#,##0.00'", ("decimal", 2, None, None)),
        ("'0'", ("pattern", None, "0", None)), ("'0.00'", ("pattern", None, "0.00", None)),
        ("'0.0%'", ("percent", 1, None, None)), ("'€#,##0.00'", ("currency", 2, None, "EUR")),
        ("yyyy-MM-dd", ("pattern", None, "yyyy-MM-dd", None)), ("MMM yyyy", ("pattern", None, "MMM yyyy", None)),
        ("compact", ("compact", None, None, None)), ("{style: currency, currency: USD, digits: 0}", ("currency", 0, None, "USD")),
    ],
)  # fmt: skip
def test_formats_have_one_form(tmp_path, text, expected):
    found = load(tmp_path, visual(f"{{kind: card, value: revenue, format: {text}}}"))
    assert faults(found) == []
    assert isinstance(found, Dashboard)
    shown = found.pages[0].visuals[0].channels["value"][0].format
    assert shown is not None
    assert (shown.style, shown.digits, shown.pattern, shown.currency) == expected


def test_hierarchies_are_named_or_listed(tmp_path):
    text = HEAD.replace("    measures", "    hierarchies: {time: [year, month, day]}\n    measures")
    found = load(
        tmp_path,
        text
        + "visuals:\n  - {kind: bar, category: time, value: revenue}\n  - {kind: bar, category: [country, city], value: revenue}\n",
    )
    assert isinstance(found, Dashboard)
    levels = [[m.name for m in v.hierarchy] for v in found.pages[0].visuals]
    assert levels == [["year", "month", "day"], ["country", "city"]]

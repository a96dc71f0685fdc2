"""Every kind of visual gives the rows that plain Python computes."""

import datetime
from decimal import Decimal

import pytest

from dashboards.shop import ORDERS, grouped, revenue


def down(value):
    """Largest first, rows without a value last."""
    return (value is None, -(value or 0))


def up(value):
    return (value is None, value if value is not None else "")


def by_country(rows=ORDERS):
    return grouped(rows, lambda o: o.country)


def test_a_card_is_one_row(ask):
    answer = ask("kind: card, dataset: orders, value: revenue")
    assert answer["rows"] == [[revenue(ORDERS)]]
    assert answer["columns"] == [
        {
            "name": "revenue",
            "label": "Revenue",
            "type": "number",
            "format": {"style": "currency", "digits": None, "pattern": None, "currency": None},
            "role": "measure",
        }
    ]


@pytest.mark.parametrize("kind", ["bar", "column", "stacked", "donut", "treemap", "funnel"])
def test_categories_come_with_the_largest_value_first(ask, kind):
    answer = ask(f"kind: {kind}, dataset: orders, category: country, value: revenue")
    expected = [[key[0], revenue(rows)] for key, rows in by_country().items()]
    expected.sort(key=lambda row: (down(row[1]), up(row[0])))
    assert answer["rows"] == expected


@pytest.mark.parametrize("kind", ["line", "area"])
def test_lines_go_along_their_category(ask, kind):
    answer = ask(f"kind: {kind}, dataset: orders, category: day, value: [orders, average]")
    days = grouped(ORDERS, lambda o: o.day)
    expected = []
    for (day,), rows in days.items():
        weights = [o.weight for o in rows if o.weight is not None]
        average = sum(weights) / len(weights) if weights else None
        expected.append([day.isoformat() if day else None, len(rows), average])
    expected.sort(key=lambda row: up(row[0]))
    assert [row[:2] for row in answer["rows"]] == [row[:2] for row in expected]
    assert [row[2] for row in answer["rows"]] == pytest.approx([row[2] for row in expected])


def test_a_series_splits_each_category_and_the_largest_category_comes_first(ask):
    answer = ask("kind: column, dataset: orders, category: country, value: revenue, series: size")
    totals = {key[0]: revenue(rows) for key, rows in by_country().items()}

    def size(o):
        if o.amount is not None and o.amount > 500:
            return "large"
        return "medium" if o.amount is not None and o.amount > 100 else "small"

    expected = [[c, revenue(rows), s] for (c, s), rows in grouped(ORDERS, lambda o: o.country, size).items()]
    expected.sort(key=lambda row: (down(totals[row[0]]), up(row[0]), row[2]))
    assert answer["rows"] == expected


def test_a_combo_has_columns_and_lines(ask):
    answer = ask("kind: combo, dataset: orders, category: year, columns: orders, lines: cities")
    years = grouped(ORDERS, lambda o: o.day.year if o.day else None)
    expected = [[y, len(rows), len({o.city for o in rows})] for (y,), rows in years.items()]
    assert answer["rows"] == sorted(expected, key=lambda row: up(row[0]))
    assert [c["name"] for c in answer["columns"]] == ["year", "orders", "cities"]


def test_a_scatter_has_a_mark_for_each_label(ask):
    answer = ask("kind: scatter, dataset: orders, x: orders, y: revenue, size: cities, label: country")
    expected = {c: [len(r), revenue(r), len({o.city for o in r}), c] for (c,), r in by_country().items()}
    assert {row[3]: row for row in answer["rows"]} == expected


def test_a_heat_map_goes_along_both_of_its_axes(ask):
    answer = ask("kind: heatmap, dataset: orders, x: year, y: country, value: orders")
    cells = grouped(ORDERS, lambda o: o.day.year if o.day else None, lambda o: o.country)
    expected = [[y, c, len(rows)] for (y, c), rows in cells.items()]
    assert answer["rows"] == sorted(expected, key=lambda row: (up(row[0]), up(row[1])))


def test_a_map_has_a_value_for_each_country(ask):
    answer = ask("kind: map, dataset: orders, country: country, value: orders")
    assert dict(answer["rows"]) == {c: len(rows) for (c,), rows in by_country().items()}


def test_a_gauge_may_have_constants_as_its_target_and_end(ask):
    answer = ask("kind: gauge, dataset: orders, value: orders, target: 250, max: 1000")
    assert answer["rows"] == [[300, 250, 1000]]


def test_a_sankey_has_a_flow_for_each_pair(ask):
    answer = ask("kind: sankey, dataset: orders, source: country, target: city, value: orders")
    pairs = grouped(ORDERS, lambda o: o.country, lambda o: o.city)
    assert {(r[0], r[1]): r[2] for r in answer["rows"]} == {key: len(rows) for key, rows in pairs.items()}


def test_a_table_of_columns_shows_rows_as_they_are(ask):
    answer = ask("kind: table, dataset: orders, columns: [id, country, amount, 'unit.price ($)', paid]")
    as_json = [[o.id, o.country, None if o.amount is None else float(o.amount), o.odd, o.paid] for o in ORDERS]
    assert answer["rows"] == sorted(as_json, key=lambda row: row[0])
    assert [c["role"] for c in answer["columns"]] == ["dimension"] * 5


def test_a_table_with_measures_is_grouped_by_its_columns_and_has_a_total_row(ask):
    answer = ask("kind: table, dataset: orders, columns: [year, country, revenue], options: {totals: true}")
    groups = grouped(ORDERS, lambda o: o.day.year if o.day else None, lambda o: o.country)
    expected = [[y, c, revenue(rows)] for (y, c), rows in groups.items()]
    assert answer["rows"] == sorted(expected, key=lambda row: (up(row[0]), up(row[1])))
    assert answer["totals"] == [{"by": [], "rows": [[revenue(ORDERS)]]}]


def test_a_matrix_has_the_totals_of_all_its_rows_and_columns(ask):
    answer = ask("kind: matrix, dataset: orders, rows: [country, city], columns: year, values: [revenue, cities]")

    def year(o):
        return o.day.year if o.day else None

    keys = {"country": lambda o: o.country, "city": lambda o: o.city, "year": year}
    found = {tuple(total["by"]): total["rows"] for total in answer["totals"]}
    assert set(found) == {("country", "city"), ("country", "year"), ("country",), ("year",), ()}
    for by, rows in [*found.items(), (("country", "city", "year"), answer["rows"])]:
        groups = grouped(ORDERS, *(keys[name] for name in by))
        expected = {key: [revenue(group), len({o.city for o in group})] for key, group in groups.items()}
        assert {tuple(row[: len(by)]): row[len(by) :] for row in rows} == expected
        assert len(rows) == len(expected)


def test_a_null_among_the_keys_is_not_taken_for_a_total(ask):
    answer = ask("kind: matrix, dataset: orders, rows: country, columns: paid, values: orders")
    by_row = next(t for t in answer["totals"] if t["by"] == ["country"])
    assert [None, sum(o.country is None for o in ORDERS)] in by_row["rows"]


def test_a_visual_of_a_query_shows_its_columns(ask):
    answer = ask(
        'kind: bar, sql: "SELECT paid AS p, max(amount) AS most FROM gold.orders GROUP BY 1", category: p, value: most'
    )
    most = {
        p: float(max(o.amount for o in rows if o.amount is not None))
        for (p,), rows in grouped(ORDERS, lambda o: o.paid).items()
    }
    assert answer["rows"] == sorted(([p, m] for p, m in most.items()), key=lambda row: -row[1])


def test_a_query_with_an_order_of_its_own_keeps_it(ask):
    text = "SELECT country, count(*) AS n FROM gold.orders GROUP BY country ORDER BY n, country DESC NULLS FIRST"
    answer = ask(f'kind: bar, sql: "{text}", category: country, value: n')
    assert [row[1] for row in answer["rows"]] == sorted(row[1] for row in answer["rows"])


# --- top N, order, drilling ---------------------------------------------------------------------------------------


def test_the_top_three_are_those_with_the_largest_value(ask):
    answer = ask("kind: bar, dataset: orders, category: country, value: revenue, top: 3")
    best = sorted(by_country().items(), key=lambda item: down(revenue(item[1])))[:3]
    assert answer["rows"] == [[key[0], revenue(rows)] for key, rows in best]


def test_the_top_of_a_table_are_its_first_rows(ask):
    groups = grouped(ORDERS, lambda o: o.country, lambda o: o.paid)
    best = sorted(groups.items(), key=lambda item: (-len(item[1]), up(item[0][0]), up(item[0][1])))[:5]
    expected = [[*key, len(rows)] for key, rows in best]
    assert ask("kind: table, dataset: orders, columns: [country, paid, orders], top: 5")["rows"] == expected
    answer = ask("kind: table, dataset: orders, columns: [country, paid, orders], top: 5, sort: [country, paid]")
    assert answer["rows"] == sorted(expected, key=lambda row: (up(row[0]), up(row[1])))


def test_the_top_of_a_sankey_are_its_largest_flows(ask):
    answer = ask("kind: sankey, dataset: orders, source: country, target: city, value: orders, top: 3")
    sizes = sorted(
        (len(rows) for rows in grouped(ORDERS, lambda o: o.country, lambda o: o.city).values()), reverse=True
    )
    assert [row[2] for row in answer["rows"]] == sizes[:3]


def test_the_rest_is_computed_from_its_rows_not_from_the_groups(ask):
    answer = ask(
        "kind: bar, dataset: orders, category: country, value: [orders, average, cities], top: 3, others: true"
    )
    best = sorted(by_country().items(), key=lambda item: (-len(item[1]), up(item[0][0])))[:3]
    rest = [o for key, rows in by_country().items() if key not in dict(best) for o in rows]
    weights = [o.weight for o in rest if o.weight is not None]
    assert answer["others"] == [3]
    assert [row[0] for row in answer["rows"]] == [key[0] for key, _ in best] + [None]
    assert answer["rows"][3][1] == len(rest)
    assert answer["rows"][3][2] == pytest.approx(sum(weights) / len(weights))
    assert answer["rows"][3][3] == len({o.city for o in rest})


def test_a_null_among_the_top_is_not_the_rest(ask):
    answer = ask("kind: bar, dataset: orders, category: country, value: orders, top: 7, others: true")
    assert (answer["others"], answer["others_column"]) == ([7], 0)
    assert sum(row[0] is None for row in answer["rows"]) == 2
    assert sum(row[1] for row in answer["rows"]) == len(ORDERS)


def test_the_top_of_a_split_category_is_that_of_its_totals(ask):
    answer = ask("kind: column, dataset: orders, category: country, value: orders, series: paid, top: 2")
    best = sorted(by_country().items(), key=lambda item: (-len(item[1]), up(item[0][0])))[:2]
    assert list(dict.fromkeys(row[0] for row in answer["rows"])) == [key[0] for key, _ in best]
    assert sum(row[1] for row in answer["rows"]) == sum(len(rows) for _, rows in best)


def test_the_rest_of_a_split_category_is_split_too(ask):
    answer = ask("kind: column, dataset: orders, category: country, value: orders, series: paid, top: 2, others: true")
    assert sum(row[1] for row in answer["rows"]) == len(ORDERS)
    assert len(answer["others"]) == 3
    assert answer["others"] == list(range(len(answer["rows"]) - 3, len(answer["rows"])))


def test_which_column_has_the_rest_is_told_wherever_it_stands(ask):
    parts = "value: orders, top: 2, others: true"
    points = ask("kind: scatter, dataset: orders, x: orders, y: average, label: country, top: 2, others: true")
    assert points["columns"][points["others_column"]]["name"] == "country"
    drilled = ask(f"kind: bar, dataset: orders, category: [country, city], series: city, {parts}", level=1)
    assert drilled["columns"][drilled["others_column"]]["name"] == "city"


@pytest.mark.parametrize("more", ["", ", top: 3", ", top: 3, others: true", ", series: paid", ", series: paid, top: 2"])
def test_a_measure_that_is_not_shown_sorts_and_ranks(ask, more):
    answer = ask(f"kind: bar, dataset: orders, category: country, value: revenue, sort: -orders{more}")
    found = list(dict.fromkeys(row[0] for n, row in enumerate(answer["rows"]) if n not in answer.get("others", ())))
    most = sorted(by_country().items(), key=lambda item: (-len(item[1]), up(item[0][0])))
    assert found == [key[0] for key, _ in most][: 2 if "top: 2" in more else 3 if "top" in more else None]
    assert {len(row) for row in answer["rows"]} == {3 if "series" in more else 2}


def test_rows_are_sorted_by_several_columns_in_the_order_in_which_they_are_named(ask):
    answer = ask("kind: table, dataset: orders, columns: [id, country, city], sort: [city, -country, id]")
    expected = sorted(ORDERS, key=lambda o: o.id)
    expected = sorted(expected, key=lambda o: (o.country is not None, o.country or ""), reverse=True)
    expected = sorted(expected, key=lambda o: up(o.city))
    assert answer["rows"] == [[o.id, o.country, o.city] for o in expected]


def test_rows_as_they_are_can_be_sorted_by_a_column_that_is_not_shown(ask):
    answer = ask("kind: table, dataset: orders, columns: [country, city], sort: -id, top: 7")
    newest = sorted(ORDERS, key=lambda o: -o.id)[:7]
    assert answer["rows"] == [[o.country, o.city] for o in newest]


def test_the_smallest_come_first_when_sorted_upwards_and_top_takes_these(ask):
    answer = ask("kind: bar, dataset: orders, category: country, value: orders, sort: orders, top: 2")
    worst = sorted(by_country().items(), key=lambda item: (len(item[1]), up(item[0][0])))[:2]
    assert answer["rows"] == [[key[0], len(rows)] for key, rows in worst]


def test_the_top_by_value_can_stand_in_the_order_of_their_names(ask):
    answer = ask("kind: bar, dataset: orders, category: country, value: orders, sort: country, top: 4")
    best = sorted(by_country().items(), key=lambda item: (-len(item[1]), up(item[0][0])))[:4]
    assert answer["rows"] == sorted(([key[0], len(rows)] for key, rows in best), key=lambda row: up(row[0]))


def test_the_reader_may_choose_another_order(ask):
    answer = ask("kind: bar, dataset: orders, category: country, value: [revenue, orders]", sort="-orders")
    assert [row[2] for row in answer["rows"]] == sorted((len(r) for r in by_country().values()), reverse=True)


def test_drilling_shows_the_next_level_of_that_value(ask):
    answer = ask(
        "kind: bar, dataset: orders, category: place, value: orders", drill=[{"field": "country", "value": "France"}]
    )
    cities = grouped([o for o in ORDERS if o.country == "France"], lambda o: o.city)
    assert dict(answer["rows"]) == {key[0]: len(rows) for key, rows in cities.items()}
    assert answer["columns"][0]["name"] == "city"


def test_drilling_into_a_null_shows_the_rows_without_a_value(ask):
    answer = ask(
        "kind: bar, dataset: orders, category: place, value: orders", drill=[{"field": "country", "value": None}]
    )
    assert answer["rows"] == [["elsewhere", sum(o.country is None for o in ORDERS)]]


def test_a_level_can_be_shown_for_all_values(ask):
    answer = ask("kind: bar, dataset: orders, category: [country, city], value: orders, sort: -country", level=1)
    assert sorted(answer["rows"]) == sorted([k[0], len(r)] for k, r in grouped(ORDERS, lambda o: o.city).items())
    assert [row[0] for row in answer["rows"]] == sorted((row[0] for row in answer["rows"]), reverse=True)


def test_rows_beyond_the_limit_are_cut_and_that_is_said(shop):
    from ingot.dashboards.answers import Answers

    few = Answers(shop.connection.project, shop.connection.engine, rows_max=10)
    visuals = few.data("shop", {"page": "orders"})["visuals"]
    few.close()
    assert visuals["details"]["row_count"] == 10 and visuals["details"]["is_truncated"]
    assert visuals["countries"]["row_count"] == 8 and not visuals["countries"]["is_truncated"]


# --- cards ------------------------------------------------------------------------------------------------------------


def test_a_trend_has_a_point_for_each_month_and_the_newest_last(ask):
    answer = ask("kind: card, dataset: orders, value: orders, trend: month")
    months = grouped([o for o in ORDERS if o.day], lambda o: o.day.replace(day=1).isoformat() + "T00:00:00Z")
    known = [row for row in answer["trend"]["rows"] if row[0] is not None]
    assert known == [[key[0], len(rows)] for key, rows in sorted(months.items())]
    assert [c["name"] for c in answer["trend"]["columns"]] == ["month", "orders"]


def _within(start, end):
    return [o for o in ORDERS if o.day is not None and start <= o.day <= end]


def test_a_change_compares_the_newest_year_with_the_one_before(ask):
    answer = ask("kind: card, dataset: orders, value: orders, change: {by: day, previous: 1 year}")
    newest = max(o.day for o in ORDERS if o.day)
    start = newest.replace(year=newest.year - 1) + datetime.timedelta(days=1)
    change = answer["change"]
    assert (change["from"], change["to"]) == (start.isoformat(), newest.isoformat())
    assert change["current"] == len(_within(start, newest))
    assert answer["rows"] == [[change["current"]]], "the number that is shown is the one that is compared"
    assert change["previous"] == len(_within(start.replace(year=start.year - 1), newest.replace(year=newest.year - 1)))


@pytest.mark.parametrize("by", ["day", "alias", "shown"])
@pytest.mark.parametrize(
    "filters",
    [
        [{"field": "day", "op": "between", "values": ["2024-03-01", "2024-03-31"]}],
        [{"field": "month", "op": "in", "values": ["2024-03-01T00:00:00Z"]}],
        [{"field": "shown", "op": "between", "values": ["2024-03-01", "2024-03-31"]}],
        [
            {"field": "year", "op": "in", "values": [2024]},
            {"field": "Month", "op": "in", "values": ["2024-03-01T00:00:00Z"]},
        ],
    ],
)
def test_a_change_within_a_filtered_month_looks_at_that_month_a_year_earlier(ask, filters, by):
    answer = ask(f"kind: card, dataset: orders, value: orders, change: {{by: {by}, previous: 1 year}}", filters)
    days = sorted(o.day for o in _within(datetime.date(2024, 3, 1), datetime.date(2024, 3, 31)))
    assert answer["change"]["current"] == len(days)
    first, last = days[0].replace(year=2023), days[-1].replace(year=2023)
    assert answer["change"]["previous"] == len(_within(first, last))


def test_a_change_without_days_is_none(ask):
    answer = ask(
        "kind: card, dataset: orders, value: orders, change: {by: day, previous: 1 year}",
        [{"field": "day", "op": "is_null"}],
    )
    assert answer["change"] is None
    assert answer["rows"] == [[sum(o.day is None for o in ORDERS)]]


def test_a_measure_over_a_key_of_the_matrix_is_right_in_its_totals(ask):
    answer = ask("kind: matrix, dataset: orders, rows: country, columns: paid, values: count(DISTINCT country)")
    totals = {tuple(t["by"]): t["rows"] for t in answer["totals"]}
    assert totals[()] == [[len({o.country for o in ORDERS} - {None})]]
    by_paid = grouped(ORDERS, lambda o: o.paid).items()
    expected = [[p, len({o.country for o in rows} - {None})] for (p,), rows in by_paid]
    assert sorted(totals[("paid",)], key=str) == sorted(expected, key=str)


def test_a_change_keeps_the_filters_that_are_not_of_time(ask):
    answer = ask(
        "kind: card, dataset: orders, value: orders, change: {by: day, previous: 3 months}",
        [{"field": "country", "op": "in", "values": ["France"]}],
    )
    french = [o.day for o in ORDERS if o.country == "France" and o.day]
    change = answer["change"]
    for value, start, end in (("current", "from", "to"), ("previous", "previous_from", "previous_to")):
        assert change[value] == sum(change[start] <= d.isoformat() <= change[end] for d in french)


def test_numbers_that_name_something_have_no_separators(ask):
    columns = ask("kind: column, dataset: orders, category: year, value: orders")["columns"]
    assert [(c["format"]["style"], c["format"]["pattern"]) for c in columns] == [("pattern", "0"), ("integer", None)]


def test_decimals_keep_their_digits(ask):
    answer = ask(
        "kind: table, dataset: orders, columns: [{expr: 'CAST(12345678901234567890.12 AS DECIMAL(38,2))', name: big}, id], top: 1"
    )
    assert answer["rows"][0][0] == "12345678901234567890.12"
    assert Decimal(answer["rows"][0][0]) == Decimal("12345678901234567890.12")

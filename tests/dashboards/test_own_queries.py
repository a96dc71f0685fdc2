"""Visuals with a query of their own: which parts of it filters reach, and the rows behind."""

from __future__ import annotations

import pytest

from dashboards.shop import ORDERS, grouped
from ingot.errors import DashboardError

FRANCE = [{"field": "country", "op": "in", "values": ["France"]}]


def test_a_filter_reaches_a_select_over_a_table_with_that_column(ask):
    answer = ask(
        'kind: bar, sql: "SELECT city, count(*) AS n FROM gold.orders GROUP BY city", category: city, value: n', FRANCE
    )
    cities = grouped([o for o in ORDERS if o.country == "France"], lambda o: o.city)
    assert dict(answer["rows"]) == {key[0]: len(rows) for key, rows in cities.items()}
    assert (answer["filtered_by"], answer["not_filtered_by"]) == (["country"], [])


def test_a_filter_of_a_dimension_that_is_no_column_does_not_reach_it_and_that_is_said(ask):
    answer = ask(
        'kind: card, sql: "SELECT count(*) AS n FROM gold.orders", value: n',
        [{"field": "year", "op": "in", "values": [2024]}],
    )
    assert answer["rows"] == [[len(ORDERS)]]
    assert (answer["filtered_by"], answer["not_filtered_by"]) == ([], ["year"])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) AS n FROM gold.orders o WHERE o.id >= 0 OR o.id < 0",
        "SELECT count(*) AS n FROM main.gold.orders WHERE gold.orders.id >= 0",
        "WITH x AS (SELECT * FROM gold.orders) SELECT count(*) AS n FROM x",
        "SELECT sum(n) AS n FROM (SELECT country, count(*) AS n FROM gold.orders GROUP BY country)",
        "SELECT count(*) AS n FROM (SELECT id FROM gold.orders WHERE id < 150 UNION ALL SELECT id FROM gold.orders WHERE id >= 150)",
        "SELECT count(*) AS n FROM gold.orders o LEFT JOIN (SELECT 1 AS one) s ON s.one = o.id",
        "SELECT count(*) AS n FROM (SELECT 1 AS one) s RIGHT JOIN gold.orders o ON true",
        "SELECT count(DISTINCT a.id) AS n FROM gold.orders a JOIN gold.orders b ON a.country = b.country",
        "SELECT count(*) AS n FROM gold.orders a LEFT SEMI JOIN gold.orders b ON a.id = b.id",
        "SELECT count(*) AS n FROM gold.orders WHERE id IN (SELECT id FROM gold.orders)",
        "FROM gold.orders |> AGGREGATE count(*) AS n",
    ],
)
def test_the_filter_is_on_the_table_wherever_it_stands(ask, query):
    answer = ask(f'kind: card, sql: "{query}", value: n', FRANCE)
    assert answer["rows"] == [[sum(o.country == "France" for o in ORDERS)]]
    assert answer["filtered_by"] == ["country"]


def test_a_table_without_columns_shows_all_of_its_query_and_sorts_by_any(ask):
    query = "SELECT id, country AS land FROM gold.orders WHERE id < 9"
    answer = ask(f'kind: table, sql: "{query}", sort: -id')
    assert [column["label"] for column in answer["columns"]] == ["Id", "Land"]
    assert answer["rows"] == [[o.id, o.country] for o in sorted(ORDERS, key=lambda o: -o.id) if o.id < 9]
    assert ask(f'kind: table, sql: "{query}"', sort="-id")["rows"] == answer["rows"]
    with pytest.raises(AssertionError, match="cannot be sorted by 'lend'"):
        ask(f'kind: table, sql: "{query}"', sort="lend")


def test_a_query_is_sorted_by_a_column_that_is_not_shown(ask):
    query = "SELECT country, count(*) AS n, max(id) AS newest FROM gold.orders GROUP BY country"
    answer = ask(f'kind: bar, sql: "{query}", category: country, value: n, sort: -newest')
    newest = {key[0]: max(o.id for o in rows) for key, rows in grouped(ORDERS, lambda o: o.country).items()}
    assert [row[0] for row in answer["rows"]] == sorted(newest, key=lambda country: -newest[country])


def test_what_an_anti_join_looks_for_is_never_filtered_and_that_is_said(ask):
    query = "SELECT count(*) AS n FROM gold.countries c LEFT ANTI JOIN gold.orders o ON o.country = c.country"
    answer = ask(f'kind: card, sql: "{query}", value: n', FRANCE)
    assert (answer["rows"], answer["filtered_by"]) == ([[0]], ["country"])
    answer = ask(f'kind: card, sql: "{query}", value: n', [{"field": "id", "op": "lt", "values": [0]}])
    assert (answer["rows"], answer["not_filtered_by"]) == ([[0]], ["id"])


def test_what_a_semi_join_looks_for_is_filtered_by_what_the_kept_side_lacks(ask):
    query = "SELECT count(*) AS n FROM gold.countries c LEFT SEMI JOIN gold.orders o ON o.country = c.country"
    answer = ask(f'kind: card, sql: "{query}", value: n', [{"field": "id", "op": "lt", "values": [0]}])
    assert (answer["rows"], answer["filtered_by"]) == ([[0]], ["id"])


STATES = [{"field": "country", "op": "in", "values": ['The "States"']}]  # no row of gold.countries
N_STATES = sum(o.country == 'The "States"' for o in ORDERS)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT country, count(*) AS n FROM gold.orders LEFT JOIN gold.countries USING (country) GROUP BY ALL",
        "SELECT count(*) AS n FROM gold.orders o LEFT JOIN gold.countries d ON o.country = d.country WHERE d.country IS NULL",
        "SELECT count(*) AS n FROM gold.countries d RIGHT JOIN gold.orders o ON o.country = d.country",
        "SELECT count(*) AS n FROM gold.orders o FULL JOIN gold.countries d ON o.country = d.country",
        "SELECT count(*) AS n FROM gold.countries d FULL JOIN gold.orders o USING (country)",
        "SELECT count(*) AS n FROM (SELECT * FROM gold.orders) o LEFT JOIN gold.countries d ON o.country = d.country",
        "WITH o AS (FROM gold.orders) SELECT count(*) AS n FROM o LEFT JOIN gold.countries d ON o.country = d.country",
        "SELECT count(*) AS n FROM gold.orders o LEFT JOIN (gold.countries d JOIN gold.countries e ON d.country = e.country) ON o.country = d.country",
        "SELECT count(*) AS n FROM gold.orders o LEFT ANTI JOIN gold.countries d ON o.country = d.country",
    ],
)
def test_a_filter_does_not_lose_rows_that_an_outer_join_keeps(ask, query):
    answer = ask(f'kind: table, sql: "{query}", columns: n', STATES)
    assert [row[-1] for row in answer["rows"]] == [N_STATES]
    assert (answer["filtered_by"], answer["not_filtered_by"]) == (["country"], [])


@pytest.mark.parametrize(
    "query",
    [
        "SELECT x.country, count(d.continent) AS n FROM (SELECT 'Atlantis' AS country UNION ALL SELECT 'France') x LEFT JOIN gold.countries d ON x.country = d.country GROUP BY 1",
        "WITH x AS (SELECT 'Atlantis' AS country UNION ALL SELECT 'France') SELECT x.country, count(d.continent) AS n FROM gold.countries d RIGHT JOIN x ON x.country = d.country AND d.continent <> '' GROUP BY 1",
        "SELECT country, count(d.continent) AS n FROM VALUES ('Atlantis'), ('France') AS x(country) LEFT JOIN gold.countries d USING (country) GROUP BY 1",
    ],
)
def test_a_filter_is_on_the_values_that_a_join_keeps_if_they_are_those_of_the_table(ask, query):
    for country, count in (("Atlantis", 0), ("France", 1)):
        answer = ask(f'kind: table, sql: "{query}"', [{"field": "country", "op": "in", "values": [country]}])
        assert answer["rows"] == [[country, count]]
        assert (answer["filtered_by"], answer["not_filtered_by"]) == (["country"], [])


@pytest.mark.parametrize(
    "relation",
    [
        "(SELECT 'Atlantis' AS country) x LEFT JOIN gold.countries d ON d.country = concat(x.country, '')",
        "(SELECT 'Atlantis' AS country) x FULL JOIN (SELECT 1 AS one) y ON false LEFT JOIN gold.countries d ON d.country = x.country AND false",
        "(SELECT 1 AS one) o LEFT JOIN gold.countries d ON d.continent = 'none' AND o.one = 1 LATERAL VIEW explode(array('Atlantis')) x AS country",
        "gold.countries d RIGHT JOIN (SELECT 'Atlantis' AS country, 'none' AS n) AS x ON d.continent = x.n",
    ],
)
def test_a_filter_that_may_mean_a_computed_value_is_left_out_and_that_is_said(ask, relation):
    answer = ask(f'kind: table, sql: "SELECT x.country FROM {relation}"', FRANCE)
    assert ["Atlantis"] in answer["rows"]
    assert (answer["filtered_by"], answer["not_filtered_by"]) == ([], ["country"])


def test_a_row_that_a_full_join_keeps_is_found_on_either_side(ask):
    query = "SELECT count(*) AS n FROM (SELECT 1 AS one) s FULL JOIN gold.countries d ON false FULL JOIN gold.countries e ON false"
    answer = ask(f'kind: card, sql: "{query}", value: n', FRANCE)
    assert answer["rows"] == [[2]]


def test_a_full_join_with_a_subquery_that_has_the_field_is_not_wholly_filtered(ask):
    query = (
        "SELECT count(*) AS n FROM (SELECT * FROM gold.orders) o FULL JOIN gold.countries d ON o.country = d.country"
    )
    answer = ask(f'kind: card, sql: "{query}", value: n', STATES)
    assert answer["rows"] == [[N_STATES + 3]]
    assert (answer["filtered_by"], answer["not_filtered_by"]) == ([], ["country"])


@pytest.mark.parametrize(
    ("query", "is_whole"),
    [
        ("SELECT id FROM gold.orders UNION ALL SELECT length(continent) FROM gold.countries", False),
        ("SELECT 'x' AS id UNION ALL SELECT city FROM gold.orders", False),
        ("WITH o AS (FROM gold.orders) SELECT city AS id FROM o UNION ALL SELECT 'x'", False),
        ("WITH o AS (FROM gold.orders) SELECT country AS id FROM o UNION ALL SELECT city FROM o", True),
        ("SELECT id FROM gold.orders EXCEPT SELECT 7", True),
        ("SELECT 7 AS id EXCEPT SELECT id FROM gold.orders", False),
        ("SELECT 7 AS id INTERSECT SELECT id FROM gold.orders", True),
    ],
)
def test_a_union_of_which_one_part_is_filtered_is_said_to_be_not_filtered(ask, query, is_whole):
    answer = ask(f'kind: table, sql: "{query}", columns: id', [{"field": "city", "op": "in", "values": ["Paris"]}])
    assert (answer["filtered_by"], answer["not_filtered_by"]) == ((["city"], []) if is_whole else ([], ["city"]))


def test_a_left_join_keeps_only_rows_that_match_the_filter(ask):
    query = "SELECT o.id AS id FROM gold.orders o LEFT JOIN gold.countries c ON o.country = c.country"
    answer = ask(f'kind: table, sql: "{query}", columns: id', [{"field": "continent", "op": "in", "values": ["Asia"]}])
    assert [row[0] for row in answer["rows"]] == [o.id for o in ORDERS if o.country == "日本"]


def test_an_or_of_the_query_stays_within_its_parentheses(ask):
    query = "SELECT count(*) AS n FROM gold.orders WHERE id = 1 OR true"
    answer = ask(f'kind: card, sql: "{query}", value: n', FRANCE)
    assert answer["rows"] == [[sum(o.country == "France" for o in ORDERS)]]


def test_a_dataset_of_a_query_is_filtered_by_its_columns(ask):
    answer = ask(
        "kind: card, dataset: joined, value: orders", [{"field": "continent", "op": "in", "values": ["Europe", None]}]
    )
    assert answer["rows"] == [[sum(o.country != "日本" for o in ORDERS)]]


def test_a_column_that_the_query_does_not_give_is_told_with_the_nearest(shop):
    file = shop.folder / "dashboards" / "wrong.yml"
    file.write_text(
        "visuals:\n  - kind: bar\n    sql: SELECT city, count(*) AS orders FROM gold.orders GROUP BY 1\n    category: city\n    value: order\n"
    )
    try:
        [visual] = shop.answers.dashboard("wrong")["pages"][0]["visuals"]
    finally:
        file.unlink()
    assert visual["error"] == {
        "code": "unknown-column",
        "message": "the query of this visual gives no column 'order'",
        "location": "dashboards/wrong.yml:5",
        "hint": "did you mean 'orders'?",
    }


def test_only_plain_columns_of_tables_stand_for_a_row_of_a_table(ask):
    query = "SELECT country, upper(city) AS city, id AS land, year(day) AS year, count(*) AS n FROM gold.orders GROUP BY ALL"
    columns = ask(f'kind: table, sql: "{query}"')["columns"]
    assert [c["name"] for c in columns if c["role"] == "dimension"] == ["country"]
    assert columns[3]["format"]["pattern"] == "0"  # a year stays one
    columns = ask(f'kind: table, sql: "{query}", columns: [n, country]')["columns"]
    assert [c["role"] for c in columns] == ["measure", "dimension"]


def test_computed_columns_tell_which_rows_are_behind_a_row(shop):
    file = shop.folder / "dashboards" / "years.yml"
    query = "SELECT country, year(day) AS year, city AS place, sum(weight) AS weight FROM gold.orders GROUP BY ALL"
    file.write_text(f'visuals:\n  - {{kind: table, name: it, sql: "{query}"}}\n')
    try:
        columns = shop.answers.data("years", {})["visuals"]["it"]["columns"]
        point = {"country": "France", "year": 2023, "place": "Lyon"}
        rows = shop.answers.rows("years", {"visual": "it", "point": point, "limit": 1000})["rows"]
    finally:
        file.unlink()
    assert [c["name"] for c in columns if c["role"] == "dimension"] == ["country"]
    assert [c["name"] for c in columns if c["is_of_rows"]] == ["country", "year", "place"]
    expected = [o.id for o in ORDERS if (o.country, o.city) == ("France", "Lyon") and o.day and o.day.year == 2023]
    assert [row[0] for row in rows] == expected


def test_a_column_of_a_result_that_no_table_has_reaches_nothing(shop):
    file = shop.folder / "dashboards" / "click.yml"
    query = "SELECT country, count(*) AS how_many FROM gold.orders GROUP BY ALL"
    file.write_text(
        f'visuals:\n  - {{kind: table, name: it, sql: "{query}"}}\n  - {{kind: card, name: all, from: gold.orders, value: count(*)}}\n'
    )
    clicked = [*FRANCE, {"field": "how_many", "op": "in", "values": [3]}]
    try:
        answer = shop.answers.data("click", {"filters": clicked})["visuals"]["all"]
    finally:
        file.unlink()
    assert answer["rows"] == [[sum(o.country == "France" for o in ORDERS)]]
    assert (answer["filtered_by"], answer["not_filtered_by"]) == (["country"], ["how_many"])


# --- the rows behind --------------------------------------------------------------------------------------------------


def behind(shop, visual: str, **asked):
    return shop.answers.rows("shop", {"page": "orders", "visual": visual, **asked})


def test_the_rows_behind_a_mark_are_those_of_its_value(shop):
    answer = behind(shop, "countries", point={"country": "France"}, limit=1000)
    ids = [o.id for o in ORDERS if o.country == "France"]
    assert [row[0] for row in answer["rows"]] == ids
    assert [c["name"] for c in answer["columns"]][:4] == ["id", "country", "city", "day"]


def test_the_rows_behind_a_null_are_those_without_a_value(shop):
    answer = behind(shop, "countries", point={"country": None}, limit=1000)
    assert [row[0] for row in answer["rows"]] == [o.id for o in ORDERS if o.country is None]


def test_the_rows_behind_come_page_by_page(shop):
    pages = [behind(shop, "countries", limit=70, offset=start) for start in range(0, 350, 70)]
    assert [row[0] for page in pages for row in page["rows"]] == [o.id for o in ORDERS]
    assert [page["is_truncated"] for page in pages] == [True] * 4 + [False]


def test_the_rows_behind_are_filtered_and_drilled(shop):
    answer = behind(
        shop, "countries", limit=1000, filters=[{"field": "paid", "op": "in", "values": [True]}],
        own={"drill": [{"field": "country", "value": "France"}]}, point={"city": "Lyon"},
    )  # fmt: skip
    expected = [o.id for o in ORDERS if (o.country, o.city, o.paid) == ("France", "Lyon", True)]
    assert [row[0] for row in answer["rows"]] == expected


def test_the_rows_behind_a_query_keep_its_where(shop):
    answer = behind(shop, "cities", point={"city": "Lyon"}, limit=1000, filters=FRANCE)
    expected = [o.id for o in ORDERS if o.city == "Lyon" and o.amount is not None and o.amount > 100]
    assert [row[0] for row in answer["rows"]] == expected


def test_the_rows_behind_a_join_have_the_columns_of_both_tables(shop):
    file = shop.folder / "dashboards" / "join.yml"
    query = (
        "SELECT c.continent, count(*) AS n FROM gold.orders o JOIN gold.countries c ON o.country = c.country GROUP BY 1"
    )
    file.write_text(f'visuals:\n  - {{kind: bar, name: it, sql: "{query}", category: continent, value: n}}\n')
    asked = {"point": {"continent": "Asia"}, "filters": [{"field": "paid", "op": "in", "values": [True]}]}
    try:
        answer = shop.answers.rows("join", {"visual": "it", "limit": 1000, **asked})
    finally:
        file.unlink()
    names = [c["name"] for c in answer["columns"]]
    assert names.count("country") == 2 and names[-1] == "continent"
    assert [row[0] for row in answer["rows"]] == [o.id for o in ORDERS if o.country == "日本" and o.paid]


@pytest.mark.parametrize("point", [{"nothing": 1}, {"id; --": 1}, {"": 1}])
def test_a_point_with_an_unknown_field_is_an_error(shop, point):
    with pytest.raises(DashboardError) as error:
        behind(shop, "countries", point=point)
    assert error.value.code == "unknown-field"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT city AS a, 1 AS n FROM gold.orders UNION ALL SELECT country, 2 FROM gold.orders",
        "WITH x AS (SELECT * FROM gold.orders) SELECT city AS a, count(*) AS n FROM x GROUP BY 1",
        "SELECT DISTINCT city AS a, 1 AS n FROM gold.orders",
        "SELECT a, n FROM (SELECT city AS a, count(*) AS n FROM gold.orders GROUP BY 1)",
        "SELECT city AS a, count(*) AS n FROM gold.orders WHERE id IN (SELECT id FROM gold.orders) GROUP BY 1",
        "SELECT 'x' AS a, 1 AS n",
        "SELECT city AS a, id AS n FROM gold.orders LIMIT 5",
    ],
)
def test_rows_behind_a_query_that_is_no_plain_select_are_refused(shop, query):
    file = shop.folder / "dashboards" / "hard.yml"
    file.write_text(f'visuals:\n  - {{kind: bar, name: it, sql: "{query}", category: a, value: n}}\n')
    try:
        assert "error" not in shop.answers.data("hard", {})["visuals"]["it"]
        with pytest.raises(DashboardError) as error:
            shop.answers.rows("hard", {"visual": "it", "point": {"a": "Lyon"}})
    finally:
        file.unlink()
    assert error.value.code == "no-rows-behind"


# --- slicers ----------------------------------------------------------------------------------------------------------


def offered(shop, slicer: str, **asked):
    return shop.answers.values("shop", {"page": "orders", "slicer": slicer, **asked})


def test_a_slicer_offers_all_values_with_their_number_of_rows(shop):
    answer = offered(shop, "country")
    counts = {key[0]: len(rows) for key, rows in grouped(ORDERS, lambda o: o.country).items()}
    assert {entry["value"]: entry["count"] for entry in answer["values"]} == counts
    assert [entry["value"] for entry in answer["values"]][:-1] == sorted(c for c in counts if c is not None)


def test_a_search_is_a_part_of_the_value_and_not_a_pattern(shop):
    assert [e["value"] for e in offered(shop, "country", search="AN")["values"]] == ["France", "Germany"]
    assert offered(shop, "country", search="%")["values"] == []
    assert [e["value"] for e in offered(shop, "year", search="24")["values"]] == [2024]


def test_a_slicer_is_filtered_by_the_others_and_not_by_itself(shop):
    filters = [*FRANCE, {"field": "year", "op": "in", "values": [2024]}]
    years = {o.day.year for o in ORDERS if o.country == "France" and o.day}
    assert {e["value"] for e in offered(shop, "year", filters=filters)["values"]} - {None} == years


def test_a_range_has_ends(shop):
    answer = offered(shop, "day")
    days = sorted(o.day.isoformat() for o in ORDERS if o.day)
    assert (answer["minimum"], answer["maximum"], answer["type"]) == (days[0], days[-1], "date")

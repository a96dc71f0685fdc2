"""Which operators above a stream need state, and what Spark refuses to do with a stream."""

from __future__ import annotations

import pytest
from sqlglot import exp

from analysis.judge import TABLES, Tables, analyzed, query
from ingot.analysis import AnalyzedQuery, Settings, StreamOperator
from ingot.analysis.analyzer import analyze
from ingot.errors import AnalysisError, UnsupportedError
from ingot.model import TableName, TableRead


def stateful(sql: str, *streams: str) -> list[StreamOperator]:
    result = analyzed(sql, streams=streams)
    assert result.is_streaming
    return [operator for operator, _ in result.stateful]


@pytest.mark.parametrize(
    "sql",
    [
        "select order_id, upper(status) s from orders where qty > 1",
        "select order_id, explode(tags) from orders",
        "select * from orders o join customers c on o.customer_id = c.customer_id",
        "select * from orders o left join customers c on o.customer_id = c.customer_id",
        "select * from customers c right join orders o on o.customer_id = c.customer_id",
        "select order_id from orders union all select order_id from orders where qty > 1",
        "with o as (select * from orders) select * from o",
        "select order_id from orders where customer_id in (select customer_id from customers group by customer_id)",
    ],
)
def test_rows_of_a_stream_are_mapped_filtered_and_joined_with_tables_without_state(sql: str) -> None:
    assert stateful(sql, "orders") == []


@pytest.mark.parametrize(
    ("sql", "operator"),
    [
        ("select count(*) from orders", StreamOperator.AGGREGATE),
        ("select status, sum(qty) from orders group by status", StreamOperator.AGGREGATE),
        ("select status from (select * from orders) group by all", StreamOperator.AGGREGATE),
        ("select distinct status from orders", StreamOperator.DEDUPLICATE),
        ("select order_id from orders union select customer_id from orders", StreamOperator.DEDUPLICATE),
        ("select order_id from orders except select id from events", StreamOperator.SET_OPERATION),
        ("select row_number() over (order by qty) r from orders", StreamOperator.WINDOW),
        ("select * from orders qualify row_number() over (order by qty) = 1", StreamOperator.WINDOW),
        ("select * from orders order by qty", StreamOperator.SORT),
        ("select * from orders limit 3", StreamOperator.LIMIT),
        ("select * from orders pivot (sum(qty) for status in ('a'))", StreamOperator.AGGREGATE),
    ],
)
def test_what_needs_state_is_named(sql: str, operator: StreamOperator) -> None:
    assert stateful(sql, "orders") == [operator]


def test_a_join_of_two_streams_needs_state() -> None:
    assert stateful("select * from orders join events on order_id = id", "orders", "events") == [StreamOperator.JOIN]


def test_state_above_tables_alone_is_no_state() -> None:
    result = analyzed("select distinct status from orders order by status limit 3")
    assert not result.is_streaming
    assert result.stateful == ()


def test_state_below_a_join_with_a_stream_counts_only_on_the_stream() -> None:
    sql = (
        "select * from orders o join (select customer_id, count(*) n from customers group by all) c using (customer_id)"
    )
    assert stateful(sql, "orders") == []


def test_the_place_of_a_stateful_operator_is_known() -> None:
    ((_, place),) = analyzed("select status,\n count(*)\nfrom orders group by status", streams=("orders",)).stateful
    assert place is not None and place.path == "query.sql"


@pytest.mark.parametrize(
    "sql",
    [
        "select * from customers c left join orders o on o.customer_id = c.customer_id",
        "select * from orders o right join customers c on o.customer_id = c.customer_id",
        "select * from orders o full join customers c on o.customer_id = c.customer_id",
        "select * from customers c left semi join orders o on o.customer_id = c.customer_id",
    ],
)
def test_an_outer_join_that_keeps_the_table_against_a_stream_is_refused(sql: str) -> None:
    with pytest.raises(AnalysisError, match="not a stream") as caught:
        analyzed(sql, streams=("orders",))
    assert caught.value.code == "unsupported-stream-join"


@pytest.mark.parametrize(
    "sql",
    [
        "select order_id from orders union all select id from events",
        "select id from events union select order_id from orders",
        "select order_id from orders union all values (9)",
        "with both as (select id from events union all by name select order_id as id from orders) select * from both",
    ],
)
def test_a_union_of_a_stream_and_rows_at_rest_is_refused(sql: str) -> None:
    with pytest.raises(AnalysisError, match="would come again with each batch") as caught:
        analyzed(sql, streams=("orders",))
    assert caught.value.code == "unsupported-stream-union"


@pytest.mark.parametrize(
    "sql",
    [
        "select order_id from orders where order_id not in (select id from events)",
        "select order_id from orders where customer_id = any (select id from events)",
        "select order_id from orders o where exists (select 1 from events e where e.id = o.order_id)",
        "select (select max(id) from events) as newest from orders",
        "select order_id from orders join customers c on c.customer_id in (select id from events)",
        "select name from customers where customer_id in (select id from events)",
        "with e as (select id from events) select order_id from orders where order_id in (select id from e)",
        "select order_id from orders where order_id in (select customer_id from customers where exists (select * from events))",
    ],
)
def test_a_stream_in_a_subquery_of_an_expression_is_refused(sql: str) -> None:
    with pytest.raises(UnsupportedError, match="a subquery of an expression reads a stream") as caught:
        analyzed(sql, streams=("orders", "events"))
    assert caught.value.code == "unsupported-stateful"
    assert caught.value.hint is not None
    assert caught.value.location is not None


def test_deduplication_by_key_is_kept_as_distinct_on() -> None:
    asked = query("select * from orders", streams=("orders",))
    key = exp.Column(this=exp.to_identifier("ORDER_ID"))
    asked.tree.set("distinct", exp.Distinct(on=exp.Tuple(expressions=[key])))
    result = analyze(asked, Tables(TABLES), Settings())
    assert [o for o, _ in result.stateful] == [StreamOperator.DEDUPLICATE]
    (found,) = result.tree.args["distinct"].args["on"].expressions
    assert found.sql("duckdb") == '"orders"."order_id"'


def view_read_as_stream(view: str, *streams: str) -> AnalyzedQuery:
    views = {"recent": query(view, streams=streams)}
    asked = query("select status from recent", names=("recent",), streams=("recent",))
    return analyze(asked, Tables(TABLES, views), Settings())


def test_a_view_of_a_stream_can_be_read_as_a_stream() -> None:
    assert view_read_as_stream("select * from orders where qty > 1", "orders").is_streaming


def test_a_view_of_tables_cannot_be_read_as_a_stream() -> None:
    with pytest.raises(AnalysisError) as caught:
        view_read_as_stream("select * from orders")
    assert caught.value.code == "not-a-stream"
    assert caught.value.hint is not None


def test_leaves_of_views_get_names_of_their_own() -> None:
    views = {"recent": query("select order_id, status from orders"), "people": query("select * from customers")}
    sql = (
        "select r.status, p.name, o.qty from recent r join people p on r.order_id = p.customer_id join orders o on true"
    )
    asked = query(sql, names=("recent", "people", "orders"))
    result = analyze(asked, Tables(TABLES, views), Settings())
    tables = {t.name for t in result.tree.find_all(exp.Table)}
    assert tables == set(result.reads)
    assert len(result.reads) == 3
    assert {r.name for r in result.reads.values() if isinstance(r, TableRead)} == {
        TableName("main", "default", n) for n in ("orders", "customers")
    }


def test_rows_of_a_stream_cannot_be_numbered() -> None:
    with pytest.raises(UnsupportedError) as raised:
        analyzed("select monotonically_increasing_id() as k from orders", streams=("orders",))
    assert raised.value.code == "unsupported-function"
    assert analyzed("select monotonically_increasing_id() as k from orders").volatile == {"monotonically_increasing_id"}

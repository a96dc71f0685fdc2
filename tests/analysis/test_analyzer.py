"""The typed tree, errors at their place with a hint, file metadata, views, user functions, conditions."""

from __future__ import annotations

import pytest
from sqlglot import exp

from analysis.judge import TABLES, Tables, analyzed
from ingot.analysis import Settings, type_of
from ingot.analysis.analyzer import analyze, analyze_condition, analyze_expression, check_output_names
from ingot.errors import AnalysisError, IngotError, Location, UnsupportedError
from ingot.model import FileRead, Query, TableName, TableRead, UserFunction
from ingot.sql import parse_expression, parse_statement
from ingot.types import INT, STRING, parse_schema

SCHEMA = parse_schema("id bigint not null, name string, amount decimal(10,2), tags array<string>")


def tree(sql: str) -> str:
    return analyzed(sql).tree.sql("duckdb")


def error(sql: str) -> IngotError:
    with pytest.raises(IngotError) as caught:
        analyzed(sql)
    return caught.value


# --- the typed tree ------------------------------------------------------------------------------------------


def test_every_expression_of_the_tree_has_a_type() -> None:
    sql = """
        with big as (select *, amount * 2 as double_amount from orders where status like 'a%' or qty in (1, 2L))
        select b.status, count(*) n, sum(qty) filter (where flag) s, max(double_amount) m,
          rank() over (order by sum(amount) desc) r, transform(collect_list(order_id), x -> x + 1) t
        from big b left join customers c using (customer_id)
        where case when flag then 1 else 2.5 end > 1 and order_date - interval 1 day < current_date()
        group by rollup(b.status) having n > 1 order by r, b.status desc limit 5
    """
    structure = (
        exp.Identifier,
        exp.Table,
        exp.TableAlias,
        exp.DataType,
        exp.Distinct,
        exp.If,
        exp.WindowSpec,
        exp.Query,
    )
    for node in analyzed(sql).tree.walk():
        if isinstance(node, exp.Condition) and not isinstance(node, structure):
            assert type_of(node) is not None, node


def test_columns_are_exact_quoted_and_bound_to_a_relation() -> None:
    assert tree("select ORDER_ID from orders") == 'SELECT "orders"."order_id" AS "ORDER_ID" FROM "__r0" AS "orders"'


def test_struct_fields_are_dots_with_their_exact_name() -> None:
    assert 'AS "ZIP"' in tree("select address.ZIP from orders")
    assert '"orders"."address"."zip"' in tree("select address.ZIP from orders")


def test_an_implicit_cast_is_explicit_and_marked() -> None:
    (equal,) = analyzed("select qty = '1' as e from orders").tree.find_all(exp.EQ)
    left, right = equal.this, equal.expression
    assert isinstance(left, exp.Cast) and isinstance(right, exp.Cast)
    assert (type_of(left).ddl, type_of(right).ddl) == ("bigint", "bigint")
    assert left.meta["implicit"] and right.meta["implicit"]


def test_stars_and_using_are_expanded() -> None:
    result = analyzed("select * from customers c join (select customer_id, qty from orders) o using (customer_id)")
    assert result.schema.names == ["customer_id", "name", "country", "Since", "qty"]
    assert not list(result.tree.find_all(exp.Star))
    assert result.tree.args["joins"][0].args.get("using") is None


def test_aliases_are_unique_in_the_whole_query() -> None:
    sql = "select * from orders o where exists (select 1 from orders o where o.qty > 1)"
    sql += " and o.qty in (select o.qty from orders o)"
    aliases = [t.alias for t in analyzed(sql).tree.find_all(exp.Table)]
    assert sorted(aliases) == ["o", "o_2", "o_3"]


def test_an_outer_column_keeps_its_meaning_in_a_subquery() -> None:
    sql = "select (select max(name) from customers o where o.customer_id = orders.customer_id) m from orders"
    assert '"o"."customer_id" = "orders"."customer_id"' in tree(sql)


def test_duplicate_columns_of_a_subquery_are_kept_apart() -> None:
    result = analyzed("select * from (select order_id as a, status as a from orders) t")
    assert result.schema.names == ["a", "a"]
    assert '"t"("a", "a__2")' in result.tree.sql("duckdb")
    with pytest.raises(AnalysisError, match="two columns named 'a'"):
        check_output_names(result)


def test_grouping_by_a_constant_is_not_read_as_an_ordinal() -> None:
    (group,) = analyzed("select 7 as k, count(*) n from orders group by k").tree.args["group"].expressions
    assert isinstance(group, exp.Cast)


def test_windows_get_spark_frames() -> None:
    def frame(over: str) -> tuple[str, ...]:
        (window,) = analyzed(f"select sum(qty) over ({over}) s from orders").tree.find_all(exp.Window)
        spec = window.args["spec"]
        return tuple(str(spec.args[k]) for k in ("kind", "start", "start_side", "end", "end_side"))

    assert frame("partition by status") == ("ROWS", "UNBOUNDED", "PRECEDING", "UNBOUNDED", "FOLLOWING")
    assert frame("order by qty") == ("RANGE", "UNBOUNDED", "PRECEDING", "CURRENT ROW", "None")


def test_nulls_are_sorted_as_spark_sorts_them() -> None:
    orders = analyzed("select qty from orders order by qty, status desc, price nulls last").tree.args["order"]
    assert [o.args["nulls_first"] for o in orders.expressions] == [True, False, False]


def test_pivot_gives_null_and_not_zero_for_a_missing_combination() -> None:
    sql = tree("select * from (select status s, qty from orders) pivot (count(qty) for s in ('a'))")
    assert "CASE WHEN COUNT(1) FILTER" in sql.upper()


def test_analysis_does_not_change_the_query() -> None:
    parsed = parse_statement("select a + 1 as b, b * 2 from (select 1 as a) t where a > 0")
    before = parsed.sql("databricks")
    query = Query(parsed, {})
    first = analyze(query, Tables({}), Settings())
    second = analyze(query, Tables({}), Settings())
    assert parsed.sql("databricks") == before
    assert first.tree.sql() == second.tree.sql()


def test_functions_that_change_from_run_to_run_are_volatile() -> None:
    assert analyzed("select current_date, upper(status) from orders").volatile == {"current_date"}
    assert analyzed("select status from orders").volatile == frozenset()


# --- errors --------------------------------------------------------------------------------------------------


def test_an_unknown_column_is_reported_at_its_line_with_the_nearest_name() -> None:
    found = error("select status,\n  oder_id\nfrom orders")
    assert found.code == "unknown-column"
    assert found.message == "column 'oder_id' does not exist in orders"
    assert found.hint == "did you mean 'order_id'?"
    assert found.location is not None and found.location.line == 2


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select customer_id from orders o join customers c on true", "ambiguous-column"),
        ("select address.nope from orders", "unknown-field"),
        ("select nope.* from orders", "unknown-table"),
        ("select * from nope", "unknown-table"),
        ("select qty from orders group by status", "not-aggregated"),
        ("select status, sum(max(qty)) from orders group by status", "nested-aggregate"),
        ("select qty from orders where sum(qty) > 1", "misplaced-aggregate"),
        ("select flag + 1 from orders", "type-mismatch"),
        ("select cast(order_date as int) from orders", "type-mismatch"),
        ("select upper(status, status) from orders", "wrong-arguments"),
        ("select uper(status) from orders", "unknown-function"),
        ("select row_number() from orders", "wrong-arguments"),
        ("select status from orders order by 2", "wrong-ordinal"),
        ("select qty from orders union all select name, country from customers", "wrong-column-count"),
        ("select tags from orders union all select 1", "type-mismatch"),
        ("select rank() over w from orders", "unknown-window"),
        ("select (select name, country from customers) from orders", "wrong-subquery"),
        ("select 1 + explode(tags) from orders", "misplaced-generator"),
    ],
)
def test_a_wrong_query_is_refused_with_a_stable_code(sql: str, code: str) -> None:
    found = error(sql)
    assert found.code == code
    assert found.location is not None


@pytest.mark.parametrize(
    "sql",
    [
        "select * from orders tablesample (10 percent) repeatable (5)",
        "with recursive r as (select 1 as x union select x + 1 from r) select * from r",
        "with recursive r as (select 1 as x union all select max(x) + 1 from r) select * from r",
        "select a at time zone 'UTC' from (select 1 as a)",
        "select ? from orders",
    ],
)
def test_what_is_not_understood_is_refused_and_not_passed_through(sql: str) -> None:
    assert isinstance(error(sql), UnsupportedError)


# --- names ---------------------------------------------------------------------------------------------------


def qualified(sql: str) -> list[str]:
    parsed = parse_statement(sql)
    (table,) = parsed.find_all(exp.Table)
    parts = tuple(p.name for p in table.parts)
    for key in ("db", "catalog"):
        table.set(key, None)
    table.set("this", exp.to_identifier("__r0"))
    reads = {"__r0": TableRead(TableName("main", "silver", "orders"), parts)}
    return analyze(Query(parsed, reads), Tables({"orders": "id bigint"}), Settings()).schema.names


@pytest.mark.parametrize("name", ["id", "orders.id", "silver.orders.id", "main.silver.orders.ID", "ORDERS.id"])
def test_a_column_may_be_qualified_by_any_end_of_the_tables_name(name: str) -> None:
    assert qualified(f"select {name} from silver.orders")[0].lower() == "id"


def test_a_column_taken_from_a_frame_is_found_behind_a_join() -> None:
    parsed = parse_statement(
        "select x from (select * from (select 1 as x) as f1 cross join (select 'a' as x) as f2) as f3"
    )
    (column,) = parsed.expressions
    column.meta["frame"] = "f2"
    result = analyze(Query(parsed, {}), Tables({}), Settings())
    assert [f.type for f in result.schema] == [STRING]


def lenient(star: exp.Star) -> list[str]:
    parsed = parse_statement("select * from (select 1 as a, 2 as b) t")
    star.meta["lenient"] = True
    parsed.set("expressions", [star])
    return analyze(Query(parsed, {}), Tables({}), Settings()).schema.names


def test_a_dataframes_star_passes_over_names_that_are_not_there() -> None:
    dropped = [exp.Column(this=exp.to_identifier(n)) for n in ("A", "nope")]
    assert lenient(exp.Star(except_=dropped)) == ["b"]
    added = exp.alias_(exp.Literal.number(3), "c")
    assert lenient(exp.Star(replace=[exp.alias_(exp.Literal.number(3), "A"), added])) == ["A", "b", "c"]


def test_a_lenient_union_by_name_fills_missing_columns_with_null() -> None:
    parsed = parse_statement("select 1 as a, 2 as b union all by name select 'x' as c, 3 as b")
    parsed.meta["lenient"] = True
    result = analyze(Query(parsed, {}), Tables({}), Settings())
    assert [(f.name, f.type.ddl) for f in result.schema] == [("a", "int"), ("b", "int"), ("c", "string")]


def files(sql: str) -> Query:
    parsed = parse_statement(sql)
    read = FileRead("/landing/*.csv", "csv", schema=parse_schema("id bigint, name string"))
    return Query(parsed, {"raw": read}, location=Location("bronze.sql", 1))


def test_file_metadata_is_hidden_but_can_be_named() -> None:
    catalog = Tables({})
    assert analyze(files("select * from raw"), catalog, Settings()).schema.names == ["id", "name"]
    result = analyze(files("select id, _metadata.file_name, _metadata.file_size s from raw"), catalog, Settings())
    assert [(f.name, f.type.ddl) for f in result.schema][1:] == [("file_name", "string"), ("s", "bigint")]
    assert '."_metadata"."file_name"' in result.tree.sql("duckdb")


@pytest.mark.parametrize(
    ("window", "call"),
    [
        ("over (order by rand())", "rand"),
        ("over (partition by status order by length(uuid()), order_id)", "uuid"),
        ("over (partition by shuffle(array(1, 2)) order by order_id)", "shuffle"),
        ("over w from orders window w as (order by randn())", "randn"),
    ],
)
def test_a_window_by_what_answers_anew_is_refused_with_the_way_to_write_it(window: str, call: str) -> None:
    found = error(f"select row_number() {window}" + ("" if " from " in window else " from orders"))
    assert isinstance(found, UnsupportedError)
    assert f"by {call}() is not supported" in found.message
    assert found.location is not None
    assert found.hint == "compute it in an inner SELECT, and name its column in the window"
    analyzed("select row_number() over (order by r, current_date()) from (select *, rand() as r from orders)")


def test_a_table_has_no_file_metadata_and_the_error_says_what_has() -> None:
    with pytest.raises(AnalysisError) as caught:
        analyzed("select _metadata.file_path from orders")
    assert caught.value.hint == "only files have it: where they are read, keep what is needed of it as columns"


def test_input_file_name_is_the_path_of_the_only_file_read() -> None:
    one = analyze(files("select input_file_name() f from raw"), Tables({}), Settings())
    assert '."_metadata"."file_path" AS "f"' in one.tree.sql("duckdb")
    assert "'' AS" in tree("select input_file_name() f from values (1)")


@pytest.mark.parametrize("rows", ["orders", "(select * from orders)", "orders cross join orders b"])
def test_input_file_name_of_rows_of_a_table_is_refused(rows: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        analyzed(f"select input_file_name() f from {rows}")
    assert caught.value.hint == "where they are read, keep it as a column"


def test_a_users_function_wins_over_a_built_in_one() -> None:
    function = UserFunction("upper", lambda text: 1, INT)
    query = Query(parse_statement("select upper('a') u"), {}, {"upper": function})
    assert [f.type for f in analyze(query, Tables({}), Settings()).schema] == [INT]


# --- conditions ----------------------------------------------------------------------------------------------


def test_a_condition_is_typed_over_the_columns_of_one_row() -> None:
    condition = analyze_condition(parse_expression("ID is not null and amount > '1'"), SCHEMA, Settings())
    assert type_of(condition).ddl == "boolean"
    assert condition.sql("duckdb").startswith('NOT "id" IS NULL AND')


def test_an_expression_keeps_its_type() -> None:
    assert type_of(analyze_expression(parse_expression("amount * 2 as x"), SCHEMA, Settings())).ddl == "decimal(12,2)"


@pytest.mark.parametrize("text", ["amount", "sum(amount) > 1", "nope > 1", "row_number() over (order by id) = 1"])
def test_a_condition_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(AnalysisError):
        analyze_condition(parse_expression(text), SCHEMA, Settings())


@pytest.mark.parametrize(
    "text", ["id in (select 1)", "id = (select max(id) from silver.x)", "id > 0 and not exists (values (1))"]
)
def test_a_condition_over_one_row_holds_no_subquery(text: str) -> None:
    with pytest.raises(UnsupportedError, match="over one row cannot hold a subquery") as caught:
        analyze_condition(parse_expression(text), SCHEMA, Settings())
    assert caught.value.code == "unsupported"


def test_tables_of_the_recorded_cases_are_read() -> None:
    for name in TABLES:
        assert len(analyzed(f"select * from {name}").schema) > 1

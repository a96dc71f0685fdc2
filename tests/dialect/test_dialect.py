"""What the dialect refuses, and how it says so; and the shape of the SQL where it matters."""

from __future__ import annotations

import getpass
from decimal import ROUND_HALF_UP, Context, Decimal
from importlib import import_module
from random import Random

import duckdb
import pytest

from dialect.running import connect, lowered, prepare, run
from ingot.analysis import Settings
from ingot.analysis.functions import lookup, names
from ingot.engines.duckdb import dialect
from ingot.engines.duckdb.lowering.families import FAMILY_OF
from ingot.errors import AnalysisError, UnsupportedError
from ingot.types import DecimalType


def test_a_function_that_cannot_be_translated_is_refused_by_name_with_a_way_out() -> None:
    with pytest.raises(UnsupportedError) as raised:
        lowered("SELECT aes_encrypt('a', '0000111122223333')")
    assert raised.value.code == "unsupported-function"
    assert "aes_encrypt" in raised.value.message
    assert raised.value.hint == "call a library for it in a Python function of your own"


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris"])
@pytest.mark.parametrize("day", ["2024-02-29", "0001-01-01", "9999-12-31"])
def test_a_day_or_a_time_that_is_written_out_is_cast_without_a_look_at_its_form(day: str, zone: str) -> None:
    """Thousands of them in a filter cost little; and they are what a text in a column would be."""
    settings = Settings(time_zone=zone)
    for name, text in (("DATE", day), ("TIMESTAMP", f"{day} 23:59:59"), ("TIMESTAMP_NTZ", f"{day} 00:00:00")):
        assert "ingot_is_" not in lowered(f"SELECT {name}'{text}'", settings=settings)[0]
        same = f"SELECT {name}'{text}' <=> CAST(s AS {name}) FROM VALUES ('{text}') AS t(s)"
        assert run(connect(), same, settings=settings)["rows"] == [{"c0": True}]


@pytest.mark.parametrize("text", ["DATE'2023-02-29'", "TIMESTAMP'2024-02-29 24:00:00'", "CAST('2024-1-1' AS DATE)"])
def test_what_is_written_in_another_form_or_names_no_day_is_looked_at(text: str) -> None:
    assert "ingot_is_" in lowered(f"SELECT {text}")[0]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT struct(a, a) FROM VALUES (1) AS t(a)",
        "SELECT named_struct('a', 1, 'A', 2)",
        "SELECT CAST(struct(1, 2) AS STRUCT<a: INT, A: INT>)",
    ],
)
def test_a_struct_whose_fields_duckdb_cannot_tell_apart_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(UnsupportedError) as raised:
        lowered(text)
    assert raised.value.code == "duplicate-column"
    assert "a struct with two fields named" in raised.value.message
    assert "another name" in str(raised.value.hint)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'a' RLIKE '(?m)^a$'",
        "SELECT 'a{b' RLIKE 'a{b'",
        "SELECT rand(5)",
        "SELECT * FROM range(9) TABLESAMPLE (10 PERCENT) REPEATABLE (3)",
        "WITH RECURSIVE r(n) AS (SELECT 1L UNION ALL SELECT count(*) + 1 FROM r) SELECT * FROM r",
        "SELECT listagg(DISTINCT s) FROM VALUES ('x') AS t(s)",
        "SELECT shuffle(array(1), 5)",
        "SELECT id FROM range(3) WHERE monotonically_increasing_id() > 0",
        "SELECT row_number() OVER (ORDER BY monotonically_increasing_id()) FROM range(3)",
        "SELECT max(monotonically_increasing_id()) FROM range(3)",
        "SELECT transform(array(1), x -> monotonically_increasing_id()) FROM range(3)",
        "SELECT count(*) FROM range(3) GROUP BY monotonically_increasing_id()",
        "SELECT kll_sketch_get_n_bigint(kll_sketch_agg_bigint(id)) FROM range(3)",
        "SELECT tuple_sketch_estimate_integer(tuple_sketch_agg_integer(id, 1)) FROM range(3)",
        "SELECT to_json(map(array(1), 2))",
        "SELECT to_json(map(named_struct('a', 1), 2))",
        "SELECT to_json(map(X'00', 2))",
        "SELECT current_time(3)",
        "SELECT current_time(1 + 1)",
        "SELECT date_format(TIME'12:00:00', 'yyyy HH')",
        "SELECT randstr(3, 1), uniform(1, 2, 3)",
        "SELECT uniform(1.5, 2.55)",
    ],
)
def test_what_duckdb_would_answer_otherwise_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedError):
        lowered(text)


@pytest.mark.parametrize(
    "text", ["SELECT date_format(current_timestamp(), 'yyyy-MM-dd W')", "SELECT to_date('2024', 'E yyyy')"]
)
def test_a_pattern_that_spark_does_not_take_is_an_error(text: str) -> None:
    with pytest.raises(AnalysisError) as raised:
        lowered(text)
    assert raised.value.code == "invalid-datetime-pattern"


@pytest.mark.parametrize("text", ["SELECT from_utc_timestamp(current_timestamp(), 'Nowhere')"])
def test_a_zone_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(AnalysisError) as raised:
        lowered(text)
    assert raised.value.code == "unknown-time-zone"


def test_a_session_zone_that_is_none_is_refused() -> None:
    with pytest.raises(UnsupportedError) as raised:
        lowered("SELECT 1", settings=Settings(time_zone="Europe/Pariss"))
    assert raised.value.code == "unsupported-time-zone"


def test_wrong_arguments_name_what_the_function_takes() -> None:
    with pytest.raises(AnalysisError) as raised:
        lowered("SELECT round(1, 2, 3)")
    assert raised.value.code == "wrong-arguments"
    assert raised.value.hint == "it takes round(number, int?)"


def test_every_listed_function_can_be_looked_up() -> None:
    assert len(names()) > 350
    assert all(lookup(name) is not None for name in names())


def test_equal_expressions_give_equal_text_so_that_they_can_be_grouped_by() -> None:
    text = (
        "SELECT cast(trim(s) AS INT) + 1 AS k, count(*) AS c FROM VALUES (' 1'), ('1 ') AS t(s) "
        "GROUP BY cast(trim(s) AS INT)"
    )
    assert run(connect(), text)["rows"] == [{"c0": 2, "c1": 2}]


def test_legacy_mode_gives_null_where_ansi_raises() -> None:
    legacy = Settings(ansi=False)
    sql, _ = lowered(
        "SELECT cast('1.9' AS INT), cast('x' AS INT), 1 / 0, 2147483647 + 1, cast(1e10 AS INT)", settings=legacy
    )
    connection = connect()
    prepare(connection, sql)
    assert connection.execute(sql).fetchall() == [(1, None, None, -2147483648, 2147483647)]


def test_only_macros_that_a_query_uses_are_created() -> None:
    sql, _ = lowered("SELECT initcap('a b')")
    assert len(dialect.macros_used(sql)) == 1
    assert dialect.macros_used(lowered("SELECT 1 + 1")[0]) == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT rand() AS r, r + 1 AS s",
        "SELECT uuid() AS r ORDER BY r",
        "SELECT uuid() AS r ORDER BY 1",
        "SELECT uuid() AS r ORDER BY ALL",
    ],
)
def test_a_value_that_is_another_at_each_evaluation_is_evaluated_only_once(text: str) -> None:
    with pytest.raises(UnsupportedError) as raised:
        lowered(text)
    assert "used again in the same SELECT" in raised.value.message


def test_null_divided_by_zero_is_null() -> None:
    text = "SELECT NULL / 0, cast(NULL AS INT) % 0, cast(NULL AS DECIMAL(5,2)) / 0, pmod(cast(NULL AS INT), 0)"
    assert run(connect(), text)["rows"] == [dict.fromkeys(("c0", "c1", "c2", "c3"))]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("'a\\n' RLIKE 'a$'", True),
        ("'a\\r\\n' RLIKE '(b|a$)'", True),
        ("'a\\n\\n' RLIKE 'a$'", False),
        ("'ab' RLIKE 'a$'", False),
        ("'b' RLIKE '^a$|^b$'", True),
    ],
)
def test_the_end_of_a_text_is_also_before_a_final_line_end(text: str, is_found: bool) -> None:
    assert run(connect(), f"SELECT {text}")["rows"] == [{"c0": is_found}]


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("regexp_replace('a\\n', 'a$', 'b')", "UNSUPPORTED_PATTERN"),
        ("try_cast('10:00:00' AS TIMESTAMP)", "UNSUPPORTED_TIMESTAMP"),
        ("raise_error('5')", "USER_RAISED_EXCEPTION: 5"),
        ("array_sort(array(3, 1, 2), (l, r) -> CASE WHEN r - l IN (1, -2) THEN -1 ELSE 1 END)", "INVALID_COMPARATOR"),
        ("array_sort(array(3, NULL), (l, r) -> l - r)", "COMPARATOR_RETURNS_NULL"),
        ("(WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r)", "RECURSION_LEVEL"),
    ],
)
def test_what_cannot_be_answered_is_an_error_while_the_query_runs(expression: str, message: str) -> None:
    with pytest.raises(duckdb.Error, match=message):
        run(connect(), f"SELECT {expression}")


def test_a_row_number_stays_a_window_for_duckdb_groups_whole_rows_otherwise() -> None:
    sql, _ = lowered("SELECT a FROM VALUES (1, 2) AS t(a, b) QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1")
    plan = connect().execute(f"EXPLAIN {sql}").fetchall()[0][1]
    assert "Window" in plan
    assert "arg_m" not in plan


def test_values_in_a_list_of_constants_stay_a_list_that_duckdb_seeks_in_files() -> None:
    sql, _ = lowered("SELECT 1 FROM range(3) AS t(n) WHERE n IN ('1', 2 + 1, length('a'))")
    assert '"t"."n" IN (' in sql
    assert '"t"."n" IN (' not in lowered("SELECT 1 FROM range(3) AS t(n) WHERE n IN (1, CAST(concat(n, '') AS INT))")[0]


def test_the_index_of_families_names_exactly_what_each_family_lowers() -> None:
    for family in set(FAMILY_OF.values()):
        lowerings = import_module(f"ingot.engines.duckdb.lowering.{family}").LOWERINGS
        assert set(lowerings) == {name for name, found in FAMILY_OF.items() if found == family}


@pytest.mark.parametrize("types", [((5, 1), (3, 1)), ((4, 0), (4, 0)), ((10, 2), (10, 2)), ((18, 4), (9, 0))])
def test_decimals_are_divided_exactly_with_ties_away_from_zero(types: tuple[tuple[int, int], tuple[int, int]]) -> None:
    random, exact = Random(5), Context(prec=60, rounding=ROUND_HALF_UP)
    (p, s), (p2, s2) = types
    divisors = [d for d in (1, 2, 3, 7, 8, 16, 25, 64, 128, 512, 10**p2 - 1) if d < 10**p2]
    pairs = [
        (Decimal(random.randrange(-(10**p) + 1, 10**p)).scaleb(-s), Decimal(random.choice(divisors)).scaleb(-s2))
        for _ in range(300)
    ]
    rows = ", ".join(f"({a:f}BD, {b:f}BD)" for a, b in pairs)
    typed = f"SELECT cast(a AS DECIMAL({p},{s})) a, cast(b AS DECIMAL({p2},{s2})) b"
    text = f"SELECT a, b, a / b AS q FROM ({typed} FROM VALUES {rows} AS t(a, b))"
    sql, schema = lowered(text)
    result = schema.fields[2].type
    assert isinstance(result, DecimalType)
    unit = Decimal(1).scaleb(-result.scale)
    connection = connect()
    prepare(connection, sql)
    for a, b, q in connection.execute(sql).fetchall():
        assert q == exact.divide(a, b).quantize(unit, context=exact)


def test_white_space_at_the_end_of_a_text_is_taken_with_its_line_end() -> None:
    text = "SELECT regexp_replace(' a \\n', '^\\\\s+|\\\\s+$', '')"
    assert run(connect(), text)["rows"] == [{"c0": "a"}]


def test_the_current_user_is_that_of_the_operating_system() -> None:
    answer = run(connect(), "SELECT current_user(), user, session_user()")
    assert set(answer["rows"][0].values()) == {getpass.getuser()}


def test_random_texts_and_numbers_differ_from_row_to_row() -> None:
    rows = "SELECT randstr(12) AS s, uniform(5, 9) AS n FROM range(200)"
    query = f"SELECT count(DISTINCT s), count(DISTINCT n), min(n) >= 5, max(n) < 9 FROM ({rows})"
    assert list(run(connect(), query)["rows"][0].values()) == [200, 4, True, True]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT percentile(d, 0.25) FROM VALUES (double('-inf')), (1.5D) AS t(d)",
        "SELECT percentile(d, array(0.25, 0.75)) FROM VALUES (double('-inf')), (1.5D) AS t(d)",
        "SELECT median(d) OVER () FROM VALUES (double('inf')), (1.5D) AS t(d)",
        "SELECT percentile_cont(0.3) WITHIN GROUP (ORDER BY d DESC) FROM VALUES (float('inf')), (1.5F) AS t(d)",
        "SELECT try_to_timestamp(99999999999999L)",
        "SELECT CAST(CAST(1e17 AS DOUBLE) AS TIMESTAMP)",
    ],
)
@pytest.mark.parametrize("is_ansi", [True, False])
def test_what_has_an_answer_in_spark_that_is_none_here_is_an_error_and_never_null(text: str, is_ansi: bool) -> None:
    """Between infinity and a number Spark gives NaN; of too many seconds the last instant that it knows."""
    with pytest.raises(duckdb.Error):
        run(connect(), text, settings=Settings(ansi=is_ansi))

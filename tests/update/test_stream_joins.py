"""Inner joins of streams: however rows arrive, the table holds each pair once, as a join of the whole tables does."""

import random

import pytest

from ingot.errors import IngotError
from ingot.tables import optimize_tables, vacuum_tables
from ingot.testing import run_project
from orders import again, rows, version

SOURCES = """
CREATE STREAMING TABLE bronze.orders AS SELECT * FROM STREAM read_files('orders', format => 'csv', header => true,
  schema => 'id INT, customer STRING, amount INT');
CREATE STREAMING TABLE bronze.customers AS SELECT * FROM STREAM read_files('customers', format => 'csv',
  header => true, schema => 'customer STRING, country STRING');
"""
PAIRS = (
    "SELECT o.id, o.amount, c.country FROM {0} bronze.orders o JOIN {0} bronze.customers c ON o.customer = c.customer"
)
JOINED = f"CREATE STREAMING TABLE silver.joined AS {PAIRS.format('STREAM')};"


def orders(number: int, *lines: str) -> dict[str, str]:
    return {f"orders/{number}.csv": "\n".join(["id,customer,amount", *lines]) + "\n"}


def customers(number: int, *lines: str) -> dict[str, str]:
    return {f"customers/{number}.csv": "\n".join(["customer,country", *lines]) + "\n"}


def begin(folder, *definitions: str):
    files = {f"transformations/{at}.sql": text for at, text in enumerate((SOURCES, *definitions))}
    return run_project(folder, {**files, **orders(1, "1,ada,10", "2,bob,20"), **customers(1, "ada,GB")})


def test_a_row_meets_rows_of_the_other_stream_that_came_before_with_it_and_after(tmp_path):
    assert rows(begin(tmp_path, JOINED), "SELECT * FROM silver.joined") == [(1, 10, "GB")]
    lake = again(tmp_path, {**orders(2, "3,ada,30", "4,eve,40"), **customers(2, "bob,US", "eve,FR", "ada,UK")})
    assert rows(lake, "SELECT * FROM silver.joined ORDER BY ALL") == [
        (1, 10, "GB"), (1, 10, "UK"), (2, 20, "US"), (3, 30, "GB"), (3, 30, "UK"), (4, 40, "FR"),
    ]  # fmt: skip
    assert version(again(tmp_path), "silver.joined") == version(lake, "silver.joined")


@pytest.mark.parametrize("seed", range(3))
def test_rows_that_come_in_any_order_and_batch_give_the_join_of_the_whole_tables(tmp_path, seed):
    query = """
      WITH big AS (SELECT * FROM {0} bronze.orders WHERE amount > 2)
      SELECT big.id, o.id AS other, c.country, s.name
      FROM big JOIN {0} bronze.orders o ON big.customer = o.customer AND o.id < big.id + 5,
        (SELECT upper(customer) AS customer, country FROM {0} bronze.customers) c
        LEFT JOIN bronze.countries s ON s.country = c.country
      WHERE c.customer = upper(o.customer)
    """
    fixed = "CREATE MATERIALIZED VIEW bronze.countries AS SELECT * FROM VALUES ('A', 'one'), ('A', 'two') AS (country, name)"
    made = f"CREATE STREAMING TABLE silver.joined AS {query.format('STREAM')}"
    chance = random.Random(seed)
    lake = begin(tmp_path, fixed, made)
    for number in range(2, 7):
        came: dict[str, str] = {}
        if chance.random() < 0.6:
            lines = [f"{chance.randrange(9)},{chance.choice('abc')},{chance.randrange(6)}" for _ in range(4)]
            came |= orders(number, *lines, ",,")
        if chance.random() < 0.6:
            came |= customers(number, *[f"{chance.choice('abc')},{chance.choice('AB')}" for _ in range(3)], ",A")
        lake = again(tmp_path, came)
        everything = rows(lake, f"SELECT * FROM ({query.format('')}) ORDER BY ALL")
        assert rows(lake, "SELECT * FROM silver.joined ORDER BY ALL") == everything


def test_python_joins_streams_and_watermarks_leave_no_row_out(tmp_path):
    text = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F

@dp.table(name="silver.joined")
def joined():
    orders = spark.readStream.table("bronze.orders").withColumn("at", F.timestamp_seconds("amount"))
    customers = spark.readStream.table("bronze.customers").withColumn("seen", F.timestamp_seconds(F.length("country")))
    return (orders.withWatermark("at", "1 second")
        .join(customers.withWatermark("seen", "1 second"), "customer").select("id", "country"))
"""
    begin(tmp_path)
    again(tmp_path, {"transformations/joined.py": text})
    lake = again(tmp_path, {**customers(2, "bob,US"), **orders(2, "3,ada,1")})
    assert rows(lake, "SELECT * FROM silver.joined ORDER BY id") == [(1, "GB"), (2, "US"), (3, "GB")]


IN_SQL = f"""
CREATE STREAMING TABLE silver.joined AS
  WITH pairs AS ({PAIRS.format("STREAM").replace("SELECT", "SELECT uuid() AS key,")})
  SELECT *, current_timestamp() AS loaded_at FROM pairs
"""
IN_PYTHON = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F

@dp.table(name="silver.joined")
def joined():
    pairs = spark.readStream.table("bronze.orders").join(spark.readStream.table("bronze.customers"), "customer")
    return (pairs.withColumn("loaded_at", F.current_timestamp()).withColumn("key", F.expr("uuid()"))
        .select("id", "key", "loaded_at"))
"""


@pytest.mark.parametrize(("file", "text"), [("1.sql", IN_SQL), ("joined.py", IN_PYTHON)])
def test_a_joined_row_keeps_the_instant_at_which_it_was_loaded(tmp_path, file, text):
    begin(tmp_path)
    lake = again(tmp_path, {f"transformations/{file}": text})
    asked = "SELECT id, key, loaded_at FROM silver.joined ORDER BY id"
    (first,) = rows(lake, asked)
    lake = again(tmp_path, {**customers(2, "bob,US"), **orders(2, "3,ada,30")})
    found = rows(lake, asked)
    assert found[0] == first
    assert [row[0] for row in found] == [1, 2, 3]
    assert len({row[1] for row in found}) == 3


@pytest.mark.parametrize(
    "query",
    [
        "SELECT o.id, c.country FROM (STREAM bronze.orders o JOIN STREAM bronze.customers c USING (customer))",
        "SELECT o.id, c.country FROM bronze.known k JOIN (STREAM(bronze.orders) AS o INNER JOIN STREAM(bronze.customers) c "
        "ON o.customer = c.customer) ON k.customer = c.customer",
        "SELECT id, country FROM ((STREAM bronze.orders NATURAL JOIN STREAM bronze.customers) CROSS JOIN bronze.known)",
    ],
)
def test_a_join_of_streams_may_stand_in_parentheses(tmp_path, query):
    known = "CREATE MATERIALIZED VIEW bronze.known AS SELECT 'ada' AS customer"
    query = query.replace("CROSS JOIN bronze.known", "CROSS JOIN (SELECT 1 AS one FROM bronze.known)")
    begin(tmp_path, known, f"CREATE STREAMING TABLE silver.joined AS {query}")
    lake = again(tmp_path, orders(2, "3,ada,30"))
    assert rows(lake, "SELECT id, country FROM silver.joined ORDER BY id") == [(1, "GB"), (3, "GB")]


def test_rules_hold_for_joined_rows_and_broken_ones_are_set_aside_once(tmp_path):
    rule = "CONSTRAINT known EXPECT (country <> '??') ON VIOLATION DROP ROW"
    kept = f"CREATE STREAMING TABLE silver.joined ({rule}) TBLPROPERTIES ('ingot.quarantine' = 'known') AS "
    begin(tmp_path, kept + PAIRS.format("STREAM"))
    lake = again(tmp_path, customers(2, "bob,??"))
    again(tmp_path, orders(2, "3,ada,30"))
    assert rows(lake, "SELECT id FROM silver.joined ORDER BY id") == [(1,), (3,)]
    assert rows(lake, "SELECT id, country FROM silver.joined__quarantine") == [(2, "??")]


def test_changes_of_a_joined_stream_are_applied(tmp_path):
    changes = f"""
    CREATE TEMPORARY VIEW pairs AS {PAIRS.format("STREAM")};
    CREATE STREAMING TABLE silver.current;
    CREATE FLOW f AS AUTO CDC INTO silver.current FROM STREAM pairs KEYS (id) SEQUENCE BY struct(amount, country);
    """
    begin(tmp_path, changes)
    lake = again(tmp_path, {**customers(2, "ada,UK"), **orders(2, "1,ada,5", "3,ada,30")})
    assert rows(lake, "SELECT * FROM silver.current ORDER BY id") == [(1, 10, "UK"), (3, 30, "UK")]


def test_what_was_read_before_is_read_from_compacted_files_too(tmp_path):
    begin(tmp_path, JOINED)
    again(tmp_path, orders(2, "3,eve,30"))
    lake = again(tmp_path, orders(3, "4,eve,40"))
    assert [found[1:] for found in optimize_tables(lake.project, lake.engine, ["bronze.orders"])] == [(3, 1)]
    list(vacuum_tables(lake.project, ["bronze.orders"], "0s", dry_run=False))
    lake = again(tmp_path, customers(2, "eve,FR", "bob,US"))
    assert rows(lake, "SELECT id, country FROM silver.joined ORDER BY id") == [
        (1, "GB"), (2, "US"), (3, "FR"), (4, "FR"),
    ]  # fmt: skip


def test_a_stream_that_comes_to_the_join_later_asks_for_a_full_refresh(tmp_path):
    begin(tmp_path, "CREATE STREAMING TABLE silver.joined AS SELECT id, amount FROM STREAM bronze.orders")
    with pytest.raises(IngotError, match="did not join") as raised:
        again(tmp_path, {"transformations/1.sql": JOINED})
    assert raised.value.code == "checkpoint-mismatch"
    lake = again(tmp_path, full_refresh=["silver.joined"])
    assert rows(lake, "SELECT * FROM silver.joined") == [(1, 10, "GB")]


def test_a_stream_that_was_read_at_rest_meanwhile_asks_for_a_full_refresh(tmp_path):
    begin(tmp_path, JOINED)
    at_rest = JOINED.replace("STREAM bronze.customers", "bronze.customers")
    lake = again(tmp_path, {"transformations/1.sql": at_rest, **orders(2, "3,eve,30"), **customers(2, "eve,FR")})
    with pytest.raises(IngotError, match="would meet them twice") as raised:
        again(tmp_path, {"transformations/1.sql": JOINED, **orders(3, "4,eve,40")})
    assert raised.value.code == "checkpoint-mismatch"
    assert rows(lake, "SELECT id FROM silver.joined ORDER BY id") == [(1,), (3,)]


def test_an_option_that_is_switched_off_leaves_no_rows_out(tmp_path):
    query = PAIRS.format("STREAM").replace("bronze.orders o", "bronze.orders WITH ('skipChangeCommits' = 'false') o")
    lake = begin(tmp_path, f"CREATE STREAMING TABLE silver.joined AS {query}")
    assert rows(lake, "SELECT * FROM silver.joined") == [(1, 10, "GB")]


def test_a_stream_whose_rows_were_taken_away_is_refused(tmp_path):
    begin(tmp_path, JOINED)
    with pytest.raises(IngotError, match="reads only appended rows") as raised:
        again(tmp_path, full_refresh=["bronze.customers"])
    assert raised.value.code == "source-rewritten"
    assert raised.value.hint == "begin anew with --full-refresh"


UNSURE = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F
import random

chance = F.udf(lambda x: random.random(), "double").asNondeterministic()

@dp.table(name="silver.joined")
def joined():
    orders, customers = spark.readStream.table("bronze.orders"), spark.readStream.table("bronze.customers")
    return {0}
"""
BELOW = 'orders.withColumn("by", chance("id")).join(customers, "customer").select("id", "by")'
ABOVE = 'orders.join(customers, "customer").select("id", chance("id").alias("by"))'


def test_a_function_that_answers_anew_is_called_for_joined_rows_only(tmp_path):
    begin(tmp_path)
    with pytest.raises(IngotError, match="outside of the outermost SELECT list") as raised:
        again(tmp_path, {"transformations/j.py": UNSURE.format(BELOW)})
    assert raised.value.code == "unsupported-stateful"
    lake = again(tmp_path, {"transformations/j.py": UNSURE.format(ABOVE)})
    first = rows(lake, "SELECT * FROM silver.joined")
    lake = again(tmp_path, customers(2, "bob,US"))
    assert rows(lake, "SELECT * FROM silver.joined WHERE id = 1") == first


FILES = "STREAM read_files('orders', format => 'csv', header => true, schema => 'id INT, customer STRING')"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            "SELECT id, country FROM STREAM bronze.orders o LEFT JOIN STREAM bronze.customers c USING (customer)",
            "outer",
        ),
        ("SELECT id FROM STREAM bronze.orders o LEFT SEMI JOIN STREAM bronze.customers c USING (customer)", "semi"),
        (f"SELECT id, country FROM {FILES} o JOIN STREAM bronze.customers USING (customer)", "reads files"),
        (
            "SELECT id, country FROM STREAM bronze.orders WITH ('skipChangeCommits' = 'true') o "
            "JOIN STREAM bronze.customers USING (customer)",
            "leave rows out",
        ),
        ("SELECT DISTINCT id FROM STREAM bronze.orders JOIN STREAM bronze.customers USING (customer)", "duplicates"),
        (
            "SELECT customer FROM STREAM bronze.orders JOIN STREAM bronze.customers USING (customer) "
            "UNION ALL SELECT customer FROM STREAM bronze.orders",
            "UNION",
        ),
        (
            "WITH o AS (SELECT * FROM STREAM bronze.orders) SELECT a.id FROM o a JOIN o b ON a.id = b.id",
            "used twice",
        ),
        (
            "SELECT id FROM STREAM bronze.orders JOIN STREAM bronze.customers USING (customer) "
            "WHERE id IN (SELECT id FROM STREAM bronze.orders)",
            "subquery",
        ),
        (
            "SELECT id, key FROM (SELECT *, uuid() AS key FROM STREAM bronze.orders) "
            "JOIN STREAM bronze.customers USING (customer)",
            r"calls uuid\(\)",
        ),
        (
            "WITH o AS (SELECT *, current_timestamp() AS at FROM STREAM bronze.orders) "
            "SELECT id, at FROM o JOIN STREAM bronze.customers USING (customer)",
            r"calls current_timestamp\(\)",
        ),
        (
            "SELECT id FROM STREAM bronze.orders o JOIN STREAM bronze.customers c "
            "ON o.customer = c.customer AND rand() < 0.5",
            r"calls rand\(\)",
        ),
        (
            "SELECT id FROM STREAM bronze.orders JOIN STREAM bronze.customers USING (customer) "
            "WHERE amount < unix_timestamp()",
            r"calls unix_timestamp\(\)",
        ),
        (
            "SELECT id FROM STREAM bronze.orders TABLESAMPLE (50 PERCENT) "
            "JOIN STREAM bronze.customers USING (customer)",
            r"calls rand\(\)",
        ),
        ("SELECT count(*) AS n FROM STREAM bronze.orders JOIN STREAM bronze.customers USING (customer)", "aggregate"),
    ],
)
def test_a_join_whose_rows_cannot_be_told_batch_by_batch_is_refused(tmp_path, query, message):
    with pytest.raises(IngotError, match=message) as raised:
        begin(tmp_path, f"CREATE STREAMING TABLE silver.joined AS {query}")
    assert raised.value.code == "unsupported-stateful"
    assert raised.value.hint is not None

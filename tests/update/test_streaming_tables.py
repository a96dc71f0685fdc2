"""Streaming tables: each file and each row of a source is read once, by every flow, in bounded batches."""

import pytest

from ingot.connection import connect
from ingot.dry_run import dry_run
from ingot.errors import IngotError
from ingot.tables import drop_table
from ingot.testing import run_project
from ingot.update.housekeeping import SMALL_FILES_MIN
from ingot.update.selection import Selection
from orders import BRONZE, ORDERS, again, project, rows, version


def test_a_file_is_read_once_and_new_files_are_appended(tmp_path):
    project(tmp_path, bronze=BRONZE)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT id FROM bronze.orders ORDER BY id") == [(1,), (2,), (3,), (4,)]
    assert version(lake, "bronze.orders") == 1
    lake = again(tmp_path)
    assert version(lake, "bronze.orders") == 1


def test_a_file_that_changes_under_its_name_is_read_again_only_when_asked(tmp_path):
    project(tmp_path, bronze=BRONZE)
    changed = {"in/1.csv": "id,customer,amount\n9,Zed,1\n"}
    assert rows(again(tmp_path, changed), "SELECT count(*) FROM bronze.orders") == [(3,)]
    definition = {
        "transformations/bronze.sql": BRONZE.replace("header => true", "header => true, allowOverwrites => true")
    }
    lake = again(tmp_path, definition)
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(4,)]


def test_a_stream_of_a_table_reads_only_new_rows(tmp_path):
    silver = "CREATE STREAMING TABLE silver.orders AS SELECT id, upper(customer) AS customer FROM STREAM bronze.orders"
    project(tmp_path, bronze=BRONZE, silver=silver)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT * FROM silver.orders ORDER BY id")[-1] == (4, "ALAN")
    assert rows(lake, "SELECT count(*) FROM silver.orders") == [(4,)]


def test_a_stream_joins_a_static_table_as_of_the_batch(tmp_path):
    definitions = {
        "bronze": BRONZE,
        "names": "CREATE MATERIALIZED VIEW silver.names AS SELECT * FROM read_files('names.csv', format => 'csv', "
        "header => true, schema => 'customer STRING, country STRING')",
        "silver": "CREATE STREAMING TABLE silver.orders AS SELECT o.id, n.country FROM STREAM bronze.orders o "
        "LEFT JOIN silver.names n ON n.customer = o.customer",
    }
    (tmp_path / "names.csv").write_text("customer,country\nAda,GB\n")
    project(tmp_path, **definitions)
    lake = again(
        tmp_path,
        {"names.csv": "customer,country\nAda,UK\nAlan,UK\n", "in/2.csv": "id,customer,amount\n4,Alan,1\n5,Ada,2\n"},
    )
    assert rows(lake, "SELECT * FROM silver.orders ORDER BY id") == [
        (1, "GB"), (2, None), (3, "GB"), (4, "UK"), (5, "UK"),
    ]  # fmt: skip


def test_a_rewritten_source_table_is_refused_with_the_way_out(tmp_path):
    gold = "CREATE MATERIALIZED VIEW silver.v AS SELECT customer, count(*) AS n FROM bronze.orders GROUP BY customer"
    copy = "CREATE STREAMING TABLE gold.copy AS SELECT * FROM STREAM silver.v"
    project(tmp_path, bronze=BRONZE, silver=gold, gold=copy)
    with pytest.raises(IngotError, match="reads only appended rows") as raised:
        again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert raised.value.code == "source-rewritten"
    assert "full-refresh" in (raised.value.hint or "")
    assert raised.value.location is not None
    lake = again(tmp_path, full_refresh=["gold.copy"])
    assert rows(lake, "SELECT count(*) FROM gold.copy") == [(3,)]


def test_a_first_batch_that_failed_begins_anew_when_its_source_was_repaired(tmp_path):
    silver = """CREATE STREAMING TABLE silver.orders (CONSTRAINT paid EXPECT (amount > 0) ON VIOLATION FAIL UPDATE)
      AS SELECT id, amount FROM STREAM bronze.orders"""
    with pytest.raises(IngotError) as raised:
        project(tmp_path, bronze=BRONZE, silver=silver)
    assert raised.value.code == "expectation-failed"
    (tmp_path / "in" / "1.csv").write_text("id,customer,amount\n1,Ada,10.5\n2,Grace,20\n")
    with connect(tmp_path) as lake:
        assert dry_run(lake.project, lake.engine, Selection((), ("bronze.orders",))).errors == ()
    lake = again(tmp_path, full_refresh=["bronze.orders"])
    assert rows(lake, "SELECT * FROM silver.orders ORDER BY id") == [(1, 10.5), (2, 20.0)]
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT id FROM silver.orders ORDER BY id") == [(1,), (2,), (4,)]


PAID = """CREATE STREAMING TABLE silver.orders (CONSTRAINT paid EXPECT (amount IS NULL OR amount > 0) ON VIOLATION FAIL
  UPDATE) AS SELECT id, amount FROM STREAM bronze.orders"""
UNPAID = {"in/2.csv": "id,customer,amount\n4,Alan,-1\n"}


def test_a_later_batch_that_failed_says_that_its_source_was_rewritten_since(tmp_path):
    project(tmp_path, bronze=BRONZE, silver=PAID)
    with pytest.raises(IngotError, match="'paid'"):
        again(tmp_path, UNPAID)
    (tmp_path / "in" / "2.csv").write_text("id,customer,amount\n4,Alan,1\n")
    for options in ({"full_refresh": ["bronze.orders"]}, {}):
        with pytest.raises(IngotError, match="reads only appended rows") as raised:
            again(tmp_path, **options)
        assert raised.value.code == "source-rewritten"
    lake = again(tmp_path, full_refresh=["silver.orders"])
    assert rows(lake, "SELECT id FROM silver.orders ORDER BY id") == [(1,), (2,), (3,), (4,)]


def test_a_batch_that_failed_takes_no_rows_of_another_table_that_got_the_name(tmp_path):
    lake = project(tmp_path, bronze=BRONZE, silver=PAID)
    with pytest.raises(IngotError, match="'paid'"):
        again(tmp_path, UNPAID)
    drop_table(lake.project, "bronze.orders")
    (tmp_path / "in" / "2.csv").unlink()
    again(tmp_path, refresh=["bronze.orders"])
    again(tmp_path, {"in/3.csv": "id,customer,amount\n9,Other,9\n"}, refresh=["bronze.orders"])
    with pytest.raises(IngotError, match="was dropped and created again") as raised:
        again(tmp_path)
    assert raised.value.code == "source-rewritten"
    assert rows(lake, "SELECT id FROM silver.orders ORDER BY id") == [(1,), (2,), (3,)]


@pytest.mark.parametrize("joined", ["silver.names", "read_files('names', format => 'csv', header => true)"])
def test_a_batch_that_failed_meets_the_rows_that_what_it_joins_has_got_since(tmp_path, joined):
    names = (
        "CREATE MATERIALIZED VIEW silver.names AS SELECT * FROM read_files('names', format => 'csv', header => true)"
    )
    silver = f"""CREATE STREAMING TABLE silver.orders (CONSTRAINT known EXPECT (country IS NOT NULL) ON VIOLATION FAIL
      UPDATE) AS SELECT o.id, n.country FROM STREAM bronze.orders o LEFT JOIN {joined} n ON n.customer = o.customer"""
    (tmp_path / "names").mkdir()
    (tmp_path / "names" / "1.csv").write_text("customer,country\nAda,GB\nGrace,US\n")
    project(tmp_path, bronze=BRONZE, names=names, silver=silver)
    with pytest.raises(IngotError, match="'known'"):
        again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    lake = again(tmp_path, {"names/2.csv": "customer,country\nAlan,UK\n"})
    assert rows(lake, "SELECT * FROM silver.orders ORDER BY id") == [(1, "GB"), (2, "US"), (3, "GB"), (4, "UK")]
    assert version(again(tmp_path), "silver.orders") == version(lake, "silver.orders")


def test_several_flows_write_one_table_and_a_once_flow_runs_one_time(tmp_path):
    text = """
    CREATE STREAMING TABLE silver.all;
    CREATE FLOW live AS INSERT INTO silver.all BY NAME SELECT id, 'live' AS origin FROM STREAM bronze.orders;
    CREATE FLOW old AS INSERT INTO ONCE silver.all BY NAME SELECT id + 100 AS id, 'old' AS origin FROM bronze.orders;
    """
    project(tmp_path, bronze=BRONZE, silver=text)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT origin, count(*) FROM silver.all GROUP BY origin ORDER BY origin") == [
        ("live", 4), ("old", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("limit", ["", ", maxFilesPerTrigger => 1", ", maxBytesPerTrigger => '1b'"])
def test_a_once_flow_that_streams_files_reads_all_that_there_are_for_it_never_reads_again(tmp_path, monkeypatch, limit):
    monkeypatch.setattr("ingot.streams.FILES_MAX_DEFAULT", 1)
    text = f"""CREATE STREAMING TABLE silver.t;
    CREATE FLOW old AS INSERT INTO ONCE silver.t BY NAME
    SELECT id FROM STREAM read_files('in', format => 'csv', header => true, schema => 'id INT'{limit});"""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/0.csv").write_text("id\n10\n11\n")
    lake = project(tmp_path, silver=text)
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,), (10,), (11,)]
    lake = again(tmp_path, {"in/2.csv": "id\n4\n"})
    assert rows(lake, "SELECT count(*) FROM silver.t") == [(5,)]


def test_distinct_over_a_stream_works_across_batches(tmp_path):
    text = "CREATE STREAMING TABLE silver.customers AS SELECT DISTINCT customer FROM STREAM bronze.orders"
    project(tmp_path, bronze=BRONZE, silver=text)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Ada,1\n5,Alan,1\n6,,1\n"})
    lake = again(tmp_path, {"in/3.csv": "id,customer,amount\n7,,1\n8,Alan,1\n"})
    assert rows(lake, "SELECT customer FROM silver.customers ORDER BY customer") == [
        (None,),
        ("Ada",),
        ("Alan",),
        ("Grace",),
    ]


DISTINCT = "CREATE STREAMING TABLE silver.t AS SELECT {0} FROM STREAM bronze.orders"


@pytest.mark.parametrize(
    ("query", "call"),
    [
        ("SELECT DISTINCT id FROM STREAM bronze.orders WHERE rand(7) < 0.5", "rand"),
        ("SELECT DISTINCT uuid() AS id, customer FROM STREAM bronze.orders", "uuid"),
        ("SELECT DISTINCT id FROM STREAM bronze.orders TABLESAMPLE (50 PERCENT)", "rand"),
        ("WITH o AS (SELECT * FROM STREAM bronze.orders WHERE randn() < 0) SELECT DISTINCT id FROM o", "randn"),
        (
            "SELECT * FROM (SELECT DISTINCT id FROM (SELECT *, rand() AS r FROM STREAM bronze.orders) WHERE r < 1)",
            "rand",
        ),
        (
            "WITH c AS (SELECT id FROM bronze.orders WHERE rand() < 0.5), d AS (SELECT id AS other FROM c) "
            "SELECT id FROM (SELECT DISTINCT o.id FROM STREAM bronze.orders o JOIN d ON o.id = d.other)",
            "rand",
        ),
        (
            "WITH c AS (SELECT id, uuid() AS u FROM STREAM bronze.orders), d AS (SELECT DISTINCT u FROM c) "
            "SELECT u FROM d",
            "uuid",
        ),
    ],
)
def test_duplicates_among_rows_that_another_evaluation_would_make_otherwise_are_refused(tmp_path, query, call):
    with pytest.raises(IngotError, match=rf"rows that {call}\(\) makes or chooses") as caught:
        project(tmp_path, bronze=BRONZE, silver=f"CREATE STREAMING TABLE silver.t AS\n{query}")
    assert caught.value.code == "unsupported-stateful"
    assert caught.value.location.path.endswith("silver.sql")
    assert "a streaming table of its own" in caught.value.hint


def test_duplicates_among_rows_of_a_function_that_is_not_deterministic_are_refused(tmp_path):
    definitions = """
from pyspark import pipelines as dp
from pyspark.sql import functions as F
drawn = F.udf(lambda x: x, "string").asNondeterministic()
@dp.table(name="silver.t")
def t():
    return spark.readStream.table("bronze.orders").select(drawn("customer").alias("c")).dropDuplicates(["c"])
"""
    with pytest.raises(IngotError, match="duplicates are removed from rows that") as caught:
        run_project(
            tmp_path,
            {"transformations/b.sql": BRONZE, "transformations/t.py": definitions, "in/1.csv": ORDERS},
        )
    assert caught.value.code == "unsupported-stateful"


@pytest.mark.parametrize(
    "query",
    [
        "WITH c AS (SELECT customer FROM STREAM bronze.orders), d AS (SELECT DISTINCT customer FROM c) "
        "SELECT customer, length(customer) AS n FROM d",
        "WITH c AS (SELECT customer FROM STREAM bronze.orders) "
        "SELECT customer, length(customer) AS n FROM (WITH d AS (SELECT c.customer FROM c) SELECT DISTINCT * FROM d)",
        "SELECT customer, length(customer) AS n FROM "
        "(WITH c AS (SELECT customer FROM STREAM bronze.orders) SELECT * FROM (SELECT DISTINCT customer FROM c))",
        "WITH d AS (SELECT DISTINCT customer FROM STREAM bronze.orders), e AS (SELECT customer, uuid() AS u FROM d) "
        "SELECT customer, length(customer) AS n FROM e WHERE length(u) = 36",
        "SELECT DISTINCT customer, length(customer) AS n FROM (SELECT customer FROM STREAM bronze.orders "
        "UNION ALL SELECT customer FROM STREAM bronze.orders)",
    ],
)
def test_duplicates_of_a_stream_are_removed_wherever_the_query_has_its_common_tables(tmp_path, query):
    project(tmp_path, bronze=BRONZE, silver=f"CREATE STREAMING TABLE silver.customers AS {query}")
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Ada,1\n5,Alan,1\n"})
    assert rows(lake, "SELECT * FROM silver.customers ORDER BY ALL") == [("Ada", 3), ("Alan", 4), ("Grace", 5)]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELECT id FROM STREAM bronze.orders UNION SELECT id FROM STREAM bronze.orders", "UNION of streams removes"),
        (
            "SELECT id FROM (SELECT DISTINCT id FROM STREAM bronze.orders) UNION SELECT id FROM STREAM bronze.orders",
            "more than one deduplication",
        ),
        ("SELECT DISTINCT id FROM (SELECT DISTINCT id, amount FROM STREAM bronze.orders)", "more than one"),
    ],
)
def test_duplicates_of_which_batches_would_not_know_are_refused(tmp_path, query, message):
    with pytest.raises(IngotError, match=message) as caught:
        project(tmp_path, bronze=BRONZE, silver=f"CREATE STREAMING TABLE silver.t AS {query}")
    assert caught.value.code == "unsupported-stateful"


def test_what_is_computed_above_a_deduplication_may_differ_each_time_and_the_time_of_a_batch_stays(tmp_path):
    text = "SELECT id, day IS NOT NULL AS dated, length(uuid()) AS n FROM "
    distinct = "(SELECT DISTINCT id, current_date() AS day FROM STREAM bronze.orders)"
    project(tmp_path, bronze=BRONZE, silver=f"CREATE STREAMING TABLE silver.t AS {text} {distinct}")
    lake = again(tmp_path)
    found = rows(lake, "SELECT count(*) - count(DISTINCT id), bool_and(dated), min(n) FROM silver.t")
    assert found == [(0, True, 36)]


def test_duplicates_by_other_columns_are_refused_before_anything_changes_though_nothing_is_new(tmp_path):
    project(tmp_path, bronze=BRONZE, silver=DISTINCT.format("DISTINCT customer"))
    with pytest.raises(IngotError, match="removes duplicates by") as raised:
        again(tmp_path, {"transformations/silver.sql": DISTINCT.format("DISTINCT customer, amount")})
    assert raised.value.code == "checkpoint-mismatch"
    assert connect(tmp_path).sql("SELECT * FROM silver.t").arrow().schema.names == ["customer"]


def test_columns_that_tell_duplicates_may_be_written_in_other_letters(tmp_path):
    project(tmp_path, bronze=BRONZE, silver=DISTINCT.format("DISTINCT id, customer"))
    text = DISTINCT.format("DISTINCT ID, Customer")
    for number in (4, 5):
        more = f"{ORDERS}{number},Alan,1\n"
        lake = again(tmp_path, {"transformations/silver.sql": text, f"in/{number}.csv": more})
    found = rows(lake, "SELECT id, customer FROM silver.t ORDER BY id")
    assert found == [(1, "Ada"), (2, "Grace"), (3, "Ada"), (4, "Alan"), (5, "Alan")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("DISTINCT customer", "DISTINCT customer, amount"),
        ("DISTINCT customer, amount", "DISTINCT customer"),
        ("DISTINCT int(id) AS id", "DISTINCT id"),
        ("customer", "DISTINCT customer"),
    ],
)
def test_duplicates_by_other_columns_than_before_ask_for_a_full_refresh(tmp_path, before, after):
    project(tmp_path, bronze=BRONZE, silver=DISTINCT.format(before))
    more = {"in/2.csv": ORDERS}
    changed = {"transformations/silver.sql": DISTINCT.format(after)}
    with pytest.raises(IngotError, match="removes duplicates by") as raised:
        again(tmp_path, {**changed, **more})
    assert raised.value.code == "checkpoint-mismatch"
    with connect(tmp_path) as lake:
        told = dry_run(lake.project, lake.engine, Selection()).errors
        assert [error.code for error in told] == ["checkpoint-mismatch"]
    lake = again(tmp_path, full_refresh=["silver.t"])
    whole = f"SELECT {after} FROM bronze.orders ORDER BY ALL"
    assert rows(lake, "SELECT * FROM silver.t ORDER BY ALL") == rows(lake, whole)


def test_duplicates_that_batches_in_between_did_not_look_for_ask_for_a_full_refresh(tmp_path):
    first = {"transformations/silver.sql": DISTINCT.format("DISTINCT customer")}
    project(tmp_path, bronze=BRONZE, silver=DISTINCT.format("DISTINCT customer"))
    all_rows = {"transformations/silver.sql": DISTINCT.format("customer")}
    again(tmp_path, {**all_rows, "in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    with pytest.raises(IngotError, match="removes duplicates by"):
        again(tmp_path, {**first, "in/3.csv": "id,customer,amount\n5,Alan,1\n"})


def test_duplicates_of_a_first_batch_that_failed_are_told_by_the_columns_of_the_next_try(tmp_path):
    failing = "CREATE STREAMING TABLE silver.t (CONSTRAINT c EXPECT (customer <> 'Ada') ON VIOLATION FAIL UPDATE) AS "
    with pytest.raises(IngotError, match="'c'"):
        project(tmp_path, bronze=BRONZE, silver=f"{failing} SELECT DISTINCT customer FROM STREAM bronze.orders")
    lake = again(tmp_path, {"transformations/silver.sql": DISTINCT.format("DISTINCT customer, amount")})
    again(tmp_path, {"in/2.csv": ORDERS})
    assert rows(lake, "SELECT * FROM silver.t ORDER BY ALL") == [("Ada", None), ("Ada", 10.5), ("Grace", 20.0)]


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("SELECT customer, count(*) AS n FROM STREAM bronze.orders GROUP BY customer", "aggregat"),
        ("SELECT a.id FROM STREAM bronze.orders a LEFT JOIN STREAM bronze.orders b ON a.id = b.id", "join"),
        ("SELECT id, row_number() OVER (ORDER BY id) AS n FROM STREAM bronze.orders", "window"),
        ("SELECT id FROM STREAM bronze.orders LIMIT 2", "limit"),
    ],
)
def test_stateful_queries_over_streams_are_refused_with_a_hint(tmp_path, query, what):
    with pytest.raises(IngotError, match=what) as raised:
        project(tmp_path, bronze=BRONZE, silver=f"CREATE STREAMING TABLE silver.t AS {query}")
    assert "MATERIALIZED VIEW" in (raised.value.hint or "")


def test_batches_are_bounded_by_files(tmp_path):
    for number in range(5):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{number}.csv").write_text(f"id,customer,amount\n{number},x,1\n")
    text = BRONZE.replace("header => true", "header => true, maxFilesPerTrigger => 2")
    lake = run_project(tmp_path, {"transformations/bronze.sql": text})
    assert version(lake, "bronze.orders") == 2
    assert rows(lake, "SELECT count(*) FROM bronze.orders") == [(5,)]


def test_batches_are_bounded_by_bytes_and_hold_one_file_at_least(tmp_path):
    (tmp_path / "in").mkdir()
    for number, rows_in in enumerate((1, 1, 9, 1)):
        lines = "".join(f"{number},x,1\n" for _ in range(rows_in))
        (tmp_path / "in" / f"{number}.csv").write_text(f"id,customer,amount\n{lines}")
    text = BRONZE.replace("header => true", "header => true, maxBytesPerTrigger => '60b'")
    lake = run_project(tmp_path, {"transformations/bronze.sql": text})
    versions = range(version(lake, "bronze.orders") + 1)
    counts = [rows(lake, f"SELECT count(*) FROM bronze.orders VERSION AS OF {at}")[0][0] for at in versions]
    assert counts == [2, 11, 12]


def test_small_files_that_pile_up_are_compacted_by_the_update_itself(tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(SMALL_FILES_MIN):
        (tmp_path / "in" / f"{number}.csv").write_text(f"id,customer,amount\n{number},x,1\n")
    text = BRONZE.replace("header => true", "header => true, maxFilesPerTrigger => 1")
    lake = run_project(tmp_path, {"transformations/bronze.sql": text})
    history = rows(lake, "DESCRIBE HISTORY bronze.orders")
    assert history[0][2] == "OPTIMIZE"
    assert rows(lake, "SELECT count(*), count(DISTINCT id) FROM bronze.orders") == [(SMALL_FILES_MIN, SMALL_FILES_MIN)]


def test_a_stream_that_starts_at_the_latest_version_misses_nothing_after_that(tmp_path):
    text = """
from pyspark import pipelines as dp

@dp.table(name="silver.t")
def t():
    return spark.readStream.option("startingVersion", "latest").table("bronze.orders")
"""
    project(tmp_path, bronze=BRONZE)
    again(tmp_path, {"transformations/t.py": text})
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT id FROM silver.t") == [(4,)]


def test_a_renamed_flow_is_refused_rather_than_doubling_its_rows(tmp_path):
    text = """CREATE STREAMING TABLE silver.t;
    CREATE FLOW f1 AS INSERT INTO silver.t BY NAME SELECT id FROM STREAM bronze.orders;"""
    project(tmp_path, bronze=BRONZE, silver=text)
    with pytest.raises(IngotError, match="would be there twice") as raised:
        again(tmp_path, {"transformations/silver.sql": text.replace("f1", "f2")})
    assert raised.value.code == "renamed-flow"
    lake = again(tmp_path, full_refresh=["silver.t"])
    assert rows(lake, "SELECT count(*) FROM silver.t") == [(3,)]


CASED = """
CREATE STREAMING TABLE silver.t AS SELECT id FROM STREAM bronze.orders;
CREATE STREAMING TABLE silver.d AS SELECT DISTINCT customer FROM STREAM bronze.orders;
CREATE STREAMING TABLE silver.c;
CREATE FLOW f AS AUTO CDC INTO silver.c FROM STREAM bronze.orders KEYS (customer) APPLY AS DELETE WHEN amount IS NULL
  SEQUENCE BY id STORED AS SCD TYPE 1;
"""


def test_names_that_differ_only_in_case_are_those_of_one_table_and_flow(tmp_path):
    project(tmp_path, bronze=BRONZE, silver=CASED)
    text = CASED.replace("silver", "Silver").replace(".t ", ".T ").replace(".d ", ".D ").replace(".c", ".C")
    text = text.replace("FLOW f", "FLOW F").replace("bronze.orders", "BRONZE.Orders")
    late = {"in/2.csv": "id,customer,amount\n2,Ada,9\n4,Alan,1\n"}  # Ada was deleted after that
    lake = again(tmp_path, {"transformations/silver.sql": text, **late})
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (2,), (3,), (4,)]
    assert rows(lake, "SELECT * FROM silver.d ORDER BY 1") == [("Ada",), ("Alan",), ("Grace",)]
    assert rows(lake, "SELECT customer FROM silver.c ORDER BY 1") == [("Alan",), ("Grace",)]


def test_a_table_that_is_dropped_in_another_case_leaves_no_checkpoint(tmp_path):
    project(tmp_path, bronze=BRONZE, copy="CREATE STREAMING TABLE BRONZE.Copy AS SELECT id FROM STREAM bronze.orders")
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    drop_table(lake.project, "bronze.copy")
    assert rows(again(tmp_path), "SELECT count(*) FROM bronze.copy") == [(4,)]


def test_short_versions_and_unknown_streams(tmp_path):
    project(tmp_path, bronze=BRONZE)
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT count(*) FROM bronze.orders@v0") == [(3,)]
    text = "CREATE STREAMING TABLE gold.t AS SELECT * FROM STREAM read_kafka(bootstrapServers => 'x', subscribe => 'y')"
    with pytest.raises(IngotError, match="read_kafka"):
        again(tmp_path, {"transformations/k.sql": text})


def test_reader_options_without_effect_are_said_once(tmp_path):
    from ingot.events import EventStream
    from ingot.run import Update
    from ingot.update.selection import Selection

    definition = BRONZE.replace("header => true", "header => true, hedaer => false, cleanSource => 'DELETE'")
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations/b.sql").write_text(definition)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/1.csv").write_text(ORDERS)
    messages = []
    events = EventStream()
    events.listen(lambda event: messages.append(event.message) if event.level == "WARN" else None)
    Update(connect(tmp_path).project, Selection(), events=events).run()
    assert sum("hedaer" in message for message in messages) == 1
    assert sum("cleanSource" in message for message in messages) == 1


def test_files_that_are_there_already_can_be_left_out(tmp_path):
    project(tmp_path, bronze=BRONZE.replace("header => true", "header => true, includeExistingFiles => false"))
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT id FROM bronze.orders") == [(4,)]


FIRST = "CREATE TEMPORARY VIEW first AS SELECT * FROM STREAM read_files('in', format => 'csv', header => true)"


@pytest.mark.parametrize(
    ("before", "after", "source"),
    [
        (
            {"copy": "CREATE STREAMING TABLE bronze.copy AS SELECT * FROM STREAM bronze.orders"},
            {},
            "STREAM bronze.copy",
        ),
        ({"first": FIRST}, {"first": FIRST.replace("TEMPORARY VIEW", "STREAMING TABLE")}, "STREAM bronze.orders"),
    ],
    ids=["another table", "a view that became a table"],
)
def test_a_stream_in_the_place_of_another_one_asks_for_a_full_refresh(tmp_path, before, after, source):
    silver = "CREATE STREAMING TABLE silver.t AS SELECT id FROM {0}"
    text = silver.format("STREAM first" if after else "STREAM bronze.orders")
    lake = project(tmp_path, bronze=BRONZE, silver=text, **before)
    changed = {f"transformations/{name}.sql": definition for name, definition in after.items()}
    changed["transformations/silver.sql"] = text if after else silver.format(source)
    with pytest.raises(IngotError, match="rows may be there twice") as raised:
        again(tmp_path, {**changed, "in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert raised.value.code == "other-source"
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,)]
    with connect(tmp_path) as opened:
        assert [error.code for error in dry_run(opened.project, opened.engine, Selection()).errors] == ["other-source"]
    lake = again(tmp_path, full_refresh=["silver.t"])
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,), (4,)]


@pytest.mark.parametrize(
    "source", ["STREAM read_files('in/*.csv', format => 'csv', header => true)", "STREAM bronze.orders"]
)
def test_a_first_batch_that_failed_reads_what_the_definition_says_now(tmp_path, source):
    failing = "SELECT raise_error('no') AS id FROM STREAM read_files('in', format => 'csv', header => true)"
    with pytest.raises(IngotError, match="no"):
        project(tmp_path, bronze=BRONZE, silver=f"CREATE STREAMING TABLE silver.t AS {failing}")
    mended = f"CREATE STREAMING TABLE silver.t AS SELECT int(id) AS id FROM {source}"
    lake = again(tmp_path, {"transformations/silver.sql": mended})
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,)]
    lake = again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,), (4,)]


def test_files_that_were_read_under_another_path_are_not_read_again(tmp_path):
    project(tmp_path, bronze=BRONZE.replace("header => true", "header => true, maxFilesPerTrigger => 1"))
    text, ids = "id,customer,amount\n{0},x,1\n", [1, 2, 3]
    for number, path in enumerate(("in/*.csv", "in", "in/[0-9]*", "in/*.csv"), 4):
        definition = BRONZE.replace("'in'", f"'{path}'")
        lake = again(tmp_path, {"transformations/bronze.sql": definition, f"in/{number}.csv": text.format(number)})
        ids.append(number)
        assert rows(lake, "SELECT id FROM bronze.orders ORDER BY id") == [(each,) for each in ids]


def test_positions_of_files_are_kept_when_plans_are_merged_under_another_path(tmp_path, monkeypatch):
    monkeypatch.setattr("ingot.lake.checkpoint._COMPACT_EVERY", 2)
    project(tmp_path, bronze=BRONZE)
    text = "id,customer,amount\n{0},x,1\n"
    for number in range(4, 8):
        again(tmp_path, {f"in/{number}.csv": text.format(number)})
    definition = {"transformations/bronze.sql": BRONZE.replace("'in'", "'in/*.csv'")}
    for number in range(8, 12):
        lake = again(tmp_path, {**definition, f"in/{number}.csv": text.format(number)})
    assert rows(lake, "SELECT count(*), count(DISTINCT id) FROM bronze.orders") == [(11, 11)]


def test_a_broken_file_that_is_repaired_is_read_and_one_that_is_taken_away_is_not_missed(tmp_path):
    project(tmp_path, bronze=BRONZE)
    (tmp_path / "in/2.csv.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    (tmp_path / "in/3.csv").write_text("id,customer,amount\n7,Good,1\n")
    for _ in range(2):
        with pytest.raises(IngotError):
            again(tmp_path)
    import gzip

    (tmp_path / "in/2.csv.gz").write_bytes(gzip.compress(b"id,customer,amount\n4,Alan,1\n", mtime=0))
    lake = again(tmp_path)
    assert rows(lake, "SELECT id FROM bronze.orders ORDER BY id") == [(1,), (2,), (3,), (4,), (7,)]
    (tmp_path / "in/5.csv.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    with pytest.raises(IngotError):
        again(tmp_path)
    (tmp_path / "in/5.csv.gz").unlink()
    assert rows(again(tmp_path), "SELECT count(*) FROM bronze.orders") == [(5,)]


def test_a_link_to_nothing_among_the_files_is_an_error_with_its_name(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/gone.csv").symlink_to(tmp_path / "nowhere")
    with pytest.raises(IngotError, match=r"gone\.csv") as raised:
        project(tmp_path, bronze=BRONZE)
    assert raised.value.code == "unreadable-file"


def test_a_new_field_of_a_struct_is_added_as_a_new_column_is(tmp_path):
    bronze = "CREATE STREAMING TABLE bronze.events AS SELECT * FROM STREAM read_files('in', format => 'json')"
    silver = "CREATE STREAMING TABLE silver.events AS SELECT s.*, l FROM STREAM bronze.events"
    first = '{"id": 1, "s": {"x": 1}, "l": [{"a": 1}]}\n'
    second = '{"id": 2, "s": {"x": 1.5, "y": "new"}, "l": [{"a": 2, "b": {"c": true}}]}\n'
    run_project(tmp_path, {"a.sql": f"{bronze};{silver}", "in/1.json": first}).close()
    run_project(tmp_path, {"in/2.json": second}).close()
    text = "SELECT id, s.y, l[0].b.c, _rescued_data IS NULL FROM bronze.events ORDER BY id"
    with connect(tmp_path) as lake:
        assert lake.sql(text).fetchall() == [(1, None, None, True), (2, "new", True, False)]  # 1.5 is no whole number
        assert lake.sql("SELECT y FROM silver.events ORDER BY y").fetchall() == [(None,), ("new",)]


@pytest.mark.parametrize(("mode", "names"), [("rescue", ["id", "_rescued_data"]), ("none", ["id"])])
def test_new_columns_are_left_out_where_the_schema_stays(tmp_path, mode, names):
    read = f"read_files('in', format => 'json', schemaEvolutionMode => '{mode}')"
    first = {"a.sql": f"CREATE STREAMING TABLE b AS SELECT * FROM STREAM {read}", "in/1.json": '{"id": 1}\n'}
    run_project(tmp_path, first).close()
    with run_project(tmp_path, {"in/2.json": '{"id": 2, "new": "x"}\n'}) as lake:
        assert lake.sql("SELECT * FROM b").arrow().schema.names == names
        assert lake.sql("SELECT id FROM b ORDER BY id").fetchall() == [(1,), (2,)]
        if mode == "rescue":
            assert lake.sql("SELECT _rescued_data:new FROM b ORDER BY id").fetchall() == [(None,), ("x",)]


def test_a_new_field_is_refused_where_new_columns_are(tmp_path):
    read = "read_files('in', format => 'json', schemaEvolutionMode => 'failOnNewColumns')"
    run_project(
        tmp_path,
        {"a.sql": f"CREATE STREAMING TABLE b AS SELECT * FROM STREAM {read}", "in/1.json": '{"s": {"x": 1}}\n'},
    ).close()
    with pytest.raises(IngotError, match=r"new columns: s \(new fields in it\)") as caught:
        run_project(tmp_path, {"in/2.json": '{"s": {"x": 1, "y": 2}}\n'})
    assert caught.value.code == "new-columns"

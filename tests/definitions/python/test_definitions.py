"""What definition files in Python define, as public files write them."""

from __future__ import annotations

import pytest

from ingot.errors import DefinitionError, Location, UnsupportedError, UserCodeError
from ingot.model import Action, DatasetKind, FileRead, TableRead

from .conftest import sql


def datasets(definitions):
    return {d.name.short: d for d in definitions.datasets.values()}


def flows(definitions):
    return {f.name: f for f in definitions.flows}


@pytest.mark.parametrize(
    "imported",
    [
        "import dlt",
        "import dlt as dp; dlt = dp",
        "from pyspark import pipelines as dlt",
        "import pyspark.pipelines as dlt",
        "from databricks import pipelines as dlt",
        "import databricks.pipelines as dlt",
        "from ingot import pipelines as dlt",
    ],
)
def test_every_spelling_of_the_import_gives_the_same_functions(files, imported):
    definitions = files.one(f"""
        {imported}

        @dlt.table
        @dlt.expect("positive", "amount > 0")
        def orders():
            return spark.readStream.table("raw.orders")
    """)
    dataset = datasets(definitions)["default.orders"]
    assert dataset.kind is None
    assert [(e.name, e.condition, e.action) for e in dataset.expectations] == [("positive", "amount > 0", Action.WARN)]
    query = flows(definitions)["default.orders"].build()
    [read] = query.reads.values()
    assert isinstance(read, TableRead)
    assert (str(read.name), read.is_streaming) == ("main.raw.orders", True)


def test_all_arguments_of_a_table_are_kept(files):
    definitions = files.one("""
        from pyspark import pipelines as dp
        from pyspark.sql.types import *

        @dp.materialized_view(
            name="gold.sales", comment="Sales", table_properties={"quality": "gold", "delta.x": True},
            partition_cols=["day"], cluster_by=["id"], spark_conf={"spark.sql.ansi.enabled": False}, private=True,
            schema=StructType([StructField("id", LongType(), False), StructField("day", DateType())]),
        )
        def any_name():
            return spark.read.table("silver.orders").select("id", "day")
    """)
    dataset = datasets(definitions)["gold.sales"]
    assert dataset.kind == DatasetKind.MATERIALIZED_VIEW
    assert dataset.comment == "Sales"
    assert dataset.properties == {"quality": "gold", "delta.x": "true"}
    assert dataset.partition_columns == ("day",)
    assert dataset.cluster_columns == ("id",)
    assert dataset.is_private
    assert [(c.name, c.type.ddl, c.nullable) for c in dataset.columns] == [
        ("id", "bigint", False),
        ("day", "date", True),
    ]
    [flow] = definitions.flows
    assert flow.configuration == {"spark.sql.ansi.enabled": "false"}
    assert flow.location.line == 5
    assert "def any_name" in flow.text


def test_expectations_stand_above_or_below_the_table(files):
    definitions = files.one("""
        import dlt

        @dlt.expect_all_or_fail({"a": "x > 1", "b": "x > 2"})
        @dlt.table
        @dlt.expect_or_drop("c", "x > 3")
        @dlt.expect("d", "x > 4")
        def t():
            return dlt.read("s")
    """)
    actions = {e.name: e.action for e in datasets(definitions)["default.t"].expectations}
    assert actions == {"a": Action.FAIL, "b": Action.FAIL, "c": Action.DROP, "d": Action.WARN}


def test_quarantine_is_only_in_ingots_own_module(files):
    definitions = files.one("""
        import dlt
        from ingot import pipelines

        assert not hasattr(dlt, "expect_or_quarantine")

        @dlt.table
        @pipelines.expect_or_quarantine("known", "id IS NOT NULL")
        def t():
            return dlt.read("s")
    """)
    assert datasets(definitions)["default.t"].expectations[0].action == Action.QUARANTINE


def test_the_portable_spelling_of_quarantine_is_a_property(files):
    definitions = files.one("""
        import dlt

        @dlt.table(table_properties={"ingot.quarantine": "known"})
        @dlt.expect("known", "id IS NOT NULL")
        def t():
            return dlt.read("s")
    """)
    assert datasets(definitions)["default.t"].expectations[0].action == Action.QUARANTINE


def test_loops_and_factories_define_a_table_each_with_its_own_values(files):
    definitions = files.one("""
        import dlt
        from pyspark.sql import functions as F

        def make(name):
            @dlt.table(name=f"bronze.{name}")
            def myfunc():
                return spark.read.table("raw").where(F.col("kind") == name)

        for name in ["a", "b"]:
            make(name)
    """)
    assert list(datasets(definitions)) == ["bronze.a", "bronze.b"]
    found = flows(definitions)
    assert "'a'" in sql(found["bronze.a"])
    assert "'b'" in sql(found["bronze.b"])
    assert found["bronze.a"].text != found["bronze.b"].text


def test_functions_stay_callable_by_the_file_and_in_tests(files):
    definitions = files.one("""
        import dlt

        @dlt.view
        def base():
            return spark.range(3)

        assert callable(base)

        @dlt.table
        def double():
            return base().selectExpr("id * 2 AS id")
    """)
    assert "RANGE" in sql(flows(definitions)["default.double"]).upper()


def test_outside_of_a_load_decorators_define_nothing_and_give_the_function_back():
    from ingot import pipelines

    @pipelines.table(name="x")
    @pipelines.expect("a", "b > 1")
    def query():
        return 42

    pipelines.create_streaming_table("t")
    assert query() == 42


def test_streaming_tables_take_append_flows(files):
    definitions = files.one("""
        from pyspark import pipelines as dp

        dp.create_streaming_table("events", comment="all", expect_all_or_drop={"ok": "id > 0"})

        for region in ("eu", "us"):
            @dp.append_flow(target="events", name=f"events_{region}")
            def f(region=region):
                return spark.readStream.table(f"raw_{region}")

        @dp.append_flow(target="events", once=True)
        def backfill():
            return spark.read.table("old")
    """)
    dataset = datasets(definitions)["default.events"]
    assert dataset.kind == DatasetKind.STREAMING_TABLE
    assert dataset.expectations[0].action == Action.DROP
    found = flows(definitions)
    assert list(found) == ["events_eu", "events_us", "backfill"]
    assert found["backfill"].is_once
    assert [str(r.name) for r in found["events_us"].build().reads.values()] == ["main.default.raw_us"]


def test_change_flows_keep_what_was_written(files):
    definitions = files.one("""
        import dlt
        from pyspark.sql.functions import col, expr, struct

        dlt.create_target_table("customers")
        dlt.apply_changes(
            target="customers", source="raw_customers", keys=["id", col("region")], sequence_by=struct("ts", "n"),
            apply_as_deletes=expr("op = 'DELETE'"), except_column_list=["op"], stored_as_scd_type="2",
            track_history_except_column_list=["seen"], ignore_null_updates=True,
        )
    """)
    [flow] = definitions.flows
    changes = flow.changes
    assert changes.keys == ("id", "region")
    assert changes.sequence_by == "STRUCT(`ts`, `n`)"
    assert changes.apply_as_deletes == "op = 'DELETE'"
    assert (changes.except_columns, changes.scd_type, changes.ignore_null_updates) == (("op",), 2, True)
    assert changes.track_except == ("seen",)
    assert (changes.source.is_streaming, str(changes.source.name)) == (True, "main.default.raw_customers")


def test_columns_of_a_history_need_a_history(files):
    with pytest.raises(DefinitionError, match="tracked columns need a history") as error:
        files.one("""
            from pyspark import pipelines as dp

            dp.create_streaming_table("customers")
            dp.create_auto_cdc_flow("customers", "raw", ["id"], "ts", track_history_column_list=["city"])
        """)
    assert error.value.hint == "stored_as_scd_type=2"


def test_sinks_are_accepted(files):
    definitions = files.one("""
        import dlt

        dlt.create_sink("out", "kafka", {"topic": "t"})

        @dlt.foreach_batch_sink(name="each")
        def handle(df, batch):
            df.write.save()
    """)
    found = datasets(definitions)
    assert found["default.out"].kind == found["default.each"].kind == DatasetKind.SINK
    assert found["default.out"].options == {"format": "kafka", "topic": "t"}


def test_hooks_for_events_are_accepted_with_a_note(files):
    definitions = files.one("""
        import dlt

        @dlt.on_event_hook
        def tell(event):
            raise AssertionError(event)

        @dlt.on_event_hook(max_allowable_consecutive_failures=3)
        def tell_again(event):
            raise AssertionError(event)

        dlt.create_streaming_table("t")
    """)
    assert [(n.message.split(":")[0], n.location.line) for n in definitions.notes] == [
        ("on_event_hook has no effect", 4)
    ]


def test_the_older_spelling_of_a_stream_of_the_pipeline_reads_it(files):
    definitions = files.one("""
        import dlt

        @dlt.table
        def copied():
            return dlt.readStream("source")
    """)
    [read] = flows(definitions)["default.copied"].build().reads.values()
    assert (read.parts, read.is_streaming) == (("source",), True)


def test_auto_loader_takes_names_from_a_header_when_it_infers_the_schema_and_nothing_is_said(files):
    definitions = files.one("""
        import dlt

        def loader():
            return spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv")

        dlt.table(lambda: loader().load("in"), name="inferred")
        dlt.table(lambda: loader().option("header", "false").load("in"), name="told")
        dlt.table(lambda: loader().schema("id INT").load("in"), name="declared")
        dlt.table(lambda: spark.read.csv("in"), name="plain")
    """)
    headers = {
        name.removeprefix("default."): next(iter(flow.build().reads.values())).options.get("header")
        for name, flow in flows(definitions).items()
    }
    assert headers == {"inferred": "true", "told": "false", "declared": None, "plain": None}


def test_a_wrong_argument_fails_its_dataset_alone_and_names_the_nearest(files):
    files.write(
        "transformations/a.py",
        """
        import dlt

        @dlt.table(nmae="t")
        def a():
            return dlt.read("s")

        @dlt.table
        def b():
            return dlt.read("s")
        """,
    )
    definitions = files.load()
    assert list(datasets(definitions)) == ["default.b"]
    [failed] = definitions.failed
    assert failed.name.short == "default.a"
    assert failed.error.code == "wrong-arguments"
    assert failed.error.hint == "did you mean 'name'?"
    assert failed.location.line == 4


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ('@dlt.update_flow(target="x")', "unsupported-flow"),
        ('@dlt.table(row_filter="f")', "unsupported-row-filter"),
        ('@dlt.table("x")', "wrong-arguments"),
        ("@dlt.table(name=5)", "invalid-name"),
        ('@dlt.table(name="a.b.c.d")', "invalid-name"),
        ('@dlt.table(schema="id INTT")', "invalid-schema"),
    ],
)
def test_what_cannot_be_fails_alone(files, definition, code):
    files.write(
        "transformations/a.py", f"import dlt\n{definition}\ndef t(): pass\n@dlt.view\ndef v(): return spark.range(1)\n"
    )
    definitions = files.load()
    assert [f.error.code for f in definitions.failed] == [code]
    assert definitions.failed[0].location.line == 2
    assert "default.v" in datasets(definitions)


def test_an_exception_of_the_file_is_shown_at_the_users_line(files):
    files.write("transformations/a.py", "def broken():\n    return 1 / 0\n\nbroken()\n")
    [failed] = files.load().failed
    assert isinstance(failed.error, UserCodeError)
    assert failed.location == Location(str(files.root / "transformations/a.py"), 2)
    assert "ZeroDivisionError" in failed.error.message
    assert any("in broken" in note for note in failed.error.__notes__)


def test_an_environment_variable_that_is_not_set_is_named_and_fails_what_asks_for_it(files, monkeypatch):
    monkeypatch.delenv("SHOP_STAGE", raising=False)
    files.write("transformations/a.py", "import os\n\nSTAGE = os.environ['SHOP_STAGE']\n")
    [failed] = files.load().failed
    assert (failed.error.code, failed.location.line) == ("undefined-parameter", 3)
    assert "'SHOP_STAGE'" in failed.error.message
    files.write("transformations/a.py", "{}['SHOP_STAGE']\n")
    [failed] = files.load().failed
    assert isinstance(failed.error, UserCodeError)


def test_a_syntax_error_is_shown_at_its_line(files):
    files.write("transformations/a.py", "import dlt\n\ndef (:\n")
    [failed] = files.load().failed
    assert isinstance(failed.error, DefinitionError)
    assert failed.location.line == 3


def test_an_exception_within_a_query_function_is_raised_when_the_flow_is_built(files):
    definitions = files.one("""
        import dlt

        @dlt.table
        def t():
            return spark.table("x").filter(undefined_name)
    """)
    [flow] = definitions.flows
    with pytest.raises(UserCodeError, match="NameError") as caught:
        flow.build()
    assert caught.value.location.line == 6


def test_a_query_function_must_return_a_dataframe(files):
    [flow] = files.one("import dlt\n@dlt.table\ndef t():\n    spark.table('x')\n").flows
    with pytest.raises(DefinitionError, match="returned nothing") as caught:
        flow.build()
    assert caught.value.hint == "end the function with `return df`"


@pytest.mark.parametrize("asked", ["collect()", "count()", "toPandas()", "first()"])
def test_loading_runs_no_query_over_the_pipeline(files, asked):
    files.write("transformations/a.py", f"import dlt\n\nrows = spark.table('x').{asked}\n")
    [failed] = files.load().failed
    assert isinstance(failed.error, UnsupportedError)
    assert (failed.error.code, failed.location.line) == ("query-at-load", 3)


def test_rows_of_what_is_not_the_pipelines_decide_what_is_defined(files):
    files.write("rules.csv", "tag,name,rule\norders,positive,amount > 0\nother,none,true\n")
    files.tables = {"ops.sources": str(files.root / "sources.csv")}
    files.write("sources.csv", "name,wanted\nfirst,true\nsecond,false\nthird,true\n")
    definitions = files.one("""
        import dlt

        rules = spark.read.csv("rules.csv", header=True).filter("tag = 'orders'").collect()
        values = spark.createDataFrame([(1,), (2,)], "n INT").count()

        def define(name):
            @dlt.table(name=name, comment=str(values))
            @dlt.expect_all({row.name: row["rule"] for row in rules})
            def rows():
                return spark.read.table("orders")

        for row in spark.table("ops.sources").where("wanted").collect():
            define(row.name)
    """)
    found = datasets(definitions)
    assert sorted(found) == ["default.first", "default.third"]
    assert found["default.first"].comment == "2"
    assert [(e.name, e.condition) for e in found["default.third"].expectations] == [("positive", "amount > 0")]


def test_rows_at_load_are_those_of_the_session_that_is_set(files):
    files.configuration = {"spark.sql.session.timeZone": "Asia/Tokyo"}
    definitions = files.one("""
        import dlt

        [row] = spark.sql("SELECT CAST(TIMESTAMP'2024-01-01 20:00:00Z' AS DATE) AS day").collect()
        dlt.create_streaming_table("t", comment=str(row.day))
    """)
    assert datasets(definitions)["default.t"].comment == "2024-01-02"


def test_a_stream_has_no_rows_while_definitions_are_loaded(files):
    files.write("in/a.json", '{"id": 1}\n')
    files.write("transformations/a.py", "spark.readStream.schema('id INT').json('in').count()\n")
    [failed] = files.load().failed
    assert (failed.error.code, failed.location.line) == ("query-at-load", 1)


def test_rows_of_the_lake_are_seen_within_a_query_function(files):
    from arro3.core import Array, DataType, Table

    from ingot.analysis import Settings
    from ingot.definitions.loading import Answers, answering
    from ingot.types import parse_schema

    class Names:
        def schema_of(self, read):
            return parse_schema("name STRING")

        def view_of(self, read):
            return None

    [flow] = files.one("""
        import dlt

        @dlt.table
        def t():
            names = [row.name for row in spark.table("names").collect()]
            return spark.table("wide").select(*names)
    """).flows
    asked = []

    def collect(query):
        asked.append(query)
        return Table.from_pydict({"name": Array(["a", "b"], DataType.string())})

    with answering(Answers(catalog=Names(), settings=Settings(), collect=collect)):
        query = flow.build()
    assert [str(r.name) for r in asked[0].reads.values()] == ["main.default.names"]
    assert query.tree.sql("databricks") == "SELECT `a`, `b` FROM `__r0` AS `__t0`"


def test_auto_loader_and_readers_give_file_reads(files):
    definitions = files.one("""
        import dlt

        @dlt.table
        def loader():
            return (spark.readStream.format("cloudFiles").option("cloudFiles.format", "json")
                    .option("cloudFiles.inferColumnTypes", True).option("multiLine", "true")
                    .schema("id BIGINT, name STRING").load("data/in"))

        @dlt.table
        def batch():
            return spark.read.csv("data/x.csv", header=True, sep=";")
    """)
    found = flows(definitions)
    [read] = found["default.loader"].build().reads.values()
    assert isinstance(read, FileRead)
    assert (read.format, read.is_streaming, read.is_autoloader, read.infer_types) == ("json", True, True, True)
    assert read.schema.names == ["id", "name"]
    assert read.path == str(files.root / "data/in")
    assert read.location.line == 8
    [read] = found["default.batch"].build().reads.values()
    assert (read.format, read.is_streaming, read.is_autoloader, read.infer_types) == ("csv", False, False, False)
    assert read.options == {"header": "true", "sep": ";"}


def test_sources_that_are_services_fail_their_flow_alone(files):
    definitions = files.one("""
        import dlt

        @dlt.table
        def events():
            return spark.readStream.format("kafka").option("subscribe", "t").load()

        @dlt.table
        def fine():
            return spark.range(2)
    """)
    found = flows(definitions)
    with pytest.raises((UnsupportedError, DefinitionError)) as caught:
        found["default.events"].build()
    assert caught.value.location.line == 6
    found["default.fine"].build()


def test_configuration_is_read_and_its_absence_said_with_the_nearest_key(files):
    files.configuration = {"source_path": "data"}
    definitions = files.one("""
        import dlt
        path = spark.conf.get("source_path")
        other = spark.conf.get("other", "fallback")

        @dlt.table(name=f"{path}_{other}")
        def t():
            spark.conf.get("source_pth")
    """)
    assert list(datasets(definitions)) == ["default.data_fallback"]
    with pytest.raises(DefinitionError, match="no 'source_pth'") as caught:
        definitions.flows[0].build()
    assert caught.value.hint == "did you mean 'source_path'?"
    assert caught.value.location.line == 8


def test_secrets_come_from_the_environment_or_from_env_file(files, monkeypatch):
    monkeypatch.setenv("INGOT_SECRET_MY_SCOPE_KEY", "hidden")
    files.write(".env", "# mine\nINGOT_SECRET_MY_SCOPE_KEY=other\nexport INGOT_SECRET_MY_SCOPE_TOKEN='t k'\n")
    files.one("""
        assert dbutils.secrets.get(scope="my-scope", key="key") == "hidden"
        assert dbutils.secrets.get("my-scope", "token") == "t k"
        assert [s.key for s in dbutils.secrets.list("my-scope")] == ["key", "token"]
    """)


def test_use_and_set_hold_for_the_rest_of_the_file(files):
    definitions = files.one("""
        import dlt
        spark.sql("USE SCHEMA silver")
        spark.sql("SET my.key = 5")

        @dlt.table
        def t():
            return spark.sql("SELECT ${my.key} AS n FROM orders")
    """)
    assert list(datasets(definitions)) == ["silver.t"]


def test_pandas_polars_and_arrow_results_are_opaque_rows(files):
    import pyarrow as pa

    definitions = files.one("""
        import dlt
        import pyarrow as pa
        import polars as pl

        @dlt.table
        def arrow():
            return pa.table({"id": [1, 2], "name": ["a", None]})

        @dlt.table
        def frame():
            return pl.DataFrame({"id": [1], "when": [None]}, schema={"id": pl.Int32, "when": pl.Datetime("us", "UTC")})
    """)
    found = flows(definitions)
    [read] = found["default.arrow"].build().reads.values()
    assert read.is_opaque
    assert read.schema.ddl == "struct<id:bigint,name:string>"
    assert pa.table(read.load()).to_pylist() == [{"id": 1, "name": "a"}, {"id": 2, "name": None}]
    [read] = found["default.frame"].build().reads.values()
    assert read.schema.ddl == "struct<id:int,when:timestamp>"


def test_settings_of_a_file_hold_for_its_query_functions_and_for_no_other_file(files):
    files.write("transformations/b.py", "import dlt\n@dlt.table\ndef b():\n    spark.conf.get('mine')\n")
    files.write(
        "transformations/a.py",
        """\
        import dlt

        @dlt.table
        def a():
            assert spark.conf.get("mine") == "1"
            return spark.range(1)

        @dlt.table
        def late():
            spark.conf.set("spark.sql.ansi.enabled", "false")

        spark.conf.set("mine", 1)
        spark.conf.set("spark.sql.ansi.enabled", False)
        """,
    )
    found = flows(files.load())
    found["default.a"].build()
    assert found["default.a"].configuration["spark.sql.ansi.enabled"] == "false"
    with pytest.raises(DefinitionError, match="no 'mine'"):
        found["default.b"].build()
    with pytest.raises(UnsupportedError, match="within a query function"):
        found["default.late"].build()

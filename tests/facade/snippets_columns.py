"""More DataFrame code for Spark and the facade alike: methods of columns, literals, functions, windows, structs."""

from __future__ import annotations

import datetime
import decimal
import enum

from facade.snippets import SNIPPETS
from facade.snippets_frames import c, given, o, w


class Grade(enum.Enum):
    HIGH = "high"


def one(s):
    return s.spark.range(1)


def lits(s, **items):
    return one(s).select(*(s.F.lit(v).alias(k) for k, v in items.items()))


SNIPPETS.update({
    # operators
    "arithmetic_both_sides": lambda s: w(s).select(
        (1 + s.F.col("Q1")).alias("a"), (100 - s.F.col("Q1")).alias("b"), (2 * s.F.col("Q1")).alias("c"),
        (60 / s.F.col("Q1")).alias("d"), (37 % s.F.col("Q1")).alias("e"), (2 ** s.F.col("id")).alias("f"), (s.F.col("id") ** 2).alias("g"),
    ),
    "comparisons_chain": lambda s: w(s).select(
        (s.F.col("Q1") >= 10).alias("a"), (s.F.col("Q1") != 10).alias("b"), (10 < s.F.col("Q1")).alias("c"),  # noqa: SIM300
        (s.F.col("Q2") == None).alias("d"), s.F.col("Q2").eqNullSafe(None).alias("e"),  # noqa: E711
    ),
    "logic_with_nulls": lambda s: given(s).select(
        (s.F.col("b") & (s.F.col("i") > 1)).alias("x"), (s.F.col("b") | s.F.col("s").isNull()).alias("y"), (~s.F.col("b")).alias("z")
    ),
    "bitwise": lambda s: w(s).select(
        s.F.col("Q1").bitwiseAND(6).alias("a"), s.F.col("Q1").bitwiseOR(1).alias("b"), s.F.col("Q1").bitwiseXOR(3).alias("c"),
        s.F.bitwise_not("Q1").alias("d"), s.F.shiftleft("Q1", 2).alias("e"), s.F.shiftright("Q1", 1).alias("f"),
    ),
    "between_and_not": lambda s: o(s).select("id", s.F.col("qty").between(2, 3).alias("a"), (~s.F.col("qty").between(2, 3)).alias("b")),
    "between_of_columns": lambda s: w(s).filter(s.F.lit(15).between(s.F.col("Q1"), s.F.col("Q2"))).select("id"),
    "isin_forms": lambda s: o(s).select(
        s.F.col("id").isin(1, 2).alias("a"), s.F.col("id").isin([3]).alias("b"), s.F.col("note").isin({"a"}).alias("c"), s.F.col("id").isin([]).alias("d")
    ),
    "isin_with_null": lambda s: o(s).filter(s.F.col("note").isin("a", None)).select("id"),
    "likes": lambda s: c(s).select(
        s.F.col("name").like("%a").alias("a"), s.F.col("name").ilike("AN%").alias("b"), s.F.col("name").rlike("^[ab]").alias("c"),
        s.F.col("name").contains("er").alias("d"), s.F.col("name").startswith("c").alias("e"), s.F.col("name").endswith("a").alias("f"),
    ),
    "likes_of_columns": lambda s: c(s).select(s.F.col("name").startswith(s.F.substring("name", 1, 1)).alias("a"), s.F.col("name").contains(s.F.col("city")).alias("b")),
    "substrings": lambda s: c(s).select(
        s.F.col("name").substr(2, 2).alias("a"), s.F.col("name").substr(s.F.lit(1), s.F.col("id")).alias("b"), s.F.col("name")[0:2].alias("c"),
        s.F.substring("name", -2, 2).alias("d"),
    ),
    "null_tests": lambda s: given(s).select(s.F.col("s").isNull().alias("a"), s.F.col("s").isNotNull().alias("b"), s.F.col("d").isNaN().alias("c")),
    "when_chain": lambda s: o(s).select(
        s.F.when(s.F.col("qty") > 4, "big").when(s.F.col("qty") > 2, s.F.lit("mid")).otherwise("small").alias("size"),
        s.F.when(s.F.col("note") == "a", 1).alias("n"), s.F.when(s.F.col("note").isNull(), None).otherwise(s.F.col("qty")).alias("m"),
    ),
    "when_in_aggregate": lambda s: o(s).groupBy("customer").agg(s.F.sum(s.F.when(s.F.col("note") == "a", s.F.col("qty")).otherwise(0)).alias("n")),
    "cast_forms": lambda s: w(s).select(
        s.F.col("Q1").cast("string").alias("a"), s.F.col("Q1").cast(s.T.DoubleType()).alias("b"), s.F.col("Q1").astype("decimal(5,1)").alias("c"),
        s.F.lit("2024-02-03").cast("date").alias("d"), s.F.lit("12").try_cast("int").alias("e"), s.F.lit("x").try_cast("int").alias("f"),
    ),
    "cast_to_nested": lambda s: one(s).select(
        s.F.array(s.F.lit(1), s.F.lit(2)).cast("array<string>").alias("a"), s.F.struct(s.F.lit(1).alias("x")).cast("struct<y:double>").alias("b")
    ),
    "column_alias_methods": lambda s: w(s).select(s.F.col("Q1").name("n"), s.F.col("Q2").alias("with space")),
    "column_transform": lambda s: w(s).select(s.F.col("Q1").transform(lambda x: x + 1).alias("y")),
    # nested values
    "items_and_fields": lambda s: o(s).select(
        s.F.col("info").getField("a").alias("a"), s.F.col("info")["b"].alias("b"), s.F.col("info").a.alias("c"), s.F.col("info").getItem("a").alias("d")
    ),
    "array_items": lambda s: o(s).filter("id = 1").select(s.F.col("tags")[0].alias("a"), s.F.col("tags").getItem(1).alias("b"), s.F.element_at("tags", -1).alias("c"), s.F.get("tags", s.F.lit(5)).alias("d")),
    "map_items": lambda s: one(s).select(s.F.create_map(s.F.lit("k"), s.F.lit(1)).alias("m")).select(s.F.col("m")["k"].alias("a"), s.F.col("m").getItem("k").alias("b"), s.F.col("m").k.alias("c"), s.F.col("m").getItem("z").alias("d")),
    "with_field_new": lambda s: o(s).select("id", s.F.col("info").withField("c", s.F.col("qty") * 2).alias("info")),
    "with_field_replaced": lambda s: o(s).select("id", s.F.col("info").withField("A", s.F.lit("x")).alias("info")),
    "with_field_names_itself": lambda s: o(s).filter("id = 1").select(s.F.col("info").withField("c", s.F.lit(1))),
    "with_field_within": lambda s: o(s).select(s.F.struct("id", "info").alias("t")).withColumn("t", s.F.col("t").withField("info.a", s.F.lit(0))),
    "drop_fields": lambda s: o(s).select("id", s.F.col("info").dropFields("b").alias("info")),
    "drop_fields_several": lambda s: o(s).select(s.F.struct("id", "qty", "note", "info").alias("t")).select(s.F.col("t").dropFields("qty", "info.a", "nope").alias("t")),
    "struct_of_names": lambda s: o(s).select(s.F.struct("id", s.F.col("qty").alias("n"), s.F.lit(1).alias("one")).alias("t")),
    "struct_of_list": lambda s: o(s).select(s.F.struct(["id", "qty"]).alias("t")).select("t.id", "t.qty"),
    "struct_of_star": lambda s: w(s).select(s.F.struct("*").alias("t")).select("t.*"),
    "nested_in_array": lambda s: o(s).groupBy("customer").agg(s.F.sort_array(s.F.collect_list(s.F.struct("id", "qty"))).alias("l")).select("customer", s.F.col("l.qty").alias("q"), s.F.col("l")[0]["id"].alias("first")),
    "inline_of_structs": lambda s: o(s).groupBy("customer").agg(s.F.collect_list(s.F.struct("id", "note")).alias("l")).select("customer", s.F.inline("l")),
    "explode_map": lambda s: one(s).select(s.F.explode(s.F.create_map(s.F.lit("a"), s.F.lit(1), s.F.lit("b"), s.F.lit(2)))),
    "explode_outer_keeps": lambda s: o(s).select("id", s.F.explode_outer("tags").alias("t")),
    "posexplode_outer": lambda s: o(s).select("id", s.F.posexplode_outer("tags")),
    "explode_after_split": lambda s: c(s).withColumn("letter", s.F.explode(s.F.split("name", "n"))).groupBy("letter").count(),
    "stack_of_columns": lambda s: w(s).select("id", s.F.stack(s.F.lit(2), s.F.lit("Q1"), s.F.col("Q1"), s.F.lit("Q2"), s.F.col("Q2")).alias("k", "v")),
    # literals
    "literals_of_numbers": lambda s: lits(s, a=1, b=2**40, c=1.5, d=float("inf"), e=decimal.Decimal("1.50"), f=True, g=None, h=-3, i=1e-9),
    "literals_of_text_and_bytes": lambda s: lits(s, a="it's", b="", c="a\\b\n", d="ä😀", e=b"x").select("a", "b", "c", "d", s.F.hex("e").alias("e")),
    "literals_of_time": lambda s: lits(s, a=datetime.date(2024, 2, 29), b=datetime.datetime(2024, 2, 29, 1, 2, 3, 4), c=datetime.timedelta(days=1, seconds=5)).select("a", "b", (s.F.col("b") + s.F.col("c")).alias("c")),
    "literals_with_zone": lambda s: lits(s, a=datetime.datetime(2024, 2, 29, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))),
    "literals_of_lists": lambda s: lits(s, a=[1, 2], b=["x"], c=[[1], [2, 3]], d=[1.5, 2.5]),
    "literal_of_an_enum_value": lambda s: lits(s, a=Grade.HIGH.value),
    "literals_of_numpy": lambda s: (lambda np: lits(s, a=np.int32(5), b=np.int64(6), c=np.float64(1.5), d=np.bool_(True), e=np.float32(0.5)))(__import__("numpy")),
    "literal_of_a_column": lambda s: w(s).select(s.F.lit(s.F.col("Q1"))),
    "array_of_numpy": lambda s: (lambda np: lits(s, a=np.array([1, 2]), b=np.array([0.5])))(__import__("numpy")),
    "decimal_literals": lambda s: lits(s, a=decimal.Decimal("-0.001"), b=decimal.Decimal("1E+2"), c=decimal.Decimal(0)),
    # functions
    "call_function": lambda s: w(s).select(s.F.call_function("upper", s.F.lit("a")).alias("a"), s.F.call_function("abs", s.F.col("Q1")).alias("b")),
    "expr_forms": lambda s: w(s).select(s.F.expr("Q1 + 1"), s.F.expr("CASE WHEN Q2 IS NULL THEN 'n' ELSE 'y' END AS f"), s.F.expr("length('abc')").alias("l")),
    "greatest_least_coalesce": lambda s: w(s).select(s.F.greatest("Q1", "Q2").alias("a"), s.F.least("Q1", "Q2").alias("b"), s.F.coalesce("Q2", "Q1").alias("c"), s.F.nvl("Q2", s.F.lit(0)).alias("d")),
    "round_and_bround": lambda s: one(s).select(s.F.round(s.F.lit(2.5)).alias("a"), s.F.bround(s.F.lit(2.5)).alias("b"), s.F.round(s.F.lit(1.234), 1).alias("c"), s.F.floor(s.F.lit(-1.5)).alias("d"), s.F.ceil(s.F.lit(1.2)).alias("e")),
    "strings_more": lambda s: c(s).select(
        s.F.lpad("name", 6, "*").alias("a"), s.F.initcap("name").alias("b"), s.F.translate("name", "an", "xy").alias("c"), s.F.reverse("name").alias("d"),
        s.F.repeat("name", 2).alias("e"), s.F.instr("name", "r").alias("f"), s.F.locate("a", "name").alias("g"), s.F.split("name", "a").alias("h"),
    ),
    "strings_more_still": lambda s: c(s).select(
        s.F.concat("name", s.F.lit("!")).alias("a"), s.F.concat_ws("-", "name", "city").alias("b"), s.F.format_string("%s:%05d", "name", "id").alias("c"),
        s.F.regexp_extract("name", "(.)$", 1).alias("d"), s.F.regexp_replace("name", "[aeiou]", "_").alias("e"), s.F.trim("city").alias("f"),
        s.F.length("name").alias("g"), s.F.levenshtein("name", s.F.lit("anne")).alias("h"), s.F.overlay("name", s.F.lit("X"), 2).alias("i"),
    ),
    "hashes": lambda s: c(s).select(s.F.md5("name").alias("a"), s.F.sha2("name", 256).alias("b"), s.F.sha1("name").alias("c"), s.F.crc32("name").alias("d"), s.F.base64(s.F.col("name").cast("binary")).alias("e")),
    "dates_more": lambda s: o(s).select(
        s.F.date_add("day", 1).alias("a"), s.F.date_sub("day", s.F.col("qty")).alias("b"), s.F.months_between("day", s.F.lit("2024-01-01").cast("date")).alias("c"),
        s.F.next_day("day", "Mon").alias("d"), s.F.last_day("day").alias("e"), s.F.trunc("day", "month").alias("f"), s.F.dayofweek("day").alias("g"),
        s.F.weekofyear("day").alias("h"), s.F.date_format("at", "yyyy/MM/dd HH:mm").alias("i"), s.F.datediff(s.F.lit("2024-03-01").cast("date"), "day").alias("j"),
    ),
    "times_more": lambda s: o(s).select(
        s.F.hour("at").alias("a"), s.F.minute("at").alias("b"), s.F.date_trunc("hour", "at").alias("c"), s.F.unix_timestamp("at").alias("d"),
        s.F.from_unixtime(s.F.lit(0)).alias("e"), s.F.to_timestamp(s.F.lit("2024-01-02 03:04:05")).alias("f"), s.F.to_date(s.F.lit("02.01.2024"), "dd.MM.yyyy").alias("g"),
        s.F.timestamp_seconds(s.F.lit(1.5)).alias("h"), s.F.add_months("day", -1).alias("i"), s.F.make_date(s.F.lit(2024), s.F.lit(2), s.F.lit(29)).alias("j"),
    ),
    "arrays_more": lambda s: o(s).filter("tags IS NOT NULL").select(
        s.F.size("tags").alias("a"), s.F.array_contains("tags", "x").alias("b"), s.F.array_join("tags", ",").alias("c"), s.F.concat("tags", s.F.array(s.F.lit("q"))).alias("d"),
        s.F.slice("tags", 1, 1).alias("e"), s.F.array_distinct("tags").alias("f"), s.F.array_union("tags", s.F.array(s.F.lit("x"))).alias("g"), s.F.array_position("tags", "y").alias("h"),
        s.F.array_remove("tags", "x").alias("i"), s.F.flatten(s.F.array("tags", "tags")).alias("j"), s.F.array_max("tags").alias("k"), s.F.array_repeat("id", 2).alias("l"),
    ),
    "sequences_of_numbers": lambda s: w(s).select(s.F.sequence(s.F.lit(1), s.F.col("id")).alias("a")),
    "maps_more": lambda s: one(s).select(s.F.map_from_arrays(s.F.array(s.F.lit("a"), s.F.lit("b")), s.F.array(s.F.lit(1), s.F.lit(2))).alias("m")).select(
        s.F.map_keys("m").alias("a"), s.F.map_values("m").alias("b"), s.F.map_entries("m").alias("c"), s.F.map_concat("m", s.F.create_map(s.F.lit("z"), s.F.lit(9)))["z"].alias("d"), s.F.size("m").alias("e")),
    "lambdas_more": lambda s: o(s).filter("tags IS NOT NULL").select(
        s.F.transform("tags", lambda x, i: s.F.concat(x, i.cast("string"))).alias("a"), s.F.filter("tags", lambda x: x > "x").alias("b"), s.F.exists("tags", lambda x: x == "z").alias("c"),
        s.F.forall("tags", lambda x: x.isNotNull()).alias("d"), s.F.aggregate("tags", s.F.lit(""), lambda acc, x: s.F.concat(acc, x), lambda acc: s.F.upper(acc)).alias("e"),
        s.F.zip_with("tags", "tags", lambda a, b: s.F.concat(a, b)).alias("f"), s.F.reduce("tags", s.F.lit(0), lambda acc, x: acc + s.F.length(x)).alias("g"),
    ),
    "lambdas_within_lambdas": lambda s: o(s).filter("id = 1").select(s.F.transform("tags", lambda x: s.F.transform("tags", lambda y: s.F.concat(x, y))).alias("a")),
    "lambdas_see_columns": lambda s: o(s).filter("id < 3").select(s.F.transform("tags", lambda x: s.F.concat(x, s.F.col("note"))).alias("a")),
    "lambdas_over_maps": lambda s: one(s).select(s.F.create_map(s.F.lit("a"), s.F.lit(1)).alias("m")).select(
        s.F.transform_values("m", lambda k, v: v + 1).alias("a"), s.F.transform_keys("m", lambda k, v: s.F.upper(k)).alias("b"), s.F.map_filter("m", lambda k, v: v > 5).alias("c"),
    ),
    "lambda_with_field": lambda s: o(s).groupBy("customer").agg(s.F.sort_array(s.F.collect_list(s.F.struct("id", "qty"))).alias("l")).select(s.F.transform("l", lambda x: x["qty"] + x.id).alias("t"), s.F.filter("l", lambda x: x.qty > 2).alias("f")),
    "json_forms": lambda s: one(s).select(s.F.from_json(s.F.lit('{"a": 1, "b": ["x"]}'), "a INT, b ARRAY<STRING>").alias("j")).select("j.a", "j.b", s.F.to_json("j").alias("t")),
    "json_with_types": lambda s: one(s).select(s.F.from_json(s.F.lit('{"a": 1}'), s.T.StructType().add("a", s.T.LongType())).alias("j"), s.F.get_json_object(s.F.lit('{"a": {"b": 2}}'), "$.a.b").alias("g"), s.F.json_tuple(s.F.lit('{"a": 1, "b": 2}'), "a", "b").alias("x", "y")),
    "map_schema_from_json": lambda s: one(s).select(s.F.from_json(s.F.lit('{"a": 1}'), s.T.MapType(s.T.StringType(), s.T.IntegerType())).alias("m")).select(s.F.col("m")["a"].alias("v")),
    "partial_functions_by_name": lambda s: c(s).select(s.F.lpad(col="name", len=6, pad="-").alias("a"), s.F.round(col=s.F.lit(1.55), scale=1).alias("b"), s.F.split(str="name", pattern="a", limit=2).alias("c")),
    "type_and_null_functions": lambda s: given(s).select(s.F.typeof("d").alias("a"), s.F.isnull("s").alias("b"), s.F.nanvl("d", s.F.lit(0.0)).alias("c"), s.F.nullif("i", s.F.lit(2)).alias("d"), s.F.ifnull("s", s.F.lit("-")).alias("e")),
    "raise_and_assert": lambda s: w(s).select(s.F.assert_true(s.F.col("Q1") > 0).alias("a"), "id"),
    # aggregates
    "aggregates_more": lambda s: o(s).agg(
        s.F.count_if(s.F.col("qty") > 1).alias("a"), s.F.max_by("note", "qty").alias("b"), s.F.median("qty").alias("c"), s.F.collect_set("customer").alias("x"),
        s.F.any_value(s.F.lit(1)).alias("e"), s.F.bool_and(s.F.col("qty") > 0).alias("f"), s.F.sum_distinct("customer").alias("g"),
        s.F.approx_count_distinct("customer").alias("h"), s.F.percentile("qty", 0.5).alias("i"), s.F.mode(s.F.lit(2)).alias("j"),
    ).withColumn("x", s.F.sort_array("x")),
    "statistics_of_columns": lambda s: o(s).agg(*(s.F.round(f, 6).alias(n) for n, f in (
        ("a", s.F.stddev("qty")), ("b", s.F.var_pop("qty")), ("c", s.F.skewness("qty")), ("d", s.F.kurtosis("qty")), ("e", s.F.corr("id", "qty")), ("f", s.F.covar_pop("id", "qty")), ("g", s.F.product("qty"))
    ))),
    "aggregate_with_filter_text": lambda s: o(s).agg(s.F.expr("count(*) FILTER (WHERE qty > 2)").alias("n"), s.F.expr("percentile_approx(qty, 0.5)").alias("p")),
    # windows
    "window_ranks": lambda s: (lambda win: o(s).select("id", s.F.row_number().over(win).alias("a"), s.F.rank().over(win).alias("b"), s.F.dense_rank().over(win).alias("c"), s.F.percent_rank().over(win).alias("d"), s.F.cume_dist().over(win).alias("e"), s.F.ntile(2).over(win).alias("f")))(s.Window.orderBy("note", "id")),
    "window_lag_lead": lambda s: (lambda win: o(s).select("id", s.F.lag("qty").over(win).alias("a"), s.F.lead("qty", 2).over(win).alias("b"), s.F.lag("qty", 1, 0).over(win).alias("c"), s.F.nth_value("qty", 2).over(win).alias("d")))(s.Window.orderBy("id")),
    "window_frames": lambda s: (lambda win: o(s).select(
        "id", s.F.sum("qty").over(win.rowsBetween(s.Window.unboundedPreceding, s.Window.currentRow)).alias("a"), s.F.avg("qty").over(win.rowsBetween(-1, 1)).alias("b"),
        s.F.count("*").over(win.rangeBetween(-1, s.Window.currentRow)).alias("c"), s.F.max("qty").over(win.rowsBetween(s.Window.currentRow, s.Window.unboundedFollowing)).alias("d")))(s.Window.orderBy("id")),
    "window_partitions_by_list": lambda s: o(s).select("id", s.F.sum("qty").over(s.Window.partitionBy(["customer", "note"])).alias("n")),
    "window_ordered_by_column": lambda s: o(s).withColumn("r", s.F.row_number().over(s.Window.partitionBy(s.F.col("customer")).orderBy(s.F.col("qty").desc(), s.F.col("id").asc_nulls_last()))).filter("r = 1").select("id"),
    "window_first_last": lambda s: (lambda win: o(s).select("id", s.F.first("note", True).over(win).alias("a"), s.F.last("note", ignorenulls=True).over(win).alias("b")))(s.Window.orderBy("id").rowsBetween(s.Window.unboundedPreceding, s.Window.unboundedFollowing)),
    "window_in_expression": lambda s: o(s).select("id", (s.F.col("qty") / s.F.sum("qty").over(s.Window.partitionBy("customer"))).alias("share")),
    "window_of_time": lambda s: o(s).groupBy(s.F.window("at", "1 day")).agg(s.F.count("*").alias("n")).select("window.start", "window.end", "n"),
    "window_of_time_sliding": lambda s: o(s).filter("id = 1").groupBy(s.F.window("at", "2 hours", "1 hour")).count().select(s.F.col("window.start").alias("s"), "count"),
})  # fmt: skip

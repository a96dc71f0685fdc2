"""DataFrame code that runs on PySpark and on the facade alike: each takes `s` (spark, F, T, Window).
`orders(id, customer, amount, qty, day, at, tags, info, note)`, `customers(id, name, city, boss)`, `wide(id, Q1, Q2)`.
"""

from __future__ import annotations

import datetime
import decimal

SNIPPETS = {}


def snippet(function):
    SNIPPETS[function.__name__] = function
    return function


def _orders(s):
    return s.spark.table("orders")


def _customers(s):
    return s.spark.table("customers")


@snippet
def select_names_and_columns(s):
    return _orders(s).select("id", s.F.col("amount"), s.F.col("qty").alias("n"))


@snippet
def select_star_and_more(s):
    return _orders(s).select("*", (s.F.col("qty") * 2).alias("twice"))


@snippet
def with_column_new_and_replaced(s):
    return _orders(s).withColumn("qty", s.F.col("qty") + 1).withColumn("total", s.F.col("amount") * s.F.col("qty"))


@snippet
def with_column_replaces_another_case(s):
    return _orders(s).withColumn("QTY", s.F.lit(1))


@snippet
def with_columns_see_the_old_values(s):
    return _orders(s).withColumns({"qty": s.F.col("id"), "id": s.F.col("qty")})


@snippet
def chain_of_dependent_columns(s):
    df = _orders(s).withColumn("a", s.F.col("qty") + 1).withColumn("b", s.F.col("a") * 2)
    return df.withColumn("a", s.F.col("b") - s.F.col("a")).select("id", "a", "b")


@snippet
def rename_then_use(s):
    return _orders(s).withColumnRenamed("id", "key").filter("key > 1").select("key")


@snippet
def rename_of_unknown_is_nothing(s):
    return _orders(s).withColumnRenamed("nope", "key").select("id")


@snippet
def drop_some_and_unknown(s):
    return _orders(s).drop("tags", "info", "nope", "at")


@snippet
def drop_then_set_again(s):
    return _orders(s).drop("qty").withColumn("qty", s.F.lit(7)).select("id", "qty")


@snippet
def filter_conditions(s):
    F = s.F
    return _orders(s).filter((F.col("qty") > 1) & ~(F.col("customer") == 2) | F.col("note").isNull()).select("id")


@snippet
def filter_by_text_and_or(s):
    return _orders(s).where("qty > 1 OR id = 1").where("customer = 1 OR customer = 2").select("id")


@snippet
def filter_by_column_not_selected(s):
    return _orders(s).select("id", (s.F.col("amount") * 2).alias("x")).filter(s.F.col("qty") > 1).filter("x > 3")


@snippet
def order_by_column_not_selected(s):
    return _orders(s).select("id").orderBy(s.F.col("qty").desc(), "id").limit(3)


@snippet
def frame_column_in_filter(s):
    df = _orders(s)
    return df.filter(df.qty > 1).select(df["id"], df.note)


@snippet
def join_using_name(s):
    left = _orders(s).select(s.F.col("customer").alias("id"), "amount")
    return left.join(_customers(s), "id")


@snippet
def join_using_names_left(s):
    left = _orders(s).select(s.F.col("customer").alias("id"), "amount")
    return left.join(_customers(s), ["id"], "left")


@snippet
def join_on_frames(s):
    o, c = _orders(s), _customers(s)
    return o.join(c, o.customer == c.id).select(o.id, c.name, "amount")


@snippet
def join_then_drop_one_side(s):
    o, c = _orders(s).select("id", "customer"), _customers(s)
    return o.join(c, o.customer == c.id, "left").drop(c.id)


@snippet
def join_drop_then_more(s):
    o, c = _orders(s).select("id", "customer"), _customers(s)
    joined = o.join(c, o.customer == c.id).drop(c.id).withColumn("label", s.F.concat_ws("-", "id", "name"))
    return joined.select("id", "label")


@snippet
def join_filter_join(s):
    o, c = _orders(s), _customers(s)
    b = s.spark.table("customers").alias("b")
    joined = o.join(c, o.customer == c.id).filter(o.qty > 0)
    return joined.join(b, c.boss == s.F.col("b.id"), "left").select(o.id, c.name, s.F.col("b.name").alias("boss"))


@snippet
def join_aliases(s):
    F = s.F
    o, c = _orders(s).alias("o"), _customers(s).alias("c")
    return o.join(c, F.col("o.customer") == F.col("c.id"), "inner").select("o.id", "c.name", F.col("c.city"))


@snippet
def join_aliases_after_filter(s):
    F = s.F
    o, c = _orders(s).alias("o"), _customers(s).alias("c")
    return o.join(c, F.expr("o.customer = c.id")).filter("o.qty > 1 and c.city is not null").select("o.*")


@snippet
def self_join_with_aliases(s):
    F = s.F
    c = _customers(s)
    return (
        c.alias("a")
        .join(c.alias("b"), F.col("a.boss") == F.col("b.id"))
        .select("a.name", F.col("b.name").alias("boss"))
    )


@snippet
def join_with_own_aggregate(s):
    o = _orders(s)
    totals = o.groupBy("customer").agg(s.F.sum("qty").alias("total"))
    return o.join(totals, o.customer == totals.customer).select(o.id, totals.total)


@snippet
def join_condition_list(s):
    o, c = _orders(s), _customers(s)
    return o.join(c, [o.customer == c.id, o.qty > 1], "left_outer").select(o.id, c.name)


@snippet
def semi_and_anti(s):
    o, c = _orders(s), _customers(s)
    semi = c.join(o, o.customer == c.id, "left_semi")
    return semi.union(c.join(o, c.id == o.customer, "left_anti")).select("id")


@snippet
def full_and_right(s):
    o = _orders(s).select(s.F.col("customer").alias("id"), "qty")
    return o.join(_customers(s), "id", "full").select("id", "qty", "name")


@snippet
def cross_join(s):
    return s.spark.table("wide").crossJoin(_customers(s).select("name"))


@snippet
def group_agg(s):
    F = s.F
    return (
        _orders(s)
        .groupBy("customer")
        .agg(
            F.sum("qty").alias("q"), F.count("*").alias("n"), F.max(F.col("amount")).alias("m"), F.avg("qty").alias("a")
        )
    )


@snippet
def group_short_forms(s):
    return _orders(s).groupBy("customer").sum("qty").join(_orders(s).groupBy("customer").count(), "customer")


@snippet
def group_dict(s):
    return _orders(s).groupBy("customer").agg({"qty": "max"})


@snippet
def group_by_expression(s):
    F = s.F
    return _orders(s).groupBy(F.year("day").alias("y"), "customer").agg(F.count_distinct("id").alias("n")).orderBy("y")


@snippet
def aggregate_of_all(s):
    return _orders(s).agg(s.F.min("day"), s.F.countDistinct("customer").alias("n"))


@snippet
def having_by_filter(s):
    return _orders(s).groupBy("customer").count().filter("count > 1")


@snippet
def rollup_sums(s):
    return _orders(s).rollup("customer", "day").agg(s.F.sum("qty").alias("q"))


@snippet
def cube_counts(s):
    return _orders(s).cube("customer").count()


@snippet
def pivot_one(s):
    return _orders(s).groupBy("customer").pivot("note", ["a", "b"]).agg(s.F.sum("qty"))


@snippet
def pivot_two(s):
    F = s.F
    return (
        _orders(s).groupBy("customer").pivot("note", ["a", "b"]).agg(F.sum("qty").alias("s"), F.max("qty").alias("m"))
    )


@snippet
def unpivot_columns(s):
    return s.spark.table("wide").unpivot("id", ["Q1", "Q2"], "quarter", "value")


@snippet
def distinct_rows(s):
    return _orders(s).select("customer", "note").distinct()


@snippet
def drop_duplicates_by_key(s):
    return _orders(s).select("customer").dropDuplicates(["customer"]).filter("customer > 0")


@snippet
def union_by_position(s):
    return _customers(s).select("id", "name").union(_orders(s).select("customer", "note")).filter("id > 1")


@snippet
def union_by_name(s):
    return _customers(s).select("name", "id").unionByName(_customers(s).select("id", "name"))


@snippet
def union_by_name_with_missing(s):
    return _customers(s).select("id", "name").unionByName(_customers(s).select("city", "id"), allowMissingColumns=True)


@snippet
def set_operations(s):
    a, b = _customers(s).select("id"), _orders(s).select("customer")
    return a.subtract(b).union(a.intersect(b)).union(a.exceptAll(b))


@snippet
def case_when(s):
    F = s.F
    return _orders(s).select(
        "id",
        F.when(F.col("qty") > 2, "many").when(F.col("qty") == 1, "one").otherwise("some").alias("label"),
        F.when(F.col("note").isNotNull(), 1).alias("flag"),
    )


@snippet
def column_methods(s):
    F = s.F
    c = F.col("note")
    return _orders(s).select(
        c.isin("a", "b").alias("i"), c.isin(["a"]).alias("j"), c.like("a%").alias("k"), c.rlike("^a").alias("l"),
        c.contains("a").alias("m"), c.startswith("a").alias("n"), c.endswith("a").alias("o"), c.substr(1, 1).alias("p"),
        F.col("qty").between(1, 2).alias("q"), c.eqNullSafe(None).alias("r"), c.ilike("A").alias("t"),
        (~F.col("qty").isin(1)).alias("u"), F.col("qty").bitwiseAND(1).alias("v"),
    )  # fmt: skip


@snippet
def casts(s):
    F, T = s.F, s.T
    return _orders(s).select(
        F.col("qty").cast("string").alias("a"), F.col("qty").cast(T.DoubleType()).alias("b"),
        F.col("amount").cast(T.DecimalType(12, 3)).alias("c"), F.col("id").astype("int").alias("d"),
        F.col("day").cast("timestamp").alias("e"),
    )  # fmt: skip


@snippet
def arithmetic_keeps_precedence(s):
    F = s.F
    return _orders(s).select(
        ((F.col("qty") + 1) * 2).alias("a"), (10 - (F.col("qty") - 1)).alias("b"), (-F.col("qty") % 3).alias("c"),
        (F.col("qty") / (F.col("id") + 1)).alias("d"), (F.col("qty") ** 2).alias("e"), (2 * F.col("qty") > 3).alias("f"),
    )  # fmt: skip


@snippet
def literals(s):
    F = s.F
    return _orders(s).select(
        F.lit(1).alias("a"), F.lit(1.5).alias("b"), F.lit("it's").alias("c"), F.lit(True).alias("d"),
        F.lit(decimal.Decimal("1.50")).alias("e"), F.lit(datetime.date(2024, 1, 2)).alias("f"),
        F.lit(3_000_000_000).alias("g"), F.lit(-4).alias("h"), F.lit(None).cast("string").alias("i"),
        F.lit("back\\slash").alias("j"),
    )  # fmt: skip


@snippet
def strings(s):
    F = s.F
    return _customers(s).select(
        F.upper("name").alias("a"), F.trim(F.col("city")).alias("b"), F.concat("name", F.lit("!")).alias("c"),
        F.concat_ws(", ", "name", "city").alias("d"), F.regexp_replace("name", "[aeiou]", "_").alias("e"),
        F.substring("name", 1, 2).alias("f"), F.lpad("name", 8, "*").alias("g"), F.split("name", "a").alias("h"),
        F.length("name").alias("i"), F.initcap("city").alias("j"), F.regexp_extract("name", "(.)(.)", 2).alias("k"),
        F.coalesce("city", F.lit("?")).alias("l"), F.translate("name", "a", "b").alias("m"), F.instr("name", "a").alias("n"),
    )  # fmt: skip


@snippet
def dates(s):
    F = s.F
    return _orders(s).select(
        F.year("day").alias("a"), F.date_format("day", "yyyy-MM").alias("b"), F.to_date(F.lit("2024-03-01")).alias("c"),
        F.datediff(F.lit("2024-12-31"), "day").alias("d"), F.date_add("day", 3).alias("e"), F.add_months("day", 1).alias("f"),
        F.date_trunc("month", "at").alias("g"), F.last_day("day").alias("h"), F.to_timestamp(F.lit("2024-01-01 01:02:03")).alias("i"),
        F.unix_timestamp("at").alias("j"), F.from_unixtime(F.lit(0)).alias("k"), F.trunc("day", "year").alias("l"),
        F.months_between("at", F.lit("2023-01-01")).alias("m"), F.dayofweek("day").alias("n"), F.hour("at").alias("o"),
        F.to_date(F.lit("01/02/2024"), "dd/MM/yyyy").alias("p"),
    )  # fmt: skip


@snippet
def windows(s):
    F, Window = s.F, s.Window
    w = Window.partitionBy("customer").orderBy(F.col("day").desc(), "id")
    running = Window.partitionBy("customer").orderBy("id").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    near = Window.partitionBy(F.col("customer")).orderBy("id").rowsBetween(-1, 1)
    return _orders(s).select(
        "id", F.row_number().over(w).alias("rn"), F.rank().over(w).alias("rk"), F.lag("qty").over(w).alias("lg"),
        F.lead("qty", 1, 0).over(w).alias("ld"), F.sum("qty").over(running).alias("r"), F.avg("qty").over(near).alias("n"),
        F.count("*").over(Window.partitionBy("customer")).alias("c"), F.first("qty").over(w).alias("f"),
    )  # fmt: skip


@snippet
def latest_per_key(s):
    F, Window = s.F, s.Window
    w = Window.partitionBy("customer").orderBy(F.desc("id"))
    return (
        _orders(s).withColumn("rn", F.row_number().over(w)).filter(F.col("rn") == 1).drop("rn").select("id", "customer")
    )


@snippet
def explode_in_select(s):
    return _orders(s).select("id", s.F.explode("tags").alias("tag"))


@snippet
def explode_with_column(s):
    return _orders(s).withColumn("tag", s.F.explode(s.F.col("tags"))).select("tag", "id")


@snippet
def explode_replaces_column(s):
    return _orders(s).select("id", "tags").withColumn("tags", s.F.explode_outer("tags"))


@snippet
def posexplode_with_names(s):
    return _orders(s).select("id", s.F.posexplode("tags").alias("p", "t"))


@snippet
def structs_and_maps(s):
    F = s.F
    return _orders(s).filter(F.size("tags") > 0).select(
        F.col("info.a").alias("a"), F.col("info")["b"].alias("b"), F.col("info").getField("a").alias("c"),
        F.struct("id", F.col("qty").alias("q")).alias("d"), F.array("id", "qty").alias("e"), F.col("tags")[0].alias("f"),
        F.col("info").a.alias("g"), F.create_map(F.lit("k"), "qty")["k"].alias("h"), F.size("tags").alias("i"),
        F.array_contains("tags", "x").alias("j"), F.element_at("tags", 1).alias("k"), F.col("tags").getItem(0).alias("l"),
        F.named_struct(F.lit("x"), F.col("id")).alias("m"),
    )  # fmt: skip


@snippet
def struct_star(s):
    return _orders(s).select("id", "info.*")


@snippet
def lambdas(s):
    F = s.F
    return _orders(s).select(
        F.transform("tags", lambda x: F.upper(x)).alias("a"), F.filter("tags", lambda x: x != "x").alias("b"),
        F.exists("tags", lambda x: x == F.col("note")).alias("c"),
        F.aggregate(F.array("id", "qty"), F.lit(0).cast("bigint"), lambda acc, x: acc + x).alias("d"),
        F.transform(F.array(F.array("id")), lambda x: F.transform(x, lambda y: y + F.size(x))).alias("e"),
        F.transform("tags", lambda x, i: F.concat(x, i.cast("string"))).alias("f"),
    )  # fmt: skip


@snippet
def json_text(s):
    F, T = s.F, s.T
    schema = T.StructType([T.StructField("a", T.IntegerType()), T.StructField("b", T.ArrayType(T.StringType()))])
    text = F.lit('{"a": 1, "b": ["x"]}')
    return _orders(s).select(
        F.from_json(text, schema).alias("j"), F.from_json(text, "a INT")["a"].alias("k"),
        F.get_json_object(text, "$.a").alias("l"), F.to_json(F.struct("id")).alias("m"),
    )  # fmt: skip


@snippet
def expr_and_select_expr(s):
    return _orders(s).selectExpr("id", "qty * 2 as twice", "upper(note) note").withColumn("z", s.F.expr("twice + 1"))


@snippet
def sort_orders(s):
    F = s.F
    return _orders(s).orderBy(F.col("note").desc_nulls_last(), F.desc("id")).limit(4).select("id", "note")


@snippet
def sort_descending_flags(s):
    return _orders(s).sort("customer", "id", ascending=[False, True]).limit(3).select("id")


@snippet
def limit_then_filter(s):
    return _orders(s).orderBy("id").limit(2).filter("id > 1").select("id")


@snippet
def na_drop_subset(s):
    return _orders(s).na.drop(subset=["note", "qty"]).select("id")


@snippet
def sql_then_methods(s):
    return s.spark.sql("SELECT customer, sum(qty) AS q FROM orders GROUP BY customer").filter("q > 1").orderBy("q")


@snippet
def sql_with_arguments(s):
    return s.spark.sql("SELECT id FROM orders WHERE qty > :low AND note = :note", {"low": 0, "note": "a"})


@snippet
def range_of_numbers(s):
    return s.spark.range(3).withColumn("square", s.F.col("id") * s.F.col("id"))


@snippet
def transform_function(s):
    return _orders(s).transform(lambda df, n: df.withColumn("n", s.F.lit(n)), 3).select("id", "n")


@snippet
def alias_of_grouped(s):
    g = _orders(s).groupBy("customer").agg(s.F.sum("qty").alias("q")).alias("g")
    return g.join(_customers(s).alias("c"), s.F.col("g.customer") == s.F.col("c.id")).select("c.name", "g.q")


@snippet
def with_column_on_join(s):
    o, c = _orders(s).alias("o"), _customers(s).alias("c")
    joined = o.join(c, s.F.col("o.customer") == s.F.col("c.id"), "left")
    return joined.withColumn("who", s.F.coalesce(s.F.col("c.name"), s.F.lit("?"))).select("o.id", "who", "c.city")


@snippet
def renamed_columns_before_join(s):
    c = _customers(s).withColumnRenamed("id", "customer").withColumnRenamed("name", "who")
    return _orders(s).join(c, "customer", "left").select("id", "who")


@snippet
def count_distinct_of_two(s):
    return _orders(s).agg(s.F.countDistinct("customer", "note").alias("n"), s.F.collect_set("note").alias("notes"))


@snippet
def aggregates_many(s):
    F = s.F
    return _orders(s).groupBy("customer").agg(
        F.max_by("note", "id").alias("a"), F.stddev("qty").alias("b"), F.sum(F.when(F.col("qty") > 1, 1).otherwise(0)).alias("c"),
        F.sort_array(F.collect_list("id")).alias("d"), F.first("customer", ignorenulls=True).alias("e"),
        F.sum_distinct("qty").alias("f"), F.round(F.avg("amount"), 1).alias("g"),
    )  # fmt: skip


@snippet
def windows_in_time(s):
    w = s.Window.orderBy(s.F.col("id")).rangeBetween(-1, 0)
    return _orders(s).select("id", s.F.sum("qty").over(w).alias("q"))


@snippet
def frame_column_after_group(s):
    o = _orders(s)
    return o.groupBy(o.customer).agg(s.F.max(o.qty).alias("m")).select(o.customer, "m")


@snippet
def quoted_names(s):
    return _orders(s).select(s.F.col("id").alias("my id")).filter("`my id` > 1").select(s.F.col("`my id`"))


@snippet
def fill_by_kind(s):
    return _customers(s).fillna("?").fillna(0, subset=["boss", "name"])


@snippet
def fill_by_column(s):
    return _orders(s).select("id", "note", "qty").na.fill({"note": "none", "qty": 9})


@snippet
def drop_rows_with_nulls(s):
    return _customers(s).dropna().unionByName(_customers(s).na.drop("all")).union(_customers(s).dropna(thresh=3))


@snippet
def replace_values(s):
    return _customers(s).replace({"anna": "ann", "bert": "bertie"}).na.replace([1, 2], [10, 20], "boss")


@snippet
def rename_all_columns(s):
    return _customers(s).toDF("a", "b", "c", "d").select([s.F.col(c).alias(c.upper()) for c in ["a", "d"]])


@snippet
def loop_over_columns_and_types(s):
    df = _customers(s)
    for name, kind in df.dtypes:
        if kind == "string":
            df = df.withColumn(name, s.F.trim(s.F.col(name)))
    return df.select(*[c for c in df.columns if c != "boss"], s.F.lit(len(df.schema.fields)).alias("n"))


@snippet
def sum_of_all_numbers(s):
    return s.spark.table("wide").groupBy("id").sum()


@snippet
def melt_everything_else(s):
    return s.spark.table("wide").melt(["id"], None, "name", "value")


@snippet
def group_by_function_and_alias_then_join(s):
    F = s.F
    daily = _orders(s).groupBy(F.to_date("at").alias("d")).agg(F.sum("amount").alias("total"))
    return daily.withColumn("share", F.col("total") / F.sum("total").over(s.Window.partitionBy())).select("d", "share")


@snippet
def frame_columns_on_both_sides_after_set(s):
    o, c = _orders(s), _customers(s)
    joined = o.join(c, o.customer == c.id).withColumn("up", s.F.upper(c.name)).filter(s.F.col("up") != "X")
    return joined.select(o.id, c.id.alias("cid"), "up")


@snippet
def join_derived_frame_with_its_origin(s):
    c = _customers(s)
    bosses = c.select(s.F.col("id").alias("boss_id"), s.F.col("name").alias("boss_name"))
    return c.join(bosses, c.boss == bosses.boss_id, "left").select(c.name, bosses["boss_name"])


@snippet
def filter_twice_around_a_window(s):
    F, W = s.F, s.Window
    ranked = _orders(s).filter("qty > 0").withColumn("r", F.dense_rank().over(W.orderBy(F.col("amount").desc())))
    return ranked.where(F.col("r") <= 2).select("id", "r")


@snippet
def limit_distinct_union(s):
    a = _orders(s).select("customer").distinct().orderBy("customer").limit(2)
    return a.union(a).distinct()


@snippet
def nested_case_and_not(s):
    F = s.F
    x = F.when(~(F.col("qty") > 1) | (F.col("note") == "b"), F.when(F.col("id") == 1, "p").otherwise("q")).otherwise(
        F.lit(None)
    )
    return _orders(s).select(
        "id", x.alias("x"), (F.col("note") == "a").cast("int").alias("flag"), (0 - -F.col("id")).alias("m")
    )

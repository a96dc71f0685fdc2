"""More DataFrame code for Spark and the facade alike: methods of frames, groups, missing values, joins, views."""

from __future__ import annotations

from facade.snippets import SNIPPETS


def o(s):
    return s.spark.table("orders")


def c(s):
    return s.spark.table("customers")


def w(s):
    return s.spark.table("wide")


def values(s, *rows):
    """What a method gave to Python, as a DataFrame."""
    return s.spark.createDataFrame([(str(row),) for row in rows], "value string")


def given(s):
    """Rows with every kind of null and number."""
    return s.spark.createDataFrame(
        [(1, 1.5, "a", True), (2, float("nan"), None, False), (None, None, "c", None), (2, -0.0, "a", True)],
        "i int, d double, s string, b boolean",
    )


SNIPPETS.update({
    # names of columns
    "select_list_and_tuple": lambda s: o(s).select(["id", s.F.col("qty")]),
    "select_struct_field": lambda s: o(s).select("info.a", s.F.col("info.b").alias("x")),
    "select_star_of_struct": lambda s: o(s).select("id", "info.*"),
    "select_frame_star": lambda s: o(s).alias("t").select("t.id", "t.info.a"),
    "getitem_forms": lambda s: (lambda d: d.select(d["id"], d["info.a"], d[2], d.qty))(o(s)),
    "getitem_filters": lambda s: (lambda d: d[d.qty > 2][["id", "qty"]])(o(s)),
    "bracket_star": lambda s: (lambda d: d.select(d["*"]))(c(s)),
    "col_regex": lambda s: (lambda d: d.select(d.colRegex("`(q|i).*`")))(o(s).drop("info")),
    "col_regex_among_others": lambda s: (lambda d: d.select("id", d.colRegex("`Q\\d`")))(w(s)),
    "names_keep_their_case": lambda s: w(s).select("q1", s.F.col("ID"), s.F.col("Q2").alias("Q3")),
    "columns_as_a_list": lambda s: values(s, *w(s).withColumn("z", s.F.lit(1)).columns),
    "dtypes_without_a_query": lambda s: values(s, *o(s).selectExpr("id", "amount * 2 x", "info", "tags").dtypes),
    "schema_text": lambda s: values(s, o(s).select("id", "info").schema.simpleString()),
    "is_streaming": lambda s: values(s, o(s).isStreaming),
    "with_columns_of_columns": lambda s: w(s).withColumns({"a": s.F.col("Q1") + 1, "Q2": s.F.lit("x")}),
    "with_column_over_alias": lambda s: w(s).withColumn("a", s.F.col("Q1").alias("ignored")),
    "with_columns_renamed": lambda s: w(s).withColumnsRenamed({"Q1": "a", "q2": "b", "nope": "c"}),
    "to_schema_reorders_and_casts": lambda s: w(s).to(
        s.T.StructType().add("Q2", s.T.LongType()).add("id", s.T.DoubleType())
    ),
    "rename_twice": lambda s: w(s).withColumnRenamed("Q1", "a").withColumnRenamed("a", "b").select("b", "id"),
    "drop_columns_and_names": lambda s: (lambda d: d.drop(d.Q1, s.F.col("id")))(w(s)),
    "drop_ignores_case": lambda s: w(s).drop("q1", "ID"),
    "to_df": lambda s: w(s).toDF("a", "b", "c").select("c", "a"),
    "select_expr_star": lambda s: w(s).selectExpr("*", "Q1 + Q2 AS total", "id as key"),
    "select_expr_list": lambda s: w(s).selectExpr(["id", "Q1"]),
    "with_metadata": lambda s: w(s).withMetadata("id", {"a": 1}),
    "alias_with_metadata": lambda s: w(s).select(s.F.col("id").alias("x", metadata={"a": 1})),
    "transform_with_arguments": lambda s: w(s).transform(lambda d, n: d.withColumn("n", s.F.lit(n)), 3),
    "transform_chain": lambda s: w(s).transform(lambda d: d.filter("id = 1")).transform(lambda d: d.select("Q1")),
    "lateral_alias_in_select_expr": lambda s: w(s).selectExpr("Q1 + 1 AS a", "a * 2 AS b"),
    "generated_names": lambda s: w(s).select(
        s.F.col("Q1") + 1, s.F.upper(s.F.lit("a")), s.F.col("id").cast("string"), -s.F.col("Q1"), s.F.col("id") == 1
    ),
    "generated_names_of_aggregates": lambda s: o(s).groupBy("customer").agg(
        s.F.sum("qty"), s.F.avg("amount"), s.F.count("*"), s.F.countDistinct("note"), s.F.max(s.F.col("qty") + 1)
    ),
    # rows
    "where_is_filter": lambda s: o(s).where(s.F.col("note") == "a").select("id"),
    "filter_by_boolean_column": lambda s: given(s).filter("b").select("i", "s"),
    "filter_nan": lambda s: given(s).filter(s.F.isnan("d") | (s.F.col("d") == 0)).select("i"),
    "sort_by_several": lambda s: o(s).sort(s.F.desc("customer"), "id").limit(2).select("id"),
    "sort_by_name_and_flag": lambda s: o(s).orderBy("customer", "id", ascending=[False, True]).limit(3).select("id"),
    "sort_of_all_descending": lambda s: o(s).sort(["customer", "qty"], ascending=False).limit(2).select("id"),
    "sort_with_nulls": lambda s: given(s).orderBy(s.F.col("s").asc_nulls_last(), s.F.col("i").desc_nulls_first()).limit(3),
    "sort_by_position": lambda s: w(s).orderBy(s.F.col("Q1").desc()).limit(1),
    "limit_and_offset": lambda s: o(s).orderBy("id").offset(1).limit(2).select("id"),
    "limit_zero": lambda s: w(s).limit(0),
    "distinct_of_structs": lambda s: o(s).select("info").union(o(s).select("info")).distinct(),
    "distinct_of_nan_and_zero": lambda s: given(s).select("d").union(s.spark.sql("SELECT 0.0D d")).distinct(),
    "drop_duplicates_all": lambda s: o(s).select("customer").dropDuplicates(),
    "drop_duplicates_by_two": lambda s: given(s).dropDuplicates(["i", "s"]).select("i", "s"),
    "drop_duplicates_spelled_with_underscore": lambda s: o(s).select("note").drop_duplicates(["note"]),
    "sort_within_partitions_and_repartition": lambda s: w(s).repartition(3, "id").coalesce(1).sortWithinPartitions("id"),
    "hints_and_caches": lambda s: w(s).hint("broadcast").cache().persist().unpersist().select("id"),
    "watermark_of_a_table": lambda s: o(s).withWatermark("at", "1 hour").select("id"),
    "to_json_rows": lambda s: w(s).toJSON() if hasattr(w(s).toJSON(), "columns") else w(s).toJSON().toDF("string"),
    "sample_of_nothing_and_all": lambda s: w(s).sample(0.0).union(w(s).sample(fraction=1.0)),
    # set operations
    "union_widens_types": lambda s: w(s).select("id").union(s.spark.sql("SELECT 1.5D")),
    "union_all_keeps_duplicates": lambda s: w(s).select("id").unionAll(w(s).select("id")),
    "union_by_name_other_order": lambda s: w(s).unionByName(w(s).select("Q2", "id", "Q1")),
    "union_by_name_missing_both_sides": lambda s: w(s).drop("Q1").unionByName(w(s).drop("Q2"), allowMissingColumns=True),
    "union_by_name_case": lambda s: w(s).select("id").unionByName(w(s).select(s.F.col("id").alias("ID"))),
    "except_all": lambda s: o(s).select("customer").exceptAll(c(s).select("id")),
    "intersect_all": lambda s: o(s).select("customer").intersectAll(o(s).select("customer").limit(10)),
    "subtract_is_distinct": lambda s: o(s).select("customer").subtract(s.spark.sql("SELECT 4")),
    "union_then_more": lambda s: w(s).union(w(s)).groupBy("id").count().filter("count > 1").orderBy("id"),
    "union_in_a_loop": lambda s: __import__("functools").reduce(lambda a, b: a.unionByName(b), [w(s)] * 4).select("id"),
    # joins
    "join_by_two_names": lambda s: w(s).join(w(s).withColumnRenamed("Q2", "z"), ["id", "Q1"]),
    "join_right_by_name": lambda s: w(s).select("id").join(c(s).select("id", "name"), on="id", how="right"),
    "join_outer_by_name": lambda s: w(s).select("id").join(c(s).select("id", "name"), "id", "fullouter"),
    "join_expression_text": lambda s: w(s).alias("w").join(c(s).alias("c"), s.F.expr("w.id = c.id")).select("w.id", "name"),
    "join_null_safe": lambda s: (lambda a, b: a.join(b, a.note.eqNullSafe(b.note)).select(a.id, b.id.alias("other")))(
        o(s).select("id", "note"), o(s).select("id", "note").filter("id > 2").withColumnRenamed("id", "id")
    ),
    "join_anti_by_name": lambda s: c(s).join(w(s), ["id"], "leftanti"),
    "join_on_inequality": lambda s: (lambda a, b: a.join(b, a.id < b.id).select(a.Q1, b.name))(w(s), c(s)),
    "join_on_constant": lambda s: w(s).select("id").join(c(s).select("name"), s.F.lit(True)),
    "join_condition_or": lambda s: (lambda a, b: a.join(b, (a.id == b.id) | (b.boss == a.id)).select(a.id, b.name))(w(s), c(s)),
    "join_broadcast": lambda s:
    o(s).join(s.F.broadcast(c(s).withColumnRenamed("id", "key")), s.F.col("customer") == s.F.col("key")).select("name"),
    "join_three_with_aliases": lambda s: o(s).alias("o").join(c(s).alias("c"), s.F.col("o.customer") == s.F.col("c.id"))
    .join(c(s).alias("b"), s.F.col("c.boss") == s.F.col("b.id"), "left").select("o.id", "c.name", "b.name"),
    "join_drop_by_frame": lambda s: (lambda a, b: a.join(b, a.id == b.id).drop(b.id).select("id", "name"))(w(s), c(s)),
    "join_then_group": lambda s: (lambda a, b: a.join(b, a.customer == b.id).groupBy(b.name).agg(s.F.sum(a.qty).alias("n")))(
        o(s), c(s)
    ),
    "join_after_alias_star": lambda s: w(s).alias("a").join(w(s).alias("b"), s.F.expr("a.id = b.id")).select("a.*", "b.Q2"),
    "join_with_computed_key": lambda s: w(s).join(c(s), s.F.col("Q1") / 10 == s.F.col("boss"), "left").select("Q1", "name"),
    "cross_join_filter": lambda s: w(s).crossJoin(c(s).select("name")).filter("Q1 > 10").select("name"),
    "self_join_by_name": lambda s: w(s).join(w(s).select("id", s.F.col("Q1").alias("again")), "id"),
    # groups
    "group_by_columns": lambda s: (lambda d: d.groupBy(d.note, d["customer"]).count())(o(s)),
    "group_by_list": lambda s: o(s).groupBy(["note"]).agg({"qty": "sum", "*": "count"}),
    "group_by_ordinal": lambda s: o(s).select("note", "qty").groupBy(1).sum("qty"),
    "group_without_keys": lambda s: o(s).groupBy().agg(s.F.max("qty"), s.F.min("amount")),
    "group_max_of_all_numbers": lambda s: w(s).groupBy("id").max(),
    "group_mean_of_two": lambda s: w(s).groupBy("id").mean("Q1", "Q2"),
    "group_min_of_list": lambda s: w(s).groupBy("id").min("Q1"),
    "groupby_lower_case": lambda s: o(s).groupby("note").count(),
    "aggregate_of_dictionary": lambda s: w(s).agg({"Q1": "max", "Q2": "avg"}),
    "group_by_alias": lambda s: o(s).groupBy(s.F.year("day").alias("y"), s.F.month("day")).count(),
    "group_by_expression_text": lambda s: o(s).groupBy(s.F.expr("qty % 2")).agg(s.F.count("*").alias("n")),
    "group_then_window": lambda s: o(s).groupBy("customer").agg(s.F.sum("qty").alias("n")).withColumn(
        "r", s.F.rank().over(s.Window.orderBy(s.F.desc("n")))
    ),
    "rollup_of_two": lambda s: o(s).rollup("customer", "note").agg(s.F.count("*").alias("n"), s.F.grouping_id().alias("g")),
    "cube_with_grouping": lambda s: o(s).cube("customer").agg(s.F.sum("qty").alias("n"), s.F.grouping("customer").alias("g")),
    "grouping_sets": lambda s: o(s).groupingSets([["customer"], ["note"], []], "customer", "note").agg(s.F.sum("qty").alias("n")),
    "pivot_with_values": lambda s: o(s).groupBy("customer").pivot("note", ["a", "b"]).sum("qty"),
    "pivot_without_values": lambda s: o(s).groupBy("customer").pivot("note").sum("qty"),
    "pivot_without_values_two_aggregates": lambda s: o(s).groupBy("customer").pivot("note").agg(
        s.F.sum("qty").alias("q"), s.F.max("amount").alias("m")
    ),
    "pivot_of_numbers": lambda s: o(s).groupBy("note").pivot("customer").count(),
    "pivot_without_keys": lambda s: o(s).groupBy().pivot("note", ["a"]).agg(s.F.sum("qty")),
    "pivot_order_of_values": lambda s: o(s).groupBy("customer").pivot("note", ["b", "a"]).agg(s.F.sum("qty").alias("n")),
    "unpivot_with_names": lambda s: w(s).unpivot("id", ["Q1", "Q2"], "quarter", "amount"),
    "unpivot_all_others": lambda s: w(s).unpivot(["id"], None, "k", "v"),
    "melt_widens": lambda s: o(s).melt(["id"], ["qty", "customer"], "k", "v"),
    # missing values
    "fill_numbers": lambda s: given(s).na.fill(0),
    "fill_text": lambda s: given(s).fillna("?"),
    "fill_booleans": lambda s: given(s).fillna(True),
    "fill_some": lambda s: given(s).fillna(9, subset=["i"]),
    "fill_some_of_another_kind": lambda s: given(s).fillna("x", ["i", "s"]),
    "fill_by_dictionary": lambda s: given(s).fillna({"i": 5, "s": "none", "d": 1}),
    "fill_fraction_into_integers": lambda s: given(s).fillna(1.9),
    "drop_any_null": lambda s: given(s).dropna(),
    "drop_all_null": lambda s: given(s).select("i", "d").na.drop("all"),
    "drop_by_threshold": lambda s: given(s).dropna(thresh=3),
    "drop_by_subset_and_how": lambda s: given(s).na.drop(how="all", subset=["s", "b"]),
    "drop_nan_is_null": lambda s: given(s).dropna(subset=["d"]),
    "replace_one": lambda s: given(s).replace("a", "z"),
    "replace_list": lambda s: given(s).replace([1, 2], [10, 20], "i"),
    "replace_dictionary": lambda s: given(s).na.replace({"a": "x", "c": None}, subset="s"),
    "replace_by_none": lambda s: given(s).replace("a", None),
    "replace_numbers_of_all_kinds": lambda s: given(s).replace(2, 7),
    "replace_list_by_one": lambda s: given(s).replace(["a", "c"], "y"),
    "replace_booleans": lambda s: given(s).replace(True, False),
    # summaries
    "describe_some": lambda s: o(s).describe("qty", "note"),
    "describe_everything": lambda s: w(s).describe(),
    "summary_chosen": lambda s: o(s).select("qty", "note").summary("count", "min", "25%", "75%", "max"),
    "summary_of_all": lambda s: w(s).summary(),
    "crosstab": lambda s: o(s).crosstab("customer", "note"),
    "correlation_and_covariance": lambda s: values(s, round(w(s).na.fill(5).corr("Q1", "Q2"), 6), o(s).cov("id", "qty")),
    "quantiles": lambda s: values(s, o(s).approxQuantile("qty", [0.0, 0.5, 1.0], 0.0), w(s).stat.approxQuantile(["Q1"], [0.5], 0.1)),
    # what is asked of rows
    "collect_in_a_query": lambda s: values(s, *o(s).orderBy("id").select("id", "info", "day").collect()),
    "collect_times": lambda s: values(s, *(row["at"] for row in o(s).orderBy("id").collect())),
    "count_and_first": lambda s: values(s, o(s).count(), o(s).orderBy("id").first().id, o(s).filter("id > 9").first()),
    "take_head_tail": lambda s: values(s, *(r.id for f in (o(s).orderBy("id"),) for r in [*f.take(2), f.head(), *f.head(1), *f.tail(1)])),
    "is_empty": lambda s: values(s, o(s).isEmpty(), o(s).filter("id > 9").isEmpty()),
    "loop_over_collected_names": lambda s: o(s).select(
        "id", *[(s.F.col("note") == r.note).alias(f"is_{r.note}") for r in o(s).select("note").distinct().orderBy("note").collect() if r.note]
    ),
    "to_pandas_in_a_query": lambda s: s.spark.createDataFrame(
        [(len(p), int(p.qty.sum())) for p in (o(s).toPandas(),)], "n int, total int"
    ),
    "rows_as_dictionaries": lambda s: values(s, *(r.asDict() for r in w(s).orderBy("id").collect())),
    "rows_by_iterator": lambda s: values(s, *(r[1] for r in w(s).orderBy("id").toLocalIterator())),
    # views and SQL
    "temp_view_and_sql": lambda s: (w(s).filter("id = 1").createOrReplaceTempView("v1"), s.spark.sql("SELECT v1.*, Q1 + 1 AS x FROM v1"))[1],
    "temp_view_with_alias": lambda s: (c(s).createOrReplaceTempView("people"), s.spark.sql(
        "SELECT p.name, o.id FROM orders o JOIN people p ON p.id = o.customer WHERE p.city IS NOT NULL"))[1],
    "temp_view_as_table": lambda s: (c(s).select("id", "name").createOrReplaceTempView("people2"), s.spark.table("people2").select("people2.name"))[1],
    "temp_view_of_a_view": lambda s: (w(s).createOrReplaceTempView("v3"), s.spark.sql("SELECT id FROM v3").createOrReplaceTempView("v4"),
                                      s.spark.sql("SELECT a.id, b.Q1 FROM v4 a JOIN v3 b USING (id)"))[2],
    "create_view_in_sql": lambda s: (s.spark.sql("CREATE OR REPLACE TEMPORARY VIEW v5 AS SELECT id * 2 AS d FROM wide"), s.spark.sql("SELECT * FROM v5"))[1],
    "create_view_with_columns": lambda s: (s.spark.sql("CREATE OR REPLACE TEMP VIEW v6 (a, b) AS SELECT id, Q1 FROM wide"), s.spark.table("v6"))[1],
    "sql_named_parameters": lambda s: s.spark.sql("SELECT id FROM wide WHERE Q1 > :low AND id IN (:a, 2)", args={"low": 5, "a": 1}),
    "sql_positional_parameters": lambda s: s.spark.sql("SELECT id, ? AS x FROM wide WHERE Q1 = ?", args=["it's", 30]),
    "sql_date_parameter": lambda s: s.spark.sql("SELECT id FROM orders WHERE day > :d", {"d": __import__("datetime").date(2024, 1, 31)}),
    "sql_frames_by_name": lambda s: s.spark.sql("SELECT {d}.id, {x} AS x FROM {d} WHERE Q1 > {low}", d=w(s), x="it's", low=10),
    "sql_cte": lambda s: s.spark.sql("WITH t AS (SELECT * FROM wide) SELECT t.id, count(*) n FROM t GROUP BY t.id"),
    "table_then_alias": lambda s: s.spark.table("wide").alias("x").filter("x.id = 2").select("x.Q1"),
    "range_forms": lambda s: s.spark.range(3).union(s.spark.range(5, 7)).union(s.spark.range(10, 20, 5)),
    "drop_temp_view": lambda s: (w(s).createOrReplaceTempView("v7"), values(s, s.spark.catalog.dropTempView("v7"), s.spark.catalog.dropTempView("v7")))[1],
    "subquery_in_expr": lambda s: w(s).filter(s.F.expr("Q1 = (SELECT max(Q1) FROM wide)")).select("id"),
    "in_subquery_in_filter": lambda s: c(s).filter("id IN (SELECT customer FROM orders WHERE qty > 1)").select("name"),
    "exists_subquery_in_filter": lambda s: c(s).alias("c").filter("EXISTS (SELECT 1 FROM orders WHERE orders.customer = c.id)").select("name"),
    "scalar_of_a_frame": lambda s: w(s).select("id", o(s).select(s.F.max("qty")).scalar().alias("m")),
    "exists_of_a_frame": lambda s: w(s).filter(o(s).filter("qty > 100").exists() | (s.F.col("id") == 1)).select("id"),
})  # fmt: skip

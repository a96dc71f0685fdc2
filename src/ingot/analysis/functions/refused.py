"""Functions of Spark that no engine here computes, with what to do instead (None when nothing comes near)."""

from __future__ import annotations

_WITHOUT_HINT = [
    "collate",
    "collation",
    "collations",
    "count_min_sketch",
    "current_path",
    "from_avro",
    "from_protobuf",
    "from_xml",
    "hll_sketch_agg",
    "hll_sketch_estimate",
    "hll_union",
    "hll_union_agg",
    "input_file_block_length",
    "input_file_block_start",
    "java_method",
    "measure",
    "reflect",
    "schema_of_avro",
    "schema_of_xml",
    "sql_keywords",
    "to_avro",
    "to_protobuf",
    "to_xml",
    "try_reflect",
    "xpath",
    "xpath_boolean",
    "xpath_double",
    "xpath_float",
    "xpath_int",
    "xpath_long",
    "xpath_number",
    "xpath_short",
    "xpath_string",
    "st_asbinary",
    "st_geogfromwkb",
    "st_geomfromwkb",
    "st_srid",
    "st_setsrid",
    "approx_top_k",
    "approx_top_k_accumulate",
    "approx_top_k_combine",
    "approx_top_k_estimate",
    "python_worker_logs",
    "ai_query",
    "ai_classify",
    "ai_extract",
    "ai_gen",
    "ai_summarize",
    "ai_translate",
    "ai_mask",
    "ai_similarity",
    "ai_analyze_sentiment",
    "ai_fix_grammar",
    "ai_forecast",
    "is_member",
    "is_account_group_member",
]

_TIME_OF_DAY = [
    "make_time",
    "time",
    "time_diff",
    "time_from_micros",
    "time_from_millis",
    "time_from_seconds",
    "time_to_micros",
    "time_to_millis",
    "time_to_seconds",
    "time_trunc",
    "to_time",
    "try_to_time",
]

_KLL = (
    "merge_agg", "sketch_agg", "sketch_get_n", "sketch_get_quantile", "sketch_get_rank", "sketch_merge",
    "sketch_to_string",
)  # fmt: skip
_THETA = ("difference", "intersection", "intersection_agg", "sketch_agg", "sketch_estimate", "union", "union_agg")
_TUPLE = (*_THETA, "difference_theta", "intersection_theta", "union_theta", "sketch_summary", "sketch_theta")
_SKETCHES = [
    *(f"kll_{name}_{kind}" for name in _KLL for kind in ("bigint", "float", "double")),
    *(f"theta_{name}" for name in _THETA),
    *(f"tuple_{name}_{kind}" for name in _TUPLE for kind in ("integer", "double")),
]

REFUSED: dict[str, str | None] = {
    **dict.fromkeys(_TIME_OF_DAY, "Spark has the type TIME switched off; use timestamps, or strings"),
    **dict.fromkeys(("timestamp_nanos", "unix_nanos"), "use timestamp_micros and unix_micros"),
    **dict.fromkeys(_WITHOUT_HINT, None),
    **dict.fromkeys(
        (name for name in _SKETCHES if name.startswith("kll_")), "use percentile or percentile_approx over the rows"
    ),
    **dict.fromkeys((name for name in _SKETCHES if not name.startswith("kll_")), "use count(DISTINCT …) over the rows"),
    **dict.fromkeys(
        ("aes_decrypt", "aes_encrypt", "try_aes_decrypt"), "call a library for it in a Python function of your own"
    ),
    "vector_avg": "use vector_sum, and count the vectors",
}

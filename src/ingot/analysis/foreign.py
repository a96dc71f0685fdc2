"""Functions of other databases by what Spark calls them; for hints alone."""

FOREIGN = {
    "array_length": "size", "array_agg_distinct": "collect_set", "bit_xor_agg": "bit_xor", "bool_or_agg": "bool_or",
    "convert": "cast", "count_distinct": "count(DISTINCT …)",
    "date_parse": "to_timestamp", "dateadd_days": "date_add", "datetime": "to_timestamp",
    "epoch": "unix_timestamp", "epoch_ms": "unix_millis", "format": "format_string",
    "from_unixtime_ms": "timestamp_millis", "generate_series": "sequence", "getutcdate": "current_timestamp",
    "group_concat": "listagg", "iif": "if",
    "iff": "if", "indexof": "instr", "isnumeric": "try_cast", "json_extract": "get_json_object",
    "json_extract_scalar": "get_json_object", "json_extract_string": "get_json_object", "json_value": "get_json_object",
    "list": "collect_list", "list_aggregate": "aggregate", "list_contains": "array_contains",
    "list_distinct": "array_distinct", "list_filter": "filter", "list_position": "array_position",
    "list_sort": "array_sort", "list_transform": "transform", "list_value": "array", "map_extract": "element_at",
    "months": "add_months", "object_construct": "named_struct", "parse_date": "to_date",
    "parse_timestamp": "to_timestamp", "quantile": "percentile", "quantile_cont": "percentile",
    "quantile_disc": "percentile_approx", "regexp_matches": "regexp_like", "row": "named_struct",
    "safe_cast": "try_cast", "safe_divide": "try_divide", "split_to_array": "split", "str_split": "split",
    "str_to_date": "to_date", "strftime": "date_format", "string_split": "split", "string_to_array": "split",
    "strpos": "instr", "strptime": "to_timestamp", "struct_pack": "named_struct", "stuff": "overlay",
    "substring_regex": "regexp_extract", "sysdate": "current_timestamp", "timestamp_diff": "timestampdiff",
    "to_hex": "hex", "to_json_string": "to_json", "to_varchar": "to_char", "truncate": "trunc", "unnest": "explode",
}  # fmt: skip

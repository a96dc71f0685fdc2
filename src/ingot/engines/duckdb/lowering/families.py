"""Which file lowers which function, so that a query loads only the families of functions that it uses.

Owns the index of names; a test holds it against the families. Knows no function.
"""

from __future__ import annotations

_NAMES = {
    "strings": """
        bit_length btrim concat concat_ws contains elt endswith find_in_set format_number format_string ilike
        initcap instr is_valid_utf8 left length like locate lower lpad ltrim make_valid_utf8 octet_length
        overlay repeat replace reverse right rpad rtrim space startswith substring substring_index translate
        trim try_validate_utf8 upper validate_utf8
    """,
    "encodings": """
        ascii base64 char decode encode from_base32 hex to_base32 to_binary try_to_binary unbase64 unhex
    """,
    "matching": """
        regexp_count regexp_extract regexp_extract_all regexp_instr regexp_replace regexp_substr rlike split
        split_part
    """,
    "texts": """
        conv jaro_winkler_similarity levenshtein luhn_check mask parse_url quote randstr soundex try_parse_url
        try_url_decode url_decode url_encode
    """,
    "vectors": """
        vector_cosine_similarity vector_inner_product vector_l2_distance vector_norm vector_normalize
    """,
    "numbers": """
        abs acos acosh asin asinh atan atan2 atanh bin bit_count bit_get bround cbrt ceil cos cosh cot csc
        degrees e exp expm1 factorial floor greatest hypot isnan least ln log log10 log1p log2 mod nanvl
        negative pi pmod positive pow radians rand randn rint round sec shiftleft shiftright
        shiftrightunsigned sign sin sinh sqrt tan tanh try_add try_divide try_mod try_multiply try_subtract
        uniform width_bucket
    """,
    "formats": """
        to_char to_number try_to_number
    """,
    "dates": """
        add_months convert_timezone current_date current_time current_timestamp current_timezone date_add date_format
        date_from_unix_date date_sub date_trunc datediff dayname dayofmonth dayofweek dayofweek_iso
        dayofyear from_unixtime from_utc_timestamp hour last_day localtimestamp make_date
        make_timestamp make_timestamp_ltz make_timestamp_ntz minute month monthname
        months_between next_day quarter second seconds_with_fraction timestamp_micros timestamp_millis
        timestamp_seconds timestampadd timestampdiff to_date to_timestamp to_timestamp_ntz to_unix_timestamp
        to_utc_timestamp trunc try_make_timestamp try_make_timestamp_ltz try_make_timestamp_ntz try_to_date
        try_to_timestamp
        unix_date unix_micros unix_millis unix_seconds unix_timestamp weekday weekofyear
        year yearofweek
    """,
    "time_windows": """
        time_bucket window window_rows window_time
    """,
    "intervals": """
        interval_part make_dt_interval make_interval make_ym_interval try_make_interval
    """,
    "collections": """
        aggregate array array_append array_compact array_contains array_distinct array_except array_insert
        array_intersect array_join array_max array_min array_position array_prepend array_remove array_repeat
        array_size array_sort array_union arrays_overlap arrays_zip element_at exists filter flatten forall get
        named_struct sequence shuffle size slice sort_array transform try_element_at zip_with
    """,
    "maps": """
        map map_concat map_contains_key map_entries map_filter map_from_arrays map_from_entries map_keys
        map_values map_zip_with str_to_map transform_keys transform_values
    """,
    "conditionals": """
        assert_true coalesce current_catalog current_database current_user if ifnull isnotnull
        isnull monotonically_increasing_id nullif nvl2 raise_error spark_partition_id typeof uuid
        version
    """,
    "json": """
        get_json_object json_array_length json_object_keys
    """,
    "csv": """
        from_csv to_csv
    """,
    "json_reading": """
        from_json
    """,
    "json_writing": """
        to_json
    """,
    "variants": """
        is_valid_variant is_variant_null parse_json schema_of_variant to_variant_object try_parse_json
        try_variant_array_append try_variant_get try_variant_insert try_variant_set variant_array_append
        variant_delete variant_get variant_insert variant_set variant_strip_nulls
    """,
    "hashes": """
        crc32 hash hmac md5 sha1 sha2 xxhash64
    """,
    "aggregates": """
        any_value approx_count_distinct avg bit_and bit_or bit_xor bool_and bool_or collect_list collect_set
        collect_union corr count count_if covar_pop covar_samp first grouping grouping_id
        histogram_numeric kurtosis last listagg max max_by min min_by product regr_avgx regr_avgy regr_count
        regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy schema_of_variant_agg skewness stddev
        stddev_pop sum try_avg try_sum var_pop variance vector_sum
    """,
    "percentiles": """
        median mode percentile percentile_approx percentile_cont percentile_disc
    """,
    "bitmaps": """
        bitmap_and_agg bitmap_bit_position bitmap_bucket_number bitmap_construct_agg bitmap_count bitmap_or_agg
    """,
}
# The families of functions over groups of rows.
GROUPED = frozenset({"aggregates", "percentiles", "bitmaps"})
FAMILY_OF = {name: family for family, names in _NAMES.items() for name in names.split()}

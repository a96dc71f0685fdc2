"""What open-source Spark 4.3 has: its functions, the API of its pipelines, what it forbids in a pipeline.

Recorded from Spark itself; a test compares it with the installed one. Never asks Spark.
"""

from __future__ import annotations

# SHOW FUNCTIONS, without operators.
FUNCTIONS = frozenset(
    """
    abs acos acosh add_months aes_decrypt aes_encrypt aggregate and any any_value approx_count_distinct
    approx_percentile approx_top_k approx_top_k_accumulate approx_top_k_combine approx_top_k_estimate array
    array_agg array_append array_compact array_contains array_distinct array_except array_insert array_intersect
    array_join array_max array_min array_position array_prepend array_remove array_repeat array_size array_sort
    array_union arrays_overlap arrays_zip ascii asin asinh assert_true atan atan2 atanh avg base64 between bigint
    bin binary bit_and bit_count bit_get bit_length bit_or bit_xor bitmap_and_agg bitmap_bit_position
    bitmap_bucket_number bitmap_construct_agg bitmap_count bitmap_or_agg bool_and bool_or boolean bround btrim
    cardinality case cast cbrt ceil ceiling char char_length character_length chr coalesce collate collation
    collations collect_list collect_set collect_union concat concat_ws contains conv convert_timezone corr cos cosh
    cot count count_if count_min_sketch counter_diff covar_pop covar_samp crc32 csc cume_dist curdate
    current_catalog current_database current_date current_path current_schema current_time current_timestamp
    current_timezone current_user date date_add date_diff date_format date_from_unix_date date_part date_sub
    date_trunc dateadd datediff datepart day dayname dayofmonth dayofweek dayofyear decimal decode degrees
    dense_rank div double e element_at elt encode endswith equal_null every exists exp explode explode_outer expm1
    extract factorial filter find_in_set first first_value flatten float floor forall format_number format_string
    from_avro from_base32 from_csv from_json from_protobuf from_unixtime from_utc_timestamp from_xml get
    get_json_object getbit greatest grouping grouping_id hash hex histogram_numeric hll_sketch_agg
    hll_sketch_estimate hll_union hll_union_agg hmac hour hypot if ifnull ilike in initcap inline inline_outer
    input_file_block_length input_file_block_start input_file_name instr int is_valid_utf8 is_valid_variant
    is_variant_null isnan isnotnull isnull jaro_winkler_similarity java_method json_array_length json_object_keys
    json_tuple kll_merge_agg_bigint kll_merge_agg_double kll_merge_agg_float kll_sketch_agg_bigint
    kll_sketch_agg_double kll_sketch_agg_float kll_sketch_get_n_bigint kll_sketch_get_n_double
    kll_sketch_get_n_float kll_sketch_get_quantile_bigint kll_sketch_get_quantile_double
    kll_sketch_get_quantile_float kll_sketch_get_rank_bigint kll_sketch_get_rank_double kll_sketch_get_rank_float
    kll_sketch_merge_bigint kll_sketch_merge_double kll_sketch_merge_float kll_sketch_to_string_bigint
    kll_sketch_to_string_double kll_sketch_to_string_float kurtosis lag last last_day last_value lcase lead least
    left len length levenshtein like listagg ln localtime localtimestamp locate log log10 log1p log2 lower lpad
    ltrim luhn_check make_date make_dt_interval make_interval make_time make_timestamp make_timestamp_ltz
    make_timestamp_ntz make_valid_utf8 make_ym_interval map map_concat map_contains_key map_entries map_filter
    map_from_arrays map_from_entries map_keys map_values map_zip_with mask max max_by md5 mean measure median min
    min_by minute mod mode monotonically_increasing_id month monthname months_between named_struct nanvl negative
    next_day not now nth_value ntile nullif nullifzero nvl nvl2 octet_length or overlay parse_json parse_url
    percent_rank percentile percentile_approx percentile_cont percentile_disc pi pmod posexplode posexplode_outer
    position positive pow power printf python_worker_logs quarter quote radians raise_error rand randn random
    randstr range rank reduce reflect regexp regexp_count regexp_extract regexp_extract_all regexp_instr regexp_like
    regexp_replace regexp_substr regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
    regr_syy repeat replace reverse right rint rlike round row_number rpad rtrim schema_of_avro schema_of_csv
    schema_of_json schema_of_variant schema_of_variant_agg schema_of_xml sec second sentences sequence session_user
    session_window sha sha1 sha2 shiftleft shiftright shiftrightunsigned shuffle sign signum sin sinh size skewness
    slice smallint some sort_array soundex space spark_partition_id split split_part sql_keywords sqrt st_asbinary
    st_geogfromwkb st_geomfromwkb st_setsrid st_srid stack startswith std stddev stddev_pop stddev_samp str_to_map
    string string_agg struct substr substring substring_index sum tan tanh theta_difference theta_intersection
    theta_intersection_agg theta_sketch_agg theta_sketch_estimate theta_union theta_union_agg time time_bucket
    time_diff time_from_micros time_from_millis time_from_seconds time_to_micros time_to_millis time_to_seconds
    time_trunc timestamp timestamp_micros timestamp_millis timestamp_nanos timestamp_seconds tinyint to_avro
    to_base32 to_binary to_char to_csv to_date to_json to_number to_protobuf to_time to_timestamp to_timestamp_ltz
    to_timestamp_ntz to_unix_timestamp to_utc_timestamp to_varchar to_variant_object to_xml transform transform_keys
    transform_values translate trim trunc try_add try_aes_decrypt try_avg try_divide try_element_at
    try_make_interval try_make_timestamp try_make_timestamp_ltz try_make_timestamp_ntz try_mod try_multiply
    try_parse_json try_parse_url try_reflect try_subtract try_sum try_to_binary try_to_date try_to_number
    try_to_time try_to_timestamp try_url_decode try_validate_utf8 try_variant_array_append try_variant_get
    try_variant_insert try_variant_set tuple_difference_double tuple_difference_integer
    tuple_difference_theta_double tuple_difference_theta_integer tuple_intersection_agg_double
    tuple_intersection_agg_integer tuple_intersection_double tuple_intersection_integer
    tuple_intersection_theta_double tuple_intersection_theta_integer tuple_sketch_agg_double
    tuple_sketch_agg_integer tuple_sketch_estimate_double tuple_sketch_estimate_integer tuple_sketch_summary_double
    tuple_sketch_summary_integer tuple_sketch_theta_double tuple_sketch_theta_integer tuple_union_agg_double
    tuple_union_agg_integer tuple_union_double tuple_union_integer tuple_union_theta_double
    tuple_union_theta_integer typeof ucase unbase64 unhex uniform unix_date unix_micros unix_millis unix_nanos
    unix_seconds unix_timestamp upper url_decode url_encode user uuid validate_utf8 var_pop var_samp variance
    variant_array_append variant_delete variant_explode variant_explode_outer variant_get variant_insert variant_set
    variant_strip_nulls vector_avg vector_cosine_similarity vector_inner_product vector_l2_distance vector_norm
    vector_normalize vector_sum version weekday weekofyear when width_bucket window window_time xpath xpath_boolean
    xpath_double xpath_float xpath_int xpath_long xpath_number xpath_short xpath_string xxhash64 year zeroifnull
    zip_with
    """.split()  # noqa: SIM905 - a list would take pages
)
# Functions that are words of its grammar.
KEYWORD_FUNCTIONS = frozenset({"timestampadd", "timestampdiff", "count_distinct", "product", "yearofweek"})
# The arguments of pyspark.pipelines' functions.
PIPELINES: dict[str, frozenset[str]] = {
    "append_flow": frozenset({"target", "name", "spark_conf"}),
    "create_auto_cdc_flow": frozenset(
        {
            "target", "source", "keys", "sequence_by", "apply_as_deletes", "column_list", "except_column_list",
            "stored_as_scd_type", "name", "track_history_column_list", "track_history_except_column_list", "spark_conf",
        }
    ),
    "create_sink": frozenset({"name", "format", "options"}),
    "create_streaming_table": frozenset(
        {"name", "comment", "table_properties", "partition_cols", "cluster_by", "schema", "format"}
    ),
    "materialized_view": frozenset(
        {
            "query_function", "name", "comment", "spark_conf", "table_properties", "partition_cols", "cluster_by",
            "schema", "format",
        }
    ),
    "table": frozenset(
        {
            "query_function", "name", "comment", "spark_conf", "table_properties", "partition_cols", "cluster_by",
            "schema", "format",
        }
    ),
    "temporary_view": frozenset({"query_function", "name", "comment", "spark_conf"}),
}  # fmt: skip
# Functions of Databricks that are not in FUNCTIONS. A name in neither may still be one of a catalog there.
DATABRICKS_FUNCTIONS = frozenset(
    """
    ai_analyze_sentiment ai_classify ai_extract ai_fix_grammar ai_forecast ai_gen ai_generate_text ai_mask
    ai_parse_document ai_query ai_similarity ai_summarize ai_translate vector_search http_request remote_query
    is_member is_account_group_member secret try_secret iff event_log table_changes read_files cloud_files
    read_kafka read_kinesis read_pubsub read_pulsar read_state_metadata cloud_files_state list_secrets
    charindex getdate len try_zip session_window_end
    """.split()  # noqa: SIM905 - a list would take pages
)
DATABRICKS_PREFIXES = ("ai_", "h3_", "st_")
# Methods of a session that are blocked while definitions are loaded.
SESSION_METHODS = frozenset(
    {
        "createTempView", "createOrReplaceTempView", "createGlobalTempView", "createOrReplaceGlobalTempView",
        "setCurrentCatalog", "setCurrentDatabase", "dropTempView", "dropGlobalTempView", "registerJavaFunction",
        "registerJavaUDAF",
    }
)  # fmt: skip
# What Spark refuses within a query function, for it would analyse or run a query.
ACTIONS = frozenset(
    """
    collect count show first head take tail isEmpty toPandas toArrow toLocalIterator explain printSchema foreach
    foreachPartition cache persist unpersist checkpoint localCheckpoint mapInPandas mapInArrow applyInPandas
    applyInArrow applyInPandasWithState approxQuantile corr cov inputFiles semanticHash sameSemantics isLocal
    """.split()  # noqa: SIM905 - a list would take pages
)
GROUPED_ACTIONS = frozenset({"sum", "max", "min", "avg", "mean", "apply", "applyInPandas", "applyInArrow"})
ATTRIBUTES = frozenset({"columns", "schema", "dtypes", "isStreaming", "storageLevel"})
WRITERS = frozenset({"write", "writeStream", "writeTo"})
# What Spark checks against the columns at once, which a dataset of the pipeline does not have yet.
EAGER = frozenset(
    """
    drop fillna dropna replace na stat sampleBy freqItems withWatermark describe summary randomSplit crosstab
    """.split()  # noqa: SIM905 - a list would take pages
)
ENCODINGS = frozenset({"utf-8", "utf-16", "utf-16be", "utf-16le", "utf-32", "iso-8859-1", "us-ascii"})
# Paths that only Databricks has, and those that need a package of Spark's.
DATABRICKS_PATHS = ("dbfs:", "/Volumes/", "/databricks-datasets/", "/dbfs/", "/FileStore/", "/Workspace/", "s3://")
CLOUD_PATHS = ("s3a://", "s3n://", "abfss://", "abfs://", "wasbs://", "adl://", "gs://", "hdfs://")
# Formats whose streams need a declared schema, and those of which Spark has only a package.
SCHEMA_FORMATS = frozenset({"csv", "json", "parquet", "orc", "xml", "binaryfile"})
PACKAGED_FORMATS = frozenset({"delta", "kafka", "avro", "iceberg"})
DATABRICKS_FORMATS = frozenset({"kinesis", "pubsub", "pulsar", "sharepoint", "excel", "deltasharing", "statestore"})
# Methods and attributes of DataFrames, groups and columns in Spark Connect, which pipelines use.
METHODS = frozenset(
    """
    agg alias apply applyInArrow applyInPandas applyInPandasWithState approxQuantile asTable asc asc_nulls_first
    asc_nulls_last astype avg between bitwiseAND bitwiseOR bitwiseXOR cache cast checkpoint coalesce cogroup
    colRegex collect columns contains corr count cov createGlobalTempView createOrReplaceGlobalTempView
    createOrReplaceTempView createTempView crossJoin crosstab cube desc desc_nulls_first desc_nulls_last describe
    distinct drop dropDuplicates dropDuplicatesWithinWatermark dropFields drop_duplicates dropna dtypes endswith
    eqNullSafe exceptAll executionInfo exists explain fillna filter first foreach foreachPartition freqItems
    getField getItem groupBy groupby groupingSets head hint ilike inputFiles intersect intersectAll isEmpty isLocal
    isNaN isNotNull isNull isStreaming is_cached isin join lateralJoin like limit localCheckpoint mapInArrow
    mapInPandas max mean melt mergeInto metadataColumn min na name nearestByJoin observe offset orderBy otherwise
    outer over pandas_api persist pivot plot printSchema randomSplit rdd registerTempTable repartition
    repartitionById repartitionByRange replace rlike rollup sameSemantics sample sampleBy scalar schema select
    selectExpr semanticHash show sort sortWithinPartitions sparkSession startswith stat storageLevel substr subtract
    sum summary tail take to toArrow toDF toJSON toLocalIterator toPandas to_plan transform transformWithState
    transformWithStateInPandas transpose try_cast union unionAll unionByName unpersist unpivot when where withColumn
    withColumnRenamed withColumns withColumnsRenamed withField withMetadata withWatermark write writeStream writeTo
    zip zipWithIndex
    """.split()  # noqa: SIM905 - a list would take pages
)

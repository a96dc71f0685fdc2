"""What calls look like: operators and syntax in the language of Ingot's signature tables, and arguments worth trying.

Functions come from the tables of `ingot.analysis.functions`, so that a new one is asked about at once. Here stands only
what these tables cannot tell: operators, functions with binders of their own, texts that an argument must be (formats,
units, patterns), sizes that must stay small, and functions whose answer Spark leaves open.
"""

from __future__ import annotations

TYPES = (
    "boolean", "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(10,2)", "decimal(38,18)",
    "decimal(5,0)", "decimal(20,0)", "decimal(38,0)", "string", "binary", "date", "timestamp", "timestamp_ntz",
)  # fmt: skip
NESTED_TYPES = (
    "array<int>", "array<string>", "array<bigint>", "map<string,string>", "map<string,bigint>", "struct<a:bigint,b:string>",
    "array<array<string>>", "array<decimal(10,2)>", "struct<x:string,y:int>", "interval day to second", "interval year to month",
)  # fmt: skip

# Template and parameters; `{0}` is the first argument.
OPERATORS = """
{0} + {1} :: number, number
{0} - {1} :: number, number
{0} * {1} :: number, number
{0} / {1} :: number, number
{0} % {1} :: number, number
{0} div {1} :: number, number
-{0} :: number
{0} & {1} :: I, I
{0} | {1} :: I, I
{0} ^ {1} :: I, I
~{0} :: I
{0} << {1} :: int|bigint, int
{0} >> {1} :: int|bigint, int
{0} = {1} :: T, T
{0} = {1} :: any, any
{0} <> {1} :: T, T
{0} < {1} :: T, T
{0} < {1} :: number, number
{0} <= {1} :: T, T
{0} > {1} :: any, any
{0} >= {1} :: T, T
{0} <=> {1} :: T, T
{0} IS DISTINCT FROM {1} :: T, T
{0} AND {1} :: boolean, boolean
{0} OR {1} :: boolean, boolean
NOT {0} :: boolean
{0} IS NULL :: any
{0} IS NOT NULL :: any
{0} IS TRUE :: boolean
{0} IS NOT FALSE :: boolean
{0} IN ({1}, {2}) :: T, T, T
{0} IN ({1}, {2}) :: any, any, any
{0} NOT IN ({1}, NULL, {2}) :: T, T, T
{0} BETWEEN {1} AND {2} :: T, T, T
{0} NOT BETWEEN {1} AND {2} :: T, T, T
{0} LIKE {1} :: string, string
{0} NOT LIKE '%a%' :: string
{0} LIKE 'a!%%' ESCAPE '!' :: string
{0} ILIKE '%H_l%' :: string
{0} RLIKE '[a-z]+[0-9]' :: string
{0} LIKE ANY ('a%', '%b', {1}) :: string, string
{0} LIKE ALL ('%a%', '%b%') :: string
{0} || {1} :: string, string
{0} || {1} :: any, any
{0} || {1} :: array<T>, array<T>
CASE WHEN {0} THEN {1} ELSE {2} END :: boolean, T, T
CASE WHEN {0} THEN {1} END :: boolean, any
CASE WHEN {0} THEN {1} WHEN {2} THEN {3} ELSE {4} END :: boolean, number, boolean, number, number
CASE {0} WHEN {1} THEN {2} ELSE {3} END :: T, T, any, string
{0}[{1}] :: array<T>, int
{0}[{1}] :: map<K,V>, K
{0}[0] :: array<any>
{0} + INTERVAL '1' DAY :: date|timestamp|timestamp_ntz
{0} - INTERVAL '1-2' YEAR TO MONTH :: date|timestamp|timestamp_ntz
{0} + INTERVAL 2 HOURS 30 MINUTES :: timestamp|timestamp_ntz
{0} + {1} :: date, int
{0} - {1} :: date, int
{0} - {1} :: date, date
{0} - {1} :: timestamp, timestamp
{0} - {1} :: timestamp_ntz, timestamp
{0} - {1} :: timestamp_ntz, timestamp_ntz
{0} * {1} :: interval, number
{0} / {1} :: interval, number
{0} + {1} :: interval, interval
{0} + {1} :: timestamp|timestamp_ntz|date, interval
{0} < {1} :: interval, interval
EXTRACT(YEAR FROM {0}) :: date|timestamp|timestamp_ntz
EXTRACT(SECOND FROM {0}) :: timestamp|timestamp_ntz
EXTRACT(WEEK FROM {0}) :: date|timestamp
EXTRACT(DOW FROM {0}) :: date
EXTRACT(DAY FROM {0}) :: interval
st.a + {0} :: number
{0} COLLATE UTF8_BINARY :: string
CAST({0} AS STRING) :: any
trim(BOTH {1} FROM {0}) :: string, string
trim(LEADING FROM {0}) :: string
substring({0} FROM {1} FOR {2}) :: string, int, int
position({0} IN {1}) :: string, string
overlay({0} PLACING {1} FROM {2}) :: string, string, int
sequence({0}, {0} + INTERVAL '5' DAY, INTERVAL '1' DAY) :: date|timestamp|timestamp_ntz
sequence({0}, {0} - INTERVAL '40' DAY, INTERVAL '-12' HOUR) :: timestamp|timestamp_ntz
sequence({0}, {0} + INTERVAL '1' YEAR, INTERVAL '1' MONTH) :: date|timestamp
transform({0}, x -> x + {1}) :: array<number>, number
transform({0}, (x, n) -> concat(x, n)) :: array<string>
filter({0}, x -> x > {1}) :: array<T>, T
filter({0}, (x, n) -> n > 0) :: array<any>
exists({0}, x -> x = {1}) :: array<T>, T
forall({0}, x -> x <> {1}) :: array<T>, T
aggregate({0}, 0L, (s, x) -> s + x) :: array<int>
aggregate({0}, {1}, (s, x) -> coalesce(x, s)) :: array<T>, T
aggregate({0}, '', (s, x) -> concat(s, coalesce(x, '-')), s -> length(s)) :: array<string>
transform_values({0}, (k, w) -> w + length(k)) :: map<string,int>
transform_keys({0}, (k, w) -> concat(k, '!')) :: map<string,any>
map_filter({0}, (k, w) -> w IS NOT NULL) :: map<any,any>
zip_with({0}, {1}, (x, z) -> x = z) :: array<T>, array<T>
array_sort({0}, (x, z) -> CASE WHEN x < z THEN 1 WHEN x > z THEN -1 ELSE 0 END) :: array<T>
array_sort({0}, (x, z) -> coalesce(length(x), 0) - coalesce(length(z), 0)) :: array<string>
"""

# Functions that bind their arguments themselves, and calls that need help to be right often enough.
CALLS: dict[str, tuple[str, ...]] = {
    "mod": ("number, number",),
    "pmod": ("number, number",),
    "try_mod": ("number, number",),
    "try_add": ("number, number", "date, int", "timestamp, interval"),
    "try_subtract": ("number, number", "date, int"),
    "try_multiply": ("number, number",),
    "try_divide": ("number, number",),
    "concat": ("string, string, string?", "array<T>, array<T>", "binary, binary", "any, any"),
    "decode": ("binary, string", "T, T, any, T, any, any?"),
    "to_char": ("number, string", "date|timestamp|timestamp_ntz, string", "binary, string"),
    "to_varchar": ("number, string", "date|timestamp|timestamp_ntz, string"),
    "struct": ("any, any?",),
    "named_struct": ("string, any, string, any",),
    "map": ("K, V", "K, V, K, V"),
    "nullif": ("T, T", "any, any"),
    "date_part": ("string, date|timestamp|timestamp_ntz|interval",),
    "datepart": ("string, date|timestamp|timestamp_ntz|interval",),
    "datediff": ("date, date", "timestamp, date"),
    "date_diff": ("date, date",),
    "timestampdiff": ("unit, timestamp|date|timestamp_ntz, timestamp|date|timestamp_ntz",),
    "timestampadd": ("unit, int, timestamp|date|timestamp_ntz",),
    "dateadd": ("date, int", "unit, int, timestamp|date|timestamp_ntz"),
    "window": ("timestamp, string",),
    "from_json": ("string, string",),
    "array": ("T, T, T?", "any, any"),
    "unix_timestamp": ("string|date|timestamp|timestamp_ntz, string?",),
    "map_from_entries": ("array<struct>",),
    "elt": ("int, string, string, string?",),
    "greatest": ("T, T, T?", "number, number", "any, any"),
    "least": ("T, T, T?", "number, number", "any, any"),
    "coalesce": ("T, T, T?", "any, any"),
    "concat_ws": ("string, string, string|array<string>?",),
    "format_string": ("string, any, any?",),
    "printf": ("string, any, any?",),
    "hash": ("any, any?",),
    "xxhash64": ("any, any?",),
    "sequence": ("int, int, int?",),
}

_PATTERNS = (
    "'yyyy-MM-dd'", "'yyyy-MM-dd HH:mm:ss'", "'dd/MM/yyyy'", "'yyyyMMdd'", "'HH:mm'", "'MMM d, yyyy'", "'EEEE'", "'D'",
    "'yyyy-MM-dd\\'T\\'HH:mm:ss.SSS'", "'yy-M-d h a'", "'Q'", "'G y'", "'SSSSSS'", "'E MMM'", "'u'", "'yyyy-MM-dd HH:mm:ss.SSSSSS'",
    "'[yyyy][MM]'", "'W'", "'X'", "'VV'",
)  # fmt: skip
_ZONES = (
    "'UTC'",
    "'America/Los_Angeles'",
    "'Europe/Berlin'",
    "'+05:30'",
    "'Asia/Kolkata'",
    "'CET'",
    "'Nowhere'",
    "'GMT+2'",
)
_SMALL = ("0", "1", "2", "3", "-1", "5", "NULL")
_REGEXES = (
    "'a'", "'[a-z]+'", "'([a-z]+)([0-9]*)'", "'\\\\d'", "','", "''", "'(?i)FOO'", "'^.'", "'\\\\s+'", "'.*'", "'(a)|(b)'", "'[^a]'",
    "'x*'", "'\\\\w+$'", "'b{1,2}'", "'.'", "'|'", "'\\\\p{L}'", "'(.)\\\\1'", "'('",
)  # fmt: skip
_UNITS = (
    "'YEAR'",
    "'quarter'",
    "'MON'",
    "'month'",
    "'WEEK'",
    "'DD'",
    "'day'",
    "'HOUR'",
    "'minute'",
    "'SECOND'",
    "'MILLISECOND'",
    "'MICROSECOND'",
    "'yy'",
    "'nope'",
)
_PARTS = (
    "'year'",
    "'quarter'",
    "'MONTH'",
    "'week'",
    "'day'",
    "'dow'",
    "'doy'",
    "'hour'",
    "'minute'",
    "'second'",
    "'yearofweek'",
    "'dow_iso'",
    "'epoch'",
)
_PATHS = (
    "'$'",
    "'$.a'",
    "'$.a.b'",
    "'$[0]'",
    "'$.c[1]'",
    "'$.a[*].b'",
    "'$[*]'",
    "'a'",
    "'$.é'",
    "'$.x y'",
    "'$[\\'a b\\']'",
    "'$..a'",
)
_FORMATS = ("'999'", "'000D00'", "'$9,999.99'", "'S99.9'", "'9G999'", "'0.0'", "'99MI'", "'99PR'")
_PRINTF = (
    "'%s'",
    "'%d'",
    "'%5.2f'",
    "'%s-%s'",
    "'%05d'",
    "'%x'",
    "'%-5s|'",
    "'%,d'",
    "'%e'",
    "'%%'",
    "'%2$s %1$s'",
    "'%b'",
    "'%c'",
    "'abc'",
)
_CHARSETS = ("'UTF-8'", "'utf-16'", "'ISO-8859-1'", "'US-ASCII'", "'UTF-16LE'", "'nope'")
_SCHEMAS = (
    "'a STRING'",
    "'a INT, d STRING'",
    "'STRUCT<a: STRUCT<b: INT>>'",
    "'ARRAY<INT>'",
    "'MAP<STRING, STRING>'",
    "'n DOUBLE'",
    "'n DECIMAL(5,2), d STRING'",
    "'c ARRAY<STRING>'",
    "'a BOOLEAN'",
    "'i BIGINT'",
)
_DURATIONS = ("'10 minutes'", "'1 day'", "'1 hour'", "'90 seconds'", "'1 week'", "'0 seconds'", "'1 month'")

# By function and position: the literals among which an argument is chosen, nearly always.
ARGUMENTS: dict[str, dict[int, tuple[str, ...]]] = {
    **{
        name: {1: _SMALL}
        for name in (
            "repeat",
            "space",
            "round",
            "bround",
            "ceil",
            "ceiling",
            "floor",
            "shiftleft",
            "shiftright",
            "shiftrightunsigned",
            "left",
            "right",
            "array_repeat",
            "add_months",
            "bit_get",
            "getbit",
            "format_number",
        )
    },
    **{name: {1: ("0", "1", "5", "-1", "8"), 2: ("'*'", "''", "'ab'", "NULL")} for name in ("lpad", "rpad")},
    **{name: {1: ("0", "1", "-2", "3", "10"), 2: _SMALL} for name in ("substring", "substr")},
    **{name: {1: _REGEXES} for name in ("rlike", "regexp", "regexp_like", "regexp_count", "regexp_substr")},
    **{
        name: {1: _REGEXES, 2: ("0", "1", "2", "-1")}
        for name in ("regexp_extract", "regexp_extract_all", "regexp_instr")
    },
    **{
        name: {1: _PATTERNS}
        for name in (
            "date_format",
            "to_date",
            "try_to_date",
            "to_timestamp",
            "to_timestamp_ltz",
            "to_timestamp_ntz",
            "try_to_timestamp",
            "unix_timestamp",
            "to_unix_timestamp",
            "from_unixtime",
        )
    },
    **{name: {1: _ZONES} for name in ("from_utc_timestamp", "to_utc_timestamp")},
    **{
        name: {6: _ZONES}
        for name in ("make_timestamp", "make_timestamp_ltz", "try_make_timestamp", "try_make_timestamp_ltz")
    },
    **{name: {0: _PARTS} for name in ("date_part", "datepart")},
    **{name: {1: _FORMATS} for name in ("to_number", "try_to_number")},
    **{name: {1: (*_FORMATS, *_PATTERNS, "'base64'", "'hex'", "'utf-8'")} for name in ("to_char", "to_varchar")},
    **{name: {0: _PRINTF} for name in ("format_string", "printf")},
    **{
        name: {1: ("0.5", "0.0", "1.0", "0.25", "array(0.25, 0.75)"), 2: ("100", "10000")}
        for name in ("percentile", "percentile_approx", "approx_percentile")
    },
    **{name: {1: ("true", "false")} for name in ("first", "first_value", "last", "last_value", "any_value")},
    **{name: {1: ("1", "2", "0", "-1")} for name in ("lag", "lead")},
    **{name: {1: ("'UTF-8'", "'hex'", "'base64'", "'nope'")} for name in ("to_binary", "try_to_binary")},
    **{name: {1: ("id",)} for name in ("min_by", "max_by")},
    **{name: {1: ("2", "1", "3"), 2: ("true", "false")} for name in ("nth_value",)},
    "space": {0: _SMALL},
    "split": {1: _REGEXES, 2: ("-1", "0", "1", "2")},
    "regexp_replace": {1: _REGEXES, 2: ("'_'", "'$1'", "''", "'\\\\\\\\'", "'$0$0'"), 3: ("1", "2", "0")},
    "split_part": {1: ("','", "'a'", "''"), 2: ("1", "2", "-1", "0")},
    "substring_index": {1: ("','", "'a'", "''"), 2: _SMALL},
    "date_trunc": {0: _UNITS},
    "trunc": {1: _UNITS},
    "next_day": {1: ("'Mon'", "'FRIDAY'", "'su'", "'nope'")},
    "convert_timezone": {0: _ZONES, 1: _ZONES},
    "sha2": {1: ("0", "224", "256", "384", "512", "1")},
    "conv": {
        0: ("s", "v", "'ff'", "'100'", "'-5'", "''", "NULL"),
        1: ("10", "16", "2", "36"),
        2: ("16", "2", "-10", "8", "10"),
    },
    "encode": {1: _CHARSETS},
    "decode": {1: _CHARSETS},
    "get_json_object": {1: _PATHS},
    "from_json": {1: _SCHEMAS},
    "schema_of_json": {0: ('\'{"a": 1, "b": [1.5, null]}\'', "'[]'", "'1'", '\'{"a": "x"}\'')},
    "to_json": {1: ("map('ignoreNullFields', 'false')",)},
    "named_struct": {0: ("'a'", "'x'", "'A b'"), 2: ("'b'", "'y'", "'a'")},
    "window": {1: _DURATIONS},
    "elt": {0: ("1", "2", "0", "3", "NULL")},
    "slice": {1: ("1", "2", "-1", "0", "-5"), 2: ("1", "2", "0", "-1")},
    "array_insert": {1: ("1", "2", "-1", "0", "5", "-4")},
    "element_at": {1: ("1", "2", "-1", "0", "'a'", "5")},
    "try_element_at": {1: ("1", "2", "-1", "0", "'a'", "5")},
    "get": {1: ("0", "1", "-1", "5")},
    "overlay": {2: ("1", "2", "0", "-1", "10"), 3: ("1", "0", "-1", "3")},
    "sequence": {0: ("0", "1", "5", "CAST(y AS INT)"), 1: ("3", "-2", "1", "NULL"), 2: ("1", "2", "-1", "0")},
    "make_date": {
        0: ("2024", "year(dt)", "0", "10000", "i"),
        1: ("2", "month(dt)", "13"),
        2: ("29", "30", "day(dt)", "1"),
    },
    "levenshtein": {2: ("1", "2", "5", "-1")},
    "width_bucket": {3: ("5", "0", "10", "-1")},
    "factorial": {0: ("y", "i", "5", "20", "21", "-1")},
    "str_to_map": {1: ("','", "'|'"), 2: ("':'", "'='")},
    "ntile": {0: ("2", "3", "1", "0")},
    "parse_url": {
        0: ("'https://u@ex.org:80/a/b?x=1&y=%20#f'", "s"),
        1: ("'HOST'", "'PATH'", "'QUERY'", "'REF'", "'nope'"),
        2: ("'x'", "'z'"),
    },
    "try_parse_url": {
        0: ("'https://u@ex.org:80/a/b?x=1&y=%20#f'", "s"),
        1: ("'HOST'", "'PATH'", "'QUERY'"),
        2: ("'x'", "'z'"),
    },
    "json_tuple": {0: ("j",), 1: ("'a'",), 2: ("'d'",)},
    "raise_error": {0: ("s",)},
    "approx_count_distinct": {1: ("0.05",)},
    "histogram_numeric": {1: ("3", "10")},
    "array_join": {1: ("','", "''", "'-'"), 2: ("'?'", "'NULL'")},
    "bin": {0: ("l", "i", "0", "-1")},
    "listagg": {1: ("','",)},
    "string_agg": {1: ("','",)},
}
# Their hints are never left out: with another order ties decide, with another size an answer fills the memory.
ALWAYS = frozenset(["max_by", "min_by", "repeat", "space", "lpad", "rpad", "array_repeat", "sequence"])
UNITS = ("YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND")

# What Spark itself leaves open, or what tells of the machine.
OPEN = frozenset(
    [
        "rand",
        "random",
        "randn",
        "uniform",
        "randstr",
        "uuid",
        "shuffle",
        "monotonically_increasing_id",
        "spark_partition_id",
        "input_file_name",
        "current_user",
        "user",
        "session_user",
        "current_catalog",
        "current_database",
        "current_schema",
        "version",
        "current_date",
        "curdate",
        "current_timestamp",
        "now",
        "localtimestamp",
        "current_timezone",
        "current_time",
        "raise_error",
        "assert_true",
        "grouping",
        "grouping_id",
        "localtime",
        "timediff",
        "iff",
        "charindex",
        "yearofweek",
        "window",
        "window_time",
        "collect_union",
        "input_file_block_start",
        "input_file_block_length",
        "session_window",
        "variant_explode",
        "variant_explode_outer",
        "aes_encrypt",
        "try_aes_encrypt",
        "java_method",
        "reflect",
        "try_reflect",
        "sentences",
    ]
)
# Aggregates whose answer depends on the order of rows; `{}` is the call.
UNORDERED = frozenset(
    [
        "first",
        "first_value",
        "last",
        "last_value",
        "any_value",
        "mode",
        "listagg",
        "string_agg",
        "histogram_numeric",
        "percentile_cont",
        "percentile_disc",
        "approx_top_k",
    ]
)
SORTED = frozenset(["collect_list", "array_agg", "collect_set"])

# Differences that are known, by the query's text, and why they stay.
KNOWN: tuple[tuple[str, str], ...] = (
    (r"\bregr_\w+\(|\bcovar_\w+\(|\bcorr\(", "pairs that hold NaN or infinity: DuckDB leaves some of them out"),
    (r"\bapprox_count_distinct\(", "an estimate: both err, and differently"),
    (r"\bmap_concat\(\)", "a map of VOID to VOID, which Arrow cannot hold"),
)

# Errors of Spark in constants, which it computes before any row is read, by the query's text; here a row must need them.
KNOWN_ERRORS: tuple[tuple[str, str], ...] = (
    (r" FROM t WHERE false$", "there is no row"),
    (r"\btry_(add|subtract|multiply|divide|mod)\(('|.*, '[^']*'\))", "the text would be tried"),
)

LITERALS: tuple[tuple[str, str], ...] = (
    ("NULL", "void"), ("true", "boolean"), ("0", "int"), ("1", "int"), ("-1", "int"), ("7", "int"), ("2147483647", "int"),
    ("10L", "bigint"), ("9223372036854775807L", "bigint"), ("3Y", "tinyint"), ("-2S", "smallint"), ("1.5", "decimal(2,1)"),
    ("0.10", "decimal(2,2)"), ("100", "int"), ("1e0D", "double"), ("2.5D", "double"), ("-0.0D", "double"), ("double('NaN')", "double"),
    ("1.25F", "float"), ("12345678901234567890.123456789BD", "decimal(29,9)"), ("''", "string"), ("'a'", "string"), ("'12'", "string"),
    ("'2024-02-29'", "string"), ("'é😀'", "string"), ("' 7 '", "string"), ("X'00FF'", "binary"), ("DATE'2024-02-29'", "date"),
    ("DATE'1582-10-10'", "date"), ("TIMESTAMP'2024-03-31 01:30:00.5'", "timestamp"), ("TIMESTAMP_NTZ'2024-03-31 02:30:00'", "timestamp_ntz"),
    ("INTERVAL '1 02:03:04.5' DAY TO SECOND", "interval day to second"), ("INTERVAL '-3' DAY", "interval day"),
    ("INTERVAL '1-2' YEAR TO MONTH", "interval year to month"), ("INTERVAL '5' MONTH", "interval month"),
    ("array(1, NULL, 3)", "array<int>"), ("array('a', 'b')", "array<string>"), ("map('a', 1, 'b', 2)", "map<string,int>"),
    ("named_struct('a', 1, 'b', 'x')", "struct<a:int,b:string>"), ("array(1.5, 2)", "array<decimal(11,1)>"), ("CAST(NULL AS INT)", "int"),
    ("CAST(NULL AS STRING)", "string"), ("CAST(NULL AS DATE)", "date"), ("array()", "array<void>"),
)  # fmt: skip

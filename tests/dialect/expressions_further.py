"""Functions on the edges: bytes that are no text, occurrences, intervals by intervals, keys of JSON objects.

Each line is a select list; `cases_further.json` holds Spark's answers.
"""

from __future__ import annotations

ROWS = "SELECT 1 AS one"

SELECTIONS = r"""
is_valid_utf8(b), make_valid_utf8(b), try_validate_utf8(b) FROM VALUES (X'80'), (X'61C262'), (X''), (X'616263'), (X'C3A9'), (NULL) AS v(b)
is_valid_utf8(b) FROM VALUES (X'F09F9880'), (X'F09F98'), (X'EDA080'), (X'C080'), (X'F4908080'), (X'FF'), (X'E28261'), (X'F0808080') AS v(b)
make_valid_utf8(b) FROM VALUES (X'F09F9880'), (X'F09F98'), (X'EDA080'), (X'C080'), (X'F4908080'), (X'FF'), (X'E28261'), (X'F09F9861') AS v(b)
validate_utf8(X'616263'), validate_utf8(X'C3A9')
validate_utf8(b) FROM VALUES (X'80') AS v(b)
validate_utf8('abc'), is_valid_utf8('é'), make_valid_utf8('é'), try_validate_utf8('x'), is_valid_utf8(NULL), make_valid_utf8(NULL)
hex(reverse(X'CAFE'))
hex(reverse(b)) FROM VALUES (X'414243'), (X''), (NULL) AS v(b)
reverse(b) FROM VALUES (X'414243'), (X''), (NULL) AS v(b)
instr('abcabc', 'b', 1, 2)
instr('abcabc', 'b', -1, 1)
instr(s, t, p) FROM VALUES ('abcabc', 'b', 1), ('abcabc', 'b', 3), ('abcabc', 'b', 6), ('abcabc', 'b', -1), ('abcabc', 'b', -3), ('abcabc', 'b', 0), ('abcabc', '', 2), ('abcabc', '', -2), ('', 'a', 1), ('éaé', 'é', 2), (NULL, 'a', 1), ('a', NULL, 1), ('a', 'a', NULL), ('a', 'a', 9), ('a', 'a', -9) AS v(s, t, p)
instr(s, t, p, n) FROM VALUES ('aaaa', 'aa', 1, 2), ('aaaa', 'aa', 1, 3), ('aaaa', 'aa', 1, 4), ('aaaa', 'aa', -1, 1), ('aaaa', 'aa', -1, 2), ('aaaa', 'aa', -2, 2), ('aaaa', 'aa', -1, 4), ('aaaa', 'aa', 2, 1), ('abcabc', 'c', -6, 1), ('abcabc', 'a', -6, 1), ('abc', '', 1, 3), ('abc', '', -1, 2), ('abc', 'abc', -1, 1), ('abc', 'abc', 1, 1), ('abc', 'a', 1, NULL) AS v(s, t, p, n)
instr('abcabc', 'b', 1, 0)
instr('abcabc', 'b', 1, -1)
instr('abcabc', 'b', 2), instr('abc', 'c', 1), instr('abcabc', 'bc', 3, 1)
contains(X'537061726b', X'7061'), contains(X'537061726b', X'70'), contains(X'53', X''), contains(X'', X''), contains(X'5361', X'36')
startswith(X'537061726b', X'5370'), startswith(X'537061726b', X'70'), startswith(X'53', X''), endswith(X'537061726b', X'6b'), endswith(X'537061726b', X'53'), endswith(X'53', X'')
contains(a, b), startswith(a, b), endswith(a, b) FROM VALUES (X'53F06136', X'F061'), (X'53F06136', X'0F'), (X'53F06136', X'6136'), (X'53F06136', X'53F0'), (X'53', NULL), (NULL, X'53'), (X'0515', X'51'), (X'05', X'0505') AS v(a, b)
contains(X'616263', 'b'), startswith('abc', X'61'), endswith(X'616263', 'c')
left(X'616263', 2), right('abc', 2)
make_timestamp(DATE'2014-12-28')
try_make_timestamp(DATE'2014-12-28')
make_timestamp(d), try_make_timestamp(d) FROM VALUES (DATE'2014-12-28'), (DATE'1900-01-01'), (NULL) AS v(d)
make_timestamp_ntz(DATE'2014-12-28')
try_make_timestamp_ntz(DATE'2014-12-28')
make_timestamp_ltz(DATE'2014-12-28')
make_timestamp(date => DATE'2014-12-28')
date_format(TIME'14:30:45', 'HH:mm:ss')
INTERVAL '1-1' YEAR TO MONTH div INTERVAL '-1' MONTH
INTERVAL '7' YEAR div INTERVAL '2' YEAR, INTERVAL '7' MONTH div INTERVAL '1' YEAR, INTERVAL '-13' MONTH div INTERVAL '1' YEAR
INTERVAL '7' DAY div INTERVAL '2' DAY, INTERVAL '-7' DAY div INTERVAL '2' DAY, INTERVAL '1' DAY div INTERVAL '7' HOUR, INTERVAL '1 01:00:00' DAY TO SECOND div INTERVAL '-90' MINUTE
INTERVAL '7' DAY div INTERVAL '0' DAY
INTERVAL '7' MONTH div INTERVAL '0' MONTH
INTERVAL '7' MONTH div INTERVAL '1' DAY
INTERVAL '7' MONTH div 2
INTERVAL '7' DAY div NULL, NULL div INTERVAL '7' MONTH
a div b FROM VALUES (INTERVAL '5' MONTH, INTERVAL '2' MONTH), (INTERVAL '-5' MONTH, INTERVAL '2' MONTH), (NULL, INTERVAL '2' MONTH), (INTERVAL '5' MONTH, NULL) AS v(a, b)
a div b FROM VALUES (INTERVAL '5' HOUR, INTERVAL '2' HOUR), (INTERVAL '-5' HOUR, INTERVAL '2' HOUR), (NULL, INTERVAL '2' HOUR), (INTERVAL '5' HOUR, NULL) AS v(a, b)
to_json(map(named_struct('a', 1), named_struct('b', 2)))
to_json(map(array(1, 2), 3))
to_json(map(1, 'a', 2, NULL)), to_json(map('é', 1, 'a"b', 2)), to_json(map(1.50, 1)), to_json(map(true, 1)), to_json(map(1.5D, 1, 1e10D, 2)), to_json(map(5L, 1)), to_json(map(7Y, 1))
to_json(map(DATE'2024-02-29', 1))
to_json(map(TIMESTAMP'2024-02-29 12:30:15.123456', 1))
to_json(map(TIMESTAMP_NTZ'2024-02-29 12:30:15.123456', 1))
to_json(map(INTERVAL '5' MONTH, 1)), to_json(map(INTERVAL '1' DAY, 1))
to_json(map(INTERVAL '1-2' YEAR TO MONTH, 1)), to_json(map(INTERVAL '1 02:03:04.5' DAY TO SECOND, 1))
to_json(m) FROM VALUES (map(DATE'2024-02-29', 1, DATE'1969-12-31', 2)), (map()), (NULL) AS v(m)
to_json(m) FROM VALUES (map(TIMESTAMP'1969-12-31 23:59:59.5', 1)) AS v(m)
to_json(map('k', map(DATE'2024-02-29', 1)))
to_json(struct(d)), to_json(array(d)) FROM VALUES (DATE'9999-12-31' + 1), (DATE'0001-01-01' - 1), (DATE'2024-02-29'), (DATE'0001-01-01'), (DATE'0999-05-06'), (NULL) AS v(d)
to_json(struct(t)) FROM VALUES (TIMESTAMP'9999-12-31 23:59:59' + INTERVAL '1' DAY), (TIMESTAMP'0001-01-01 00:00:00' - INTERVAL '1' DAY), (TIMESTAMP'0999-05-06 00:00:00.1') AS v(t)
to_json(struct(t)) FROM VALUES (TIMESTAMP_NTZ'9999-12-31 23:59:59' + INTERVAL '1' DAY), (TIMESTAMP_NTZ'0001-01-01 00:00:00' - INTERVAL '1' DAY), (TIMESTAMP_NTZ'0999-05-06 00:00:00.1') AS v(t)
try_to_binary('abc', 'invalidFormat')
try_to_binary(s, 'nothing'), try_to_binary(s, NULL), try_to_binary(s, 'HEX') FROM VALUES ('61'), ('x'), (NULL) AS v(s)
to_binary('abc', 'UTF-8'), to_binary('YWJj', 'BASE64'), to_binary('6', 'hex'), try_to_binary('zz', 'hex'), try_to_binary('a!', 'base64'), try_to_binary('é', 'utf-8')
current_database
monotonically_increasing_id()
monotonically_increasing_id() + 5 AS x
monotonically_increasing_id() AS k, v FROM VALUES ('a') AS w(v)
max(k) FROM (SELECT monotonically_increasing_id() AS k, v FROM VALUES ('a') AS w(v))
v FROM VALUES ('a') AS w(v) WHERE monotonically_increasing_id() >= 0
monotonically_increasing_id(), count(*) FROM VALUES ('a') AS w(v)
DISTINCT monotonically_increasing_id() FROM VALUES ('a') AS w(v)
v FROM VALUES ('a') AS w(v) GROUP BY v, monotonically_increasing_id()
length(randstr(3)), length(randstr(0)), randstr(20) RLIKE '^[0-9a-zA-Z]{20}$'
length(randstr(3S)), length(randstr(3L))
uniform(5, 5), uniform(5L, 5), uniform(1.5D, 1.5D), uniform(2F, 2F), uniform(1.5, 1.5), uniform(-3, -3), uniform(7Y, 7Y)
uniform(0, 10) BETWEEN 0 AND 10, uniform(10, 0) BETWEEN 0 AND 10, uniform(0.5, 0.7) BETWEEN 0.5 AND 0.7, uniform(-5D, 5) BETWEEN -5 AND 5
uniform(0, 10) < 10
uniform(NULL, 5), uniform(5, NULL)
uniform(NULL, NULL)
uniform('1', 5)
uniform(0, 1 + 1) <= 2
uniform(0, 1) IS NULL
count(DISTINCT k), max(k) > min(k), min(k) >= 0 FROM (SELECT monotonically_increasing_id() AS k FROM range(50))
typeof(current_user()), typeof(user()), typeof(session_user()), current_user() = user(), current_user() = session_user(), length(current_user()) > 0
typeof(current_user), current_user = session_user
typeof(current_time()), typeof(current_time), typeof(localtime), typeof(localtime()), typeof(current_time(6))
typeof(uniform(0, 10)), typeof(uniform(0L, 10)), typeof(uniform(0, 10Y)), typeof(uniform(0Y, 10Y)), typeof(uniform(0, 10S)), typeof(uniform(0S, 10S)), typeof(uniform(0.0D, 10)), typeof(uniform(0F, 10)), typeof(uniform(0F, 10L))
uniform(9223372036854775806L, 9223372036854775807L), uniform(-9223372036854775808L, 9223372036854775807L) IS NOT NULL
instr('abc', '', 0), instr('', '', 1), instr('', '', -1), instr('😀a😀', '😀', -1), instr('a', NULL, 1, 0)
date_format(TIME'14:30:45.123', 'h:m:s a'), date_format(TIME'00:00:00', 'kk-KK'), date_format(TIME'23:59:59.999999', 'HH:mm:ss.SSSSSS'), date_format(TIME'01:02:03', 'HHmmss')
count(*), max(x) FROM (SELECT uniform(0, 10) AS x FROM range(20)) WHERE x > 10
min(length(x)), max(length(x)) FROM (SELECT randstr(7) AS x FROM range(20))
count(DISTINCT x) > 1 FROM (SELECT randstr(12) AS x FROM range(20))
id, k IS NOT NULL FROM (SELECT id, monotonically_increasing_id() AS k FROM range(3) GROUP BY id) ORDER BY id
count(k), count(DISTINCT k) FROM (SELECT explode(array(1, 2, 3)) AS x, monotonically_increasing_id() AS k FROM range(4))
count(DISTINCT k) FROM (SELECT CASE WHEN id % 2 = 0 THEN monotonically_increasing_id() END AS k FROM range(10))
count(DISTINCT k) FROM (SELECT concat('r', monotonically_increasing_id()) AS k FROM range(10))
min(b - a) FROM (SELECT monotonically_increasing_id() AS a, monotonically_increasing_id() + 1 AS b FROM range(10))
count(*) FROM (SELECT monotonically_increasing_id() AS k, id FROM range(10)) WHERE id > 3 AND k >= 0
to_json(named_struct('m', map(DATE'2024-01-01', array(DATE'2024-01-01'))))
to_json(array(map(1.5F, X'61'))), to_json(map(CAST('NaN' AS DOUBLE), 1)), to_json(map(CAST(12 AS DECIMAL(10, 2)), 1)), to_json(map(1S, DATE'2024-01-01'))
to_json(map(INTERVAL '-3' MONTH, INTERVAL '3' MONTH, INTERVAL '4' MONTH, NULL))
to_json(struct(INTERVAL '3' MONTH AS a, TIME'12:00:00' AS b))
to_json(map('a', CAST('9999-12-31' AS DATE) + 366))
a div b FROM VALUES (INTERVAL '2147483647' MONTH, INTERVAL '1' MONTH), (INTERVAL '0' MONTH, INTERVAL '-3' MONTH) AS v(a, b)
try_divide(INTERVAL '7' MONTH, 2), INTERVAL '7' MONTH / 2
(INTERVAL '1' DAY div INTERVAL '1' SECOND) + 1, -(INTERVAL '9' YEAR div INTERVAL '2' MONTH)
instr('ab', X'62'), instr(12321, 2, -1), instr('AbAb', 'b', 1, 2), instr('x', 'xx', 1), instr('x', 'xx', -1)
hex(reverse(CAST('abc' AS BINARY))), reverse(array(X'01', X'02')), reverse('añb')
endswith(X'', X''), startswith(X'', X'61'), endswith(CAST('abc' AS BINARY), encode('bc', 'utf-8'))
make_timestamp(CAST('2024-01-31' AS DATE)) = TIMESTAMP'2024-01-31 00:00:00', typeof(make_timestamp(DATE'2024-01-31'))
make_timestamp('2024-01-31')
validate_utf8(CAST(NULL AS BINARY)), try_validate_utf8(CAST('é' AS BINARY)), length(make_valid_utf8(X'FFFE'))
regexp_extract('abc', 'x'), regexp_extract('abc', 'x', 1), regexp_extract('abc', '(x)', 2), regexp_extract('abc', 'b', 0), regexp_extract_all('abc', 'x'), regexp_extract_all('abc', 'x', 3)
regexp_extract(s, 'b'), regexp_extract(s, 'b', -1), regexp_extract_all(s, 'b', 2) from values ('aaa'), (NULL), ('') AS v(s)
regexp_extract(s, p) from values ('aaa', 'b'), ('a', '(x)') AS v(s, p)
regexp_extract('abc', 'b')
regexp_extract('abc', '(b)', 2)
regexp_extract_all('abc', 'b')
regexp_extract(s, 'b') from values ('aaa'), ('abc') AS v(s)
reverse(X'F09F9880'), length(reverse(X'0001')), reverse(CAST(NULL AS BINARY))
pow(1e0D, double('NaN')), pow(double('NaN'), 0D), pow(-1D, double('inf')), pow(double('NaN'), 1D), pow(b, e) FROM VALUES (2D, 3D), (1D, double('-inf')), (NULL, 1D), (1D, NULL) AS v(b, e)
decode(1S, -2S, 2147483647, 1S, 100), decode(1, 1, 1.5), decode(1, 1, NULL), decode(1Y, 1Y, 7, 8S), decode(1, 1, 'a'), decode(1, 2, DATE'2024-01-01')
decode(1, 1, array(1))
try_parse_url(s, 'PATH') FROM VALUES ('\u00a0nbsp\u2003'), ('é'), ('\u2028'), ('a\u0085b'), ('\u200b'), ('\u00ad'), ('\ufeff'), ('a\u007f') AS v(s)
s LIKE ANY ('a%', '%b', c) FROM VALUES ('abc', 'x\\'), ('xb', '\\x'), ('_', '\\_'), ('c', NULL), (NULL, '\\') AS v(s, c)
s LIKE ANY ('a%', '%b', c) FROM VALUES ('c', 'x\\') AS v(s, c)
s LIKE ALL ('%z', c), s LIKE ALL (c, '%c') FROM VALUES ('abc', 'abc'), ('z', '\\%') AS v(s, c)
s LIKE c FROM VALUES ('abc', '\\x') AS v(s, c)
s ILIKE c, s LIKE c ESCAPE '!' FROM VALUES ('A_b', 'a_B'), ('\\', '!!'), ('a^', 'a^') AS v(s, c)
s LIKE c ESCAPE '!' FROM VALUES ('ab', 'a!b') AS v(s, c)
nullif(s, CAST(NULL AS INT)) FROM VALUES ('12'), (NULL) AS v(s)
nullif(s, CAST(NULL AS INT)) FROM VALUES ('abc') AS v(s)
s > CAST(NULL AS DATE) FROM VALUES ('abc') AS v(s)
s + CAST(NULL AS INT) FROM VALUES ('abc') AS v(s)
CAST(NULL AS DATE) > s, CAST(NULL AS INT) + s FROM VALUES ('abc') AS v(s)
product(s) FROM VALUES (2D) AS v(s)
count_distinct(s) FROM VALUES (2D) AS v(s)
least(map('a', 1), map('b', 2))
greatest(x, x) FROM VALUES (parse_json('1')) AS v(x)
to_unix_timestamp()
to_unix_timestamp('2024-01-01', 'yyyy-MM-dd'), to_unix_timestamp(DATE'2024-01-01'), to_unix_timestamp(TIMESTAMP_NTZ'2024-01-01 00:00:00'), to_unix_timestamp(TIMESTAMP'2024-01-01 00:00:00')
try_make_interval()
percentile_approx(x, 0.5, x) FROM VALUES (2) AS v(x)
percentile_approx(x, 0.5, 0) FROM VALUES (2) AS v(x)
percentile_approx(x, 0.5, NULL) FROM VALUES (2) AS v(x)
percentile_approx(x, 0.5, '100') FROM VALUES (2) AS v(x)
percentile_approx(x, x) FROM VALUES (1) AS v(x)
percentile_approx(x, 0.5, 100L), percentile_approx(x, -0.0D), percentile_approx(x, array(0, 1), 50 + 50), percentile(x, '0.5') FROM VALUES (2), (3), (NULL) AS v(x)
percentile_approx(x, 0.5), percentile_approx(x, 1.0), percentile(x, array(0, 1)) FROM VALUES (1D), (double('NaN')), (3D) AS v(x)
percentile_approx(x, 0.5) FROM VALUES (9223372036854775807L) AS v(x)
percentile(x, 2.5) FROM VALUES (2) AS v(x)
percentile(x, NULL) FROM VALUES (2) AS v(x)
percentile(x, array(0.5, 1.5)) FROM VALUES (2) AS v(x)
percentile_cont(2.5) WITHIN GROUP (ORDER BY x) FROM VALUES (2) AS v(x)
median(x) OVER (ORDER BY x) FROM VALUES (2) AS v(x)
percentile_disc(0.5) WITHIN GROUP (ORDER BY x) OVER (ORDER BY x) FROM VALUES (2) AS v(x)
median(x) OVER (PARTITION BY x), percentile(x, 0.5) OVER (ORDER BY x), median(x) OVER (PARTITION BY x ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM VALUES (2), (3) AS v(x)
listagg(s) WITHIN GROUP (ORDER BY s) OVER (ORDER BY s) FROM VALUES ('a') AS v(s)
listagg(X'61', 'a')
listagg(X'61', NULL), listagg(X'61', X'62'), listagg(1, ',')
min_by(x, x, 100001) FROM VALUES (1) AS v(x)
date_part(NULL, TIMESTAMP_NTZ'2024-01-01 00:00:00'), date_part(CAST(NULL AS STRING), INTERVAL '1' DAY), date_part('week', NULL)
date_diff(date_add(d, n), DATE'1970-01-01'), datediff(d - n, DATE'1970-01-01'), datediff(try_add(d, n), DATE'1970-01-01') FROM VALUES (DATE'2024-02-29', 1), (DATE'2024-02-29', 2147483647), (DATE'2024-02-29', -2147483640), (NULL, 1), (DATE'2024-02-29', NULL) AS v(d, n)
x IN (1, CAST(s AS INT)), x NOT IN (1, NULL, CAST(s AS INT)) FROM VALUES (1, 'abc'), (NULL, 'abc'), (2, '2'), (3, '2'), (3, NULL) AS v(x, s)
x IN (2, s) FROM VALUES (1, 'abc') AS v(x, s)
unix_micros(CAST(x AS TIMESTAMP)) FROM VALUES (12345678901234567890.123456789BD), (-1.0000019BD), (922337203685477.5807BD), (NULL) AS v(x)
timestamp_seconds(12345678901234567890BD)
transform(histogram_numeric(x, 3), b -> datediff(b.x, DATE'1970-01-01')) FROM VALUES (TIMESTAMP_NTZ'9999-12-31 23:59:59.999999'), (TIMESTAMP_NTZ'2024-01-01 00:00:00') AS v(x)
format_string('%c', 5L)
format_string('%c|%c', 97, NULL), format_string('%c', 98S)
hex(from_base32(s)) FROM VALUES ('Straße'), ('back\\slash'), ('mfrgg==='), ('a'), ('ABCDEFGHI') AS v(s)
aggregate(array(1.5D), 0, (a, x) -> a + x)
aggregate(array(1), 0L, (a, x) -> x)
aggregate(array(1), named_struct('a', 1), (a, x) -> named_struct('b', x)), aggregate(array(1, 2), 0L, (a, x) -> a + x, a -> a * 1.5)
split_part(' 7 ', d, -1), split_part(' 7 ', d, 1), split_part(d, ' ', 1) FROM VALUES (CAST(NULL AS STRING)), (''), (' ') AS v(d)
initcap(s), upper(s) FROM VALUES ('ﬁ'), ('ﬁx ﬂy'), ('Straße'), ('ß ßa'), ('ŉ'), ('ǰ'), ('İı'), ('ΑΣΣ'), ('ǆ'), ('ΐ'), ('և'), ('x-y z_w'), ('é à'), (''), (NULL), ('日本 ab') AS v(s)
-w, abs(-w), negative(w) FROM VALUES (1234567890123456789012345678901234BD), (-5BD), (NULL) AS v(w)
-w FROM VALUES (-99999999999999999999999999999999999999BD) AS v(w)
CAST(array_intersect(a, a) AS STRING), CAST(array_distinct(a) AS STRING), CAST(array_union(a, array(0D)) AS STRING), CAST(array_except(a, array(5D)) AS STRING), CAST(array_union(array(2F), array(-0F)) AS STRING) FROM VALUES (array(-0.0D, 1D, 0.0D)) AS v(a)
s - CAST(NULL AS DATE) FROM VALUES ('x') AS v(s)
concat(CAST(NULL AS STRING), CAST(CAST(s AS INT) AS STRING)) FROM VALUES ('x') AS v(s)
CAST(CAST(s AS INT) AS STRING) || NULL FROM VALUES ('x') AS v(s)
CAST(s AS INT) & NULL FROM VALUES ('x') AS v(s)
trim(CAST(NULL AS STRING), timestamp_millis(x)) FROM VALUES (9223372036854775807L) AS v(x)
try_make_interval(s, 1) FROM VALUES ('x') AS v(s)
try_make_interval(2147483647, 12), try_make_interval(1, 2, NULL), try_make_interval(1)
try_add(CAST(s AS DATE), 1), try_subtract(CAST(s AS DATE), x) FROM VALUES ('x', 1), ('2024-01-01', 2), ('2024-01-01', NULL) AS v(s, x)
bit_and('1')
bit_get(s, 0) FROM VALUES ('1') AS v(s)
abs(s), ceil(s), sum(s), median(s) FROM VALUES ('1') AS v(s) GROUP BY s
format_number(s, 2) FROM VALUES ('1') AS v(s)
timestamp_seconds(s) FROM VALUES ('1') AS v(s)
bitmap_or_agg('1')
bitmap_count(s) FROM VALUES ('1') AS v(s)
width_bucket(INTERVAL '1' DAY, INTERVAL '1' MONTH, INTERVAL '3' MONTH, 2)
equal_null(map('a', 1), NULL)
equal_null(array(1), array(1)), equal_null(1, '1'), equal_null(NULL, 1)
nullif(map('a', 1), map('a', 1))
regexp_replace('a', 'a', 'b', 0)
regexp_replace('a', 'a', 'b', x) FROM VALUES (1) AS v(x)
x FROM VALUES (1) AS v(x) ORDER BY -1
x, count(*) FROM VALUES (1) AS v(x) GROUP BY x, -1
max(x) FROM VALUES (1) AS v(x) GROUP BY -(1)
format_string('%,d|%d|%x|%f|%e|%c|%b|%s', CAST(NULL AS DATE), NULL, CAST(NULL AS STRING), NULL, CAST(NULL AS INT), NULL, NULL, NULL)
a[2147483647] FROM VALUES (CAST(NULL AS ARRAY<INT>)) AS v(a)
count_if('a') FROM VALUES (1) AS v(x) WHERE false
sum(CAST('a' AS INT)) FROM VALUES (1) AS v(x) WHERE x > 5
var_pop(' 1.5e3 '), sum(' 7 '), count_if(' Yes '), max(CAST('-.5d' AS DOUBLE)), min(CAST('NaN' AS FLOAT)), avg(CAST('1e2' AS DECIMAL(5, 1))), sum(CAST('+inf' AS DOUBLE))
sum(if(x > 5, CAST('a' AS INT), x)), sum(coalesce(x, CAST('a' AS INT))), sum(try_cast('a' AS INT)) FROM VALUES (1) AS v(x)
max('a' + x) FROM VALUES (1) AS v(x) WHERE false
timestamp_micros(2.5D)
timestamp_millis('1')
timestamp_micros(1S), timestamp_millis(2147483647), timestamp_micros(NULL)
CAST(s AS DECIMAL(20, 0)) < to_unix_timestamp(CAST(NULL AS STRING)) FROM VALUES ('x') AS v(s)
histogram_numeric(x, 3), histogram_numeric(CAST(x AS DECIMAL(20, 0)), 3) FROM VALUES (9223372036854775806L), (3L) AS v(x)
overlay('abc', 'x', -2147483648), overlay('abc', 'x', p, n), overlay('abc' PLACING 'x' FROM p), hex(overlay(X'0102', X'FF', p)) FROM VALUES (-2147483648, 1), (2147483647, 2147483647), (2, 0), (NULL, 1) AS v(p, n)
regexp_extract_all('abab', '(a)|(b)'), regexp_extract_all('abab', '(a)|(b)', 2), regexp_extract_all('acb', 'a(c)?|b(d)?', 1), regexp_extract_all(s, '(a)|b') FROM VALUES ('ab'), (''), (NULL) AS v(s)
s AND ('b' LIKE 'a%') FROM VALUES ('x') AS v(s)
s AND false, s OR true, s AND true, s OR CAST(NULL AS BOOLEAN) FROM VALUES ('true'), ('n'), (NULL) AS v(s)
"""


def cases() -> list[str]:
    """The queries, in order."""
    return [f"SELECT {line}" for line in SELECTIONS.strip().splitlines()]

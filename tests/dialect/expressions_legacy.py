"""Expressions without ANSI mode (`spark.sql.ansi.enabled = false`): NULL and wrapping instead of errors, legacy types.

Each is evaluated over every row of `ROWS`; `cases_legacy.json` holds Spark's answers.
"""

from __future__ import annotations

ANSI = False
ROWS = """
SELECT * FROM VALUES
  (1, 2147483647, 9223372036854775807L, 127Y, 32767S, double('1.5'), float('3.4E38'), 12.345, 99999999.99, '12', ' 7.9 ', '2024-01-31', date'2024-01-31', timestamp'2024-01-31 23:59:59.5', true, array(1, 2, 3), map('a', 1, 'b', 2), X'3132'),
  (2, -2147483648, -9223372036854775808L, -128Y, -32768S, double('-0.0'), float('-1'), -0.001, 0.00, 'abc', '1e2', '2024-02-30', date'1969-12-31', timestamp'1969-12-31 23:59:59.5', false, array(), map(), X''),
  (3, 0, 0L, 0Y, 0S, double('NaN'), float('NaN'), 0.000, 0.01, '', 'true', '2024-1-1 25:00:00', date'9998-12-31', timestamp'2000-02-29 00:00:00', CAST(NULL AS BOOLEAN), array(NULL, 5), map('z', CAST(NULL AS INT)), X'41'),
  (4, 7, -5L, 3Y, 9S, double('Infinity'), float('Infinity'), 99999.999, -99999999.99, '-99999999999', '1.5', 'x', date'0001-03-01', timestamp'2024-03-31 01:30:00', true, array(7), map('k', -1), X'61'),
  (5, CAST(NULL AS INT), CAST(NULL AS BIGINT), CAST(NULL AS TINYINT), CAST(NULL AS SMALLINT), CAST(NULL AS DOUBLE), CAST(NULL AS FLOAT), CAST(NULL AS DECIMAL(8,3)), CAST(NULL AS DECIMAL(10,2)), CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS STRING), CAST(NULL AS DATE), CAST(NULL AS TIMESTAMP), CAST(NULL AS BOOLEAN), CAST(NULL AS ARRAY<INT>), CAST(NULL AS MAP<STRING, INT>), CAST(NULL AS BINARY)),
  (6, -3, 300L, -1Y, -1S, double('1E300'), float('-7.9'), 1.005, 12.50, '1 ', '0x1F', '2023-06-15T08:09:10Z', date'2023-06-15', timestamp'2023-06-15 08:09:10.5', false, array(-1, -2), map('a', 10), X'00')
AS t(id, i, l, b, s, d, f, p, q, n, x, ts_text, dt, ts, o, a, m, bin)
"""

EXPRESSIONS = r"""
i + 1
i - 1
i * 2
-i
abs(i)
l + 1
l - 1
l * l
-l
abs(l)
b + 1Y
b * b
-b
abs(b)
s + 1S
s * s
-s
i + l
i / 0
i % 0
i div 0
l div 0
d / 0
d % 0
p / 0
p % 0
q div 0
p * q
p * p * p * p
q * q * q * q * q
q + q
p / q
mod(i, 0)
pmod(i, 0)
pmod(i, -3)
l / i
i / l
try_divide(i, 0)
CAST(n AS INT)
CAST(x AS INT)
CAST(n AS BIGINT)
CAST(x AS BIGINT)
CAST(n AS TINYINT)
CAST(n AS DOUBLE)
CAST(x AS DOUBLE)
CAST(x AS FLOAT)
CAST(n AS DECIMAL(5,2))
CAST(x AS DECIMAL(5,2))
CAST(x AS BOOLEAN)
CAST(n AS BOOLEAN)
CAST(ts_text AS DATE)
CAST(ts_text AS TIMESTAMP_NTZ)
CAST(n AS DATE)
CAST(i AS TINYINT)
CAST(l AS INT)
CAST(l AS SMALLINT)
CAST(i AS SMALLINT)
CAST(d AS INT)
CAST(d AS BIGINT)
CAST(f AS INT)
CAST(p AS INT)
CAST(q AS TINYINT)
CAST(q AS SMALLINT)
CAST(q AS DECIMAL(4,1))
CAST(d AS DECIMAL(10,2))
CAST(l AS DECIMAL(10,0))
CAST(i AS DECIMAL(4,2))
CAST(d AS FLOAT)
CAST(ts AS INT)
CAST(ts AS BIGINT)
CAST(ts AS TINYINT)
CAST(ts AS DOUBLE)
CAST(ts AS DECIMAL(20,6))
CAST(i AS TIMESTAMP)
CAST(o AS INT)
CAST(o AS TIMESTAMP)
CAST(i AS BOOLEAN)
CAST(d AS BOOLEAN)
CAST(i AS BINARY)
CAST(bin AS STRING)
CAST(dt AS INT)
CAST(dt AS BOOLEAN)
CAST(ts AS BOOLEAN)
int(x)
double(n)
try_cast(n AS INT)
n + 1
n - i
n * 2
n / 2
x + 1.5
n + n
n % 5
n + l
n + p
-n
abs(n)
n = 12
n = 12.0
n > 5
n < l
x = 1.5
n = p
n = true
x = true
o = 1
o = 1.0
i = o
n = dt
ts_text = dt
ts_text < dt
ts_text = ts
ts_text > ts
dt = ts
dt < ts_text
n IN (12, 13)
i IN ('7', '0')
i IN ('7', 'abc')
dt IN ('2024-01-31')
n BETWEEN 1 AND 20
ts_text BETWEEN dt AND dt
i <=> n
n = NULL
CASE WHEN id = 1 THEN n ELSE i END
CASE WHEN id = 1 THEN dt ELSE ts_text END
CASE WHEN id = 1 THEN p ELSE d END
CASE WHEN id = 1 THEN q ELSE l END
coalesce(n, i)
coalesce(i, n)
coalesce(dt, ts_text)
coalesce(o, 'x')
if(id > 2, 1, 'a')
nvl(i, 'none')
array(1, 'a', 2.5)
array(i, n)
map('a', 1, 'b', 'x')
greatest(i, n)
least(dt, ts_text)
greatest(1, '5', 2.5)
concat(i, n)
i || n
a[0]
a[5]
a[-1]
a[i]
element_at(a, 1)
element_at(a, 5)
element_at(a, -1)
element_at(m, 'a')
element_at(m, 'q')
m['a']
m['q']
elt(5, 'a', 'b')
elt(i, 'a', 'b')
get(a, 1)
size(a)
size(m)
cardinality(a)
array_position(a, 1)
to_date(ts_text)
to_date(ts_text, 'yyyy-MM-dd')
to_timestamp(ts_text)
to_timestamp(ts_text, 'yyyy-MM-dd HH:mm:ss')
unix_timestamp(ts_text)
unix_timestamp(ts_text, 'yyyy-MM-dd')
to_unix_timestamp(ts_text)
date_add(ts_text, 1)
date_add(dt, n)
date_sub(dt, 1)
dt + 1
dt - 1
dt - dt
datediff(ts_text, '2024-01-01')
add_months(ts_text, 1)
year(ts_text)
hour(ts_text)
month(n)
last_day(ts_text)
next_day(dt, 'xx')
next_day(dt, 'MON')
make_date(2024, 13, 1)
make_date(2024, id, 31)
make_timestamp(2024, 1, 32, 0, 0, 0)
make_timestamp(2024, 1, 1, 25, 0, 0)
make_timestamp(2024, 1, id, 0, 0, 60.5)
make_interval(i)
make_dt_interval(id)
date_trunc('xx', ts)
trunc(dt, 'MM')
round(q, 1)
round(i, -9)
bround(d, 1)
ceil(d)
floor(d)
ceil(f)
substring(n, 1, 2)
substring(i, 2)
length(i)
upper(i)
repeat(n, '2')
lpad(i, 5, '0')
split(n, 2)
conv(n, 10, 16)
unhex(x)
hex(n)
bin(n)
parse_url('http://a b', 'HOST')
from_json(x, 'a INT')
get_json_object('{"a": 1}', '$.a')
to_number(n, '999')
url_decode('%zz')
decode(n, '12', 'twelve', 'other')
sqrt(n)
log(n)
pow(n, 2)
exp(x)
sign(n)
factorial(n)
ceil(n)
round(n, 1)
shiftleft(i, 33)
l & 255
i | n
~i
assert_true(o)
isnan(n)
bit_count(i)
hash(i)
md5(i)
a = array(1, 2, 3)
array_contains(a, 1)
array_contains(a, '1')
sequence(1, id)
width_bucket(n, 0, 20, 5)
dt + INTERVAL '1' DAY
ts_text + INTERVAL '1' DAY
ts_text + INTERVAL '1' MONTH
ts - INTERVAL '1' MONTH
dt - ts
ts_text - dt
dt - ts_text
ts - ts_text
dt + make_interval(0, 1, 0, 1, 5)
INTERVAL '1' DAY * n
INTERVAL '1' DAY / 0
INTERVAL '2147483647' MONTH + INTERVAL '1' MONTH
o AND n
NOT n
n AND true
nullif(n, 12)
nullif(i, '7')
timestamp_seconds(l)
timestamp_millis(l)
unix_micros(ts)
l = d
i = d
p = d
p = f
i > p
"""

QUERIES = r"""
SELECT sum(i) FROM t
SELECT sum(l) FROM t WHERE id IN (1, 4)
SELECT sum(l) FROM t WHERE l > 0
SELECT sum(q) FROM t
SELECT sum(n) FROM t
SELECT avg(n) FROM t
SELECT avg(p) FROM t
SELECT max(n), min(n) FROM t
SELECT sum(p * q) FROM t
SELECT stddev(n) FROM t
SELECT count(n + 1) FROM t
SELECT percentile(n, 0.5) FROM t
SELECT collect_list(CAST(n AS INT)) FROM t
SELECT sum(b), sum(s) FROM t
SELECT bit_and(i) FROM t
SELECT i FROM t UNION ALL SELECT n FROM t
SELECT dt FROM t UNION SELECT ts_text FROM t
SELECT 1 UNION ALL SELECT 'a'
SELECT l FROM t UNION ALL SELECT p FROM t
SELECT i FROM t INTERSECT SELECT '7'
SELECT t.id FROM t JOIN t u ON t.i = u.n
SELECT t.id FROM t WHERE t.i IN (SELECT n FROM t)
SELECT id FROM t WHERE n > 5
SELECT id FROM t WHERE n
SELECT id FROM t ORDER BY CAST(n AS INT), id
SELECT id, sum(l) OVER (ORDER BY id) FROM t
SELECT id, lag(i, 1, 'x') OVER (ORDER BY id) FROM t
SELECT id, explode(array(i, n)) FROM t WHERE id < 3
SELECT * FROM VALUES (1, 'a'), ('2', NULL) AS v(x, y)
SELECT CAST('2024-01-01' AS DATE) > '2023-12-31'
SELECT CAST(c AS INT) FROM VALUES ('1.9'), ('-1.9'), ('.5'), ('1e3'), ('+5'), ('2147483648'), ('99999999999999999999'), ('1 2'), ('１'), ('- 1'), ('1.') AS v(c)
SELECT CAST(c AS BIGINT) FROM VALUES ('9223372036854775807.9'), ('9223372036854775808'), ('-.9'), ('1e3'), ('1L') AS v(c)
SELECT CAST(c AS TINYINT), CAST(c AS SMALLINT) FROM VALUES ('127.9'), ('128'), ('-129'), ('32768') AS v(c)
SELECT CAST(c AS BOOLEAN) FROM VALUES ('T'), ('yes'), ('n'), ('1'), ('2'), ('on') AS v(c)
SELECT CAST(c AS TINYINT) FROM VALUES (1.5D), (300.7D), (-129D), (CAST('NaN' AS DOUBLE)), (1e20D) AS v(c)
SELECT CAST(c AS SMALLINT) FROM VALUES (1.5D), (70000.7D), (-40000D), (CAST('NaN' AS DOUBLE)), (1e20D), (-1e20D) AS v(c)
SELECT CAST(c AS TINYINT) FROM VALUES (CAST(1.5 AS FLOAT)), (CAST(300.7 AS FLOAT)), (CAST(-1e20 AS FLOAT)) AS v(c)
SELECT CAST(c AS TINYINT), CAST(c AS INT), CAST(c AS BIGINT) FROM VALUES (300.75), (-129.5), (99999999999.5), (9999999999999999999999.0) AS v(c)
SELECT CAST(c AS INT) FROM VALUES (1e10D), (-1e10D), (2147483647.9D), (CAST('Infinity' AS DOUBLE)) AS v(c)
SELECT CAST(c AS INT) FROM VALUES (timestamp'9999-12-31 00:00:00'), (timestamp'1900-01-01 00:00:00.5') AS v(c)
SELECT CAST(c AS TIMESTAMP) FROM VALUES (1.5D), (CAST('NaN' AS DOUBLE)), (-1.5D), (CAST('-Infinity' AS DOUBLE)) AS v(c)
SELECT CAST(c AS ARRAY<INT>) FROM VALUES (array('1', 'x', NULL)) AS v(c)
SELECT CAST(c AS STRUCT<a: INT>) FROM VALUES (named_struct('a', '1x')) AS v(c)
SELECT CAST(c AS MAP<STRING, INT>) FROM VALUES (map('a', '1x')) AS v(c)
SELECT 1Y + 127Y, 2147483647 + 1, -(-9223372036854775808L), 100Y * 2Y
SELECT 1 / 0, 1.0 / 0, 0 / 0, 1 % 0, 5 div 0, mod(5, 0)
SELECT 999999999999999999.99 * 999999999999999999.99
SELECT CAST(99999999999999999999999999999999999999 AS DECIMAL(38,0)) + 1
SELECT 12345678901234567890123456789012345678 * 10
SELECT '5' + '3', '5' * 2, '10' / '4', '7' % 4, '1' + 1.5, '2' - 1L
SELECT 'a' + 1, '' + 1, ' 3 ' + 1, '1e2' + 1
SELECT 1 = '1', 1 = '1.0', 1.0 = '1', 1L = 'x', true = 'true', true = '1', 'a' = 1, 1 < '10', '10' < '9', 10 < '9'
SELECT date'2024-01-01' = '2024-1-1', date'2024-01-01' < 'x', timestamp'2024-01-01 00:00:00' = '2024-01-01', date'2024-01-01' = timestamp'2024-01-01 00:00:00'
SELECT true = 1, true = 2, false = 0, true <=> 1, true > false
SELECT coalesce(1, 'a'), coalesce(date'2024-01-01', 'a'), coalesce(true, 'a'), coalesce(1.5, 2L)
SELECT concat(1, 'a', true, date'2024-01-01'), 1 || 2
SELECT size(NULL), size(CAST(NULL AS MAP<STRING, INT>)), sizeof(1)
SELECT to_date('31/01/2024', 'dd/MM/yyyy'), to_date('2024-01-32'), to_timestamp('x'), to_date('x', 'yyyy')
SELECT CAST('' AS INT), CAST(' ' AS DOUBLE), CAST('NaN' AS DOUBLE), CAST('inf' AS FLOAT), CAST('1d' AS DOUBLE), CAST('1f' AS DOUBLE)
SELECT float('1e40'), float(1e40), double('1e400'), CAST(1e-50 AS FLOAT)
SELECT map_from_arrays(array('a', 'a'), array(1, 2))
SELECT map('a', 1, 'a', 2)
SELECT array_max(array('1', 2)), array(true, 'a'), array(date'2024-01-01', 'x')
SELECT element_at(array(1), 0)
SELECT array(1, 2)[5], map('a', 1)['b'], split('a,b', ',')[3]
SELECT substring_index('a.b', '.', '1'), substring('hello', '2', 2), left('hello', '2')
SELECT round(2147483647.5), round('2.5'), ceil('2.1'), floor('-2.1'), abs('-3')
SELECT date_add('2024-01-31', '1'), date_add('2024-01-31', 1.9), months_between('2024-01-31', 'x')
SELECT sum(c) FROM VALUES ('1'), ('x'), ('2.5') AS v(c)
SELECT avg(c) FROM VALUES (9223372036854775807L), (9223372036854775807L) AS v(c)
SELECT to_json(named_struct('a', 1 / 0)), from_json('{"a": "x"}', 'a INT').a
SELECT CASE 1 WHEN '1' THEN 'y' ELSE 'n' END, if(NULL, 1, 'b'), nvl2(NULL, 1, 'b'), decode(1, '1', 'a')
SELECT raise_error('x')
SELECT CAST('2024-01-01 10:00:00' AS TIMESTAMP) + 1
SELECT 1 + date'2024-01-01'
SELECT date'2024-01-01' + '1'
SELECT date'2024-01-01' - '2023-12-01'
"""


def cases() -> list[str]:
    """The queries whose answers are recorded."""
    single = [line.strip() for line in EXPRESSIONS.strip().splitlines() if line.strip()]
    return [f"SELECT {e} AS c FROM t ORDER BY id" for e in single] + [q.strip() for q in QUERIES.strip().splitlines()]

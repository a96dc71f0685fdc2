"""What random search found to differ, and what was refused without need: floats as decimals, `try_…`, keys in brackets.

Each line is a query; `cases_found.json` holds Spark's answers. A `try_…` stands alone in its query, for Spark computes what
several share before it tries anything.
"""

from __future__ import annotations

ROWS = (
    "SELECT * FROM VALUES (1, 'x', '1.5', 2, CAST(0.1 AS FLOAT), array(1, 2)), (2, 'y', '12', 0, CAST(1e-5 AS FLOAT), array()),"
    " (3, 'x', 'x', NULL, CAST(123456.789 AS FLOAT), NULL), (4, NULL, NULL, 3, NULL, array(NULL, 7)),"
    " (5, 'y', ' 7 ', -2, CAST(0.12345678901 AS FLOAT), array(3)), (6, 'x', '9223372036854775807', 5, CAST(-2.5 AS FLOAT), array(1))"
    " AS r(id, g, s, i, f, xs)"
)

QUERIES = r"""
CAST(f AS DECIMAL(38,18)), TRY_CAST(f AS DECIMAL(38,18)), CAST(f AS DECIMAL(20,10)), CAST(f AS DECIMAL(8,2)) FROM t
avg(CAST(f AS DECIMAL(20,10))), sum(CAST(f AS DECIMAL(30,15))) FROM t
ceil(f, 9), floor(f, 3) FROM t
round(f, 4) FROM t
to_char(f, '999990.0000000000'), to_char(CAST(f AS DOUBLE), '999990.000000000000000') FROM t
pow(a, b), power(b, a) FROM VALUES (NULL, double('NaN')), (1D, NULL), (NULL, NULL), (0D, double('NaN')), (1D, double('inf')), (NULL, double('inf')), (2D, 3D) AS q(a, b)
id, aggregate(xs, 0, (a, x) -> a + x, a -> coalesce(a, 9)), reduce(xs, 1D, (a, x) -> a + x, a -> a IS NULL), aggregate(xs, i, (a, x) -> a + x) FROM t
lpad(X'61', 3, NULL), lpad(X'61', 3, 'a'), lpad(NULL, 3, X'61'), lpad(NULL, 3), lpad(X'61', 3), rpad(X'61', 3, NULL), rpad(X'61', 3, X'6263')
jaro_winkler_similarity(a, b) FROM VALUES ('abcab', 'acb'), ('acb', 'abcab'), ('mnmnmnm', 'nmm'), ('xabcabc', 'cba'), ('cbacba', 'abc'), ('ca978112ca1bbdcafac231b39a23dc4d', 'a.b|c'), ('abab', 'baba') AS q(a, b)
lag(i, NULL) OVER (ORDER BY id) FROM t
lead(i, CAST(NULL AS INT), 5) OVER (ORDER BY id) FROM t
id, lag(i, -1, 0) OVER (ORDER BY id), lag(i, 1 + 0) OVER (ORDER BY id), lag(i, 0) OVER (ORDER BY id) FROM t
id, try_divide(s, i) FROM t
id, try_divide(i, s) FROM t
id, try_add(s, i) FROM t
id, try_mod(i, s) FROM t
id, try_multiply(s, i) FROM t
id, try_subtract(s, 1.5D) FROM t
id, try_add(s, 1.5) FROM t
id, try_add(s, CAST(g AS INT)) FROM t
id, try_add(upper(s), i) FROM t
try_add(i, CAST(g AS INT)) FROM t
try_divide('1.5', 1), try_divide('x', 1), try_mod('5', 0), try_mod(NULL, CAST('x' AS INT)), try_add('5', (SELECT 7)), try_subtract(NULL, 5)
try_multiply(INTERVAL '1' DAY, CAST('x' AS INT)), try_divide(INTERVAL '1' DAY, CAST('x' AS INT)), try_divide(INTERVAL '1' MONTH, 0)
try_add(DATE'2024-01-01', CAST('x' AS INT)), try_add(CAST('x' AS DATE), 1), try_subtract(CAST('x' AS TIMESTAMP), INTERVAL '1' DAY)
try_divide('10', '4')
rank() OVER (PARTITION BY (g) ORDER BY (id)), rank() OVER (PARTITION BY (g, i) ORDER BY (id), (f) DESC), sum(id) OVER (ORDER BY (id)) FROM t
rank() OVER (PARTITION BY (id) < (i) ORDER BY id), rank() OVER (PARTITION BY (id + 1) * (i) ORDER BY (id) + 1) FROM t
g, i, sum(id) FROM t GROUP BY GROUPING SETS (ROLLUP (g, i))
g, i, sum(id) FROM t GROUP BY GROUPING SETS (ROLLUP (g, i), CUBE (g, i))
g, i, sum(id) FROM t GROUP BY GROUPING SETS ((g, i), ROLLUP (g, i), GROUPING SETS ((g), (i)))
g, i, sum(id), grouping_id() FROM t GROUP BY g, GROUPING SETS (ROLLUP (i))
g, i, sum(id), grouping(i) FROM t GROUP BY GROUPING SETS (g, ROLLUP (g, i))
g, i, sum(id) FROM t GROUP BY g, GROUPING SETS ((i), ())
'a' COLLATE UTF8_BINARY, 'a' COLLATE utf8_binary = 'A', g || 'b' COLLATE SYSTEM.BUILTIN.UTF8_BINARY || 'c', NULL COLLATE UTF8_BINARY FROM t ORDER BY g COLLATE UTF8_BINARY, id
1 COLLATE UTF8_BINARY
g COLLATE UTF8_BINARY, count(*) FROM t GROUP BY g COLLATE UTF8_BINARY
struct(1 a, 2 b), struct(id x, g), struct(xs[0] i, CASE WHEN id = 1 THEN 2 END c, 'x' t, true u, id `w`) FROM t WHERE id = 1
struct(id, g AS q, -id m, NOT id = 1 n, g IS NULL e, g LIKE 'x' f, struct(1 inside) s, g COLLATE UTF8_BINARY h) FROM t
struct(DATE'2024-01-01' + INTERVAL 3 DAY), struct(DATE'2024-01-01' + INTERVAL 3 DAY d), struct(count(*) n, max(struct(id a)).a m) FROM t
named_struct('a', 1 b)
v, TRY_CAST(v AS DECIMAL(5,0)), TRY_CAST(v AS DECIMAL(2,2)), TRY_CAST(v AS DECIMAL(18,6)), TRY_CAST(v AS DECIMAL(38,38)) FROM VALUES ('1.6e+5'), ('.56E7'), ('-.3E+6'), ('1E-2'), ('-3.83E-1'), ('311732e-19'), ('2442391284.479637659E3'), ('1.5e0'), ('0e3'), ('12.e1'), ('99999.4'), ('99999.5'), ('１２'), ('1e400'), ('1e-400'), ('+1e1') AS q(v)
CAST('1.6e5' AS DECIMAL(5,0))
ceil(d, 2), floor(d, 8) FROM VALUES (1e-5D), (-2.5e-7D), (1.25e10D) AS q(d)
v, TRY_CAST(v AS DATE), TRY_CAST(v AS TIMESTAMP_NTZ) IS NULL FROM VALUES ('+2024-01-01'), ('-1'), ('-12'), ('-123'), ('24-01-01'), ('-20240101') AS q(v)
datediff(TRY_CAST(v AS DATE), DATE'1970-01-01'), unix_micros(TRY_CAST(v AS TIMESTAMP)) FROM VALUES ('-2024'), ('-0001-01-01'), ('-02024-01-01'), ('-32768'), ('-12345-06-07T08:09:10.5Z'), ('-99999-05'), ('-0000-01-01') AS q(v)
percentile(d, array(0.25, 0.75)), median(d), percentile(d, 0.3) FILTER (WHERE d > 1) FROM VALUES (1.5D), (NULL), (3.5D), (double('NaN')) AS q(d)
id, IF(id > 0, g, raise_error('no')), IF(id > 0, i, raise_error('no')), coalesce(i, assert_true(true), 7), concat(g, assert_true(id > 0)), array(NULL, i, assert_true(true)) FROM t
IF(id > 0, DATE'2020-01-01', raise_error('x')), IF(id > 0, X'61', raise_error('x')), IF(id > 0, 1.5BD, raise_error('x')), IF(id > 0, xs, raise_error('x')), IF(id > 0, map('a', 1), raise_error('x')), IF(id > 0, struct(1 a), raise_error('x')), IF(id > 0, TIMESTAMP'2020-01-01', raise_error('x')) FROM t WHERE id = 1
IF(g = 'x', raise_error('no'), g) FROM t
CASE WHEN id = 2 THEN raise_error('no') ELSE i END FROM t
coalesce(nullif(g, 'x'), raise_error('no')) FROM t
coalesce(raise_error('no'), 1)
nvl2(i, i, CAST(raise_error('no') AS INT)) FROM t
array(raise_error('no'), i) FROM t
map('a', raise_error('no'), 'b', i) FROM t
IF(id = 1, assert_true(false), id) FROM t
i + raise_error('no') FROM t
i = raise_error('no') FROM t
CAST(raise_error('no') AS STRING)
CAST(raise_error('no') AS STRING) IS NULL
CAST(raise_error('no') AS STRUCT<a: INT>) IS NULL
CAST(raise_error('no') AS VARIANT)
TRY_CAST(raise_error('no') AS INT)
concat('a', raise_error('no'))
format_string('%s', raise_error('no'))
hash(raise_error('no'))
id FROM t UNION ALL SELECT raise_error('no')
sum(raise_error('no')) FROM t
max(IF(id = 1, raise_error('no'), 2)) FROM t
id FROM t WHERE CASE WHEN g <> 'x' THEN true ELSE raise_error('no') END
from_json('{"a":"0.00012e4"}', 'a DECIMAL(4,2)').a, from_json('{"a":"1.2345e1"}', 'a DECIMAL(4,2)').a, from_json('{"a":"995E-3"}', 'a DECIMAL(4,2)').a, from_json('{"a":"123456789e-1"}', 'a DECIMAL(10,2)').a, from_json('{"a":"-100e-4"}', 'a DECIMAL(4,2)').a, from_json('{"a":"1e30"}', 'a DECIMAL(10,2)').a, from_json('{"a":"+1,5e1"}', 'a DECIMAL(4,1)').a
from_csv('0.00012e4,995E-3,123456789e-1,1e30', 'a DECIMAL(4,2), b DECIMAL(4,2), c DECIMAL(10,2), d DECIMAL(10,2)')
coalesce(first(i) IGNORE NULLS, 0), array(last(i) IGNORE NULLS, 1), abs(any_value(i) IGNORE NULLS), named_struct('a', first(i IGNORE NULLS)) FROM VALUES (NULL), (-3), (NULL) AS q(i)
struct(first(i) IGNORE NULLS), struct(last(i) IGNORE NULLS x, any_value(i) IGNORE NULLS AS y, max(i) z) FROM VALUES (NULL), (-3), (NULL) AS q(i)
i, coalesce(last(i) IGNORE NULLS OVER (ORDER BY n), 0), struct(last(i) RESPECT NULLS OVER (ORDER BY n) x, lag(i) IGNORE NULLS OVER (ORDER BY n) y) FROM VALUES (1, NULL), (2, -3), (3, NULL) AS q(n, i)
struct(max(i) IGNORE NULLS) FROM VALUES (NULL), (-3) AS q(i)
struct(i) IGNORE NULLS FROM VALUES (NULL), (-3) AS q(i)
coalesce(i) IGNORE NULLS FROM VALUES (NULL), (-3) AS q(i)
coalesce(i IGNORE NULLS, 3) FROM VALUES (NULL), (-3) AS q(i)
collect_list(i) IGNORE NULLS, collect_set(i) IGNORE NULLS, array_agg(i) IGNORE NULLS FROM VALUES (NULL), (-3) AS q(i)
size(collect_list(i) RESPECT NULLS) FROM VALUES (NULL), (-3) AS q(i)
struct(s::string s, s::int i, s::decimal(5,2) d, s::bigint b, s::double, s::smallint + 1 n, s::interval day, s::date a) FROM VALUES (CAST(NULL AS STRING)) AS q(s)
struct(ignore nulls, respect respect) FROM VALUES (1, 2) AS q(ignore, respect)
"""


def cases() -> list[str]:
    """The queries, in order."""
    return [f"SELECT {line}" for line in QUERIES.strip().splitlines()]

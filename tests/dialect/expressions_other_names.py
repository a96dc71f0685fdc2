"""Functions under their other names, those that answer anew each time (asked about what is fixed of the answer), limits."""

from __future__ import annotations

ROWS = """
SELECT * FROM VALUES
  (1, 10, 1.5D, 'Spark SQL', DATE'2024-02-29', TIMESTAMP'2024-02-29 12:30:15', array(3, 1, 2), true),
  (2, -7, -0.5D, 'été ', DATE'1999-12-31', TIMESTAMP'1999-12-31 23:59:59.5', array(), false),
  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
AS rows(id, i, d, s, day, at, a, b)
"""

EXPRESSIONS = [
    "binary(s)", "boolean(i)", "ceiling(d)", "char(i + 60)", "character_length(s)", "csc(d)", "date(at)",
    "datepart('year', day)", "datepart('second', at)", "e()", "pi()", "bit_get(i, 1)", "getbit(i, 0)", "ilike(s, 'spark%')",
    "lcase(s)", "ucase(s)", "len(s)", "position('a', s)", "regexp(s, 'S.*k')", "rlike(s, '^S')", "sec(d)", "smallint(i)",
    "tinyint(i)", "timestamp(day)", "try_make_timestamp_ltz(2024, i, 1, 0, 0, 0)", "try_parse_url(s, 'HOST')",
    "rand() >= 0 AND rand() < 1", "randn() IS NOT NULL", "random() < 1", "length(uuid())", "sort_array(shuffle(a))",
    "size(shuffle(a))", "typeof(rand())", "typeof(uuid())", "typeof(current_timestamp())", "typeof(now())",
    "typeof(localtimestamp())", "typeof(current_date())", "typeof(curdate())", "current_date() > DATE'2020-01-01'",
]  # fmt: skip
QUERIES = [
    "SELECT approx_percentile(i, 0.5) FROM t",
    "SELECT mean(d) FROM t",
    "SELECT count(DISTINCT i), mean(i) FROM t",
    "SELECT hex(base64(repeat('a', n))) FROM VALUES (56), (57), (58), (114), (115) AS v(n)",
    "SELECT sum(try_multiply(a, a)) FROM VALUES (CAST(1234567.5 AS DECIMAL(38,18))), (CAST(2 AS DECIMAL(38,18))) AS v(a)",
    "SELECT a * a, a + a, a - a FROM VALUES (CAST(1234567.5 AS DECIMAL(38,18))), (NULL) AS v(a)",
    "SELECT a * b FROM VALUES (CAST(12345678901 AS DECIMAL(38,10)), CAST(12345678901 AS DECIMAL(38,10))) AS v(a, b)",
    "SELECT a + b, b - a FROM VALUES (CAST('99999999999999999999.5' AS DECIMAL(38,10)), CAST(1 AS DECIMAL(38,18))) AS v(a, b)",
    "SELECT a * a FROM VALUES (CAST('99999999999999999999.5' AS DECIMAL(38,10))) AS v(a)",
    "SELECT try_multiply(a, a) FROM VALUES (CAST('99999999999999999999.5' AS DECIMAL(38,10))) AS v(a)",
    'SELECT from_json(j, \'a decimal(18,2), b decimal(10,2)\') FROM VALUES (\'{"a":1234567.891,"b":0.1}\'), (\'{"a":"99999999999999.99"}\') AS v(j)',
    "SELECT from_json(j, 'a array<int>') FROM VALUES ('{\"a\":[1,null,2]}'), ('{\"a\":[1,\"x\"]}'), ('{\"a\":[]}'), ('{\"a\":null}'), ('{\"a\":[1.5]}') AS v(j)",
    "SELECT from_json(j, 'array<int>') FROM VALUES ('[1,null,2]'), ('[1,\"x\"]'), ('[]') AS v(j)",
    'SELECT from_json(j, \'map<string,int>\') FROM VALUES (\'{"a":1,"b":null}\'), (\'{"a":1,"b":"x"}\'), (\'{}\') AS v(j)',
    'SELECT from_json(j, \'a map<string,array<int>>\') FROM VALUES (\'{"a":{"x":[1]}}\'), (\'{"a":{"x":["y"]}}\') AS v(j)',
    "SELECT from_json(j, 'array<struct<a:int>>') FROM VALUES ('{\"a\":1}'), ('[{\"a\":1},{\"a\":\"x\"}]'), ('[]') AS v(j)",
    "SELECT inline_outer(array())",
    "SELECT regr_avgy(i, d), regr_syy(i, d), regr_avgx(i, d), regr_sxx(i, d) FROM t",
    "SELECT id, explode_outer(a) FROM t ORDER BY 1, 2",
    "SELECT id, posexplode_outer(a) FROM t ORDER BY 1, 2",
    "SELECT id, inline_outer(transform(a, x -> struct(x, x + 1))) FROM t ORDER BY 1, 2",
]


def cases() -> list[str]:
    """Each expression for each row, and the queries."""
    return [*(f"SELECT {expression} AS c FROM t ORDER BY id" for expression in EXPRESSIONS), *QUERIES]

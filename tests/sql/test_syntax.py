"""What is refused of a query's syntax, and how that is worded; and what must not be refused."""

import pytest

from ingot.errors import AnalysisError
from ingot.sql import parse_statement, tokenize
from ingot.sql.syntax import check

LEGAL = [
    "FROM t |> AGGREGATE sum(a) GROUP BY b |> WHERE c > 1 |> ORDER BY d |> LIMIT 3 |> WHERE x = 1",
    "SELECT x, limit, offset FROM t WHERE limit > 3 ORDER BY offset", "SELECT group FROM t",
    "SELECT date FROM t WHERE date > '2020'", "SELECT a.from, x.select FROM t a", "SELECT max(a) FILTER (WHERE b) FROM t",
    "SELECT a:b[0].c::string, a:['x'] FROM t", "SELECT CAST(a AS STRUCT<x: INT NOT NULL, y: ARRAY<STRING>>) FROM t",
    "SELECT a FROM t LATERAL VIEW explode(b) x AS y WHERE y > 1 GROUP BY a HAVING a ORDER BY a LIMIT 1",
    "WITH a AS (SELECT 1 x FROM t GROUP BY 1), b AS (SELECT 2) SELECT * FROM a WHERE x = 1",
    "SELECT * FROM (SELECT a FROM t ORDER BY a LIMIT 1) WHERE a = 1", "SELECT a FROM t UNION ALL SELECT b FROM u WHERE x",
    "SELECT a FROM t WHERE a IN (SELECT b FROM u GROUP BY b) GROUP BY a", "SELECT 2L, 1.5BD, 2S, 1D, 1.0F",
    "SELECT extract(YEAR FROM a), substring(a FROM 1 FOR 2), trim(BOTH 'x' FROM b) FROM t WHERE c",
    "SELECT (a) IS DISTINCT FROM b, c IS NOT NULL FROM t WHERE d", "SELECT a FROM t WHERE b IS NOT DISTINCT FROM c",
    "SELECT CAST(a AS TIMESTAMP_LTZ), b::timestamp_ntz, c::decimal(10,2), TRY_CAST(d AS INTERVAL DAY TO SECOND) FROM t",
    "SELECT a, row_number() OVER w FROM t WHERE b WINDOW w AS (ORDER BY c) ORDER BY a LIMIT 3 OFFSET 1",
    "SELECT a FROM t JOIN LATERAL (SELECT b FROM u WHERE u.a = t.a) ON true WHERE a", "SELECT a FROM t GROUP BY ALL",
    "SELECT listagg(a, ',') WITHIN GROUP (ORDER BY b) FROM t GROUP BY c", "SELECT map('a', 1)['a'], array(1, 2)[0] FROM t",
    "SELECT a FROM STREAM read_files('x', format => 'csv') WHERE a", "SELECT a FROM t GROUP BY a WITH CUBE ORDER BY a",
]  # fmt: skip

# What the parser would take and Spark's own parser does not (asked of Spark 4.3), or takes for something else.
ILLEGAL = {
    "SELECT a, b, FROM t WHERE a > 1": "nothing follows this ','",
    "SELECT a,, b FROM t": "nothing follows this ','",
    "SELECT , a FROM t": "nothing stands before this ','",
    "SELECT f(a,) FROM t": "nothing follows this ','",
    "SELECT a FROM t GROUP BY a,": "nothing follows this ','",
    "SELECT a FROM t JOIN u ON": "nothing follows 'ON'",
    "SELECT a FROM t JOIN u ON WHERE x = 1": "nothing follows 'ON'",
    "SELECT a FROM t JOIN u USING a": "USING takes its columns in parentheses",
    "SELECT a FROM t GROUP BY a WHERE a > 1": "'WHERE' stands after GROUP BY",
    "SELECT a FROM t LIMIT 1 WHERE a > 1": "'WHERE' stands after LIMIT",
    "SELECT a FROM t HAVING a > 1 GROUP BY a": "'GROUP BY' stands after HAVING",
    "SELECT a FROM t LIMIT 3 ORDER BY a": "'ORDER BY' stands after LIMIT",
    "SELECT a FROM t GROUP BY": "nothing follows 'GROUP BY'",
    "SELECT": "nothing follows 'SELECT'",
    "SELECT FROM t": "nothing stands between 'SELECT' and FROM",
    "SELECT a FROM t WHERE a IN ()": "'IN ()' holds nothing",
    "SELECT a FROM t WHERE a IS NUL": "'NUL' after IS",
    "SELECT a FROM t WHERE a NOT NULL": "'NOT NULL' is no condition",
    "SELECT CAST(a AS NUMBER(10, 2)) FROM t": "'NUMBER' is no type of Spark",
    "SELECT CAST(a AS VARCHAR) FROM t": "'VARCHAR' needs a length",
    "SELECT CAST(a AS DOUBLE PRECISION) FROM t": "'DOUBLE PRECISION' is no type of Spark",
    "SELECT a::TEXT FROM t": "'TEXT' is no type of Spark",
    "SELECT sum(a) FILTER (a > 1) FROM t": "'FILTER' takes WHERE in its parentheses",
    "SELECT a FROM 't'": "'t' is a text, not a table",
    "SELECT [1, 2]": "'[' does not begin an array in Spark",
    "SELECT a INTO x FROM t": "'SELECT … INTO' is not Spark SQL",
    "SELECT a FROM t FOR UPDATE": "FOR UPDATE is not Spark SQL",
    "SELECT a FROM t FETCH FIRST 5 ROWS ONLY": "FETCH FIRST is not Spark SQL",
    "SELECT a FROM t LIMIT 5, 10": "'LIMIT' takes one number",
    "SELECT a FROM t WITH (NOLOCK)": "'WITH (…)' is not Spark SQL",
}


@pytest.mark.parametrize("query", LEGAL)
def test_what_is_legal_passes(query):
    assert check(tokenize(query)) is None


@pytest.mark.parametrize("query", ILLEGAL)
def test_what_spark_does_not_take_is_refused_though_the_parser_would_take_it(query):
    with pytest.raises(AnalysisError) as caught:
        parse_statement(query)
    assert (caught.value.code, caught.value.message) == ("syntax-error", ILLEGAL[query])


@pytest.mark.parametrize(
    ("query", "message", "hint"),
    [
        ("SELECT a FORM t", "'FORM' is not expected here", "did you mean FROM?"),
        ("SELECT a FROM t WERE b > 1", "'WERE' is not expected here", "did you mean WHERE?"),
        ("SELECT a FROM t ORDER BY a DSC", "'DSC' is not expected here", "did you mean DESC?"),
        ("SELECT a\n  sum(b) AS c FROM t", "'sum' is not expected here", "is a comma missing before it?"),
        ("SELECT a bronze.t", "'bronze' is not expected here", "is FROM missing before it?"),
        ("SELECT round(sum(a, 2) AS b FROM t", "the '(' of 'round(' is never closed", "add a ')'"),
        ("SELECT a) FROM t", "this ')' closes nothing", "remove it, or add the '(' that it closes"),
        ("SELECT CASE WHEN a THEN b FROM t", "this 'CASE' has no END", "CASE WHEN … THEN … ELSE … END"),
        ("SELECT CAST(a, INT) FROM t", "'CAST' takes AS before the type", "CAST(amount AS INT)"),
        (
            "SELECT a FROM t\nCREATE VIEW b",
            "'CREATE' begins a new statement, and the one before has no end",
            "put a ';' before it",
        ),
        ("SELECT a FROM t WHERE a =", "the query ends too early, after '='", None),
    ],
)
def test_what_the_parser_stops_at_is_said_in_plain_words(query, message, hint):
    with pytest.raises(AnalysisError) as caught:
        parse_statement(query)
    assert (caught.value.message, caught.value.hint) == (message, hint)

import pytest
from sqlglot import exp

from ingot.errors import AnalysisError, Location, UnsupportedError
from ingot.sql import parse_expression, parse_statement


def calls(text: str) -> list[str]:
    return [node.this for node in parse_statement(text).find_all(exp.Anonymous)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT date_add(x, 1)", ["date_add"]),
        ("SELECT TO_DATE(x, 'yyyy')", ["to_date"]),
        ("SELECT if(a, b, c), left(a, 2), first(x), any(y)", ["if", "left", "first", "any"]),
        ("SELECT date(x) < int(y)", ["date", "int"]),
        ("SELECT filter(xs, x -> x > 0), exists(xs, x -> x > 1)", ["filter", "exists"]),
        ("SELECT count(*) FILTER (WHERE a) FROM t", ["count"]),
        ("SELECT CAST(a AS array<decimal(10,2)>)", []),
        ("SELECT a::decimal(3,1), CAST(b AS decimal(4,2))", []),
        ("WITH t(a, b) AS (SELECT 1, 2), u(c) AS (SELECT 3) SELECT * FROM t, u", []),
        ("SELECT * FROM VALUES (1, 2) AS v(x, y)", []),
        ("SELECT EXISTS (SELECT 1)", []),
        ("SELECT a FROM t WHERE a IN (1, 2) AND NOT (b)", []),
        ("SELECT a FROM t GROUP BY CUBE (a, b)", []),
        ("SELECT a FROM STREAM read_files('/x', format => 'csv')", ["read_files"]),
        (
            "SELECT trim(BOTH 'x' FROM a), position('a' IN b), substring(a FROM 1 FOR 2)",
            ["trim", "locate", "substring"],
        ),
    ],
)
def test_calls_keep_sparks_names(text, expected):
    assert sorted(calls(text)) == sorted(expected)


def test_a_doubled_quote_within_a_string_is_one_quote():
    assert parse_expression("'it''s'").this == "it's"


def test_strings_with_a_blank_between_them_stay_two():
    assert parse_expression("concat('a', 'b')").expressions[1].this == "b"


def test_functions_without_parentheses_are_names_until_analysis():
    assert isinstance(parse_expression("current_date"), exp.Column)


@pytest.mark.parametrize("text", ["SELECT 'abc", "SELECT FROM", "SELECT (1", "SELECT 1; SELECT 2", ""])
def test_broken_text_is_a_syntax_error_with_its_line(text):
    with pytest.raises(AnalysisError) as raised:
        parse_statement(text, Location("f.sql", 7))
    assert raised.value.code == "syntax-error"


def test_an_error_names_the_line_of_the_file():
    with pytest.raises(AnalysisError) as raised:
        parse_statement("SELECT a\nFROM t\nWHERE", Location("f.sql", 10))
    assert raised.value.location == Location("f.sql", 12, raised.value.location.column)


def test_an_expression_is_one_expression():
    with pytest.raises(AnalysisError):
        parse_expression("a, b")
    with pytest.raises(AnalysisError):
        parse_expression("a FROM t")


def test_watermarks_are_refused():
    with pytest.raises(UnsupportedError, match="WATERMARK"):
        parse_statement("SELECT * FROM STREAM t WATERMARK ts DELAY OF INTERVAL 1 MINUTE")


def test_calls_inside_the_grammar_forms_keep_their_names():
    tree = parse_statement(
        "SELECT overlay(encode(a, 'x') PLACING encode(b, 'x') FROM 6), trim(BOTH lower(c) FROM upper(d))"
    )
    assert [call.this for call in tree.find_all(exp.Anonymous)] == [
        "overlay",
        "trim",
        "encode",
        "encode",
        "upper",
        "lower",
    ]


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a & b | c ^ d", "a & b | (c ^ d)"),
        ("a || b + c", "(a || b) + c"),
        ("a + b << c & d", "((a + b) << c) & d"),
        ("a | b << c + d", "a | (b << (c + d))"),
        ("a | b >>> c + d", "a | (b >>> (c + d))"),
        ("a >>> b << c >>> d", "((a >>> b) << c) >>> d"),
        ("a = b < c", "(a = b) < c"),
        ("a = b IN (c)", "(a = b) IN (c)"),
        ("a - b - c", "(a - b) - c"),
    ],
)
def test_operators_bind_as_in_spark(text, grouped):
    def shape(node):
        inner = node
        while isinstance(inner, exp.Paren):
            inner = inner.this
        operands = sorted((child.arg_key, shape(child)) for child in inner.iter_expressions())
        return type(inner).__name__, inner.name, operands

    assert shape(parse_expression(text)) == shape(parse_expression(grouped))


@pytest.mark.parametrize("text", ["CAST(a AS timestamp without time zone)", "a::TIMESTAMP WITHOUT\nTIME ZONE"])
def test_a_timestamp_without_time_zone_is_a_type_of_its_own(text):
    assert parse_expression(text).find(exp.DataType).is_type(exp.DType.TIMESTAMPNTZ)
    assert not parse_expression("CAST(a AS timestamp)").find(exp.DataType).is_type(exp.DType.TIMESTAMPNTZ)


def test_a_hexadecimal_literal_may_have_a_blank_after_its_mark():
    assert isinstance(parse_expression("X 'F0'"), exp.HexString)
    assert parse_expression("x.a").table == "x"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM t WHERE a IS NULL GROUP BY (a)",
        "SELECT a FROM t WHERE a IS NOT TRUE GROUP BY (a), b",
        "SELECT a FROM t WHERE a = CASE WHEN b THEN 1 END GROUP BY (a)",
        "SELECT a FROM t WHERE a > current_date GROUP BY (a)",
        "SELECT a FROM t WHERE a IS NULL\nGROUP\n  BY (a)",
        "SELECT a FROM t WHERE a IS NULL ORDER BY (a), b",
        "SELECT a FROM t WHERE a IS NULL SORT BY (a)",
        "SELECT a FROM t WHERE a IS NULL LIMIT (1) OFFSET (2)",
        "SELECT a FROM t WHERE a IS NULL HAVING (a)",
        "SELECT sum(a) OVER (PARTITION BY (a) ORDER BY (b)) FROM t",
        "SELECT a FROM t WHERE a IS NULL GROUP BY GROUPING SETS ((a), ())",
        "SELECT a FROM t WHERE a IS NULL GROUP BY a GROUPING SETS ((a), ())",
    ],
)
def test_a_clause_before_a_parenthesis_is_no_call_whatever_stands_before_it(text):
    tree = parse_statement(text)
    assert {node.this for node in tree.find_all(exp.Anonymous)} <= {"sum"}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT concat(a, (stream || left(a, 1))) FROM t",
        "SELECT concat(a, (stream + right(a, 1))) FROM t",
        "SELECT concat(a, (stream AND left(a, 1) = 'x')) FROM t",
        "SELECT ((stream = 1) OR right(a, 1) = 'x') FROM t",
        "SELECT ((stream IS NULL OR left(a, 1) IN ('x'))) FROM t",
        "SELECT f((stream.a), (stream)), left(a, 1) FROM t JOIN u",
        "SELECT * FROM (stream)",
        "SELECT concat(a, (stream || left(a, 1))) FROM VALUES ('x', 'y') AS t(a, stream)",
        "SELECT count(*), (stream) FROM t LEFT JOIN u USING (stream)",
    ],
)
def test_a_column_may_be_called_stream_wherever_it_stands(text):
    assert parse_statement(text).sql() == parse_statement(text.replace("stream", "kept")).sql().replace(
        "kept", "stream"
    )


@pytest.mark.parametrize(
    "kind", ["", "INNER ", "LEFT ", "RIGHT OUTER ", "FULL ", "CROSS ", "NATURAL LEFT ", "LEFT SEMI "]
)
@pytest.mark.parametrize(
    "stream",
    [
        "STREAM a",
        "stream a.b AS o",
        "STREAM `odd name`.`b` o",
        "STREAM(a.b) o",
        "STREAM read_files('/x', format => 'csv') AS o",
        "STREAM a WITH ('skipChangeCommits' = 'true') o",
        "STREAM date.format",
    ],
)
def test_a_stream_may_begin_a_join_in_parentheses(stream, kind):
    query = parse_statement(f"SELECT * FROM ({stream} {kind}JOIN b)")
    [join] = query.find_all(exp.Join)
    assert join.this.name == "b"

"""Every mistake has its message and its line, and leaves the other statements alone."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from definitions.sql_loading import load
from ingot.errors import DefinitionError, IngotError, UnsupportedError

TABLE = "CREATE STREAMING TABLE t"
VIEW = "CREATE MATERIALIZED VIEW t"
CHANGES = "CREATE STREAMING TABLE t;\nAPPLY CHANGES INTO t\n"


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        # heads
        ("CREATE", 1, "expected TABLE, VIEW or FLOW, but the statement ends", None),
        ("CREATE OR ALTER STREAMING TABLE t", 1, "expected REFRESH or REPLACE, but found 'ALTER'", None),
        ("CREATE STREAMNG TABLE t", 1, "expected TABLE, VIEW or FLOW, but found 'STREAMNG'", "did you mean STREAMING?"),
        ("CREATE MATERIALISED VIEW t AS SELECT 1", 1, "expected TABLE, VIEW or FLOW, but found 'MATERIALISED'", "did you mean MATERIALIZED?"),
        ("CREATE STREAMING\n TABLE", 2, "expected the name of a dataset, but the statement ends", None),
        ("CREATE STREAMING TABLE 't'", 1, "expected the name of a dataset, but found 't'", "quote names with backquotes"),
        ("CREATE STREAMING TABLE a.", 1, "expected the name of a dataset, but the statement ends", None),
        ("CREATE STREAMING TABLE a-b", 1, "'a-…' is not a name", "put names with a dash in backquotes: `my-name`"),
        ("CREATE STREAMING TABLE\n a.b.c.d", 2, "'a.b.c.d' is not a table's name: it takes one to three parts", "catalog.schema.table, schema.table or table"),
        ("CREATE STREAMING TABLE ``", 1, "the name of the dataset is missing", None),
        ("CREATE STREAMING TABLE IF EXISTS t", 1, "expected NOT, but found 'EXISTS'", None),
        ("CREATE STREAMING TABLE IDENTIFIER('a b')", 1, "IDENTIFIER gives 'a b', which is not a name", "IDENTIFIER('schema.table')"),
        ("CREATE STREAMING TABLE IDENTIFIER(:x)", 1, "the parameter 'x' is not defined", "add it to `configuration`"),
        ("CREATE STREAMING TABLE IDENTIFIER(x)", 1, "expected a string or :parameter, but found 'x'", None),
        ("CRATE STREAMING TABLE t", 1, "there is no statement 'CRATE'", "did you mean CREATE?"),
        ("(SELECT 1)", 1, "expected a statement, but found '('", None),
        ("APPLY CHANGE INTO t", 1, "expected APPLY CHANGES INTO or AUTO CDC INTO, but found 'APPLY'", None),
        # columns
        (f"{TABLE} (", 1, "'(' is never closed", None),
        (f"{TABLE} (\n a INT,\n b INT", 3, "expected ',' or ')' or a property of the column, but the statement ends", None),
        (f"{TABLE} (a INT,)", 1, "expected a column, but found ')'", None),
        (f"{TABLE} (a INT b)", 1, "expected ',' but found 'b' in the schema 'INT b'", None),
        (f"{TABLE} (\n  a INTEGR)", 2, "expected a type but found 'INTEGR' in the schema 'INTEGR'", None),
        (f"{TABLE} (a DECIMAL(50, 2))", 1, "decimal(50,2) is out of range", None),
        (f"{TABLE} (a DECIMAL(x))", 1, "'DECIMAL(x)' is not a type", None),
        (f"{TABLE} (a INT,\n A STRING)", 2, "column 'A' is listed twice", None),
        (f"{TABLE} (a INT NOT)", 1, "expected ',' or ')' or a property of the column, but found 'NOT'", None),
        (f"{TABLE} (a INT COMMENT b)", 1, "expected the comment as a string, but found 'b'", None),
        (f"{TABLE} (a INT DEFAULT)", 1, "expected an expression, but found ')'", None),
        (f"{TABLE} (a INT GENERATED ALWAYS AS b)", 1, "expected '(', but found 'b'", None),
        # expectations
        (f"{TABLE} (CONSTRAINT c EXPCT (a))", 1, "expected EXPECT, but found 'EXPCT'", "CONSTRAINT c EXPECT (condition) ON VIOLATION DROP ROW"),
        (f"{TABLE} (CONSTRAINT EXPECT (a))", 1, "expected EXPECT, but found '('", None),
        (f"{TABLE} (CONSTRAINT c EXPECT a > 0)", 1, "expected the condition in parentheses, but found 'a'", "CONSTRAINT c EXPECT (condition)"),
        (f"{TABLE} (CONSTRAINT c EXPECT ())", 1, "expected an expression, but found ')'", None),
        (f"{TABLE} (\n CONSTRAINT c EXPECT (a > (0))", 2, "expected ',' or ')', but the statement ends", None),
        (f"{TABLE} (\n CONSTRAINT c EXPECT (a > (0)", 2, "'(' is never closed", None),
        (f"{TABLE} (CONSTRAINT c EXPECT (a)\n ON VIOLATION DELETE ROW)", 2, "expected DROP ROW or FAIL UPDATE, but found 'DELETE'", None),
        (f"{TABLE} (CONSTRAINT c EXPECT (a) ON VIOLATION DROP)", 1, "expected DROP ROW or FAIL UPDATE, but found 'DROP'", None),
        (f"{TABLE} (CONSTRAINT 'c' EXPECT (a))", 1, "expected the name of the constraint, but found 'c'", "quote names with backquotes"),
        (f"{VIEW} (CONSTRAINT c EXPECT (a), CONSTRAINT c EXPECT (b)) AS SELECT 1", 1, "dataset 'default.t' has two expectations named 'c'", "give each expectation a name of its own"),
        # clauses
        (f"{VIEW} COMENT 'x' AS SELECT 1", 1, "expected AS or a clause, but found 'COMENT'", "did you mean COMMENT?"),
        (f"{VIEW} COMMENT x AS SELECT 1", 1, "expected the comment as a string, but found 'x'", None),
        (f"{VIEW} COMMENT 'x'\nCOMMENT 'y' AS SELECT 1", 2, "COMMENT is given twice", None),
        (f"{VIEW} TBLPROPERTIES AS SELECT 1", 1, "expected '(', but found 'AS'", None),
        (f"{VIEW} TBLPROPERTIES () AS SELECT 1", 1, "expected the name of a property, but found ')'", None),
        (f"{VIEW} TBLPROPERTIES ('a' = ) AS SELECT 1", 1, "expected the value of 'a', but found ')'", None),
        (f"{VIEW} TBLPROPERTIES ('a' = 'b',\n 'a' = 'c') AS SELECT 1", 2, "the property 'a' is given twice", None),
        (f"{VIEW} TBLPROPERTIES ('a' = 'b' 'c'='d') AS SELECT 1", 1, "expected ',' or ')', but found '='", None),
        (f"{VIEW} TBLPROPERTIES ('ingot.quarantine' = 'x') AS SELECT 1", 1, "'ingot.quarantine' of 'default.t' names the unknown expectation 'x'", "it has none"),
        (f"{VIEW} PARTITIONED (a) AS SELECT 1", 1, "expected BY, but found '('", None),
        (f"{VIEW} PARTITIONED BY a AS SELECT 1", 1, "expected '(', but found 'a'", None),
        (f"{VIEW} CLUSTER BY AS SELECT 1", 1, "expected '(', but found 'AS'", None),
        (f"{VIEW} LOCATION x AS SELECT 1", 1, "expected the path as a string, but found 'x'", None),
        (f"{VIEW} REFRESH POLICY NEVER AS SELECT 1", 1, "expected AUTO, INCREMENTAL or FULL, but found 'NEVER'", None),
        (f"{VIEW} SCHEDULE DAILY AS SELECT 1", 1, "expected CRON, but found 'DAILY'", None),
        (f"{VIEW} SCHEDULE EVERY 3 EONS AS SELECT 1", 1, "expected HOURS, DAYS or WEEKS, but found 'EONS'", None),
        ("CREATE TEMPORARY VIEW t PARTITIONED BY (a) AS SELECT 1", 1, "PARTITIONED BY is for tables, but a temporary view stores nothing", None),
        # queries
        (VIEW, 1, "the query is missing", "… AS SELECT …"),
        (f"{VIEW} AS", 1, "expected a query, but the statement ends", "SELECT …"),
        (f"{VIEW} AS DELETE FROM x", 1, "expected a query, but found 'DELETE'", "SELECT …"),
        (f"{VIEW} 'x' AS SELECT 1", 1, "expected AS, but found 'x'", None),
        (f"{TABLE}\nAPPLY CHANGES INTO t FROM STREAM s KEYS (a) SEQUENCE BY b", 2, "expected AS or a clause, but found 'APPLY'", "is a ';' missing before it?"),
        ("CREATE TEMPORARY VIEW t", 1, "the query is missing", "… AS SELECT …"),
        (f"{VIEW} AS\nSELECT 'abc", 2, "this string is never closed", "it begins with '"),
        (f"{VIEW} AS\n\nSELECT `abc", 3, "this quoted name is never closed", "it begins with `"),
        (f"{VIEW} AS SELECT 1 /* x", 1, "this comment is never closed", "it begins with /*"),
        (f"{VIEW} AS SELECT\n ${{limt}}", 2, "the parameter 'limt' is not defined", "did you mean 'limit'?"),
        ("CREATE STREAMING TABLE ${nothing_like_it}.t", 1, "the parameter 'nothing_like_it' is not defined", "add it to `configuration`, or: --set nothing_like_it=…"),
        # flows
        ("CREATE FLOW", 1, "expected the name of the flow, but the statement ends", None),
        ("CREATE FLOW f", 1, "expected AS, but the statement ends", "CREATE FLOW name AS INSERT INTO target BY NAME query"),
        ("CREATE FLOW f AS SELECT 1", 1, "expected INSERT INTO or AUTO CDC INTO, but found 'SELECT'", None),
        ("CREATE FLOW f AS INSERT t SELECT 1", 1, "expected INTO, but found 't'", None),
        ("CREATE FLOW f AS INSERT INTO t BY POSITION SELECT 1", 1, "expected NAME, but found 'POSITION'", None),
        ("CREATE FLOW f AS INSERT INTO t", 1, "expected a query, but the statement ends", "SELECT …"),
        ("CREATE FLOW f AS INSERT INTO t AS SELECT 1", 1, "there is no AS between the target and the query", "INSERT INTO target SELECT …"),
        ("CREATE STREAMING FLOW f AS INSERT INTO t SELECT 1", 1, "STREAMING does not go with FLOW", "CREATE FLOW name AS …"),
        ("CREATE FLOW f AS INSERT INTO t SELECT 1", 1, "flow 'f' writes to 'default.t', which no definition file defines", "add: CREATE STREAMING TABLE default.t;"),
        (f"{VIEW} AS SELECT 1;\nCREATE FLOW f AS INSERT INTO t SELECT 1", 2, "flow 'f' writes to 'default.t', a materialized view with a query of its own", "only a streaming table takes the rows of flows"),
        (f"{TABLE} FLOW SELECT 1", 1, "expected INSERT, but found 'SELECT'", "FLOW INSERT BY NAME query, or FLOW AUTO CDC FROM STREAM …"),
        (f"{TABLE};\n{TABLE}", 2, "'default.t' is defined twice: here and at a.sql:1", None),
        (f"{TABLE} AS SELECT 1;\nAPPLY CHANGES INTO t FROM STREAM s KEYS (a) SEQUENCE BY b", 2, "flow 'default.t' is defined twice: here and at a.sql:1", "give each flow a name of its own"),
        # changes
        (f"{CHANGES}KEYS (a)", 3, "expected FROM, but found 'KEYS'", None),
        (f"{CHANGES}FROM src KEYS (a) SEQUENCE BY b", 3, "the source of changes must be read as a stream", "FROM STREAM source"),
        (f"{CHANGES}FROM (SELECT * FROM src) KEYS (a) SEQUENCE BY b", 3, "the source of changes must be read as a stream", "FROM STREAM source"),
        (f"{CHANGES}FROM STREAM", 3, "expected the name of a table, but the statement ends", None),
        (f"{CHANGES}FROM STREAM(s KEYS (a) SEQUENCE BY b", 3, "expected ')', but found 'KEYS'", None),
        (f"{CHANGES}FROM STREAM s SEQUENCE BY b", 2, "KEYS is missing", "KEYS (columns that identify a row)"),
        (f"{CHANGES}FROM STREAM s KEYS (a)", 2, "SEQUENCE BY is missing", "SEQUENCE BY column that orders the changes"),
        (f"{CHANGES}FROM STREAM s KEYS () SEQUENCE BY b", 3, "expected a column, but found ')'", None),
        (f"{CHANGES}FROM STREAM s KEYS (a) KEYS (b) SEQUENCE BY b", 3, "KEYS is given twice", None),
        (f"{CHANGES}FROM STREAM s KEYS (a) SEQUENCE BY", 3, "expected an expression, but the statement ends", None),
        (f"{CHANGES}FROM STREAM s KEYS (a) SEQUENCE BY b STORED AS SCD TYPE 3", 3, "there is no SCD TYPE 3", "1 or 2"),
        (f"{CHANGES}FROM STREAM s KEYS (a) SEQUENCE BY b STORED AS SDC TYPE 2", 3, "expected SCD, but found 'SDC'", None),
        (f"{CHANGES}FROM STREAM s KEYS (a) SEQUENCE BY b TRACK HISTORY ON (c)", 2, "TRACK HISTORY ON needs a history", "add STORED AS SCD TYPE 2"),
        (f"{CHANGES}FROM STREAM s KEYS (a) SEQUENCE BY b COLUMNS * ECXEPT (c)", 3, "expected a clause of AUTO CDC, but found 'ECXEPT'", None),
        (f"{CHANGES}FROM STREAM s KEYZ (a) SEQUENCE BY b", 3, "expected a clause of AUTO CDC, but found 'KEYZ'", "KEYS, SEQUENCE BY, APPLY AS DELETE WHEN, COLUMNS, STORED AS SCD TYPE"),
        (f"{CHANGES}FROM SNAPSHOT (SELECT 1)\nWITH VERSION SELECT 1 KEYS (a)", 4, "expected '(', but found 'SELECT'", None),
        (f"{CHANGES}FROM SNAPSHOT", 3, "expected a query in parentheses, or the name of a table, but the statement ends", None),
        (f"{CHANGES}FROM SNAPSHOT (SELECT 1 AS a) STORED AS SCD TYPE 2", 2, "KEYS is missing", "KEYS (columns that identify a row)"),
        (f"{CHANGES}FROM SNAPSHOT s KEYS (a)\nSEQUENCE BY b", 4, "SEQUENCE BY does not go with FROM SNAPSHOT", "a snapshot has KEYS, STORED AS and TRACK HISTORY ON; what else it needs is done in its query"),
        # settings
        ("SET", 1, "expected the name of a setting, but the statement ends", None),
        ("SET a", 1, "expected '=', but the statement ends", "SET key = value"),
        ("USE", 1, "expected the name of a schema or catalog, but the statement ends", None),
        ("USE a b", 1, "expected the end of the statement, but found 'b'", None),
        ("USE CATALOG a.b", 1, "'a.b' has too many parts", None),
    ],
)  # fmt: skip
def test_a_mistake_is_an_error_with_its_line(text, line, message, hint):
    (failed,) = load(text).failed
    assert isinstance(failed.error, IngotError)
    assert not isinstance(failed.error, UnsupportedError)
    assert failed.error.message == message
    assert failed.location.line == line
    assert failed.location.path == "/p/a.sql"
    if hint is not None:
        assert failed.error.hint == hint


@pytest.mark.parametrize(
    ("text", "line", "message", "name"),
    [
        ("CREATE TABLE t (a INT)", 1, "CREATE TABLE does not define a dataset of a pipeline", "t"),
        ("CREATE OR REPLACE TABLE IF NOT EXISTS s.t AS SELECT 1", 1, "CREATE TABLE does not define a dataset", "t"),
        ("CREATE STREAMING VIEW t AS SELECT 1", 1, "CREATE STREAMING VIEW does not define", "t"),
        ("CREATE GLOBAL TEMPORARY VIEW t AS SELECT 1", 1, "CREATE GLOBAL TEMPORARY VIEW does not define", "t"),
        ("CREATE MATERIALIZED TABLE t AS SELECT 1", 1, "CREATE MATERIALIZED TABLE does not define", "t"),
        ("CREATE FUNCTION f() RETURNS INT RETURN 1", 1, "CREATE FUNCTION in a pipeline", None),
        ("\nINSERT INTO t SELECT 1", 2, "INSERT does not define a dataset", "t"),
        ("SELECT 1", 1, "SELECT does not define a dataset", None),
        ("DROP TABLE t", 1, "DROP does not define a dataset", "t"),
        ("MERGE INTO t USING s ON a = b", 1, "MERGE does not define a dataset", "t"),
        ("SET TIME ZONE LOCAL", 1, "SET TIME ZONE", None),
        (f"{VIEW} WITH ROW FILTER f ON (a) AS SELECT 1", 1, "a ROW FILTER", "t"),
        (f"{VIEW} ROW FILTER f ON (a) AS SELECT 1", 1, "a ROW FILTER", "t"),
        (f"{VIEW} (a STRING\n MASK f) AS SELECT 1", 2, "column 'a' has a MASK", "t"),
        (f"{VIEW} (a INT CHECK (a > 0)) AS SELECT 1", 1, "CHECK constraints are not part of pipelines", "t"),
        (f"{VIEW} (CONSTRAINT c CHECK (a > 0)) AS SELECT 1", 1, "CHECK constraints are not part of", "t"),
        (f"{TABLE} (a BIGINT GENERATED ALWAYS AS IDENTITY)", 1, "column 'a' is an identity column", "t"),
        (f"{TABLE} (a BIGINT GENERATED BY DEFAULT AS IDENTITY)", 1, "column 'a' is an identity column", "t"),
        (f"{VIEW} USING jdbc AS SELECT 1", 1, "tables in the format 'jdbc'", "t"),
        (f"{VIEW}\nPARTITIONED BY (days(a)) AS SELECT 1", 2, "PARTITIONED BY takes columns, not expressions", "t"),
        (f"{VIEW} PARTITIONED BY (a, b, year(c)) AS SELECT 1", 1, "PARTITIONED BY takes columns", "t"),
        (f"{VIEW} CLUSTERED BY (a) INTO 4 BUCKETS AS SELECT 1", 1, "CLUSTERED BY … INTO BUCKETS", "t"),
        (f"{VIEW} OPTIONS (a 'b') AS SELECT 1", 1, "OPTIONS of a table", "t"),
        (f"{VIEW} DEFAULT COLLATION UTF8_LCASE AS SELECT 1", 1, "DEFAULT COLLATION", "t"),
        (f"{TABLE} FLOW REPLACE WHERE a > 1 BY NAME SELECT 1", 1, "FLOW REPLACE WHERE", "t"),
        ("CREATE FLOW f AS INSERT INTO t (a, b) SELECT 1, 2", 1, "a list of columns after INSERT INTO", "t"),
        (f"{CHANGES}FROM STREAM s KEYS (a) WHERE x SEQUENCE BY b", 3, "WHERE in AUTO CDC", "t"),
        (f"{CHANGES}FROM STREAM s KEYS (a) SEQUENCE BY b COLUMNS TO UPDATE c", 3, "COLUMNS TO UPDATE", "t"),
        (f"{CHANGES}FROM STREAM s KEYS (a) SEQUENCE BY b IGNORE NULL UPDATES ON (c)", 3, "IGNORE NULL UPDATES ON", "t"),
        (f"{CHANGES}FROM STREAM s KEYS (a) SEQUENCE BY b STORED AS BITEMPORAL", 3, "STORED AS BITEMPORAL", "t"),
        (f"{CHANGES}FROM STREAM s KEYS (a) SEQUENCE BY b SYSTEM SEQUENCE BY c", 3, "SYSTEM SEQUENCE BY", "t"),
    ],
)  # fmt: skip
def test_what_is_not_supported_says_so(text, line, message, name):
    (failed,) = load(text).failed
    assert isinstance(failed.error, UnsupportedError)
    assert failed.error.message.startswith(message)
    assert failed.location.line == line
    assert (failed.name.table if failed.name else None) == name


@pytest.mark.parametrize(
    "wrong",
    [
        "CREATE MATERIALIZED VIEW wrong AS",
        "CREATE MATERIALIZED VIEW wrong",
        "CREATE LIVE TABLE wrong (CONSTRAINT c EXPECT x) AS SELECT 1",
        "CREATE LIVE TABLE IF NOT EXISTS wrong AS SELECT ${undefined_parameter}",
        "CREATE TABLE wrong (a INT)",
    ],
)
def test_a_wrong_statement_fails_its_dataset_alone(wrong):
    definitions = load(f"CREATE STREAMING TABLE before; {wrong}; CREATE STREAMING TABLE after;")
    assert [name.table for name in definitions.datasets] == ["before", "after"]
    (failed,) = definitions.failed
    assert failed.name is not None
    assert failed.name.table == "wrong"


def test_a_failed_flow_fails_its_target():
    definitions = load("CREATE STREAMING TABLE t; CREATE FLOW f AS INSERT INTO t (a) SELECT 1")
    assert not definitions.datasets
    assert definitions.failed[0].name is not None


PIECES = st.one_of(
    st.sampled_from(
        """CREATE OR REFRESH REPLACE PRIVATE STREAMING LIVE MATERIALIZED TEMPORARY TABLE VIEW FLOW AS INSERT INTO ONCE
        BY NAME AUTO CDC APPLY CHANGES FROM STREAM KEYS SEQUENCE IGNORE NULL UPDATES COLUMNS EXCEPT STORED SCD TYPE
        TRACK HISTORY ON CONSTRAINT EXPECT VIOLATION DROP ROW FAIL UPDATE COMMENT TBLPROPERTIES PARTITIONED CLUSTER
        LOCATION USING DELTA SCHEDULE EVERY CRON TRIGGER DEFAULT GENERATED ALWAYS NOT PRIMARY KEY FOREIGN REFERENCES
        IF EXISTS SET USE CATALOG SCHEMA IDENTIFIER SELECT WITH DECIMAL MAP ARRAY < > ( ) , . ; : = == * - || => 1 2 t
        a b 's' "s" `n` `` '' r'\\' -- /* */ ${cat} ${x} ${ {{cat}} {{ $ \\ ' " ` é""".split()  # noqa: SIM905 - a list would take a page
    ),
    st.text(max_size=4),
    st.just("\n"),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=25))
@example(["CREATE", "STREAMING", "TABLE", "t", "(", "a", "DECIMAL", "(", "é", ")", ")"])
@example(["CREATE", "STREAMING", "TABLE", "t", "(", "a", "MAP", ")"])
def test_whatever_is_written_gives_definitions_or_errors_with_a_place(pieces):
    text = " ".join(pieces)
    definitions = load(text)
    for failed in definitions.failed:
        assert isinstance(failed.error, IngotError)
        assert failed.location.line is not None
        assert 1 <= failed.location.line <= text.count("\n") + 1


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["CREATE STREAMING TABLE t (", "CREATE LIVE TABLE t ", CHANGES + "FROM STREAM s "]),
    st.lists(PIECES, max_size=15),
)
def test_whatever_follows_a_good_beginning_gives_definitions_or_errors(beginning, pieces):
    for failed in load(beginning + " ".join(pieces)).failed:
        assert isinstance(failed.error, DefinitionError | UnsupportedError | IngotError)

"""Spark's own parser as the judge: what it takes for a pipeline's statement, ours takes too."""

from __future__ import annotations

import pytest

from definitions import test_sql_illegal, test_sql_legal
from definitions.sql_loading import load
from ingot.definitions.sql.tokens import split_statements
from spark_sessions import spark_session

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

# Spark's parser takes these; what comes after it (or Delta) does not, or Ingot has a reason of its own.
REFUSED_ON_PURPOSE = (
    "a.b.c.d",  # a name of four parts
    "``",
    "IDENTIFIER(",  # of something that is not a constant
    "A STRING",  # a column listed twice
    "ingot.",
    "AS IDENTITY",
    "USING jdbc",
    "PARTITIONED BY (",  # expressions
    "DEFAULT COLLATION",
    "INSERT INTO t (a, b)",
    "${secret:",
)


@pytest.fixture(scope="module")
def parser():
    with spark_session() as spark:
        yield spark._jsparkSession.sessionState().sqlParser()


def plan_of(parser, statement: str) -> str | None:
    """The name of Spark's plan for a statement; None for a syntax error."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        return parser.parsePlan(statement).getClass().getSimpleName()
    except (PySparkException, Py4JError):
        return None


def statements(*tests) -> list[str]:
    texts = [row[0] for test in tests for mark in test.pytestmark if mark.name == "parametrize" for row in mark.args[1]]
    return [text[first:last] for text in texts for first, last in split_statements(text)]


def test_no_pipeline_statement_that_spark_reads_is_refused_by_mistake(parser):
    wrong = statements(
        test_sql_illegal.test_a_mistake_is_an_error_with_its_line,
        test_sql_illegal.test_what_is_not_supported_says_so,
    )
    refused = []
    for statement in wrong:
        kind = plan_of(parser, statement)
        defines = kind is not None and kind.startswith(("CreateStreamingTable", "CreateMaterialized", "CreateFlow"))
        failed = load(f"CREATE STREAMING TABLE t; {statement}" if "FLOW" in statement else statement).failed
        if defines and failed and not any(reason in statement for reason in REFUSED_ON_PURPOSE):
            refused.append(statement)
    assert refused == []


def test_the_statements_of_open_source_spark_are_read_by_both(parser):
    heads = ("CREATE STREAMING TABLE", "CREATE STREAMING TABLE IF NOT EXISTS", "CREATE MATERIALIZED VIEW")
    legal = [f"{head} t AS SELECT 1 AS x" for head in heads]
    legal += [
        f"CREATE FLOW f AS AUTO CDC INTO t FROM STREAM src {row[0]}"
        for mark in test_sql_legal.test_the_clauses_of_change_flows.pytestmark
        for row in mark.args[1]
    ]
    read = [statement for statement in legal if plan_of(parser, statement) is not None]
    assert len(read) >= 8
    for statement in read:
        assert not load(f"CREATE STREAMING TABLE t; {statement}" if "FLOW" in statement else statement).failed

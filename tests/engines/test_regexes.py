"""Regular expressions whose answers differ between Java and the engines that stand in for it; answers are Spark's."""

import pytest

from dialect.running import connect, run
from ingot.errors import UnsupportedError


@pytest.fixture(scope="module")
def connection():
    return connect()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"regexp_replace('abc', '.*', 'x')", "xx"),
        (r"regexp_replace('a b', '\\s*', '-')", "-a--b-"),
        (r"regexp_replace('aab', '^a', 'x', 2)", "axb"),
        (r"regexp_replace('abc', '(?<=a)b', 'x', 2)", "abc"),
        (r"regexp_replace('abc', 'c?(?=$)', 'x', 4)", "abc"),
        (r"regexp_replace('a.b', '\\Q.\\E', 'x')", "axb"),
        (r"split('abc', '.*')", ["", "", ""]),
        (r"split('ab cd', '\\b')", ["ab", " ", "cd", ""]),
    ],
)
def test_a_pattern_means_what_it_means_in_java(connection, text, answer):
    assert run(connection, f"SELECT {text}")["rows"] == [{"c0": answer}]


def test_a_class_that_is_never_closed_is_refused(connection):
    with pytest.raises(UnsupportedError):
        run(connection, "SELECT 'ab' RLIKE '(?=a)[ab'")

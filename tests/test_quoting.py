"""How Spark SQL writes names and texts."""

from hypothesis import given
from hypothesis import strategies as st

from ingot.quoting import quoted_name, quoted_text, quoted_where_needed
from ingot.sql import parse_expression

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(TEXTS)
def test_a_text_reads_back_as_it_was(text):
    literal = parse_expression(quoted_text(text))
    assert literal.is_string
    assert literal.this == text


@given(TEXTS.filter(bool))
def test_a_name_reads_back_as_it_was(name):
    assert parse_expression(quoted_name(name)).name == name


@given(TEXTS.filter(bool))
def test_a_name_that_stands_without_quotes_is_the_same_with_them(name):
    if (shown := quoted_where_needed(name)) == name:
        assert parse_expression(f"t.{shown}").name == name

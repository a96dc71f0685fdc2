"""SQL that tells which text is JSON for DuckDB and for Spark alike.

DuckDB also takes words for numbers, in any case of letters, and a comma before the end of an array or object. What is
found may stand within a string: then a text is taken for odd that is not, which costs time only.
"""

from __future__ import annotations

from ingot.engines.duckdb.types import quote_text

_COMMA_AT_END = r",\s*[}\]]"
_WORD = r"(?i)(?:^|[:\[,])\s*[+-]?(?:nan|inf)"
_OTHER_WORD = r"[:\[,]\s*(?:[+-]?(?:nan|NAN|inf)|INF)"


def is_plain(text_sql: str) -> str:
    """SQL: a text is JSON without words for numbers, which some of Spark's functions take and others do not."""
    no_letters = f"NOT contains(lower({text_sql}), 'nan') AND NOT contains(lower({text_sql}), 'inf')"  # quicker to find
    no_words = f"({no_letters} OR NOT regexp_matches({text_sql}, {quote_text(_WORD)}))"
    return f"json_valid({text_sql}) AND {no_words} AND NOT regexp_matches({text_sql}, {quote_text(_COMMA_AT_END)})"


def is_odd(text_sql: str) -> str:
    """SQL: a text that DuckDB takes for JSON may be none for Spark's reader of files."""
    return f"regexp_matches({text_sql}, {quote_text(f'{_OTHER_WORD}|{_COMMA_AT_END}')})"

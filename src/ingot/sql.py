"""Spark SQL text to syntax tree: the one form in which a query travels through Ingot.

Owns reading with sqlglot's `databricks` dialect and undoing what that dialect does to the text: it turns function
calls into classes of its own, with arguments reordered and defaults filled in, which loses what Spark was asked.
Here every call stays `exp.Anonymous(this=<Spark's name, lower case>, expressions=[…])`, so that typing and each
engine decide by Spark's name. This is done on the token stream, which works the same with compiled sqlglot.

Never resolves a name and never rewrites what a query means.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp
from sqlglot.dialects.databricks import Databricks
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType

from ingot.errors import AnalysisError, Location

_PREFIX = "__call_"

# Calls with a grammar of their own (CAST(x AS t), EXTRACT(f FROM x)) and words that only look like a call.
_OWN_GRAMMAR = frozenset({"CAST", "TRY_CAST", "EXTRACT", "TRIM", "OVERLAY", "POSITION", "SUBSTRING", "SUBSTR"})
_NOT_CALLS = frozenset(
    """ALL AND ANY AS BETWEEN BY CASE CROSS CUBE DISTINCT ELSE END EXCEPT EXISTS EXTRACT FILTER FOR FROM FULL GROUPING
    HAVING IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LIKE ILIKE MINUS NATURAL NOT NULL ON OR OVER PARTITION
    PIVOT QUALIFY RLIKE ROLLUP SELECT SEMI SETS SOME STREAM TABLE TABLESAMPLE THEN UNION UNIQUE UNPIVOT USING VALUES
    WHEN WHERE WITH WITHIN""".split()
)
_NAME_PRECEDES_COLUMN_LIST = frozenset({TokenType.ALIAS, TokenType.DCOLON, TokenType.QDCOLON})
_TYPE_OPENERS = frozenset({"ARRAY", "MAP", "STRUCT"})
_NILADIC = {
    TokenType.CURRENT_DATE, TokenType.CURRENT_TIMESTAMP, TokenType.CURRENT_USER, TokenType.CURRENT_DATETIME,
    TokenType.SESSION_USER, TokenType.CURRENT_CATALOG, TokenType.LOCALTIME, TokenType.LOCALTIMESTAMP,
}  # fmt: skip

_dialect = Databricks()


def tokenize(text: str) -> list[Token]:
    """Split SQL text into tokens; adjacent quoted strings (`'it''s'`) become one, as Spark 4 reads them."""
    try:
        tokens = _dialect.tokenize(text)
    except SqlglotError as error:
        raise AnalysisError(str(error).splitlines()[0], code="syntax-error") from error
    merged: list[Token] = []
    for token in tokens:
        previous = merged[-1] if merged else None
        if (
            previous is not None
            and token.token_type == previous.token_type == TokenType.STRING
            and token.start == previous.end + 1
            and text[token.start] == text[previous.end]
        ):
            quote = text[token.start]
            merged[-1] = _replaced(previous, TokenType.STRING, previous.text + quote + token.text, end=token.end)
        else:
            merged.append(token)
    return merged


def _replaced(token: Token, token_type: TokenType, text: str, end: int | None = None) -> Token:
    return Token(token_type, text, token.line, token.col, token.start, token.end if end is None else end, token.comments)


def _keep_calls(tokens: list[Token]) -> list[Token]:
    """Rename the tokens of function calls, so that the parser takes them for functions it does not know."""
    out: list[Token] = []
    type_depth = 0
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        previous = tokens[index - 1] if index else None
        word = token.text.upper()
        if type_depth:
            type_depth += {TokenType.LT: 1, TokenType.GT: -1}.get(token.token_type, 0)
            if token.token_type == TokenType.RANGE_LT:  # `>>` may close two at once
                type_depth -= 2
        elif word in _TYPE_OPENERS and following is not None and following.token_type == TokenType.LT:
            type_depth = 0
            type_depth = _opens_type(tokens, index)
        if token.token_type in _NILADIC and (following is None or following.token_type != TokenType.L_PAREN):
            out.append(_replaced(token, TokenType.VAR, token.text))
        elif (
            following is not None
            and following.token_type == TokenType.L_PAREN
            and not type_depth
            and _may_be_call(token, previous)
            and word not in _NOT_CALLS
            and word not in _OWN_GRAMMAR
        ):
            out.append(_replaced(token, TokenType.VAR, _PREFIX + token.text.lower()))
        else:
            out.append(token)
    return out


def _opens_type(tokens: list[Token], index: int) -> int:
    """Whether `array <` opens a type (a matching `>` follows before anything that cannot be in a type)."""
    return 0 if index == 0 else (1 if tokens[index - 1].token_type in _NAME_PRECEDES_COLUMN_LIST else 0)


def _may_be_call(token: Token, previous: Token | None) -> bool:
    if token.token_type in (TokenType.STRING, TokenType.NUMBER, TokenType.IDENTIFIER, TokenType.R_PAREN):
        return False
    if not (token.text[:1].isalpha() or token.text[:1] == "_"):
        return False
    return previous is None or previous.token_type not in (*_NAME_PRECEDES_COLUMN_LIST, TokenType.DOT)

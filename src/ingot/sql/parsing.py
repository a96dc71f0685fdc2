"""Spark SQL text to syntax tree: the one form in which a query travels through Ingot.

Owns reading with sqlglot's `databricks` dialect and undoing what that dialect does to function calls: it turns them
into classes of its own with arguments reordered and defaults filled in, which loses what Spark was asked. Here every
call stays `exp.Anonymous(this=<Spark's name in lower case>, expressions=[…])`, so that typing and each engine decide
by Spark's name. This is done on the token stream, so it works the same with compiled sqlglot (whose parsers cannot
be subclassed).

Never resolves a column, never looks at a table, and never changes what a query means.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from sqlglot import exp
from sqlglot.dialects.databricks import Databricks
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from ingot.errors import AnalysisError, Location, too_deep
from ingot.sql.named_fields import with_named_fields
from ingot.sql.operators import with_sparks_precedence
from ingot.sql.parentheses import closing, with_wrapped_sets, with_wrapped_streams
from ingot.sql.pipes import name_tables, with_known_pipes
from ingot.sql.stream_options import place_of, token_place, with_stream_options
from ingot.sql.syntax import Fault, check, explain

_PREFIX = "__call_"
_SUFFIXED = "__number_"

# Words that may stand before `(` without being a function's name.
_NOT_CALLS = frozenset(
    [
        "ALL",
        "AND",
        "AS",
        "BETWEEN",
        "BY",
        "CASE",
        "CAST",
        "CROSS",
        "CUBE",
        "DISTINCT",
        "ELSE",
        "END",
        "EXCEPT",
        "EXTRACT",
        "FOR",
        "FROM",
        "FULL",
        "HAVING",
        "IN",
        "INNER",
        "INTERSECT",
        "INTERVAL",
        "INTO",
        "IS",
        "JOIN",
        "LATERAL",
        "LIKE",
        "ILIKE",
        "LIMIT",
        "MINUS",
        "NATURAL",
        "NOT",
        "NULL",
        "OFFSET",
        "ON",
        "OR",
        "OVER",
        "PARTITION",
        "PIVOT",
        "QUALIFY",
        "RLIKE",
        "REGEXP",
        "ROLLUP",
        "SELECT",
        "SEMI",
        "SETS",
        "STREAM",
        "TABLE",
        "TABLESAMPLE",
        "THEN",
        "TRY_CAST",
        "UNION",
        "UNPIVOT",
        "USING",
        "VALUES",
        "WHEN",
        "WHERE",
        "WITH",
        "WITHIN",
        "IDENTIFIER",
    ]
)
# Calls that may be written with a grammar of their own: TRIM(BOTH a FROM b), POSITION(a IN b) …
_OWN_GRAMMAR = {
    "TRIM": ("FROM",), "SUBSTRING": ("FROM", "FOR"), "SUBSTR": ("FROM", "FOR"),
    "POSITION": ("IN",), "OVERLAY": ("PLACING",),
}  # fmt: skip
_ENDS_OPERAND = frozenset(
    {TokenType.IDENTIFIER, TokenType.NUMBER, TokenType.STRING, TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.VAR}
)
_BEFORE_A_NAME = frozenset({TokenType.ALIAS, TokenType.DCOLON, TokenType.QDCOLON, TokenType.WITH, TokenType.RECURSIVE})
_VARS_BEFORE_CALLS = frozenset(
    {"AGGREGATE", "EXTEND", "STREAM", "OUTER", "VIEW", "IN", "NOT", "PLACING", "BOTH", "LEADING", "TRAILING"}
)
_NILADIC = frozenset(
    {
        TokenType.CURRENT_DATE, TokenType.CURRENT_TIMESTAMP, TokenType.CURRENT_USER, TokenType.CURRENT_DATETIME,
        TokenType.SESSION_USER, TokenType.CURRENT_CATALOG, TokenType.LOCALTIME, TokenType.LOCALTIMESTAMP,
        TokenType.CURRENT_TIME, TokenType.CURRENT_ROLE,
    }
)  # fmt: skip

_dialect = Databricks()
# Trees are walked by recursion, some calls for each level; Spark takes some thousand levels, Python's default some 30.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))


def tokenize(text: str) -> list[Token]:
    """Split SQL text into tokens; adjacent quoted strings (`'it''s'`) are one, as Spark 4 reads them.

    Raises:
        AnalysisError: `syntax-error`, for an unterminated string or comment.
    """
    try:
        tokens = _dialect.tokenize(text)
    except SqlglotError as error:
        raise AnalysisError(f"cannot read the SQL text: {str(error).splitlines()[0]}", code="syntax-error") from error
    merged: list[Token] = []
    depth = 0  # of types: the ends of ARRAY<ARRAY<ARRAY<INT>>> are no operator
    for token in tokens:
        previous = merged[-1] if merged else None
        if token.token_type == TokenType.LT and previous is not None:
            depth += depth > 0 or previous.text.upper() in ("ARRAY", "MAP", "STRUCT")
        if previous is not None and _continues_string(previous, token, text):
            merged[-1] = _retyped(previous, TokenType.STRING, previous.text + text[token.start] + token.text, token.end)
        elif previous is not None and token.token_type == TokenType.STRING and _is_hex_mark(previous, merged):
            merged[-1] = _retyped(previous, TokenType.HEX_STRING, token.text, token.end)
        elif token.token_type == TokenType.HEX_STRING and text[token.start] == "0":  # 0x1F, to Spark a name
            merged.append(_retyped(token, TokenType.VAR, text[token.start : token.end + 1]))
        elif _ends_local_timestamp(merged, token):
            del merged[-2:]
            merged[-1] = _retyped(merged[-1], TokenType.TIMESTAMPNTZ, "TIMESTAMP_NTZ", token.end)
        elif depth == 0 and _is_unsigned_shift(merged, token):
            merged.pop()
            merged[-1] = _retyped(merged[-1], TokenType.DQMARK, ">>>", token.end)
        else:
            merged.append(token)
        depth -= depth > 0 and token.token_type == TokenType.GT
    return merged


def _is_unsigned_shift(before: list[Token], token: Token) -> bool:
    """The end of `>>>`, which no dialect reads; it takes the way of `??`, which Spark does not have."""
    marks = [*before[-2:], token]
    return len(marks) == 3 and all(
        m.token_type == TokenType.GT and m.start == marks[0].start + at for at, m in enumerate(marks)
    )


def _ends_local_timestamp(before: list[Token], token: Token) -> bool:
    """The end of TIMESTAMP WITHOUT TIME ZONE, of which sqlglot's dialect keeps the first word, another type."""
    return [m.text.upper() for m in (*before[-3:], token)] == ["TIMESTAMP", "WITHOUT", "TIME", "ZONE"]


def _is_hex_mark(token: Token, before: list[Token]) -> bool:
    """The X of `X 'F0'`, which sqlglot reads only without the blank."""
    follows_name = len(before) > 1 and before[-2].token_type in (TokenType.DOT, TokenType.ALIAS)
    return token.token_type == TokenType.VAR and token.text in ("X", "x") and not follows_name


def _continues_string(previous: Token, token: Token, text: str) -> bool:
    return (
        token.token_type == previous.token_type == TokenType.STRING
        and token.start == previous.end + 1
        and text[token.start] == text[previous.end]
    )


def _retyped(token: Token, token_type: TokenType, text: str, end: int | None = None) -> Token:
    return Token(token_type, text, token.line, token.col, token.start, token.end if end is None else end)


def parse_statement(text: str, location: Location | None = None) -> exp.Expr:
    """Parse one query or expression text into a tree; see the module's docstring for its form.

    Args:
        text: The SQL text, with `${…}` already replaced.
        location: Where the text begins in the user's file; every node's place is counted from there.

    Raises:
        AnalysisError: `syntax-error`, with the line.
    """
    tokens = with_stream_options(_without_watermarks(tokenize(text), location), location)
    return _parse(with_known_pipes(with_wrapped_sets(with_wrapped_streams(tokens))), text, location, None)


def parse_expression(text: str, location: Location | None = None) -> exp.Expr:
    """Parse one expression (an expectation's condition, `expr("…")`), which may carry an alias."""
    return _parse(tokenize(text), text, location, exp.Condition)


def _parse(tokens: list[Token], text: str, location: Location | None, into: type | None) -> exp.Expr:
    fault = check(tokens)
    if fault is not None:
        raise _syntax_error(fault, location)
    parser = _dialect.parser()
    marked = list(_marked_calls(with_named_fields(tokens), text))
    try:
        parsed = parser.parse(marked, text) if into is None else parser.parse(_select_of(marked), text)
    except ParseError as error:
        raise _syntax_error(explain(error.errors[0] if error.errors else {}, tokens), location) from error
    except RecursionError:
        raise too_deep(location) from None
    if len(parsed) != 1 or parsed[0] is None:
        raise AnalysisError("expected one SQL query", location=location, code="syntax-error")
    tree = parsed[0]
    if any(token.token_type == TokenType.PIPE_GT for token in marked):
        name_tables(tree)
    if into is not None:
        tree = _only_expression(tree, text, location)
    try:
        return _canonical(tree, location)
    except RecursionError:
        raise too_deep(location) from None


def _select_of(tokens: list[Token]) -> list[Token]:
    return [Token(TokenType.SELECT, "SELECT", 1, 0, 0, 0), *tokens]


def _only_expression(tree: exp.Expr, text: str, location: Location | None) -> exp.Expr:
    filled = {key for key, value in tree.args.items() if value and key != "expressions"}
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or filled:
        raise AnalysisError(f"expected one SQL expression, not {text!r}", location=location, code="syntax-error")
    return tree.expressions[0].pop()


def _syntax_error(fault: Fault, location: Location | None) -> AnalysisError:
    place = token_place(location, fault.token) if fault.token is not None else location
    return AnalysisError(fault.message, location=place, hint=fault.hint, code="syntax-error")


def _node_place(location: Location, meta: Mapping[str, Any]) -> Location | None:
    length = meta.get("end", 0) - meta.get("start", 0)
    return place_of(location, meta["line"], meta.get("col"), length)


# --- the token stream ---------------------------------------------------------------------------------------


def _marked_calls(tokens: list[Token], text: str) -> Iterator[Token]:
    """Rename the tokens of function calls, so that the parser takes each for a function that it does not know."""
    type_end, tokens = -1, _suffixed(tokens)
    for index, token in enumerate(tokens):
        following = tokens[index + 1].token_type if index + 1 < len(tokens) else None
        if index > type_end:
            type_end = _type_end(tokens, index)
        if token.token_type in _NILADIC and following != TokenType.L_PAREN:
            yield _retyped(token, TokenType.VAR, token.text)
        elif following == TokenType.L_PAREN and index > type_end and _is_call(tokens, index):
            yield _retyped(token, TokenType.VAR, _PREFIX + token.text.lower())
        else:
            yield token


def _suffixed(tokens: list[Token]) -> list[Token]:
    """Make `10L`, which sqlglot reads as `10::BIGINT`, tellable from a cast that the user wrote."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        number, colons = tokens[at], tokens[at + 1] if at + 1 < len(tokens) else None
        if colons is None or colons.token_type != TokenType.DCOLON or colons.start != number.start:
            found.append(number)
            at += 1
            continue
        kind = tokens[at + 2]
        if kind.token_type == TokenType.DECIMAL:
            found += [number, colons, kind]
        else:
            name = _retyped(number, TokenType.VAR, _SUFFIXED + kind.token_type.name.lower())
            found += [name, _retyped(number, TokenType.L_PAREN, "("), number, _retyped(number, TokenType.R_PAREN, ")")]
        at += 3
    return found


def _type_end(tokens: list[Token], index: int) -> int:
    """The index at which the type `array<…>` that begins here ends; -1 when none begins here."""
    if index == 0 or tokens[index].text.upper() not in ("ARRAY", "MAP", "STRUCT"):
        return -1
    if (
        tokens[index - 1].token_type not in _BEFORE_A_NAME
        or index + 1 >= len(tokens)
        or tokens[index + 1].text[:1] != "<"
    ):
        return -1
    depth = 0
    for at in range(index + 1, len(tokens)):
        depth += tokens[at].text.count("<") - tokens[at].text.count(">")
        if depth <= 0:
            return at
    return -1


def _is_call(tokens: list[Token], index: int) -> bool:
    token, word = tokens[index], tokens[index].text.upper()
    if token.token_type in (TokenType.STRING, TokenType.NUMBER) or not (word[:1].isalpha() or word[:1] == "_"):
        return False
    if len(word.split()) > 1:  # PARTITION BY, ORDER BY
        return False
    if word in _NOT_CALLS or (word in _OWN_GRAMMAR and _has_own_grammar(tokens, index)):
        return False
    if word in ("EXISTS", "ANY", "SOME", "ALL") and _opens_query(tokens, index + 1):
        return False
    if index == 0:
        return True
    previous = tokens[index - 1]
    if previous.token_type in _BEFORE_A_NAME or previous.token_type == TokenType.DOT:
        return False
    if previous.token_type in (TokenType.LIKE, TokenType.ILIKE) and word in ("ANY", "SOME", "ALL"):
        return False
    if previous.token_type in _ENDS_OPERAND and previous.text.upper() not in _VARS_BEFORE_CALLS:
        return False
    return not _names_cte(tokens, index)


def _opens_query(tokens: list[Token], paren: int) -> bool:
    inner = tokens[paren + 1].token_type if paren + 1 < len(tokens) else None
    return inner in (TokenType.SELECT, TokenType.WITH, TokenType.FROM, TokenType.L_PAREN, TokenType.VALUES)


def _names_cte(tokens: list[Token], index: int) -> bool:
    """`WITH a AS (…), t(x, y) AS (…)`: a name with a column list, not a call."""
    after = closing(tokens, index + 1) + 1
    return (
        after + 1 < len(tokens)
        and tokens[after].token_type == TokenType.ALIAS
        and tokens[after + 1].token_type == TokenType.L_PAREN
    )


def _has_own_grammar(tokens: list[Token], index: int) -> bool:
    """Whether TRIM, POSITION and the like are written with keywords instead of commas."""
    depth = 0
    for at in range(index + 1, closing(tokens, index + 1)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[at].token_type, 0)
        if depth == 1 and tokens[at].text.upper() in _OWN_GRAMMAR[tokens[index].text.upper()]:
            return tokens[at].token_type != TokenType.STRING
    return False


def _without_watermarks(tokens: list[Token], location: Location | None) -> list[Token]:
    """Refuse `WATERMARK c DELAY OF …`, which no sqlglot dialect reads."""
    for index, token in enumerate(tokens[:-2]):
        if token.text.upper() == "WATERMARK" and tokens[index + 2].text.upper() == "DELAY":
            from ingot.errors import UnsupportedError

            raise UnsupportedError(
                "WATERMARK … DELAY OF is not supported: no row is too late here, and none is left out for it",
                location=token_place(location, token),
                hint="leave the clause out; what is to be aggregated goes into a MATERIALIZED VIEW",
                code="unsupported-watermark",
            )
    return tokens


# --- the tree -------------------------------------------------------------------------------------------------


def _canonical(tree: exp.Expr, location: Location | None) -> exp.Expr:
    """Give calls their names back, and make the grammar forms of TRIM and the like plain calls."""
    nodes = list(tree.walk())
    for node in nodes:
        if isinstance(node, exp.Anonymous) and isinstance(node.this, str) and node.this.lower().startswith(_PREFIX):
            node.set("this", node.this.lower()[len(_PREFIX) :])
        if location is not None and isinstance(node, (exp.Identifier, exp.Anonymous, exp.Table)):
            place = _node_place(location, node.meta) if "line" in node.meta else None
            if place is not None:
                node.meta["location"] = place
    for node in nodes:  # the outer ones first, for a chain is regrouped as a whole
        regrouped = with_sparks_precedence(node) if node.parent is not None or node is tree else None
        if regrouped is not None:
            tree = regrouped if node is tree else tree
            node.replace(regrouped)
    for node in reversed(list(tree.walk())):  # with the new nodes; the inner ones first, for the outer ones copy them
        replacement = _plain_call(node)
        if replacement is not None:
            if node is tree:
                tree = replacement
            node.replace(replacement)
    return tree


def _plain_call(node: exp.Expr) -> exp.Expr | None:
    match node:
        case exp.Anonymous() if node.name.startswith(_SUFFIXED):
            literal = exp.Cast(this=node.expressions[0], to=exp.DataType.build(node.name[len(_SUFFIXED) :]))
            literal.meta["literal"] = True
            return literal
        case exp.Anonymous() if node.name in ("trim", "ltrim", "rtrim") and len(node.expressions) == 2:
            return call(node.name, *reversed(node.expressions))  # with a comma, Spark takes the characters first
        case exp.Coalesce() if len(node.expressions) == 1:  # the hint COALESCE(1) has none
            return call("shiftrightunsigned", node.this, node.expressions[0])
        case exp.Trim():
            position = (node.args.get("position") or "").upper()
            name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(position, "trim")
            return call(name, *[a for a in (node.this, node.expression) if a is not None])
        case exp.Substring():
            return call("substring", *[a for a in (node.this, node.args.get("start"), node.args.get("length")) if a])
        case exp.StrPosition():
            return call("locate", node.args["substr"], node.this)
        case exp.Overlay():
            parts = (node.this, node.expression, node.args.get("from_"), node.args.get("for_"))
            return call("overlay", *[a for a in parts if a is not None])
    return None


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A function call under Spark's name."""
    return exp.Anonymous(this=name, expressions=[a.copy() if a.parent is not None else a for a in arguments])

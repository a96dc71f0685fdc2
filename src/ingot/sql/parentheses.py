"""Parentheses that sqlglot wants where Spark needs none, put into the token stream. Never changes what a text means."""

from __future__ import annotations

from collections.abc import Collection

from sqlglot.tokenizer_core import Token, TokenType

_BEFORE_RELATIONS = (TokenType.FROM, TokenType.JOIN, TokenType.COMMA, TokenType.L_PAREN)
_NAMES = (TokenType.STRING, TokenType.IDENTIFIER)
_KINDS = {"INNER", "LEFT", "RIGHT", "FULL", "OUTER", "CROSS", "NATURAL", "SEMI", "ANTI"}  # of joins


def with_wrapped_sets(tokens: list[Token]) -> list[Token]:
    """Each item of `ROLLUP (…)` and `CUBE (…)` in brackets: sqlglot reads no condition there without them."""
    opened: set[int] = set()
    closed: set[int] = set()
    for index, token in enumerate(tokens[:-1]):
        follows = tokens[index + 1].token_type == TokenType.L_PAREN
        if token.token_type in (TokenType.ROLLUP, TokenType.CUBE) and follows:
            end = closing(tokens, index + 1)
            ends = [*_commas(tokens, index + 1, end), end]
            items = zip([index + 2, *(at + 1 for at in ends)], ends, strict=False)
            for first, last in items:
                if last < len(tokens) and last - first > 1 and closing(tokens, first) != last - 1:
                    opened.add(first)
                    closed.add(last)
    return _with_parentheses(tokens, opened, closed)


def with_wrapped_streams(tokens: list[Token]) -> list[Token]:
    """A stream that begins a join in parentheses of its own: of `FROM (STREAM a JOIN …)` sqlglot reads no JOIN."""
    opened: set[int] = set()
    closed: set[int] = set()
    for index in range(2, len(tokens) - 1):
        if _is_word(tokens[index], ("STREAM",)) and tokens[index - 1].token_type == TokenType.L_PAREN:
            end = _end_of_first(tokens, index)
            if end is not None and tokens[index - 2].token_type in _BEFORE_RELATIONS:
                opened.add(index)
                closed.add(end)
    return _with_parentheses(tokens, opened, closed)


def _end_of_first(tokens: list[Token], begin: int) -> int | None:
    """Where the first relation of a join ends; None where nothing is joined: there STREAM may be a column's name."""
    at = begin + 1
    while at < len(tokens):
        if _begins_join(tokens, at):
            return at if at > begin + 1 else None
        if tokens[at].token_type == TokenType.L_PAREN:
            at = closing(tokens, at)
        elif not _may_stand_in_relation(tokens[at]):
            return None
        at += 1
    return None


def _begins_join(tokens: list[Token], at: int) -> bool:
    """Whether JOIN, or what kind of a join, begins here: LEFT and RIGHT are functions, too."""
    while at < len(tokens) and _is_word(tokens[at], _KINDS):
        at += 1
    return at < len(tokens) and _is_word(tokens[at], ("JOIN",))


def _may_stand_in_relation(token: Token) -> bool:
    """Whether this is a word, as a name is, or the dot between two; in brackets anything may stand."""
    if token.token_type in (TokenType.DOT, TokenType.IDENTIFIER):
        return True
    return token.token_type != TokenType.STRING and token.text.isidentifier()


def _is_word(token: Token, words: Collection[str]) -> bool:
    return token.text.upper() in words and token.token_type not in _NAMES


def closing(tokens: list[Token], paren: int) -> int:
    """Where the parenthesis closes that stands at an index; the number of tokens if it never does."""
    depth = 0
    for at in range(paren, len(tokens)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[at].token_type, 0)
        if depth == 0:
            return at
    return len(tokens)


def _commas(tokens: list[Token], paren: int, end: int) -> list[int]:
    """The commas directly within brackets."""
    depth, found = 0, []
    for at in range(paren + 1, end):
        kind = tokens[at].token_type
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(kind, 0)
        if kind == TokenType.COMMA and depth == 0:
            found.append(at)
    return found


def _with_parentheses(tokens: list[Token], opened: Collection[int], closed: Collection[int]) -> list[Token]:
    """The tokens with a parenthesis opened, or closed, before these."""
    if not opened:
        return tokens
    result: list[Token] = []
    for index, token in enumerate(tokens):
        if index in closed:
            result.append(_parenthesis(TokenType.R_PAREN, ")", token))
        if index in opened:
            result.append(_parenthesis(TokenType.L_PAREN, "(", token))
        result.append(token)
    return result


def _parenthesis(kind: TokenType, text: str, before: Token) -> Token:
    return Token(kind, text, before.line, before.col, before.start, before.end)

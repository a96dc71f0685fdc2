"""Fields of `struct(a x, b y)`: names without AS, which Spark takes there and sqlglot in no call.

Works on the token stream, as the reading of calls does. Never looks at what a field holds.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot.tokenizer_core import Token, TokenType

_ENDS_FIELD = frozenset({
    TokenType.IDENTIFIER, TokenType.NUMBER, TokenType.STRING, TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.VAR,
    TokenType.NULL, TokenType.TRUE, TokenType.FALSE, TokenType.END,
})  # fmt: skip
_DEEPER = {TokenType.L_PAREN: 1, TokenType.L_BRACKET: 1, TokenType.R_PAREN: -1, TokenType.R_BRACKET: -1}


def with_named_fields(tokens: list[Token]) -> list[Token]:
    """The tokens with AS before each name of a field that has none."""
    names: set[int] = set()
    for index, token in enumerate(tokens[:-1]):
        if token.text.upper() == "STRUCT" and tokens[index + 1].token_type == TokenType.L_PAREN:
            names.update(last for first, last in _fields(tokens, index + 1) if _is_named(tokens, first, last))
    if not names:
        return tokens
    result: list[Token] = []
    for index, token in enumerate(tokens):
        if index in names:
            result.append(Token(TokenType.ALIAS, "AS", token.line, token.col, token.start, token.start))
        result.append(token)
    return result


def _fields(tokens: list[Token], paren: int) -> Iterator[tuple[int, int]]:
    """The first and the last token of each item between brackets."""
    depth, first = 0, paren + 1
    for at in range(paren, len(tokens)):
        kind = tokens[at].token_type
        depth += _DEEPER.get(kind, 0)
        if depth == 0 or (depth == 1 and kind == TokenType.COMMA):
            yield first, at - 1
            first = at + 1
        if depth == 0:
            return


def _is_named(tokens: list[Token], first: int, last: int) -> bool:
    """Whether the item ends with a name of its own; the unit of an interval is none, nor is the NULLS of a call."""
    if last <= first or tokens[last].token_type not in (TokenType.VAR, TokenType.IDENTIFIER):
        return False
    words = [token.text.upper() for token in tokens[first:last]]
    follows_number = tokens[last - 1].token_type in (TokenType.NUMBER, TokenType.STRING)
    is_unit = words[-2:-1] == ["INTERVAL"] or (follows_number and "INTERVAL" in words)
    is_flag = tokens[last].text.upper() == "NULLS" and words[-1] in ("IGNORE", "RESPECT") and len(words) > 1
    if is_unit or is_flag or words[-1] in ("COLLATE", "TO", "INTERVAL"):
        return False
    is_cast = tokens[last - 2].token_type == TokenType.DCOLON and last - 2 > first  # to a type of one word
    return is_cast or tokens[last - 1].token_type in _ENDS_FIELD

"""Options of a stream in SQL: `STREAM t WITH ('skipChangeCommits' = 'true')`, as Spark 4.2 reads them.

No dialect of sqlglot knows them. On the token stream, the content of the parentheses becomes one word, which arrives in
the tree as a hint of the table; `options_of` reads it there. Never decides what an option means.
"""

from __future__ import annotations

import json

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from ingot.errors import AnalysisError, Location, UnsupportedError

_MARK = "__options:"
_NAMES = (TokenType.VAR, TokenType.IDENTIFIER)
_VALUES = (TokenType.STRING, TokenType.NUMBER, TokenType.TRUE, TokenType.FALSE)


def with_stream_options(tokens: list[Token], location: Location | None) -> list[Token]:
    """The tokens with the options of each stream as one word.

    Raises:
        AnalysisError: `syntax-error`, for options that are no list of keys and values.
        UnsupportedError: `unsupported-option`, for options of a table that is not a stream.
    """
    if not any(token.token_type == TokenType.WITH for token in tokens):
        return tokens
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        name_end = _stream_end(tokens, at)
        if name_end is not None and _begins_options(tokens, name_end):
            end = _closing(tokens, name_end + 1)
            if end is None:
                return tokens  # what is wrong with it is said by the parser
            name = tokens[at + 1 : name_end]
            found += [tokens[at], *(name[1:-1] if name[0].token_type == TokenType.L_PAREN else name)]
            word = _MARK + json.dumps(_pairs(tokens[name_end + 2 : end], tokens[name_end], location))
            first = tokens[name_end + 1]
            marked = Token(TokenType.VAR, word, first.line, first.col, first.start, tokens[end].end)
            at = _alias_end(tokens, end + 1)
            found += [*tokens[end + 1 : at], *tokens[name_end : name_end + 2], marked, tokens[end]]
            continue
        _refuse_batch(tokens, at, location)
        found.append(tokens[at])
        at += 1
    return found


def is_marked(word: str) -> bool:
    """Whether a word stands for options."""
    return word.lower().startswith(_MARK)


def options_of(table: exp.Table) -> dict[str, str]:
    """The options that were given to a table, keys in lower case; they are taken off the tree."""
    hints = table.args.get("hints") or []
    words = [word.name for hint in hints for word in hint.expressions if is_marked(word.name)]
    if not words:
        return {}
    table.set("hints", None)
    return json.loads(words[0][len(_MARK) :])


def _stream_end(tokens: list[Token], at: int) -> int | None:
    """Where a stream's name ends, that begins at this token; None when none does."""
    if tokens[at].text.upper() != "STREAM" or tokens[at].token_type in (TokenType.STRING, TokenType.IDENTIFIER):
        return None
    at += 1
    if at < len(tokens) and tokens[at].token_type == TokenType.L_PAREN:
        end = _closing(tokens, at)
        return None if end is None else end + 1
    while at + 1 < len(tokens) and tokens[at + 1].token_type == TokenType.DOT:
        at += 2
    return at + 1


def _alias_end(tokens: list[Token], at: int) -> int:
    """Where the alias ends that begins at this token, if one does: hints of tables stand after it."""
    begin = at
    at += at < len(tokens) and tokens[at].token_type == TokenType.ALIAS
    if at >= len(tokens) or tokens[at].token_type not in _NAMES:
        return begin
    at += 1
    if at < len(tokens) and tokens[at].token_type == TokenType.L_PAREN:
        end = _closing(tokens, at)
        return at if end is None else end + 1
    return at


def _begins_options(tokens: list[Token], at: int) -> bool:
    return (
        at + 1 < len(tokens)
        and tokens[at].token_type == TokenType.WITH
        and tokens[at + 1].token_type == TokenType.L_PAREN
    )


def _closing(tokens: list[Token], opening: int) -> int | None:
    depth = 0
    for at in range(opening, len(tokens)):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(tokens[at].token_type, 0)
        if depth == 0:
            return at
    return None


def _pairs(tokens: list[Token], begin: Token, location: Location | None) -> dict[str, str]:
    """`key = value, …`: keys are words or texts, values are constants."""
    pairs: dict[str, str] = {}
    at = 0
    while at < len(tokens):
        key, at = _key(tokens, at)
        at += at < len(tokens) and tokens[at].token_type == TokenType.EQ
        if not key or at >= len(tokens) or tokens[at].token_type not in _VALUES:
            raise _malformed(begin, location)
        pairs[key.lower()] = tokens[at].text.lower() if tokens[at].token_type in _VALUES[2:] else tokens[at].text
        at += 1
        if at < len(tokens) and (tokens[at].token_type != TokenType.COMMA or at + 1 == len(tokens)):
            raise _malformed(begin, location)
        at += 1
    if not pairs:
        raise _malformed(begin, location)
    return pairs


def _key(tokens: list[Token], at: int) -> tuple[str, int]:
    """A text, or words with dots between."""
    if tokens[at].token_type == TokenType.STRING:
        return tokens[at].text, at + 1
    key = tokens[at].text if tokens[at].text.isidentifier() else ""
    at += 1
    while key and at + 1 < len(tokens) and tokens[at].token_type == TokenType.DOT:
        key += f".{tokens[at + 1].text}"
        at += 2
    return key, at


def _malformed(token: Token, location: Location | None) -> AnalysisError:
    return AnalysisError(
        "the options of a stream are no list of keys and values",
        location=token_place(location, token),
        hint="STREAM t WITH ('skipChangeCommits' = 'true')",
        code="syntax-error",
    )


def _refuse_batch(tokens: list[Token], at: int, location: Location | None) -> None:
    """`FROM t WITH (key = value)`: Spark takes it, and its meaning there is that of a reader's options."""
    is_table = at > 0 and tokens[at - 1].token_type in _NAMES
    if is_table and _begins_options(tokens, at) and at + 3 < len(tokens) and tokens[at + 3].token_type == TokenType.EQ:
        raise UnsupportedError(
            "options of a table that is not read as a stream are not supported",
            location=token_place(location, tokens[at]),
            hint="t VERSION AS OF 3, table_changes('t', 0), or options of spark.read in Python",
            code="unsupported-option",
        )


def token_place(location: Location | None, token: Token) -> Location | None:
    """Where a token begins, in a text that begins at the location."""
    return place_of(location, token.line, token.col, token.end - token.start)


def place_of(location: Location | None, line: int, last_column: int | None, length: int) -> Location | None:
    """Where a word begins: the tokenizer tells the column of its last character, `length` after the first."""
    if location is None:
        return None
    column = max(1, last_column - max(0, length)) if last_column is not None else None
    return Location(location.path, (location.line or 1) + line - 1, column)

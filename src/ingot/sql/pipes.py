"""Pipe operators that the parser does not know, or knows by half: `|> DROP a, b` and `|> AS u`.

Owns their rewriting, before the parser and after it. Never looks at names: whether a column is there is asked when the
query is typed.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

_ENDS = (TokenType.PIPE_GT, TokenType.R_PAREN, TokenType.SEMICOLON)


def with_known_pipes(tokens: list[Token]) -> list[Token]:
    """The tokens in which `|> DROP a, b` is `|> SELECT * EXCEPT (a, b)`."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        found.append(token)
        at += 1
        if token.token_type != TokenType.PIPE_GT or at == len(tokens) or tokens[at].token_type != TokenType.DROP:
            continue
        end = next((i for i in range(at, len(tokens)) if tokens[i].token_type in _ENDS), len(tokens))
        found += [
            _token(TokenType.SELECT, "SELECT", tokens[at]),
            _token(TokenType.STAR, "*", tokens[at]),
            _token(TokenType.EXCEPT, "EXCEPT", tokens[at]),
            _token(TokenType.L_PAREN, "(", tokens[at]),
            *tokens[at + 1 : end],
            _token(TokenType.R_PAREN, ")", tokens[end - 1]),
        ]
        at = end
    return found


def name_tables(tree: exp.Expr) -> None:
    """Make a table of what the parser leaves behind FROM for `|> AS u`: the bare alias."""
    for node in tree.find_all(exp.From):
        if isinstance(node.this, exp.TableAlias):
            node.set("this", exp.Table(this=node.this.this))


def _token(kind: TokenType, text: str, place: Token) -> Token:
    """A token that stands where another one does."""
    return Token(kind, text, place.line, place.col, place.start, place.end)

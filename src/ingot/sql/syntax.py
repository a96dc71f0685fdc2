"""What is wrong with the syntax of a query, in words for people who write queries.

Owns two things: what the parser would pass over and Spark does not (`check`), and the words for what the parser stops
at (`explain`). Works on tokens, for a text that does not parse has nothing else. Never changes a query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot.tokenizer_core import Token, TokenType

from ingot.errors import nearest
from ingot.sql.stream_options import is_marked

_TYPES = frozenset({
    "BOOLEAN", "TINYINT", "BYTE", "SMALLINT", "SHORT", "INT", "INTEGER", "BIGINT", "LONG", "FLOAT", "REAL", "DOUBLE",
    "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", "STRING", "CHARACTER", "CHAR", "VARCHAR", "BINARY",
    "DECIMAL", "DEC", "NUMERIC", "VOID", "VARIANT", "INTERVAL", "ARRAY", "STRUCT", "MAP", "GEOMETRY", "GEOGRAPHY",
})  # fmt: skip
_FOREIGN_TYPES = {
    "TEXT": "STRING", "NVARCHAR": "STRING", "UUID": "STRING", "JSON": "STRING", "NUMBER": "DECIMAL", "INT64": "BIGINT",
    "INT8": "TINYINT", "INT4": "INT", "INT2": "SMALLINT", "FLOAT8": "DOUBLE", "FLOAT64": "DOUBLE", "BOOL": "BOOLEAN",
    "DATETIME": "TIMESTAMP", "TIMESTAMPTZ": "TIMESTAMP", "BLOB": "BINARY", "BYTEA": "BINARY", "MONEY": "DECIMAL(19, 4)",
    "SERIAL": "INT", "UNSIGNED": "BIGINT", "HUGEINT": "DECIMAL(38, 0)", "STR": "STRING",
}  # fmt: skip
_SUFFIXES = frozenset({"L", "S", "Y", "D", "F", "BD"})  # of `2L`, for which the tokenizer writes `2::L`
_KEYWORDS = (
    "SELECT", "FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "JOIN", "LEFT", "RIGHT", "INNER", "OUTER", "UNION",
    "BETWEEN", "DISTINCT", "PARTITION", "WHEN", "THEN", "ELSE", "END", "CASE", "QUALIFY", "WINDOW", "LATERAL", "CROSS",
    "INTERSECT", "EXCEPT", "DESC", "STREAM", "LIKE", "OVER",
)  # fmt: skip
_STATEMENTS = frozenset({"CREATE", "INSERT", "APPLY", "DROP", "ALTER", "SET", "USE"})
_ORDER = {"FROM": 1, "WHERE": 2, "GROUP BY": 3, "HAVING": 4, "ORDER BY": 6, "LIMIT": 7, "OFFSET": 8}
_STARTS_ANEW = frozenset({"SELECT", "UNION", "EXCEPT", "INTERSECT", "MINUS", "WITH", "VALUES", "|>"})
_NEEDS_CONTENT = frozenset({"SELECT", "WHERE", "GROUP BY", "HAVING", "ORDER BY", "ON", "FROM", "JOIN"})
_NOT_OPERANDS = frozenset({
    "SELECT", "FROM", "WHERE", "BY", "HAVING", "ON", "AND", "OR", "NOT", "IN", "IS", "LIKE", "ILIKE", "RLIKE",
    "BETWEEN",
    "WHEN", "THEN", "ELSE", "CASE", "AS", "DISTINCT", "ALL", "JOIN", "LEFT", "RIGHT", "INNER", "OUTER", "FULL", "CROSS",
    "SEMI", "ANTI", "UNION", "EXCEPT", "INTERSECT", "WITH", "LIMIT", "OFFSET", "USING", "VALUES", "OVER", "PARTITION",
    "LATERAL", "VIEW", "INTERVAL", "QUALIFY", "EXISTS", "ARRAY", "GROUP BY", "ORDER BY", "PARTITION BY", "SORT BY",
})  # fmt: skip
_AFTER_IS = frozenset({"NULL", "NOT", "TRUE", "FALSE", "UNKNOWN", "DISTINCT"})
_NOT_SPARK = {
    "FOR UPDATE": "FOR UPDATE is not Spark SQL", "FETCH FIRST": "FETCH FIRST is not Spark SQL",
    "CONNECT BY": "CONNECT BY is not Spark SQL", "START WITH": "START WITH is not Spark SQL",
}  # fmt: skip


# Every word at which a rule below may find something.
_SUSPICIOUS = frozenset({
    ",", "(", ")", "[", "GROUP", "ORDER", "IN", "IS", "NOT", "USING", "CAST", "TRY_CAST", "FILTER", "JOIN", "INTO",
    "WITH", "FOR", "FETCH", "START", *_ORDER, *_STARTS_ANEW, *_NEEDS_CONTENT, *_NOT_SPARK,
})  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What is wrong, at which token, and what to do."""

    message: str
    token: Token | None
    hint: str | None = None


class _Words:
    """The tokens as upper-case words (`GROUP BY` is one); quoted names and strings are none."""

    def __init__(self, tokens: Sequence[Token]):
        self.tokens = tokens
        quoted = (TokenType.STRING, TokenType.IDENTIFIER)
        words = ["" if t.token_type in quoted else t.text.upper() for t in tokens]
        self._words = [" ".join(word.split()) if " " in word or "\n" in word else word for word in words]

    def __getitem__(self, index: int) -> str:
        return self._words[index] if 0 <= index < len(self._words) else ""

    def suspicious(self) -> list[int]:
        """The tokens at which something may be wrong."""
        types = (TokenType.DCOLON, TokenType.QDCOLON)
        return [
            index
            for index, word in enumerate(self._words)
            if word in _SUSPICIOUS or not word.isascii() or self.tokens[index].token_type in types
        ]

    def clause(self, index: int) -> str:
        """The clause that begins here: a word, or two with BY."""
        word = self[index]
        if word in ("GROUP", "ORDER") and self[index + 1] == "BY":
            return f"{word} BY"
        return word if word not in ("GROUP", "ORDER") else ""

    def is_end(self, index: int) -> bool:
        return index >= len(self.tokens) or self[index] in (")", ";")


# --- what the parser would pass over ------------------------------------------------------------------------------


def check(tokens: Sequence[Token]) -> Fault | None:
    """The first thing in a query that Spark's grammar forbids and the parser would let pass."""
    words = _Words(tokens)
    order = _ClauseOrder(words)
    for index in words.suspicious():
        fault = (
            _comma(words, index)
            or order.at(index)
            or _content(words, index)
            or _condition(words, index)
            or _cast_type(words, index)
            or _foreign(words, index)
        )
        if fault is not None:
            return fault
    return None


def _comma(words: _Words, index: int) -> Fault | None:
    if words[index] != ",":
        return None
    after, before = words.clause(index + 1), words[index - 1]
    is_column = words[index + 2] in (",", "FROM", ")") or words[index + 2] == "AS"
    ends_list = after in ("WHERE", "GROUP BY", "ORDER BY", "HAVING", "UNION", ",", ")", "]") or (
        after == "FROM" and not is_column
    )
    if index + 1 >= len(words.tokens) or (ends_list and not (after == "WHERE" and is_column)):
        return Fault("nothing follows this ','", words.tokens[index], "remove the comma")
    if before in ("SELECT", "(", "["):
        return Fault("nothing stands before this ','", words.tokens[index], "remove the comma")
    return None


class _ClauseOrder:
    """Which clause was last, for each level of parentheses; Spark's grammar fixes their order."""

    def __init__(self, words: _Words):
        self._words = words
        self._last: list[str] = [""]

    def at(self, index: int) -> Fault | None:
        word = self._words[index]
        if word == "(":
            self._last.append("")
        elif word == ")" and len(self._last) > 1:
            self._last.pop()
        elif word in _STARTS_ANEW:
            self._last[-1] = word
        clause = self._words.clause(index)
        if clause not in _ORDER or not self._is_clause(index, clause):
            return None
        last = self._last[-1]
        self._last[-1] = clause
        if last in _ORDER and _ORDER[last] > _ORDER[clause]:
            return Fault(f"'{clause}' stands after {last}", self._words.tokens[index], f"write {clause} before {last}")
        return None

    def _is_clause(self, index: int, clause: str) -> bool:
        """Whether the word begins a clause of a query at this level, rather than naming a column."""
        last = self._last[-1]
        if clause == "LIMIT":
            following = self._words.tokens[index + 1].token_type if index + 1 < len(self._words.tokens) else None
            return bool(last) and following == TokenType.NUMBER
        if clause == "OFFSET":
            return last in ("LIMIT", "ORDER BY", "FROM", "WHERE") and self._words[index + 1].isdigit()
        is_distinct = self._words[index - 1] == "DISTINCT" and self._words[index - 2] in ("IS", "NOT")
        return bool(last) and self._words[index - 1] not in (",", ".", "AS") and not is_distinct


def _content(words: _Words, index: int) -> Fault | None:
    """A clause of which nothing follows."""
    clause = words.clause(index)
    before = words[index - 1]
    if clause not in _NEEDS_CONTENT or before in (".", "AS") or (before in (",", "(") and clause != "SELECT"):
        return None  # a column of that name
    after = index + (2 if clause != words[index] else 1)
    following = words.clause(after)
    ends = words.is_end(after) or (
        clause in ("WHERE", "ON", "HAVING", "GROUP BY", "ORDER BY")
        and following in ("WHERE", "GROUP BY", "ORDER BY", "HAVING")
    )
    if clause == "SELECT" and words[after] == "FROM" and words[after + 1] not in (",", "FROM", "AS", ""):
        return Fault("nothing stands between 'SELECT' and FROM", words.tokens[index], "SELECT *")
    if not ends:
        return None
    hints = {"ON": "a JOIN b ON a.id = b.id", "FROM": "FROM bronze.orders", "SELECT": "SELECT *"}
    return Fault(f"nothing follows '{clause}'", words.tokens[index], hints.get(clause))


def _condition(words: _Words, index: int) -> Fault | None:
    word, token = words[index], words.tokens[index]
    if word == "IN" and words[index + 1] == "(" and words[index + 2] == ")":
        return Fault("'IN ()' holds nothing", token, "IN (1, 2)")
    if word == "IS" and words[index - 1] not in (",", "AS", ".", "SELECT"):
        after = words[index + 1]
        if after and after not in _AFTER_IS and after not in (")", ",", "(", "AS", "FROM"):
            near = nearest(after, sorted(_AFTER_IS))
            return Fault(f"'{words.tokens[index + 1].text}' after IS", words.tokens[index + 1], f"IS {near or 'NULL'}")
    is_condition = word == "NOT" and words[index + 1] == "NULL" and _is_operand(words, index - 1)
    if is_condition and not any(words[at] == "STRUCT" for at in range(index)):  # STRUCT<a: INT NOT NULL>
        return Fault("'NOT NULL' is no condition", token, "IS NOT NULL")
    if word == "USING" and words[index - 1] not in ("", "(") and words[index + 1] not in ("(", "") and index > 2:
        return Fault("USING takes its columns in parentheses", token, f"USING ({words.tokens[index + 1].text})")
    return None


def _cast_type(words: _Words, index: int) -> Fault | None:
    """A type of another database: `CAST(a AS TEXT)`, `a::TEXT`."""
    if words[index] in ("CAST", "TRY_CAST") and words[index + 1] == "(":
        at = _cast_as(words, index + 1)
    elif words.tokens[index].token_type in (TokenType.DCOLON, TokenType.QDCOLON):
        is_literal = words.tokens[index - 1].token_type == TokenType.NUMBER and words[index + 1] in _SUFFIXES
        at = None if is_literal else index
    else:
        return None
    if at is None or at + 1 >= len(words.tokens):
        return None
    token, word = words.tokens[at + 1], words[at + 1]
    if token.token_type == TokenType.STRING or not word.replace("_", "").isalnum() or word in _TYPES:
        is_double = word == "DOUBLE PRECISION" or (word == "DOUBLE" and words[at + 2] == "PRECISION")
        return Fault("'DOUBLE PRECISION' is no type of Spark", token, "DOUBLE") if is_double else _length(words, at + 1)
    suggestion = _FOREIGN_TYPES.get(word) or nearest(word, sorted(_TYPES))
    return Fault(f"'{token.text}' is no type of Spark", token, f"did you mean {suggestion}?" if suggestion else None)


def _length(words: _Words, index: int) -> Fault | None:
    if words[index] in ("VARCHAR", "CHAR", "CHARACTER") and words[index + 1] != "(":
        return Fault(f"'{words.tokens[index].text}' needs a length", words.tokens[index], "STRING, or VARCHAR(20)")
    return None


def _cast_as(words: _Words, paren: int) -> int | None:
    """Where AS stands within the parentheses of a CAST."""
    depth = 0
    for index in range(paren, len(words.tokens)):
        depth += {"(": 1, ")": -1}.get(words[index], 0)
        if depth == 0:
            return None
        if depth == 1 and words[index] == "AS":
            return index
    return None


def _foreign(words: _Words, index: int) -> Fault | None:
    """Constructs of other databases that the parser knows."""
    word, token = words[index], words.tokens[index]
    message = _NOT_SPARK.get(word) or _NOT_SPARK.get(f"{word} {words[index + 1]}")
    if message is not None and words[index - 1] not in (",", "SELECT", "."):
        return Fault(message, token, "LIMIT 5" if word == "FETCH" else None)
    if word == "FILTER" and words[index - 1] == ")" and words[index + 1] == "(" and words[index + 2] != "WHERE":
        return Fault("'FILTER' takes WHERE in its parentheses", token, "FILTER (WHERE amount > 0)")
    if word in ("FROM", "JOIN") and words[index - 1] != "DISTINCT" and index + 1 < len(words.tokens):
        following = words.tokens[index + 1]
        if following.token_type == TokenType.STRING and _selects(words, index):
            hint = f"names stand in backquotes: `{following.text}`"
            return Fault(f"'{following.text}' is a text, not a table", following, hint)
    if word == "[" and not _is_operand(words, index - 1) and words[index - 1] != ":":
        return Fault("'[' does not begin an array in Spark", token, "array(1, 2)")
    if word == "INTO" and _selects(words, index):
        return Fault("'SELECT … INTO' is not Spark SQL", token, "the definition before AS names the table")
    if word == "LIMIT" and words[index + 1].isdigit() and words[index + 2] == ",":
        return Fault("'LIMIT' takes one number", token, "LIMIT 10 OFFSET 5")
    if word == "WITH" and words[index + 1] == "(" and not is_marked(words[index + 2]):
        return Fault("'WITH (…)' is not Spark SQL", token, "remove it")
    if any(char in "‘’“”" for char in token.text) and token.token_type != TokenType.STRING:
        return Fault(f"'{token.text}' has quotes of a text processor", token, "write plain quotes: '")
    return None


def _selects(words: _Words, index: int) -> bool:
    """Whether a SELECT stands before on the same level of parentheses: not so in EXTRACT(year FROM …)."""
    depth = 0
    for at in range(index - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(words[at], 0)
        if depth < 0:
            return False
        if depth == 0 and words[at] == "SELECT":
            return True
    return False


def _is_operand(words: _Words, index: int) -> bool:
    """Whether a value may end with this token."""
    if index < 0:
        return False
    token, word = words.tokens[index], words[index]
    if token.token_type in (TokenType.STRING, TokenType.IDENTIFIER, TokenType.NUMBER) or word in (")", "]"):
        return True
    return bool(word) and (word[0].isalpha() or word[0] == "_") and word not in _NOT_OPERANDS


# --- what the parser stops at ----------------------------------------------------------------------------------------


def explain(detail: Mapping[str, Any], tokens: Sequence[Token]) -> Fault:
    """The words for a parser's error.

    Args:
        detail: What the parser tells: `description`, `line`, `col`, `highlight`.
        tokens: The tokens of the text.
    """
    words = _Words(tokens)
    index = _index(detail, tokens)
    description = str(detail.get("description") or "")
    for fault in _guesses(words, index, description):
        if fault is not None:
            return fault
    token = tokens[index] if tokens else None
    if token is None:
        return Fault("there is nothing to read", None)
    if index == len(tokens) - 1 and ("Expected" in description or "Required" in description):
        return Fault(f"the query ends too early, after '{token.text}'", token)
    return Fault(f"'{token.text}' is not expected here", token)


def _index(detail: Mapping[str, Any], tokens: Sequence[Token]) -> int:
    line, col, text = detail.get("line"), detail.get("col"), detail.get("highlight")
    for index, token in enumerate(tokens):
        if token.line == line and token.col == col:
            return index
    found = [i for i, token in enumerate(tokens) if token.line == line and token.text == text]
    return found[-1] if found else len(tokens) - 1


def _guesses(words: _Words, index: int, description: str) -> Iterator[Fault | None]:
    yield _unbalanced(words, index, description)
    yield _glued(words, index)
    yield _case(words, index, description)
    yield _cast(words, index)
    yield _misspelt(words, index)
    yield _missing_word(words, index)


def _unbalanced(words: _Words, index: int, description: str) -> Fault | None:
    is_open: list[int] = []
    for at in range(len(words.tokens)):
        if words[at] == "(":
            is_open.append(at)
        elif words[at] == ")":
            if not is_open:
                return Fault("this ')' closes nothing", words.tokens[at], "remove it, or add the '(' that it closes")
            is_open.pop()
    if not is_open or "Expecting )" not in description:
        return None
    opener = max((at for at in is_open if at <= index), default=is_open[0])
    before = f" of '{words.tokens[opener - 1].text}('" if _is_operand(words, opener - 1) else ""
    return Fault(f"the '('{before} is never closed", words.tokens[opener], "add a ')'")


def _glued(words: _Words, index: int) -> Fault | None:
    word, token = words[index], words.tokens[index] if index < len(words.tokens) else None
    if token is None or word not in _STATEMENTS or index == 0 or words.tokens[index - 1].line == token.line:
        return None
    return Fault(f"'{token.text}' begins a new statement, and the one before has no end", token, "put a ';' before it")


def _case(words: _Words, index: int, description: str) -> Fault | None:
    if "END after CASE" not in description:
        return None
    depth = 0
    for at in range(min(index, len(words.tokens) - 1), -1, -1):
        depth += {"END": 1, "CASE": -1}.get(words[at], 0)
        if depth < 0:
            return Fault("this 'CASE' has no END", words.tokens[at], "CASE WHEN … THEN … ELSE … END")
    return None


def _cast(words: _Words, index: int) -> Fault | None:
    for at in range(max(0, index - 8), index + 1):
        if words[at] in ("CAST", "TRY_CAST") and words[at + 1] == "(" and _cast_as(words, at + 1) is None:
            return Fault(f"'{words.tokens[at].text}' takes AS before the type", words.tokens[at], "CAST(amount AS INT)")
    return None


def _misspelt(words: _Words, index: int) -> Fault | None:
    """A word near the error that is nearly a keyword."""
    for at in (index, index - 1, index - 2, index - 3):
        word = words[at]
        if (
            len(word) < 3
            or not word.isalpha()
            or word in _KEYWORDS
            or words[at + 1] in ("(", ".")
            or words[at - 1] == "."
        ):
            continue
        near = nearest(word, _KEYWORDS, cutoff=0.7)
        if near is not None:
            return Fault(f"'{words.tokens[at].text}' is not expected here", words.tokens[at], f"did you mean {near}?")
    return None


def _missing_word(words: _Words, index: int) -> Fault | None:
    """A comma, or FROM, that is missing between two names."""
    if words[index] in ("(", ".") and _is_operand(words, index - 1) and _is_operand(words, index - 2):
        token = words.tokens[index - 1]
        if words[index] == "." and not _has_from(words, index):
            return Fault(f"'{token.text}' is not expected here", token, "is FROM missing before it?")
        return Fault(f"'{token.text}' is not expected here", token, "is a comma missing before it?")
    if _is_operand(words, index) and _is_operand(words, index - 1):
        token = words.tokens[index]
        return Fault(f"'{token.text}' is not expected here", token, "is a comma or an operator missing before it?")
    return None


def _has_from(words: _Words, index: int) -> bool:
    return any(words[at] == "FROM" for at in range(index))

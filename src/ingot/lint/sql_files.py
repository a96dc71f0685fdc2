"""Finds what does not run everywhere in SQL files, statement by statement, from their tokens.

Owns the shapes of constructs in text. Never parses a query: names and functions within queries are `flows`'.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ingot.definitions.notebook import cells, is_notebook
from ingot.definitions.sql.tokens import Source, Token, scan, split_statements
from ingot.errors import Location
from ingot.lint import spark
from ingot.lint.finding import Findings

_NOUNS = ("TABLE", "VIEW", "FLOW", "SCHEMA", "DATABASE", "FUNCTION", "CATALOG", "VOLUME", "SINK")
_QUERY = frozenset({"SELECT", "WITH", "FROM", "VALUES"})
_DEFINES = frozenset({"CREATE", "APPLY", "AUTO", "SET", "USE"})
_NOT_TYPES = frozenset({"COMMENT", "NOT", "MASK", "DEFAULT", "GENERATED", "CONSTRAINT"})
_TABLE_CONSTRAINTS = frozenset({"PRIMARY", "FOREIGN", "CHECK", "UNIQUE"})
_FORMATS = frozenset({"CSV", "JSON", "PARQUET", "TEXT", "ORC", "XML", "AVRO", "BINARYFILE"})
_CALLS = {
    "READ_FILES": "read-files",
    "CLOUD_FILES": "cloud-files",
    "EVENT_LOG": "event-log",
    "TABLE_CHANGES": "table-changes",
    "READ_KAFKA": "read-bus",
    "READ_KINESIS": "read-bus",
    "READ_PUBSUB": "read-bus",
    "READ_PULSAR": "read-bus",
}
# Words of a clause between a dataset's name and its query; the token after them decides where it is named.
_CLAUSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cluster-by-auto", ("CLUSTER", "BY", "AUTO")),
    ("location", ("LOCATION",)),
    ("table-options", ("OPTIONS", "(")),
    ("schedule", ("SCHEDULE",)),
    ("schedule", ("TRIGGER", "ON")),
    ("refresh-policy", ("REFRESH", "POLICY")),
    ("row-filter", ("ROW", "FILTER")),
    ("comment-equals", ("COMMENT", "=")),
)
_ANYWHERE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("flow-once", ("INSERT", "ONCE")),
    ("flow-once", ("INTO", "ONCE")),
    ("flow-once", ("CDC", "ONCE")),
    ("cdc-truncate", ("APPLY", "AS", "TRUNCATE")),
    ("cdc-ignore-nulls", ("IGNORE", "NULL", "UPDATES")),
    ("question-cast", ("?", "::")),
    ("time-travel", ("VERSION", "AS", "OF")),
    ("time-travel", ("TIMESTAMP", "AS", "OF")),
)


def scan_sql_file(path: Path, text: str, findings: Findings) -> None:
    """Look at each statement of a file or notebook."""
    source = Source(str(path), text)
    settings: set[str] = set()
    if is_notebook(text):
        _cell_ends(source, findings)
    for cell in cells(text):
        if cell.magic not in (None, "sql", "md", "pip"):
            findings.add("language-cell", source.location(cell.magic_start), f"%{cell.magic}")
        for first, last in split_statements(text, cell.start, cell.end):
            _Statement.read(source, first, last, findings).check(settings)


def _cell_ends(source: Source, findings: Findings) -> None:
    """Open-source Spark does not see cells: a statement that only a cell's end closes runs into the next one."""
    statements = [
        (first, last, cell.end)
        for cell in cells(source.text)
        for first, last in split_statements(source.text, cell.start, cell.end)
    ]
    for (first, last, end), (following, *_) in pairwise(statements):
        if following >= end and not any(token.key == ";" for token in scan(source.text, last, end)):
            findings.add("notebook-cell-end", source.location(first))


@dataclass
class _Statement:
    """The tokens of one statement; `at` gives the place of each."""

    tokens: list[Token]
    at: Callable[[Token], Location]
    findings: Findings

    @classmethod
    def read(cls, source: Source, first: int, last: int, findings: Findings) -> _Statement:
        tokens = [token for token in scan(source.text, first, last) if token.kind != "comment"]
        return cls(tokens, lambda token: source.location(token.start), findings)

    def found(self, code: str, token: Token, detail: str = "") -> None:
        self.findings.add(code, self.at(token), detail)

    def key(self, index: int) -> str:
        return self.tokens[index].key if 0 <= index < len(self.tokens) else ""

    def is_at(self, index: int, *keys: str) -> bool:
        return all(self.key(index + offset) == key for offset, key in enumerate(keys))

    def check(self, settings: set[str]) -> None:
        """Find everything in this statement; `settings` are the keys that SET has given values in this file."""
        first = self.tokens[0]
        match first.key:
            case "CREATE":
                self._create()
            case "SET":
                settings.add("".join(t.text for t in self.tokens[1:]).partition("=")[0])
            case "USE":
                self._use()
            case "APPLY":
                self.found("apply-changes", first)
            case word if word not in _DEFINES:
                self.found("not-a-definition", first, word or first.text)
        self._placeholders(settings)
        self._anywhere()

    def _use(self) -> None:
        if self.key(1) == "CATALOG":
            self.found("use-catalog", self.tokens[0])
        elif self.key(1) not in ("SCHEMA", "DATABASE", "NAMESPACE"):
            self.found("use-bare", self.tokens[0])

    # --- CREATE ---

    def _create(self) -> None:
        noun = next((i for i, token in enumerate(self.tokens) if token.key in _NOUNS), None)
        if noun is None:
            return
        words = {token.key for token in self.tokens[1:noun]}
        first, kind = self.tokens[0], self.key(noun)
        if kind in ("SCHEMA", "DATABASE", "CATALOG", "VOLUME"):
            self.found("create-schema", first)
        elif kind == "FUNCTION":
            self.found("create-function", first)
        elif kind == "FLOW":
            self._flow(noun)
        else:
            self._dataset_head(words, kind)
            self._dataset(noun)

    def _dataset_head(self, words: set[str], kind: str) -> None:
        first = self.tokens[0]
        if "REFRESH" in words:
            self.found("or-refresh", first)
        if (
            "REPLACE" in words
            and not words & {"TEMPORARY", "TEMP"}
            and not (kind == "VIEW" and words == {"OR", "REPLACE"})
        ):
            self.found("or-replace", first)
        if "PRIVATE" in words:
            self.found("private-dataset", first)
        if "LIVE" in words:
            self.found("live-dataset", first)
        if kind == "VIEW" and not words - {"OR", "REPLACE"}:
            self.found("persisted-view", first)
        if kind == "TABLE" and not words & {"LIVE", "STREAMING"}:
            self.found("not-a-definition", first, "CREATE TABLE")

    def _dataset(self, noun: int) -> None:
        index = self._after_name(noun + 1)
        if self.key(index) == "(":
            end = self._closing(index)
            self._columns(index + 1, end)
            index = end + 1
        begin = index
        while index < len(self.tokens) and self.key(index) not in ("AS", "FLOW"):
            if self.key(index) in _QUERY and not self.is_at(index, "WITH", "ROW"):
                self.found("missing-as", self.tokens[index])
                break
            index = self._closing(index) + 1 if self.key(index) == "(" else index + 1
        self._clauses(begin, index)
        if self.is_at(index, "FLOW", "INSERT"):
            self.found("flow-clause", self.tokens[index])

    def _after_name(self, index: int) -> int:
        if self.is_at(index, "IF", "NOT", "EXISTS"):
            index += 3
        while index < len(self.tokens):
            index += 1
            if self.key(index) == "(" and self.key(index - 1) == "IDENTIFIER":
                index = self._closing(index) + 1
            if self.key(index) != "." and not (index < len(self.tokens) and self._touches(index)):
                return index
            index += self.key(index) == "."
        return index

    def _touches(self, index: int) -> bool:
        """Whether a token belongs to the name before it: `${layer}_orders`."""
        placeholder = "placeholder" in (self.tokens[index].kind, self.tokens[index - 1].kind)
        return placeholder and self.tokens[index].start == self.tokens[index - 1].end

    def _closing(self, index: int) -> int:
        depth = 0
        for at in range(index, len(self.tokens)):
            depth += {"(": 1, ")": -1}.get(self.key(at), 0)
            if depth == 0:
                return at
        return len(self.tokens) - 1

    def _columns(self, begin: int, end: int) -> None:
        for item in self._items(begin, end):
            keys = [token.key for token in item]
            if "EXPECT" in keys:
                self.found("expectation", item[keys.index("EXPECT") - 2] if keys.index("EXPECT") > 1 else item[0])
            elif _TABLE_CONSTRAINTS & set(keys[:4]):
                self.found("table-constraint", item[0])
            elif len(item) == 1 or keys[1] in _NOT_TYPES:
                self.found("column-without-type", item[0], item[0].text)
            if "MASK" in keys[1:]:
                self.found("column-mask", item[0], item[0].text)

    def _items(self, begin: int, end: int) -> list[list[Token]]:
        items: list[list[Token]] = [[]]
        depth = 0
        for token in self.tokens[begin:end]:
            depth += {"(": 1, "<": 1, ")": -1, ">": -1}.get(token.key, 0)
            if token.key == "," and depth <= 0:
                items.append([])
            else:
                items[-1].append(token)
        return [item for item in items if item]

    def _clauses(self, begin: int, end: int) -> None:
        depth = 0
        for index in range(begin, end):
            depth += {"(": 1, ")": -1}.get(self.key(index), 0)
            if depth == 0:
                self._clause(index)

    def _clause(self, index: int) -> None:
        token = self.tokens[index]
        for code, words in _CLAUSES:
            if self.is_at(index, *words):
                self.found(code, token)
        if self.is_at(index, "CLUSTER", "BY") and self.key(index + 2) not in ("(", "AUTO", "NONE"):
            self.found("cluster-by-bare", token)
        if token.key == "USING" and self.key(index + 1) != "DELTA":
            self.found("other-format", token, self.tokens[index + 1].text if index + 1 < len(self.tokens) else "")
        if token.key == "TBLPROPERTIES":
            self._properties(index + 1)

    def _properties(self, index: int) -> None:
        for item in self._items(index + 1, self._closing(index)):
            text = "".join(token.text for token in item).strip("'\"").lower()
            if text.startswith("ingot."):
                self.found("ingot-property", item[0], item[0].text.strip("'\""))
            value = item[-1]
            if (
                len(item) > 2
                and value.kind == "word"
                and not value.text[0].isdigit()
                and value.key not in ("TRUE", "FALSE")
            ):
                self.found("bare-property", item[0], value.text)

    # --- flows ---

    def _flow(self, noun: int) -> None:
        begin = next((i for i in range(noun, len(self.tokens)) if self.is_at(i, "INSERT")), None)
        if begin is None:
            return
        index = begin + 1
        while self.key(index) in ("INTO", "ONCE"):
            index += 1
        if self.key(self._after_name(index)) != "BY":
            self.found("flow-by-name", self.tokens[begin])

    def _change_flow(self, index: int) -> None:
        """The body of AUTO CDC: its clauses in the order of Spark's grammar, with parentheses."""
        keys = [token.key for token in self.tokens]
        starts = [i for i in range(index, len(keys)) if keys[i] == "KEYS"]
        if not starts:
            return
        before = keys[index : starts[0]]
        if "SNAPSHOT" in before and keys[index + before.index("SNAPSHOT") - 1] == "FROM":
            self.found("cdc-snapshot", self.tokens[index + before.index("SNAPSHOT")])
        if "SEQUENCE" in before or "APPLY" in before or "COLUMNS" in before or "STORED" in before:
            self.found("cdc-keys-first", self.tokens[starts[0]])
        for at in range(index, len(keys)):
            is_list = keys[at] in ("KEYS", "COLUMNS") or self.is_at(at - 1, "HISTORY", "ON")
            if is_list and self.key(at + 1) not in ("(", "*", ""):
                self.found("cdc-parentheses", self.tokens[at])

    # --- anywhere ---

    def _placeholders(self, settings: set[str]) -> None:
        for token in self.tokens:
            if "${" not in token.text:
                continue
            for part in token.text.split("${")[1:]:
                key = part.partition("}")[0].strip()
                if key == "landing":
                    self.found("landing-parameter", token)
                elif key in settings:
                    self.found("set-substituted", token, key)
                elif key not in self.findings.configuration and ":" not in key:
                    self.found("undefined-parameter", token, key)

    def _anywhere(self) -> None:
        for index, token in enumerate(self.tokens):
            for code, words in _ANYWHERE:
                if token.key == words[0] and self.is_at(index, *words):
                    self.found(code, token)
            if token.key in ("CDC", "CHANGES") and self.key(index - 1) in ("AUTO", "APPLY"):
                self._change_flow(index)
            self._read(index, token)

    def _read(self, index: int, token: Token) -> None:
        following = self.key(index + 1)
        if token.key in _CALLS and following == "(":
            self.found(_CALLS[token.key], token)
        elif (
            (token.key == "LIVE" or token.text.upper() == "`LIVE`") and following == "." and self.key(index - 1) != "."
        ):
            self.found("live-prefix", token)
        elif token.key == "STREAM":
            at = index + 2 if following == "(" else index + 1
            if self.key(at) in _FORMATS and self.key(at + 1) == "." and self._is_path(at + 2):
                self.found("stream-of-files", token)
        elif token.key == "," and following == "FROM":
            self.found("trailing-comma", token)
        elif token.kind in ("string", "name"):
            path_rule(token.text[1:], lambda code: self.found(code, token, token.text.strip("'\"`")))
        elif token.key == ":" and _is_path_colon(self.tokens, index):
            self.found("json-path", token)
        elif token.key == ":" and index + 1 < len(self.tokens) and _is_marker(self.tokens, index):
            self.found("parameter-marker", token, f":{self.tokens[index + 1].text}")

    def _is_path(self, index: int) -> bool:
        return index < len(self.tokens) and self.tokens[index].kind == "name"


def path_rule(text: str, found: Callable[[str], None]) -> None:
    """Tell of a text that is a path of Databricks or of a cloud store."""
    if text.startswith(spark.DATABRICKS_PATHS):
        found("databricks-path")
    elif text.startswith(spark.CLOUD_PATHS):
        found("cloud-path")


def _is_path_colon(tokens: Sequence[Token], index: int) -> bool:
    """`column:path`, touching on both sides and outside of the fields of a type."""
    if index == 0 or index + 1 >= len(tokens):
        return False
    before, after = tokens[index - 1], tokens[index + 1]
    touches = before.end == tokens[index].start and after.start == tokens[index].end
    is_operand = before.kind in ("word", "name") or before.key in (")", "]")
    return (
        touches
        and is_operand
        and (after.kind in ("word", "name", "string") or after.key == "[")
        and not _in_type(tokens, index)
    )


def _is_marker(tokens: Sequence[Token], index: int) -> bool:
    after = tokens[index + 1]
    touches = after.start == tokens[index].end and after.kind == "word" and not after.text[0].isdigit()
    return touches and not _is_path_colon(tokens, index) and not _in_type(tokens, index)


def _in_type(tokens: Sequence[Token], index: int) -> bool:
    """Whether the colon is one of STRUCT<name: TYPE>: an open `<` after STRUCT stands before it."""
    depth = 0
    for at in range(index - 1, -1, -1):
        key = tokens[at].key
        depth += {">": 1, "<": -1}.get(key, 0)
        if depth < 0:
            return at > 0 and tokens[at - 1].key in ("STRUCT", "MAP", "ARRAY")
        if key in ("(", ";") and depth == 0 and at and tokens[at - 1].key not in ("DECIMAL",):
            return False
    return False

"""What an entry of kind `database` asks for: which tables and queries, and how each is read.

Owns the meaning of the entry's options. Never connects and knows no database's SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ingot.errors import IngotError, nearest
from ingot.model import SourceSpec
from ingot.sources.database.address import Address, read_address
from ingot.sources.options import Options, options_of, project_folder
from ingot.types import DataType, parse_type

_KEYS = ("url", "password", "tables", "queries", "parallel", "consistent", "timeout", "retries")
_RULE_KEYS = ("incremental", "snapshot", "columns", "where", "types")
_QUERY_KEYS = ("query", "incremental", "snapshot", "types")
_LOOKBACK = re.compile(r"(\d+)\s*(s|m|h|d|w)?")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True)
class Lookback:
    """How far before its last cursor a run begins: seconds of a time, or a number. `has_unit` tells which."""

    amount: int = 0
    has_unit: bool = False


@dataclass(frozen=True)
class Rule:
    """How one table or query is read.

    Attributes:
        cursor: The column that grows, of an incremental reading; None when each run reads everything.
        lookback: How far before the last cursor a run begins.
        columns: The columns to read; None is all.
        where: A condition in the database's own SQL.
        types: Spark's types of columns, in place of what the database's types become.
    """

    cursor: str | None = None
    lookback: Lookback = Lookback()
    columns: tuple[str, ...] | None = None
    where: str | None = None
    types: Mapping[str, DataType] = field(default_factory=dict)


@dataclass(frozen=True)
class Pattern:
    """A name or pattern of tables; `is_excluded` takes away what others have chosen."""

    text: str
    rule: Rule
    is_excluded: bool = False


@dataclass(frozen=True)
class Query:
    name: str
    text: str
    rule: Rule


@dataclass(frozen=True)
class Entry:
    """An entry of kind `database`, checked."""

    address: Address
    password: str = field(repr=False)
    patterns: tuple[Pattern, ...]
    queries: tuple[Query, ...]
    parallel: int
    is_consistent: bool
    timeout_s: float
    retries: int


def read_entry(spec: SourceSpec) -> Entry:
    """The entry's options.

    Raises:
        ProjectError: an option is missing, unknown, or has a wrong type.
    """
    options = options_of(spec, _KEYS)
    address = read_address(options, project_folder(spec))
    patterns = tuple(_patterns(options, spec.options.get("tables")))
    queries = tuple(_queries(options, spec.options.get("queries")))
    if not queries and not any(not pattern.is_excluded for pattern in patterns):
        hint = 'tables: ["public.*"], or queries: {name: "SELECT …"}'
        raise options.error("it names no tables and no queries", hint=hint, code="missing-key")
    return Entry(
        address=address,
        password=str(options.text("password") or ""),
        patterns=patterns,
        queries=queries,
        parallel=options.whole_number("parallel", 4, 1, 32),
        is_consistent=_flag(options, "consistent", spec.options.get("consistent", False)),
        timeout_s=options.seconds("timeout", 30.0),
        retries=options.whole_number("retries", 3, 0, 20),
    )


def _patterns(options: Options, tables: Any) -> list[Pattern]:
    if tables is None:
        return []
    if isinstance(tables, str):
        tables = [tables]
    if isinstance(tables, Mapping):
        return [_pattern(options, str(name), _rule(options, f"tables.{name}", rule)) for name, rule in tables.items()]
    if isinstance(tables, list | tuple) and all(isinstance(item, str) for item in tables):
        return [_pattern(options, item, Rule()) for item in tables]
    hint = 'tables: ["sales.*"], or tables: {sales.orders: {incremental: {cursor: modified}}}'
    raise options.error("'tables' must be a list of names and patterns, or a mapping", hint=hint, code="wrong-type")


def _pattern(options: Options, text: str, rule: Rule) -> Pattern:
    name = text.removeprefix("!").strip()
    if not name:
        raise options.error("'tables' holds an empty name", code="invalid-source")
    is_excluded = text.startswith("!")
    if is_excluded and rule != Rule():
        raise options.error(f"the table {text!r} is left out, and cannot have options")
    return Pattern(name, rule, is_excluded)


def _queries(options: Options, queries: Any) -> list[Query]:
    if queries is None:
        return []
    if not isinstance(queries, Mapping):
        hint = 'queries: {top_customers: "SELECT …"}'
        raise options.error("'queries' must be a mapping of names to SQL", hint=hint, code="wrong-type")
    return [_query(options, str(name), item) for name, item in queries.items()]


def _query(options: Options, name: str, item: Any) -> Query:
    key = f"queries.{name}"
    if not re.fullmatch(r"[A-Za-z0-9][\w-]{0,99}", name, re.ASCII):
        hint = "letters, digits, underscores and dashes"
        raise options.error(f"{name!r} is no name for a query", hint=hint, code="invalid-name")
    if isinstance(item, str):
        item = {"query": item}
    if not isinstance(item, Mapping):
        raise options.error(f"{key!r} must be SQL, or a mapping with `query`", code="wrong-type")
    _check_keys(options, key, item, _QUERY_KEYS)
    text = item.get("query")
    if not isinstance(text, str) or not text.strip().rstrip(";").strip():
        raise options.error(f"{key!r} has no SQL", hint=f'{name}: {{query: "SELECT …"}}', code="missing-key")
    rule = _rule(options, key, {other: value for other, value in item.items() if other != "query"})
    return Query(name, text.strip().rstrip(";").rstrip(), rule)


def _rule(options: Options, key: str, item: Any) -> Rule:
    if item is None:
        return Rule()
    if not isinstance(item, Mapping):
        raise options.error(f"{key!r} must be a mapping of options", hint="{snapshot: true}", code="wrong-type")
    _check_keys(options, key, item, _RULE_KEYS)
    cursor, lookback = _incremental(options, key, item.get("incremental"))
    if _flag(options, f"{key}.snapshot", item.get("snapshot", False)) and cursor is not None:
        what = f"{key!r} is incremental and a snapshot: a run holds either what is new or everything"
        raise options.error(what, hint="leave one of them out")
    columns = item.get("columns")
    if columns is not None and not (columns and isinstance(columns, list | tuple) and _are_texts(columns)):
        raise options.error(f"'{key}.columns' must be a list of names", code="wrong-type")
    where = item.get("where")
    if where is not None and not (isinstance(where, str) and where.strip()):
        raise options.error(f"'{key}.where' must be a condition in SQL", code="wrong-type")
    return Rule(cursor, lookback, tuple(columns) if columns else None, where, _types(options, key, item.get("types")))


def _incremental(options: Options, key: str, item: Any) -> tuple[str | None, Lookback]:
    if item is None:
        return None, Lookback()
    example = f"{key}: {{incremental: {{cursor: modified, lookback: 3d}}}}"
    if not isinstance(item, Mapping):
        raise options.error(f"'{key}.incremental' must be a mapping", hint=example, code="wrong-type")
    _check_keys(options, f"{key}.incremental", item, ("cursor", "lookback"))
    cursor = item.get("cursor")
    if not isinstance(cursor, str) or not cursor:
        raise options.error(f"'{key}.incremental' names no cursor", hint=example, code="missing-key")
    found = _LOOKBACK.fullmatch(str(item.get("lookback", 0)).strip())
    if found is None:
        what = f"'{key}.incremental.lookback' must be a number, or a duration such as 3d, not {item['lookback']!r}"
        raise options.error(what, code="wrong-type")
    return cursor, Lookback(int(found[1]) * _UNIT_S.get(found[2], 1), found[2] is not None)


def _types(options: Options, key: str, item: Any) -> dict[str, DataType]:
    if item is None:
        return {}
    if not isinstance(item, Mapping):
        hint = "types: {price: decimal(18,4)}"
        raise options.error(f"'{key}.types' must be a mapping of columns to types", hint=hint, code="wrong-type")
    types = {}
    for column, text in item.items():
        try:
            types[str(column)] = parse_type(str(text))
        except IngotError as error:
            raise options.error(f"'{key}.types.{column}': {error.message}", code="unknown-type") from None
    return types


def _check_keys(options: Options, where: str, item: Mapping, known: tuple[str, ...]) -> None:
    for key in item:
        if key not in known:
            guess = nearest(str(key), known)
            hint = f"did you mean {guess!r}?" if guess else f"known keys: {', '.join(known)}"
            raise options.error(f"{where!r} has an unknown key {key!r}", hint=hint, code="unknown-key")


def _flag(options: Options, key: str, value: Any) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"  # what came through ${…} is text
    if not isinstance(value, bool):
        raise options.error(f"{key!r} must be true or false, not {value!r}", code="wrong-type")
    return value


def _are_texts(items: Any) -> bool:
    return all(isinstance(item, str) and item for item in items)

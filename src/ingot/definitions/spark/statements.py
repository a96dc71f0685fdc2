"""`spark.sql`: what its text says, with parameters, temporary views and the statements that a session knows.

Owns the text's way to a DataFrame. Statements that would change the lake are refused; those that only concern Spark's
own execution are accepted and do nothing.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from ingot.definitions.names import split_name
from ingot.definitions.reads import parse_query
from ingot.definitions.spark import nodes
from ingot.definitions.spark.column import Column
from ingot.definitions.spark.dataframe import DataFrame
from ingot.definitions.spark.place import here
from ingot.definitions.spark.selection import Relation, Selection, Written
from ingot.errors import DefinitionError, UnsupportedError
from ingot.model import Query, TableRead
from ingot.project.placeholders import fill

if TYPE_CHECKING:
    from ingot.definitions.spark.session import SparkSession
    from ingot.errors import Location

_FLAGS = re.IGNORECASE | re.DOTALL
_USE = re.compile(r"\s*USE\s+(?:(CATALOG|SCHEMA|DATABASE|NAMESPACE)\s+)?(.+?)\s*;?\s*$", _FLAGS)
_SET = re.compile(r"\s*SET\s+([\w.]+)\s*=\s*(.*?)\s*;?\s*$", _FLAGS)
_VIEW = re.compile(
    r"\s*CREATE\s+(?:OR\s+REPLACE\s+)?TEMP(?:ORARY)?\s+VIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?(`[^`]+`|\w+)\s*"
    r"(?:\(([^()]*)\)\s*)?(?:COMMENT\s+'[^']*'\s*)?AS\s+(.+?)\s*;?\s*$",
    _FLAGS,
)
_DROP = re.compile(r"\s*DROP\s+VIEW\s+(?:IF\s+EXISTS\s+)?(`[^`]+`|\w+)\s*;?\s*$", _FLAGS)
_IGNORED = re.compile(
    r"\s*((UN)?CACHE\s|CLEAR\s+CACHE|REFRESH\s|RESET\b|CREATE\s+(SCHEMA|DATABASE|CATALOG)\s+IF\s+NOT\s+EXISTS\s)",
    _FLAGS,
)
_QUERY_WORDS = ("SELECT", "WITH", "FROM", "VALUES", "TABLE", "(")
_MISSING = object()


def run(session: SparkSession, text: str, args: Any, named: Mapping[str, Any]) -> DataFrame:
    """The DataFrame of a query in SQL text; a statement takes effect at once and gives no rows.

    Args:
        session: Whose settings, views and functions the text sees.
        text: One query or statement; `${…}` is filled in from the configuration.
        args: Values of `:name` or `?`.
        named: What stands for `{name}`: DataFrames, columns, values.
    """
    place = here()
    load = session._load
    settings = {**load.project.configuration, **load.configuration}
    text = fill(text, settings, lambda _: place, DefinitionError).text  # type: ignore[arg-type,return-value]
    views = dict(session.views)
    if named:
        text, args = _formatted(text, args, named, views)
    if _command(session, text, args):
        return session.createDataFrame([], "result string")
    if not _without_comments(text).upper().startswith(_QUERY_WORDS):
        raise UnsupportedError(
            f"spark.sql runs queries only, not {' '.join(text.split()[:2])!r}",
            location=place,
            hint="define tables with @table, or in a .sql file",
            code="unsupported-statement",
        )
    return _queried(session, text, args, views, place)


def _queried(
    session: SparkSession, text: str, args: Any, views: Mapping[str, Selection], place: Location | None
) -> DataFrame:
    query = parse_query(text, session._load.project, place, session._load.defaults)
    if args:
        _fill_parameters(query.tree, args)
    _inline_table_functions(query.tree, session.table_functions)
    found = {leaf: views[name] for leaf, name in _view_names(query) if name in views}
    return DataFrame(Selection((Relation(Written(query, found)),)), session)


def _view_names(query: Query) -> Iterator[tuple[str, str]]:
    """The leaves that may mean a temporary view: those of one name."""
    for leaf, read in query.reads.items():
        if isinstance(read, TableRead) and len(read.parts) == 1:
            yield leaf, read.parts[0].lower()


def _inline_table_functions(tree: exp.Expr, functions: Mapping[str, Any]) -> None:
    for node in list(tree.find_all(exp.Table, exp.Lateral)) if functions else []:
        call = node.this
        if isinstance(call, exp.Anonymous) and str(call.this).lower() in functions:
            node.set("this", functions[str(call.this).lower()](call))


# --- statements --------------------------------------------------------------------------------------------------


def _command(session: SparkSession, text: str, args: Any) -> bool:
    """Carry out a statement; whether the text was one."""
    if match := _USE.match(text):
        _use(session, match)
    elif match := _SET.match(text):
        session.conf.set(match[1], match[2].strip("'\""))
    elif match := _VIEW.match(text):
        frame = run(session, match[3], args, {})
        if match[2]:
            frame = frame.toDF(*(split_name(name.strip())[0] for name in match[2].split(",")))
        frame.createOrReplaceTempView(match[1].strip("`"))
    elif match := _DROP.match(text):
        session.views.pop(match[1].strip("`").lower(), None)
    else:
        return _IGNORED.match(text) is not None
    return True


def _use(session: SparkSession, match: re.Match[str]) -> None:
    load = session._load
    word, name = (match[1] or "SCHEMA").upper(), match[2]
    name = re.sub(r"(?i)^IDENTIFIER\s*\(\s*['\"](.*)['\"]\s*\)$", r"\1", name)
    parts = split_name(name.strip())
    catalog, _schema = load.defaults
    if word == "CATALOG":
        load.defaults = (parts[0], None)
    else:
        load.defaults = (parts[0] if len(parts) == 2 else catalog, parts[-1])


def _without_comments(text: str) -> str:
    return re.sub(r"\A(?:\s+|--[^\n]*\n|/\*.*?\*/)*", "", text, flags=re.DOTALL)


# --- parameters --------------------------------------------------------------------------------------------------


def _formatted(text: str, args: Any, named: Mapping[str, Any], views: dict[str, Selection]) -> tuple[str, Any]:
    """The text with `{name}` replaced: a DataFrame is a view of the text's own, everything else a parameter."""
    values = dict(args or {}) if not isinstance(args, Sequence) else {}
    words = {}
    for name, value in named.items():
        if isinstance(value, DataFrame):
            view = f"__given_{name}"
            views[view.lower()] = value._selection
            words[name] = f"`{view}`"
        else:
            words[name] = f":{name}"
            values[name] = value
    try:
        return string.Formatter().vformat(text, (), words), values
    except (KeyError, IndexError) as error:
        raise DefinitionError(
            f"the query's {{{error.args[0]}}} has no argument",
            location=here(),
            hint=f"give it: spark.sql(…, {error.args[0]}=…)",
            code="undefined-parameter",
        ) from None


def _fill_parameters(tree: exp.Expr, args: Any) -> None:
    """Put arguments in place of `:name` and `?`."""
    by_position = iter(args) if isinstance(args, list | tuple) else None
    by_name = args if isinstance(args, dict) else {}
    for node in list(tree.find_all(exp.Placeholder, exp.Parameter)):
        name = node.name
        value = next(by_position, _MISSING) if by_position is not None else by_name.get(name, _MISSING)
        if value is _MISSING:
            raise DefinitionError(
                f"the query's parameter {':' + name if name else '?'} has no argument",
                location=here(),
                hint="give it in args=",
                code="undefined-parameter",
            )
        node.replace(nodes.clone(value._node) if isinstance(value, Column) else nodes.literal(value, here()))

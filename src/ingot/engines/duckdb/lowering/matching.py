"""Searching text: regular expressions, and splitting by them."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import re
from collections.abc import Callable

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.regex import (
    checked_pattern,
    matches,
    may_match_nothing,
    python_pattern,
    replacement,
    searched,
    translated,
)
from ingot.engines.duckdb.lowering.scope import fail
from ingot.engines.duckdb.types import quote_text
from ingot.errors import UnsupportedError


def _rlike(call: Call) -> str:
    return matches(call.sql[0], call.arguments[1], call.scope)


def _regexp_replace(call: Call) -> str:
    if len(call) > 3 and call.number(3) != 1:
        raise call.refuse("regexp_replace from a position other than 1 is not supported")
    pattern = checked_pattern(call.arguments[1], call.scope)
    if may_match_nothing(call.text(1)):
        raise call.refuse(
            "regexp_replace of what may be nothing is not supported: RE2 skips a place that Java replaces"
        )
    return f"regexp_replace({_searched(call)}, {pattern}, {replacement(call.arguments[2])}, 'g')"


def _searched(call: Call) -> str:
    return searched(call.sql[0], call.arguments[1], call.scope)


def _groups(call: Call) -> int:
    pattern = call.text(1)
    return len(re.findall(r"(?<!\\)\((?!\?)|\(\?<[a-zA-Z]", pattern.replace("\\\\", "__")))


def _group(call: Call) -> int:
    """The group that is asked for, which must exist."""
    group = call.number(2, 1)
    if not 0 <= group <= _groups(call):
        raise call.refuse(f"the pattern of {call.name} has no group {group}", "name group 0 for the whole match")
    return group


def _regexp_extract(call: Call) -> str:
    pattern = checked_pattern(call.arguments[1], call.scope)
    return f"regexp_extract({_searched(call)}, {pattern}, {_group(call)})"


def _regexp_extract_all(call: Call) -> str:
    pattern = _pattern_of_all(call)
    found = f"regexp_extract_all({_searched(call)}, {pattern}, {_group(call)})"
    if not any(sign in call.text(1) for sign in "|?*{"):
        return found
    item = call.scope.variable()  # NULL for a group that took no part
    return f"list_transform({found}, lambda {item}: coalesce({item}, ''))"


def _pattern_of_all(call: Call) -> str:
    """The pattern of all that is found, which must be something: Java finds nothing within characters too."""
    pattern = checked_pattern(call.arguments[1], call.scope)
    if may_match_nothing(call.text(1)):
        raise call.refuse(f"{call.name} of what may be nothing is not supported for this pattern")
    return pattern


def _regexp_count(call: Call) -> str:
    pattern = _pattern_of_all(call)
    return f"CAST(len(regexp_extract_all({_searched(call)}, {pattern})) AS INTEGER)"


def _regexp_instr(call: Call) -> str:
    before = quote_text("(?s)^(.*?)(?:" + translated(call.text(1), call.node) + ")")
    pattern = checked_pattern(call.arguments[1], call.scope)
    return call.scope.let(
        _searched(call),
        lambda s: (
            f"CASE WHEN regexp_matches({s}, {pattern}) THEN CAST(length(regexp_extract({s}, {before}, 1)) + 1 AS INTEGER) "
            f"WHEN {s} IS NOT NULL THEN 0 END"
        ),
    )


def _regexp_substr(call: Call) -> str:
    pattern = checked_pattern(call.arguments[1], call.scope)
    return call.scope.let(
        _searched(call),
        lambda s: f"CASE WHEN regexp_matches({s}, {pattern}) THEN nullif(regexp_extract({s}, {pattern}, 0), '') END",
    )


def _split(call: Call) -> str:
    limit = call.number(2, -1) if len(call) > 2 else -1
    pattern = call.text(1)
    translated(pattern, call.node)  # what cannot be read is refused first
    if may_match_nothing(pattern):
        raise call.refuse("split by a pattern that matches nothing is not supported")
    if limit > 0:
        return _split_limited(call, limit)
    plain = plain_separator(pattern)
    if plain is not None:
        parts = f"string_split({call.sql[0]}, {quote_text(plain)})"
    else:
        parts = f"string_split_regex({_searched(call)}, {checked_pattern(call.arguments[1], call.scope)})"
    return parts


def plain_separator(pattern: str) -> str | None:
    """The text that the pattern means when it has no operators."""
    result, at = "", 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern) and not pattern[at + 1].isalnum():
            result += pattern[at + 1]
            at += 2
            continue
        if char in "\\.[]{}()*+?^$|":
            return None
        result += char
        at += 1
    return result


def _split_limited(call: Call, limit: int) -> str:
    """At most `limit` parts: the first ones, then what is left after the last separator."""
    pattern = translated(call.text(1), call.node)
    pieces = "".join(f"(.*?)(?:{pattern})" for _ in range(limit - 1))
    if limit > 9 or "(" in pattern.replace("\\(", "").replace("(?:", ""):
        raise call.refuse("split with a limit takes a pattern without groups and a limit below 10")
    whole = quote_text(f"(?s)^{pieces}(.*)$")
    found = ", ".join(f"regexp_extract({{s}}, {whole}, {i + 1})".replace("{s}", "§") for i in range(limit))
    separators = quote_text(pattern)

    def text(s: str) -> str:
        return (
            f"CASE WHEN len(regexp_extract_all({s}, {separators})) >= {limit - 1} THEN [{found.replace('§', s)}] "
            f"ELSE string_split_regex({s}, {separators}) END"
        )

    return call.scope.let(call.sql[0], text)


def _split_part(call: Call) -> str:
    zero = fail("INVALID_INDEX_OF_ZERO: split_part counts from 1", "VARCHAR")

    def body(s: str, d: str, n: str) -> str:
        return (
            f"CASE WHEN {s} IS NULL OR {d} IS NULL OR {n} IS NULL THEN NULL WHEN {n} = 0 THEN {zero} "
            f"WHEN {d} = '' THEN CASE WHEN abs({n}) = 1 THEN {s} ELSE '' END "
            f"ELSE coalesce(list_extract(string_split({s}, {d}), {n}), '') END"
        )

    return call.let(body)


def _or_kernel(native: Callable[[Call], str], kernel: str, *rest: str) -> Lowering:
    """DuckDB's own function where RE2 can take the pattern, else a kernel.

    Args:
        native: The lowering to DuckDB's function.
        kernel: The kernel's name.
        rest: Its arguments after text and pattern: `2=1` is the argument at position 2, or 1 where it is left out.
    """

    def lower(call: Call) -> str:
        try:
            return native(call)
        except UnsupportedError as error:
            arguments = [call.sql[0], python_pattern(call.arguments[1], call.scope, error)]
            for place, _, default in (r.partition("=") for r in rest):
                arguments.append(call.sql[int(place)] if int(place) < len(call) else default)
            return f"{PREFIX}{kernel}({', '.join(arguments)})"

    return lower


LOWERINGS: dict[str, Lowering] = {
    "rlike": _rlike,
    "regexp_replace": _or_kernel(_regexp_replace, "rx_replace", "2=''", "3=1"),
    "regexp_extract": _or_kernel(_regexp_extract, "rx_extract", "2=1"),
    "regexp_extract_all": _or_kernel(_regexp_extract_all, "rx_extract_all", "2=1"),
    "regexp_count": _or_kernel(_regexp_count, "rx_count"),
    "regexp_instr": _or_kernel(_regexp_instr, "rx_position"),
    "regexp_substr": _or_kernel(_regexp_substr, "rx_first"),
    "split": _or_kernel(_split, "rx_split", "2=-1"),
    "split_part": _split_part,
}

"""JSON text: paths into it, its length and its keys.

DuckDB evaluates plain paths into plain JSON; a kernel does for wildcards, for what only Spark takes as JSON, and for
numbers that Java writes otherwise.
"""

from __future__ import annotations

import re

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.scope import Scope, literal, refuse
from ingot.engines.duckdb.plain_json import is_plain
from ingot.engines.duckdb.types import quote_text

_STEP = re.compile(r"\.([^.\[]+)|\['([^']+)'\]|\[(\d+)\]|(\[\*\])")
# What Java writes in another way than DuckDB: numbers, which it may also hold in another type, and in arrays and
# objects letters beyond 16 bits. In a text they cost a call.
WRITTEN_OTHERWISE = r"[0-9]e|[0-9]{17}|[0-9]{8}\.[0-9]|0\.000|^[{\[](?s:.)*[\x{10000}-\x{10FFFF}]"


def path_of(text: str) -> str | None:
    """A path of Spark as DuckDB's; None for one that DuckDB cannot follow."""
    if not text.startswith("$"):
        return None
    at, result = 1, "$"
    while at < len(text):
        step = _STEP.match(text, at)
        name = None if step is None else step[1] or step[2]
        if step is None or step[4] is not None or name == "*" or (name is not None and '"' in name):
            return None
        result += f"[{step[3]}]" if name is None else f'."{name}"'
        at = step.end()
    return result


def extracted(json_sql: str, path: str, scope: Scope) -> str:
    """The value at a path: text bare, everything else as JSON; NULL for null, for nothing and for broken JSON."""
    plain, quoted = path_of(path), quote_text(path)
    if plain is None:
        return f"{PREFIX}get_json_object({json_sql}, {quoted})"

    def body(j: str) -> str:
        slow = f"{PREFIX}get_json_object({j}, {quoted})"
        found = scope.let(
            f"json_extract_string({j}, {quote_text(plain)})",
            lambda v: (
                f"CASE WHEN regexp_matches({v}, {quote_text(WRITTEN_OTHERWISE)}) THEN {slow} "
                # A field of null may be there again with a value.
                f"WHEN {v} IS NULL AND json_type({j}, {quote_text(plain)}) = 'NULL' THEN {slow} ELSE {v} END"
            ),
        )
        return f"CASE WHEN {is_plain(j)} THEN {found} ELSE {slow} END"

    return scope.let(json_sql, body)


def _get_json_object(call: Call) -> str:
    path = literal(call.arguments[1])
    if path is None:
        return f"{PREFIX}get_json_object({call.sql[0]}, {call.sql[1]})"
    return extracted(call.sql[0], path, call.scope)


def tuple_item(json_sql: str, name: str, scope: Scope) -> str:
    """A field as `json_tuple` gives it."""
    return f"{PREFIX}json_tuple_item({json_sql}, {quote_text(name)})"


def lower_colon_path(node: exp.Expr, scope: Scope) -> str:
    """`text:a.b[0]`, `variant:a.b[0]`."""
    if type_of(node.this).name == "variant":
        from ingot.engines.duckdb.lowering.variants import lower_path

        return lower_path(node, scope)
    path = "$"
    for part in node.expression.expressions:
        match part:
            case exp.JSONPathRoot():
                continue
            case exp.JSONPathKey() if isinstance(part.this, str) and "'" not in part.this:
                path += f"['{part.this}']"
            case exp.JSONPathSubscript() if isinstance(part.this, (int, str)):
                path += f"[{part.this}]" if isinstance(part.this, int) else f"['{part.this}']"
            case exp.JSONPathSubscript() if isinstance(part.this, exp.JSONPathWildcard):
                path += "[*]"
            case exp.JSONPathWildcard():
                path += "[*]"
            case _:
                raise refuse(node, "this path into JSON is not supported", "name fields and positions: text:a.b[0]")
    return extracted(scope.lower(node.this), path, scope)


def _of_kind(kind: str, native: str) -> Lowering:
    """What DuckDB's function tells of strict JSON of one kind; of lenient JSON the kernel does."""

    def body(j: str, name: str) -> str:
        found = f"CASE WHEN json_type({j}) = '{kind}' THEN {native.format(j)} END"
        return f"CASE WHEN {is_plain(j)} THEN {found} ELSE {PREFIX}{name}({j}) END"

    return lambda call: call.scope.let(call.sql[0], lambda j: body(j, call.name))


LOWERINGS: dict[str, Lowering] = {
    "get_json_object": _get_json_object,
    "json_array_length": _of_kind("ARRAY", "CAST(json_array_length({}) AS INTEGER)"),
    "json_object_keys": _of_kind("OBJECT", "json_keys({})"),
}

"""Functions of VARIANT, and paths into one."""

from __future__ import annotations

from sqlglot import exp

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.casts import Converter, Mode
from ingot.engines.duckdb.lowering.scope import Scope, refuse
from ingot.engines.duckdb.lowering.variant_values import from_value, to_value
from ingot.engines.duckdb.types import quote_text


def lower_path(node: exp.Expr, scope: Scope) -> str:
    """`v:a.b[0]`."""
    path = "$"
    for part in node.expression.expressions:
        match part:
            case exp.JSONPathRoot():
                continue
            case exp.JSONPathSubscript() if isinstance(part.this, int):
                path += f"[{part.this}]"
            case exp.JSONPathKey() | exp.JSONPathSubscript() if isinstance(part.this, str) and part.this:
                path += _key_step(part.this, node)
            case _:
                raise refuse(node, "this path into a variant is not supported", "name fields and positions: v:a.b[0]")
    return f"{PREFIX}variant_get({scope.lower(node.this)}, {quote_text(path)})"


def _key_step(name: str, node: exp.Expr) -> str:
    for quote in ("'", '"'):
        if quote not in name and "?" not in name:
            return f"[{quote}{name}{quote}]"
    raise refuse(node, f"the key {name!r} of a path into a variant is not supported")


def _get(call: Call) -> str:
    safely = call.name.startswith("try_") or not call.is_ansi
    converter = Converter(call.scope, Mode.TRY if safely else Mode.ANSI, call.node)
    return to_value(converter, f"{PREFIX}variant_get({call.sql[0]}, {call.sql[1]})", call.type)


def _delete(call: Call) -> str:
    sql = call.sql[0]
    for path in call.sql[1:]:
        sql = call.scope.let_all(
            [sql, path], lambda v, p: f"CASE WHEN {p} IS NULL THEN {v} ELSE {PREFIX}variant_delete({v}, {p}) END"
        )
    return sql


def _set(call: Call) -> str:
    makes = call.sql[3] if len(call) > 3 else "TRUE"
    return f"{PREFIX}{call.name}({call.sql[0]}, {call.sql[1]}, {call.sql[2]}, {makes})"


def _strip(call: Call) -> str:
    from_arrays = call.sql[1] if len(call) > 1 else "TRUE"
    return f"{PREFIX}variant_strip_nulls({call.sql[0]}, {from_arrays})"


def _object(call: Call) -> str:
    return from_value(Converter(call.scope, Mode.ANSI, call.node), call.sql[0], call.types[0])


def _plain(call: Call) -> str:
    return f"{PREFIX}{call.name}({', '.join(call.sql)})"


LOWERINGS: dict[str, Lowering] = {
    "parse_json": _plain,
    "try_parse_json": _plain,
    "is_variant_null": "coalesce({0} = 'null', FALSE)",
    "is_valid_variant": "({0} IS NOT NULL OR NULL)",
    "schema_of_variant": _plain,
    "variant_get": _get,
    "try_variant_get": _get,
    "to_variant_object": _object,
    "variant_insert": _plain,
    "try_variant_insert": _plain,
    "variant_array_append": _plain,
    "try_variant_array_append": _plain,
    "variant_set": _set,
    "try_variant_set": _set,
    "variant_delete": _delete,
    "variant_strip_nulls": _strip,
}

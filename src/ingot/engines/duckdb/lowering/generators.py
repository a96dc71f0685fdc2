"""Generators as rows of an unnested list; OUTER makes one row of nulls out of an empty one."""

from __future__ import annotations

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call
from ingot.engines.duckdb.lowering.json import tuple_item
from ingot.engines.duckdb.lowering.scope import Scope, refuse
from ingot.engines.duckdb.types import duckdb_type, quote_text
from ingot.types import MapType, StructType


def rows_of(lateral: exp.Lateral, scope: Scope) -> str:
    """The SELECT that gives the rows of a lateral view for one row of what stands before it."""
    node = lateral.this
    call = Call(node, scope)
    is_outer = bool(lateral.args.get("outer"))
    schema = type_of(node)
    assert isinstance(schema, StructType)
    items = _items(call, schema)
    if is_outer:
        items = scope.let(items, lambda a: f"CASE WHEN len({a}) > 0 THEN {a} ELSE [NULL] END")
    if call.name == "explode" and not isinstance(call.types[0], MapType):
        return f"SELECT unnest({items})"
    fields = ", ".join(f"struct_extract(ingot_row, {quote_text(name)})" for name in _names(call, schema))
    return f"SELECT {fields} FROM (SELECT unnest({items}) AS ingot_row)"


def _names(call: Call, schema: StructType) -> list[str]:
    if call.name == "explode":
        return ["key", "value"]
    if call.name in ("inline", "variant_explode"):
        return schema.names
    return [f"f{i}" for i in range(len(schema))]


def _items(call: Call, schema: StructType) -> str:
    is_map = bool(call.types) and isinstance(call.types[0], MapType)
    match call.name:
        case "explode":
            return f"map_entries({call.sql[0]})" if is_map else call.sql[0]
        case "inline":
            return call.sql[0]
        case "posexplode":
            return _numbered(call, is_map)
        case "stack":
            return _stacked(call, schema)
        case "variant_explode":
            return f"{PREFIX}variant_explode({call.sql[0]})"
        case "json_tuple":
            fields = ", ".join(
                f"f{i} := " + tuple_item(call.sql[0], call.text(i + 1), call.scope) for i in range(len(call) - 1)
            )
            return f"[struct_pack({fields})]"
    raise refuse(call.node, f"the generator {call.name} is not supported by the duckdb engine")


def _numbered(call: Call, is_map: bool) -> str:
    item, at = call.scope.variable(), call.scope.variable()
    if is_map:
        entry = f"struct_pack(f0 := CAST({at} - 1 AS INTEGER), f1 := {item}.key, f2 := {item}.value)"
        return f"list_transform(map_entries({call.sql[0]}), lambda {item}, {at}: {entry})"
    entry = f"struct_pack(f0 := CAST({at} - 1 AS INTEGER), f1 := {item})"
    return f"list_transform({call.sql[0]}, lambda {item}, {at}: {entry})"


def _stacked(call: Call, schema: StructType) -> str:
    rows, width = call.number(0), len(schema)
    values = call.sql[1:]
    entries = []
    for row in range(rows):
        cells = []
        for column, field in enumerate(schema):
            at = row * width + column
            value = values[at] if at < len(values) else "NULL"
            cells.append(f"f{column} := CAST({value} AS {duckdb_type(field.type)})")
        entries.append(f"struct_pack({', '.join(cells)})")
    return f"[{', '.join(entries)}]"

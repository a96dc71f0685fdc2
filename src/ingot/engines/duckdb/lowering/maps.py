"""Maps: made, cut, joined and changed. A map is made anew of its entries, so a key that comes twice raises as in Spark."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from collections.abc import Callable

from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.collections import distinct_items, lambda_of
from ingot.engines.duckdb.lowering.scope import cast, fail
from ingot.engines.duckdb.types import quote_text
from ingot.types import ArrayType, StructType


def _map(call: Call) -> str:
    if not call.sql:
        return cast("MAP {}", call.type)
    keys, values = ", ".join(call.sql[::2]), ", ".join(call.sql[1::2])
    return f"map([{keys}], [{values}])"


def _map_concat(call: Call) -> str:
    """Spark raises for a key that comes twice; so does the making of the map."""
    entries = ", ".join(f"map_entries({s})" for s in call.sql)

    def body(*maps: str) -> str:
        some_null = " OR ".join(f"{m} IS NULL" for m in maps)
        return f"CASE WHEN {some_null} THEN NULL ELSE map_from_entries(flatten([{entries}])) END"

    return call.let(body) if len(call) else cast("MAP {}", call.type)


def _map_from_arrays(call: Call) -> str:
    def body(keys: str, values: str) -> str:
        wrong = fail("the arrays of map_from_arrays must have the same length", call.type)
        return (
            f"CASE WHEN {keys} IS NULL OR {values} IS NULL THEN NULL WHEN len({keys}) <> len({values}) THEN {wrong} "
            f"ELSE map({keys}, {values}) END"
        )

    return call.let(body)


def _map_from_entries(call: Call) -> str:
    data_type = call.types[0]
    assert isinstance(data_type, ArrayType) and isinstance(data_type.element, StructType)
    names = [quote_text(f.name) for f in data_type.element]
    entry = f"{{'key': struct_extract(ingot_x, {names[0]}), 'value': struct_extract(ingot_x, {names[1]})}}"
    return call.scope.let(
        call.sql[0],
        lambda a: (
            f"CASE WHEN len(list_filter({a}, lambda ingot_x: ingot_x IS NULL)) = 0 THEN "
            f"map_from_entries(list_transform({a}, lambda ingot_x: {entry})) END"
        ),
    )


def _of_entries(call: Call, position: int, how: Callable[[str, str], str]) -> str:
    """A map made of the entries of another; `how` is given the entry's variable and the lambda's value of it."""
    names, body = lambda_of(call, position)
    entry = call.scope.variable()
    inner = f"invoke(lambda {names[0]}, {names[1]}: {body}, {entry}.key, {entry}.value)"
    return how(entry, inner)


def _map_filter(call: Call) -> str:
    return _of_entries(
        call, 1, lambda e, v: f"map_from_entries(list_filter(map_entries({call.sql[0]}), lambda {e}: {v}))"
    )


def _transform_keys(call: Call) -> str:
    return _of_entries(
        call,
        1,
        lambda e, v: (
            f"map_from_entries(list_transform(map_entries({call.sql[0]}), lambda {e}: {{'key': {v}, 'value': {e}.value}}))"
        ),
    )


def _transform_values(call: Call) -> str:
    return _of_entries(
        call,
        1,
        lambda e, v: (
            f"map_from_entries(list_transform(map_entries({call.sql[0]}), lambda {e}: {{'key': {e}.key, 'value': {v}}}))"
        ),
    )


def _map_zip_with(call: Call) -> str:
    names, body = lambda_of(call, 2)
    key = call.scope.variable()

    def zipped(a: str, b: str) -> str:
        inner = f"invoke(lambda {', '.join(names)}: {body}, {key}, map_extract_value({a}, {key}), map_extract_value({b}, {key}))"
        keys = distinct_items(f"flatten([map_keys({a}), map_keys({b})])", call)
        entries = f"list_transform({keys}, lambda {key}: {{'key': {key}, 'value': {inner}}})"
        return f"CASE WHEN {a} IS NOT NULL AND {b} IS NOT NULL THEN map_from_entries({entries}) END"

    return call.scope.let_all([call.scope.lower(a) for a in call.arguments[:2]], zipped)


def _str_to_map(call: Call) -> str:
    key, value, _ = _separated(call, 2, ":")("ingot_x")
    _, _, pairs = _separated(call, 1, ",")(call.sql[0])
    return f"map_from_entries(list_transform({pairs}, lambda ingot_x: {{'key': {key}, 'value': {value}}}))"


def _separated(call: Call, position: int, default: str) -> Callable[[str], tuple[str, str, str]]:
    """How a text is cut: what is before the first separator, what is after it (NULL without one), and all parts."""
    from ingot.engines.duckdb.lowering.matching import plain_separator
    from ingot.engines.duckdb.lowering.regex import may_match_nothing, translated

    pattern = call.text(position) if position < len(call) else default
    plain = plain_separator(pattern)
    if plain:
        mark = quote_text(plain)
        return lambda s: (
            f"split_part({s}, {mark}, 1)",
            f"CASE WHEN contains({s}, {mark}) THEN substr({s}, instr({s}, {mark}) + length({mark})) END",
            f"string_split({s}, {mark})",
        )
    found = translated(pattern, call.node)
    if may_match_nothing(pattern):
        raise call.refuse("str_to_map with a separator that matches nothing is not supported")
    mark = quote_text(found)
    return lambda s: (
        f"string_split_regex({s}, {mark})[1]",
        f"CASE WHEN regexp_matches({s}, {mark}) THEN substr({s}, length(string_split_regex({s}, {mark})[1]) + length(regexp_extract({s}, {mark})) + 1) END",
        f"string_split_regex({s}, {mark})",
    )


LOWERINGS: dict[str, Lowering] = {
    "map": _map,
    "map_keys": "map_keys({0})",
    "map_values": "map_values({0})",
    "map_entries": "map_entries({0})",
    "map_contains_key": "map_contains({0}, {1})",
    "map_concat": _map_concat,
    "map_from_arrays": _map_from_arrays,
    "map_from_entries": _map_from_entries,
    "map_filter": _map_filter,
    "transform_keys": _transform_keys,
    "transform_values": _transform_values,
    "map_zip_with": _map_zip_with,
    "str_to_map": _str_to_map,
}

"""Arrays, maps, structs, and functions that take lambdas."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from ingot.analysis.typed import type_of
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.casts import Converter, Mode
from ingot.engines.duckdb.lowering.operators import sort_key
from ingot.engines.duckdb.lowering.scope import cast, fail
from ingot.engines.duckdb.types import check_distinct, duckdb_type, quote_name
from ingot.types import ArrayType, DataType, MapType, StructType

_TIMES = ("date", "timestamp", "timestamp_ntz")


def lambda_of(call: Call, position: int) -> tuple[list[str], str]:
    """The parameters of a lambda, quoted, and its body."""
    node = call.arguments[position]
    assert isinstance(node, exp.Lambda)
    return [quote_name(p.name) for p in node.expressions], call.scope.lower(node.this)


def _array(call: Call) -> str:
    return cast(f"[{', '.join(call.sql)}]", call.type)


def _element_at(call: Call) -> str:
    if isinstance(call.types[0], MapType):
        return f"map_extract_value({call.sql[0]}, {call.sql[1]})"
    is_safe = call.name.startswith("try_") or not call.is_ansi
    target = duckdb_type(call.type)

    def body(array: str, at: str) -> str:
        zero = fail("INVALID_INDEX_OF_ZERO: element_at counts from 1", target)
        outside = (
            "NULL"
            if is_safe
            else fail(
                "INVALID_ARRAY_INDEX_IN_ELEMENT_AT: the index is out of bounds; use try_element_at to get NULL instead",
                target,
            )
        )
        item = f"CASE WHEN {at} > 0 THEN list_extract({array}, {at}) ELSE list_extract({array}, len({array}) + {at} + 1) END"
        return f"CASE WHEN {array} IS NULL THEN NULL WHEN {at} = 0 THEN {zero} WHEN abs({at}) > len({array}) THEN {outside} ELSE {item} END"

    return call.let(body)


def _found(array: str, value: str, is_found: bool) -> str:
    """Three-valued: `is_found` when the value is among the items, NULL when some of them are not known."""
    return (
        f"CASE WHEN {array} IS NULL OR {value} IS NULL THEN NULL "
        f"WHEN list_contains({array}, {value}) THEN {str(is_found).upper()} "
        f"WHEN len(list_filter({array}, lambda ingot_x: ingot_x IS NULL)) > 0 THEN NULL "
        f"ELSE {str(not is_found).upper()} END"
    )


def _contains(call: Call) -> str:
    return call.let(lambda a, v: _found(a, v, True))


def _position(call: Call) -> str:
    return call.let(
        lambda a, v: (
            f"CASE WHEN {a} IS NULL OR {v} IS NULL THEN NULL ELSE CAST(coalesce(list_position({a}, {v}), 0) AS BIGINT) END"
        )
    )


def _with(call: Call, how: Callable[[str, str], str]) -> str:
    """NULL for a NULL array, whatever the other argument is."""
    return call.let(lambda a, v: f"CASE WHEN {a} IS NOT NULL THEN {how(a, v)} END")


def _insert(call: Call) -> str:
    target = duckdb_type(call.type)

    def body(a: str, at: str, v: str) -> str:
        zero = fail("INVALID_INDEX_OF_ZERO: array_insert counts from 1", target)
        one = f"[{v}]::{target}"
        before = f"list_slice({a}, 1, {at} - 1)"
        padding = f"list_resize([]::{target}, greatest({at} - 1 - len({a}), 0))"
        after = f"list_slice({a}, {at}, len({a}))"
        forward = f"flatten([{before}, {padding}, {one}, {after}])"
        split = f"(len({a}) + {at} + 1)"
        head = f"list_slice({a}, 1, {split})"
        gap = f"list_resize([]::{target}, -{split})"
        backward = (
            f"CASE WHEN {split} >= 0 THEN flatten([{head}, {one}, list_slice({a}, {split} + 1, len({a}))]) "
            f"ELSE flatten([{one}, {gap}, {a}]) END"
        )
        return f"CASE WHEN {a} IS NULL OR {at} IS NULL THEN NULL WHEN {at} = 0 THEN {zero} WHEN {at} > 0 THEN {forward} ELSE {backward} END"

    return call.let(body)


def _remove(call: Call) -> str:
    item = call.scope.variable()
    return call.let(
        lambda a, v: (
            f"CASE WHEN {v} IS NOT NULL THEN list_filter({a}, lambda {item}: {item} IS NULL OR {item} <> {v}) END"
        )
    )


def distinct_items(array: str, call: Call) -> str:
    """Items once, in the order of their first occurrence; NULL is an item."""
    item, at = call.scope.variable(), call.scope.variable()

    def body(a: str) -> str:
        first = (
            f"len(list_filter(list_slice({a}, 1, {at} - 1), lambda ingot_x: ingot_x IS NOT DISTINCT FROM {item})) = 0"
        )
        return f"list_filter({a}, lambda {item}, {at}: {first})"

    return call.scope.let(array, body)


def _has(array: str, item: str) -> str:
    return f"len(list_filter({array}, lambda ingot_x: ingot_x IS NOT DISTINCT FROM {item})) > 0"


def _set_operation(keep: bool) -> Lowering:
    """`array_intersect` keeps what the other has, `array_except` what it has not."""

    def lower(call: Call) -> str:
        item = call.scope.variable()

        def body(a: str, b: str) -> str:
            is_kept = _has(b, item) if keep else f"NOT ({_has(b, item)})"
            filtered = f"list_filter({a}, lambda {item}: {is_kept})"
            found = distinct_items(_without_sign_of_zero(filtered, call), call)
            return f"CASE WHEN {a} IS NOT NULL AND {b} IS NOT NULL THEN {found} END"

        return call.let(body)

    return lower


def _union(call: Call) -> str:
    return call.let(
        lambda a, b: (
            f"CASE WHEN {a} IS NOT NULL AND {b} IS NOT NULL THEN "
            f"{distinct_items(_without_sign_of_zero(f'flatten([{a}, {b}])', call), call)} END"
        )
    )


def _without_sign_of_zero(array: str, call: Call) -> str:
    """The items of a set, in which 0.0 stands for -0.0 as well."""
    kind = call.type.element if isinstance(call.type, ArrayType) else call.type
    if kind.name not in ("float", "double"):
        return array
    item = call.scope.variable()
    return f"list_transform({array}, lambda {item}: {item} + 0::{duckdb_type(kind)})"


def _overlap(call: Call) -> str:
    def body(a: str, b: str) -> str:
        nulls = f"len(list_filter({a}, lambda ingot_x: ingot_x IS NULL)) + len(list_filter({b}, lambda ingot_x: ingot_x IS NULL))"
        return (
            f"CASE WHEN {a} IS NULL OR {b} IS NULL THEN NULL WHEN list_has_any({a}, {b}) THEN TRUE "
            f"WHEN len({a}) > 0 AND len({b}) > 0 AND {nulls} > 0 THEN NULL ELSE FALSE END"
        )

    return call.let(body)


def _join(call: Call) -> str:
    if len(call) == 2 and isinstance(call.arguments[1], exp.Literal):
        return f"array_to_string(list_filter({call.sql[0]}, lambda ingot_x: ingot_x IS NOT NULL), {call.sql[1]})"

    def body(items: str, between: str, missing: str = "NULL") -> str:
        shown = f"list_transform({items}, lambda ingot_x: coalesce(ingot_x, {missing}))"
        shown = f"list_filter({items}, lambda ingot_x: ingot_x IS NOT NULL)" if len(call) == 2 else shown
        joined = f"list_reduce({shown}, lambda ingot_x, ingot_y: ingot_x || {between} || ingot_y, '')"
        joined = f"CASE WHEN len({shown}) = 0 THEN '' ELSE substr({joined}, length({between}) + 1) END"
        known = f"{items} IS NOT NULL AND {between} IS NOT NULL"
        return f"CASE WHEN {known}{f' AND {missing} IS NOT NULL' if len(call) > 2 else ''} THEN {joined} END"

    return call.let(body)


def _sorted(call: Call, array: str, is_ascending: bool, nulls: str) -> str:
    data_type = call.types[0]
    assert isinstance(data_type, ArrayType)
    order = "ASC" if is_ascending else "DESC"
    item = call.scope.variable()
    key = sort_key(item, data_type.element, call.scope)
    if key == item:
        return f"list_sort({array}, '{order}', 'NULLS {nulls}')"

    def body(a: str) -> str:
        keys = f"list_transform({a}, lambda {item}: {key})"
        return f"list_select({a}, list_grade_up({keys}, '{order}', 'NULLS {nulls}'))"

    return call.scope.let(array, body)


def _sort_array(call: Call) -> str:
    is_ascending = call.flag(1, True)
    return _sorted(call, call.sql[0], is_ascending, "FIRST" if is_ascending else "LAST")


def _array_sort(call: Call) -> str:
    if len(call) > 1:
        from ingot.engines.duckdb.lowering.comparators import sorted_by_comparator

        return sorted_by_comparator(call)
    return _sorted(call, call.sql[0], True, "LAST")


def _extreme(function: str, is_ascending: bool) -> Lowering:
    def lower(call: Call) -> str:
        array = call.types[0]
        assert isinstance(array, ArrayType)
        if sort_key("x", array.element, call.scope) == "x":
            return f"{function}({call.sql[0]})"
        return f"list_extract({_sorted(call, call.sql[0], is_ascending, 'LAST')}, 1)"

    return lower


def _slice(call: Call) -> str:
    target = duckdb_type(call.type)

    def body(a: str, start: str, length: str) -> str:
        wrong = fail("INVALID_PARAMETER_VALUE: slice counts from 1 and takes a length of 0 or more", target)
        first = f"CASE WHEN {start} > 0 THEN {start} ELSE len({a}) + {start} + 1 END"
        part = call.scope.let(
            first, lambda f: f"CASE WHEN {f} < 1 THEN []::{target} ELSE list_slice({a}, {f}, {f} + {length} - 1) END"
        )
        return f"CASE WHEN {a} IS NULL OR {start} IS NULL OR {length} IS NULL THEN NULL WHEN {start} = 0 OR {length} < 0 THEN {wrong} ELSE {part} END"

    return call.let(body)


def _flatten(call: Call) -> str:
    """NULL when any of the arrays is."""
    return call.scope.let(
        call.sql[0],
        lambda a: f"CASE WHEN len(list_filter({a}, lambda ingot_x: ingot_x IS NULL)) = 0 THEN flatten({a}) END",
    )


def _sequence(call: Call) -> str:
    if call.types[0].name in _TIMES:
        return _time_sequence(call)
    target = duckdb_type(call.type)
    if len(call) == 2:
        sql = call.let(lambda a, b: f"generate_series({a}, {b}, CASE WHEN {a} <= {b} THEN 1 ELSE -1 END)")
        return cast(sql, target)

    def body(a: str, b: str, step: str) -> str:
        wrong = fail("sequence boundaries: the step goes away from the end", target)
        fits = f"({step} > 0 AND {a} <= {b}) OR ({step} < 0 AND {a} >= {b}) OR ({step} = 0 AND {a} = {b})"
        series = cast(f"generate_series({a}, {b}, CASE WHEN {step} = 0 THEN 1 ELSE {step} END)", target)
        return f"CASE WHEN {fits} THEN {series} WHEN {a} IS NOT NULL AND {b} IS NOT NULL AND {step} IS NOT NULL THEN {wrong} END"

    return call.let(body)


def _time_sequence(call: Call) -> str:
    """Each item is start + i * step, so that months do not drift from the 31st."""
    from ingot.engines.duckdb.lowering.sequences import time_sequence

    return time_sequence(call)


# --- lambdas --------------------------------------------------------------------------------------------------------


def _over_items(function: str) -> Lowering:
    """A function of the items, whose lambda may ask for their positions too."""

    def lower(call: Call) -> str:
        names, body = lambda_of(call, 1)
        if len(names) == 1:
            return f"{function}({call.sql[0]}, lambda {names[0]}: {body})"
        at = call.scope.variable()
        inner = f"invoke(lambda {names[1]}: {body}, CAST({at} - 1 AS INTEGER))"
        return f"{function}({call.sql[0]}, lambda {names[0]}, {at}: {inner})"

    return lower


def _decided_by(answer: bool) -> Lowering:
    """`exists` is decided by a true item, `forall` by a false one."""

    def lower(call: Call) -> str:
        names, body = lambda_of(call, 1)
        answers = f"list_transform({call.sql[0]}, lambda {names[0]}: {body})"
        return call.scope.let(answers, lambda r: _found(r, str(answer).upper(), answer))

    return lower


def _aggregate(call: Call) -> str:
    names, body = lambda_of(call, 2)
    zero_type = call.types[1]
    merged = Converter(call.scope, Mode.ANSI, call.node).convert(body, _body_type(call, 2), zero_type)
    zero = cast(call.sql[1], zero_type)
    merged = cast(merged, zero_type)
    sql = f"list_reduce({call.sql[0]}, lambda {names[0]}, {names[1]}: {merged}, {zero})"
    if len(call) < 4:
        return sql
    finish_names, finish = lambda_of(call, 3)
    finished = f"invoke(lambda {finish_names[0]}: {finish}, {sql})"
    return f"CASE WHEN {call.sql[0]} IS NOT NULL THEN {finished} END"  # no array has nothing to finish


def _body_type(call: Call, position: int) -> DataType:
    return type_of(call.arguments[position].this)


def _zip_with(call: Call) -> str:
    names, body = lambda_of(call, 2)
    at = call.scope.variable()

    def zipped(a: str, b: str) -> str:
        inner = f"invoke(lambda {names[0]}, {names[1]}: {body}, list_extract({a}, {at}), list_extract({b}, {at}))"
        return f"CASE WHEN {a} IS NOT NULL AND {b} IS NOT NULL THEN list_transform(range(1, greatest(len({a}), len({b})) + 1), lambda {at}: {inner}) END"

    return call.scope.let_all([call.scope.lower(a) for a in call.arguments[:2]], zipped)


def _arrays_zip(call: Call) -> str:
    """As long as the longest; NULL when any of them is."""
    data_type = call.type
    assert isinstance(data_type, ArrayType) and isinstance(data_type.element, StructType)
    target = duckdb_type(data_type)
    if not len(call):
        return f"[]::{target}"
    fields = data_type.element.fields

    def body(*arrays: str) -> str:
        at = call.scope.variable()
        items = ", ".join(
            f"{quote_name(f.name)} := list_extract({a}, {at})" for f, a in zip(fields, arrays, strict=True)
        )
        longest = f"greatest({', '.join(f'len({a})' for a in arrays)})"
        known = " AND ".join(f"{a} IS NOT NULL" for a in arrays)
        rows = f"list_transform(range(1, {longest} + 1), lambda {at}: struct_pack({items}))"
        return f"CASE WHEN {known} THEN CAST({rows} AS {target}) END"

    return call.let(body)


def _shuffle(call: Call) -> str:
    if len(call) > 1:
        raise call.refuse("shuffle with a seed is not supported: Spark's order cannot be had", "leave the seed out")

    def body(array: str) -> str:
        return f"list_select({array}, list_grade_up(list_transform({array}, lambda ingot_x: random())))"

    return call.let(body)


def _named_struct(call: Call) -> str:
    names = [call.text(at) for at in range(0, len(call), 2)]
    check_distinct(names)
    fields = (f"{quote_name(n)} := {v}" for n, v in zip(names, call.sql[1::2], strict=True))
    return f"struct_pack({', '.join(fields)})"


def _size(call: Call) -> str:
    """The size of NULL is NULL in ANSI mode, -1 without."""
    function = "len" if isinstance(call.types[0], ArrayType) else "cardinality"
    sql = f"CAST({function}({call.sql[0]}) AS INTEGER)"
    return sql if call.is_ansi or call.name == "array_size" else f"coalesce({sql}, -1)"


def _repeat(call: Call) -> str:
    target = duckdb_type(call.type)
    return call.let(
        lambda v, n: (
            f"CASE WHEN {n} IS NOT NULL THEN CAST(list_transform(range(0, {n}), lambda ingot_x: {v}) AS {target}) END"
        )
    )


LOWERINGS: dict[str, Lowering] = {
    "array": _array,
    "size": _size,
    "array_size": _size,
    "element_at": _element_at,
    "try_element_at": _element_at,
    "get": lambda c: c.let(lambda a, i: f"CASE WHEN {i} >= 0 THEN list_extract({a}, {i}::BIGINT + 1) END"),
    "array_contains": _contains,
    "array_position": _position,
    "array_append": lambda c: _with(c, lambda a, v: f"list_append({a}, {v})"),
    "array_prepend": lambda c: _with(c, lambda a, v: f"list_prepend({v}, {a})"),
    "array_insert": _insert,
    "array_remove": _remove,
    "array_compact": "list_filter({0}, lambda ingot_x: ingot_x IS NOT NULL)",
    "array_distinct": lambda c: distinct_items(_without_sign_of_zero(c.sql[0], c), c),
    "array_union": _union,
    "array_intersect": _set_operation(True),
    "array_except": _set_operation(False),
    "arrays_overlap": _overlap,
    "arrays_zip": _arrays_zip,
    "shuffle": _shuffle,
    "array_join": _join,
    "array_max": _extreme("list_max", False),
    "array_min": _extreme("list_min", True),
    "array_repeat": _repeat,
    "array_sort": _array_sort,
    "sort_array": _sort_array,
    "slice": _slice,
    "flatten": _flatten,
    "sequence": _sequence,
    "transform": _over_items("list_transform"),
    "filter": _over_items("list_filter"),
    "exists": _decided_by(True),
    "forall": _decided_by(False),
    "aggregate": _aggregate,
    "zip_with": _zip_with,
    "named_struct": _named_struct,
}

"""Strings and binary values."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.formats import number_format
from ingot.engines.duckdb.lowering.operators import like
from ingot.engines.duckdb.lowering.scope import fail
from ingot.engines.duckdb.types import quote_text


def _is_binary(call: Call) -> bool:
    return call.types[0].name == "binary"


def _by_type(of_string: Lowering, of_binary: Lowering) -> Lowering:
    def lower(call: Call) -> str:
        how = of_binary if _is_binary(call) else of_string
        return how.format(*call.sql) if isinstance(how, str) else how(call)

    return lower


def _by_hex(function: str) -> Lowering:
    """A comparison of texts; of binary values by their hexadecimal digits, whose beginnings and ends are theirs."""
    return _by_type(f"{function}({{0}}, {{1}})", f"{function}(hex({{0}}), hex({{1}}))")


def _contains(call: Call) -> str:
    """A binary value is looked for in digits of which each two have a letter before them: no match begins amid a byte."""
    if not _is_binary(call):
        return f"contains({call.sql[0]}, {call.sql[1]})"
    value, part = (f"regexp_replace(hex({sql}), '(..)', 'x\\1', 'g')" for sql in call.sql)
    return f"contains({value}, {part})"


def _trim(function: str) -> Lowering:
    """Spark trims blanks only; DuckDB's own trim every space that Unicode knows, which ASCII text has none of."""

    def lower(call: Call) -> str:
        if len(call) > 1:
            return f"{function}({', '.join(call.sql)})"
        return call.scope.let(
            call.sql[0],
            lambda s: f"CASE WHEN strlen({s}) = length({s}) THEN {function}({s}) ELSE {function}({s}, ' ') END",
        )

    return lower


def _reverse(call: Call) -> str:
    """DuckDB keeps accents with their letters; Spark turns around every character."""
    if _is_binary(call):
        return f"unhex(array_to_string(list_reverse(regexp_extract_all(hex({call.sql[0]}), '..')), ''))"
    if call.type.name == "array":
        return f"list_reverse({call.sql[0]})"
    return call.scope.let(
        call.sql[0],
        lambda s: (
            f"CASE WHEN strlen({s}) = length({s}) THEN reverse({s}) "
            f"ELSE array_to_string(list_reverse(regexp_extract_all({s}, '(?s).')), '') END"
        ),
    )


# Among these are all letters that Java writes as several capitals: a sharp s, ligatures, Greek and Armenian ones.
_WIDER_IN_CAPITALS = r"[\x{df}\x{149}\x{1f0}\x{390}\x{3b0}\x{587}\x{1e96}-\x{1e9a}\x{1f50}-\x{1ffc}\x{fb00}-\x{fb17}]"


def _upper(call: Call) -> str:
    def body(s: str) -> str:
        is_wider = f"strlen({s}) <> length({s}) AND regexp_matches({s}, '{_WIDER_IN_CAPITALS}')"
        return f"CASE WHEN {is_wider} THEN {PREFIX}upper({s}) ELSE upper({s}) END"

    return call.scope.let(call.sql[0], body)


def _initcap(call: Call) -> str:
    return call.scope.let(
        call.sql[0],
        lambda s: f"CASE WHEN strlen({s}) = length({s}) THEN ingot_initcap({s}) ELSE {PREFIX}initcap({s}) END",
    )


def _lower(call: Call) -> str:
    """Java knows the dotted capital I and the sigma at the end of a word."""
    sigma = r"regexp_replace({s}, '(\\pL)Σ($|\\PL)', '\\1ς\\2', 'g')".replace("\\\\", "\\")

    def body(s: str) -> str:
        slow = f"lower(replace({sigma.replace('{s}', s)}, 'İ', 'i̇'))"
        return f"CASE WHEN contains({s}, 'İ') OR contains({s}, 'Σ') THEN {slow} ELSE lower({s}) END"

    return call.scope.let(call.sql[0], body)


def _substring(call: Call) -> str:
    if len(call) == 3 and not _is_binary(call):
        start, length = _known(call, 1), _known(call, 2)
        if start is not None and start > 0 and length is not None and length > 0:
            return f"substring({call.sql[0]}, {start}, {length})"
    length = call.sql[2] if len(call) == 3 else "2147483647"
    if _is_binary(call):
        return f"ingot_substring_bytes({call.sql[0]}, {call.sql[1]}, {length})"
    return f"ingot_substring({call.sql[0]}, {call.sql[1]}, {length})"


def _known(call: Call, position: int) -> int | None:
    from ingot.engines.duckdb.lowering.scope import number_literal

    return number_literal(call.arguments[position])


def _left(call: Call) -> str:
    if _is_binary(call):
        return f"unhex(left(hex({call.sql[0]}), ingot_count({call.sql[1]}) * 2))"
    return (
        f"left({call.sql[0]}, ingot_count({call.sql[1]}))"
        if _known(call, 1) is None
        else f"left({call.sql[0]}, {max(0, _known(call, 1) or 0)})"
    )


def _pad(function: str) -> Lowering:
    def lower(call: Call) -> str:
        if _is_binary(call):
            fill = f"hex({call.sql[2]})" if len(call) > 2 else "'00'"
            return f"unhex({_padded(function, f'hex({call.sql[0]})', f'{call.sql[1]} * 2', fill, call)})"
        fill = call.sql[2] if len(call) > 2 else "' '"
        known = _literal(call, 2) if len(call) > 2 else " "
        padded = f"{function}({call.sql[0]}, ingot_count({call.sql[1]}), {fill})"
        if known:
            return padded
        return _padded(function, call.sql[0], call.sql[1], fill, call)

    return lower


def _padded(function: str, text: str, length: str, fill: str, call: Call) -> str:
    """A text padded with what may be the empty text, which pads nothing."""
    return call.scope.let_all(
        [text, length, fill],
        lambda s, n, f: (
            f"CASE WHEN {f} = '' THEN left({s}, ingot_count({n})) ELSE "
            f"{function}({s}, ingot_count({n}), CASE WHEN {f} = '' THEN ' ' ELSE {f} END) END"
        ),
    )


def _literal(call: Call, position: int) -> str | None:
    from ingot.engines.duckdb.lowering.scope import literal

    return literal(call.arguments[position])


def _concat_ws(call: Call) -> str:
    if len(call) == 1:
        return f"CASE WHEN {call.sql[0]} IS NOT NULL THEN '' END"
    parts = [s if t.name == "array" else f"[{s}]" for s, t in zip(call.sql[1:], call.types[1:], strict=True)]
    if all(t.name != "array" for t in call.types[1:]):
        items = f"[{', '.join(call.sql[1:])}]"
    else:
        items = "flatten([" + ", ".join(f"coalesce({p}, [])" for p in parts) + "])"
    item = call.scope.variable()
    return _joined(call, f"list_filter({items}, lambda {item}: {item} IS NOT NULL)", call.sql[0])


def _joined(call: Call, items: str, separator: str) -> str:
    """The items as one text. DuckDB joins with constant separators only: another one goes before each item."""
    if separator[:1] == "'":
        return f"array_to_string({items}, {separator})"
    item = call.scope.variable()
    return call.scope.let(
        separator,
        lambda s: (
            f"CASE WHEN {s} IS NOT NULL THEN substr(array_to_string("
            f"list_transform({items}, lambda {item}: {s} || {item}), ''), length({s}) + 1) END"
        ),
    )


def _concat_ws_plain(call: Call) -> str:
    if len(call) > 1 and all(t.name != "array" for t in call.types[1:]):
        return f"concat_ws({', '.join(call.sql)})"
    return _concat_ws(call)


def _concat(call: Call) -> str:
    if not call.sql:
        return "''"
    if call.type.name == "array":

        def body(*arrays: str) -> str:
            some_null = " OR ".join(f"{a} IS NULL" for a in arrays)
            return f"CASE WHEN {some_null} THEN NULL ELSE flatten([{', '.join(arrays)}]) END"

        return call.let(body)
    return "(" + " || ".join(call.sql) + ")"


def _substring_index(call: Call) -> str:
    def body(s: str, d: str, n: str) -> str:
        parts = f"string_split({s}, {d})"
        first = f"list_slice({parts}, 1, {n})"
        last = f"list_slice({parts}, greatest(len({parts}) + {n} + 1, 1), len({parts}))"
        return (
            f"CASE WHEN {s} IS NULL OR {d} IS NULL OR {n} IS NULL THEN NULL WHEN {d} = '' OR {n} = 0 THEN '' "
            f"WHEN {n} > 0 THEN {_joined(call, first, d)} ELSE {_joined(call, last, d)} END"
        )

    return call.let(body)


def _overlay(call: Call) -> str:
    if _is_binary(call):
        width, part = "octet_length", "ingot_substring_bytes"
    else:
        width, part = "length", "ingot_substring"
    length = f"{width}({call.sql[1]})"
    if len(call) > 3:
        length = f"CASE WHEN {call.sql[3]} < 0 THEN {length} ELSE {call.sql[3]} END"
    return call.scope.let_all(
        [*call.sql[:2], f"CAST({call.sql[2]} AS BIGINT)", length],
        lambda s, r, p, n: f"({part}({s}, 1, {p} - 1) || {r} || {part}({s}, {p} + {n}, 2147483647))",
    )


def _instr(call: Call) -> str:
    if len(call) == 2:
        return f"CAST(instr({call.sql[0]}, {call.sql[1]}) AS INTEGER)"
    return f"{PREFIX}instr({', '.join(call.sql)}{', 1' if len(call) == 3 else ''})"


def _locate(call: Call) -> str:
    if len(call) == 2:
        return f"CAST(instr({call.sql[1]}, {call.sql[0]}) AS INTEGER)"

    def body(part: str, s: str, start: str) -> str:
        found = f"instr(substring({s}, {start}), {part})"
        return (
            f"CASE WHEN {start} IS NULL THEN 0 WHEN {part} IS NULL OR {s} IS NULL THEN NULL WHEN {start} < 1 THEN 0 WHEN {part} = '' THEN 1 "
            f"WHEN {found} = 0 THEN 0 ELSE CAST({found} + {start} - 1 AS INTEGER) END"
        )

    return call.let(body)


def _like(call: Call) -> str:
    escape = call.text(2) if len(call) > 2 else "\\"
    return like(call.arguments[0], call.arguments[1], escape, call.name == "ilike", call.node, call.scope)


def _find_in_set(call: Call) -> str:
    return call.let(
        lambda s, items: (
            f"CASE WHEN {s} IS NULL OR {items} IS NULL THEN NULL WHEN contains({s}, ',') THEN 0 "
            f"ELSE coalesce(CAST(list_position(string_split({items}, ','), {s}) AS INTEGER), 0) END"
        )
    )


def _elt(call: Call) -> str:
    count = len(call) - 1
    outside = fail("INVALID_ARRAY_INDEX: elt counts from 1", "VARCHAR") if call.is_ansi else "NULL"
    items = f"[{', '.join(call.sql[1:])}]"
    return call.scope.let(
        call.sql[0],
        lambda n: f"CASE WHEN {n} < 1 OR {n} > {count} THEN {outside} ELSE list_extract({items}, {n}) END",
    )


_FORMATTED = {
    "tinyint": "b", "smallint": "h", "int": "i", "bigint": "l", "float": "f", "double": "d", "boolean": "z", "string": "s",
}  # fmt: skip


def _printf(call: Call) -> str:
    """Java's Formatter, by a kernel; a date is the number of its day there, as Spark gives it."""
    from ingot.engines.duckdb.lowering.casts import Converter, Mode

    converter = Converter(call.scope, Mode.ANSI, call.node)
    kinds, texts = "", []
    for sql, data_type in zip(call.sql[1:], call.types[1:], strict=True):
        kind = _FORMATTED.get(data_type.name, "s")
        if data_type.name in ("binary", "timestamp", "timestamp_ntz", "struct", "map", "array", "interval", "variant"):
            raise call.refuse(f"{call.name} of a {data_type.ddl} is not supported", "cast it to a string")
        kinds += kind
        if data_type.name == "date":
            texts.append(f"CAST({sql} - DATE '1970-01-01' AS VARCHAR)")
        else:
            texts.append(converter.to_string(sql, data_type))
    return f"{PREFIX}format_string({call.sql[0]}, '{kinds}', CAST([{', '.join(texts)}] AS VARCHAR[]))"


def _replace(call: Call) -> str:
    return f"replace({call.sql[0]}, {call.sql[1]}, {call.sql[2] if len(call) > 2 else quote_text('')})"


LOWERINGS: dict[str, Lowering] = {
    "length": _by_type("CAST(length({0}) AS INTEGER)", "CAST(octet_length({0}) AS INTEGER)"),
    "octet_length": _by_type("CAST(strlen({0}) AS INTEGER)", "CAST(octet_length({0}) AS INTEGER)"),
    "bit_length": _by_type("CAST(strlen({0}) * 8 AS INTEGER)", "CAST(octet_length({0}) * 8 AS INTEGER)"),
    "upper": _upper,
    "lower": _lower,
    "initcap": _initcap,
    "trim": _trim("trim"),
    "btrim": _trim("trim"),
    "ltrim": _trim("ltrim"),
    "rtrim": _trim("rtrim"),
    "concat": _concat,
    "concat_ws": _concat_ws_plain,
    "substring": _substring,
    "substring_index": _substring_index,
    "left": _left,
    "right": "right({0}, ingot_count({1}))",
    "lpad": _pad("lpad"),
    "rpad": _pad("rpad"),
    "repeat": "repeat({0}, {1})",
    "reverse": _reverse,
    "replace": _replace,
    "translate": "translate({0}, {1}, {2})",
    "overlay": _overlay,
    "instr": _instr,
    "locate": _locate,
    "contains": _contains,
    "startswith": _by_hex("starts_with"),
    "endswith": _by_hex("ends_with"),
    "like": _like,
    "ilike": _like,
    "space": "repeat(' ', {0})",
    "find_in_set": _find_in_set,
    "elt": _elt,
    "format_number": number_format,
    "format_string": _printf,
    "is_valid_utf8": _by_type(
        "({0} IS NOT NULL OR NULL)", f"CASE WHEN {{0}} IS NOT NULL THEN {PREFIX}utf8_or_null({{0}}) IS NOT NULL END"
    ),
    "validate_utf8": _by_type("{0}", f"{PREFIX}utf8_validated({{0}})"),
    "try_validate_utf8": _by_type("{0}", f"{PREFIX}utf8_or_null({{0}})"),
    "make_valid_utf8": _by_type("{0}", f"{PREFIX}utf8_mended({{0}})"),
}

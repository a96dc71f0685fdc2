"""Strings and binary values."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.formats import number_format
from ingot.engines.duckdb.lowering.operators import like
from ingot.engines.duckdb.lowering.regex import checked_pattern, matches, replacement, searched, translated
from ingot.engines.duckdb.lowering.scope import fail
from ingot.engines.duckdb.types import quote_text


def _is_binary(call: Call) -> bool:
    return call.types[0].name == "binary"


def _by_type(of_string: Lowering, of_binary: Lowering) -> Lowering:
    def lower(call: Call) -> str:
        how = of_binary if _is_binary(call) else of_string
        return how.format(*call.sql) if isinstance(how, str) else how(call)

    return lower


def _no_binary(how: Lowering) -> Lowering:
    """Refuse the form over binary values."""

    def lower(call: Call) -> str:
        if _is_binary(call):
            raise call.refuse(f"{call.name} over binary values is not supported")
        return how.format(*call.sql) if isinstance(how, str) else how(call)

    return lower


def _trim(function: str) -> Lowering:
    """Spark trims blanks only; DuckDB's own trim every space that Unicode knows, which ASCII text has none of."""

    def lower(call: Call) -> str:
        if _is_binary(call):
            raise call.refuse(f"{call.name} over binary values is not supported")
        if len(call) > 1:
            return f"{function}({', '.join(call.sql)})"
        return call.scope.let(
            call.sql[0],
            lambda s: f"CASE WHEN strlen({s}) = length({s}) THEN {function}({s}) ELSE {function}({s}, ' ') END",
        )

    return lower


def _upper(call: Call) -> str:
    """Java writes two letters for a sharp s."""
    return call.scope.let(
        call.sql[0], lambda s: f"CASE WHEN contains({s}, 'ß') THEN upper(replace({s}, 'ß', 'SS')) ELSE upper({s}) END"
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
            return f"unhex({function}(hex({call.sql[0]}), ingot_count({call.sql[1]}) * 2, {fill}))"
        fill = call.sql[2] if len(call) > 2 else "' '"
        known = _literal(call, 2) if len(call) > 2 else " "
        padded = f"{function}({call.sql[0]}, ingot_count({call.sql[1]}), {fill})"
        if known:
            return padded
        return call.scope.let_all(
            [call.sql[0], call.sql[1], fill],
            lambda s, n, f: (
                f"CASE WHEN {f} = '' THEN left({s}, ingot_count({n})) ELSE "
                f"{function}({s}, ingot_count({n}), CASE WHEN {f} = '' THEN ' ' ELSE {f} END) END"
            ),
        )

    return lower


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
    return (
        f"array_to_string(list_filter({items}, lambda {(v := call.scope.variable())}: {v} IS NOT NULL), {call.sql[0]})"
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
        return (
            f"CASE WHEN {d} = '' OR {n} = 0 THEN CASE WHEN {s} IS NOT NULL THEN '' END "
            f"WHEN {n} > 0 THEN array_to_string(list_slice({parts}, 1, {n}), {d}) "
            f"ELSE array_to_string(list_slice({parts}, greatest(len({parts}) + {n} + 1, 1), len({parts})), {d}) END"
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
        [*call.sql[:3], length],
        lambda s, r, p, n: f"({part}({s}, 1, {p} - 1) || {r} || {part}({s}, {p} + {n}, 2147483647))",
    )


def _instr(call: Call) -> str:
    if len(call) > 2 and call.number(2) != 1:
        raise call.refuse("instr with an occurrence other than the first is not supported")
    return f"CAST(instr({call.sql[0]}, {call.sql[1]}) AS INTEGER)"


def _locate(call: Call) -> str:
    if len(call) == 2:
        return f"CAST(instr({call.sql[1]}, {call.sql[0]}) AS INTEGER)"

    def body(part: str, s: str, start: str) -> str:
        found = f"instr(substring({s}, {start}), {part})"
        return (
            f"CASE WHEN {part} IS NULL OR {s} IS NULL THEN NULL WHEN {start} IS NULL OR {start} < 1 THEN 0 "
            f"WHEN {found} = 0 THEN 0 ELSE CAST({found} + {start} - 1 AS INTEGER) END"
        )

    return call.let(body)


def _like(call: Call) -> str:
    escape = call.text(2) if len(call) > 2 else "\\"
    return like(call.arguments[0], call.arguments[1], escape, call.name == "ilike", call.node, call.scope)


def _rlike(call: Call) -> str:
    return matches(call.sql[0], call.arguments[1], call.scope)


def _regexp_replace(call: Call) -> str:
    if len(call) > 3 and call.number(3) != 1:
        raise call.refuse("regexp_replace from a position other than 1 is not supported")
    pattern = checked_pattern(call.arguments[1], call.scope)
    return f"regexp_replace({_searched(call)}, {pattern}, {replacement(call.arguments[2])}, 'g')"


def _searched(call: Call) -> str:
    return searched(call.sql[0], call.arguments[1], call.scope)


def _groups(call: Call) -> int:
    import re

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
    pattern = checked_pattern(call.arguments[1], call.scope)
    return f"regexp_extract_all({_searched(call)}, {pattern}, {_group(call)})"


def _regexp_count(call: Call) -> str:
    return (
        f"CAST(len(regexp_extract_all({_searched(call)}, {checked_pattern(call.arguments[1], call.scope)})) AS INTEGER)"
    )


def _whole(call: Call) -> str:
    """The pattern in brackets, so that group 1 is the whole match."""
    return quote_text("(" + translated(call.text(1), call.node) + ")")


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
        lambda s: f"CASE WHEN regexp_matches({s}, {pattern}) THEN regexp_extract({s}, {pattern}, 0) END",
    )


def _split(call: Call) -> str:
    limit = call.number(2, -1) if len(call) > 2 else -1
    pattern = call.text(1)
    if pattern == "" or translated(pattern, call.node) in ("()", ".*", "^", "$"):
        raise call.refuse("split by a pattern that matches nothing is not supported")
    if limit > 0:
        return _split_limited(call, limit)
    plain = plain_separator(pattern)
    if plain is not None:
        parts = f"string_split({call.sql[0]}, {quote_text(plain)})"
    else:
        parts = f"string_split_regex({_searched(call)}, {checked_pattern(call.arguments[1], call.scope)})"
    if limit == 0:
        return call.scope.let(
            parts,
            lambda p: (
                f"CASE WHEN len(list_filter({p}, lambda ingot_x: ingot_x <> '')) = 0 THEN list_slice({p}, 1, least(len({p}), 1)) "
                f"ELSE list_slice({p}, 1, list_max(list_filter(range(1, len({p}) + 1), lambda ingot_x: {p}[ingot_x] <> ''))) END"
            ),
        )
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
            f"CASE WHEN {n} = 0 THEN {zero} WHEN {d} = '' THEN CASE WHEN abs({n}) = 1 THEN {s} ELSE '' END "
            f"ELSE coalesce(list_extract(string_split({s}, {d}), {n}), CASE WHEN {s} || {d} IS NOT NULL THEN '' END) END"
        )

    return call.let(body)


def _char(call: Call) -> str:
    return call.scope.let(
        call.sql[0], lambda n: f"CASE WHEN {n} < 0 THEN '' ELSE chr(CAST((({n} % 256) + 256) % 256 AS INTEGER)) END"
    )


def _hex(call: Call) -> str:
    if call.types[0].name == "string":
        return f"hex(encode({call.sql[0]}))"
    return f"hex({call.sql[0]})"


def _unhex(call: Call) -> str:
    return call.scope.let(
        call.sql[0],
        lambda s: (
            f"CASE WHEN regexp_full_match({s}, '[0-9a-fA-F]*') THEN "
            f"unhex(CASE WHEN length({s}) % 2 = 1 THEN '0' || {s} ELSE {s} END) END"
        ),
    )


def _encode(call: Call) -> str:
    charset = call.text(1).lower()
    if charset not in ("utf-8", "utf8"):
        raise call.refuse(f"{call.name} with the charset {charset!r} is not supported", "use 'utf-8'")
    return f"{call.name}({call.sql[0]})"


def _decode(call: Call) -> str:
    if len(call) == 2:
        return _encode(call)
    value, rest = call.sql[0], call.sql[1:]
    default = rest.pop() if len(rest) % 2 else "NULL"

    def body(v: str) -> str:
        whens = " ".join(
            f"WHEN {v} IS NOT DISTINCT FROM {k} THEN {r}" for k, r in zip(rest[::2], rest[1::2], strict=True)
        )
        return f"CASE {whens} ELSE {default} END"

    return call.scope.let(value, body)


def _to_binary(call: Call) -> str:
    form = call.text(1).lower() if len(call) > 1 else "hex"
    is_safe = call.name.startswith("try_")
    if form in ("utf-8", "utf8"):
        return f"encode({call.sql[0]})"
    if form == "hex":
        return call.scope.let(
            call.sql[0],
            lambda s: (
                f"CASE WHEN regexp_full_match({s}, '([0-9a-fA-F]{{2}})*') THEN unhex({s}) "
                f"WHEN {s} IS NOT NULL THEN {'NULL' if is_safe else fail('CONVERSION_INVALID_INPUT: not hexadecimal', 'BLOB')} END"
            ),
        )
    if form == "base64":
        return _unbase64_of(call.sql[0], call, is_safe)
    raise call.refuse(f"{call.name} with the format {form!r} is not supported", "use 'hex', 'base64' or 'utf-8'")


def _unbase64(call: Call) -> str:
    return _unbase64_of(call.sql[0], call, is_safe=False)


def _unbase64_of(sql: str, call: Call, is_safe: bool) -> str:
    """Java takes missing padding; DuckDB wants it."""

    def body(s: str) -> str:
        bare = f"rtrim(regexp_replace({s}, '\\s', '', 'g'), '=')"
        padded = f"{bare} || repeat('=', (4 - length({bare}) % 4) % 4)"
        return f"TRY(from_base64({padded}))" if is_safe else f"from_base64({padded})"

    return call.scope.let(sql, body)


def _levenshtein(call: Call) -> str:
    distance = f"CAST(levenshtein({call.sql[0]}, {call.sql[1]}) AS INTEGER)"
    if len(call) == 2:
        return _ascii_only(call, distance)
    return call.scope.let(_ascii_only(call, distance), lambda d: f"CASE WHEN {d} > {call.sql[2]} THEN -1 ELSE {d} END")


def _ascii_only(call: Call, sql: str) -> str:
    """DuckDB counts bytes; for other letters than ASCII the answer would differ, so it raises."""
    texts = call.sql[:2]
    wide = " OR ".join(f"strlen({t}) <> length({t})" for t in texts)
    return f"CASE WHEN {wide} THEN {fail('levenshtein of other than ASCII letters is not supported', 'INTEGER')} ELSE {sql} END"


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


def _printf(call: Call) -> str:
    """C's and Java's formats agree for d, s, x, o, c and, but for rounding, f and e."""
    import re

    pattern = call.text(0)
    found = re.findall(r"%(?:%|n|([-0+ ,#(]*)(\d*)(?:\.(\d+))?([a-zA-Z]))", pattern)
    arguments: list[str] = []
    kinds = [f for f in found if f[3]]
    if re.search(r"%\d+\$|%<", pattern) or len(kinds) > len(call) - 1:
        raise call.refuse(f"the format {pattern!r} is not supported")
    for (flags, _, precision, letter), sql, data_type in zip(kinds, call.sql[1:], call.types[1:], strict=False):
        if letter == "s" and not flags.strip("-") and not precision:
            from ingot.engines.duckdb.lowering.casts import Converter, Mode

            shown = Converter(call.scope, Mode.ANSI, call.node).to_string(sql, data_type)
            arguments.append(f"coalesce({shown}, 'null')")
        elif (
            letter in "dxX"
            and data_type.name in ("tinyint", "smallint", "int", "bigint")
            and not set(flags) & set(",(")
        ):
            arguments.append(sql)
        elif letter == "f" and data_type.name in ("float", "double", "decimal") and not set(flags) & set(",(#"):
            digits = int(precision or 6)
            arguments.append(f"CAST(round(CAST({sql} AS DECIMAL(38,15)), {min(digits, 15)}) AS DOUBLE)")
        else:
            raise call.refuse(f"%{flags}{letter} of a {data_type.ddl} in the format {pattern!r} is not supported")
    text = pattern.replace("%n", "\n")
    sql = f"printf({', '.join([quote_text(text), *arguments])})"
    nullable = [a for (_, _, _, letter), a in zip(kinds, call.sql[1:], strict=False) if letter != "s"]
    if nullable:
        some_null = " OR ".join(f"{a} IS NULL" for a in nullable)
        return f"CASE WHEN {some_null} THEN {fail('format_string of NULL as a number is not supported', 'VARCHAR')} ELSE {sql} END"
    return sql


def _replace(call: Call) -> str:
    return f"replace({call.sql[0]}, {call.sql[1]}, {call.sql[2] if len(call) > 2 else quote_text('')})"


def _soundex(call: Call) -> str:
    raise call.refuse("soundex is not supported")


LOWERINGS: dict[str, Lowering] = {
    "length": _by_type("CAST(length({0}) AS INTEGER)", "CAST(octet_length({0}) AS INTEGER)"),
    "octet_length": _by_type("CAST(strlen({0}) AS INTEGER)", "CAST(octet_length({0}) AS INTEGER)"),
    "bit_length": _by_type("CAST(strlen({0}) * 8 AS INTEGER)", "CAST(octet_length({0}) * 8 AS INTEGER)"),
    "upper": _upper,
    "lower": _lower,
    "initcap": "ingot_initcap({0})",
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
    "reverse": lambda c: f"list_reverse({c.sql[0]})" if c.type.name == "array" else f"reverse({c.sql[0]})",
    "replace": _replace,
    "translate": "translate({0}, {1}, {2})",
    "overlay": _overlay,
    "instr": _instr,
    "locate": _locate,
    "contains": _no_binary("contains({0}, {1})"),
    "startswith": _no_binary("starts_with({0}, {1})"),
    "endswith": _no_binary("ends_with({0}, {1})"),
    "like": _like,
    "ilike": _like,
    "rlike": _rlike,
    "regexp_replace": _regexp_replace,
    "regexp_extract": _regexp_extract,
    "regexp_extract_all": _regexp_extract_all,
    "regexp_count": _regexp_count,
    "regexp_instr": _regexp_instr,
    "regexp_substr": _regexp_substr,
    "split": _split,
    "split_part": _split_part,
    "ascii": "ascii({0})",
    "char": _char,
    "base64": "to_base64({0})",
    "unbase64": _unbase64,
    "hex": _hex,
    "unhex": _unhex,
    "encode": _encode,
    "decode": _decode,
    "levenshtein": _levenshtein,
    "space": "repeat(' ', {0})",
    "find_in_set": _find_in_set,
    "elt": _elt,
    "format_number": number_format,
    "format_string": _printf,
    "to_binary": _to_binary,
    "try_to_binary": _to_binary,
    "is_valid_utf8": "({0} IS NOT NULL OR NULL)",
    "validate_utf8": "{0}",
    "try_validate_utf8": "{0}",
    "make_valid_utf8": "{0}",
}

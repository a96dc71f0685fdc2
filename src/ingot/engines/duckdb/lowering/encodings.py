"""Text as bytes and bytes as text: character sets, base 16, 32 and 64, codes of letters."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.kernels.texts import CHARSETS
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.scope import Scope, fail, literal

_BASE64 = "(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==+)?|[A-Za-z0-9+/]{3}=*)?"


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
    charset = literal(call.arguments[1])
    if charset is not None and charset.lower() in ("utf-8", "utf8") and call.name == "encode":
        return f"encode({call.sql[0]})"
    if charset is not None and charset.lower() not in CHARSETS:
        raise call.refuse(f"{call.name} with the charset {charset!r} is not supported", "use 'utf-8'")
    return f"{PREFIX}{call.name}({call.sql[0]}, {call.sql[1]})"


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
                f"CASE WHEN regexp_full_match({s}, '[0-9a-fA-F]*') THEN unhex(repeat('0', length({s}) % 2) || {s}) "
                f"WHEN {s} IS NOT NULL THEN {'NULL' if is_safe else fail('CONVERSION_INVALID_INPUT: not hexadecimal', 'BLOB')} END"
            ),
        )
    if form == "base64":
        return _unbase64_of(call.sql[0], call, is_safe)
    if is_safe:
        return "CAST(NULL AS BLOB)"
    raise call.refuse(f"{call.name} with the format {form!r} is not supported", "use 'hex', 'base64' or 'utf-8'")


def lines_of_base64(sql: str, scope: Scope) -> str:
    """A blob as base64 in lines of 76 characters, as MIME has it; the last line has no end."""

    def body(text: str) -> str:
        lines = f"regexp_replace({text}, '(.{{76}})', '\\1' || chr(13) || chr(10), 'g')"
        return f"CASE WHEN length({text}) > 76 THEN rtrim({lines}, chr(13) || chr(10)) ELSE {text} END"

    return scope.let(f"to_base64({sql})", body)


def _base64(call: Call) -> str:
    return lines_of_base64(call.sql[0], call.scope)


def _unbase64(call: Call) -> str:
    return _unbase64_of(call.sql[0], call, is_safe=False)


def _unbase64_of(sql: str, call: Call, is_safe: bool) -> str:
    """Java takes missing padding, and for `unbase64` any sign between the letters; DuckDB wants the one, not the other."""
    other = "[^A-Za-z0-9+/=]" if call.name == "unbase64" else "\\s"

    def body(s: str) -> str:
        bare = f"rtrim({s}, '=')"
        padded = f"from_base64({bare} || repeat('=', (4 - length({bare}) % 4) % 4))"
        wrong = "NULL" if is_safe else fail("CONVERSION_INVALID_INPUT: not base 64", "BLOB")
        return f"CASE WHEN regexp_full_match({s}, '{_BASE64}') THEN {padded} WHEN {s} IS NOT NULL THEN {wrong} END"

    return call.scope.let(f"regexp_replace({sql}, '{other}', '', 'g')", body)


LOWERINGS: dict[str, Lowering] = {
    "ascii": "ascii({0})",
    "char": _char,
    "base64": _base64,
    "unbase64": _unbase64,
    "hex": _hex,
    "unhex": _unhex,
    "encode": _encode,
    "decode": _decode,
    "to_binary": _to_binary,
    "try_to_binary": _to_binary,
    "to_base32": f"{PREFIX}to_base32({{0}})",
    "from_base32": f"{PREFIX}from_base32({{0}})",
}

"""Text of a known form: URLs, card numbers, masks."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from ingot.engines.duckdb.kernels import PREFIX
from ingot.engines.duckdb.lowering.call import Call, Lowering
from ingot.engines.duckdb.lowering.scope import fail
from ingot.engines.duckdb.types import quote_text


def _mask(call: Call) -> str:
    given = [call.sql[i] if i < len(call) else d for i, d in enumerate(["", "'X'", "'x'", "'n'", "NULL"])]

    char = call.scope.variable()
    one = (
        f"CASE WHEN regexp_full_match({char}, '\\p{{Lu}}') THEN coalesce({given[1]}, {char}) "
        f"WHEN regexp_full_match({char}, '\\p{{Ll}}') THEN coalesce({given[2]}, {char}) "
        f"WHEN regexp_full_match({char}, '\\p{{Nd}}') THEN coalesce({given[3]}, {char}) ELSE coalesce({given[4]}, {char}) END"
    )
    return f"array_to_string(list_transform(list_filter(string_split({given[0]}, ''), lambda {char}: {char} <> ''), lambda {char}: {one}), '')"


def _luhn(call: Call) -> str:
    digit, at = call.scope.variable(), call.scope.variable()
    doubled = f"CAST({digit} AS INTEGER) * (CASE WHEN {at} % 2 = 0 THEN 2 ELSE 1 END)"

    def body(s: str) -> str:
        total = f"list_sum(list_transform(string_split(reverse({s}), ''), lambda {digit}, {at}: ({doubled}) // 10 + ({doubled}) % 10))"
        return f"CASE WHEN {s} IS NULL THEN NULL WHEN NOT regexp_full_match({s}, '[0-9]+') THEN FALSE ELSE {total} % 10 = 0 END"

    return call.scope.let(call.sql[0], body)


def _url_encode(call: Call) -> str:
    sql = f"replace(url_encode({call.sql[0]}), '%20', '+')"
    return f"replace(replace({sql}, '~', '%7E'), '%2A', '*')"


# The parts of a URI as java.net.URI reads them (RFC 2396, relative ones too).
_SCHEME = r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)"
_TEXT = r"\s\pZ\x00-\x1f\x7f-\x{9f}\"<>\\^`{|}"
_STEP, _STEPS, _URIC = rf"[^{_TEXT}\[\]?#/]", rf"[^{_TEXT}\[\]?#]*", rf"[^{_TEXT}#]*"
_AUTHORITY = rf"[^{_TEXT}?#/]+"
_HIERARCHY = rf"(?://(?:{_AUTHORITY}(?:/{_STEPS})?|/{_STEPS})|/(?:{_STEP}{_STEPS})?)"
_RELATIVE = rf"(?:[^{_TEXT}\[\]?#/:]+(?:/{_STEPS})?)?"
_URI = rf"^(?:{_SCHEME}(?:{_HIERARCHY}|{_STEP}{_STEPS})|{_HIERARCHY}|{_RELATIVE})(?:\?{_URIC})?(?:#{_URIC})?$"
_BAD_ESCAPE = r"%(?:[^0-9A-Fa-f]|[0-9A-Fa-f][^0-9A-Fa-f]|[0-9A-Fa-f]?$)"
_OPAQUE = rf"^{_SCHEME}[^/]"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?"
_HOST = rf"(?:(?:{_LABEL}\.)*[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.?|\d+\.\d+\.\d+\.\d+|\[[0-9A-Fa-f:.]+\])"
_URI_PARTS = {
    "PROTOCOL": r"^([A-Za-z][A-Za-z0-9+.\-]*):",
    "HOST": rf"^{_SCHEME}?//(?:[^/?#@]*@)?({_HOST})(?::\d*)?(?:[/?#]|$)",
    "PATH": rf"^{_SCHEME}?(?://[^/?#]*)?([^?#]*)",
    "FILE": rf"^{_SCHEME}?(?://[^/?#]*)?([^#]*)",
    "QUERY": r"^[^?#]*\?([^#]*)",
    "REF": r"#(.*)$",
    "AUTHORITY": rf"^{_SCHEME}?//([^/?#]+)",
    "USERINFO": rf"^{_SCHEME}?//([^/?#@]*)@{_HOST}(?::\d*)?(?:[/?#]|$)",
}


def _parse_url(call: Call) -> str:
    part = call.text(1)
    if part not in _URI_PARTS:
        return "CAST(NULL AS VARCHAR)"
    pattern = _URI_PARTS[part]
    if len(call) > 2:
        if part != "QUERY":
            return "CAST(NULL AS VARCHAR)"
        pattern = rf"^[^?#]*\?(?:[^#]*?&)??{_quoted_regex(call.text(2))}=([^&#]*)"
    pattern = quote_text(pattern)
    wrong = (
        "NULL"
        if call.name.startswith("try_") or not call.is_ansi
        else fail("INVALID_URL: the URL cannot be read", "VARCHAR")
    )
    opaque = "" if part in ("PROTOCOL", "REF") else f"AND NOT regexp_matches({{u}}, {quote_text(_OPAQUE)})"
    return call.scope.let(
        call.sql[0],
        lambda u: (
            f"CASE WHEN {u} IS NULL THEN NULL WHEN NOT regexp_matches({u}, {quote_text(_URI)}) "
            f"OR regexp_matches({u}, {quote_text(_BAD_ESCAPE)}) THEN {wrong} "
            f"WHEN regexp_matches({u}, {pattern}) {opaque.format(u=u)} THEN regexp_extract({u}, {pattern}, 1) END"
        ),
    )


def _quoted_regex(text: str) -> str:
    import re

    return re.escape(text)


def _url_decode(call: Call) -> str:
    sql = f"url_decode(replace({call.sql[0]}, '+', ' '))"
    invalid = f"regexp_matches({call.sql[0]}, '%(?:[^0-9a-fA-F]|[0-9a-fA-F][^0-9a-fA-F]|.?$)')"
    wrong = "NULL" if call.name.startswith("try_") else fail("CANNOT_DECODE_URL: the text is no encoded URL", "VARCHAR")
    return f"CASE WHEN {invalid} THEN {wrong} ELSE {sql} END"


def _levenshtein(call: Call) -> str:
    """DuckDB counts bytes, which are the letters of ASCII text."""

    def body(a: str, b: str) -> str:
        wide = f"strlen({a}) <> length({a}) OR strlen({b}) <> length({b})"
        return f"CASE WHEN {wide} THEN {PREFIX}levenshtein({a}, {b}) ELSE CAST(levenshtein({a}, {b}) AS INTEGER) END"

    distance = call.scope.let_all(call.sql[:2], body)
    if len(call) == 2:
        return distance
    return call.scope.let_all(
        [distance, call.sql[2]],
        lambda d, n: f"CASE WHEN {d} > {n} THEN -1 WHEN {n} IS NOT NULL THEN {d} END",
    )


def _conv(call: Call) -> str:
    return f"{PREFIX}conv({', '.join(call.sql)}, {str(call.is_ansi).upper()})"


def _randstr(call: Call) -> str:
    if len(call) > 1:
        raise call.refuse(
            f"{call.name} with a seed is not supported: Spark's letters depend on its partitions", "leave the seed out"
        )
    if call.number(0) < 0:
        raise call.refuse(f"{call.name} takes a length of 0 or more, not {call.number(0)}")
    return f"{PREFIX}randstr({call.number(0)})"


LOWERINGS: dict[str, Lowering] = {
    "conv": _conv,
    "jaro_winkler_similarity": f"{PREFIX}jaro_winkler({{0}}, {{1}})",
    "levenshtein": _levenshtein,
    "quote": r"(chr(39) || replace({0}, chr(39), '\' || chr(39)) || chr(39))",
    "soundex": f"{PREFIX}soundex({{0}})",
    "randstr": _randstr,
    "mask": _mask,
    "luhn_check": _luhn,
    "url_encode": _url_encode,
    "url_decode": _url_decode,
    "try_url_decode": _url_decode,
    "parse_url": _parse_url,
    "try_parse_url": _parse_url,
}

"""DuckDB macros for what is too long to be written into a query each time.

Each is created only on connections whose query uses it. Owns their text; which one is used is decided where
functions are lowered.
"""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

import re
from functools import lru_cache

from ingot.engines.duckdb.lowering import hash_macros, time_macros

# What Java's UTF8String.trimAll takes away: blanks and control characters.
_BLANK = r"[\x00-\x20\x7f]*"
_WIDE_DIGITS = "".join(chr(0xFF10 + digit) for digit in range(10))
_DATE = r"([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})"
_ZONE = r"(Z|UTC|GMT|UT|(?:UTC|GMT|UT)?[+-]\d{1,2}(?::?\d{2})?(?::?\d{2})?|[A-Za-z]+/[A-Za-z_/+-]+|NAMED)?"

_NAMED = (
    "ACT|AET|AGT|ART|AST|BET|BST|CAT|CNT|CST|CTT|EAT|ECT|EST|HST|IET|IST|JST|MIT|MST|NET|NST|PLT|PNT|PRT|PST|SST|VST|CET|EET|MET|WET|"
    "CST6CDT|EST5EDT|MST7MDT|PST8PDT|Cuba|Egypt|Eire|GB|GB-Eire|GMT0|Greenwich|Hongkong|Iceland|Iran|Israel|Jamaica|Japan|"
    "Kwajalein|Libya|NZ|NZ-CHAT|Navajo|PRC|Poland|Portugal|ROK|Singapore|Turkey|UCT|Universal|W-SU|Zulu"
)

_ZONE = _ZONE.replace("NAMED", _NAMED)

MACROS: dict[str, str] = {
    # --- text of numbers -----------------------------------------------------------------------------------
    "ingot_digits_e(s)": """CASE
        WHEN contains(s, 'e') THEN
            (CASE WHEN contains(split_part(s, 'e', 1), '.') THEN split_part(s, 'e', 1) ELSE split_part(s, 'e', 1) || '.0' END)
            || 'E' || CAST(CAST(split_part(s, 'e', 2) AS INTEGER) AS VARCHAR)
        WHEN starts_with(s, '0.') THEN invoke(lambda d: d[1] || '.' || (CASE WHEN length(d) > 1 THEN d[2:] ELSE '0' END)
            || 'E-' || CAST(length(s) - 1 - length(d) AS VARCHAR), ltrim(s[3:], '0'))
        ELSE invoke(lambda d: d[1] || '.' || (CASE WHEN length(d) > 1 THEN d[2:] ELSE '0' END)
            || 'E' || CAST(length(split_part(s, '.', 1)) - 1 AS VARCHAR), rtrim(replace(s, '.', ''), '0'))
        END""",
    "ingot_float_text(x)": """CASE
        WHEN x IS NULL THEN NULL
        WHEN isnan(x) THEN 'NaN'
        WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
        WHEN x = 0 OR (abs(x) >= 0.001 AND abs(x) < 10000000) THEN CAST(x AS VARCHAR)
        ELSE (CASE WHEN x < 0 THEN '-' ELSE '' END) || ingot_digits_e(CAST(abs(x) AS VARCHAR)) END""",
    # --- numbers from text ---------------------------------------------------------------------------------
    "ingot_integer_text(x)": rf"""CASE WHEN regexp_full_match(x, '{_BLANK}[+-]?\d+{_BLANK}')
        THEN regexp_extract(x, '[+-]?\d+') END""",
    "ingot_truncated_text(x)": rf"""CASE WHEN regexp_full_match(x, '{_BLANK}[+-]?(?:\d+\.?\d*|\.\d+){_BLANK}')
        THEN invoke(lambda t: CASE WHEN t IN ('', '-', '+') THEN '0' ELSE t END, regexp_extract(x, '{_BLANK}([+-]?\d*)', 1)) END""",
    "ingot_double_text(x)": rf"""invoke(lambda t: CASE
        WHEN regexp_full_match(t, '[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?') THEN rtrim(t, 'dDfF')
        WHEN lower(t) IN ('inf', '+inf', 'infinity', '+infinity') THEN 'inf'
        WHEN lower(t) IN ('-inf', '-infinity') THEN '-inf'
        WHEN lower(t) = 'nan' THEN 'nan' END, regexp_replace(x, '^{_BLANK}|{_BLANK}$', '', 'g'))""",
    # Java takes the digits of other scripts in decimals alone; those of full width are met.
    "ingot_decimal_text(x)": rf"""invoke(lambda t: CASE
        WHEN regexp_full_match(t, '[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?') THEN ingot_without_exponent(lower(t)) END,
        translate(regexp_replace(x, '^{_BLANK}|{_BLANK}$', '', 'g'), '{_WIDE_DIGITS}', '0123456789'))""",
    # DuckDB reads exponents into decimals that they do not fit, and not into some that they do.
    "ingot_without_exponent(t)": """CASE WHEN contains(t, 'e') THEN (CASE WHEN starts_with(t, '-') THEN '-' ELSE '' END)
        || ingot_moved_point(ltrim(split_part(t, 'e', 1), '+-'), TRY_CAST(split_part(t, 'e', 2) AS INTEGER)) ELSE t END""",
    "ingot_moved_point(m, e)": """invoke(lambda d, p: CASE WHEN p <= 0 THEN '0.' || repeat('0', least(-p, 100)) || d
        WHEN p >= length(d) THEN d || repeat('0', least(p - length(d), 100)) ELSE d[:p] || '.' || d[p + 1:] END,
        replace(m, '.', ''), (CASE WHEN contains(m, '.') THEN strpos(m, '.') - 1 ELSE length(m) END) + e)""",
    "ingot_boolean(x)": rf"""invoke(lambda t: CASE WHEN t IN ('t', 'true', 'y', 'yes', '1') THEN TRUE
        WHEN t IN ('f', 'false', 'n', 'no', '0') THEN FALSE END, lower(regexp_replace(x, '^{_BLANK}|{_BLANK}$', '', 'g')))""",
    # Years that have a sign in Java, and that before the year 1.
    "ingot_far_date(d)": """(CASE WHEN year(d) > 9999 THEN '+' || CAST(year(d) AS VARCHAR)
        ELSE (CASE WHEN year(d) < 0 THEN '-' ELSE '' END) || lpad(CAST(abs(year(d)) AS VARCHAR), 4, '0') END)
        || '-' || lpad(CAST(month(d) AS VARCHAR), 2, '0') || '-' || lpad(CAST(day(d) AS VARCHAR), 2, '0')""",
    "ingot_date_shown(d)": "CASE WHEN d >= DATE '0001-01-01' AND d <= DATE '9999-12-31' THEN CAST(d AS VARCHAR) WHEN d IS NOT NULL THEN ingot_far_date(d) END",
    "ingot_time_shown(t)": """CASE WHEN t >= TIMESTAMP '0001-01-01' AND t < TIMESTAMP '10000-01-01' THEN CAST(t AS VARCHAR)
        WHEN t IS NOT NULL THEN ingot_far_date(CAST(t AS DATE)) || ' ' || CAST(CAST(t AS TIME) AS VARCHAR) END""",
    # --- dates and timestamps from text ----------------------------------------------------------------------
    # The text that DuckDB reads as the date; NULL where Spark reads none.
    "ingot_date_text(x)": rf"""CASE WHEN regexp_full_match(x, '(?s){_BLANK}{_DATE}(?:[ T].*)?)?)?{_BLANK}') THEN
        invoke(lambda p: ltrim(p[1], '+') || '-' || (CASE p[2] WHEN '' THEN '1' ELSE p[2] END)
            || '-' || (CASE p[3] WHEN '' THEN '1' ELSE p[3] END),
            [regexp_extract(x, '{_DATE})?)?', 1), regexp_extract(x, '{_DATE})?)?', 2), regexp_extract(x, '{_DATE})?)?', 3)]) END""",
    "ingot_time_text(x)": rf"""CASE
        WHEN regexp_full_match(x, '{_BLANK}{_DATE})?)?{_BLANK}') THEN ingot_date_text(x) || ' 00:00:00'
        WHEN regexp_full_match(x, '{_BLANK}{_DATE}[ T]\d{{1,2}}(?::\d{{1,2}}(?::\d{{1,2}}(?:\.\d*)?)?)?[ ]*{_ZONE}))?{_BLANK}') THEN
        invoke(lambda t: CASE WHEN CAST(split_part(t, ':', 1) AS INTEGER) < 24 THEN ingot_date_text(x) || ' '
            || split_part(t, ':', 1) || ':' || (CASE split_part(t, ':', 2) WHEN '' THEN '0' ELSE split_part(t, ':', 2) END)
            || ':' || (CASE split_part(t, ':', 3) WHEN '' THEN '0' ELSE rtrim(split_part(t, ':', 3), '.') END) END,
            regexp_extract(x, '[ T](\d{{1,2}}(?::\d{{1,2}}(?::\d{{1,2}}(?:\.\d{{0,6}})?)?)?)', 1)) END""",
    "ingot_zone_text(x)": rf"""regexp_extract(x, '[ T]\d{{1,2}}(?::\d{{1,2}}(?::\d{{1,2}}(?:\.\d*)?)?)?[ ]*{_ZONE}{_BLANK}$', 1)""",
    "ingot_offset_us(z)": r"""invoke(lambda o: (CASE WHEN starts_with(o, '-') THEN -1000000 ELSE 1000000 END) * CAST(
        (CASE WHEN contains(o, ':') THEN CAST(split_part(o[2:], ':', 1) AS BIGINT) ELSE CAST(o[2:3] AS BIGINT) END) * 3600
        + (CASE WHEN contains(o, ':') THEN CAST(split_part(o, ':', 2) AS BIGINT) WHEN length(o) >= 5 THEN CAST(o[4:5] AS BIGINT) ELSE 0 END) * 60
        AS BIGINT), regexp_extract(z, '[+-].*$'))""",
    # What has a meaning in Spark that is not given here: a time alone is of the day of the run.
    "ingot_is_other_time(x)": rf"""regexp_full_match(x, '{_BLANK}(?:T\d{{1,2}}(?::\d{{1,2}}){{0,2}}|\d{{1,2}}(?::\d{{1,2}}){{1,2}})(?:\.\d*)?[ ]*{_ZONE}{_BLANK}')""",
    "ingot_instant_slow(x, home, strict)": """invoke(lambda t, z: CASE
        WHEN t IS NULL AND ingot_is_other_time(x) THEN CAST('UNSUPPORTED_TIMESTAMP: ''' || x || ''' is a time without a date' AS TIMESTAMPTZ)
        WHEN t IS NULL THEN NULL
        WHEN z = '' THEN ingot_moment_in(t, home)
        WHEN z IN ('Z', 'UTC', 'GMT', 'UT') THEN make_timestamptz(epoch_us(t))
        WHEN regexp_matches(z, '[A-Za-z]') AND NOT ingot_is_offset(z) THEN ingot_moment_in(t, z)
        ELSE make_timestamptz(epoch_us(t) - ingot_offset_us(z)) END,
        CASE WHEN strict THEN CAST(coalesce(ingot_time_text(x), 'CAST_INVALID_INPUT: ''' || x || ''' is not a timestamp') AS TIMESTAMP)
             ELSE TRY_CAST(ingot_time_text(x) AS TIMESTAMP) END, ingot_zone_text(x))""",
    "ingot_is_plain_date(x)": """x >= '0' AND x LIKE '____-__-__%' AND (length(x) = 10 OR substr(x, 11, 1) IN (' ', 'T'))""",
    "ingot_is_plain_time(x)": """x >= '0' AND (x LIKE '____-__-__ __:__:__' OR (x LIKE '____-__-__T__:__:__%'
        AND (length(x) = 19 OR (x LIKE '%Z' AND substr(x, 20, 1) IN ('Z', '.')))))
        AND substr(x, 12, 2) BETWEEN '00' AND '23'""",
    # By far the most frequent form, and the cheapest test; DuckDB takes the hour 24, Spark does not.
    "ingot_is_usual_time(x)": """x LIKE '____-__-__ __:__:__' AND x >= '0' AND NOT ends_with(x, '24:00:00')""",
    "ingot_without_line_end(s)": """CASE WHEN ends_with(s, chr(10)) OR ends_with(s, chr(13)) THEN ingot_ends_line(s)
        ELSE ingot_without_rare_line_end(s) END""",
    "ingot_without_rare_line_end(s)": """CASE WHEN ends_with(s, chr(133)) OR ends_with(s, chr(8232)) OR ends_with(s, chr(8233))
        THEN ingot_ends_line(s) ELSE s END""",
    "ingot_ends_line(s)": """CAST(CAST('UNSUPPORTED_PATTERN: a pattern with $ is searched in a text that ends with a line end; use regexp_replace with \\s+$ to take it away first'
        || left(s, 0) AS INTEGER) AS VARCHAR)""",
    # --- words -------------------------------------------------------------------------------------------------
    "ingot_initcap(s)": r"""array_to_string(list_transform(string_split(lower(s), ' '),
        lambda w: upper(w[1]) || w[2:]), ' ')""",
    "ingot_count(n)": "CASE WHEN n < 0 THEN 0 ELSE n END",  # greatest(n, 0) would make 0 of NULL
    "ingot_substring_bytes(s, p, n)": """unhex(ingot_substring(hex(s),
        CASE WHEN p > 0 THEN p::BIGINT * 2 - 1 ELSE p::BIGINT * 2 END, n::BIGINT * 2))""",
    "ingot_substring(s, p, n)": """invoke(lambda b, e: CASE WHEN s IS NULL OR p IS NULL OR n IS NULL THEN NULL
        WHEN e <= b OR e <= 0 THEN '' ELSE substring(s, greatest(b, 0) + 1, e - greatest(b, 0)) END,
        CASE WHEN p > 0 THEN p - 1 WHEN p < 0 THEN length(s) + p ELSE 0 END,
        least((CASE WHEN p > 0 THEN p - 1 WHEN p < 0 THEN length(s) + p ELSE 0 END) + n::BIGINT, length(s)))""",
    "ingot_months_between(a, b, sa, sb, rounded)": """invoke(lambda x, y: invoke(lambda r: CASE WHEN rounded THEN round(r, 8) ELSE r END, CASE
        WHEN day(x) = day(y) OR (day(x) = day(last_day(x)) AND day(y) = day(last_day(y)))
        THEN CAST((year(x) - year(y)) * 12 + month(x) - month(y) AS DOUBLE)
        ELSE (year(x) - year(y)) * 12 + month(x) - month(y) + ((day(x) - day(y)) * 86400.0::DOUBLE + sa - sb) / 2678400.0::DOUBLE END),
        a, b)""",
}

_BY_NAME = {
    signature.split("(")[0]: (signature, body)
    for signature, body in {**MACROS, **hash_macros.MACROS, **time_macros.MACROS}.items()
}
_NAME = r"\bingot_\w+"  # compiled, and kept by `re`, when it is first used


@lru_cache(maxsize=256)
def _needed(name: str) -> tuple[str, ...]:
    """A macro and those that it uses, in the order of creation."""
    inner = [n for n in dict.fromkeys(re.findall(_NAME, _BY_NAME[name][1])) if n in _BY_NAME and n != name]
    ordered = dict.fromkeys(deeper for n in inner for deeper in _needed(n))
    return (*ordered, name)


def macros_used(sql: str) -> list[str]:
    """The statements that create the macros that a query uses, in order; run them on its connection first."""
    names = dict.fromkeys(
        n for found in dict.fromkeys(re.findall(_NAME, sql)) if found in _BY_NAME for n in _needed(found)
    )
    return [_creation(name) for name in names]


@lru_cache(maxsize=256)
def _creation(name: str) -> str:
    signature, body = _BY_NAME[name]
    return f"CREATE OR REPLACE MACRO {signature} AS {_with_own_names(body)}"


def _with_own_names(body: str) -> str:
    """Prefix the variables of lambdas, so that they never capture a column of the argument."""
    variables = {v.strip() for names in re.findall(r"lambda ([\w, ]+):", body) for v in names.split(",")}
    word = re.compile(r"\b(" + "|".join(sorted(variables)) + r")\b") if variables else None
    pieces = re.split(r"('(?:[^']|'')*')", body)
    return "".join(p if p.startswith("'") or word is None else word.sub(r"ingot_\1", p) for p in pieces)


def all_macros() -> list[str]:
    """The statements that create every macro."""
    return [_creation(name) for name in dict.fromkeys(n for found in _BY_NAME for n in _needed(found))]

"""DuckDB macros about time: intervals and time zones. Owns their text; who calls them is told by what is lowered."""

# ruff: noqa: E501 - a piece of SQL is read best on one line

from __future__ import annotations

from ingot.engines.duckdb.lowering.zones import SHORT_NAMES

MACROS = {
    "ingot_half_up(a, b)": "invoke(lambda x, y: x // y + CASE WHEN abs(x % y) * 2 >= abs(y) THEN CASE WHEN (x < 0) = (y < 0) THEN 1 ELSE -1 END ELSE 0 END, a, b)",
    "ingot_two_digits(s)": "CASE WHEN length(s) < 2 THEN '0' || s ELSE s END",
    "ingot_fraction(n)": "CASE WHEN n = 0 THEN '' ELSE '.' || rtrim(lpad(CAST(n AS VARCHAR), 6, '0'), '0') END",
    "ingot_months(i)": "(datepart('year', i) * 12 + datepart('month', i))",
    "ingot_calendar_micros(i)": "(datepart('hour', i) * 3600000000 + datepart('minute', i) * 60000000 + datepart('microsecond', i))",
    "ingot_calendar_field(n, word)": "CASE WHEN n <> 0 THEN [CAST(n AS VARCHAR) || ' ' || word] ELSE [] END",
    "ingot_calendar_text(i)": """invoke(lambda m, d, u: CASE WHEN i IS NULL THEN NULL WHEN m = 0 AND d = 0 AND u = 0 THEN '0 seconds' ELSE array_to_string(
        ingot_calendar_field(m // 12, 'years') || ingot_calendar_field(m % 12, 'months') || ingot_calendar_field(d, 'days')
        || ingot_calendar_field(u // 3600000000, 'hours') || ingot_calendar_field(u % 3600000000 // 60000000, 'minutes')
        || CASE WHEN u % 60000000 <> 0 THEN [CASE WHEN u < 0 THEN '-' ELSE '' END || CAST(abs(u % 60000000) // 1000000 AS VARCHAR)
            || ingot_fraction(abs(u % 60000000) % 1000000) || ' seconds'] ELSE [] END, ' ') END,
        ingot_months(i), datepart('day', i), ingot_calendar_micros(i))""",
    # --- zones: `z` is the name of a region, or an offset such as +01:00, known only when the query runs ---------------
    # An offset in seconds, other than 0; the style is `+hhm`, `+hhmm`, `+hh:mm`, `GMT+h:m` or `GMT+hh:mm`.
    "ingot_offset_text(s, style)": """(CASE WHEN starts_with(style, 'GMT') THEN 'GMT' ELSE '' END) || (CASE WHEN s < 0 THEN '-' ELSE '+' END)
        || (CASE style WHEN 'GMT+h:m' THEN CAST(abs(s) // 3600 AS VARCHAR) ELSE ingot_two_digits(CAST(abs(s) // 3600 AS VARCHAR)) END)
        || (CASE WHEN style IN ('+hhm', 'GMT+h:m') AND abs(s) % 3600 = 0 THEN '' ELSE
            (CASE WHEN contains(style, ':') THEN ':' ELSE '' END) || ingot_two_digits(CAST(abs(s) % 3600 // 60 AS VARCHAR)) END)""",
    "ingot_zone_offset(i, z)": "(epoch_us(timezone(z, i)) - epoch_us(i))",
    # Tried with the offset of a day before: that is the first of two instants, and the one after a gap.
    "ingot_zoned(n, z)": """invoke(lambda t: invoke(lambda x: CASE WHEN timezone(z, x) = t THEN x
        WHEN timezone(z, timezone(z, t)) = t THEN timezone(z, t) ELSE x END,
        make_timestamptz(epoch_us(t) - ingot_zone_offset(make_timestamptz(epoch_us(t) - 86400000000), z))), n)""",
    "ingot_zoned_like(n, z, o)": """invoke(lambda t: invoke(lambda x: CASE WHEN timezone(z, x) = t THEN x ELSE ingot_zoned(t, z) END,
        make_timestamptz(epoch_us(t) - ingot_zone_offset(o, z))), n)""",
    "ingot_is_offset(z)": "regexp_full_match(z, '(?:UTC|GMT|UT)?[+-]\\d{1,2}(?::?\\d{2})?')",
    "ingot_any_zone(z)": f"""CASE {" ".join(f"WHEN z = '{short}' THEN '{long}'" for short, long in SHORT_NAMES.items())}
        WHEN z IN ('Z', 'UT') THEN 'UTC' WHEN ingot_is_offset(z) OR regexp_matches(z, '^[A-Z]') THEN z
        ELSE CAST(CAST('INVALID_TIMEZONE: ''' || z || ''' is no time zone' AS INTEGER) AS VARCHAR) END""",
    "ingot_local_in(i, z)": """invoke(lambda t, y: CASE WHEN y IS NULL THEN NULL
        WHEN ingot_is_offset(y) THEN make_timestamp(epoch_us(t) + ingot_offset_us(y)) ELSE timezone(y, t) END, i, ingot_any_zone(z))""",
    "ingot_moment_in(n, z)": """invoke(lambda u, y: CASE WHEN y IS NULL THEN NULL
        WHEN ingot_is_offset(y) THEN make_timestamptz(epoch_us(u) - ingot_offset_us(y)) ELSE ingot_zoned(u, y) END, n, ingot_any_zone(z))""",
}

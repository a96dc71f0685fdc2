"""How numbers and dates are shown: reads a format of a dashboard file.

Pages and pictures format in the reader's locale with JavaScript's `Intl`; here a format is only checked and brought
into one form. Never formats a value.
"""

from __future__ import annotations

import re

from ingot.dashboards.model import Format, Role
from ingot.errors import DashboardError, near_hint
from ingot.project.settings import Setting
from ingot.types import DATE, FRACTIONAL, INTEGRAL, TIMESTAMP, TIMESTAMP_NTZ, DataType, DecimalType

STYLES = ("integer", "decimal", "compact", "currency", "percent", "date")
_CALL = re.compile(r"(\w+)\((\d+)\)")
_NUMBER_PATTERN = re.compile(r"(?P<sign>[$€£¥])?\s*[#,]*0(?:\.(?P<digits>[0#]+))?\s*(?P<percent>%)?")
_DATE_PATTERN = re.compile(r"(?=.*[yMdHmsEQ])(?:y+|M+|d+|H+|h+|m+|s+|a|E+|Q+|[\s\-/.,:]|'[^']*')+")
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_DIGITS_MAX = 12


def read_format(entry: Setting) -> Format:
    """A format: a style (`percent`, `decimal(1)`), a pattern (`#,##0.00`, `yyyy-MM-dd`), or a mapping.

    Raises:
        DashboardError: `invalid-format`.
    """
    if isinstance(entry.value, dict):
        return _of_mapping(entry)
    text = entry.string().strip()
    called = _CALL.fullmatch(text)
    if called is not None and called[1] in STYLES and int(called[2]) <= _DIGITS_MAX:
        return Format(called[1], int(called[2]))
    if text in STYLES:
        return Format(text)
    number = _NUMBER_PATTERN.fullmatch(text)
    if number is not None:
        return _of_pattern(number)
    if _DATE_PATTERN.fullmatch(text):
        return Format("pattern", pattern=text)
    raise DashboardError(
        f"{text!r} is no format",
        location=entry.location,
        hint=near_hint(text, STYLES, f"one of {', '.join(STYLES)}, or a pattern: '#,##0.00', '0.0%', yyyy-MM-dd"),
        code="invalid-format",
    )


def _of_pattern(found: re.Match[str]) -> Format:
    digits = len(found["digits"] or "")
    if found["percent"]:
        return Format("percent", digits)
    if found["sign"]:
        return Format("currency", digits, currency=_SIGNS[found["sign"]])
    if "," not in found[0]:
        return Format("pattern", pattern=found[0])  # digits without separators, as of a year
    return Format("decimal", digits) if digits else Format("integer")


def _of_mapping(entry: Setting) -> Format:
    known = entry.mapping(("style", "digits", "currency", "pattern"))
    pattern = known["pattern"].string() if "pattern" in known else None
    if "style" not in known:
        if pattern is None:
            raise entry.wrong("a style, such as decimal, or a pattern")
        return read_format(known["pattern"])
    style = known["style"].string()
    if style not in STYLES:
        return read_format(known["style"])
    digits = known["digits"].integer(0) if "digits" in known else None
    currency = known["currency"].string() if "currency" in known else None
    return Format(style, digits, pattern, currency)


def default_format(data_type: DataType, role: Role) -> Format | None:
    """How values of a type are shown where nothing else is asked for; whole numbers that name something stay plain."""
    is_whole = data_type in INTEGRAL or (isinstance(data_type, DecimalType) and not data_type.scale)
    if is_whole and role is Role.DIMENSION:
        return Format("pattern", pattern="0")
    if is_whole:
        return Format("integer")
    if isinstance(data_type, DecimalType):
        return Format("decimal", min(data_type.scale, 2))
    if data_type in FRACTIONAL:
        return Format("decimal", 2)
    if data_type in (DATE, TIMESTAMP, TIMESTAMP_NTZ):
        return Format("date")
    return None

"""`format_string`: Java's Formatter over text, whole numbers, doubles and booleans.

Values come as text with a letter each for their type: b, h, i, l (whole numbers by width), f, d (floats, doubles),
z (boolean) and s.
"""

from __future__ import annotations

import decimal
import math
import re
import struct

from ingot.engines.duckdb.kernels import Kernel

_SPECIFIER = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")
_BITS = {"b": 8, "h": 16, "i": 32, "l": 64}
_CONTEXT = decimal.Context(prec=800, rounding=decimal.ROUND_HALF_UP, Emax=9999, Emin=-9999)


def _format(pattern: str, kinds: str, texts: list[str | None]) -> str:
    result, at, ordinary = "", 0, 0
    for found in _SPECIFIER.finditer(pattern):
        result += _literal(pattern[at : found.start()], pattern)
        at = found.end()
        index, flags, width, precision, letter = found.groups()
        if letter in "%n":
            result += "%" if letter == "%" else "\n"
            continue
        place = int(index) - 1 if index else ordinary
        ordinary += not index
        if not 0 <= place < len(kinds):
            raise _wrong(pattern, f"there is no value for {found[0]}")
        shown = _shown(letter, flags, precision, kinds[place], texts[place], found[0], pattern)
        if letter.isupper():
            shown = shown.upper()
        result += _padded(shown, flags, int(width or 0), found[0], pattern)
    return result + _literal(pattern[at:], pattern)


def _wrong(pattern: str, what: str) -> ValueError:
    return ValueError(f"INVALID_FORMAT: {what} in the format {pattern!r}")


def _literal(text: str, pattern: str) -> str:
    if "%" in text:
        raise _wrong(pattern, "a lone % stands")
    return text


def _padded(shown: str, flags: str, width: int, specifier: str, pattern: str) -> str:
    if "-" in flags or "0" in flags:
        if not width:
            raise _wrong(pattern, f"{specifier} names no width")
        if "-" in flags:
            return shown.ljust(width)
        sign = re.match(r"[-+ (]?(?:0[xX])?", shown)
        start = sign.end() if sign else 0
        if shown[start : start + 1].isdigit() or re.fullmatch(r"[0-9a-fA-F]+", shown[start:]):
            return shown[:start] + "0" * (width - len(shown)) + shown[start:]
    return shown.rjust(width)


def _shown(
    letter: str, flags: str, precision: str | None, kind: str, text: str | None, specifier: str, pattern: str
) -> str:
    lower = letter.lower()
    if lower == "b":
        shown = ("false" if text is None else text if kind == "z" else "true")[: int(precision) if precision else None]
    elif lower == "s":
        shown = ("null" if text is None else text)[: int(precision) if precision else None]
    elif text is None and lower in "dxofec" and letter not in "DOF":
        shown = "null"
    elif text is not None and lower in "dxo" and letter not in "DO" and kind in _BITS:
        shown = _whole(lower, flags, int(text), _BITS[kind])
    elif text is not None and lower in "fe" and letter != "F" and kind in "df":
        shown = _fraction(lower, flags, int(precision or 6), _widened(text) if kind == "f" else text)
    elif text is not None and lower == "c" and kind in "bhi":
        shown = chr(int(text))
    else:
        raise _wrong(pattern, f"{specifier} does not take this type of value")
    return shown


def _whole(letter: str, flags: str, number: int, bits: int) -> str:
    if letter == "d":
        return _signed(f"{abs(number):,}" if "," in flags else str(abs(number)), number < 0, flags)
    digits = f"{number & (2**bits - 1):{letter}}"
    return {"x": "0x", "o": "0"}[letter] + digits if "#" in flags else digits


def _fraction(letter: str, flags: str, precision: int, text: str) -> str:
    value = float(text)
    is_negative = math.copysign(1.0, value) < 0
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return _signed("Infinity", is_negative, flags)
    number = abs(decimal.Decimal(repr(value)))
    if letter == "f":
        rounded = number.quantize(decimal.Decimal(1).scaleb(-precision), context=_CONTEXT)
        return _signed(f"{rounded:,f}" if "," in flags else f"{rounded:f}", is_negative, flags)
    exponent = number.adjusted() if number else 0
    mantissa = number.scaleb(-exponent, _CONTEXT).quantize(decimal.Decimal(1).scaleb(-precision), context=_CONTEXT)
    if mantissa >= 10:
        exponent, mantissa = exponent + 1, mantissa.scaleb(-1, _CONTEXT)
        mantissa = mantissa.quantize(decimal.Decimal(1).scaleb(-precision), context=_CONTEXT)
    return _signed(f"{mantissa:f}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}", is_negative, flags)


def _widened(text: str) -> str:
    """A float's text as that of the double that Java makes of it."""
    value = float(text)
    return repr(struct.unpack("f", struct.pack("f", value))[0]) if math.isfinite(value) else text


def _signed(shown: str, is_negative: bool, flags: str) -> str:
    if is_negative:
        return f"({shown})" if "(" in flags else f"-{shown}"
    return f"+{shown}" if "+" in flags else f" {shown}" if " " in flags else shown


def _or_null(pattern: str | None, kinds: str | None, texts: list[str | None] | None) -> str | None:
    return None if pattern is None else _format(pattern, kinds or "", texts or [])


KERNELS = {"format_string": Kernel(_or_null, "VARCHAR, VARCHAR, VARCHAR[]", "VARCHAR", takes_null=True)}

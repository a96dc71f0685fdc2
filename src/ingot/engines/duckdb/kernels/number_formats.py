"""Number formats: Spark's own (`S$99,999.99`, of to_char and to_number) and Java's DecimalFormat (of format_number)."""

from __future__ import annotations

import decimal
import math
import re
from dataclasses import dataclass
from functools import lru_cache

from ingot.engines.duckdb.kernels import Kernel

_CONTEXT = decimal.Context(prec=400, rounding=decimal.ROUND_HALF_EVEN, Emax=9999, Emin=-9999)
_SMALL = decimal.Decimal("0.001")
_FORM = re.compile(r"(MI|S)?(\$)?((?:[09]+(?:[,G][09]+)*)?)(?:([.D])([09]*))?(S|MI|PR)?")


@dataclass(frozen=True)
class NumberForm:
    """A format such as `S$99,999.99`, read: each group of digits begins with 0 when it takes exactly as many."""

    sign_before: str
    has_currency: bool
    groups: tuple[str, ...]
    has_point: bool
    fraction: str
    sign_after: str


@lru_cache(maxsize=256)
def form_of(text: str) -> NumberForm:
    """Read a format.

    Raises:
        ValueError: `INVALID_FORMAT`.
    """
    found = _FORM.fullmatch(text.upper())
    if found is None or not (found[3] or found[5]) or (found[1] and found[6]):
        raise ValueError(f"INVALID_FORMAT: {text!r} is no number format; write one such as 'S$99,999.99'")
    groups = tuple(re.split("[,G]", found[3])) if found[3] else ()
    return NumberForm(found[1] or "", bool(found[2]), groups, bool(found[4]), found[5] or "", found[6] or "")


# --- writing ----------------------------------------------------------------------------------------------------------


def _to_char(text: str, form_text: str) -> str:
    form = form_of(form_text)
    is_negative = text.startswith("-")
    whole, _, fraction = text.lstrip("-").partition(".")
    whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
    width = sum(map(len, form.groups))
    is_too_long = len(whole) > width or len(fraction) > len(form.fraction)
    shown = _signed(form.sign_before, is_negative, form.sign_after == "PR")
    if form.has_currency:
        shown += "$"
    shown = _with_whole(shown, form, whole.rjust(width), is_too_long)
    if form.has_point:
        if shown.endswith(" "):
            shown = f"{shown[:-1]}0"
        digits = "#" * len(form.fraction) if is_too_long else fraction.ljust(len(form.fraction), "0")
        shown += f".{digits}" if digits else " "
    if form.sign_after == "PR":
        return _closed(shown, ">") if is_negative else f"{shown}  "
    if form.sign_after == "S" or (form.sign_after and is_negative):
        return _closed(shown, "-" if is_negative else "+")
    return f"{shown} " if form.sign_after else shown


def _closed(shown: str, sign: str) -> str:
    """A sign goes before blanks at the end, beside the digits."""
    bare = shown.rstrip(" ")
    return bare + sign + " " * (len(shown) - len(bare))


def _signed(sign: str, is_negative: bool, in_brackets: bool) -> str:
    if sign == "S":
        return "-" if is_negative else "+"
    if sign == "MI":
        return "-" if is_negative else " "
    return "<" if in_brackets and is_negative else ""


def _with_whole(shown: str, form: NumberForm, digits: str, is_too_long: bool) -> str:
    at = 0
    for number, group in enumerate(form.groups):
        if number:
            shown = _added(shown, " " if is_too_long or shown[-1:] in (" ", "+", "-", "<") else ",")
        for _ in group:
            digit = digits[at : at + 1]
            at += 1
            if is_too_long:
                shown += "#"
            elif digit == " ":
                shown = _added(shown, "0" if group.startswith("0") else " ")
            else:
                shown += digit
    return shown


def _added(shown: str, char: str) -> str:
    """A blank goes before a sign, so that the sign stands beside the digits."""
    if char == " " and shown[-1:] in ("+", "-", "<"):
        return f"{shown[:-1]} {shown[-1]}"
    return shown + char


# --- reading ----------------------------------------------------------------------------------------------------------


def _read(text: str, form: NumberForm) -> str | None:
    """The digits with point and sign; None for text of another form."""
    rest = "".join(text.split())
    is_negative = False
    if form.sign_before and rest[:1] in ("-", "+" if form.sign_before == "S" else "-"):
        is_negative, rest = rest[0] == "-", rest[1:]
    in_brackets = form.sign_after == "PR" and rest.startswith("<")
    if in_brackets:
        rest = rest[1:]
    if form.has_currency:
        if not rest.startswith("$"):
            return None
        rest = rest[1:]
    if in_brackets:
        if not rest.endswith(">"):
            return None
        is_negative, rest = True, rest[:-1]
    elif form.sign_after in ("S", "MI") and rest[-1:] in ("-", "+" if form.sign_after == "S" else "-"):
        is_negative, rest = rest[-1] == "-", rest[:-1]
    whole, point, fraction = rest.partition(".")
    if point and (not form.has_point or len(fraction) > len(form.fraction)):
        return None
    groups = whole.split(",")
    digits = "".join(groups)
    if not (digits + fraction).isdigit() or not (digits + fraction).isascii() or not _fits(groups, form.groups):
        return None
    return f"{'-' if is_negative else ''}{digits or '0'}.{fraction or '0'}"


def _fits(groups: list[str], forms: tuple[str, ...]) -> bool:
    """Whether groups of digits, from the right, have the sizes that the format asks for."""
    if groups == [""]:
        return not any(form.startswith("0") for form in forms)
    if len(groups) > len(forms):
        return False
    for at, form in enumerate(reversed(forms)):
        size = len(groups[-1 - at]) if at < len(groups) else 0
        if size > len(form) or (form.startswith("0") and size != len(form)):
            return False
    return True


def _to_number(text: str, form_text: str) -> str:
    found = _read(text, form_of(form_text))
    if found is None:
        raise ValueError(
            f"INVALID_FORMAT.MISMATCH_INPUT: {text!r} has not the number format {form_text!r}; use try_to_number"
        )
    return found


# --- Java's DecimalFormat ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class JavaPattern:
    """One half of a DecimalFormat pattern, read."""

    prefix: str
    suffix: str
    has_point: bool  # even with nothing behind it
    whole_min: int
    fraction_min: int
    fraction_max: int
    group_size: int
    shift: int  # 2 for per cent, 3 for per mille
    negative: tuple[str, str] | None


_DIGITS = re.compile(r"[#,]*[0,]*(?:\.0*#*)?")


@lru_cache(maxsize=256)
def java_pattern(text: str) -> JavaPattern:
    """Read a pattern.

    Raises:
        ValueError: `INVALID_FORMAT`, for what is no pattern, and for exponents and currencies.
    """
    positive, negative = _halves(text)
    prefix, digits, suffix, shift = _parts(positive, text)
    whole, _, fraction = digits.partition(".")
    if "." in digits and "0" not in digits:  # Java takes one of the optional digits as needed
        whole, fraction = (f"{whole[:-1]}0", fraction) if whole else (whole, f"0{fraction[1:]}")
    group_size = len(whole) - whole.rindex(",") - 1 if "," in whole else 0
    if "," in whole and not group_size:
        raise _no_pattern(text)
    signs = None
    if negative is not None:
        before, _, after, _ = _parts(negative, text)
        signs = (before, after)
    return JavaPattern(
        prefix,
        suffix,
        digits.endswith("."),
        whole.count("0"),
        fraction.count("0"),
        len(fraction),
        group_size,
        shift,
        signs,
    )


def _no_pattern(text: str) -> ValueError:
    return ValueError(f"INVALID_FORMAT: the number pattern {text!r} is not supported; use one such as '#,##0.00'")


def _halves(text: str) -> tuple[str, str | None]:
    is_quoted = False
    for at, char in enumerate(text):
        is_quoted ^= char == "'"
        if char == ";" and not is_quoted:
            return text[:at], text[at + 1 :]
    return text, None


def _parts(half: str, text: str) -> tuple[str, str, str, int]:
    """What stands before the digits, the digits, what stands behind them, and by how many places % shifts."""
    literals = ["", ""]
    digits, at, place, shift = "", 0, 0, 0
    while at < len(half):
        char = half[at]
        if char == "'":
            end = half.find("'", at + 1)
            if end < 0:
                raise _no_pattern(text)
            literals[place] += half[at + 1 : end] or "'"
            at = end + 1
            continue
        if char in "#0,.":
            if digits:
                raise _no_pattern(text)
            digits = _DIGITS.match(half, at)[0]  # type: ignore[index]
            at += len(digits)
            place = 1
            if not digits or half[at : at + 1] == "E":
                raise _no_pattern(text)
            continue
        if char in "\u00a4":
            raise _no_pattern(text)
        shift = {"%": 2, "\u2030": 3}.get(char, shift)
        literals[place] += char
        at += 1
    return literals[0], digits, literals[1], shift


def _decimal_format(value: float | decimal.Decimal, text: str) -> str:
    pattern = java_pattern(text or "#,###,###,###,###,###,##0")
    if isinstance(value, float) and not math.isfinite(value):
        if math.isnan(value):
            return "NaN"
        return _dressed("∞", value < 0, pattern)
    number = value if isinstance(value, decimal.Decimal) else decimal.Decimal(repr(value))
    is_negative = number.is_signed()
    number = _rounded(value, abs(number), pattern.fraction_max + pattern.shift).scaleb(pattern.shift, _CONTEXT)
    number = number.quantize(decimal.Decimal(1).scaleb(-pattern.fraction_max), context=_CONTEXT)
    whole, _, fraction = f"{number:f}".partition(".")
    whole = whole.lstrip("0").rjust(pattern.whole_min, "0")
    fraction = fraction[: pattern.fraction_min] + fraction[pattern.fraction_min :].rstrip("0")
    if not whole and not fraction:
        whole = "0"
    if pattern.group_size:
        whole = _grouped(whole, pattern.group_size)
    if isinstance(value, decimal.Decimal) and not number:
        is_negative = is_negative and bool(value)
    shown = f"{whole}.{fraction}" if fraction or pattern.has_point else whole
    return _dressed(shown, is_negative, pattern)


def _rounded(value: float | decimal.Decimal, number: decimal.Decimal, places: int) -> decimal.Decimal:
    """Half even; whether a double lies at the half is told by its bits, not by the digits that it is shown with."""
    place = decimal.Decimal(1).scaleb(-places)
    rounded = number.quantize(place, context=_CONTEXT)
    if not isinstance(value, float) or abs(number - rounded) * 2 != place:
        return rounded
    if number.as_tuple().digits == (5,) and number < _SMALL:
        return number.quantize(place, rounding=decimal.ROUND_DOWN, context=_CONTEXT)  # so does Java 17
    exact = abs(decimal.Decimal(value))
    if exact == number:
        return rounded
    direction = decimal.ROUND_CEILING if exact > number else decimal.ROUND_FLOOR
    return number.quantize(place, rounding=direction, context=_CONTEXT)


def _grouped(digits: str, size: int) -> str:
    head = len(digits) % size
    groups = [digits[at : at + size] for at in range(head, len(digits), size)]
    return ",".join([digits[:head], *groups] if head else groups)


def _dressed(shown: str, is_negative: bool, pattern: JavaPattern) -> str:
    if not is_negative:
        return f"{pattern.prefix}{shown}{pattern.suffix}"
    if pattern.negative is None:
        return f"-{pattern.prefix}{shown}{pattern.suffix}"
    return f"{pattern.negative[0]}{shown}{pattern.negative[1]}"


KERNELS = {
    "to_char": Kernel(_to_char, "VARCHAR, VARCHAR", "VARCHAR"),
    "to_number": Kernel(_to_number, "VARCHAR, VARCHAR", "VARCHAR"),
    "try_to_number": Kernel(lambda text, form: _read(text, form_of(form)), "VARCHAR, VARCHAR", "VARCHAR"),
    "format_double": Kernel(_decimal_format, "DOUBLE, VARCHAR", "VARCHAR"),
    "format_decimal": Kernel(
        lambda text, pattern: _decimal_format(decimal.Decimal(text), pattern), "VARCHAR, VARCHAR", "VARCHAR"
    ),
}

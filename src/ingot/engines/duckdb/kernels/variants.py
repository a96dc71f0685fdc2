"""Values of Spark's VARIANT: what they are made of, and how the engine holds them as text.

The text is JSON in which numbers keep their kind: `1` is a bigint, `1.0` a decimal, `1.0e0` a double. What JSON has
not (dates, timestamps, floats, binary values, infinity) is an object with the one key U+0001:
`{"\\u0001":["date",19000]}`; a key of the user that begins with that letter has it twice. Owns reading and writing
of this text, of JSON as Spark writes it, and conversion of single values. Knows no path.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ingot.engines.duckdb.kernels import Kernel

TAG = "\x01"
_TAG_TEXT = "\\u0001"
_LONG_MIN, _LONG_MAX = -(2**63), 2**63 - 1
_DECIMAL_DIGITS = 38
_NUMBER_LETTERS_MAX = 1000
_CACHED_LETTERS_MAX = 4096
_FLOAT_MAX = 3.4028235677973366e38
_BOUNDS = {"tinyint": 2**7, "smallint": 2**15, "int": 2**31, "bigint": 2**63}
_EPOCH = datetime.datetime(1970, 1, 1)
_CONTEXT = decimal.Context(prec=100, rounding=decimal.ROUND_HALF_UP, Emax=9999, Emin=-9999)
ESCAPES = str.maketrans(
    {
        **{chr(code): f"\\u{code:04X}" for code in range(32)},
        **{"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"},
    }
)


@dataclass(frozen=True)
class Typed:
    """A value of a kind that JSON has not: `value` is days, microseconds, hexadecimal digits or a float's text."""

    kind: str
    value: Any


# --- reading ----------------------------------------------------------------------------------------------------------


def _number(text: str) -> Any:
    """A number with a point or an exponent, as the engine holds it."""
    return float(text) if "e" in text or "E" in text else decimal.Decimal(text)


def _untagged(found: dict[str, Any]) -> Any:
    if len(found) == 1 and TAG in found:
        kind, value = found[TAG]
        return float(value) if kind == "double" else Typed(kind, value)
    return {key[1:] if key.startswith(TAG) else key: value for key, value in found.items()}


def _loaded(text: str) -> Any:
    hook = _untagged if _TAG_TEXT in text else None
    return json.loads(text, parse_float=_number, object_hook=hook, strict=False)


_cached = lru_cache(maxsize=4096)(_loaded)


def load(text: str) -> Any:
    """The value of the engine's text; never change it, for small ones are kept, so that several paths share one."""
    return _cached(text) if len(text) <= _CACHED_LETTERS_MAX else _loaded(text)


def _parsed_float(text: str) -> Any:
    """A number of a user's JSON: exact when 38 digits hold it and it has no exponent."""
    if len(text) > _NUMBER_LETTERS_MAX:
        raise ValueError
    if "e" in text or "E" in text:
        return float(text)
    whole, _, fraction = text.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    fits = len(digits) <= _DECIMAL_DIGITS and len(fraction) <= _DECIMAL_DIGITS
    return decimal.Decimal(text) if fits else float(text)


def _parsed_int(text: str) -> Any:
    if len(text) > _NUMBER_LETTERS_MAX:
        raise ValueError
    value = int(text)
    return value if _LONG_MIN <= value <= _LONG_MAX else _parsed_float(text)


def _parsed_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_constant(text: str) -> Any:
    raise ValueError


_DECODER = json.JSONDecoder(
    parse_float=_parsed_float,
    parse_int=_parsed_int,
    parse_constant=_no_constant,
    object_pairs_hook=_parsed_object,
)


def parsed(text: str) -> Any:
    """The value of a user's JSON. As in Spark, what follows the first value does not matter.

    Raises:
        ValueError: for what is no JSON.
        RecursionError: for what is nested too deeply.
    """
    start = len(text) - len(text.lstrip(" \t\r\n"))
    value, end = _DECODER.raw_decode(text, start)
    if not isinstance(value, (str, list, dict)) and end < len(text) and text[end] not in " \t\r\n":
        raise ValueError
    return value


def _parse_json(text: str) -> str:
    try:
        return dump(parsed(text))
    except (ValueError, RecursionError) as error:
        shown = text if len(text) <= 80 else text[:77] + "…"
        raise ValueError(f"MALFORMED_RECORD_IN_PARSING: {shown!r} is no JSON; use try_parse_json") from error


def _try_parse_json(text: str) -> str | None:
    try:
        return dump(parsed(text))
    except (ValueError, RecursionError):
        return None


# --- writing ----------------------------------------------------------------------------------------------------------


def dump(value: Any) -> str:
    """The engine's text of a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{clean(value).translate(ESCAPES)}"'
        case int():
            return str(value)
        case decimal.Decimal():
            text = plain(value)
            return text if "." in text else f"{text}.0"
        case float():
            text = repr(value)
            if not math.isfinite(value):
                return f'{{"{_TAG_TEXT}":["double","{text}"]}}'
            return text if "e" in text else f"{text}e0"
        case list():
            return f"[{','.join(map(dump, value))}]"
        case dict():
            return "{" + ",".join(f"{_key(key)}:{dump(item)}" for key, item in value.items()) + "}"
    return f'{{"{_TAG_TEXT}":{json.dumps([value.kind, value.value])}}}'


def _key(key: str) -> str:
    return dump(TAG + key if key.startswith(TAG) else key)


def clean(text: str) -> str:
    """The text with a question mark for half of a pair of surrogates, as Java encodes it."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def plain(value: decimal.Decimal) -> str:
    """A decimal's digits without zeros at the end and without exponent."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def java_double(value: float, letters: str | None = None) -> str:
    """A double as Java shows it: `1.0E10`, `NaN`."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    text = letters or repr(value)
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return f"{decimal.Decimal(text):f}" if "e" in text else text if "." in text else f"{text}.0"
    sign, digits, exponent = decimal.Decimal(text).as_tuple()
    shown = "".join(map(str, digits)).rstrip("0") or "0"
    assert isinstance(exponent, int)
    power = exponent + len(digits) - 1
    return f"{'-' if sign else ''}{shown[0]}.{shown[1:] or '0'}E{power}"


def in_order(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """The fields of an object in the order in which Spark keeps them: by the UTF-16 units of their names."""
    return sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be", "surrogatepass"))


def text_of(value: Any) -> str:
    """The value as JSON, as Spark's `to_json` writes it."""
    match value:
        case list():
            return f"[{','.join(map(text_of, value))}]"
        case dict():
            return "{" + ",".join(f"{dump(key)}:{text_of(item)}" for key, item in in_order(value)) + "}"
        case decimal.Decimal():
            return plain(value)
        case float():
            return java_double(value) if math.isfinite(value) else f'"{java_double(value)}"'
        case Typed(kind="float"):
            number = float(value.value)
            shown = java_double(number, value.value)
            return shown if math.isfinite(number) else f'"{shown}"'
        case Typed(kind="binary"):
            return f'"{base64.b64encode(bytes.fromhex(value.value)).decode()}"'
        case Typed():
            return f'"{_moment_text(value)}{"+00:00" if value.kind == "timestamp" else ""}"'
    return dump(value)


def _moment_text(value: Typed) -> str:
    try:
        if value.kind == "date":
            return (_EPOCH + datetime.timedelta(days=value.value)).date().isoformat()
        moment = _EPOCH + datetime.timedelta(microseconds=value.value)
    except OverflowError as error:
        raise ValueError("UNSUPPORTED_VARIANT: a date beyond the year 9999 cannot be shown") from error
    text = moment.isoformat(sep=" ")
    return text.rstrip("0") if moment.microsecond else text


def _string(text: str) -> str | None:
    """`cast(v as string)`: text as it is, everything else as JSON, but bare."""
    match load(text):
        case None:
            return None
        case str() as value:
            return value
        case Typed(kind="binary") as value:
            return bytes.fromhex(value.value).decode("utf-8", "replace")
        case Typed(kind="float") as value:
            return java_double(float(value.value), value.value)
        case Typed() as value:
            return _moment_text(value)
        case float() as value:
            return java_double(value)
        case value:
            return text_of(value)


# --- to single values of a type ---------------------------------------------------------------------------------------

_INVALID = "X"


def _scalar(text: str, target: str) -> str | None:
    """A variant as a value of an atomic type.

    Gives `V` and a text that DuckDB casts, `S` and a text that Spark's cast from string reads, `X` when there is no
    such value, or None for null. Timestamps are microseconds, binary values hexadecimal digits.
    """
    value = load(text)
    if value is None:
        return None
    if isinstance(value, str):
        return f"S{value}"
    if isinstance(value, (list, dict)):
        return _INVALID
    convert = _CONVERSIONS.get(target.partition("(")[0])
    try:
        found = convert(value, target) if convert else None
    except (ArithmeticError, ValueError):
        return _INVALID
    return _INVALID if found is None else f"V{found}"


def _exact(value: Any) -> decimal.Decimal | None:
    """A number or boolean as a decimal; None for anything else."""
    match value:
        case bool() | int():
            return decimal.Decimal(int(value))
        case decimal.Decimal():
            return value
        case float():
            return decimal.Decimal(repr(value))
        case Typed(kind="float"):
            return decimal.Decimal(repr(float(value.value)))
        case Typed(kind="timestamp"):
            return decimal.Decimal(value.value).scaleb(-6, _CONTEXT)
    return None


def _to_integer(value: Any, target: str) -> str | None:
    number = _exact(value)
    if number is None or not number.is_finite():
        return None
    is_time = isinstance(value, Typed) and value.kind == "timestamp"
    whole = int(number.to_integral_value(decimal.ROUND_FLOOR if is_time else decimal.ROUND_DOWN))
    return str(whole) if -_BOUNDS[target] <= whole < _BOUNDS[target] else None


def _to_double(value: Any, target: str) -> str | None:
    number = _exact(value)
    if number is None:
        return None
    found = float(number)
    if target == "float" and abs(found) >= _FLOAT_MAX:
        found = math.copysign(math.inf, found)
    return repr(found)


def _to_decimal(value: Any, target: str) -> str | None:
    number = _exact(value)
    if number is None or not number.is_finite():
        return None
    precision, scale = map(int, target.partition("(")[2][:-1].split(","))
    rounded = number.quantize(decimal.Decimal(1).scaleb(-scale, _CONTEXT), context=_CONTEXT)
    return f"{rounded:f}" if len(rounded.as_tuple().digits) <= precision or not rounded else None


def _to_boolean(value: Any, target: str) -> str | None:
    if isinstance(value, Typed) and value.kind != "float":
        return None
    return str(_exact(value) != 0).lower()


def _to_timestamp(value: Any, target: str) -> int | None:
    match value:
        case bool():
            return None
        case Typed(kind="timestamp" | "timestamp_ntz"):
            return value.value
        case Typed(kind="date"):
            return value.value * 86_400_000_000
        case Typed(kind="binary"):
            return None
    number = _exact(value)
    if target == "timestamp_ntz" or number is None or not number.is_finite():
        return None
    micros = int(number.scaleb(6, _CONTEXT).to_integral_value(decimal.ROUND_DOWN))
    return micros if _LONG_MIN <= micros <= _LONG_MAX else None


def _to_date(value: Any, target: str) -> int | None:
    match value:
        case Typed(kind="date"):
            return value.value
        case Typed(kind="timestamp" | "timestamp_ntz"):
            return value.value // 86_400_000_000
    return None


def _to_binary(value: Any, target: str) -> str | None:
    return value.value if isinstance(value, Typed) and value.kind == "binary" else None


_CONVERSIONS: dict[str, Callable[[Any, str], Any]] = {
    **dict.fromkeys(_BOUNDS, _to_integer),
    "float": _to_double,
    "double": _to_double,
    "decimal": _to_decimal,
    "boolean": _to_boolean,
    "timestamp": _to_timestamp,
    "timestamp_ntz": _to_timestamp,
    "date": _to_date,
    "binary": _to_binary,
}


def _items(text: str) -> list[str] | None:
    """The items of an array; None for anything else."""
    value = load(text)
    return [dump(item) for item in value] if isinstance(value, list) else None


def _object(text: str) -> dict[str, str] | None:
    """The fields of an object; None for anything else."""
    value = load(text)
    return {key: dump(item) for key, item in in_order(value)} if isinstance(value, dict) else None


KERNELS = {
    "parse_json": Kernel(_parse_json, "VARCHAR", "VARCHAR"),
    "try_parse_json": Kernel(_try_parse_json, "VARCHAR", "VARCHAR"),
    "variant_text": Kernel(lambda text: text_of(load(text)), "VARCHAR", "VARCHAR"),
    "variant_string": Kernel(_string, "VARCHAR", "VARCHAR"),
    "variant_scalar": Kernel(_scalar, "VARCHAR, VARCHAR", "VARCHAR"),
    "variant_items": Kernel(_items, "VARCHAR", "VARCHAR[]"),
    "variant_object": Kernel(_object, "VARCHAR", "MAP(VARCHAR, VARCHAR)"),
}

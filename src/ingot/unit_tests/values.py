"""Values of unit tests: from what is written in YAML, CSV or Python to the value of a column's type.

Owns reading a text by a type, and the types of columns about which only their values are known. Never changes a value
to make it fit: what is not exactly a value of its type is an error at its place.
"""

from __future__ import annotations

import datetime
import decimal
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ingot import types as t
from ingot.errors import IngotError, Location, ProjectError, UnsupportedError
from ingot.project.settings import Setting

_RANGES = {t.BYTE: 7, t.SHORT: 15, t.INT: 31, t.LONG: 63}
_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_SPECIAL = {"nan": "nan", "inf": "inf", "infinity": "inf", "-inf": "-inf", "-infinity": "-inf", ".nan": "nan"}
_SPECIAL.update({".inf": "inf", "-.inf": "-inf"})


def typed(value: Any, kind: t.DataType, column: str, place: Location | None) -> Any:
    """The value as one of the column's type; None is NULL.

    Raises:
        ProjectError: `wrong-type`, when it is none.
    """
    location = value.location if isinstance(value, Setting) else place
    try:
        return _typed(value, kind, column, location)
    except (ValueError, decimal.InvalidOperation):
        raise ProjectError(
            f"{_shown(value)} is no value of column '{column}', which is {_article(kind)}",
            location=location,
            hint=f"write {_EXAMPLES.get(kind.name, 'a value of that type')}",
            code="wrong-type",
        ) from None


_EXAMPLES = {
    "boolean": "true or false", "date": "2024-01-31", "timestamp": "2024-01-31 12:00:00 (UTC)",
    "timestamp_ntz": "2024-01-31 12:00:00", "decimal": "a number with no more digits than that, such as 1.5",
    "array": "a list such as [1, 2]", "struct": "a mapping such as {name: Ada}", "double": "a number such as 1.5",
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), "a whole number within its range"),
}  # fmt: skip


def _typed(value: Any, kind: t.DataType, column: str, place: Location | None) -> Any:
    plain = value.value if isinstance(value, Setting) else value
    if plain is None:
        return None
    match kind:
        case t.ArrayType():
            return [typed(item, kind.element, column, place) for item in _sequence(value)]
        case t.StructType():
            return _struct(value, kind, column, place)
        case t.MapType() | t.IntervalType():
            raise _unsupported(kind, column, place)
    if kind in (t.VARIANT, t.NULL):
        raise _unsupported(kind, column, place)
    if isinstance(plain, (list, dict)) and isinstance(value, Setting):
        raise ValueError
    text = value.text if isinstance(value, Setting) else value if isinstance(value, str) else None
    if text is not None:
        return plain if kind == t.BOOLEAN and isinstance(plain, bool) else _from_text(text, kind)
    return _from_python(plain, kind)


def _sequence(value: Any) -> Sequence[Any]:
    plain = value.value if isinstance(value, Setting) else value
    if isinstance(plain, str):
        plain = json.loads(plain)
    if not isinstance(plain, (list, tuple)):
        raise ValueError
    return plain


def _struct(value: Any, kind: t.StructType, column: str, place: Location | None) -> dict[str, Any]:
    plain = value.value if isinstance(value, Setting) else value
    if isinstance(plain, str):
        plain = json.loads(plain)
    if not isinstance(plain, Mapping):
        raise ValueError
    fields = {name.lower(): inner for name, inner in plain.items()}
    unknown = [name for name in plain if kind.find(name) is None]
    if unknown:
        raise ProjectError(
            f"column '{column}' has no field '{unknown[0]}'",
            location=value.location if isinstance(value, Setting) else place,
            hint=f"its fields are {', '.join(kind.names)}",
            code="unknown-field",
        )
    return {f.name: typed(fields.get(f.name.lower()), f.type, f"{column}.{f.name}", place) for f in kind}


def _from_text(text: str, kind: t.DataType) -> Any:
    stripped = text.strip()
    match kind:
        case t.STRING:
            return text
        case t.BINARY:
            return bytes.fromhex(stripped[2:]) if stripped[:2].lower() == "0x" else text.encode()
        case t.BOOLEAN:
            return {"true": True, "false": False}[stripped.lower()] if stripped.lower() in ("true", "false") else _no()
        case t.DATE:
            return datetime.date.fromisoformat(stripped)
        case t.TIMESTAMP:
            return _instant(datetime.datetime.fromisoformat(stripped))
        case t.TIMESTAMP_NTZ:
            found = datetime.datetime.fromisoformat(stripped)
            return found if found.tzinfo is None else _no()
    if kind in _RANGES:
        return _whole(int(stripped) if _WHOLE.fullmatch(stripped) else _no(), kind)
    if isinstance(kind, t.DecimalType):
        return _decimal(decimal.Decimal(stripped if _NUMBER.fullmatch(stripped) else _no()), kind)
    if kind in t.FRACTIONAL:
        known = _SPECIAL.get(stripped.lower())
        return float(known or (stripped if _NUMBER.fullmatch(stripped) else _no()))
    return _no()


def _from_python(value: Any, kind: t.DataType) -> Any:
    is_number = isinstance(value, (int, float, decimal.Decimal)) and not isinstance(value, bool)
    if kind == t.BOOLEAN and isinstance(value, bool):
        return value
    if kind in _RANGES and is_number and value == int(value):
        return _whole(int(value), kind)
    if isinstance(kind, t.DecimalType) and is_number:
        return _decimal(decimal.Decimal(repr(value) if isinstance(value, float) else value), kind)
    if kind in t.FRACTIONAL and is_number:
        return float(value)
    if kind == t.BINARY and isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, datetime.datetime):
        if kind == t.TIMESTAMP:
            return _instant(value)
        return value if kind == t.TIMESTAMP_NTZ and value.tzinfo is None else _no()
    if kind == t.DATE and isinstance(value, datetime.date):
        return value
    if kind in (t.TIMESTAMP, t.TIMESTAMP_NTZ) and isinstance(value, datetime.date):
        return _from_text(value.isoformat(), kind)
    return _no()


def _no() -> Any:
    raise ValueError


def _instant(value: datetime.datetime) -> datetime.datetime:
    return value.astimezone(datetime.UTC) if value.tzinfo is not None else value.replace(tzinfo=datetime.UTC)


def _whole(value: int, kind: t.DataType) -> int:
    return value if -(2 ** _RANGES[kind]) <= value < 2 ** _RANGES[kind] else _no()


def _decimal(value: decimal.Decimal, kind: t.DecimalType) -> decimal.Decimal:
    with decimal.localcontext(decimal.Context(prec=80)):
        quantized = value.quantize(decimal.Decimal(1).scaleb(-kind.scale))
        fits = quantized == value and abs(quantized) < decimal.Decimal(10) ** (kind.precision - kind.scale)
    return quantized if fits else _no()


def _unsupported(kind: t.DataType, column: str, place: Location | None) -> IngotError:
    return UnsupportedError(
        f"column '{column}' is of type {kind}, whose values cannot be written as rows",
        location=place,
        hint="give these rows by a query: format: sql",
        code="unsupported-type",
    )


def _shown(value: Any) -> str:
    if isinstance(value, Setting):
        return repr(value.text) if value.text is not None else "a list or mapping"
    return repr(value)


def _article(kind: t.DataType) -> str:
    return f"an {kind}" if kind.name[0] in "aeiou" else f"a {kind}"


# --- types of values ------------------------------------------------------------------------------------------


def inferred(values: Sequence[Any], is_text: bool) -> t.DataType:
    """The type of a column about which nothing but its values is known; texts of CSV stay texts."""
    kinds = [] if is_text else [_kind(value) for value in values]
    known = [kind for kind in kinds if kind != t.NULL]
    if not known:
        return t.STRING
    if all(kind in (t.LONG, t.DOUBLE) for kind in known):
        return t.DOUBLE if t.DOUBLE in known else t.LONG
    if all(isinstance(kind, t.StructType) for kind in known):
        return _merged([kind for kind in known if isinstance(kind, t.StructType)])
    if all(isinstance(kind, t.ArrayType) for kind in known):
        items = [item for value in values if _plain(value) is not None for item in _sequence(value)]
        return t.ArrayType(element=inferred(items, False))
    return known[0] if all(kind == known[0] for kind in known) else t.STRING


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Setting) else value


def _kind(value: Any) -> t.DataType:
    plain = _plain(value)
    match plain:
        case None:
            return t.NULL
        case bool():
            return t.BOOLEAN
        case int():
            return t.LONG if abs(plain) < 2**63 else t.DecimalType(precision=38, scale=0)
        case float():
            return t.DOUBLE
        case decimal.Decimal():
            return t.DecimalType(precision=38, scale=18)
        case datetime.datetime():
            return t.TIMESTAMP
        case datetime.date():
            return t.DATE
        case bytes():
            return t.BINARY
        case list() | tuple():
            return t.ArrayType(element=inferred(list(plain), False))
        case dict():
            return t.struct(*(t.Field(name, inferred([inner], False)) for name, inner in plain.items()))
    return t.STRING


def _merged(kinds: Sequence[t.StructType]) -> t.StructType:
    fields: dict[str, t.Field] = {}
    for kind in kinds:
        for field in kind:
            known = fields.get(field.name.lower())
            if known is None or known.type == t.STRING:
                fields[field.name.lower()] = field
    return t.struct(*fields.values())

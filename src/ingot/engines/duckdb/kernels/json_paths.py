"""Values out of JSON text by paths with wildcards, and text that is JSON only for Spark as JSON that all can read."""

from __future__ import annotations

import decimal
import json
import math
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from ingot.analysis.json_text import BadJson, Grammar, Node, deep, parse
from ingot.engines.duckdb.kernels import Kernel
from ingot.engines.duckdb.kernels.variants import ESCAPES, dump, java_double
from ingot.types import STRING, ArrayType, DataType, DecimalType, MapType, StructType, parse_type

# How matches below a wildcard are written (Spark's WriteStyle, which is Hive's).
_RAW, _QUOTED, _FLAT = "raw", "quoted", "flat"
_ANY_ITEM = "*item"

Step = tuple[str, str] | int | str

_STEP = re.compile(r"\.([^.\[]+)|\['([^']+)'\]|\[(\d+)\]|(\[\*\])")
_CONTEXT = decimal.Context(prec=100, rounding=decimal.ROUND_HALF_UP)  # the usual one holds 28 digits
# What these functions read, whatever a reader's options would be.
_GRAMMAR = Grammar(frozenset({"allowsinglequotes", "allowunquotedcontrolchars"}), keeps_surrogates=True)
_SURROGATE = re.compile("[\ud800-\udfff]")
_FAR = re.compile("[\ud800-\udfff\U00010000-\U0010ffff]")
_JAVA_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_ZEROS = re.compile(r"^(-?)0+(?=[0-9])")
_WORDS = ("NaN", "Infinity", "-Infinity", "+Infinity", "-INF", "+INF")
_BOUNDS = {"tinyint": 2**7, "smallint": 2**15, "int": 2**31, "bigint": 2**63}


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[Step, ...] | None:
    """The steps of a path; None when it is none."""
    if not path.startswith("$"):
        return None
    found: list[Step] = []
    at = 1
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            return None
        name = match[1] or match[2]
        if name is not None:
            if name == "*":  # Spark reads it, and finds nothing with it
                return None
            found.append(("key", name))
        else:
            found.append(_ANY_ITEM if match[4] else int(match[3]))
        at = match.end()
    return tuple(found)


@lru_cache(maxsize=4096)
def _short(text: str) -> Node | None:
    return _read(text)


def _read(text: str, grammar: Grammar = _GRAMMAR) -> Node | None:
    """The first value; None when there is none."""
    try:
        return parse(text, grammar)
    except BadJson:
        return None


def json_of(node: Node) -> str:
    """The value as Jackson copies it: numbers with a point are doubles."""
    match node.kind:
        case "object":
            return "{" + ",".join(f"{_text(name)}:{json_of(item)}" for name, item in node.value) + "}"
        case "array":
            return f"[{','.join(map(json_of, node.value))}]"
        case "int":
            return str(int(node.value))
        case "float":
            shown = java_double(float(node.value))
            return shown if math.isfinite(float(node.value)) else f'"{shown}"'
        case "string":
            return _text(node.value)
    return node.value or "null"


def _text(text: str) -> str:
    """A JSON string; letters beyond 16 bits as their two codes."""
    return f'"{_FAR.sub(_codes, text.translate(ESCAPES))}"'


def _codes(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass").hex().upper()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _told(text: str) -> str | None:
    """The text; NULL when UTF-8 cannot say it."""
    return None if _SURROGATE.search(text) else text


@deep
def _get_json_object(text: str, path: str) -> str | None:
    steps = _steps(path)
    if steps is None:
        return None
    node = _short(text) if len(text) < 4096 else _read(text)
    found: list[str] = []
    return _told("".join(found)) if node is not None and _walk(node, steps, _RAW, found) else None


def _walk(node: Node, steps: tuple[Step, ...], style: str, found: list[str]) -> bool:
    """Add what a path leads to; whether that is anything."""
    if not steps:
        return _write(node, style, found)
    step, rest = steps[0], steps[1:]
    match node.kind, step:
        case "object", ("key", name):
            named = (item for key, item in node.value if key == name and item.kind != "null")
            return any(_walk(item, rest, style, found) for item in named)
        case "array", "*item":
            return _walk_items(node.value, rest, style, found)
        case "array", int():
            if step >= len(node.value):
                return False
            return _walk(node.value[step], rest, _QUOTED if rest[:1] == (_ANY_ITEM,) else style, found)
    return False


def _write(node: Node, style: str, found: list[str]) -> bool:
    if style == _RAW and node.kind == "string":
        found.append(node.value)
        return True
    if style == _FLAT and node.kind == "array":
        return _any(_write(item, _FLAT, found) for item in node.value)
    found.append(json_of(node))
    return True


def _walk_items(items: list[Node], rest: tuple[Step, ...], style: str, found: list[str]) -> bool:
    inner: list[str] = []
    if rest[:1] == (_ANY_ITEM,):  # two wildcards in a row: everything in one array
        is_found = _any(_walk(item, rest[1:], _FLAT, inner) for item in items)
        found.append(f"[{','.join(inner)}]")
        return is_found
    if style == _QUOTED:
        is_found = _any(_walk(item, rest, _QUOTED, inner) for item in items)
        found.append(f"[{','.join(inner)}]")
        return is_found
    count = sum(_walk(item, rest, _FLAT if style == _FLAT else _QUOTED, inner) for item in items)
    if count:
        found.append(f"[{','.join(inner)}]" if count > 1 else ",".join(inner))
    return count > 0


def _any(matches: Iterable[bool]) -> bool:
    """Whether any is true, after all were tried."""
    return any(list(matches))


def _keys(text: str) -> list[str] | None:
    node = _read(text)
    return [name for name, _ in node.value] if node is not None and node.kind == "object" else None


def _length(text: str) -> int | None:
    node = _read(text)
    return len(node.value) if node is not None and node.kind == "array" else None


@deep
def _tuple_item(text: str, name: str) -> str | None:
    """A field as `json_tuple` gives it: the last of that name."""
    node = _short(text) if len(text) < 4096 else _read(text)
    found = [item for key, item in node.value if key == name] if node is not None and node.kind == "object" else []
    if not found or found[-1].kind == "null":
        return None
    return _told(found[-1].value if found[-1].kind == "string" else json_of(found[-1]))


# --- for from_json ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _grammar(liberties: str) -> Grammar:
    return Grammar(frozenset(liberties.split(",")))


@deep
def _strict(text: str, ddl: str, liberties: str) -> str | None:
    """The first value as plain JSON, with every field of a struct once; None for what is no JSON."""
    node = _read(text, _grammar(liberties))
    return None if node is None else _plain(node, _type(ddl))


def _plain(node: Node, target: DataType | None) -> str:
    """A value as plain JSON.

    Args:
        target: What it is read as; None where that does not matter.
    """
    match node.kind:
        case "object":
            fields = (f"{dump(name)}:{_plain(item, of)}" for name, item, of in _fields(node, target))
            return "{" + ",".join(fields) + "}"
        case "array":
            element = target.element if isinstance(target, ArrayType) else None
            return f"[{','.join(_plain(item, element) for item in node.value)}]"
        case "int" | "float":
            written = _ZEROS.sub(r"\1", node.value)
            if not written[-1].isalpha():
                return written
            return dump(dump(written)) if target == STRING else dump(written)  # Spark keeps the quotes of these words
        case "string":
            return dump(node.value)
    return node.value or "null"


def _fields(node: Node, target: DataType | None) -> list[tuple[str, Node, DataType | None]]:
    """The fields of an object: for a struct those that it names, of several the last that has the right type."""
    match target:
        case ArrayType():  # one object is an array of one
            return _fields(node, target.element)
        case StructType():
            found: dict[str, Node] = {}
            types = {f.name: f.type for f in target}
            for name, item in node.value:
                if name in types and (name not in found or _is_taken(item, types[name])):
                    found[name] = item
            return [(name, item, types[name]) for name, item in found.items()]
        case MapType():
            return [(name, item, target.value) for name, item in node.value]
    return [(name, item, None) for name, item in node.value]


def _is_taken(node: Node, target: DataType) -> bool:
    """Whether a value goes over that of an earlier field of its name."""
    if target.name in ("date", "timestamp", "timestamp_ntz") and node.kind != "null":
        is_time = node.kind == "string" and re.match(r"\s*[+-]?\d{4}", node.value) is not None
        return is_time or (node.kind == "int" and target.name == "timestamp")
    if isinstance(target, (StructType, MapType)):
        return node.kind in ("object", "null")
    return _is_of(node, target)


@lru_cache(maxsize=64)
def _type(ddl: str) -> DataType:
    return parse_type(ddl)


@deep
def _fits(text: str, ddl: str, liberties: str) -> bool:
    """Whether a text is JSON whose every value has the type that is asked for; times are not looked at."""
    node = _read(text, _grammar(liberties))
    return node is not None and node.kind != "null" and _is_of(node, _type(ddl))


def _is_of(node: Node | None, target: DataType) -> bool:
    if node is None or node.kind == "null":
        return True
    match target:
        case StructType():
            if node.kind != "object":
                return False
            fields = dict(node.value)
            return all(_is_of(fields.get(f.name), f.type) for f in target)
        case MapType():
            return node.kind == "object" and all(_is_of(item, target.value) for _, item in node.value)
        case ArrayType():
            return node.kind == "array" and all(_is_of(item, target.element) for item in node.value)
        case DecimalType():
            return _is_decimal(node, target)
    match target.name:
        case "string" | "variant" | "date" | "timestamp" | "timestamp_ntz":
            return True
        case "boolean":
            return node.kind == "boolean"
        case "float" | "double":
            return node.kind in ("int", "float") or (node.kind == "string" and node.value in _WORDS)
        case "binary":
            return node.kind == "string"
    if target.name in _BOUNDS and node.kind == "int":
        return -_BOUNDS[target.name] <= int(node.value) < _BOUNDS[target.name]
    return False


def _is_decimal(node: Node, target: DecimalType) -> bool:
    if node.kind not in ("int", "float", "string"):
        return False
    written = node.value.replace(",", "")
    if not _JAVA_NUMBER.fullmatch(written):
        return False
    try:
        number = decimal.Decimal(written)
        rounded = number.quantize(decimal.Decimal(1).scaleb(-target.scale), context=_CONTEXT)
    except decimal.InvalidOperation:
        return False
    return len(rounded.as_tuple().digits) <= target.precision


def _has_twice(text: str) -> bool:
    """Whether some object of valid JSON has a field twice."""

    def check(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) != len(pairs):
            raise KeyError

    try:
        json.loads(text, object_pairs_hook=check)
    except KeyError:
        return True
    return False


KERNELS = {
    "get_json_object": Kernel(_get_json_object, "VARCHAR, VARCHAR", "VARCHAR"),
    "json_object_keys": Kernel(_keys, "VARCHAR", "VARCHAR[]"),
    "json_array_length": Kernel(_length, "VARCHAR", "INTEGER"),
    "json_tuple_item": Kernel(_tuple_item, "VARCHAR, VARCHAR", "VARCHAR"),
    "json_strict": Kernel(_strict, "VARCHAR, VARCHAR, VARCHAR", "VARCHAR"),
    "json_fits": Kernel(_fits, "VARCHAR, VARCHAR, VARCHAR", "BOOLEAN"),
    "json_has_twice": Kernel(_has_twice, "VARCHAR", "BOOLEAN"),
}

__all__ = ["KERNELS", "json_of"]

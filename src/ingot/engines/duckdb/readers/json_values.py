"""JSON values to columns as Spark converts them: what fits, what becomes null, and what is partly kept.

Works on the trees of `analysis.json_text`. Never reads a file.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from ingot.analysis.json_text import Node, quoted
from ingot.engines.duckdb.readers.datetimes import BadValue, lenient_date, lenient_timestamp, timestamp_text
from ingot.engines.duckdb.readers.values import date_parser, decimal_text, timestamp_parser
from ingot.errors import UnsupportedError
from ingot.types import ArrayType, DataType, DecimalType, MapType, StructType

_RANGES = {"tinyint": 7, "smallint": 15, "int": 31, "bigint": 63}
_SPECIAL = {"NaN": "nan", "+INF": "inf", "+Infinity": "inf", "Infinity": "inf", "-INF": "-inf", "-Infinity": "-inf"}


class Partial(Exception):
    """A part of a value does not fit; `value` is what is kept of it."""

    def __init__(self, value: Any):
        super().__init__()
        self.value = value


class Converter:
    """Converts the nodes of one text; `text` is set for each record.

    Scalars become canonical text, structs and maps dicts of them, arrays lists. Raises BadValue for what does not
    fit at all and Partial for what fits in part.
    """

    def __init__(self, options: Mapping[str, str]):
        self.text = ""
        self.options = options
        self.parse_date = date_parser(options)
        self.parsers: dict[str, Callable[[str], str]] = {
            "timestamp": timestamp_parser(options, has_zone=True),
            "timestamp_ntz": timestamp_parser(options, has_zone=False),
        }

    def convert(self, node: Node, type_: DataType) -> Any:
        """The value of a node as a column or field of that type."""
        if node.kind == "null":
            return None
        if type_.name == "string":
            return node.value if node.kind == "string" else self.text[node.start : node.end]
        if isinstance(type_, StructType):
            return self.struct(node, type_)
        if isinstance(type_, ArrayType):
            return self.array(node, type_)
        if isinstance(type_, MapType):
            return self.map(node, type_)
        return self.scalar(node, type_)

    def scalar(self, node: Node, type_: DataType) -> str:
        text = str(node.value)
        if node.kind in ("object", "array") or (node.kind == "string" and not text):
            raise BadValue(text)
        if type_.name in _RANGES:
            if node.kind != "int" or not -(2 ** _RANGES[type_.name]) <= int(text) < 2 ** _RANGES[type_.name]:
                raise BadValue(text)
            return str(int(text))
        if isinstance(type_, DecimalType):
            if node.kind == "boolean":
                raise BadValue(text)
            return decimal_text(text.replace(",", "") if node.kind == "string" else text, type_)
        match type_.name:
            case "boolean":
                if node.kind != "boolean":
                    raise BadValue(text)
                return text
            case "float" | "double":
                return self.number(node, text)
            case "date" if node.kind == "string":
                return self.date(text)
            case "timestamp" | "timestamp_ntz":
                return self.timestamp(node, text, type_.name)
            case "binary" if node.kind == "string":
                try:
                    return base64.b64decode(text, validate=True).hex()
                except binascii.Error:
                    raise BadValue(text) from None
            case "date" | "binary":
                raise BadValue(text)
        raise UnsupportedError(f"a JSON field of type {type_.ddl} is not read", code="unsupported-column-type")

    def number(self, node: Node, text: str) -> str:
        if text in _SPECIAL:
            return _SPECIAL[text]
        if node.kind not in ("int", "float"):
            raise BadValue(text)
        return repr(float(text))

    def date(self, text: str) -> str:
        try:
            return self.parse_date(text)
        except BadValue:
            if "dateformat" in self.options:
                raise
            return lenient_date(text).isoformat()

    def timestamp(self, node: Node, text: str, name: str) -> str:
        if node.kind == "int" and name == "timestamp":
            import datetime

            try:
                at = datetime.datetime.fromtimestamp(0, datetime.UTC) + datetime.timedelta(seconds=int(text))
            except OverflowError:
                raise BadValue(text) from None
            return timestamp_text(at, has_zone=True)
        if node.kind != "string":
            raise BadValue(text)
        try:
            return self.parsers[name](text)
        except BadValue:
            if name == "timestamp_ntz" or "timestampformat" in self.options:
                raise
            return timestamp_text(lenient_timestamp(text), has_zone=True)

    def struct(self, node: Node, type_: StructType) -> dict[str, Any]:
        if node.kind != "object":
            raise BadValue("")
        fields = {f.name: f.type for f in type_}
        values: dict[str, Any] = dict.fromkeys(fields)
        is_bad = False
        for name, member in node.value:
            if name not in fields:
                continue
            try:
                values[name] = self.convert(member, fields[name])
            except Partial as partial:
                values[name], is_bad = partial.value, True
            except BadValue:
                is_bad = True
        if is_bad:
            raise Partial(values)
        return values

    def array(self, node: Node, type_: ArrayType) -> list[Any]:
        if node.kind != "array":
            raise BadValue("")
        values, is_bad = [], False
        for item in node.value:
            try:
                values.append(self.convert(item, type_.element))
            except Partial as partial:
                values.append(partial.value)
                is_bad = True
        if is_bad:
            raise Partial(values)
        return values

    def map(self, node: Node, type_: MapType) -> dict[str, Any]:
        if node.kind != "object":
            raise BadValue("")
        values: dict[str, Any] = {}
        is_bad = False
        for name, member in node.value:  # of a repeated name the first: Spark keeps all of them, and finds that
            try:
                values.setdefault(name, self.convert(member, type_.value))
            except Partial as partial:
                values.setdefault(name, partial.value)
                is_bad = True
        if is_bad:
            raise Partial(values)
        return values


def value_text(value: Any) -> str | None:
    """A converted value for a spooled file: scalars as they are, nested ones as JSON of canonical texts."""
    if value is None or isinstance(value, str):
        return value
    return _json(value)


def _json(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return "[" + ",".join(_json(item) for item in value) + "]"
    return "{" + ",".join(f"{quoted(name)}:{_json(item)}" for name, item in value.items()) + "}"

"""Spark's data types: the schema language of queries, of Delta tables and of readers.

Owns the types, their DDL text, their Delta JSON form, and nothing about values or engines. Types are immutable
and compare by value. How expressions get their types is `ingot.analysis`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ingot.errors import AnalysisError
from ingot.quoting import quoted_name


@dataclass(frozen=True)
class DataType:
    """A type without parameters, by Spark's name (`bigint`, `string` …); parametrised ones are subclasses."""

    name: str

    @property
    def ddl(self) -> str:
        """The type as Spark's SQL writes it, as `simpleString` does: `decimal(10,2)`, `array<bigint>`."""
        return self.name

    def json(self) -> Any:
        """The type as Delta's `schemaString` writes it (Delta protocol, "Schema Serialization Format")."""
        return _JSON_NAMES.get(self.name, self.name)

    def __str__(self) -> str:
        return self.ddl

    def __deepcopy__(self, memo: dict[int, Any]) -> DataType:
        return self


@dataclass(frozen=True)
class DecimalType(DataType):
    """`decimal(precision, scale)`, at most 38 digits."""

    precision: int = 10
    scale: int = 0
    name: str = field(default="decimal", init=False)

    @property
    def ddl(self) -> str:
        return f"decimal({self.precision},{self.scale})"

    def json(self) -> Any:
        return self.ddl


@dataclass(frozen=True)
class IntervalType(DataType):
    """`interval day to second`, `interval year to month` or a part: Spark's ANSI intervals, by their ends."""

    start: str = "day"
    end: str = "second"
    name: str = field(default="interval", init=False)

    @property
    def ddl(self) -> str:
        return f"interval {self.start}" if self.start == self.end else f"interval {self.start} to {self.end}"

    @property
    def is_year_month(self) -> bool:
        return self.start in ("year", "month")

    def json(self) -> Any:
        return self.ddl


@dataclass(frozen=True)
class ArrayType(DataType):
    element: DataType = field(kw_only=True)
    contains_null: bool = True
    name: str = field(default="array", init=False)

    @property
    def ddl(self) -> str:
        return f"array<{self.element.ddl}>"

    def json(self) -> Any:
        return {"type": "array", "elementType": self.element.json(), "containsNull": self.contains_null}


@dataclass(frozen=True)
class MapType(DataType):
    key: DataType = field(kw_only=True)
    value: DataType = field(kw_only=True)
    value_contains_null: bool = True
    name: str = field(default="map", init=False)

    @property
    def ddl(self) -> str:
        return f"map<{self.key.ddl},{self.value.ddl}>"

    def json(self) -> Any:
        return {
            "type": "map",
            "keyType": self.key.json(),
            "valueType": self.value.json(),
            "valueContainsNull": self.value_contains_null,
        }


@dataclass(frozen=True)
class Field:
    """A column or a struct's field. `metadata` is Delta's field metadata, without the comment."""

    name: str
    type: DataType
    nullable: bool = True
    comment: str | None = None
    metadata: tuple[tuple[str, Any], ...] = ()

    def json(self) -> dict[str, Any]:
        metadata = dict(self.metadata)
        if self.comment is not None:
            metadata["comment"] = self.comment
        return {"name": self.name, "type": self.type.json(), "nullable": self.nullable, "metadata": metadata}

    def __deepcopy__(self, memo: dict[int, Any]) -> Field:
        return self


@dataclass(frozen=True)
class StructType(DataType):
    """A struct; also the schema of a table or of a query. Names are looked up as Spark does: case-blind."""

    fields: tuple[Field, ...] = ()
    name: str = field(default="struct", init=False)

    @property
    def ddl(self) -> str:
        return "struct<" + ",".join(f"{_quoted(f.name)}:{f.type.ddl}" for f in self.fields) + ">"

    @property
    def names(self) -> list[str]:
        return [f.name for f in self.fields]

    def json(self) -> Any:
        return {"type": "struct", "fields": [f.json() for f in self.fields]}

    def find(self, name: str) -> Field | None:
        """The field of that name; an exact match wins over one that differs in case."""
        folded = name.lower()
        found = [f for f in self.fields if f.name.lower() == folded]
        return next((f for f in found if f.name == name), found[0] if found else None)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


BOOLEAN = DataType("boolean")
BYTE = DataType("tinyint")
SHORT = DataType("smallint")
INT = DataType("int")
LONG = DataType("bigint")
FLOAT = DataType("float")
DOUBLE = DataType("double")
STRING = DataType("string")
BINARY = DataType("binary")
DATE = DataType("date")
TIMESTAMP = DataType("timestamp")
TIMESTAMP_NTZ = DataType("timestamp_ntz")
NULL = DataType("void")
VARIANT = DataType("variant")
TIME = DataType("time(6)")
CALENDAR_INTERVAL = DataType("interval")  # months, days and microseconds apart; no table holds it

INTEGRAL = (BYTE, SHORT, INT, LONG)
FRACTIONAL = (FLOAT, DOUBLE)

_JSON_NAMES = {"tinyint": "byte", "smallint": "short", "int": "integer", "bigint": "long"}
_BY_NAME = {
    t.name: t
    for t in (
        BOOLEAN,
        BYTE,
        SHORT,
        INT,
        LONG,
        FLOAT,
        DOUBLE,
        STRING,
        BINARY,
        DATE,
        TIMESTAMP,
        TIMESTAMP_NTZ,
        NULL,
        VARIANT,
    )
}
_INTERVAL_FIELDS = ("year", "month", "day", "hour", "minute", "second")
_ALIASES = {
    "byte": BYTE, "short": SHORT, "integer": INT, "long": LONG, "real": FLOAT, "bool": BOOLEAN,
    "timestamp_ltz": TIMESTAMP, "null": NULL, "text": STRING,
}  # fmt: skip


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else quoted_name(name)


def struct(*fields: Field) -> StructType:
    """Shorthand for `StructType(fields)`."""
    return StructType(fields=tuple(fields))


def types_in(data_type: DataType) -> Iterator[DataType]:
    """The type and all types within it, from the outside in."""
    yield data_type
    match data_type:
        case StructType():
            for inner in data_type.fields:
                yield from types_in(inner.type)
        case ArrayType():
            yield from types_in(data_type.element)
        case MapType():
            yield from types_in(data_type.key)
            yield from types_in(data_type.value)


def is_numeric(data_type: DataType) -> bool:
    """Whether the type is one of Spark's NumericType."""
    return data_type in INTEGRAL or data_type in FRACTIONAL or isinstance(data_type, DecimalType)


def is_interval(data_type: DataType) -> bool:
    """Whether the type is an interval of any kind."""
    return isinstance(data_type, IntervalType) or data_type == CALENDAR_INTERVAL


def holds(data_type: DataType, test: Callable[[DataType], bool]) -> bool:
    """Whether the type, or one within it, passes the test."""
    return any(map(test, types_in(data_type)))


def as_nullable(data_type: DataType) -> DataType:
    """The type with every field, element and value nullable: what a table's column is unless declared NOT NULL."""
    match data_type:
        case StructType():
            return StructType(
                fields=tuple(replace(f, type=as_nullable(f.type), nullable=True) for f in data_type.fields)
            )
        case ArrayType():
            return ArrayType(element=as_nullable(data_type.element))
        case MapType():
            return MapType(key=as_nullable(data_type.key), value=as_nullable(data_type.value))
    return data_type


def with_names(schema: StructType, names: list[str]) -> StructType:
    """The same columns under other names, in order."""
    return StructType(fields=tuple(replace(f, name=n) for f, n in zip(schema.fields, names, strict=True)))


def from_json(value: Any) -> DataType:
    """Read Delta's JSON form, given as text or as parsed JSON.

    Raises:
        AnalysisError: for a type that Delta's protocol does not name.

    >>> from_json('{"type":"array","elementType":"long","containsNull":true}').ddl
    'array<bigint>'
    """
    if isinstance(value, str) and value.startswith(("{", "[", '"')):
        value = json.loads(value)
    if isinstance(value, str):
        return parse_type(value)
    match value.get("type"):
        case "struct":
            return StructType(fields=tuple(_field_from_json(f) for f in value["fields"]))
        case "array":
            return ArrayType(element=from_json(value["elementType"]), contains_null=value.get("containsNull", True))
        case "map":
            return MapType(
                key=from_json(value["keyType"]),
                value=from_json(value["valueType"]),
                value_contains_null=value.get("valueContainsNull", True),
            )
    raise AnalysisError(f"unknown type {value!r} in a schema", code="unknown-type")


def _field_from_json(value: dict[str, Any]) -> Field:
    metadata = dict(value.get("metadata") or {})
    comment = metadata.pop("comment", None)
    return Field(
        value["name"], from_json(value["type"]), value.get("nullable", True), comment, tuple(sorted(metadata.items()))
    )


def schema_from_json(text: str) -> StructType:
    """Read a Delta `schemaString`."""
    schema = from_json(text)
    assert isinstance(schema, StructType)
    return schema


def parse_type(text: str) -> DataType:
    """Read one type from Spark's DDL.

    >>> parse_type("map<string, struct<a: int not null, b decimal(10,2)>>").ddl
    'map<string,struct<a:int,b:decimal(10,2)>>'
    """
    parser = _DDL(text)
    parsed = parser.type()
    parser.end()
    return parsed


def parse_schema(text: str) -> StructType:
    """Read a table schema from DDL: `id BIGINT NOT NULL COMMENT 'key', tags ARRAY<STRING>`, or `struct<…>`.

    Raises:
        AnalysisError: `invalid-schema`, with the offending text.
    """
    if re.match(r"\s*struct\s*<", text, re.IGNORECASE):
        parsed = parse_type(text)
        assert isinstance(parsed, StructType)
        return parsed
    parser = _DDL(text)
    fields = parser.fields(closing=None)
    parser.end()
    return StructType(fields=fields)


class _DDL:
    """A recursive-descent reader of Spark's type grammar."""

    _TOKEN = re.compile(r"\s*(?:(`(?:[^`]|``)*`)|('(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\")|(\w+)|(.))", re.DOTALL)

    def __init__(self, text: str):
        self.text = text
        self.tokens = [m.group(0).strip() for m in self._TOKEN.finditer(text) if m.group(0).strip()]
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.at += 1
        return token

    def accept(self, *words: str) -> bool:
        if self.peek().lower() in words:
            self.at += 1
            return True
        return False

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise self.error(f"expected {token!r}")

    def error(self, what: str) -> AnalysisError:
        found = self.peek() or "the end"
        return AnalysisError(f"{what} but found {found!r} in the schema {self.text!r}", code="invalid-schema")

    def end(self) -> None:
        if self.at < len(self.tokens):
            raise self.error("expected ','")

    def name(self) -> str:
        token = self.take()
        if token.startswith("`"):
            return token[1:-1].replace("``", "`")
        if not re.fullmatch(r"[\w-]+", token):
            self.at -= 1
            raise self.error("expected a column name")
        while self.peek() == "-":  # an unquoted name may hold a dash in JSON-born schemas
            token += self.take() + self.take()
        return token

    def fields(self, closing: str | None) -> tuple[Field, ...]:
        fields: list[Field] = []
        while self.at < len(self.tokens) and self.peek() != closing:
            name = self.name()
            self.accept(":")
            column = Field(name, self.type())
            while True:
                if self.accept("not"):
                    self.expect("null")
                    column = replace(column, nullable=False)
                elif self.accept("comment"):
                    column = replace(column, comment=_unquote(self.take()))
                elif not self.accept("null"):
                    break
            fields.append(column)
            if not self.accept(","):
                break
        return tuple(fields)

    def type(self) -> DataType:
        word = self.take().lower()
        match word:
            case "array":
                self.expect("<")
                element = self.type()
                self.expect(">")
                return ArrayType(element=element)
            case "map":
                self.expect("<")
                key = self.type()
                self.expect(",")
                value = self.type()
                self.expect(">")
                return MapType(key=key, value=value)
            case "struct":
                self.expect("<")
                fields = self.fields(closing=">")
                self.expect(">")
                return StructType(fields=fields)
            case "decimal" | "dec" | "numeric":
                return self._decimal()
            case "char" | "character" | "varchar":
                if self.accept("("):
                    self.take()
                    self.expect(")")
                return STRING
            case "interval":
                if self.peek().lower() not in _INTERVAL_FIELDS:
                    return CALENDAR_INTERVAL
                start = self.take().lower()
                end = self.take().lower() if self.accept("to") else start
                return IntervalType(start=start, end=end)
            case "time":
                return self._time()
            case "timestamp" if self.accept("without"):
                self.expect("time")
                self.expect("zone")
                return TIMESTAMP_NTZ
        known = _BY_NAME.get(word) or _ALIASES.get(word)
        if known is None:
            self.at -= 1
            raise self.error("expected a type")
        if known is STRING and self.accept("collate"):
            raise AnalysisError(f"collations are not supported: {self.text!r}", code="unsupported")
        return known

    def _time(self) -> DataType:
        if self.accept("("):
            if self.take() != "6":
                raise AnalysisError(f"only time(6) is supported, not {self.text!r}", code="unsupported")
            self.expect(")")
        return TIME

    def _decimal(self) -> DecimalType:
        if not self.accept("("):
            return DecimalType(precision=10, scale=0)
        precision = int(self.take())
        scale = int(self.take()) if self.accept(",") else 0
        self.expect(")")
        if not (1 <= precision <= 38 and 0 <= scale <= precision):
            raise AnalysisError(f"decimal({precision},{scale}) is out of range", code="invalid-schema")
        return DecimalType(precision=precision, scale=scale)


def _unquote(text: str) -> str:
    body = text[1:-1]
    return body.replace("''", "'") if text.startswith("'") else body

"""JSON as Spark's parser (Jackson) reads it, which takes more than the standard, and the schema that it has.

Owns leniency: quotes, comments, numbers that are none, text behind the first value. Engine-neutral; nothing here reads
a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

from ingot.types import (
    BOOLEAN,
    DOUBLE,
    LONG,
    NULL,
    STRING,
    ArrayType,
    DataType,
    DecimalType,
    Field,
    StructType,
)

_DEPTH_MAX = 1000
_FLAGS = {
    "allowcomments": False,
    "allowunquotedfieldnames": False,
    "allowsinglequotes": True,
    "allownumericleadingzeros": False,
    "allownonnumericnumbers": True,
    "allowbackslashescapinganycharacter": False,
    "allowunquotedcontrolchars": False,
}
_NON_NUMBERS = {
    "NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity", "+Infinity": "Infinity", "INF": "Infinity",
    "+INF": "Infinity", "-INF": "-Infinity",
}  # fmt: skip
_ESCAPED = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_ZEROS_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_NON_NUMBER = re.compile(r"[+-]?(?:Infinity|INF|NaN)")
_NAME = re.compile(r"[^\W\d][\w$]*|[$@*\-#]+\w*")
_WORDS = re.compile(r"true|false|null")
_BARE_END = re.compile(r"[\s,\]}:/]|$")


class Number(str):
    """A number as it is written; `NaN` and its kin too."""


class Pairs(list[tuple[str, Any]]):
    """An object's fields in order, each as often as it is there."""


class _Malformed(Exception):
    """The text is no JSON."""


def flags_of(options: Mapping[str, str]) -> frozenset[str]:
    """What a parser allows, from a reader's options by their names in small letters."""
    return frozenset(name for name, default in _FLAGS.items() if options.get(name, str(default)).lower() == "true")


DEFAULT_FLAGS = flags_of({})


def read(text: str, flags: frozenset[str] = DEFAULT_FLAGS) -> Any:
    """The first value of a text: None, bool, str, Number, list or Pairs.

    Raises:
        ValueError: when there is none.
    """
    reader = _Reader(text, flags)
    try:
        return reader.root()
    except (_Malformed, IndexError, RecursionError) as error:
        raise ValueError("no JSON") from error


class _Reader:
    def __init__(self, text: str, flags: frozenset[str]):
        self.text, self.at, self.flags = text.removeprefix("\ufeff"), 0, flags
        self.depth = 0

    def root(self) -> Any:
        self.skip()
        value = self.value()
        is_bare = not isinstance(value, (list, str)) or isinstance(value, Number)
        if is_bare and not _BARE_END.match(self.text, self.at):
            raise _Malformed
        return value

    def skip(self) -> None:
        text = self.text
        while self.at < len(text):
            if text[self.at] in " \t\r\n":
                self.at += 1
            elif text[self.at] == "/" and "allowcomments" in self.flags:
                self.comment()
            else:
                return

    def comment(self) -> None:
        opening, closing = self.text[self.at : self.at + 2], {"/*": "*/", "//": "\n"}
        if opening not in closing:
            raise _Malformed
        end = self.text.find(closing[opening], self.at + 2)
        if end < 0 and opening == "/*":
            raise _Malformed
        self.at = len(self.text) if end < 0 else end + len(closing[opening])

    def value(self) -> Any:
        char = self.text[self.at]
        if char == "{":
            return self.nested(self.object)
        if char == "[":
            return self.nested(self.array)
        if char == '"' or (char == "'" and "allowsinglequotes" in self.flags):
            return self.string(char)
        word = _WORDS.match(self.text, self.at)
        if word is not None:
            self.at = word.end()
            return {"true": True, "false": False, "null": None}[word[0]]
        return self.number()

    def nested(self, read: Any) -> Any:
        self.depth += 1
        if self.depth > _DEPTH_MAX:
            raise _Malformed
        value = read()
        self.depth -= 1
        return value

    def number(self) -> Number:
        if "allownonnumericnumbers" in self.flags:
            found = _NON_NUMBER.match(self.text, self.at)
            if found is not None and found[0] in _NON_NUMBERS:
                self.at = found.end()
                return Number(_NON_NUMBERS[found[0]])
        pattern = _ZEROS_NUMBER if "allownumericleadingzeros" in self.flags else _NUMBER
        found = pattern.match(self.text, self.at)
        if found is None:
            raise _Malformed
        self.at = found.end()
        if self.text[self.at : self.at + 1].isalnum() or self.text[self.at : self.at + 1] == ".":
            raise _Malformed
        sign, digits = ("-", found[0][1:]) if found[0].startswith("-") else ("", found[0])
        return Number(sign + re.sub(r"^0+(?=\d)", "", digits))

    def string(self, quote: str) -> str:
        text, start = self.text, self.at + 1
        pieces = []
        at = start
        while text[at] != quote:
            if text[at] == "\\":
                pieces.append(text[start:at])
                piece, at = self.escape(at + 1)
                pieces.append(piece)
                start = at
                continue
            if text[at] < " " and "allowunquotedcontrolchars" not in self.flags:
                raise _Malformed
            at += 1
        pieces.append(text[start:at])
        self.at = at + 1
        found = "".join(pieces)
        if any("\ud800" <= char <= "\udfff" for char in found):
            found = found.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\ufffd", "?")
        return found

    def escape(self, at: int) -> tuple[str, int]:
        char = self.text[at]
        if char == "u":
            digits = self.text[at + 1 : at + 5]
            if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
                raise _Malformed
            return chr(int(digits, 16)), at + 5
        if char in _ESCAPED:
            return _ESCAPED[char], at + 1
        if "allowbackslashescapinganycharacter" in self.flags or (char == "'" and "allowsinglequotes" in self.flags):
            return char, at + 1
        raise _Malformed

    def array(self) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        self.skip()
        if self.text[self.at] == "]":
            self.at += 1
            return found
        while True:
            self.skip()
            found.append(self.value())
            if self.ends("]"):
                return found

    def object(self) -> Pairs:
        self.at += 1
        found = Pairs()
        self.skip()
        if self.text[self.at] == "}":
            self.at += 1
            return found
        while True:
            self.skip()
            name = self.name()
            self.skip()
            if self.text[self.at] != ":":
                raise _Malformed
            self.at += 1
            self.skip()
            found.append((name, self.value()))
            if self.ends("}"):
                return found

    def name(self) -> str:
        char = self.text[self.at]
        if char == '"' or (char == "'" and "allowsinglequotes" in self.flags):
            return self.string(char)
        found = _NAME.match(self.text, self.at) if "allowunquotedfieldnames" in self.flags else None
        if found is None:
            raise _Malformed
        self.at = found.end()
        return found[0]

    def ends(self, closing: str) -> bool:
        """Whether what follows a value ends the array or object; else it is a comma."""
        self.skip()
        char = self.text[self.at]
        self.at += 1
        if char not in (",", closing):
            raise _Malformed
        return char == closing


# --- the schema of a value --------------------------------------------------------------------------------------------


def schema_of(text: str, options: Mapping[str, str]) -> DataType:
    """The type that `schema_of_json` finds, as inferring a file's schema would.

    Raises:
        ValueError: when the text is no JSON.
    """
    if not text.strip():
        return STRING
    found = _inferred(read(text, flags_of(options)), options)
    return _settled(found, options)


def _inferred(value: Any, options: Mapping[str, str]) -> DataType:
    match value:
        case None:
            return NULL
        case Pairs():
            fields: dict[str, DataType] = {}
            for name, item in value:
                inner = _inferred(item, options)
                fields[name] = merged(fields[name], inner) if name in fields else inner
            return StructType(fields=tuple(Field(name, fields[name]) for name in sorted(fields)))
        case list():
            return ArrayType(element=reduce(merged, (_inferred(item, options) for item in value), NULL))
    if options.get("primitivesasstring", "").lower() == "true":
        return STRING
    match value:
        case bool():
            return BOOLEAN
        case Number():
            return _number_type(value, options.get("prefersdecimal", "").lower() == "true")
    return STRING


def _number_type(text: str, prefers_decimal: bool) -> DataType:
    is_whole = re.fullmatch(r"-?\d+", text) is not None
    if is_whole and -(2**63) <= int(text) < 2**63:
        return LONG
    if not is_whole and (not prefers_decimal or text[-1].isalpha()):
        return DOUBLE
    import decimal

    _, digits, exponent = decimal.Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    scale = max(0, -exponent)
    precision = max(len(digits) + max(0, exponent), scale)
    return DecimalType(precision=precision, scale=scale) if precision <= 38 else DOUBLE


def merged(left: DataType, right: DataType) -> DataType:
    """The type of values of both types (`JsonInferSchema.compatibleType`)."""
    if left == right or right == NULL:
        return left
    if left == NULL:
        return right
    match left, right:
        case StructType(), StructType():
            names = sorted({*left.names, *right.names})
            return StructType(fields=tuple(Field(n, merged(_type_in(left, n), _type_in(right, n))) for n in names))
        case ArrayType(), ArrayType():
            return ArrayType(element=merged(left.element, right.element))
        case DecimalType(), DecimalType():
            return _wider(left, right)
    numbers = [t for t in (left, right) if t in (LONG, DOUBLE) or isinstance(t, DecimalType)]
    if len(numbers) < 2:
        return STRING
    if DOUBLE in numbers:
        return DOUBLE
    decimal = next(t for t in numbers if isinstance(t, DecimalType))
    return _wider(decimal, DecimalType(precision=20, scale=0))


def _wider(left: DecimalType, right: DecimalType) -> DataType:
    scale = max(left.scale, right.scale)
    whole = max(left.precision - left.scale, right.precision - right.scale)
    return DecimalType(precision=whole + scale, scale=scale) if whole + scale <= 38 else DOUBLE


def _type_in(struct: StructType, name: str) -> DataType:
    return next((f.type for f in struct if f.name == name), NULL)


def _settled(found: DataType, options: Mapping[str, str]) -> DataType:
    """Nulls become strings, or are left out."""
    drops = options.get("dropfieldifallnull", "").lower() == "true"
    match found:
        case StructType():
            fields = [Field(f.name, _settled(f.type, options)) for f in found if not (drops and _is_empty(f.type))]
            return StructType(fields=tuple(fields))
        case ArrayType():
            return ArrayType(element=_settled(found.element, options))
    return STRING if found == NULL else found


def _is_empty(data_type: DataType) -> bool:
    match data_type:
        case ArrayType():
            return _is_empty(data_type.element)
        case StructType():
            return not data_type.fields
    return data_type == NULL


def shown_type(data_type: DataType) -> str:
    """The type in DDL, as `schema_of_json` writes it."""
    match data_type:
        case StructType():
            fields: Iterable[str] = (f"{_quoted(f.name)}: {shown_type(f.type)}" for f in data_type)
            return f"STRUCT<{', '.join(fields)}>"
        case ArrayType():
            return f"ARRAY<{shown_type(data_type.element)}>"
    return data_type.ddl.upper()


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) else "`" + name.replace("`", "``") + "`"

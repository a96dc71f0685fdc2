"""The schema that Spark infers for JSON: sorted fields, the narrowest type for each, merged over all values.

Works on the trees of `json_text`, for files and for `schema_of_json`. Reads no file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from ingot.analysis.json_text import BadJson, Node, deep, grammar_of, parse
from ingot.analysis.text_options import flag
from ingot.errors import AnalysisError
from ingot.quoting import quoted_where_needed
from ingot.types import (
    BOOLEAN,
    DOUBLE,
    LONG,
    NULL,
    STRING,
    TIMESTAMP,
    ArrayType,
    DataType,
    DecimalType,
    Field,
    StructType,
)

_WRITTEN_DECIMAL = re.compile(r"[+-]?(?:[0-9][0-9,]*\.?[0-9]*|\.[0-9]+)")


@dataclass(frozen=True)
class Inference:
    """How types are found.

    Attributes:
        prefers_decimal: Fractions are decimals, and so are texts that say one.
        makes_text: Numbers and booleans are text.
        is_timestamp: Which texts are timestamps; None when none are.
        makes_columns: The names become a table's: two that are the same are refused, those that differ in case are
            one, the first.
    """

    prefers_decimal: bool = False
    makes_text: bool = False
    is_timestamp: Callable[[str], bool] | None = None
    makes_columns: bool = False

    def type_of(self, node: Node) -> DataType:
        """The type of one value; `void` for null and the empty string.

        Raises:
            BadJson: for a number that is none where it should be a decimal.
            AnalysisError: `duplicate-column`; `invalid-schema`, for a decimal without a scale.
        """
        match node.kind:
            case "null":
                return NULL
            case "object":
                fields = [Field(name, self.type_of(member)) for name, member in node.value]
                if self.makes_columns:
                    _check_names([f.name for f in fields])
                return StructType(fields=tuple(sorted(fields, key=lambda f: f.name)))
            case "array":
                return ArrayType(element=reduce(self.merge, map(self.type_of, node.value), NULL))
            case "string":
                return self._type_of_text(node.value)
        if self.makes_text:
            return STRING
        return BOOLEAN if node.kind == "boolean" else self._type_of_number(node)

    def _type_of_text(self, text: str) -> DataType:
        if not text:
            return NULL
        if self.prefers_decimal and _WRITTEN_DECIMAL.fullmatch(text):
            found = _decimal_type(text.replace(",", ""))
            if found is not None:
                return found
        return TIMESTAMP if self.is_timestamp is not None and self.is_timestamp(text) else STRING

    def _type_of_number(self, node: Node) -> DataType:
        text = node.value
        if node.kind == "int" and -(2**63) <= int(text) < 2**63:
            return LONG
        if node.kind == "float" and not self.prefers_decimal:
            return DOUBLE
        if text[-1].isalpha():
            raise BadJson(f"{text} is no decimal")
        return _decimal_type(text) or DOUBLE

    def merge(self, one: DataType, other: DataType) -> DataType:
        """The type that holds values of both (`JsonInferSchema.compatibleType`); text if nothing narrower does."""
        if one == other or other == NULL:
            return one
        if one == NULL:
            return other
        match one, other:
            case StructType(), StructType():
                return self._merge_structs(one, other)
            case ArrayType(), ArrayType():
                return ArrayType(element=self.merge(one.element, other.element))
        names = {one.name, other.name}
        if "double" in names and names <= {"double", "bigint", "decimal"}:
            return DOUBLE
        if names <= {"bigint", "decimal"}:
            return _merge_decimals(_wide(one), _wide(other))
        return STRING

    def _merge_structs(self, one: StructType, other: StructType) -> StructType:
        fields = {f.name: f.type for f in one}
        spelled = {name.lower(): name for name in fields} if self.makes_columns else {}
        for f in other:
            name = spelled.setdefault(f.name.lower(), f.name) if self.makes_columns else f.name
            fields[name] = self.merge(fields[name], f.type) if name in fields else f.type
        return StructType(fields=tuple(Field(n, fields[n]) for n in sorted(fields)))


def _check_names(names: list[str]) -> None:
    if len(set(names)) == len(names):
        return
    twice = next(name for at, name in enumerate(names) if name in names[:at])
    raise AnalysisError(
        f"the key {twice!r} is repeated within one JSON object, so no schema can be inferred",
        hint="declare a schema; the last value is then taken",
        code="duplicate-column",
    )


def _decimal_type(text: str) -> DecimalType | None:
    from decimal import Decimal

    _, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int)
    if exponent > 0:
        raise AnalysisError(f"{text} has no decimal type, as its scale is negative", code="invalid-schema")
    precision = max(len(digits), -exponent)
    return DecimalType(precision=precision, scale=-exponent) if precision <= 38 else None


def _wide(type_: DataType) -> DecimalType:
    return type_ if isinstance(type_, DecimalType) else DecimalType(precision=20, scale=0)


def _merge_decimals(one: DecimalType, other: DecimalType) -> DataType:
    scale = max(one.scale, other.scale)
    whole = max(one.precision - one.scale, other.precision - other.scale)
    return DOUBLE if whole + scale > 38 else DecimalType(precision=whole + scale, scale=scale)


def canonical(type_: DataType, *, drops_nulls: bool) -> DataType | None:
    """The inferred type without placeholders: void is text (or dropped), structs without fields vanish."""
    if isinstance(type_, ArrayType):
        element = canonical(type_.element, drops_nulls=drops_nulls)
        return None if element is None else ArrayType(element=element)
    if isinstance(type_, StructType):
        fields = [(f.name, canonical(f.type, drops_nulls=drops_nulls)) for f in type_ if f.name]
        kept = tuple(Field(name, found) for name, found in fields if found is not None)
        return StructType(fields=kept) if kept else None
    if type_ == NULL:
        return None if drops_nulls else STRING
    return type_


@deep
def schema_of(text: str, options: Mapping[str, str]) -> DataType:
    """The type that `schema_of_json` finds.

    Raises:
        BadJson: when the text is no JSON.
        AnalysisError: `invalid-option`; `invalid-schema`.
    """
    node = parse(text, grammar_of(options))
    if node is None:
        return STRING
    inference = Inference(flag(options, "prefersdecimal"), flag(options, "primitivesasstring"))
    found = inference.type_of(node)
    settled = canonical(found, drops_nulls=flag(options, "dropfieldifallnull"))
    if settled is not None:
        return settled
    if isinstance(found, StructType):
        return StructType()
    is_of_structs = isinstance(found, ArrayType) and isinstance(found.element, StructType)
    return ArrayType(element=StructType()) if is_of_structs else STRING


@deep
def shown_type(data_type: DataType) -> str:
    """The type in DDL, as `schema_of_json` writes it."""
    match data_type:
        case StructType():
            fields: Iterable[str] = (f"{quoted_where_needed(f.name)}: {shown_type(f.type)}" for f in data_type)
            return f"STRUCT<{', '.join(fields)}>"
        case ArrayType():
            return f"ARRAY<{shown_type(data_type.element)}>"
    return data_type.ddl.upper()

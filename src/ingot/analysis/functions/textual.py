"""Functions that read and write text formats (JSON, CSV, XML) by a schema: binders that tell their types.

`schema_of_…` of a literal is a literal itself, known when the query is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlglot import exp

from ingot.analysis.coercion import implicit_cast
from ingot.analysis.functions.rules import literal_text
from ingot.analysis.functions.signature import Binder, Bound, wrong_arguments
from ingot.analysis.typed import Settings, set_type
from ingot.errors import AnalysisError, IngotError, UnsupportedError
from ingot.types import (
    STRING,
    VARIANT,
    ArrayType,
    DataType,
    MapType,
    StructType,
    from_json,
    parse_schema,
    parse_type,
)

Types = list[DataType]


def _reader(kinds: tuple[type, ...]) -> Binder:
    """`from_…(text, schema, options?)`; the schema is a literal, or `schema_of_…` of one."""

    def bind(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
        if len(types) not in (2, 3):
            raise wrong_arguments(call, types, "string, schema, options?")
        try:
            schema = _schema(literal_text(call, 1))
        except IngotError as error:
            raise error.at(call.meta.get("location")) from error
        if not isinstance(schema, kinds) and not (schema == VARIANT and StructType in kinds and MapType in kinds):
            raise AnalysisError(
                f"{call.this} cannot read {schema.ddl}",
                location=call.meta.get("location"),
                hint="name fields and their types: 'id INT, name STRING'",
                code="wrong-arguments",
            )
        call.set("expressions", [implicit_cast(call.expressions[0], STRING, settings), *call.expressions[1:]])
        return call, schema

    return bind


def _schema(text: str) -> DataType:
    stripped = text.strip()
    if stripped.startswith(("{", '"')):
        return from_json(stripped)
    try:
        return parse_type(stripped)
    except AnalysisError:
        return parse_schema(stripped)


def _schema_of(find: Callable[[str, Mapping[str, str]], str]) -> Binder:
    def bind(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
        if len(types) not in (1, 2):
            raise wrong_arguments(call, types, "string, options?")
        text = literal_text(call, 0)
        try:
            found = find(text, _options(call))
        except ValueError as error:
            raise AnalysisError(
                f"{call.this} cannot read {text!r}", location=call.meta.get("location"), code="wrong-arguments"
            ) from error
        return set_type(exp.Literal.string(found), STRING), STRING

    return bind


def _options(call: exp.Anonymous) -> dict[str, str]:
    """The options of a call, by their names in small letters.

    Raises:
        AnalysisError: `wrong-arguments`, for anything but a map of literals.
    """
    if len(call.expressions) < 2:
        return {}
    node = call.expressions[1]
    while isinstance(node, (exp.Cast, exp.Paren)):
        node = node.this
    if isinstance(node, exp.Anonymous) and node.this == "map":
        texts = [literal_text(node, at) for at in range(len(node.expressions))]
        return {name.lower(): value for name, value in zip(texts[::2], texts[1::2], strict=True)}
    raise AnalysisError(
        f"the options of {call.this} must be written as map('name', 'value')",
        location=call.meta.get("location"),
        code="wrong-arguments",
    )


def _json_schema(text: str, options: Mapping[str, str]) -> str:
    from ingot.analysis import json_schema

    if options.get("infertimestamp", "").lower() == "true":
        raise UnsupportedError("schema_of_json with inferTimestamp is not supported", code="unsupported-function")
    return json_schema.shown_type(json_schema.schema_of(text, options))


def _csv_schema(text: str, options: Mapping[str, str]) -> str:
    from ingot.analysis import csv_text, json_schema

    schema = csv_text.schema_of(text, options)
    if not schema.fields:
        raise ValueError("no record")
    return json_schema.shown_type(schema)


def _writer(kinds: tuple[type, ...], takes: str) -> Binder:
    def bind(call: exp.Anonymous, types: Types, settings: Settings) -> Bound:
        if len(types) not in (1, 2) or not (isinstance(types[0], kinds) or types[0] == VARIANT):
            raise wrong_arguments(call, types, f"{takes}, options?")
        return call, STRING

    return bind


BINDERS: dict[str, Binder] = {
    "from_json": _reader((StructType, ArrayType, MapType)),
    "from_csv": _reader((StructType,)),
    "schema_of_json": _schema_of(_json_schema),
    "schema_of_csv": _schema_of(_csv_schema),
    "to_json": _writer((StructType, ArrayType, MapType), "struct, array, map or variant"),
    "to_csv": _writer((StructType,), "struct"),
}

"""Columns and expressions as definitions in Python give them: names, SQL text, `Column` objects, schemas."""

from __future__ import annotations

from typing import Any

from ingot.definitions.spark.place import here
from ingot.errors import DefinitionError
from ingot.model import ColumnSpec


def expression(value: Any) -> str | None:
    """The SQL text of a column or of text."""
    if value is None or isinstance(value, str):
        return value
    node = getattr(value, "_node", None)
    if node is None:
        raise DefinitionError(
            f"expected a column or SQL text, not {value!r}",
            location=here(),
            hint="F.expr(\"kind = 'delete'\"), or the text alone",
            code="wrong-arguments",
        )
    return node.sql("databricks")


def listed(values: Any) -> tuple[str, ...] | None:
    """The columns of a list, or None where there is no list."""
    return None if values is None else tuple(names(values))


def names(values: Any) -> list[str]:
    """The columns of a list, or the one that stands for it."""
    given = [values] if isinstance(values, str) or hasattr(values, "_node") else list(values or ())
    return [_name_of(v) for v in given]


def _name_of(value: Any) -> str:
    node = getattr(value, "_node", None)
    if node is None:
        return str(value)
    return ".".join(part.name for part in getattr(node, "parts", [node]))


def columns_of_schema(schema: Any) -> tuple[ColumnSpec, ...] | None:
    """The columns that a definition declares: DDL, which may generate some of them, or a schema."""
    if schema is None:
        return None
    if isinstance(schema, str) and "generated" in schema.lower():
        from ingot.definitions.sql.columns import declared_columns

        return declared_columns(schema, here())
    from ingot.definitions.spark.types import to_schema

    return tuple(ColumnSpec(f.name, f.type, f.nullable, f.comment) for f in to_schema(schema))


def column_names(columns: Any) -> tuple[str, ...]:
    """The columns that a table is partitioned or clustered by: names, or one name."""
    return () if columns is None else (columns,) if isinstance(columns, str) else tuple(columns)

"""The schema of large files of JSON lines, found by DuckDB from the distinct structures of their lines.

Answers only where DuckDB's structures say all that Spark's inference looks at; else the lines are parsed in Python.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
from ingot.analysis.json_schema import Inference
from ingot.engines.duckdb.plain_json import is_odd
from ingot.engines.duckdb.types import quote_path
from ingot.types import BOOLEAN, DOUBLE, LONG, NULL, STRING, ArrayType, DataType, Field, StructType

_STRUCTURES_MAX = 1_000
_COLUMNS = Inference(makes_columns=True)
_TYPES = {"NULL": NULL, "VARCHAR": STRING, "UBIGINT": LONG, "BIGINT": LONG, "DOUBLE": DOUBLE, "BOOLEAN": BOOLEAN}


class _Unclear(Exception):
    """The structures do not tell Spark's type."""


def survey(connection: Any, paths: list[Path]) -> DataType | None:
    """The merged type of all lines, before placeholders are replaced; None if it is unclear."""
    listed = ", ".join(quote_path(path) for path in paths)
    sql = (
        f"SELECT json_structure(json), bool_or(regexp_matches(json, '[0-9]{{18}}|: ?\"\"') OR {is_odd('json')}) FROM"
        f" read_ndjson_objects([{listed}], compression='uncompressed', maximum_object_size=16777216)"
        f" GROUP BY 1 LIMIT {_STRUCTURES_MAX + 1}"
    )
    try:
        rows = connection.cursor().execute(sql).fetchall()
    except duckdb.Error:
        return None
    if len(rows) > _STRUCTURES_MAX or any(unclear for _, unclear in rows):
        return None
    root: DataType = StructType(fields=())
    try:
        for text, _ in rows:
            found = _type(json.loads(text, object_pairs_hook=_members))
            if not isinstance(found, StructType):
                return None
            root = _COLUMNS.merge(root, found)
    except _Unclear:
        return None
    return root


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name.lower() for name, _ in pairs}) < len(pairs):
        raise _Unclear
    return dict(pairs)


def _type(structure: Any) -> DataType:
    if isinstance(structure, dict):
        return StructType(fields=tuple(Field(name, _type(structure[name])) for name in sorted(structure)))
    if isinstance(structure, list):
        return ArrayType(element=_type(structure[0]) if structure else NULL)
    if structure not in _TYPES:
        raise _Unclear
    return _TYPES[structure]

"""Which expressions of a query function are DataFrames, and of what: told from names and calls, not run."""

from __future__ import annotations

import ast

_READERS = frozenset({"load", "csv", "json", "parquet", "orc", "text", "xml", "range", "createDataFrame"})
_TABLES = frozenset({"table", "sql", "read_stream"})
_GROUPS = frozenset({"groupBy", "groupby", "rollup", "cube", "groupingSets"})
_NOT_FRAMES = frozenset(
    {"conf", "catalog", "udf", "streams", "version", "option", "options", "format", "schema", "read", "readStream"}
)
_FRAME_NAMES = ("df", "frame", "dataframe")


class Frames:
    """The DataFrames of one function: `table` when a dataset of the pipeline may be among what it reads."""

    def __init__(self, function: ast.FunctionDef):
        self._names: dict[str, str] = {}
        for argument in (*function.args.args, *function.args.kwonlyargs):
            if _is_frame_name(argument.arg) or "DataFrame" in ast.unparse(argument.annotation or ast.Constant("")):
                self._names[argument.arg] = "table"
        for _ in range(2):  # a name may be bound after a use that stands before it in the tree's order
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                    kind = self.kind(node.value)
                    if kind is not None:
                        self._names[node.targets[0].id] = kind

    def kind(self, node: ast.expr) -> str | None:
        """`table`, `files`, `grouped`; None for what is no DataFrame as far as can be told."""
        match node:
            case ast.Name(id=name):
                return self._names.get(name)
            case ast.Call(func=ast.Name(id="read" | "read_stream")):
                return "table"
            case ast.Call(func=ast.Attribute(attr=method, value=value)):
                kind = self._of_call(method, value)
                reads_table = kind == "files" and any(self.kind(argument) == "table" for argument in node.args)
                return "table" if reads_table else kind
            case ast.Attribute(attr="na" | "stat", value=value):
                return self.kind(value)
        return None

    def _of_call(self, method: str, value: ast.expr) -> str | None:
        root = _root(value)
        inner = self.kind(value)
        if inner is None and root in ("spark", "dlt", "dp"):
            if method in _TABLES or (method == "read" and root != "spark"):
                return "table"
            return "files" if method in _READERS else None
        if inner is None:
            return None
        if inner == "grouped":
            return "grouped" if method == "pivot" else "table"
        return "grouped" if method in _GROUPS else inner if method not in _NOT_FRAMES else None


def _root(node: ast.expr) -> str | None:
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _is_frame_name(name: str) -> bool:
    return name.lower() in _FRAME_NAMES or name.lower().endswith("_df")

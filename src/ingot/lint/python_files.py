"""Finds what does not run everywhere in Python files, from their syntax trees.

Owns the shapes of constructs in Python. Never runs the user's code: what the code defines is `flows`'.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ingot.definitions.notebook import cells
from ingot.errors import Location
from ingot.lint import spark
from ingot.lint.finding import Findings
from ingot.lint.python_frames import Frames
from ingot.lint.sql_files import path_rule

_NAMES = {
    "view": "view-decorator", "create_view": "view-decorator", "create_table": "unknown-pipelines-name",
    "read": "pipelines-read", "read_stream": "pipelines-read", "readStream": "pipelines-read",
    "create_target_table": "create-target-table", "create_streaming_live_table": "create-target-table",
    "apply_changes": "apply-changes-function", "apply_changes_from_snapshot": "cdc-snapshot",
    "create_auto_cdc_from_snapshot_flow": "cdc-snapshot", "foreach_batch_sink": "batch-sink",
    "update_flow": "update-flow", "on_event_hook": "event-hook",
}  # fmt: skip
_DATASETS = frozenset(
    {"table", "materialized_view", "temporary_view", "view", "append_flow", "create_table", "create_view"}
)
_RULES_OF_ROWS = ("expect",)
_OF_QUERIES = frozenset({"SELECT", "WITH", "FROM", "VALUES", "TABLE", "SHOW", "("})
_OURS = ("expect_or_quarantine", "expect_all_or_quarantine")
_DATABRICKS_OPTIONS = frozenset({"rescueddatacolumn", "schemahints", "schemaevolutionmode", "singlevariantcolumn"})
_CELLS = {"run": "run-cell", "sql": "sql-cell", "pip": "pip-cell"}


def scan_python_file(path: Path, text: str, root: Path, findings: Findings) -> None:
    """Look at one file; one that cannot be parsed is left to the loading of definitions."""
    for cell in cells(text, "#"):
        if cell.magic in _CELLS:
            line = text.count("\n", 0, cell.magic_start) + 1
            findings.add(_CELLS[cell.magic], Location(str(path), line))
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    _File(path, root, findings).visit(tree)


class _File:
    """One file: which names are the pipelines module, which functions are query functions, what they do."""

    def __init__(self, path: Path, root: Path, findings: Findings):
        self.path, self.root, self.findings = path, root, findings
        self.modules: set[str] = set()
        self.imported: dict[str, str] = {}  # names imported from the pipelines module
        self.decorated: set[str] = set()
        self.sets_path = False

    def found(self, code: str, node: ast.AST, detail: str = "") -> None:
        place = Location(str(self.path), getattr(node, "lineno", None), getattr(node, "col_offset", 0) + 1)
        self.findings.add(code, place, detail)

    def visit(self, tree: ast.Module) -> None:
        nodes = list(ast.walk(tree))
        self.sets_path = any(
            isinstance(n, ast.Attribute) and n.attr == "path" and _name(n.value) == "sys" for n in nodes
        )
        for node in nodes:
            if isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
        functions = [n for n in nodes if isinstance(n, ast.FunctionDef)]
        queries = [f for f in functions if any(self._api_name(d) in _DATASETS for d in f.decorator_list)]
        self.decorated = {f.name for f in queries}
        called = _reached(queries, functions)
        for node in nodes:
            self._node(node)
        for call in _unschemed_streams(tree):
            self.found("stream-without-schema", call)
        for function in queries:
            self._stacked(function)
        for function in functions:
            if function in queries or function.name in called:
                self._query_function(function)

    # --- imports ---

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self._module(alias.name, node)
                if alias.name in ("dlt", "databricks.pipelines", "pyspark.pipelines", "ingot.pipelines"):
                    self.modules.add(alias.asname or alias.name)
            return
        module = node.module or ""
        for alias in node.names:
            full = f"{module}.{alias.name}"
            if full in ("pyspark.pipelines", "databricks.pipelines", "databricks.dlt", "ingot.pipelines"):
                self.modules.add(alias.asname or alias.name)
                self._module(full, node)
            elif module in ("pyspark.pipelines", "dlt", "databricks.pipelines", "ingot.pipelines"):
                self.imported[alias.asname or alias.name] = alias.name
                self._api(alias.name, node)
        self._module(module, node)

    def _module(self, name: str, node: ast.AST) -> None:
        top = name.partition(".")[0]
        if top == "dlt":
            self.found("import-dlt", node)
        elif top == "databricks":
            self.found("import-databricks", node, name)
        elif name == "ingot.pipelines":
            self.found("import-ingot", node)
        elif top and not self.sets_path and self._is_of_project(name):
            self.found("project-import", node, name)

    def _is_of_project(self, name: str) -> bool:
        relative = Path(*name.split("."))
        return any(
            (folder / relative).with_suffix(".py").is_file() or (folder / relative / "__init__.py").is_file()
            for folder in (self.path.parent, self.root)
        )

    # --- the API of pipelines ---

    def _api_name(self, node: ast.expr) -> str | None:
        """The function of the pipelines module that an expression names or calls."""
        if isinstance(node, ast.Call):
            node = node.func
        if isinstance(node, ast.Attribute) and _dotted(node.value) in self.modules:
            return node.attr
        return self.imported.get(node.id) if isinstance(node, ast.Name) else None

    def _api(self, name: str, node: ast.AST) -> None:
        if name.startswith(_RULES_OF_ROWS):
            self.found("import-ingot" if name in _OURS else "expectation-decorator", node, name)
        elif name in _NAMES:
            self.found(_NAMES[name], node, name)
        elif name not in spark.PIPELINES and name != "*":
            self.found("unknown-pipelines-name", node, name)

    def _node(self, node: ast.AST) -> None:
        match node:
            case ast.Attribute(value=value, attr=attribute) if _dotted(value) in self.modules:
                self._api(attribute, node)
            case ast.Attribute(attr="rdd") | ast.Attribute(attr="sparkContext"):
                self.found("spark-context", node)
            case ast.Name(id="dbutils"):
                self.found("dbutils", node)
            case ast.Name(id="sc", ctx=ast.Load()):
                self.found("spark-context", node)
            case ast.Call():
                self._call(node)
            case ast.Constant(value=str() as text):
                if text.lower().startswith("live.") and " " not in text:
                    self.found("live-read", node, text)
                path_rule(text, lambda code: self.found(code, node, text.partition("\n")[0]))

    def _call(self, node: ast.Call) -> None:
        api = self._api_name(node)
        if api in spark.PIPELINES:
            self._arguments(api, node)
        match node.func:
            case ast.Name(id="display"):
                self.found("display", node)
            case ast.Name(id=name) if name in self.decorated:
                self.found("decorated-call", node, f"{name}()")
            case ast.Attribute(attr=method, value=value):
                self._method(node, method, value)

    def _arguments(self, api: str, node: ast.Call) -> None:
        known = spark.PIPELINES[api]
        for keyword in node.keywords:
            if keyword.arg is not None and keyword.arg not in known:
                self.found("pipelines-argument", keyword.value, f"{api}({keyword.arg}=…)")
        takes_name = api in ("create_streaming_table", "create_sink", "create_auto_cdc_flow")
        if node.args and not takes_name and isinstance(node.args[0], ast.Constant | ast.JoinedStr):
            self.found("positional-argument", node, f"{api}({ast.unparse(node.args[0])})")

    def _method(self, node: ast.Call, method: str, value: ast.expr) -> None:
        receiver = _dotted(value)
        if (
            method in spark.SESSION_METHODS
            or ((receiver or "").endswith(".conf") and method == "set" and (receiver or "").startswith("spark"))
            or (method == "register" and (receiver or "").endswith(".udf"))
        ):
            self.found("session-mutation", node, f"{receiver}.{method}" if receiver else f".{method}")
        elif method == "sql" and receiver in ("spark", "self.spark") and node.args:
            self._sql(node.args[0])
        elif method in ("option", "format", "options"):
            self._reader(node, method)

    def _sql(self, argument: ast.expr) -> None:
        text = _leading_text(argument).lstrip()
        words = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--")).split()
        word = "(" if text.startswith("(") else words[0].upper().rstrip(";") if words else ""
        if word and word not in _OF_QUERIES:
            self.found("spark-sql-command", argument, word)

    # --- readers ---

    def _reader(self, node: ast.Call, method: str) -> None:
        values = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        if method == "format" and values and isinstance(values[0], str):
            self._format(node, values[0])
        pairs = [(str(values[0]), values[1])] if method == "option" and len(values) == 2 else []
        if method == "options":
            pairs = [(k.arg or "", k.value.value) for k in node.keywords if isinstance(k.value, ast.Constant)]
        for key, value in pairs:
            if key.lower() in _DATABRICKS_OPTIONS:
                self.found("databricks-option", node, key)
            if key.lower() in ("encoding", "charset") and str(value).lower() not in spark.ENCODINGS:
                self.found("narrow-encoding", node, str(value))

    def _format(self, node: ast.Call, name: str) -> None:
        if name.lower() == "cloudfiles":
            self.found("auto-loader", node)
        elif name.lower() in spark.PACKAGED_FORMATS:
            self.found("packaged-format", node, name)
        elif name.lower() in spark.DATABRICKS_FORMATS:
            self.found("databricks-format", node, name)

    # --- query functions ---

    def _stacked(self, function: ast.FunctionDef) -> None:
        datasets = [d for d in function.decorator_list if self._api_name(d) in _DATASETS]
        if len(datasets) > 1:
            self.found("several-decorators", datasets[0], function.name)

    def _query_function(self, function: ast.FunctionDef) -> None:
        frames = Frames(function)
        for node in ast.walk(function):
            if not isinstance(node, ast.Attribute):
                continue
            kind = frames.kind(node.value)
            if _dotted(node) in ("spark.createDataFrame", "spark.catalog"):
                self.found("query-function-action", node, _dotted(node) or "")
            elif kind == "grouped" and node.attr in spark.GROUPED_ACTIONS:
                self.found("query-function-action", node, f".{node.attr}")
            elif kind in ("table", "files"):
                self._of_frame(node, kind)

        for node in ast.walk(function):
            match node:
                case ast.Call(func=ast.Attribute(attr="pivot", value=value), args=given, keywords=named):
                    if frames.kind(value) == "grouped":
                        without = len(given) < 2 and not any(k.arg == "values" for k in named)
                        self.found("query-function-action" if without else "dataframe-pivot", node, ".pivot")

    def _of_frame(self, node: ast.Attribute, kind: str) -> None:
        if node.attr in spark.WRITERS:
            self.found("query-function-write", node, f".{node.attr}")
        elif node.attr in spark.ACTIONS or node.attr in spark.ATTRIBUTES:
            self.found("query-function-action", node, f".{node.attr}")
        elif kind == "table" and node.attr in spark.EAGER:
            self.found("eager-method", node, f".{node.attr}")


def _unschemed_streams(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that end a `spark.readStream` of files without `.schema(…)` before."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        names = dict(_chain(node))
        ends = node.func.attr
        file_format = str(names.get("format", "parquet")).lower()
        is_file = ends in spark.SCHEMA_FORMATS or (ends == "load" and file_format in spark.SCHEMA_FORMATS)
        if is_file and "readStream" in names and "schema" not in names:
            yield node


def _chain(node: ast.expr) -> Iterator[tuple[str, object]]:
    """The names of a chain of calls, each with its first argument if that is a constant."""
    argument: object = None
    while True:
        if isinstance(node, ast.Call):
            argument = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
            node = node.func
        elif isinstance(node, ast.Attribute):
            yield node.attr, argument
            argument, node = None, node.value
        else:
            return


def _reached(queries: list[ast.FunctionDef], functions: list[ast.FunctionDef]) -> set[str]:
    """The names of undecorated functions that query functions call, directly or through others."""
    known = {function.name: function for function in functions}
    reached: set[str] = set()
    waiting = list(queries)
    while waiting:
        for node in ast.walk(waiting.pop()):
            name = _name(node.func) if isinstance(node, ast.Call) else None
            if name in known and name not in reached:
                reached.add(name)
                waiting.append(known[name])
    return reached


def _name(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def _dotted(node: ast.expr) -> str | None:
    """`a.b.c` as text; None for anything else."""
    if isinstance(node, ast.Attribute):
        inner = _dotted(node.value)
        return f"{inner}.{node.attr}" if inner else None
    return _name(node)


def _leading_text(node: ast.expr) -> str:
    """The text with which a string expression begins, as far as it is constant."""
    if isinstance(node, ast.JoinedStr):
        node = node.values[0] if node.values else node
    if isinstance(node, ast.BinOp):
        return _leading_text(node.left)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _leading_text(node.func.value)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""

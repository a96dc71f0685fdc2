"""Folders without settings: which files there are definitions, told from their text.

Owns what a definition looks like where nobody has said that it is one: any folder may hold Python of other kinds,
which is never run. Never executes a file, and is not asked in a project that has settings.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

_MODULES = {"dlt", "pyspark.pipelines", "databricks.pipelines", "databricks.dlt", "ingot.pipelines"}
_IMPORT = re.compile(r"^\s*(import|from)\s.*\b(dlt|pipelines)\b", re.MULTILINE)
_INSTALLED = {"site-packages", "dist-packages", "node_modules"}


def holds_definitions(folder: Path) -> bool:
    """Whether a file that looks like a definition stands directly in a folder."""
    return any(looks_like_definition(path) for path in sorted(folder.glob("*")) if not path.name.startswith("."))


def looks_like_definition(path: Path) -> bool:
    """Whether a file is SQL, or Python or a notebook that imports a module in which pipelines are written."""
    if not path.is_file() or _INSTALLED.intersection(path.parts):
        return False
    if path.suffix not in (".py", ".ipynb"):
        return path.suffix == ".sql"
    try:
        text = path.read_text("utf-8-sig", "replace")
    except OSError:  # what may not be read is not somebody's definition here
        return False
    return _imports_pipelines(text) if path.suffix == ".py" else _is_pipeline_notebook(text)


def _imports_pipelines(text: str) -> bool:
    if "pipelines" not in text and "dlt" not in text:
        return False  # most files: nothing to parse
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # a definition with a mistake in it is one, and its mistake is told
        return _IMPORT.search(text) is not None
    return not _MODULES.isdisjoint(name for node in ast.walk(tree) for name in _imported(node))


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def _is_pipeline_notebook(text: str) -> bool:
    """Whether a notebook is SQL, or one of its cells imports such a module."""
    try:
        notebook = json.loads(text)
        sources = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
        metadata = json.dumps(notebook.get("metadata", {})).lower()
    except (ValueError, KeyError, TypeError):
        return _IMPORT.search(text.replace('"', "\n")) is not None
    if re.search(r'"(language|name)": "sql"', metadata):
        return True
    return any(_imports_pipelines("".join(source)) for source in sources)

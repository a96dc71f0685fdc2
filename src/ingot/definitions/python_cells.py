"""Python notebooks to plain Python: cells in other languages and commands become what Databricks makes of them.

Owns magics: `%run` executes another file among the same names; `%sql` is kept for `definitions.sql`; all others are
skipped, those that would do something with a note. Every line of code keeps its number. Never executes anything.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingot.definitions.notebook import cells
from ingot.errors import DefinitionError, Location

if TYPE_CHECKING:
    from ingot.definitions.loading import Load

_SILENT = frozenset(
    {"md", "md-sandbox", "html", "conda", "matplotlib", "config", "load_ext", "reload_ext", "autoreload", "time"}
)
_OTHER_LANGUAGES = {"scala": "Scala", "r": "R", "sh": "the shell"}
_COMMAND = re.compile(
    r"%(pip|sh|conda|run|matplotlib|load_ext|reload_ext|autoreload|config|restart_python)\b|!|pip\s+install\b"
)
_RUN = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|(\S+))(.*)""", re.DOTALL)
_RUN_ARGUMENT = re.compile(r"""\$(\w+)\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""")


def plain_source(text: str, path: Path, load: Load) -> str:
    """The Python source of a notebook in source form."""
    lines: list[str] = text.splitlines()
    for cell in cells(text, "#"):
        if cell.magic is None:
            continue
        first = text.count("\n", 0, cell.magic_start)
        last = text.count("\n", 0, cell.end)
        content: list[str] = [_without_mark(line) for line in lines[first:last]]
        replaced = _translated(content, path, first + 1, load)
        lines[first:last] = replaced + [""] * (last - first - len(replaced))
    lines = _without_commands(lines, path, load, 1)
    return "\n".join(line if not line.startswith("# MAGIC") else "" for line in lines) + "\n"


def is_sql_notebook(notebook: dict[str, Any]) -> bool:
    """Whether the cells of an `.ipynb` are SQL unless they say otherwise."""
    metadata = notebook.get("metadata", {})
    databricks = metadata.get("application/vnd.databricks.v1+notebook", {})
    language = databricks.get("language") or metadata.get("language_info", {}).get("name") or ""
    return language.lower() == "sql"


def read_ipynb(path: Path) -> dict[str, Any]:
    """The content of an `.ipynb` file.

    Raises:
        DefinitionError: `invalid-notebook`.
    """
    try:
        notebook = json.loads(path.read_text("utf-8-sig"))
        [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise DefinitionError(
            f"{path.name} is not a notebook: {error}",
            location=Location(str(path)),
            hint="save it again as a notebook, or leave it out of `libraries`",
            code="invalid-notebook",
        ) from error
    return notebook


def sql_of_ipynb(notebook: dict[str, Any]) -> str:
    """The source form of a SQL notebook in Jupyter's format."""
    parts = ["-- Databricks notebook source\n"]
    for lines in _code_cells(notebook):
        is_magic = bool(lines) and lines[0].lstrip().startswith("%")
        if is_magic and lines[0].lstrip().startswith("%sql"):
            lines, is_magic = [lines[0].lstrip().removeprefix("%sql"), *lines[1:]], False
        parts.append("\n".join(f"-- MAGIC {line}" for line in lines) if is_magic else "\n".join(lines))
    return "\n-- COMMAND ----------\n".join(parts)


def source_of_ipynb(notebook: dict[str, Any], path: Path, load: Load) -> str:
    """The Python source of a Jupyter notebook, its cells one after the other."""
    lines: list[str] = []
    for cell in _code_cells(notebook):
        if cell and cell[0].lstrip().startswith("%"):
            replaced = _translated(cell, path, len(lines) + 1, load)
            cell = [*replaced, *[""] * (len(cell) - len(replaced))]
        lines += _without_commands(cell, path, load, len(lines) + 1)
    return "\n".join(lines) + "\n"


def _code_cells(notebook: dict[str, Any]) -> list[list[str]]:
    sources = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [str("".join(source) if isinstance(source, list) else source).splitlines() for source in sources]


def _without_mark(line: str) -> str:
    return line.removeprefix("# MAGIC").removeprefix(" ")


def _without_commands(lines: list[str], path: Path, load: Load, first: int) -> list[str]:
    """The lines of Python cells; `%pip …`, `pip …` and `!command` in the middle are what they are in a cell alone.

    Lines that are Python as they stand (a text over several lines that has such a word in it) stay.
    """
    if not any(map(_COMMAND.match, lines)) or _is_python("\n".join(lines)):
        return lines
    return [_without_command(line, path, load, number) for number, line in enumerate(lines, first)]


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _without_command(line: str, path: Path, load: Load, number: int) -> str:
    if not _COMMAND.match(line):
        return line
    replaced = [] if line.startswith("!") else _translated([line], path, number, load)
    return replaced[0] if replaced else ""


def _translated(content: Sequence[str], path: Path, number: int, load: Load) -> list[str]:
    """The Python of a cell that begins with a magic, in no more lines than it has."""
    head = content[0].lstrip().removeprefix("%")
    magic, _, rest = head.partition(" ")
    magic = magic.rstrip("%").lower()
    place = Location(str(path), number)
    if magic in ("python", "py"):
        return [rest, *content[1:]]
    if magic == "run":
        return [_run_call(rest)]
    if magic == "sql":
        load.sql_cells.append((place, "\n".join([rest, *content[1:]])))
    elif magic == "pip":
        load.registry.note(f"%pip {rest.strip()} has no effect: install it into Ingot's environment", place)
    elif magic not in _SILENT:
        language = _OTHER_LANGUAGES.get(magic)
        load.registry.note(f"a cell in {language} has no effect" if language else f"%{magic} has no effect", place)
    return []


def _run_call(rest: str) -> str:
    """The call that `%run ./path $name="value"` is."""
    match = _RUN.match(rest)
    target = (match[1] or match[2] or match[3]) if match else ""
    arguments = {m[1]: m[2] or m[3] or m[4] or "" for m in _RUN_ARGUMENT.finditer(match[4] if match else "")}
    return f"__ingot_run__({target!r}, {arguments!r})"

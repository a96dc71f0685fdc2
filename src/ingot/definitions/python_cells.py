"""Python notebooks to plain Python: cells in other languages and commands become what Databricks makes of them.

Owns magics: `%md` is skipped; `%pip`, `%sh` and `%sql` are noted and skipped; `%run` executes another file among the
same names. Every line of code keeps its number. Never executes anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingot.definitions.notebook import cells
from ingot.errors import DefinitionError, Location, UnsupportedError

if TYPE_CHECKING:
    from ingot.definitions.loading import Load

_SKIPPED = frozenset(
    {"md", "md-sandbox", "html", "pip", "conda", "matplotlib", "config", "load_ext", "autoreload", "time"}
)
_OTHER_LANGUAGES = {"scala": "Scala", "r": "R"}


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
    return "\n".join(line if not line.startswith("# MAGIC") else "" for line in lines) + "\n"


def source_of_ipynb(text: str, path: Path, load: Load) -> str:
    """The Python source of a Jupyter notebook, its cells one after the other."""
    try:
        notebook = json.loads(text)
        contents = [c["source"] for c in notebook["cells"] if c["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError) as error:
        raise DefinitionError(
            f"{path.name} is not a notebook: {error}", location=Location(str(path)), code="invalid-notebook"
        ) from error
    lines: list[str] = []
    for content in contents:
        source = "".join(content) if isinstance(content, list) else str(content)
        cell = source.splitlines()
        if cell and cell[0].lstrip().startswith("%"):
            replaced = _translated(cell, path, len(lines) + 1, load)
            cell = [*replaced, *[""] * (len(cell) - len(replaced))]
        lines += [_without_commands(line) for line in cell]
    return "\n".join(lines) + "\n"


def _without_mark(line: str) -> str:
    return line.removeprefix("# MAGIC").removeprefix(" ")


def _without_commands(line: str) -> str:
    """A line of a Python cell; `%pip …` and `!command` in the middle of a cell do nothing."""
    stripped = line.lstrip()
    return "" if stripped.startswith(("%", "!")) else line


def _translated(content: Sequence[str], path: Path, number: int, load: Load) -> list[str]:
    """The Python of a cell that begins with a magic, in no more lines than it has."""
    head = content[0].lstrip().removeprefix("%")
    magic, _, rest = head.partition(" ")
    magic = magic.rstrip("%").lower()
    place = Location(str(path), number)
    if magic == "python":
        return [rest, *content[1:]]
    if magic in _SKIPPED:
        if magic == "pip":
            load.registry.note(f"%pip {rest.strip()} has no effect: install it into Ingot's environment", place)
        return []
    if magic == "sh":
        load.registry.note("%sh has no effect", place)
        return []
    if magic == "run":
        return [f"__ingot_run__({rest.strip().strip(chr(34) + chr(39))!r})"]
    if magic == "sql":
        load.registry.note(
            "SQL cells of a Python notebook are not part of a pipeline: put them into a .sql file", place
        )
        return []
    language = _OTHER_LANGUAGES.get(magic)
    what = f"cells in {language}" if language else f"the command %{magic}"
    raise UnsupportedError(f"{what} cannot be run", location=place, code="unsupported-magic")

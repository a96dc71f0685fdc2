"""Modules of a project that its functions import when they run: they too are what its definitions are made of.

Owns finding them, from the text of the files, on the folders that the project imports from. Where several folders have
a module of that name, all of them count. Never imports or executes anything, and never looks into installed packages.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_LATER = re.compile(r"^(?!import\b|from\b)[^#\n]*\b(?:import|__import__)", re.MULTILINE)
_COMMAND = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)
_IMPORTING = frozenset({"import_module", "__import__"})
_INSTALLED = ("site-packages", "dist-packages")

_Name = tuple[str, ...]  # `a.b` by its parts


def later_imports(files: Iterable[Path], search: Iterable[str]) -> list[Path]:
    """The files of modules that these files import anywhere, and so on, without these files themselves.

    Args:
        files: What has been executed: what it imports outside functions is among them already.
        search: The folders that modules are looked for in.
    """
    folders = [Path(folder) for folder in search if not any(part in folder for part in _INSTALLED)]
    known = dict.fromkeys(files)
    executed, asked = len(known), set[tuple[Path, _Name]]()
    queue = list(known)
    for place, path in enumerate(queue):  # grows while it is walked
        for folder, name in _imports(path, is_executed=place < executed):
            for found in _found(name, [folder] if folder else folders, asked):
                if found not in known:
                    known[found] = None
                    queue.append(found)
    return queue[executed:]


def _found(name: _Name, folders: list[Path], asked: set[tuple[Path, _Name]]) -> Iterator[Path]:
    """The files of a module and of the packages that it is in."""
    for folder in folders:
        for end in range(1, len(name) + 1):
            part = folder, name[:end]
            if part in asked:
                continue
            if not name[end - 1].isidentifier():  # `*`, or a text that names no module
                break
            asked.add(part)
            module = folder.joinpath(*name[:end])
            yield from (
                path for path in (module.with_name(f"{name[end - 1]}.py"), module / "__init__.py") if path.is_file()
            )


def _imports(path: Path, is_executed: bool) -> Iterator[tuple[Path | None, _Name]]:
    """What a file imports: names of modules, or of what may be one; relative ones with their folder."""
    for text in _texts(path):
        if is_executed and not _LATER.search(text):
            continue
        for node in _nodes(text):
            if isinstance(node, ast.Import):
                yield from ((None, tuple(alias.name.split("."))) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                folder = path.parents[node.level - 1] if 0 < node.level <= len(path.parents) else None
                module = tuple(node.module.split(".")) if node.module else ()
                yield from ((folder, (*module, alias.name)) for alias in node.names)
            elif isinstance(node, ast.Call) and _called(node.func) in _IMPORTING and node.args:
                name = node.args[0]
                if isinstance(name, ast.Constant) and isinstance(name.value, str):
                    yield None, tuple(name.value.strip(".").split("."))


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(path: Path) -> list[str]:
    """The Python of a file: one text, or the cells of a notebook."""
    try:
        text = path.read_text("utf-8-sig")
        if path.suffix == ".py":
            return [text]
        cells = json.loads(text)["cells"] if path.suffix == ".ipynb" else []
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except (OSError, ValueError, KeyError, TypeError):  # its load says so
        return []


def _nodes(text: str) -> Iterator[ast.AST]:
    """The nodes of a text; none of one that is not Python even without the commands of a notebook."""
    for each in (text, _COMMAND.sub("", text)):
        try:
            return ast.walk(ast.parse(each))
        except (SyntaxError, ValueError):
            continue
    return iter(())

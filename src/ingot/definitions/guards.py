"""Whether user code is prepared for an exception: a `try` around a line, found by reading the file's syntax.

Owns that one question. Code that would catch what is raised gets it raised; other code can go on with a stand-in.
"""

from __future__ import annotations

import ast
import linecache
from functools import lru_cache


def is_guarded(path: str, line: int) -> bool:
    """Whether the line stands within a `try` that catches something, or within `with suppress(…)`."""
    return any(first <= line <= last for first, last in _guarded_lines(path, _text(path)))


def _text(path: str) -> str:
    return "".join(linecache.getlines(path))


@lru_cache(maxsize=64)
def _guarded_lines(path: str, text: str) -> tuple[tuple[int, int], ...]:
    try:
        tree = ast.parse(text)
    except SyntaxError:  # an import that is being executed is not of this text: guess nothing
        return ((1, len(text)),)
    found: list[tuple[int, int]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Try | ast.With) and _catches(node):
            last = node.body[-1]
            found.append((node.body[0].lineno, last.end_lineno or last.lineno))
    return tuple(found)


def _catches(node: ast.Try | ast.With) -> bool:
    return bool(node.handlers) if isinstance(node, ast.Try) else any(map(_suppresses, node.items))


def _suppresses(item: ast.withitem) -> bool:
    call = item.context_expr
    if not isinstance(call, ast.Call):
        return False
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
    return name == "suppress"

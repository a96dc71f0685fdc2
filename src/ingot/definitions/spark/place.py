"""Finds the line of the user's code that called: where every node and every definition says it comes from."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

import ingot
from ingot.errors import Location

_PACKAGE = str(Path(ingot.__file__).parent)
OWN_NAME = "__ingot_name__"  # of a definition file, whose __name__ is __main__ as on Databricks
_is_ours: dict[str, bool] = {}


def here() -> Location | None:
    """The innermost line outside of Ingot that is being executed."""
    frame = sys._getframe(1)
    while frame is not None:
        path = frame.f_code.co_filename
        if not is_ours(path):
            return _location(path, frame.f_lineno)
        frame = frame.f_back
    return None


def calling_module() -> str:
    """The name of the module outside of Ingot that is being executed."""
    frame = sys._getframe(1)
    while frame is not None:
        if not is_ours(frame.f_code.co_filename):
            names = frame.f_globals
            return str(names.get(OWN_NAME) or names.get("__name__"))
        frame = frame.f_back
    return ""


def is_ours(path: str) -> bool:
    """Whether a file of code is Ingot's own (or made at run time: dataclasses, the import machinery)."""
    ours = _is_ours.get(path)
    if ours is None:
        ours = _is_ours[path] = path.startswith((_PACKAGE, "<"))
    return ours


@lru_cache(maxsize=4096)
def _location(path: str, line: int) -> Location:
    return Location(path, line)

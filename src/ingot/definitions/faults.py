"""What exceptions of user code mean: a module that is not here, a name that was not imported.

Owns the wording of these. Every other exception is shown as it is, by `building`.
"""

from __future__ import annotations

import os
import re
from types import CodeType, ModuleType

from ingot.definitions.absent_modules import missing_module
from ingot.definitions.loading import Load
from ingot.errors import DefinitionError, IngotError, near_hint

_IMPORTED = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_IMPORTS = {
    "dlt": "import dlt",
    "dp": "from pyspark import pipelines as dp",
    "F": "from pyspark.sql import functions as F",
    "T": "from pyspark.sql import types as T",
    "Window": "from pyspark.sql import Window",
    "col": "from pyspark.sql.functions import col",
}


def explained(load: Load, error: BaseException) -> IngotError | None:
    """The exception as an error that says what to do; None where only its own words help."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return missing_module(error.name)
    found = None
    if isinstance(error, NameError):
        found = _undefined_name(load, error)
    elif isinstance(error, KeyError) and _innermost(error) is os.environ.__getitem__.__func__.__code__:
        found = DefinitionError(
            f"the environment variable {error.args[0]!r} is not set",
            hint="set it where ingot is started, or give it a default: os.environ.get(name, default)",
            code="undefined-parameter",
        )
    elif isinstance(error, AttributeError) and isinstance(error.obj, ModuleType):
        found = _unknown_function(load, error.obj, str(error.name))
    elif isinstance(error, ImportError) and (asked_for := _IMPORTED.match(str(error))):
        module = next((m for m in load.shims.values() if m.__name__ == asked_for[2]), None)
        found = _unknown_function(load, module, asked_for[1]) if module is not None else None
    asked = next(iter(load.absences.spoiled.values()), None)
    if found is None and load.is_loading and asked is not None:
        asked.add_note(f"without it: {type(error).__name__}: {error}")
        return asked
    return found


def _innermost(error: BaseException) -> CodeType | None:
    """The code that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code if trace is not None else None


def _undefined_name(load: Load, error: NameError) -> IngotError | None:
    innermost = _innermost(error)
    starred = load.absences.starred.get(innermost.co_filename) if innermost is not None else None
    if starred is not None:
        return starred
    if error.name not in _IMPORTS:
        return None
    return DefinitionError(
        f"name '{error.name}' is not defined", hint=f"add: {_IMPORTS[error.name]}", code="undefined-name"
    )


def _unknown_function(load: Load, module: ModuleType, name: str) -> IngotError | None:
    shown = next((known for known, shim in load.shims.items() if shim is module), None)
    if shown is None:
        return None
    return DefinitionError(
        f"{shown} has no '{name}'",
        hint=near_hint(name, [n for n in vars(module) if not n.startswith("_")]),
        code="unknown-function",
    )

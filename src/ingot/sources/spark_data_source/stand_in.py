"""`pyspark` for data sources where it is not installed: the classes that they derive from, types, rows.

Owns which modules there are and when. An installed PySpark that knows data sources is left alone: its classes are plain
Python, and no JVM is started.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

from ingot.definitions.spark import types
from ingot.definitions.spark.datasource import DATA_SOURCE_NAMES, STREAMING_NAMES
from ingot.definitions.spark.row import Row


@contextmanager
def pyspark() -> Iterator[None]:
    """Within: what a data source imports of `pyspark` is there."""
    if is_installed():
        yield
        return
    modules = _modules()
    before = {name: sys.modules[name] for name in modules if name in sys.modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            sys.modules.pop(name, None)
        sys.modules.update(before)


def is_installed() -> bool:
    """Whether there is a PySpark that knows data sources."""
    try:
        return find_spec("pyspark.sql.datasource") is not None
    except (ImportError, ValueError):  # no pyspark, or something else of that name
        return False


def _modules() -> dict[str, ModuleType]:
    errors = {
        "PySparkException": Exception,
        "PySparkNotImplementedError": NotImplementedError,
        "PySparkValueError": ValueError,
        "PySparkTypeError": TypeError,
        "PySparkRuntimeError": RuntimeError,
    }
    names = {
        "pyspark": {"Row": Row},
        "pyspark.errors": errors,
        "pyspark.sql": {"Row": Row},
        "pyspark.sql.datasource": DATA_SOURCE_NAMES,
        "pyspark.sql.streaming": {},
        "pyspark.sql.streaming.datasource": STREAMING_NAMES,
        "pyspark.sql.types": vars(types),
    }
    modules: dict[str, ModuleType] = {}
    for name, content in names.items():
        module = modules[name] = ModuleType(name)
        module.__path__ = []
        vars(module).update({key: value for key, value in content.items() if not key.startswith("__")})
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(modules[parent], child, module)
    return modules

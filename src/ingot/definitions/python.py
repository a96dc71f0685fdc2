"""Python definition files: runs them as modules in which `spark`, `dlt` and `pyspark` are the facade's.

Owns the execution of plain files, of Databricks notebooks in source form and of `.ipynb`. A file that fails fails
alone. What user code can see and what is put back is `loading`; its one boundary is `building`.
"""

from __future__ import annotations

import linecache
import os
import sys
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from ingot.definitions.building import user_code
from ingot.definitions.loading import Load
from ingot.definitions.notebook import is_notebook
from ingot.definitions.python_cells import plain_source, source_of_ipynb
from ingot.definitions.registry import Registry
from ingot.definitions.shims import DatabricksUtilities, display, shim_modules
from ingot.definitions.spark.place import here
from ingot.definitions.spark.session import SparkSession
from ingot.errors import DefinitionError, IngotError, Location
from ingot.model import Project

_PREFIX = "__ingot__."
_loads: WeakKeyDictionary[Registry, Load] = WeakKeyDictionary()


def load_of(project: Project, registry: Registry) -> Load:
    """The load that a registry is filled by; its files share helper modules and settings."""
    load = _loads.get(registry)
    if load is None:
        load = _loads[registry] = Load(project, registry)
        load.session = SparkSession(load)
        load.names = {"spark": load.session, "dbutils": DatabricksUtilities(load), "display": display}
        load.shims = shim_modules(load)
    return load


def load_file(path: Path, project: Project, registry: Registry) -> None:
    """Run one file and let it define what it defines. A mistake in it is given to the registry.

    Args:
        path: A `.py` file, a notebook in source form, or a `.ipynb`.
        project: The project; its folder and the file's folder can be imported from.
        registry: What is filled.
    """
    load = load_of(project, registry)
    registry.add_file(path)
    load.file = path
    load.defaults = (None, None)
    load.configuration.clear()
    for folder in (str(path.parent), str(project.root)):
        if folder not in load.search:
            load.search.insert(0, folder)
    try:
        with load.active():
            if _is_imported(path, load):
                return
            os.chdir(path.parent)
            with user_code(load, f"'{path.name}'", Location(str(path))):
                _run(path, load)
    except IngotError as error:
        registry.fail(error, location=Location(str(path)))


def _is_imported(path: Path, load: Load) -> bool:
    """Whether another file has imported this one already: what it defines is registered."""
    return any(
        getattr(m, "__file__", None) == str(path) and not name.startswith(_PREFIX) for name, m in load.modules.items()
    )


def _run(path: Path, load: Load) -> None:
    module = ModuleType(_PREFIX + path.stem)
    module.__file__ = str(path)
    vars(module).update(load.names)
    vars(module)["__ingot_run__"] = lambda target: _run_notebook(target, path, load, vars(module))
    code = compile_file(path, load)
    sys.modules[module.__name__] = module
    try:
        load.modules[module.__name__] = module
        exec(code, vars(module))
    finally:
        sys.modules.pop(module.__name__, None)


def _run_notebook(target: str, path: Path, load: Load, names: dict[str, Any]) -> None:
    """Execute another notebook among the names of this one: `%run ./settings`."""
    base = (path.parent / target).resolve()
    found = next(
        (p for p in (base, base.with_name(base.name + ".py"), base.with_name(base.name + ".ipynb")) if p.is_file()),
        None,
    )
    if found is None:
        raise DefinitionError(f"%run names {target!r}, which does not exist", location=here(), code="no-such-file")
    load.registry.add_file(found)
    exec(compile_file(found, load), names)


def compile_file(path: Path, load: Load) -> CodeType:
    """The code of a file, its lines numbered as in the file."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DefinitionError(
            f"{path.name} is not UTF-8: byte {error.start}", location=Location(str(path)), hint="save it as UTF-8"
        ) from error
    if path.suffix == ".ipynb":
        text = source_of_ipynb(text, path, load)
        linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    elif is_notebook(text, "#"):
        text = plain_source(text, path, load)
    return compile(text, str(path), "exec", dont_inherit=True)

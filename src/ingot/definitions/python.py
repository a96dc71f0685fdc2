"""Python definition files: runs them as modules in which `spark`, `dlt` and `pyspark` are the facade's.

Owns the execution of plain files, of Databricks notebooks in source form and of `.ipynb`. A file that fails fails
alone. What user code can see and what is put back is `loading`; its one boundary is `building`.
"""

from __future__ import annotations

import linecache
import os
import sys
import warnings
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from ingot.definitions.building import user_code
from ingot.definitions.dbutils import NotebookExit, notebook_names
from ingot.definitions.later_imports import later_imports
from ingot.definitions.loading import Load
from ingot.definitions.notebook import is_notebook
from ingot.definitions.python_cells import is_sql_notebook, plain_source, read_ipynb, source_of_ipynb, sql_of_ipynb
from ingot.definitions.registry import Registry
from ingot.definitions.shims import shim_modules
from ingot.definitions.spark.place import OWN_NAME, here
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
        load.names = notebook_names(load)
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
    if path.suffix == ".ipynb" and _is_sql(path, registry):
        return
    load.file = path
    load.defaults = (None, None)
    load.configuration = {}
    for folder in _import_folders(path, project):
        if folder not in load.search:
            load.search.insert(0, folder)
    before = registry.mark()
    load.is_loading = True
    try:
        with load.active():
            if _is_imported(path, load):
                return
            os.chdir(path.parent)
            with user_code(load, f"'{path.name}'", Location(str(path))):
                names = _run(path, load)
            spoiled = load.absences.spoiled_by(str(path), names, load.modules)
            if spoiled is not None:
                registry.fail_since(before, spoiled)
    except IngotError as error:
        registry.fail(error, location=Location(str(path)))
    finally:
        load.is_loading = False


def _import_folders(path: Path, project: Project) -> list[str]:
    """From where a file imports: its folder, those above it up to the project's, and a `src` beside them.

    The innermost comes last, for each is put before those that are there. The root of a pipeline may be any of them:
    a bundle says it, or the file lies in a folder of notebooks.
    """
    above = [p for p in path.parents if p.is_relative_to(project.root)] or [path.parent, project.root]
    sources = [folder / "src" for folder in above if (folder / "src").is_dir() and folder / "src" not in above]
    return [str(folder) for folder in (*reversed(sources), *reversed(above))]


def _is_sql(path: Path, registry: Registry) -> bool:
    """Whether an `.ipynb` is a SQL notebook, which is then loaded; a broken one has been told of."""
    from ingot.definitions.sql import Source, load_text

    try:
        notebook = read_ipynb(path)
    except DefinitionError as error:
        registry.fail(error)
        return True
    if is_sql_notebook(notebook):
        load_text(Source(str(path), sql_of_ipynb(notebook)), registry)
        return True
    return False


def load_sql_cells(registry: Registry) -> None:
    """Load what the `%sql` cells of Python notebooks define, after all files: those go before."""
    from ingot.definitions.sql import Source, load_cell

    load = _loads.get(registry)
    for place, text in load.sql_cells if load is not None else ():
        load_cell(Source(place.path, text, place.line or 1), registry)


def note_later_imports(registry: Registry) -> None:
    """Note the modules that functions import when they run, after all files: then it is known where from."""
    load = _loads.get(registry)
    for path in later_imports(registry.files, load.search) if load is not None else ():
        registry.add_file(path)


def _is_imported(path: Path, load: Load) -> bool:
    """Whether another file has imported this one already: what it defines is registered."""
    return any(
        getattr(m, "__file__", None) == str(path) and not name.startswith(_PREFIX) for name, m in load.modules.items()
    )


def _run(path: Path, load: Load) -> dict[str, Any]:
    """Execute a file as the main module, as Databricks does; gives its names."""
    module = ModuleType("__main__")
    names = vars(module)
    names.update(load.names)
    names.update({"__file__": str(path), OWN_NAME: _PREFIX + path.stem})
    names["__ingot_run__"] = lambda target, arguments: _run_notebook(target, arguments, path, load, names)
    code = compile_file(path, load)
    main = sys.modules.get("__main__")
    sys.modules["__main__"] = load.modules[_PREFIX + path.stem] = module
    try:
        exec(code, names)
    except NotebookExit:
        load.registry.note(f"dbutils.notebook.exit ends {path.name} early", Location(str(path)))
    finally:
        if main is not None:
            sys.modules["__main__"] = main
    return names


def _run_notebook(target: str, arguments: dict[str, str], path: Path, load: Load, names: dict[str, Any]) -> None:
    """Execute another notebook among the names of this one: `%run ./settings`.

    One that is not here leaves its names undefined: what needs them fails alone, with this as the reason.
    """
    for name, value in arguments.items():
        load.session.conf.set(name, value)
    base = (path.parent / target).resolve()
    found = next((p for p in (base, Path(f"{base}.py"), Path(f"{base}.ipynb")) if p.is_file()), None)
    if found is None:
        missing = DefinitionError(
            f"%run names {target!r}, which does not exist",
            location=here(),
            hint="add the notebook to the project",
            code="no-such-file",
        )
        load.absences.starred.setdefault(str(path), missing)
        load.absences.note(missing)
        return
    load.registry.add_file(found)
    exec(compile_file(found, load), names)


def compile_file(path: Path, load: Load) -> CodeType:
    """The code of a file, its lines numbered as in the file."""
    if path.suffix == ".ipynb":
        return _compiled(source_of_ipynb(read_ipynb(path), path, load), path, is_file_text=False)
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DefinitionError(
            f"{path.name} is not UTF-8: byte {error.start}", location=Location(str(path)), hint="save it as UTF-8"
        ) from error
    if is_notebook(text, "#"):
        return _compiled(plain_source(text, path, load), path, is_file_text=False)
    return _compiled(text, path, is_file_text=True)


def _compiled(text: str, path: Path, is_file_text: bool) -> CodeType:
    if not is_file_text:  # what shows and looks up lines finds the Python that is executed
        linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    with warnings.catch_warnings(action="ignore", category=SyntaxWarning):  # such as '\d' in a text
        return compile(text, str(path), "exec", dont_inherit=True)

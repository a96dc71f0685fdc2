"""The direction of imports, and that importing does nothing heavy."""

import ast
import functools
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import ingot

ROOT = Path(ingot.__file__).parent


@functools.cache
def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@functools.cache
def imports(path: Path, *, lazy: bool = True) -> set[str]:
    """The names that a file imports; those under TYPE_CHECKING do not count."""
    tree = ast.parse(path.read_text())
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            return
        if not lazy and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(named if named <= modules().keys() else {node.module, *named})
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return found


def users_of(package: str) -> set[str]:
    return {
        name for name, path in modules().items() if any(imported.split(".")[0] == package for imported in imports(path))
    }


def test_there_is_no_import_cycle_lazy_imports_included():
    """Packages are loaded before what is in them: what a module imports of those above it counts as no import."""
    known = modules()
    graph = {
        name: {i for i in imports(path) if i in known and not f"{name}.".startswith(f"{i}.")}
        for name, path in known.items()
    }
    TopologicalSorter(graph).prepare()


def test_only_the_duckdb_engine_knows_duckdb():
    assert all(name.startswith("ingot.engines.duckdb") for name in users_of("duckdb"))


def test_only_the_lake_knows_deltalake():
    assert users_of("deltalake") == {"ingot.lake.kernel"}


def test_only_the_settings_reader_knows_yaml():
    assert len(users_of("yaml")) == 1


def test_nobody_imports_an_engine_or_a_source_by_name():
    for name, path in modules().items():
        if not name.startswith(("ingot.engines", "ingot.sources")):
            inner = {i for i in imports(path) if i.startswith(("ingot.engines.", "ingot.sources."))}
            assert not inner, f"{name} imports {inner}"


def test_contracts_and_pure_logic_know_nothing_of_storage_or_engines():
    pure = (
        "errors", "types", "model", "engine", "source", "events", "plan", "expectations", "clustering", "durations",
        "quoting", "sql", "analysis", "cdc", "pipeline.graph", "project.placeholders",
    )  # fmt: skip
    for room in pure:
        inside = [name for name in modules() if f"{name}.".startswith(f"ingot.{room}.")]
        assert inside, f"there is no ingot.{room}"
        for name in inside:
            above = {i for i in imports(modules()[name]) if i.startswith(("ingot.lake", "ingot.engines.", "ingot.run"))}
            assert not above, f"{name} imports {above}"


def test_the_command_line_imports_nothing_heavy():
    code = (
        "import sys, ingot.cli; print([m for m in ('duckdb','deltalake','sqlglot','yaml','arro3') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

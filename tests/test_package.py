"""The package as it is installed: what the wheel holds, that it works alone, and that its dependencies are true."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "ingot"
IMPORTED_AS = {"pyyaml": "yaml"}  # distributions whose package has another name
COMES_WITH = {"arro3": "deltalake"}  # packages that a dependency brings and promises to bring
NEEDED_BY_DUCKDB = {"numpy"}  # for functions in Python
OF_EXTRAS = {  # packages that an extra brings, by the extra
    "azure": "azure", "adbc_driver_manager": "postgresql", "pymysql": "mysql", "mssql_python": "mssql", "obstore": "object-store",
    "dlt": "dlt", "fastapi": "serve", "starlette": "serve", "pydantic": "serve", "uvicorn": "serve", "jinja2": "serve",
    "anyio": "serve", "nanoarrow": "serve", "py_mini_racer": "export", "vl_convert": "export",
}  # fmt: skip
# Modules that are imported after a driver of a database, or what another kind of source needs, which comes with pyarrow.
BEHIND_A_DRIVER = {
    "ingot.sources.parquet_file",
    *(f"ingot.sources.database.{name}" for name in ("crew", "overlap", "values", "reading")),
}
BEHIND_A_DRIVER |= {"ingot.sources.dlt.extraction", "ingot.sources.spark_data_source.rows"}
# What `ingot serve` imports once it has found its packages.
OF_THE_SERVER = "ingot.server."
OF_THE_USER = {"pyspark", "pyarrow", "pandas", "polars", "numpy"}  # used when the user has them, never needed


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def distribution(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0].lower()


@functools.cache
def imported() -> dict[str, set[str]]:
    """Every package outside of the standard library that the code imports, with the files that do."""
    found: dict[str, set[str]] = {}
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                if top not in sys.stdlib_module_names | {"ingot"}:
                    found.setdefault(top, set()).add(str(file.relative_to(SOURCE)))
    return found


def test_what_is_imported_is_what_is_declared() -> None:
    declared = {IMPORTED_AS.get(name, name) for name in map(distribution, project()["dependencies"])}
    used = {COMES_WITH.get(name, name) for name in imported() if name not in OF_THE_USER | set(OF_EXTRAS)}
    assert used == declared - NEEDED_BY_DUCKDB
    assert set(OF_EXTRAS) <= set(imported())
    assert set(OF_EXTRAS.values()) <= set(project()["optional-dependencies"])


def test_extras_for_development_are_not_needed_to_import_anything() -> None:
    """Every module is imported by a Python that has only the dependencies: the others are hidden from it."""
    program = f"""
import importlib, pkgutil, sys
for name in {sorted(OF_THE_USER | set(OF_EXTRAS))!r}:
    sys.modules[name] = None
import ingot
for module in pkgutil.walk_packages(ingot.__path__, "ingot."):
    if module.name not in {BEHIND_A_DRIVER | {"ingot.__main__"}!r} and not module.name.startswith({OF_THE_SERVER!r}):
        importlib.import_module(module.name)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_command_says_the_version_of_the_project() -> None:
    done = subprocess.run([sys.executable, "-m", "ingot.cli", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ingot {project()['version']}\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh environment into which the committed state was installed."""
    folder = tmp_path_factory.mktemp("package")
    checkout = folder / "checkout"
    checkout.mkdir()
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(checkout)], input=archive, check=True)
    venv.create(folder / "venv", with_pip=True)
    commands = folder / "venv" / "bin"
    pip = [str(commands / "python"), "-m", "pip", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", str(folder), str(checkout)], check=True)
    subprocess.run([*pip, "install", str(checkout)], check=True)
    return commands


@pytest.mark.slow
def test_the_wheel_holds_the_package_and_nothing_else(installed: Path) -> None:
    (wheel,) = installed.parent.parent.glob("*.whl")
    with zipfile.ZipFile(wheel) as content:
        names = content.namelist()
        entry_points = next(content.read(name).decode() for name in names if name.endswith("entry_points.txt"))
    assert "ingot/py.typed" in names
    assert {name.split("/")[0] for name in names} == {"ingot", f"ingot-{project()['version']}.dist-info"}
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "ingot = ingot.cli:main" in entry_points


@pytest.mark.slow
def test_pip_install_gives_a_working_command(installed: Path, tmp_path: Path) -> None:
    """Made, run and asked in an environment that has nothing but the dependencies."""

    def ingot(*arguments: str) -> str:
        done = subprocess.run(
            [installed / "ingot", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert ingot("--version") == f"ingot {project()['version']}\n"
    ingot("init", "shop")
    assert "3 up to date" in ingot("-C", "shop", "run")
    answer = ingot("-C", "shop", "query", "SELECT customer FROM gold.revenue ORDER BY 1", "--format", "csv")
    assert answer.split() == ["customer", "Ada", "Barbara", "Grace"]


@pytest.mark.slow
def test_the_installed_package_is_typed_for_its_users(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "use.py").write_text("import ingot\nreveal_type(ingot.connect('.'))\n")
    python = installed / "python"
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", str(python), "use.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 'Type of "ingot.connect(\'.\')" is "Connection"' in done.stdout, done.stdout

"""The documentation against the code: nothing undocumented, nothing that is gone, commands that print what is shown."""

from __future__ import annotations

import argparse
import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import ingot
from documented import Page, stable
from ingot import cli, pipelines, testing

ROOT = Path(__file__).parent.parent
CODE = ROOT / "src" / "ingot"
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md"), *ROOT.glob("examples/*/README.md")])
DECISION_LINES_MAX = 30

# --- commands that a page shows --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["README.md", "docs/tutorial.md"])
def test_the_commands_of_a_page_print_what_it_shows(name: str, tmp_path: Path):
    page = Page(ROOT / name, tmp_path)
    page.run()
    assert page.printed
    for command, shown, printed in page.printed:
        assert stable(printed) == stable(shown), f"{name}: $ {command}\n(python tests/documented.py {name} rewrites it)"


def test_the_pipeline_of_the_readme_runs(tmp_path: Path):
    pipeline = _blocks(ROOT / "README.md", "sql")[0]
    rows = "order_id,customer,amount\n1, Ada ,12.50\n2,Ada,\n3,Grace,7\n"
    lake = testing.run_project(tmp_path, {"pipeline.sql": pipeline, "data/orders/1.csv": rows})
    revenue = lake.sql("SELECT customer, orders, CAST(revenue AS STRING) FROM gold.revenue ORDER BY customer")
    assert revenue.fetchall() == [("Ada", 1, "12.50"), ("Grace", 1, "7.00")]
    written = lake.sql(_blocks(REFERENCE / "event-log.md", "sql")[0]).fetchall()
    assert [row[1:] for row in written if "bronze" in row[1]] == [("main.bronze.orders", "3")]
    lake.close()


def test_the_settings_shown_are_settings(tmp_path: Path):
    from ingot.project import load_project
    from ingot.secrets import Secrets
    from ingot.source import load_source

    whole, *others = _blocks(REFERENCE / "project-file.md", "yaml")
    for number, block in enumerate(others):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "ingot.yml").write_text(f"{whole}{block}")
        project = load_project(folder, "prod", {"source_url": "https://example.org"})
        assert str(project.lake) == "/srv/lake"
        for spec in project.sources:
            assert load_source(replace(spec, options=Secrets.without(spec.options)))


def test_the_python_shown_for_a_project_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from ingot.scaffold import make_project

    make_project(tmp_path / "shop")
    monkeypatch.chdir(tmp_path)
    blocks = [b for page in ("docs/reference/python.md", "README.md") for b in _blocks(ROOT / page, "python")]
    programs = [block for block in blocks if "ingot.connect(" in block]
    assert len(programs) == 2
    for program in programs:
        exec(compile(program, "<docs>", "exec"), {})


@pytest.mark.slow
def test_the_demo_prints_what_the_readme_shows():
    shown = stable(next(block for block in _blocks(ROOT / "README.md", "text") if "source olympics" in block))
    demo = ROOT / "examples" / "tokyo_olympics"
    done = subprocess.run(
        [sys.executable, "-c", _DEMO, str(demo)], capture_output=True, text=True, check=True
    ).stdout  # fmt: skip
    printed = set(stable(done).splitlines())
    assert [line for line in shown.splitlines() if line not in printed] == []


_DEMO = """
import pathlib, runpy, shutil, sys, tempfile
with tempfile.TemporaryDirectory() as folder:
    copy = shutil.copytree(sys.argv[1], pathlib.Path(folder) / "example", ignore=shutil.ignore_patterns("lake"))
    sys.path.insert(0, str(copy))
    runpy.run_path(str(copy / "demo.py"), run_name="__main__")
"""


# --- nothing undocumented, nothing documented that is gone --------------------------------------------------------


def test_every_error_code_is_explained_once():
    documented = re.findall(r"^\| `([a-z0-9-]+)` \|", (REFERENCE / "errors.md").read_text(), re.MULTILINE)
    codes = set().union(*map(_error_codes, _code()))
    assert sorted(codes - set(documented)) == []
    assert sorted(set(documented) - codes) == []
    assert documented == sorted(documented)


@functools.cache
def _code() -> list[ast.AST]:
    """What of all files of Ingot says an error code, a property or an event; read once."""
    said = (ast.keyword, ast.Assign, ast.FunctionDef, ast.Constant, ast.Call)
    trees = (ast.parse(path.read_text()) for path in CODE.rglob("*.py"))
    return [node for tree in trees for node in ast.walk(tree) if isinstance(node, said)]


def _error_codes(node: ast.AST) -> Iterator[str]:
    """Codes as arguments (`code="…"`), as class attributes, and as defaults of parameters."""
    match node:
        case ast.keyword(arg="code", value=value) | ast.Assign(targets=[ast.Name(id="code")], value=value):
            yield from _texts(value)
        case ast.FunctionDef(args=arguments):
            positional = zip(reversed(arguments.args), reversed(arguments.defaults), strict=False)
            named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            for argument, default in [*positional, *named]:
                if argument.arg == "code" and default is not None:
                    yield from _texts(default)


def _texts(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value


def test_every_command_and_option_is_documented_and_no_other():
    text = (REFERENCE / "cli.md").read_text()
    sections = dict(re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    shared = text.split("\n## ")[0]
    commands = _subparsers(cli._parser())
    assert sorted(sections) == sorted(commands)
    for name, parser in commands.items():
        documented = _documented_options(sections[name])
        assert documented <= _options(parser), name
        assert _options(parser) <= documented | _documented_options(shared), name


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return next(dict(a.choices) for a in parser._actions if isinstance(a, argparse._SubParsersAction))


def _options(parser: argparse.ArgumentParser) -> set[str]:
    return {option for action in parser._actions for option in action.option_strings}


def _documented_options(text: str) -> set[str]:
    """The options in the first cells of tables."""
    return {option for cell in re.findall(r"^\|([^|]*)\|", text, re.MULTILINE) for option in _written_options(cell)}


def _written_options(cell: str) -> list[str]:
    return re.findall(r"`(--?[A-Za-z][\w-]*)", cell)


@pytest.mark.parametrize("page", ["project-file.md", "sql.md", "readers.md", "python.md", "cli.md", "event-log.md"])
def test_the_reference_names_no_option_of_the_command_line_that_does_not_exist(page: str):
    parser = cli._parser()
    known = _options(parser).union(*map(_options, _subparsers(parser).values()))
    written = re.findall(r"`[^`\n]*?(?<![\w-])(--[a-z][\w-]*)", (REFERENCE / page).read_text())
    assert [option for option in written if option not in known] == []


def test_every_key_of_the_project_file_is_documented():
    from ingot.project import loading
    from ingot.sources import http

    text = (REFERENCE / "project-file.md").read_text()
    keys, source = text.split("### kind: http")
    assert set(_first_cells(keys)) == {*loading._KEYS, "depends_on", "when", "landed", "continue_on_error"}
    assert {*http._KEYS} <= set(_first_cells(source.split("###")[0]))


def test_every_option_of_readers_is_documented():
    from ingot.engines.duckdb.readers import options

    written = {name.lower() for name in re.findall(r"`([A-Za-z0-9.]+)`", (REFERENCE / "readers.md").read_text())}
    known = set(options._FILES).union(*options._BY_FORMAT.values())
    of_writers = {"escapequotes", "quoteall", "ignorenullfields", "writenonasciicharacterasciicodepoint"}
    assert sorted(known - written - of_writers) == []


def test_every_table_property_is_documented():
    from ingot.definitions import properties
    from ingot.lake import protocol

    written = set(_first_cells((REFERENCE / "sql.md").read_text()))
    read = {
        node.value
        for node in _code()
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"pipelines\.[a-z.]+", node.value, re.IGNORECASE)
    }
    assert sorted({*properties.KNOWN, *protocol._OBEYED.values(), *read} - written) == []


def test_every_public_name_of_python_is_documented():
    from ingot.result import Result
    from ingot.run import Outcome

    written = set(re.findall(r"\b[A-Za-z_]\w*", (REFERENCE / "python.md").read_text()))
    of_classes = {name for each in (ingot.Connection, Result, Outcome) for name in vars(each) if name[0] != "_"}
    of_testing = {
        name for name, value in vars(testing).items()
        if name[0] != "_" and (getattr(value, "__module__", "") == testing.__name__ or name.isupper())
        and name != "TYPE_CHECKING"
    }  # fmt: skip
    assert sorted({*ingot.__all__, *pipelines.__all__, *of_classes, *of_testing} - written) == []


def test_every_argument_of_the_decorators_is_documented():
    import inspect

    written = set(re.findall(r"\w+", (REFERENCE / "python.md").read_text()))
    for function in (pipelines.table, pipelines.materialized_view, pipelines.create_streaming_table):
        arguments = set(inspect.signature(function).parameters) - {"query_function"}
        assert sorted(arguments - written) == [], function


def test_the_columns_of_the_event_log_are_documented_in_order():
    from ingot.events import EVENT_LOG_SCHEMA

    cells = _first_cells((REFERENCE / "event-log.md").read_text().split("| event_type | details |")[0])
    assert cells == EVENT_LOG_SCHEMA.names


def test_every_type_of_event_is_documented():
    written = set(_first_cells((REFERENCE / "event-log.md").read_text()))
    emitted = {
        node.args[0].value
        for node in _code()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Event" and node.args
        and isinstance(node.args[0], ast.Constant)
    }  # fmt: skip
    assert emitted
    assert sorted(emitted - written) == []


# --- the pages themselves -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in _anchors(linked), target


def _anchors(page: Path) -> set[str]:
    """What GitHub makes of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_names_a_folder_of_some_machine(page: Path):
    assert re.findall(r"(?<![\w.])/(?:work|tmp|home|root|Users)/\S*", page.read_text()) == []


def test_every_page_is_reached_from_the_readme():
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md":
            reached.add(page)
            links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
            waiting.extend((page.parent / link).resolve() for link in links if not link.startswith("http"))
    assert [page for page in PAGES if page not in reached] == []


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("0*.md")), ids=lambda page: page.stem)
def test_a_decision_is_short_and_in_the_index(page: Path):
    lines = [line for line in page.read_text().splitlines() if line.strip()]
    assert len(lines) <= DECISION_LINES_MAX
    assert f"({page.name})" in (DOCS / "decisions" / "README.md").read_text()


def test_every_module_stands_in_the_code_map():
    text = (DOCS / "architecture.md").read_text()
    tops = {path.name for path in CODE.glob("*.py")} | {f"{path.name}/" for path in CODE.iterdir() if path.is_dir()}
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", text))
    assert sorted(tops - named - {"__init__.py", "__pycache__/"}) == []
    assert sorted(name for name in named if not (CODE / name).exists()) == []


def _first_cells(text: str) -> list[str]:
    """The names in the first cells of tables, in order."""
    cells = re.findall(r"^\|([^|]*)\|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)

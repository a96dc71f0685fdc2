"""The layouts that change feeds have: small projects, each with its files and the table that comes of them."""

from __future__ import annotations

import datetime
import re
import shutil
import textwrap
from pathlib import Path

import pytest

import ingot
from ingot.cli import main
from ingot.testing import run_project

LAYOUTS = Path(__file__).parent / "layouts"
GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "change-data-capture.md"
NAMES = sorted(folder.name for folder in LAYOUTS.iterdir())


@pytest.fixture(params=NAMES)
def layout(request: pytest.FixtureRequest) -> Path:
    return LAYOUTS / request.param


def deliver(layout: Path, project: Path, batches: list[list[str]]) -> None:
    """Run an update for each batch of files of changes."""
    for definition in layout.glob("pipeline.*"):
        (project / "transformations").mkdir(parents=True)
        shutil.copy(definition, project / "transformations")
    (project / "changes").mkdir()
    with ingot.connect(project) as lake:
        for batch in batches:
            for name in batch:
                shutil.copy(layout / "changes" / name, project / "changes")
            outcome = lake.run()
            assert outcome.is_success, [str(error) for error in outcome.failures.values()]


def shown(layout: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What `ingot query` shows of the table."""
    assert main(["-C", str(project), "query", (layout / "query.sql").read_text("utf-8").strip()]) == 0
    return capsys.readouterr().out


def files(layout: Path) -> list[str]:
    return sorted(file.name for file in (layout / "changes").iterdir())


def test_the_files_of_a_layout_give_its_table(layout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    deliver(layout, tmp_path, [files(layout)])
    assert shown(layout, tmp_path, capsys) == (layout / "expected.txt").read_text("utf-8")


@pytest.mark.slow
def test_the_order_of_delivery_makes_no_difference(layout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    first, *others = files(layout)
    for number, order in enumerate([[first, *others], [*reversed(others), first]]):
        project = tmp_path / str(number)
        deliver(layout, project, [[name] for name in order])
        assert shown(layout, project, capsys) == (layout / "expected.txt").read_text("utf-8")


def test_what_the_guide_begins_with_runs(tmp_path: Path):
    history, rules = (
        block for block in re.findall(r"(?<!-->\n)^```sql\n(.*?)^```$", GUIDE.read_text("utf-8"), re.M | re.S)[:2]
    )
    columns = "op STRING, id INT, order_id INT, quantity INT, name STRING, changed_at TIMESTAMP"
    events = """\
        {"op": "I", "id": 1, "name": "Ada", "changed_at": "2025-06-01T10:00:00Z", "order_id": 1, "quantity": 2}
        {"op": "D", "id": 1, "changed_at": "2025-06-02T10:00:00Z", "order_id": null, "quantity": 1}
    """
    read = f"CREATE STREAMING TABLE bronze.customers AS SELECT * FROM STREAM read_files('in', format => 'json', schema => '{columns}');"
    flow = """CREATE FLOW orders AS AUTO CDC INTO silver.orders FROM STREAM bronze.customers
        KEYS (order_id) SEQUENCE BY changed_at COLUMNS (order_id, quantity);"""
    files = {"transformations/all.sql": f"{read}\n{history}\n{rules}\n{flow}", "in/1.json": textwrap.dedent(events)}
    with run_project(tmp_path, files) as lake:
        intervals = lake.sql("SELECT id, name, CAST(__END_AT AS DATE) AS ended FROM silver.customers").fetchall()
        assert intervals == [(1, "Ada", datetime.date(2025, 6, 2))]
        assert lake.sql("SELECT * FROM silver.orders").fetchall() == [(1, 2)]


def test_the_guide_shows_the_projects_as_they_are():
    named = re.findall(
        r"^<!-- (tests/cdc/layouts|examples)/(\S+) -->\n```\w+\n(.*?)^```$", GUIDE.read_text("utf-8"), re.M | re.S
    )
    root = GUIDE.parents[2]
    for folder, path, block in named:
        assert block in (root / folder / path).read_text("utf-8"), path
    of_layouts = {path for folder, path, _ in named if folder != "examples"}
    definitions = {str(file.relative_to(LAYOUTS)) for file in LAYOUTS.glob("*/pipeline.*")}
    assert of_layouts >= definitions | {f"{name}/expected.txt" for name in NAMES}

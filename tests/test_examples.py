"""What is asked of every example: that its own tests pass, and that it does what its page says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingot.cli import main

EXAMPLES = Path(__file__).parent.parent / "examples"
MADE = ("lake", "internet", "drop", "web", "changes", "postgresql", "shop.db", "__pycache__")
ALL = ("tokyo_olympics", "ecommerce", "netflix", "adventure_works", "adventure_works/database")


@pytest.fixture
def copied(tmp_path: Path, name: str) -> Path:
    """A copy of an example, without what its demo has made."""
    return Path(shutil.copytree(EXAMPLES / name, tmp_path / "example", ignore=shutil.ignore_patterns(*MADE)))


def test_no_example_is_forgotten():
    assert {str(path.parent.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("demo.py")} == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_its_unit_tests_pass(copied: Path):
    assert main(["-C", str(copied), "test"]) == 0


@pytest.mark.parametrize("name", ["netflix", "adventure_works", "adventure_works/database"])
def test_lint_says_that_it_runs_on_databricks_and_here(copied: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["-C", str(copied), "lint", "--for", "lakeflow,ingot"]) == 0
    assert "does not run" not in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ALL if name != "tokyo_olympics"])  # that one's page is the README
def test_the_demo_shows_what_its_page_shows(copied: Path, name: str):
    done = subprocess.run([sys.executable, "demo.py"], cwd=copied, capture_output=True, text=True, check=True)
    shown = re.findall(r"^```text\n(.*?)^```$", (EXAMPLES / name / "README.md").read_text("utf-8"), re.M | re.S)
    assert shown
    for part in "…\n".join(shown).split("…\n"):  # where a page leaves lines out
        assert part.strip() in done.stdout

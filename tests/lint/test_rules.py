"""The table of rules: what it says of Ingot, and the page that is made of it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from ingot.engine import load_engine
from ingot.lint import TARGETS, lint
from ingot.lint.rule import NO, YES
from ingot.lint.rules import rules
from ingot.project import load_project
from lint.page import made, written
from lint.projects import CASES, write_data, write_project

# Rules that the settings decide (`paths`), and names that nobody has.
_DEPENDS = {"databricks-path", "cloud-path", "unknown-pipelines-name"}


def test_the_page_is_made_of_the_rules():
    assert written().strip() == made().strip(), "python tests/lint/page.py writes it anew"


def test_a_verdict_is_a_word_or_a_sentence_and_every_rule_says_what_to_write():
    for rule in rules().values():
        assert rule.portable, rule.code
        assert any(rule.verdict(target) != YES for target in TARGETS), rule.code
        assert {rule.verdict(target) for target in TARGETS if " " not in rule.verdict(target)} <= {YES, NO}, rule.code


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bool]]:
    """By rule and case: whether Ingot runs the case."""
    folder: Path = tmp_path_factory.mktemp("projects")
    write_data(folder)
    (folder / "engine").mkdir()
    (folder / "engine" / "a.sql").write_text("-- nothing")
    engine = load_engine(load_project(folder / "engine"))
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for name, case in CASES.items():
        report = lint(load_project(write_project(folder / name.replace(" ", "_"), case)), engine)
        for code in {finding.code for finding in report.findings} & rules().keys():
            found[code][name] = report.runs("ingot")
    engine.close()
    return found


@pytest.mark.filterwarnings("ignore")
def test_what_the_rules_say_of_ingot_is_what_ingot_does(verdicts: dict[str, dict[str, bool]]):
    wrong = [
        (code, runs)
        for code, runs in verdicts.items()
        if code not in _DEPENDS and (rules()[code].ingot == NO) != (not any(runs.values()))
    ]
    assert wrong == []


@pytest.mark.filterwarnings("ignore")
def test_every_rule_that_something_is_found_by_has_a_case(verdicts: dict[str, dict[str, bool]]):
    found_by_ingot = {code for code, rule in rules().items() if rule.spark == rule.lakeflow == YES}
    assert sorted(rules().keys() - verdicts.keys() - found_by_ingot) == ["import-ingot"]

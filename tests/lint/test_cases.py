"""What lint says of each small project: of open-source Spark what its dry run said, of Ingot what Ingot does."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest

from ingot.engine import load_engine
from ingot.lint import Report, lint
from ingot.lint.rule import NO, YES
from ingot.lint.rules import rules
from ingot.project import load_project
from lint.projects import CASES, OTHERWISE, write_data, write_project

# Rules that the settings decide (`paths`), and names that nobody has.
_DEPENDS = {"databricks-path", "cloud-path", "unknown-pipelines-name"}


@pytest.fixture(scope="module")
def linted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Report]]:
    """The report of a case, which is made once for all tests."""
    folder = tmp_path_factory.mktemp("projects")
    write_data(folder)
    (folder / "engine").mkdir()
    (folder / "engine" / "a.sql").write_text("-- nothing")
    engine = load_engine(load_project(folder / "engine"))

    @functools.cache
    def report(name: str) -> Report:
        return lint(load_project(write_project(folder / name.replace(" ", "_"), CASES[name])), engine)

    yield report
    engine.close()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(CASES))
def test_lint_says_of_spark_what_its_dry_run_said(name: str, linted: Callable[[str], Report]):
    report = linted(name)
    fails = CASES[name]["spark"] is not None
    assert report.runs("spark-4.3") == (fails if name in OTHERWISE else not fails), [
        (finding.code, finding.message) for finding in report.findings
    ]


@pytest.fixture(scope="module")
def verdicts(linted: Callable[[str], Report]) -> dict[str, dict[str, bool]]:
    """By rule and case: whether Ingot runs the case."""
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for name in CASES:
        report = linted(name)
        for code in {finding.code for finding in report.findings} & rules().keys():
            found[code][name] = report.runs("ingot")
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

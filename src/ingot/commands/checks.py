"""Commands that check a project: test, lint."""

from __future__ import annotations

import argparse
from pathlib import Path

from ingot.commands.arguments import Commands, connected, named, settings_of
from ingot.terminal import Terminal


def add(command: Commands) -> None:
    """The commands with their arguments."""
    test = command("test", _test, "run the unit tests of the datasets on given rows; writes nothing")
    test.add_argument("names", nargs="*", metavar="NAME", help="a test, a dataset, a file or a tag (default: all)")
    test.add_argument("-k", dest="keyword", metavar="TEXT", help="only tests with this in their name or dataset")
    test.add_argument("--fail-fast", action="store_true", help="stop at the first test that fails")
    test.add_argument("--list", dest="is_list", action="store_true", help="list the tests")
    test.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    test.add_argument("--junit", metavar="FILE", help="write the verdicts as JUnit XML too")

    lint = command("lint", _lint, "show what runs on open-source Spark, on Databricks and here, and what does not")
    lint.add_argument("--for", dest="targets", metavar="A,B", default="", help="of spark-4.3, lakeflow, ingot (all)")
    lint.add_argument("--json", action="store_true", help="print the findings as JSON")
    lint.add_argument("--github", action="store_true", help="print annotations for GitHub's checks")


def _test(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.unit_tests.command import run_tests

    return run_tests(
        Path(arguments.folder),
        arguments.target,
        settings_of(arguments),
        terminal,
        names=arguments.names,
        keyword=arguments.keyword,
        is_fail_fast=arguments.fail_fast,
        is_list=arguments.is_list,
        is_json=arguments.json,
        junit=arguments.junit,
    )


def _lint(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.lint import lint
    from ingot.lint.report import show, show_annotations

    with connected(arguments) as connection:
        report = lint(connection.project, connection.engine, named(arguments.targets))
    if arguments.json:
        import json

        terminal.line(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    elif arguments.github:
        show_annotations(report, terminal)
    else:
        show(report, terminal)
    return 0 if all(report.runs(target) for target in report.targets) else 1

"""Portability: which constructs of a project run on open-source Spark, on Databricks and in Ingot, and which do not.

Rules are data (`sql_rules`, `python_rules`, `project_rules`); where constructs stand is found in text (`sql_files`,
`python_files`, `settings_files`) and in what the definitions mean (`flows`). Needs neither data nor a lake, and writes
nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout

from ingot.definitions import definition_files
from ingot.definitions.sql import configuration, decode
from ingot.engine import Engine
from ingot.errors import IngotError, ProjectError, nearest
from ingot.lint.finding import Findings
from ingot.lint.report import Report
from ingot.lint.rule import TARGETS
from ingot.model import Project


def lint(project: Project, engine: Engine, targets: Sequence[str] = ()) -> Report:
    """Look at every definition file and the settings of a project.

    Args:
        project: The project; its lake need not exist.
        engine: Asked for the columns of files that are here.
        targets: Of `TARGETS`; all if empty.

    Raises:
        ProjectError: `usage`, for an unknown target.
    """
    from ingot.definitions.registry import Registry
    from ingot.lint.flows import scan_flows
    from ingot.lint.python_files import scan_python_file
    from ingot.lint.settings_files import scan_settings
    from ingot.lint.sql_files import scan_sql_file

    chosen = _targets(targets)
    findings = Findings(chosen, configuration(Registry(project)))
    files = definition_files(project)
    scan_settings(project, findings)
    for path in files:
        try:
            text = decode(path)
        except IngotError:
            continue  # loading the definitions says so
        if path.suffix == ".sql":
            scan_sql_file(path, text, findings)
        elif path.suffix == ".py":
            scan_python_file(path, text, project.root, findings)
    with redirect_stdout(sys.stderr):  # what the user's files print is no part of the report
        scan_flows(project, engine, findings)
    return Report(project.root, chosen, tuple(findings.sorted()), tuple(findings.unchecked), len(files))


def _targets(asked: Sequence[str]) -> tuple[str, ...]:
    for name in asked:
        if name not in TARGETS:
            known = ", ".join(TARGETS)
            suggestion = nearest(name, list(TARGETS))
            raise ProjectError(
                f"there is no target {name!r} for --for",
                hint=f"did you mean {suggestion}?" if suggestion else f"known are {known}",
                code="usage",
            )
    return tuple(name for name in TARGETS if not asked or name in asked)


__all__ = ["TARGETS", "Report", "lint"]

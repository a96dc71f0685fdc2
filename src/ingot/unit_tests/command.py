"""`ingot test`: collects the tests, runs them one after the other, shows each verdict as it comes."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingot.terminal import Terminal
from ingot.unit_tests.bench import Bench, Verdict, find_tests, named_files, select_tests
from ingot.unit_tests.python import find_python_tests
from ingot.unit_tests.report import as_json, as_junit, show_failure, show_line, show_summary
from ingot.unit_tests.specification import UnitTest


def run_tests(
    folder: Path,
    target: str | None,
    configuration: Mapping[str, str],
    terminal: Terminal,
    *,
    names: Sequence[str] = (),
    keyword: str | None = None,
    is_fail_fast: bool = False,
    is_list: bool = False,
    is_json: bool = False,
    junit: str | None = None,
) -> int:
    """Run the selected tests of a project; returns the exit code.

    Raises:
        IngotError: when the project or a file of tests is wrong.
    """
    started = time.perf_counter()
    with Bench(folder, target, configuration) as bench:
        root = bench.root
        only = named_files(names, root)
        tests = [*find_tests(bench.plain_project, only), *find_python_tests(bench.plain_project, only)]
        tests = select_tests(tests, names, keyword, root)
        if is_list:
            _list(tests, root, terminal)
            return 0
        verdicts: list[Verdict] = []
        for test in tests:
            _announce(test, len(verdicts) + 1, len(tests), terminal, is_json)
            verdict = bench.run(test)
            verdicts.append(verdict)
            _withdraw(terminal, is_json)
            if not is_json:
                show_line(verdict, terminal)
            if is_fail_fast and not verdict.is_good:
                break
    seconds = time.perf_counter() - started
    if junit is not None:
        Path(junit).write_text(as_junit(verdicts, seconds, root))
    if is_json:
        terminal.line(json.dumps(as_json(verdicts, seconds, root), indent=2, ensure_ascii=False))
    else:
        for verdict in verdicts:
            if not verdict.is_good:
                show_failure(verdict, root, terminal)
        show_summary(verdicts, seconds, terminal)
    return 0 if all(verdict.is_good for verdict in verdicts) else 1


def _list(tests: Sequence[UnitTest], root: Path, terminal: Terminal) -> None:
    for test in tests:
        place = test.location.relative_to(root) if test.location else ""
        terminal.line(f"{test}  {terminal.color(str(place), '2')}")


def _announce(test: UnitTest, number: int, total: int, terminal: Terminal, is_json: bool) -> None:
    """Name the test that runs, on a line that its verdict takes."""
    if terminal.is_live and not is_json:
        terminal.stream.write(f"\r\x1b[K{number}/{total} {test}")
        terminal.stream.flush()


def _withdraw(terminal: Terminal, is_json: bool) -> None:
    if terminal.is_live and not is_json:
        terminal.stream.write("\r\x1b[K")

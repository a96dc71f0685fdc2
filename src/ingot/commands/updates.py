"""Commands that fill a lake, or say what an update would do: init, run, land, dry-run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingot.commands.arguments import WAIT, Commands, connected, named, waiting
from ingot.errors import distinct
from ingot.terminal import Progress, Terminal, table

if TYPE_CHECKING:
    from ingot.model import Project


def add(command: Commands) -> None:
    """The commands with their arguments."""
    init = command("init", _init, "make a small working project", in_project=False)
    init.add_argument("name", help="the new folder")

    run = command("run", _run, "land the sources and run the flows")
    run.add_argument("--refresh", metavar="A,B", default="", help="only these datasets")
    run.add_argument("--full-refresh", metavar="A,B", default="", help="reset these datasets and recompute them")
    run.add_argument("--full-refresh-all", action="store_true", help="reset and recompute everything")
    run.add_argument("--wait", metavar="20s", default="0", help=WAIT)
    run.add_argument("--json", action="store_true", help="print one event as JSON on each line")

    land = command("land", _land, "land the sources without running the flows")
    land.add_argument("sources", nargs="*", help="only these, whatever their `when` says (default: all that are due)")
    land.add_argument("--wait", metavar="20s", default="0", help=WAIT)
    land.add_argument("--json", action="store_true", help="print one event as JSON on each line")

    dry_run = command("dry-run", _dry_run, "check every definition and print the plan; writes nothing")
    dry_run.add_argument("--json", action="store_true", help="print the plan as JSON")
    dry_run.add_argument("--full-refresh", metavar="A,B", default="", help="plan as `run` would with this option")
    dry_run.add_argument("--full-refresh-all", action="store_true", help="plan as `run` would with this option")


def _init(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.scaffold import make_project

    files = make_project(Path(arguments.name))
    for file in files:
        terminal.line(f"  {file}")
    terminal.line(f"\nnext: cd {arguments.name} && ingot run")
    return 0


def _run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.events import EventStream
    from ingot.run import Update
    from ingot.testing import crash_points
    from ingot.update.selection import Selection

    connection = connected(arguments)
    events = EventStream()
    progress = None if arguments.json else Progress(terminal)
    events.listen(_print_json(terminal) if progress is None else progress)
    selection = Selection(named(arguments.refresh), named(arguments.full_refresh), arguments.full_refresh_all)
    update = Update(
        connection.project, selection, wait_s=waiting(arguments.wait), events=events, reached=crash_points()
    )
    outcome = update.run()
    if progress is not None:
        progress.finish()
        if outcome.progress or not _tells_of_no_definitions(connection.project, terminal):
            _summarise(outcome, connection.project.root, terminal)
    return 0 if outcome.is_success else 1


def _land(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.events import EventStream
    from ingot.run import Update

    connection = connected(arguments)
    events = EventStream()
    progress = None if arguments.json else Progress(terminal)
    events.listen(_print_json(terminal) if progress is None else progress)
    outcome = Update(connection.project, wait_s=waiting(arguments.wait), events=events).land(arguments.sources)
    if progress is not None:
        progress.finish()
        for error in distinct(outcome.errors):
            terminal.line()
            terminal.error(error, connection.project.root)
        if not connection.project.sources:
            terminal.line("the project has no sources")
    return 0 if outcome.is_success else 1


def _dry_run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.dry_run import dry_run
    from ingot.update.selection import Selection

    connection = connected(arguments)
    selection = Selection((), named(arguments.full_refresh), arguments.full_refresh_all)
    report = dry_run(connection.project, connection.engine, selection)
    if arguments.json:
        import json

        terminal.line(json.dumps(report.to_json(), indent=2, default=str))
    else:
        rows = [
            (s.dataset.short, s.kind.label if s.kind else "", s.technique.value.replace("_", " "), s.short_reason)
            for s in report.steps
        ]
        if rows or not _tells_of_no_definitions(connection.project, terminal):
            for line in table(("dataset", "kind", "technique", "reason"), rows):
                terminal.line(line)
        for note in report.notes:
            terminal.line(terminal.color(f"note: {note.message} ({note.location})", "2"))
        for error in report.errors:
            terminal.line()
            terminal.error(error, connection.project.root)
    connection.close()
    return 1 if report.errors else 0


def _tells_of_no_definitions(project: Project, terminal: Terminal) -> bool:
    """Say so if the project has none; gives whether that is so."""
    from ingot.definitions import definition_files

    if definition_files(project):
        return False
    terminal.line(f"nothing to run: {', '.join(project.definitions)} holds no .sql, .py or .ipynb file")
    return True


def _summarise(outcome: Any, root: Path, terminal: Terminal) -> None:
    failed = [error for error in outcome.failures.values() if error.code not in ("skipped", "upstream-failed")]
    for error in distinct((*outcome.errors, *failed)):
        terminal.line()
        terminal.error(error, root)
    states = [progress.status for progress in outcome.progress.values()]
    done, skipped = states.count("COMPLETED"), states.count("SKIPPED")
    outside = len(outcome.errors)
    parts = [f"{outside} {'error' if outside == 1 else 'errors'} outside of tables"] * bool(outside)
    parts += [f"{done} up to date"] + [f"{len(failed)} failed"] * bool(failed) + [f"{skipped} skipped"] * bool(skipped)
    terminal.line()
    terminal.line(f"{', '.join(parts)} in {outcome.seconds:.2f} s")


def _print_json(terminal: Terminal):
    import json

    from ingot.events import event_facts

    def show(event: Any) -> None:
        terminal.line(json.dumps(event_facts(event), default=str, ensure_ascii=False))

    return show

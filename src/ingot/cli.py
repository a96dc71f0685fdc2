"""The `ingot` command: reads arguments, calls the library, shows what it says. No logic of its own.

Every command is a function `_<name>(arguments, terminal) -> exit code`. Nothing heavy is imported before a command
needs it, so that `ingot --help` answers at once.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from ingot.errors import IngotError, ProjectError, distinct, near_hint
from ingot.terminal import Progress, Terminal, size, table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 wrong arguments, 130 interrupted."""
    gc.set_threshold(50_000, 20, 100)  # a plan is a million small objects that live as long as the command
    parsed = _parser().parse_args(arguments)
    terminal = Terminal()
    try:
        return parsed.command(parsed, terminal)
    except IngotError as error:
        Terminal(sys.stderr).error(error)
        return 2 if error.code == "usage" else 1
    except KeyboardInterrupt:
        Terminal(sys.stderr).line("interrupted; the next run goes on where this one stopped")
        return 130
    except BrokenPipeError:  # `ingot query … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the last boundary: a bug of ours is shown as one, with what a report needs
        from ingot.errors import unexpected

        Terminal(sys.stderr).error(unexpected(error, None))
        return 1


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments as every other error is said, with the nearest that there is."""

    def error(self, message: str) -> NoReturn:
        unknown = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        stray = re.search(r"unrecognized arguments: (\S+)", message)
        hint = f"see: {self.prog} --help"
        if unknown is not None:
            known = re.findall(r"[\w-]+", unknown[2])
            what = "command" if "COMMAND" in message else "value"
            message = f"there is no {what} '{unknown[1]}'"
            hint = near_hint(unknown[1], known, f"there are {', '.join(known)}")
        elif stray is not None:
            message = f"'{stray[1]}' is no option or argument of this command"
            hint = near_hint(stray[1], sorted(_all_options(self)), hint)
        Terminal(sys.stderr).error(ProjectError(message, hint=hint, code="usage"))
        self.exit(2)


def _all_options(parser: argparse.ArgumentParser) -> set[str]:
    found = {option for action in parser._actions for option in action.option_strings}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found.update(*(_all_options(sub) for sub in action.choices.values()))
    return found


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="ingot",
        description="Medallion pipelines written for Spark, Lakeflow or Delta Live Tables, run on DuckDB and Delta.",
    )
    parser.add_argument("-C", dest="folder", metavar="DIR", default=".", help="the project's folder (or one below it)")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, function: Any, text: str, in_project: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(command=function)
        if in_project:
            sub.add_argument("-C", dest="folder", metavar="DIR", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
            sub.add_argument("--target", metavar="NAME", help="a target of ingot.yml")
            sub.add_argument(
                "--set",
                dest="settings",
                metavar="KEY=VALUE",
                action="append",
                default=[],
                help="override configuration",
            )
        return sub

    init = command("init", _init, "make a small working project", in_project=False)
    init.add_argument("name", help="the new folder")

    run = command("run", _run, "land the sources and run the flows")
    run.add_argument("--refresh", metavar="A,B", default="", help="only these datasets")
    run.add_argument("--full-refresh", metavar="A,B", default="", help="reset these datasets and recompute them")
    run.add_argument("--full-refresh-all", action="store_true", help="reset and recompute everything")
    run.add_argument("--wait", metavar="S", type=float, default=0.0, help="wait for another update of the lake to end")
    run.add_argument("--json", action="store_true", help="print one event as JSON on each line")

    land = command("land", _land, "land the sources without running the flows")
    land.add_argument("sources", nargs="*", help="only these, whatever their `when` says (default: all that are due)")
    land.add_argument("--wait", metavar="S", type=float, default=0.0, help="wait for another update of the lake to end")
    land.add_argument("--json", action="store_true", help="print one event as JSON on each line")

    dry_run = command("dry-run", _dry_run, "check every definition and print the plan; writes nothing")
    dry_run.add_argument("--json", action="store_true", help="print the plan as JSON")
    dry_run.add_argument("--full-refresh", metavar="A,B", default="", help="plan as `run` would with this option")
    dry_run.add_argument("--full-refresh-all", action="store_true", help="plan as `run` would with this option")

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

    dashboard = command("dashboard", _dashboard, "dashboards: check them against the lake, or export one as a file")
    dashboard.add_argument("action", choices=("check", "export"))
    dashboard.add_argument("names", nargs="*", metavar="NAME", help="a dashboard (check: default all)")
    dashboard.add_argument("--json", action="store_true", help="check: print the findings as JSON")
    dashboard.add_argument("--format", choices=("html", "svg", "png", "pdf"), default="html", help="default: html")
    dashboard.add_argument("--page", metavar="NAME", help="the page of a picture (default: the first)")
    dashboard.add_argument("--filter", action="append", default=[], metavar="FIELD=VALUE", help="may be repeated")
    dashboard.add_argument("--theme", choices=("light", "dark"), default="light", help="of a picture")
    dashboard.add_argument("--max-mb", type=float, default=10.0, help="how large the answers within HTML may get (10)")
    dashboard.add_argument("--output", metavar="FILE", help="default: NAME.html, NAME-PAGE.png")

    query = command("query", _query, "evaluate Spark SQL over the lake's tables")
    query.add_argument("sql", help="SELECT …, DESCRIBE [HISTORY] t, SHOW TABLES")
    query.add_argument("--format", choices=("table", "csv", "json", "parquet"), default="table")
    query.add_argument("--output", metavar="FILE", help="write to a file instead of the terminal")
    query.add_argument("--limit", type=int, default=1000, help="rows that a table shows (default 1000; 0 is all)")

    serve = command("serve", _serve, "open the dashboards and the console in the browser, and the HTTP API")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    serve.add_argument("--port", type=int, help="default: the first free one from 8080 on")
    token = command("token", _token, "make a token for `ingot serve`, and print what ingot.yml is to say", False)
    token.add_argument("name", help="who will hold it")
    token.add_argument("--role", choices=("viewer", "operator", "admin"), default="viewer", help="default: viewer")

    status = command("status", _status, "show each table: kind, rows, version, checkpoint, expectations")
    status.add_argument("--json", action="store_true", help="print JSON")
    events = command("events", _events, "show the event log")
    events.add_argument("--limit", type=int, default=50, help="how many events, newest last (default 50)")
    events.add_argument(
        "--level", choices=("METRICS", "INFO", "WARN", "ERROR"), default="INFO", help="least level shown"
    )
    events.add_argument("--json", action="store_true", help="print one event as JSON on each line")

    quarantine = command("quarantine", _quarantine, "rows that expectations set aside: ls, show, replay")
    quarantine.add_argument("action", choices=("ls", "show", "replay"))
    quarantine.add_argument("table", nargs="?", help="the table whose rows were set aside")
    quarantine.add_argument("--limit", type=int, default=20, help="rows to show")
    quarantine.add_argument("--json", action="store_true", help="replay: print what became of the rows as JSON")

    preview = command("preview", _preview, "show the rows that a dataset would have; writes nothing")
    preview.add_argument("dataset")
    preview.add_argument("--limit", type=int, default=20, help="how many rows (default 20)")
    preview.add_argument("--where", metavar="CONDITION", help="only rows that satisfy this Spark SQL condition")

    drop = command("drop", _drop, "remove a table with its checkpoint")
    drop.add_argument("table")
    drop.add_argument("--yes", action="store_true", help="do not ask")
    restore = command("restore", _restore, "take a table back to an older version, as a new version")
    restore.add_argument("table")
    restore.add_argument("--version", type=int, required=True, help="see: ingot query 'DESCRIBE HISTORY t'")

    optimize = command("optimize", _optimize, "rewrite small files into larger ones")
    optimize.add_argument("tables", nargs="*", help="all tables if none is named")
    vacuum = command("vacuum", _vacuum, "delete files that no version within the retention needs")
    vacuum.add_argument("tables", nargs="*", help="all tables if none is named")
    vacuum.add_argument(
        "--retain", metavar="7d", help="how long removed files stay: 30m, 12h, 7d (default: the table's)"
    )
    vacuum.add_argument("--dry-run", action="store_true", help="only list the files")
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from importlib.metadata import version

        print(f"ingot {version('ingot')}")
        parser.exit()


def _connection(arguments: argparse.Namespace):
    from ingot.connection import connect

    return connect(Path(arguments.folder), target=arguments.target, configuration=_settings(arguments))


def _settings(arguments: argparse.Namespace) -> dict[str, str]:
    """The values of `--set`."""
    settings: dict[str, str] = {}
    for entry in arguments.settings:
        key, equals, value = entry.partition("=")
        if not equals:
            raise ProjectError(f"--set takes key=value, not {entry!r}", hint="--set source_url=https://…", code="usage")
        settings[key] = value
    return settings


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


# --- commands -----------------------------------------------------------------------------------------------


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

    connection = _connection(arguments)
    events = EventStream()
    progress = None if arguments.json else Progress(terminal)
    events.listen(_print_json(terminal) if progress is None else progress)
    selection = Selection(_names(arguments.refresh), _names(arguments.full_refresh), arguments.full_refresh_all)
    update = Update(connection.project, selection, wait_s=arguments.wait, events=events, reached=crash_points())
    outcome = update.run()
    if progress is not None:
        progress.finish()
        _summarise(outcome, connection.project.root, terminal)
    return 0 if outcome.is_success else 1


def _land(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.events import EventStream
    from ingot.run import Update

    connection = _connection(arguments)
    events = EventStream()
    progress = None if arguments.json else Progress(terminal)
    events.listen(_print_json(terminal) if progress is None else progress)
    outcome = Update(connection.project, wait_s=arguments.wait, events=events).land(arguments.sources)
    if progress is not None:
        progress.finish()
        for error in distinct(outcome.errors):
            terminal.line()
            terminal.error(error, connection.project.root)
        if not connection.project.sources:
            terminal.line("the project has no sources")
    return 0 if outcome.is_success else 1


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


def _dry_run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.dry_run import dry_run
    from ingot.update.selection import Selection

    connection = _connection(arguments)
    selection = Selection((), _names(arguments.full_refresh), arguments.full_refresh_all)
    report = dry_run(connection.project, connection.engine, selection)
    if arguments.json:
        import json

        terminal.line(json.dumps(report.to_json(), indent=2, default=str))
    else:
        rows = [
            (s.dataset.short, s.kind.label if s.kind else "", s.technique.value.replace("_", " "), s.short_reason)
            for s in report.steps
        ]
        for line in table(("dataset", "kind", "technique", "reason"), rows):
            terminal.line(line)
        for note in report.notes:
            terminal.line(terminal.color(f"note: {note.message} ({note.location})", "2"))
        for error in report.errors:
            terminal.line()
            terminal.error(error, connection.project.root)
    connection.close()
    return 1 if report.errors else 0


def _test(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.unit_tests.command import run_tests

    return run_tests(
        Path(arguments.folder),
        arguments.target,
        _settings(arguments),
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

    with _connection(arguments) as connection:
        report = lint(connection.project, connection.engine, _names(arguments.targets))
    if arguments.json:
        import json

        terminal.line(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    elif arguments.github:
        show_annotations(report, terminal)
    else:
        show(report, terminal)
    return 0 if all(report.runs(target) for target in report.targets) else 1


def _dashboard(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.dashboards.report import show_checked

    if arguments.action == "export":
        return _dashboard_export(arguments, terminal)
    with _connection(arguments) as connection:
        return show_checked(connection.project, connection.engine, arguments.names, arguments.json, terminal)


def _dashboard_export(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.dashboards.export.command import export
    from ingot.dashboards.export.wish import Wish

    if len(arguments.names) != 1:
        hint = "ingot dashboard export NAME --format pdf"
        raise ProjectError("`ingot dashboard export` takes one dashboard", hint=hint, code="usage")
    output = Path(arguments.output) if arguments.output else None
    name, page, filters = arguments.names[0], arguments.page, arguments.filter
    wish = Wish(name, arguments.format, page, filters, output, arguments.theme, arguments.max_mb)
    with _connection(arguments) as connection:
        return export(connection.project, connection.engine, wish, terminal)


def _query(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.output import write_rows

    with _connection(arguments) as connection:
        result = connection.sql(arguments.sql)
        write_rows(result, connection.engine, arguments.format, arguments.output, terminal, arguments.limit or None)
    return 0


def _preview(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.output import write_rows
    from ingot.queries import preview

    with _connection(arguments) as connection:
        result = preview(connection.project, connection.engine, arguments.dataset, arguments.limit, arguments.where)
        write_rows(result, connection.engine, "table", None, terminal, None)
    return 0


def _serve(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.server.command import serve

    settings = _settings(arguments)
    return serve(Path(arguments.folder), arguments.target, settings, arguments.host, arguments.port, terminal)


def _token(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.serve_settings import make_token, token_entry

    token = make_token()
    terminal.line(f"{token}\n\nGive it to {arguments.name}; it is not shown again. ingot.yml keeps its hash:\n")
    terminal.line(token_entry(arguments.name, token, arguments.role))
    return 0


def _status(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.status import table_states

    connection = _connection(arguments)
    states = table_states(connection.project)
    if arguments.json:
        import json

        terminal.line(json.dumps([state.to_json() for state in states], indent=2, default=str))
        return 0
    if not states:
        terminal.line("the lake is empty; fill it with: ingot run")
        return 0
    rows = [state.row() for state in states]
    columns = ("table", "kind", "rows", "version", "updated", "checkpoint", "expectations")
    for line in table(columns, rows, (False, False, True, True, False, False, False)):
        terminal.line(line)
    for state in states:
        if state.note:
            terminal.line(terminal.color(f"note: {state.name.short}: {state.note}", "33"))
    return 0


def _events(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.status import recent_events

    with _connection(arguments) as connection:
        for row in recent_events(connection.project, connection.engine, arguments.limit, arguments.level):
            if arguments.json:
                import json

                terminal.line(json.dumps(row, default=str, ensure_ascii=False))
            else:
                stamp = row["timestamp"].strftime("%Y-%m-%d %H:%M:%S")
                terminal.line(f"{stamp}  {row['level']:7}  {row['event_type']:22}  {row['message']}")
    return 0


def _quarantine(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.output import write_rows
    from ingot.replay import list_quarantines, replay, show

    with _connection(arguments) as connection:
        project, engine = connection.project, connection.engine
        if arguments.action == "ls":
            rows = list_quarantines(project, engine)
            for line in table(("table", "rows", "rules", "last"), rows, (False, True, False, False)):
                terminal.line(line)
            return 0
        if arguments.table is None:
            raise ProjectError(
                f"quarantine {arguments.action} takes a table", hint="see them with: ingot quarantine ls", code="usage"
            )
        if arguments.action == "show":
            write_rows(show(project, engine, arguments.table, arguments.limit), engine, "table", None, terminal, None)
            return 0
        result = replay(project, engine, arguments.table)
        if arguments.json:
            import json
            from dataclasses import asdict

            terminal.line(json.dumps(asdict(result)))
            return 0
        dropped = f", {result.dropped:,} dropped by its rules or its query" if result.dropped else ""
        terminal.line(f"into the table: {result.accepted:,}; still in quarantine: {result.remaining:,}{dropped}")
    return 0


def _drop(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.tables import describe_drop, drop_table

    connection = _connection(arguments)
    if not arguments.yes:
        terminal.line(describe_drop(connection.project, arguments.table))
        if not sys.stdin.isatty():
            raise ProjectError("drop asks before it removes a table", hint="add --yes", code="not-confirmed")
        if input("remove it? [y/N] ").strip().lower() not in ("y", "yes"):
            terminal.line("nothing was removed")
            return 1
    removed = drop_table(connection.project, arguments.table)
    terminal.line(f"removed {', '.join(name.short for name in removed)}")
    return 0


def _restore(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.tables import restore_table

    snapshot = restore_table(_connection(arguments).project, arguments.table, arguments.version)
    terminal.line(
        f"{arguments.table} is at version {snapshot.version}, which holds what version {arguments.version} held"
    )
    return 0


def _optimize(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.tables import optimize_tables

    with _connection(arguments) as connection:
        for name, before, after in optimize_tables(connection.project, connection.engine, arguments.tables):
            terminal.line(f"{name.short}: " + (f"{before} files became {after}" if before else "nothing to do"))
    return 0


def _vacuum(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.tables import vacuum_tables

    connection = _connection(arguments)
    for name, files, freed in vacuum_tables(connection.project, arguments.tables, arguments.retain, arguments.dry_run):
        would = "would be " if arguments.dry_run else ""
        terminal.line(f"{name.short}: {len(files)} files {would}deleted, {size(freed)}")
        if arguments.dry_run:
            for file in files:
                terminal.line(f"  {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

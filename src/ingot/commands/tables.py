"""Commands that change tables: quarantine, drop, restore, optimize, vacuum."""

from __future__ import annotations

import argparse
import sys

from ingot.commands.arguments import WAIT, Commands, connected, waiting
from ingot.errors import ProjectError
from ingot.terminal import Terminal, size, table


def add(command: Commands) -> None:
    """The commands with their arguments."""
    quarantine = command("quarantine", _quarantine, "rows that expectations set aside: ls, show, replay")
    quarantine.add_argument("action", choices=("ls", "show", "replay"))
    quarantine.add_argument("table", nargs="?", help="the table whose rows were set aside")
    quarantine.add_argument("--limit", type=int, default=20, help="rows to show")
    quarantine.add_argument("--wait", metavar="20s", default="0", help=f"replay: {WAIT}")
    quarantine.add_argument("--json", action="store_true", help="replay: print what became of the rows as JSON")

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


def _quarantine(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.output import write_rows
    from ingot.quarantines import list_quarantines, show
    from ingot.replay import replay

    with connected(arguments) as connection:
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
        result = replay(project, engine, arguments.table, waiting(arguments.wait))
        if arguments.json:
            import json
            from dataclasses import asdict

            terminal.line(json.dumps(asdict(result)))
            return 0
        dropped = f", {result.dropped:,} dropped by its rules or its query" if result.dropped else ""
        terminal.line(f"into the table: {result.accepted:,}; still in quarantine: {result.remaining:,}{dropped}")
        if result.unsourced:
            were = "1 row was" if result.unsourced == 1 else f"{result.unsourced:,} rows were"
            terminal.line(
                f"{were} kept without the source row ({', '.join(result.reasons)}): only the rules were checked; "
                f"`ingot run --full-refresh {arguments.table}` applies the query"
            )
    return 0


def _drop(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.tables import describe_drop, drop_table

    connection = connected(arguments)
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

    snapshot = restore_table(connected(arguments).project, arguments.table, arguments.version)
    terminal.line(
        f"{arguments.table} is at version {snapshot.version}, which holds what version {arguments.version} held"
    )
    return 0


def _optimize(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.tables import optimize_tables

    with connected(arguments) as connection:
        for name, before, after in optimize_tables(connection.project, connection.engine, arguments.tables):
            terminal.line(f"{name.short}: " + (f"{before} files became {after}" if before else "nothing to do"))
    return 0


def _vacuum(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.tables import vacuum_tables

    connection = connected(arguments)
    for name, files, freed in vacuum_tables(connection.project, arguments.tables, arguments.retain, arguments.dry_run):
        would = "would be " if arguments.dry_run else ""
        counted = "1 file" if len(files) == 1 else f"{len(files):,} files"
        terminal.line(f"{name.short}: {counted} {would}deleted, {size(freed)}")
        if arguments.dry_run:
            for file in files:
                terminal.line(f"  {file}")
    return 0

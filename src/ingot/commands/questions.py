"""Commands that show what a lake holds, and what happened: query, preview, status, events."""

from __future__ import annotations

import argparse

from ingot.commands.arguments import Commands, connected
from ingot.terminal import Terminal, table


def add(command: Commands) -> None:
    """The commands with their arguments."""
    query = command("query", _query, "evaluate Spark SQL over the lake's tables")
    query.add_argument("sql", help="SELECT …, DESCRIBE [HISTORY] t, SHOW TABLES")
    query.add_argument("--format", choices=("table", "csv", "json", "parquet"), default="table")
    query.add_argument("--output", metavar="FILE", help="write to a file instead of the terminal")
    query.add_argument("--limit", type=int, default=1000, help="rows that a table shows (default 1000; 0 is all)")

    preview = command("preview", _preview, "show the rows that a dataset would have; writes nothing")
    preview.add_argument("dataset")
    preview.add_argument("--limit", type=int, default=20, help="how many rows (default 20)")
    preview.add_argument("--where", metavar="CONDITION", help="only rows that satisfy this Spark SQL condition")

    status = command("status", _status, "show each table: kind, rows, version, checkpoint, expectations")
    status.add_argument("--json", action="store_true", help="print JSON")

    events = command("events", _events, "show the event log")
    events.add_argument("--limit", type=int, default=50, help="how many events, newest last (default 50)")
    events.add_argument(
        "--level", choices=("METRICS", "INFO", "WARN", "ERROR"), default="INFO", help="least level shown"
    )
    events.add_argument("--json", action="store_true", help="print one event as JSON on each line")


def _query(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.output import write_rows

    with connected(arguments) as connection:
        result = connection.sql(arguments.sql)
        write_rows(result, connection.engine, arguments.format, arguments.output, terminal, arguments.limit or None)
    return 0


def _preview(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.output import write_rows
    from ingot.queries import preview

    with connected(arguments) as connection:
        result = preview(connection.project, connection.engine, arguments.dataset, arguments.limit, arguments.where)
        write_rows(result, connection.engine, "table", None, terminal, None)
    return 0


def _status(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.status import table_states

    connection = connected(arguments)
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

    with connected(arguments) as connection:
        for row in recent_events(connection.project, connection.engine, arguments.limit, arguments.level):
            if arguments.json:
                import json

                terminal.line(json.dumps(row, default=str, ensure_ascii=False))
            else:
                stamp = row["timestamp"].strftime("%Y-%m-%d %H:%M:%S")
                terminal.line(f"{stamp}  {row['level']:7}  {row['event_type']:22}  {row['message']}")
    return 0

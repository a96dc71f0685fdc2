"""Commands around the browser: dashboard, serve, token."""

from __future__ import annotations

import argparse
from pathlib import Path

from ingot.commands.arguments import Commands, connected, settings_of
from ingot.errors import ProjectError
from ingot.terminal import Terminal


def add(command: Commands) -> None:
    """The commands with their arguments."""
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

    serve = command("serve", _serve, "open the dashboards and the console in the browser, and the HTTP API")
    serve.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: this machine only)")
    serve.add_argument("--port", type=int, help="default: the first free one from 8080 on")

    token = command("token", _token, "make a token for `ingot serve`, and print what ingot.yml is to say", False)
    token.add_argument("name", help="who will hold it")
    token.add_argument("--role", choices=("viewer", "operator", "admin"), default="viewer", help="default: viewer")


def _dashboard(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.dashboards.report import show_checked

    if arguments.action == "export":
        return _dashboard_export(arguments, terminal)
    with connected(arguments) as connection:
        return show_checked(connection.project, connection.engine, arguments.names, arguments.json, terminal)


def _serve(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.server.command import serve

    settings = settings_of(arguments)
    return serve(Path(arguments.folder), arguments.target, settings, arguments.host, arguments.port, terminal)


def _token(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.project.serve_settings import make_token, token_entry

    token = make_token()
    terminal.line(f"{token}\n\nGive it to {arguments.name}; it is not shown again. ingot.yml keeps its hash:\n")
    terminal.line(token_entry(arguments.name, token, arguments.role))
    return 0


def _dashboard_export(arguments: argparse.Namespace, terminal: Terminal) -> int:
    from ingot.dashboards.export.command import export
    from ingot.dashboards.export.wish import Wish

    if len(arguments.names) != 1:
        hint = "ingot dashboard export NAME --format pdf"
        raise ProjectError("`ingot dashboard export` takes one dashboard", hint=hint, code="usage")
    output = Path(arguments.output) if arguments.output else None
    name, page, filters = arguments.names[0], arguments.page, arguments.filter
    wish = Wish(name, arguments.format, page, filters, output, arguments.theme, arguments.max_mb)
    with connected(arguments) as connection:
        return export(connection.project, connection.engine, wish, terminal)

"""The `ingot` command: finds out which command is meant, and says how it ended. What the commands do is `commands`."""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from ingot.commands import checks, pages, questions, tables, updates
from ingot.commands.arguments import Command, add_project
from ingot.errors import IngotError, ProjectError, near_hint
from ingot.terminal import Terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0 done, 1 failed, 2 wrong arguments, 130 interrupted."""
    gc.set_threshold(50_000, 20, 100)  # a plan is a million small objects that live as long as the command
    parsed = _parser().parse_args(arguments)
    terminal = Terminal()
    try:
        return parsed.command(parsed, terminal)
    except IngotError as error:
        _say(error, parsed)
        return 2 if error.code == "usage" else 1
    except KeyboardInterrupt:
        Terminal(sys.stderr).line("interrupted; the next run goes on where this one stopped")
        return 130
    except BrokenPipeError:  # `ingot query … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # the last boundary: a bug of ours is shown as one, with what a report needs
        from ingot.errors import unexpected

        _say(unexpected(error, None), parsed)
        return 1


def _say(error: IngotError, parsed: argparse.Namespace) -> None:
    """Tell what is wrong on standard error: to people, or with `--json` as one line with the four facts."""
    terminal = Terminal(sys.stderr)
    if not getattr(parsed, "json", False):
        terminal.error(error)
        return
    import json
    from pathlib import Path

    from ingot.events import error_facts
    from ingot.secrets import redacted

    if error.location is not None:
        error.location = error.location.relative_to(Path.cwd())
    facts = {name: redacted(fact) if fact is not None else None for name, fact in error_facts(error).items()}
    terminal.line(json.dumps({"error": facts}, ensure_ascii=False))


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
            hint = near_hint(stray[1], sorted(_all_options(self) - {stray[1]}), hint)
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
    added = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, function: Command, text: str, in_project: bool = True) -> argparse.ArgumentParser:
        sub = added.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(command=function)
        if in_project:
            add_project(sub)
        return sub

    for group in (updates, checks, questions, pages, tables):
        group.add(command)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        from importlib.metadata import version

        print(f"ingot {version('ingot')}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())

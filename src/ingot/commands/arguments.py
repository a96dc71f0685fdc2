"""What the arguments mean that commands share: the project, its target and its configuration, lists of names."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ingot.errors import ProjectError
from ingot.terminal import Terminal

if TYPE_CHECKING:
    from ingot.connection import Connection

WAIT = "how long to wait for another update of the lake to end: 20s, 5m (default: not at all)"
Command = Callable[[argparse.Namespace, Terminal], int]


class Commands(Protocol):
    """Adds a command, with its name and what it does; returns its parser, which takes the command's own arguments."""

    def __call__(self, name: str, function: Command, text: str, in_project: bool = True) -> argparse.ArgumentParser: ...


def add_project(parser: argparse.ArgumentParser) -> None:
    """The arguments of every command that works in a project."""
    parser.add_argument("-C", dest="folder", metavar="DIR", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--target", metavar="NAME", help="a target of ingot.yml")
    parser.add_argument(
        "--set", dest="settings", metavar="KEY=VALUE", action="append", default=[], help="override configuration"
    )


def connected(arguments: argparse.Namespace) -> Connection:
    """The project that a command works in."""
    from ingot.connection import connect

    return connect(Path(arguments.folder), target=arguments.target, configuration=settings_of(arguments))


def settings_of(arguments: argparse.Namespace) -> dict[str, str]:
    """The values of `--set`.

    Raises:
        ProjectError: `usage`.
    """
    settings: dict[str, str] = {}
    for entry in arguments.settings:
        key, equals, value = entry.partition("=")
        if not equals:
            raise ProjectError(f"--set takes key=value, not {entry!r}", hint="--set source_url=https://…", code="usage")
        settings[key] = value
    return settings


def waiting(text: str) -> float:
    """The seconds of `--wait`: a duration, or a number of seconds.

    Raises:
        ProjectError: `usage`, for anything else.

    >>> waiting("5m"), waiting("20")
    (300.0, 20.0)
    """
    from ingot.durations import parse_duration

    return parse_duration(f"{text}s" if text.strip().replace(".", "", 1).isdecimal() else text).total_seconds()


def named(text: str) -> tuple[str, ...]:
    """The names of a list with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())

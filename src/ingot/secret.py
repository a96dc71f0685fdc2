"""Secrets by scope and key: from the environment, or from `.env` beside the settings.

Owns where a secret is looked for. Never prints, stores or logs one.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

_PREFIX = "INGOT_SECRET_"
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")


def secret_variable(scope: str, key: str) -> str:
    """The name under which a secret is given.

    >>> secret_variable("my-scope", "api.key")
    'INGOT_SECRET_MY_SCOPE_API_KEY'
    """
    return _PREFIX + _folded(f"{scope}_{key}")


def find_secret(root: Path, scope: str, key: str) -> str | None:
    """The secret's value; the environment goes before `.env`. None if neither has it."""
    name = secret_variable(scope, key)
    return os.environ[name] if name in os.environ else _file(root).get(name)


def secret_names(root: Path, scope: str) -> list[str]:
    """The keys of a scope that have values, in lower case."""
    prefix = _PREFIX + _folded(scope) + "_"
    names = {*os.environ, *_file(root)}
    return sorted(name.removeprefix(prefix).lower() for name in names if name.startswith(prefix))


def _folded(text: str) -> str:
    return re.sub(r"\W", "_", text).upper()


def _file(root: Path) -> dict[str, str]:
    """The variables of `.env`: lines of NAME=value, the value in quotes or not."""
    file = root / ".env"
    if not file.is_file():
        return {}
    found = map(_LINE.fullmatch, file.read_text("utf-8").splitlines())  # a comment is no such line
    return {match[1]: _unquoted(match[2]) for match in found if match}


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if is_quoted else value

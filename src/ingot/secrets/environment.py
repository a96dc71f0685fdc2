"""Secrets of the environment, and of `.env` beside the settings."""

from __future__ import annotations

import os
import re
from pathlib import Path

_PREFIX = "INGOT_SECRET_"
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")


def secret_variable(name: str) -> str:
    """The variable that holds a secret.

    >>> secret_variable("my-scope/api.key")
    'INGOT_SECRET_MY_SCOPE_API_KEY'
    """
    return _PREFIX + _folded(name)


class Environment:
    """The variables `INGOT_SECRET_<NAME>`; those of the process go before those of `.env`."""

    def __init__(self, root: Path):
        self._file = root / ".env"

    def find(self, name: str) -> str | None:
        """The value of a secret, None if neither place has it."""
        variable = secret_variable(name)
        return os.environ[variable] if variable in os.environ else self._variables().get(variable)

    def keys(self, scope: str) -> list[str]:
        """The keys of a scope, in lower case: a variable's name does not keep it."""
        prefix = _PREFIX + _folded(scope) + "_"
        names = {*os.environ, *self._variables()}
        return sorted(name.removeprefix(prefix).lower() for name in names if name.startswith(prefix))

    def _variables(self) -> dict[str, str]:
        """The variables of `.env`: lines of NAME=value, the value in quotes or not."""
        if not self._file.is_file():
            return {}
        found = map(_LINE.fullmatch, self._file.read_text("utf-8").splitlines())  # a comment is no such line
        return {match[1]: _unquoted(match[2]) for match in found if match}


def _folded(text: str) -> str:
    return re.sub(r"\W", "_", text).upper()


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return value[1:-1] if is_quoted else value

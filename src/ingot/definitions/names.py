"""Names as Python files and commands write them: dots separate, backquotes protect."""

from __future__ import annotations

import re

from ingot.errors import DefinitionError, Location
from ingot.model import Project, TableName

_PART = re.compile(r"`((?:[^`]|``)*)`|([^.`]+)")


def split_name(text: str, location: Location | None = None) -> list[str]:
    """The parts of a name.

    Raises:
        DefinitionError: `invalid-name`, for an empty part or a lone backquote.

    >>> split_name("a.`b.c`.d")
    ['a', 'b.c', 'd']
    """
    parts: list[str] = []
    at = 0
    while True:
        found = _PART.match(text, at)
        if found is None:
            break
        parts.append(found[2] if found[1] is None else found[1].replace("``", "`"))
        at = found.end()
        if at == len(text):
            return parts
        if text[at] != ".":
            break
        at += 1
    raise DefinitionError(
        f"{text!r} is not a name",
        location=location,
        hint="put a part that holds other characters in backquotes: bronze.`my-table`",
        code="invalid-name",
    )


def written_table_name(project: Project, text: str) -> TableName:
    """The identity of a table whose name a command or a query was given.

    Raises:
        DefinitionError: `invalid-name`.
    """
    return project.table_name(split_name(text.strip()))

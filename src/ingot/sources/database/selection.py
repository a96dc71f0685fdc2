"""Which tables the names and patterns of an entry choose, and the folder in which each lands.

Owns the meaning of patterns. They are matched against what the database lists, so no text of an entry becomes a name in
SQL.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from ingot.errors import SourceError, nearest
from ingot.sources.database.adapter import Table
from ingot.sources.database.entry import Pattern, Rule

_WILD = re.compile(r"[*?\[]")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_FOLDER_LENGTH_MAX = 100


def choose(
    patterns: Sequence[Pattern], tables: Sequence[Table], default_schema: str
) -> tuple[list[tuple[Table, Rule]], dict[str, SourceError]]:
    """The chosen tables in the order of their names, each with how it is read: as the name says that is written out,
    else the first pattern; and the error `unknown-table` of each name or pattern that chooses nothing.
    """
    chosen: dict[Table, Rule] = {}
    unknown: dict[str, SourceError] = {}
    excluded: set[Table] = set()
    for pattern in sorted(patterns, key=lambda pattern: bool(_WILD.search(pattern.text))):
        matching = _matching(pattern.text, tables, default_schema)
        if pattern.is_excluded:
            excluded.update(matching)
            continue
        if not matching:
            unknown[pattern.text] = _unknown(pattern.text, tables)
        for table in matching:
            chosen.setdefault(table, pattern.rule)
    found = sorted(chosen.keys() - excluded, key=lambda table: table.shown)
    return [(table, chosen[table]) for table in found], unknown


def folders_of_unknown(text: str, landed: Iterable[str], default_schema: str) -> list[str]:
    """The folders of what a name or pattern chooses no more: those that have landed, else the one that it would have.

    >>> folders_of_unknown("gone", [], "public"), folders_of_unknown("s.*", ["s.a", "s.b", "t.a"], "public")
    (['public.gone'], ['s.a', 's.b'])
    """
    before = [Table(*_parts(folder, default_schema)) for folder in landed]
    found = [table.shown for table in _matching(text, before, default_schema)]
    schema, name = _parts(text, default_schema)
    return found or [folder_of(schema or default_schema, name, set())]


def _parts(text: str, default_schema: str) -> tuple[str, str]:
    """Schema and name; a database without schemas has none."""
    schema, _, name = text.rpartition(".") if default_schema else ("", "", text)
    return schema, name


def _matching(text: str, tables: Iterable[Table], default_schema: str) -> list[Table]:
    """The tables of a pattern; of a name that none has exactly, those that differ in case."""
    tables = list(tables)
    exact = [table for table in tables if text in _names(table, default_schema)]
    if exact or not _WILD.search(text):
        folded = text.casefold()
        return exact or [t for t in tables if folded in (name.casefold() for name in _names(t, default_schema))]
    listed = [table for table in tables if table.is_listed]
    found = [t for t in listed if any(fnmatchcase(name, text) for name in _names(t, default_schema))]
    folded = text.casefold()
    return found or [t for t in listed if any(fnmatchcase(n.casefold(), folded) for n in _names(t, default_schema))]


def _names(table: Table, default_schema: str) -> tuple[str, ...]:
    return (table.shown, table.name) if table.schema == default_schema else (table.shown,)


def _unknown(text: str, tables: Sequence[Table]) -> SourceError:
    what = f"no table {'is like' if _WILD.search(text) else 'has the name'} {text!r}"
    guess = nearest(text, [table.shown for table in tables])
    hint = f"did you mean {guess!r}?" if guess else f"{len(tables)} tables can be seen with this user's rights"
    return SourceError(what, hint=hint, code="unknown-table")


def folder_of(schema: str, name: str, taken: set[str]) -> str:
    """The folder in which a table lands: its name where that is fit for one, else with a hash of the whole name.

    A database without schemas may have their names within those of its tables.

    >>> folder_of("SalesLT", "Customer", set()), folder_of("", "SalesLT.Customer", set())
    ('SalesLT.Customer', 'SalesLT.Customer')
    >>> folder_of("a", "odd name", set())
    'a.odd_name-aca5001c'
    """
    parts = [schema, name] if schema else name.split(".")
    folder = ".".join(parts)
    is_plain = all(_PLAIN.fullmatch(part) for part in parts) and len(folder) <= _FOLDER_LENGTH_MAX
    if not is_plain or folder.lower() in taken:
        digest = hashlib.sha256("\0".join((schema, name)).encode()).hexdigest()[:8]
        safe = re.sub(r"[^A-Za-z0-9_.-]", "_", folder)[:_FOLDER_LENGTH_MAX].lstrip("._") or "table"
        folder = f"{safe}-{digest}"
    taken.add(folder.lower())
    return folder

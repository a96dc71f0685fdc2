"""Snapshots whose versions a query tells: `FROM SNAPSHOT (…) WITH VERSION (…)`.

The version query says which snapshot comes next; in it `last_snapshot_version()` is a relation with the version of the
last one, or without a row. No row means that there is no other snapshot. In the query of the snapshot
`current_snapshot_version()` is a relation with the version that was chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from ingot.errors import DefinitionError, Location

if TYPE_CHECKING:
    from sqlglot import exp

    from ingot.model import Query

_LAST, _CURRENT = "last_snapshot_version", "current_snapshot_version"


def next_snapshot(snapshot: Callable[[], Query], version: Callable[[], Query], place: Location) -> Callable[[], Query]:
    """What gives the query of the next snapshot.

    Args:
        snapshot: Gives the query of all snapshots.
        version: Gives the version query.
        place: Where that begins.
    """

    def build() -> Query:
        from ingot.definitions.loading import answers
        from ingot.model import Query
        from ingot.sql import parse_statement

        given = answers.get()
        asked = version()
        name = _column(asked, place)
        _put(asked, _LAST, name, given.last_version if given is not None else None, place)
        value = _only_value(given.collect(asked) if given is not None and given.collect is not None else None, place)
        if value is None:
            return Query(cast("exp.Query", parse_statement("SELECT 1")), {}, location=place)
        found = snapshot()
        _put(found, _CURRENT, name, value, place)
        return replace(found, version=value)

    return build


def _column(asked: Query, place: Location) -> str:
    names = asked.tree.named_selects
    if len(names) != 1 or names[0] in ("", "*"):
        raise DefinitionError(
            "the query of WITH VERSION gives one column, which has a name",
            location=place,
            hint="WITH VERSION (SELECT min(day) AS version FROM …)",
            code="wrong-snapshot",
        )
    return names[0]


def _only_value(rows: Any, place: Location) -> Any:
    """The value of a query of one column; None for no row.

    Raises:
        DefinitionError: `wrong-snapshot`, for several rows, or NULL.
    """
    from ingot.result import as_tuples

    found = as_tuples(rows) if rows is not None else []
    if len(found) > 1 or (found and found[0][0] is None):
        what = f"{len(found)} rows" if len(found) > 1 else "NULL"
        raise DefinitionError(
            f"the query of WITH VERSION gives {what}: it must give the next version, or no row",
            location=place,
            hint="of an aggregate keep what is there: … HAVING min(day) IS NOT NULL" if what == "NULL" else "LIMIT 1",
            code="wrong-snapshot",
        )
    return found[0][0] if found else None


def _put(query: Query, function: str, name: str, value: Any, place: Location) -> None:
    """Put a relation in the place of the calls of a table function."""
    from sqlglot import exp

    from ingot.cdc.versions import Version
    from ingot.quoting import quoted_name
    from ingot.sql import parse_statement

    text = f"SELECT NULL AS {quoted_name(name)} WHERE false"
    if value is not None:
        text = f"SELECT {Version.of(value, place).literal} AS {quoted_name(name)}"
    for table in list(query.tree.find_all(exp.Table)):
        if isinstance(table.this, exp.Anonymous) and table.this.name.lower() == function:
            relation = parse_statement(text)
            assert isinstance(relation, exp.Query)
            subquery = relation.subquery(table.alias or function)
            for key in ("joins", "laterals"):
                if table.args.get(key):
                    subquery.set(key, table.args[key])
            table.replace(subquery)

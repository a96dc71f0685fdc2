"""What holds for the rest of a SQL file: SET and USE.

Owns these two statements and the state they make.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ingot.definitions.registry import Registry
from ingot.definitions.sql.cursor import Cursor
from ingot.errors import DefinitionError


@dataclass
class Scope:
    """What earlier statements of a file have set for the later ones, and where all of them report to."""

    registry: Registry
    configuration: dict[str, str]
    settings: dict[str, str] = field(default_factory=dict)  # only what this file has SET
    catalog: str | None = None
    schema: str | None = None

    @property
    def default_schema(self) -> tuple[str, str]:
        project = self.registry.project
        return self.catalog or project.catalog, self.schema or project.schema


_TIME_ZONE = "spark.sql.session.timeZone"


def read_set(cursor: Cursor, scope: Scope) -> None:
    """`SET key = value`. As in Spark the value is the text as it stands, quotes included: after
    `SET d = '2020-01-01'` one writes `WHERE day > ${d}`."""
    if cursor.is_next("TIME", "ZONE"):
        _ = cursor.accept("TIME") and cursor.accept("ZONE")
        zone, _ = cursor.rest()
        if not zone.startswith(("'", '"')):
            raise cursor.unsupported(f"SET TIME ZONE {zone}", "SET TIME ZONE 'Europe/Paris'")
        scope.configuration[_TIME_ZONE] = scope.settings[_TIME_ZONE] = zone.strip("'\"")
        return
    parts = [cursor.identifier("the name of a setting")]
    while cursor.accept("."):
        parts.append(cursor.identifier("the name of a setting"))
    cursor.expect("=", hint="SET key = value")
    value, _ = cursor.rest()
    scope.configuration[".".join(parts)] = scope.settings[".".join(parts)] = value


def read_use(cursor: Cursor, scope: Scope) -> None:
    """`USE [CATALOG | SCHEMA] name`: the default for unqualified names."""
    place = cursor.location()
    sets_catalog = cursor.accept("CATALOG")
    if not sets_catalog:
        _ = cursor.accept("SCHEMA") or cursor.accept("DATABASE") or cursor.accept("NAMESPACE")
    parts = cursor.name_parts("the name of a schema or catalog")
    if not cursor.is_at_end:
        raise cursor.expected("the end of the statement")
    if len(parts) > (1 if sets_catalog else 2):
        raise DefinitionError(
            f"'{'.'.join(parts)}' has too many parts",
            location=place,
            hint="USE CATALOG takes one name, USE SCHEMA one or two",
            code="invalid-name",
        )
    if sets_catalog:
        scope.catalog = parts[0]
    elif len(parts) == 2:
        scope.catalog, scope.schema = parts
    else:
        scope.schema = parts[0]

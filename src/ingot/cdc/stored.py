"""What a table in the lake says about the changes that made its rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ingot.cdc.change_table import ChangeTable
from ingot.cdc.names import PROPERTY
from ingot.engine import SnapshotBinding
from ingot.errors import LakeError, Location, PlanError
from ingot.types import StructType, parse_schema


def refuse_other_changes(
    name: str, stored: Mapping[str, str], has_rows: bool, wanted: ChangeTable | None, location: Location
) -> None:
    """Rows that were made by other keys, another type of history or of sequence cannot be carried on.

    Args:
        name: The table.
        stored: Its properties in the lake.
        has_rows: Whether there is anything to carry on.
        wanted: What its definition makes of it; None when no changes are applied to it.
        location: Its definition.

    Raises:
        PlanError: `changed-cdc`, with the command that builds the table anew.
    """
    text = stored.get(PROPERTY)
    if not has_rows or (text is None and wanted is None):
        return
    if text is None:
        differs = ["its rows were appended, not made by changes"]
    elif wanted is None:
        differs = ["its rows were made by changes, and its definition only appends"]
    else:
        old, new = json.loads(text), json.loads(wanted.made_by)
        differs = [
            f"{what} is {_told(old.get(key))} in the lake and {_told(new[key])} in its definition"
            for key, what in _REMEMBERED.items()
            if _meant(old.get(key)) != _meant(new[key])
        ]
    if differs:
        raise PlanError(
            f"{name} cannot be carried on: {'; '.join(differs)}",
            location=location,
            hint=f"build it from its sources: ingot run --full-refresh {name}",
            code="changed-cdc",
        )


def _meant(value: Any) -> Any:
    """Names of columns are the same in any case, and keys in any order."""
    return sorted(name.lower() for name in value) if isinstance(value, list) else value


_REMEMBERED = {
    "keys": "KEYS",
    "scd_type": "SCD TYPE",
    "sequence": "the type of SEQUENCE BY",
    "ignores_nulls": "IGNORE NULL UPDATES",
    "tracking": "TRACK HISTORY ON",
}


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(str(v) for v in value) if isinstance(value, list) else str(value)


def key_columns(properties: Mapping[str, str]) -> tuple[str, ...]:
    """The columns that identify a row of a table of changes; none for another table."""
    text = properties.get(PROPERTY)
    return tuple(json.loads(text)["keys"]) if text else ()


def hidden_columns(properties: Mapping[str, str]) -> StructType | None:
    """The columns that only the data files of a table have; None for a table that no changes are applied to."""
    text = properties.get(PROPERTY)
    return parse_schema(json.loads(text)["hidden"]) if text else None


def with_hidden(binding: SnapshotBinding, properties: Mapping[str, str]) -> SnapshotBinding:
    """Rows of a table as its files hold them, for whoever rewrites files without changing rows."""
    hidden = hidden_columns(properties)
    if hidden is None:
        return binding
    return replace(binding, schema=StructType(fields=(*binding.schema, *hidden)))


def lost_sequence(name: str) -> LakeError:
    """What is wrong with a table of changes whose files do not say from which changes their rows are."""
    return LakeError(
        f"rows of {name} were written or taken away by something else, so which changes made them is not known",
        hint=f"build it from its sources: ingot run --full-refresh {name}",
        code="lost-sequence",
    )

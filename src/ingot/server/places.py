"""Errors and places as pages show them: files are relative to the project's folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingot.errors import IngotError, Location
from ingot.events import error_facts
from ingot.model import Project


def facts_of(error: IngotError, project: Project | None = None) -> dict[str, Any]:
    """An error as JSON: the four facts."""
    return shown(error_facts(error), project)


def shown(facts: Mapping[str, Any], project: Project | None) -> dict[str, Any]:
    """The four facts of an error, as an event has them, with the place relative to the project."""
    place = facts.get("location")
    if place is None or project is None:
        return dict(facts)
    return {**facts, "location": place.removeprefix(f"{project.root}/")}


def place(location: Location | None, project: Project) -> dict[str, Any]:
    """File and line."""
    if location is None:
        return {"file": None, "line": None}
    relative = location.relative_to(project.root)
    return {"file": relative.path, "line": relative.line}

"""Saved queries: files of the project, see `ingot.server.saved_queries`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from ingot.json_rows import iso
from ingot.model import Role
from ingot.server.identity import needs
from ingot.server.saved_queries import TEXT_MAX, SavedQuery, find_query, remove_query, save_query, saved_queries
from ingot.server.served import Here

router = APIRouter(tags=["saved queries"])

_OPERATOR = [needs(Role.OPERATOR)]

Name = Annotated[str, Path(max_length=100)]


class SavedBody(BaseModel, extra="forbid"):
    """The text of a query."""

    sql: str = Field(max_length=TEXT_MAX)


@router.get("/queries", dependencies=_OPERATOR)
def queries(here: Here) -> dict[str, Any]:
    """All saved queries."""
    return {"queries": [_json(query) for query in saved_queries(here.opened.project)]}


@router.get("/queries/{name}", dependencies=_OPERATOR)
def query(here: Here, name: Name) -> dict[str, Any]:
    """One saved query."""
    return _json(find_query(here.opened.project, name))


@router.put("/queries/{name}", dependencies=_OPERATOR)
def save(here: Here, name: Name, body: SavedBody) -> dict[str, Any]:
    """Save a query under a name, in the place of the one that has it."""
    return _json(save_query(here.opened.project, name, body.sql))


@router.delete("/queries/{name}", dependencies=_OPERATOR, status_code=204)
def remove(here: Here, name: Name) -> None:
    """Remove a saved query."""
    remove_query(here.opened.project, name)


def _json(query: SavedQuery) -> dict[str, Any]:
    return {"name": query.name, "sql": query.sql, "path": query.path, "saved_at": iso(query.saved_at)}

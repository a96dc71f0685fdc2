"""Updates: what they did, the one that runs, and the start and stop of one."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ingot.errors import near_hint
from ingot.history import UpdateRun, find_update, newest_update, recent_updates
from ingot.model import Project, Role
from ingot.server.faults import RequestError
from ingot.server.identity import Operator, check_role, needs
from ingot.server.places import shown
from ingot.server.served import Here, Opened

router = APIRouter(tags=["updates"])

Name = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^-,\s][^,]*$")]


class Selection(BaseModel, extra="forbid"):
    """What an update does; everything that has changed if nothing is named."""

    refresh: list[Name] = Field([], max_length=1000, description="only these datasets")
    full_refresh: list[Name] = Field([], max_length=1000, description="these are reset and recomputed; takes admin")
    full_refresh_all: bool = Field(False, description="everything is reset and recomputed; takes admin")


@router.get("/updates", dependencies=[needs(Role.OPERATOR)])
def updates(
    here: Here,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[datetime.datetime | None, Query(description="only updates that began before")] = None,
) -> dict[str, Any]:
    """The newest updates, newest first."""
    opened = here.opened
    if before is not None and before.tzinfo is None:
        before = before.replace(tzinfo=datetime.UTC)
    found = recent_updates(opened.project, opened.engine, limit, before)
    return {"updates": [update.summary() for update in found]}


@router.get("/updates/current", dependencies=[needs(Role.OPERATOR)])
def current_update(here: Here) -> dict[str, Any]:
    """The update that runs now, or the last one."""
    found = newest_update(here.opened.project)
    if found is None:
        raise RequestError("there was no update yet", hint="POST /api/v1/updates starts one", code="unknown-update")
    return _whole(found, here.opened.project)


@router.get("/updates/{update_id}", dependencies=[needs(Role.OPERATOR)])
def update(here: Here, update_id: str) -> dict[str, Any]:
    """One update with its flows and sources: status, technique, seconds, rows, expectations, errors."""
    opened = here.opened
    found = find_update(opened.project, opened.engine, update_id)
    if found is None:
        raise RequestError(f"there is no update {update_id[:100]!r}", code="unknown-update")
    return _whole(found, opened.project)


@router.post("/updates", status_code=202)
def start_update(here: Here, identity: Operator, selection: Selection) -> dict[str, Any]:
    """Start an update, in a process of its own. A name that the definitions do not have is refused before."""
    if selection.full_refresh or selection.full_refresh_all:
        check_role(identity, Role.ADMIN)
    _refuse_unknown([*selection.refresh, *selection.full_refresh], here.opened)
    options: list[str] = []
    if selection.refresh:
        options += ["--refresh", ",".join(selection.refresh)]
    if selection.full_refresh:
        options += ["--full-refresh", ",".join(selection.full_refresh)]
    if selection.full_refresh_all:
        options.append("--full-refresh-all")
    begun = here.updates.start(here.opened.project, options)
    return {"update": begun.id if begun is not None else None}


@router.post("/updates/current/stop", status_code=202, dependencies=[needs(Role.OPERATOR)])
def stop_update(here: Here) -> dict[str, Any]:
    """Stop the update that runs, whoever started it. What it has committed stays."""
    return {"update": here.updates.stop(here.opened.project).id}


def _refuse_unknown(names: list[str], opened: Opened) -> None:
    """Refuse names that the definitions surely do not have; what cannot be loaded is for the update to tell.

    Raises:
        RequestError: `unknown-dataset`.
    """
    described = opened.definitions if names else None
    if described is None or described.error is not None or described.errors:
        return
    known = [name for name, facts in described.nodes.items() if facts["kind"] not in ("source", "files")]
    keys = {opened.project.table_name(name.split(".")).key for name in known}
    for name in names:
        parts = name.split(".")
        if len(parts) > 3 or opened.project.table_name(parts).key not in keys:
            hint = near_hint(name[:100], known, "the datasets are: GET /api/v1/graph")
            message = f"there is no dataset {name[:100]!r} in the project"
            raise RequestError(message, hint=hint, code="unknown-dataset")


def _whole(found: UpdateRun, project: Project) -> dict[str, Any]:
    facts = found.to_json()
    for part in (*facts["flows"], *facts["sources"]):
        part["error"] = shown(part["error"], project) if part["error"] else None
    return {**facts, "errors": [shown(error, project) for error in facts["errors"]]}

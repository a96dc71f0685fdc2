"""Sources: what the project lands from, and the files that have landed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from ingot.errors import near_hint
from ingot.history import newest_update
from ingot.json_rows import iso
from ingot.lake.landing_record import LandingRecord
from ingot.model import Role
from ingot.server.faults import RequestError
from ingot.server.identity import needs
from ingot.server.places import place, shown
from ingot.server.served import Here, Opened

router = APIRouter(tags=["sources"])

_OPERATOR = [needs(Role.OPERATOR)]


@router.get("/sources", dependencies=_OPERATOR)
def sources(here: Here) -> dict[str, Any]:
    """The sources of the project, what of each has landed, and how its last landing went."""
    opened = here.opened
    specs = {spec.name: spec for spec in opened.project.sources}
    update = newest_update(opened.project)
    found = []
    for name in [*specs, *(name for name in opened.landed.sources() if name not in specs)]:
        spec, landed = specs.get(name), opened.landed.sum(name)
        run = update.sources.get(name) if update is not None else None
        found.append(
            {
                "name": name, "kind": spec.kind if spec else None, "is_defined": spec is not None,
                "depends_on": list(spec.depends_on) if spec else [],
                **place(spec.location if spec else None, opened.project),
                "files": landed.files, "size": landed.bytes,
                "landed_at": iso(landed.newest) if landed.newest is not None else None,
                "status": run.status if run else None,
                "error": shown(run.error, opened.project) if run and run.error else None,
            }
        )  # fmt: skip
    return {"sources": found}


@router.get("/sources/{name}/files", dependencies=_OPERATOR)
def source_files(
    here: Here,
    name: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> dict[str, Any]:
    """The files that a source has landed, newest first."""
    records = _records(here.opened, name)
    return {"files": [_line(record) for record in records[offset : offset + limit]], "count": len(records)}


def _records(opened: Opened, name: str) -> list[LandingRecord]:
    known = {*opened.landed.sources(), *(spec.name for spec in opened.project.sources)}
    if name not in known:
        hint = near_hint(name, sorted(known))
        raise RequestError(f"there is no source {name[:100]!r}", hint=hint, code="unknown-source")
    return opened.landed.records(name)


def _line(record: LandingRecord) -> dict[str, Any]:
    return {
        "name": record.name, "resource": record.resource, "url": record.url, "query": record.query,
        "landed_at": iso(record.landed_at), "bytes": record.bytes, "sha256": record.sha256, "run": record.run,
        "page": record.page, "etag": record.etag, "last_modified": record.last_modified,
        "cursor": None if record.cursor is None else str(record.cursor), "is_complete": record.resume is None,
    }  # fmt: skip

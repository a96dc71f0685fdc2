"""What the pages need to know of the project, and of who asks."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from ingot.model import Role
from ingot.server.identity import Viewer, needs
from ingot.server.places import facts_of
from ingot.server.served import Here

router = APIRouter(tags=["project"])


@router.get("/project")
def project(here: Here, identity: Viewer) -> dict[str, Any]:
    """The project's name and settings, as far as somebody of this role may see them."""
    opened = here.opened
    facts: dict[str, Any] = {
        "name": opened.project.name,
        "version": _version(),
        "user": identity.name,
        "role": identity.role.label,
        "can_sign_out": not here.access.is_open,
    }
    if identity.role >= Role.OPERATOR:
        error = here.settings_error
        facts |= {
            "target": opened.project.target,
            "root": str(opened.project.root),
            "lake": str(opened.project.lake),
            "catalog": opened.project.catalog,
            "schema": opened.project.schema,
            "has_definitions": bool(opened.project.definitions),
            "error": facts_of(error, opened.project) if error is not None else None,
        }
    return facts


@router.get("/openapi.json", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
def document(request: Request) -> dict[str, Any]:
    """What the API offers, as an OpenAPI document."""
    from ingot.server.document import openapi

    return openapi.document(request.app)


def _version() -> str:
    from importlib.metadata import version

    return version("ingot")

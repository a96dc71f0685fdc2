"""The OpenAPI document: what FastAPI tells of the endpoints, and what each of them answers in JSON."""

from __future__ import annotations

import copy
from typing import Any, Literal

from fastapi import FastAPI
from pydantic import TypeAdapter

from ingot.server.document import dashboards, pipeline, tables

_PREFIX = "/api/v1"
_REFERENCE = "#/components/schemas/{model}"

ANSWERS: dict[str, type[Any]] = {
    "GET /project": pipeline.ProjectFacts,
    "GET /dashboards": dashboards.DashboardLines,
    "GET /dashboards/{name}": dashboards.DashboardFacts,
    "POST /dashboards/{name}/data": dashboards.PageData,
    "POST /dashboards/{name}/values": dashboards.SlicerValues,
    "POST /dashboards/{name}/rows": dashboards.RowsBehind,
    "GET /graph": pipeline.Graph,
    "GET /updates": pipeline.UpdateLines,
    "GET /updates/current": pipeline.Update,
    "GET /updates/{update_id}": pipeline.Update,
    "POST /updates": pipeline.UpdateName,
    "POST /updates/current/stop": pipeline.UpdateName,
    "GET /tables": tables.TableLines,
    "GET /tables/{schema}/{table}": tables.Table,
    "GET /tables/{schema}/{table}/rows": tables.ResultRows,
    "GET /tables/{schema}/{table}/history": tables.History,
    "GET /tables/{schema}/{table}/files": tables.TableFiles,
    "GET /tables/{schema}/{table}/lineage": tables.Lineage,
    "GET /tables/{schema}/{table}/expectations": tables.Expectations,
    "GET /tables/{schema}/{table}/quarantine": tables.ResultRows,
    "POST /tables/{schema}/{table}/quarantine/replay": pipeline.Replayed,
    "GET /sources": pipeline.SourceLines,
    "GET /sources/{name}/files": pipeline.LandedFiles,
    "POST /query": tables.ResultRows,
    "GET /catalog": pipeline.Catalog,
    "GET /queries": pipeline.SavedQueries,
    "GET /queries/{name}": pipeline.SavedQuery,
    "PUT /queries/{name}": pipeline.SavedQuery,
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document of an application, made when it is first asked for."""
    if not hasattr(app.state, "document"):
        app.state.document = _with_answers(copy.deepcopy(app.openapi()))
    return app.state.document


def _with_answers(plain: dict[str, Any]) -> dict[str, Any]:
    shapes: list[tuple[type[Any], Literal["validation"], TypeAdapter[Any]]] = [
        (shape, "validation", TypeAdapter(shape)) for shape in dict.fromkeys(ANSWERS.values())
    ]
    references, found = TypeAdapter.json_schemas(shapes, ref_template=_REFERENCE)
    schemas = plain["components"]["schemas"]
    taken = [name for name, schema in found["$defs"].items() if schemas.setdefault(name, schema) != schema]
    assert not taken, f"the bodies of requests have these names: {taken}"
    for path, methods in plain["paths"].items():
        for method, operation in methods.items():
            shape = ANSWERS.get(f"{method.upper()} {path.removeprefix(_PREFIX)}")
            success = next(found for status, found in operation["responses"].items() if status.startswith("2"))
            if shape is not None:
                success["content"]["application/json"] = {"schema": references[shape, "validation"]}
    return plain

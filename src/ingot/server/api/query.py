"""Queries: Spark SQL over the lake, read-only, within bounds. See `ingot.server.sandbox`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field

from ingot.analysis.functions import kind_of, names
from ingot.errors import IngotError
from ingot.model import Role, TableName
from ingot.server.faults import RequestError
from ingot.server.identity import needs
from ingot.server.rendering import MEDIA_TYPES, Bounds
from ingot.server.served import Here, Opened
from ingot.server.worker import Task

router = APIRouter(tags=["query"])

_TEXT_MAX = 100_000


class QueryBody(BaseModel, extra="forbid"):
    """A query, and how much of its answer is wanted."""

    sql: str = Field(max_length=_TEXT_MAX, description="SELECT, DESCRIBE, SHOW, as Spark writes them")
    limit: int = Field(1000, ge=1, le=10_000_000, description="rows at most; the server has a bound of its own")
    offset: int = Field(0, ge=0, le=10_000_000, description="rows left out first; give the query an ORDER BY")
    timeout_s: float | None = Field(None, gt=0, le=86_400, description="seconds; the server has a bound of its own")
    formulas: Literal["keep", "escape"] = Field(
        "keep", description="whether texts in CSV that a spreadsheet would take for a formula get a ' before them"
    )


_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Rows; headers, and keys of the JSON, tell how many, and what left others out",
        "headers": {
            "X-Row-Count": {"schema": {"type": "integer"}},
            "X-Is-Truncated": {"description": "whether there are more rows", "schema": {"type": "boolean"}},
            "X-Truncated-By": {
                "description": "only if there are: rows (`limit`, or query_rows_max of the server) or bytes (64 MiB)",
                "schema": {"enum": ["rows", "bytes"]},
            },
        },
        "content": {media_type.partition(";")[0]: {} for media_type in MEDIA_TYPES.values()},
    }
}


@router.post("/query", dependencies=[needs(Role.OPERATOR)], response_class=Response, responses=_ANSWERS)
async def query(
    here: Here, request: Request, body: QueryBody, accept: Annotated[str, Header()] = "application/json"
) -> Response:
    """Evaluate one query. It is stopped when it takes too long, or when the client goes away."""
    opened = here.opened
    form = _form(accept)
    bounds = Bounds(min(body.limit, opened.project.serve.query_rows_max))
    task = Task(body.sql, form, body.offset, bounds, body.formulas == "escape")
    facts, answer = await opened.sandbox.run(task, body.timeout_s, request.is_disconnected)
    headers = {"X-Row-Count": str(facts["row_count"]), "X-Is-Truncated": str(facts["is_truncated"]).lower()}
    if facts["truncated_by"] is not None:
        headers["X-Truncated-By"] = facts["truncated_by"]
    return Response(answer, headers=headers, media_type=MEDIA_TYPES[form])


@router.get("/catalog", dependencies=[needs(Role.OPERATOR)])
def catalog(here: Here) -> dict[str, Any]:
    """What an editor completes: tables with their columns, and the names of functions."""
    opened = here.opened
    found = [_columns(opened, name) for name in opened.lake.tables()]
    return {
        "catalog": opened.project.catalog,
        "schema": opened.project.schema,
        "tables": [table for table in found if table is not None],
        "functions": [{"name": name, "kind": kind_of(name)} for name in names()],
    }


def _columns(opened: Opened, name: TableName) -> dict[str, Any] | None:
    try:
        snapshot = opened.lake.table(name).snapshot()
    except IngotError:  # a table that cannot be read is told of by /tables
        return None
    columns = [{"name": f.name, "type": f.type.ddl, "comment": f.comment} for f in snapshot.schema]
    return {"schema": name.schema, "name": name.table, "comment": snapshot.description, "columns": columns}


def _form(accept: str) -> str:
    """The first form of the answer that the client takes."""
    for wanted in accept.lower().split(","):
        media_type = wanted.partition(";")[0].strip()
        if media_type in ("*/*", "application/*", ""):
            return "json"
        for form, known in MEDIA_TYPES.items():
            if media_type == known.partition(";")[0]:
                return form
    raise RequestError(
        f"no answer is of the type {accept[:100]!r}",
        hint=f"there are {', '.join(known.partition(';')[0] for known in MEDIA_TYPES.values())}",
        code="not-acceptable",
    )

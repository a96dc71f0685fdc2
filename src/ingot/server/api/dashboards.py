"""Dashboards: what there is, the data of a page, values of slicers, the rows behind. See `ingot.dashboards.answers`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from ingot.dashboards.answers import OFFSET_MAX, ROWS_MAX
from ingot.dashboards.files import MEDIA_TYPES, as_file
from ingot.dashboards.filters import FILTERS_MAX, VALUES_MAX
from ingot.dashboards.waiting import Reader
from ingot.model import Role
from ingot.server.identity import needs
from ingot.server.served import Here

router = APIRouter(tags=["dashboards"])

_NAME_MAX, _VISUALS_MAX = 300, 200
_VIEWER = [needs(Role.VIEWER)]
_LOOK_S = 0.2

Scalar = bool | int | float | str | None
Name = str


class FilterBody(BaseModel, extra="forbid"):
    """A condition on one field; null among the values of `in` means rows without a value."""

    field: str = Field(max_length=_NAME_MAX)
    op: Literal["in", "not_in", "between", "ge", "le", "gt", "lt", "last", "is_null", "contains"] = "in"
    values: list[Scalar] = Field(default_factory=list, max_length=VALUES_MAX)


class DrillBody(BaseModel, extra="forbid"):
    """A value of a level of a hierarchy that the reader has gone below."""

    field: str = Field(max_length=_NAME_MAX)
    value: Scalar = None


class OwnBody(BaseModel, extra="forbid"):
    """What the reader chose for one visual."""

    drill: list[DrillBody] = Field(default_factory=list, max_length=20)
    level: int | None = Field(None, ge=0, le=20)
    sort: str | list[str] | None = None


class DataBody(BaseModel, extra="forbid"):
    """Which visuals of a page, under which filters."""

    page: str | None = Field(None, max_length=_NAME_MAX)
    visuals: list[str] | None = Field(None, max_length=_VISUALS_MAX)
    filters: list[FilterBody] = Field(default_factory=list, max_length=FILTERS_MAX)
    own: dict[str, OwnBody] = Field(default_factory=dict, max_length=_VISUALS_MAX)
    excluded: dict[str, list[str]] = Field(
        default_factory=dict,
        alias="except",
        max_length=_VISUALS_MAX,
        description="fields whose filters do not reach it",
    )


class ValuesBody(BaseModel, extra="forbid"):
    """Which slicer of a page, under which filters."""

    page: str | None = Field(None, max_length=_NAME_MAX)
    slicer: str = Field(max_length=_NAME_MAX)
    search: str | None = Field(None, max_length=200)
    filters: list[FilterBody] = Field(default_factory=list, max_length=FILTERS_MAX)


class VisualBody(BaseModel, extra="forbid"):
    """Which visual of a page, under which filters."""

    page: str | None = Field(None, max_length=_NAME_MAX)
    visual: str = Field(max_length=_NAME_MAX)
    filters: list[FilterBody] = Field(default_factory=list, max_length=FILTERS_MAX)
    own: OwnBody | None = None
    excluded: list[str] = Field(default_factory=list, alias="except", max_length=FILTERS_MAX)


class RowsBody(VisualBody):
    """Which rows behind a visual: those of one mark if `point` names its values."""

    point: dict[str, Scalar] | None = Field(None, max_length=50)
    limit: int = Field(100, ge=1, le=ROWS_MAX)
    offset: int = Field(0, ge=0, le=OFFSET_MAX)
    format: Literal["json", "csv", "xlsx"] = "json"


class ExportBody(VisualBody):
    """Which visual's own rows, as which file."""

    format: Literal["csv", "xlsx"] = "csv"


_FILES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Rows; headers of a file tell how many, and whether there are more",
        "headers": {
            "X-Row-Count": {"schema": {"type": "integer"}},
            "X-Is-Truncated": {"description": "whether there are more rows", "schema": {"type": "boolean"}},
        },
        "content": {kind.partition(";")[0]: {} for kind in MEDIA_TYPES.values()},
    }
}
_ROWS: dict[int | str, dict[str, Any]] = {
    200: {**_FILES[200], "content": {"application/json": {}, **_FILES[200]["content"]}}
}


@router.get("/dashboards", dependencies=_VIEWER)
def dashboards(here: Here) -> dict[str, Any]:
    """All dashboards with their pages."""
    return here.opened.answers.dashboards()


@router.get("/dashboards/{name}", dependencies=_VIEWER)
def dashboard(here: Here, name: Name) -> dict[str, Any]:
    """One dashboard: its pages with slicers and visuals, and the types of all that they show."""
    return here.opened.answers.dashboard(name)


@router.post("/dashboards/{name}/data", dependencies=_VIEWER, response_class=JSONResponse)
async def data(here: Here, request: Request, name: Name, body: DataBody) -> Response:
    """The rows of the visuals of a page, all of the same versions of the tables."""

    def answer(reader: Reader) -> Response:
        return JSONResponse(here.opened.answers.data(name, body.model_dump(by_alias=True), reader))

    return await _while_waited_for(request, answer)


@router.post("/dashboards/{name}/values", dependencies=_VIEWER, response_class=JSONResponse)
async def values(here: Here, request: Request, name: Name, body: ValuesBody) -> Response:
    """The values that a slicer offers, with the number of their rows; of a range the least and the greatest."""

    def answer(reader: Reader) -> Response:
        return JSONResponse(here.opened.answers.values(name, body.model_dump(), reader))

    return await _while_waited_for(request, answer)


@router.post("/dashboards/{name}/rows", dependencies=_VIEWER, response_class=Response, responses=_ROWS)
async def rows(here: Here, request: Request, name: Name, body: RowsBody) -> Response:
    """The rows behind a visual, or behind one mark of it, before they are grouped."""

    def answer(reader: Reader) -> Response:
        found = here.opened.answers.rows(name, body.model_dump(by_alias=True), reader)
        return JSONResponse(found) if body.format == "json" else _file(found, body.visual, body.format)

    return await _while_waited_for(request, answer)


@router.post("/dashboards/{name}/export", dependencies=_VIEWER, response_class=Response, responses=_FILES)
async def export(here: Here, request: Request, name: Name, body: ExportBody) -> Response:
    """The rows that a visual shows, as a file."""

    def answer(reader: Reader) -> Response:
        found = here.opened.answers.visual(name, body.model_dump(by_alias=True), reader)
        return _file(found, body.visual, body.format)

    return await _while_waited_for(request, answer)


async def _while_waited_for(request: Request, answer: Callable[[Reader], Response]) -> Response:
    """What `answer` gives, in a thread; its queries are stopped when the client goes away, unless others wait too."""
    reader = Reader()
    answering = asyncio.ensure_future(run_in_threadpool(answer, reader))
    try:
        while not (await asyncio.wait({answering}, timeout=_LOOK_S))[0]:
            if await request.is_disconnected():
                reader.go()
        return answering.result()
    finally:
        reader.go()  # also where the server ends


def _file(found: dict[str, Any], visual: str, form: str) -> Response:
    ascii_name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in visual)[:80]
    headers = {
        "Content-Disposition": f'attachment; filename="{ascii_name or "rows"}.{form}"',
        "X-Row-Count": str(found["row_count"]),
        "X-Is-Truncated": str(found["is_truncated"]).lower(),
    }
    return Response(as_file(found, form), headers=headers, media_type=MEDIA_TYPES[form])

"""Tables: what is known of each, its rows, its history, its lineage, and the rows that its rules set aside."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from ingot.errors import IngotError, near_hint
from ingot.history import expectation_history
from ingot.lake.set_aside import quarantine_name, visible_quarantine
from ingot.lake.table import Table
from ingot.model import Role, TableName
from ingot.quoting import quoted_name
from ingot.server.faults import RequestError
from ingot.server.identity import needs
from ingot.server.places import facts_of
from ingot.server.rendering import MEDIA_TYPES, Bounds
from ingot.server.served import Here, Opened
from ingot.server.table_facts import details, file_lines, history_lines, summary, table_named, tables_of
from ingot.server.worker import Task

router = APIRouter(tags=["tables"])

_OPERATOR = [needs(Role.OPERATOR)]
_ROWS_MAX = 1000

Part = Annotated[str, Path(max_length=300)]
Version = Annotated[int | None, Query(ge=0, le=2**63 - 1, description="as of this version")]
Limit = Annotated[int, Query(ge=1, le=_ROWS_MAX)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
ROWS: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {}}}}


@router.get("/tables", dependencies=_OPERATOR)
def tables(here: Here) -> dict[str, Any]:
    """The tables of the lake; one that cannot be read has an `error` instead of its facts."""
    opened = here.opened
    return {"tables": [_summary(opened, name) for name in tables_of(opened.lake)]}


@router.get("/tables/{schema}/{table}", dependencies=_OPERATOR)
def table(here: Here, schema: Part, table: Part, version: Version = None) -> dict[str, Any]:
    """One table: columns, properties, size, and where it is defined."""
    opened = here.opened
    name = table_named(opened.lake, schema, table).name
    node = opened.last_definitions.nodes.get(name.short, {})
    definition = {key: node.get(key) for key in ("file", "line", "error")} if node else None
    return {**details(opened.lake, name, version), "definition": definition}


@router.get("/tables/{schema}/{table}/rows", dependencies=_OPERATOR, response_class=Response, responses=ROWS)
async def rows(
    here: Here,
    request: Request,
    schema: Part,
    table: Part,
    version: Version = None,
    order_by: Annotated[str | None, Query(max_length=300, description="a column; - before it: greatest first")] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Response:
    """Rows of a table, now or as of a version. Only with `order_by` do pages of rows fit together."""
    opened = here.opened
    found = table_named(opened.lake, schema, table)
    snapshot = found.snapshot(version)
    sql = f"SELECT * FROM {_quoted(found.name)} VERSION AS OF {snapshot.version}"
    if order_by is not None:
        sql += f" ORDER BY {_order(order_by, snapshot.schema.names)}"
    return await _rows(opened, request, sql, limit, offset)


@router.get("/tables/{schema}/{table}/history", dependencies=_OPERATOR)
def history(
    here: Here,
    schema: Part,
    table: Part,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    before: Annotated[int | None, Query(ge=0, description="only versions before this one")] = None,
) -> dict[str, Any]:
    """The commits of a table, newest first."""
    return {"history": history_lines(_table(here.opened, schema, table), limit, before)}


@router.get("/tables/{schema}/{table}/files", dependencies=_OPERATOR)
def files(
    here: Here, schema: Part, table: Part, version: Version = None, limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:
    """The data files of a table, newest first."""
    return file_lines(_table(here.opened, schema, table).snapshot(version), limit, offset)


@router.get("/tables/{schema}/{table}/lineage", dependencies=_OPERATOR)
def lineage(here: Here, schema: Part, table: Part) -> dict[str, Any]:
    """What a table is made from and what is made from it, and the same for each of its columns."""
    opened = here.opened
    described, short = opened.definitions, _defined_name(opened, schema, table)
    uses: dict[str, list[dict[str, str]]] = {}
    for other, columns in described.columns.items():
        for made, origins in columns.items():
            for node, column in origins:
                if node == short:
                    uses.setdefault(column, []).append({"table": other, "column": made})
    origins_of = described.columns.get(short, {})
    return {
        "up": described.upstream(short),
        "down": described.downstream(short),
        "columns": {
            column: [{"table": node, "column": name} for node, name in origins]
            for column, origins in origins_of.items()
        },
        "uses": uses,
        "error": described.error,
    }


@router.get("/tables/{schema}/{table}/expectations", dependencies=_OPERATOR)
def expectations(
    here: Here, schema: Part, table: Part, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> dict[str, Any]:
    """The rules of a table, and what they counted in each of the last updates, newest first."""
    opened = here.opened
    name = _table(opened, schema, table).name
    return {
        "expectations": opened.definitions.expectations.get(name.short, []),
        "updates": expectation_history(opened.project, opened.engine, name, limit),
    }


@router.get("/tables/{schema}/{table}/quarantine", dependencies=_OPERATOR, response_class=Response, responses=ROWS)
async def quarantine(
    here: Here, request: Request, schema: Part, table: Part, limit: Limit = 100, offset: Offset = 0
) -> Response:
    """The rows that the rules of a table have set aside, the last ones first."""
    opened = here.opened
    name = _table(opened, schema, table).name
    if visible_quarantine(opened.lake, name) is None:
        empty = '{"columns":[],"rows":[],"row_count":0,"is_truncated":false,"truncated_by":null}'
        return Response(empty, media_type="application/json")
    sql = f"SELECT * FROM {_quoted(quarantine_name(name))} ORDER BY _quarantined_at DESC"
    return await _rows(opened, request, sql, limit, offset)


@router.post("/tables/{schema}/{table}/quarantine/replay", dependencies=_OPERATOR)
def replay(here: Here, schema: Part, table: Part) -> dict[str, Any]:
    """Send the rows that were set aside through the definition as it is now; tells what became of them."""
    opened = here.opened
    name = _table(opened, schema, table).name
    return here.updates.replay(opened.project, name.short)


def _summary(opened: Opened, name: TableName) -> dict[str, Any]:
    try:
        return summary(opened.lake, name)
    except IngotError as error:
        return {"schema": name.schema, "name": name.table, "error": facts_of(error, opened.project)}


def _table(opened: Opened, schema: str, table: str) -> Table:
    return table_named(opened.lake, schema, table)


def _defined_name(opened: Opened, schema: str, table: str) -> str:
    """The name of a node: of a table of the lake, or of something that the project defines and no update made yet."""
    wanted = f"{schema}.{table}".lower()
    found = next((node for node in opened.definitions.nodes if node.lower() == wanted), None)
    return found or _table(opened, schema, table).name.short


async def _rows(opened: Opened, request: Request, sql: str, limit: int, offset: int) -> Response:
    task = Task(sql, "json", offset, Bounds(limit))
    _, answer = await opened.sandbox.run(task, is_gone=request.is_disconnected)
    return Response(answer, media_type=MEDIA_TYPES["json"])


def _order(order_by: str, columns: list[str]) -> str:
    column = order_by.removeprefix("-") if order_by not in columns else order_by
    if column not in columns:
        raise RequestError(
            f"there is no column {column[:100]!r}", hint=near_hint(column, columns), code="unknown-column"
        )
    direction = "ASC" if column == order_by else "DESC"
    return f"{quoted_name(column)} {direction} NULLS LAST"


def _quoted(name: TableName) -> str:
    return ".".join(quoted_name(part) for part in (name.catalog, name.schema, name.table))

"""The graph: sources, datasets, dashboards, what flows where, and how each of them fared in the newest update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from ingot.dashboards.model import Dashboard
from ingot.dashboards.reads import tables_named
from ingot.errors import IngotError
from ingot.history import FlowRun, UpdateRun, newest_update
from ingot.json_rows import iso
from ingot.model import Role, TableName
from ingot.server.definitions import Described
from ingot.server.identity import needs
from ingot.server.places import facts_of, place, shown
from ingot.server.served import Here, Opened
from ingot.table_facts import kind_of, tables_of

router = APIRouter(tags=["graph"])


@router.get("/graph", dependencies=[needs(Role.OPERATOR)])
def graph(here: Here) -> dict[str, Any]:
    """Nodes and edges; `error` where the definitions cannot be loaded: then there are only the tables."""
    opened = here.opened
    described, update = opened.definitions, newest_update(opened.project)
    nodes = {name: _node(opened, facts, update) for name, facts in described.nodes.items()}
    for name in tables_of(opened.lake):
        if name.short not in nodes:
            nodes[name.short] = _node(opened, {"name": name.short, "kind": "table"}, update)
    ids = {name: node["id"] for name, node in nodes.items()}
    edges = [{"from": ids[source], "to": ids[target]} for source, target in described.edges]
    shown_by = _dashboards(opened, ids)
    return {
        "nodes": [*nodes.values(), *(node for node, _ in shown_by)],
        "edges": [*edges, *(edge for _, reads in shown_by for edge in reads)],
        "update": update.summary() if update is not None else None,
        "errors": [*described.errors, *_error(described)],
    }


def _dashboards(opened: Opened, ids: Mapping[str, str]) -> list[tuple[dict[str, Any], list[dict[str, str]]]]:
    """The node of each dashboard, and the edges from the tables that it names."""
    by_name = {name.lower(): node for name, node in ids.items()}
    found = []
    for loaded in opened.answers.catalogue.all():
        dashboard = loaded.dashboard
        is_whole = isinstance(dashboard, Dashboard)
        named = tables_named(dashboard, opened.project.schema) if is_whole else set()
        node = {
            "id": f"dashboard:{dashboard.name}", "kind": "dashboard", "name": dashboard.name, "schema": None,
            "comment": (dashboard.description or dashboard.title) if is_whole else None,
            **place(dashboard.location if is_whole else dashboard.error.location, opened.project),
            "state": None, "seconds": None, "rows_written": None, "rows": None, "version": None, "updated": None,
            "error": None if is_whole else facts_of(dashboard.error, opened.project),
        }  # fmt: skip
        edges = [{"from": by_name[name], "to": node["id"]} for name in sorted(named) if name in by_name]
        found.append((node, edges))
    return found


def _error(described: Described) -> list[Mapping[str, Any]]:
    return [described.error] if described.error is not None else []


def _node(opened: Opened, facts: Mapping[str, Any], update: UpdateRun | None) -> dict[str, Any]:
    name, kind = facts["name"], facts["kind"]
    is_dataset = kind not in ("source", "files")
    schema, _, table = name.partition(".") if is_dataset else ("", "", name)
    run = _run(opened, name, kind, update)
    error = facts.get("error")
    if run is not None and run.error is not None:
        error = shown(run.error, opened.project)
    node: dict[str, Any] = {
        "id": name if is_dataset else f"{kind}:{name}", "kind": kind, "name": table, "schema": schema or None,
        "comment": facts.get("comment"), "file": facts.get("file"), "line": facts.get("line"),
        "state": run.status if run is not None else None, "seconds": run.seconds if run is not None else None,
        "rows_written": run.rows_written if run is not None else None,
        "rows": None, "version": None, "updated": None, "error": error,
    }  # fmt: skip
    return {**node, **_stored(opened, schema, table)} if is_dataset else node


def _run(opened: Opened, name: str, kind: str, update: UpdateRun | None) -> FlowRun | None:
    """What the newest update did with a node."""
    if update is None:
        return None
    return update.sources.get(name) if kind == "source" else update.flows.get(f"{opened.project.catalog}.{name}")


def _stored(opened: Opened, schema: str, table: str) -> dict[str, Any]:
    """What the lake holds of a dataset."""
    found = opened.lake.table(TableName(opened.project.catalog, schema, table))
    try:
        if not found.exists():
            return {}
        snapshot = found.snapshot()
    except IngotError as error:
        return {"error": facts_of(error, opened.project)}
    facts = {"rows": snapshot.rows, "version": snapshot.version, "updated": iso(snapshot.timestamp)}
    kind = kind_of(snapshot)
    return facts if kind == "table" else {**facts, "kind": kind}

"""The graph: sources, datasets, dashboards, what flows where, and how each of them fared in the newest update."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
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
from ingot.server.table_facts import kind_of, tables_of

router = APIRouter(tags=["graph"])


@router.get("/graph", dependencies=[needs(Role.OPERATOR)])
def graph(here: Here) -> dict[str, Any]:
    """Nodes and edges; `errors` of definitions, without which there are only the tables.

    A node's `is_changed` says that its definition, or one upstream, is newer than the update that `state` is of.
    """
    opened = here.opened
    described, update = opened.definitions, newest_update(opened.project)
    changed = _changed(described, opened, update)
    nodes = {name: _node(opened, facts, update, name in changed) for name, facts in described.nodes.items()}
    for name in tables_of(opened.lake):
        if name.short not in nodes:
            nodes[name.short] = _node(opened, {"name": name.short, "kind": "table"}, update, False)
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
            "error": None if is_whole else facts_of(dashboard.error, opened.project), "is_changed": False,
        }  # fmt: skip
        edges = [{"from": by_name[name], "to": node["id"]} for name in sorted(named) if name in by_name]
        found.append((node, edges))
    return found


def _error(described: Described) -> list[Mapping[str, Any]]:
    return [described.error] if described.error is not None else []


def _changed(described: Described, opened: Opened, update: UpdateRun | None) -> set[str]:
    """The nodes whose definition, or that of something they read, was written since the update began."""
    if update is None or update.started is None:
        return set()
    started = update.started.timestamp()
    files = {facts["file"] for facts in described.nodes.values() if facts.get("file")}
    newer = {file for file in files if _written(opened.project.root / file) > started}
    found: set[str] = set()
    coming = [name for name, facts in described.nodes.items() if facts.get("file") in newer]
    while coming:
        name = coming.pop()
        if name not in found:
            found.add(name)
            coming.extend(described.downstream(name))
    return found


def _written(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _node(opened: Opened, facts: Mapping[str, Any], update: UpdateRun | None, is_changed: bool) -> dict[str, Any]:
    """A node: what its definition has wrong now, else what the update found wrong with what it is still."""
    name, kind = facts["name"], facts["kind"]
    is_dataset = kind not in ("source", "files")
    schema, _, table = name.partition(".") if is_dataset else ("", "", name)
    run = _run(opened, name, kind, update)
    error = facts.get("error")
    if error is None and run is not None and run.error is not None and not is_changed:
        error = shown(run.error, opened.project)
    node: dict[str, Any] = {
        "id": name if is_dataset else f"{kind}:{name}", "kind": kind, "name": table, "schema": schema or None,
        "comment": facts.get("comment"), "file": facts.get("file"), "line": facts.get("line"),
        "state": run.status if run is not None else None, "seconds": run.seconds if run is not None else None,
        "rows_written": run.rows_written if run is not None else None,
        "rows": None, "version": None, "updated": None, "error": error, "is_changed": is_changed,
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

"""The process that loads the definitions of a project, which is code of its users, and says what they define.

Prints one line of JSON. Its server runs it anew when a file has changed; see `definitions`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from ingot.connection import open_project
from ingot.definitions import load_definitions
from ingot.engine import load_engine
from ingot.errors import IngotError, unexpected
from ingot.lineage import Lineage, Node, project_lineage
from ingot.model import Definitions, Project
from ingot.server.places import facts_of, place


def main() -> None:
    """Describe the project of a folder (first argument), with a target (second) and settings (JSON, third)."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever definitions print must not get into the answer
    folder, target, settings = Path(sys.argv[1]), sys.argv[2] or None, json.loads(sys.argv[3])
    project = None
    try:
        project = open_project(folder, target, settings)
        found = _described(project)
    except IngotError as error:
        found = {"error": facts_of(error, project)}
    except Exception as error:  # the last boundary: the server shows it where the graph would be
        found = {"error": facts_of(unexpected(error, None), project)}
    json.dump(found, answer)
    answer.close()


def _described(project: Project) -> dict[str, Any]:
    definitions = load_definitions(project)
    engine = load_engine(project)
    try:
        lineage = project_lineage(project, engine)
    finally:
        engine.close()
    return {
        "nodes": [_node(node, project) for node in lineage.nodes.values()],
        "edges": sorted(lineage.edges),
        "columns": _columns(lineage),
        "errors": [facts_of(error, project) for error in lineage.errors],
        "expectations": _expectations(definitions, project),
        "files": [str(file) for file in definitions.files],
    }


def _node(node: Node, project: Project) -> dict[str, Any]:
    return {
        "name": node.name,
        "kind": node.kind,
        "comment": node.comment,
        "error": facts_of(node.error, project) if node.error is not None else None,
        **place(node.location, project),
    }


def _columns(lineage: Lineage) -> dict[str, dict[str, list[tuple[str, str]]]]:
    return {name: {column: list(origins) for column, origins in c.items()} for name, c in lineage.columns.items()}


def _expectations(definitions: Definitions, project: Project) -> dict[str, list[dict[str, Any]]]:
    return {
        name.short: [
            {"name": e.name, "condition": e.condition, "action": e.action.value, **place(e.location, project)}
            for e in dataset.expectations
        ]
        for name, dataset in definitions.datasets.items()
        if dataset.expectations
    }


if __name__ == "__main__":
    main()

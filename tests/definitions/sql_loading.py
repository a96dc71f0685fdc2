"""Loads SQL text for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

from ingot.definitions.registry import Registry
from ingot.definitions.sql import load_text
from ingot.definitions.sql.tokens import Source
from ingot.model import Dataset, Definitions, Flow, Project

CONFIGURATION = {"cat": "prod", "sch": "raw", "columns": "id INT,\n  name STRING", "limit": "10"}


def load(text: str, path: str = "/p/a.sql") -> Definitions:
    """The definitions of one file."""
    project = Project(name="p", root=Path("/p"), lake=Path("/p/lake"), configuration=CONFIGURATION)
    registry = Registry(project)
    load_text(Source(path, text), registry)
    return registry.seal()


def load_one(text: str) -> tuple[Dataset, Flow | None]:
    """The one dataset that a text defines, and its flow."""
    definitions = load(text)
    assert not definitions.failed, definitions.failed[0].error
    (dataset,) = definitions.datasets.values()
    assert len(definitions.flows) <= 1
    return dataset, definitions.flows[0] if definitions.flows else None

"""Schemas of file streams, inferred once and kept with the checkpoint, as Auto Loader keeps them.

Owns when a kept schema grows: with `addNewColumns` (the default when no schema is declared) new columns of new files
are added; `failOnNewColumns` refuses them; `rescue` and `none` leave the schema as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from ingot.engine import Engine, SourceFile
from ingot.errors import DefinitionError, PlanError, near_hint
from ingot.files import base_folder, relative_path
from ingot.lake.checkpoint import FlowCheckpoint, TableCheckpoint
from ingot.lake.table import Lake
from ingot.model import FileRead, Flow, Project, Read, TableName
from ingot.released_files import refuse_missing
from ingot.types import StructType, schema_from_json

Files = Callable[[FileRead], list[SourceFile]]
KeptSchema = Callable[[Flow, FileRead, Files, Collection[Read]], StructType | None]
_HOW = "#"
_MODES = ("addNewColumns", "rescue", "failOnNewColumns", "none")


class KeptSchemas:
    """The kept schemas of a lake. Inference and growth happen at most once for each leaf of an update."""

    def __init__(self, project: Project, lake: Lake, engine: Engine, is_reset: Callable[[TableName], bool]):
        self._is_reset = is_reset
        self._project = project
        self._lake = lake
        self._engine = engine
        self._known: dict[tuple[str, str], StructType] = {}

    def schema(self, flow: Flow, read: FileRead, files: Files, beside: Collection[Read]) -> StructType | None:
        """The schema of a file stream; None when it is declared and needs no keeping.

        Args:
            files: Lists what is read.
            beside: All that the flow reads.

        Raises:
            PlanError: `new-columns`, when files have columns that the mode does not allow.
            SourceError: when there is no file to infer it from.
        """
        _check_mode(read)
        if read.schema is not None:
            return None
        key = (flow.name, schema_key(read, self._project.root))
        if key not in self._known:
            self._known[key] = self._load(flow, read, files(read), beside)
        return self._known[key]

    def _load(self, flow: Flow, read: FileRead, files: list[SourceFile], beside: Collection[Read]) -> StructType:
        table = TableCheckpoint(self._lake.root, flow.target)
        position = table.flow(flow.name) if table.epoch and not self._is_reset(flow.target) else None
        text = self._kept(read, position.schemas() if position else {}, beside)
        if text is None:
            if not files:
                refuse_missing(self._lake.root, [read], "a read from the beginning", read.location)
            return self._engine.infer_schema(read, files)
        kept = schema_from_json(text)
        grown = self._grown(flow, read, kept, position, files)
        return grown or kept

    def _kept(self, read: FileRead, schemas: Mapping[str, str], beside: Collection[Read]) -> str | None:
        """The schema of a read, or of what the definition read in its place before: other options, another glob."""
        root = self._project.root
        exact = schemas.get(schema_key(read, root))
        if exact is not None:
            return exact
        used = {schema_key(other, root) for other in beside if isinstance(other, FileRead)}
        folder = base_folder(relative_path(read.path, root))
        before = [key for key in schemas if key not in used and base_folder(_path(key)) == folder]
        nearest = [key for key in before if _path(key) == relative_path(read.path, root)] or before
        return schemas[nearest[-1]] if nearest else None

    def _grown(
        self, flow: Flow, read: FileRead, kept: StructType, position: FlowCheckpoint | None, files: list[SourceFile]
    ) -> StructType | None:
        mode = read.options.get("schemaevolutionmode", "addNewColumns").lower()
        if mode in ("rescue", "none") or position is None:
            return None
        seen = {path for plan in position.plans.values() for offset in plan.sources.values() for path in _paths(offset)}
        unseen = [f for f in files if relative_path(f.path, self._project.root) not in seen]
        grown = self._engine.evolve_schema(read, unseen, kept) if unseen else None
        if grown is None:
            return None
        if mode == "failonnewcolumns":
            new = [name for name in grown.names if kept.find(name) is None]
            raise PlanError(
                f"new files of {read.path} have new columns: {', '.join(new)}",
                location=read.location,
                hint="declare them, or set schemaEvolutionMode => 'addNewColumns'",
                code="new-columns",
            )
        return grown


def schema_key(read: FileRead, root: Path) -> str:
    """What checkpoints call the schema that is inferred for a read: its path, and a hash of how it is read."""
    how = json.dumps([read.format, sorted(read.options.items()), read.is_autoloader, read.infer_types])
    return f"{relative_path(read.path, root)}{_HOW}{hashlib.sha256(how.encode()).hexdigest()[:8]}"


def _path(key: str) -> str:
    return key.rpartition(_HOW)[0] or key


def kept_schemas(project: Project, lake: Lake, engine: Engine) -> KeptSchema:
    """The schema of a file stream as the next update would have it: the files that gave it may have gone."""
    return KeptSchemas(project, lake, engine, lambda name: False).schema


def _check_mode(read: FileRead) -> None:
    mode = read.options.get("schemaevolutionmode", "addNewColumns")
    if mode.lower() in map(str.lower, _MODES):
        return
    raise DefinitionError(
        f"option 'schemaEvolutionMode' is '{mode}'",
        location=read.location,
        hint=near_hint(mode, _MODES, f"one of {', '.join(_MODES)}"),
        code="invalid-option",
    )


def _paths(offset: Any) -> Iterator[str]:
    """The files that an offset has passed; none for one that is not of files."""
    if isinstance(offset, dict):
        for path, *_ in (*offset.get("files", ()), *offset.get("skipped", ())):
            yield path

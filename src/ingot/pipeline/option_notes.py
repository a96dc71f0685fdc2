"""What to tell of the reads of a project: options that have no effect here, tables whose rows are made up."""

from __future__ import annotations

from ingot.definitions.mapped import mapping_note
from ingot.model import FileRead, Note, Read, TableRead
from ingot.pipeline import Pipeline


def option_notes(pipeline: Pipeline) -> list[Note]:
    """The notes of the reads of all queries that could be built, once for each read."""
    return [
        Note(text, read.location or flow.location)
        for flow, query in pipeline.built_queries()
        if flow.target not in pipeline.failures
        for read in query.reads.values()
        for text in _notes_of(pipeline, read)
    ]


def _notes_of(pipeline: Pipeline, read: Read) -> tuple[str, ...]:
    if isinstance(read, FileRead):
        return (*pipeline.engine.option_notes(read), *_cleaning_note(read))
    note = None
    if isinstance(read, TableRead) and pipeline.dataset(read.name) is None:
        note = mapping_note(pipeline.project, read)
    return (note,) if note else ()


def _cleaning_note(read: FileRead) -> tuple[str, ...]:
    mode = read.options.get("cleansource", "off").lower()
    return () if mode == "off" else (f"option cleanSource = {mode} has no effect here: files that were read stay",)

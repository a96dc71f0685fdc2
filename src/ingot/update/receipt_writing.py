"""Makes the receipt of an update that brought everything up to date."""

from __future__ import annotations

from collections.abc import Collection

from ingot.files import listing_state
from ingot.model import DatasetKind, FileRead, TableRead, ValuesRead
from ingot.update.execution import Execution
from ingot.update.receipt import Receipt, settings_state
from ingot.update.tidied import Tidied


def write_receipt(execution: Execution, tidied: Tidied) -> None:
    """Write the receipt, if the project is one whose next update can be told from it."""
    pipeline, project = execution.pipeline, execution.project
    if pipeline is None or not tidied.is_complete or any(path.suffix != ".sql" for path in pipeline.definitions.files):
        return
    listings: dict[str, dict] = {}
    tables = {dataset.name for dataset in pipeline.datasets if pipeline.kind(dataset) is not DatasetKind.TEMPORARY_VIEW}
    for flow in pipeline.definitions.flows:
        analyzed = pipeline.analyzed(flow)
        if analyzed.volatile and not analyzed.is_streaming:
            return
        for read in analyzed.reads.values():
            if isinstance(read, ValuesRead):
                return
            if isinstance(read, TableRead):
                tables.add(read.name)
            else:
                listings[f"{read.path} {read.format} {read.is_autoloader} {sorted(read.options.items())}"] = _listing(
                    read, execution, tidied.gone
                )
    logs = {}
    for name in tables:
        table = pipeline.table(name)
        if not table.exists():
            return
        entry = table.log / f"{table.snapshot().version:020}.json"
        if not entry.exists():
            return
        logs[str(entry)] = entry.stat().st_mtime_ns
    datasets = [
        (name, pipeline.kind(d).value) for name in execution.progress if (d := pipeline.dataset(name)) is not None
    ]
    state = settings_state(project)
    listed = list(listings.values())
    Receipt(
        state, execution.definition_state, listed, logs, datasets, tidied.notes, tidied.next_due
    ).save(project)  # fmt: skip


def _listing(read: FileRead, execution: Execution, gone: Collection[str]) -> dict:
    """A reader and the files that the update saw and left: one that came later makes the receipt void."""
    assert execution.pipeline is not None
    files = [file for file in execution.pipeline.catalog.files(read) if file.path not in gone]
    return {
        "path": read.path, "format": read.format, "options": dict(read.options), "is_autoloader": read.is_autoloader,
        "state": listing_state(files, execution.project.root),
    }  # fmt: skip

"""What an update refuses to do to a table, told from its definition, its checkpoint and the table.

A dry run asks the same. Never writes.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingot.errors import PlanError
from ingot.lake.checkpoint import TableCheckpoint
from ingot.lake.table import Table
from ingot.model import Dataset
from ingot.plan import CATALOG_PROPERTY
from ingot.update.batches import FlowBatches
from ingot.update.earlier_reads import EarlierReads, written_streams


def refuse_other_catalog(dataset: Dataset, table: Table) -> None:
    """A table lies at `<schema>/<table>`: one of another catalog, say of another target, would be overwritten."""
    held = table.snapshot().properties.get(CATALOG_PROPERTY) if table.exists() else None
    if held is not None and held.lower() != dataset.name.catalog.lower():
        raise PlanError(
            f"{dataset.name} would overwrite {held}.{dataset.name.short}: a table lies at <lake>/<schema>/<table>, "
            "whatever its catalog",
            location=dataset.location,
            hint=f"give each target a lake of its own (lake: ./lake_{dataset.name.catalog}), or remove that table: "
            f"ingot drop {dataset.name.short}",
            code="other-catalog",
        )


def refuse_append_only(dataset: Dataset) -> None:
    """A full refresh removes rows, which the table's properties may forbid."""
    if dataset.properties.get("delta.appendOnly", "").lower() == "true":
        raise PlanError(
            f"{dataset.name.short} is append-only: a full refresh would remove its rows",
            location=dataset.location,
            hint="remove the table property delta.appendOnly first",
            code="append-only-table",
        )


def refuse_renamed_flows(
    dataset: Dataset, table: Table, checkpoint: TableCheckpoint, flows: Sequence[FlowBatches]
) -> None:
    """A new flow that reads what a flow that is gone has read would append its rows a second time."""
    kept = {name.lower(): name for name in checkpoint.flow_names()}
    gone = kept.keys() - {batches.flow.name.lower() for batches in flows}
    new = [batches for batches in flows if batches.flow.name.lower() not in kept]
    for name in sorted(kept[key] for key in gone) if new else ():
        last = checkpoint.flow(name).last
        for batches in new:
            both = batches.stream_keys & set(last.sources if last else ())
            if both and table.exists():
                raise PlanError(
                    f"flow {batches.flow.name!r} is new and reads what {name!r}, now gone, read into "
                    f"{dataset.name.short} ({written_streams(both)}): its rows would be there twice",
                    location=batches.flow.location,
                    hint=f"give it its old name, or rebuild: ingot run --full-refresh {dataset.name.short}",
                    code="renamed-flow",
                )


def refuse_other_sources(dataset: Dataset, table: Table, flows: Sequence[FlowBatches]) -> None:
    """A flow that reads a stream in the place of another one would read all of it: rows may come a second time.

    So would a stream that it reads in one more place, one whose rows it has read without streaming them, and the files
    of a folder that has another name now. Changes that are applied again change nothing.
    """
    for batches in flows:
        if batches.flow.changes is None and (what := _read_again(batches, table, dataset.name.short)) is not None:
            raise PlanError(
                f"flow {batches.flow.name!r} has read {what}",
                location=batches.flow.location,
                hint=f"rebuild: ingot run --full-refresh {dataset.name.short}; or read it in a flow of its own",
                code="other-source",
            )


def _read_again(batches: FlowBatches, table: Table, name: str) -> str | None:
    """What a flow has read into a table and would read again."""
    if batches.is_finished(table):
        return None
    reads = EarlierReads(batches, table)
    new, gone = map(written_streams, reads.other_streams())
    if new and gone:
        return f"{gone} into {name} and is to read {new} in its place, from the beginning: rows may be there twice"
    more = written_streams(reads.streams_read_again())
    if more:
        return f"{more} into {name} and is to read it in one more place than before: its rows would be there twice"
    if reads.has_read_all_at_once():
        now = written_streams(batches.stream_keys)
        return f"all of its rows at once into {name} and is to stream {now} from the beginning: rows may be there twice"
    moved = reads.moved_file()
    if moved is not None:
        old, same = moved
        return f"{old} into {name} and finds it again as {same}: files are known by path, its rows would be there twice"
    return None


def refuse_unknown_rows(dataset: Dataset, table: Table) -> None:
    """A table with rows and no checkpoint: nobody knows which sources its rows came from."""
    if table.exists() and table.snapshot().files:
        raise PlanError(
            f"{dataset.name.short} holds rows but has no checkpoint, so what is new cannot be told from what is old",
            location=dataset.location,
            hint=f"rebuild it from its sources: ingot run --full-refresh {dataset.name.short}",
            code="no-checkpoint",
        )

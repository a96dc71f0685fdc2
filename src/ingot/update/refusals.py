"""What an update refuses to do to a table, told from its definition, its checkpoint and the table.

A dry run asks the same. Never writes.
"""

from __future__ import annotations

from collections.abc import Sequence

from ingot.errors import PlanError
from ingot.lake.checkpoint import TableCheckpoint
from ingot.lake.set_aside import visible_quarantine
from ingot.lake.table import Table
from ingot.model import Dataset
from ingot.plan import CATALOG_PROPERTY
from ingot.update.batches import FlowBatches
from ingot.update.due_reads import DueReads
from ingot.update.earlier_reads import EarlierReads
from ingot.update.stream_keys import written_streams


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
    """A flow that begins to read what another one has read, and reads no longer, would append its rows once more.

    So does a new flow in the place of one that is gone, a flow that takes a stream over from another one, and a stream
    of a flow that is led to files which another one has read. Changes that are applied again change nothing, unless
    rules have set some of them aside.
    """
    due = [DueReads.of(batches, table) for batches in flows]
    begun = [one for one in due if one.begun and (not _are_changes(one.batches) or _has_set_aside(one, table))]
    if not begun:
        return
    others: list[tuple[EarlierReads, DueReads | None]] = [(one.earlier, one) for one in due]
    known = {one.batches.flow.name.lower() for one in due}
    for name in checkpoint.flow_names():
        if name.lower() not in known:
            plans = checkpoint.flow(name).committed(table.snapshot().transactions) if table.exists() else []
            others.append((EarlierReads(name, plans, due[0].earlier.root), None))
    for one in begun:
        for earlier, other in others:
            found = one.read_by(earlier, other) if other is not one else None
            if found is not None and _has_held_rows(one, table):
                raise _read_by_another(dataset.name.short, one, earlier, other is None, *found)


def _read_by_another(
    name: str, due: DueReads, earlier: EarlierReads, is_gone: bool, what: str, is_moved: bool
) -> PlanError:
    flow, other = due.batches.flow, earlier.flow
    back, rebuild = "move it back and " if is_moved else "", f"rebuild: ingot run --full-refresh {name}"
    if is_gone and not due.earlier.plans:
        return PlanError(
            f"flow {flow.name!r} is new and reads what {other!r}, now gone, read into {name} ({what}): its rows would "
            "be there twice",
            location=flow.location,
            hint=f"{back}give it its old name, or {rebuild}",
            code="renamed-flow",
        )
    gone = ", now gone," if is_gone else ""
    return PlanError(
        f"flow {flow.name!r} is to read from the beginning what {other!r}{gone} has read into {name} ({what}): its "
        "rows would be there twice",
        location=flow.location,
        hint=f"{back}leave it to {other!r}, or {rebuild}",
        code="other-source",
    )


def refuse_other_sources(dataset: Dataset, table: Table, flows: Sequence[FlowBatches]) -> None:
    """A flow that reads a stream in the place of another one would read all of it: rows may come a second time.

    So would a stream that it reads in one more place, one whose rows it has read without streaming them, and the files
    of a folder that has another name now. Changes that are applied again change nothing.
    """
    for batches in flows:
        if batches.flow.changes is not None:
            continue
        due = DueReads.of(batches, table)
        found = None if due.is_finished else _read_again(due, dataset.name.short)
        if found is not None and _has_held_rows(due, table):
            what, hint = found
            raise PlanError(
                f"flow {batches.flow.name!r} has read {what}",
                location=batches.flow.location,
                hint=hint,
                code="other-source",
            )


def _read_again(due: DueReads, name: str) -> tuple[str, str] | None:
    """What a flow has read into a table and would read again, and what can be done."""
    rebuild = f"rebuild: ingot run --full-refresh {name}"
    new, gone = map(written_streams, due.other_streams())
    if new and gone:
        what = f"{gone} into {name} and is to read {new} in its place, from the beginning: rows may be there twice"
        return what, f"{rebuild}; or read it in a flow of its own"
    if more := due.read_again():
        what = f"{more} into {name} and is to read it in one more place than before: its rows would be there twice"
        return what, rebuild
    if due.batches.stream_keys and due.earlier.is_at_once:
        now = written_streams(due.batches.stream_keys)
        what = f"all of its rows at once into {name} and is to stream {now} from the beginning"
        return f"{what}: rows may be there twice", rebuild
    if moved := due.moved_file():
        old, same = moved
        what = f"{old} into {name} and finds it again as {same}: files are known by path, its rows would be there twice"
        return what, f"move it back, or {rebuild}"
    return None


def _has_held_rows(due: DueReads, table: Table) -> bool:
    """Whether a table or its quarantine has had any row, as far as its log tells."""
    if table.snapshot().files or table.oldest_entry() > 0 or _has_set_aside(due, table):
        return True
    return any(commit.adds for commit in table.commits(0))


def _has_set_aside(due: DueReads, table: Table) -> bool:
    """Whether the quarantine of a table holds any row."""
    aside = visible_quarantine(due.batches.pipeline.lake, table.name)
    return aside is not None and bool(aside.files)


def _are_changes(batches: FlowBatches) -> bool:
    """Whether what a flow reads are changes, which change nothing when they are applied again."""
    return batches.flow.changes is not None and not batches.flow.changes.is_snapshot


def refuse_unknown_rows(dataset: Dataset, table: Table) -> None:
    """A table with rows and no checkpoint: nobody knows which sources its rows came from."""
    if table.exists() and table.snapshot().files:
        raise PlanError(
            f"{dataset.name.short} holds rows but has no checkpoint, so what is new cannot be told from what is old",
            location=dataset.location,
            hint=f"rebuild it from its sources: ingot run --full-refresh {dataset.name.short}",
            code="no-checkpoint",
        )

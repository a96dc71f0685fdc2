"""A batch of a flow that joins streams: the rows that it adds to the rows of all batches before.

What earlier batches have read is read again from the streams' tables, as of the versions of the checkpoint: nothing is
kept beside them. So a plan that is carried out again gives the same rows.
"""

from __future__ import annotations

from ingot import stream_joins
from ingot.analysis.typed import AnalyzedQuery
from ingot.engine import Binding, BoundQuery
from ingot.lake.checkpoint import BatchPlan
from ingot.stream_joins import ALL, EARLIER, NEW, joins_streams, streaming_leaves
from ingot.streams import LastingStream
from ingot.update.batches import FlowBatches


def joined(bound: BoundQuery, batches: FlowBatches, batch: BatchPlan) -> BoundQuery:
    """The query of a batch; that of a flow which joins streams gives the rows that the batch adds."""
    query = bound.query
    if not joins_streams(query):
        return bound
    earlier: set[str] = set()
    new: set[str] = set()
    rows: dict[str, Binding] = {}
    for leaf, read in streaming_leaves(query).items():
        stream = batches.stream(leaf, read)
        assert isinstance(stream, LastingStream)
        before, offset = batches.read_before(batch, stream.key), batch.sources.get(stream.key)
        if before is not None:
            earlier.add(leaf)
        if offset is not None:
            new.add(leaf)
        rows[leaf + EARLIER] = stream.bind_until(before)
        rows[leaf + NEW] = bound.bindings[leaf]
        rows[leaf + ALL] = stream.bind_until(before, offset)
    added = stream_joins.added_rows(query, earlier, new)
    return BoundQuery(added, _only(added, {**bound.bindings, **rows}), bound.now, bound.on_rows)


def _only(query: AnalyzedQuery, rows: dict[str, Binding]) -> dict[str, Binding]:
    return {leaf: binding for leaf, binding in rows.items() if leaf in query.reads}

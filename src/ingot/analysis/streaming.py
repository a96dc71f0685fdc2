"""Streaming: which operators above a stream need state, and which joins and unions of streams Spark refuses."""

from __future__ import annotations

from ingot.analysis.scopes import Scope
from ingot.analysis.typed import StreamOperator
from ingot.errors import AnalysisError, Location
from ingot.model import FileRead, Read, TableRead


def mark(scope: Scope, operator: StreamOperator, location: Location | None) -> None:
    """Note that an operator above a stream needs state; nothing happens for rows at rest."""
    if scope.is_streaming:
        scope.run.stateful.append((operator, location))


def check_streaming_view(read: Read, is_streaming: bool, name: str) -> None:
    """Refuse a streaming read of a view that reads no stream."""
    if isinstance(read, (TableRead, FileRead)) and read.is_streaming and not is_streaming:
        raise AnalysisError(
            f"'{name}' is read as a stream, but this view reads no stream",
            location=read.location,
            hint="read a stream in the view (STREAM …, spark.readStream), or read the view without STREAM",
            code="not-a-stream",
        )


def check_join(left: Scope, right: Scope, side: str, kind: str, location: Location | None) -> None:
    """Refuse outer joins that preserve rows at rest against a stream; note joins of two streams."""
    if left.is_streaming and right.is_streaming:
        is_inner = not side and kind in ("", "INNER", "CROSS")
        left.run.stateful.append((StreamOperator.JOIN if is_inner else StreamOperator.OUTER_JOIN, location))
        return
    if kind in ("SEMI", "ANTI"):
        side = "LEFT"
    loses_left = side in ("LEFT", "FULL") and right.is_streaming
    loses_right = side in ("RIGHT", "FULL") and left.is_streaming
    if loses_left or loses_right:
        shown = f"{side} {kind or 'OUTER'} JOIN"
        raise AnalysisError(
            f"{shown} keeps rows of the table that is not a stream: it would have to know that no later row matches",
            location=location,
            hint="put the stream on the side that is kept, or use an INNER JOIN",
            code="unsupported-stream-join",
        )


def check_union(left_streams: bool, right_streams: bool, location: Location | None) -> None:
    """Refuse a union of a stream and rows at rest, as Spark does: the latter would come again with each batch."""
    if left_streams != right_streams:
        raise AnalysisError(
            "UNION of a stream and of rows that are not a stream, which would come again with each batch",
            location=location,
            hint="read both as streams, or append the rows at rest in a flow of their own: INSERT INTO ONCE",
            code="unsupported-stream-union",
        )

"""The Source protocol: what pulls raw data from outside into the landing zone. Implementations live in
`sources/`.

A pull source is not replayable, so what it answers is first kept as it came; streaming tables read the
landing zone. A source validates its own entry of `ingot.yml` when it is made, touches the network only in
`land`, and never parses what it lands.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ingot.errors import IngotError, UnsupportedError, nearest
from ingot.model import SourceSpec

if TYPE_CHECKING:
    from ingot.lake.landing import Landing
    from ingot.lake.landing_record import LandingRecord

_DATABASES = ("postgresql", "postgres", "mysql", "mariadb", "sqlite", "mssql", "sqlserver")  # in the URL, not the kind
SOURCE_KINDS = ("http", "rest", "database", "files", "dlt", "spark_data_source")


@dataclass(frozen=True)
class LandProgress:
    """How far one file of a source is, or several: `bytes` of `total` (None when the other side does not say), `rate`
    in bytes per second."""

    source: str
    name: str
    bytes: int
    total: int | None
    rate: float | None = None


@dataclass(frozen=True)
class LandResult:
    """What one call of `land` did. `bytes` counts the files that were landed, as they lie in the landing
    zone; `warnings` are sentences for the user."""

    source: str
    landed: tuple[str, ...] = ()
    unchanged: int = 0
    bytes: int = 0
    warnings: tuple[str, ...] = ()


def _ignore(_progress: LandProgress) -> None:
    """Show nothing."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class LandContext:
    """What a source may use: the landing zone, a clock, and whom to tell about progress.

    `progress` is called from the thread that called `land`, a few times a second for each file. `wait` is for
    tests; without it a source waits for real, and no longer than until it is interrupted.
    """

    landing: Landing
    progress: Callable[[LandProgress], None] = _ignore
    now: Callable[[], datetime] = _utc_now
    wait: Callable[[float], object] | None = None


class Source(Protocol):
    """An external system that data is pulled from.

    Making one validates the entry's options (ProjectError, with the entry's location) and does no I/O.
    """

    def __init__(self, spec: SourceSpec) -> None: ...

    def land(self, context: LandContext) -> LandResult:
        """Bring what is new at the source into the landing zone.

        A file gets visible whole or not at all; what did not change is not landed again. Killed at any point
        and called again, it neither loses nor doubles a file. One caller at a time for each lake.

        Raises:
            SourceError: the other side does not answer with data. What was landed before that stays landed.
        """
        ...


def failure_of(failed: Mapping[str, IngotError]) -> IngotError:
    """What a source raises of which parts failed: the first error, with the others as notes.

    Args:
        failed: The errors by the part, relative to the source's folder in the landing zone; a resource ends with a
            slash, a file does not. Tables that read other parts go on.
    """
    errors = list(dict.fromkeys(failed.values()))
    for other in errors[1:]:
        errors[0].add_note(f"also: {other.message}")
    errors[0].failed_parts = tuple(failed)
    return errors[0]


@runtime_checkable
class NeedsLanded(Protocol):
    """A source that reads some of its landed files again itself. Others need only the records of theirs."""

    def needed(self, records: Sequence[LandingRecord]) -> Mapping[str, str]:
        """The names of the files that must stay, each with the reason, by the records of all files that landed."""
        ...


def load_source(spec: SourceSpec) -> Source:
    """The source that an entry of `sources` describes, checked.

    Raises:
        UnsupportedError: `unknown-source-kind`.
        ProjectError: the entry's options are wrong.
    """
    if spec.kind in SOURCE_KINDS:
        module = importlib.import_module(f"ingot.sources.{spec.kind}")
        return module.Source(spec)
    guess = "database" if spec.kind in _DATABASES else nearest(spec.kind, SOURCE_KINDS)
    raise UnsupportedError(
        f"source {spec.name!r} is of kind {spec.kind!r}, which this release cannot read",
        location=spec.places.get("kind", spec.location),
        hint=f"did you mean {guess!r}?" if guess else f"kinds of sources: {', '.join(SOURCE_KINDS)}",
        code="unknown-source-kind",
    )

"""The protocol of what holds the files of an entry, and what is known of a file before it is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ingot.errors import IngotError
from ingot.sources.files.pattern import Pattern
from ingot.sources.watched import Writable


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file as a listing has it.

    Attributes:
        path: Below the entry's folder, with slashes.
        size: In bytes.
        modified: When it was changed last, UTC.
        version: Tells its content from another: an ETag, or size and time.
    """

    path: str
    size: int
    modified: datetime
    version: str


class StoppedError(Exception):
    """The copying was interrupted."""


class FileStore(Protocol):
    """A folder of files, of whatever kind. Threads may share one.

    Attributes:
        identity: Tells whether it is the same folder as before, whatever the address looks like.
    """

    identity: str

    def list(self, pattern: Pattern, failed: Callable[[IngotError], None]) -> Iterator[FoundFile]:
        """The files that fit, in any order.

        Args:
            pattern: Which ones.
            failed: Told of each file and folder below that cannot be looked at.

        Raises:
            SourceError: the folder or bucket is not there, or cannot be listed.
        """
        ...

    def settled(self, files: Sequence[FoundFile]) -> tuple[list[FoundFile], list[FoundFile]]:
        """Those that have not been written to for a while, and the others."""
        ...

    def settle(
        self, young: Sequence[FoundFile], wait: Callable[[float], object]
    ) -> tuple[list[FoundFile], list[FoundFile]]:
        """Wait until young files are old enough; returns those that nobody wrote to meanwhile, and the others."""
        ...

    def copy(self, file: FoundFile, output: Writable, went: Callable[[int], None]) -> FoundFile | None:
        """Read a file to its end; returns what it was then, None if it is gone or was changed meanwhile.

        Args:
            file: As it was listed.
            output: Where the content goes.
            went: Told of the bytes that have come, after each piece; raises to stop the copying.

        Raises:
            SourceError: it cannot be read.
        """
        ...

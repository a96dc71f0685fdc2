"""The files of each read, listed once: all queries of an update see the same ones.

Keeps which reads took all files there are, for files that they need must not go. What a pattern means is for `files`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ingot.engine import SourceFile
from ingot.files import list_files
from ingot.model import FileRead
from ingot.released_files import refuse_missing


@dataclass
class Listings:
    """What was listed so far.

    Attributes:
        lake: The root of the lake, which knows what became of landed files.
        refuses_gaps: Whether a read of all files fails when landed ones have gone in part.
        whole_reads: The reads of all files, asked for while queries were built or in them.
    """

    lake: Path
    refuses_gaps: bool = False
    whole_reads: dict[str, FileRead] = field(default_factory=dict)
    _found: dict[str, list[SourceFile]] = field(default_factory=dict)

    def files(self, read: FileRead) -> list[SourceFile]:
        """The files of a read.

        Raises:
            PlanError: `landed-files-gone`, for a read that takes all files there are.
        """
        key = f"{read.path} {read.is_autoloader} {sorted(read.options.items())}"
        if key not in self._found:
            self._found[key] = list_files(read)
        if not read.is_streaming and key not in self.whole_reads:
            if self.refuses_gaps:
                refuse_missing(self.lake, [read], "a read of all files", read.location)
            self.whole_reads[key] = read
        return self._found[key]

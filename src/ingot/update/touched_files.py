"""What a batch of changes meets in a table, by file: each file that changes is written anew with that alone.

Never reads rows itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ingot import cdc
from ingot.engine import DataFile, SnapshotBinding


@dataclass(frozen=True)
class TouchedFile:
    """A file that changes.

    Attributes:
        leaves: What it is written anew from: its `rows`, and what is `matched` in it.
        is_replaced: Whether each row that a change meets leaves the file, so that none is merged with its change.
    """

    file: DataFile
    leaves: Mapping[str, SnapshotBinding]
    is_replaced: bool


@dataclass(frozen=True)
class Touched:
    """What changes meet in a table.

    Attributes:
        matched: As it was staged, in a folder for each file and fate.
        met: The table's rows of files that hold a changed key, `alike` of those that may have the sequence of a change.
        files: Those that change.
    """

    matched: SnapshotBinding
    met: SnapshotBinding
    alike: SnapshotBinding
    files: Sequence[TouchedFile]

    @classmethod
    def of(cls, rows: SnapshotBinding, matched: SnapshotBinding) -> Touched:
        """By what was staged of these rows."""
        fates: dict[int, dict[int, list[DataFile]]] = {}
        for staged in matched.files:
            place, fate = (int(staged.partition[name] or 0) for name in (cdc.FILE, cdc.FATE))
            fates.setdefault(place, {}).setdefault(fate, []).append(staged)
        met = sorted(fates)
        changing = [place for place in met if set(fates[place]) != {cdc.STAYS}]
        return cls(
            matched,
            replace(rows, files=[rows.files[place] for place in met]),
            replace(rows, files=[rows.files[place] for place in met if cdc.ALIKE in fates[place]]),
            [_touched(rows, place, matched, fates[place]) for place in changing],
        )


def _touched(
    rows: SnapshotBinding, place: int, matched: SnapshotBinding, fates: Mapping[int, list[DataFile]]
) -> TouchedFile:
    file = rows.files[place]
    leaves = {"rows": replace(rows, files=[file]), "matched": replace(matched, files=fates.get(cdc.LEAVES, []))}
    return TouchedFile(file, leaves, set(fates) <= {cdc.STAYS, cdc.LEAVES})

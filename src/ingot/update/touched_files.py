"""What a batch of changes meets in a table, by file: files that change are written anew with that alone.

A large file stays one file, so that what is near in the table stays near. Small ones are written together, those with
near keys first; when there are very many of them, those that do not change as well. So a table of many batches does
not fall to pieces. Never reads rows itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ingot import cdc
from ingot.engine import DataFile, SnapshotBinding
from ingot.update.key_ranges import key_order

_SMALL_BYTES = 16 * 2**20
_TOGETHER_BYTES = 64 * 2**20
_SMALL_FILES_MAX = 32


@dataclass(frozen=True)
class Rewrite:
    """Files that are written anew together.

    Attributes:
        leaves: What they are written from: their `rows`, and what is `matched` in them.
        is_replaced: Whether each row that a change meets leaves, so that none is merged with its change.
    """

    files: Sequence[DataFile]
    leaves: Mapping[str, SnapshotBinding]
    is_replaced: bool


@dataclass(frozen=True)
class Touched:
    """What changes meet in a table.

    Attributes:
        matched: As it was staged, in a folder for each file and fate.
        read: The table's rows of files that hold a changed key or are written anew, `alike` of those that may have the
            sequence of a change.
        rewrites: What is written anew.
    """

    matched: SnapshotBinding
    read: SnapshotBinding
    alike: SnapshotBinding
    rewrites: Sequence[Rewrite]

    @classmethod
    def of(cls, table: SnapshotBinding, looked_at: Sequence[DataFile], matched: SnapshotBinding, key: str) -> Touched:
        """What was staged says.

        Args:
            table: All rows of the table.
            looked_at: The files among which matches were looked for; what is staged calls them by their places.
            matched: What was staged.
            key: The column by which near rows are told.
        """
        fates: dict[str, dict[int, list[DataFile]]] = {}
        for staged in matched.files:
            place, fate = (int(staged.partition[name] or 0) for name in (cdc.FILE, cdc.FATE))
            fates.setdefault(looked_at[place].path, {}).setdefault(fate, []).append(staged)
        changing = {path for path, found in fates.items() if set(found) != {cdc.STAYS}}
        small = [file for file in table.files if file.size < _SMALL_BYTES]
        taken = changing | ({file.path for file in small} if len(small) > _SMALL_FILES_MAX and changing else set())
        order = key_order(table.schema, key, table.physical_names)
        groups = _groups(sorted((file for file in table.files if file.path in taken), key=order))
        return cls(
            matched,
            replace(table, files=[file for file in table.files if file.path in taken | set(fates)]),
            replace(table, files=[file for file in table.files if cdc.ALIKE in fates.get(file.path, {})]),
            [_rewrite(table, group, matched, [fates.get(file.path, {}) for file in group]) for group in groups],
        )


def _groups(files: Iterable[DataFile]) -> Iterator[list[DataFile]]:
    """Large files alone, small ones of one partition together."""
    together: list[DataFile] = []
    for file in files:
        if file.size >= _SMALL_BYTES:
            yield [file]
            continue
        is_other = together and together[0].partition != file.partition
        if is_other or sum(each.size for each in together) + file.size > _TOGETHER_BYTES:
            yield together
            together = []
        together.append(file)
    if together:
        yield together


def _rewrite(
    table: SnapshotBinding,
    files: Sequence[DataFile],
    matched: SnapshotBinding,
    fates: Sequence[Mapping[int, list[DataFile]]],
) -> Rewrite:
    leaving = list(itertools.chain.from_iterable(found.get(cdc.LEAVES, []) for found in fates))
    leaves = {"rows": replace(table, files=files), "matched": replace(matched, files=leaving)}
    return Rewrite(files, leaves, all(set(found) <= {cdc.STAYS, cdc.LEAVES} for found in fates))

"""A folder of this machine: listed at once, copied only when nobody writes to its files any more.

Never changes anything in the folder.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ingot.errors import IngotError, SourceError
from ingot.sources.files.pattern import Pattern
from ingot.sources.files.store import FoundFile
from ingot.sources.watched import Writable

_CHUNK_BYTES = 1024 * 1024


class Folder:
    """A local folder.

    Args:
        folder: Its path.
        shown: What the entry calls it, with a slash at its end.
        settled_s: How old a file must be to be thought complete.
        refused: A folder that must not lie in it, nor around it: the lake's.
    """

    def __init__(self, folder: str, shown: str, settled_s: float, refused: Path):
        self.identity = "file:" + shown.removeprefix("./")
        self._folder = folder
        self._shown = shown
        self._settled_s = settled_s
        self._refused = os.path.realpath(refused)

    def list(self, pattern: Pattern, failed: Callable[[IngotError], None]) -> Iterator[FoundFile]:
        """See `FileStore.list`."""
        if not Path(self._folder).is_dir():
            is_file = Path(self._folder).exists()
            what = "is a file, not a folder" if is_file else "does not exist"
            hint = "url names a folder, and pattern its files" if is_file else "check `url`; it is taken from ingot.yml"
            raise SourceError(f"the folder {self._shown!r} {what}", hint=hint, code="missing-path")
        real = os.path.realpath(self._folder)
        if Path(real).is_relative_to(self._refused):
            raise self._of_the_lake()
        yield from self._walk(pattern, failed, real)

    def settled(self, files: Sequence[FoundFile]) -> tuple[list[FoundFile], list[FoundFile]]:
        """See `FileStore.settled`. A time to come does not tell how old a file is."""
        limit = time.time() - self._settled_s
        ready, young = [], []
        for file in files:
            (ready if file.modified.timestamp() <= limit else young).append(file)
        return ready, young

    def settle(
        self, young: Sequence[FoundFile], wait: Callable[[float], object]
    ) -> tuple[list[FoundFile], list[FoundFile]]:
        """See `FileStore.settle`."""
        now = time.time()
        wait(max(min(self._settled_s, self._settled_s - now + file.modified.timestamp()) for file in young))
        same, others = [], []
        for file in young:
            (same if self._is_same(file) else others).append(file)
        return same, others

    def copy(self, file: FoundFile, output: Writable, went: Callable[[int], None]) -> FoundFile | None:
        """See `FileStore.copy`."""
        try:
            with self._path(file).open("rb", buffering=0) as content:
                if not _is_as_listed(file, os.fstat(content.fileno())):
                    return None
                while chunk := content.read(_CHUNK_BYTES):
                    output.write(chunk)
                    went(output.bytes)
                is_whole = output.bytes == file.size and _is_as_listed(file, os.fstat(content.fileno()))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(file.path, error) from error
        return file if is_whole else None

    def _is_same(self, file: FoundFile) -> bool:
        try:
            return _is_as_listed(file, self._path(file).stat())
        except OSError:
            return False

    def _path(self, file: FoundFile) -> Path:
        return Path(self._folder, file.path)

    def _walk(self, pattern: Pattern, failed: Callable[[IngotError], None], real: str) -> Iterator[FoundFile]:
        # To be looked into: the path below the folder, and what it and those above it really are.
        folders: list[tuple[str, tuple[str, ...]]] = [("", (real,))]
        while folders:
            path, above = folders.pop()
            for entry in self._entries(path, failed):
                below = f"{path}{entry.name}"
                if not _is_folder(entry):
                    if pattern.fits(below):
                        yield from self._file(entry, below, failed)
                elif pattern.may_lead(below):
                    real = os.path.realpath(entry.path) if entry.is_symlink() else f"{above[-1]}/{entry.name}"
                    if real == self._refused:
                        raise self._of_the_lake()
                    if real not in above:  # a link that leads upwards
                        folders.append((f"{below}/", (*above, real)))

    def _entries(self, path: str, failed: Callable[[IngotError], None]) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(f"{self._folder}/{path}") as entries:
                return list(entries)
        except FileNotFoundError:  # it was there when the folder above it was listed
            return []
        except OSError as error:
            failed(self._unreadable(path, error))
            return []

    def _file(self, entry: os.DirEntry[str], path: str, failed: Callable[[IngotError], None]) -> Iterator[FoundFile]:
        """What a listing says of a file; nothing of one that was removed since, or is a pipe or a device."""
        try:
            path.encode()
            status = entry.stat()
        except UnicodeEncodeError:
            name = path.encode(errors="surrogateescape")
            failed(SourceError(f"a file's name is not UTF-8: {name!r}", hint="rename it", code="invalid-name"))
        except OSError as error:
            if entry.is_symlink() or not isinstance(error, FileNotFoundError):
                failed(self._unreadable(path, error))
        else:
            if stat.S_ISREG(status.st_mode):
                yield _found(path, status)

    def _of_the_lake(self) -> SourceError:
        return SourceError(
            f"the folder {self._shown!r} and the lake lie in each other: what is landed would be landed again",
            hint='name a folder of its own as `url`, or files of it: pattern: "incoming/**"',
            code="source-in-lake",
        )

    def _unreadable(self, path: str, error: OSError) -> SourceError:
        return SourceError(
            f"{self._shown}{path} cannot be read: {error.strerror}",
            hint="check that it may be read, and that links lead somewhere",
            code="unreadable-file",
        )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself: as a file it cannot be looked at either, which is told
        return False


def _found(path: str, status: os.stat_result) -> FoundFile:
    """What is known of a file; its version also changes when content is replaced and the time set back (tar, unzip)."""
    modified = datetime.fromtimestamp(status.st_mtime, UTC)
    return FoundFile(path, status.st_size, modified, f"{status.st_mtime_ns:x}-{status.st_ctime_ns:x}")


def _is_as_listed(file: FoundFile, status: os.stat_result) -> bool:
    """Whether nobody has written to a file; that it got another owner or name does not matter."""
    return status.st_size == file.size and file.version.startswith(f"{status.st_mtime_ns:x}-")

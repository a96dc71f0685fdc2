"""The one door to the files of a table's log: read, list, put if absent.

Owns atomicity and durability of small files. A remote object store would be a second implementation. Never
knows what the files mean, and never touches data files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingot.errors import LakeError


@dataclass(frozen=True)
class FileStatus:
    """What tells one content of a file from another without reading it."""

    size: int
    modified_ns: int
    inode: int


class Store(Protocol):
    """Small files under paths. A file that exists is complete and durable."""

    def read(self, path: Path) -> bytes:
        """The content. Raises FileNotFoundError."""
        ...

    def list(self, folder: Path) -> list[str]:
        """The names in a folder, sorted; none when it does not exist."""
        ...

    def put_if_absent(self, path: Path, content: bytes) -> bool:
        """Create a file, whole and durable; False, and nothing changed, when it is there already."""
        ...

    def put(self, path: Path, content: bytes, *, durable: bool = True) -> None:
        """Create or replace a file; readers see the old content or the new one."""
        ...

    def delete(self, path: Path) -> None:
        """Remove a file; it is no error when it is gone."""
        ...

    def exists(self, path: Path) -> bool: ...

    def status(self, path: Path) -> FileStatus | None:
        """The status of a file, None when it does not exist."""
        ...


_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV}


class LocalStore:
    """A file system of this machine; it must have hard links, which is how a file is created exactly once."""

    def read(self, path: Path) -> bytes:
        return path.read_bytes()

    def list(self, folder: Path) -> list[str]:
        try:
            return sorted(entry.name for entry in os.scandir(folder))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def put_if_absent(self, path: Path, content: bytes) -> bool:
        with _temporary(path, content, durable=True) as temporary:
            try:
                os.link(temporary, path)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno in _NO_LINKS:
                    raise LakeError(
                        f"the file system of {path.parent} has no hard links; commits would not be safe",
                        hint="put the lake on a local file system",
                        code="no-hard-links",
                    ) from error
                raise _write_failed(path, error) from error
        sync_folder(path.parent)
        return True

    def put(self, path: Path, content: bytes, *, durable: bool = True) -> None:
        with _temporary(path, content, durable=durable) as temporary:
            temporary.replace(path)
        if durable:
            sync_folder(path.parent)

    def delete(self, path: Path) -> None:
        path.unlink(missing_ok=True)

    def exists(self, path: Path) -> bool:
        return path.exists()

    def status(self, path: Path) -> FileStatus | None:
        try:
            found = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return FileStatus(found.st_size, found.st_mtime_ns, found.st_ino)


@contextlib.contextmanager
def _temporary(path: Path, content: bytes, *, durable: bool) -> Iterator[Path]:
    """A hidden file beside `path`, written whole; it is gone afterwards, whatever happens."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        create_folder(path.parent)
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        yield temporary
    except OSError as error:
        raise _write_failed(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def create_folder(folder: Path) -> None:
    """Make a folder and those above it, and make their names durable."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        sync_folder(each.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_failed(path: Path, error: OSError) -> LakeError:
    return LakeError(f"cannot write {path}: {error.strerror or error}", code="write-failed")

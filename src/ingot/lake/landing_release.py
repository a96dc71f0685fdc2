"""Landed files that go: removed, or moved to an archive, with a record of what became of each.

Owns the records below `<lake>/_ingot/landing/<source>/released/` (append-only) and the order of writes that makes it
safe to stop anywhere: a copy in the archive is whole and durable, then the record is, then the file goes. A file whose
record says that it went, and that is there, has been brought back or was about to go: for readers it is there. Never
decides which files may go, and never touches the records of landed files.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shlex
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ingot.errors import LakeError
from ingot.lake.landing_record import LandingRecord
from ingot.lake.store import LocalStore, create_folder, sync_folder

_FORMAT = 1
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}


@dataclass(frozen=True)
class Release:
    """What became of a landed file, and what is needed to know which reads miss it.

    `name`, `bytes` and `landed_at` are those of its record; `archived_to` is the path in the archive.
    """

    name: str
    bytes: int
    landed_at: datetime
    released_at: datetime
    archived_to: str | None = None


class Releases:
    """The files of one source that went. One process at a time writes."""

    def __init__(self, lake: Path, source: str):
        self.folder = lake / "_landing" / source
        self._documents = lake / "_ingot" / "landing" / source / "released"
        self._store = LocalStore()

    def all(self) -> dict[str, Release]:
        """What became of each file that ever went, by name; the last, if it was brought back in between."""
        found: dict[str, Release] = {}
        for name in self._store.list(self._documents):
            if name.endswith(".json"):
                path = self._documents / name
                found.update({release.name: release for release in _from_json(self._store.read(path), path)})
        return found

    def gone(self) -> dict[str, Release]:
        """Those of them that are not there."""
        return {name: release for name, release in self.all().items() if not (self.folder / name).exists()}

    def archive(self, record: LandingRecord, archive: Path) -> Path:
        """Put a file into an archive as well, whole and durable; returns its place there.

        Raises:
            LakeError: `not-archived`.
        """
        path, place = self.folder / record.name, archive / record.source / record.name
        try:
            create_folder(place.parent)
            if not place.exists():
                _link_or_copy(path, place, record)
            elif not place.samefile(path) and _sha256(place) != record.sha256:
                raise _not_archived(path, f"{place} is another file")
            sync_folder(place.parent)
        except OSError as error:
            raise _not_archived(path, f"{place}: {error.strerror}") from error
        return place

    def release(self, files: Sequence[tuple[LandingRecord, Path | None]], now: datetime) -> None:
        """Let files go, each with its place in the archive if it has one."""
        self._write(
            Release(record.name, record.bytes, record.landed_at, now, None if place is None else str(place))
            for record, place in files
        )
        for record, _ in files:
            (self.folder / record.name).unlink(missing_ok=True)
        for folder in dict.fromkeys((self.folder / record.name).parent for record, _ in files):
            sync_folder(folder)
        for record, _ in files:
            self._remove_empty_run(record)

    def _remove_empty_run(self, record: LandingRecord) -> None:
        """Remove the folder of a run when nothing is left in it. That of the resource stays: readers name it."""
        resource = self.folder / (record.resource or "")
        folder = (self.folder / record.name).parent
        if folder != resource and folder.is_relative_to(resource):
            with suppress(OSError):  # it holds other files, or is gone already
                folder.rmdir()

    def _write(self, releases: Iterable[Release]) -> None:
        taken = [int(name.removesuffix(".json")) for name in self._store.list(self._documents) if name[0] != "."]
        path = self._documents / f"{max(taken, default=0) + 1:010}.json"
        if not self._store.put_if_absent(path, _to_json(releases)):
            raise LakeError(f"{path} already exists: another process changed the landing zone", code="landing-conflict")


def way_back(release: Release, folder: Path) -> str | None:
    """How the user brings files of an archive back into a source's folder; None if the file is in none."""
    if release.archived_to is None:
        return None
    archive = release.archived_to.removesuffix(f"/{release.name}")
    return f"bring them back: cp -Rp {shlex.quote(archive)}/. {shlex.quote(str(folder))}/"


def _link_or_copy(path: Path, place: Path, record: LandingRecord) -> None:
    """Give the file a second name; on another file system, copy it under a name that no reader takes."""
    try:
        _hard_link(place, path)
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    partial = place.with_name(f".{place.name}.part")
    shutil.copyfile(path, partial)
    if _sha256(partial) != record.sha256:
        partial.unlink()
        raise _not_archived(path, "it is not what was landed")
    shutil.copystat(path, partial)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.rename(place)


def _hard_link(place: Path, path: Path) -> None:
    place.hardlink_to(path)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _not_archived(path: Path, why: str) -> LakeError:
    return LakeError(f"{path} cannot be archived: {why}", code="not-archived")


def _to_json(releases: Iterable[Release]) -> bytes:
    kept = [
        {**asdict(each), "landed_at": each.landed_at.isoformat(), "released_at": each.released_at.isoformat()}
        for each in releases
    ]
    return json.dumps({"format": _FORMAT, "files": kept}, ensure_ascii=False, indent=1).encode()


def _from_json(content: bytes, path: Path) -> list[Release]:
    try:
        document: Mapping[str, Any] = json.loads(content)
        if document["format"] > _FORMAT:
            raise LakeError(
                f"{path} was written by a newer Ingot (record format {document['format']})",
                hint="upgrade with: pip install --upgrade ingot",
                code="newer-format",
            )
        return [Release(**{**file, **_instants(file)}) for file in document["files"]]
    except (ValueError, TypeError, KeyError) as error:
        raise LakeError(f"the landing record {path} cannot be read: {error}", code="damaged-record") from error


def _instants(file: Mapping[str, str]) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(file[name]) for name in ("landed_at", "released_at")}

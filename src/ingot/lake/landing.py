"""The landing zone: raw files as they came, in `<lake>/_landing/<source>/`, with a record of where each came
from.

Owns the names of landed files, where the records are (`<lake>/_ingot/landing/<source>/<n>.json`; a document goes only
when newer ones tell of all its files), and how files get visible: whole or not at all, alone or several together, under
names that are never used again. Never looks into a file and never deletes one that was landed.

The order of writes makes it safe to stop anywhere: whole files are made durable where no reader looks, then their
records are written in one document, then the files are linked into place. A record whose file still waits is finished
by the next run; a waiting file without a record was never landed and is fetched again.
"""

from __future__ import annotations

import hashlib
import os
import threading
import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from ingot.errors import LakeError
from ingot.lake import landing_record
from ingot.lake.digest import Digest
from ingot.lake.landing_record import LandingRecord, Origin
from ingot.lake.store import create_folder, sync_folder
from ingot.secrets import redacted

_Origin = TypeVar("_Origin", bound=Origin)
_READS_MAX = 10  # of documents that others remove meanwhile
_BEGIN_BYTES = 64 * 1024 * 1024  # after how many the disk begins to write
_NAME_BYTES_MAX = 240  # of one part of a path; file systems allow 255
_COMPRESSIONS = frozenset({".gz", ".bz2", ".zst", ".xz", ".lz4"})


class Partial:
    """A file on its way into the landing zone, where no reader looks: write, then `Landing.land` or
    `discard`."""

    def __init__(self, path: Path):
        self.path = path
        self.bytes = 0
        self._begun = 0
        self._digest = Digest()
        with _writing(path.parent):
            self._file: BinaryIO = path.open("xb")

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, chunk: bytes) -> None:
        with _writing(self.path.parent):
            self._file.write(chunk)
        self._digest.update(chunk)
        self.bytes += len(chunk)
        if self.bytes - self._begun >= _BEGIN_BYTES:
            self._begin_to_sync()

    def restart(self) -> None:
        """Forget what was written, for another attempt."""
        self._file.seek(0)
        self._file.truncate()
        self._digest.close()
        self._digest = Digest()
        self.bytes = self._begun = 0

    def flush(self) -> None:
        """Let what was written be read by its path."""
        with _writing(self.path.parent):
            self._file.flush()

    def sync(self) -> None:
        """Make the content durable; nothing can be written after it. Once is enough."""
        if self._file.closed:
            return
        with _writing(self.path.parent):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        self._digest.close()

    def _begin_to_sync(self) -> None:
        """Let the disk begin with what is there, so that in the end `sync` has little to wait for."""
        self.flush()
        if hasattr(os, "posix_fadvise"):
            # Linux starts to write what is not written yet, and forgets only what is; a failure is told by `sync`.
            with suppress(OSError):
                begun, length = self._begun, self.bytes - self._begun
                os.posix_fadvise(self._file.fileno(), begun, length, os.POSIX_FADV_DONTNEED)
        self._begun = self.bytes

    def close(self) -> None:
        """Forget a file that was not landed; does nothing after it was."""
        self._digest.close()
        self._file.close()
        self.path.unlink(missing_ok=True)


class Landing:
    """The landing zone of one lake. One process at a time writes; its threads may share one instance.

    >>> import tempfile
    >>> landing = Landing(Path(tempfile.mkdtemp()))
    >>> with landing.open("olympics") as files:
    ...     partial = files.partial()
    ...     partial.write(b"a,b")
    ...     record = files.land(partial, "Athletes.csv", url="http://example.org/Athletes.csv")
    >>> record.name, landing.path("olympics", record.name).read_bytes()
    ('Athletes.csv', b'a,b')
    """

    def __init__(self, lake: Path):
        self.root = lake / "_landing"
        self._records = lake / "_ingot" / "landing"

    def path(self, source: str, name: str) -> Path:
        return self.root / source / name

    def sources(self) -> list[str]:
        """The sources that have ever landed a file."""
        return sorted(p.name for p in self._records.iterdir()) if self._records.is_dir() else []

    def records(self, source: str) -> list[LandingRecord]:
        """The records of a source, oldest first; of each landed file the newest."""
        for _ in range(_READS_MAX - 1):
            with suppress(FileNotFoundError):  # what was listed has been superseded: by a document that was not
                return _read_records(self._records / source)
        return _read_records(self._records / source)

    def stamp(self, source: str) -> tuple[tuple[str, int, int], ...] | None:
        """What tells one state of a source's records from another without reading them; None while they change."""
        folder = self._records / source
        if not folder.is_dir():
            return ()
        with os.scandir(folder) as entries, suppress(FileNotFoundError):
            stats = [(entry.name, entry.stat()) for entry in entries]
            return tuple(sorted((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats))
        return None

    def open(self, source: str) -> SourceLanding:
        """Begin to land files of a source; finishes first what a killed run had begun."""
        return SourceLanding(
            source,
            self.root / source,
            self.root / ".partial" / source,
            self._records / source,
            self.records(source),
        )


class SourceLanding:
    """The landing zone of one source, open for writing. Use it in a `with` block."""

    def __init__(self, source: str, folder: Path, waiting: Path, records: Path, known: Iterable[LandingRecord]):
        self.source = source
        self._folder = folder
        self._waiting = waiting
        self._record_folder = records
        self._known: list[LandingRecord] = []
        self._newest: dict[tuple[str | None, str], LandingRecord] = {}
        self._names: set[str] = set()
        self._stamped_ms = 0
        self._remember(known)
        self._lock = threading.Lock()
        for path in (folder, waiting, records):
            with _writing(path):
                create_folder(path)
        with _writing(folder):
            self._finish_interrupted()

    def __enter__(self) -> SourceLanding:
        return self

    def __exit__(self, *_: object) -> None:
        for path in self._waiting.glob("*.part"):
            path.unlink(missing_ok=True)

    @property
    def records(self) -> list[LandingRecord]:
        """The records of the source, oldest first."""
        with self._lock:
            return list(self._known)

    def latest(self, target: str, resource: str | None = None) -> LandingRecord | None:
        """The newest record of what the source calls `target`, in this resource."""
        with self._lock:
            return self._newest.get((resource, target))

    def names(self) -> set[str]:
        """The paths, below the source's folder, of all files that were ever landed."""
        with self._lock:
            return set(self._names)

    def partial(self) -> Partial:
        """A new file to write to."""
        return Partial(self._waiting / f"{uuid.uuid4().hex}.part")

    def latest_from(self, url_sha256: str) -> LandingRecord | None:
        """The newest record of a file from this address."""
        with self._lock:
            return next((r for r in reversed(self._known) if r.url_sha256 == url_sha256), None)

    def of_resource(self, resource: str | None) -> list[LandingRecord]:
        """The records of a resource, oldest first."""
        with self._lock:
            return [record for record in self._known if record.resource == resource]

    def make_folder(self, resource: str) -> None:
        """Make the folder of a resource, so that who reads it finds no files rather than no folder."""
        with _writing(self._folder):
            create_folder(self._folder / resource)

    def land(
        self, partial: Partial, target: str, *, url: str, now: datetime | None = None, **facts: Any
    ) -> LandingRecord | None:
        """Make a whole file visible and durable, with its record; None when it is the same as the one before.

        Args:
            partial: The file, written to its end.
            target: The name that the source gives it.
            url: Where it came from, fit to be shown.
            now: The clock's time.
            facts: More of `Origin`.

        Raises:
            LakeError: the file system cannot link files, or somebody else writes to this landing zone.
        """
        latest = self.latest(target, facts.get("resource"))
        if latest is not None and latest.sha256 == partial.sha256:
            partial.close()
            return None
        [record] = self.land_together([(partial, Origin(target, url, **facts))], now)
        return record

    def land_together(
        self, files: Sequence[tuple[Partial, Origin]], now: datetime | None = None
    ) -> list[LandingRecord]:
        """Make several whole files visible: readers of later updates see all of them or none.

        Raises:
            LakeError: as `land`.
        """
        for partial, _ in files:
            partial.sync()
        with self._lock, _writing(self._folder):
            records = self._new_records(files, now or datetime.now(UTC))
            for (partial, _), record in zip(files, records, strict=True):
                self._stamp(partial.path, record.landed_at)
                partial.path.rename(self._waiting / _waiting_name(record.name))
            sync_folder(self._waiting)
            self._write_records(records)
            self._remember(records)
            self._put_into_place([record.name for record in records])
        return records

    def confirm(self, records: Sequence[LandingRecord]) -> None:
        """Keep what the source now says of files that are in the landing zone and have not changed.

        Args:
            records: Those of the landed files, with other facts about their origin.
        """
        with self._lock, _writing(self._folder):
            sequence = self._known[-1].sequence
            known = [_without_secrets(record) for record in records]
            confirmed = [replace(record, sequence=sequence + n) for n, record in enumerate(known, 1)]
            self._write_records(confirmed)
            names = {record.name for record in confirmed}
            self._known = [record for record in self._known if record.name not in names]
            self._remember(confirmed)
            self._remove_superseded()

    def _remove_superseded(self) -> None:
        """Remove documents whose files all have newer records, which would pile up where files are confirmed often."""
        begins = sorted(int(path.stem) for path in self._record_folder.glob("*.json"))
        needed = {begins[bisect_right(begins, record.sequence) - 1] for record in self._known}
        for begin in begins:
            if begin not in needed:
                (self._record_folder / _document_name(begin)).unlink()

    def _remember(self, records: Iterable[LandingRecord]) -> None:
        for record in records:
            self._known.append(record)
            self._newest[record.resource, record.target] = record
            self._names.add(record.name)

    def _new_records(self, files: Sequence[tuple[Partial, Origin]], now: datetime) -> list[LandingRecord]:
        records: list[LandingRecord] = []
        taken: set[str] = set()
        files = [(partial, _without_secrets(origin)) for partial, origin in files]
        sequence = self._known[-1].sequence if self._known else 0
        for partial, origin in files:
            landed_at = _instant_after(self._newest.get((origin.resource, origin.target)), now)
            name = self._free_name(origin.target, origin.resource, landed_at, partial.sha256, taken)
            taken.add(name)
            sequence += 1
            records.append(
                LandingRecord(
                    **asdict(origin),
                    source=self.source,
                    sequence=sequence,
                    name=name,
                    landed_at=landed_at,
                    bytes=partial.bytes,
                    sha256=partial.sha256,
                )
            )
        return records

    def _stamp(self, path: Path, instant: datetime) -> None:
        """Make the file's modification time the record's, or a millisecond more than that of the file before: readers
        take files by their times, and those that get visible together by their order."""
        self._stamped_ms = max(int(instant.timestamp() * 1000), self._stamped_ms + 1)
        os.utime(path, ns=(self._stamped_ms * 1_000_000, self._stamped_ms * 1_000_000))

    def _free_name(self, target: str, resource: str | None, landed_at: datetime, sha256: str, taken: set[str]) -> str:
        """`target` the first time, then `<stem>_<time>_<hash><suffixes>`, which `<stem>*<suffixes>` still
        matches.

        An underscore sorts after a full stop, so the later names come after the plain one.
        """
        folder = "" if resource is None else f"{resource}/"
        name = folder + target
        if name not in self._names and name not in taken and not (self._folder / name).exists():
            return name
        stem, suffixes = _split_suffixes(target)
        name = f"{folder}{stem}_{landed_at:%Y%m%dT%H%M%SZ}_{sha256[:8]}{suffixes}"
        if name in self._names or name in taken or (self._folder / name).exists():
            raise LakeError(f"the landing zone already holds a file {self._folder / name}", code="landing-conflict")
        return name

    def _write_records(self, records: Sequence[LandingRecord]) -> None:
        waiting = self._waiting / f"{uuid.uuid4().hex}.part"
        with waiting.open("xb") as file:
            file.write(landing_record.to_json(records).encode())
            file.flush()
            os.fsync(file.fileno())
        _link(waiting, self._record_folder / _document_name(records[0].sequence))
        sync_folder(self._record_folder)
        waiting.unlink()

    def _put_into_place(self, names: Sequence[str]) -> None:
        """Link waiting files to their places; they wait until the links are durable."""
        places = {self._waiting / _waiting_name(name): self._folder / name for name in names}
        for waiting, place in places.items():
            if place.parent != self._folder:
                create_folder(place.parent)
            if not (place.exists() and place.samefile(waiting)):
                _link(waiting, place)
        for folder in dict.fromkeys(place.parent for place in places.values()):
            sync_folder(folder)
        for waiting in places:
            waiting.unlink()

    def _finish_interrupted(self) -> None:
        """Put recorded files into place that a killed run left waiting; drop what never got a record."""
        recorded = {_waiting_name(record.name): record.name for record in self._known}
        found = sorted(path.name for path in self._waiting.iterdir())
        self._put_into_place([recorded[name] for name in found if name in recorded])
        for name in found:
            if name not in recorded:
                (self._waiting / name).unlink()


def _read_records(folder: Path) -> list[LandingRecord]:
    newest: dict[str, LandingRecord] = {}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        for record in landing_record.from_json(path.read_text(encoding="utf-8"), path):
            newest.pop(record.name, None)
            newest[record.name] = record
    return list(newest.values())


def _document_name(sequence: int) -> str:
    """The name of the document whose first record has this number."""
    return f"{sequence:010}.json"


def _without_secrets(origin: _Origin) -> _Origin:
    """What may be kept. A validator that repeats a secret is not: without it a file is fetched again."""
    query = redacted(origin.query) if origin.query is not None else None
    validators = {"etag": origin.etag, "last_modified": origin.last_modified}
    kept = {name: value for name, value in validators.items() if value is None or redacted(value) == value}
    return replace(origin, url=redacted(origin.url), query=query, **(dict.fromkeys(validators) | kept))


def _waiting_name(name: str) -> str:
    """The name of a file that waits to be put into its folder: without slashes, not too long, and each its own."""
    waiting = name.replace("%", "%25").replace("/", "%2F")
    is_short = len(waiting.encode()) <= _NAME_BYTES_MAX
    return waiting if is_short else f"%{hashlib.sha256(name.encode()).hexdigest()}"


def _instant_after(latest: LandingRecord | None, now: datetime) -> datetime:
    """Now, but at least a second after the record before: names must sort by time though clocks go back."""
    now = now.astimezone(UTC)
    return now if latest is None else max(now, latest.landed_at + timedelta(seconds=1))


def _split_suffixes(name: str) -> tuple[str, str]:
    """Split `data.v2.csv.gz` into `data.v2` and `.csv.gz`."""
    path = Path(name)
    if path.suffix.lower() in _COMPRESSIONS:
        return Path(path.stem).stem, Path(path.stem).suffix + path.suffix
    return path.stem, path.suffix


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Word what the file system refuses: no room, no permission, a folder that is none."""
    try:
        yield
    except OSError as error:
        raise LakeError(
            f"{folder} cannot be written to: {error.strerror}",
            hint="check the room on the disk and the permissions of the lake's folder",
            code="cannot-write",
        ) from error


def _link(source: Path, target: Path) -> None:
    """Give a file its final name, which must be free: a link never replaces anything."""
    try:
        target.hardlink_to(source)
    except FileExistsError as error:
        raise LakeError(
            f"{target} already exists: another process landed into this lake at the same time",
            hint="run again",
            code="landing-conflict",
        ) from error
    except OSError as error:
        raise LakeError(
            f"{target} cannot be linked into place: {error.strerror}",
            hint="put the lake on a file system that has hard links",
            code="no-hard-links",
        ) from error

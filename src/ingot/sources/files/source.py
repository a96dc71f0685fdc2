"""Source kind `files`: what lies in a folder of this machine, in S3, Azure Storage or Google Cloud Storage.

Owns what one landing is: list, compare with what was landed, copy what differs. How files are listed and read is
`local` and `objects`, how several are copied at once `copying`.

    sources:
      drops:
        kind: files
        url: s3://bucket/orders/          # or ./incoming, abfss://container@account.dfs.core.windows.net/…, gs://…
        pattern: "**/*.csv"               # below url; or a list, where "!old/**" takes away
        members: "*.csv"                  # of zip files: each lands in place of its archive, in a folder of that name
        storage: {region: eu-central-1, access_key_id: "${secret:id}", secret_access_key: "${secret:key}"}
        modified_after: 2024-01-01        # older files are left out
        settled: 2s                       # of a local folder: files that are written to are left for the next run
        parallel: 4                       # files at once
        timeout: 60s                      # without any byte from the server
        retries: 4                        # of transient failures
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from threading import Event

from ingot.errors import IngotError, SourceError
from ingot.lake.landing import SourceLanding
from ingot.lake.landing_record import LandingRecord
from ingot.model import SourceSpec
from ingot.source import LandContext, LandResult
from ingot.sources.files.address import LOCAL
from ingot.sources.files.copying import Copying, WantedFile
from ingot.sources.files.entry import Entry, read_entry
from ingot.sources.files.places import place_of
from ingot.sources.files.store import FileStore, FoundFile

_SHOWN_MAX = 5


class Source:
    """Files of a folder. Each is landed when its content differs from what was landed last from its place there."""

    def __init__(self, spec: SourceSpec) -> None:
        self._spec = spec
        self.entry = read_entry(spec)

    def land(self, context: LandContext) -> LandResult:
        """See `Source.land`. Files are independent: one that fails does not keep the others from landing."""
        try:
            return self._land(context)
        except IngotError as error:
            raise error.at(self._spec.location) from error.__cause__

    def _land(self, context: LandContext) -> LandResult:
        stop = Event()
        wait = context.wait or stop.wait
        store = _open(self.entry, context, stop)
        with context.landing.open(self._spec.name) as files:
            copying = Copying(self._spec.name, self.entry, store, files, context, stop)
            listed, wanted = self._compare(store, files, copying)
            copyable = self._with_places(wanted, files, copying)
            ready, young = store.settled([file.found for file in copyable])
            by_found = {file.found: file for file in copyable}
            copying.copy([by_found[found] for found in ready])
            if young:
                settled, changing = store.settle(young, wait)
                copying.copy([by_found[found] for found in settled])
                copying.left.extend(found.path for found in changing)
            warnings = list(self._warnings(listed, files, copying))
        return self._result(listed - len(wanted), copying, warnings)

    def _compare(self, store: FileStore, files: SourceLanding, copying: Copying) -> tuple[int, list[WantedFile]]:
        """How many files there are, and those that are not known to be as they were, oldest first."""
        wanted: list[WantedFile] = []
        seen: set[str] = set()
        members = self.entry.members
        archives = {record.url_sha256: record for record in files.records} if members else {}
        for found in store.list(self.entry.pattern, copying.failures.append):
            if self.entry.modified_after is not None and found.modified <= self.entry.modified_after:
                continue
            if found.path in seen:
                copying.failures.append(self._without_name(found))
                continue
            seen.add(found.path)
            resource, target = place_of(found.path)
            said = json.dumps([store.identity, found.path, *members]) if members else f"{store.identity}/{found.path}"
            digest = hashlib.sha256(said.encode()).hexdigest()
            record = archives.get(digest) if members else files.latest(target, resource)
            if record is None or not _is_as_it_was(record, found, digest, is_archive=bool(members)):
                wanted.append(WantedFile(found, resource, target, digest, record))
        return len(seen), sorted(wanted, key=lambda file: (file.found.modified, file.found.path))

    def _with_places(self, wanted: Sequence[WantedFile], files: SourceLanding, copying: Copying) -> list[WantedFile]:
        """The files that can land: no object lands where a folder is, nor below another one, as stores allow it."""
        if not wanted:
            return []
        names = files.names()
        folders = {above for name in (*names, *(file.name for file in wanted)) for above in _above(name)}
        copyable = []
        for file in wanted:
            taken = names if self.entry.members else folders  # an archive lands as a folder
            if file.name in folders and not file.found.size and taken is folders:  # it stands for the folder
                continue
            if file.name in taken or not names.isdisjoint(_above(file.name)):
                copying.failures.append(self._without_place(file))
            else:
                copyable.append(file)
        return copyable

    def _without_name(self, found: FoundFile) -> SourceError:
        return SourceError(
            f"two objects below {self.entry.address.shown} have names that only a slash tells apart: {found.path}",
            hint="rename the one whose name begins or ends with a slash",
            code="duplicate-name",
        )

    def _without_place(self, file: WantedFile) -> SourceError:
        return SourceError(
            f"{self.entry.address.shown}{file.found.path} cannot land: its name is both a file's and a folder's",
            hint='leave one of them out: pattern: ["**", "!that/file"]',
            code="duplicate-name",
        )

    def _warnings(self, listed: int, files: SourceLanding, copying: Copying) -> Iterator[str]:
        if not listed and not files.names():
            shown = " or ".join(self.entry.patterns)
            younger = f", younger than {self.entry.modified_after}," if self.entry.modified_after else ""
            yield f"there is no file{younger} in {self.entry.address.shown} that fits {shown}"
        if copying.left:
            named = ", ".join(copying.left[:_SHOWN_MAX]) + (", …" if len(copying.left) > _SHOWN_MAX else "")
            some = "a file is" if len(copying.left) == 1 else f"{len(copying.left)} files are"
            yield f"{some} being written or removed, and left for the next run: {named}"

    def _result(self, unchanged: int, copying: Copying, warnings: list[str]) -> LandResult:
        """Sum up, or raise the first failure with the others as notes."""
        if copying.failures:
            first, *others = copying.failures
            for other in others[:_SHOWN_MAX]:
                first.add_note(f"also: {other}")
            if len(others) > _SHOWN_MAX:
                first.add_note(f"and {len(others) - _SHOWN_MAX} more")
            if copying.is_given_up:
                first.add_note("so many failed that the other files were not tried")
            raise first
        return LandResult(
            source=self._spec.name,
            landed=tuple(record.name for record in copying.landed),
            unchanged=unchanged + copying.unchanged,
            bytes=sum(record.bytes for record in copying.landed),
            warnings=tuple(warnings),
        )


def _open(entry: Entry, context: LandContext, stop: Event) -> FileStore:
    if entry.address.kind == LOCAL:
        from ingot.sources.files.local import Folder

        return Folder(entry.address.folder, entry.address.shown, entry.settled_s, context.landing.root.parent)
    from ingot.sources.files.objects import Bucket

    return Bucket(entry, context.wait or stop.wait)


def _is_as_it_was(record: LandingRecord, found: FoundFile, digest: str, *, is_archive: bool) -> bool:
    is_same = record.url_sha256 == digest and record.etag == found.version
    return is_same and (is_archive or record.bytes == found.size)


def _above(name: str) -> list[str]:
    """The folders that a file lies in."""
    return [str(folder) for folder in PurePosixPath(name).parents][:-1]

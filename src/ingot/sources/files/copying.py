"""Files copied beside each other into the landing zone, and made visible together as they come.

Owns which thread copies what, and what a failure of one file means for the others. Only the thread that called lands
and reports.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue

from ingot.errors import IngotError, LakeError
from ingot.lake.landing import Partial, SourceLanding
from ingot.lake.landing_record import LandingRecord, Origin
from ingot.source import LandContext, LandProgress
from ingot.sources.archives import unpack
from ingot.sources.files.entry import Entry
from ingot.sources.files.storage import SECRETS
from ingot.sources.files.store import FileStore, FoundFile, StoppedError
from ingot.sources.progress import INTERVAL_S
from ingot.sources.watched import Watched, sent_secrets

_TOGETHER_MAX = 200  # files that get visible in one step: each step costs a few waits for the disk
_TOGETHER_S = 1.0
_FAILURES_MAX = 20


@dataclass(frozen=True, slots=True)
class WantedFile:
    """A file to copy, the place where it lands, and the record of what is there."""

    found: FoundFile
    resource: str | None
    target: str
    digest: str
    record: LandingRecord | None

    @property
    def name(self) -> str:
        """Its path below the source's folder in the landing zone, the first time."""
        return self.target if self.resource is None else f"{self.resource}/{self.target}"


@dataclass(frozen=True)
class _Copied:
    """A file that is through: whole, with what it was when it was read; not copied; or failed.

    Attributes:
        new: What lands of it, by name: itself, or members of it.
        same: The records of what has the content that was landed before.
    """

    file: WantedFile
    found: FoundFile | None = None
    new: Sequence[tuple[str, Partial]] = ()
    same: Sequence[LandingRecord] = ()
    error: IngotError | None = None


class Copying:
    """Copies files of one source. What happened to them is in its attributes.

    Attributes:
        landed: The records of new files.
        unchanged: How many had the content that was landed before.
        left: Paths of files that were not copied because they were changing.
        failures: Why others could not be copied.
        is_given_up: Whether so many failed that the rest was not tried.
    """

    def __init__(
        self,
        source: str,
        entry: Entry,
        store: FileStore,
        files: SourceLanding,
        context: LandContext,
        stop: threading.Event,
    ):
        self.landed: list[LandingRecord] = []
        self.unchanged = 0
        self.left: list[str] = []
        self.failures: list[IngotError] = []
        self.is_given_up = False
        self._source = source
        self._entry = entry
        self._store = store
        self._files = files
        self._context = context
        self._stop = stop
        self._ready: list[_Copied] = []
        storage = {key: str(value) for key, value in entry.storage.items()}
        self._secrets = sent_secrets(storage.values(), (storage[key] for key in SECRETS if key in storage))

    def copy(self, wanted: Sequence[WantedFile]) -> None:
        """Copy and land these files.

        Raises:
            LakeError: the landing zone cannot be written to.
        """
        if not wanted:
            return
        queue = _Queue(wanted)
        done: SimpleQueue[_Copied | None] = SimpleQueue()  # None: a thread has nothing left to do
        threads = min(self._entry.parallel, len(wanted))
        pool = ThreadPoolExecutor(threads, thread_name_prefix=f"files-{self._source}")
        try:
            futures = [pool.submit(self._work, queue, done) for _ in range(threads)]
            for future in futures:
                future.add_done_callback(lambda _: done.put(None))
            self._gather(done, threads, _Meter(self._source, wanted, queue))
            _raise_defects(futures)
        except BaseException:
            self._stop.set()
            raise
        finally:
            # On a failure or an interrupt: files under way end at their next bytes, others do not begin.
            queue.close()
            pool.shutdown(cancel_futures=True)

    # --- in other threads ---

    def _work(self, queue: _Queue, done: SimpleQueue[_Copied | None]) -> None:
        for file in queue:
            partial = self._files.partial()
            try:
                done.put(self._copied(file, partial, queue))
            except StoppedError:
                partial.close()
            except IngotError as error:
                partial.close()
                if isinstance(error, LakeError):  # no other file would fare better
                    queue.close()
                done.put(_Copied(file, error=error))
            except BaseException:
                partial.close()
                raise

    def _copied(self, file: WantedFile, partial: Partial, queue: _Queue) -> _Copied:
        def went(come: int) -> None:
            if queue.is_closed:
                raise StoppedError
            queue.under_way[file.found.path] = come

        shown = f"{self._entry.address.shown}{file.found.path}"
        found = self._store.copy(file.found, Watched(partial, self._secrets, shown), went)
        if found is None:
            partial.close()
            return _Copied(file)
        if self._entry.members:
            return self._unpacked(file, found, partial, shown)
        if file.record is not None and file.record.sha256 == partial.sha256:
            partial.close()
            return _Copied(file, found, same=[file.record])
        partial.sync()
        return _Copied(file, found, [(file.target, partial)])

    def _unpacked(self, file: WantedFile, found: FoundFile, archive: Partial, shown: str) -> _Copied:
        """The members of a zip file, in place of itself."""
        new: list[tuple[str, Partial]] = []
        same: list[LandingRecord] = []
        try:
            archive.flush()
            for name, member in unpack(archive.path, shown, self._entry.members, self._files.partial):
                new.append((name, member))
                record = self._files.latest(name, file.name)
                if record is not None and record.sha256 == member.sha256:
                    new.pop()
                    same.append(record)
                    member.close()
                else:
                    member.sync()
        except BaseException:
            for _, member in new:
                member.close()
            raise
        archive.close()
        return _Copied(file, found, new, same)

    # --- in the thread that called ---

    def _gather(self, done: SimpleQueue[_Copied | None], threads: int, meter: _Meter) -> None:
        landed_at = time.monotonic()
        while threads:
            copied, is_nothing = None, False
            with suppress(Empty):
                copied = done.get(timeout=INTERVAL_S)
                is_nothing = copied is None
            threads -= is_nothing
            if copied is not None:
                meter.count(copied.file)
                self._take(copied, meter.queue)
            meter.show(self._context)
            is_late = time.monotonic() - landed_at >= _TOGETHER_S
            if len(self._ready) >= _TOGETHER_MAX or (self._ready and is_late):
                self._land()
                landed_at = time.monotonic()
        self._land()

    def _take(self, copied: _Copied, queue: _Queue) -> None:
        if isinstance(copied.error, LakeError):
            raise copied.error
        if copied.error is not None:
            self.failures.append(copied.error)
            if len(self.failures) >= _FAILURES_MAX:
                self.is_given_up = True
                queue.close()
        elif copied.found is not None:
            self._ready.append(copied)
        elif copied.file.found.size:  # an object that stands for a folder is empty, and cannot be read by its name
            self.left.append(copied.file.found.path)

    def _land(self) -> None:
        """Make what is ready visible, all of it or nothing; what has the content that is there is only noted."""
        new: list[tuple[Partial, Origin]] = []
        same: list[LandingRecord] = []
        for copied in sorted(self._ready, key=lambda copied: (copied.file.found.modified, copied.file.found.path)):
            origin = self._origin(copied)
            new.extend((partial, replace(origin, target=name)) for name, partial in copied.new)
            same.extend(
                replace(record, etag=origin.etag, last_modified=origin.last_modified, url=origin.url,
                        url_sha256=origin.url_sha256)
                for record in copied.same
            )  # fmt: skip
        if new:
            self.landed.extend(self._files.land_together(new, self._context.now()))
        if same:
            self._files.confirm(same)
        self.unchanged += sum(not copied.new for copied in self._ready)
        self._ready.clear()

    def _origin(self, copied: _Copied) -> Origin:
        file, found = copied.file, copied.found or copied.file.found
        return Origin(
            target=file.target,
            url=self._entry.address.shown + found.path,
            url_sha256=file.digest,
            etag=found.version,
            last_modified=found.modified.isoformat(),
            resource=file.name if self._entry.members else file.resource,
        )


class _Queue:
    """Files that wait for a thread, taken one by one, and how many bytes of those under way have come."""

    def __init__(self, wanted: Iterable[WantedFile]):
        self._files = iter(wanted)
        self._lock = threading.Lock()
        self.under_way: dict[str, int] = {}
        self.is_closed = False

    def __iter__(self) -> Iterator[WantedFile]:
        return self

    def __next__(self) -> WantedFile:
        with self._lock:
            if self.is_closed:
                raise StopIteration
            return next(self._files)

    def close(self) -> None:
        """Give out nothing any more."""
        self.is_closed = True


class _Meter:
    """How far all files are, told a few times a second."""

    def __init__(self, source: str, wanted: Sequence[WantedFile], queue: _Queue):
        self.queue = queue
        self._source = source
        self._wanted = wanted
        self._total = sum(file.found.size for file in wanted)
        self._files = 0
        self._bytes = 0
        self._began = self._shown = time.monotonic()

    def count(self, file: WantedFile) -> None:
        self.queue.under_way.pop(file.found.path, None)
        self._files += 1
        self._bytes += file.found.size

    def show(self, context: LandContext) -> None:
        now = time.monotonic()
        if now - self._shown < INTERVAL_S and self._files < len(self._wanted):
            return
        self._shown = now
        come = self._bytes + sum(list(self.queue.under_way.values()))
        name = (
            self._wanted[0].found.path if len(self._wanted) == 1 else f"{self._files:,} of {len(self._wanted):,} files"
        )
        rate = come / (now - self._began) if now > self._began else None
        context.progress(LandProgress(self._source, name, come, self._total, rate))


def _raise_defects(futures: Iterable[Future[None]]) -> None:
    for future in futures:
        future.result()

"""What has changed, told to every page that is open: versions of tables, events of the running update.

One look a second serves all pages, and none is taken while nobody listens. A page that does not keep up misses nothing
that lasts: its stream ends, it asks anew, and is told how things are. Never opens a table.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingot.lake.table import Lake
from ingot.model import Project
from ingot.server.places import shown
from ingot.update.journal import journal_path
from ingot.update.lock import last_holder

_LOG = logging.getLogger("ingot.server")

LOOK_S = 1.0
_QUEUE_MAX = 512
_READ_BYTES_MAX = 4 * 2**20  # of the journal, in one look
# Clocks of file systems tick in steps of up to two seconds: what changed lately may change again under the same time.
_SETTLED_NS = 3 * 10**9
_ENDED = ("COMPLETED", "FAILED", "CANCELED")

Message = tuple[str, dict[str, Any]]


@dataclass
class Watch:
    """Looks at one lake; remembers what it saw. Not for several threads at once."""

    project: Project
    versions: dict[str, int] = field(default_factory=dict)
    update: dict[str, Any] | None = None  # of the newest update: its first event
    is_running: bool = False
    _logs: dict[str, tuple[int, int]] = field(default_factory=dict)  # by table: mtime of its log's folder, version
    _journal: tuple[bytes, int] = (b"", 0)  # the journal's first line (inodes are given anew), and how far it was read

    def look(self) -> list[Message]:
        """What has changed since the last look."""
        found: list[Message] = []
        changed = self._tables()
        if changed:
            found.append(("tables", {"versions": changed}))
        found.extend(("update", event) for event in self._events())
        return found

    def _tables(self) -> dict[str, int | None]:
        """The tables with another version than at the last look; None for one that is gone."""
        versions: dict[str, int] = {}
        for name in Lake(self.project.lake, self.project.catalog).tables():
            log = self.project.lake / name.schema / name.table / "_delta_log"
            version = self._version(name.short, log)
            if version is not None:
                versions[name.short] = version
        changed: dict[str, int | None] = {
            name: version for name, version in versions.items() if self.versions.get(name) != version
        }
        changed.update((name, None) for name in self.versions if name not in versions)
        self.versions = versions
        return changed

    def _version(self, name: str, log: Path) -> int | None:
        """The newest version in a log, listed only if something was put there, or was lately."""
        try:
            modified = log.stat().st_mtime_ns
            known = self._logs.get(name)
            if known is not None and known[0] == modified:
                return known[1]
            listed_at = time.time_ns()
            commits = [entry.name for entry in os.scandir(log) if entry.name.endswith(".json")]
        except OSError:  # it is being dropped
            return None
        version = max(
            (int(stem) for stem in (name.partition(".")[0] for name in commits) if stem.isdigit()), default=-1
        )
        if listed_at - modified > _SETTLED_NS:
            self._logs[name] = (modified, version)
        return version if version >= 0 else None

    def _events(self) -> list[dict[str, Any]]:
        """The events of the newest update that have not been told yet."""
        try:
            with journal_path(self.project.lake).open("rb") as file:
                first = file.readline()
                begin = self._journal[1] if first == self._journal[0] else 0
                file.seek(begin)
                text = file.read(_READ_BYTES_MAX)
        except OSError:  # there was no update yet
            return []
        whole = text.rfind(b"\n") + 1
        self._journal = (first, begin + whole)
        events = [json.loads(line) for line in text[:whole].splitlines()]
        for event in events:
            if event["error"]:
                event["error"] = shown(event["error"], self.project)
            self._note(event)
        if not events and self.is_running and last_holder(self.project.lake) is None:
            events = [self._interrupted()]
        return events

    def _note(self, event: dict[str, Any]) -> None:
        if event["event_type"] == "create_update":
            self.update, self.is_running = event, True
        elif event["event_type"] == "update_progress" and (event["details"] or {}).get("state") in _ENDED:
            self.is_running = False

    def _interrupted(self) -> dict[str, Any]:
        """What the journal of an update does not say whose process has died."""
        self.is_running = False
        assert self.update is not None
        return {
            **self.update, "event_type": "update_progress", "level": "ERROR", "message": "the update was interrupted",
            "details": {"state": "INTERRUPTED"},
        }  # fmt: skip


class Live:
    """Tells all pages. Belongs to one event loop."""

    def __init__(self, project: Callable[[], Project]):
        self._project = project
        self._watch: Watch | None = None
        self._listeners: set[asyncio.Queue[Message | None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._is_closed = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def messages(self) -> AsyncIterator[Message | None]:
        """How things are, and then what changes; None after a second in which nothing did."""
        watch = await self._looked()
        with self._listening() as queue:
            state = {"versions": watch.versions, "update": watch.update, "is_running": watch.is_running}
            yield ("hello", state)
            while not self._is_closed:
                try:
                    message = await asyncio.wait_for(queue.get(), LOOK_S)
                except TimeoutError:
                    yield None
                    continue
                if message is None:
                    return
                yield message

    def close(self) -> None:
        """End all streams; from any thread."""
        self._is_closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._end)

    @contextmanager
    def _listening(self) -> Iterator[asyncio.Queue[Message | None]]:
        queue: asyncio.Queue[Message | None] = asyncio.Queue(_QUEUE_MAX)
        self._loop = asyncio.get_running_loop()
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    async def _looked(self) -> Watch:
        """The watch after a look that was taken lately."""
        async with self._turn:
            if self._watch is None or self._looking is None or self._looking.done():
                await self._look()
                self._looking = asyncio.create_task(self._look_on())
            assert self._watch is not None
            return self._watch

    async def _look_on(self) -> None:
        """Look while somebody listens."""
        await asyncio.sleep(LOOK_S)
        while self._listeners and not self._is_closed:
            await self._look()
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        project = self._project()
        if self._watch is None or self._watch.project.lake != project.lake:
            self._watch = Watch(project)
        try:
            messages = await asyncio.to_thread(self._watch.look)
        except OSError as error:  # a folder went away between two glances: the next look finds how things are
            _LOG.warning("cannot look at the lake: %s", error)
            return
        for message in messages:
            for queue in list(self._listeners):
                self._tell(queue, message)

    def _tell(self, queue: asyncio.Queue[Message | None], message: Message) -> None:
        try:
            queue.put_nowait(message)
        except asyncio.QueueFull:  # it does not keep up: its stream ends, and it asks anew
            self._listeners.discard(queue)
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(None)

    def _end(self) -> None:
        for queue in list(self._listeners):
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(None)

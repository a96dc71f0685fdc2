"""SHA-256 of bytes that come in pieces. Of a long stream a thread computes it, so that who brings the bytes need not
wait: beside a fast transfer, hashing is a fourth of the work."""

from __future__ import annotations

import hashlib
from queue import SimpleQueue
from threading import Semaphore, Thread

_ALONE_BYTES = 8 * 1024 * 1024  # shorter ones are not worth a thread
_WAITING_MAX = 2  # pieces that wait; of more the memory would not be at hand again, which costs more than waiting


class Digest:
    """SHA-256 of all pieces in their order. One thread calls it.

    >>> digest = Digest()
    >>> digest.update(b"ab")
    >>> digest.update(b"c")
    >>> digest.hexdigest()[:16]
    'ba7816bf8f01cfea'
    """

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._bytes = 0
        self._worker: _Worker | None = None

    def update(self, piece: bytes) -> None:
        """Add a piece."""
        if self._worker is not None:
            self._worker.add(piece)
            return
        self._sha256.update(piece)
        self._bytes += len(piece)
        if self._bytes >= _ALONE_BYTES:
            self._worker = _Worker(self._sha256)

    def hexdigest(self) -> str:
        """Of all pieces so far. More may follow."""
        self.close()
        return self._sha256.hexdigest()

    def close(self) -> None:
        """Let the thread finish."""
        if self._worker is not None:
            self._worker.finish()
            self._worker = None


class _Worker:
    def __init__(self, sha256: hashlib._Hash):
        self._sha256 = sha256
        self._pieces: SimpleQueue[bytes | None] = SimpleQueue()
        self._room = Semaphore(_WAITING_MAX)
        # A daemon: an update that is interrupted between two pieces must not wait for more.
        self._thread = Thread(target=self._work, name="sha256", daemon=True)
        self._thread.start()

    def add(self, piece: bytes) -> None:
        self._room.acquire()
        self._pieces.put(bytes(piece))  # a copy only of what its owner may change

    def finish(self) -> None:
        self._pieces.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (piece := self._pieces.get()) is not None:
            self._sha256.update(piece)
            self._room.release()

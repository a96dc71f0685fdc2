"""What comes from a server on its way into the landing zone, watched for secrets that the server was sent.

Owns how a secret is found in bytes that come in pieces, across their borders too. Knows neither servers nor files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from ingot.errors import SourceError
from ingot.secrets import given_in, spellings

_LENGTH_MIN = 8  # of a secret: a shorter one is found in any data


class Writable(Protocol):
    """Where the bytes of an answer go."""

    @property
    def bytes(self) -> int:
        """How many were written."""
        ...

    def write(self, chunk: bytes, /) -> None: ...

    def restart(self) -> None: ...


def sent_secrets(texts: Iterable[str], hidden: Iterable[str] = ()) -> frozenset[bytes]:
    """What must not come back, in whatever spelling.

    Args:
        texts: What is sent; the secrets of the project in it are looked for.
        hidden: What is secret whoever gave it.
    """
    known = {*hidden, *given_in(texts)}
    return frozenset(
        spelled.encode(errors="surrogateescape")
        for value in known
        for spelled in spellings(value)
        if len(spelled) >= _LENGTH_MIN
    )


def holds_one(content: bytes, secrets: Collection[bytes]) -> bool:
    return any(secret in content for secret in secrets)


class Watched:
    """A file that takes no secret.

    >>> from ingot.lake.landing import Partial
    >>> import pathlib, tempfile
    >>> partial = Partial(pathlib.Path(tempfile.mkdtemp(), "a"))
    >>> file = Watched(partial, {b"very secret"}, "https://example.org/a.csv")
    >>> file.write(b"it is very se")
    >>> file.write(b"cret")
    Traceback (most recent call last):
    ingot.errors.SourceError: https://example.org/a.csv repeats a secret that it was sent; nothing of it lands
    >>> partial.close()
    """

    def __init__(self, output: Writable, secrets: Collection[bytes], shown: str):
        self._output = output
        self._secrets = secrets
        self._shown = shown
        self._kept = max(map(len, secrets), default=1) - 1  # bytes in which a secret may have begun
        self._last = b""

    @property
    def bytes(self) -> int:
        return self._output.bytes

    def write(self, chunk: bytes, /) -> None:
        """Write more.

        Raises:
            SourceError: `secret-in-data`.
        """
        if self._secrets:
            border = self._last + chunk[: self._kept]
            if holds_one(border, self._secrets) or holds_one(chunk, self._secrets):
                raise SourceError(
                    f"{self._shown} repeats a secret that it was sent; nothing of it lands",
                    hint="let the server leave it out: it may answer with the request in place of data",
                    code="secret-in-data",
                )
            self._last = (self._last + chunk)[-self._kept :] if len(chunk) < self._kept else chunk[-self._kept :]
        self._output.write(chunk)

    def restart(self) -> None:
        self._last = b""
        self._output.restart()

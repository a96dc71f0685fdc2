"""The files that pages load: scripts, styles, pictures.

Owns their addresses and how long browsers keep them. An address carries a fingerprint of all files, so that a module
and what it imports are always of one build, and are kept for a year. Serves nothing but the files that are there.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response

from ingot.server.faults import RequestError

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
_PACKED = (".js", ".css", ".json", ".svg", ".md", ".txt")
_BUILD = re.compile(r"[0-9a-f]{12}")
_LISTING_S = 1.0


@dataclass(frozen=True)
class _File:
    content: bytes
    packed: bytes | None
    media_type: str
    etag: str


class StaticFiles:
    """The files below one folder, read when they are first asked for and whenever they change."""

    def __init__(self, root: Path):
        self._root = root
        self._listed_at = 0.0
        self._listed: Mapping[str, tuple[int, int]] = {}
        self._build = ""
        self._files: dict[str, tuple[tuple[int, int], _File]] = {}

    def url(self, path: str) -> str:
        """The address of a file, for a page."""
        self._list()
        return f"/static/{self._build}/{path}"

    def paths(self, *folders: str) -> list[str]:
        """The scripts that lie in one of these folders, for a page that has them loaded early; relative to `js/`."""
        self._list()
        return [
            path.removeprefix("js/")
            for path in self._listed
            if path.endswith(".js") and path[: path.rfind("/") + 1] in folders and path != "js/theme.js"
        ]

    def response(self, request: Request, path: str) -> Response:
        """The answer to a request for a file, with or without the fingerprint in front of its path.

        Raises:
            RequestError: `unknown-file`.
        """
        self._list()
        first, _, rest = path.partition("/")
        has_build = _BUILD.fullmatch(first) is not None
        file = self._file(rest if has_build else path)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if first == self._build else "no-cache",
            "ETag": file.etag,
            "Vary": "Accept-Encoding",
        }
        if file.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if file.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(file.packed, headers=headers, media_type=file.media_type)
        return Response(file.content, headers=headers, media_type=file.media_type)

    def _list(self) -> None:
        if time.monotonic() - self._listed_at < _LISTING_S:
            return
        found = {}
        for path in sorted(self._root.rglob("*")):
            if path.suffix in _TYPES and path.is_file():
                status = path.stat()
                found[path.relative_to(self._root).as_posix()] = (status.st_mtime_ns, status.st_size)
        self._listed = found
        self._build = hashlib.sha256(repr(found).encode()).hexdigest()[:12]
        self._listed_at = time.monotonic()

    def _file(self, path: str) -> _File:
        stamp = self._listed.get(path)
        if stamp is None:
            raise RequestError("there is no such file", code="unknown-file")
        known = self._files.get(path)
        if known is None or known[0] != stamp:
            known = self._files[path] = (stamp, _read(self._root / path))
        return known[1]


def _read(path: Path) -> _File:
    content = path.read_bytes()
    packed = gzip.compress(content, 9, mtime=0) if path.suffix in _PACKED and len(content) > 512 else None
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return _File(content, packed, _TYPES[path.suffix], etag)

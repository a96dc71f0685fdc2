"""Where a file lands: its folder and name below the source's folder in the landing zone.

Owns names that no file system has or that lead elsewhere. A name is kept as it is wherever that can be.
"""

from __future__ import annotations

import hashlib
import re

_BAD = re.compile(r"[/\\\x00-\x1f\x7f]")
_PART_BYTES_MAX = 200  # a file system allows 255, of which a later version needs some
_SUFFIXES = re.compile(r"(?:\.[A-Za-z0-9]{1,12}){1,2}$")


def place_of(path: str) -> tuple[str | None, str]:
    """The folder (None for the source's own) and the name under which a file lands.

    >>> place_of("2024/01/orders.csv"), place_of("odd\\\\name.csv")
    (('2024/01', 'orders.csv'), (None, 'odd_name-17bab0cc.csv'))
    """
    *folders, name = (_safe(part) for part in path.split("/"))
    return "/".join(folders) or None, name


def _safe(part: str) -> str:
    """A part of a path as it may stand in the landing zone; with a hash, if it cannot be kept as it is."""
    cleaned = _BAD.sub("_", part)
    if cleaned == part and part not in ("", ".", "..") and len(part.encode()) <= _PART_BYTES_MAX:
        return part
    found = _SUFFIXES.search(cleaned)
    suffixes = found[0] if found else ""
    stem = cleaned[: len(cleaned) - len(suffixes)].strip(".") or "name"
    digest = hashlib.sha256(part.encode()).hexdigest()[:8]
    room = _PART_BYTES_MAX - len(suffixes) - len(digest) - 1
    return f"{stem.encode()[:room].decode(errors='ignore')}-{digest}{suffixes}"

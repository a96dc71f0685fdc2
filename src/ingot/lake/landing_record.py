"""What is kept of each landed file: where it came from, when, and how a source carries on after it.

Owns the form of the records below `<lake>/_ingot/landing/<source>/`. A document holds the records of files that got
visible together.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ingot.errors import LakeError

_FORMAT = 1


@dataclass(frozen=True)
class Origin:
    """Where a file comes from, as its source says.

    Attributes:
        target: The name that the source gives the file.
        url: Of the file, the endpoint or the database, fit to be shown: without secrets.
        url_sha256: Tells whether it is the same address as before.
        list_sha256: Of a member of an archive, tells whether the same archives were asked for as before.
        resource: The table, endpoint or group that the file is a part of; also the folder below the source's.
        query: What a database was asked, fit to be shown.
        cursor: The greatest value of the cursor that has been read with this file.
        page: Its number in the run, from 1.
        run: Names one reading of a resource from its beginning to its end.
        resume: How the source carries on after this file, in its own words (JSON); None when the run is complete.
    """

    target: str
    url: str
    url_sha256: str = ""
    etag: str | None = None
    last_modified: str | None = None
    resource: str | None = None
    query: str | None = None
    cursor: Any = None
    page: int | None = None
    run: str | None = None
    resume: Any = None
    list_sha256: str | None = None


@dataclass(frozen=True)
class LandingRecord(Origin):
    """A landed file.

    `name` is its path below the source's folder: the target the first time, with time and hash when the content
    changed, in the folder of its resource. `landed_at` is UTC and, for one target, grows with `sequence`.
    """

    source: str = ""
    sequence: int = 0
    name: str = ""
    landed_at: datetime = datetime.min
    bytes: int = 0
    sha256: str = ""


def to_json(records: Sequence[LandingRecord]) -> str:
    """The document of files that get visible together."""
    kept = [{**_without_nulls(asdict(record)), "landed_at": record.landed_at.isoformat()} for record in records]
    return json.dumps({"format": _FORMAT, "files": kept}, ensure_ascii=False, indent=1, sort_keys=True)


def from_json(text: str, path: Path) -> list[LandingRecord]:
    """The records of a document.

    Raises:
        LakeError: `damaged-record` or `newer-format`.
    """
    try:
        document: dict[str, Any] = json.loads(text)
        version = document["format"]
        if version > _FORMAT:
            raise LakeError(
                f"{path} was written by a newer Ingot (record format {version})",
                hint="upgrade with: pip install --upgrade ingot",
                code="newer-format",
            )
        files = document["files"]
        return [LandingRecord(**{**file, "landed_at": datetime.fromisoformat(file["landed_at"])}) for file in files]
    except (ValueError, TypeError, KeyError) as error:
        raise LakeError(f"the landing record {path} cannot be read: {error}", code="damaged-record") from error


def _without_nulls(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}

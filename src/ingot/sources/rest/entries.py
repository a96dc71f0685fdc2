"""What `for_each` goes through: the listed entries, or fields of the records of another resource that were landed.

Owns reading parents back from the landing zone. The order is that of the landed files, so that a reading which was
interrupted finds its place again. Never asks a server.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ingot.errors import SourceError
from ingot.sources.rest.entry import Parent
from ingot.sources.rest.history import Run
from ingot.sources.rest.page import MISSING, Number, at, kind_of, parse


def listed(items: Sequence[Mapping[str, str]]) -> Iterator[dict[str, str]]:
    """The entries of a list in ingot.yml, as JSON texts."""
    for item in items:
        yield {name: json.dumps(value) for name, value in item.items()}


def of_parents(parent: Parent, runs: Sequence[Run], folder: Path, known: Run | None = None) -> Iterator[dict[str, str]]:
    """The fields of each record that these readings landed, as JSON texts; equal ones once.

    Args:
        parent: Which fields.
        runs: The readings.
        folder: Where the files of the source are.
        known: A reading whose records are passed over, where they are the same to the letter.

    Raises:
        SourceError: `rest-parent`: a record lacks a field, or a file is gone.
    """
    passed = {
        _mark(line) for record in (known.records if known else ()) for line in _lines(parent, folder / record.name)
    }
    seen: set[bytes] = set()
    for record in (record for run in runs for record in run.records):
        for line in _lines(parent, folder / record.name):
            if passed and _mark(line) in passed:
                continue
            fields = _fields(parent, line)
            mark = _mark(json.dumps(fields).encode())
            if mark not in seen:
                seen.add(mark)
                yield fields


def _mark(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=12).digest()


def _lines(parent: Parent, path: Path) -> Iterator[bytes]:
    try:
        with gzip.open(path) as file:
            yield from file
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(
            f"records of {parent.resource!r} are needed again, but {path} cannot be read: {error}",
            hint="bring it back from the archive or from a copy",
            code="rest-parent",
        ) from error


def _fields(parent: Parent, line: bytes) -> dict[str, str]:
    record = parse(line.decode())
    found: dict[str, str] = {}
    for name, path in parent.fields.items():
        value = at(record, path)
        if isinstance(value, Number):
            found[name] = value
        elif isinstance(value, str) and value:
            found[name] = json.dumps(value)
        else:
            what = "is not there" if value is MISSING else "is empty" if value == "" else f"is {kind_of(value)}"
            raise SourceError(
                f"a record of {parent.resource!r} gives no {name!r}: {path!r} {what}",
                hint="correct `for_each.fields`: each must be a text or a number in every record",
                code="rest-parent",
            )
    return found

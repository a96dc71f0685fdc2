"""One read that is compared with Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

METADATA = (
    "file_path", "file_name", "file_size", "file_block_start", "file_block_length", "file_modification_time",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A read: format, files, options as a user writes them, perhaps a schema, fields of `_metadata` to compare."""

    name: str
    format: str
    files: Mapping[str, bytes]
    options: Mapping[str, str] = field(default_factory=dict)
    schema: str | None = None
    metadata: tuple[str, ...] = ()
    known_difference: str | None = None

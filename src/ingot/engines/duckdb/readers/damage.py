"""Files whose bytes cannot be had, and which endings mean that they are compressed."""

from __future__ import annotations

from ingot.errors import DataError

COMPRESSED = (".gz", ".bz2", ".zst", ".deflate")


def broken_file(path: str, error: Exception) -> DataError:
    """The error for a file whose bytes cannot be had."""
    what = str(error).splitlines()[0] if str(error) else type(error).__name__
    return DataError(
        f"{path} is damaged or cut off: {what}",
        code="broken-file",
        hint="land the file again from its source",
    )

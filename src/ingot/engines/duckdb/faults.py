"""DuckDB's exceptions as Ingot's errors.

Owns the wording of what goes wrong while a query runs. Never catches anything that is not DuckDB's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from ingot.errors import DataError, IngotError, LakeError, Location, UnsupportedError

_SPARK_NAMES = {
    "INT8": "tinyint", "INT16": "smallint", "INT32": "int", "INT64": "bigint", "INT128": "decimal(38,0)",
    "VARCHAR": "string", "BLOB": "binary", "TIMESTAMP WITH TIME ZONE": "timestamp",
    "TIMESTAMP": "timestamp_ntz",
}  # fmt: skip
_TYPE = re.compile(r"\b(INT8|INT16|INT32|INT64|INT128|VARCHAR|BLOB|TIMESTAMP WITH TIME ZONE|TIMESTAMP)\b")
_DAMAGED = re.compile(r"magic bytes|parquet|thrift|snappy|footer|corrupt|decompress", re.IGNORECASE)
_MISSING_MODULE = re.compile(r"Required module '(\w+)'|'(\w+)' is required for this operation")
# The dialect raises by casting its message to a type, which DuckDB quotes.
_RAISED = re.compile(
    r"Could not convert string (['\"])(?P<cast>[A-Z][A-Z0-9_.]+: .*)\1 to \w+"
    r"|field format: \"(?P<time>[A-Z][A-Z0-9_.]+: .*|.* does not have the form .*)\", expected"
    r"|while executing the UDF: ValueError: (?P<kernel>[A-Z][A-Z0-9_.]+: .*)",
    re.DOTALL,
)
_NO_TIME = re.compile(r"invalid (\w+) field format: \"(.*?)\", expected format", re.DOTALL)
_TOO_LONG = re.compile(r"Maximum line size of (\d+) bytes exceeded\. Actual Size: ?(\d+) bytes")
_TOO_LARGE = re.compile(r"Type \S+ with value (.+?) can't be cast because .* destination type (.+)")
_STREAM = "C Data interface error: "  # how arro3 introduces what a stream reports
_TRY_CAST = "try_cast gives NULL for values that do not fit"


@contextmanager
def faults(location: Location | None) -> Iterator[None]:
    """Raise what DuckDB raises in this block as an IngotError at `location`, the original as its cause."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise KeyboardInterrupt from error
    except duckdb.Error as error:
        raise translated(str(error)).at(location) from error
    except RuntimeError as error:
        if str(error) != "Query interrupted":  # how the client words a Ctrl-C while DuckDB runs
            raise
        raise KeyboardInterrupt from error


@contextmanager
def stream_faults(location: Location | None) -> Iterator[None]:
    """Raise what arro3 raises for a stream of DuckDB's as an IngotError; it has no class of its own for that."""
    try:
        yield
    except Exception as error:
        if not str(error).startswith(_STREAM):
            raise
        if "INTERRUPT Error" in str(error):
            raise KeyboardInterrupt from error
        raise translated(str(error).removeprefix(_STREAM)).at(location) from error


def translated(text: str) -> IngotError:
    """The IngotError that says what DuckDB's message says."""
    kind, _, message = _first_line(text).partition(" Error: ")
    message = message or kind
    missing = _MISSING_MODULE.search(text)
    if missing is not None:
        package = missing.group(1) or missing.group(2)
        return UnsupportedError(
            f"a Python function in SQL needs the package {package}",
            hint=f"pip install {package}",
            code="missing-package",
        )
    if (long := _TOO_LONG.search(text)) is not None:
        return DataError(
            f"a line of a file has {int(long[2]):,} bytes, and at most {int(long[1]):,} are read",
            hint="is it text, with line ends? `format => 'binaryFile'` reads any file whole",
            code="line-too-long",
        )
    said = _RAISED.search(text)
    if said is not None:
        return _raised(said["cast"] or said["time"] or said["kernel"])
    match kind:
        case "Out of Memory":
            hint = "raise memory_limit in ingot.yml, or lower threads"
            return LakeError(f"not enough memory: {message}", hint=hint, code="out-of-memory")
        case "IO":
            return _io_error(text, message)
        case "Out of Range" if message.startswith("Overflow in "):
            message = f"ARITHMETIC_OVERFLOW: {_in_sparks_words(message)}"
            return DataError(
                message, hint="try_add, try_subtract and try_multiply give NULL; or cast to a wider type first"
            )
        case "Conversion" | "Out of Range":
            return DataError(_conversion(_in_sparks_words(message)), hint=_TRY_CAST)
        case "Invalid Input" if message.startswith("More than one row returned by a subquery"):
            hint = "let it give one: with max(…), or LIMIT 1"
            return DataError("a subquery that is used as a value gave more than one row", hint=hint)
        case "Binder" | "Parser" | "Catalog" | "Not implemented":
            return UnsupportedError(f"DuckDB cannot evaluate this query: {message}", code="cannot-evaluate")
    if _DAMAGED.search(message):
        return LakeError(f"a data file cannot be read: {message}", code="damaged-file")
    return DataError(message)


def _raised(said: str) -> DataError:
    """The error that a query of the dialect raises: its text tells the class, what happened and what to do."""
    message, _, hint = said.partition("; use ")
    if hint:
        return DataError(message, hint=f"use {hint}")
    if " does not have the form " in message:
        return DataError(message, hint="try_to_timestamp(text, pattern) gives NULL for values that do not fit")
    return DataError(message, hint=_TRY_CAST if message.startswith("CAST_INVALID_INPUT") else None)


def _conversion(message: str) -> str:
    """What DuckDB says of a value that does not fit its new type, in fewer words."""
    found = _NO_TIME.search(message)
    if found is not None:
        return f"CAST_INVALID_INPUT: '{found[2]}' is not a {found[1]}"
    found = _TOO_LARGE.search(message)
    return f"CAST_OVERFLOW: {found[1]} does not fit {found[2]}" if found is not None else message


def _in_sparks_words(message: str) -> str:
    return _TYPE.sub(lambda found: _SPARK_NAMES[found.group()], message)


def _io_error(text: str, message: str) -> IngotError:
    if "No space left" in text or "max_temp_directory_size" in text:
        return LakeError(f"the disk is full: {message}", hint="free some space and run again", code="disk-full")
    if "No files found" in text or "Cannot open file" in text:
        return LakeError(f"a data file is missing: {message}", code="missing-file")
    return LakeError(message, code="input-output")


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "unknown error"

"""Files of one run, kept where no reader looks until the run has come to its end.

Owns their form: rows as lines of JSON (gzip), Arrow tables as Parquet; and that no secret is in them. What a run has
read and the state after it get visible in one step, so a run that fails or is killed has read nothing. Never decides
whether something is new.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ingot.errors import DataError, SourceError
from ingot.lake.landing import Partial, SourceLanding
from ingot.lake.landing_record import LandingRecord, Origin
from ingot.secrets import redacted
from ingot.source import LandContext, LandProgress, LandResult
from ingot.sources.progress import Progress

if TYPE_CHECKING:
    import pyarrow as pa

_FILE_BYTES = 64 * 1024 * 1024  # before compression; of tables that many are held in memory
_GZIP_LEVEL = 6
JSON, PARQUET = "jsonl.gz", "parquet"


class Run:
    """One run of a source that is code: its files until they are landed, and what is told and noted of them.

    Use `close` at its end.
    """

    def __init__(self, source: str, kind: str, code: str, files: SourceLanding, context: LandContext):
        self._source = source
        self._address = f"{kind}:{code}"
        self._digest = hashlib.sha256(code.encode()).hexdigest()
        self._files = files
        self._context = context
        self._partials: list[Partial] = []
        self._progress = Progress()

    def new_file(self) -> Partial:
        self._partials.append(self._files.partial())
        return self._partials[-1]

    def close(self) -> None:
        """Forget the files that were not landed."""
        for partial in self._partials:
            partial.close()

    def show(self, part: str, read: int) -> None:
        """Tell how many bytes of a part have been read, if it is time to."""
        if self._progress.is_due():
            self._context.progress(LandProgress(self._source, part, read, None))

    def origin(self, target: str, run: str, **facts: Any) -> Origin:
        return Origin(target, self._address, self._digest, run=run, **facts)

    def land(self, files: Sequence[tuple[Partial, Origin]]) -> list[LandingRecord]:
        """Make files visible in one step."""
        return self._files.land_together(files, self._context.now()) if files else []

    def result(self, landed: Sequence[LandingRecord], unchanged: int) -> LandResult:
        names = tuple(record.name for record in landed)
        return LandResult(self._source, names, unchanged, sum(record.bytes for record in landed))


def refuse_secret(text: str, message: str, hint: str) -> None:
    """Let nothing land that holds a secret of the project.

    Raises:
        SourceError: `secret-in-data`.
    """
    if redacted(text) != text:
        raise SourceError(message, hint=hint, code="secret-in-data")


@dataclass
class Kept:
    """The files of one resource. `suffix` is the form that all of them have."""

    suffix: str
    partials: list[Partial] = field(default_factory=list)

    @property
    def sha256(self) -> list[str]:
        return [partial.sha256 for partial in self.partials]


class Lines:
    """Rows as lines of JSON, in files of bounded size."""

    suffix = JSON

    def __init__(self, new_file: Callable[[], Partial], encode: Callable[[Any], Any] | None, shown: str):
        self._new_file = new_file
        self._encode = encode
        self._shown = shown
        self._partials: list[Partial] = []
        self._bytes = 0
        self._packed: Any = None

    @property
    def bytes(self) -> int:
        return sum(partial.bytes for partial in self._partials)

    def add(self, rows: Iterable[Any]) -> None:
        lines = [self._line(row) for row in rows]
        if not lines:
            return
        content = b"".join(lines)
        message = f"{self._shown}: its rows hold a secret, and are not landed"
        refuse_secret(content.decode(), message, "let the source leave it out")
        packed = self._packed or self._begin()
        self._partials[-1].write(packed.compress(content))
        self._bytes += len(content)
        if self._bytes >= _FILE_BYTES:
            self._end()

    def finish(self) -> Kept:
        """End the last file; without any row there is one without lines."""
        if not self._partials:
            self._begin()
        if self._packed is not None:
            self._end()
        return Kept(self.suffix, self._partials)

    def _begin(self) -> Any:
        self._partials.append(self._new_file())
        self._packed, self._bytes = zlib.compressobj(_GZIP_LEVEL, wbits=31), 0
        return self._packed

    def _end(self) -> None:
        self._partials[-1].write(self._packed.flush())
        self._packed = None

    def _line(self, row: Any) -> bytes:
        """A row as a line; what is no object gets a name."""
        try:
            text = json.dumps(row, ensure_ascii=False, separators=(",", ":"), default=self._encode)
            return (f"{text}\n" if text.startswith("{") else f'{{"value":{text}}}\n').encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise DataError(
                f"{self._shown}: a row cannot be written as JSON: {error}",
                hint="let the source yield texts, numbers, lists and mappings",
                code="unfit-value",
            ) from None


class Tables:
    """Arrow tables as Parquet files of bounded size; a table with another schema begins a new file."""

    suffix = PARQUET

    def __init__(self, new_file: Callable[[], Partial]):
        self._new_file = new_file
        self._partials: list[Partial] = []
        self._schema: pa.Schema | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_bytes = 0

    @property
    def bytes(self) -> int:
        return sum(partial.bytes for partial in self._partials) + self._waiting_bytes

    def add(self, table: pa.Table) -> None:
        if self._schema is not None and not self._schema.equals(table.schema):
            self._write()
        self._schema = table.schema
        for batch in table.to_batches():
            self._waiting.append(batch)
            self._waiting_bytes += batch.nbytes
            if self._waiting_bytes >= _FILE_BYTES:
                self._write()

    def finish(self) -> Kept:
        """Write what waits; without any row there is one file with the columns."""
        if self._schema is not None and (self._waiting or not self._partials):
            self._write(is_wanted=True)
        return Kept(self.suffix, self._partials)

    def _write(self, *, is_wanted: bool = False) -> None:
        from ingot.sources.parquet_file import write_part

        if self._schema is None or not (self._waiting or is_wanted):
            return
        partial = self._new_file()
        self._partials.append(partial)
        write_part(partial, self._schema, self._waiting, lambda _: None)
        self._waiting, self._waiting_bytes = [], 0


def table_of(item: Any) -> pa.Table | None:
    """What an object of Arrow, pandas or polars holds, as a table; None if it is none of these."""
    if not hasattr(item, "__arrow_c_stream__") and not hasattr(item, "__arrow_c_array__"):
        return None
    import pyarrow as pa

    if type(item).__module__.partition(".")[0] == "pandas":
        return pa.Table.from_pandas(item, preserve_index=False)
    return pa.table(item)

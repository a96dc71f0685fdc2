"""Source kind `spark_data_source`: a data source in Python that was written for Spark, as Parquet.

Owns what lands and when. A batch read lands as a whole when it differs from the one before; each batch of a stream gets
visible in one step with the offset after it.

    sources:
      weather:
        kind: spark_data_source
        source: weather.py:WeatherDataSource     # or package.module:Class
        options: { city: Berlin, key: "${secret:weather}" }
        schema: "city STRING, at TIMESTAMP"      # like .schema(…); else the source's own
        stream: true                             # the stream reader; else the batch reader
        batches: 10                              # of a stream in one run, if it does not end by itself
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from ingot.errors import AnalysisError, SourceError
from ingot.lake.landing_record import LandingRecord, Origin
from ingot.model import SourceSpec
from ingot.source import LandContext, LandResult
from ingot.sources.kept_back import Kept, Run, Tables, refuse_secret
from ingot.sources.options import Options, options_of, project_folder
from ingot.sources.project_code import CodeName, read_code_name, running
from ingot.sources.runs import last_run, new_run
from ingot.types import StructType, from_json, parse_schema

if TYPE_CHECKING:
    from ingot.sources.spark_data_source.streams import Stream

_KEYS = ("source", "options", "schema", "stream", "batches")
_BATCHES_MAX = 100_000


class Source:
    """A data source that Spark would read with `spark.read.format(…)` or `spark.readStream.format(…)`."""

    def __init__(self, spec: SourceSpec) -> None:
        options = options_of(spec, _KEYS)
        self._spec = spec
        self._code: CodeName = read_code_name(options, "source", project_folder(spec).absolute())
        self._options = {name: _text(options, name, value) for name, value in options.mapping("options").items()}
        self._schema = options.text("schema")
        self._is_stream = options.truth("stream")
        self._batches = options.whole_number("batches", 1, 1, _BATCHES_MAX)
        if not self._is_stream and "batches" in spec.options:
            raise options.error("'batches' is of streams", hint="add stream: true")
        if self._schema is not None:
            try:
                parse_schema(self._schema)
            except AnalysisError as error:
                raise options.error(f"'schema' cannot be read: {error.message}") from None

    def land(self, context: LandContext) -> LandResult:
        """See `Source.land`. A batch of a stream that has landed is not read again."""
        _require_arrow()
        from ingot.sources.spark_data_source.stand_in import pyspark

        with (
            pyspark(),
            running(self._code, self._spec.location),
            context.landing.open(self._spec.name) as files,
            closing(Run(self._spec.name, "spark", self._code.text, files, context)) as run,
        ):
            source, schema, columns = self._made()
            records = files.of_resource(None)
            landing = _Landing(self._code.text, columns, run, records, new_run(records, context.now()))
            if self._is_stream:
                self._land_stream(source, schema, landing)
            else:
                landing.whole(_rows(self._reader(source, schema)))
            return landing.result()

    def _made(self) -> tuple[Any, Any, StructType]:
        """The data source, its schema as its readers take it, and the same as ours."""
        from pyspark.sql import types  # pyright: ignore[reportMissingImports]  # or the stand-in
        from pyspark.sql.datasource import CaseInsensitiveDict  # pyright: ignore[reportMissingImports]

        kind = self._code.load()
        if not (isinstance(kind, type) and hasattr(kind, "reader") and hasattr(kind, "streamReader")):
            raise SourceError(
                f"{self._code.text} is no data source of Spark",
                hint="name a class that derives from pyspark.sql.datasource.DataSource",
                code="not-a-source",
            )
        source = kind(options=CaseInsensitiveDict(self._options))
        given = source.schema() if self._schema is None else self._schema
        columns = parse_schema(given) if isinstance(given, str) else from_json(given.json())
        assert isinstance(columns, StructType)
        return source, types.StructType.fromJson(columns.json()), columns

    def _reader(self, source: Any, schema: Any) -> Any:
        try:
            return source.reader(schema)
        except NotImplementedError:
            raise self._has_no("reader", "stream: true reads it as a stream") from None

    def _has_no(self, reader: str, hint: str) -> SourceError:
        return SourceError(f"{self._code.text} has no {reader}", hint=hint, code="no-reader")

    def _land_stream(self, source: Any, schema: Any, landing: _Landing) -> None:
        from ingot.sources.spark_data_source.streams import stream_of

        try:
            stream = stream_of(source, schema)
        except NotImplementedError:
            raise self._has_no("reader of streams", "leave out stream: true, to read it as a whole") from None
        try:
            self._land_batches(stream, landing)
        finally:
            stream.stop()

    def _land_batches(self, stream: Stream, landing: _Landing) -> None:
        """Land one batch after the other. What was landed last may not have been confirmed: that is done again."""
        known = landing.offset()
        if known is not None:
            stream.commit(known)
        start = stream.first() if known is None else known
        for _ in range(_BATCHES_MAX if stream.ends_by_itself else self._batches):
            batch = stream.next(start)
            if batch is None:
                return
            landing.batch(batch.rows, batch.end)
            stream.commit(batch.end)
            start = batch.end


class _Landing:
    """What one run lands, after what is there."""

    def __init__(self, shown: str, columns: StructType, run: Run, records: list[LandingRecord], name: str):
        self._shown = shown
        self._columns = columns
        self._run = run
        self._records = records
        self._name = name
        self._landed: list[LandingRecord] = []
        self._unchanged = 0

    def result(self) -> LandResult:
        return self._run.result(self._landed, self._unchanged)

    def offset(self) -> Any:
        """Where the stream goes on; None at its beginning."""
        offsets = [record.cursor for record in self._records if record.cursor is not None]
        return offsets[-1] if offsets else None

    def whole(self, rows: Iterable[Any]) -> None:
        """Land all rows, unless they are those of the last run."""
        kept = self._kept(rows)
        previous = last_run(self._records)
        if [record.sha256 for record in previous] == kept.sha256 and previous[-1].cursor is None:
            self._unchanged = len(kept.partials)
            return
        numbers = range(1, len(kept.partials) + 1)
        self._land([self._origin(kept, f"{self._name}/part-", number) for number in numbers], kept)

    def batch(self, rows: Iterable[Any], end: Any) -> None:
        """Land the rows of a batch and the offset after them."""
        message = "the offset of the stream holds a secret, and is not landed"
        refuse_secret(str(end), message, "let the data source keep it out of its offsets")
        kept = self._kept(rows)
        first = len(self._landed) + 1
        cursors = [*[None] * (len(kept.partials) - 1), end]
        numbered = enumerate(cursors, first)
        self._land([self._origin(kept, f"{self._name}-", number, cursor) for number, cursor in numbered], kept)

    def _kept(self, rows: Iterable[Any]) -> Kept:
        from ingot.sources.spark_data_source.rows import schema_of, tables

        schema = schema_of(self._columns)
        writer = Tables(self._run.new_file)
        writer.add(schema.empty_table())
        for table in tables(rows, self._columns, schema):
            writer.add(table)
            self._run.show(self._shown, writer.bytes)
        return writer.finish()

    def _origin(self, kept: Kept, stem: str, number: int, cursor: Any = None) -> Origin:
        return self._run.origin(f"{stem}{number:04}.{kept.suffix}", self._name, cursor=cursor, page=number)

    def _land(self, origins: list[Origin], kept: Kept) -> None:
        self._landed += self._run.land(list(zip(kept.partials, origins, strict=True)))


def _rows(reader: Any) -> Iterator[Any]:
    """All rows of a batch reader, part by part."""
    from pyspark.sql.datasource import InputPartition  # pyright: ignore[reportMissingImports]

    try:
        partitions = list(reader.partitions())
    except NotImplementedError:  # what the first release of Spark with data sources has
        partitions = []
    for partition in partitions or [InputPartition(None)]:
        yield from reader.read(partition)


def _text(options: Options, name: str, value: Any) -> str:
    """An option as Spark gives it to a data source: as text. It may be a secret, and is not shown."""
    if not isinstance(value, str | int | float):
        raise options.error(
            f"'options.{name}' must be text or a number, not a {type(value).__name__}", code="wrong-type"
        )
    return str(value).lower() if isinstance(value, bool) else str(value)


def _require_arrow() -> None:
    try:
        importlib.import_module("pyarrow")
    except ImportError as error:
        raise SourceError(
            f"a source of kind spark_data_source needs the package pyarrow: {error}",
            hint="pip install 'ingot[spark-data-source]'",
            code="missing-package",
        ) from None

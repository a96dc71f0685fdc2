"""`pyspark.sql.DataFrameReader` and `DataStreamReader`: from options and a path or a name to a leaf.

Owns the readers' methods and formats. Never opens a file or a table.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ingot.definitions.names import split_name
from ingot.definitions.spark.place import here
from ingot.definitions.spark.types import to_schema
from ingot.errors import DefinitionError, Location, UnsupportedError, near_hint
from ingot.types import StructType

if TYPE_CHECKING:
    from ingot.definitions.spark.dataframe import DataFrame
    from ingot.definitions.spark.session import SparkSession

_INFERS = {"csv": False, "xml": False}  # what Spark's own readers do unless told; the others always know types
_TABLE_FORMATS = ("delta", "table")


class DataFrameReader:
    """Options, then what to read; the methods that set something give the reader itself."""

    is_streaming = False

    def __init__(self, session: SparkSession):
        self._session = session
        self._format: str | None = None
        self._options: dict[str, str] = {}
        self._schema: StructType | None = None

    def format(self, source: str) -> Any:
        self._format = source
        return self

    def option(self, key: str, value: Any) -> Any:
        if value is not None:
            self._options[key] = str(value).lower() if isinstance(value, bool) else str(value)
        return self

    def options(self, **options: Any) -> Any:
        for key, value in options.items():
            self.option(key, value)
        return self

    def schema(self, schema: Any) -> Any:
        self._schema = to_schema(schema)
        return self

    # --- what to read ---

    def table(self, tableName: str) -> DataFrame:
        from ingot.definitions.reads import Names, table_read

        place = here()
        load = self._session._load
        options = {k.lower(): v for k, v in self._options.items()}
        if tableName.strip("`").lower() in self._session.views:
            self._refuse_changes_of_view(tableName, options, place)
            return self._session.view(tableName.strip("`"))
        version = _version(options)
        parts = tuple(split_name(tableName))
        read = table_read(Names(load.project, *load.defaults), parts, self.is_streaming, version, place, options)
        return self._session.frame_of(read)

    def _refuse_changes_of_view(self, name: str, options: dict[str, str], place: Location | None) -> None:
        if any(options.get(option, "").lower() == "true" for option in ("readchangefeed", "readchangedata")):
            raise UnsupportedError(
                f"{name} is a view: it has no change data feed",
                location=place,
                hint="read the feed of the table that the view reads",
                code="no-change-feed",
            )

    def load(self, path: Any = None, format: str | None = None, schema: Any = None, **options: Any) -> DataFrame:
        if format is not None:
            self.format(format)
        if schema is not None:
            self.schema(schema)
        self.options(**options)
        self._refuse_services()
        paths = _paths(path if path is not None else self._options.pop("path", None), here())
        frames = [self._load_one(p) for p in paths]
        result = frames[0]
        for frame in frames[1:]:
            result = result.unionByName(frame)
        return result

    def _refuse_services(self) -> None:
        """A format that is neither of files nor of tables: an event stream, a database, a source of the user's own."""
        from ingot.definitions.reads import FILE_FORMATS

        chosen = (self._format or "parquet").lower()
        if chosen not in FILE_FORMATS and chosen not in (*_TABLE_FORMATS, "cloudfiles"):
            raise UnsupportedError(
                f"reading from {self._format!r} is not supported",
                location=here(),
                hint=self._landing_hint(chosen),
                code="unsupported-source",
            )

    def _landing_hint(self, chosen: str) -> str:
        """How the rows of a format get here: of the project's own, by a source."""
        own = self._session.data_sources.get(chosen)
        if own is None:
            return "bring its rows as files: spark.read of a folder, or Auto Loader for what arrives"
        return (
            f"land it by a source of ingot.yml, kind: spark_data_source, source: <file>.py:{own.__name__}, and read "
            "the files from ${landing}/<source>"
        )

    def _load_one(self, path: str) -> DataFrame:
        from ingot.definitions.reads import file_read

        place = here()
        chosen = self._format or "parquet"
        folded = chosen.lower()
        if folded in _TABLE_FORMATS:
            return self._load_table(path, place)
        is_autoloader = folded == "cloudfiles"
        options = dict(self._options)
        if not is_autoloader:
            options["format"] = chosen
        elif not any(k.lower() == "cloudfiles.format" for k in options):
            raise DefinitionError(
                "Auto Loader is not told the format of the files",
                location=place,
                hint='add .option("cloudFiles.format", "csv")',
                code="missing-format",
            )
        read = file_read(
            self._session._load.project,
            path,
            options,
            self.is_streaming,
            is_autoloader,
            infer_types=False if is_autoloader else _INFERS.get(folded, True),
            location=place,
            has_schema=self._schema is not None,
        )
        if self._schema is not None:
            read = replace(read, schema=self._schema)
        return self._session.frame_of(read)

    def _load_table(self, path: str, place: Location | None) -> DataFrame:
        from ingot.definitions.reads import Names, table_read

        load = self._session._load
        if "/" not in path and not path.startswith("."):
            return self.table(path)
        options = {k.lower(): v for k, v in self._options.items()}
        parts = ("delta", path)
        names = Names(load.project, *load.defaults)
        read = table_read(names, parts, self.is_streaming, _version(options), place, options)
        return self._session.frame_of(read)

    # --- formats by name ---

    def csv(self, path: Any, schema: Any = None, **options: Any) -> DataFrame:
        return self.load(path, "csv", schema, **options)

    def json(self, path: Any, schema: Any = None, **options: Any) -> DataFrame:
        return self.load(path, "json", schema, **options)

    def parquet(self, *paths: str, **options: Any) -> DataFrame:
        return self.load(list(paths), "parquet", **options)

    def text(self, paths: Any, wholetext: bool = False, lineSep: str | None = None, **options: Any) -> DataFrame:
        return self.load(paths, "text", wholetext=wholetext or None, lineSep=lineSep, **options)

    def orc(self, path: Any, **options: Any) -> DataFrame:
        return self.load(path, "orc", **options)

    def xml(self, path: Any, schema: Any = None, **options: Any) -> DataFrame:
        return self.load(path, "xml", schema, **options)

    def delta(self, path: str) -> DataFrame:
        return self.load(path, "delta")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedError(
            f"the reader has no {name!r}",
            location=here(),
            hint=near_hint(
                name, [m for m in dir(type(self)) if not m.startswith("_")], "read files, or tables by name"
            ),
            code="unsupported-method",
        )


class DataStreamReader(DataFrameReader):
    """The same for a stream: only what is new since the last update is read."""

    is_streaming = True

    def name(self, source_name: str) -> DataStreamReader:
        """Accepted: a stream's progress is kept by its flow and its place in the query."""
        return self


def _paths(path: Any, place: Location | None) -> list[str]:
    given = [path] if isinstance(path, str | Path) else list(path or [])
    if not given:
        raise DefinitionError("nothing says where to read", location=place, hint="give load() a path")
    return [str(p) for p in given]


def _version(options: dict[str, str]) -> int | str | None:
    if "versionasof" in options:
        return int(options.pop("versionasof"))
    return options.pop("timestampasof", None)

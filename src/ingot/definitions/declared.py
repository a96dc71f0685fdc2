"""The columns that can be known while definitions are loaded: those that a read declares, and those of files.

Owns the catalog that answers `df.schema` and `df.columns` outside of a query function. Looks into files to learn their
columns, as Spark does, and at Delta tables by their path; what a table of the pipeline holds is not known yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingot.definitions.mapped import mapped_table
from ingot.definitions.spark.place import here
from ingot.engine import load_engine
from ingot.errors import UnsupportedError
from ingot.files import list_files
from ingot.model import FileRead, Project, Query, Read, TableRead, ValuesRead
from ingot.types import StructType

if TYPE_CHECKING:
    from ingot.lake.snapshot import Snapshot


@dataclass(frozen=True)
class DeclaredColumns:
    """A catalog without a lake."""

    project: Project

    def schema_of(self, read: Read) -> StructType:
        match read:
            case ValuesRead():
                return read.schema
            case FileRead():
                return read.schema or self._inferred(read)
            case TableRead() if is_outside(read):
                return outside_snapshot(read).schema
            case TableRead():
                raise UnsupportedError(
                    f"the columns of {read.name.short} are not known while definitions are loaded",
                    location=here(),
                    hint="ask for them within the query function",
                    code="schema-at-load",
                )

    def _inferred(self, read: FileRead) -> StructType:
        engine = load_engine(self.project)
        try:
            return engine.infer_schema(read, list_files(read))
        finally:
            engine.close()

    def view_of(self, read: Read) -> Query | None:
        """The query that stands for a mapped table."""
        return mapped_table(self.project, read) if isinstance(read, TableRead) else None


def is_outside(read: Read) -> bool:
    """Whether what is read is there before the pipeline is: files, values, a version of a Delta table by its path."""
    if not isinstance(read, TableRead):
        return True
    is_folder = not read.name.catalog and read.name.schema == "delta"
    return is_folder and not read.reads_changes and not isinstance(read.version, str)


def outside_snapshot(read: TableRead) -> Snapshot:
    """The version of a Delta table by its path that a read asks for."""
    from ingot.lake.foreign import open_foreign

    table = open_foreign(Path(read.name.table), read.name)
    return table.snapshot() if read.version is None else table.snapshot(version=int(read.version))

"""The columns that can be known while definitions are loaded: those that a read declares, and those of files.

Owns the catalog that answers `df.schema` and `df.columns` outside of a query function. Looks into files to learn their
columns, as Spark does, and runs no query; what a table of the pipeline holds is not known yet.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingot.definitions.mapped import mapped_table
from ingot.definitions.spark.place import here
from ingot.engine import load_engine
from ingot.errors import UnsupportedError
from ingot.files import list_files
from ingot.model import FileRead, Project, Query, Read, TableRead, ValuesRead
from ingot.types import StructType


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

"""Reading through delta-rs, for what Ingot does not read itself.

Owns three things: the rows of tables with features that plain Parquet reading would get wrong, the rows of
Parquet files of a log (checkpoints), and writing log checkpoints. delta-rs is imported when one of these is
needed, because it takes 75 to 130 ms. Never writes a table's data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ingot.errors import LakeError


def read_parquet_rows(paths: list[Path]) -> Iterator[Mapping[str, Any]]:
    """The rows of Parquet files of a log, as Python values; maps come as lists of pairs.

    Raises:
        LakeError: `damaged-log`.
    """
    from deltalake import QueryBuilder
    from deltalake.exceptions import DeltaError

    for path in paths:
        builder = QueryBuilder()
        location = str(path).replace("'", "''")
        try:
            builder.execute(f"CREATE EXTERNAL TABLE log_rows STORED AS PARQUET LOCATION '{location}'").read_all()
            reader = builder.execute("SELECT * FROM log_rows")
            for batch in reader:
                columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
                for index in range(batch.num_rows):
                    yield {name: values[index] for name, values in columns.items()}
        except (DeltaError, OSError) as error:
            raise LakeError(f"{path} cannot be read: {error}", code="damaged-log") from error


def open_rows(root: Path, version: int, columns: list[str]) -> Any:
    """The rows of a table's version as a stream with `__arrow_c_stream__`.

    Raises:
        LakeError: `unsupported-table`, when delta-rs does not read the table, or not with these columns.
    """
    from deltalake import DeltaTable, QueryBuilder
    from deltalake.exceptions import DeltaError

    try:
        table = DeltaTable(root, version=version)
        found = [field.name for field in table.schema().fields]
        if found != columns:
            raise LakeError(f"{root} cannot be read: delta-rs sees the columns {found}", code="unsupported-table")
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        return QueryBuilder().register("delta_rows", table).execute(f"SELECT {names} FROM delta_rows")
    except (DeltaError, OSError, ValueError) as error:
        raise LakeError(f"{root} cannot be read: {str(error).splitlines()[0]}", code="unsupported-table") from error


def write_log_checkpoint(root: Path, version: int) -> bool:
    """Write the checkpoint of a version in the classic Parquet form; False when delta-rs cannot."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError

    try:
        DeltaTable(root, version=version).create_checkpoint()
    except (DeltaError, OSError):
        return False
    return True

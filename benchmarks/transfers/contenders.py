"""Those who bring data into files, each in a process of its own.

    python contenders.py NAME FOLDER ADDRESS …    # prints the seconds that it took, without its start

`ingot_…` need Ingot, all others what they are named after. Nothing but Ingot makes a digest, a record, or what it wrote
durable.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

COLUMNS = "id, customer, status, price, discount, shipped, modified, note"
_CHUNK_BYTES = 256 * 1024
_PASSWORD = "LANDING_PASSWORD"  # of the environment


def _land(folder: Path, kind: str, options: dict[str, Any]) -> Callable[[], Sequence[str]]:
    from ingot.lake.landing import Landing
    from ingot.model import SourceSpec
    from ingot.source import LandContext, load_source

    source, context = load_source(SourceSpec("bench", kind, options)), LandContext(Landing(folder))
    return lambda: source.land(context).landed


# --- a file -------------------------------------------------------------------------------------------------------


def ingot_file(folder: Path, url: str) -> Callable[[], object]:
    return _land(folder, "http", {"url": url, "name": "file.bin"})


def httpx_file(folder: Path, url: str) -> Callable[[], object]:
    import httpx  # pyright: ignore[reportMissingImports]

    def act() -> None:
        with httpx.stream("GET", url) as response, (folder / "file.bin").open("wb") as file:
            for chunk in response.iter_raw(_CHUNK_BYTES):
                file.write(chunk)

    return act


# --- pages --------------------------------------------------------------------------------------------------------


def ingot_pages(folder: Path, url: str, pages: str, parallel: str) -> Callable[[], object]:
    items = {"path": f"/items/{pages}", "records": "items", "paging": {"kind": "offset", "total": "total"}}
    act = _land(folder, "rest", {"url": url, "parallel": int(parallel), "resources": {"items": items}})

    def checked() -> None:
        assert len(act()) == int(pages)

    return checked


def httpx_pages(folder: Path, url: str, pages: str) -> Callable[[], object]:
    import httpx  # pyright: ignore[reportMissingImports]

    def act() -> None:
        with httpx.Client() as client:
            for page in range(int(pages)):
                (folder / f"{page}.json").write_bytes(client.get(f"{url}/items/{pages}?offset={page * 100}").content)

    return act


# --- a table ------------------------------------------------------------------------------------------------------


def ingot_table(folder: Path, port: str, user: str, table: str) -> Callable[[], object]:
    import pyarrow.parquet  # noqa: F401  (as for all others, not what is measured)

    url = f"postgresql://{user}@127.0.0.1:{port}/shop"
    return _land(folder, "database", {"url": url, "password": os.environ[_PASSWORD], "tables": [table]})


def adbc_table(folder: Path, port: str, user: str, table: str) -> Callable[[], object]:
    """What the driver gives, written as it comes by one connection; decimals stay texts."""
    import pyarrow.parquet as pq
    from adbc_driver_postgresql import dbapi

    def act() -> None:
        with dbapi.connect(_uri(port, user)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT {COLUMNS.replace('price', 'price::text AS price')} FROM {table}")
            reader = cursor.fetch_record_batch()
            options: Any = {"compression": "zstd", "compression_level": 1}
            with pq.ParquetWriter(folder / "table.parquet", reader.schema, **options) as writer:
                for batch in reader:
                    writer.write_batch(batch)

    return act


def connectorx_table(folder: Path, port: str, user: str, table: str) -> Callable[[], object]:
    """By four connections, as its documentation recommends it for speed; all rows in memory, then written."""
    import connectorx  # pyright: ignore[reportMissingImports]
    import pyarrow.parquet as pq

    def act() -> None:
        rows = connectorx.read_sql(
            _uri(port, user), f"SELECT {COLUMNS} FROM {table}", return_type="arrow", partition_on="id", partition_num=4
        )
        pq.write_table(rows, folder / "table.parquet", compression="zstd", compression_level=1)

    return act


def dlt_table(folder: Path, port: str, user: str, table: str) -> Callable[[], object]:
    """As its documentation recommends it for speed: the Arrow backend, files of Parquet."""
    import dlt  # pyright: ignore[reportMissingImports]
    from dlt.sources.sql_database import sql_table  # pyright: ignore[reportMissingImports]

    def act() -> None:
        pipeline = dlt.pipeline(
            "bench",
            destination=dlt.destinations.filesystem(f"file://{folder}/out"),
            dataset_name="shop",
            pipelines_dir=str(folder / "state"),
        )
        uri = _uri(port, user).replace("postgresql://", "postgresql+psycopg2://")
        rows = sql_table(credentials=uri, table=table, backend="pyarrow", chunk_size=100_000)
        pipeline.run(rows, loader_file_format="parquet")

    return act


def _uri(port: str, user: str) -> str:
    from urllib.parse import quote

    return f"postgresql://{user}:{quote(os.environ[_PASSWORD], safe='')}@127.0.0.1:{port}/shop"


if __name__ == "__main__":
    act = globals()[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
    started = time.perf_counter()
    act()
    print(f"STEP {time.perf_counter() - started}")

"""Landing a PostgreSQL table as Parquet: Ingot, the bare driver, and dlt, in processes of their own.

    python benchmarks/landing_database.py [--rows 10000000] [--rounds 2] [--only ingot driver dlt]

Starts a PostgreSQL of its own in a temporary folder (needs its programs, as the tests of sources do), fills one table
of eight columns, and reads it with each; shows seconds and peak memory. dlt is measured if it can be imported.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
COLUMNS = "id, customer, status, price, discount, shipped, modified, note"
TABLE = """
CREATE UNLOGGED TABLE lines (
    id bigint PRIMARY KEY, customer int, status text, price numeric(12,2),
    discount double precision, shipped date, modified timestamptz NOT NULL, note varchar(40))"""
FILL = """
INSERT INTO lines
SELECT i, i % 100000, (ARRAY['new', 'paid', 'sent', 'gone'])[1 + i % 4], (i % 1000000) / 100.0, i / 7.0,
       date '2020-01-01' + (i % 1000)::int, timestamptz '2024-01-01' + i * interval '1 second', md5(i::text)
FROM generate_series(1, {rows}) i"""


def land_ingot(port: int, folder: Path, password: str) -> None:
    from ingot.lake.landing import Landing
    from ingot.model import SourceSpec
    from ingot.source import LandContext, load_source

    options = {"url": f"postgresql://reader@127.0.0.1:{port}/shop", "password": password, "tables": ["lines"]}
    load_source(SourceSpec("shop", "database", options)).land(LandContext(Landing(folder)))


def land_driver(port: int, folder: Path, password: str) -> None:
    """What the driver gives, written as it comes; decimals stay texts."""
    import pyarrow.parquet as pq
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(_uri(port, password)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS.replace('price', 'price::text AS price')} FROM lines")
        reader = cursor.fetch_record_batch()
        with pq.ParquetWriter(
            folder / "lines.parquet", reader.schema, compression="zstd", compression_level=1
        ) as writer:
            for batch in reader:
                writer.write_batch(batch)


def land_dlt(port: int, folder: Path, password: str) -> None:
    """dlt as its documentation recommends it for speed: the Arrow backend, Parquet files."""
    import dlt
    from dlt.sources.sql_database import sql_table

    pipeline = dlt.pipeline(
        "lines",
        destination=dlt.destinations.filesystem(f"file://{folder}/out"),
        dataset_name="shop",
        pipelines_dir=str(folder / "state"),
    )
    uri = _uri(port, password).replace("postgresql://", "postgresql+psycopg2://")
    table = sql_table(credentials=uri, table="lines", backend="pyarrow", chunk_size=100_000)
    pipeline.run(table, loader_file_format="parquet")


CONTENDERS = {"ingot": land_ingot, "driver": land_driver, "dlt": land_dlt}


def _uri(port: int, password: str) -> str:
    from urllib.parse import quote

    return f"postgresql://reader:{quote(password, safe='')}@127.0.0.1:{port}/shop"


def measure(name: str, port: int, password: str) -> tuple[float, float, float] | None:
    """Seconds, of those of the processor, and peak MiB of one process that lands the table; None if it cannot."""
    folder = Path(tempfile.mkdtemp(prefix="landing-"))
    try:
        command = [sys.executable, __file__, "--land", name, str(port), str(folder), password]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return None
        seconds, cpu, peak = (float(number) for number in done.stdout.split()[-3:])
        return seconds, cpu, peak
    finally:
        shutil.rmtree(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=list(CONTENDERS), choices=list(CONTENDERS))
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    from sources.database.servers import PASSWORD, postgresql, postgresql_connection, postgresql_programs

    programs = postgresql_programs()
    if programs is None:
        sys.exit("needs PostgreSQL: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="ingot-db-"))
    folder.chmod(0o755)
    found: dict[str, list[tuple[float, float, float]]] = {name: [] for name in arguments.only}
    try:
        with postgresql(folder / "pg", programs) as server:
            with postgresql_connection(server.port) as cursor:
                cursor.execute(TABLE)
                cursor.execute(FILL.format(rows=arguments.rows))
                cursor.execute("VACUUM ANALYZE lines")
            for _ in range(arguments.rounds):
                for name in arguments.only:
                    one = measure(name, server.port, PASSWORD)
                    if one is not None:
                        found[name].append(one)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n| PostgreSQL, {arguments.rows:,} rows | seconds | rows/s | processor (s) | peak memory (MiB) |")
    print("|---|---:|---:|---:|---:|")
    for name, runs in found.items():
        if runs:
            seconds = statistics.median(run[0] for run in runs)
            cpu, peak = statistics.median(run[1] for run in runs), max(run[2] for run in runs)
            print(f"| {name} | {seconds:.2f} | {arguments.rows / seconds:,.0f} | {cpu:.2f} | {peak:,.0f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--land"]:
        name, port, folder, password = sys.argv[2:]
        start = time.perf_counter()
        CONTENDERS[name](int(port), Path(folder), password)
        seconds, used = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
        print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
    else:
        main()

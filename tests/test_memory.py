"""A project whose data is ten times its memory limit runs, and its process stays small."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ingot.connection import connect

LIMIT_MB = 128
# The limit is DuckDB's buffers. On top come Python and the libraries (about 110 MB); measured: 236 MB.
PEAK_MB = 400
FILES, ROWS_PER_FILE = 5, 1_000_000
KEYS_SHARED = 250_000  # each file repeats that many keys of the one before it
ROW = """
    (i * 7919) % 1000000 + {file} * 750000 AS id, 'c' || (i * 104729) % 1000 AS customer, i % 97 AS amount,
    repeat(chr((97 + i % 26)::INT), 60) || i AS note, repeat(md5(i::VARCHAR), 4) AS detail,
    TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL (i) SECOND AS at"""

DEFINITIONS = {
    "ingot.yml": f"name: large\nmemory_limit: {LIMIT_MB}MB\nthreads: 1\n",
    "transformations/pipeline.sql": """
        CREATE STREAMING TABLE bronze.events AS
        SELECT * FROM STREAM read_files('in', format => 'parquet', maxFilesPerTrigger => 2);

        CREATE MATERIALIZED VIEW silver.latest AS SELECT * EXCEPT (place) FROM (
          SELECT *, row_number() OVER (PARTITION BY id ORDER BY at DESC) AS place FROM bronze.events
        ) WHERE place = 1;

        CREATE MATERIALIZED VIEW gold.customers AS
        SELECT customer, count(*) AS events, sum(amount) AS amount, max(at) AS last
        FROM silver.latest GROUP BY customer;
        """,
    "transformations/first_seen.py": """
from pyspark import pipelines as dp


@dp.table(name="silver.first_seen")
def first_seen():
    return spark.readStream.table("bronze.events").dropDuplicates(["id"])
""",
}


def make_data(folder: Path) -> int:
    """Write the files; returns the bytes that their values take in memory."""
    folder.mkdir()
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1; SET preserve_insertion_order = false; SET TimeZone = 'UTC'")
        for file in range(FILES):
            first, end = file * ROWS_PER_FILE, (file + 1) * ROWS_PER_FILE
            rows = f"SELECT {ROW.format(file=file)} FROM range({first}, {end}) r(i)"
            connection.execute(f"COPY ({rows}) TO '{folder}/{file}.parquet' (FORMAT parquet)")
        sizes = "sum(strlen(customer) + strlen(note) + strlen(detail) + 3 * 16 + 3 * 8)"
        size = connection.sql(f"SELECT {sizes} FROM '{folder}/*.parquet'").fetchall()[0][0]
    return int(size)


# A process begins with the peak of the one that started it (Linux carries it over exec), so a small one stands between.
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def peak_mb(command: list[str], folder: Path) -> float:
    """Run a command to its end; the most memory that it had resident."""
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(done.stdout) / 1024


@pytest.mark.slow
def test_data_of_ten_times_the_memory_limit_runs_in_a_small_process(tmp_path: Path) -> None:
    assert make_data(tmp_path / "in") > 10 * LIMIT_MB * 1_000_000
    for name, content in DEFINITIONS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    peak = peak_mb([sys.executable, "-m", "ingot.cli", "run"], tmp_path)
    keys = ROWS_PER_FILE + (FILES - 1) * (ROWS_PER_FILE - KEYS_SHARED)
    with connect(tmp_path) as lake:
        counts = [
            lake.sql(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for table in ("bronze.events", "silver.latest", "silver.first_seen")
        ]
        found = lake.sql("SELECT customer, events, amount, unix_micros(last) FROM gold.customers ORDER BY 1").fetchall()
    assert counts == [FILES * ROWS_PER_FILE, keys, keys]
    assert found == expected_customers(tmp_path / "in")
    assert peak < PEAK_MB


def expected_customers(folder: Path) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        event = "{'customer': customer, 'amount': amount, 'last': \"at\"}"
        newest = f"SELECT arg_max({event}, \"at\") AS e FROM '{folder}/*.parquet' GROUP BY id"
        answer = "e.customer, count(*), CAST(sum(e.amount) AS BIGINT), epoch_us(max(e.last))"
        return connection.sql(f"SELECT {answer} FROM ({newest}) GROUP BY ALL ORDER BY ALL").fetchall()

"""A small project with one file of orders: written, run and run again, for tests of updates."""

from pathlib import Path

from ingot.testing import run_project

ORDERS = "id,customer,amount\n1,Ada,10.5\n2,Grace,20\n3,Ada,\n"
BRONZE = """CREATE STREAMING TABLE bronze.orders AS
SELECT * FROM STREAM read_files('in', format => 'csv', header => true,
  schema => 'id BIGINT, customer STRING, amount DOUBLE');"""


def project(folder: Path, **definitions: str):
    """A project with one CSV file and these definitions (`name=text`); runs one update."""
    files = {f"transformations/{name}.sql": text for name, text in definitions.items()}
    return run_project(folder, {"in/1.csv": ORDERS, **files})


def again(folder: Path, files: dict[str, str] | None = None, **options):
    return run_project(folder, files or {}, **options)


def rows(connection, text: str) -> list[tuple]:
    return connection.sql(text).fetchall()


def version(connection, table: str) -> int:
    return rows(connection, f"DESCRIBE HISTORY {table}")[0][0]

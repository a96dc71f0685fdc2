"""Medallion pipelines written for Spark, run on DuckDB and Delta tables.

>>> import ingot
>>> lake = ingot.connect("examples/tokyo_olympics")  # doctest: +SKIP
>>> lake.sql("SELECT * FROM gold.medal_standings").pl()  # doctest: +SKIP
"""

from ingot.connection import Connection, connect
from ingot.errors import IngotError

__all__ = ["Connection", "IngotError", "connect"]

"""The default engine: DuckDB in this process."""

from ingot.engines.duckdb.engine import Engine

__all__ = ["Engine"]

"""Lowering of the typed tree to DuckDB's SQL, by family of function and by part of a query."""

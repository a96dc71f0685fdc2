"""Spark's file readers on DuckDB: one module per format, and what they share.

Each format gives the schema that Spark would infer and a relation with the rows that Spark would give. Clean files
are scanned by DuckDB directly; what DuckDB reads differently is parsed in Python and spooled.
"""

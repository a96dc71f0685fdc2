"""Medallion pipelines written for Spark, run on DuckDB and Delta tables."""

"""Source kind `spark_data_source`: data sources in Python, as Spark reads them, without Spark. `source` says what an
entry looks like."""

from ingot.sources.spark_data_source.source import Source

__all__ = ["Source"]

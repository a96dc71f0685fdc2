"""Source kind `dlt`: sources that were written for the library dlt. `source` says what an entry looks like."""

from ingot.sources.dlt.source import Source

__all__ = ["Source"]

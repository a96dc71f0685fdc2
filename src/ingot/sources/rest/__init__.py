"""Source kind `rest`: APIs that answer with JSON, page by page. `source` says what an entry looks like."""

from ingot.sources.rest.source import Source

__all__ = ["Source"]

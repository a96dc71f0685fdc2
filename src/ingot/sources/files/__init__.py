"""Source kind `files`: folders of this machine, S3, Azure Storage, Google Cloud Storage. `source` says what an entry
looks like."""

from ingot.sources.files.source import Source

__all__ = ["Source"]

"""Paths of clouds and of Databricks in tests: each stands for a place here that is empty until a test gives something.

So a definition can be tested that reads `s3://…` or `/Volumes/…`, whether or not `paths` maps that.
"""

from __future__ import annotations

_PREFIXES = (
    "s3://", "gs://", "gcs://", "abfss://", "abfs://", "wasbs://", "wasb://", "adl://", "hdfs://", "https://", "http://",
    "dbfs:/", "/Volumes/", "/dbfs/", "/mnt/", "/databricks-datasets/", "/FileStore/", "/Workspace/",
)  # fmt: skip
_MARK = "/elsewhere/"


def elsewhere(scratch: str) -> dict[str, str]:
    """Where each kind of foreign path leads during tests; for `paths` of a project."""
    return {prefix: f"{scratch}{_MARK}{index}" for index, prefix in enumerate(_PREFIXES)}


def as_written(path: str) -> str:
    """The foreign path that a path of `elsewhere` stands for; any other as it is."""
    _, found, rest = path.partition(_MARK)
    number, _, below = rest.partition("/")
    return _PREFIXES[int(number)] + below if found and number.isdigit() and int(number) < len(_PREFIXES) else path

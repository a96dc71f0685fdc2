"""`pyspark.SparkContext` and what else has no meaning without a cluster: accepted where nothing depends on it.

Owns which of its methods do nothing and which are refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from ingot.definitions.spark.place import here
from ingot.errors import UnsupportedError

if TYPE_CHECKING:
    from ingot.definitions.spark.session import RuntimeConfig, SparkSession

T = TypeVar("T")
_WITHOUT_EFFECT = (
    "setLogLevel", "setJobDescription", "setJobGroup", "setLocalProperty", "setCheckpointDir", "clearJobGroup",
    "cancelAllJobs", "setInterruptOnCancel", "addJobTag", "removeJobTag", "stop",
)  # fmt: skip


class Broadcast(Generic[T]):
    """A value that every worker would get; there is one process here."""

    def __init__(self, value: T):
        self.value = value

    def unpersist(self, blocking: bool = False) -> None:
        """Do nothing."""

    destroy = unpersist


class SparkContext:
    """What is left of it: names, labels for jobs, values for user functions."""

    def __init__(self, session: SparkSession):
        self._session = session
        self.appName = "ingot"
        self.version = session.version
        self.defaultParallelism = 1
        self.applicationId = "ingot"

    @property
    def sparkSession(self) -> SparkSession:
        return self._session

    def getConf(self) -> RuntimeConfig:
        return self._session.conf

    def broadcast(self, value: T) -> Broadcast[T]:
        return Broadcast(value)

    def getLocalProperty(self, key: str) -> str | None:
        return None

    def __getattr__(self, name: str) -> Any:
        if name in _WITHOUT_EFFECT:
            return _nothing
        if name.startswith("__"):
            raise AttributeError(name)
        return _refuse(name)


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Do nothing: there are no jobs."""


def _refuse(name: str) -> NoReturn:
    hint = "spark.createDataFrame makes rows" if name in ("parallelize", "emptyRDD") else "use DataFrames"
    raise UnsupportedError(
        f"spark.sparkContext.{name} is not supported: there are no RDDs and no JVM",
        location=here(),
        hint=hint,
        code="unsupported-method",
    )

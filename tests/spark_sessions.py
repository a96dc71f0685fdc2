"""Real Spark for tests: one JVM for all of them, and sessions that inherit nothing from each other.

What starts the JVM becomes the default of every later session of the process. So it is started with what all of them
share, and what a test sets besides belongs to its own session, whichever test comes first. Knows no question to Spark.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_SHARED = {
    "spark.master": "local[1]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC",
    "spark.sql.session.timeZone": "UTC",
}
_ENVIRONMENT = {
    "TZ": "UTC",  # PySpark gives instants in the time zone of the process
    "SPARK_LOCAL_IP": "127.0.0.1",  # the name of the machine may lead nowhere
    "PYSPARK_PYTHON": sys.executable,  # for functions of the user: the first `python3` on the path may be another
}


@contextmanager
def spark_session(settings: Mapping[str, str] | None = None) -> Iterator[Any]:
    """A session with these settings besides the shared ones, in UTC; it ends with the block, whatever happens there."""
    with _environment(), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as warehouse:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # PySpark warns of the installed pandas
            session = _opened({"spark.sql.warehouse.dir": warehouse, **(settings or {})})
        try:
            yield session
        finally:
            session.stop()


def _opened(settings: Mapping[str, str]) -> Any:
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    assert SparkContext._active_spark_context is None, "a session is open, whose settings this one would have"
    SparkContext._ensure_initialized(conf=SparkConf().setAll(list(_SHARED.items())))
    session = SparkSession.builder.config(map={**_SHARED, **settings}).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    logging.getLogger("SQLQueryContextLogger").disabled = True  # many queries are asked for the error that they are
    return session


@contextmanager
def _environment() -> Iterator[None]:
    """The variables that a session needs, as long as it is open."""
    before = {name: os.environ.get(name) for name in _ENVIRONMENT}
    os.environ.update(_ENVIRONMENT)
    time.tzset()
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
        time.tzset()

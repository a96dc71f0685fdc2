"""A process of its own that dry-runs projects on open-source Spark: a folder on each line in, a verdict as JSON out.

It does what `spark-pipelines dry-run` does, with its functions, but in one JVM for all of them.
"""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
sys.modules["dlt"] = None  # type: ignore[assignment]  # open-source Spark has none; a library of that name may be here


def main() -> None:
    from pyspark.sql import SparkSession

    SparkSession.builder.remote("local[1]").getOrCreate()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        with contextlib.redirect_stdout(sys.stderr):
            error = _error(Path(line.strip()))
        print(json.dumps({"error": error}), flush=True)


def _error(folder: Path) -> str | None:
    """What the dry run says is wrong with the project of a folder, or None."""
    from pyspark.pipelines import cli
    from pyspark.pipelines.spark_connect_graph_element_registry import SparkConnectGraphElementRegistry
    from pyspark.pipelines.spark_connect_pipeline import create_dataflow_graph, handle_pipeline_events, start_run
    from pyspark.sql import SparkSession

    modules = set(sys.modules)
    try:
        path = cli.find_pipeline_spec(folder)
        if path.parent != folder:
            return "no spec"
        spec = cli.load_pipeline_spec(path)
        builder = SparkSession.builder.remote("sc://localhost")
        for key, value in spec.configuration.items():
            builder = builder.config(key, value)
        spark = builder.create()
        graph = create_dataflow_graph(spark, spec.catalog, spec.database, spec.configuration)
        registry = SparkConnectGraphElementRegistry(spark, graph)
        cli.register_definitions(path, registry, spec, spark, graph)
        run = start_run(
            spark, graph, full_refresh=[], full_refresh_all=False, refresh=[], dry=True, storage=spec.storage
        )
        handle_pipeline_events(run)
    except (Exception, SystemExit) as error:  # whatever the user's code or Spark raises is the verdict
        return f"{type(error).__name__}: {error}"
    finally:
        for name in set(sys.modules) - modules:
            if not name.startswith(("pyspark", "pandas", "pyarrow", "numpy", "google", "grpc", "yaml")):
                del sys.modules[name]
    return None


if __name__ == "__main__":
    main()

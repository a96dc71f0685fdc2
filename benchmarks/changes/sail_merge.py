"""The same changes by Sail: MERGE INTO, its server in this process. usage: sail_merge.py TABLE CHANGES

Needs an environment with pysail and pyspark-client. Prints `STEP merge seconds`: without the start of the server.
"""

from __future__ import annotations

import sys
import time

from pysail.spark import SparkConnectServer

server = SparkConnectServer(ip="127.0.0.1", port=0)
server.start(background=True)

from pyspark.sql import SparkSession  # noqa: E402  (needs the server's package first)

spark = SparkSession.builder.remote(f"sc://127.0.0.1:{server.listening_address[1]}").getOrCreate()
spark.sql("SELECT 1").collect()
started = time.perf_counter()
spark.sql(f"CREATE TABLE t USING delta LOCATION '{sys.argv[1]}'")
spark.read.parquet(sys.argv[2]).drop("seq").createOrReplaceTempView("s")
names = ["id", "customer", "status", "city", "note", "amount", "quantity", "rating", "updated_at"]
values = ", ".join(f"s.{name}" for name in names)
spark.sql(
    f"""MERGE INTO t USING s ON t.id = s.id WHEN MATCHED AND s.op = 'D' THEN DELETE
    WHEN MATCHED THEN UPDATE SET {", ".join(f"{name} = s.{name}" for name in names)}
    WHEN NOT MATCHED AND s.op <> 'D' THEN INSERT ({", ".join(names)}) VALUES ({values})"""
).collect()
print(f"STEP merge {time.perf_counter() - started:.4f}", flush=True)

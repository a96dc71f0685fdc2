"""Measures loading and planning: `ingot dry-run` of 500 datasets, written in SQL and, the same, in Python.

usage: planning.py [--datasets 500] [--repeats 5] [--ingot PATH]

Each fifth dataset is a bronze table over a folder of CSV; a cleaned, a deduplicated, a joined and an aggregated one
follow it. Each figure is of whole processes, so it holds the start of Python and the reading of the files' heads.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
from pathlib import Path

from run import WORK, measure

SQL = """
CREATE OR REFRESH STREAMING TABLE bronze.orders_{i} COMMENT 'Orders as they came' AS
SELECT *, _metadata.file_path AS source_file
FROM STREAM read_files('in/{i}', format => 'csv', header => true, inferColumnTypes => true);

CREATE OR REFRESH STREAMING TABLE silver.orders_{i} (
  CONSTRAINT has_id EXPECT (order_id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT positive EXPECT (price > 0)
) AS SELECT CAST(order_id AS BIGINT) AS order_id, trim(upper(city)) AS city, CAST(price AS DECIMAL(12, 2)) AS price,
  CAST(quantity AS INT) AS quantity, to_timestamp(ordered_at) AS ordered_at
FROM STREAM(bronze.orders_{i});

CREATE OR REFRESH MATERIALIZED VIEW silver.latest_{i} AS
SELECT * FROM silver.orders_{i} QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY ordered_at DESC) = 1;

CREATE OR REFRESH MATERIALIZED VIEW silver.enriched_{i} AS
SELECT o.*, o.price * o.quantity AS amount, coalesce(p.city, 'none') AS previous_city
FROM silver.latest_{i} o LEFT JOIN silver.latest_{before} p ON o.order_id = p.order_id;

CREATE OR REFRESH MATERIALIZED VIEW gold.revenue_{i} AS
SELECT city, date_trunc('MONTH', ordered_at) AS month, count(*) AS orders, sum(amount) AS revenue,
  avg(price) AS average_price
FROM silver.enriched_{i} GROUP BY city, date_trunc('MONTH', ordered_at);
"""

PYTHON = """

@dp.table(name="bronze.orders_{i}", comment="Orders as they came")
def bronze_orders_{i}():
    reader = spark.readStream.format("cloudFiles").option("cloudFiles.format", "csv").option("header", "true")
    orders = reader.option("cloudFiles.inferColumnTypes", "true").load("in/{i}")
    return orders.select("*", F.col("_metadata.file_path").alias("source_file"))


@dp.table(name="silver.orders_{i}")
@dp.expect_or_drop("has_id", "order_id IS NOT NULL")
@dp.expect("positive", "price > 0")
def silver_orders_{i}():
    return spark.readStream.table("bronze.orders_{i}").select(
        F.col("order_id").cast("bigint").alias("order_id"),
        F.trim(F.upper("city")).alias("city"),
        F.col("price").cast("decimal(12, 2)").alias("price"),
        F.col("quantity").cast("int").alias("quantity"),
        F.to_timestamp("ordered_at").alias("ordered_at"),
    )


@dp.materialized_view(name="silver.latest_{i}")
def silver_latest_{i}():
    newest = Window.partitionBy("order_id").orderBy(F.col("ordered_at").desc())
    ranked = spark.read.table("silver.orders_{i}").withColumn("place", F.row_number().over(newest))
    return ranked.filter("place = 1").drop("place")


@dp.materialized_view(name="silver.enriched_{i}")
def silver_enriched_{i}():
    orders = spark.read.table("silver.latest_{i}")
    previous = spark.read.table("silver.latest_{before}").select("order_id", F.col("city").alias("previous_city"))
    joined = orders.join(previous, "order_id", "left").withColumn("amount", F.col("price") * F.col("quantity"))
    return joined.withColumn("previous_city", F.coalesce("previous_city", F.lit("none")))


@dp.materialized_view(name="gold.revenue_{i}")
def gold_revenue_{i}():
    enriched = spark.read.table("silver.enriched_{i}")
    return enriched.groupBy("city", F.date_trunc("MONTH", "ordered_at").alias("month")).agg(
        F.count("*").alias("orders"), F.sum("amount").alias("revenue"), F.avg("price").alias("average_price")
    )
"""
IMPORTS = (
    "from pyspark import pipelines as dp\nfrom pyspark.sql import Window\nfrom pyspark.sql import functions as F\n"
)
ROWS = (
    "order_id,city,price,quantity,ordered_at\n1,Delft,9.95,2,2024-03-01 10:00:00\n2,Gent,5.00,1,2024-03-02 11:30:00\n"
)
PER_FILE = 5  # groups of five datasets


def make(folder: Path, groups: int, template: str, suffix: str, head: str = "") -> Path:
    """A project of `5 * groups` datasets, some groups to a file."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "transformations").mkdir(parents=True)
    (folder / "ingot.yml").write_text("name: planning\n")
    for i in range(groups):
        (folder / "in" / str(i)).mkdir(parents=True)
        (folder / "in" / str(i) / "orders.csv").write_text(ROWS)
    for first in range(0, groups, PER_FILE):
        texts = [template.format(i=i, before=max(i - 1, 0)) for i in range(first, min(first + PER_FILE, groups))]
        (folder / "transformations" / f"orders_{first}{suffix}").write_text(head + "".join(texts))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--ingot", default=str(Path(sys.executable).with_name("ingot")))
    options = parser.parse_args()
    groups = options.datasets // 5
    projects = {
        "SQL": make(WORK / "planning-sql", groups, SQL, ".sql"),
        "Python": make(WORK / "planning-python", groups, PYTHON, ".py", IMPORTS),
    }
    seconds: dict[str, list[float]] = {name: [] for name in projects}
    for _ in range(options.repeats):
        for name, folder in projects.items():
            done = measure([options.ingot, "-C", str(folder), "dry-run"])
            seconds[name].append(done.seconds)
    sql, python = (statistics.median(seconds[name]) for name in projects)
    print(f"dry-run of {groups * 5} datasets in SQL (s)      {sql:.2f}   target <= 1.5")
    print(f"dry-run of {groups * 5} datasets in Python (s)   {python:.2f}   {python - sql:+.2f} s, target <= +0.5")


if __name__ == "__main__":
    main()

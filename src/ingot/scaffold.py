"""`ingot init`: a small project that works at once."""

from __future__ import annotations

import re
from pathlib import Path

from ingot.errors import ProjectError

_FILES = {
    "ingot.yml": """\
# The project's settings; every key is described in docs/reference/project-file.md.
name: {name}
schema: default
configuration:
  orders: data/orders        # seen as ${{orders}} in SQL and spark.conf.get("orders") in Python
""",
    "data/orders/2024-01-01.csv": """\
order_id,customer,amount,ordered_at
1,Ada,120.50,2024-01-01 09:00:00
2,Grace,80.00,2024-01-01 10:30:00
3,Edsger,,2024-01-01 11:00:00
""",
    "data/orders/2024-01-02.csv": """\
order_id,customer,amount,ordered_at
4,Ada,35.25,2024-01-02 08:15:00
5,  Barbara ,210.00,2024-01-02 12:45:00
5,  Barbara ,210.00,2024-01-02 12:45:00
""",
    "transformations/bronze/orders.sql": """\
-- Raw orders, as they came: each file is read once.
CREATE OR REFRESH STREAMING TABLE bronze.orders
COMMENT 'Orders as they came'
AS SELECT *, _metadata.file_name AS _source_file
FROM STREAM read_files('${{orders}}', format => 'csv', header => true);
""",
    "transformations/silver/orders.sql": """\
-- Clean orders: typed, trimmed, without duplicates; rows without an amount are dropped and counted.
CREATE OR REFRESH STREAMING TABLE silver.orders (
  CONSTRAINT has_amount EXPECT (amount IS NOT NULL) ON VIOLATION DROP ROW
)
COMMENT 'Clean orders'
AS SELECT DISTINCT
  CAST(order_id AS BIGINT) AS order_id,
  trim(customer) AS customer,
  CAST(amount AS DECIMAL(10, 2)) AS amount,
  CAST(ordered_at AS TIMESTAMP) AS ordered_at
FROM STREAM bronze.orders;
""",
    "transformations/gold/revenue.py": '''\
"""Revenue by customer. Python and SQL definitions live side by side."""

from pyspark import pipelines as dp
from pyspark.sql import functions as F


@dp.materialized_view(name="gold.revenue", comment="Revenue by customer")
def revenue():
    return (
        spark.read.table("silver.orders")
        .groupBy("customer")
        .agg(F.count("*").alias("orders"), F.sum("amount").alias("revenue"))
    )
''',
    "dashboards/orders.yml": """\
# Opened by `ingot serve`; checked by `ingot dashboard check`. Keys: docs/reference/dashboard-file.md.
title: Orders
datasets:
  orders:
    from: silver.orders
    dimensions:
      day: to_date(ordered_at)
    measures:
      revenue: {expr: sum(amount), format: "#,##0.00"}
      orders: count(*)
slicers:
  - {field: customer, kind: dropdown}
visuals:
  - {title: Revenue, kind: card, value: revenue, trend: day}
  - {title: Orders, kind: card, value: orders}
  - {title: Revenue by customer, kind: bar, category: customer, value: revenue}
  - {title: Customers, kind: table, columns: [customer, orders, revenue], options: {totals: true}}
""",
    "tests/orders.yml": """\
# Unit tests on given rows. Run them with: ingot test
unit_tests:
  - name: names are trimmed and orders without an amount are dropped
    model: silver.orders
    given:
      - input: bronze.orders
        rows:
          - {order_id: 1, customer: " Ada ", amount: 120.50}
          - {order_id: 2, customer: Grace}
    expect:
      rows:
        - {order_id: 1, customer: Ada, amount: 120.50}
      dropped: 1

  - name: an order that comes twice counts once
    model: gold.revenue
    batches:
      - given:
          - input: bronze.orders
            rows: [{order_id: 1, customer: Ada, amount: 120.50}]
        expect: [{customer: Ada, orders: 1, revenue: 120.50}]
      - given:
          - input: bronze.orders
            rows: [{order_id: 1, customer: Ada, amount: 120.50}, {order_id: 2, customer: Ada, amount: 5}]
        expect: [{customer: Ada, orders: 2, revenue: 125.50}]
""",
    "tests/test_pipeline.py": '''\
"""Runs the project on its own data in a fresh folder. Run it with: pytest"""

import shutil
from pathlib import Path

from ingot.testing import run_project


def test_revenue_counts_every_order_once(tmp_path):
    project = shutil.copytree(Path(__file__).parent.parent, tmp_path / "project", ignore=shutil.ignore_patterns("lake"))
    with run_project(project) as lake:
        rows = lake.sql("SELECT customer, orders FROM gold.revenue ORDER BY customer").fetchall()
    assert rows == [("Ada", 2), ("Barbara", 1), ("Grace", 1)]
''',
    ".gitignore": "lake/\n__pycache__/\n",
}


def make_project(folder: Path) -> list[Path]:
    """Make a project in a new or empty folder; returns its files.

    Raises:
        ProjectError: `not-empty`, when the folder holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ProjectError(
            f"{str(folder)!r} exists and is not an empty folder", hint="choose a new name", code="not-empty"
        )
    name = re.sub(r"\W+", "_", folder.resolve().name).strip("_").lower() or "project"
    written = []
    for relative, content in _FILES.items():
        path = folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content.format(name=name) if "${{" in content or "{name}" in content else content)
        written.append(path)
    return written

"""A shop's sales, made by DuckDB, and a dashboard of six visuals with its queries by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb

STORES, REGIONS, CATEGORIES, COUNTRIES, MONTHS = 400, 8, 12, 40, 36
CHANNELS = ("Shop", "Web", "Phone")

_ROWS = """
COPY (
  SELECT i AS id,
         DATE '2022-01-01' + (hash(i, 'day') % 1096)::INT AS day,
         'Region ' || (hash(i, 'country') % {countries} % {regions} + 1) AS region,
         'Country ' || lpad((hash(i, 'country') % {countries} + 1)::TEXT, 2, '0') AS country,
         'Store ' || lpad((hash(i, 'store') % {stores} + 1)::TEXT, 3, '0') AS store,
         'Category ' || lpad((hash(i, 'category') % {categories} + 1)::TEXT, 2, '0') AS category,
         CASE WHEN hash(i, 'channel') % 10 < 1 THEN 'Phone' WHEN hash(i, 'channel') % 10 < 3 THEN 'Web'
           ELSE 'Shop' END AS channel,
         (hash(i, 'quantity') % 9 + 1)::INT AS quantity,
         ((hash(i, 'amount') % 100000) / 100.0)::DECIMAL(12, 2) AS amount
  FROM range({rows}) AS made(i)
) TO '{file}' (FORMAT parquet)
"""

_FILES = {
    "ingot.yml": "name: shop\n",
    "transformations/sales.sql": """
CREATE MATERIALIZED VIEW gold.sales AS SELECT * FROM parquet.`data/sales.parquet`;
""",
    "dashboards/sales.yml": """
title: Sales
datasets:
  sales:
    from: gold.sales
    dimensions:
      month: date_trunc('month', day)
    measures:
      revenue: sum(amount)
      pieces: sum(quantity)
      orders: count(*)
slicers:
  - {field: store, dataset: sales, kind: dropdown}
visuals:
  - {title: Revenue, kind: card, dataset: sales, value: revenue}
  - {title: Months, kind: line, dataset: sales, category: month, value: revenue}
  - {title: Regions, kind: bar, dataset: sales, category: region, value: revenue}
  - {title: Channels, kind: donut, dataset: sales, category: channel, value: orders}
  - {title: Categories, kind: bar, dataset: sales, category: category, value: revenue, top: 10}
  - {title: Countries, kind: table, dataset: sales, columns: [country, revenue, pieces, orders]}
""",
}

# What the six visuals show, as one who has only DuckDB and the table's files would ask it.
BY_HAND = (
    "SELECT sum(amount) FROM {sales}",
    "SELECT date_trunc('month', day) AS month, sum(amount) FROM {sales} GROUP BY 1 ORDER BY 1",
    "SELECT region, sum(amount) FROM {sales} GROUP BY 1 ORDER BY 2 DESC",
    "SELECT channel, count(*) FROM {sales} GROUP BY 1 ORDER BY 2 DESC",
    "SELECT category, sum(amount) FROM {sales} GROUP BY 1 ORDER BY 2 DESC LIMIT 10",
    "SELECT country, sum(amount), sum(quantity), count(*) FROM {sales} GROUP BY 1 ORDER BY 1",
)
# The fields whose marks a reader clicks, with their visual and their values.
MARKS = {
    "region": ("regions", [f"Region {n}" for n in range(1, REGIONS + 1)]),
    "channel": ("channels", list(CHANNELS)),
    "category": ("categories", [f"Category {n:02}" for n in range(1, CATEGORIES + 1)]),
    "country": ("countries", [f"Country {n:02}" for n in range(1, COUNTRIES + 1)]),
    "month": ("months", [f"{2022 + n // 12}-{n % 12 + 1:02}-01" for n in range(MONTHS)]),
}
VISUALS = ("revenue", "months", "regions", "channels", "categories", "countries")


def make_shop(folder: Path, rows: int) -> Path:
    """Write the project with its rows, and run it once; what is there already is taken as it is."""
    if (folder / "ready").exists():
        return folder
    for name, text in _FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"))
    (folder / "data").mkdir(exist_ok=True)
    duckdb.sql(
        _ROWS.format(rows=rows, file=folder / "data/sales.parquet", stores=STORES, regions=REGIONS,
                     categories=CATEGORIES, countries=COUNTRIES)
    )  # fmt: skip
    subprocess.run([sys.executable, "-m", "ingot", "-C", str(folder), "run"], check=True, stdout=subprocess.DEVNULL)
    (folder / "ready").touch()
    return folder

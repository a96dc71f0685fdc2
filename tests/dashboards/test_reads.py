"""Which tables a dashboard names."""

from __future__ import annotations

from pathlib import Path

from ingot.connection import open_project
from ingot.dashboards.model import Dashboard
from ingot.dashboards.reads import tables_named
from ingot.dashboards.spec import load_dashboard

TEXT = """
title: Sales
datasets:
  orders: {from: gold.Orders}
  days: {sql: "WITH d AS (SELECT * FROM silver.days) SELECT * FROM d JOIN main.gold.calendar USING (day)"}
visuals:
  - {title: A, kind: card, dataset: orders, value: {expr: count(*), label: A}}
  - {title: B, kind: card, sql: "SELECT count(*) AS n FROM plain", value: n}
  - {title: C, kind: card, sql: "SELECT count(* AS n FROM (", value: n}
"""


def test_tables_of_datasets_and_queries_are_named_whatever_case_they_are_written_in(tmp_path: Path) -> None:
    (tmp_path / "ingot.yml").write_text("name: shop\n")
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards/sales.yml").write_text(TEXT)
    dashboard = load_dashboard(tmp_path / "dashboards/sales.yml", open_project(tmp_path))
    assert isinstance(dashboard, Dashboard)
    assert tables_named(dashboard, "default") >= {"gold.orders", "silver.days", "gold.calendar", "default.plain"}

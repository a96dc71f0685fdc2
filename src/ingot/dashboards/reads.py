"""Which tables a dashboard names, read from its text alone: for the graph of a project.

Never evaluates anything; what a text does not say plainly, or says wrongly, is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from ingot.dashboards.model import Dashboard, Dataset, Sql
from ingot.errors import IngotError
from ingot.sql import parse_statement


def tables_named(dashboard: Dashboard, schema: str) -> set[str]:
    """The tables that the datasets and visuals of a dashboard name, as `schema.table` in lower case.

    Args:
        dashboard: The dashboard.
        schema: The one of names without a schema.
    """
    return {name for sql in _queries(dashboard) for name in _tables(sql, schema)}


def _queries(dashboard: Dashboard) -> Iterator[str]:
    for page in dashboard.pages:
        for visual in page.visuals:
            if visual.sql is not None:
                yield visual.sql.text
            if visual.dataset is not None:
                yield from _of_dataset(visual.dataset)
    for dataset in dashboard.datasets.values():
        yield from _of_dataset(dataset)


def _of_dataset(dataset: Dataset) -> Iterator[str]:
    table: Sql | None = dataset.table
    if table is not None:
        yield f"SELECT * FROM {table.text}"
    if dataset.query is not None:
        yield dataset.query.text


def _tables(text: str, schema: str) -> Iterator[str]:
    try:
        tree = parse_statement(text)
    except IngotError:  # whoever opens the dashboard is told
        return
    for table in tree.find_all(exp.Table):
        if table.name:
            yield f"{table.db or schema}.{table.name}".lower()

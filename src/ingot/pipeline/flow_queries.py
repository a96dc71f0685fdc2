"""What a dataset's definition adds to the query of its flow: generated columns of a table, rules of a view."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from ingot.model import Action, Dataset, Query
from ingot.quoting import quoted_text
from ingot.sql import parse_expression


def with_generated(query: Query, dataset: Dataset) -> Query:
    """The query with the columns that the table generates from its others."""
    columns = [
        exp.alias_(parse_expression(spec.generated, dataset.location), spec.name, quoted=True)
        for spec in dataset.columns or ()
        if spec.generated is not None
    ]
    if not columns:
        return query
    inner = query.tree.subquery("__generated", copy=False)
    return replace(query, tree=exp.Select(expressions=[exp.Star(), *columns]).from_(inner, copy=False))


def with_rules(query: Query, dataset: Dataset) -> Query:
    """The query of a view without the rows that its rules drop; a row that fails them raises where it is read."""
    drops = [e.condition for e in dataset.expectations if e.action in (Action.DROP, Action.QUARANTINE)]
    fails = [e for e in dataset.expectations if e.action is Action.FAIL]
    if not drops and not fails:
        return query
    conditions = [f"coalesce(({condition}), false)" for condition in drops]
    for expectation in fails:
        message = quoted_text(f"a row violates {expectation.name} in the view {dataset.name.table}")
        conditions.append(f"CASE WHEN ({expectation.condition}) THEN true ELSE raise_error({message}) END")
    where = parse_expression(" AND ".join(conditions), dataset.location)
    inner = query.tree.copy().subquery("__view", copy=False)
    return replace(query, tree=exp.Select(expressions=[exp.Star()]).from_(inner, copy=False).where(where, copy=False))

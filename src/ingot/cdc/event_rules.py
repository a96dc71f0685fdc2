"""What is checked of each event: the dataset's expectations, and that keys and sequence are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from ingot import expectations
from ingot.analysis.typed import AnalyzedQuery
from ingot.cdc.change_table import ChangeTable
from ingot.cdc.names import IS_DELETE, IS_TRUNCATE, SEQUENCE
from ingot.engine import Rule
from ingot.model import Action, Dataset, Expectation, Flow, UserFunction
from ingot.quoting import quoted_name
from ingot.sql import parse_expression
from ingot.types import STRING

NEEDED = "__ingot_needed:"  # before the name of a column that must not be NULL


def event_rules(
    dataset: Dataset, flow: Flow, table: ChangeTable, events: AnalyzedQuery, functions: Mapping[str, UserFunction]
) -> tuple[Rule, ...]:
    """The rules over the events of a flow, typed over the columns that its query gives.

    A rule that looks at more than keys does not apply to deletes, of which no values are kept; none applies to
    truncates, which have not even a key. Keys and sequence must not be NULL but in rows that another rule removes.

    Raises:
        AnalysisError: a condition that does not fit the columns, at the expectation's place.
    """
    expectations.compile_rules(dataset.expectations, events.schema, events.settings, functions)  # as they were written
    rules = [replace(rule, condition=_applied(rule, table)) for rule in dataset.expectations]
    removing = [rule for rule in rules if rule.action in (Action.DROP, Action.QUARANTINE)]
    partitions = {name.lower() for name in dataset.partition_columns}
    stays = " AND ".join(f"({rule.condition}\n)" for rule in removing)
    is_snapshot = flow.changes is not None and flow.changes.is_snapshot  # whose sequence is its version
    for name in (*table.keys, *(() if is_snapshot else (SEQUENCE,))):
        condition = f"{quoted_name(name)} IS NOT NULL"
        if name.lower() in partitions and table.key_type(name) == STRING:
            condition = f"{quoted_name(name)} <> ''"  # Delta keeps an empty text in a partition column as NULL
        if table.truncates and name != SEQUENCE:
            condition = f"{IS_TRUNCATE} OR {condition}"
        if stays:
            condition = f"NOT coalesce({stays}, false) OR {condition}"
        rules.append(Expectation(NEEDED + name, condition, Action.FAIL, flow.location))
    return expectations.compile_rules(rules, events.schema, events.settings, functions)


def _applied(rule: Expectation, table: ChangeTable) -> str:
    """The condition, as far as it concerns an event."""
    columns = {column.name.lower() for column in parse_expression(rule.condition, rule.location).find_all(exp.Column)}
    is_of_keys = columns <= {key.lower() for key in table.keys}
    free = [*([] if is_of_keys else [IS_DELETE]), *([IS_TRUNCATE] if table.truncates else [])]
    return " OR ".join([*free, f"({rule.condition}\n)"])

"""Expectations: conditions over one row, made into rules for the engine and counts for the log. Pure.

A condition that is NULL counts as violated (Databricks: a record must satisfy the constraint). The portable spelling
of quarantine is the table property `ingot.quarantine`; table-level rules are `ingot.unique_key` and `ingot.min_rows`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from ingot.analysis.analyzer import analyze_condition
from ingot.analysis.names import answers_anew
from ingot.analysis.typed import Settings
from ingot.engine import Rule, WriteResult
from ingot.errors import AnalysisError, ExpectationError, IngotError, UnsupportedError
from ingot.model import Action, Dataset, Expectation, UserFunction
from ingot.sql import parse_expression
from ingot.types import BOOLEAN, StructType


def compile_rules(
    expectations: Sequence[Expectation],
    schema: StructType,
    settings: Settings,
    functions: Mapping[str, UserFunction],
) -> tuple[Rule, ...]:
    """Type the conditions over the columns of the dataset.

    Raises:
        AnalysisError: for a condition that does not fit the schema, at the expectation's place.
    """
    rules = []
    for expectation in expectations:
        try:
            parsed = parse_expression(expectation.condition, expectation.location)
            typed = analyze_condition(parsed, schema, settings, functions)
        except IngotError as error:
            error.add_note(f"in the expectation {expectation.name!r}: {expectation.condition}")
            raise error.at(expectation.location) from None
        from ingot.analysis.typed import type_of

        if type_of(typed) not in (BOOLEAN,):
            raise AnalysisError(
                f"the expectation {expectation.name!r} is of type {type_of(typed)}, not boolean",
                location=expectation.location,
                hint=f"write a condition, for instance {expectation.condition} IS NOT NULL",
                code="type-mismatch",
            )
        if expectation.action is Action.QUARANTINE:
            _refuse_rule_that_answers_anew(typed, expectation)
        rules.append(Rule(expectation.name, typed, expectation.action))
    return tuple(rules)


def _refuse_rule_that_answers_anew(condition: exp.Expr, expectation: Expectation) -> None:
    """A quarantine and its table ask each for itself, and must get the same answer.

    Raises:
        UnsupportedError: `unsupported`.
    """
    call = next(filter(answers_anew, condition.find_all(exp.Anonymous)), None)
    if call is not None:
        raise UnsupportedError(
            f"the expectation {expectation.name!r} calls {call.this}(), which may answer otherwise when it is asked "
            "again: a row would be in the table and in its quarantine, or in neither",
            location=expectation.location,
            hint=f"let the query compute a column of {call.this}(), and write the condition over that",
        )


def raise_if_failed(dataset: Dataset, result: WriteResult) -> None:
    """Turn violations of a FAIL rule into the error that fails the update."""
    for expectation in dataset.expectations:
        count = result.violations.get(expectation.name, 0)
        if expectation.action is Action.FAIL and count:
            raise ExpectationError(
                f"{count} of {result.rows_in} rows violate {expectation.name!r} ({expectation.condition}) in "
                f"{dataset.name.short}; nothing was written",
                location=expectation.location or dataset.location,
                hint=f"see the rows that would be written with: ingot preview {dataset.name.short} "
                f'--where "NOT coalesce({expectation.condition}, false)"',
            )


def counts(dataset: Dataset, result: WriteResult) -> tuple[dict[str, Any], ...]:
    """Counts per rule, as `flow_progress.data_quality.expectations` holds them."""
    return tuple(
        {
            "name": expectation.name,
            "dataset": dataset.name.short,
            "passed_records": result.rows_in - result.violations.get(expectation.name, 0),
            "failed_records": result.violations.get(expectation.name, 0),
            "action": expectation.action.value,
        }
        for expectation in dataset.expectations
    )


def add_counts(total: Sequence[Mapping[str, Any]], more: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Sum the counts of two batches of the same dataset."""
    if not total:
        return tuple(dict(count) for count in more)
    by_name = {count["name"]: count for count in more}
    return tuple(
        {
            **count,
            "passed_records": count["passed_records"] + by_name.get(count["name"], {}).get("passed_records", 0),
            "failed_records": count["failed_records"] + by_name.get(count["name"], {}).get("failed_records", 0),
        }
        for count in total
    )

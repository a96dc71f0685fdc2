"""Expectations inside the one pass that writes: which rows stay, and how many violate each rule.

Owns the SQL that counts with sequences. Never decides what a violation leads to.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from ingot.engine import BROKEN_RULES, Rule
from ingot.engines.duckdb.types import quote_name, quote_text
from ingot.model import Action
from ingot.types import StructType


class RuleCounters:
    """Counts violations of rules while a query runs, exactly, also when one row violates several.

    A sequence is advanced for each row that violates its rule (a condition that is NULL counts). The terms are
    added, for AND would skip the later ones, and they are computed in a select list: DuckDB pushes a condition
    of WHERE below joins, where it would see other rows. A context manager; the sequences live as long as it.
    """

    def __init__(self, cursor: Any, rules: Sequence[Rule], conditions: Sequence[str]):
        self._cursor = cursor
        self._rules = rules
        self._conditions = conditions
        prefix = f"ingot_rule_{uuid.uuid4().hex}"
        self._sequences = [f"{prefix}_{index}" for index in range(len(rules))]
        self._dropped = f"{prefix}_dropped"

    def __enter__(self) -> RuleCounters:
        for name in (*self._sequences, self._dropped):
            self._cursor.execute(f"CREATE TEMP SEQUENCE {name}")
        return self

    def __exit__(self, *_: object) -> None:
        for name in (*self._sequences, self._dropped):
            self._cursor.execute(f"DROP SEQUENCE IF EXISTS {name}")

    def kept(self, query: str, schema: StructType) -> str:
        """A SELECT of the rows that stay, with a column more than the query has."""
        terms = []
        for rule, condition, sequence in zip(self._rules, self._conditions, self._sequences, strict=True):
            excluded = 0 if rule.action == Action.WARN else 1
            terms.append(
                f"(CASE WHEN {condition} THEN 0 WHEN nextval('{sequence}') IS NULL THEN 0 ELSE {excluded} END)"
            )
        broken = quote_name(free_name("_ingot_broken", schema))
        counted = f"SELECT *, {' + '.join(terms)} AS {broken} FROM ({query}) AS q"
        # not a column of its own: over two levels of sequences DuckDB runs on one thread
        stays = f"CASE WHEN {broken} = 0 THEN true ELSE nextval('{self._dropped}') IS NULL END"
        return f"SELECT * FROM ({counted}) AS q WHERE {stays}"

    def violations(self) -> dict[str, int]:
        """How many rows violated each rule, by its name."""
        counts = self._counts()
        return {rule.name: counts.get(name, 0) for rule, name in zip(self._rules, self._sequences, strict=True)}

    def dropped(self) -> int:
        """How many rows did not stay."""
        return self._counts().get(self._dropped, 0)

    def _counts(self) -> Mapping[str, int]:
        names = ", ".join(quote_text(name) for name in (*self._sequences, self._dropped))
        rows = self._cursor.execute(
            f"SELECT sequence_name, last_value FROM duckdb_sequences() WHERE sequence_name IN ({names})"
        ).fetchall()
        return {name: last or 0 for name, last in rows}


def violating(query: str, rules: Sequence[Rule], conditions: Sequence[str]) -> str:
    """A SELECT of the rows that violate any of the rules, with the names of these in `_broken_rules`."""
    names = [
        f"CASE WHEN {condition} THEN NULL ELSE {quote_text(rule.name)} END"
        for rule, condition in zip(rules, conditions, strict=True)
    ]
    broken = f"list_filter([{', '.join(names)}], lambda name: name IS NOT NULL)"
    marked = f"SELECT *, {broken} AS {BROKEN_RULES} FROM ({query}) AS q"
    return f"SELECT * FROM ({marked}) AS q WHERE len({BROKEN_RULES}) > 0"


def free_name(name: str, schema: StructType) -> str:
    """The name, with underscores appended until no column has it."""
    while schema.find(name) is not None:
        name += "_"
    return name

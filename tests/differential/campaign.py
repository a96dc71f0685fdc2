"""A campaign: rounds of random tables and queries, both engines' answers compared, differences made small.

Owns what is asked in a round, the counts, and the list of differences. Seeds decide everything.
"""

from __future__ import annotations

import collections
import random
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from differential.answers import WRONG, Answer, verdict
from differential.expressions import (
    Expression,
    Form,
    NoArgument,
    Pool,
    aggregate_forms,
    aggregate_text,
    forms_of,
    scalar_forms,
)
from differential.grammar import KNOWN, KNOWN_ERRORS, SORTED
from differential.ours import Ingot
from differential.queries import RandomQuery, random_query
from differential.spark import Spark
from differential.tables import Table, random_tables
from ingot.analysis import Settings
from ingot.types import parse_type

SCALARS, AGGREGATES, WINDOWS, QUERIES = 60, 16, 14, 10
ROUNDS_WITH_A_POOL = 6
_SAME_MAX = 2  # differences of one call and one kind that are kept

FRAMES = (
    "PARTITION BY g ORDER BY id", "ORDER BY id", "PARTITION BY b ORDER BY id DESC", "ORDER BY i NULLS LAST, id",
)  # fmt: skip
BOUNDS = (
    "", " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", " ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
    " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING", " ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING",
)  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """A query on which Ingot does not agree, and what both say."""

    head: str
    how: str
    sql: str
    settings: Settings
    tables: dict[str, Table]
    spark: Answer
    ours: Answer
    is_ordered: bool = False

    @property
    def is_wrong(self) -> bool:
        """Whether a user would get other rows or types than Spark's, without an error."""
        return self.how in WRONG


@dataclass
class Report:
    """What a campaign found."""

    counts: collections.Counter[str] = field(default_factory=collections.Counter)
    heads: dict[str, collections.Counter[str]] = field(default_factory=dict)
    names: collections.Counter[str] = field(default_factory=collections.Counter)
    refusals: collections.Counter[str] = field(default_factory=collections.Counter)
    differences: list[Difference] = field(default_factory=list)

    def note(self, head: str, how: str) -> None:
        self.counts[how] += 1
        self.heads.setdefault(head, collections.Counter())[how] += 1


class Campaign:
    """Both engines, a source of chance, and the report."""

    def __init__(self, spark: Spark, ours: Ingot, seed: int, settings: Settings | None = None):
        self.spark, self.ours, self.seed, self.settings = spark, ours, seed, settings or Settings()
        self.chance = random.Random(seed)
        self.report = Report()
        self.tables: dict[str, Table] = {}
        self.is_wild = False
        self.on_difference: Callable[[Difference], None] = lambda difference: None
        self.on_round: Callable[[dict[str, Table]], None] = lambda tables: None
        self.on_question: Callable[[str, Answer, bool, bool], None] = lambda sql, spark, is_ordered, is_loose: None
        self._seen: collections.Counter[tuple[str, str]] = collections.Counter()

    def run(self, seconds: float, rounds_max: int | None = None) -> Report:
        """Ask until the time is over, or the rounds are; always at least one round."""
        end = time.monotonic() + seconds
        self.spark.set(self.settings)
        rounds = 0
        while rounds == 0 or (time.monotonic() < end and rounds != rounds_max):
            if rounds % ROUNDS_WITH_A_POOL == 0:
                pool = Pool(self.chance)
            self.is_wild = rounds % 2 == 1
            self._use(random_tables(self.chance, self.is_wild))
            self.on_round(self.tables)
            for part in (self._scalars, self._aggregates, self._windows, self._queries):
                if rounds == 0 or time.monotonic() < end:
                    part(pool)
            rounds += 1
        return self.report

    def _use(self, tables: dict[str, Table]) -> None:
        self.tables = tables
        self.spark.use(tables)
        self.ours.use(tables)

    # --- what is asked ------------------------------------------------------------------------------------------------

    def _scalars(self, pool: Pool) -> None:
        calls = self._calls(pool, scalar_forms(), SCALARS)
        raised = self._items([(c, c.text) for c in calls], "id", "FROM t", pool)
        if raised and self.tables["t"].rows:
            row = self.chance.randrange(len(self.tables["t"].rows)) + 1
            self._items(raised, "id", f"FROM t WHERE id = {row}", pool)

    def _aggregates(self, pool: Pool) -> None:
        calls = self._calls(pool, aggregate_forms(), AGGREGATES)
        key, tail = self.chance.choice(
            (("g", "FROM t GROUP BY g"), ("1", "FROM t"), ("1", "FROM t WHERE false"), ("b", "FROM t GROUP BY b"))
        )
        items = []
        for call in calls:
            text = aggregate_text(call)
            if self.chance.random() < 0.15 and len(call.arguments) == 1:
                text = text.replace("(", "(DISTINCT ", 1) if text == call.text else text
            elif self.chance.random() < 0.15:
                text += " FILTER (WHERE i > 0)" if text == call.text else ""
            items.append((call, text))
        self._items(items, key, tail, None)

    def _windows(self, pool: Pool) -> None:
        calls = self._calls(
            pool, [*forms_of("window") * 3, *(f for f in forms_of("aggregate") if f.head != "mode")], WINDOWS
        )
        names = {f.head for f in forms_of("window")} - {"nth_value"}
        items = []
        for call in calls:
            order = self.chance.choice(FRAMES)
            bounds = "" if call.head in names else self.chance.choice(BOUNDS)
            over = f"{call.text} OVER ({order}{bounds})"
            items.append((call, f"sort_array({over})" if call.head in SORTED else over))
        self._items(items, "id", "FROM t", None)

    def _queries(self, pool: Pool) -> None:
        for _ in range(QUERIES):
            try:
                query = random_query(self.chance, pool)
            except NoArgument:
                continue
            self._one(query)

    def _calls(self, pool: Pool, forms: list[Form], count: int) -> list[Expression]:
        calls: list[Expression] = []
        while len(calls) < count:
            try:
                calls.append(pool.call(self.chance.choice(forms)))
            except NoArgument:
                count -= 1
        return calls

    # --- how it is compared -------------------------------------------------------------------------------------------

    def _items(
        self, items: list[tuple[Expression, str]], key: str, tail: str, pool: Pool | None
    ) -> list[tuple[Expression, str]]:
        """Ask for each item beside the key; gives those at which Spark found an error in the data."""
        answers = self.spark.ask_items([text for _, text in items], key, tail)
        raised = []
        for (call, text), spark in zip(items, answers, strict=True):
            sql = f"SELECT {key}, {text} AS c0 {tail}"
            ours = self.ours.ask(sql, self.settings)
            how = self._judged(call.head, sql, spark, ours, call=call)
            if how == "agrees" and spark.kind == "rows" and pool is not None:
                kind = spark.types[1]
                if not re.search(r"\bvariant\b|\btime\b|interval(?! \w)", kind):
                    pool.add(
                        Expression(call.text, parse_type(kind), call.depth, call.head, call.template, call.arguments)
                    )
            if how == "agrees" and spark.kind == "rows":
                self._check_name(call, text, key, tail, spark)
            if spark.kind == "raised":
                raised.append((call, text))
        return raised

    def _check_name(self, call: Expression, text: str, key: str, tail: str, spark: Answer) -> None:
        """Whether the column that is not given a name gets the one that Spark gives it."""
        sql = f"SELECT {key}, {text} {tail}"
        name = self.ours.names(sql, self.settings)[-1]
        self.report.names["agrees" if name == spark.names[0] else "differs"] += 1
        if name != spark.names[0]:
            self._seen[call.head, "other name"] += 1
            if self._seen[call.head, "other name"] == 1:
                named = [Answer("rows", message=n) for n in (spark.names[0], name)]
                self.on_difference(Difference(call.head, "other name", sql, self.settings, self.tables, *named))

    def _one(self, query: RandomQuery) -> None:
        spark, ours = self.spark.ask(query.sql), self.ours.ask(query.sql, self.settings)
        self._judged(query.head, query.sql, spark, ours, query=query)

    def _judged(
        self,
        head: str,
        sql: str,
        spark: Answer,
        ours: Answer,
        call: Expression | None = None,
        query: RandomQuery | None = None,
    ) -> str:
        is_ordered = query is not None and query.is_ordered
        how = verdict(spark, ours, is_ordered, self._is_loose(sql))
        known = (*KNOWN, *KNOWN_ERRORS) if spark.kind == "raised" else KNOWN
        if how not in ("agrees", "refused") and any(re.search(pattern, sql) for pattern, _ in known):
            how = "known"
        else:
            self.on_question(sql, spark, is_ordered, self._is_loose(sql))
        self.report.note(head, how)
        if how == "refused":
            self.report.refusals[ours.message.replace("\n", " ")[:80]] += 1
        if how in ("agrees", "refused", "known", "other sign of zero"):
            return how
        self._seen[head, how] += 1
        if self._seen[head, how] > _SAME_MAX:
            return how
        found = Difference(head, how, sql, self.settings, self.tables, spark, ours, is_ordered)
        found = self._smaller(found, _call_variants(call, sql) if call else query.smaller() if query else ())
        self.report.differences.append(found)
        self.on_difference(found)
        return how

    def _is_loose(self, sql: str) -> bool:
        if re.search(r"\b(skewness|kurtosis)\(", sql):
            return True
        return (
            self.is_wild
            and re.search(r"\b(try_)?(sum|avg|mean|std\w*|var\w*|covar\w+|corr|regr_\w+|skewness|kurtosis)\(", sql)
            is not None
        )

    # --- making it small ----------------------------------------------------------------------------------------------

    def _smaller(self, found: Difference, variants: Iterable[str]) -> Difference:
        """The smallest of the variants that differs in the same way, and then the fewest rows."""
        for sql in variants:
            again = self._again(found, sql, found.tables)
            if again is not None and len(sql) <= len(found.sql):
                found = again
        for row in range(len(found.tables["t"].rows)):
            table = found.tables["t"]
            again = self._again(found, found.sql, {**found.tables, "t": Table(table.schema, (table.rows[row],))})
            if again is not None:
                found = again
                break
        self._use_again()
        return found

    def _again(self, found: Difference, sql: str, tables: dict[str, Table]) -> Difference | None:
        if tables is not found.tables:
            self.spark.use(tables)
            self.ours.use(tables)
        spark, ours = self.spark.ask(sql), self.ours.ask(sql, self.settings)
        how = verdict(spark, ours, found.is_ordered, self._is_loose(sql))
        if how != found.how:
            return None
        return Difference(found.head, how, sql, self.settings, tables, spark, ours, found.is_ordered)

    def _use_again(self) -> None:
        self._use(self.tables)


def _call_variants(call: Expression, sql: str) -> Iterable[str]:
    """The query with simpler arguments: each deep one replaced by its own arguments of the same type."""
    for at, argument in enumerate(call.arguments):
        for inner in argument.arguments:
            if inner.type == argument.type:
                arguments = (*call.arguments[:at], inner, *call.arguments[at + 1 :])
                yield sql.replace(call.text, call.with_arguments(arguments).text)

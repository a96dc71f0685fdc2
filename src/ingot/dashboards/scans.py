"""Rows of a table that several visuals read, read once.

A click filters all visuals of a page alike, and other readers click meanwhile. Those rows of a table that any of the
waiting answers needs are taken into memory by one scan; each answer then asks its own queries, with all of its own
conditions, of these. Which rows are in memory thus decides how long an answer takes, and never what it is.

Owns which answers share a scan, and how long its rows are kept. Never knows what an answer is.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlglot import exp

from ingot.dashboards.evaluation import Evaluator, Held
from ingot.dashboards.pinned import PinnedLake
from ingot.dashboards.source import Source, alias, column_node
from ingot.engine import Binding
from ingot.errors import IngotError

CELLS_MAX = 3_000_000  # of the rows that one part of a table has
SHARED_CELLS_MAX = 1_000_000  # of those that several parts have: each answer looks at the rows of the others as well
_KINDS_MAX = 10_000  # of filters that are remembered

Compute = Callable[[Mapping[str, Binding]], Any]


@dataclass(frozen=True)
class Need:
    """The rows of a table that an answer reads.

    Attributes:
        key: The table in one of its versions, and what its columns' names mean.
        leaf: The table's name in the relation of `source`.
        columns: At least those that the answer's queries name.
        conditions: What every row passes that they look at; not empty.
        shape: What is alike in filters that leave about as many rows.
    """

    key: Hashable
    leaf: str
    source: Source
    pinned: PinnedLake
    columns: frozenset[str]
    conditions: tuple[exp.Expr, ...]
    shape: Hashable

    @property
    def kind(self) -> Hashable:
        """Of what it is known about how many rows there are."""
        return (self.key, self.shape)

    @cached_property
    def part(self) -> frozenset[str]:
        """The conditions, to be compared: the more there are, the fewer rows pass them."""
        return frozenset(map(repr, self.conditions))

    def is_within(self, parts: Sequence[frozenset[str]]) -> bool:
        """Whether rows with all of the conditions of one of these parts are all that is read."""
        return any(part <= self.part for part in parts)


@dataclass(eq=False)
class Waiting:
    """An answer that is to be computed."""

    compute: Compute
    need: Need | None = None
    future: Future[Any] = field(default_factory=Future)

    def run(self, held: Mapping[str, Binding]) -> None:
        """Compute it, unless nobody waits for it any more."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self.compute(held))
        except BaseException as error:  # it is raised where the answer is waited for
            self.future.set_exception(error)


class Scans:
    """Computes answers in threads, several of them by one scan. May be used from several threads."""

    def __init__(self, threads: Executor, evaluator: Evaluator):
        self._threads = threads
        self._evaluator = evaluator
        self._waiting: dict[Hashable, list[Waiting]] = {}
        self._scanned: set[Hashable] = set()
        self._rows: dict[Hashable, float] = {}  # that filters of a kind leave
        self._lock = threading.Lock()

    def start(self, answers: Sequence[Waiting]) -> None:
        """Have answers computed: those that need nothing in common at once, the others by the next scan."""
        for one in answers:
            if one.need is None or self._rows.get(one.need.kind) == math.inf:
                self._begin(one, {})
            else:
                self._add(one.need.key, one)
        for key in {one.need.key for one in answers if one.need is not None}:
            self._scan_soon(key)

    def _add(self, key: Hashable, one: Waiting) -> None:
        with self._lock:
            self._waiting.setdefault(key, []).append(one)

    def _scan_soon(self, key: Hashable) -> None:
        """Scan what waits, when the scan that runs has ended: what comes meanwhile then shares the next one."""
        with self._lock:
            if key in self._scanned or not self._waiting.get(key):
                return
            self._scanned.add(key)
        self._submit(lambda: self._scan(key), lambda: self._give_up(key))

    def _scan(self, key: Hashable) -> None:
        with self._lock:
            left = [one for one in self._waiting.pop(key, ()) if not one.future.cancelled()]
        try:
            for some, held in self._groups(left):
                left = [one for one in left if one not in some]
                self._begin_all(some, held)
        finally:
            self._begin_all(left, None)
            with self._lock:
                self._scanned.discard(key)
            self._scan_soon(key)

    def _give_up(self, key: Hashable) -> None:
        with self._lock:
            for one in self._waiting.pop(key, ()):
                one.future.cancel()

    # --- which answers share a scan ---

    def _groups(self, answers: Sequence[Waiting]) -> Iterator[tuple[Sequence[Waiting], Held | None]]:
        """Answers by the rows in memory that they share; None for those whose rows are too many."""
        left = list(answers)
        while left:
            parts = self._next_parts([one.need for one in left if one.need is not None])
            some = [one for one in left if one.need is not None and one.need.is_within(parts)] if parts else left
            left = [one for one in left if one not in some]
            yield some, self._held([one.need for one in some if one.need is not None], parts)

    def _next_parts(self, needs: Sequence[Need]) -> list[frozenset[str]]:
        """The parts of a table that the next scan takes, as many as will fit; none where each is too large by itself.

        How many rows filters leave is found out alone: a scan that has to be given up costs about as much as a visual.
        """
        fitting = [need for need in needs if self._rows.get(need.kind, 0) <= _rows_max(needs)]
        parts = _parts(fitting)
        kinds = {need.part: need.kind for need in fitting}
        taken, rows = list[frozenset[str]](), 0
        for part in parts:
            known = self._rows.get(kinds[part])
            if known is None and not taken:
                return [part]
            if known is not None and (not taken or rows + known <= _rows_max(needs, SHARED_CELLS_MAX)):
                taken.append(part)
                rows += known
        return taken

    def _held(self, needs: Sequence[Need], parts: Sequence[frozenset[str]]) -> Held | None:
        """The rows that any of these parts of a table has; None where they are too many, or cannot be held."""
        if len(needs) < 2 or not parts:
            return None
        first = needs[0]
        conditions = {need.part: need.conditions for need in needs}
        either = [exp.and_(*conditions[part]) for part in parts]
        columns = sorted(frozenset[str]().union(*(need.columns for need in needs)))
        tree = first.source.select([alias(column_node(name), name) for name in columns])
        tree.set("where", exp.Where(this=exp.or_(*either)))
        try:
            held = self._evaluator.hold(first.source.query(tree), first.pinned, _rows_max(needs))
        except IngotError:  # whatever it is, an answer that meets it as well tells it
            held = None
        self._learn({need.kind for need in needs if need.part in parts}, len(parts), held, _rows_max(needs))
        return held

    def _learn(self, kinds: Set[Hashable], parts: int, held: Held | None, rows_max: int) -> None:
        """Remember about how many rows filters of these kinds leave; together they had more than `rows_max` if None."""
        with self._lock:
            if len(self._rows) > _KINDS_MAX:
                self._rows.clear()
            for kind in kinds:
                known = self._rows.get(kind, 0)
                if held is None:
                    self._rows[kind] = max(known * 2, rows_max // parts) if parts > 1 else math.inf
                elif parts == 1:
                    self._rows[kind] = max(known, held.rows)

    # --- threads ---

    def _begin_all(self, answers: Sequence[Waiting], held: Held | None) -> None:
        """Compute answers from rows in memory, which are let go with the last of them."""
        if held is None:
            for one in answers:
                self._begin(one, {})
            return
        left = len(answers)
        lock = threading.Lock()

        def end() -> None:
            nonlocal left
            with lock:
                left -= 1
                is_last = not left
            if is_last:
                held.close()

        for one in answers:
            assert one.need is not None
            self._begin(one, {one.need.leaf: held.binding}, end)

    def _begin(self, one: Waiting, held: Mapping[str, Binding], end: Callable[[], None] = lambda: None) -> None:
        def run() -> None:
            try:
                one.run(held)
            finally:
                end()

        self._submit(run, lambda: (one.future.cancel(), end()))

    def _submit(self, work: Callable[[], None], give_up: Callable[[], Any]) -> None:
        """Have a thread do something; where the threads have ended, give it up."""
        try:
            started = self._threads.submit(work)
        except RuntimeError:  # they were ended
            give_up()
            return
        started.add_done_callback(lambda done: give_up() if done.cancelled() else None)


def _parts(needs: Sequence[Need]) -> list[frozenset[str]]:
    """The parts of a table that answers need, by their conditions; not those that lie within another one."""
    distinct = list(dict.fromkeys(need.part for need in needs))
    return [part for part in distinct if not any(other < part for other in distinct)]


def _rows_max(needs: Sequence[Need], cells_max: int | None = None) -> int:
    """How many rows of all columns that are needed may be in memory."""
    columns = frozenset[str]().union(*(need.columns for need in needs))
    return (CELLS_MAX if cells_max is None else cells_max) // max(len(columns), 1)

"""Recorded answers: for visuals that no cube can answer, what the lake says to each choice that reaches them.

A question is a visual with the filters that reach it, so that what does not concern it multiplies nothing. Choices of
one kind (the values of a slicer, the marks of a visual) are recorded together or not at all; pairs of choices where
they are few.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingot.dashboards.answers import Answers

CHOICES_MAX, MARKS_MAX, FIELDS_MAX, PAIRS_MAX, ROWS_MAX = 300, 100, 2, 200, 1000
_VOLATILE = ("milliseconds", "is_cached", "tables")
Filters = Sequence[Mapping[str, Any]]
Point = tuple[tuple[str, Any], ...]


@dataclass
class Recorder:
    """Asks the lake, and keeps equal answers once.

    Args:
        asked_of: The answers of the project.
        dashboard: Its name.
        given: Filters that hold for everything in the file.
        room: How many bytes the answers may take.
    """

    asked_of: Answers
    dashboard: str
    given: Filters
    room: int
    questions: dict[str, int] = field(default_factory=dict)
    answers: list[Mapping[str, Any]] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)

    def opening(self, page: str, visual: str, filters: Filters, reach: set[str]) -> None:
        """Record a visual as its page opens, whatever room that takes."""
        self._take(self._asked(page, visual, filters, reach))

    def choices(self, page: str, visual: str, choices: Sequence[Filters], reach: set[str]) -> bool:
        """Record a visual with each of these choices, if there is room for all."""
        return self._record(self._asked(page, visual, filters, reach) for filters in choices)

    def pairs(
        self, page: str, visual: str, base: Filters, sources: Sequence[Sequence[Filters]], reach: set[str]
    ) -> None:
        """Record a visual with two choices at once, of the sources that have the fewest, as far as these are few."""
        left = PAIRS_MAX
        for one, other in sorted(itertools.combinations(sources, 2), key=lambda both: len(both[0]) * len(both[1])):
            left -= len(one) * len(other)
            if left < 0:
                return
            both = [[*base, *a, *b] for a in one for b in other if not _fields(a) & _fields(b)]
            self.choices(page, visual, both, reach)

    def levels(self, page: str, visual: Mapping[str, Any], filters: Filters, reach: set[str]) -> bool:
        """Record the second level of a hierarchy, as a whole and within each value of the first."""
        name = visual["hierarchy"][0]["name"]
        values = [value for point in self.points(page, visual["id"], filters) for own, value in point if own == name]
        if len(values) > CHOICES_MAX:
            return False
        paths = [[], *([{"field": name, "value": value}] for value in values)]
        return self._record(
            self._asked(page, visual["id"], filters, reach, {"drill": path, "level": 1}) for path in paths
        )

    def points(self, page: str, visual: str, filters: Filters) -> list[Point]:
        """The marks of a visual as its page opens, as the fields and values that a click on them chooses."""
        return _points(self._answer(page, visual, filters, {}))

    # --- questions and answers ---

    def _asked(
        self, page: str, visual: str, filters: Filters, reach: set[str], own: Mapping[str, Any] | None = None
    ) -> tuple[str, str]:
        """A question, and its answer as JSON; one that is known already is not asked again."""
        kept = [one for one in filters if one["field"].lower() in reach]
        key = question(page, visual, kept, own or {})
        if key in self.questions:
            return key, ""
        return key, _json(_shortened(self._answer(page, visual, kept, own or {})))

    def _answer(self, page: str, visual: str, filters: Filters, own: Mapping[str, Any]) -> Mapping[str, Any]:
        wanted: dict[str, Any] = {"page": page, "visuals": [visual], "filters": [*self.given, *filters]}
        if own:
            wanted["own"] = {visual: own}
        return self.asked_of.data(self.dashboard, wanted)["visuals"][visual]

    def _record(self, asked: Iterable[tuple[str, str]]) -> bool:
        """Keep answers, if there is room for all of them; no more are asked for than there is room for."""
        found: list[tuple[str, str]] = []
        new: dict[str, int] = {}
        for key, text in asked:
            found.append((key, text))
            if text and text not in self._numbers:
                new[text] = len(text)
            if sum(new.values()) > self.room:
                return False
        for one in found:
            self._take(one)
        return True

    def _take(self, asked: tuple[str, str]) -> None:
        key, text = asked
        if not text:
            return
        if text not in self._numbers:
            self._numbers[text] = len(self.answers)
            self.answers.append(json.loads(text))
            self.room -= len(text)
        self.questions[key] = self._numbers[text]


def question(page: str, visual: str, filters: Filters, own: Mapping[str, Any]) -> str:
    """The text of a question, exactly as the page in the file writes it."""
    parts = sorted((_json([one["field"], one["op"], one["values"]]) for one in filters), key=_utf16)
    drill = [[step["field"], step["value"]] for step in own.get("drill", ())]
    return _json([page, visual, parts, drill, own.get("level", 0)])


def _fields(filters: Filters) -> set[str]:
    return {one["field"].lower() for one in filters}


def _points(answer: Mapping[str, Any]) -> list[Point]:
    columns = answer.get("columns", ())
    places = [n for n, column in enumerate(columns) if column["role"] == "dimension"]
    others = set(answer.get("others", ()))
    rows = [row for n, row in enumerate(answer.get("rows", ())) if n not in others]
    if not places:
        return []
    return list({tuple((columns[n]["name"], row[n]) for n in places): None for row in rows})


def _shortened(answer: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in answer.items() if key not in _VOLATILE}
    if len(kept.get("rows", ())) > ROWS_MAX:
        kept |= {"rows": kept["rows"][:ROWS_MAX], "row_count": ROWS_MAX, "is_truncated": True}
    return kept


def _json(value: Any) -> str:
    """JSON as browsers write it: whole numbers without a fraction."""
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _utf16(text: str) -> bytes:
    """What browsers sort texts by."""
    return text.encode("utf-16-be", "surrogatepass")

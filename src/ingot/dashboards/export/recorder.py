"""Which questions a file can answer, and their answers: each page as it opens, and with each single choice.

A choice is a value of a slicer, a mark that is clicked, or a step down a hierarchy. Choices of one field are taken
together or not at all, as long as there is room for their answers.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ingot.dashboards.answers import Answers
from ingot.dashboards.export.wish import page_filters

CHOICES_MAX, MARKS_MAX, FIELDS_MAX, ROWS_MAX = 300, 100, 2, 1000
_CHOSEN_FROM = ("list", "dropdown")
_VOLATILE = ("milliseconds", "is_cached", "tables")
Point = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Recording:
    """What a file holds."""

    spec: Mapping[str, Any]
    questions: Mapping[str, int]
    answers: Sequence[Mapping[str, Any]]
    values: Mapping[str, Any]
    as_of: str | None
    notes: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        return {
            "spec": self.spec, "questions": self.questions, "answers": self.answers, "values": self.values,
            "asOf": self.as_of, "notes": self.notes,
        }  # fmt: skip


class Recorder:
    """Records one dashboard.

    Args:
        answers: Of the project.
        spec: The described dashboard.
        given: Filters that hold for everything in the file.
        page: The only page to record; all if None.
        bytes_max: How large the answers may get.
    """

    def __init__(
        self,
        answers: Answers,
        spec: Mapping[str, Any],
        given: Sequence[Mapping[str, Any]],
        page: str | None,
        bytes_max: int,
    ):
        self._asked_of = answers
        self._given = list(given)
        self._room = bytes_max
        self._bytes_max = bytes_max
        self._spec = copy.deepcopy(dict(spec))
        if page is not None:
            known = answers.open(spec["name"]).page(page).name
            self._spec["pages"] = [one for one in self._spec["pages"] if one["name"] == known]
        self._questions: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._answers: list[Mapping[str, Any]] = []
        self._values: dict[str, Any] = {}
        self._notes: list[str] = []
        self._as_of: str | None = None

    def recording(self) -> Recording:
        """Ask everything that the file will answer.

        Raises:
            IngotError: what is wrong with the filters.
        """
        opening = {page["name"]: self._record(page, self._defaults(page)) for page in self._spec["pages"]}
        for page in self._spec["pages"]:
            self._slicers(page)
        for page in self._spec["pages"]:
            for visual in page["visuals"]:
                self._clicks(page, visual, opening[page["name"]].get(visual["id"], {}))
        if self._given:
            told = "; ".join(f"{f['field']}: {', '.join(str(v) for v in f['values'])}" for f in self._given)
            self._notes.insert(0, f"Everything here is filtered by {told}.")
        self._notes.append("This file holds answers to one choice at a time; the rows behind them are not in it.")
        return Recording(self._spec, self._questions, self._answers, self._values, self._as_of, self._notes)

    # --- what can be chosen ---

    def _slicers(self, page: Mapping[str, Any]) -> None:
        for slicer in page["slicers"]:
            if slicer.get("error"):
                continue
            slicer["multiple"] = False
            reason = self._slicer(page, slicer)
            if reason is not None:
                slicer["error"] = {"message": f"{slicer['label']} cannot be chosen in this file: {reason}"}
                self._notes.append(f"{slicer['label']} ({page['title']}) cannot be chosen here: {reason}.")

    def _slicer(self, page: Mapping[str, Any], slicer: Mapping[str, Any]) -> str | None:
        """Record a slicer's choices; why not, if it cannot be used."""
        if any(one["field"].lower() == slicer["field"].lower() for one in self._given):
            return "the file was made with a filter on it"
        if slicer["kind"] not in _CHOSEN_FROM:
            return "ranges need a server"
        found = self._asked_of.values(
            self._spec["name"], {"page": page["name"], "slicer": slicer["id"], "filters": self._given}
        )
        values = [one["value"] for one in found["values"]]
        if found["is_truncated"] or len(values) > CHOICES_MAX:
            return f"it has more than {CHOICES_MAX} values"
        self._values[f"{page['name']} {slicer['id']}"] = {"values": found["values"], "is_truncated": False}
        others = [one for one in self._defaults(page) if one["field"] != slicer["field"]]
        choices = [[*others, _equal(slicer["field"], value)] for value in values]
        if slicer["default"]:
            choices.append(others)
        return None if self._record_all(page, choices) else self._full()

    def _clicks(self, page: dict[str, Any], visual: dict[str, Any], opening: Mapping[str, Any]) -> None:
        """Record what clicks on a visual do to the others, and the steps down its hierarchy."""
        points = _points(opening)
        if visual["interaction"] != "none" and not self._click_choices(page, points):
            visual["interaction"] = "none"
        target = next((one for one in self._spec["pages"] if one["name"] == visual["drill_through"]), None)
        if target is None or not points or not self._click_choices(target, points):
            visual["drill_through"] = None
        if visual["hierarchy"] and not self._levels(page, visual, points):
            visual["hierarchy"] = None

    def _click_choices(self, page: Mapping[str, Any], points: Sequence[Point]) -> bool:
        if len(points) > (MARKS_MAX if any(len(point) > 1 for point in points) else CHOICES_MAX):
            return False
        if any(len(point) > FIELDS_MAX for point in points):
            return False
        base = self._defaults(page)
        return self._record_all(page, [[*base, *(_equal(*pair) for pair in point)] for point in points])

    def _levels(self, page: Mapping[str, Any], visual: Mapping[str, Any], points: Sequence[Point]) -> bool:
        """The second level of a hierarchy, as a whole and within each value of the first; deeper ones stay closed."""
        field = visual["hierarchy"][0]["name"]
        visual["hierarchy"][2:] = []
        paths: list[list[dict[str, Any]]] = [[]]
        paths += [[{"field": field, "value": value}] for point in points for name, value in point if name == field]
        if len(paths) > CHOICES_MAX:
            return False
        asked = [(self._defaults(page), {"drill": path, "level": 1}) for path in paths]
        return self._taken([self._ask(page, filters, [visual["id"]], own) for filters, own in asked])

    # --- questions and answers ---

    def _defaults(self, page: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What the page itself asks with when it opens."""
        fields = {one["field"].lower() for one in self._given}
        return [one for one in page_filters(page, ()) if one["field"].lower() not in fields]

    def _record_all(self, page: Mapping[str, Any], choices: Iterable[list[dict[str, Any]]]) -> bool:
        """Record a page with each of these choices, if there is room for all."""
        found = []
        size = 0
        for filters in choices:
            asked = self._ask(page, filters)
            size += sum(len(text) for text in asked.values() if text not in self._numbers)
            if size > self._room:
                return False
            found.append(asked)
        return self._taken(found)

    def _record(self, page: Mapping[str, Any], filters: list[dict[str, Any]]) -> dict[str, Any]:
        """Record a page as it opens, whatever room that takes; the answers by visual."""
        asked = self._ask(page, filters)
        self._take(asked)
        return {json.loads(key)[1]: json.loads(text) for key, text in asked.items()}

    def _ask(
        self,
        page: Mapping[str, Any],
        filters: list[dict[str, Any]],
        visuals: Sequence[str] | None = None,
        own: Mapping[str, Any] | None = None,
    ) -> dict[str, str]:
        """The answers of visuals as JSON, by their questions; those that are known already are not asked again."""
        ids = [visual["id"] for visual in page["visuals"]] if visuals is None else list(visuals)
        keys = {name: question(page["name"], name, filters, own or {}) for name in ids}
        missing = [name for name in ids if keys[name] not in self._questions]
        if not missing:
            return {}
        wanted = {"page": page["name"], "visuals": missing, "filters": [*self._given, *filters]}
        if own:
            wanted["own"] = dict.fromkeys(missing, own)
        found = self._asked_of.data(self._spec["name"], wanted)
        self._as_of = max(filter(None, (self._as_of, found["as_of"])), default=None)
        return {keys[name]: _json(_shortened(answer)) for name, answer in found["visuals"].items()}

    def _taken(self, found: Sequence[Mapping[str, str]]) -> bool:
        """Keep answers, if there is room for all of them."""
        new = {text for asked in found for text in asked.values() if text not in self._numbers}
        if sum(map(len, new)) > self._room:
            return False
        for asked in found:
            self._take(asked)
        return True

    def _take(self, asked: Mapping[str, str]) -> None:
        for key, text in asked.items():
            if text not in self._numbers:
                self._numbers[text] = len(self._answers)
                self._answers.append(json.loads(text))
                self._room -= len(text)
            self._questions[key] = self._numbers[text]

    def _full(self) -> str:
        return f"the answers would take more than {self._bytes_max / 1_000_000:g} MB"


def question(page: str, visual: str, filters: Sequence[Mapping[str, Any]], own: Mapping[str, Any]) -> str:
    """The text of a question, exactly as the page in the file writes it."""
    parts = sorted((_json([one["field"], one["op"], one["values"]]) for one in filters), key=_utf16)
    drill = [[step["field"], step["value"]] for step in own.get("drill", ())]
    return _json([page, visual, parts, drill, own.get("level", 0)])


def _points(answer: Mapping[str, Any]) -> list[Point]:
    """The marks of a visual as the fields and values that a click on them chooses."""
    columns = answer.get("columns", ())
    places = [n for n, column in enumerate(columns) if column["role"] == "dimension"]
    others = set(answer.get("others", ()))
    rows = [row for n, row in enumerate(answer.get("rows", ())) if n not in others]
    if not places:
        return []
    return list({tuple((columns[n]["name"], row[n]) for n in places): None for row in rows})


def _equal(field: str, value: Any) -> dict[str, Any]:
    return {"field": field, "op": "in", "values": [value]}


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

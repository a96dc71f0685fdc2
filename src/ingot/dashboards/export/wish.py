"""What is to be exported: which page, with which filters. Evaluates nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingot.dashboards.answers import Answers
from ingot.errors import DashboardError

_OPERATORS = {"range": "between", "relative_date": "last"}


@dataclass(frozen=True)
class Wish:
    """What is to be exported. `filters` are texts `field=value`; `field=` alone means rows without a value."""

    name: str
    format: str
    page: str | None = None
    filters: Sequence[str] = ()
    output: Path | None = None
    theme: str = "light"
    megabytes_max: float = 10.0


def page_of(spec: Mapping[str, Any], name: str | None, dashboard: str, answers: Answers) -> Mapping[str, Any]:
    """The described page of that name; the first one that is not hidden if there is none.

    Raises:
        DashboardError: `unknown-page`.
    """
    pages = spec["pages"]
    if name is None:
        return next((page for page in pages if not page["hidden"]), pages[0])
    known = answers.open(dashboard).page(name).name
    return next(page for page in pages if page["name"] == known)


def chosen(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Filters of texts `field=value`; several values of one field are alternatives.

    Raises:
        DashboardError: `invalid-filter`.
    """
    values: dict[str, list[str | None]] = {}
    for text in texts:
        field, separator, value = text.partition("=")
        if not separator or not field:
            raise DashboardError(f"'{text}' is no filter", hint="--filter country=France", code="invalid-filter")
        values.setdefault(field, []).append(value or None)
    return [{"field": field, "op": "in", "values": found} for field, found in values.items()]


def page_filters(page: Mapping[str, Any], given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a page is filtered by: what is asked for, and the defaults of slicers that nothing is asked for."""
    fields = {one["field"].lower() for one in given}
    found = [dict(one) for one in given]
    for slicer in page["slicers"]:
        if slicer["default"] and slicer["field"].lower() not in fields:
            operator = _OPERATORS.get(slicer["kind"], "in")
            found.append({"field": slicer["field"], "op": operator, "values": list(slicer["default"])})
    return found

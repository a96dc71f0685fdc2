"""What the dashboards of a project show: the rows of each visual."""

from __future__ import annotations

from typing import Any

import ingot
from ingot.dashboards.answers import Answers


def shown(lake: ingot.Connection, dashboard: str, page: str, **chosen: Any) -> dict[str, list[list[Any]]]:
    """The rows of the visuals of a page by their ids, where these values of fields are chosen; none of them fails."""
    answers = Answers(lake.project, lake.engine)
    filters = [{"field": field, "op": "in", "values": [value]} for field, value in chosen.items()]
    try:
        found = answers.data(dashboard, {"page": page, "filters": filters})["visuals"]
    finally:
        answers.close()
    assert {name: answer["error"] for name, answer in found.items() if "error" in answer} == {}
    return {name: answer["rows"] for name, answer in found.items()}


def faults(lake: ingot.Connection) -> list[str]:
    """Everything that is wrong with the dashboards of a project."""
    from ingot.dashboards.check import check

    return [str(fault) for checked in check(lake.project, lake.engine) for fault in checked.faults]

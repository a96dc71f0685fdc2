"""The ends of types in a file: digits that doubles do not hold, values that are no numbers, days of another time zone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboards.test_export_cubes import InPage, close, of_the_lake
from ingot.dashboards.answers import Answers
from ingot.dashboards.export.content import ContentMaker
from ingot.testing import run_project

FILES = {
    "ingot.yml": "name: p\nconfiguration: {spark.sql.session.timeZone: America/New_York}\n",
    "transformations/t.sql": """
CREATE MATERIALIZED VIEW gold.ends AS
SELECT * FROM VALUES
  (9007199254740993L, CAST('NaN' AS DOUBLE), 1234567890123456789012345678.1234567890BD, timestamp'2024-03-10 01:30:00', 'é', 1),
  (9007199254740993L, CAST('Infinity' AS DOUBLE), -0.0000000001BD, timestamp'2024-03-10 03:30:00', '😀', 0),
  (-9007199254740995L, CAST(-1.5 AS DOUBLE), 0.1BD, timestamp'2024-11-03 23:59:59.999999', 'ﬀ', 0),
  (1L, CAST(NULL AS DOUBLE), NULL, NULL, NULL, NULL),
  (9223372036854775807L, CAST(1e300 AS DOUBLE), 99BD, timestamp'2024-11-04 00:00:00', 'e', 2)
  AS t(large, number, exact, at, text, divisor);
""",
    "dashboards/d.yml": """
datasets:
  ends:
    from: gold.ends
    measures: {rows: count(*), smallest: min(large), total: sum(exact), most: max(number), mean: avg(exact), ratio: sum(exact) / sum(divisor), last: max(text)}
visuals:
  - {name: larges, kind: table, dataset: ends, columns: [large, rows, total, most, mean, last]}
  - {name: numbers, kind: table, dataset: ends, columns: [number, rows, smallest]}
  - {name: exacts, kind: table, dataset: ends, columns: [exact, at, text], sort: -text}
  - {name: texts, kind: bar, dataset: ends, category: text, value: total}
  - {name: ratio, kind: card, dataset: ends, value: ratio}
  - {name: ratios, kind: bar, dataset: ends, category: text, value: ratio}
  - {name: times, kind: table, dataset: ends, columns: [at, rows]}
""",
}
FILTERS: list[list[dict[str, Any]]] = [
    [],
    [{"field": "large", "op": "in", "values": ["9007199254740993"]}],
    [
        {"field": "large", "op": "ge", "values": ["9007199254740993"]},
        {"field": "text", "op": "in", "values": ["😀", "e"]},
    ],
    [{"field": "number", "op": "in", "values": ["NaN", None]}],
    [{"field": "number", "op": "gt", "values": [0]}],
    [{"field": "number", "op": "le", "values": ["Infinity"]}],
    [{"field": "exact", "op": "in", "values": ["1234567890123456789012345678.1234567890"]}],
    [{"field": "exact", "op": "lt", "values": [1e-9]}],
    [{"field": "text", "op": "gt", "values": ["é"]}],
    [{"field": "text", "op": "between", "values": ["ﬀ", None]}],
    [{"field": "at", "op": "in", "values": ["2024-03-10"]}],
    [{"field": "at", "op": "le", "values": ["2024-11-03"]}],
    [{"field": "at", "op": "gt", "values": ["2024-11-03"]}],
    [{"field": "at", "op": "ge", "values": ["2024-03-10T07:30:00Z"]}],
    [{"field": "at", "op": "lt", "values": ["2024-03-10T02:30:00-05:00"]}],
    [{"field": "at", "op": "ge", "values": ["2024-11-03T23:59:59.999999"]}],
    [{"field": "large", "op": "in", "values": ["no number"]}],
]


@pytest.mark.slow
def test_the_ends_of_types_are_answered_as_the_lake_answers_them(tmp_path: Path):
    with run_project(tmp_path, FILES) as connection:
        answers = Answers(connection.project, connection.engine)
        content = ContentMaker(answers, answers.dashboard("d"), (), None, 10**7).content()
        page = InPage(content)
        first = content.spec["pages"][0]["name"]
        planned = [visual for kind, _, visual in content.cubes.plans if kind == "visual"]
        assert len(planned) == 7
        for filters in FILTERS:
            asked = {"page": first, "visuals": planned, "filters": filters}
            found, wanted = page.data(asked), of_the_lake(answers, "d", asked)
            for visual in planned:
                if "error" in wanted[visual]:
                    assert "error" in found[visual], (visual, filters)
                elif found[visual].get("error", {}).get("code") == "not-in-this-file":
                    plan = content.cubes.plans["visual", first, visual]
                    assert {one["field"] for one in filters} - set(plan["fields"]), (visual, filters, found[visual])
                else:
                    assert close(found[visual], wanted[visual]), (visual, filters, found[visual], wanted[visual])
        page.context.close()
        answers.close()

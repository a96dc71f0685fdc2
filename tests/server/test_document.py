"""The OpenAPI document tells what endpoints answer: each answer has the shape that stands there, and nothing besides."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest

from ingot.server.document.openapi import ANSWERS
from server.attacks import send
from server.hostile import CHANGING, GOOD
from server.serving import TOKENS, Running, serving
from server.waiting import wait_for, without_end

KINDS = """
locale: de-DE
currency: EUR
datasets:
  orders:
    from: silver.orders
    measures: {total: {expr: sum(amount), format: currency}, n: count(*)}
slicers:
  - {field: customer, dataset: orders, kind: list, name: who, default: [Ada]}
  - {field: amount, dataset: orders, kind: range, name: much}
  - {field: day, dataset: orders, kind: relative_date, name: lately}
  - {field: nope, dataset: orders, kind: list, name: broken}
visuals:
  - {name: course, kind: card, dataset: orders, value: total, trend: day}
  - {name: change, kind: card, dataset: orders, value: total, change: {by: day, previous: 1 day}}
  - {name: top, kind: bar, dataset: orders, category: customer, value: total, top: 1, others: true}
  - {name: matrix, kind: matrix, dataset: orders, rows: customer, columns: day, values: [total, n], options: {totals: true}}
  - {name: own, kind: table, sql: "SELECT customer, count(*) AS n FROM silver.orders GROUP BY 1"}
  - {name: broken, kind: bar, dataset: orders, category: nope, value: total}
"""


@pytest.fixture(scope="module")
def document(server: Running) -> dict[str, Any]:
    return server.get("/api/v1/openapi.json").json()


def _operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path.removeprefix('/api/v1')}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


@pytest.fixture(scope="module")
def check(document: dict[str, Any]) -> Callable[[str, httpx.Response | None], Any]:
    """Holds an answer of an endpoint against its shape, in which no key is left out or added; gives its content."""
    closed = _closed(document["components"])
    operations = _operations(document)

    @cache
    def validator(endpoint: str) -> Any:
        responses = operations[endpoint]["responses"]
        success = next(found for status, found in responses.items() if status.startswith("2"))
        schema = {**success["content"]["application/json"]["schema"], "components": closed}
        return jsonschema_rs.validator_for(schema, validate_formats=True)

    def checked(endpoint: str, answer: httpx.Response | None) -> Any:
        assert answer is not None and answer.is_success, (endpoint, answer and answer.text[:500])
        found = answer.json()
        wrong = [
            f"{'.'.join(map(str, error.instance_path))}: {error.message[:300]}"
            for error in validator(endpoint).iter_errors(found)
        ]
        assert wrong == [], endpoint
        return found

    return checked


def _closed(schema: Any) -> Any:
    """The same schemas, with objects that have no other keys than those that are told."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(part) for key, part in schema.items()}
    if isinstance(found.get("properties"), dict) and "type" in found:
        found.setdefault("additionalProperties", False)
    return found


def test_each_endpoint_that_answers_in_json_tells_its_shape(document: dict[str, Any]):
    told = {}
    for endpoint, operation in _operations(document).items():
        for status, response in operation["responses"].items():
            if status.startswith("2") and "application/json" in response.get("content", {}):
                told[endpoint] = response["content"]["application/json"]["schema"]
    assert set(told) == set(ANSWERS)
    assert all(set(schema) == {"$ref"} for schema in told.values())


def test_the_document_is_whole(document: dict[str, Any]):
    """No reference leads nowhere, and what requests take is described as it was."""
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(document["components"]["schemas"])
    assert set(document["components"]["schemas"]["Selection"]["properties"]) == {
        "refresh",
        "full_refresh",
        "full_refresh_all",
    }


@pytest.mark.parametrize("endpoint", [endpoint for endpoint in ANSWERS if endpoint not in CHANGING])
def test_an_answer_has_its_shape(attacked: Running, check, endpoint: str):
    newest = attacked.get("/api/v1/updates/current").json()["id"]
    answers = []
    for asked in GOOD[endpoint]:
        asked = asked.with_part("path", "update_id", newest) if "update_id" in asked.path else asked
        answers.append(send(attacked, endpoint, asked))
    in_json = [answer for answer in answers if answer and answer.headers["content-type"] == "application/json"]
    assert in_json
    for answer in in_json:
        check(endpoint, answer)


def test_an_update_that_failed_has_the_same_shape(server: Running, check):
    found = check("GET /updates/current", server.get("/api/v1/updates/current"))
    assert [flow["error"]["code"] for flow in found["flows"] if flow["error"]] == ["unknown-column"]
    check("GET /updates", server.get("/api/v1/updates"))
    check("GET /graph", server.get("/api/v1/graph"))
    found = check("GET /tables/{schema}/{table}/lineage", server.get("/api/v1/tables/gold/broken/lineage"))
    assert found["up"] == ["silver.orders"]


def test_updates_that_are_started_and_stopped_and_rows_that_are_replayed_have_their_shapes(own_project: Path, check):
    with serving(own_project) as server:
        answer = server.post("/api/v1/tables/silver/orders/quarantine/replay")
        assert check("POST /tables/{schema}/{table}/quarantine/replay", answer)["remaining"] == 1
        marker = without_end(own_project)
        check("POST /updates", server.post("/api/v1/updates"))
        assert check("GET /updates/current", server.get("/api/v1/updates/current"))["state"] == "RUNNING"
        check("POST /updates/current/stop", server.post("/api/v1/updates/current/stop"))
        answer = wait_for(
            lambda: server.get("/api/v1/updates/current"), lambda answer: answer.json()["state"] != "RUNNING"
        )
        check("GET /updates/current", answer)
        marker.unlink()


def test_what_is_broken_is_told_in_its_shape_and_dashboards_of_all_kinds_too(own_project: Path, check):
    (own_project / "dashboards/kinds.yml").write_text(KINDS)
    (own_project / "dashboards/unread.yml").write_text("title: [\n")
    log = own_project / "lake/gold/damaged/_delta_log"
    log.mkdir(parents=True)
    (log / f"{0:020}.json").write_text("{")
    with serving(own_project) as server:
        tables = check("GET /tables", server.get("/api/v1/tables"))["tables"]
        assert [table["name"] for table in tables if "error" in table] == ["damaged"]
        nodes = check("GET /graph", server.get("/api/v1/graph"))["nodes"]
        assert {"gold.damaged", "gold.broken", "dashboard:unread"} <= {node["id"] for node in nodes if node["error"]}
        check("GET /catalog", server.get("/api/v1/catalog"))
        lines = check("GET /dashboards", server.get("/api/v1/dashboards"))["dashboards"]
        assert [line["name"] for line in lines if line["error"]] == ["unread"]
        [page] = check("GET /dashboards/{name}", server.get("/api/v1/dashboards/kinds"))["pages"]
        assert [one["id"] for one in (*page["slicers"], *page["visuals"]) if one["error"]] == ["broken", "broken"]
        found = check("POST /dashboards/{name}/data", server.post("/api/v1/dashboards/kinds/data"))["visuals"]
        assert [name for name, visual in found.items() if "error" in visual] == ["broken"]
        told = {key for visual in found.values() for key in visual}
        assert {"trend", "change", "others", "totals"} <= told and found["change"]["change"] is not None
        for slicer in ("who", "much", "lately"):
            check("POST /dashboards/{name}/values", server.post("/api/v1/dashboards/kinds/values", {"slicer": slicer}))
        for visual in ("top", "own"):
            check("POST /dashboards/{name}/rows", server.post("/api/v1/dashboards/kinds/rows", {"visual": visual}))
        (own_project / "ingot.yml").write_text("name: [\n")
        wait_for(lambda: check("GET /project", server.get("/api/v1/project"))["error"], bool)


def test_viewers_are_told_what_the_shape_of_the_project_demands(guarded: Running, check):
    headers = {"Authorization": f"Bearer {TOKENS['viewer']}"}
    assert "lake" not in check("GET /project", guarded.get("/api/v1/project", headers=headers))

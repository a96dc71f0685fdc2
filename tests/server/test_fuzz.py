"""Whatever a client sends, the server answers: from its OpenAPI document, and with texts that break out of things."""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from server.serving import Running

SKIPPED = {
    ("GET", "/api/v1/live"),  # never ends
    ("POST", "/api/v1/updates"),  # starts processes: test_updates
    ("POST", "/api/v1/updates/current/stop"),
    ("POST", "/api/v1/tables/{schema}/{table}/quarantine/replay"),
}
STATUSES = {200, 202, 204, 400, 404, 406, 409, 413, 422, 503, 504}

HOSTILE = [
    "'", '"', "`", "\\", ";", "--", "/*", "*/", "' OR '1'='1", "'; DROP TABLE gold.revenue; --", "`; DROP TABLE x; --`",
    "${env:PATH}", "${secret:x}", "{{7*7}}", "{% print(1) %}", "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>',
    "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "\r\nX-Injected: yes", "file:///etc/passwd", "\u202e", "😀", "a" * 290,
    "NULL", "nan", "-1", "9" * 40, "__class__", "constructor", "__proto__",
]  # fmt: skip


def check(answer) -> None:
    """An answer is one that is meant, in the one shape if it is no success."""
    status, text = answer.status_code, answer.content.decode("utf-8", "replace")
    assert status in STATUSES, (status, text[:500])
    assert "x-injected" not in {name.lower() for name in answer.headers}
    assert "Traceback" not in text and "root:x:" not in text
    if status >= 400:
        assert set(json.loads(text)["error"]) == {"code", "message", "location", "hint"}


def fuzz(server: Running, mode: GenerationMode, examples: int) -> int:
    """Send generated requests to every endpoint; gives how many."""
    schema = schemathesis.openapi.from_dict(server.get("/api/v1/openapi.json").json())
    sent = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if (operation.method.upper(), operation.path) in SKIPPED:
            continue

        @settings(
            max_examples=examples, deadline=None, database=None, derandomize=True, phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(mode))
        def one(case):
            nonlocal sent
            sent += 1
            answer = case.call(base_url=server.url)
            check(answer)
            if mode is GenerationMode.POSITIVE:
                case.validate_response(answer, checks=[schemathesis.checks.response_schema_conformance])

        try:
            one()
        except Unsatisfiable:  # nothing that is wrong can be sent to an endpoint without parameters
            assert mode is GenerationMode.NEGATIVE
    return sent


def test_requests_as_the_document_describes_them_are_answered(server: Running):
    assert fuzz(server, GenerationMode.POSITIVE, 3) > 50


def test_requests_that_the_document_forbids_are_answered(server: Running):
    assert fuzz(server, GenerationMode.NEGATIVE, 3) > 30


@pytest.mark.slow
@pytest.mark.parametrize("mode", GenerationMode)
def test_many_requests_are_answered(server: Running, mode: GenerationMode):
    assert fuzz(server, mode, 100) > 1000


# --- texts that break out of things ---------------------------------------------------------------------------------


def places(text: str) -> list[tuple[str, str, dict]]:
    """Every parameter of the API that takes a text, with this one in it."""
    quoted = urllib.parse.quote(text, safe="")
    return [
        *(("GET", f"/api/v1/{path}", {}) for path in (
            f"dashboards/{quoted}", f"updates/{quoted}", f"tables/{quoted}/x", f"tables/gold/{quoted}",
            f"tables/gold/{quoted}/rows", f"tables/gold/{quoted}/history", f"tables/gold/{quoted}/lineage",
            f"tables/{quoted}/revenue/quarantine", f"sources/{quoted}/files", f"queries/{quoted}",
        )),
        ("GET", "/api/v1/tables/gold/revenue/rows", {"params": {"order_by": text}}),
        ("GET", "/api/v1/tables/gold/revenue/rows", {"params": {"version": text}}),
        ("GET", "/api/v1/updates", {"params": {"before": text}}),
        ("GET", f"/dashboards/{quoted}", {}),
        ("GET", f"/console/{quoted}", {}),
        ("GET", "/login", {"params": {"next": text}}),
        ("POST", "/api/v1/query", {"json": {"sql": text}}),
        ("POST", "/api/v1/query", {"json": {"sql": f"SELECT * FROM {text}"}}),
        ("POST", "/api/v1/query", {"json": {"sql": f"SELECT '{text}'"}}),
        ("POST", "/api/v1/dashboards/sales/data", {"json": {"page": text}}),
        ("POST", "/api/v1/dashboards/sales/data", {"json": {"filters": [{"field": text, "op": "in", "values": [text]}]}}),
        ("POST", "/api/v1/dashboards/sales/data", {"json": {"filters": [{"field": "customer", "op": "contains", "values": [text]}]}}),
        ("POST", "/api/v1/dashboards/sales/rows", {"json": {"visual": "revenue", "point": {text: text}}}),
        ("POST", "/api/v1/dashboards/sales/values", {"json": {"slicer": text, "search": text}}),
        ("DELETE", f"/api/v1/queries/{quoted}", {}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", [text if number % 4 == 0 else pytest.param(text, marks=pytest.mark.slow) for number, text in enumerate(HOSTILE)],
    ids=ascii,
)  # fmt: skip
def test_a_text_stays_a_text(server: Running, project: Path, text: str):
    for method, path, options in places(text):
        answer = server.client.request(method, path, **options)
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert answer.status_code in (200, 404)
            assert (
                "<script>alert(1)" not in answer.text
                and "<img src=x" not in answer.text
                and "49" not in answer.text[:300]
            )
        elif answer.status_code != 303:
            check(answer)
    assert server.query("SELECT count(*) FROM gold.revenue").json()["rows"] == [[2]]

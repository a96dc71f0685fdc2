"""Whatever a client sends, the server answers: requests that are made from its OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from server.serving import Running, serving
from server.waiting import wait_for

NEVER_ENDS = "GET /api/v1/live"
STARTING = {  # processes, which change tables: on a project of their own
    "POST /api/v1/updates", "POST /api/v1/updates/current/stop",
    "POST /api/v1/tables/{schema}/{table}/quarantine/replay",
}  # fmt: skip
CONFORMANCE = [
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_headers_conformance,
    schemathesis.checks.response_schema_conformance,
]
STATUSES = {200, 202, 204, 400, 404, 406, 409, 413, 422, 503, 504}


def check(answer) -> None:
    """An answer is one that is meant, in the one shape if it is no success."""
    status, text = answer.status_code, answer.content.decode("utf-8", "replace")
    assert status in STATUSES, (status, text[:500])
    assert "x-injected" not in {name.lower() for name in answer.headers}
    assert "Traceback" not in text and "root:x:" not in text
    if status >= 400:
        assert set(json.loads(text)["error"]) == {"code", "message", "location", "hint"}


def fuzz(server: Running, mode: GenerationMode, examples: int, is_starting: bool = False) -> int:
    """Send generated requests to every endpoint that starts no process, or to those that do; gives how many."""
    schema = schemathesis.openapi.from_dict(server.get("/api/v1/openapi.json").json())
    sent = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        endpoint = f"{operation.method.upper()} {operation.path}"
        if endpoint == NEVER_ENDS or (endpoint in STARTING) is not is_starting:
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
                case.validate_response(answer, checks=CONFORMANCE)

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


def test_updates_are_started_and_stopped_and_rows_replayed_as_anybody_asks(own_project: Path):
    (own_project / "transformations/broken.sql").unlink()
    with serving(own_project) as server:
        assert fuzz(server, GenerationMode.POSITIVE, 3, is_starting=True) > 3
        assert fuzz(server, GenerationMode.NEGATIVE, 3, is_starting=True) > 3
        wait_for(lambda: server.get("/api/v1/updates/current").json()["state"], lambda state: state != "RUNNING")
        assert len(server.get("/api/v1/updates").json()["updates"]) > 1

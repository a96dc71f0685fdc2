"""Who may do what: every endpoint has a row here, and a new one that has none fails."""

from __future__ import annotations

import pytest

from ingot.model import Role
from ingot.server.app import roles
from server.serving import TOKENS, Running

VIEWER, OPERATOR, ADMIN = Role.VIEWER, Role.OPERATOR, Role.ADMIN

ENDPOINTS = {
    "GET /api/v1/project": VIEWER,
    "GET /api/v1/openapi.json": VIEWER,
    "GET /api/v1/live": VIEWER,
    "GET /api/v1/dashboards": VIEWER,
    "GET /api/v1/dashboards/{name}": VIEWER,
    "POST /api/v1/dashboards/{name}/data": VIEWER,
    "POST /api/v1/dashboards/{name}/values": VIEWER,
    "POST /api/v1/dashboards/{name}/rows": VIEWER,
    "POST /api/v1/dashboards/{name}/export": VIEWER,
    "GET /api/v1/graph": OPERATOR,
    "GET /api/v1/updates": OPERATOR,
    "GET /api/v1/updates/current": OPERATOR,
    "GET /api/v1/updates/{update_id}": OPERATOR,
    "POST /api/v1/updates": OPERATOR,
    "POST /api/v1/updates/current/stop": OPERATOR,
    "GET /api/v1/tables": OPERATOR,
    "GET /api/v1/tables/{schema}/{table}": OPERATOR,
    "GET /api/v1/tables/{schema}/{table}/rows": OPERATOR,
    "GET /api/v1/tables/{schema}/{table}/history": OPERATOR,
    "GET /api/v1/tables/{schema}/{table}/files": OPERATOR,
    "GET /api/v1/tables/{schema}/{table}/lineage": OPERATOR,
    "GET /api/v1/tables/{schema}/{table}/expectations": OPERATOR,
    "GET /api/v1/tables/{schema}/{table}/quarantine": OPERATOR,
    "POST /api/v1/tables/{schema}/{table}/quarantine/replay": OPERATOR,
    "GET /api/v1/sources": OPERATOR,
    "GET /api/v1/sources/{name}/files": OPERATOR,
    "POST /api/v1/query": OPERATOR,
    "GET /api/v1/catalog": OPERATOR,
    "GET /api/v1/queries": OPERATOR,
    "GET /api/v1/queries/{name}": OPERATOR,
    "PUT /api/v1/queries/{name}": OPERATOR,
    "DELETE /api/v1/queries/{name}": OPERATOR,
}


def test_every_endpoint_of_the_api_is_in_the_table_with_its_role():
    assert {f"{method} {path}": role for method, path, role in roles()} == ENDPOINTS


def test_every_endpoint_of_the_document_is_in_the_table(server: Running):
    document = server.get("/api/v1/openapi.json").json()
    found = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert found == set(ENDPOINTS) - {"GET /api/v1/openapi.json"}


def asked(server: Running, endpoint: str, token: str | None) -> int:
    """The status of an endpoint for somebody; names in the path are of nothing that exists."""
    method, path = endpoint.split()
    for name in ("name", "schema", "table", "update_id"):
        path = path.replace(f"{{{name}}}", "zz")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {} if method == "GET" else {"json": {"sql": 1}}  # which no endpoint takes: nothing is done
    with server.client.stream(method, path, headers=headers, **body) as answer:
        return answer.status_code


@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role.label if role else "nobody")
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_an_endpoint_is_for_its_role_and_those_above(guarded: Running, endpoint: str, role: Role | None):
    if endpoint.endswith("/stop") and role is not None and role >= OPERATOR:
        pytest.skip("takes no body; test_updates stops updates")
    status = asked(guarded, endpoint, TOKENS[role.label] if role else None)
    if role is None:
        assert status == 401
    elif role < ENDPOINTS[endpoint]:
        assert status == 403
    else:
        assert status not in (401, 403, 500)


@pytest.mark.parametrize("body", [{"full_refresh": ["gold.revenue"]}, {"full_refresh_all": True}])
def test_only_an_admin_recomputes_from_the_beginning(guarded: Running, body: dict):
    headers = {"Authorization": f"Bearer {TOKENS['operator']}"}
    answer = guarded.post("/api/v1/updates", body, headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("page", "role", "status"),
    [
        ("/", "viewer", 200),
        ("/dashboards/sales", "viewer", 200),
        ("/dashboards/sales/sales", "viewer", 200),
        ("/console", "viewer", 403),
        ("/console/tables/gold/revenue", "viewer", 403),
        ("/console", "operator", 200),
        ("/nothing", "viewer", 404),
    ],
)
def test_pages_are_for_roles_too(guarded: Running, page: str, role: str, status: int):
    headers = {"Authorization": f"Bearer {TOKENS[role]}", "Accept": "text/html"}
    answer = guarded.get(page, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("page", ["/", "/dashboards/sales?f=1", "/console"])
def test_whoever_is_not_signed_in_is_led_to_the_form(guarded: Running, page: str):
    answer = guarded.get(page)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2F")


def test_viewers_see_no_paths_of_the_machine(guarded: Running, project):
    headers = {"Authorization": f"Bearer {TOKENS['viewer']}"}
    assert "lake" not in guarded.get("/api/v1/project", headers=headers).json()

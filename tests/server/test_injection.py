"""Texts that break out of things, in every parameter that there is: they stay texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from server.attacks import Asked, places, send
from server.serving import Running, copied, run, serving

STATUSES = {200, 204, 400, 404, 406, 409, 413, 422, 503, 504}

HOSTILE = [
    "'", '"', "`", "\\", ";", "--", "/*", "*/", "' OR '1'='1", "'; DROP TABLE gold.texts; --", "`; DROP TABLE x; --`",
    "${env:PATH}", "${secret:x}", "{{7654321*1234567}}", "{% print(7654321*1234567) %}", "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%00", "a\x00b",
    "\r\nX-Injected: yes", "file:///etc/passwd", "\u202e", "😀", "\ud83d", "a" * 290, "NULL", "nan", "-1", "9" * 40,
    "__class__", "constructor", "__proto__", "%", "_", "\\'", "$1", "1e999",
]  # fmt: skip
TEXTS = [text for text in HOSTILE if text.isprintable() or text == "\u202e"]  # which are also values of a table
PRODUCT = str(7654321 * 1234567)  # what an evaluated template would print
MARKS = re.compile(rf"<script>alert\(1\)|<img src=x|{PRODUCT}")

FILES = {
    "texts/1.json": "".join(
        json.dumps({"kind": f"kind of {text}", "text": text, "n": 2**number}) + "\n"
        for number, text in enumerate(TEXTS)
    ),
    "transformations/texts.sql": """
CREATE MATERIALIZED VIEW gold.texts AS
SELECT * FROM read_files('texts', format => 'json', schema => 'kind STRING, text STRING, n BIGINT');
""",
    "dashboards/texts.yml": """
datasets:
  texts:
    from: gold.texts
    measures: {total: sum(n)}
    hierarchies: {place: [kind, text]}
slicers:
  - {field: text, dataset: texts, kind: dropdown, name: chosen}
visuals:
  - {name: total, kind: card, dataset: texts, value: total}
  - {name: bars, kind: bar, dataset: texts, category: place, value: total}
  - {name: own, kind: table, sql: "SELECT text, n FROM gold.texts"}
""",
    "queries/mine.sql": "SELECT 1",
}
ONE = TEXTS[0]
FILTERS = [{"field": "text", "op": "in", "values": [ONE]}]
OWN = {"drill": [{"field": "kind", "value": f"kind of {ONE}"}], "level": 1, "sort": ["-total"]}
VISUAL = {"page": "texts", "visual": "bars", "filters": FILTERS, "own": OWN, "except": ["kind"]}

# What the texts are put into. Every parameter has a value in one of these, so that the text gets to where values get.
GOOD = {
    "GET /project": [Asked()],
    "GET /live": [],  # takes nothing, and never ends
    "GET /dashboards": [Asked()],
    "GET /dashboards/{name}": [Asked({"name": "texts"})],
    "POST /dashboards/{name}/data": [
        Asked({"name": "texts"}, body={
            "page": "texts", "visuals": ["bars", "own"], "filters": FILTERS, "own": {"bars": OWN},
            "except": {"own": ["kind"]},
        }),
        Asked({"name": "texts"}, body={
            "filters": [{"field": "text", "op": "contains", "values": ["Ada"]}],
            "own": {"bars": {"drill": [], "sort": "total"}},
        }),
    ],
    "POST /dashboards/{name}/values": [
        Asked({"name": "texts"}, body={"page": "texts", "slicer": "chosen", "search": "a", "filters": FILTERS})
    ],
    "POST /dashboards/{name}/rows": [
        Asked({"name": "texts"}, body={
            **VISUAL, "point": {"text": ONE}, "limit": 10, "offset": 0, "format": "json",
        }),
        Asked({"name": "texts"}, body={"visual": "own", "point": {"text": ONE}, "own": {"sort": "n"}, "format": "csv"}),
    ],
    "POST /dashboards/{name}/export": [
        Asked({"name": "texts"}, body={**VISUAL, "format": "csv"}),
        Asked({"name": "texts"}, body={"visual": "own", "filters": FILTERS, "own": {"sort": "n"}, "format": "xlsx"}),
    ],
    "GET /graph": [Asked()],
    "GET /updates": [Asked(query={"limit": 5, "before": "2030-01-01T00:00:00Z"})],
    "GET /updates/current": [Asked()],
    "GET /updates/{update_id}": [Asked({"update_id": "the newest"})],
    "POST /updates": [Asked(body={"refresh": ["gold.texts"], "full_refresh": ["gold.texts"], "full_refresh_all": False})],
    "POST /updates/current/stop": [],
    "GET /tables": [Asked()],
    "GET /tables/{schema}/{table}": [Asked({"schema": "gold", "table": "texts"}, {"version": 0})],
    "GET /tables/{schema}/{table}/rows": [
        Asked({"schema": "gold", "table": "texts"}, {"version": 0, "order_by": "-text", "limit": 5, "offset": 0})
    ],
    "GET /tables/{schema}/{table}/history": [
        Asked({"schema": "gold", "table": "texts"}, {"limit": 5, "before": 2})
    ],
    "GET /tables/{schema}/{table}/files": [
        Asked({"schema": "gold", "table": "texts"}, {"version": 0, "limit": 5, "offset": 0})
    ],
    "GET /tables/{schema}/{table}/lineage": [Asked({"schema": "gold", "table": "texts"})],
    "GET /tables/{schema}/{table}/expectations": [Asked({"schema": "silver", "table": "orders"}, {"limit": 5})],
    "GET /tables/{schema}/{table}/quarantine": [
        Asked({"schema": "silver", "table": "orders"}, {"limit": 5, "offset": 0})
    ],
    "POST /tables/{schema}/{table}/quarantine/replay": [Asked({"schema": "silver", "table": "orders"})],
    "GET /sources": [Asked()],
    "GET /sources/{name}/files": [Asked({"name": "drops"}, {"limit": 5, "offset": 0})],
    "POST /query": [
        Asked(headers={"accept": "text/csv"}, body={
            "sql": "SELECT 1", "limit": 5, "offset": 0, "timeout_s": 60, "formulas": "escape",
        })
    ],
    "GET /catalog": [Asked()],
    "GET /queries": [Asked()],
    "GET /queries/{name}": [Asked({"name": "mine"})],
    "PUT /queries/{name}": [Asked({"name": "mine"}, body={"sql": "SELECT 1"})],
    "DELETE /queries/{name}": [Asked({"name": "never saved"})],
}  # fmt: skip
CHANGING = ("POST /updates", "POST /tables/{schema}/{table}/quarantine/replay", "DELETE /queries/{name}")


@pytest.fixture(scope="module")
def shop(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project, with a table of hostile texts and a dashboard of it; nothing in it is broken."""
    folder = copied(project, tmp_path_factory.mktemp("attacked"))
    (folder / "transformations/broken.sql").unlink()
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"))
    run(folder)
    return folder


@pytest.fixture(scope="module")
def attacked(shop: Path) -> Iterator[Running]:
    with serving(shop) as running:
        yield running


@cache
def _document(server: str) -> dict[str, Any]:
    return httpx.get(f"{server}/api/v1/openapi.json", timeout=60).json()


def check(answer: httpx.Response, place: object) -> None:
    """An answer is one that is meant, in the one shape if it is no success."""
    status, text = answer.status_code, answer.content.decode("utf-8", "replace")
    assert status in STATUSES, (str(place), status, text[:500])
    assert "x-injected" not in answer.headers, str(place)
    assert "Traceback" not in text and "root:x:" not in text, str(place)
    assert not answer.headers.get("content-type", "").startswith("text/html"), str(place)
    if status >= 400:
        assert set(json.loads(text)["error"]) == {"code", "message", "location", "hint"}, str(place)


def test_every_endpoint_is_attacked_with_requests_that_are_good_but_for_the_text(attacked: Running):
    document = _document(attacked.url)
    found = {
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert found == set(GOOD)
    for endpoint, requests in GOOD.items():
        for asked in requests:
            if endpoint not in CHANGING and "update_id" not in asked.path:
                answer = send(attacked, endpoint, asked)
                assert answer is not None and answer.status_code == 200, (endpoint, answer and answer.text[:500])
                assert '"error":{' not in answer.text, (endpoint, answer.text[:2000])


def test_every_parameter_of_the_document_has_a_value_in_a_good_request(attacked: Running):
    found: dict[str, bool] = {}
    for place in places(_document(attacked.url), GOOD, "x"):
        found[str(place)] = found.get(str(place), False) or place.is_reached
    assert len(found) > 80
    assert [place for place, is_reached in found.items() if not is_reached] == []
    assert "POST /dashboards/{name}/rows body.own.drill[].value" in found
    assert "POST /dashboards/{name}/data body.except.{key}" in found
    assert "POST /query headers.accept" in found


@pytest.mark.parametrize(
    "text", [text if number % 6 == 0 else pytest.param(text, marks=pytest.mark.slow) for number, text in enumerate(HOSTILE)],
    ids=ascii,
)  # fmt: skip
def test_a_text_stays_a_text(attacked: Running, shop: Path, text: str):
    before = _state(attacked, shop)
    for place in places(_document(attacked.url), GOOD, text):
        answer = send(attacked, place.endpoint, place.asked)
        if answer is not None:
            check(answer, place)
            is_unknown = place.name.startswith("path.") and "/queries/" not in place.endpoint  # they take many names
            assert not (is_unknown and answer.is_success), (str(place), answer.text[:500])
            assert place.name == "body.sql" or '"syntax-error"' not in answer.text, (str(place), answer.text[:500])
    for sql in (f"SELECT * FROM {text}", f"SELECT '{text}'", f"SELECT `{text}` FROM gold.texts"):
        answer = send(attacked, "POST /query", Asked(body={"sql": sql}))
        assert answer is not None
        check(answer, sql)
    assert _state(attacked, shop) == before


def _state(server: Running, shop: Path) -> tuple[Any, ...]:
    """What nobody may have changed: the files but for saved queries, the newest update, the table."""
    left_out = {"tmp", "_ingot", "queries", "__pycache__"}
    files = [path for path in shop.rglob("*") if not left_out & set(path.relative_to(shop).parts)]
    times = {path: path.stat().st_mtime_ns for path in files}
    return times, server.get("/api/v1/updates/current").json()["id"], server.query("SELECT * FROM gold.texts").json()


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_text_in_the_address_of_a_page_is_shown_as_a_text(attacked: Running, text: str):
    quoted = quote(text.encode("utf-8", "surrogatepass"), safe="")
    for address in (
        f"dashboards/{quoted}",
        f"dashboards/texts/{quoted}",
        f"console/{quoted}",
        f"login?next={quoted}",
        quoted,
    ):
        answer = attacked.get(f"/{address}", headers={"Accept": "text/html"})
        assert answer.status_code in (200, 400, 404), (address, answer.status_code)
        assert not MARKS.search(answer.text), address
        assert "x-injected" not in answer.headers and "root:x:" not in answer.text, address


def _asked(server: Running, what: str, body: dict[str, Any]) -> Any:
    answer = server.post(f"/api/v1/dashboards/texts/{what}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_a_text_is_filtered_by_drilled_into_and_looked_for_as_what_it_is(attacked: Running, text: str):
    """Each text is a value of the table, with a power of two: a sum tells which of them were found."""
    sums = {known: 2**number for number, known in enumerate(TEXTS)}
    wanted = {
        "in": sums[text],
        "not_in": sum(sums.values()) - sums[text],
        "contains": sum(n for known, n in sums.items() if text.lower() in known.lower()),
    }
    for op, total in wanted.items():
        filters = [{"field": "text", "op": op, "values": [text]}]
        found = _asked(attacked, "data", {"visuals": ["total"], "filters": filters})
        assert found["visuals"]["total"]["rows"] == [[total]], op
    drilled = {"bars": {"drill": [{"field": "kind", "value": f"kind of {text}"}]}}
    found = _asked(attacked, "data", {"visuals": ["bars"], "own": drilled})
    assert found["visuals"]["bars"]["rows"] == [[text, sums[text]]]
    for visual in ("bars", "own"):
        found = _asked(attacked, "rows", {"visual": visual, "point": {"text": text}})
        assert found["rows"] == [[f"kind of {text}", text, sums[text]]], visual
    offered = _asked(attacked, "values", {"slicer": "chosen", "search": text[:200]})
    assert {one["value"] for one in offered["values"]} == {known for known in TEXTS if text.lower() in known.lower()}

"""Texts that break out of things, in every parameter that there is: they stay texts."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from server.attacks import Asked, places, send
from server.hostile import CHANGING, GOOD, HOSTILE, TEXTS
from server.serving import Running

STATUSES = {200, 204, 400, 404, 406, 409, 413, 422, 503, 504}

PRODUCT = str(7654321 * 1234567)  # what an evaluated template would print
MARKS = re.compile(rf"<script>alert\(1\)|<img src=x|{PRODUCT}")


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

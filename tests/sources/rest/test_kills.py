"""A reading that is killed anywhere, and read again, lands what an uninterrupted one lands: no page lost, none twice."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from ingot.sources.rest import writing
from sources.misbehaving import Handler, WebServer
from sources.rest.conftest import Query, Shop, computed, rows
from sources.test_landing import dies_at


@pytest.fixture(autouse=True)
def each_page_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_TOGETHER_S", 0.0)


def pages(query: Query) -> Any:
    return {"items": rows(1, 5)[(int(query["page"]) - 1) * 2 :][:2], "total": 5}


RESOURCES: dict[str, Any] = {
    "pages": {"path": "/pages", "records": "items", "paging": "page"},
    "ahead": {"path": "/pages", "records": "items", "paging": {"kind": "page", "total": "total"}},
    "users": "/users",
    "posts": {"path": "/users/{id}/posts", "for_each": {"resource": "users", "fields": {"id": "id"}}},
}
WANTED = {"pages": [1, 2, 3, 4, 5], "ahead": [1, 2, 3, 4, 5], "users": [1, 2, 3], "posts": [10, 20, 30]}


def offer(shop: Shop) -> None:
    shop.on("/pages", computed(pages))
    shop.on("/users", rows(1, 3))
    for user in (1, 2, 3):
        shop.on(f"/users/{user}/posts", rows(user * 10, user * 10))


def landed(shop: Shop) -> dict[str, list[int]]:
    return {name: shop.ids(name) for name in RESOURCES}


@pytest.mark.parametrize(
    ("parallel", "step"),
    [(1, 11), pytest.param(3, 13, marks=pytest.mark.slow), pytest.param(1, 1, marks=pytest.mark.slow)],
)
def test_killed_before_any_file_operation(web: WebServer, tmp_path: Path, parallel: int, step: int) -> None:
    points = 0
    for operation in range(1, 1000, step):
        shop = Shop(web, tmp_path / str(operation))
        offer(shop)
        died = dies_at(lambda shop=shop: shop.land(RESOURCES, parallel=parallel), shop.lake, operation)
        shop.land(RESOURCES, parallel=parallel)
        assert landed(shop) == WANTED
        assert list((shop.lake / "_landing" / ".partial" / "shop").iterdir()) == []
        points += died
        if not died:
            break
    assert points * step > 100


@pytest.mark.parametrize("parallel", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_killed_while_any_request_is_answered(web: WebServer, tmp_path: Path, parallel: int) -> None:
    killed = 0
    for request in range(1, 100):
        shop = Shop(web, tmp_path / str(request))
        offer(shop)
        children: list[int] = []
        left = [request]

        def deadly(answer: Any, children: list[int] = children, left: list[int] = left) -> Any:
            def respond(handler: Handler) -> None:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(children[0], signal.SIGKILL)
                    handler.close_connection = True
                else:
                    answer(handler)

            return respond

        web.answers = {path: [deadly(answers[0])] for path, answers in web.answers.items()}
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(reading, 1)  # until the server knows whom to kill
            try:
                shop.land(RESOURCES, parallel=parallel)
            finally:
                os._exit(0)
        children.append(child)
        os.write(writing, b"1")
        _, status = os.waitpid(child, 0)
        os.close(reading)
        os.close(writing)
        offer(shop)
        shop.land(RESOURCES, parallel=parallel)
        assert landed(shop) == WANTED
        killed += os.WIFSIGNALED(status)
        if not os.WIFSIGNALED(status):
            break
    assert killed > 8

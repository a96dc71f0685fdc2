"""From an API to tables: projects as users write them."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

import ingot
from sources.misbehaving import WebServer
from sources.rest.conftest import Query, Shop, computed
from sources.rest.test_client import everything_written

PROJECT = """
    name: shop
    lake: ./lake
    sources:
      shop:
        kind: rest
        url: {url}
        auth: {{ kind: bearer, token: "${{secret:shop}}" }}
        query: {{ key: "${{secret:shop}}" }}
        resources:
          users: {{ path: /users, paging: page }}
          orders:
            path: /orders
            records: data.items
            paging: {{ kind: page, size: 2 }}
            incremental: {{ cursor: updated_at, parameter: since, start: 2024-01-01, lookback: 1d }}
          carts:
            path: /users/{{id}}/carts
            for_each: {{ resource: users, fields: {{ id: id }} }}
"""
ORDERS = """
    CREATE OR REFRESH STREAMING TABLE bronze_orders
    AS SELECT * FROM STREAM read_files('${landing}/shop/orders/*.jsonl.gz', format => 'json',
      schema => 'id BIGINT, price DECIMAL(20, 4), updated_at TIMESTAMP');

    CREATE OR REFRESH STREAMING TABLE orders;
    APPLY CHANGES INTO orders FROM STREAM bronze_orders KEYS (id) SEQUENCE BY updated_at STORED AS SCD TYPE 1;

    CREATE OR REFRESH STREAMING TABLE users
    AS SELECT * FROM STREAM read_files('${landing}/shop/users', format => 'json');

    CREATE OR REFRESH STREAMING TABLE carts
    AS SELECT _for_each.id AS user_id, total FROM STREAM read_files('${landing}/shop/carts', format => 'json');
"""


@pytest.fixture
def project(web: WebServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INGOT_SECRET_SHOP", "s3cr3t-value")
    (tmp_path / "ingot.yml").write_text(textwrap.dedent(PROJECT.format(url=web.url)))
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations" / "orders.sql").write_text(ORDERS)
    return tmp_path


def serve_orders(shop: Shop, orders: list[dict[str, Any]]) -> None:
    def answer(query: Query) -> Any:
        found = [order for order in orders if order["updated_at"] >= query["since"]]
        return {"data": {"items": found[(int(query["page"]) - 1) * 2 :][:2]}}

    shop.on("/orders", computed(answer))


def order(number: int, day: int, price: str = "9007199254740993.1234") -> dict[str, Any]:
    return {"id": number, "price": price, "updated_at": f"2024-01-{day:02}T00:00:00Z"}


def test_an_api_becomes_tables_and_secrets_stay_where_they_are(shop: Shop, web: WebServer, project: Path) -> None:
    serve_orders(shop, [order(1, 1), order(2, 2), order(3, 3)])
    shop.on("/users", computed(lambda query: [{"id": 7}, {"id": 8}] if query["page"] == "1" else []))
    shop.on("/users/7/carts", [{"total": 1.5}])
    shop.on("/users/8/carts", [])
    with ingot.connect(project) as lake:
        lake.run()
        assert lake.sql("SELECT id, price FROM orders ORDER BY id").fetchall()[0][0] == 1
        assert [str(row[0]) for row in lake.sql("SELECT DISTINCT price FROM orders").fetchall()] == [
            "9007199254740993.1234"
        ]
        assert lake.sql("SELECT id FROM users ORDER BY id").fetchall() == [(7,), (8,)]
        assert lake.sql("SELECT user_id, total FROM carts").fetchall() == [(7, 1.5)]
        serve_orders(shop, [order(1, 1), order(2, 2), order(3, 5, "5"), order(4, 4)])
        lake.run()
        rows = lake.sql("SELECT id, CAST(updated_at AS DATE), price FROM orders ORDER BY id").fetchall()
        assert [(row[0], str(row[1])) for row in rows] == [
            (1, "2024-01-01"), (2, "2024-01-02"), (3, "2024-01-05"), (4, "2024-01-04"),
        ]  # fmt: skip
        assert lake.sql("SELECT count(*) FROM bronze_orders").fetchall() == [
            (6,)
        ]  # with what the look-back brings again
        files = lake.sql("SELECT resource, page, cursor FROM landing.files WHERE is_complete").fetchall()
        assert ("orders", 3, "2024-01-05T00:00:00Z") in files
    assert web.headers()["authorization"] == "Bearer s3cr3t-value"
    assert "key=s3cr3t-value" in web.paths[0]
    assert b"s3cr3t-value" not in everything_written(project / "lake")


def test_a_resource_without_records_gives_a_table_without_rows(web: WebServer, shop: Shop, tmp_path: Path) -> None:
    shop.on("/orders", computed(lambda query: []))
    (tmp_path / "ingot.yml").write_text(
        f"name: shop\nsources:\n  shop: {{kind: rest, url: '{web.url}', paging: none, resources: {{orders: /orders}}}}\n"
    )
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations" / "a.sql").write_text(
        "CREATE STREAMING TABLE orders AS SELECT * FROM STREAM read_files('${landing}/shop/orders', format => 'json', schema => 'id INT')"
    )
    with ingot.connect(tmp_path) as lake:
        assert lake.run().is_success
        assert lake.sql("SELECT * FROM orders").fetchall() == []

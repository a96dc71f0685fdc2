"""Where columns come from, through every construct that a query can be made of."""

import pytest

from analysis.judge import Tables, query
from ingot.analysis.analyzer import analyze
from ingot.analysis.lineage import column_origins
from ingot.analysis.typed import Settings

TABLES = {
    "orders": "id bigint, customer string, amount double, items array<struct<sku: string, n: int>>",
    "customers": "customer string, country string",
    "old": "id bigint, customer string, amount double",
    "edges": "a int, b int",
}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT id, amount * 2 AS double FROM orders", {"id": "orders.id", "double": "orders.amount"}),
        ("SELECT * FROM customers", {"customer": "customers.customer", "country": "customers.country"}),
        (
            "SELECT c.country, sum(o.amount) AS total, count(*) AS n FROM orders o JOIN customers c USING (customer) GROUP BY 1",
            {"country": "customers.country", "total": "orders.amount", "n": ""},
        ),
        ("SELECT 1 AS one, current_date() AS day", {"one": "", "day": ""}),
        (
            "WITH a AS (SELECT id AS x, amount + id AS y FROM orders), b (p, q) AS (SELECT x, y FROM a) SELECT q, p FROM b",
            {"q": "orders.amount orders.id", "p": "orders.id"},
        ),
        (
            "SELECT id, customer FROM orders UNION ALL SELECT id + 1, upper(customer) FROM old",
            {"id": "orders.id old.id", "customer": "orders.customer old.customer"},
        ),
        ("SELECT id FROM orders EXCEPT SELECT id FROM old", {"id": "orders.id"}),
        (
            "SELECT id, (SELECT max(country) FROM customers c WHERE c.customer = o.customer) AS country FROM orders o",
            {"id": "orders.id", "country": "customers.country"},
        ),
        ("SELECT id, i.sku FROM orders LATERAL VIEW explode(items) t AS i", {"id": "orders.id", "sku": "orders.items"}),
        ("SELECT explode(items) AS item FROM orders", {"item": "orders.items"}),
        (
            "SELECT rank() OVER (PARTITION BY customer ORDER BY amount) AS r FROM orders",
            {"r": "orders.customer orders.amount"},
        ),
        ("SELECT x.total FROM (SELECT sum(amount) AS total FROM orders WHERE id > 0) x", {"total": "orders.amount"}),
        ("SELECT o.* FROM orders o LEFT ANTI JOIN old USING (id)", {n: f"orders.{n}" for n in ("id", "customer", "amount", "items")}),
        ("SELECT n.v FROM VALUES (1), (2) AS n(v)", {"v": ""}),
        ("SELECT a.id AS left, b.id AS right FROM orders a JOIN orders b ON a.id = b.id", {"left": "orders.id", "right": "orders.id"}),
        (
            "WITH RECURSIVE reach (x, y) AS (SELECT a, b FROM edges UNION ALL SELECT r.x, e.b FROM reach r JOIN edges e ON e.a = r.y) SELECT x, y FROM reach",
            {"x": "edges.a", "y": "edges.b"},
        ),
        ("SELECT id, s.up FROM orders, LATERAL (SELECT upper(customer) AS up) s", {"id": "orders.id", "up": "orders.customer"}),
    ],
)  # fmt: skip
def test_columns_come_from_what_their_values_are_made_of(sql, expected):
    analyzed = analyze(query(sql, names=tuple(TABLES)), Tables(TABLES), Settings())
    found = {
        column: {f"{analyzed.reads[leaf].name.table}.{name}" for leaf, name in origins}
        for column, origins in column_origins(analyzed).items()
    }
    assert found == {column: set(names.split()) for column, names in expected.items()}
    assert list(found) == analyzed.schema.names

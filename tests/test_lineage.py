"""What depends on what in a project, and where each column comes from."""

from ingot.connection import connect
from ingot.lineage import project_lineage
from orders import BRONZE, ORDERS

SETTINGS = """
name: shop
sources:
  prices: {kind: http, url: "http://127.0.0.1:9/prices.csv"}
"""
DEFINITIONS = {
    "bronze.sql": BRONZE,
    "prices.sql": "CREATE STREAMING TABLE bronze.prices AS SELECT sku, price FROM STREAM read_files('${landing}/prices', format => 'csv', schema => 'sku string, price double')",
    "view.sql": "CREATE TEMPORARY VIEW big AS SELECT customer, amount AS worth FROM bronze.orders WHERE amount > 1",
    "gold.sql": "CREATE MATERIALIZED VIEW gold.t AS SELECT customer, sum(worth) AS total, count(*) AS n FROM big GROUP BY customer",
    "two.py": """
from pyspark import pipelines as dp

dp.create_streaming_table("silver.both")

@dp.append_flow(target="silver.both", name="one")
def one():
    return spark.readStream.table("bronze.orders").select("customer")

@dp.append_flow(target="silver.both", name="two")
def two():
    return spark.readStream.table("bronze.prices").selectExpr("sku AS customer")
""",
    "changes.sql": "CREATE STREAMING TABLE silver.kept;\nCREATE FLOW f AS AUTO CDC INTO silver.kept FROM STREAM bronze.orders KEYS (customer) SEQUENCE BY amount COLUMNS * EXCEPT (amount)",
    "bad.sql": "CREATE MATERIALIZED VIEW gold.bad AS\nSELECT nothing FROM gold.t",
}


def lineage(tmp_path, definitions):
    files = {"ingot.yml": SETTINGS, "in/1.csv": ORDERS} | {
        f"transformations/{n}": text for n, text in definitions.items()
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    connection = connect(tmp_path)
    return project_lineage(connection.project, connection.engine)


def test_sources_files_views_and_tables_are_nodes_with_what_flows_between_them(tmp_path):
    found = lineage(tmp_path, DEFINITIONS)
    assert {node.name: node.kind for node in found.nodes.values()} == {
        "prices": "source", "bronze.prices": "streaming_table", "in": "files", "bronze.orders": "streaming_table",
        "default.big": "temporary_view", "gold.t": "materialized_view", "silver.both": "streaming_table",
        "silver.kept": "streaming_table", "gold.bad": "materialized_view",
    }  # fmt: skip
    assert {
        ("bronze.orders", "silver.both"), ("bronze.prices", "silver.both"), ("default.big", "gold.t"),
        ("bronze.orders", "default.big"), ("bronze.orders", "silver.kept"), ("prices", "bronze.prices"),
        ("in", "bronze.orders"),
    } == {edge for edge in found.edges if "gold.bad" not in edge}  # fmt: skip


def test_columns_come_from_tables_through_views_and_from_every_flow(tmp_path):
    found = lineage(tmp_path, DEFINITIONS)
    assert found.columns["gold.t"] == {
        "customer": (("bronze.orders", "customer"),), "total": (("bronze.orders", "amount"),), "n": (),
    }  # fmt: skip
    assert found.columns["silver.both"]["customer"] == (("bronze.orders", "customer"), ("bronze.prices", "sku"))
    assert found.columns["default.big"]["worth"] == (("bronze.orders", "amount"),)
    assert "amount" not in found.columns["silver.kept"]


def test_what_does_not_compile_is_a_node_with_its_error(tmp_path):
    found = lineage(tmp_path, {**DEFINITIONS, "broken.py": "nothing\n"})
    error = found.nodes["gold.bad"].error
    assert error is not None and str(error.location).endswith("bad.sql:2")
    assert found.nodes["gold.t"].error is None
    assert [error.code for error in found.errors] == ["user-code"]


def test_a_cycle_is_told_and_the_rest_is_shown(tmp_path):
    cycle = {
        "a.sql": "CREATE MATERIALIZED VIEW gold.a AS SELECT * FROM gold.b",
        "b.sql": "CREATE MATERIALIZED VIEW gold.b AS SELECT * FROM gold.a",
    }
    found = lineage(tmp_path, {"bronze.sql": BRONZE, **cycle})
    assert found.nodes["bronze.orders"].error is None
    assert found.nodes["gold.a"].error is not None

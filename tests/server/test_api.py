"""What the API tells of a project: tables, graph, updates, sources, saved queries, errors in one shape."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from server.serving import Running, run, serving
from server.waiting import wait_for

API = "/api/v1"


def get(server: Running, path: str, **parameters):
    answer = server.get(API + path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def error(answer) -> dict:
    assert set(answer.json()) == {"error"}
    assert set(answer.json()["error"]) == {"code", "message", "location", "hint"}
    return answer.json()["error"]


def test_the_project_says_who_asks_and_what_it_is(server: Running):
    found = get(server, "/project")
    assert (found["name"], found["role"], found["can_sign_out"], found["error"]) == ("shop", "admin", False, None)


def test_tables_are_listed_with_their_facts_and_what_was_set_aside(server: Running):
    tables = {f"{t['schema']}.{t['name']}": t for t in get(server, "/tables")["tables"]}
    assert set(tables) == {"bronze.orders", "silver.orders", "gold.revenue"}
    assert (tables["silver.orders"]["rows"], tables["silver.orders"]["quarantined"]) == (2, 1)
    assert tables["gold.revenue"]["kind"] == "materialized_view"
    assert tables["gold.revenue"]["comment"] == "By customer"


def test_a_table_tells_its_columns_and_where_it_is_defined(server: Running):
    found = get(server, "/tables/silver/orders")
    columns = [(c["name"], c["type"], c["spark_type"]) for c in found["columns"]]
    assert columns == [
        ("id", "number", "int"),
        ("customer", "text", "string"),
        ("amount", "number", "decimal(10,2)"),
        ("day", "date", "date"),
    ]
    assert found["definition"]["file"] == "transformations/orders.sql"
    assert found["files"] == 1 and found["size"] > 0


def test_columns_tell_their_comments(server: Running):
    columns = get(server, "/tables/gold/revenue")["columns"]
    assert {c["name"]: c["comment"] for c in columns} == {"customer": "Who ordered", "orders": None, "revenue": None}


def test_rows_come_ordered_and_as_of_a_version(server: Running):
    found = get(server, "/tables/silver/orders/rows", order_by="-amount", limit=1)
    assert found["rows"] == [[3, "=Zoë", 4, "2024-01-02"]]
    assert found["is_truncated"] is True
    second = get(server, "/tables/silver/orders/rows", order_by="-amount", limit=1, offset=1, version=0)
    assert second["rows"] == [[1, "Ada", 2.5, "2024-01-01"]]
    assert second["is_truncated"] is False


def test_a_table_tells_history_and_files(server: Running):
    [line] = get(server, "/tables/gold/revenue/history")["history"]
    assert line["version"] == 0 and line["engine"] == "Ingot"
    files = get(server, "/tables/gold/revenue/files")
    assert files["count"] == 1 and files["files"][0]["rows"] == 2


def test_lineage_goes_up_and_down_by_column(server: Running):
    found = get(server, "/tables/silver/orders/lineage")
    assert (found["up"], found["down"]) == (["bronze.orders"], ["gold.broken", "gold.revenue"])
    assert found["columns"]["amount"] == [{"table": "bronze.orders", "column": "amount"}]
    assert {"table": "gold.revenue", "column": "revenue"} in found["uses"]["amount"]


def test_expectations_come_with_their_counts(server: Running):
    found = get(server, "/tables/silver/orders/expectations")
    assert [(e["name"], e["action"]) for e in found["expectations"]] == [("paid", "quarantine"), ("named", "drop")]
    [counts] = found["updates"]
    assert {e["name"]: e["failed_records"] for e in counts["expectations"]} == {"paid": 1, "named": 1}


def test_expectations_tell_what_each_update_counted(own_project: Path):
    rows = "9,Edsger,-7,2024-01-04\n10,,8,2024-01-05\n11,,3,2024-01-05\n"
    (own_project / "incoming/2.csv").write_text(f"id,customer,amount,day\n{rows}")
    run(own_project)
    run(own_project)  # with nothing to count
    with serving(own_project) as server:
        newer, older = get(server, "/tables/silver/orders/expectations")["updates"]
        assert newer["timestamp"] > older["timestamp"]
        counts = [
            {rule["name"]: (rule["passed_records"], rule["failed_records"]) for rule in update["expectations"]}
            for update in (newer, older)
        ]
        assert counts == [{"paid": (2, 1), "named": (1, 2)}, {"paid": (3, 1), "named": (3, 1)}]
        assert [update["dropped_records"] for update in (newer, older)] == [3, 2]
        ids = [update["id"] for update in get(server, "/updates")["updates"]]
        assert ids[1:] == [newer["update_id"], older["update_id"]]
        assert get(server, "/tables/silver/orders/expectations", limit=1)["updates"] == [newer]


def test_a_listed_table_tells_what_its_rules_counted_last_though_the_newest_update_had_no_rows(own_project: Path):
    run(own_project)
    with serving(own_project) as server:
        newest = {flow["name"]: flow["expectations"] for flow in get(server, "/updates/current")["flows"]}
        tables = {f"{t['schema']}.{t['name']}": t["expectations"] for t in get(server, "/tables")["tables"]}
    assert not newest["main.silver.orders"], "the second update has no new rows, so no rule was asked"
    assert {rule["name"]: (rule["failed_records"], rule["passed_records"]) for rule in tables["silver.orders"]} == {
        "paid": (1, 3),
        "named": (1, 3),
    }
    assert tables["bronze.orders"] == tables["gold.revenue"] == []


def test_rows_that_were_set_aside_tell_which_rule_they_broke(server: Running):
    found = get(server, "/tables/silver/orders/quarantine")
    names = [column["name"] for column in found["columns"]]
    row = dict(zip(names, found["rows"][0], strict=True))
    assert (row["id"], row["_broken_rules"]) == (2, ["paid"])


def test_the_graph_leads_from_sources_to_tables_with_states_and_errors(server: Running):
    found = get(server, "/graph")
    nodes = {node["id"]: node for node in found["nodes"]}
    edges = {(edge["from"], edge["to"]) for edge in found["edges"]}
    assert {
        ("source:drops", "bronze.orders"),
        ("bronze.orders", "silver.orders"),
        ("silver.orders", "gold.revenue"),
    } <= edges
    assert nodes["gold.revenue"]["state"] == "COMPLETED" and nodes["gold.revenue"]["rows"] == 2
    broken = nodes["gold.broken"]
    assert broken["error"]["code"] == "unknown-column"
    assert broken["error"]["location"] == "transformations/broken.sql:2"
    assert nodes["source:drops"]["kind"] == "source"


def test_updates_tell_flows_and_errors_with_their_places(server: Running):
    [line] = get(server, "/updates")["updates"]
    assert line["state"] == "FAILED"
    found = get(server, f"/updates/{line['id']}")
    flows = {flow["name"]: flow for flow in found["flows"]}
    assert flows["main.silver.orders"]["rows_written"] == 2
    assert flows["main.gold.broken"]["error"]["location"] == "transformations/broken.sql:2"
    assert found["sources"][0]["name"] == "drops"
    assert get(server, "/updates/current")["id"] == line["id"]


def test_sources_tell_at_once_what_has_landed_since(own_project: Path):
    with serving(own_project) as server:
        assert get(server, "/sources")["sources"][0]["files"] == get(server, "/sources/drops/files")["count"] == 1
        (own_project / "incoming/2.csv").write_text("id,customer,amount,day\n5,Ada,10,2024-01-05\n")
        run(own_project)
        [source] = get(server, "/sources")["sources"]
        listed = get(server, "/sources/drops/files")
        assert (source["files"], listed["count"], listed["files"][0]["name"]) == (2, 2, "2.csv")
        assert source["size"] == sum(file["bytes"] for file in listed["files"])
        assert source["landed_at"] == listed["files"][0]["landed_at"]


def test_sources_tell_what_has_landed(server: Running):
    [source] = get(server, "/sources")["sources"]
    assert (source["name"], source["kind"], source["files"], source["file"]) == ("drops", "files", 1, "ingot.yml")
    [file] = get(server, "/sources/drops/files")["files"]
    assert file["name"] == "1.csv" and file["bytes"] > 0


def test_the_catalog_lists_columns_and_functions(server: Running):
    found = get(server, "/catalog")
    tables = {f"{t['schema']}.{t['name']}" for t in found["tables"]}
    assert {"silver.orders", "silver.orders__quarantine"} <= tables
    assert {"name": "sum", "kind": "aggregate"} in found["functions"]


def test_queries_are_saved_as_files_read_and_removed(server: Running, project):
    saved = server.client.put(f"{API}/queries/by day", json={"sql": "SELECT 1"})
    assert saved.status_code == 200
    assert (project / "queries/by day.sql").read_text() == "SELECT 1"
    assert [query["name"] for query in get(server, "/queries")["queries"]] == ["by day"]
    assert get(server, "/queries/by day")["sql"] == "SELECT 1"
    assert server.client.delete(f"{API}/queries/by day").status_code == 204
    assert error(server.get(f"{API}/queries/by day"))["code"] == "unknown-query"


def test_a_query_that_cannot_be_saved_says_why(own_project):
    shutil.rmtree(own_project / "queries", ignore_errors=True)
    (own_project / "queries").write_text("a file where a folder should be")
    with serving(own_project) as server:
        answer = server.client.put(f"{API}/queries/x", json={"sql": "SELECT 1"})
        assert (answer.status_code, error(answer)["code"]) == (400, "query-not-saved")


@pytest.mark.parametrize("name", ["..", ".hidden", "a%2Fb", "a%00b", "%2e%2e%2fingot", "x" * 200, "a\\b"])
def test_a_saved_query_cannot_be_named_like_a_path(server: Running, project, name: str):
    before = sorted(path for path in project.rglob("*") if "_ingot" not in path.parts)
    assert server.client.put(f"{API}/queries/{name}", json={"sql": "x"}).status_code in (400, 404, 405, 422)
    assert sorted(path for path in project.rglob("*") if "_ingot" not in path.parts) == before


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/nothing", 404, "not-found"),
        ("/tables/silver/order", 404, "unknown-table"),
        ("/tables/%2e%2e/x", 404, "unknown-table"),
        ("/tables/silver/orders?version=7", 404, "unknown-version"),
        ("/tables/silver/orders/rows?limit=0", 422, "invalid-request"),
        ("/tables/silver/orders/rows?limit=9999999", 422, "invalid-request"),
        ("/tables/silver/orders/rows?order_by=nope", 400, "unknown-column"),
        ("/updates/nope", 404, "unknown-update"),
        ("/updates?before=yesterday", 422, "invalid-request"),
        ("/sources/nope/files", 404, "unknown-source"),
        ("/dashboards/nope", 404, "unknown-dashboard"),
        ("/query", 405, "method-not-allowed"),
    ],
)
def test_what_is_wrong_is_told_in_one_shape(server: Running, path: str, status: int, code: str):
    answer = server.get(API + path)
    assert (answer.status_code, error(answer)["code"]) == (status, code)


def test_a_near_name_is_the_hint(server: Running):
    assert error(server.get(f"{API}/tables/silver/order"))["hint"] == "did you mean 'silver.orders'?"


def test_dashboards_are_served(server: Running):
    [line] = get(server, "/dashboards")["dashboards"]
    assert line["name"] == "sales" and line["error"] is None
    answer = server.post(f"{API}/dashboards/sales/data", {"page": None})
    assert answer.json()["visuals"]["revenue"]["rows"] == [[6.5]]


def test_settings_that_break_keep_the_last_good_ones_and_say_so(own_project):
    settings = own_project / "ingot.yml"
    good = settings.read_text()
    with serving(own_project) as server:
        settings.write_text("name: shop\nlake: [\n")
        found = wait_for(lambda: get(server, "/project"), lambda project: project["error"] is not None)
        assert (found["error"]["code"], found["error"]["location"]) == ("invalid-yaml", "ingot.yml:3")
        assert len(get(server, "/tables")["tables"]) == 3
        settings.write_text(good.replace("name: shop", "name: store"))
        wait_for(lambda: get(server, "/project"), lambda project: project["name"] == "store")


def test_definitions_that_cannot_be_loaded_leave_the_tables_with_the_error(own_project):
    (own_project / "transformations/end.py").write_text("import os\nos._exit(3)\n")
    with serving(own_project) as server:
        found = get(server, "/graph")
        assert [problem["code"] for problem in found["errors"]] == ["definitions-not-loaded"]
        assert {n["id"] for n in found["nodes"]} == {
            "bronze.orders",
            "silver.orders",
            "gold.revenue",
            "dashboard:sales",
        }
        assert get(server, "/tables/gold/revenue")["rows"] == 2
        (own_project / "transformations/end.py").unlink()
        wait_for(lambda: get(server, "/graph")["errors"], lambda errors: errors == [])


def test_a_definition_that_does_not_parse_is_told_with_its_place(own_project):
    file = own_project / "transformations/orders.sql"
    file.write_text(file.read_text().replace("AS revenue FROM silver.orders", "AS revenue FORM silver.orders"))
    with serving(own_project) as server:
        found = get(server, "/graph")
        [error] = found["errors"]
        assert (error["code"], error["hint"]) == ("syntax-error", "did you mean FROM?")
        assert error["location"] == "transformations/orders.sql:10"
        node = {node["id"]: node for node in found["nodes"]}["gold.revenue"]
        assert node["error"] == error and node["is_changed"]


def test_two_definitions_of_one_name_are_told_at_its_node(own_project):
    (own_project / "transformations/again.sql").write_text(
        "CREATE MATERIALIZED VIEW gold.revenue AS SELECT 1 AS one;\n"
    )
    with serving(own_project) as server:
        found = get(server, "/graph")
        node = {node["id"]: node for node in found["nodes"]}["gold.revenue"]
        assert [error["code"] for error in found["errors"]] == [node["error"]["code"]] == ["duplicate-dataset"]
        assert node["rows"] == 2


def test_an_error_of_the_last_update_goes_when_the_definition_is_mended(own_project):
    def broken(server):
        return {node["id"]: node for node in get(server, "/graph")["nodes"]}["gold.broken"]

    with serving(own_project) as server:
        assert broken(server)["error"]["code"] == "unknown-column" and not broken(server)["is_changed"]
        file = own_project / "transformations/broken.sql"
        file.write_text(file.read_text().replace("nope", "id"))
        mended = wait_for(lambda: broken(server), lambda node: node["error"] is None)
        assert mended["state"] == "FAILED" and mended["is_changed"]


@pytest.mark.parametrize(
    ("sql", "place"),
    [("SELECT customer,\n  nope FROM gold.revenue", "query:2:3"), ("SELECT `no pe` FROM gold.revenue", "query:1:8")],
)
def test_a_fault_of_a_query_is_placed_where_its_word_begins(server: Running, sql: str, place: str):
    assert server.query(sql).json()["error"]["location"] == place

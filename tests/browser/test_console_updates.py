"""Updates in the console: what they did and do, started, stopped, and what they leave on the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.consoles import ORDERS, flow, node, settle, wait_for_toast
from browser.visuals import expect
from server.serving import Running, run
from server.waiting import held_midway, without_end

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]
TOOK = re.compile(r"^[\d.]+ m?s$")


def ended(page: Page, state: str) -> None:
    """An update is open, and ends like this."""
    page.wait_for_url("**/console/updates/*-*")
    expect(page.locator(".facts-tiles")).to_contain_text(state)


def counts(page: Page, name: str) -> Locator:
    """How long a flow took, and what it read, wrote and dropped."""
    return flow(page, name).locator("td.is-number")


def seconds(shown: Locator) -> float:
    """A time as it is shown: in whole milliseconds, or in seconds with a digit behind the point."""
    number, unit = shown.inner_text().split()
    return float(number) * {"ms": 0.001, "s": 1}[unit]


def test_an_update_is_told_flow_by_flow(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/updates", of=server))
    page.locator("tbody a").first.click()
    settle(page)
    expect(flow(page, "silver.orders")).to_contain_text("broken")
    expect(flow(page, "bronze.orders")).to_contain_text("Append")
    expect(flow(page, "gold.broken")).to_contain_text("Failed")
    expect(page.locator(".flow-details")).to_contain_text("column 'nope' does not exist")
    flow(page, "silver.orders").get_by_role("button").click()
    expect(page.locator(".rule-list")).to_contain_text("named")


def test_an_update_tells_what_each_flow_read_wrote_dropped_and_how_long_it_took(
    open_page: OpenPage, server: Running
) -> None:
    update = server.get("/api/v1/updates/current").json()
    flows = {run["name"].removeprefix("main."): run for run in update["flows"]}
    page = settle(open_page(f"/console/updates/{update['id']}", of=server))
    expect(counts(page, "drops")).to_have_text([TOOK, "1 file", "104 B", "–"])
    told = {"bronze.orders": ["4", "4", "–"], "silver.orders": ["4", "2", "2"], "gold.revenue": ["2", "2", "–"]}
    for name, texts in told.items():
        expect(counts(page, name)).to_have_text([TOOK, *texts])
        assert seconds(counts(page, name).first) == pytest.approx(flows[name]["seconds"], rel=0.05, abs=0.001)
    tiles = page.locator(".facts-tiles div")
    for fact in ("Tables4", "Rows written8", "Rows dropped2", "Errors1"):
        expect(tiles.filter(has_text=re.compile(f"^{fact}$"))).to_be_visible()
    assert seconds(tiles.filter(has_text="Took").locator("dd")) == pytest.approx(update["seconds"], rel=0.05, abs=0.001)


def test_the_bars_of_an_update_lie_where_its_flows_began_and_ended(open_page: OpenPage, server: Running) -> None:
    update = server.get("/api/v1/updates/current").json()
    page = settle(open_page(f"/console/updates/{update['id']}", of=server))
    begin, end = (datetime.fromisoformat(update[key]) for key in ("started", "ended"))
    ran = [one for one in update["flows"] if one["status"] == "COMPLETED"]
    assert len(ran) == 3
    for one in ran:
        bar = flow(page, one["name"].removeprefix("main.")).locator(".gantt")
        style = bar.evaluate("bar => `${bar.style.left} ${bar.style.width}`")
        times = [datetime.fromisoformat(one[key]) for key in ("started", "ended")]
        lengths_s = [(times[0] - begin).total_seconds(), (times[1] - times[0]).total_seconds()]
        shares = [float(share) / 100 for share in re.findall(r"([\d.]+)%", style)]
        assert [share * (end - begin).total_seconds() for share in shares] == pytest.approx(lengths_s, abs=0.003)


def test_the_list_of_updates_tells_what_each_wrote_dropped_and_how_long_it_took(
    open_page: OpenPage, server: Running
) -> None:
    page = settle(open_page("/console/updates", of=server))
    row = page.locator(".updates-list tbody tr")
    expect(row.locator("td.is-number")).to_have_text(["8", "2", "1"])
    took = server.get("/api/v1/updates/current").json()["seconds"]
    assert seconds(row.locator("td.number")) == pytest.approx(took, rel=0.05, abs=0.001)


def test_an_update_is_started_and_followed_to_its_end(own: tuple[Path, Running], open_page: OpenPage) -> None:
    project, server = own
    (project / "incoming/2.csv").write_text("id,customer,amount,day\n9,Edsger,7,2024-01-04\n")
    page = settle(open_page("/console/tables", of=server))
    row = page.locator("tbody tr", has_text="bronze.orders")
    expect(row.locator("td").nth(1)).to_have_text("4")
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/console/updates/*-*")
    expect(page.locator(".facts-tiles")).to_contain_text("Failed")
    expect(flow(page, "bronze.orders")).to_contain_text("Completed")
    page.get_by_role("link", name="Tables", exact=True).click()
    expect(row.locator("td").nth(1)).to_have_text("5")


def test_an_update_of_another_process_is_seen(own: tuple[Path, Running], open_page: OpenPage) -> None:
    project, server = own
    page = settle(open_page("/console/updates", of=server))
    expect(page.locator("tbody tr")).to_have_count(1)
    (project / "incoming/2.csv").write_text("id,customer,amount,day\n9,Edsger,7,2024-01-04\n")
    run(project)
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("Failed")


def test_an_update_is_stopped_once_that_is_agreed_to(own: tuple[Path, Running], open_page: OpenPage) -> None:
    project, server = own
    page = settle(open_page("/console/updates", of=server))
    without_end(project)
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url("**/console/updates/*-*")
    page.locator(".run-bar").get_by_role("button", name="Stop").click()
    question = page.get_by_role("dialog", name="Stop the update?")
    expect(question).to_contain_text("Tables that are done stay as they are")
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_have_count(0)
    expect(flow(page, "drops")).to_contain_text("Completed")
    page.locator(".run-bar").get_by_role("button", name="Stop").click()
    question.get_by_role("button", name="Stop", exact=True).click()
    wait_for_toast(page, "The update is stopping")
    expect(page.locator(".facts-tiles")).to_contain_text(re.compile("Stopped|Interrupted"))
    expect(flow(page, "drops")).to_contain_text("Completed")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


def test_a_full_refresh_names_what_is_lost_wants_the_name_written_and_reads_the_rows_of_one_table_again(
    own: tuple[Path, Running], open_page: OpenPage
) -> None:
    project, server = own
    definition = project / "transformations/orders.sql"
    definition.write_text(definition.read_text().replace("amount > 0", "amount > -10"))
    page = settle(open_page(ORDERS, of=server))
    page.get_by_role("button", name="Full refresh…").click()
    dialog = page.get_by_role("dialog", name="Full refresh")
    expect(dialog).to_contain_text("2 rows of silver.orders")
    agree = dialog.get_by_role("button", name="Full refresh")
    expect(agree).to_be_disabled()
    dialog.get_by_role("textbox").fill("silver.orders")
    agree.click()
    wait_for_toast(page, "Full refresh of silver.orders has begun")
    expect(page.locator(".view-facts")).to_contain_text("3 rows")
    page.get_by_role("link", name="Updates", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("Full refresh of silver.orders")
    page.locator("tbody a").first.click()
    ended(page, "Failed")  # gold.broken still is
    expect(counts(page, "bronze.orders")).to_have_text([TOOK, "–", "0", "–"])
    expect(counts(page, "silver.orders")).to_have_text([TOOK, "4", "3", "1"])
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


def test_the_graph_and_the_list_follow_an_update_node_by_node(own: tuple[Path, Running], open_page: OpenPage) -> None:
    project, server = own
    (project / "incoming/2.csv").write_text("id,customer,amount,day\n9,Edsger,7,2024-01-04\n")
    with held_midway(project) as let_go:
        graph = settle(open_page("/console", of=server))
        table = settle(open_page("/console/graph?as=list", of=server))
        row = table.locator(".listing-table tbody tr")
        for page in (graph, table):
            page.evaluate("window.isTheSame = true")
        for name in ("gold.held", "gold.after"):
            expect(node(graph, name)).to_have_attribute("data-state", "none")
        server.post("/api/v1/updates")
        states = {
            "source:drops": "done", "bronze.orders": "done", "silver.orders": "done", "gold.broken": "failed",
            "gold.held": "running", "gold.after": "queued",
        }  # fmt: skip
        for name, state in states.items():
            expect(node(graph, name)).to_have_attribute("data-state", state)
        expect(node(graph, "bronze.orders")).to_contain_text("+1")
        expect(graph.locator(".view-facts")).to_contain_text("1 running")
        for name, word in {"gold.held": "Running", "gold.after": "Queued", "silver.orders": "Completed"}.items():
            expect(row.filter(has=table.get_by_role("button", name=name, exact=True))).to_contain_text(word)
        let_go()
        for name in ("gold.held", "gold.after", "gold.revenue"):
            expect(node(graph, name)).to_have_attribute("data-state", "done")
            expect(row.filter(has=table.get_by_role("button", name=name, exact=True))).to_contain_text("Completed")
        expect(node(graph, "gold.after")).to_contain_text("3 rows")
        expect(graph.locator(".view-facts")).to_have_text("8 nodes · 1 failed · 6 completed")
        for page in (graph, table):
            assert page.evaluate("window.isTheSame"), "the page was loaded again"
            page.context.close()


def test_an_update_that_runs_tells_what_is_done_and_what_is_not(own: tuple[Path, Running], open_page: OpenPage) -> None:
    project, server = own
    with held_midway(project) as let_go:
        page = settle(open_page("/console/tables", of=server))
        page.get_by_role("button", name="Run", exact=True).click()
        page.wait_for_url("**/console/updates/*-*")
        expect(flow(page, "gold.held")).to_contain_text("Running")
        expect(flow(page, "silver.orders")).to_contain_text("Completed")
        page.get_by_role("button", name="Open").click()
        expect(page.locator(".flows tbody tr")).to_have_count(1)
        page.get_by_role("link", name="Sources", exact=True).click()
        page.get_by_role("link", name="The update that runs").click()
        expect(flow(page, "gold.held")).to_contain_text("Running")
        expect(page.locator(".facts-tiles")).to_contain_text("Running")
        let_go()
        expect(flow(page, "gold.after")).to_contain_text("Completed")
        expect(page.locator(".facts-tiles")).to_contain_text("Failed")  # gold.broken still is
        expect(page.get_by_role("link", name="The update that runs")).to_have_count(0)
        page.context.close()


def test_what_failed_is_refreshed_once_it_is_mended_and_what_is_chosen_without_the_rest(
    own: tuple[Path, Running], open_page: OpenPage
) -> None:
    project, server = own
    (project / "incoming/2.csv").write_text("id,customer,amount,day\n9,Edsger,7,2024-01-04\n")
    broken = project / "transformations/broken.sql"
    broken.write_text(broken.read_text().replace("nope", "id"))
    page = settle(open_page("/console/updates", of=server))
    page.locator("tbody a").first.click()
    ended(page, "Failed")
    address = page.url
    page.get_by_role("button", name="Refresh what failed (1)").click()
    page.wait_for_url(lambda url: url != address)
    ended(page, "Completed")
    expect(flow(page, "gold.broken")).to_contain_text("Completed")
    expect(page.locator(".view-facts")).to_contain_text("Refresh of gold.broken")
    expect(page.get_by_role("button", name="Refresh what failed")).to_have_count(0)
    page.go_back()
    settle(page)
    for name in ("bronze.orders", "silver.orders"):
        page.get_by_role("checkbox", name=f"Choose {name}").check()
    page.get_by_role("checkbox", name="Choose gold.revenue").check()
    page.get_by_role("checkbox", name="Choose gold.revenue").uncheck()
    page.get_by_role("button", name="Refresh chosen (2)").click()
    page.wait_for_url(lambda url: url != address)
    ended(page, "Completed")
    expect(page.locator(".view-facts")).to_contain_text("Refresh of bronze.orders, silver.orders")
    rows = {name: server.get(f"/api/v1/tables/{name}").json()["rows"] for name in ("silver/orders", "gold/revenue")}
    assert rows == {"silver/orders": 3, "gold/revenue": 2}


def test_a_table_is_refreshed_alone(own: tuple[Path, Running], open_page: OpenPage) -> None:
    project, server = own
    definition = project / "transformations/orders.sql"
    definition.write_text(definition.read_text().replace("FROM silver.orders GROUP", "FROM bronze.orders GROUP"))
    page = settle(open_page("/console/tables/gold/revenue?tab=rows", of=server))
    expect(page.locator(".grid tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Refresh", exact=True).click()
    wait_for_toast(page, "Refreshing gold.revenue")
    expect(page.locator(".grid tbody tr")).to_have_count(4)
    page.get_by_role("link", name="Updates", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("Refresh of gold.revenue")
    expect(page.locator("tbody tr").first).to_contain_text("Completed")


def test_a_full_refresh_of_everything_wants_the_name_of_the_project_and_reads_all_rows_again(
    own: tuple[Path, Running], open_page: OpenPage
) -> None:
    project, server = own
    definition = project / "transformations/orders.sql"
    definition.write_text(definition.read_text().replace("amount > 0", "amount > -10"))
    page = settle(open_page("/console/tables", of=server))
    page.get_by_role("button", name="More ways to run").click()
    page.get_by_role("menuitem", name="Full refresh of everything…").click()
    dialog = page.get_by_role("dialog", name="Full refresh of everything")
    agree = dialog.get_by_role("button", name="Full refresh of everything")
    dialog.get_by_role("textbox").fill("gold.revenue")
    expect(agree).to_be_disabled()
    dialog.get_by_role("textbox").fill("shop")
    agree.click()
    wait_for_toast(page, "The full refresh has begun")
    ended(page, "Failed")  # gold.broken still is
    expect(page.locator(".view-facts")).to_contain_text("Full refresh of everything")
    expect(counts(page, "bronze.orders")).to_have_text([TOOK, "4", "4", "–"])
    expect(counts(page, "silver.orders")).to_have_text([TOOK, "4", "3", "1"])
    page.goto("/console/tables/bronze/orders?tab=rows")
    expect(page.locator(".grid tbody tr")).to_have_count(4)

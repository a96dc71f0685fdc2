"""One table in the console: columns, rows, history, files, lineage, rules, and what was set aside."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.consoles import ORDERS, flow, node, settle, wait_for_toast
from browser.visuals import expect
from server.serving import Running, copied, run, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


@pytest.fixture(scope="module")
def grown(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The shop after a second update, which had more rows, and a third, which had none."""
    project = copied(shop, tmp_path_factory.mktemp("grown"))
    rows = "9,Edsger,-7,2024-01-04\n10,,8,2024-01-05\n11,,3,2024-01-05\n"
    (project / "incoming/2.csv").write_text(f"id,customer,amount,day\n{rows}")
    run(project)
    run(project)
    with serving(project) as running:
        yield running


def test_a_table_tells_its_columns_and_where_it_is_defined(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/tables", of=server))
    page.get_by_role("link", name="bronze.orders").click()
    settle(page)
    expect(page.locator(".overview")).to_contain_text("Orders as they came")
    expect(page.locator(".overview")).to_contain_text("decimal(10,2)")
    expect(page.locator(".overview")).to_contain_text(re.compile(r"transformations/orders\.sql:\d"))


def test_columns_tell_their_comments(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/tables/gold/revenue", of=server))
    comments = {"customer": "Who ordered", "orders": "–", "revenue": "–"}
    for name, comment in comments.items():
        row = page.locator(".overview tbody tr", has=page.get_by_role("link", name=name, exact=True))
        expect(row.locator("td").nth(1)).to_have_text(comment)


def test_rows_are_shown_as_of_an_older_version(grown: Running, open_page: OpenPage) -> None:
    page = settle(open_page("/console/tables/bronze/orders?tab=rows", of=grown))
    expect(page.locator(".grid tbody tr")).to_have_count(7)
    page.get_by_label("As of").select_option(index=1)
    expect(page.locator(".grid tbody tr")).to_have_count(4)
    expect(page.locator(".notice")).to_contain_text("version")
    page.get_by_role("link", name="Show the newest").click()
    expect(page.locator(".grid tbody tr")).to_have_count(7)


def test_history_tells_what_each_version_wrote_and_leads_to_its_rows(grown: Running, open_page: OpenPage) -> None:
    commits = grown.get("/api/v1/tables/bronze/orders/history").json()["history"]
    page = settle(open_page("/console/tables/bronze/orders?tab=history", of=grown))
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    for row, (commit, count) in zip(rows.all(), zip(commits, (3, 4), strict=True), strict=True):
        size = f"{commit['metrics']['numOutputBytes']} B"
        numbers = [str(commit["version"]), str(count), "1", size]
        expect(row.locator(".is-number")).to_have_text(numbers)
        expect(row.locator("time")).to_have_attribute("datetime", commit["timestamp"])
        expect(row).to_contain_text("Streaming update")
        expect(row).to_contain_text("Ingot")
    page.get_by_role("link", name="Rows of version 0").click()
    expect(page.locator(".grid tbody tr")).to_have_count(4)
    expect(page.get_by_label("As of")).to_have_value("0")


def test_files_tell_their_rows_and_sizes_newest_first(grown: Running, open_page: OpenPage) -> None:
    found = grown.get("/api/v1/tables/bronze/orders/files").json()
    page = settle(open_page("/console/tables/bronze/orders?tab=files", of=grown))
    expect(page.locator(".table-part > p")).to_have_text(re.compile(r"^2 files, 1\.\d kB; on average \d{3} B$"))
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    for row, file, count in zip(rows.all(), found["files"], (3, 4), strict=True):
        expect(row.locator("th")).to_have_text(file["path"])
        expect(row.locator(".is-number")).to_have_text([str(count), f"{file['size']} B"])
        expect(row.locator("time")).to_have_attribute("datetime", file["modified"])


def test_a_column_is_followed_through_the_tables(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page(f"{ORDERS}?tab=lineage", of=server))
    page.get_by_role("link", name="amount", exact=True).click()
    for name in ("bronze.orders.amount", "silver.orders.amount", "gold.revenue.revenue"):
        expect(node(page, name)).to_be_visible()


def test_rules_tell_how_many_rows_broke_them(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page(f"{ORDERS}?tab=rules", of=server))
    expect(page.locator(".rule", has_text="named")).to_contain_text("1 of")
    expect(page.locator(".rule", has_text="named")).to_contain_text("customer IS NOT NULL")


def test_rules_tell_what_each_update_counted_the_newest_at_the_right(grown: Running, open_page: OpenPage) -> None:
    page = settle(open_page(f"{ORDERS}?tab=rules", of=grown))
    rule = page.locator(".rule", has_text="named")
    expect(rule).to_contain_text("2 of 3 rows broke it")
    expect(rule).to_contain_text("3 rows in the last 2 updates")
    bars = rule.locator(".rule-bar")
    expect(bars).to_have_count(2)
    expect(bars.locator("title")).to_have_text([re.compile(": 1 row of 4$"), re.compile(": 2 rows of 3$")])
    older, newer = bars.evaluate_all("bars => bars.map(bar => [bar.x.baseVal.value, bar.height.baseVal.value])")
    assert older[0] < newer[0]
    assert older[1] / newer[1] == pytest.approx((1 / 4) / (2 / 3), rel=0.01)
    rule.get_by_role("link").click()
    page.wait_for_url("**/console/updates/*-*")
    expect(flow(page, "silver.orders").locator("td.is-number").nth(3)).to_have_text("3")


def test_the_list_of_tables_tells_of_broken_rules_though_the_newest_update_had_no_rows(
    grown: Running, open_page: OpenPage
) -> None:
    page = settle(open_page("/console/tables", of=grown))
    expect(page.locator("tbody tr", has_text="silver.orders")).to_contain_text("2 of 2 broken")


def test_rows_that_were_set_aside_are_sent_again(own: tuple[Path, Running], open_page: OpenPage) -> None:
    project, server = own
    page = settle(open_page(f"{ORDERS}?tab=quarantine", of=server))
    expect(page.locator(".grid tbody tr")).to_have_count(1)
    expect(page.locator(".grid tbody tr")).to_contain_text("paid")
    definition = project / "transformations/orders.sql"
    definition.write_text(definition.read_text().replace("amount > 0", "amount > -10"))
    page.get_by_role("button", name="Send all again…").click()
    page.get_by_role("dialog").get_by_role("button", name="Send again").click()
    wait_for_toast(page, "1 row got into the table")
    expect(page.locator(".empty")).to_contain_text("Nothing is set aside")

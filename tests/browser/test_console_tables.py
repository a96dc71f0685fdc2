"""One table in the console: columns, rows, history, files, lineage, rules, and what was set aside."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.consoles import ORDERS, node, settle
from browser.visuals import expect
from server.serving import Running, run

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


def test_a_table_tells_its_columns_and_where_it_is_defined(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/tables", of=server))
    page.get_by_role("link", name="bronze.orders").click()
    settle(page)
    expect(page.locator(".overview")).to_contain_text("Orders as they came")
    expect(page.locator(".overview")).to_contain_text("decimal(10,2)")
    expect(page.locator(".overview")).to_contain_text(re.compile(r"transformations/orders\.sql:\d"))


def test_rows_are_shown_as_of_an_older_version(own: tuple[Path, Running], open_page: OpenPage) -> None:
    project, server = own
    (project / "incoming/2.csv").write_text("id,customer,amount,day\n9,Edsger,7,2024-01-04\n")
    run(project)
    page = settle(open_page("/console/tables/bronze/orders?tab=rows", of=server))
    expect(page.locator(".grid tbody tr")).to_have_count(5)
    page.get_by_label("As of").select_option(index=1)
    expect(page.locator(".grid tbody tr")).to_have_count(4)
    expect(page.locator(".notice")).to_contain_text("version")
    page.get_by_role("link", name="Show the newest").click()
    expect(page.locator(".grid tbody tr")).to_have_count(5)


def test_a_column_is_followed_through_the_tables(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page(f"{ORDERS}?tab=lineage", of=server))
    page.get_by_role("link", name="amount", exact=True).click()
    for name in ("bronze.orders.amount", "silver.orders.amount", "gold.revenue.revenue"):
        expect(node(page, name)).to_be_visible()


def test_rules_tell_how_many_rows_broke_them(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page(f"{ORDERS}?tab=rules", of=server))
    expect(page.locator(".rule", has_text="named")).to_contain_text("1 of")
    expect(page.locator(".rule", has_text="named")).to_contain_text("customer IS NOT NULL")


def test_the_list_of_tables_tells_of_broken_rules_though_the_newest_update_had_no_rows(
    own: tuple[Path, Running], open_page: OpenPage
) -> None:
    project, server = own
    run(project)
    page = settle(open_page("/console/tables", of=server))
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
    expect(page.locator(".toast")).to_contain_text("1 row got into the table")
    expect(page.locator(".empty")).to_contain_text("Nothing is set aside")

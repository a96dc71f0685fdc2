"""Updates in the console: what they did and do, started, stopped, and what they leave on the pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.consoles import flow, settle
from browser.visuals import expect
from server.serving import Running, run
from server.waiting import without_end

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


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
    expect(page.locator(".toast", has_text="The update is stopping")).to_be_visible()
    expect(page.locator(".facts-tiles")).to_contain_text(re.compile("Stopped|Interrupted"))
    expect(flow(page, "drops")).to_contain_text("Completed")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()


def test_a_full_refresh_names_what_is_lost_and_wants_the_name_written(
    own: tuple[Path, Running], open_page: OpenPage
) -> None:
    _, server = own
    page = settle(open_page("/console/tables/bronze/orders", of=server))
    page.get_by_role("button", name="Full refresh…").click()
    dialog = page.get_by_role("dialog", name="Full refresh")
    expect(dialog).to_contain_text("4 rows of bronze.orders")
    agree = dialog.get_by_role("button", name="Full refresh")
    expect(agree).to_be_disabled()
    dialog.get_by_role("textbox").fill("bronze.orders")
    agree.click()
    expect(page.locator(".toast")).to_contain_text("Full refresh of bronze.orders has begun")
    page.get_by_role("link", name="Updates", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("Full refresh of")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()

"""The console in a real browser, on a real server: what operators see, start, look up and ask."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.consoles import ORDERS, QUERY, node, settle, type_query
from browser.visuals import expect
from server.serving import TOKENS, Running, copied, serving, with_tokens

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A project of nine tables, each made of the one before."""
    folder = tmp_path_factory.mktemp("chain") / "transformations"
    folder.mkdir()
    steps = ["CREATE MATERIALIZED VIEW step_0 AS SELECT 1 AS n;"]
    steps += [f"CREATE MATERIALIZED VIEW step_{at} AS SELECT n FROM step_{at - 1};" for at in range(1, 9)]
    (folder / "steps.sql").write_text("\n".join(steps))
    with serving(folder.parent) as running:
        yield running


# --- the graph ---


def test_the_graph_shows_sources_tables_and_dashboards_as_they_stand(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console", of=server))
    for name in ("source:drops", "bronze.orders", "silver.orders", "gold.revenue", "dashboard:sales"):
        expect(node(page, name)).to_be_visible()
    expect(node(page, "gold.broken")).to_have_attribute("data-state", "failed")
    expect(node(page, "gold.revenue")).to_have_attribute("data-state", "done")
    expect(page.locator(".view-facts")).to_contain_text("1 failed")


def test_a_chosen_node_tells_its_error_with_file_and_line(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console", of=server))
    node(page, "gold.broken").click()
    panel = page.get_by_role("region", name="About gold.broken")
    expect(panel).to_contain_text("column 'nope' does not exist")
    expect(panel).to_contain_text(re.compile(r"transformations/broken\.sql:\d"))
    expect(page).to_have_url(re.compile(r"\?node=gold\.broken$"))
    page.go_back()
    expect(panel).to_have_count(0)


def test_a_definition_that_does_not_parse_is_told_above_the_graph(
    own: tuple[Path, Running], open_page: OpenPage
) -> None:
    project, server = own
    for name, right, wrong in (("orders", "revenue FROM", "revenue FORM"), ("broken", "nope", "id")):
        file = project / f"transformations/{name}.sql"
        file.write_text(file.read_text().replace(right, wrong))
    page = settle(open_page("/console", of=server))
    expect(page.locator(".graph-faults")).to_contain_text("'FORM' is not expected here")
    expect(page.locator(".graph-faults")).to_contain_text("transformations/orders.sql:10")
    expect(node(page, "gold.revenue")).to_have_attribute("data-state", "failed")
    expect(node(page, "gold.broken")).to_have_attribute("data-state", "none")
    node(page, "gold.broken").click()
    panel = page.get_by_role("region", name="About gold.broken")
    expect(panel).to_be_visible()
    expect(panel.locator(".fault")).to_have_count(0)


def test_what_is_up_and_down_of_a_node_stays_in_light(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/graph?node=gold.revenue", of=server))
    dim = page.locator(".graph-node.is-dim").evaluate_all("nodes => nodes.map(node => node.dataset.id)")
    assert "gold.broken" in dim
    assert not {"bronze.orders", "silver.orders", "dashboard:sales"} & set(dim)


@pytest.mark.parametrize("width", [1440, 400])
def test_a_long_graph_begins_with_its_sources_at_a_size_that_can_be_read(
    open_page: OpenPage, chain: Running, width: int
) -> None:
    page = settle(open_page("/console", width=width, of=chain))
    first, last = node(page, "default.step_0"), node(page, "default.step_8")
    expect(first).to_be_in_viewport(ratio=1)
    expect(last).not_to_be_in_viewport()
    sizes = page.locator(".graph-node text").evaluate_all(
        "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"
    )
    assert len(sizes) == 18
    assert min(sizes) >= 11
    page.get_by_role("button", name="Show all").click()
    for shown in (first, last):
        expect(shown).to_be_in_viewport(ratio=1)


def test_a_long_graph_begins_with_what_is_chosen(open_page: OpenPage, chain: Running) -> None:
    page = settle(open_page("/console/graph?node=default.step_8", of=chain))
    expect(node(page, "default.step_8")).to_be_in_viewport(ratio=1)


def test_keys_go_along_the_lines_of_the_graph(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console", of=server))
    node(page, "bronze.orders").focus()
    page.keyboard.press("ArrowRight")
    expect(node(page, "silver.orders")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="About silver.orders")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".graph-panel")).to_have_count(0)


def test_the_list_says_the_same_as_the_graph(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console", of=server))
    nodes = page.locator(".graph-node").count()
    page.get_by_role("button", name="List").click()
    rows = page.locator(".listing-table tbody tr")
    expect(rows).to_have_count(nodes)
    expect(rows.filter(has_text="gold.broken")).to_contain_text("Failed")
    page.get_by_label("Find a table").fill("revenue")
    expect(page.locator(".listing-table tbody tr:visible")).to_have_count(1)


# --- queries ---


def test_a_query_is_written_completed_and_run(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/sql", of=server))
    type_query(page, "SELECT r.customer FROM gold.revenue r WHERE r.rev")
    expect(page.locator(".CodeMirror-hints")).to_contain_text("revenue")
    page.keyboard.press("Tab")
    page.keyboard.type(" > 3")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".sql-card")).to_contain_text("1 row in")
    expect(page.locator(".grid tbody td").last).to_have_text("=Zoë")


def test_a_tab_that_is_faster_than_the_hints_takes_the_one_that_fits(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/sql", of=server))
    type_query(page, "SELECT r.customer FROM gold.revenue r WHERE r.re")
    expect(page.locator(".CodeMirror-hints")).to_contain_text("revenue")
    at_once = """node => {
        node.CodeMirror.replaceSelection("v", "end", "+input");
        const key = { key: "Tab", code: "Tab", keyCode: 9, bubbles: true, cancelable: true };
        node.CodeMirror.getInputField().dispatchEvent(new KeyboardEvent("keydown", key));
        return node.CodeMirror.getValue();
    }"""
    assert page.locator(".CodeMirror").evaluate(at_once).endswith("WHERE r.revenue")


def test_decimals_have_the_scale_of_their_type(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page(f"{ORDERS}?tab=rows", of=server))
    expect(page.locator(".grid tbody")).to_contain_text("2.50")
    expect(page.locator(".grid tbody")).to_contain_text("4.00")


def test_a_fault_is_marked_where_it_stands(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/sql", of=server, excused="400"))
    type_query(page, "SELECT custmer FROM gold.revenue")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".fault")).to_contain_text("did you mean")
    expect(page.locator(".cm-fault")).to_have_text("custmer")


def test_a_query_that_takes_too_long_is_cancelled(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/sql", of=server))
    type_query(page, "SELECT count(*) FROM range(100000000000) a CROSS JOIN range(1000000) b")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".sql-result")).to_have_text("The query was cancelled.")
    expect(page.locator(".sql-tools").get_by_role("button", name="Run")).to_be_visible()


def test_rows_are_shown_as_a_chart_and_kept_as_a_file(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page(QUERY, of=server))
    page.get_by_role("button", name="Chart").click()
    expect(page.locator(".result-chart canvas")).to_be_visible()
    with page.expect_download() as found:
        page.get_by_role("button", name="CSV").click()
    assert Path(found.value.path()).read_text().splitlines()[0] == "customer,revenue"


def test_a_query_is_saved_as_a_file_of_the_project(own: tuple[Path, Running], open_page: OpenPage) -> None:
    project, server = own
    page = settle(open_page("/console/sql", of=server))
    type_query(page, "SELECT 1 AS one")
    page.get_by_role("button", name="Saved").click()
    page.get_by_role("menuitem", name="Save…").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("first")
    page.keyboard.press("Enter")
    expect(page.locator(".view-facts")).to_have_text("Saved as first")
    assert "SELECT 1 AS one" in (project / "queries/first.sql").read_text()


def test_a_saved_query_is_loaded_again_and_deleted_once_that_is_agreed_to(
    own: tuple[Path, Running], open_page: OpenPage
) -> None:
    project, server = own
    file = project / "queries/second.sql"
    file.parent.mkdir(exist_ok=True)
    file.write_text("SELECT 2 AS two\n")
    page = settle(open_page("/console/sql", of=server))
    page.get_by_role("button", name="Saved").click()
    page.get_by_role("menuitemradio", name="second").click()
    expect(page.locator(".view-facts")).to_have_text("Saved as second")
    expect(page.locator(".CodeMirror-code")).to_contain_text("SELECT 2 AS two")
    question = page.get_by_role("dialog", name="Delete the query?")
    for answer, text in (("Cancel", "Saved as second"), ("Delete", "Spark SQL over the tables of the lake; read only")):
        page.get_by_role("button", name="Saved").click()
        page.get_by_role("menuitem", name="Delete second…").click()
        question.get_by_role("button", name=answer).click()
        expect(page.locator(".view-facts")).to_have_text(text)
        assert file.exists() == (answer == "Cancel")
    expect(page.locator(".CodeMirror-code")).to_contain_text("SELECT 2 AS two")  # what is written stays
    page.get_by_role("button", name="Saved").click()
    expect(page.get_by_role("menuitem", name="Save…")).to_be_visible()
    expect(page.get_by_role("menuitemradio")).to_have_count(0)


def test_queries_of_this_session_are_found_again_newest_first(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/sql", of=server))
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("menuitem")).to_have_text("Nothing yet")
    page.keyboard.press("Escape")
    for text in ("SELECT 1 AS one", "SELECT 2 AS two", "SELECT 1 AS one"):
        type_query(page, text)
        page.keyboard.press("Escape")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".sql-card th").last).to_contain_text(text.split()[-1])
    page.get_by_role("link", name="Tables", exact=True).click()
    page.get_by_role("link", name="SQL", exact=True).click()
    settle(page)
    page.get_by_role("button", name="History").click()
    expect(page.get_by_role("menuitem")).to_have_text(["SELECT 1 AS one", "SELECT 2 AS two"])
    page.get_by_role("menuitem", name="SELECT 2 AS two").click()
    expect(page.locator(".CodeMirror-code")).to_contain_text("SELECT 2 AS two")
    page.get_by_role("button", name="Run", exact=True).last.click()
    expect(page.locator(".grid tbody td").last).to_have_text("2")


# --- sources ---


def test_a_source_tells_what_it_landed(open_page: OpenPage, server: Running) -> None:
    page = settle(open_page("/console/sources", of=server))
    page.get_by_role("link", name="drops").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody")).to_contain_text("1.csv")


# --- for whom, and how ---


def test_an_operator_is_offered_no_full_refresh_and_a_viewer_no_console(
    open_page: OpenPage, shop: Path, tmp_path: Path
) -> None:
    project = copied(shop, tmp_path)
    with_tokens(project)
    with serving(project) as server:
        page = open_page(ORDERS, of=server)
        page.get_by_role("textbox").fill(TOKENS["operator"])
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Refresh")).to_be_visible()
        expect(page.get_by_role("button", name="Full refresh…")).to_have_count(0)
        other = open_page(ORDERS, of=server, excused="403")
        other.get_by_role("textbox").fill(TOKENS["viewer"])
        other.keyboard.press("Enter")
        expect(other.locator("body")).to_contain_text("operator")
        expect(other.locator(".console-nav")).to_have_count(0)
        page.context.close()
        other.context.close()


def test_a_project_that_never_ran_says_what_to_do_next(open_page: OpenPage, tmp_path: Path) -> None:
    (tmp_path / "ingot.yml").write_text("name: fresh\n")
    with serving(tmp_path) as server:
        for path, text in {
            "/console/graph": "Nothing is defined yet",
            "/console/updates": "There was no update yet",
            "/console/tables": "There are no tables yet",
            "/console/sources": "This project has no sources",
        }.items():
            page = settle(open_page(path, of=server))
            expect(page.locator(".empty")).to_contain_text(text)
            page.context.close()

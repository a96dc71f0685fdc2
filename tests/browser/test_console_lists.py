"""Lists of the console that are longer than a page: updates, landed files, versions, data files, rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from browser.consoles import settle
from browser.visuals import expect
from ingot.connection import connect
from ingot.events import Event, EventStream
from ingot.lake.table import Lake
from ingot.testing import ManualClock
from ingot.update.event_log import EventLog
from server.serving import Running, run, serving

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
OpenPage = Callable[..., "Page"]

FILES = 104  # of a source, and of a table; four more than a page of them has
VERSIONS = UPDATES = 53  # three more than a page of them has

DEFINITIONS = """
CREATE STREAMING TABLE bronze.days AS
SELECT * FROM STREAM read_files('${days}', format => 'csv', header => true, schema => 'id INT');
CREATE MATERIALIZED VIEW gold.days PARTITIONED BY (day) AS SELECT id, id AS day FROM bronze.days;
"""
SETTINGS = """
name: long
configuration: {days: "${landing}/days"}
sources:
  days: {kind: files, url: ./incoming, pattern: "*.csv", settled: 0s}
"""


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A project with much of everything: landed files, data files, versions of `gold.days`, and updates."""
    folder = tmp_path_factory.mktemp("long")
    files = {f"incoming/{number:03}.csv": f"id\n{number}\n" for number in range(FILES)}
    for name, text in {"ingot.yml": SETTINGS, "transformations/days.sql": DEFINITIONS, **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    log_updates(folder, UPDATES - 1)
    run(folder)
    for version in range(1, VERSIONS):
        commit = {"timestamp": 1_800_000_000_000 + version, "operation": "OPTIMIZE", "engineInfo": f"writer {version}"}
        (folder / f"lake/gold/days/_delta_log/{version:020}.json").write_text(json.dumps({"commitInfo": commit}) + "\n")
    with serving(folder) as running:
        yield running


def log_updates(folder: Path, count: int) -> None:
    """Write updates into the event log, one a minute."""
    clock = ManualClock()
    with connect(folder) as connection:
        log = EventLog(Lake(connection.project.lake, connection.project.catalog), "long")
        for _ in range(count):
            stream = EventStream(clock)
            log.add(stream.emit(Event("create_update", "update of long started", details={})))
            details = {"state": "COMPLETED", "seconds": 1.0}
            log.add(stream.emit(Event("update_progress", "update of long completed", details=details)))
            clock.advance(minutes=1)
        log.flush(connection.engine, force=True)


def names(page: Page) -> list[str]:
    """The first column of the list that is shown."""
    return page.locator("tbody th").all_inner_texts()


def test_older_updates_are_shown_beneath_the_newer_ones(open_page: OpenPage, long: Running) -> None:
    page = settle(open_page("/console/updates", of=long))
    rows = page.locator(".updates-list tbody tr")
    expect(rows).to_have_count(50)
    page.get_by_role("button", name="Older updates").click()
    expect(rows).to_have_count(UPDATES)
    expect(page.get_by_role("button", name="Older updates")).to_have_count(0)
    starts = rows.locator("time").evaluate_all("times => times.map(time => time.dateTime)")
    assert starts == sorted(set(starts), reverse=True)
    expect(page.locator(".view-facts")).to_have_text(f"The last {UPDATES} updates")


def test_older_versions_are_shown_beneath_the_newer_ones(open_page: OpenPage, long: Running) -> None:
    page = settle(open_page("/console/tables/gold/days?tab=history", of=long))
    page.get_by_role("button", name="Older versions").click()
    expect(page.locator("tbody tr")).to_have_count(VERSIONS)
    expect(page.get_by_role("button", name="Older versions")).to_have_count(0)
    assert names(page) == [str(version) for version in reversed(range(VERSIONS))]


@pytest.mark.parametrize(
    "path",
    ["/console/sources/days", "/console/tables/gold/days?tab=files"],
    ids=["landed files of a source", "data files of a table"],
)
def test_files_are_shown_in_pages_that_are_turned_there_and_back(open_page: OpenPage, long: Running, path: str) -> None:
    page = settle(open_page(path, of=long))
    shown, rows = page.locator(".pager"), page.locator("tbody tr")
    back, on = (shown.get_by_role("button", name=name) for name in ("Previous", "Next"))
    expect(shown).to_contain_text(f"1 to 100 of {FILES}")
    expect(rows).to_have_count(100)
    expect(back).to_be_disabled()
    first = names(page)
    on.click()
    expect(shown).to_contain_text(f"101 to {FILES} of {FILES}")
    expect(rows).to_have_count(FILES - 100)
    expect(on).to_be_disabled()
    assert len({*first, *names(page)}) == FILES
    back.click()
    expect(rows).to_have_count(100)
    assert names(page) == first


def test_rows_keep_their_order_from_page_to_page(open_page: OpenPage, long: Running) -> None:
    page = settle(open_page("/console/tables/gold/days?tab=rows", of=long))
    page.locator(".grid thead button", has_text="id").click()
    expect(page.locator(".grid thead th[aria-sort]")).to_have_attribute("aria-sort", "ascending")
    first = page.locator(".grid tbody tr").first.locator("td")
    expect(first).to_have_text(["1", "0", "0"])
    page.get_by_role("button", name="Next").click()
    expect(first).to_have_text(["101", "100", "100"])
    expect(page.locator(".grid tbody tr")).to_have_count(FILES - 100)
    expect(page.locator(".pager")).to_contain_text(f"101 to {FILES} of {FILES}")

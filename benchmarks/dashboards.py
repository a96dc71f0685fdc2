"""Measures dashboards: a click on six visuals, a first page, many viewers at once; writes RESULTS_DASHBOARDS.md.

usage: dashboards.py [--rows 5000000] [--clicks 15] [--viewers 50] [--seconds 30] [--think 5] [--starts 3]
                     [--only click,page,viewers] [--output FILE]

`ingot serve` runs as its users run it, in a process of its own. The clicks are on a table of some million sales
(`clicks/shop.py`): each chooses what nobody has chosen before, so no answer is kept, and ends with the last of the six
visuals; by hand, the same six queries run at once on the same files in a DuckDB that stays open. Clicks of both
alternate. The page is that of the example tokyo_olympics, by a server that has just started: what its requests take one
after the other, and what Chromium transfers. The viewers (`clicks/viewers.py`) share the machine with the server.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import duckdb
import httpx
from deltalake import DeltaTable

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "clicks"))
WORK = HERE / ".work"
EXAMPLE = HERE.parent / "examples" / "tokyo_olympics"
PAGE = "/dashboards/tokyo_2020"

from shop import BY_HAND, STORES, VISUALS, make_shop  # noqa: E402  # they lie in a folder beside this file


@dataclass
class Found:
    """What was measured, in milliseconds; bytes of what a browser transferred."""

    clicks: list[float] = field(default_factory=list)
    cached: list[float] = field(default_factory=list)
    by_hand: list[float] = field(default_factory=list)
    first_page: list[float] = field(default_factory=list)
    next_pages: list[float] = field(default_factory=list)
    transferred: int | None = None
    viewers: dict[str, list[float]] = field(default_factory=dict)


@contextmanager
def serving(project: Path) -> Iterator[httpx.Client]:
    """`ingot serve` on a free port, and a client of it."""
    command = [sys.executable, "-m", "ingot", "-C", str(project), "serve", "--port", "0"]
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=inherited)
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Ctrl-C"):
                break
        found = re.search(r"dashboards\s+(http://\S+)/", said)
        if found is None:
            sys.exit(f"the server did not start: {said}")
        with httpx.Client(base_url=found[1], timeout=120) as client:
            yield client
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def timed(client: httpx.Client, method: str, path: str, body: object = None) -> tuple[float, httpx.Response]:
    """One request, and its milliseconds."""
    started = time.perf_counter()
    answer = client.request(method, path, json=body)
    took = (time.perf_counter() - started) * 1000
    answer.raise_for_status()
    return took, answer


# --- a click ------------------------------------------------------------------------------------------------------


def measure_clicks(found: Found, rows: int, clicks: int) -> None:
    """Clicks that were never made before, on six visuals; each again, and by hand."""
    project = make_shop(WORK / f"shop-{rows}", rows)
    files = sorted(DeltaTable(str(project / "lake/gold/sales")).file_uris())
    with serving(project) as client, duckdb.connect() as connection, ThreadPoolExecutor(len(BY_HAND)) as threads:
        _click(client, 0)  # the first one loads code, and the files into the page cache
        _by_hand(connection, threads, files, 0)
        for number in range(1, clicks + 1):
            found.clicks.append(_click(client, number))
            found.cached.append(_click(client, number))
            found.by_hand.append(_by_hand(connection, threads, files, number + STORES // 2))


def _chosen(number: int) -> list[str]:
    return [f"Store {(number * 2 + other) % STORES + 1:03}" for other in range(2)]


def _click(client: httpx.Client, number: int) -> float:
    filters = [{"field": "store", "op": "in", "values": _chosen(number)}]
    took, answer = timed(client, "POST", "/api/v1/dashboards/sales/data", {"filters": filters})
    shown = answer.json()["visuals"]
    if set(shown) != set(VISUALS) or any("error" in visual for visual in shown.values()):
        sys.exit(f"a visual failed: {answer.text[:2000]}")
    return took


def _by_hand(
    connection: duckdb.DuckDBPyConnection, threads: ThreadPoolExecutor, files: list[str], number: int
) -> float:
    stores = ", ".join(f"'{store}'" for store in _chosen(number))
    sales = f"(FROM read_parquet({files}) WHERE store IN ({stores}))"
    started = time.perf_counter()
    list(threads.map(lambda sql: connection.cursor().execute(sql.format(sales=sales)).fetchall(), BY_HAND))
    return (time.perf_counter() - started) * 1000


# --- a page -------------------------------------------------------------------------------------------------------


def measure_page(found: Found, starts: int) -> None:
    """The page of the example after each start of the server, its other pages, and its bytes."""
    folder = WORK / "tokyo_olympics"
    if not (folder / "lake").is_dir():
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("lake", "__pycache__"), dirs_exist_ok=True)
        subprocess.run([sys.executable, folder / "demo.py"], check=True, stdout=subprocess.DEVNULL)
    shutil.copytree(EXAMPLE / "dashboards", folder / "dashboards", dirs_exist_ok=True)
    for _ in range(starts):
        with serving(folder) as client:
            spent, pages = _page(client)
            found.first_page.append(spent)
            for page in pages[1:]:
                found.next_pages.append(timed(client, "POST", f"/api/v1{PAGE}/data", {"page": page})[0])
    with serving(folder) as client:
        found.transferred = _transferred(str(client.base_url) + PAGE)


def _page(client: httpx.Client) -> tuple[float, list[str]]:
    """What a page asks before it is complete, one after the other, and the names of all pages."""
    took = timed(client, "GET", PAGE)[0]
    of_definition, definition = timed(client, "GET", f"/api/v1{PAGE}")
    pages = [page["name"] for page in definition.json()["pages"]]
    return took + of_definition + timed(client, "POST", f"/api/v1{PAGE}/data", {"page": pages[0]})[0], pages


def _transferred(url: str) -> int | None:
    """The bytes that Chromium receives until all visuals are drawn; None where there is no Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    from playwright.sync_api import sync_playwright

    sizes: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
        page.goto(url)
        page.wait_for_selector("[data-visual][aria-busy=false]")
        page.wait_for_function("!document.querySelector('[data-visual][aria-busy=true]')")
        browser.close()
    return round(sum(sizes))


# --- many viewers -------------------------------------------------------------------------------------------------


def measure_viewers(found: Found, rows: int, viewers: int, seconds: float, think_s: float) -> None:
    """All viewers at once, in each manner by a server that has kept nothing."""
    project = make_shop(WORK / f"shop-{rows}", rows)
    for manner in ("different", "same", "new"):
        with serving(project) as client:
            _click(client, 0)
            command = [sys.executable, HERE / "clicks" / "viewers.py", str(client.base_url)]
            numbers = [str(viewers), str(seconds), str(think_s), manner]
            done = subprocess.run([*command, *numbers], stdout=subprocess.PIPE, check=True)
        found.viewers[manner] = json.loads(done.stdout)


# --- the report ---------------------------------------------------------------------------------------------------


def report(found: Found, arguments: argparse.Namespace) -> str:
    """The results as Markdown."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"""# Results of dashboards

{time.strftime("%Y-%m-%d")}, {machine}, DuckDB {version("duckdb")}, load {os.getloadavg()[2]:.1f} over the last quarter
of an hour. Made by `python benchmarks/dashboards.py`, whose first lines say what is measured.

{arguments.rows:,} rows, six visuals. {arguments.viewers} viewers for {arguments.seconds:g} s, each with
{arguments.think:g} s between two clicks on average.

| what | median (ms) | 90 of 100 within (ms) | of | target (median) |
|---|---:|---:|---:|---:|
{chr(10).join(_lines(found))}

| | | target |
|---|---:|---:|
{chr(10).join(_figures(found))}
"""


def _lines(found: Found) -> Iterator[str]:
    yield from _line("a click, to the last visual, nothing kept", found.clicks, "≤ 250")
    yield from _line("the same six queries by hand", found.by_hand, "")
    yield from _line("a click that was made before", found.cached, "")
    yield from _line("first page of the example, the server just started", found.first_page, "≤ 300")
    yield from _line("data of its other pages, nothing kept", found.next_pages, "≤ 300")
    names = {
        "different": "viewers at once, each clicks as it likes",
        "same": "viewers at once, all click the same",
        "new": "viewers at once, no click was ever made before",
    }
    for manner, name in names.items():
        yield from _line(name, found.viewers.get(manner, []), "< 500" if manner != "new" else "")


def _line(name: str, took: list[float], target: str) -> Iterator[str]:
    if took:
        ninety = sorted(took)[min(len(took) - 1, len(took) * 9 // 10)]
        yield f"| {name} | {statistics.median(took):.0f} | {ninety:.0f} | {len(took)} | {target} |"


def _figures(found: Found) -> Iterator[str]:
    if found.clicks:
        ratio = statistics.median(found.clicks) / statistics.median(found.by_hand)
        yield f"| a click against the same by hand | {ratio:.2f} | |"
    if found.transferred is not None:
        yield f"| first visit of the example's page, transferred (kB) | {found.transferred / 1000:.0f} | ≤ 600 |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--clicks", type=int, default=15)
    parser.add_argument("--viewers", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--think", type=float, default=5, help="seconds between two clicks of a viewer")
    parser.add_argument("--starts", type=int, default=3, help="of the server of the example")
    parser.add_argument("--only", default="click,page,viewers")
    parser.add_argument("--output", default=str(HERE / "RESULTS_DASHBOARDS.md"))
    arguments = parser.parse_args()
    wanted = set(arguments.only.split(","))
    if not wanted <= {"click", "page", "viewers"}:
        parser.error(f"{arguments.only!r} names more than click, page, viewers")
    WORK.mkdir(exist_ok=True)
    found = Found()
    if "click" in wanted:
        measure_clicks(found, arguments.rows, arguments.clicks)
    if "page" in wanted:
        measure_page(found, arguments.starts)
    if "viewers" in wanted:
        measure_viewers(found, arguments.rows, arguments.viewers, arguments.seconds, arguments.think)
    text = report(found, arguments)
    Path(arguments.output).write_text(text)
    print(text)


if __name__ == "__main__":
    main()

"""Run two deliveries of titles: files drop into a folder, lookup files come over HTTP, and gold follows.

    python examples/netflix/demo.py

Needs no internet. Begins anew each time: it removes the `drop`, `web` and `lake` that an earlier demo left beside it.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from make_source import deliver, deliveries, server

EXAMPLE = Path(__file__).resolve().parent
GENRES = "SELECT rank, genre, titles, movies, tv_shows, share_pct FROM gold.popular_genres ORDER BY rank, genre LIMIT 5"
ORPHANS = (
    "SELECT show_id, count(*) AS actors FROM gold.netflix_cast WHERE title IS NULL GROUP BY show_id ORDER BY show_id"
)
COUNTRIES = (
    "SELECT rank, country, country_code, titles, movies, tv_shows FROM gold.content_by_country"
    " ORDER BY rank, country LIMIT 5"
)
GROWTH = "SELECT * FROM gold.content_over_time ORDER BY month DESC, type LIMIT 4"
SEASONS = (
    "SELECT show_id, max(title) AS title, min(duration_seasons) AS before, max(duration_seasons) AS now"
    " FROM silver.netflix_title_deliveries GROUP BY show_id"
    " HAVING count(DISTINCT duration_seasons) > 1 ORDER BY show_id LIMIT 3"
)
DONE = """
What happened: files of titles dropped into {example}/drop, and four lookup files came over HTTP as one templated list.
Notebooks written for Delta Live Tables, whose functions all have one name, made bronze, silver and gold of them.
Rows of titles that a line end has torn apart were dropped and counted; lookup rows without a title stay visible.

What to try next:
  {ingot} -C {example} status                     # which rules how many rows broke
  {ingot} -C {example} query "SELECT * FROM gold.frequent_directors ORDER BY rank LIMIT 10"
  {ingot} -C {example} run --set weekday=3        # not a Sunday: the lookup files are not fetched
  {ingot} -C {example} test
"""


def command() -> list[str]:
    """The `ingot` command of the environment that runs this file."""
    beside = Path(sys.executable).with_name("ingot")
    return [str(beside)] if beside.exists() else ["ingot"]


def ingot(*arguments: str) -> None:
    """Show an `ingot` command and run it; leave with its exit code if it fails."""
    print(f"\n$ ingot {shlex.join(arguments)}", flush=True)
    code = subprocess.run([*command(), "-C", str(EXAMPLE), *arguments], check=False).returncode
    if code:
        sys.exit(code)


def shown(path: str | Path) -> str:
    """A path as a person in the current folder would write it."""
    path, here = Path(path), Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def main() -> None:
    for made in ("drop", "web", "lake"):
        shutil.rmtree(EXAMPLE / made, ignore_errors=True)
    (EXAMPLE / "web").mkdir()
    first, second = deliveries()
    with server(EXAMPLE / "web") as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{web.server_address[1]}"
        print(f"Delivering titles (all invented) into {shown(EXAMPLE / 'drop')}, lookup files on {url}")
        deliver(first, EXAMPLE / "drop", EXAMPLE / "web")
        ingot("run", "--set", f"source_url={url}")
        for query in (GENRES, COUNTRIES, ORPHANS):
            ingot("query", query)
        print("\nThe second delivery: new titles, another season of some, and one of the torn titles as a whole.")
        deliver(second, EXAMPLE / "drop", EXAMPLE / "web")
        ingot("run", "--set", f"source_url={url}")
        web.shutdown()
    for query in (ORPHANS, SEASONS, GROWTH):
        ingot("query", query)
    print(DONE.format(example=shown(EXAMPLE), ingot=shown(command()[0])))


if __name__ == "__main__":
    main()

"""Run the example from nothing to medal standings: make the files, serve them, run the pipeline, query it.

    python examples/tokyo_olympics/demo.py

Needs no internet. Called again it shows an update that finds nothing new.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from make_source import make_source, server

EXAMPLE = Path(__file__).resolve().parent
STANDINGS = (
    "SELECT rank_by_medals AS rank, country, gold, silver, bronze, total, points, rank_by_points"
    " FROM gold.medal_standings ORDER BY rank_by_medals, country LIMIT 10"
)
DONE = """
What happened: five CSV files (three in windows-1252) came over HTTP into {example}/lake/_landing,
went into bronze streaming tables, were cleaned into silver with expectations, and became five gold views.
All of them are Delta tables in {example}/lake.

What to try next:
  {ingot} -C {example} query "SELECT * FROM gold.gender_participation ORDER BY female_pct"
  {ingot} -C {example} query "SELECT * FROM gold.country_performance WHERE country LIKE 'C_te d%'"
  {ingot} -C {example} status
  {ingot} -C {example} serve                      # dashboards and the console in the browser
  {ingot} -C {example} run --target internet      # the published files, in a lake of their own
and change a file below {example}/transformations, then:  make demo
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
    path = Path(path)
    here = Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_source(Path(folder))
        with server(Path(folder)) as web:
            threading.Thread(target=web.serve_forever, daemon=True).start()
            url = f"http://127.0.0.1:{web.server_address[1]}"
            print(f"Serving the source files of Tokyo 2020 (invented athletes, real medals) on {url}")
            ingot("run", "--set", f"source_url={url}")
            web.shutdown()
    ingot("query", STANDINGS)
    print(DONE.format(example=shown(EXAMPLE), ingot=shown(command()[0])))


if __name__ == "__main__":
    main()

"""Run two days of the shop's database: tables are landed, a day later what is new, and the marts are reconciled.

    python examples/adventure_works/database/demo.py
    python examples/adventure_works/database/demo.py --postgresql postgresql://reader@localhost/shop

Without a PostgreSQL an SQLite file stands in. Begins anew each time: it removes what an earlier demo left, in
PostgreSQL its schema SalesLT. The password of PostgreSQL is taken from the environment, INGOT_SECRET_ADVENTURE_WORKS.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import generate

EXAMPLE = Path(__file__).resolve().parent
REVENUE = (
    "SELECT month, category, orders, revenue FROM gold.sales_by_month"
    " WHERE month >= '2025-06-01' ORDER BY month, category"
)
UNKNOWN = (
    "SELECT customer_key = '-1' AS of_a_customer_who_left, product_key = '-1' AS of_a_product_withdrawn,"
    " count(*) AS lines FROM gold.fact_sales GROUP BY ALL ORDER BY 1, 2"
)
HISTORY = (
    "SELECT customer_id, last_name, __END_AT IS NULL AS is_current FROM silver.customers"
    " WHERE customer_id <= 3 ORDER BY customer_id, __START_AT"
)
DIFFERENCES = "SELECT * FROM gold.reconciliation WHERE difference > 0.01"
DONE = """
What happened: the orders that are new or changed were read by ModifiedDate, all other tables as wholes, in one state of
the database. Order {order} has a line more in the lake than in the shop: somebody deleted it by hand, and a line that
is gone has no ModifiedDate. The reconciliation counts that as a warning of the update. (SalesLT.SalesOrderDetail read
with `snapshot: true` would find it, at the cost of reading all lines each time.)

What to try next:
  {ingot} -C {example} status{options}
  {ingot} -C {example} query "SELECT * FROM landing.files"{options}
  {ingot} -C {example} test
"""


def command() -> list[str]:
    """The `ingot` command of the environment that runs this file."""
    beside = Path(sys.executable).with_name("ingot")
    return [str(beside)] if beside.exists() else ["ingot"]


def ingot(*arguments: str) -> None:
    """Show an `ingot` command and run it; leave with its exit code if it fails."""
    words = (f'"{word}"' if " " in word else shlex.quote(word) for word in arguments)
    print(f"\n$ ingot {' '.join(words)}", flush=True)
    code = subprocess.run([*command(), "-C", str(EXAMPLE), *arguments], check=False).returncode
    if code:
        sys.exit(code)


def shown(path: str | Path) -> str:
    """A path as a person in the current folder would write it."""
    path, here = Path(path), Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def main() -> None:
    parser = argparse.ArgumentParser(description="Run two days of the shop's database.")
    parser.add_argument("--postgresql", metavar="URL", help="a PostgreSQL database in place of an SQLite file")
    url = parser.parse_args().postgresql
    if url is None:
        print("No --postgresql URL is given: the SQLite file shop.db stands in for the shop's database.")
    options = [] if url is None else ["--target", "postgresql", "--set", f"database={url}"]
    shutil.rmtree(EXAMPLE / ("lake" if url is None else "postgresql"), ignore_errors=True)
    for day in ("1", "2"):
        arguments = [day] if url is None else [day, "--postgresql", url]
        print(f"\n$ python generate.py {shlex.join(arguments)}", flush=True)
        generate.main(arguments)
        ingot("run", *options)
    print("\nOne customer has got a new name, one has left; the orders of who left are those of the member Unknown:")
    ingot("query", HISTORY, *options)
    ingot("query", UNKNOWN, *options)
    ingot("query", REVENUE, *options)
    print("\nDoes the mart say what the facts say, and do the facts say what the shop says?")
    ingot("query", DIFFERENCES, *options)
    words = "".join(f" {shlex.quote(option)}" for option in options)
    print(DONE.format(example=shown(EXAMPLE), ingot=shown(command()[0]), options=words, order=_removed_from()))


def _removed_from() -> int:
    """The order of which the second day removes a line."""
    first, second = (state["SalesOrderDetail"] for state in generate.evenings())
    return next(key[0] for key in first if key not in second)


if __name__ == "__main__":
    main()

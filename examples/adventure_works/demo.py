"""Run a week of the bicycle shop: day by day changes arrive, one of them late, and history follows.

    python examples/adventure_works/demo.py

Begins anew each time: it removes the `changes` and the `lake` that an earlier demo left beside it.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import generate

EXAMPLE = Path(__file__).resolve().parent
CUSTOMER = 1154
HISTORY = (
    "SELECT city, region, newsletter, __START_AT, __END_AT FROM silver.customers"
    f" WHERE customer_id = {CUSTOMER} ORDER BY __START_AT"
)
SALES = (
    "SELECT order_id, line, ordered_at, city, region, revenue FROM gold.sales"
    f" WHERE customer_id = {CUSTOMER} ORDER BY order_id, line"
)
REVENUE = (
    "SELECT CAST(month AS DATE) AS month, region, orders, revenue FROM gold.revenue_by_region"
    " ORDER BY month, revenue DESC LIMIT 5"
)
DONE = """
What happened: changes came in three layouts (Debezium, Azure SQL, CSV with operation columns), some late, some twice.
AUTO CDC made of them the customers' history and the products and orders as they are; gold joins what was sold to
where the customer lived then.

What to try next:
  {ingot} -C {example} query "SELECT * FROM silver.customers VERSION AS OF 1 WHERE customer_id = {customer}"
  {ingot} -C {example} query "DESCRIBE HISTORY silver.orders"
  {ingot} -C {example} query "SELECT * FROM gold.margin_by_category ORDER BY revenue DESC"
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


def deliver(days: Iterable[int]) -> None:
    """Write the files of these days, then run an update."""
    numbers = [str(day) for day in days]
    print(f"\n$ python generate.py {' '.join(numbers)}", flush=True)
    generate.main(numbers)
    ingot("run")


def shown(path: str | Path) -> str:
    """A path as a person in the current folder would write it."""
    path, here = Path(path), Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def main() -> None:
    for made in ("changes", "lake"):
        shutil.rmtree(EXAMPLE / made, ignore_errors=True)
    deliver([1])
    deliver([2, 3])
    print(f"\nCustomer {CUSTOMER} moved from Portland to Seattle, as far as is known on day 3:")
    ingot("query", HISTORY)
    ingot("query", SALES)
    deliver([4, 5, 6, 7])
    print("\nOn day 4 it turned out that they lived in Lyon in between. What was sold then moved with them:")
    ingot("query", HISTORY)
    ingot("query", SALES)
    ingot("query", REVENUE)
    print(DONE.format(example=shown(EXAMPLE), ingot=shown(command()[0]), customer=CUSTOMER))


if __name__ == "__main__":
    main()

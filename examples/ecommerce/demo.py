"""Run the two shops: serve their APIs, run the pipeline, a day later run it again, and see what has changed.

    python examples/ecommerce/demo.py

Needs no internet. Begins anew each time: it removes the `lake` that an earlier demo left beside it.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import threading
from pathlib import Path

from make_source import days, server

EXAMPLE = Path(__file__).resolve().parent
BOUTIQUE = "SELECT * FROM gold.boutique_categories ORDER BY rank_by_prices"
CATEGORIES = "SELECT * FROM gold.best_and_worst_categories ORDER BY standing, place"
BASKET = "SELECT carts, lines, lines_per_cart, average_basket, largest_basket, revenue FROM gold.basket_summary"
TOGETHER = (
    "SELECT title_a, title_b, carts, support_pct, lift FROM gold.bought_together"
    " ORDER BY carts DESC, lift DESC, product_a, product_b LIMIT 5"
)
PRICES = "SELECT product_id, title, old_price, new_price, change_pct FROM gold.price_changes ORDER BY product_id"
USERS = (
    "SELECT user_id, email_domain, phone_masked, birth_year, department, city"
    " FROM silver.users ORDER BY user_id LIMIT 3"
)
DONE = """
What happened: two APIs came page by page into {example}/lake/_landing, as lines of JSON. Bronze holds every reading of
them that differed; silver flattened the newest rows, made decimals of amounts and left personal data out; gold says
what sells. Prices have a history, though the API only says what they are.

What to try next:
  {ingot} -C {example} query "SELECT * FROM gold.sales_by_city ORDER BY revenue DESC"
  {ingot} -C {example} query "SELECT source, resource, page, bytes, url FROM landing.files"
  {ingot} -C {example} status
  {ingot} -C {example} test
  {ingot} -C {example} run --target internet      # the public APIs, in a lake of their own
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
    shutil.rmtree(EXAMPLE / "lake", ignore_errors=True)
    first, second = days()
    with server(first) as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{api.server_address[1]}"
        print(f"Serving the APIs of two shops (everything in them is invented) on {url}")
        ingot("run", "--set", f"source_url={url}")
        for query in (BOUTIQUE, CATEGORIES, TOGETHER, USERS):
            ingot("query", query)
        print("\nA day later: five new users, twenty carts, other prices; the boutique has taken a product away.")
        api.data = second
        ingot("run", "--set", f"source_url={url}")
        api.shutdown()
    for query in (BASKET, PRICES, BOUTIQUE):
        ingot("query", query)
    print(DONE.format(example=shown(EXAMPLE), ingot=shown(command()[0])))


if __name__ == "__main__":
    main()

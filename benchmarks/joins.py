"""Measures streams joined with a large table: small batches beside the same join by hand, and whether batches grow.

usage: joins.py [--rows 10000000] [--repeats 3] [--batches 100]

Each batch brings 1,000 payments to a table of orders, either for its newest ones or for any; one flow joins both as
streams, another looks the orders up. The step is what an update says of the flow, with its commit; by hand is the join
of the same files by DuckDB alone, with nothing durable. Runs are of one process, as those of `continuous` are.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from pathlib import Path

import duckdb
from run import WORK

import ingot

PER_BATCH = 1_000
FLOWS = {"silver.paid": "both are streams", "silver.looked_up": "stream and table"}
_PROJECT = """
CREATE STREAMING TABLE bronze.orders AS
SELECT order_id, customer, amount, ordered_at FROM STREAM read_files('in/orders', format => 'parquet');
CREATE STREAMING TABLE bronze.payments AS
SELECT order_id, payment_id, paid FROM STREAM read_files('in/payments', format => 'parquet');
CREATE STREAMING TABLE silver.paid AS SELECT p.payment_id, p.paid, o.order_id, o.customer, o.amount
FROM STREAM bronze.payments p JOIN STREAM bronze.orders o ON p.order_id = o.order_id;
CREATE STREAMING TABLE silver.looked_up AS SELECT p.payment_id, p.paid, o.order_id, o.customer, o.amount
FROM STREAM bronze.payments p LEFT JOIN bronze.orders o ON p.order_id = o.order_id;
"""
_ORDERS = """
COPY (SELECT i AS order_id, 'customer ' || (i * 7919 % 100003) AS customer, i % 1000 / 4.0 AS amount,
  TIMESTAMP '2024-01-01' + to_seconds(i) AS ordered_at FROM range({first}, {last}) AS r(i)) TO '{file}'
"""
_PAYMENTS = """
COPY (SELECT {order_id} AS order_id, {batch} * 1000000 + i AS payment_id, i * 1.5 AS paid
  FROM range({count}) AS r(i)) TO '{file}'
"""


class Shop:
    """A project with a table of orders, to which batches of payments come."""

    def __init__(self, folder: Path, orders: int, files: int):
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("transformations", "in/orders", "in/payments"):
            (folder / name).mkdir(parents=True)
        (folder / "ingot.yml").write_text("name: joins\n")
        (folder / "transformations" / "joins.sql").write_text(_PROJECT)
        self.folder, self.orders, self.batch = folder, 0, 0
        self.duckdb = duckdb.connect()
        for _ in range(files):
            self.add_orders(orders // files)

    def add_orders(self, count: int) -> None:
        """Put a file of orders."""
        file = self.folder / "in" / "orders" / f"{self.orders:09}.parquet"
        self.duckdb.execute(_ORDERS.format(first=self.orders, last=self.orders + count, file=file))
        self.orders += count

    def add_payments(self, order_id: str) -> Path:
        """Put a file of payments, for the orders that an expression over `i` names."""
        file = self.folder / "in" / "payments" / f"{self.batch:05}.parquet"
        self.duckdb.execute(_PAYMENTS.format(order_id=order_id, batch=self.batch, count=PER_BATCH, file=file))
        self.batch += 1
        return file

    def update(self, connection: ingot.Connection) -> dict[str, float]:
        """Run an update; the seconds of each joining flow."""
        outcome = connection.run()
        if not outcome.is_success:
            raise SystemExit("\n".join(map(str, outcome.errors)))
        steps = {f"{name.schema}.{name.table}": done.seconds or 0.0 for name, done in outcome.progress.items()}
        return {name: steps[name] for name in FLOWS}

    def by_hand(self, payments: Path) -> float:
        """Seconds of the join by DuckDB alone."""
        orders = [str(file) for file in (self.folder / "lake" / "bronze" / "orders").glob("*.parquet")]
        started = time.perf_counter()
        self.duckdb.execute(
            "CREATE OR REPLACE TEMP TABLE paid AS SELECT p.payment_id, p.paid, o.order_id, o.customer, o.amount "
            f"FROM read_parquet('{payments}') p JOIN read_parquet({orders}) o ON p.order_id = o.order_id"
        )
        return time.perf_counter() - started


def against_by_hand(rows: int, repeats: int) -> None:
    """Small batches against a large table."""
    shop = Shop(WORK / "joins", rows, files=10)
    with ingot.connect(shop.folder) as connection:
        shop.add_payments("i")
        shop.update(connection)
        for which, order_id in (("the newest", f"{rows - 1} - i"), ("any", f"i * 7919 * 13 % {rows}")):
            ours: dict[str, list[float]] = {name: [] for name in FLOWS}
            theirs: list[float] = []
            for _ in range(repeats):
                file = shop.add_payments(order_id)
                for name, step in shop.update(connection).items():
                    ours[name].append(step)
                theirs.append(shop.by_hand(file))
            limit = statistics.median(theirs)
            for name, what in FLOWS.items():
                step = statistics.median(ours[name])
                print(
                    f"{PER_BATCH:,} payments of {which} of {rows:,} orders, {what}: {step:.3f} s, by hand {limit:.3f} s"
                )


def growth(batches: int) -> None:
    """One file of each stream an update."""
    shop = Shop(WORK / "joins-growing", 0, files=0)
    steps: list[dict[str, float]] = []
    with ingot.connect(shop.folder) as connection:
        for _ in range(batches):
            shop.add_orders(PER_BATCH)
            shop.add_payments(f"i * 7919 % {shop.orders}")
            steps.append(shop.update(connection))
    middle = len(steps) // 2
    for name, what in FLOWS.items():
        early, late = (1000 * statistics.median(s[name] for s in half) for half in (steps[:middle], steps[middle:]))
        print(f"batch of one file of each, {what}: first half {early:.0f} ms, second half {late:.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batches", type=int, default=100)
    options = parser.parse_args()
    against_by_hand(options.rows, options.repeats)
    growth(options.batches)


if __name__ == "__main__":
    main()

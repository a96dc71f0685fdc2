"""The limit: the same work by hand in raw DuckDB to plain Parquet. No Delta, no checkpoint, no log; state is one file.

usage: limit.py WORK     (reads WORK/landing; prints `STEP name seconds`)
"""

import json
import sys
import time
from pathlib import Path

import duckdb

WORK = Path(sys.argv[1])
PARQUET = "(format parquet, per_thread_output true)"
COLUMNS = ["order_id", "customer_id", "category", "price", "quantity", "ordered_at", "email", "city"]
SILVER = "order_id, customer_id, category, price, quantity, ordered_at, email, city, price * quantity as amount"


def main() -> None:
    started = time.perf_counter()
    file = WORK / "state.json"
    state = json.loads(file.read_text()) if file.exists() else {"files": [], "version": 0}
    new = sorted(str(p) for p in (WORK / "landing").glob("orders-*.csv") if p.name not in state["files"])
    if not new:
        step("bronze", started)
        return
    version = state["version"] + 1
    for layer in ("bronze", "silver", "gold"):
        (WORK / layer).mkdir(exist_ok=True)
    connection = duckdb.connect()
    connection.execute("set preserve_insertion_order = false")
    bronze(connection, new, version)
    step("bronze", started)
    started = time.perf_counter()
    silver(connection, version)
    step("silver", started)
    started = time.perf_counter()
    gold(connection, version)
    file.write_text(json.dumps({"files": state["files"] + [Path(p).name for p in new], "version": version}))
    step("gold", started)


def bronze(connection: duckdb.DuckDBPyConnection, files: list[str], version: int) -> None:
    types = ", ".join(f"'{name}': 'varchar'" for name in COLUMNS)
    connection.execute(
        f"copy (select * exclude filename, parse_filename(filename) as _source_file from read_csv({files!r}, "
        f"all_varchar = true, header = true, auto_detect = false, delim = ',', filename = true, "
        f"columns = {{{types}}})) "
        f"to '{WORK}/bronze/{version}' {PARQUET}"
    )
    if version == 1:
        connection.execute(
            f"copy (select * from read_csv('{WORK}/landing/customers.csv')) to '{WORK}/customers.parquet'"
        )


def silver(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    connection.execute(
        f"""create temp view b as select order_id::bigint order_id, customer_id::bigint customer_id, category,
          try_cast(price as double) price, try_cast(quantity as int) quantity, ordered_at::timestamp ordered_at,
          nullif(trim(email), '') email, trim(city) city from '{WORK}/bronze/{version}/*.parquet'"""
    )
    connection.execute("create temp view s as select * from b where price > 0 and quantity is not null")
    # only the ids that occur twice pay for the window
    latest = f"""with x as materialized (from s),
      d as materialized (select order_id from x group by 1 having count(*) > 1)
      select {SILVER} from x anti join d using (order_id) union all by name
      (select {SILVER} from x semi join d using (order_id)
       qualify row_number() over (partition by order_id order by ordered_at desc) = 1)"""
    invalid = "select count(*) from b where not coalesce(price > 0 and quantity is not null, false)"
    print("INVALID", connection.execute(invalid).fetchall()[0][0])
    if version == 1:
        connection.execute(f"copy ({latest}) to '{WORK}/silver/{version}' {PARQUET}")
        return
    connection.execute(f"create temp table up as {latest}")  # few new orders: every file is rewritten once
    old = f"'{WORK}/silver/{version - 1}/*.parquet'"
    connection.execute(
        f"copy (select * from {old} o anti join up using (order_id) union all by name select * from up) "
        f"to '{WORK}/silver/{version}' {PARQUET}"
    )


def gold(connection: duckdb.DuckDBPyConnection, version: int) -> None:
    orders = f"'{WORK}/silver/{version}/*.parquet'"
    connection.execute(
        f"copy (select category, date_trunc('month', ordered_at)::date as month, count(*) orders, sum(amount) revenue "
        f"from {orders} group by all) to '{WORK}/gold/revenue-{version}.parquet'"
    )
    connection.execute(
        f"""copy (select t.*, name, country from (select customer_id, count(*) orders, sum(amount) revenue,
          count(distinct category) categories from {orders} group by all
          order by revenue desc, customer_id limit 1000) t
          left join '{WORK}/customers.parquet' using (customer_id)) to '{WORK}/gold/top-{version}.parquet'"""
    )
    connection.execute(
        f"""copy (select *, avg(orders) over (order by day rows 6 preceding) ma7 from (select ordered_at::date as day,
          count(*) orders, sum(amount) revenue from {orders} group by all)) to '{WORK}/gold/daily-{version}.parquet'"""
    )


def step(name: str, started: float) -> None:
    print(f"STEP {name} {time.perf_counter() - started:.4f}", flush=True)


main()

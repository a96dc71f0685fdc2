"""Deterministic orders: ten CSV files, one more for the second day, and customers.

usage: generate.py FOLDER ROWS     (makes FOLDER/landing and FOLDER/day2)

Plain arithmetic instead of hash functions, so that every version of DuckDB makes the same bytes. 5 % of the rows are
later versions of earlier orders, 0.1 % break a rule, 1 % have no e-mail address.
"""

import os
import sys
from pathlib import Path

import duckdb

HASH = "create macro h(x, k) as ((x * 2654435761 + k * 40503 + (x * 40503 + k) % 65521 * 69069) % 1000003)"
YEAR_S = 31_536_000
DAY_S = 86_400


def orders(ids: str, seconds: str, version: int, breaks_rule: str, customers: int) -> str:
    """SQL for one row an order: `ids` gives the ids, `seconds` when it was ordered, `version` salts the values."""
    return f"""select id as order_id, 1 + h(id, 1) * 11 % {customers * 105 // 100} as customer_id,
      ['Books','Toys','Garden','Electronics','Grocery','Music','Sports','Home'][1 + h(id, 2) % 8] as category,
      case when {breaks_rule} and id % 2 = 0 then '-1.00'
           else printf('%.2f', (100 + h(id, 3 + {version}) % 99900) / 100.0) end as price,
      case when {breaks_rule} and id % 2 = 1 then 'n/a' else (1 + h(id, 4 + {version}) % 9)::varchar end as quantity,
      strftime(timestamp '2024-01-01' + to_seconds(({seconds})::bigint), '%Y-%m-%d %H:%M:%S') as ordered_at,
      case when h(id, 5) % 100 = 0 then null else 'user' || (h(id, 6) % 200000) || '@mail.example' end as email,
      '  City ' || (h(id, 7) % 500) || ' ' as city from ({ids})"""


def generate(folder: Path, rows: int) -> None:
    """Write the input files of a run with `rows` rows on the first day."""
    customers = 1_000 if rows <= 1_000 else 200_000
    first, later = rows * 95 // 100, rows - rows * 95 // 100
    for name in ("landing", "day2"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("set threads = 2; set preserve_insertion_order = true")
    connection.execute(HASH)
    ordered = f"id * {YEAR_S} // {first}"
    originals = orders(f"select range as id from range({first})", ordered, 0, "h(id, 9) % 1000 = 0", customers)
    changes = orders(
        f"select range * 19 as id from range({later})",
        f"{ordered} + 3600 + h(id, 8) % 250000", 100, "h(id, 10) % 1000 = 0", customers,
    )  # fmt: skip
    connection.execute(
        f"create table o as select *, row_number() over (order by ordered_at, order_id) - 1 as rn "
        f"from ({originals} union all {changes})"
    )
    for part in range(10):
        write(
            connection,
            "select * exclude rn from o "
            f"where rn >= {rows * part // 10} and rn < {rows * (part + 1) // 10} order by rn",
            folder / "landing" / f"orders-{part:03}.csv",
        )
    some = rows // 100
    days = (
        orders(
            f"select {first} + range as id from range({some})", f"370 * {DAY_S} + id % {DAY_S}", 200, "false", customers
        ),
        orders(f"select range * 89 as id from range({some})", f"371 * {DAY_S} + id % {DAY_S}", 300, "false", customers),
        orders(
            f"select range * 881 as id from range({rows // 1000})",
            f"372 * {DAY_S} + id % {DAY_S}",
            400,
            "true",
            customers,
        ),
    )
    write(
        connection,
        f"select * from ({' union all '.join(days)}) order by ordered_at, order_id",
        folder / "day2" / "orders-010.csv",
    )
    write(
        connection,
        f"""select range + 1 as customer_id, 'Customer ' || (range + 1) as name,
          ['DE','FR','US','GB','IN','BR','JP','NL'][1 + h(range, 11) % 8] as country,
          ['consumer','business'][1 + h(range, 12) % 2] as segment from range({customers})""",
        folder / "landing" / "customers.csv",
    )
    for name, stamp in (("landing", 1_750_000_000), ("day2", 1_750_086_400)):
        for file in (folder / name).iterdir():
            os.utime(file, (stamp, stamp))


def write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to '{path}' (header)")


if __name__ == "__main__":
    generate(Path(sys.argv[1]), int(sys.argv[2]))

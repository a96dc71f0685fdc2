"""Measures Spark's expressions beside what an expert would write for DuckDB; lists the ten worst.

usage: expressions.py [--rows 2000000] [--repeats 5]

Each pair gives the same values on these rows, which is checked first. Both are evaluated by one DuckDB thread into the
same kind of table, alternately, and the median counts. The data are clean (as an expert would assume), with one null
in ten.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import time

import duckdb

from ingot import sql
from ingot.analysis import Settings
from ingot.analysis.analyzer import analyze
from ingot.engines.duckdb import dialect
from ingot.model import Query, Read, TableName, TableRead
from ingot.types import StructType

NOW = datetime.datetime(2024, 2, 29, 12, 30, 15, tzinfo=datetime.UTC)
ROWS = """
SELECT if(i % 10 = 0, NULL, CAST(i AS INT)) AS i, if(i % 10 = 1, NULL, i * 7919 % 1000003) AS l,
  if(i % 10 = 2, NULL, i * 7919 % 1000003 / 97D) AS d, if(i % 10 = 3, NULL, CAST(i % 100000 / 100.00 AS DECIMAL(12, 2))) AS p,
  if(i % 10 = 4, NULL, concat(' customer ', CAST(i % 5000 AS STRING), ' of Delft ')) AS s,
  if(i % 10 = 5, NULL, CAST(i AS STRING)) AS n, if(i % 10 = 6, NULL, CAST(i % 10000 / 100.00 AS STRING)) AS m,
  if(i % 10 = 7, NULL, date_add(DATE'2020-01-01', CAST(i % 2000 AS INT))) AS day,
  if(i % 10 = 8, NULL, timestamp_seconds(1577836800 + i * 61)) AS ts,
  if(i % 10 = 9, NULL, date_format(timestamp_seconds(1577836800 + i * 61), 'yyyy-MM-dd HH:mm:ss')) AS t,
  date_format(date_add(DATE'2020-01-01', CAST(i % 2000 AS INT)), 'dd/MM/yyyy') AS european,
  concat('{"id":', CAST(i AS STRING), ',"name":"n', CAST(i % 100 AS STRING), '","tags":["a","b"]}') AS j,
  array(CAST(i AS INT), CAST(i % 7 AS INT), 3) AS a, named_struct('x', i, 'y', 'why') AS st, i % 2 = 0 AS b
FROM range({rows}) AS r(i)
"""

# Spark, DuckDB. `ts` is a TIMESTAMPTZ in DuckDB, and the session's zone is UTC, as in the engine.
EXPRESSIONS = [
    ("i + 1", "i + 1"), ("l * 2", "l * 2"), ("i / 4", "i / 4"), ("l % 10", "l % 10"), ("p * 2", "p * 2"),
    ("p * p", "CAST(CAST(p AS DECIMAL(24, 2)) * p AS DECIMAL(25, 4))"), ("d / 3", "d / 3"), ("i div 3", "CAST(i // 3 AS BIGINT)"), ("-i", "-i"), ("abs(i)", "abs(i)"),
    ("round(d, 2)", "round(d, 2)"), ("floor(d)", "CAST(floor(d) AS BIGINT)"), ("sqrt(d)", "sqrt(d)"), ("pow(d, 2)", "pow(d, 2)"),
    ("greatest(i, 5)", "greatest(i, 5)"), ("coalesce(i, 0)", "coalesce(i, 0)"), ("nullif(i, 5)", "nullif(i, 5)"),
    ("CASE WHEN i > 5 THEN 'a' ELSE 'b' END", "CASE WHEN i > 5 THEN 'a' ELSE 'b' END"), ("i IS NULL", "i IS NULL"),
    ("i BETWEEN 5 AND 500000", "i BETWEEN 5 AND 500000"), ("i IN (1, 2, 3)", "i IN (1, 2, 3)"), ("d > 5", "d > 5"),
    ("i <=> l", "i IS NOT DISTINCT FROM l"), ("b AND i > 5", "b AND i > 5"), ("s = 'x'", "s = 'x'"),
    ("CAST(n AS INT)", "CAST(n AS INT)"), ("CAST(n AS BIGINT)", "CAST(n AS BIGINT)"), ("CAST(m AS DOUBLE)", "CAST(m AS DOUBLE)"),
    ("CAST(m AS DECIMAL(12, 2))", "CAST(m AS DECIMAL(12, 2))"), ("try_cast(n AS INT)", "try_cast(n AS INT)"),
    ("CAST(i AS STRING)", "CAST(i AS VARCHAR)"), ("CAST(p AS STRING)", "CAST(p AS VARCHAR)"), ("CAST(d AS INT)", "CAST(trunc(d) AS INT)"),
    ("CAST(i AS DOUBLE)", "CAST(i AS DOUBLE)"), ("CAST(p AS DOUBLE)", "CAST(p AS DOUBLE)"), ("CAST(l AS INT)", "CAST(l AS INT)"),
    ("CAST(t AS TIMESTAMP)", "CAST(t AS TIMESTAMPTZ)"), ("CAST(t AS DATE)", "CAST(CAST(t AS TIMESTAMP) AS DATE)"),
    ("CAST(day AS STRING)", "CAST(day AS VARCHAR)"), ("CAST(ts AS STRING)", "CAST(ts::TIMESTAMP AS VARCHAR)"), ("CAST(ts AS DATE)", "CAST(ts AS DATE)"),
    ("upper(s)", "upper(s)"), ("lower(s)", "lower(s)"), ("trim(s)", "trim(s)"), ("length(s)", "CAST(length(s) AS INT)"),
    ("substring(s, 2, 5)", "substring(s, 2, 5)"), ("concat(s, n)", "s || n"), ("concat_ws('-', s, n)", "concat_ws('-', s, n)"),
    ("initcap(s)", "list_aggr(list_transform(string_split(lower(s), ' '), lambda w: upper(w[1]) || w[2:]), 'string_agg', ' ')"),
    ("replace(s, 'Delft', 'Gent')", "replace(s, 'Delft', 'Gent')"), ("split(s, ' ')", "string_split(s, ' ')"),
    ("split(s, ' ')[2]", "string_split(s, ' ')[3]"), ("s LIKE '%Delft%'", "s LIKE '%Delft%'"), ("s RLIKE 'cust.*1'", "regexp_matches(s, 'cust.*1')"),
    ("regexp_replace(s, '[0-9]+', 'x')", "regexp_replace(s, '[0-9]+', 'x', 'g')"),
    ("regexp_extract(s, '([0-9]+)', 1)", "regexp_extract(s, '([0-9]+)', 1)"), ("lpad(n, 10, '0')", "lpad(n, 10, '0')"),
    ("instr(s, 'of')", "CAST(instr(s, 'of') AS INT)"), ("left(s, 3)", "left(s, 3)"), ("reverse(s)", "reverse(s)"),
    ("md5(s)", "md5(s)"), ("sha2(s, 256)", "sha256(s)"), ("year(day)", "CAST(year(day) AS INT)"), ("month(ts)", "CAST(month(ts) AS INT)"),
    ("dayofweek(day)", "CAST(dayofweek(day) + 1 AS INT)"), ("quarter(day)", "CAST(quarter(day) AS INT)"), ("hour(ts)", "CAST(hour(ts) AS INT)"),
    ("weekofyear(day)", "CAST(weekofyear(day) AS INT)"), ("date_add(day, 5)", "day + 5"), ("datediff(day, DATE'2020-01-01')", "CAST(day - DATE '2020-01-01' AS INT)"),
    ("add_months(day, 1)", "CAST(day + INTERVAL 1 MONTH AS DATE)"), ("last_day(day)", "last_day(day)"), ("date_trunc('MONTH', ts)", "date_trunc('month', ts)"),
    ("date_trunc('HOUR', ts)", "date_trunc('hour', ts)"), ("trunc(day, 'MM')", "CAST(date_trunc('month', day) AS DATE)"),
    ("ts + INTERVAL 1 DAY", "ts + INTERVAL 1 DAY"), ("months_between(ts, TIMESTAMP'2020-01-01')", "round(datediff('day', TIMESTAMP '2020-01-01', ts::TIMESTAMP) / 31, 8)"),
    ("timestampdiff(HOUR, TIMESTAMP'2020-01-01', ts)", "datesub('hour', TIMESTAMPTZ '2020-01-01 00:00:00+00', ts)"),
    ("date_format(day, 'yyyy-MM')", "strftime(day, '%Y-%m')"), ("date_format(ts, 'yyyy-MM-dd HH:mm:ss')", "strftime(ts, '%Y-%m-%d %H:%M:%S')"),
    ("to_date(t)", "CAST(CAST(t AS TIMESTAMP) AS DATE)"), ("to_date(european, 'dd/MM/yyyy')", "CAST(strptime(european, '%d/%m/%Y') AS DATE)"),
    ("to_timestamp(t)", "CAST(t AS TIMESTAMPTZ)"), ("to_timestamp(t, 'yyyy-MM-dd HH:mm:ss')", "CAST(strptime(t, '%Y-%m-%d %H:%M:%S') AS TIMESTAMPTZ)"),
    ("unix_timestamp(ts)", "CAST(epoch(ts) AS BIGINT)"), ("from_unixtime(l)", "strftime(make_timestamp(l * 1000000), '%Y-%m-%d %H:%M:%S')"),
    ("get_json_object(j, '$.name')", "json_extract_string(j, '$.name')"),
    ("from_json(j, 'id BIGINT, name STRING')", "json_transform(j, '{\"id\":\"BIGINT\",\"name\":\"VARCHAR\"}')"), ("to_json(st)", "CAST(to_json(st) AS VARCHAR)"),
    ("a[1]", "a[2]"), ("size(a)", "CAST(len(a) AS INT)"), ("array_contains(a, 3)", "list_contains(a, 3)"), ("array_distinct(array(3, 3))", "[3]"),
    ("transform(a, x -> x + 1)", "list_transform(a, lambda x: x + 1)"), ("filter(a, x -> x > 2)", "list_filter(a, lambda x: x > 2)"),
    ("sort_array(a)", "list_sort(a, 'ASC', 'NULLS FIRST')"), ("aggregate(a, 0, (x, y) -> x + y)", "list_reduce(a, lambda x, y: x + y, 0)"),
    ("st.x", "st.x"), ("struct(i, s)", "struct_pack(i := i, s := s)"), ("array(i, 2)", "[i, 2]"), ("map('k', i)", "MAP {'k': i}"),
]  # fmt: skip

# Whole queries, of the same columns. Rows are compared as bags.
QUERIES = [
    ("SELECT i % 100 AS k, sum(l) AS v FROM t GROUP BY 1", "SELECT i % 100 AS k, CAST(sum(l) AS BIGINT) AS v FROM t GROUP BY 1"),
    ("SELECT i % 100 AS k, sum(p) AS v FROM t GROUP BY 1", "SELECT i % 100 AS k, sum(p) AS v FROM t GROUP BY 1"),
    ("SELECT i % 100 AS k, avg(i) AS v FROM t GROUP BY 1", "SELECT i % 100 AS k, avg(i) AS v FROM t GROUP BY 1"),
    ("SELECT i % 100 AS k, count(DISTINCT s) AS v FROM t GROUP BY 1", "SELECT i % 100 AS k, count(DISTINCT s) AS v FROM t GROUP BY 1"),
    ("SELECT i % 100 AS k, max(ts) AS v FROM t GROUP BY 1", "SELECT i % 100 AS k, max(ts) AS v FROM t GROUP BY 1"),
    ("SELECT i % 100 AS k, max_by(s, l) AS v FROM t GROUP BY 1", "SELECT i % 100 AS k, max_by(s, l) AS v FROM t GROUP BY 1"),
    ("SELECT i % 1000 AS k, size(collect_list(l)) AS v FROM t GROUP BY 1", "SELECT i % 1000 AS k, CAST(coalesce(len(list(l) FILTER (l IS NOT NULL)), 0) AS INT) AS v FROM t GROUP BY 1"),
    ("SELECT i % 100 AS k, percentile(d, 0.5) AS v FROM t GROUP BY 1", "SELECT i % 100 AS k, quantile_cont(d, 0.5) AS v FROM t GROUP BY 1"),
    ("SELECT i % 100 AS k, stddev(i) AS v FROM t GROUP BY 1", "SELECT i % 100 AS k, stddev(i) AS v FROM t GROUP BY 1"),
    ("SELECT l, row_number() OVER (PARTITION BY l % 1000 ORDER BY i) AS v FROM t WHERE l IS NOT NULL AND i IS NOT NULL", "SELECT l, CAST(row_number() OVER (PARTITION BY l % 1000 ORDER BY i) AS INT) AS v FROM t WHERE l IS NOT NULL AND i IS NOT NULL"),
    ("SELECT l, lag(i) OVER (PARTITION BY l % 1000 ORDER BY i) AS v FROM t WHERE l IS NOT NULL AND i IS NOT NULL", "SELECT l, lag(i) OVER (PARTITION BY l % 1000 ORDER BY i) AS v FROM t WHERE l IS NOT NULL AND i IS NOT NULL"),
    ("SELECT DISTINCT s AS v FROM t", "SELECT DISTINCT s AS v FROM t"),
    ("SELECT x.i AS v FROM t x JOIN t y ON x.i = y.i", "SELECT x.i AS v FROM t x JOIN t y ON x.i = y.i"),
    ("SELECT i AS k, explode(a) AS v FROM t", "SELECT i AS k, unnest(a) AS v FROM t"),
]  # fmt: skip

ROUNDED = ("months_between", "SELECT i % 100 AS k, stddev", "SELECT i % 100 AS k, avg")  # differ in the last digits


class Table:
    """A catalog of the one table `t`."""

    def __init__(self, schema: StructType):
        self.schema = schema

    def schema_of(self, read: object) -> StructType:
        return self.schema

    def view_of(self, read: object) -> None:
        return None


def lowered(text: str, schema: StructType | None) -> tuple[str, StructType]:
    """DuckDB's SQL for a Spark query over `t`, and its schema."""
    reads: dict[str, Read] = {"t": TableRead(TableName("main", "default", "t"), ("t",))} if schema else {}
    analyzed = analyze(Query(sql.parse_statement(text), reads), Table(schema or StructType(())), Settings())
    return dialect.lower(analyzed, dict.fromkeys(analyzed.reads, "SELECT * FROM t"), NOW), analyzed.schema


def seconds(connection: duckdb.DuckDBPyConnection, text: str) -> float:
    """Time to evaluate a query into a table."""
    started = time.perf_counter()
    connection.execute(f"CREATE OR REPLACE TEMP TABLE result AS {text}")
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; SET threads = 1; SET preserve_insertion_order = true")

    kernels: set[str] = set()

    def prepare(text: str, schema: StructType | None) -> tuple[str, StructType]:
        translated, found = lowered(text, schema)
        for kernel in set(dialect.kernels_used(translated)) - kernels:
            dialect.register(connection, kernel)
            kernels.add(kernel)
        for macro in dialect.macros_used(translated):
            connection.execute(macro)
        return translated, found

    made, schema = prepare(ROWS.replace("{rows}", str(options.rows)), None)
    connection.execute(f"CREATE TABLE t AS {made}")
    pairs = [(s, f"SELECT {s} AS v FROM t", f"SELECT {d} AS v FROM t") for s, d in EXPRESSIONS]
    results = []
    for name, spark, expert in [*pairs, *((s, s, d) for s, d in QUERIES)]:
        ours, _ = prepare(spark, schema)
        for left, right in ((ours, expert), (expert, ours)):
            different = connection.sql(f"SELECT count(*) FROM ({left} EXCEPT ALL {right})").fetchall()[0][0]
            if different and not name.startswith(
                ("months_between", "SELECT i % 100 AS k, stddev")
            ):  # differ in rounding
                raise SystemExit(f"{name}: {different:,} rows differ from {expert}")
        times = [(seconds(connection, ours), seconds(connection, expert)) for _ in range(options.repeats)]
        results.append((statistics.median(a for a, _ in times), statistics.median(b for _, b in times), name))
    results.sort(key=lambda r: r[0] / r[1], reverse=True)
    print(f"{len(results)} expressions over {options.rows:,} rows; the ten slowest against an expert's DuckDB:")
    print("  Ingot (ms)  expert (ms)  ratio  expression")
    for ours, expert, name in results[:10]:
        print(f"{ours * 1000:12.0f} {expert * 1000:12.0f} {ours / expert:6.2f}  {name}")
    print(f"median of the ratios: {statistics.median(a / b for a, b, _ in results):.2f}")


if __name__ == "__main__":
    main()

"""Measures Ingot beside the hand-written limit, in one run, as ratios; writes benchmarks/RESULTS.md.

usage: run.py [--rows 10000000] [--repeats 3] [--ingot PATH]

Each figure is of whole processes: wall time, and the peak of resident memory that the system reports when the process
ends. Runs alternate between the two, each in a fresh folder, and the median counts. Before anything is timed, the
tables of both are compared; a difference ends the benchmark.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
WORK = HERE / ".work"
RULES = {
    "has_id": "order_id IS NOT NULL",
    "positive": "price > 0",
    "counted": "quantity IS NOT NULL",
    "dated": "ordered_at >= '2024-01-01'",
    "placed": "length(city) > 0",
}


@dataclass(frozen=True)
class Measured:
    """One process: seconds of wall time, MiB of peak memory, what it printed."""

    seconds: float
    memory_mib: float
    output: str = ""

    def step(self, name: str) -> float:
        """Seconds of a step that the process printed as `STEP name seconds`."""
        return next(float(line.split()[2]) for line in self.output.splitlines() if line.startswith(f"STEP {name} "))


def measure(command: list[str], **environment: str) -> Measured:
    """Run a command to its end; its output goes to a log, its failure ends the benchmark."""
    log = WORK / "log"
    with log.open("w") as output:
        started = time.perf_counter()
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={**inherited, "TZ": "UTC", **environment}
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{log.read_text()[-2000:]}")
    return Measured(seconds, usage.ru_maxrss / 1024, log.read_text())


def data(rows: int) -> Path:
    folder = WORK / f"data-{rows}"
    if not (folder / "day2").is_dir():
        subprocess.run([sys.executable, HERE / "orders" / "generate.py", folder, str(rows)], check=True)
    return folder


class Limit:
    name = "limit"

    def prepare(self, folder: Path) -> None: ...

    def command(self, folder: Path) -> list[str]:
        return [sys.executable, str(HERE / "orders" / "limit.py"), str(folder)]


class Ingot:
    name = "ingot"

    def __init__(self, executable: str):
        self._executable = executable

    def prepare(self, folder: Path) -> None:
        shutil.copytree(HERE / "orders" / "project", folder / "p")
        (folder / "p" / "ingot.yml").write_text(f"name: orders\nconfiguration:\n  landing: {folder}/landing\n")

    def command(self, folder: Path) -> list[str]:
        return [self._executable, "-C", str(folder / "p"), "run"]


def fresh(name: str, rows: int) -> Path:
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(data(rows) / "landing", folder / "landing", copy_function=os.link)
    return folder


def days(contender: Limit | Ingot, rows: int) -> dict[str, Measured]:
    """First day, second day, nothing new."""
    folder = fresh(contender.name, rows)
    contender.prepare(folder)
    first = measure(contender.command(folder))
    os.link(data(rows) / "day2" / "orders-010.csv", folder / "landing" / "orders-010.csv")
    second = measure(contender.command(folder))
    nothing = measure(contender.command(folder))
    return {"first day": first, "second day": second, "nothing new": nothing}


def compare(executable: str) -> None:
    """The tables of both must hold the same rows."""
    import duckdb

    version = json.loads((WORK / "limit" / "state.json").read_text())["version"]
    aggregates = "count(*) AS n, round(sum(amount), 2) AS amount, sum(quantity) AS quantity, count(email) AS emails"
    limit = duckdb.sql(f"SELECT {aggregates} FROM '{WORK}/limit/silver/{version}/*.parquet'").fetchall()[0]
    text = f"SELECT {aggregates} FROM silver.orders"
    command = [executable, "-C", str(WORK / "ingot" / "p"), "query", text, "--format", "json"]
    ours = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    theirs = dict(zip(("n", "amount", "quantity", "emails"), limit, strict=True))
    if any(abs(float(ours[key]) - float(theirs[key])) > 0.01 for key in theirs):
        sys.exit(f"the results differ: {ours} against {theirs}")


def second_day(limit: dict[str, Measured]) -> float:
    """The limit where views are recomputed: its start, the second day's bronze, and silver and gold in full.

    Silver and gold are those of the first day, which is 1 % smaller.
    """
    start = limit["nothing new"].seconds - limit["nothing new"].step("bronze")
    first = limit["first day"]
    return start + limit["second day"].step("bronze") + first.step("silver") + first.step("gold")


def with_rules(executable: str, rows: int, rules: bool) -> float:
    """Seconds of a typed streaming table over the CSV files, with or without five expectations."""
    folder = fresh("rules", rows)
    project = folder / "p" / "transformations"
    project.mkdir(parents=True)
    constraints = [
        f"CONSTRAINT {name} EXPECT ({condition})"
        + (" ON VIOLATION DROP ROW" if name in ("positive", "counted") else "")
        for name, condition in RULES.items()
    ]
    head = f"({', '.join(constraints)})" if rules else ""
    (project / "orders.sql").write_text(
        f"""CREATE STREAMING TABLE silver.orders {head} AS
        SELECT CAST(order_id AS BIGINT) AS order_id, category, try_cast(price AS DOUBLE) AS price,
          try_cast(quantity AS INT) AS quantity, CAST(ordered_at AS TIMESTAMP) AS ordered_at, trim(city) AS city
        FROM STREAM read_files('{folder}/landing/orders-*.csv', format => 'csv', header => true, schema =>
          'order_id STRING, customer_id STRING, category STRING, price STRING, quantity STRING, ordered_at STRING,
           email STRING, city STRING')"""
    )
    return measure([executable, "-C", str(folder / "p"), "run"]).seconds


def micro_batches(executable: str, count: int = 100) -> tuple[float, float]:
    """Milliseconds for a batch of one file, in the first and in the second half of a table's history."""
    folder = WORK / "batches"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "in").mkdir(parents=True)
    (folder / "transformations").mkdir()
    for number in range(count):
        (folder / "in" / f"{number:04}.csv").write_text("id,value\n" + f"{number},x\n" * 100)
    (folder / "transformations" / "t.sql").write_text(
        "CREATE STREAMING TABLE bronze.t AS SELECT * FROM STREAM read_files('in', format => 'csv', header => true, "
        "schema => 'id INT, value STRING', maxFilesPerTrigger => 1)"
    )
    measure([executable, "-C", str(folder), "run"])
    names = sorted((folder / "lake" / "bronze" / "t" / "_delta_log").glob("*.json"))
    stamps = [entry["commitInfo"]["timestamp"] for name in names if "commitInfo" in (entry := _first(name))]
    middle = len(stamps) // 2
    return (stamps[middle] - stamps[0]) / middle, (stamps[-1] - stamps[middle]) / (len(stamps) - 1 - middle)


def _first(name: Path) -> dict:
    return json.loads(name.read_text().splitlines()[0])


def median(values: list[float]) -> float:
    return statistics.median(values)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ingot", default=str(Path(sys.executable).with_name("ingot")))
    parser.add_argument("--output", default=str(HERE / "RESULTS.md"))
    arguments = parser.parse_args()
    WORK.mkdir(exist_ok=True)
    limit, ingot = Limit(), Ingot(arguments.ingot)
    runs: dict[str, list[dict[str, Measured]]] = {"limit": [], "ingot": []}
    cold: dict[str, list[Measured]] = {"limit": [], "ingot": []}
    for repeat in range(arguments.repeats):
        for contender in (limit, ingot):
            folder = fresh(contender.name, 1_000)
            contender.prepare(folder)
            cold[contender.name].append(measure(contender.command(folder)))
        for contender in (limit, ingot):
            runs[contender.name].append(days(contender, arguments.rows))
        compare(arguments.ingot)
        print(f"repeat {repeat + 1} of {arguments.repeats} done", flush=True)
    rows = [
        _row("cold start, 1,000 rows", "≤ 3", [m.seconds for m in cold["limit"]], [m.seconds for m in cold["ingot"]])
    ]
    for phase, target in (("first day", "≤ 1.25"), ("second day", None), ("nothing new", "≤ 3")):
        theirs = [run[phase].seconds for run in runs["limit"]]
        if phase == "second day":
            theirs, target = [second_day(run) for run in runs["limit"]], "≤ 1.25"
        rows.append(
            _row(f"{phase}, {arguments.rows:,} rows", target, theirs, [r[phase].seconds for r in runs["ingot"]])
        )
    memory = [[run["first day"].memory_mib for run in runs[name]] for name in ("limit", "ingot")]
    rows.append(_row("peak memory, first day (MiB)", "≤ 1.5", *memory, digits=0))
    plain = [with_rules(arguments.ingot, arguments.rows // 4, False) for _ in range(arguments.repeats)]
    ruled = [with_rules(arguments.ingot, arguments.rows // 4, True) for _ in range(arguments.repeats)]
    rows.append(_row("five expectations (against none)", "≤ 1.15", plain, ruled))
    early, late = micro_batches(arguments.ingot)
    helps = median([measure([arguments.ingot, "--help"]).seconds for _ in range(5)])
    write(Path(arguments.output), arguments, rows, early, late, helps)


def _row(what: str, target: str | None, theirs: list[float], ours: list[float], digits: int = 2) -> str:
    limit, ingot = median(theirs), median(ours)
    return f"| {what} | {limit:.{digits}f} | {ingot:.{digits}f} | {ingot / limit:.2f} | {target or ''} |"


def write(path: Path, arguments: argparse.Namespace, rows: list[str], early: float, late: float, helps: float) -> None:
    from importlib.metadata import version

    import duckdb

    text = f"""# Results

{time.strftime("%Y-%m-%d")}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, DuckDB
{duckdb.__version__}, deltalake {version("deltalake")}, sqlglot {version("sqlglot")}. Medians of {arguments.repeats}
alternating runs of whole processes, warm page cache. Made by `make bench`; what is measured stands in `run.py`.

The limit is hand-written DuckDB to plain Parquet (`orders/limit.py`): no Delta log, no checkpoint, nothing durable. For
the second day it is the limit's start and new bronze, and its silver and gold in full, for the views are recomputed.

| | limit (s) | Ingot (s) | ratio | target |
|---|---:|---:|---:|---:|
{chr(10).join(rows)}

| | Ingot | target |
|---|---:|---:|
| micro-batch of one file, first 50 (ms) | {early:.0f} | ≤ 60 |
| micro-batch of one file, last 50 (ms) | {late:.0f} | ≤ 60 |
| `ingot --help` (s) | {helps:.2f} | ≤ 0.25 |
"""
    path.write_text(text)
    print(text)


if __name__ == "__main__":
    main()

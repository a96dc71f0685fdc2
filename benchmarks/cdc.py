"""Measures AUTO CDC beside a rewrite by hand, delta-rs and Sail in one run, as ratios; writes RESULTS_CDC.md.

usage: cdc.py [--rows 10000000] [--repeats 3] [--ingot PATH] [--sail PYTHON] [--data FOLDER] [--only CASE,CASE]

A table of 20 files gets 1 % of its rows as changes (`changes/generate.py`): anywhere, or in its newest twentieth, or a
hundredth of that. Every figure is of a process of its own, on links to the same files: seconds of wall time and of the
processors, and its peak of memory. Processors' seconds are what to compare on a machine that is not idle. The step is
what a process itself took for the table, without its start. Contenders alternate, and the median counts; their tables
must hold the same rows, or the benchmark ends.
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
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "changes"))

# A process begins with the peak of the one that started it (Linux carries it over exec), so a small one stands between.
_METER = """
import json, os, resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"wall": time.perf_counter() - started, "cpu": used.ru_utime + used.ru_stime,
                  "memory": used.ru_maxrss / 1024, "code": done.returncode, "out": done.stdout, "err": done.stderr}))
"""

_PROJECT = """
CREATE STREAMING TABLE silver.orders;
CREATE FLOW changes AS AUTO CDC INTO silver.orders
FROM STREAM read_files('in', format => 'parquet', maxFilesPerTrigger => 1)
KEYS (id) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY seq COLUMNS * EXCEPT (op, seq, _rescued_data)
STORED AS SCD TYPE {scd_type};
"""


@dataclass(frozen=True)
class Measured:
    """One process. `step` is what it says that its work took."""

    wall: float
    cpu: float
    memory_mib: float
    step: float


def measure(command: list[str], **environment: str) -> Measured:
    """Run a command to its end; its failure ends the benchmark."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    meter = [sys.executable, "-c", _METER, *command]
    output = subprocess.run(meter, capture_output=True, text=True, check=True, env={**inherited, **environment}).stdout
    found = json.loads(output)
    if found["code"]:
        sys.exit(f"{' '.join(command)} failed:\n{(found['out'] + found['err'])[-3000:]}")
    return Measured(found["wall"], found["cpu"], found["memory"], _step(found["out"]))


def _step(output: str) -> float:
    for line in output.splitlines():
        if line.startswith("STEP merge "):
            return float(line.split()[2])
        if line.startswith("{") and '"COMPLETED"' in line:
            event = json.loads(line)
            if (event["dataset"] or "").endswith("silver.orders") and event["level"] == "INFO":
                return float(event["details"]["metrics"]["seconds"])
    return 0.0


@dataclass
class Bench:
    """Where data is kept between runs of the benchmark, and what is measured."""

    folder: Path
    rows: int
    ingot: str
    runs: dict[tuple[str, str], list[Measured]] = field(default_factory=dict)
    checksums: dict[str, tuple[int, int]] = field(default_factory=dict)

    # --- data ---------------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make changes, and the tables before them: Ingot's of both types, and one by hand."""
        import tables

        if not (self.folder / "data" / "few.parquet").exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            subprocess.run([sys.executable, HERE / "changes" / "generate.py", self.folder / "data", str(self.rows)],
                           check=True)  # fmt: skip
        if not (self.folder / "plain" / "_delta_log").is_dir():
            tables.create(self.folder / "plain", self.folder / "data" / "inserts")
        for scd_type in (1, 2):
            self._prepare_project(self.folder / f"scd{scd_type}", scd_type)

    def _prepare_project(self, project: Path, scd_type: int) -> None:
        if (project / "lake" / "_ingot" / "receipt.json").exists():
            return
        shutil.rmtree(project, ignore_errors=True)
        (project / "transformations").mkdir(parents=True)
        (project / "transformations" / "orders.sql").write_text(_PROJECT.format(scd_type=scd_type))
        shutil.copytree(self.folder / "data" / "inserts", project / "in", copy_function=os.link)
        (project / "ingot.yml").write_text("name: orders\nthreads: 1\n")  # one file for each batch of inserts
        measure([self.ingot, "-C", str(project), "run"])

    def fresh(self, name: str) -> Path:
        """A copy of what was prepared, made of links where files never change."""
        folder = self.folder / "work"
        shutil.rmtree(folder, ignore_errors=True)

        def copy(source: str, target: str) -> None:
            (os.link if source.endswith(".parquet") else shutil.copy2)(source, target)

        shutil.copytree(self.folder / name, folder, copy_function=copy)
        return folder

    # --- contenders ---------------------------------------------------------------------------------------------

    def by_ingot(self, scd_type: int, changes: str) -> Measured:
        """A whole `ingot run` over new changes."""
        project = self.fresh(f"scd{scd_type}")
        (project / "ingot.yml").write_text("name: orders\n")
        os.link(self.folder / "data" / f"{changes}.parquet", project / "in" / f"changes-{changes}.parquet")
        measured = measure([self.ingot, "-C", str(project), "run", "--json"])
        where = "true" if scd_type == 1 else '"__END_AT" IS NULL'
        self._check(changes, project / "lake" / "silver" / "orders", where)
        return measured

    def by_script(self, script: str, python: str, changes: str) -> Measured:
        """A script of `changes/` over a plain Delta table."""
        table = self.fresh("plain")
        measured = measure([python, str(HERE / "changes" / script), str(table), str(self._changes(changes))])
        self._check(changes, table)
        return measured

    def _changes(self, name: str) -> Path:
        return self.folder / "data" / f"{name}.parquet"

    def _check(self, changes: str, table: Path, where: str = "true") -> None:
        import tables

        found = tables.checksum(table, where)
        if self.checksums.setdefault(changes, found) != found:
            sys.exit(f"{table} holds other rows after {changes}: {found} against {self.checksums[changes]}")

    def run(self, what: str, changes: str, contender: Callable[[], Measured]) -> None:
        measured = contender()
        self.runs.setdefault((what, changes), []).append(measured)
        print(f"{what:14} {changes:10} wall {measured.wall:6.2f}  cpu {measured.cpu:6.2f}  step {measured.step:6.2f}  "
              f"memory {measured.memory_mib:5.0f} MiB", flush=True)  # fmt: skip

    def median(self, what: str, changes: str, of: str) -> float | None:
        found = [getattr(measured, of) for measured in self.runs.get((what, changes), [])]
        return statistics.median(found) if found else None


def measure_all(bench: Bench, repeats: int, sail: str | None, only: set[str]) -> None:
    """All contenders in turn, some times."""
    peers = [("by hand", "by_hand.py", sys.executable), ("delta-rs", "delta_merge.py", sys.executable)]
    if sail is not None:
        peers.append(("Sail", "sail_merge.py", sail))
    for _ in range(repeats):
        for changes in ("uniform", "clustered", "few"):
            if only and changes not in only:
                continue
            for what, script, python in peers:
                if changes != "few" or what == "by hand":
                    bench.run(what, changes, lambda s=script, p=python, c=changes: bench.by_script(s, p, c))
            for scd_type in (1, 2):
                bench.run(f"Ingot SCD {scd_type}", changes, lambda t=scd_type, c=changes: bench.by_ingot(t, c))


# --- results ----------------------------------------------------------------------------------------------------


def report(bench: Bench, repeats: int) -> str:
    """The page of results."""
    import deltalake
    import duckdb

    rows = []
    for (what, changes), _ in sorted(bench.runs.items(), key=lambda item: (item[0][1] != "uniform", item[0][1])):
        figures = [bench.median(what, changes, of) or 0.0 for of in ("wall", "cpu", "step", "memory_mib")]
        hand = [bench.median("by hand", changes, of) or 1.0 for of in ("wall", "cpu")]
        rows.append(f"| {changes} | {what} | {figures[0]:.2f} | {figures[1]:.2f} | {figures[2]:.2f} | {figures[3]:.0f} "
                    f"| {figures[0] / hand[0]:.2f} | {figures[1] / hand[1]:.2f} |")  # fmt: skip
    return f"""# Results of AUTO CDC

{time.strftime("%Y-%m-%d")}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, DuckDB
{duckdb.__version__}, deltalake {deltalake.__version__}. Medians of {repeats} alternating runs of whole processes, warm
page cache. Made by `python benchmarks/cdc.py`, whose first lines say what is measured.

{bench.rows:,} rows in 20 files; {bench.rows // 100:,} changes (few: {max(bench.rows // 10_000, 20):,}). The step of a
process is without its start. By hand and the others forget the sequence of each change, and nothing of theirs is
durable or done once only; Ingot's is.

| changes | | wall (s) | processors (s) | step (s) | memory (MiB) | wall against by hand | processors against by hand |
|---|---|---:|---:|---:|---:|---:|---:|
{chr(10).join(rows)}

{_targets(bench)}"""


def _targets(bench: Bench) -> str:
    def ratio(what: str, changes: str, other: str, other_changes: str, of: str) -> str:
        left, right = bench.median(what, changes, of), bench.median(other, other_changes, of)
        return f"{left / right:.2f}" if left is not None and right else "-"

    one, two = "Ingot SCD 1", "Ingot SCD 2"
    history = [ratio(two, "uniform", one, "uniform", of) for of in ("wall", "cpu")]
    memory = max((m.memory_mib for (what, _), found in bench.runs.items() if what.startswith("Ingot") for m in found),
                 default=0.0)  # fmt: skip
    return f"""| | wall | processors | target |
|---|---:|---:|---:|
| SCD 1, changes anywhere, against by hand | {ratio(one, "uniform", "by hand", "uniform", "wall")} | \
{ratio(one, "uniform", "by hand", "uniform", "cpu")} | ≤ 1.3 |
| SCD 1, step: 1 of 20 files touched, against all | {ratio(one, "clustered", one, "uniform", "step")} | | ≤ 0.10 |
| SCD 2 against SCD 1 | {history[0]} | {history[1]} | ≤ 2 |
| peak memory of any run (MiB) | {memory:.0f} | | ≤ 1024 |
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ingot", default=str(Path(sys.executable).with_name("ingot")))
    parser.add_argument("--sail", help="a Python with pysail and pyspark-client; without it Sail is left out")
    parser.add_argument("--data", help="where data is kept between runs; a folder of its own")
    parser.add_argument("--only", default="", help="of uniform, clustered, few")
    parser.add_argument("--output", default=str(HERE / "RESULTS_CDC.md"))
    arguments = parser.parse_args()
    folder = Path(arguments.data or Path(tempfile.gettempdir(), f"ingot-bench-cdc-{arguments.rows}"))
    bench = Bench(folder, arguments.rows, arguments.ingot)
    bench.prepare()
    measure_all(bench, arguments.repeats, arguments.sail, set(filter(None, arguments.only.split(","))))
    shutil.rmtree(folder / "work", ignore_errors=True)
    text = report(bench, arguments.repeats)
    Path(arguments.output).write_text(text)
    print(text)


if __name__ == "__main__":
    main()

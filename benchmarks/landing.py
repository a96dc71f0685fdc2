"""Measures landing beside curl, httpx, ADBC, connectorx and dlt in one run, as ratios; writes RESULTS_LANDING.md.

usage: landing.py [--bytes 1000000000] [--rows 10000000] [--pages 500] [--latency 20] [--repeats 3]
                  [--table-repeats 2] [--only file,pages,table] [--peers PYTHON] [--output FILE]

A file from a web server on this machine, pages of an API that takes its time for each, and a table of a PostgreSQL that
is started for it (`transfers/servers.py`). Every figure is of a process of its own (`transfers/contenders.py`):
seconds of what it did without its start (of curl with it), seconds of the processors, and its peak of memory. All
alternate, and the median counts. Ingot also lands a tenth of the file and of the pages and a half of the table (of less
it reads fewer parts at once), to show what memory depends on. Ingot's files are durable, have a digest, and are
recorded; those of the others are not.

The others are in an environment of their own, which is made in `.work/peers` unless --peers names its Python.
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
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "transfers"))
CONTENDERS = HERE / "transfers" / "contenders.py"
PACKAGES = ("httpx", "adbc-driver-postgresql", "connectorx", "pyarrow", "psycopg2-binary", "sqlalchemy",
            "dlt[filesystem,parquet]")  # fmt: skip

# A process begins with the peak of the one that started it (Linux carries it over exec), so a small one stands between.
_METER = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"wall": time.perf_counter() - started, "cpu": used.ru_utime + used.ru_stime,
                  "memory": used.ru_maxrss / 1024, "code": done.returncode, "out": done.stdout, "err": done.stderr}))
"""


@dataclass(frozen=True)
class Measured:
    """One process."""

    seconds: float
    cpu: float
    memory_mib: float


@dataclass(frozen=True)
class Contender:
    """Who lands what: the words of a call of `contenders.py`, or a whole command, with FOLDER for its folder."""

    name: str
    python: str | None
    words: tuple[str, ...]

    def command(self, folder: str) -> list[str]:
        if self.python is None:
            return [word.replace("FOLDER", folder) for word in self.words]
        return [self.python, str(CONTENDERS), self.words[0], folder, *self.words[1:]]


@dataclass
class Race:
    """Contenders for one kind of source, and what they took. `what` says how much of what was landed."""

    what: str
    contenders: list[Contender]
    runs: dict[str, list[Measured]] = field(default_factory=dict)

    def run(self, repeats: int) -> None:
        for _ in range(repeats):
            for contender in self.contenders:
                self._run_one(contender)

    def _run_one(self, contender: Contender) -> None:
        folder = tempfile.mkdtemp(prefix="landing-")
        try:
            measured = measure(contender.command(folder))
        finally:
            shutil.rmtree(folder)
        self.runs.setdefault(contender.name, []).append(measured)
        print(f"{self.what:44} {contender.name:28} {measured.seconds:7.2f} s  processors {measured.cpu:6.2f} s  "
              f"memory {measured.memory_mib:5.0f} MiB", flush=True)  # fmt: skip

    def median(self, name: str, of: str = "seconds") -> float:
        return statistics.median(getattr(measured, of) for measured in self.runs[name])


def measure(command: Sequence[str]) -> Measured:
    """Run a command to its end; its failure ends the benchmark."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run([sys.executable, "-c", _METER, *command], stdout=subprocess.PIPE, check=True, env=inherited)
    found = json.loads(done.stdout)
    if found["code"]:
        sys.exit(f"{command[2:4]} failed:\n{found['err'][-3000:]}")
    steps = [float(line.split()[1]) for line in found["out"].splitlines() if line.startswith("STEP ")]
    return Measured(steps[-1] if steps else found["wall"], found["cpu"], found["memory"])


# --- what is landed -----------------------------------------------------------------------------------------------


@contextmanager
def web(file: Path, pages: int, latency_ms: int) -> Iterator[str]:
    """A web server in a process of its own."""
    command = [sys.executable, str(HERE / "transfers" / "servers.py"), str(file), str(pages), str(latency_ms)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait()


def race_files(folder: Path, size: int, repeats: int, peers: str) -> list[Race]:
    import servers

    races = []
    for share in (1, 10):
        file = folder / f"{share}.bin"
        servers.make_file(file, size // share)
        with web(file, 1, 0) as url:
            ours = Contender("Ingot", sys.executable, ("ingot_file", f"{url}/file"))
            curl = ("curl", "--silent", "--fail", "--output", "FOLDER/file.bin", f"{url}/file")
            # What Ingot does besides: a digest, and waiting for the disk.
            script = f"{' '.join(curl)} && sha256sum FOLDER/file.bin && sync FOLDER/file.bin"
            others = [
                Contender("curl", None, curl),
                Contender("curl, sha256sum, sync", None, ("sh", "-c", script)),
                Contender("httpx", peers, ("httpx_file", f"{url}/file")),
            ]
            race = Race(f"a file of {size // share / 1e6:,.0f} MB", [ours, *(others if share == 1 else [])])
            race.run(repeats)
            races.append(race)
        file.unlink()
    return races


def race_pages(folder: Path, pages: int, latency_ms: int, repeats: int, peers: str) -> list[Race]:
    races = []
    with web(folder, pages, latency_ms) as url:
        for count in (pages, pages // 10):
            contenders = [Contender("Ingot, four at once", sys.executable, ("ingot_pages", url, str(count), "4"))]
            if count == pages:
                one = Contender("Ingot, one at a time", sys.executable, ("ingot_pages", url, str(count), "1"))
                contenders += [one, Contender("httpx, one at a time", peers, ("httpx_pages", url, str(count)))]
            race = Race(f"{count:,} pages, {latency_ms} ms each", contenders)
            race.run(repeats)
            races.append(race)
    return races


def race_tables(rows: int, repeats: int, peers: str) -> list[Race]:
    import servers

    races = []
    with servers.database({"lines": rows, "half": rows // 2}) as (port, user, password):
        os.environ["LANDING_PASSWORD"] = password
        for table, count in (("lines", rows), ("half", rows // 2)):
            contenders = [Contender("Ingot", sys.executable, ("ingot_table", str(port), user, table))]
            if count == rows:
                names = {"ADBC": "adbc_table", "connectorx": "connectorx_table", "dlt": "dlt_table"}
                contenders += [Contender(n, peers, (act, str(port), user, table)) for n, act in names.items()]
            race = Race(f"{count:,} rows of PostgreSQL", contenders)
            race.run(repeats)
            races.append(race)
    return races


def peers_python() -> str:
    """An environment with the others, made when there is none."""
    folder = HERE / ".work" / "peers"
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"installing {', '.join(PACKAGES)}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return str(python)


# --- results ------------------------------------------------------------------------------------------------------


def report(found: dict[str, list[Race]], arguments: argparse.Namespace) -> str:
    """The page of results."""
    rows = [
        f"| {race.what} | {name} | {race.median(name):.2f} | {race.median(name, 'cpu'):.2f} "
        f"| {race.median(name, 'memory_mib'):.0f} | {race.median(name) / race.median(race.contenders[0].name):.2f} |"
        for races in found.values()
        for race in races
        for name in race.runs
    ]
    load = os.getloadavg()[2]
    return f"""# Results of landing

{time.strftime("%Y-%m-%d")}, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load
{load:.1f} over the last quarter of an hour. Medians of {arguments.repeats} alternating runs, of tables of
{arguments.table_repeats}. Made by `python benchmarks/landing.py`, whose first lines say what is measured.

| what | by | seconds | processors (s) | memory (MiB) | seconds against Ingot |
|---|---|---:|---:|---:|---:|
{chr(10).join(rows)}

| | | target |
|---|---:|---:|
{chr(10).join(_targets(found))}
"""


def _targets(found: dict[str, list[Race]]) -> Iterator[str]:
    if "file" in found:
        race = found["file"][0]
        for name, target in (("curl", "≥ 0.9"), ("curl, sha256sum, sync", ""), ("httpx", "")):
            yield f"| file: speed against {name} | {race.median(name) / race.median('Ingot'):.2f} | {target} |"
    if "pages" in found:
        race = found["pages"][0]
        one = race.median("httpx, one at a time")  # what the server takes, waiting for nobody
        for name, parallel in (("Ingot, one at a time", 1), ("Ingot, four at once", 4)):
            ratio = race.median(name) / one * parallel
            yield f"| pages, {name.partition(', ')[2]}: time against what the server takes | {ratio:.2f} | ≤ 1.2 |"
    if "table" in found:
        race = found["table"][0]
        for name, target in (("ADBC", 0.9), ("connectorx", 0.9), ("dlt", 3)):
            yield f"| table: speed against {name} | {race.median(name) / race.median('Ingot'):.2f} | ≥ {target} |"
    for what, races in found.items():
        name = races[0].contenders[0].name
        ratio = races[0].median(name, "memory_mib") / races[1].median(name, "memory_mib")
        yield f"| {what}: memory against that of a {'half' if what == 'table' else 'tenth'} | {ratio:.2f} | ≤ 1.5 |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bytes", type=int, default=1_000_000_000)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--latency", type=int, default=20, help="of the API, in milliseconds")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--table-repeats", type=int, default=2, help="of the tables, which take minutes")
    parser.add_argument("--only", default="file,pages,table")
    parser.add_argument("--peers", help="a Python with the others")
    parser.add_argument("--output", default=str(HERE / "RESULTS_LANDING.md"))
    arguments = parser.parse_args()
    peers, found = arguments.peers or peers_python(), {}
    with tempfile.TemporaryDirectory(prefix="landing-") as name:
        folder = Path(name)
        for kind in arguments.only.split(","):
            if kind == "file":
                found[kind] = race_files(folder, arguments.bytes, arguments.repeats, peers)
            elif kind == "pages":
                found[kind] = race_pages(folder, arguments.pages, arguments.latency, arguments.repeats, peers)
            elif kind == "table":
                try:
                    found[kind] = race_tables(arguments.rows, arguments.table_repeats, peers)
                except FileNotFoundError as error:
                    print(f"tables are left out: {error}", file=sys.stderr)
            else:
                parser.error(f"{kind!r} is none of file, pages, table")
    text = report(found, arguments)
    Path(arguments.output).write_text(text)
    print(text)


if __name__ == "__main__":
    main()

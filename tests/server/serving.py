"""A project with a bit of everything, and `ingot serve` of it as a process of its own.

The process is forked from one that has imported what serving needs, unless a test is about what a start does.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from forked import Started, ingot, start
from ingot.project.serve_settings import token_hash

JSON = {"Content-Type": "application/json"}
TOKENS = {"viewer": "ingot_viewer-token", "operator": "ingot_operator-token", "admin": "ingot_admin-token"}

FILES = {
    "ingot.yml": """
name: shop
memory_limit: 4GB  # so that what is too much for a query does not depend on the machine
configuration: {orders: "${landing}/drops"}
sources:
  drops: {kind: files, url: ./incoming, pattern: "*.csv", settled: 0s}
tables:
  reference.countries: ./countries.csv
""",
    "incoming/1.csv": "id,customer,amount,day\n1,Ada,2.50,2024-01-01\n2,Grace,-1,2024-01-02\n3,=Zoë,4,2024-01-02\n4,,5,2024-01-03\n",
    "countries.csv": "code,country\nFR,France\nJP,Japan\n",
    "transformations/orders.sql": """
CREATE STREAMING TABLE bronze.orders COMMENT 'Orders as they came' AS
SELECT * FROM STREAM read_files('${orders}', format => 'csv', header => true,
  schema => 'id INT, customer STRING, amount DECIMAL(10,2), day DATE');
CREATE STREAMING TABLE silver.orders (
  CONSTRAINT paid EXPECT (amount > 0),
  CONSTRAINT named EXPECT (customer IS NOT NULL) ON VIOLATION DROP ROW
) TBLPROPERTIES ('ingot.quarantine' = 'paid')
AS SELECT id, customer, amount, day FROM STREAM bronze.orders;
CREATE MATERIALIZED VIEW gold.revenue (customer COMMENT 'Who ordered', orders, revenue) COMMENT 'By customer' AS
SELECT customer, count(*) AS orders, sum(amount) AS revenue FROM silver.orders GROUP BY customer;
""",
    "transformations/broken.sql": "CREATE MATERIALIZED VIEW gold.broken AS\nSELECT nope FROM silver.orders;\n",
    "transformations/loud.py": "import os\nprint('printed by a definition')\nos.write(1, b'written by a definition\\n')\n",
    "dashboards/sales.yml": """
title: Sales
visuals:
  - {title: Revenue, kind: card, sql: "SELECT sum(revenue) AS revenue FROM gold.revenue", value: revenue}
""",
    "secret.txt": "the content of a file that nobody may read\n",
}


def make_project(folder: Path) -> Path:
    """Write the project and run it once; `gold.broken` fails."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"))
    run(folder)
    return folder


def run(folder: Path) -> None:
    ingot(folder, "run")


def copied(project: Path, folder: Path) -> Path:
    """The project again, for a test that changes it."""
    return Path(shutil.copytree(project, folder / "shop", ignore=shutil.ignore_patterns("tmp")))


def with_tokens(project: Path) -> None:
    """Demand tokens, one of each role."""
    lines = [f"    - {{name: {role}, sha256: {token_hash(token)}, role: {role}}}" for role, token in TOKENS.items()]
    settings = project / "ingot.yml"
    settings.write_text(settings.read_text() + "\n".join(["auth:", "  tokens:", *lines, ""]))


@dataclass
class Running:
    """A server that runs."""

    process: subprocess.Popen[str] | Started
    url: str
    client: httpx.Client
    said: list[str]

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def get(self, path: str, **options) -> httpx.Response:
        return self.client.get(path, **options)

    def post(self, path: str, json: object = None, **options) -> httpx.Response:
        return self.client.post(path, json={} if json is None else json, **options)

    def query(self, sql: str, **options) -> httpx.Response:
        return self.post("/api/v1/query", {"sql": sql, **options})

    def end(self) -> int:
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(120)


@contextmanager
def serving(
    project: Path, *options: str, environment: Mapping[str, str] | None = None, is_anew: bool = False
) -> Iterator[Running]:
    """`ingot serve` on a free port; with `is_anew`, started as a user starts it."""
    arguments = options if any(option.startswith("--port") for option in options) else (*options, "--port", "0")
    process = (_started_anew if is_anew else start)(project, "serve", *arguments, environment=environment)
    assert process.stdout is not None and process.stderr is not None
    said: list[str] = []
    errors = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
    errors.start()
    url = None
    for line in process.stdout:
        if found := re.search(r"dashboards\s+(http://\S+)/", line):
            url = found[1]
        if line.startswith("Ctrl-C"):
            break
    if url is None:
        process.wait(120)
        errors.join(60)
        process.stdout.close()
        process.stderr.close()
        raise AssertionError("".join(said))
    with httpx.Client(base_url=url, timeout=60) as client:
        try:
            yield Running(process, url, client, said)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(120)
                except subprocess.TimeoutExpired:
                    process.kill()
                    raise
            errors.join(60)
            process.stdout.close()
            process.stderr.close()


def _started_anew(
    project: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ingot", "-C", str(project), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(environment or {})},
    )  # fmt: skip

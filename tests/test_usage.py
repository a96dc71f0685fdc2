"""What real files use: small files that show each construct of the lists, run in one update.

The files lie in `tests/usage`. A line `covers:` names the constructs; a line `fails:` the datasets that must fail, each
alone and with this code. Every other dataset of the file must be up to date.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

import ingot
from ingot.definitions import load_definitions

USAGE = Path(__file__).parent / "usage"
FILES = sorted(path.name for path in USAGE.iterdir() if path.is_file())
ORDERS = [
    {"order_id": 1, "customer_id": 1, "amount": 5.5, "ts": "2024-03-01 10:00:00", "status": "new", "email": "ada@x.org", "name": "Ada", "tags": ["x"], "payload": '{"a": {"b": "c", "n": 1}, "items": [{"sku": "s"}]}'},
    {"order_id": 2, "customer_id": 2, "amount": 7.0, "ts": "2024-03-02 10:00:00", "status": "done", "email": "bob@x.org", "name": "Bob", "tags": ["y", "z"], "payload": "{}"},
]  # fmt: skip
HELPERS = {
    "helpers/setup.py": "# Databricks notebook source\nprefix = 'p'\nenv = dbutils.widgets.get('env')\n",
    "transformations/beside.py": "LIMIT = 5\n",
    "src/in_src/__init__.py": "",
    "src/in_src/names.py": "def label(name):\n    return f'mo.{name}'\n",
    "vendored/vendored_module.py": "from pyspark.sql import DataFrame\n\ndef keep(df: DataFrame) -> DataFrame:\n    return df.drop('payload')\n",
    "transformations/settings.json": '{"table": "raw.orders"}',
}
SETTINGS = """
name: usage
configuration: {schema: par, layer: raw, wanted: new, landing_path: /Volumes/shop/landing}
paths: {/Volumes/shop: in, /databricks-datasets/shop: in/landing, "s3://bucket": in, "dbfs:/shop": in/landing, /FileStore/shop: in/landing, /Workspace/shop: in/landing}
tables: {raw.orders: in/tables/orders.json, raw.customers: in/landing/customers/customers.csv, raw.changes: in/tables/changes.json}
"""


@pytest.fixture(scope="module")
def updated(tmp_path_factory):
    """The definitions of all files, and what became of each dataset: None, or the error's code."""
    root = tmp_path_factory.mktemp("usage")
    shutil.copytree(USAGE, root / "transformations")
    lines = "".join(json.dumps(row) + "\n" for row in ORDERS)
    changes = '{"id": 1, "op": "I", "seq": 1, "name": "a"}\n'
    texts = {
        "ingot.yml": SETTINGS, "in/landing/orders/orders.json": lines, "in/tables/orders.json": lines, "in/tables/changes.json": changes, "in/landing/xml/a.xml": "<row><a>1</a></row>",
        "in/landing/customers/customers.csv": "customer_id,name\n1,Ada\n2,Bob\n", **HELPERS,
    }  # fmt: skip
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    _write_parquet(root / "in/parquet/customers.parquet")
    with ingot.connect(root) as lake:
        definitions = load_definitions(lake.project)
        outcome = lake.run()
    became = {name.short: None for name in outcome.progress}
    became.update({name.short: error for name, error in outcome.failures.items()})
    return definitions, became


def _write_parquet(path):
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table({"customer_id": pa.array([1, 2], pa.int32())}), path)


def _expected(name):
    text = (USAGE / name).read_text("utf-8")
    failing = [pair.split() for line in re.findall(r"fails: (.*)", text) for pair in line.split(",")]
    return dict(failing)


@pytest.mark.parametrize("name", FILES)
def test_a_file_runs_and_only_what_must_fail_fails_alone(updated, name):
    definitions, became = updated
    own = {d.name.short for d in definitions.datasets.values() if Path(d.location.path).name == name}
    own |= {f.name.short for f in definitions.failed if f.name and Path(f.location.path).name == name}
    assert own
    assert not [f.error for f in definitions.failed if f.name is None and Path(f.location.path).name == name]
    failed = {dataset: became[dataset] for dataset in own if became.get(dataset) is not None}
    assert {dataset: error.code for dataset, error in failed.items()} == _expected(name), failed
    for dataset, error in failed.items():
        assert error.location is not None, dataset


def test_every_file_says_what_it_covers():
    assert [name for name in FILES if "covers:" not in (USAGE / name).read_text("utf-8")] == []

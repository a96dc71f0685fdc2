"""What an entry of kind `database` may say: checked when it is made, without asking the database."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ingot.errors import Location, ProjectError
from ingot.model import SourceSpec
from ingot.source import load_source
from ingot.sources.database import entry as entry_module
from ingot.sources.database.entry import Entry, Lookback, read_entry

URL = "postgresql://reader@db.example.org/shop"


def entry(**options: Any) -> Entry:
    return read_entry(
        SourceSpec("shop", "database", {"url": URL, "tables": ["*"], **options}, Location("ingot.yml", 3))
    )


def refused(**options: Any) -> ProjectError:
    with pytest.raises(ProjectError) as caught:
        entry(**options)
    assert str(caught.value.location) == "ingot.yml:3"
    return caught.value


@pytest.mark.parametrize(
    ("url", "kind", "shown"),
    [
        (URL, "postgresql", "postgresql://db.example.org:5432/shop"),
        ("postgres://db:6543/s%20p?sslmode=require", "postgresql", "postgresql://db:6543/s p"),
        ("mariadb://reader@[::1]/shop", "mysql", "mysql://::1:3306/shop"),
        (
            "sqlserver://sa@x.database.windows.net/AdventureWorks",
            "mssql",
            "mssql://x.database.windows.net:1433/AdventureWorks",
        ),
        ("sqlite:data/a%20b.db", "sqlite", "sqlite:data/a b.db"),
        ("sqlite:///data/a.db", "sqlite", "sqlite:data/a.db"),
        ("sqlite:////srv/a.db", "sqlite", "sqlite:/srv/a.db"),
    ],
)
def test_urls_of_all_kinds_are_understood(url: str, kind: str, shown: str) -> None:
    address = entry(url=url).address
    assert (address.kind, address.shown) == (kind, shown)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("oracle://db/shop", "invalid-url"),
        ("postgresql://db", "invalid-url"),
        ("postgresql://db:port/shop", "invalid-url"),
        ("postgresql:///shop", "invalid-url"),
        ("sqlite:", "invalid-url"),
        ("sqlite::memory:", "invalid-url"),
        ("postgresql://reader:hidden@db/shop", "secret-in-url"),
        ("postgresql://db/shop?password=hidden", "secret-in-url"),
        ("mssql://db/shop?PWD=hidden", "secret-in-url"),
        ("", "missing-key"),
    ],
)
def test_urls_that_are_not_complete_or_hold_a_password_are_refused(url: str, code: str) -> None:
    error = refused(url=url)
    assert error.code == code
    assert "hidden" not in error.render()


def test_rules_of_tables_are_read() -> None:
    found = entry(
        tables={
            "SalesLT.SalesOrderHeader": {"incremental": {"cursor": "ModifiedDate", "lookback": "3d"}, "columns": ["a"], "where": "x"},
            "SalesLT.Customer": {"snapshot": True, "types": {"price": "decimal(10,2)"}},
            "SalesLT.*": None,
            "!SalesLT.BuildVersion": None,
        }
    )  # fmt: skip
    orders, customers, rest, excluded = found.patterns
    assert (orders.rule.cursor, orders.rule.lookback) == ("ModifiedDate", Lookback(259200, True))
    assert (orders.rule.columns, orders.rule.where) == (("a",), "x")
    assert str(customers.rule.types["price"]) == "decimal(10,2)"
    assert (rest.is_excluded, excluded.is_excluded, excluded.text) == (False, True, "SalesLT.BuildVersion")


@pytest.mark.parametrize(
    ("options", "code", "part"),
    [
        ({"tables": None}, "missing-key", "names no tables"),
        ({"tables": ["!a"]}, "missing-key", "names no tables"),
        ({"tables": 5}, "wrong-type", "'tables'"),
        ({"tables": ["a", 5]}, "wrong-type", "'tables'"),
        ({"tables": {"a": {"incremental": True}}}, "wrong-type", "'tables.a.incremental'"),
        ({"tables": {"a": {"incremental": {}}}}, "missing-key", "names no cursor"),
        ({"tables": {"a": {"incremental": {"cursor": "c", "lookback": "3 moons"}}}}, "wrong-type", "'3 moons'"),
        ({"tables": {"a": {"incremental": {"cursor": "c"}, "snapshot": True}}}, "invalid-source", "incremental and a snapshot"),
        ({"tables": {"a": {"snapshot": "yes"}}}, "wrong-type", "'tables.a.snapshot'"),
        ({"tables": {"a": {"columns": "id"}}}, "wrong-type", "'tables.a.columns'"),
        ({"tables": {"a": {"where": ""}}}, "wrong-type", "'tables.a.where'"),
        ({"tables": {"a": {"types": {"c": "dezimal"}}}}, "unknown-type", "'tables.a.types.c'"),
        ({"tables": {"a": {"colums": ["id"]}}}, "unknown-key", "'colums'"),
        ({"tables": {"!a": {"where": "x"}}}, "invalid-source", "left out"),
        ({"queries": {"a/b": "SELECT 1"}}, "invalid-name", "'a/b'"),
        ({"queries": {"a": " ; "}}, "missing-key", "no SQL"),
        ({"queries": {"a": 5}}, "wrong-type", "'queries.a'"),
        ({"queries": {"a": {"query": "SELECT 1", "columns": ["x"]}}}, "unknown-key", "'columns'"),
        ({"parallel": 0}, "out-of-range", "'parallel'"),
        ({"consistent": "perhaps"}, "wrong-type", "'consistent'"),
        ({"tabels": []}, "unknown-key", "'tabels'"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused_with_their_place(options: dict, code: str, part: str) -> None:
    error = refused(**options)
    assert (error.code, part in error.message) == (code, True)


def test_a_password_is_not_part_of_what_an_entry_shows() -> None:
    assert "geheim" not in repr(entry(password="geheim"))


def test_making_a_source_asks_nobody_and_needs_no_driver() -> None:
    for url in (URL, "mysql://db/shop", "mssql://db/shop", "sqlite:no/such/file.db"):
        assert load_source(SourceSpec("shop", "database", {"url": url, "tables": ["*"]}))


def test_every_option_is_documented() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "project-file.md"
    section = page.read_text().split("### kind: database")[1].split("\n##")[0]
    documented = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert documented == {*entry_module._KEYS, *entry_module._RULE_KEYS}

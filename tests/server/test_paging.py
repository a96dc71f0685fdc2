"""Lists that come in parts: the parts together are the whole, in its order, and each row is in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from server.serving import Running, copied, run, serving

API = "/api/v1"


@pytest.fixture(scope="module")
def busy(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server of the project after three updates, each of which had rows for every table."""
    folder = copied(project, tmp_path_factory.mktemp("busy"))
    (folder / "transformations/broken.sql").unlink()
    for number in (2, 3):
        lines = [f"{number}1,Ada,10,2024-01-05", f"{number}2,Bob,-{number},2024-01-05", f"{number}3,,1,2024-01-05"]
        (folder / f"incoming/{number}.csv").write_text("\n".join(["id,customer,amount,day", *lines, ""]))
        run(folder)
    with serving(folder) as running:
        yield running


def get(server: Running, path: str, **parameters) -> dict[str, Any]:
    answer = server.get(API + path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def parts(ask: Callable[[Any], list], begin: Any, follow: Callable[[int, Any], Any]) -> list:
    """All that is found by asking again with what follows from the last part, until there is nothing."""
    found: list = []
    where = begin
    while part := ask(where):
        found += part
        assert len(found) < 100
        where = follow(len(found), part[-1])
    return found


def by_offset(count: int, _: Any) -> int:
    return count


def test_updates_before_the_last_one_shown_follow_it(busy: Running):
    whole = get(busy, "/updates")["updates"]
    assert [line["state"] for line in whole] == ["COMPLETED", "COMPLETED", "FAILED"]
    instants = [datetime.fromisoformat(line["started"]) for line in whole]
    assert instants == sorted(instants, reverse=True)

    def ask(before: str | None) -> list:
        return get(busy, "/updates", limit=1, **({"before": before} if before else {}))["updates"]

    assert parts(ask, None, lambda _, line: line["started"]) == whole
    assert get(busy, "/updates", limit=5, before=whole[0]["started"])["updates"] == whole[1:]


def test_versions_before_the_last_one_shown_follow_it(busy: Running):
    whole = get(busy, "/tables/silver/orders/history")["history"]
    assert [line["version"] for line in whole] == [2, 1, 0]
    assert [line["metrics"]["numOutputRows"] for line in whole] == [1, 1, 2]

    def ask(before: int | None) -> list:
        limits = {"limit": 1} if before is None else {"limit": 1, "before": before}
        return get(busy, "/tables/silver/orders/history", **limits)["history"]

    assert parts(ask, None, lambda _, line: line["version"]) == whole


def test_data_files_of_a_table_are_counted_and_come_in_parts(busy: Running):
    whole = get(busy, "/tables/bronze/orders/files")
    assert (whole["count"], whole["version"]) == (3, 2)
    assert sorted(file["rows"] for file in whole["files"]) == [3, 3, 4]
    assert whole["size"] == sum(file["size"] for file in whole["files"])

    def ask(offset: int) -> list:
        part = get(busy, "/tables/bronze/orders/files", limit=2, offset=offset)
        assert part["count"] == 3
        return part["files"]

    assert parts(ask, 0, by_offset) == whole["files"]
    assert get(busy, "/tables/bronze/orders/files", version=0)["count"] == 1


def test_files_of_a_source_are_counted_and_come_in_parts(busy: Running):
    whole = get(busy, "/sources/drops/files")
    assert (whole["count"], [file["name"] for file in whole["files"]]) == (3, ["3.csv", "2.csv", "1.csv"])

    def ask(offset: int) -> list:
        part = get(busy, "/sources/drops/files", limit=2, offset=offset)
        assert part["count"] == 3
        return part["files"]

    assert parts(ask, 0, by_offset) == whole["files"]


@pytest.mark.parametrize(("path", "count"), [("rows", 10), ("quarantine", 3)])
def test_rows_come_in_parts(busy: Running, path: str, count: int):
    table, order = ("bronze", {"order_by": "id"}) if path == "rows" else ("silver", {})
    whole = get(busy, f"/tables/{table}/orders/{path}", **order)
    assert (whole["row_count"], whole["is_truncated"]) == (count, False)

    def ask(offset: int) -> list:
        part = get(busy, f"/tables/{table}/orders/{path}", limit=2, offset=offset, **order)
        assert part["is_truncated"] == (offset + 2 < count)
        return part["rows"]

    assert parts(ask, 0, by_offset) == whole["rows"]


def test_what_rules_counted_is_told_update_by_update_newest_first(busy: Running):
    updates = [line["id"] for line in get(busy, "/updates")["updates"]]
    found = get(busy, "/tables/silver/orders/expectations")["updates"]
    counts = [(3, 1), (2, 1), (2, 1)][::-1]
    assert [line["update_id"] for line in found] == updates
    for rule in range(2):
        told = [
            (line["expectations"][rule]["passed_records"], line["expectations"][rule]["failed_records"])
            for line in found
        ]
        assert told == counts
    assert [line["dropped_records"] for line in found] == [2, 2, 2]
    assert get(busy, "/tables/silver/orders/expectations", limit=2)["updates"] == found[:2]

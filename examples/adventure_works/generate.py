"""Write the files of changes that the shop's systems deliver on some days.

    python generate.py 1            # the first day; 2 to 7 follow
    python generate.py 2 3 4 5 6 7

Each day is one file for each table, below `changes`. Standard library only; the same files every time.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from layouts import azure_sql, debezium, operation_columns
from shop import LAST_DAY, Day, Event, days

LAYOUTS = {"customers": (debezium, "json"), "products": (azure_sql, "json"), "orders": (operation_columns, "csv")}


def write(day: Day, folder: Path) -> None:
    """Write what is delivered on a day."""
    for table in LAYOUTS:
        write_file(folder, table, str(day.date), [event for event in day.delivered if event.table == table])


def write_file(folder: Path, table: str, name: str, events: Iterable[Event]) -> None:
    """Write one file of changes of one table, in the table's layout."""
    layout, ending = LAYOUTS[table]
    file = folder / table / f"{name}.{ending}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(layout(events), "utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write the shop's files of changes.")
    parser.add_argument("days", nargs="+", type=int, choices=range(1, LAST_DAY + 1), metavar="DAY")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent / "changes")
    options = parser.parse_args(arguments)
    for day in days():
        if day.number in options.days:
            write(day, options.folder)
            print(f"day {day.number}, {day.date}: {len(day.delivered)} changes delivered in {options.folder.name}/")


if __name__ == "__main__":
    main()

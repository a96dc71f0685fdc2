"""Make the source of the Netflix example: files of titles for a drop folder, and four lookup files for a web server.

Every title and every person is invented; the shape and the defects are those of the published files. The result is
the same on every machine. What is wrong with those files is wrong with these: they begin with a byte order mark,
dates are M/D/YYYY, quotes within quotes are doubled, two titles are broken over two lines, so that four rows have no
id and their lookup rows no title, two rows come twice, and some countries end in a comma.

Two deliveries: the second one adds titles, changes a few, and brings one of the broken ones whole.

    python make_source.py 1            write `drop` and `web` beside this file, as of the first delivery
    python make_source.py 2 --serve    the second delivery too; then serve `web` on http://127.0.0.1:8021 until Ctrl-C
"""

from __future__ import annotations

import argparse
import csv
import functools
import http.server
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

PORT = 8021
TITLES = 1_500
LOOKUPS = {"cast": "cast", "category": "listed_in", "countries": "country", "directors": "director"}
HEADER = [
    "duration_minutes",
    "duration_seasons",
    "type",
    "title",
    "date_added",
    "release_year",
    "rating",
    "description",
    "show_id",
]

ADJECTIVES = "Amber Borrowed Crooked Distant Eleventh Forgotten Gilded Hollow Idle Last Paper Quiet Salt Second Velvet"
NOUNS = (
    "Archive Bridge Cartographer Divide Election Ferry Garden Harbor Inheritance Kitchen Lighthouse Meridian Orchard"
)
PLACES = "Almere Brno Cork Durban Essen Fez Galway Hobart Iquique Jaipur Kyoto Lviv Malmo Naples Osaka Porto Quito Riga"
SUBTITLES = "The Return|A Love Story|Part Two|Live from Lisbon|The Untold Hours|Origins|Homecoming"
SYLLABLES = (
    "ba bel cor da den dor el fa gar hal ima jor ka kel lan lor ma mir na nor o pel qui ra ren sa sol ta tor zé ñan"
)

# genres of films and of series, countries and ratings: the earlier in its list, the more often it is drawn
GENRES = {
    "Movie": "Drama|Comedy|Documentary|Thriller|Adventure|Romance|Family Film|Independent Film|Horror|Concert|Western",
    "TV Show": "Series Drama|Crime Series|Children's Series|Series Comedy|Docuseries|Reality|Anime|Science & Nature",
}
COUNTRIES = (
    "United States|India|United Kingdom|Japan|France|South Korea|Spain|Mexico|Turkey|Germany|Nigeria|Egypt|Brazil|Italy"
    "|Argentina|Thailand|Poland|Sweden|Ireland|South Africa|Chile|Czech Republic|Iran|Vietnam|Namibia|West Germany"
    "|Soviet Union"
)
RATINGS = {
    "Movie": "TV-MA|TV-14|R|PG-13|TV-PG|PG|NR|G|UR|NC-17",
    "TV Show": "TV-MA|TV-14|TV-PG|TV-Y7|TV-Y|TV-G|TV-Y7-FV",
}
PLOTS = (
    "Two strangers share a compartment, and a secret.",
    'A retired teacher opens what the town calls "the last cinema" and finds it is not empty.',
    "When the river rises, three sisters must decide what to save, what to sell, and what to leave.",
    'She swore she was "done with weddings", until her mother got engaged.',
    "A season in the life of a harbour pilot, told by those who wait for him.",
)

Item = TypeVar("Item")


class Dice:
    """Chance that falls the same way everywhere: of `random`, only `random()` is promised never to change."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)

    def below(self, bound: int) -> int:
        return int(self._random.random() * bound)

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]

    def favour(self, items: Sequence[Item]) -> Item:
        """One of the items, those in front more often."""
        chance = self._random.random()
        return items[int(chance * chance * len(items))]

    def some(self, items: Sequence[Item], most: int) -> list[Item]:
        """Up to `most` of the items, each once, in the order in which they were drawn."""
        return list(dict.fromkeys(self.favour(items) for _ in range(self.below(most + 1))))


@dataclass(frozen=True)
class Title:
    """A film or a series, and what the lookup files say of it."""

    show_id: int
    type: str
    name: str
    added: date | None
    year: int
    rating: str
    plot: str
    minutes: int | None
    seasons: int | None
    lookups: dict[str, list[str]]

    def cells(self) -> list[str]:
        added = f"{self.added.month}/{self.added.day}/{self.added.year}" if self.added else ""
        values = (
            self.minutes,
            self.seasons,
            self.type,
            self.name,
            added,
            self.year,
            self.rating,
            self.plot,
            self.show_id,
        )
        return ["" if value is None else str(value) for value in values]


@dataclass(frozen=True)
class Delivery:
    """What there is after one of the two days: new rows of titles, and the lookup files as a whole.

    Attributes:
        titles: Rows of the file of titles as they are written, the broken ones in pieces.
        lookups: Rows (value, show_id) by lookup.
    """

    name: str
    at: datetime
    titles: list[list[str]]
    lookups: dict[str, list[tuple[str, str]]]


def deliveries(titles: int = TITLES) -> list[Delivery]:
    """Both deliveries, the first one with as many titles."""
    dice = Dice(1997)
    people = [person(dice) for _ in range(titles // 2)]
    first = [make_title(dice, 70_000_000 + 137 * number, people, 2019) for number in range(titles)]
    complete = [number for number, title in enumerate(first) if all(title.lookups.values())]
    broken = [complete[len(complete) // 3], complete[2 * len(complete) // 3]]
    rows = []
    for number, title in enumerate(first):
        rows += halves(title, at_name=number == broken[0]) if number in broken else [title.cells()]
    new = [make_title(dice, 82_000_000 + 137 * number, people, 2020) for number in range(titles // 20)]
    changed = [another_season(title) for title in first if title.seasons == 1][:5]
    second = [*changed, first[broken[0]], *new]
    return [
        Delivery("netflix_titles.csv", datetime(2020, 1, 15, tzinfo=UTC), rows, lookups(first)),
        Delivery(
            "netflix_titles_2020-02.csv",
            datetime(2020, 2, 15, tzinfo=UTC),
            [title.cells() for title in second],
            lookups([*first, *new]),
        ),
    ]


def make_title(dice: Dice, show_id: int, people: Sequence[str], year_added: int) -> Title:
    kind = "Movie" if dice.below(100) < 68 else "TV Show"
    added = date(year_added, 1, 1) + timedelta(dice.below(330) if year_added < 2020 else dice.below(31))
    added = added.replace(year=added.year - dice.favour(range(5))) if year_added < 2020 and added.day < 29 else added
    genres = dice.some(GENRES[kind].split("|"), 2) or [GENRES[kind].split("|")[0]]
    return Title(
        show_id=show_id,
        type=kind,
        name=name_of(dice),
        added=added if dice.below(300) else None,
        year=added.year - dice.favour(range(30)),
        rating=dice.favour(RATINGS[kind].split("|")) if dice.below(200) else "",
        plot=dice.pick(PLOTS),
        minutes=60 + dice.below(70) + dice.below(50) if kind == "Movie" else None,
        seasons=1 + dice.favour(range(8)) if kind == "TV Show" else None,
        lookups={
            "cast": dice.some(people, 7),
            "category": genres,
            "countries": dice.some(COUNTRIES.split("|"), 3),
            "directors": dice.some(people[::-1], 2) if kind == "Movie" else [],
        },
    )


def name_of(dice: Dice) -> str:
    """An invented title. Some have a subtitle, some a comma, a few a quotation."""
    adjective, noun, place = dice.pick(ADJECTIVES.split()), dice.pick(NOUNS.split()), dice.pick(PLACES.split())
    plain = dice.pick((f"The {adjective} {noun}", f"{noun} of {place}", f"{adjective} {place}", f"{place}, My {noun}"))
    shape = dice.below(20)
    if shape < 4:
        return f"{plain}: {dice.pick(SUBTITLES.split('|'))}"
    return f'{plain} "{adjective}"' if shape == 4 else plain


def person(dice: Dice) -> str:
    given = "".join(dice.pick(SYLLABLES.split()) for _ in range(2)).capitalize()
    return f"{given} {''.join(dice.pick(SYLLABLES.split()) for _ in range(3)).capitalize()}"


def another_season(title: Title) -> Title:
    return replace(title, seasons=(title.seasons or 0) + 1)


def halves(title: Title, at_name: bool) -> list[list[str]]:
    """The two rows of a title that was broken by a line end in its name, or in its description."""
    cells, at = title.cells(), HEADER.index("title" if at_name else "description")
    words = cells[at].split(" ")
    head = [*cells[:at], " ".join(words[:-1])]
    tail = [f' {words[-1]}"', *cells[at + 1 :]]
    return [[*row, *[""] * (len(HEADER) - len(row))] for row in (head, tail)]


def lookups(titles: Sequence[Title]) -> dict[str, list[tuple[str, str]]]:
    """The rows of each lookup file. One row of cast and one of directors come twice; some countries end in a comma."""
    found = {
        name: [(value, str(title.show_id)) for title in titles for value in title.lookups[name]] for name in LOOKUPS
    }
    for name in ("cast", "directors"):
        found[name].insert(len(found[name]) // 2, found[name][7])
    for at in range(5, len(found["countries"]), 500):
        country, show_id = found["countries"][at]
        found["countries"][at] = (f"{country},", show_id)
    return found


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]], at: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)
    os.utime(path, (at.timestamp(), at.timestamp()))


def deliver(delivery: Delivery, drop: Path, web: Path) -> None:
    """Put a new file into the drop folder, and the lookup files as they are then where the web server finds them."""
    write(drop / delivery.name, HEADER, delivery.titles, delivery.at)
    for name, column in LOOKUPS.items():
        write(web / f"netflix_{name}.csv", (column, "show_id"), delivery.lookups[name], delivery.at)


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line of log for each."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def server(folder: Path, port: int = 0) -> http.server.ThreadingHTTPServer:
    """A server for a folder on this machine alone; port 0 takes a free one. Call `serve_forever` on it."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the source of the Netflix example.")
    parser.add_argument("day", type=int, choices=(1, 2), help="deliveries up to this one")
    parser.add_argument("--serve", action="store_true", help=f"then serve the lookup files on http://127.0.0.1:{PORT}")
    arguments = parser.parse_args()
    here = Path(__file__).resolve().parent
    for delivery in deliveries()[: arguments.day]:
        deliver(delivery, here / "drop", here / "web")
        print(f"delivered drop/{delivery.name} and {len(LOOKUPS)} lookup files")
    if arguments.serve:
        print(f"serving the lookup files on http://127.0.0.1:{PORT}, stop with Ctrl-C")
        try:
            server(here / "web", PORT).serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()

"""Make the five source files of the Tokyo 2020 example: the shape and the defects of the published ones.

Countries, disciplines, entries by gender and medals are facts; every person is invented. The result is the
same on every machine. What is wrong with the published files is wrong with these: three of them are
windows-1252 and one is UTF-8, lines end in CRLF, names have stray blanks, some rows come twice, many coaches
have no event, and a column is called "Rank by Total".

    python make_source.py FOLDER            write the files
    python make_source.py FOLDER --serve    and serve them on http://127.0.0.1:8020 until Ctrl-C
"""

from __future__ import annotations

import argparse
import csv
import functools
import http.server
import random
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

PORT = 8020

# gold, silver, bronze, country; in the order of the published table
MEDALS = """
    39 41 33 United States of America
    38 32 18 People's Republic of China
    27 14 17 Japan
    22 21 22 Great Britain
    20 28 23 ROC
    17 7 22 Australia
    10 12 14 Netherlands
    10 12 11 France
    10 11 16 Germany
    10 10 20 Italy
    7 6 11 Canada
    7 6 8 Brazil
    7 6 7 New Zealand
    7 3 5 Cuba
    6 7 7 Hungary
    6 4 10 Republic of Korea
    4 5 5 Poland
    4 4 3 Czech Republic
    4 4 2 Kenya
    4 2 2 Norway
    4 1 4 Jamaica
    3 8 6 Spain
    3 6 0 Sweden
    3 4 6 Switzerland
    3 4 4 Denmark
    3 3 2 Croatia
    3 2 2 Islamic Republic of Iran
    3 1 5 Serbia
    3 1 3 Belgium
    3 1 2 Bulgaria
    3 1 1 Slovenia
    3 0 2 Uzbekistan
    2 5 1 Georgia
    2 4 6 Chinese Taipei
    2 2 9 Turkey
    2 1 1 Greece
    2 1 1 Uganda
    2 1 0 Ecuador
    2 0 2 Ireland
    2 0 2 Israel
    2 0 1 Qatar
    2 0 0 Bahamas
    2 0 0 Kosovo
    1 6 12 Ukraine
    1 3 3 Belarus
    1 3 0 Romania
    1 3 0 Venezuela
    1 2 4 India
    1 2 3 Hong Kong, China
    1 2 1 Philippines
    1 2 1 Slovakia
    1 2 0 South Africa
    1 1 5 Austria
    1 1 4 Egypt
    1 1 3 Indonesia
    1 1 2 Ethiopia
    1 1 2 Portugal
    1 1 0 Tunisia
    1 0 1 Estonia
    1 0 1 Fiji
    1 0 1 Latvia
    1 0 1 Thailand
    1 0 0 Bermuda
    1 0 0 Morocco
    1 0 0 Puerto Rico
    0 4 1 Colombia
    0 3 4 Azerbaijan
    0 3 2 Dominican Republic
    0 2 2 Armenia
    0 2 1 Kyrgyzstan
    0 1 3 Mongolia
    0 1 2 Argentina
    0 1 2 San Marino
    0 1 1 Jordan
    0 1 1 Malaysia
    0 1 1 Nigeria
    0 1 0 Bahrain
    0 1 0 Saudi Arabia
    0 1 0 Lithuania
    0 1 0 North Macedonia
    0 1 0 Namibia
    0 1 0 Turkmenistan
    0 0 8 Kazakhstan
    0 0 4 Mexico
    0 0 2 Finland
    0 0 1 Botswana
    0 0 1 Burkina Faso
    0 0 1 Côte d'Ivoire
    0 0 1 Ghana
    0 0 1 Grenada
    0 0 1 Kuwait
    0 0 1 Republic of Moldova
    0 0 1 Syrian Arab Republic
"""

# women, men, discipline
ENTRIES = """
    32 32 3x3 Basketball
    64 64 Archery
    98 98 Artistic Gymnastics
    105 0 Artistic Swimming
    969 1072 Athletics
    86 87 Badminton
    90 144 Baseball/Softball
    144 144 Basketball
    48 48 Beach Volleyball
    102 187 Boxing
    41 41 Canoe Slalom
    123 126 Canoe Sprint
    10 9 Cycling BMX Freestyle
    24 24 Cycling BMX Racing
    38 38 Cycling Mountain Bike
    70 131 Cycling Road
    90 99 Cycling Track
    72 71 Diving
    73 125 Equestrian
    107 108 Fencing
    264 344 Football
    60 60 Golf
    168 168 Handball
    192 192 Hockey
    192 201 Judo
    40 42 Karate
    25 25 Marathon Swimming
    36 36 Modern Pentathlon
    96 0 Rhythmic Gymnastics
    257 265 Rowing
    146 151 Rugby Sevens
    175 175 Sailing
    178 178 Shooting
    40 40 Skateboarding
    20 20 Sport Climbing
    20 20 Surfing
    361 418 Swimming
    86 86 Table Tennis
    65 65 Taekwondo
    94 97 Tennis
    16 16 Trampoline Gymnastics
    55 55 Triathlon
    144 144 Volleyball
    122 146 Water Polo
    98 99 Weightlifting
    96 193 Wrestling
"""

# countries that took part and won nothing
OTHERS = """
    Afghanistan; Albania; Algeria; American Samoa; Andorra; Angola; Antigua and Barbuda; Aruba;
    Bangladesh; Barbados; Belize; Benin; Bhutan; Bolivia; Bosnia and Herzegovina; Brunei Darussalam;
    Burundi; Cambodia; Cameroon; Cape Verde; Cayman Islands; Central African Republic; Chad; Chile;
    Comoros; Congo; Cook Islands; Costa Rica; Cyprus; Democratic Republic of Timor-Leste; Democratic
    Republic of the Congo; Djibouti; Dominica; El Salvador; Equatorial Guinea; Eritrea; Eswatini;
    Federated States of Micronesia; Gabon; Gambia; Guam; Guatemala; Guinea; Guinea-Bissau; Guyana;
    Haiti; Honduras; Iceland; Iraq; Kiribati; Lao People's Democratic Republic; Lebanon; Lesotho;
    Liberia; Libya; Liechtenstein; Luxembourg; Madagascar; Malawi; Maldives; Mali; Malta; Marshall
    Islands; Mauritania; Mauritius; Monaco; Montenegro; Mozambique; Myanmar; Nauru; Nepal; Nicaragua;
    Niger; Oman; Pakistan; Palau; Palestine; Panama; Papua New Guinea; Paraguay; Peru; Refugee Olympic
    Team; Rwanda; Saint Kitts and Nevis; Saint Lucia; Samoa; Sao Tome and Principe; Senegal; Seychelles;
    Sierra Leone; Singapore; Solomon Islands; Somalia; South Sudan; Sri Lanka; St Vincent and the
    Grenadines; Sudan; Suriname; Tajikistan; Togo; Tonga; Trinidad and Tobago; Tuvalu; United Arab
    Emirates; United Republic of Tanzania; Uruguay; Vanuatu; Vietnam; Virgin Islands, British; Virgin
    Islands, US; Yemen; Zambia; Zimbabwe
"""

SYLLABLES = [
    "ba", "bel", "cor", "da", "den", "dor", "el", "fa", "gar", "hal", "ima", "jor",
    "ka", "kel", "lan", "lor", "ma", "mir", "na", "nor", "o", "pel", "qui", "ra",
    "ren", "sa", "sol", "ta", "tor", "u", "val", "wen", "ya", "zan",
]  # fmt: skip
TEAM_EVENTS = ("Men", "Women", "Men's Team", "Women's Team", "Mixed Team", "Duet")
COACH_EVENTS = ("Men", "Women", "Duet", "Team", "")
COACHED = ("Artistic Swimming", "Basketball", "Football", "Handball", "Hockey", "Volleyball", "Water Polo")

Row = Sequence[str | int]
Item = TypeVar("Item")


class Dice:
    """Chance that falls the same way everywhere: of `random`, only `random()` is promised never to change."""

    def __init__(self, seed: int):
        self._random = random.Random(seed)

    def below(self, bound: int) -> int:
        return int(self._random.random() * bound)

    def pick(self, items: Sequence[Item]) -> Item:
        return items[self.below(len(items))]


def medals() -> list[Row]:
    """Rank, country, gold, silver, bronze, total, rank by total; equal results share a rank."""
    won = [line.strip().split(" ", 3) for line in MEDALS.strip().splitlines()]
    table = [(country, int(gold), int(silver), int(bronze)) for gold, silver, bronze, country in won]
    by_medals = sorted((counts for _, *counts in table), reverse=True)
    by_total = sorted((sum(counts) for _, *counts in table), reverse=True)
    return [
        (1 + by_medals.index(counts), country, *counts, sum(counts), 1 + by_total.index(sum(counts)))
        for country, *counts in table
    ]


def entries() -> list[Row]:
    """Discipline, women, men, total."""
    lines = [line.strip().split(" ", 2) for line in ENTRIES.strip().splitlines()]
    return [(discipline, int(women), int(men), int(women) + int(men)) for women, men, discipline in lines]


class Countries:
    """Countries to draw from: the more medals, the more people."""

    def __init__(self, dice: Dice):
        others = " ".join(OTHERS.split()).split("; ")
        weights = {str(row[1]): 3 + int(row[5]) for row in medals()} | dict.fromkeys(others, 1)
        self._dice = dice
        self._names = list(weights)
        self._bounds = list(accumulate(weights.values()))

    def draw(self) -> str:
        at = self._dice.below(self._bounds[-1])
        return next(name for name, bound in zip(self._names, self._bounds, strict=True) if at < bound)

    def all(self) -> list[str]:
        return self._names


def person(dice: Dice) -> str:
    """An invented name, written as the published files write names: KELMIRSOL Tarenda."""
    family = "".join(dice.pick(SYLLABLES) for _ in range(3)).upper()
    given = "".join(dice.pick(SYLLABLES) for _ in range(2 + dice.below(2))).capitalize()
    return f"{family} {given}"


def athletes(dice: Dice) -> list[Row]:
    """One row for each entry; every country sends somebody. One row comes twice, two have stray blanks."""
    countries = Countries(dice)
    waiting = countries.all()[::-1]
    rows: list[Row] = []
    for discipline, _, _, total in entries():
        for _ in range(int(total)):
            country = waiting.pop() if waiting and len(rows) % 3 == 0 else countries.draw()
            rows.append((person(dice), country, discipline))
    rows = sorted(set(rows), key=str)
    name, country, discipline = rows[4000]
    rows[4000] = (f"{name} ", country, discipline)
    name, country, discipline = rows[7000]
    rows[7000] = (str(name).replace(" ", "  "), country, discipline)
    return [*rows[:171], rows[170], *rows[171:]]


def coaches(dice: Dice) -> list[Row]:
    """Name, country, discipline, event; the event is often blank, and one row comes twice."""
    countries = Countries(dice)
    drawn = {(person(dice), countries.draw(), dice.pick(COACHED), dice.pick(COACH_EVENTS)) for _ in range(392)}
    rows: list[Row] = sorted(drawn | {(person(dice), "Côte d'Ivoire", "Football", "")})
    return [*rows[:151], rows[150], *rows[151:]]


def teams(dice: Dice) -> list[Row]:
    """Team, discipline, country, event; a few names need more than ASCII, and more than ISO 8859-1 has."""
    countries = Countries(dice)
    drawn: set[tuple[str, str, str, str]] = set()
    while len(drawn) < 740:
        country = countries.draw()
        drawn.add((country, str(dice.pick(entries())[0]), country, dice.pick(TEAM_EVENTS)))
    boats = {("L’Étoile", "Sailing", "France", "Women"), ("Équipe bleue", "Sailing", "Canada", "Men")}
    return sorted(drawn | boats | {("Côte d'Ivoire", "Football", "Côte d'Ivoire", "Men")})


def write(path: Path, header: str, rows: Iterable[Row], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def make_source(folder: Path) -> None:
    """Write the five files."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = Dice(2020)
    write(folder / "Athletes.csv", "PersonName,Country,Discipline", athletes(dice), "windows-1252")
    write(folder / "Coaches.csv", "Name,Country,Discipline,Event", coaches(dice), "windows-1252")
    write(folder / "EntriesGender.csv", "Discipline,Female,Male,Total", entries(), "windows-1252")
    write(folder / "Medals.csv", "Rank,TeamCountry,Gold,Silver,Bronze,Total,Rank by Total", medals(), "utf-8")
    write(folder / "Teams.csv", "TeamName,Discipline,Country,Event", teams(dice), "windows-1252")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line of log for each."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def server(folder: Path, port: int = 0) -> http.server.ThreadingHTTPServer:
    """A server for a folder on this machine alone; port 0 takes a free one. Call `serve_forever` on it."""
    handler = functools.partial(QuietHandler, directory=str(folder))
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the source files of the Tokyo 2020 example.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--serve", action="store_true", help=f"then serve them on http://127.0.0.1:{PORT}")
    arguments = parser.parse_args()
    make_source(arguments.folder)
    print(f"wrote five files to {arguments.folder}")
    if arguments.serve:
        print(f"serving them on http://127.0.0.1:{PORT}, stop with Ctrl-C")
        try:
            server(arguments.folder, PORT).serve_forever()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()

"""A small project of medals with a dashboard that shows every kind of visual, and its rows as Python values."""

from __future__ import annotations

import csv
import io
import random
import subprocess
import sys
from pathlib import Path

CONTINENTS = {
    "Germany": "Europe",
    "France": "Europe",
    "Great Britain": "Europe",
    "Japan": "Asia",
    "People's Republic of China": "Asia",
    "Brazil": "Americas",
    "Refugee Team": "",
}
SPORTS = ["Athletics", "Judo", "Modern Pentathlon and other events with an extraordinarily long name", ""]
HEAD = ["continent", "country", "sport", "gender", "day", "gold", "silver", "budget"]


def _rows() -> list[dict]:
    chance = random.Random(11)
    rows = []
    for country, continent in CONTINENTS.items():
        for sport in SPORTS:
            for gender in ("Women", "Men"):
                for month in range(1, 13):
                    budget = round(chance.uniform(-2000, 9000), 2)
                    day = f"2021-{month:02d}-01"
                    medals = [chance.randrange(6), chance.randrange(9)]
                    rows.append(dict(zip(HEAD, [continent, country, sport, gender, day, *medals, budget], strict=True)))
    return rows


ROWS = _rows()


def total(column: str, **conditions: object) -> float:
    """The sum of a column over the rows that meet all conditions."""
    return sum(row[column] for row in ROWS if all(row[key] == value for key, value in conditions.items()))


def _csv(rows: list[dict]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, HEAD)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


FILES = {
    "ingot.yml": "name: games\n",
    "data/medals/1.csv": _csv(ROWS),
    "transformations/medals.sql": """
CREATE STREAMING TABLE bronze.medals AS
SELECT * FROM STREAM read_files('data/medals', format => 'csv', header => true, schema =>
  'continent STRING, country STRING, sport STRING, gender STRING, day DATE, gold INT, silver INT, budget DECIMAL(14,2)');
CREATE MATERIALIZED VIEW gold.medals AS SELECT * FROM bronze.medals;
CREATE MATERIALIZED VIEW gold.sports AS SELECT DISTINCT sport FROM bronze.medals WHERE sport IS NOT NULL;
""",
    "dashboards/games.yml": """
title: Games
description: Medals by country and sport
locale: en-GB
currency: EUR
datasets:
  medals:
    from: gold.medals
    measures:
      golds: {expr: sum(gold), label: Gold}
      silvers: {expr: sum(silver), label: Silver}
      money: {expr: sum(budget), label: Budget, format: currency}
      share: {expr: sum(gold) / sum(gold + silver), label: Share of gold, format: percent}
      target: {expr: 2000, label: Target}
    hierarchies:
      place: [continent, country]
slicers:
  - {field: gender, dataset: medals, kind: list}
  - {field: country, dataset: medals, kind: dropdown}
  - {field: gold, dataset: medals, kind: range, label: Gold}
  - {field: day, dataset: medals, kind: relative_date}
  - {field: day, dataset: medals, kind: range, label: When, name: when}
pages:
  - title: Medals
    visuals:
      - {title: Gold, kind: card, dataset: medals, value: golds, trend: day}
      - {title: Budget, kind: card, dataset: medals, value: money, change: {by: day, previous: 3 months}}
      - {title: Places, kind: bar, dataset: medals, category: place, value: golds, drill_through: country}
      - {title: Sports, kind: bar, dataset: medals, category: sport, value: golds, interaction: highlight}
      - {title: Genders, kind: donut, dataset: medals, category: gender, value: golds, ignore: [country], options: {colors: {Women: "#aa3377"}}}
      - {title: Countries, kind: table, dataset: medals, columns: [country, golds, money], options: {totals: true}}
      - {title: Halves, kind: bar, dataset: medals, category: quarter(day), value: golds}
      - {title: Own words, kind: bar, sql: "SELECT upper(sport) AS shouted, count(*) AS n FROM gold.medals GROUP BY 1", category: shouted, value: n, sort: -n}
  - title: All kinds
    name: kinds
    visuals:
      - {title: Column, kind: column, dataset: medals, category: country, value: money}
      - {title: Stacked, kind: stacked, dataset: medals, category: continent, value: golds, series: sport}
      - {title: Line, kind: line, dataset: medals, category: day, value: [golds, silvers]}
      - {title: Area, kind: area, dataset: medals, category: day, value: golds, series: gender}
      - {title: Combo, kind: combo, dataset: medals, category: day, columns: golds, lines: share}
      - {title: Treemap, kind: treemap, dataset: medals, category: sport, value: golds}
      - {title: Funnel, kind: funnel, dataset: medals, category: sport, value: golds}
      - {title: Scatter, kind: scatter, dataset: medals, x: golds, y: money, label: country, series: continent}
      - {title: Heat map, kind: heatmap, dataset: medals, x: continent, y: sport, value: golds}
      - {title: Map, kind: map, dataset: medals, country: country, value: golds}
      - {title: Gauge, kind: gauge, dataset: medals, value: golds, target: target}
      - {title: Sankey, kind: sankey, dataset: medals, source: continent, target: gender, value: golds}
      - {title: Matrix, kind: matrix, dataset: medals, rows: [continent, country], columns: gender, values: [golds, money], options: {totals: true}}
      - {title: Others, kind: bar, dataset: medals, category: country, value: golds, top: 2, others: true}
      - {title: All rows, kind: table, dataset: medals, columns: [country, sport, gender, day, budget]}
      - {title: Broken, kind: bar, dataset: medals, category: contry, value: golds}
  - title: Highlights
    visuals:
      - {title: Sports, kind: bar, dataset: medals, category: sport, value: golds, interaction: highlight}
      - {title: Stacked, kind: stacked, dataset: medals, category: continent, value: golds, series: gender}
      - {title: Shares of, kind: bar, dataset: medals, category: continent, value: golds, series: gender, options: {percent: true}}
      - {title: Two, kind: column, dataset: medals, category: continent, value: [golds, silvers]}
      - {title: Line, kind: line, dataset: medals, category: day, value: [golds, silvers]}
      - {title: Donut, kind: donut, dataset: medals, category: gender, value: golds}
      - {title: Treemap, kind: treemap, dataset: medals, category: country, value: golds}
      - {title: Funnel, kind: funnel, dataset: medals, category: country, value: golds}
      - {title: Rates, kind: column, dataset: medals, category: continent, value: [share, golds]}
      - {title: First, kind: bar, dataset: medals, category: country, value: golds, top: 2}
      - {title: Areas, kind: area, dataset: medals, category: day, value: golds, series: gender}
      - {title: Own, kind: column, sql: "SELECT country, sum(gold) AS n FROM gold.medals GROUP BY 1 ORDER BY 2 DESC LIMIT 2", category: country, value: n}
  - title: Country
    name: country
    hidden: true
    visuals:
      - {title: Medals of it, kind: card, dataset: medals, value: golds}
      - {title: Its sports, kind: bar, dataset: medals, category: sport, value: golds}
      - {title: Its years, kind: table, dataset: medals, columns: [{expr: year(day), name: year}, golds]}
      - {title: Years by country, kind: table, sql: "SELECT country, quarter(day) AS quarter, count(*) AS n FROM gold.medals WHERE month(day) < 4 GROUP BY ALL"}
      - {title: Calendar, kind: heatmap, dataset: medals, x: {expr: "date_format(day, 'MMMM')", name: month}, y: {expr: "date_format(day, 'E')", name: weekday}, value: golds}
""",
}


def make_games(folder: Path) -> Path:
    """Write the project, and run it once."""
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.lstrip("\n"))
    run(folder)
    return folder


def add(folder: Path, rows: list[dict]) -> None:
    """More rows, and the update that takes them into the tables."""
    number = len(list((folder / "data/medals").iterdir())) + 1
    (folder / f"data/medals/{number}.csv").write_text(_csv(rows))
    run(folder)


def run(folder: Path) -> None:
    command = [sys.executable, "-m", "ingot", "-C", str(folder), "run"]
    subprocess.run(command, capture_output=True, text=True, check=True)

"""The Netflix example: its files, and what follows from them, computed in Python, against silver and gold."""

from __future__ import annotations

import csv
import datetime
import os
import re
import shutil
import threading
import types
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from operator import neg
from pathlib import Path
from typing import Any

import pytest

import ingot
from shown import faults, shown
from sources_of_examples import make_source_of
from spark_sessions import spark_session

EXAMPLE = Path(__file__).parent.parent / "examples" / "netflix"
SHARED = Path(os.environ.get("INGOT_SHARED", "/nowhere")) / "data" / "netflix"
LOOKUPS = {"cast": "actor", "category": "genre", "countries": "country", "directors": "director"}
TITLES = 240
Row = dict[str, Any]
make_source = make_source_of(EXAMPLE)


# --- the truth, from the files --------------------------------------------------------------------------------------


def read(path: Path) -> list[Row]:
    """Rows of a file, nothing as None."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]


def number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\s*[+-]?\d+\s*", text) else None


def date(text: str | None) -> datetime.date | None:
    found = re.fullmatch(r"(\d+)/(\d+)/(\d{4})", text or "")
    return datetime.date(int(found[3]), int(found[1]), int(found[2])) if found else None


class Truth:
    """What the files of titles, oldest first, and the lookup files say together."""

    def __init__(self, titles: Sequence[Path], web: Path):
        self.delivered = [row for path in titles for row in read(path)]
        self.dropped = [row for row in self.delivered if number(row["show_id"]) is None]
        self.titles = {number(row["show_id"]): self._title(row) for row in self.delivered if row not in self.dropped}
        lengths = sorted({t["minutes"] for t in self.titles.values() if t["minutes"] is not None}, reverse=True)
        for title in self.titles.values():
            title["ranking"] = lengths.index(title["minutes"]) + 1 if title["minutes"] is not None else None
        self.lookups = {name: self._lookup(web / f"netflix_{name}.csv") for name in LOOKUPS}
        codes = read(EXAMPLE / "reference" / "country_codes.csv")
        self.codes = {row["country"]: row["country_code"] for row in codes}

    def _title(self, row: Row) -> Row:
        name, added = row["title"].strip(" "), date(row["date_added"])
        return {
            "show_id": number(row["show_id"]),
            "title": name,
            "short_title": name.split(":")[0].strip(" "),
            "type": row["type"],
            "type_flag": {"Movie": 1, "TV Show": 2}.get(row["type"], 0),
            "date_added": added,
            "month_added": added.replace(day=1) if added else None,
            "release_year": number(row["release_year"]),
            "rating": row["rating"],
            "short_rating": row["rating"].split("-")[0] if row["rating"] else None,
            "minutes": number(row["duration_minutes"]),
            "seasons": number(row["duration_seasons"]),
            "ranking": None,
            "description": row["description"],
        }

    def _lookup(self, path: Path) -> set[tuple[str, int]]:
        pairs = ((next(iter(row.values())), number(row["show_id"])) for row in read(path))
        return {(value.strip(" ").rstrip(", "), show_id) for value, show_id in pairs if value and show_id is not None}

    def orphans(self, name: str) -> int:
        return sum(show_id not in self.titles for _, show_id in self.lookups[name])

    def beside_titles(self, name: str) -> list[tuple]:
        """The lookup, each row with its title."""
        shown = ("title", "type", "date_added", "release_year")
        nothing: Row = dict.fromkeys(shown)
        return [
            (
                show_id,
                value,
                *([self.codes.get(value)] if name == "countries" else []),
                *(self.titles.get(show_id, nothing)[column] for column in shown),
            )
            for value, show_id in self.lookups[name]
        ]

    def titles_by(self, name: str) -> list[tuple]:
        """Titles, films, series, first and last year, last date, and rank, by the values of a lookup."""
        groups: dict[str, list[Row]] = defaultdict(list)
        for value, show_id in self.lookups[name]:
            if show_id in self.titles:
                groups[value].append(self.titles[show_id])
        counts = sorted((len(rows) for rows in groups.values()), reverse=True)
        return [
            (
                value,
                len(rows),
                sum(row["type_flag"] == 1 for row in rows),
                sum(row["type_flag"] == 2 for row in rows),
                min(row["release_year"] for row in rows),
                max(row["release_year"] for row in rows),
                max((row["date_added"] for row in rows if row["date_added"]), default=None),
                1 + bisect_left(counts, -len(rows), key=neg),
            )
            for value, rows in groups.items()
        ]

    def popular_genres(self) -> list[tuple]:
        return [(*row, percent(row[1], len(self.titles))) for row in self.titles_by("category")]

    def content_by_country(self) -> list[tuple]:
        return [(country, self.codes.get(country), *rest) for country, *rest in self.titles_by("countries")]

    def genres_by_country(self) -> list[tuple]:
        genres: dict[int, list[str]] = defaultdict(list)
        for genre, show_id in self.lookups["category"]:
            genres[show_id].append(genre)
        counts: dict[tuple[str, str], int] = defaultdict(int)
        for country, show_id in self.lookups["countries"]:
            for genre in genres[show_id] if show_id in self.titles else ():
                counts[country, genre] += 1
        return [(country, self.codes.get(country), genre, count) for (country, genre), count in counts.items()]

    def content_over_time(self) -> list[tuple]:
        added = [(t["type"], t["month_added"]) for t in self.titles.values() if t["month_added"]]
        return [
            (month, kind, added.count((kind, month)), sum(k == kind and m <= month for k, m in added))
            for kind, month in set(added)
        ]


def percent(part: int, whole: int) -> float:
    return float(Decimal(str(100 * part / whole)).quantize(Decimal("0.01"), ROUND_HALF_UP))


# --- the project, run by Ingot ---------------------------------------------------------------------------------------


class Example:
    """A copy of the example, its drop folder and a folder on a server of this machine, both still empty."""

    def __init__(self, root: Path):
        self.root = root
        self.drop, self.web = root / "drop", root / "web"
        self.drop.mkdir()
        self.web.mkdir()
        self.server = make_source.server(self.web)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def connect(self, **configuration: str) -> ingot.Connection:
        url = f"http://127.0.0.1:{self.server.server_address[1]}"
        return ingot.connect(self.root, configuration={"source_url": url, **configuration})

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Example]:
    ignored = shutil.ignore_patterns("lake", "drop", "web", "__pycache__")
    served = Example(Path(shutil.copytree(EXAMPLE, tmp_path / "netflix", ignore=ignored)))
    yield served
    served.close()


@pytest.fixture(scope="module")
def deliveries() -> list[Any]:
    return make_source.deliveries(TITLES)


def ordered(rows: Iterable[Iterable[Any]]) -> list[tuple]:
    return sorted((tuple(row) for row in rows), key=lambda row: tuple((value is None, str(value)) for value in row))


def check(lake: ingot.Connection | SparkNotebooks, truth: Truth) -> None:
    """Silver and gold hold what follows from the files."""

    def rows(table: str) -> list[tuple]:
        return ordered(lake.sql(f"SELECT * FROM {table}").fetchall())

    assert rows("gold.netflix_titles") == ordered(title.values() for title in truth.titles.values())
    assert lake.sql("SELECT count(*) FROM silver.netflix_titles").fetchall() == [(len(truth.titles),)]
    for name, column in LOOKUPS.items():
        assert rows(f"(SELECT {column}, show_id FROM silver.netflix_{name})") == ordered(truth.lookups[name])
        assert rows(f"gold.netflix_{name}") == ordered(truth.beside_titles(name))
    assert rows("gold.popular_genres") == ordered(truth.popular_genres())
    assert rows("gold.frequent_directors") == ordered(truth.titles_by("directors"))
    assert rows("gold.frequent_actors") == ordered(truth.titles_by("cast"))
    assert rows("gold.content_by_country") == ordered(truth.content_by_country())
    assert rows("gold.genres_by_country") == ordered(truth.genres_by_country())
    assert rows("gold.content_over_time") == ordered(truth.content_over_time())


def run(lake: ingot.Connection) -> dict[str, Any]:
    """Run an update; the progress of each dataset by its name."""
    outcome = lake.run()
    assert outcome.failures == {}
    assert outcome.errors == ()
    return {name.short: progress for name, progress in outcome.progress.items()}


def broken(progress: Any) -> dict[str, int]:
    return {rule["name"]: rule["failed_records"] for rule in progress.expectations}


def test_silver_and_gold_are_right_after_each_delivery(example: Example, deliveries: list[Any]):
    first, second = deliveries
    make_source.deliver(first, example.drop, example.web)
    with example.connect() as lake:
        done, truth = run(lake), Truth([example.drop / first.name], example.web)
        check(lake, truth)
        assert {name: broken(done[f"gold.netflix_{name}"])["title_is_known"] for name in LOOKUPS} == {
            name: truth.orphans(name) for name in LOOKUPS
        }
        assert done["silver.netflix_title_deliveries"].rows_dropped == 4

    lookups = example.root / "lookups of the first day"
    shutil.copytree(example.web, lookups)
    make_source.deliver(second, example.drop, example.web)
    files = [example.drop / first.name, example.drop / second.name]
    with example.connect(weekday="3") as lake:  # no Sunday: titles come, lookup files do not
        done, truth = run(lake), Truth(files, lookups)
        check(lake, truth)
        assert done["bronze.netflix_titles"].rows_written == len(second.titles)
        assert done["bronze.netflix_cast"].rows_written == 0

    with example.connect() as lake:
        run(lake)
        check(lake, Truth(files, example.web))
        assert {progress.rows_written for progress in run(lake).values()} == {0}


@pytest.mark.slow
def test_one_update_for_both_deliveries_gives_the_same(example: Example, deliveries: list[Any]):
    for delivery in deliveries:
        make_source.deliver(delivery, example.drop, example.web)
    with example.connect() as lake:
        run(lake)
        truth = Truth([example.drop / delivery.name for delivery in deliveries], example.web)
        check(lake, truth)
        assert faults(lake) == []
        check_dashboard(lake, truth)


def check_dashboard(lake: ingot.Connection, truth: Truth) -> None:
    """The dashboard shows what the files say, also where something is chosen."""
    of_genre, of_country, of_actor = (truth.titles_by(name) for name in ("category", "countries", "cast"))
    page = shown(lake, "catalogue", "catalogue")
    kinds = [title["type_flag"] for title in truth.titles.values()]
    expected = [[[len(kinds)]], [[kinds.count(1)]], [[kinds.count(2)]], [[len(of_country)]]]
    assert [page[name] for name in ("titles", "films", "series", "countries")] == expected
    genres = {genre: count for genre, count in page["titles-by-genre"] if genre is not None}
    assert genres == {row[0]: row[1] for row in of_genre}
    years: dict[int | None, list[int]] = defaultdict(list)
    for title in truth.titles.values():
        years[title["date_added"] and title["date_added"].year].append(title["type_flag"])
    added = {year: (films, series) for year, films, series in page["titles-added-over-time"]}
    assert added == {year: (flags.count(1), flags.count(2)) for year, flags in years.items()}
    most = [row for row in page["the-ten-countries-with-the-most-titles"] if row[0] is not None]
    by_country = {row[0]: row[1] for row in of_country}
    assert [films + series for _, films, series in most] == sorted(by_country.values(), reverse=True)[: len(most)]

    genre = of_genre[0][0]
    ids = {show_id for value, show_id in truth.lookups["category"] if value == genre and show_id in truth.titles}
    page = shown(lake, "catalogue", "catalogue", genre=genre)
    assert page["titles"] == [[len(ids)]]
    page = shown(lake, "catalogue", "people", genre=genre)
    actors = {actor for actor, show_id in truth.lookups["cast"] if show_id in ids}
    assert page["actors"] == [[len(actors)]]

    page = shown(lake, "catalogue", "people")
    assert page["actors"] == [[len(of_actor)]]
    most = sorted(((row[0], row[1]) for row in of_actor), key=lambda row: (-row[1], row[0]))[:15]
    assert [tuple(row) for row in page["the-fifteen-actors-with-the-most-titles"]] == most
    page = shown(lake, "catalogue", "countries")
    cells = {(country, genre): count for country, genre, count in page["genres-of-each-country"] if country and genre}
    assert cells == {(row[0], row[2]): row[3] for row in truth.genres_by_country()}
    page = shown(lake, "catalogue", "titles")
    assert len(page["all-titles"]) == len(truth.titles)


@pytest.mark.shared
def test_the_real_files_give_their_known_totals(example: Example):
    for path in SHARED.glob("*.csv"):
        shutil.copy(path, example.drop if path.name == "netflix_titles.csv" else example.web)
    truth = Truth([example.drop / "netflix_titles.csv"], example.web)
    with example.connect() as lake:
        done = run(lake)
        check(lake, truth)
    titles = done["silver.netflix_title_deliveries"]
    assert (titles.rows_in, titles.rows_dropped, titles.rows_written) == (6_236, 4, 6_232)
    read = {name: done[f"bronze.netflix_{name}"].rows_written for name in LOOKUPS}
    assert read == {"cast": 44_311, "category": 13_670, "countries": 7_179, "directors": 4_852}
    twice = {name: read[name] - (done[f"silver.netflix_{name}"].rows_written or 0) for name in LOOKUPS}
    assert twice == {"cast": 1, "category": 0, "countries": 0, "directors": 1}
    orphans = {name: broken(done[f"gold.netflix_{name}"])["title_is_known"] for name in LOOKUPS}
    assert orphans == {"cast": 10, "category": 3, "countries": 2, "directors": 2}


# --- the notebooks, by Spark itself -----------------------------------------------------------------------------------


class SparkNotebooks:
    """Evaluates the example's notebooks with PySpark, as batch queries; stands for `dlt`, for `spark`, and for a lake."""

    def __init__(self, session: Any, landing: Path):
        self.session = session
        self.read = self.readStream = self
        self.conf = {"landing": str(landing)}
        codes = session.read.option("header", True).csv(str(EXAMPLE / "reference" / "country_codes.csv"))
        self._keep("reference.country_codes", codes)

    def run(self, path: Path) -> None:
        code = path.read_text("utf-8").replace("import dlt\n", "")
        exec(compile(code, str(path), "exec"), {"dlt": SparkDlt(self), "spark": self})

    def _keep(self, name: str, rows: Any) -> None:
        rows.cache().createOrReplaceTempView(name.replace(".", "_"))

    def keep(self, name: str, function: Any) -> Any:
        rows = function()
        for condition in getattr(function, "rules", ()):
            rows = rows.where(condition)
        self._keep(name, rows)
        return function

    def table(self, name: str) -> Any:
        return self.session.table(name.removeprefix("LIVE.").replace(".", "_"))

    def format(self, name: str) -> Any:
        assert name == "cloudFiles"
        return SparkAutoLoader(self.session.read)

    def sql(self, query: str) -> Any:
        """As a connection of Ingot has it."""
        flat = re.sub(r"\b(bronze|silver|gold)\.(\w+)", r"\1_\2", query)
        return types.SimpleNamespace(fetchall=lambda: [tuple(row) for row in self.session.sql(flat).collect()])


class SparkAutoLoader:
    """Auto Loader as a reader of CSV files."""

    def __init__(self, reader: Any):
        self._reader = reader

    def option(self, key: str, value: str) -> Any:
        return SparkAutoLoader(self._reader if key.startswith("cloudFiles.") else self._reader.option(key, value))

    def load(self, path: str) -> Any:
        return self._reader.csv(path)


class SparkDlt:
    """The module `dlt`: what is defined is computed at once, without the rows that a rule drops."""

    def __init__(self, notebooks: SparkNotebooks):
        self._notebooks = notebooks
        self.read = self.read_stream = notebooks.table

    def table(self, name: str, **_: Any) -> Any:
        return lambda function: self._notebooks.keep(name, function)

    view = table

    def expect(self, name: str, condition: str) -> Any:
        assert name
        assert condition
        return lambda function: function

    def expect_or_drop(self, name: str, condition: str) -> Any:
        return self.expect_all_or_drop({name: condition})

    def expect_all_or_drop(self, rules: dict[str, str]) -> Any:
        def ruled(function: Any) -> Any:
            function.rules = tuple(rules.values())
            return function

        return ruled


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    pytest.importorskip("pyspark.sql")
    with spark_session({"spark.sql.shuffle.partitions": "1"}) as session:
        yield session


@pytest.mark.slow
@pytest.mark.spark
def test_spark_computes_the_same_from_the_notebooks(spark: Any, tmp_path: Path, deliveries: list[Any]):
    for delivery in deliveries:
        make_source.deliver(delivery, tmp_path / "titles", tmp_path / "lookups")
    notebooks = SparkNotebooks(spark, tmp_path)
    for name in ("bronze/autoloader", "silver/lookups", "silver/titles", "gold/netflix", "gold/answers"):
        notebooks.run(EXAMPLE / "transformations" / f"{name}.py")
    check(notebooks, Truth([tmp_path / "titles" / delivery.name for delivery in deliveries], tmp_path / "lookups"))


# --- the files ---------------------------------------------------------------------------------------------------------


def test_the_files_are_the_same_every_time(tmp_path: Path, deliveries: list[Any]):
    for folder, made in (("a", deliveries), ("b", make_source.deliveries(TITLES))):
        for delivery in made:
            make_source.deliver(delivery, tmp_path / folder / "drop", tmp_path / folder / "web")
    written = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.csv"))
    assert len(written) == 6
    for path in written:
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()


def test_the_files_have_the_defects_of_the_published_ones(tmp_path: Path, deliveries: list[Any]):
    make_source.deliver(deliveries[0], tmp_path, tmp_path)
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.count(b"\r\n") == content.count(b"\n")
    truth = Truth([tmp_path / "netflix_titles.csv"], tmp_path)
    assert len(truth.dropped) == 4
    assert all(truth.orphans(name) for name in LOOKUPS)
    for name in ("cast", "directors"):
        rows = (tmp_path / f"netflix_{name}.csv").read_text("utf-8").splitlines()
        assert len(rows) - len(set(rows)) == 1
    assert ',",' in (tmp_path / "netflix_countries.csv").read_text("utf-8")
    assert '"",' in (tmp_path / "netflix_titles.csv").read_text("utf-8")
    assert any(title["date_added"] is None for title in truth.titles.values())


def test_by_the_default_escape_of_spark_columns_would_shift(example: Example, deliveries: list[Any]):
    make_source.deliver(deliveries[0], example.drop, example.web)
    notebook = example.root / "transformations" / "bronze" / "autoloader.py"
    notebook.write_text(re.sub(r'(?m)^ +\.option\("escape".*\n', "", notebook.read_text("utf-8")), "utf-8")
    with example.connect() as lake:
        lake.run(refresh=["bronze.netflix_titles", "silver.netflix_title_deliveries"])
        titles = lake.sql("SELECT count(*) FROM silver.netflix_title_deliveries").fetchall()[0][0]
    assert 0 < titles < len(deliveries[0].titles) - 20


def test_the_project_reads_by_default_what_make_source_serves():
    assert f"source_url: http://127.0.0.1:{make_source.PORT} " in (EXAMPLE / "ingot.yml").read_text("utf-8")

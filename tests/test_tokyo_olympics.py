"""The example, end to end: its source files, its definitions as Spark understands them, and a run of the project."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
import threading
import types
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ingot
from shown import faults, shown
from sources_of_examples import make_source_of
from spark_sessions import spark_session

EXAMPLE = Path(__file__).parent.parent / "examples" / "tokyo_olympics"
SHARED = Path(os.environ.get("INGOT_SHARED", "/nowhere")) / "data" / "tokyo_olympics"
FILES = ("Athletes.csv", "Coaches.csv", "EntriesGender.csv", "Medals.csv", "Teams.csv")
PEOPLE = {"silver.athletes": 11_316, "silver.coaches": 393, "silver.teams": 743}
PUBLISHED_PEOPLE = {"silver.athletes": 11_084, "silver.coaches": 393, "silver.teams": 743}
needs_published = pytest.mark.skipif(not SHARED.is_dir(), reason="INGOT_SHARED does not name the real files")
make_source = make_source_of(EXAMPLE)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    make_source.make_source(folder)
    return folder


# --- the source files ---------------------------------------------------------------------------------------


def lines(path: Path, encoding: str) -> list[str]:
    return path.read_bytes().decode(encoding).split("\r\n")[1:-1]


def test_the_source_files_are_the_same_every_time(source: Path, tmp_path: Path) -> None:
    make_source.make_source(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (source / name).read_bytes()


def test_the_source_files_have_the_defects_of_the_published_ones(source: Path) -> None:
    for name in FILES:
        content = (source / name).read_bytes()
        assert content.count(b"\r\n") == content.count(b"\n")
    athletes = lines(source / "Athletes.csv", "windows-1252")
    assert len(athletes) - len(set(athletes)) == 1
    assert sum(" ," in line for line in athletes) == 1
    assert sum("  " in line for line in athletes) == 1
    assert any("Côte d'Ivoire" in line for line in athletes)
    coaches = lines(source / "Coaches.csv", "windows-1252")
    assert len(coaches) - len(set(coaches)) == 1
    assert sum(line.endswith(",") for line in coaches) > 50
    assert "’".encode("windows-1252") in (source / "Teams.csv").read_bytes()
    assert "Côte d'Ivoire".encode() in (source / "Medals.csv").read_bytes()
    assert (source / "Medals.csv").read_text("utf-8").splitlines()[0].endswith(",Rank by Total")


@pytest.mark.shared
@needs_published
def test_medals_and_entries_are_the_published_facts(source: Path) -> None:
    for name in ("Medals.csv", "EntriesGender.csv"):
        assert (source / name).read_bytes() == (SHARED / name).read_bytes()


def test_the_project_reads_by_default_what_make_source_serves() -> None:
    assert f"source_url: http://127.0.0.1:{make_source.PORT} " in (EXAMPLE / "ingot.yml").read_text("utf-8")


# --- what must come out, whoever computes it ------------------------------------------------------------------


def check_gold(query: Any, people: dict[str, int]) -> None:
    """The known totals; `query` gives the rows of a SELECT over the example's tables."""
    for table, count in people.items():
        assert query(f"SELECT count(*) FROM {table}") == [(count,)], table
    totals = "SELECT sum(gold), sum(silver), sum(bronze), sum(total), count(*) FROM gold.medal_standings"
    assert query(totals) == [(340, 338, 402, 1080, 93)]
    standings = "SELECT country, points, rank_by_medals, rank_by_points, rank_by_total FROM gold.medal_standings"
    assert query(standings + " WHERE rank_by_points <= 3 ORDER BY rank_by_points") == [
        ("United States of America", 232, 1, 1, 1),
        ("People's Republic of China", 196, 2, 2, 2),
        ("ROC", 139, 5, 3, 3),
    ]
    # the ranks that the published table gives are the ones that we compute
    differing = (
        "SELECT count(*) FROM gold.medal_standings AS g JOIN silver.medals AS s ON g.country = s.country"
        " WHERE g.rank_by_medals <> s.rank OR g.rank_by_total <> s.rank_by_total"
    )
    assert query(differing) == [(0,)]
    assert query("SELECT sum(female), sum(male), count(*) FROM gold.gender_participation") == [(5432, 5884, 46)]
    shares = "SELECT discipline, female_pct, male_pct FROM gold.gender_participation WHERE discipline LIKE 'A%'"
    assert query(shares + " ORDER BY discipline") == [
        ("Archery", 50.0, 50.0),
        ("Artistic Gymnastics", 50.0, 50.0),
        ("Artistic Swimming", 100.0, 0.0),
        ("Athletics", 47.48, 52.52),
    ]
    athletes = people["silver.athletes"]
    assert query("SELECT sum(athletes), count(*) FROM gold.athletes_by_country") == [(athletes, 206)]
    assert query("SELECT sum(athletes), count(*) FROM gold.busiest_disciplines") == [(athletes, 46)]
    busiest = "SELECT discipline FROM gold.busiest_disciplines WHERE rank_by_athletes <= 2 ORDER BY rank_by_athletes"
    assert query(busiest) == [("Athletics",), ("Swimming",)]
    performance = "SELECT sum(total), count(*), count(total) FROM gold.country_performance"
    assert query(performance) == [(1080, 206, 206)]
    # read with the wrong encoding, this country would be two
    joined = "SELECT athletes > 0, total FROM gold.country_performance WHERE country = 'Côte d''Ivoire'"
    assert query(joined) == [(True, 1)]
    assert query("SELECT count(*) FROM silver.coaches WHERE event = ''") == [(0,)]
    untidy = "SELECT count(*) FROM silver.athletes WHERE name <> trim(name) OR name LIKE '%  %'"
    assert query(untidy) == [(0,)]
    assert query("SELECT count(DISTINCT _source_file) FROM silver.teams") == [(1,)]


# --- the definitions, by Spark itself ---------------------------------------------------------------------------


class SparkPipeline:
    """Evaluates the example's definitions with PySpark, as batch queries over temporary views."""

    def __init__(self, spark: Any, source: Path):
        self.spark, self.source = spark, source
        self.readStream = self.read = self

    def table(self, name: str) -> Any:
        return self.spark.table(name.replace(".", "_"))

    def keep(self, name: str, rows: Any) -> None:
        rows.cache().createOrReplaceTempView(name.replace(".", "_"))

    def query(self, text: str) -> list[tuple[Any, ...]]:
        flat = re.sub(r"\b(bronze|silver|gold)\.(\w+)", r"\1_\2", text)
        return [tuple(row) for row in self.spark.sql(flat).collect()]

    def read_files(self, pattern: str, options: str) -> Any:
        """`STREAM read_files(…)` as a batch read, with the file metadata as a visible column."""
        encoding = re.search(r"encoding => '([^']+)'", options)
        reader = self.spark.read.option("header", True).option("encoding", encoding[1] if encoding else "UTF-8")
        file = self.source / Path(pattern.replace("*", "")).name
        return reader.csv(str(file)).selectExpr("*", "_metadata AS metadata")

    def run_sql(self, path: Path) -> None:
        text = re.sub(r"(?m)^--.*\n", "", path.read_text("utf-8"))
        for statement in filter(str.strip, text.split(";\n")):
            header, body = re.split(r"\bAS (?=SELECT|WITH)", statement, maxsplit=1)
            name = re.search(r"(?:TABLE|VIEW) ([\w.]+)", header)
            assert name is not None
            body = re.sub(r"\b(bronze|silver)\.(\w+)", r"\1_\2", body)
            found = re.search(r"STREAM read_files\('([^']+)',(.*?)\)", body, re.S)
            if found:
                self.keep("files", self.read_files(found[1], found[2]))
                body = body.replace(found[0], "files").replace("_metadata.", "metadata.")
            self.keep(name[1], self.spark.sql(body))

    def run_python(self, path: Path) -> None:
        """Execute a file with decorators that evaluate the function at once."""

        def table(*, name: str, comment: str) -> Any:
            assert comment
            return lambda function: self.keep(name, function())

        ignored = lambda *_: lambda function: function  # noqa: E731
        dp = types.SimpleNamespace(table=table, materialized_view=table, expect=ignored, expect_all_or_drop=ignored)
        code = path.read_text("utf-8").replace("from pyspark import pipelines as dp", "")
        exec(compile(code, str(path), "exec"), {"dp": dp, "spark": self})


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    pytest.importorskip("pyspark.sql")
    with spark_session({"spark.sql.shuffle.partitions": "1", "spark.sql.legacy.javaCharsets": "true"}) as session:
        yield session


def run_in_spark(spark: Any, folder: Path) -> SparkPipeline:
    pipeline = SparkPipeline(spark, folder)
    for layer in ("bronze", "silver", "gold"):
        for path in sorted((EXAMPLE / "transformations" / layer).iterdir(), key=lambda p: (p.suffix != ".sql", p)):
            (pipeline.run_sql if path.suffix == ".sql" else pipeline.run_python)(path)
    return pipeline


@pytest.mark.slow
@pytest.mark.spark
def test_spark_computes_the_same_from_the_definitions(spark: Any, source: Path) -> None:
    check_gold(run_in_spark(spark, source).query, PEOPLE)


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.shared
@needs_published
def test_spark_computes_the_known_totals_from_the_published_files(spark: Any) -> None:
    check_gold(run_in_spark(spark, SHARED).query, PUBLISHED_PEOPLE)


# --- the project, run by Ingot ------------------------------------------------------------------------------------


class Served:
    """A copy of the example whose source is a folder on a server of this machine."""

    def __init__(self, root: Path, source: Path, url: str):
        self.root, self.source, self.url = root, source, url

    def connect(self) -> ingot.Connection:
        return ingot.connect(self.root, configuration={"source_url": self.url})

    def run(self) -> dict[str, int]:
        """Run an update; the rows written into each dataset."""
        with self.connect() as lake:
            outcome = lake.run()
        assert outcome.failures == {}
        assert outcome.errors == ()
        return {name.short: progress.rows_written or 0 for name, progress in outcome.progress.items()}

    def query(self, text: str) -> list[tuple[Any, ...]]:
        with self.connect() as lake:
            return lake.sql(text).fetchall()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Any]:
    servers = []

    def start(source: Path) -> Served:
        root = tmp_path / "tokyo_olympics"
        shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("lake", "__pycache__", "internet"))
        server = make_source.server(source)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return Served(root, source, f"http://127.0.0.1:{server.server_address[1]}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_example_runs_from_source_to_gold(serve: Any, source: Path) -> None:
    served = serve(source)
    served.run()
    check_gold(served.query, PEOPLE)
    with served.connect() as lake:
        assert faults(lake) == []
        check_dashboard(lake, source)


def rows_of(path: Path, encoding: str) -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return [{name: value.strip() for name, value in row.items()} for row in csv.DictReader(file)]


def check_dashboard(lake: ingot.Connection, source: Path) -> None:
    """The dashboard shows what the files say."""
    medals = {row["TeamCountry"]: row for row in rows_of(source / "Medals.csv", "utf-8-sig")}
    page = shown(lake, "tokyo_2020", "medals")
    cards = [page[name] for name in ("gold-medals", "silver-medals", "bronze-medals", "all-medals")]
    assert cards == [[[340]], [[338]], [[402]], [[1080]]]
    most = sorted(medals.values(), key=lambda row: (-int(row["Total"]), row["TeamCountry"]))[:15]
    expected = [[r["TeamCountry"], int(r["Gold"]), int(r["Silver"]), int(r["Bronze"])] for r in most]
    assert page["the-fifteen-countries-with-the-most-medals"] == expected
    won = {country: total for country, total in page["medals-around-the-world"] if total}
    assert won == {country: int(row["Total"]) for country, row in medals.items()}
    assert [row[0] for row in page["medal-table"][:3]] == [
        "United States of America", "People's Republic of China", "Japan"
    ]  # fmt: skip

    entries = rows_of(source / "EntriesGender.csv", "windows-1252")
    page = shown(lake, "tokyo_2020", "gender")
    women, men = (sum(int(row[sex]) for row in entries) for sex in ("Female", "Male"))
    assert [page[name] for name in ("entries-of-women", "entries-of-men")] == [[[women]], [[men]]]
    assert page["share-of-women"] == [[pytest.approx(women / (women + men))]]
    shares = {row["Discipline"]: int(row["Female"]) / int(row["Total"]) for row in entries}
    assert dict(page["share-of-women-by-discipline"]) == pytest.approx(shares)
    assert [row[1] for row in page["share-of-women-by-discipline"]] == sorted(shares.values(), reverse=True)
    assert len(page["women-and-men-by-discipline"]) == len(entries)

    athletes = {tuple(" ".join(value.split()) for value in row.values())
                for row in rows_of(source / "Athletes.csv", "windows-1252")}  # fmt: skip
    page = shown(lake, "tokyo_2020", "disciplines")
    assert (page["athletes"], page["countries"], page["disciplines"]) == ([[len(athletes)]], [[206]], [[46]])
    most_common = Counter(discipline for _, _, discipline in athletes)
    busiest = sorted(([name, count] for name, count in most_common.items()), key=lambda row: (-row[1], row[0]))[:10]
    assert page["the-ten-disciplines-with-the-most-athletes"] == busiest

    page = shown(lake, "tokyo_2020", "country", country="France")
    of_france = sorted([n, c, d] for n, c, d in athletes if c == "France")
    assert (page["gold"], page["medals"]) == ([[int(medals["France"]["Gold"])]], [[int(medals["France"]["Total"])]])
    assert page["athletes"] == [[len(of_france)]]
    assert page["who-took-part"] == sorted(of_france, key=lambda row: (row[2], row[0]))


@pytest.mark.shared
@needs_published
def test_the_published_files_give_their_known_totals(serve: Any) -> None:
    served = serve(SHARED)
    served.run()
    check_gold(served.query, PUBLISHED_PEOPLE)


def test_a_second_run_finds_nothing_new_and_a_changed_file_reaches_gold(
    serve: Any, source: Path, tmp_path: Path
) -> None:
    changing = tmp_path / "changing"
    shutil.copytree(source, changing)
    served = serve(changing)
    served.run()
    landed = served.root / "lake" / "_landing" / "olympics"
    before = {path.name: path.stat().st_mtime_ns for path in landed.iterdir()}
    assert set(served.run().values()) == {0}
    assert {path.name: path.stat().st_mtime_ns for path in landed.iterdir()} == before

    medals = changing / "Medals.csv"
    row = b"1,United States of America,39,41,33,113,1"
    medals.write_bytes(medals.read_bytes().replace(row, row.replace(b"39", b"40").replace(b"113", b"114")))
    os.utime(medals, (2_000_000_000, 2_000_000_000))
    written = served.run()
    assert {name for name, rows in written.items() if rows} == {
        "bronze.medals", "silver.medals", "gold.medal_standings", "gold.country_performance"
    }  # fmt: skip
    assert len(list(landed.glob("Medals*.csv"))) == 2
    assert served.query("SELECT count(*) FROM bronze.medals") == [(186,)]
    assert served.query("SELECT gold, total FROM gold.medal_standings WHERE rank_by_medals = 1") == [(40, 114)]


@pytest.mark.slow
def test_the_demo_ends_with_the_medal_standings(tmp_path: Path) -> None:
    root = tmp_path / "tokyo_olympics"
    shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns("lake", "__pycache__", "internet"))
    command = [sys.executable, str(root / "demo.py")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    table = done.stdout[done.stdout.index("$ ingot query") :]
    assert "United States of America" in table
    assert "What to try next" in table

"""Processed landing files go when they are old enough, and only when no table needs them any more."""

from __future__ import annotations

import datetime
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingot.connection import Connection, connect
from ingot.dry_run import dry_run
from ingot.errors import IngotError
from ingot.lake.landing import Landing
from ingot.project import load_project
from ingot.queries import preview
from ingot.tables import drop_table, restore_table
from ingot.testing import ManualClock
from ingot.update.selection import Selection
from sources.misbehaving import WebServer, reply, serve
from sources.test_landing import dies_at

START = datetime.datetime(2026, 3, 2, 6, tzinfo=datetime.UTC)
BRONZE = """CREATE STREAMING TABLE bronze.orders AS
SELECT id, _metadata.file_name AS file FROM STREAM read_files('${landing}/orders/*.csv', format => 'csv', header => true)"""


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serve() as server:
        server.on("/orders.csv", reply(200, b"id\n1\n"))
        yield server


class Shop:
    """A project with one source, whose files can be landed at any time of the past."""

    def __init__(self, folder: Path, web: WebServer, landed: str, **definitions: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.landed = landed
        self.web = web
        self.clock = ManualClock(START)
        self.define(**{"bronze": BRONZE, **definitions})
        self.settings()

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    def settings(self, more: str = "", go: str = "no") -> None:
        source = f"{{kind: http, url: '{self.web.url}/orders.csv', retries: 0, when: {{configuration: {{go: 'yes'}}}}, landed: {self.landed}}}"
        text = f"name: shop\nconfiguration: {{go: '{go}'}}\nsources:\n  orders: {source}\n{more}"
        (self.folder / "ingot.yml").write_text(text)

    def define(self, **definitions: str) -> None:
        for name, text in definitions.items():
            path = self.folder / "transformations" / (name if "." in name else f"{name}.sql")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def land(self, *numbers: int, source: str = "orders") -> None:
        """Land a file for each number, a day after the one before, the first on the first of March."""
        with Landing(self.lake).open(source) as files:
            for number in numbers:
                partial = files.partial()
                partial.write(b"id\n%d\n" % number)
                day = START.replace(day=1) + datetime.timedelta(days=number - 1)
                files.land(partial, f"{number}.csv", url="http://example.org", now=day)

    def run(self, check: bool = True, **options: Any) -> list[str]:
        """Update; returns what was told of the landing zone, or of failures."""
        with connect(self.folder) as lake:
            told: list[str] = []
            outcome = lake.run(clock=self.clock, **options)
            failures = [*outcome.errors, *outcome.failures.values()]
            if check and failures:
                raise failures[0]
            told = [f"{error.code}: {error.message} | {error.hint}" for error in failures]
            return told or notes(lake)

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.lake / "_landing" / "orders").iterdir())

    def ids(self, table: str = "bronze.orders") -> list[int]:
        with connect(self.folder) as lake:
            return [row[0] for row in lake.sql(f"SELECT id FROM {table} ORDER BY id").fetchall()]


def notes(lake: Connection) -> list[str]:
    """What the last update told of the landing zone."""
    text = """SELECT message FROM event_log() WHERE event_type = 'landing_retention' AND origin.update_id =
      (SELECT max_by(origin.update_id, timestamp) FROM event_log() WHERE event_type = 'create_update') ORDER BY sequence"""
    return [row[0] for row in lake.sql(text).fetchall()]


def test_processed_files_are_removed_when_they_are_old_enough(tmp_path, web):
    shop = Shop(tmp_path, web, "{keep: 30d}")
    shop.land(1, 2)
    assert shop.run() == []
    shop.clock.advance(days=29, hours=1)
    assert shop.run() == ["source orders: 1 processed file removed"]
    assert shop.files() == ["2.csv"]
    shop.land(3)
    assert shop.run() == []
    assert shop.ids() == [1, 2, 3]


def test_processed_files_are_moved_to_the_archive_with_their_times(tmp_path, web):
    shop = Shop(tmp_path, web, "{archive: ./archive, after: 1d}")
    shop.land(1, 2)
    assert shop.run() == [f"source orders: 1 processed file moved to {tmp_path}/archive"]
    archived = tmp_path / "archive" / "orders" / "1.csv"
    assert archived.read_bytes() == b"id\n1\n"
    assert archived.stat().st_mtime == START.replace(day=1).timestamp()
    assert shop.files() == ["2.csv"]
    with connect(tmp_path) as lake:
        text = "SELECT path LIKE '%1.csv', removed_at, archived_to FROM landing.files ORDER BY landed_at"
        assert lake.sql(text).fetchall() == [
            (True, START, str(archived)), (False, None, None),
        ]  # fmt: skip


def test_files_stay_where_nothing_is_said(tmp_path, web):
    shop = Shop(tmp_path, web, "{keep: forever}")
    shop.land(1)
    shop.clock.advance(days=3650)
    assert shop.run() == []
    assert shop.files() == ["1.csv"]


@pytest.mark.parametrize(
    ("definitions", "reason"),
    [
        (
            {"gold": "CREATE MATERIALIZED VIEW gold.all AS SELECT id FROM read_files('${landing}/orders', format => 'csv', header => true)"},
            "gold.all reads them whole (transformations/gold.sql:1)",
        ),
        (
            {
                "view": "CREATE TEMPORARY VIEW v AS SELECT id FROM read_files('${landing}/orders', format => 'csv', header => true)",
                "silver": "CREATE STREAMING TABLE silver.x AS SELECT o.id FROM STREAM bronze.orders o JOIN v USING (id)",
            },
            "silver.x reads them whole (transformations/view.sql:1)",
        ),
        (
            {"bronze": BRONZE.replace("orders/*.csv", "orders/1.csv")},
            "bronze.orders names the file: a pattern could miss it (transformations/bronze.sql:2)",
        ),
        ({"bronze": "CREATE MATERIALIZED VIEW bronze.orders AS SELECT 1 AS id"}, "no table reads them"),
        (
            {"view": "CREATE TEMPORARY VIEW v AS SELECT id FROM STREAM read_files('${landing}/orders', format => 'csv', header => true)",
             "bronze": "CREATE MATERIALIZED VIEW bronze.orders AS SELECT 1 AS id"},
            "no table reads them",
        ),
        (
            {
                "rows.py": "from pyspark import pipelines as dp\n@dp.materialized_view(name='gold.rows')\ndef rows():\n"
                "    known = spark.read.csv(spark.conf.get('landing') + '/orders', header=True).collect()\n"
                "    return spark.createDataFrame([(len(known),)], 'n INT')\n"
            },
            "a query reads them whole (transformations/rows.py:4)",
        ),
        (
            {"part": "CREATE FLOW more AS INSERT INTO ONCE bronze.orders BY NAME SELECT id FROM read_files('${landing}/orders', format => 'csv', header => true)"},
            "bronze.orders reads them whole (transformations/part.sql:1)",
        ),
    ],
    ids=["view", "join", "named", "unread", "view-alone", "python", "once"],
)  # fmt: skip
def test_a_file_that_is_still_needed_stays_and_that_is_told_in_each_update(tmp_path, web, definitions, reason):
    shop = Shop(tmp_path, web, "{keep: 1h}", **definitions)
    shop.land(1)
    told = [f"source orders: 1 landed file is old enough to go and stays: {reason}"]
    assert shop.run() == told
    assert shop.run() == told
    assert shop.files() == ["1.csv"]


def test_each_table_that_reads_a_file_has_to_have_read_it(tmp_path, web):
    second = BRONZE.replace("bronze.orders AS", "bronze.again AS")
    shop = Shop(tmp_path, web, "{keep: 1h}", second=second)
    shop.land(1)
    assert shop.run(refresh=["bronze.orders"]) == [
        "source orders: 1 landed file is old enough to go and stays: bronze.again has not read them yet"
    ]
    assert shop.run() == ["source orders: 1 processed file removed"]
    assert (shop.ids(), shop.ids("bronze.again")) == ([1], [1])


def test_nothing_goes_when_anything_failed(tmp_path, web):
    shop = Shop(
        tmp_path,
        web,
        "{keep: 1h}",
        broken="CREATE STREAMING TABLE bronze.broken AS SELECT nothing FROM STREAM bronze.orders",
    )
    shop.land(1)
    assert "unknown-column" in shop.run(check=False)[0]
    assert shop.files() == ["1.csv"]


def test_folders_of_snapshots_go_when_the_table_has_followed_them(tmp_path, web):
    current = """CREATE STREAMING TABLE bronze.orders;
    CREATE FLOW f AS AUTO CDC INTO bronze.orders
    FROM SNAPSHOT (SELECT * FROM STREAM read_files('${landing}/orders', format => 'csv', header => true))
    KEYS (id) STORED AS SCD TYPE 1"""
    shop = Shop(tmp_path, web, "{keep: 1h}", bronze=current)
    for day, numbers in (("2026-03-01", b"id\n1\n2\n"), ("2026-03-02", b"id\n2\n3\n")):
        with Landing(shop.lake).open("orders") as files:
            partial = files.partial()
            partial.write(numbers)
            files.land(partial, "part.csv", url="x", resource=day, now=START.replace(day=1))
        assert shop.run() == ["source orders: 1 processed file removed"]
    assert shop.ids() == [2, 3]


def test_what_a_source_lands_for_itself_is_left_alone(tmp_path, web):
    shop = Shop(tmp_path, web, "{keep: 1h}")
    with Landing(shop.lake).open("orders") as files:
        for resource, target in (("_state", "1.json"), (None, "1.csv")):
            partial = files.partial()
            partial.write(b"id\n1\n")
            files.land(partial, target, url="x", resource=resource, now=START.replace(day=1))
    assert shop.run() == ["source orders: 1 processed file removed"]
    assert shop.files() == ["_state"]


def test_files_of_a_reading_that_is_to_go_on_stay(tmp_path, web):
    shop = Shop(tmp_path, web, "{keep: 1h}")

    def land(page: int, run: str, resume: object) -> None:
        with Landing(shop.lake).open("orders") as files:
            partial = files.partial()
            partial.write(b"id\n%d\n" % page)
            files.land(partial, f"{run}{page}.csv", url="x", run=run, resume=resume, now=START.replace(day=1))

    land(1, "a", None)
    land(2, "b", {"next": 3})
    assert shop.run() == [
        "source orders: 1 processed file removed",
        "source orders: 1 landed file is old enough to go and stays: the reading that it is a part of is to go on",
    ]
    land(3, "b", None)
    assert shop.run() == ["source orders: 2 processed files removed"]
    assert shop.ids() == [1, 2, 3]


def test_files_of_other_sources_stay(tmp_path, web):
    shop = Shop(tmp_path, web, "{keep: 1h}")
    shop.land(1)
    shop.land(1, source="gone_from_the_project")
    shop.run()
    assert shop.files() == []
    assert (shop.lake / "_landing" / "gone_from_the_project" / "1.csv").exists()


def test_a_file_that_went_is_not_landed_again_and_a_changed_one_is_read(tmp_path, web):
    shop = Shop(tmp_path, web, "{keep: 0s}")
    shop.settings(go="yes")
    shop.clock = ManualClock(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1))
    assert shop.run() == ["source orders: 1 processed file removed"]
    assert shop.run() == []
    assert len(Landing(shop.lake).records("orders")) == 1
    web.on("/orders.csv", reply(200, b"id\n2\n"))
    assert shop.run() == ["source orders: 1 processed file removed"]
    assert (shop.ids(), shop.files()) == ([1, 2], [])


def test_an_update_with_nothing_new_notices_that_files_have_come_of_age(tmp_path, web):
    shop = Shop(tmp_path, web, "{keep: 10d}")
    shop.land(1)
    shop.run()
    shop.run()
    assert (shop.lake / "_ingot" / "receipt.json").exists()
    shop.clock.advance(days=10)
    assert shop.run() == ["source orders: 1 processed file removed"]
    assert shop.run() == []


@pytest.mark.parametrize(
    ("landed", "says"),
    [
        ("30d", "{keep: 30d}"),
        ("{keep: soon}", "a duration such as 12h, 30d or 8w"),
        ("{keep: 9000w}", "100 years at most"),
        ("{keep: 1d, archive: ./a}", "{keep: 30d} removes"),
        ("{after: 1d}", "{keep: 30d} removes"),
        ("{keep: 1d, after: 1d}", "{keep: 30d} removes"),
        ("{archive: 's3://bucket/a'}", "archive: ./archive"),
        ("{archive: ./lake/_landing/a}", "archive: ./archive"),
        ("{kept: 1d}", "did you mean 'keep'?"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, web, landed, says):
    Shop(tmp_path, web, landed)
    with pytest.raises(IngotError) as caught:
        load_project(tmp_path)
    assert says in str(caught.value.hint)
    assert caught.value.location is not None
    assert caught.value.location.line == 4


# --- what would give fewer rows is refused ------------------------------------------------------------------------


@pytest.fixture
def emptied(tmp_path, web) -> Shop:
    """A shop whose three files were read; two of them are in the archive."""
    shop = Shop(tmp_path, web, "{archive: ./archive, after: 1d}")
    shop.land(1, 2, 3)
    shop.clock.advance(days=1)
    assert len(shop.run()) == 1
    assert shop.files() == ["3.csv"]
    return shop


def lost(shop: Shop, what: str) -> str:
    return (
        f"landed-files-gone: {what} would lack the rows of 2 landed files that are gone (1.csv … 2.csv; 2 were archived)"
        f" | bring them back: cp -Rp {shop.folder}/archive/orders/. {shop.lake}/_landing/orders/"
    )


@pytest.mark.parametrize("selection", [{"full_refresh": ["bronze.orders"]}, {"full_refresh_all": True}])
def test_a_full_refresh_without_the_files_is_refused_and_changes_nothing(emptied, selection):
    emptied.define(gold="CREATE MATERIALIZED VIEW gold.n AS SELECT id FROM bronze.orders")
    emptied.run()
    told = emptied.run(check=False, **selection)
    assert told[0] == lost(emptied, "a full refresh of bronze.orders")
    assert emptied.ids() == [1, 2, 3]
    emptied.land(4)
    emptied.run()
    assert (emptied.ids(), emptied.ids("gold.n")) == ([1, 2, 3, 4], [1, 2, 3, 4])


def test_a_dry_run_of_it_says_so_too(emptied):
    with connect(emptied.folder) as lake:
        report = dry_run(lake.project, lake.engine, Selection((), ("bronze.orders",)))
    assert [error.code for error in report.errors] == ["landed-files-gone"]


def test_brought_back_as_the_hint_says_they_are_read_and_go_again(emptied):
    hint = emptied.run(check=False, full_refresh_all=True)[0].partition("bring them back: ")[2]
    subprocess.run(shlex.split(hint), check=True)
    assert emptied.files() == ["1.csv", "2.csv", "3.csv"]
    told = emptied.run(full_refresh_all=True)
    assert told == [f"source orders: 2 processed files moved to {emptied.folder}/archive"]
    assert (emptied.ids(), emptied.files()) == ([1, 2, 3], ["3.csv"])


def test_brought_back_they_are_not_read_twice(emptied):
    subprocess.run(["cp", "-R", f"{emptied.folder}/archive/orders/.", f"{emptied.lake}/_landing/orders/"], check=True)
    emptied.run()
    assert emptied.ids() == [1, 2, 3]


def test_a_reader_that_says_from_when_on_it_reads_is_not_refused(tmp_path, web):
    shop = Shop(tmp_path, web, "{keep: 1d}")
    shop.land(1, 2, 3)
    shop.clock.advance(days=1)
    shop.run()
    [told] = shop.run(check=False, full_refresh_all=True)
    assert "2 were removed" in told
    instant = told.partition("modifiedAfter = ")[2]
    shop.define(bronze=BRONZE.replace("header =>", f"modifiedAfter => {instant}, header =>"))
    shop.run(full_refresh_all=True)
    assert shop.ids() == [3]


NEW = {
    "table": BRONZE.replace("bronze.orders AS", "bronze.new AS"),
    "flow": "CREATE FLOW more AS INSERT INTO bronze.orders BY NAME SELECT id, 'x' AS file FROM STREAM read_files('${landing}/orders/*', format => 'csv', header => true)",
    "view": "CREATE MATERIALIZED VIEW gold.new AS SELECT id FROM read_files('${landing}/orders', format => 'csv', header => true)",
    "declared": "CREATE MATERIALIZED VIEW gold.new AS SELECT id FROM read_files('${landing}/orders', format => 'csv', header => true, schema => 'id INT')",
    "join": "CREATE STREAMING TABLE silver.new AS SELECT o.id FROM STREAM bronze.orders o JOIN read_files('${landing}/orders', format => 'csv', header => true) USING (id)",
}


@pytest.mark.parametrize("definition", NEW.values(), ids=NEW.keys())
def test_what_begins_to_read_files_of_which_some_are_gone_is_refused(emptied, definition):
    emptied.define(new=definition)
    assert "landed-files-gone" in emptied.run(check=False)[0]
    assert emptied.ids() == [1, 2, 3]


def test_what_reads_other_files_is_not_refused(emptied):
    emptied.define(
        new=NEW["table"].replace("orders/*.csv", "orders/3*.csv"),
        more=NEW["view"].replace("orders'", "orders/[3-9].csv'"),
    )
    emptied.run()
    assert (emptied.ids("bronze.new"), emptied.ids("gold.new")) == ([3], [3])


def test_when_all_files_are_gone_the_table_stays_and_a_full_refresh_is_refused(emptied):
    emptied.clock.advance(days=5)
    emptied.run()
    assert emptied.files() == []
    assert emptied.run() == []
    with connect(emptied.folder) as lake:
        emptied.define(gold="CREATE MATERIALIZED VIEW gold.n AS SELECT count(*) AS n FROM bronze.orders")
        assert preview(lake.project, lake.engine, "gold.n", 5).fetchall() == [(3,)]
        assert not dry_run(lake.project, lake.engine, Selection()).errors
    assert "3 landed files that are gone" in emptied.run(check=False, full_refresh_all=True)[0]
    assert emptied.ids() == [1, 2, 3]


def test_a_restored_table_goes_on_without_the_files(emptied):
    emptied.land(4)
    emptied.clock.advance(days=9)
    emptied.run()
    assert emptied.files() == []
    with connect(emptied.folder) as lake:
        versions = [row[0] for row in lake.sql("DESCRIBE HISTORY bronze.orders").fetchall()]
        restore_table(lake.project, "bronze.orders", max(versions) - 1)
    emptied.land(5)
    emptied.run()
    assert emptied.ids() == [1, 2, 3, 5]  # what a restore gives up is not read again
    assert "landed-files-gone" in emptied.run(check=False, full_refresh_all=True)[0]
    assert emptied.ids() == [1, 2, 3, 5]


def test_a_preview_shows_the_rows_of_the_files_that_are_left(emptied):
    with connect(emptied.folder) as lake:
        assert [row[0] for row in preview(lake.project, lake.engine, "bronze.orders", 5).fetchall()] == [3]


def test_a_table_that_was_dropped_is_not_built_from_what_is_left(emptied):
    with connect(emptied.folder) as lake:
        drop_table(lake.project, "bronze.orders")
    assert "bronze.orders, which begins to read them, would lack" in emptied.run(check=False)[0]


def by_filters(bronze):
    """The same table, made of two reads of one folder."""
    head, select = bronze.split(" AS\n", 1)
    reads = [
        select.strip(" ;\n").replace("format =>", f"pathGlobFilter => '{glob}', format =>") for glob in ("*", "[0-9]*")
    ]
    return f"{head} AS {' UNION ALL '.join(reads)};"


@pytest.mark.parametrize("reading", [str, by_filters])
def test_a_table_that_another_project_writes_has_to_have_read_a_file(tmp_path, web, reading):
    shop = Shop(tmp_path / "a", web, "{keep: 1h}")
    bronze = reading(BRONZE.replace("bronze.orders", "bronze.others"))
    other = Shop(tmp_path / "b", web, "{keep: forever}", bronze=bronze)
    settings = (other.folder / "ingot.yml").read_text()
    (other.folder / "ingot.yml").write_text(f"lake: ../a/lake\n{settings}")
    shop.land(1)
    other.run()
    shop.land(2)
    shop.clock.advance(days=2)
    assert shop.run() == [
        "source orders: 1 processed file removed",
        "source orders: 1 landed file is old enough to go and stays: bronze.others, which this project does not define, "
        "has not read them yet",
    ]
    assert shop.files() == ["2.csv"]


def test_a_view_that_another_project_writes_keeps_the_files(tmp_path, web):
    shop = Shop(tmp_path / "a", web, "{keep: 1h}")
    other = Shop(tmp_path / "b", web, "{keep: forever}", bronze=NEW["view"])
    (other.folder / "ingot.yml").write_text(f"lake: ../a/lake\n{(other.folder / 'ingot.yml').read_text()}")
    shop.land(1)
    other.run()
    assert shop.run() == [
        "source orders: 1 landed file is old enough to go and stays: gold.new, which this project does not define, reads "
        "them whole"
    ]


def test_files_that_cannot_be_archived_stay_and_the_update_stands(tmp_path, web):
    shop = Shop(tmp_path, web, "{archive: ./archive, after: 1d}")
    (tmp_path / "archive" / "orders").mkdir(parents=True)
    (tmp_path / "archive" / "orders" / "1.csv").write_bytes(b"other")
    shop.land(1, 2)
    shop.clock.advance(days=1)
    told = shop.run()
    assert told[0] == f"source orders: 1 processed file moved to {tmp_path}/archive"
    assert told[1].endswith(f"{tmp_path}/archive/orders/1.csv is another file")
    assert shop.files() == ["1.csv"]


def test_a_file_that_cannot_be_removed_is_told_and_the_update_stands(tmp_path, web, monkeypatch):
    shop = Shop(tmp_path, web, "{keep: 1h}")
    shop.land(1)
    whole = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "1.csv":
            raise PermissionError(13, "Permission denied", str(path))
        whole(path, missing_ok=missing_ok)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        [told] = shop.run()
    assert told.endswith("_landing/orders/1.csv: Permission denied")
    assert shop.ids() == [1]
    assert shop.run() == ["source orders: 1 processed file removed"]


@pytest.mark.slow
def test_killed_anywhere_in_an_update_no_row_is_lost_or_doubled(tmp_path, web):
    base = Shop(
        tmp_path / "base",
        web,
        "{archive: ./archive, after: 0s}",
        second=BRONZE.replace("bronze.orders AS", "bronze.again AS"),
    )
    base.land(1)
    base.run()
    base.land(2, 3)
    died_at = 0
    for operation in range(3, 3000, 4):
        shop = Shop(tmp_path / str(operation), web, base.landed)
        shutil.rmtree(shop.folder)
        shutil.copytree(base.folder, shop.folder)
        shop.clock.advance(days=2)
        died = dies_at(shop.run, shop.folder, operation)
        shop.run()
        assert (shop.ids(), shop.ids("bronze.again")) == ([1, 2, 3], [1, 2, 3])
        assert shop.files() == []
        assert sorted(path.name for path in (shop.folder / "archive" / "orders").iterdir()) == [
            "1.csv",
            "2.csv",
            "3.csv",
        ]
        died_at += died
        if not died:
            break
    assert died_at > 20

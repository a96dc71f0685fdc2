"""Which sources an update lands, in which order, and what it says of the others."""

from __future__ import annotations

import datetime
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from forked import ingot
from ingot.connection import connect
from ingot.errors import ProjectError
from ingot.events import EventStream
from ingot.project import load_project
from ingot.source import LandContext, LandResult
from ingot.testing import ManualClock
from ingot.update.landing import land_sources
from sources.misbehaving import WebServer, reply, serve

MONDAY = datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC)


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serve() as server:
        for name in ("a", "b", "c"):
            server.on(f"/{name}.csv", reply(200, b"id\n1\n"))
        yield server


def project(folder: Path, web: WebServer, *sources: str, configuration: str = "{}") -> Path:
    entries = "\n".join(
        f"  {name}: {{kind: http, url: '{web.url}/{name}.csv', retries: 0{', ' if rest else ''}{rest}}}"
        for name, _, rest in (source.partition(" ") for source in sources)
    )
    (folder / "ingot.yml").write_text(f"name: shop\nconfiguration: {configuration}\nsources:\n{entries}\n")
    return folder


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    done = ingot(folder, *arguments)
    return done.returncode, done.stdout + done.stderr


def test_sources_are_landed_after_those_that_they_depend_on(tmp_path, web):
    project(tmp_path, web, "a depends_on: [c]", "b", "c depends_on: b")
    code, shown = run(tmp_path, "land")
    assert code == 0, shown
    assert web.paths == ["/b.csv", "/c.csv", "/a.csv"]


def test_a_source_whose_dependency_failed_is_not_landed(tmp_path, web):
    web.on("/b.csv", reply(404))
    project(tmp_path, web, "a depends_on: b", "b", "c")
    code, shown = run(tmp_path, "land")
    assert code == 1
    assert web.paths == ["/b.csv", "/c.csv"]
    assert "source a" in shown
    assert "b failed" in shown
    assert shown.count("error[") == 1


def test_a_bug_that_one_source_meets_fails_that_source_alone(tmp_path, web, monkeypatch):
    def land(self, context: LandContext) -> LandResult:
        raise TypeError("can't compare these; s3cret")

    project(tmp_path, web, "a", "c depends_on: b")
    with (tmp_path / "ingot.yml").open("a") as file:
        file.write("  b: {kind: database, url: 'sqlite:x.db', tables: ['*'], password: '${secret:shop}'}\n")
    monkeypatch.setenv("INGOT_SECRET_SHOP", "s3cret")
    monkeypatch.setattr("ingot.sources.database.Source.land", land)
    events = EventStream()
    loaded = load_project(tmp_path)
    failures = land_sources(loaded, events, MONDAY)
    (error,) = failures.errors
    assert (error.code, error.message) == ("internal-error", "internal error: TypeError: can't compare these; •••")
    assert "in land" in error.render()
    assert "s3cret" not in error.render()
    assert str(error.location).endswith("ingot.yml:6")
    assert web.paths == ["/a.csv"]
    assert sorted(Path(path).name for path in failures.missing) == ["b", "c"]


def test_only_the_named_sources_are_landed_whatever_their_when(tmp_path, web):
    project(tmp_path, web, "a", "b when: {configuration: {mode: full}}", configuration="{mode: quick}")
    code, _ = run(tmp_path, "land", "b")
    assert code == 0
    assert web.paths == ["/b.csv"]


def test_an_unknown_source_is_named_with_the_nearest(tmp_path, web):
    project(tmp_path, web, "a", "b")
    code, shown = run(tmp_path, "land", "aa")
    assert code == 1
    assert "there is no source 'aa' in the project" in shown
    assert "did you mean 'a'?" in shown


def test_a_source_is_landed_on_its_days(tmp_path, web):
    project(tmp_path, web, "a when: {weekday: [mon, Sunday]}", "b when: {weekday: 2}", "c")
    clock = ManualClock(MONDAY)
    with connect(tmp_path) as lake:
        lake.run(clock=clock)
        assert web.paths == ["/a.csv", "/c.csv"]
        skipped = "SELECT message FROM event_log() WHERE event_type = 'source_progress' AND message LIKE '%not today%'"
        assert lake.sql(skipped).fetchall() == [("b: not today: on Tuesday",)]
        clock.advance(days=1)
        lake.run(clock=clock)
        assert web.paths[2:] == ["/b.csv", "/c.csv"]


def test_a_source_is_landed_with_its_values_of_the_configuration(tmp_path, web):
    project(tmp_path, web, "a when: {configuration: {mode: [full, all]}}", configuration="{mode: quick}")
    assert run(tmp_path, "run")[0] == 0
    assert web.paths == []
    assert run(tmp_path, "run", "--set", "mode=all")[0] == 0
    assert web.paths == ["/a.csv"]


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("a when: {weekday: someday}", "invalid-project", "someday"),
        ("a when: {weekday: 8}", "invalid-project", "8"),
        ("a when: {month: 1}", "invalid-project", "month"),
        ("a when: {configuration: {mood: full}}", "undefined-parameter", "mood"),
        ("a continue_on_error: maybe", "wrong-type", "maybe"),
        ("a depends_on: other", "unknown-source", "other"),
        ("a depends_on: a", "circular", "a → a"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, web, source, code, says):
    project(tmp_path, web, source, configuration="{mode: full}")
    with pytest.raises(ProjectError, match=says) as caught:
        load_project(tmp_path)
    assert caught.value.code in (code, "wrong-type", "unknown-key")
    assert caught.value.location is not None
    assert caught.value.location.line == 4


def reading(folder: Path, **paths: str) -> None:
    """A streaming table for each path below the landing zone."""
    (folder / "transformations").mkdir()
    for name, path in paths.items():
        (folder / "transformations" / f"{name}.sql").write_text(
            f"CREATE STREAMING TABLE bronze.{name} AS SELECT * FROM STREAM "
            f"read_files('${{landing}}/{path}', format => 'csv', header => true)"
        )


def states(folder: Path) -> dict[str, str]:
    with connect(folder) as lake:
        return {name.table: progress.status for name, progress in lake.run().progress.items()}


def test_a_failed_source_fails_what_reads_it_and_nothing_else(tmp_path, web):
    project(tmp_path, web, "a", "b")
    reading(tmp_path, a="a", b="b", both="*")
    assert set(states(tmp_path).values()) == {"COMPLETED"}
    web.on("/a.csv", reply(404))
    web.on("/b.csv", reply(200, b"id\n2\n"))
    assert states(tmp_path) == {"a": "SKIPPED", "b": "COMPLETED", "both": "SKIPPED"}
    web.on("/a.csv", reply(200, b"id\n3\n"))
    assert set(states(tmp_path).values()) == {"COMPLETED"}
    with connect(tmp_path) as lake:
        assert sorted(lake.sql("SELECT id FROM bronze.both").fetchall()) == [(1,), (1,), (2,), (3,)]


def test_a_source_that_failed_in_part_fails_what_reads_that_part(tmp_path, web):
    (tmp_path / "ingot.yml").write_text(
        f"name: shop\nsources:\n  s: {{kind: http, url: '{web.url}/{{file}}', retries: 0, for_each: "
        "[{file: a.csv}, {file: b.csv}]}\n"
    )
    reading(tmp_path, a="s/a*.csv", b="s/b*.csv", all="s")
    web.on("/a.csv", reply(404))
    assert states(tmp_path) == {"a": "SKIPPED", "b": "COMPLETED", "all": "SKIPPED"}


def test_what_has_landed_is_read_all_the_same_where_a_source_allows_it(tmp_path, web):
    project(tmp_path, web, "a continue_on_error: true")
    reading(tmp_path, a="a")
    web.on("/a.csv", reply(404))
    assert states(tmp_path) == {"a": "SKIPPED"}  # nothing has landed yet
    web.on("/a.csv", reply(200, b"id\n1\n"))
    assert states(tmp_path) == {"a": "COMPLETED"}
    web.on("/a.csv", reply(404))
    assert states(tmp_path) == {"a": "COMPLETED"}
    assert run(tmp_path, "run")[0] == 1


def test_progress_is_told_with_bytes_and_rate(tmp_path, web):
    def in_two_pieces(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "6000000")
        handler.end_headers()
        handler.wfile.write(b"id\n" + b"1\n" * 1_500_000)
        told.wait(30)
        handler.wfile.write(b"2\n" * 1_499_998 + b"\n")

    told, seen = threading.Event(), []

    def listen(event):
        if event.level == "METRICS":
            seen.append(event.details)
            told.set()

    web.on("/a.csv", in_two_pieces)
    events = EventStream()
    events.listen(listen)
    land_sources(load_project(project(tmp_path, web, "a")), events, MONDAY)
    assert "bytes_per_second" not in seen[0]
    assert (seen[-1]["bytes"], seen[-1]["total"], seen[-1]["file"]) == (6_000_000, 6_000_000, "a.csv")
    assert seen[-1]["bytes_per_second"] > 0


def test_landing_alone_changes_no_table(tmp_path, web):
    project(tmp_path, web, "a")
    (tmp_path / "transformations").mkdir()
    (tmp_path / "transformations" / "a.sql").write_text(
        "CREATE STREAMING TABLE bronze.a AS SELECT * FROM STREAM read_files('${landing}/a', format => 'csv', header => true)"
    )
    assert run(tmp_path, "land")[0] == 0
    assert not (tmp_path / "lake" / "bronze").exists()
    assert run(tmp_path, "run")[0] == 0
    with connect(tmp_path) as lake:
        assert lake.sql("SELECT id FROM bronze.a").fetchall() == [(1,)]
        assert len(lake.sql("SELECT * FROM landing.files").fetchall()) == 1

"""Queries of strangers: what they may read, how long, how much, and in which form they get it."""

from __future__ import annotations

import io
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from itertools import islice
from pathlib import Path

import httpx
import pyarrow as pa
import pytest

from ingot.result import Result
from ingot.server.rendering import MEDIA_TYPES, Bounds, rendered
from ingot.types import STRING, Field, StructType
from server.serving import Running, serving
from server.waiting import lives, wait_for

API = "/api/v1"
ENDLESS = "SELECT count(*) FROM range(1000000000) a CROSS JOIN range(1000000000) b"
STUBBORN = "SELECT rlike(repeat('a', 60) || '!', '(?=a)(a+)+$')"  # in Python's re, which nothing interrupts


def code(answer: httpx.Response) -> str:
    return answer.json()["error"]["code"]


# --- what they may read ---------------------------------------------------------------------------------------------

REFUSED = """
SELECT * FROM csv.`{root}/secret.txt`
SELECT * FROM text.`{root}/secret.txt`
SELECT * FROM binaryFile.`{root}/secret.txt`
SELECT * FROM read_files('{root}/secret.txt')
SELECT * FROM read_files('{root}/secret.txt', format => 'text')
SELECT * FROM read_files('incoming', format => 'csv')
SELECT * FROM STREAM read_files('{root}', format => 'text')
SELECT * FROM cloud_files('{root}', 'text')
SELECT * FROM delta.`{root}/lake/gold/revenue`
SELECT * FROM table_changes_by_path('{root}/lake/gold/revenue', 0)
SELECT * FROM `../gold`.revenue
SELECT * FROM `..`.`..`
SELECT * FROM gold.`../silver/orders`
SELECT * FROM gold.`{root}/lake/gold/revenue`
SELECT * FROM identifier('delta.`{root}/lake/gold/revenue`')
SELECT (SELECT max(value) FROM text.`{root}/secret.txt`)
WITH a AS (SELECT * FROM text.`{root}/secret.txt`) SELECT * FROM a
SELECT * FROM gold.revenue WHERE EXISTS (SELECT 1 FROM text.`{root}/secret.txt`)
SELECT 1 UNION ALL SELECT value FROM text.`{root}/secret.txt`
SELECT * FROM gold.revenue JOIN LATERAL (SELECT * FROM text.`{root}/secret.txt`)
SELECT * FROM read_text('{root}/secret.txt')
SELECT * FROM read_csv('{root}/secret.txt')
SELECT * FROM read_parquet('{root}/lake/**')
SELECT * FROM glob('/*')
SELECT * FROM '{root}/secret.txt'
SELECT * FROM duckdb_settings()
SELECT * FROM duckdb_secrets()
SELECT getenv('SECRET_OF_THE_SERVER')
SELECT current_setting('temp_directory')
SELECT * FROM read_kafka(bootstrapServers => 'x')
SELECT http_get('http://localhost/')
SELECT secret('scope', 'key')
DESCRIBE DETAIL delta.`{root}/lake/gold/revenue`
DESCRIBE HISTORY `..`.x
DESCRIBE TABLE `{root}/lake/gold`.revenue
COPY (SELECT 1) TO '{root}/out.csv'
INSERT INTO gold.revenue SELECT 1, 1, 1
DELETE FROM gold.revenue
DROP TABLE gold.revenue
CREATE TABLE gold.x AS SELECT 1
CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1
ATTACH '{root}/x.db'
INSTALL httpfs
LOAD httpfs
PRAGMA database_list
SET memory_limit = '100GB'
CALL system.x()
EXPORT DATABASE '{root}/x'
SELECT 1; DROP TABLE gold.revenue
SELECT 1; SELECT 2
REFRESH TABLE gold.revenue
""".strip().splitlines()


@pytest.mark.parametrize("sql", REFUSED)
def test_nothing_but_tables_is_read_and_nothing_written(server: Running, project: Path, sql: str):
    before = {path: path.stat().st_mtime_ns for path in project.rglob("*") if "tmp" not in path.parts}
    answer = server.query(sql.replace("{root}", str(project)))
    assert answer.status_code in (400, 404), answer.text
    assert "nobody may read" not in answer.text and "hush" not in answer.text
    assert {path: path.stat().st_mtime_ns for path in project.rglob("*") if "tmp" not in path.parts} == before


ELSEWHERE = """
SELECT * FROM csv.`{web}/x.csv`
SELECT * FROM parquet.`{web}/x.parquet`
SELECT * FROM text.`{web}/x`
SELECT * FROM delta.`{web}/table`
SELECT * FROM `{web}/x.csv`
SELECT * FROM '{web}/x.csv'
SELECT * FROM read_files('{web}/x.csv')
SELECT * FROM STREAM read_files('{web}/', format => 'text')
SELECT * FROM cloud_files('{web}/', 'json')
SELECT * FROM read_csv('{web}/x.csv')
SELECT * FROM read_parquet('{web}/x.parquet')
SELECT * FROM read_text('{web}/x')
SELECT * FROM parquet_scan('{web}/x.parquet')
SELECT * FROM sniff_csv('{web}/x.csv')
SELECT * FROM glob('{web}/*')
SELECT * FROM delta_scan('{web}/table')
SELECT * FROM iceberg_scan('{web}/table')
SELECT * FROM table_changes_by_path('{web}/table', 0)
SELECT * FROM http_request('{web}')
SELECT * FROM gold.`{web}/x`
SELECT * FROM identifier('csv.`{web}/x.csv`')
SELECT (SELECT max(value) FROM text.`{web}/x`)
SELECT * FROM csv.`s3://bucket/x.csv`
SELECT * FROM delta.`s3://bucket/table`
SELECT * FROM delta.`s3a://bucket/table`
SELECT * FROM read_files('s3://bucket/x.csv')
SELECT * FROM read_parquet('s3://bucket/x.parquet')
SELECT * FROM parquet.`abfss://container@account.dfs.core.windows.net/x`
SELECT * FROM read_files('abfss://container@account.dfs.core.windows.net/x')
SELECT * FROM delta.`az://container/table`
SELECT * FROM read_files('wasbs://container@account.blob.core.windows.net/x')
SELECT * FROM parquet.`gs://bucket/x`
SELECT * FROM read_files('gs://bucket/x.csv')
SELECT * FROM csv.`hf://datasets/a/b/x.csv`
SELECT * FROM csv.`hdfs://name/x.csv`
SELECT * FROM csv.`dbfs:/x.csv`
SELECT * FROM text.`file:///etc/passwd`
SELECT * FROM read_files('file:///etc/passwd', format => 'text')
SELECT * FROM read_files('/Volumes/main/default/x')
DESCRIBE DETAIL delta.`{web}/table`
DESCRIBE HISTORY delta.`s3://bucket/table`
SHOW COLUMNS IN `{web}/x.csv`
ATTACH '{web}/x.db'
ATTACH 's3://bucket/x.db'
COPY (SELECT 1) TO '{web}/out.csv'
COPY (SELECT 1) TO 's3://bucket/out.csv'
CREATE SECRET s (TYPE s3, KEY_ID 'x', SECRET 'y')
CREATE TABLE gold.x USING csv LOCATION '{web}/x.csv'
INSTALL httpfs FROM '{web}'
LOAD '{web}/x.duckdb_extension'
SELECT http_get('{web}')
SELECT ai_query('{web}', 'x')
SELECT * FROM remote_query('{web}')
""".strip().splitlines()
REFUSALS = {
    "invalid-query", "not-a-query", "path-refused", "syntax-error", "unknown-function", "unmapped-path",
    "unsupported-function", "unsupported-statement",
}  # fmt: skip


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """An address of this machine at which nobody may knock."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.mark.parametrize("sql", ELSEWHERE)
def test_nothing_is_read_from_the_network_and_nobody_is_asked(server: Running, listener: socket.socket, sql: str):
    host, port = listener.getsockname()
    answer = server.query(sql.replace("{web}", f"http://{host}:{port}"))
    assert answer.status_code == 400 and code(answer) in REFUSALS, answer.text
    assert select.select([listener], [], [], 0)[0] == [], "somebody has knocked"


def test_a_store_for_which_a_folder_stands_is_not_read_either(own_project: Path):
    settings = own_project / "ingot.yml"
    settings.write_text(settings.read_text() + "paths: {'s3://bucket': ./incoming}\n")
    with serving(own_project) as server:
        for sql in ("SELECT * FROM csv.`s3://bucket/1.csv`", "SELECT * FROM read_files('s3://bucket/1.csv')"):
            assert code(server.query(sql)) == "path-refused", sql


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT customer FROM gold.revenue ORDER BY 1", [["=Zoë"], ["Ada"]]),
        ("SELECT count(*) FROM gold.revenue VERSION AS OF 0", [[2]]),
        ("SELECT country FROM reference.countries WHERE code = 'JP'", [["Japan"]]),
        ("SELECT source FROM landing.files", [["drops"]]),
        ("SELECT count(*) > 0 FROM event_log()", [[True]]),
        ("SELECT count(*) FROM samples.tpch.nation", [[25]]),
        ("FROM gold.revenue |> AGGREGATE count(*) AS n", [[2]]),
        ("SHOW SCHEMAS", [["bronze"], ["gold"], ["silver"]]),
        ("DESCRIBE gold.revenue", [["customer", "string", "Who ordered"], ["orders", "bigint", None], ["revenue", "decimal(20,2)", None]]),
    ],
)  # fmt: skip
def test_tables_are_read_mapped_ones_too(server: Running, sql: str, rows: list):
    answer = server.query(sql)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"] == rows


def test_a_query_knows_nothing_of_the_environment_of_the_server(server: Running):
    server.query("SELECT 1")
    pids = [path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if _is_worker_of(path, server.process.pid)]
    assert pids
    assert all(b"hush-hush" not in (pid / "environ").read_bytes() for pid in pids)


def _is_worker_of(cmdline: Path, parent: int) -> bool:
    try:
        status = (cmdline.parent / "status").read_text()
        return b"ingot.server.worker" in cmdline.read_bytes() and f"PPid:\t{parent}\n" in status
    except OSError:
        return False


def workers(server: Running) -> list[int]:
    return [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if _is_worker_of(path, server.process.pid)
    ]


@pytest.mark.parametrize(
    ("sql", "place"),
    [
        ("SELECT\n  nope FROM gold.revenue", "query:2:"),
        ("\n\nSELECT * FROM gold.revenu", "query:3:"),
        ("SELECT 1 FROM\nWHERE", "query:"),
    ],
)
def test_what_is_wrong_with_a_query_has_its_line_and_column(server: Running, sql: str, place: str):
    assert server.query(sql).json()["error"]["location"].startswith(place)


# --- in which form --------------------------------------------------------------------------------------------------


def test_values_are_json_without_losing_a_digit(server: Running):
    found = server.query(
        "SELECT 9007199254740993 AS big, 0.1BD AS d, 12345678901234567890.12BD AS wide, double('NaN') AS nan, "
        "DATE'2024-02-29' AS day, TIMESTAMP'2024-01-01 00:00:00.5Z' AS at, TIMESTAMP_NTZ'2024-01-01 00:00:00' AS local, "
        "array(1, NULL) AS list, map('a', 1BD) AS pairs, named_struct('x', DATE'2024-01-01') AS parts, X'00FF' AS bytes, "
        "true AS yes, CAST(NULL AS STRING) AS nothing"
    ).json()
    assert dict(zip([c["name"] for c in found["columns"]], found["rows"][0], strict=True)) == {
        "big": "9007199254740993", "d": 0.1, "wide": "12345678901234567890.12", "nan": "NaN", "day": "2024-02-29",
        "at": "2024-01-01T00:00:00.500000Z", "local": "2024-01-01T00:00:00", "list": [1, None], "pairs": {"a": 1},
        "parts": {"x": "2024-01-01"}, "bytes": "00ff", "yes": True, "nothing": None,
    }  # fmt: skip
    assert [c["type"] for c in found["columns"]][:6] == ["number", "number", "number", "number", "date", "timestamp"]


def test_csv_keeps_values_or_makes_formulas_harmless(server: Running):
    sql = "SELECT customer, -1 AS n FROM gold.revenue ORDER BY 1"
    headers = {"Accept": "text/csv"}
    kept = server.post(f"{API}/query", {"sql": sql}, headers=headers)
    assert kept.text == "customer,n\n=Zoë,-1\nAda,-1\n"
    assert kept.headers["content-type"] == "text/csv; charset=utf-8"
    escaped = server.post(f"{API}/query", {"sql": sql, "formulas": "escape"}, headers=headers)
    assert escaped.text == "customer,n\n'=Zoë,-1\nAda,-1\n"
    values = "SELECT * FROM VALUES (1, '', NULL), (2, NULL, 'a\\rb') AS v (id, x, `y z,`) ORDER BY id"
    assert server.post(f"{API}/query", {"sql": values}, headers=headers).text == ('id,x,"y z,"\n1,"",\n2,,"a\rb"\n'), (
        "null and the empty text differ"
    )


@pytest.mark.parametrize("offset", [0, 1, 3, 10])
def test_arrow_streams_hold_the_rows(server: Running, offset: int):
    headers = {"Accept": "application/vnd.apache.arrow.stream"}
    body = {"sql": "SELECT id, array(id) AS l, 'x' || id AS s FROM range(5) ORDER BY id", "offset": offset, "limit": 2}
    answer = server.post(f"{API}/query", body, headers=headers)
    table = pa.ipc.open_stream(io.BytesIO(answer.content)).read_all()
    table.validate(full=True)
    wanted = list(range(5))[offset : offset + 2]
    assert table.to_pylist() == [{"id": n, "l": [n], "s": f"x{n}"} for n in wanted]
    assert answer.headers["x-is-truncated"] == str(offset + 2 < 5).lower()


def test_a_form_that_nobody_has_is_refused(server: Running):
    answer = server.post(f"{API}/query", {"sql": "SELECT 1"}, headers={"Accept": "application/xml"})
    assert (answer.status_code, code(answer)) == (406, "not-acceptable")


def test_pages_of_rows_follow_each_other(server: Running):
    pages = [server.query("SELECT id FROM range(7) ORDER BY id", limit=3, offset=n).json() for n in (0, 3, 6)]
    assert [row for page in pages for [row] in page["rows"]] == list(range(7))
    assert [page["is_truncated"] for page in pages] == [True, True, False]


def test_columns_of_one_name_stay_apart(server: Running):
    found = server.query("SELECT 1 AS a, 2 AS a").json()
    assert (found["rows"], [column["name"] for column in found["columns"]]) == ([[1, 2]], ["a", "a"])


# --- bounds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sql", [ENDLESS, STUBBORN], ids=["endless", "stubborn"])
def test_a_query_that_takes_too_long_is_stopped_and_others_go_on(server: Running, sql: str):
    server.query("SELECT 1")  # so that a process is there already
    began = time.monotonic()
    answer = server.query(sql, timeout_s=0.5)
    assert (answer.status_code, code(answer)) == (504, "query-timeout")
    assert time.monotonic() - began < 10
    assert server.query("SELECT 1").json()["rows"] == [[1]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT length(repeat('x', 2000000000))",
        "SELECT size(sequence(1, 1000000000))",
        "SELECT collect_list(repeat('x', 1000)) FROM range(100000000)",
    ],
)
def test_a_query_that_takes_too_much_memory_fails_alone(server: Running, sql: str):
    answer = server.query(sql, timeout_s=50)
    assert code(answer) in ("out-of-memory", "query-crashed", "disk-full", "bad-data"), answer.text
    assert server.query("SELECT 1").json()["rows"] == [[1]]
    assert server.get(f"{API}/project").status_code == 200


def test_rows_are_bounded_by_the_server_whatever_is_asked_for(own_project: Path):
    settings = own_project / "ingot.yml"
    settings.write_text(settings.read_text() + "serve: {query_rows_max: 5, query_timeout_s: 1}\n")
    with serving(own_project) as server:
        # a machine that is busy may need more than the second for the first query of a process
        asked = wait_for(
            lambda: server.query("SELECT * FROM range(100)", limit=1_000_000), lambda answer: answer.status_code != 504
        )
        found = asked.json()
        assert (found["row_count"], found["is_truncated"]) == (5, True)
        assert code(server.query(ENDLESS, timeout_s=3600)) == "query-timeout"


def test_the_bytes_of_an_answer_are_bounded(server: Running):
    answer = server.query("SELECT repeat('x', 1000000) AS wide FROM range(200)", limit=200)
    found = answer.json()
    assert len(answer.content) < 70 * 2**20
    assert 0 < found["row_count"] < 200 and found["is_truncated"] and len(found["rows"]) == found["row_count"]
    assert found["truncated_by"] == answer.headers["X-Truncated-By"] == "bytes"


def test_an_answer_that_is_cut_by_rows_says_so_and_a_whole_one_nothing(server: Running):
    cut, whole = server.query("SELECT id FROM range(3)", limit=2), server.query("SELECT id FROM range(2)", limit=2)
    assert (cut.json()["truncated_by"], cut.headers["X-Truncated-By"]) == ("rows", "rows")
    assert whole.json()["truncated_by"] is None and "X-Truncated-By" not in whole.headers


@pytest.mark.parametrize("form", ["application/json", "text/csv", "application/vnd.apache.arrow.stream"])
def test_a_row_that_no_answer_can_hold_is_an_error_with_the_bound(server: Running, form: str):
    asked = {"sql": "SELECT repeat('x', 70000000) AS wide"}
    answer = server.post(f"{API}/query", asked, headers={"Accept": form})
    assert (answer.status_code, code(answer)) == (400, "answer-too-large"), answer.text[:200]
    assert "64 MiB" in answer.json()["error"]["message"]


def test_rows_before_a_wide_one_are_given_in_each_form():
    """As Arrow has them, the wide row is in one batch with the others, and outweighs them."""
    table = pa.table({"wide": ["x", "y" * 100_000, "z"]})
    for form in MEDIA_TYPES:
        result = Result(table, StructType((Field("wide", STRING),)))
        facts = rendered(result, form, 0, Bounds(10, 5_000), False, io.BytesIO())
        assert facts == {"row_count": 1, "is_truncated": True, "truncated_by": "bytes"}


def test_a_query_is_stopped_when_its_client_goes_away(server: Running):
    before = set(workers(server))
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{server.url}{API}/query", json={"sql": ENDLESS}, timeout=httpx.Timeout(60, read=1))
    wait_for(lambda: [pid for pid in workers(server) if _is_busy(pid)], lambda busy: not busy)
    assert len(set(workers(server)) | before) <= 5


def _is_busy(pid: int) -> bool:
    """Whether a process used a processor for a moment."""

    def ticks() -> int:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
        except OSError:
            return 0
        return int(fields[11]) + int(fields[12])

    first = ticks()
    time.sleep(0.3)
    return ticks() - first > 2


@pytest.mark.slow
def test_too_many_queries_wait_and_then_are_sent_away(own_project: Path):
    """One query holds the only place until all others have come, however long that takes."""
    settings = own_project / "ingot.yml"
    settings.write_text(settings.read_text() + "serve: {queries_max: 1, query_timeout_s: 600}\n")
    with serving(own_project) as server, ThreadPoolExecutor(41) as threads:

        def ask(timeout_s: float) -> httpx.Response:
            return httpx.post(f"{server.url}{API}/query", json={"sql": ENDLESS, "timeout_s": timeout_s}, timeout=600)

        holding = threads.submit(ask, 600)
        [worker] = wait_for(lambda: [pid for pid in workers(server) if _is_busy(pid)], bool)
        others = [threads.submit(ask, 0.1) for _ in range(40)]
        sent_away = [asked.result() for asked in islice(as_completed(others), 8)]  # 32 may wait
        assert {code(answer) for answer in sent_away} == {"server-busy"}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in sent_away)
        os.kill(worker, signal.SIGKILL)
        assert code(holding.result()) == "query-crashed"
        # those that wait get the place one by one, but for whom that takes too long
        assert {code(asked.result()) for asked in others} == {"query-timeout", "server-busy"}
        assert server.query("SELECT 1").status_code == 200


@pytest.mark.slow
def test_fifty_at_once_are_all_answered(server: Running):
    server.query("SELECT 1")  # so that a process is there already: none has to wait for one to start
    with ThreadPoolExecutor(50) as threads:

        def ask(number: int) -> list:
            path = f"{server.url}{API}"
            if number % 2:
                return httpx.post(f"{path}/query", json={"sql": f"SELECT {number}"}, timeout=60).json()["rows"][0]
            return [number] if len(httpx.get(f"{path}/tables", timeout=60).json()["tables"]) == 3 else []

        answers = list(threads.map(ask, range(50)))
    assert answers == [[number] for number in range(50)]


@pytest.mark.slow
def test_a_process_that_is_killed_fails_its_query_alone(server: Running):
    server.query("SELECT 1")
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(server.query(ENDLESS, timeout_s=50)))
    asking.start()
    busy = wait_for(lambda: [pid for pid in workers(server) if _is_busy(pid)], bool)
    os.kill(busy[0], signal.SIGKILL)
    asking.join()
    assert (answers[0].status_code, code(answers[0])) == (500, "query-crashed")
    assert server.query("SELECT 1").status_code == 200


def test_a_process_answers_again_though_there_is_little_memory(own_project: Path):
    settings = own_project / "ingot.yml"
    settings.write_text(settings.read_text().replace("memory_limit: 4GB", "memory_limit: 1GB"))
    with serving(own_project) as server:
        asked = [(server.query(f"SELECT {number}").json()["rows"], workers(server)) for number in range(5)]
    assert [rows for rows, _ in asked] == [[[number]] for number in range(5)]
    assert asked[0][1] and all(pids == asked[0][1] for _, pids in asked)


@pytest.mark.slow
def test_no_process_is_left_when_the_server_ends_or_is_killed(project: Path):
    for sign in (signal.SIGINT, signal.SIGKILL):
        with serving(project, is_anew=True) as server:
            server.query("SELECT 1")
            left = workers(server)
            assert left
            server.process.send_signal(sign)
            server.process.wait(120)
            for pid in left:
                wait_for(partial(lives, pid), lambda still: not still)

"""Sources that are written for dlt: what lands of them, what is kept of their state, and what goes wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ingot.errors import Location
from ingot.lake.landing import Landing
from ingot.model import SourceSpec
from ingot.secrets import Secrets, hide
from ingot.source import NeedsLanded, load_source
from ingot.testing import run_project
from sources.dlt.conftest import Shop
from sources.misbehaving import Answer, WebServer, reply
from sources.test_landing import dies_at

USERS = """
    @dlt.resource
    def users():
        yield [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Grace"}]
        yield {"id": 3, "name": "Barbara"}
"""
ORDERS = """
    import json, pathlib

    @dlt.source
    def shop():
        @dlt.resource(primary_key="id", write_disposition="merge")
        def orders(at=dlt.sources.incremental("at", initial_value="2024-01-01")):
            rows = json.loads(pathlib.Path("orders.json").read_text())
            yield [row for row in rows if row["at"] >= at.last_value]
        return orders
"""


def rows(found: list) -> Answer:
    return reply(200, json.dumps(found).encode(), content_type="application/json")


def orders(shop: Shop, *ids: int) -> None:
    """What the shop has to say: an order for each day."""
    rows = ", ".join(f'{{"id": {i}, "at": "2024-02-{i:02}"}}' for i in ids)
    (shop.root / "orders.json").write_text(f"[{rows}]")


def test_rows_land_as_they_were_yielded(shop: Shop) -> None:
    shop.write(USERS)
    result = shop.land("shop.py:users")
    assert result.landed == ("users/20260304T060607Z/part-0001.jsonl.gz",)
    assert [row["name"] for row in shop.rows("users")] == ["Ada", "Grace", "Barbara"]
    [record] = Landing(shop.lake).records("shop")
    assert (record.url, record.resource, record.page) == ("dlt:shop.py:users", "users", 1)


def test_a_resource_that_yields_the_same_again_is_not_landed_again(shop: Shop) -> None:
    shop.write(USERS)
    shop.land("shop.py:users")
    again = shop.land("shop.py:users")
    assert (again.landed, again.unchanged) == ((), 1)
    shop.write(USERS.replace("Ada", "Éva"))
    assert shop.land("shop.py:users").landed == ("users/20260304T080607Z/part-0001.jsonl.gz",)
    assert len(shop.rows("users")) == 6


def test_a_resource_without_state_that_has_become_empty_lands_a_file_without_rows(shop: Shop) -> None:
    shop.write(USERS)
    shop.land("shop.py:users")
    shop.write("@dlt.resource\ndef users():\n    yield from ()\n")
    assert shop.land("shop.py:users").landed == ("users/20260304T070607Z/part-0001.jsonl.gz",)
    assert len(shop.rows("users")) == 3
    assert shop.land("shop.py:users").landed == ()


def test_only_the_last_table_of_a_resource_is_needed_after_it_was_processed(shop: Shop) -> None:
    """It tells the columns when the resource becomes empty."""
    for rows in ("[1]", "[1, 2]"):
        shop.write(f"import pyarrow as pa\n@dlt.resource\ndef users():\n    yield pa.table({{'id': {rows}}})\n")
        shop.land("shop.py:users")
    records = Landing(shop.lake).records("shop")
    source = load_source(
        SourceSpec("shop", "dlt", {"source": "shop.py:users"}, Location(str(shop.root / "ingot.yml"), 4))
    )
    assert isinstance(source, NeedsLanded)
    assert list(source.needed(records)) == [records[-1].name]
    assert records[-1].name.endswith(".parquet")


def test_a_resource_that_never_had_rows_is_a_folder_without_files(shop: Shop) -> None:
    shop.write("@dlt.resource\ndef users():\n    yield from ()\n")
    assert shop.land("shop.py:users").landed == ()
    assert (shop.lake / "_landing" / "shop" / "users").is_dir()


def test_an_incremental_resource_goes_on_where_it_stopped(shop: Shop) -> None:
    shop.write(ORDERS)
    orders(shop, 1, 2)
    shop.land()
    orders(shop, 1, 2, 3)
    shop.land()
    assert [row["id"] for row in shop.rows("orders")] == [1, 2, 3]
    assert shop.names("orders") == ["20260304T060607Z-0001.jsonl.gz", "20260304T070607Z-0001.jsonl.gz"]
    states = Landing(shop.lake).records("shop")
    assert [record.resource for record in states] == ["orders", "_state", "orders", "_state"]
    assert '"last_value":"2024-02-03"' in states[-1].cursor
    shop.land()
    assert len(Landing(shop.lake).records("shop")) == 4


def test_equal_rows_of_a_resource_with_state_land_each_time(shop: Shop) -> None:
    """A counter may stand still twice: what the state says goes before what the rows look like."""
    shop.write("""
    @dlt.resource
    def ticks():
        state = dlt.current.resource_state()
        state["n"] = state.get("n", 0) + 1
        yield {"tick": True}
    """)
    shop.land("shop.py:ticks")
    shop.land("shop.py:ticks")
    assert shop.rows("ticks") == [{"tick": True}] * 2


def test_a_resource_that_is_replaced_begins_anew_each_time(shop: Shop) -> None:
    shop.write(ORDERS.replace('"merge"', '"replace"'))
    orders(shop, 1, 2)
    shop.land()
    orders(shop, 1, 2, 3)
    shop.land()
    assert [row["id"] for row in shop.rows("orders")] == [1, 2, 1, 2, 3]
    assert shop.land().unchanged == 1
    orders(shop)
    assert shop.land().landed == ("orders/20260304T090607Z/part-0001.jsonl.gz",)
    assert len(shop.rows("orders")) == 5


def test_times_keep_their_type_in_the_state(shop: Shop) -> None:
    shop.write("""
    from datetime import datetime, timezone

    @dlt.resource
    def orders(at=dlt.sources.incremental("at", initial_value=datetime(2024, 1, 1, tzinfo=timezone.utc))):
        assert isinstance(at.last_value, datetime), at.last_value
        yield [{"id": n, "at": datetime(2024, 2, n, tzinfo=timezone.utc)} for n in (1, 2)]
    """)
    shop.land("shop.py:orders")
    shop.land("shop.py:orders")
    assert shop.rows("orders") == [{"id": n, "at": f"2024-02-0{n}T00:00:00+00:00"} for n in (1, 2)]


def test_a_resource_that_others_read_is_read_once(shop: Shop) -> None:
    shop.write("""
    calls = []

    @dlt.resource
    def users():
        calls.append(1)
        yield [{"id": n, "call": len(calls)} for n in (1, 2)]

    @dlt.transformer(data_from=users)
    def posts(rows):
        for row in rows:
            yield dict(user=row["id"], call=row["call"])

    @dlt.source
    def shop():
        return users, posts
    """)
    shop.land()
    assert shop.rows("users") == [{"id": 1, "call": 1}, {"id": 2, "call": 1}]
    assert shop.rows("posts") == [{"user": 1, "call": 1}, {"user": 2, "call": 1}]


def test_resources_that_are_read_at_once_keep_their_rows_and_states(shop: Shop) -> None:
    shop.write("""
    import asyncio

    def counted(name):
        @dlt.resource(name=name, parallelized=True)
        def pages():
            state = dlt.current.resource_state(name)
            for n in range(state.get("n", 0), state.get("n", 0) + 5):
                state["n"] = n + 1
                yield [{"n": n}]
        return pages

    @dlt.resource
    async def slow():
        for n in range(3):
            await asyncio.sleep(0)
            yield {"n": n}

    @dlt.transformer(data_from=slow)
    def later(row):
        @dlt.defer
        def compute():
            return {"n": row["n"] * 10}
        return compute()

    @dlt.source
    def shop():
        return counted("a"), counted("b"), slow, later
    """)
    shop.land()
    assert sorted(row["n"] for row in shop.rows("later")) == [0, 10, 20]
    shop.land()
    assert sorted(row["n"] for row in shop.rows("a")) == sorted(row["n"] for row in shop.rows("b")) == list(range(10))


def test_a_source_that_comes_with_dlt_reads_an_api(shop: Shop, web: WebServer) -> None:
    """The generic source of dlt for REST APIs: pages, a child of each record, and a cursor."""
    web.on("/orders", rows([{"id": 1, "at": "2024-01-01"}, {"id": 2, "at": "2024-01-02"}]))
    web.on("/orders/1/lines", rows([{"sku": "tent"}]))
    web.on("/orders/2/lines", rows([{"sku": "lamp"}, {"sku": "stove"}]))
    incremental = {"start_param": "since", "cursor_path": "at", "initial_value": "2023-01-01"}
    config = {
        "client": {"base_url": web.url, "paginator": "single_page"},
        "resources": [
            {"name": "orders", "endpoint": {"path": "orders", "incremental": incremental}},
            {
                "name": "lines",
                "endpoint": {"path": "orders/{resources.orders.id}/lines"},
                "include_from_parent": ["id"],
            },
        ],
    }
    options = {"source": "dlt.sources.rest_api:rest_api_source", "arguments": {"config": config}}
    shop.land(**options)
    assert [row["id"] for row in shop.rows("orders")] == [1, 2]
    assert sorted((row["_orders_id"], row["sku"]) for row in shop.rows("lines")) == [
        (1, "tent"),
        (2, "lamp"),
        (2, "stove"),
    ]
    shop.land(**options)
    assert [row["id"] for row in shop.rows("orders")] == [1, 2]


def test_a_table_that_a_row_names_is_a_folder(shop: Shop) -> None:
    shop.write("""
    @dlt.resource
    def events():
        yield dlt.mark.with_table_name({"id": 1}, "clicks")
        yield dlt.mark.with_table_name({"id": 2}, "odd name")
        yield 3
    """)
    shop.land("shop.py:events")
    assert shop.rows("clicks") == [{"id": 1}]
    assert shop.rows("odd_name-ef5bac77") == [{"id": 2}]
    assert shop.rows("events") == [{"value": 3}]


def test_values_that_json_has_no_words_for_are_written_as_dlt_writes_them(shop: Shop) -> None:
    shop.write("""
    from datetime import date
    from decimal import Decimal
    from uuid import UUID

    @dlt.resource
    def users():
        yield {"d": Decimal("1.10"), "on": date(2024, 2, 1), "u": UUID(int=1), "big": 2**70, "b": b"ab", "n": float("nan")}
    """)
    shop.land("shop.py:users")
    [row] = shop.rows("users")
    assert str(row.pop("n")) == "nan"
    assert row == {
        "d": "1.10", "on": "2024-02-01", "u": "00000000-0000-0000-0000-000000000001", "big": 2**70, "b": "YWI=",
    }  # fmt: skip


def test_tables_of_arrow_and_pandas_land_as_parquet(shop: Shop) -> None:
    shop.write("""
    import pandas, pyarrow

    @dlt.resource
    def users():
        yield pyarrow.table({"id": [1, 2]})
        yield pyarrow.record_batch({"id": [3]})

    @dlt.resource
    def prices():
        yield pandas.DataFrame({"price": [1.5]}, index=[7])

    @dlt.source
    def shop():
        return users, prices
    """)
    shop.land()
    folder = shop.lake / "_landing" / "shop"
    assert pq.read_table(folder / "users" / "20260304T060607Z" / "part-0001.parquet").to_pydict() == {"id": [1, 2, 3]}
    assert pq.read_table(folder / "prices" / "20260304T060607Z" / "part-0001.parquet").to_pydict() == {"price": [1.5]}
    shop.write("import pyarrow\n@dlt.resource\ndef users():\n    yield from ()\n")
    shop.land("shop.py:users")
    assert pq.read_table(folder / "users" / "20260304T070607Z" / "part-0001.parquet").to_pydict() == {"id": []}


def test_pages_without_rows_make_no_files(shop: Shop) -> None:
    shop.write("""
    import pyarrow

    @dlt.resource
    def tables():
        yield []
        yield pyarrow.table({"id": [1]})

    @dlt.resource
    def nothing():
        yield []

    @dlt.source
    def shop():
        return tables, nothing
    """)
    assert shop.land().landed == ("tables/20260304T060607Z/part-0001.parquet",)
    assert shop.names("nothing") == []


def test_large_resources_land_in_several_files(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingot.sources.kept_back._FILE_BYTES", 100)
    shop.write("""
    import pyarrow

    @dlt.resource
    def rows():
        for n in range(10):
            yield [{"n": n, "text": "x" * 20}]

    @dlt.resource
    def tables():
        for n in range(10):
            yield pyarrow.table({"n": [n], "text": ["x" * 20]})

    @dlt.source
    def shop():
        return rows, tables
    """)
    shop.land()
    assert [row["n"] for row in shop.rows("rows")] == list(range(10))
    assert len(shop.names("rows")) > 2
    folder = shop.lake / "_landing" / "shop" / "tables"
    assert pq.read_table(folder)["n"].to_pylist() == list(range(10))
    assert len(shop.names("tables")) > 2
    assert shop.land().unchanged == len(shop.names("rows")) + len(shop.names("tables"))


def test_only_the_named_resources_are_read(shop: Shop) -> None:
    shop.write(USERS + "\n    @dlt.source\n    def shop():\n        return users, dlt.resource([1], name='numbers')\n")
    shop.land(resources="numbers")
    assert Landing(shop.lake).path("shop", "numbers").is_dir()
    assert not Landing(shop.lake).path("shop", "users").exists()
    error = shop.fails(resources=["number"])
    assert (error.code, error.hint) == ("unknown-resource", "did you mean 'numbers'?")


def test_arguments_are_given_and_settings_are_those_of_the_project(shop: Shop) -> None:
    shop.write("""
    @dlt.source
    def shop(first, token=dlt.secrets.value, region: str = dlt.config.value):
        return dlt.resource([{"first": first, "token": len(token), "region": region}], name="users")
    """)
    error = shop.fails(arguments={"first": [1]})
    assert (error.code, error.location and error.location.line) == ("missing-configuration", 4)
    assert "token" in error.message
    (shop.root / ".dlt").mkdir()
    (shop.root / ".dlt" / "secrets.toml").write_text('[sources.shop]\ntoken = "abcd"\n')
    (shop.root / ".dlt" / "config.toml").write_text('[sources.shop.shop]\nregion = "eu"\n')
    shop.land(arguments={"first": [1]})
    assert shop.rows("users") == [{"first": [1], "token": 4, "region": "eu"}]


def test_a_source_of_a_package_of_the_project_is_found(shop: Shop) -> None:
    shop.write("", "api/__init__.py")
    shop.write("from .pages import users\n", "api/v1.py")
    shop.write("@dlt.resource\ndef users():\n    yield {'id': 1}\n", "api/pages.py")
    before = list(sys.path)
    shop.land("api.v1:users")
    assert shop.rows("users") == [{"id": 1}]
    assert not [name for name in sys.modules if name.partition(".")[0] == "api"]
    assert sys.path == before


# --- what goes wrong ------------------------------------------------------------------------------------------


def test_what_the_source_raises_is_told_with_its_line_and_nothing_lands(shop: Shop) -> None:
    shop.write(USERS + "        raise ValueError('no more')\n")
    error = shop.fails("shop.py:users")
    assert error.message == "'shop.py:users' raised ValueError: no more"
    assert (error.code, str(error.location)) == ("user-code", f"{shop.root}/shop.py:8")
    assert Landing(shop.lake).records("shop") == []
    assert list((shop.lake / "_landing" / ".partial" / "shop").iterdir()) == []


@pytest.mark.parametrize(
    ("code", "source", "expected"),
    [
        ("", "other.py:shop", "no-such-file"),
        ("", "shop.py:shops", "unknown-function"),
        ("def shop():\n    return 1\n", "shop.py:shop", "not-a-source"),
        ("import no_such_module\n", "shop.py:shop", "missing-module"),
        ("def shop(:\n", "shop.py:shop", "user-code"),
        ("@dlt.resource\ndef shop():\n    yield {'a': object()}\n", "shop.py:shop", "unfit-value"),
        ("@dlt.resource\ndef shop():\n    yield {'a': '\\ud800'}\n", "shop.py:shop", "unfit-value"),
        ("import pyarrow\n@dlt.resource\ndef shop():\n    yield 1\n    yield pyarrow.table({'a': [1]})\n", "shop.py:shop",
         "mixed-rows"),
        ("@dlt.resource\ndef shop():\n    yield dlt.mark.with_file_import('a.csv', 'csv')\n", "shop.py:shop",
         "unsupported-source"),
    ],
)  # fmt: skip
def test_what_is_no_source_is_refused(shop: Shop, code: str, source: str, expected: str) -> None:
    shop.write(code)
    error = shop.fails(source)
    assert error.code == expected, error
    assert error.location is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "source 'shop': 'source' is missing"),
        ({"source": "shop.py"}, "must be a file or a module, a colon and a name"),
        ({"source": "a b:shop"}, "must be a file or a module, a colon and a name"),
        ({"source": "shop.py:shop", "arguments": [1]}, "'arguments' must be a mapping"),
        ({"source": "shop.py:shop", "resource": "a"}, "unknown key 'resource'"),
    ],
)
def test_a_wrong_entry_is_refused_before_anything_is_run(shop: Shop, options: dict, message: str) -> None:
    options = {"source": None, **options}
    assert message in shop.fails(**options).message


@pytest.mark.parametrize("place", ["rows", "state"])
def test_a_secret_in_rows_or_state_does_not_land(shop: Shop, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingot.project import load_project

    monkeypatch.setenv("INGOT_SECRET_SHOP", "tr0ub4dor&3")
    shop.write(f"""
    @dlt.resource
    def users(token):
        dlt.current.resource_state()["used"] = token if "{place}" == "state" else ""
        yield {{"token": token if "{place}" == "rows" else ""}}
    """)
    (shop.root / "ingot.yml").write_text("name: shop\n")
    token = Secrets(load_project(shop.root)).find("shop")
    error = shop.fails("shop.py:users", arguments={"token": token})
    assert error.code == "secret-in-data"
    written = [path for path in shop.lake.rglob("*") if path.is_file()]
    assert not any(b"tr0ub" in path.read_bytes() for path in written)


def test_of_a_secret_in_a_long_error_no_part_is_shown_where_it_is_cut(shop: Shop) -> None:
    secret = "cut-in-a-long-error-" * 20
    hide(secret)
    shop.write("@dlt.resource\ndef users(token):\n    yield {}\n    raise ValueError('x' * 1900 + token)\n")
    message = shop.fails("shop.py:users", arguments={"token": secret}).message
    assert "xxx" in message
    assert "cut-in" not in message


# --- exactly once, and beside definitions ------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_before_any_file_operation_rows_and_state_land_exactly_once(shop: Shop) -> None:
    shop.write(ORDERS)
    for operation in range(1, 200):
        one = Shop(shop.root)
        lake = shop.root / f"lake{operation}"
        one.__class__ = type("Here", (Shop,), {"lake": property(lambda _, lake=lake: lake)})
        orders(shop, 1, 2)
        one.land()
        orders(shop, 1, 2, 3)
        died = dies_at(one.land, lake, operation)
        one.land()
        assert [row["id"] for row in one.rows("orders")] == [1, 2, 3], operation
        if not died:
            break
    assert 10 < operation < 199


def test_a_file_that_was_changed_within_a_second_is_read_as_it_is(shop: Shop) -> None:
    """Python's own cache of bytecode tells files by their length and the second of their change."""
    for number in (3, 4):
        shop.write(USERS.replace('"id": 3', f'"id": {number}'))
        os.utime(shop.root / "shop.py", (1e9, 1e9))
        shop.land("shop.py:users")
    assert [row["id"] for row in shop.rows("users")] == [1, 2, 3, 1, 2, 4]


def test_the_library_and_the_dlt_of_definitions_do_not_meet(shop: Shop) -> None:
    """`import dlt` is the library in a source's file and Delta Live Tables in a definition, in one process, twice."""
    import dlt

    shop.write(USERS)
    yml = "name: shop\nsources:\n  shop: {kind: dlt, source: 'shop.py:users'}\n"
    definition = """
import dlt

@dlt.table
def people():
    assert not hasattr(dlt, "pipeline")
    return spark.readStream.format("cloudFiles").option("cloudFiles.format", "json").load("${landing}/shop/users")
"""
    files = {"ingot.yml": yml, "transformations/people.py": definition.replace("${landing}", "lake/_landing")}
    lake = run_project(shop.root, files)
    assert sys.modules["dlt"] is dlt
    assert hasattr(dlt, "pipeline")
    shop.write(USERS.replace('"id": 3', '"id": 4'))
    assert lake.run().is_success
    assert lake.sql("SELECT count(*), max(id) FROM people").fetchall() == [(6, "4")]
    assert sys.modules["dlt"] is dlt
    lake.close()


def test_nothing_is_reported_to_anybody_and_the_environment_is_as_it_was(shop: Shop) -> None:
    """dlt begins to report when its runtime starts, which the switch to the project's settings makes it do."""
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from sources.dlt.conftest import Shop
from pathlib import Path
Shop(Path({str(shop.root)!r})).land("shop.py:users")
import os
from dlt.common.runtime import anon_tracker, telemetry
print(telemetry.is_telemetry_started(), anon_tracker._ANON_TRACKER_ENDPOINT, "RUNTIME__DLTHUB_TELEMETRY" in os.environ)
"""
    shop.write(USERS)
    folder = Path.cwd()
    shop.land("shop.py:users")
    assert Path.cwd() == folder
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "None", "False"]


def test_runs_of_a_resource_without_state_are_snapshots(shop: Shop) -> None:
    shop.write(USERS)
    files = {
        "ingot.yml": "name: shop\nsources:\n  shop: {kind: dlt, source: 'shop.py:users'}\n",
        "transformations/users.sql": """
            CREATE STREAMING TABLE users;
            CREATE FLOW changes AS AUTO CDC INTO users
            FROM SNAPSHOT (SELECT id, name FROM STREAM read_files('${landing}/shop/users', format => 'json',
                schema => 'id BIGINT, name STRING'))
            KEYS (id) STORED AS SCD TYPE 1;
        """,
    }
    lake = run_project(shop.root, files)
    shop.write(USERS.replace("Ada", "Éva").replace('yield {"id": 3, "name": "Barbara"}', "pass"))
    assert lake.run().is_success
    assert lake.sql("SELECT id, name FROM users ORDER BY id").fetchall() == [(1, "Éva"), (2, "Grace")]
    lake.close()

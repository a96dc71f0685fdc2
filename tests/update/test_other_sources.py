"""A flow that is to read something else than before: what would double rows is refused, and nothing else is."""

import json
import os

import pytest

from ingot.connection import connect
from ingot.errors import IngotError
from ingot.testing import run_project
from orders import BRONZE, again, project, rows

AGAIN = BRONZE.replace("bronze.orders", "bronze.again")
BACKFILL = """CREATE STREAMING TABLE silver.t;
CREATE FLOW old AS INSERT INTO ONCE silver.t BY NAME SELECT id FROM STREAM {0};"""
LATE = "SELECT id FROM STREAM read_files('late/*.csv', format => 'csv', header => true, schema => 'id BIGINT')"
BOTH = f"CREATE STREAMING TABLE silver.t AS SELECT id FROM STREAM bronze.orders UNION ALL {LATE}"


def test_a_backfill_that_is_done_may_name_another_stream_for_it_never_reads_again(tmp_path):
    lake = project(tmp_path, bronze=BRONZE, again=AGAIN, silver=BACKFILL.format("bronze.orders"))
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,)]
    lake = again(tmp_path, {"transformations/silver.sql": BACKFILL.format("bronze.again")})
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,)]


def test_a_backfill_that_read_a_table_at_once_may_say_that_it_streams_it(tmp_path):
    project(tmp_path, bronze=BRONZE, silver=BACKFILL.format("bronze.orders").replace("STREAM bronze", "bronze"))
    lake = again(tmp_path, {"transformations/silver.sql": BACKFILL.format("bronze.orders")})
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,)]


def test_a_stream_that_the_definition_had_before_it_had_rows_may_be_left_alone_in_it(tmp_path):
    (tmp_path / "late").mkdir()
    project(tmp_path, bronze=BRONZE, silver=BOTH)
    only = {"transformations/silver.sql": f"CREATE STREAMING TABLE silver.t AS {LATE}", "late/1.csv": "id\n7\n"}
    for _ in range(2):
        lake = again(tmp_path, only)
        assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,), (7,)]


def without_streams(folder):
    """Write the plans as they were before they noted the streams of the definition."""
    for path in folder.glob("**/_ingot/checkpoints/silver.t/*/*/0*.json"):
        plan = json.loads(path.read_text())
        del plan["streams"]
        path.write_text(json.dumps(plan))


def test_plans_that_do_not_say_which_streams_there_were_are_read(tmp_path):
    (tmp_path / "late").mkdir()
    project(tmp_path, bronze=BRONZE, silver=BOTH)
    without_streams(tmp_path)
    only = {"transformations/silver.sql": f"CREATE STREAMING TABLE silver.t AS {LATE}", "late/1.csv": "id\n7\n"}
    with pytest.raises(IngotError, match=r"has read bronze\.orders into silver\.t and is to read late/\*\.csv in"):
        again(tmp_path, only)
    lake = again(tmp_path, {"transformations/silver.sql": BOTH})
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,), (7,)]


def test_a_stream_that_went_before_the_last_batch_is_another_one_when_it_comes_back(tmp_path):
    (tmp_path / "late").mkdir()
    project(tmp_path, bronze=BRONZE, silver=BOTH)
    alone = "CREATE STREAMING TABLE silver.t AS SELECT id FROM STREAM bronze.orders"
    again(tmp_path, {"transformations/silver.sql": alone, "in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    with pytest.raises(IngotError) as raised:
        only = {"transformations/silver.sql": f"CREATE STREAMING TABLE silver.t AS {LATE}", "late/1.csv": "id\n7\n"}
        again(tmp_path, only)
    assert raised.value.code == "other-source"
    assert rows(connect(tmp_path), "SELECT count(*) FROM silver.t") == [(4,)]


def test_a_stream_that_was_taken_out_before_the_last_batch_is_replaced_by_none(tmp_path):
    (tmp_path / "late").mkdir()
    alone = "CREATE STREAMING TABLE silver.t AS SELECT id FROM STREAM bronze.orders"
    project(tmp_path, bronze=BRONZE, again=AGAIN, silver=f"{alone} UNION ALL SELECT -id AS id FROM STREAM bronze.again")
    again(tmp_path, {"transformations/silver.sql": alone, "in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    lake = again(tmp_path, {"transformations/silver.sql": BOTH, "late/1.csv": "id\n7\n"})
    assert rows(lake, "SELECT id FROM silver.t WHERE id > 0 ORDER BY id") == [(1,), (2,), (3,), (4,), (7,)]


def test_a_backfill_that_found_nothing_may_go_on_as_a_stream(tmp_path):
    (tmp_path / "late").mkdir()
    once = f"CREATE STREAMING TABLE t; CREATE FLOW f AS INSERT INTO ONCE t BY NAME {LATE}"
    project(tmp_path, silver=once)
    lake = again(tmp_path, {"transformations/silver.sql": once.replace(" ONCE", ""), "late/1.csv": "id\n7\n"})
    assert rows(lake, "SELECT id FROM t") == [(7,)]


@pytest.mark.parametrize("is_first", [True, False])
def test_a_folder_is_read_in_one_more_place_for_files_that_no_place_has_read(tmp_path, is_first):
    places = [LATE.replace("'late/*.csv'", f"'late', pathGlobFilter => '{name}*'") for name in "ab"]
    table = "CREATE STREAMING TABLE t AS "
    (tmp_path / "late").mkdir()
    (tmp_path / "late/b.csv").write_text("id\n2\n")
    run_project(tmp_path, {"late/a.csv": "id\n1\n", "transformations/t.sql": table + places[0]})
    both = " UNION ALL ".join(places if is_first else reversed(places))
    for _ in range(2):
        lake = again(tmp_path, {"transformations/t.sql": table + both})
        assert rows(lake, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]


@pytest.mark.parametrize(
    "source",
    ["STREAM bronze.orders", "STREAM read_files('in/*.csv', format => 'csv', header => true, schema => 'id BIGINT')"],
)
def test_a_stream_that_is_read_in_one_more_place_would_come_again(tmp_path, source):
    alone = f"CREATE STREAMING TABLE silver.t AS SELECT id FROM {source}"
    twice = f"{alone} WHERE id < 3 UNION ALL SELECT id FROM {source} WHERE id >= 3"
    project(tmp_path, bronze=BRONZE, silver=alone)
    for definition in (twice, f"{twice} UNION ALL SELECT -id FROM {source}"):
        with pytest.raises(IngotError, match="in one more place than before") as raised:
            again(tmp_path, {"transformations/silver.sql": definition})
        assert raised.value.code == "other-source"
        assert raised.value.hint == "rebuild: ingot run --full-refresh silver.t"
    lake = again(tmp_path, {"transformations/silver.sql": alone, "in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,), (4,)]


def test_a_path_that_is_written_in_another_way_is_one_more_place_too(tmp_path):
    source = "STREAM read_files('{0}', format => 'csv', header => true, schema => 'id BIGINT')"
    alone = f"CREATE STREAMING TABLE silver.t AS SELECT id FROM {source}"
    project(tmp_path, silver=alone.format("in"))
    twice = f"{alone.format('in')} WHERE id < 3 UNION ALL SELECT id FROM {source.format('in/*.csv')} WHERE id >= 3"
    with pytest.raises(IngotError, match="in one more place than before"):
        again(tmp_path, {"transformations/silver.sql": twice})


def test_a_place_that_was_taken_out_for_a_batch_would_come_again(tmp_path):
    alone = "CREATE STREAMING TABLE silver.t AS SELECT id FROM STREAM bronze.orders"
    twice = f"{alone} WHERE id < 3 UNION ALL SELECT id FROM STREAM bronze.orders WHERE id >= 3"
    project(tmp_path, bronze=BRONZE, silver=twice)
    lake = again(tmp_path, {"transformations/silver.sql": alone, "in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    with pytest.raises(IngotError, match="in one more place than before"):
        again(tmp_path, {"transformations/silver.sql": twice})
    assert rows(lake, "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,), (4,)]


def test_rows_that_were_read_once_as_a_whole_are_not_streamed_under_the_same_name(tmp_path):
    table = "CREATE STREAMING TABLE silver.t; CREATE FLOW f AS INSERT INTO"
    once = f"{table} ONCE silver.t BY NAME SELECT id FROM bronze.orders"
    project(tmp_path, bronze=BRONZE, silver=once)
    with pytest.raises(IngotError, match="has read all of its rows at once") as raised:
        streaming = f"{table} silver.t BY NAME SELECT id FROM STREAM bronze.orders"
        again(tmp_path, {"transformations/silver.sql": streaming})
    assert raised.value.code == "other-source"
    assert rows(connect(tmp_path), "SELECT id FROM silver.t ORDER BY id") == [(1,), (2,), (3,)]


def moved(tmp_path, change):
    """A table of two files of `in`, whose definition reads `orders` after a change of the folders."""
    project(tmp_path, bronze=BRONZE)
    again(tmp_path, {"in/2.csv": "id,customer,amount\n4,Alan,1\n"})
    change(tmp_path / "in", tmp_path / "orders")
    return {"transformations/bronze.sql": BRONZE.replace("'in'", "'orders'")}


@pytest.mark.parametrize(
    "change",
    [
        lambda old, new: old.rename(new),
        lambda old, new: new.symlink_to(old),
    ],
    ids=["renamed", "a link"],
)
def test_the_files_of_a_folder_that_has_another_name_are_not_read_again(tmp_path, change):
    changed = moved(tmp_path, change)
    with pytest.raises(
        IngotError, match=r"has read in/\d\.csv into bronze\.orders and finds it again as orders/"
    ) as raised:
        again(tmp_path, changed)
    assert raised.value.code == "other-source"
    assert raised.value.hint == "move it back, or rebuild: ingot run --full-refresh bronze.orders"
    assert rows(connect(tmp_path), "SELECT id FROM bronze.orders ORDER BY id") == [(1,), (2,), (3,), (4,)]
    lake = again(tmp_path, full_refresh=["bronze.orders"])
    assert rows(lake, "SELECT id FROM bronze.orders ORDER BY id") == [(1,), (2,), (3,), (4,)]


def other_files(old, new):
    """A folder beside the other one, with a file of the same name, size and time as one of it."""
    new.mkdir()
    (new / "1.csv").write_text((old / "1.csv").read_text().replace("Ada", "Eva"))
    os.utime(new / "1.csv", ns=((old / "1.csv").stat().st_mtime_ns,) * 2)


def longer_files(old, new):
    old.rename(new)
    for path in new.iterdir():
        path.write_text(path.read_text().replace("Alan", "Alonzo").replace("Grace", "Grace H."))


@pytest.mark.parametrize("change", [other_files, longer_files], ids=["beside it", "other content"])
def test_other_files_in_another_folder_are_read(tmp_path, change):
    changed = moved(tmp_path, change)
    lake = again(tmp_path, changed)
    assert rows(lake, "SELECT count(*) > 4 FROM bronze.orders") == [(True,)]
    found = rows(lake, "SELECT count(*) FROM bronze.orders")
    assert rows(again(tmp_path), "SELECT count(*) FROM bronze.orders") == found


def test_a_pattern_that_reaches_the_files_another_way_reads_none_again(tmp_path):
    (tmp_path / "raw/in").mkdir(parents=True)
    (tmp_path / "raw/in/1.csv").write_text("id,customer,amount\n1,Ada,1\n")
    project(tmp_path, bronze=BRONZE.replace("'in'", "'raw/in'"))
    for path in ("raw/*", "raw", "raw/in/*.csv"):
        lake = again(tmp_path, {"transformations/bronze.sql": BRONZE.replace("'in'", f"'{path}'")})
        assert rows(lake, "SELECT id FROM bronze.orders") == [(1,)]

"""A flow that is to read something else than before: what would double rows is refused, and nothing else is."""

import json

import pytest

from ingot.connection import connect
from ingot.errors import IngotError
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

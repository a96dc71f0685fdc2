"""Rows that a flow streams back from its table's own quarantine: each lands once."""

import pytest

from ingot.connection import connect
from ingot.errors import IngotError
from ingot.replay import replay
from ingot.testing import run_project
from orders import BRONZE, again, rows

TABLE = """CREATE STREAMING TABLE silver.t (CONSTRAINT paid EXPECT (amount > 5))
  TBLPROPERTIES ('ingot.quarantine' = 'paid');
"""
READ = "CREATE FLOW silver.read AS INSERT INTO silver.t BY NAME SELECT id, amount FROM STREAM bronze.orders;\n"
REPAIR = """CREATE FLOW silver.repaired AS INSERT INTO silver.t BY NAME
  SELECT id, amount + 100 AS amount FROM STREAM silver.t__quarantine;
"""
REPORT = "CREATE MATERIALIZED VIEW gold.report AS SELECT count(*) AS n FROM silver.t__quarantine;\n"
ALL = "SELECT * FROM silver.t ORDER BY id"


def orders(number: int, *amounts: float) -> dict[str, str]:
    lines = (f"{number}{place},Ada,{amount}\n" for place, amount in enumerate(amounts))
    return {f"in/{number}.csv": "id,customer,amount\n" + "".join(lines)}


@pytest.mark.parametrize("flows", [READ + REPAIR, REPAIR + READ], ids=["after", "before"])
def test_repaired_rows_land_once_over_several_updates(tmp_path, flows):
    definitions = {"transformations/a.sql": REPORT + BRONZE + TABLE + flows}
    lake = run_project(tmp_path, {**definitions, **orders(1, 10, 1)})
    expected = [(10, 10.0), (11, 101.0)]
    assert rows(lake, ALL) == expected
    for number in (2, 3):
        lake = again(tmp_path, orders(number, 20, 2))
        expected += [(number * 10, 20.0), (number * 10 + 1, 102.0)]
        assert rows(lake, ALL) == expected
        assert rows(again(tmp_path), ALL) == expected
        assert rows(lake, "SELECT n FROM gold.report") == [(number,)], "what else reads the quarantine comes after"
    for _ in range(2):
        lake = again(tmp_path, full_refresh=["silver.t"])
        assert rows(lake, ALL) == expected
    assert rows(again(tmp_path, orders(4, 3)), ALL) == [*expected, (40, 103.0)]


def test_a_flow_that_repairs_rows_is_added_to_a_table_that_has_set_some_aside(tmp_path):
    run_project(tmp_path, {"transformations/a.sql": BRONZE + TABLE + READ, **orders(1, 10, 1)})
    added = {"transformations/b.sql": REPAIR}
    for _ in range(2):
        assert rows(again(tmp_path, added), ALL) == [(10, 10.0), (11, 101.0)]


def test_rows_that_break_a_rule_still_are_set_aside_again_and_each_update_ends(tmp_path):
    useless = REPAIR.replace("amount + 100", "amount + 2")
    lake = run_project(tmp_path, {"transformations/a.sql": BRONZE + TABLE + READ + useless, **orders(1, 10, 1)})
    aside = "SELECT amount, _quarantine_flow FROM silver.t__quarantine ORDER BY amount"
    first, again_set_aside = (1.0, "silver.read"), (3.0, "silver.repaired")
    assert rows(lake, aside) == [first, again_set_aside]
    assert rows(lake, ALL) == [(10, 10.0)]
    lake = again(tmp_path, orders(2, 20))
    assert rows(lake, aside) == [first, again_set_aside, (5.0, "silver.repaired")]
    assert rows(again(tmp_path, orders(3, 30)), ALL) == [(10, 10.0), (11, 7.0), (20, 20.0), (30, 30.0)]


def test_a_full_refresh_without_rows_lets_nothing_of_before_come_back(tmp_path):
    run_project(tmp_path, {"transformations/a.sql": BRONZE + TABLE + READ + REPAIR, **orders(1, 10, 1)})
    (tmp_path / "in/1.csv").unlink()
    lake = again(tmp_path, full_refresh=["bronze.orders", "silver.t"])
    assert rows(lake, ALL) == []
    assert rows(again(tmp_path, orders(2, 2)), ALL) == [(20, 102.0)]


VIEW = "CREATE TEMPORARY VIEW bad AS SELECT id, amount FROM STREAM silver.t__quarantine WHERE amount > 0;\n"
HALVED = "CREATE TEMPORARY VIEW half AS SELECT id, amount / 2 AS amount FROM STREAM(bad);\n"
THROUGH = """CREATE FLOW silver.repaired AS INSERT INTO silver.t BY NAME
  SELECT id, amount * 2 + 100 AS amount FROM STREAM(half);
"""


@pytest.mark.parametrize(
    "definitions",
    [VIEW + HALVED + TABLE + READ + THROUGH, TABLE + THROUGH + READ + HALVED + VIEW + REPORT],
    ids=["views first", "views last"],
)
def test_a_flow_may_stream_rows_back_through_temporary_views(tmp_path, definitions):
    lake = run_project(tmp_path, {"transformations/a.sql": BRONZE + definitions, **orders(1, 10, 1)})
    assert rows(lake, ALL) == [(10, 10.0), (11, 101.0)]
    expected = [(10, 10.0), (11, 101.0), (20, 20.0), (21, 102.0)]
    assert rows(again(tmp_path, orders(2, 20, 2)), ALL) == expected
    assert rows(again(tmp_path), ALL) == expected
    assert rows(again(tmp_path, full_refresh=["silver.t"]), ALL) == expected
    with pytest.raises(IngotError, match="would bring them a second time"):
        replay(lake.project, lake.engine, "silver.t")


@pytest.mark.parametrize(
    "definition",
    [
        """CREATE MATERIALIZED VIEW silver.t (CONSTRAINT paid EXPECT (amount > 5))
          TBLPROPERTIES ('ingot.quarantine' = 'paid') AS SELECT id, amount FROM silver.t__quarantine;""",
        VIEW.replace("STREAM", "")
        + TABLE
        + "CREATE FLOW silver.read AS INSERT INTO silver.t BY NAME SELECT o.id, o.amount "
        "FROM STREAM bronze.orders o JOIN bad ON bad.id = o.id;",
        VIEW
        + "CREATE MATERIALIZED VIEW gold.m AS SELECT id, amount FROM silver.t__quarantine;"
        + TABLE
        + READ
        + "CREATE FLOW silver.repaired AS INSERT INTO silver.t BY NAME SELECT b.id, b.amount "
        "FROM STREAM bad b JOIN gold.m m ON b.id = m.id;",
    ],
    ids=["without a stream", "through a view without a stream", "through a table"],
)
def test_other_ways_to_read_a_quarantine_in_its_own_table_are_cycles(tmp_path, definition):
    with pytest.raises(IngotError) as raised:
        run_project(tmp_path, {"transformations/a.sql": BRONZE + definition, **orders(1, 10, 1)})
    assert raised.value.code == "cycle"


@pytest.mark.parametrize("flows", [READ + REPAIR, READ], ids=["defined", "removed"])
def test_rows_that_a_flow_has_streamed_back_are_not_replayed(tmp_path, flows):
    run_project(tmp_path, {"transformations/a.sql": BRONZE + TABLE + READ + REPAIR, **orders(1, 10, 1)})
    (tmp_path / "transformations/a.sql").write_text(BRONZE + TABLE.replace("> 5", "> 0") + flows)
    lake = connect(tmp_path)
    with pytest.raises(IngotError, match="streams rows back that silver") as raised:
        replay(lake.project, lake.engine, "silver.t")
    assert raised.value.code == "nothing-to-replay"
    assert rows(again(tmp_path), ALL) == [(10, 10.0), (11, 101.0)]


def test_rows_that_a_flow_is_to_stream_back_are_not_replayed_before(tmp_path):
    run_project(tmp_path, {"transformations/a.sql": BRONZE + TABLE + READ, **orders(1, 10, 1)})
    (tmp_path / "transformations/b.sql").write_text(REPAIR)
    lake = connect(tmp_path)
    with pytest.raises(IngotError, match="would bring them a second time"):
        replay(lake.project, lake.engine, "silver.t")
    assert rows(again(tmp_path), ALL) == [(10, 10.0), (11, 101.0)]

"""Flows of one table that are renamed, split, merged, or take sources over: no row comes twice, and what is harmless goes on."""

import pytest
from deltalake import DeltaTable

from ingot.connection import connect
from ingot.dry_run import dry_run
from ingot.errors import IngotError
from ingot.testing import run_project
from ingot.update.selection import Selection
from orders import rows

A, B = {"a/a.csv": "id,v\n1,a\n"}, {"b/b.csv": "id,v\n2,b\n"}
TABLES = """CREATE STREAMING TABLE a AS SELECT * FROM STREAM read_files('a', format => 'csv', header => true,
  schema => 'id INT, v STRING');
CREATE STREAMING TABLE b AS SELECT * FROM STREAM read_files('b', format => 'csv', header => true,
  schema => 'id INT, v STRING');
"""


def files(path, option="", stream="STREAM "):
    found = f"read_files('{path}', format => 'csv', header => true, schema => 'id INT, v STRING'{option})"
    return f"SELECT id, v FROM {stream}{found}"


def only(pattern):
    """The option by which a read takes some of a folder's files."""
    return f", pathGlobFilter => '{pattern}'"


def table(name):
    return f"SELECT id, v FROM STREAM {name}"


def flows(_once=(), _before="", **queries):
    """A table `t` and its flows."""
    texts = [
        f"CREATE FLOW {name} AS INSERT INTO {'ONCE ' * (name in _once)}t BY NAME {query};"
        for name, query in queries.items()
    ]
    return "\n".join([_before, "CREATE STREAMING TABLE t;", *texts])


def update(folder, definitions, raw=None):
    return run_project(folder, {"transformations/t.sql": definitions, **(raw or {})})


def refused(folder, definitions, raw=None):
    """The error of an update and of a dry run, which are the same; nothing has been added to the table."""
    before = rows(connect(folder), "SELECT * FROM t ORDER BY id")
    with pytest.raises(IngotError) as raised:
        update(folder, definitions, raw)
    with connect(folder) as opened:
        assert [str(error) for error in dry_run(opened.project, opened.engine, Selection()).errors] == [
            str(raised.value)
        ]
        assert rows(opened, "SELECT * FROM t ORDER BY id") == before
    return raised.value


@pytest.mark.parametrize(
    ("before", "after", "code", "message"),
    [
        (
            flows(f=f"{files('a')} UNION ALL {files('b')}"),
            flows(f=files("a"), g=files("b")),
            "other-source",
            "flow 'g' is to read from the beginning what 'f' has read into default.t (b/b.csv)",
        ),
        (
            flows(_before=TABLES, f=f"{table('a')} UNION ALL {table('b')}"),
            flows(_before=TABLES, f=table("a"), g=table("b")),
            "other-source",
            "flow 'g' is to read from the beginning what 'f' has read into default.t (default.b)",
        ),
        (
            flows(f=files("a"), g=files("b")),
            flows(f=f"{files('a')} UNION ALL {files('b')}"),
            "other-source",
            "flow 'f' is to read from the beginning what 'g', now gone, has read into default.t (b/b.csv)",
        ),
        (
            flows(_before=TABLES, f=table("a"), g=table("b")),
            flows(_before=TABLES, f=f"{table('a')} UNION ALL {table('b')}"),
            "other-source",
            "flow 'f' is to read from the beginning what 'g', now gone, has read into default.t (default.b)",
        ),
        (
            flows(f=files("a"), g=files("b")),
            flows(f=files("b"), g=files("a")),
            "other-source",
            "flow 'f' is to read from the beginning what 'g' has read into default.t (b/b.csv)",
        ),
        (
            flows(f=files("[ab]")),
            flows(f=files("[ab]", only("a.*")), g=files("[ab]", only("b.*"))),
            "other-source",
            "flow 'g' is to read from the beginning what 'f' has read into default.t (b/b.csv)",
        ),
        (
            flows(f=files("a")),
            flows(g=files("a/*.csv")),
            "renamed-flow",
            "flow 'g' is new and reads what 'f', now gone, read into default.t (a/a.csv)",
        ),
        (
            flows(f=files("b"), _once=["old"], old=files("a", stream="")),
            flows(f=files("b"), _once=["older"], older=files("a", stream="")),
            "renamed-flow",
            "flow 'older' is new and reads what 'old', now gone, read into default.t (a/a.csv)",
        ),
        (
            flows(f=files("b"), _once=["old"], old=files("a", stream="")),
            flows(f=files("b"), g=files("a")),
            "renamed-flow",
            "flow 'g' is new and reads what 'old', now gone, read into default.t (a/a.csv)",
        ),
    ],
    ids=[
        "files of one flow, split into two",
        "tables of one flow, split into two",
        "files of two flows, merged into one",
        "tables of two flows, merged into one",
        "files of two flows that change places",
        "files of one folder, split by a filter",
        "renamed, and its path written in another way",
        "a backfill that is renamed",
        "a backfill that is to be streamed under another name",
    ],
)
def test_what_a_flow_of_the_table_has_read_is_not_begun_by_another_one(tmp_path, before, after, code, message):
    held = rows(update(tmp_path, before, {**A, **B}), "SELECT * FROM t ORDER BY id")
    error = refused(tmp_path, after)
    assert (error.code, error.message) == (code, f"{message}: its rows would be there twice")
    assert rows(update(tmp_path, before), "SELECT * FROM t ORDER BY id") == held


def test_a_flow_that_is_renamed_begins_nothing_that_any_batch_of_its_has_read(tmp_path):
    both = flows(_before=TABLES, f=f"{table('a')} UNION ALL {table('b')}")
    update(tmp_path, both, {**A, **B})
    update(tmp_path, both, {"a/2.csv": "id,v\n11,a\n"})  # the last batch has read nothing of b
    assert "(default.b)" in refused(tmp_path, flows(_before=TABLES, g=table("b"))).message


@pytest.mark.parametrize("is_gone", [True, False])
def test_files_that_were_moved_are_not_begun_by_another_flow(tmp_path, is_gone):
    update(tmp_path, flows(f=files("a")), A)
    (tmp_path / "a").rename(tmp_path / "b")
    (tmp_path / "a").mkdir()
    error = refused(tmp_path, flows(g=files("b")) if is_gone else flows(f=files("a"), g=files("b")))
    assert "read into default.t (a/a.csv, now b/a.csv)" in error.message
    assert error.hint is not None and error.hint.startswith("move it back and ")


def test_a_backfill_of_a_table_is_known_by_the_table_when_it_is_renamed(tmp_path):
    source = TABLES + "CREATE STREAMING TABLE t;\nCREATE FLOW f AS INSERT INTO t BY NAME SELECT id, v FROM STREAM b;\n"
    once = source + "CREATE FLOW {0} AS INSERT INTO ONCE t BY NAME SELECT id, v FROM {1};"
    update(tmp_path, once.format("old", "a"), {**A, **B})
    assert "(default.a)" in refused(tmp_path, once.format("older", "a")).message
    lake = update(tmp_path, once.format("older", "b"))
    assert rows(lake, "SELECT id FROM t ORDER BY id") == [(1,), (2,), (2,)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (flows(f=files("a")), flows(f=files("a"), g=files("a").replace("id,", "id + 10 AS id,")), [1, 11]),
        (flows(f=files("a")), flows(f=files("a"), g=files("b")), [1, 2]),
        (flows(f=files("a"), g=files("b")), flows(f=files("a")), [1, 2]),
        (flows(f=files("a"), g=files("b")), flows(F=files("./a/"), g=files("b/*.csv")), [1, 2]),
        (flows(f=files("a"), g=files("a/*")), flows(f=files("a/*.csv")), [1, 1]),
        (flows(f=files("a", only("z*"))), flows(g=files("a")), [1]),
        (flows(f=files("b"), _once=["old"], old=files("a", stream="")), flows(f=files("b")), [1, 2]),
    ],
    ids=[
        "one more flow of the same source",
        "one more flow",
        "one flow less",
        "paths written in another way",
        "another flow's path for what both have read",
        "files that the flow that is gone has not read",
        "a backfill that is taken out",
    ],
)
def test_what_doubles_nothing_goes_on(tmp_path, before, after, expected):
    update(tmp_path, before, {**A, **B})
    for _ in range(2):
        assert rows(update(tmp_path, after), "SELECT id FROM t ORDER BY id") == [(id,) for id in expected]


def test_a_flow_whose_first_batch_failed_may_be_renamed(tmp_path):
    failing = flows(f=files("a"), g=files("b").replace("id,", "int(raise_error('no')) AS id,"))
    with pytest.raises(IngotError, match="no"):
        update(tmp_path, failing, {**A, **B})
    lake = update(tmp_path, flows(f=files("a"), h=files("b")))
    assert rows(lake, "SELECT id FROM t ORDER BY id") == [(1,), (2,)]


def test_a_table_that_never_had_a_row_may_follow_another_stream(tmp_path):
    for source in "abc":
        (tmp_path / source).mkdir()
    tables = TABLES + TABLES.replace(" b AS", " c AS").replace("'b'", "'c'").partition(";")[2]
    update(tmp_path, flows(_before=tables, f=table("a")), B)
    update(tmp_path, flows(_before=tables, g=table("a")))
    lake = update(tmp_path, flows(_before=tables, g=table("b")))
    assert rows(lake, "SELECT id FROM t") == [(2,)]
    assert refused(tmp_path, flows(_before=tables, g=table("c"))).code == "other-source"


def test_a_table_whose_rows_were_all_taken_out_is_one_that_had_rows(tmp_path):
    update(tmp_path, flows(f=files("a")), A)
    DeltaTable(tmp_path / "lake/default/t").delete()
    assert refused(tmp_path, flows(g=files("a"))).code == "renamed-flow"


CHANGES = """CREATE STREAMING TABLE events AS SELECT * FROM STREAM read_files('in', format => 'csv', header => true,
  schema => 'id INT, v STRING, op STRING, n INT');
CREATE STREAMING TABLE t {1};
CREATE FLOW f AS AUTO CDC INTO t FROM STREAM events KEYS (id) APPLY AS DELETE WHEN op = 'D' SEQUENCE BY n
  COLUMNS * EXCEPT (op, n) STORED AS SCD TYPE {0};
"""
EVENTS = {
    "in/1.csv": "id,v,op,n\n1,a,U,1\n2,b,U,1\n3,c,U,1\n",
    "in/2.csv": "id,v,op,n\n1,x,U,3\n1,late,U,2\n2,,D,2\n4,d,D,5\n",
}


@pytest.mark.parametrize("scd_type", [1, 2])
def test_changes_that_a_renamed_flow_applies_again_change_nothing(tmp_path, scd_type):
    definitions = CHANGES.format(scd_type, "")
    update(tmp_path, definitions, {"in/1.csv": EVENTS["in/1.csv"]})
    held = rows(update(tmp_path, definitions, EVENTS), "SELECT * FROM t ORDER BY ALL")
    lake = update(tmp_path, definitions.replace("FLOW f", "FLOW g"))
    assert rows(lake, "SELECT * FROM t ORDER BY ALL") == held
    late = {"in/3.csv": "id,v,op,n\n2,late,U,1\n4,late,U,4\n5,e,U,1\n"}  # of rows that were deleted before
    lake = update(tmp_path, definitions.replace("FLOW f", "FLOW g"), late)
    assert rows(lake, f"SELECT id, v FROM t {'WHERE __END_AT IS NULL ' * (scd_type == 2)}ORDER BY id") == [
        (1, "x"), (3, "c"), (5, "e"),
    ]  # fmt: skip


def test_changes_that_rules_have_set_aside_are_not_set_aside_again(tmp_path):
    rule = "(CONSTRAINT known EXPECT (v <> 'b')) TBLPROPERTIES ('ingot.quarantine' = 'known')"
    definitions = CHANGES.format(1, rule)
    update(tmp_path, definitions, EVENTS)
    assert refused(tmp_path, definitions.replace("FLOW f", "FLOW g")).code == "renamed-flow"

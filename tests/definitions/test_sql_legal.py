"""Every legal form of a statement, and what it defines."""

from __future__ import annotations

import pytest

from definitions.sql_loading import load, load_one
from ingot.model import Action, DatasetKind

STREAMING, VIEW, TEMPORARY = (
    DatasetKind.STREAMING_TABLE,
    DatasetKind.MATERIALIZED_VIEW,
    DatasetKind.TEMPORARY_VIEW,
)


@pytest.mark.parametrize(
    ("head", "kind", "is_private"),
    [
        ("CREATE STREAMING TABLE", STREAMING, False),
        ("CREATE OR REFRESH STREAMING TABLE", STREAMING, False),
        ("CREATE OR REPLACE STREAMING TABLE", STREAMING, False),
        ("create or refresh streaming table", STREAMING, False),
        ("CREATE PRIVATE STREAMING TABLE", STREAMING, True),
        ("CREATE OR REFRESH PRIVATE STREAMING TABLE", STREAMING, True),
        ("CREATE TEMPORARY STREAMING TABLE", STREAMING, True),
        ("CREATE STREAMING TABLE IF NOT EXISTS", STREAMING, False),
        ("CREATE STREAMING LIVE TABLE", STREAMING, False),
        ("CREATE OR REFRESH STREAMING LIVE TABLE", STREAMING, False),
        ("CREATE TEMPORARY STREAMING LIVE TABLE", STREAMING, True),
        ("CREATE INCREMENTAL LIVE TABLE", STREAMING, False),
        ("CREATE MATERIALIZED VIEW", VIEW, False),
        ("CREATE OR REFRESH MATERIALIZED VIEW", VIEW, False),
        ("CREATE OR REPLACE MATERIALIZED VIEW", VIEW, False),
        ("CREATE PRIVATE MATERIALIZED VIEW", VIEW, True),
        ("CREATE OR REFRESH PRIVATE MATERIALIZED VIEW IF NOT EXISTS", VIEW, True),
        ("CREATE LIVE TABLE", VIEW, False),
        ("CREATE OR REFRESH LIVE TABLE", VIEW, False),
        ("CREATE TEMPORARY LIVE TABLE", VIEW, True),
        ("CREATE TEMPORARY VIEW", TEMPORARY, False),
        ("CREATE TEMP VIEW", TEMPORARY, False),
        ("CREATE OR REPLACE TEMPORARY VIEW", TEMPORARY, False),
        ("CREATE LIVE VIEW", TEMPORARY, False),
        ("CREATE TEMPORARY LIVE VIEW", TEMPORARY, False),
        ("CREATE STREAMING LIVE VIEW", TEMPORARY, False),
        ("CREATE TEMPORARY STREAMING LIVE VIEW", TEMPORARY, False),
        ("CREATE\n-- a comment\nOR /* another; */ REFRESH STREAMING\tTABLE", STREAMING, False),
    ],
)
def test_the_words_before_the_name_tell_the_kind(head, kind, is_private):
    dataset, flow = load_one(f"{head} t AS SELECT 1 AS x")
    assert (dataset.kind, dataset.is_private) == (kind, is_private)
    assert str(dataset.name) == "main.default.t"
    assert flow is not None
    assert (flow.name, flow.target, flow.text) == ("default.t", dataset.name, "SELECT 1 AS x")


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("t", "main.default.t"),
        ("s.t", "main.s.t"),
        ("c.s.t", "c.s.t"),
        ("`a b`.`t-1`", "main.a b.t-1"),
        ("`x``y`", "main.default.x`y"),
        ("LIVE.t", "main.default.t"),
        ("live.`t`", "main.default.t"),
        ("${cat}.${sch}.t", "prod.raw.t"),
        ("{{cat}}.bronze_{{ sch }}.t", "prod.bronze_raw.t"),
        ("IDENTIFIER('c.s.t')", "c.s.t"),
        ("IDENTIFIER('${cat}' || '.s.`t u`')", "prod.s.t u"),
        ("IDENTIFIER(:cat || '.s.t')", "prod.s.t"),
        ("2024_sales", "main.default.2024_sales"),
        ("größe", "main.default.größe"),
        ("comment", "main.default.comment"),
        ("hpn.3_gold.dim", "hpn.3_gold.dim"),
    ],
)
def test_a_name_has_one_to_three_parts(name, full):
    dataset, _ = load_one(f"CREATE STREAMING TABLE {name}")
    assert str(dataset.name) == full


@pytest.mark.parametrize(
    ("columns", "described"),
    [
        ("id INT", ["id int"]),
        ("id INT NOT NULL, n STRING", ["id int!", "n string"]),
        ("id", ["id ?"]),
        ("id, n COMMENT 'the name'", ["id ?", "n ?  -- the name"]),
        ("d DECIMAL(10, 2) COMMENT 'a, b; c)'", ["d decimal(10,2)  -- a, b; c)"]),
        ("m MAP<STRING, ARRAY<STRUCT<a: INT, b: STRING>>>", ["m map<string,array<struct<a:int,b:string>>>"]),
        ("s STRUCT<a: INT NOT NULL, b STRING COMMENT 'x'>", ["s struct<a:int,b:string>"]),
        ("t TIMESTAMP_NTZ, u TIMESTAMP", ["t timestamp_ntz", "u timestamp"]),
        ("v VARIANT, c VARCHAR(10)", ["v variant", "c string"]),
        ("x INT DEFAULT 0 NOT NULL", ["x int! default 0"]),
        ("x INT DEFAULT coalesce(1, 2), y INT", ["x int default coalesce(1, 2)", "y int"]),
        ("d DATE GENERATED ALWAYS AS (CAST(ts AS DATE)), ts TIMESTAMP", ["d date := CAST(ts AS DATE)", "ts timestamp"]),
        ("id INT PRIMARY KEY", ["id int"]),
        ("id INT CONSTRAINT pk PRIMARY KEY RELY NOT NULL", ["id int!"]),
        ("id INT, CONSTRAINT pk PRIMARY KEY (id) NOT ENFORCED RELY", ["id int"]),
        ("id INT, PRIMARY KEY (id)", ["id int"]),
        ("a INT, FOREIGN KEY (a) REFERENCES s.t (id) ON DELETE NO ACTION, b INT", ["a int", "b int"]),
        ("a INT REFERENCES s.t(id), CONSTRAINT f FOREIGN KEY (a) REFERENCES u", ["a int"]),
        ("`a b` STRING, `select` INT", ["a b string", "select int"]),
        ("${columns}", ["id int", "name string"]),
        ("date DATE, comment STRING, default INT", ["date date", "comment string", "default int"]),
    ],
)  # fmt: skip
def test_columns_are_read(columns, described):
    dataset, _ = load_one(f"CREATE STREAMING TABLE t ({columns})")
    assert dataset.columns is not None
    assert [describe(column) for column in dataset.columns] == described


def describe(column) -> str:
    text = f"{column.name} {column.type or '?'}" + ("" if column.nullable else "!")
    text += f" default {column.default}" if column.default else ""
    text += f" := {column.generated}" if column.generated else ""
    return text + (f"  -- {column.comment}" if column.comment else "")


@pytest.mark.parametrize(
    ("constraint", "condition", "action"),
    [
        ("EXPECT (id IS NOT NULL)", "id IS NOT NULL", Action.WARN),
        ("EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW", "id IS NOT NULL", Action.DROP),
        ("expect (a > 0) on violation fail update", "a > 0", Action.FAIL),
        ("EXPECT (a IN (1, (2)) AND b = ')')", "a IN (1, (2)) AND b = ')'", Action.WARN),
        ('EXPECT (b <> "x;y" -- why\n AND true)', 'b <> "x;y" -- why\n AND true', Action.WARN),
        ("EXPECT (length(trim(n)) BETWEEN 1 AND ${limit})", "length(trim(n)) BETWEEN 1 AND 10", Action.WARN),
        ("EXPECT (a:b.c::int > 1)", "a:b.c::int > 1", Action.WARN),
    ],
)
def test_expectations_keep_their_condition_as_text(constraint, condition, action):
    dataset, _ = load_one(f"CREATE LIVE TABLE t (\n  CONSTRAINT `a rule` {constraint}\n) AS SELECT 1")
    (expectation,) = dataset.expectations
    assert (expectation.name, expectation.condition, expectation.action) == ("a rule", condition, action)
    assert expectation.location is not None
    assert (expectation.location.line, expectation.location.column) == (2, 3)
    assert dataset.columns is None


def test_columns_and_constraints_mix():
    dataset, _ = load_one(
        "CREATE MATERIALIZED VIEW t (a INT, CONSTRAINT x EXPECT (a > 0), b INT CONSTRAINT y EXPECT (b > 0)) AS SELECT 1"
    )
    assert [e.name for e in dataset.expectations] == ["x", "y"]
    assert [c.name for c in dataset.columns or ()] == ["a", "b"]


@pytest.mark.parametrize(
    ("clauses", "expected"),
    [
        ("COMMENT 'a'", {"comment": "a"}),
        ('COMMENT "it\'s; fine"', {"comment": "it's; fine"}),
        ("COMMENT 'it''s' ' fine'", {"comment": "it's fine"}),
        (r"COMMENT 'a\'b\n' r'\d'", {"comment": "a'b\n\\d"}),
        ("TBLPROPERTIES ('quality' = 'gold')", {"properties": {"quality": "gold"}}),
        ('TBLPROPERTIES ("a"="b", c.d = 1.5, e true)', {"properties": {"a": "b", "c.d": "1.5", "e": "true"}}),
        ("TBLPROPERTIES (delta.enableRowTracking=false)", {"properties": {"delta.enableRowTracking": "false"}}),
        ("PARTITIONED BY (a)", {"partition_columns": ("a",)}),
        ("PARTITIONED BY (a, `b c`)", {"partition_columns": ("a", "b c")}),
        ("CLUSTER BY (a, b)", {"cluster_columns": ("a", "b")}),
        ("CLUSTER BY AUTO", {"cluster_columns": ()}),
        ("CLUSTER BY NONE COMMENT 'x'", {"comment": "x"}),
        ("USING DELTA LOCATION '/x' COMMENT 'y'", {"path": "/x", "comment": "y"}),
        ("comment 'a' tblproperties ('b' = 'c') partitioned by (d)", {"comment": "a", "partition_columns": ("d",)}),
        ("CLUSTER BY (a) COMMENT 'x' TBLPROPERTIES (b = c)", {"properties": {"b": "c"}, "comment": "x"}),
    ],
)
def test_clauses_come_in_any_order(clauses, expected):
    dataset, flow = load_one(f"CREATE OR REFRESH MATERIALIZED VIEW t {clauses} AS SELECT 1")
    assert {key: getattr(dataset, key) for key in expected} == expected
    assert flow is not None
    assert flow.text == "SELECT 1"


@pytest.mark.parametrize(
    ("clause", "message"),
    [
        ("/* none */", "AS is missing before a query"),
        ("LOCATION 'abfss://c@a/x'", "LOCATION has no effect"),
        ("USING PARQUET", "USING PARQUET has no effect"),
        ("REFRESH POLICY INCREMENTAL STRICT", "REFRESH POLICY has no effect"),
        ("SCHEDULE EVERY 1 HOUR", "SCHEDULE has no effect"),
        ("SCHEDULE REFRESH CRON '0 0 * * * ?' AT TIME ZONE 'UTC'", "SCHEDULE has no effect"),
        ("TRIGGER ON UPDATE AT MOST EVERY 5 MINUTES", "TRIGGER has no effect"),
    ],
)
def test_what_has_no_effect_is_noted(clause, message):
    clause, comment, word = (clause, "COMMENT 'x'", "AS") if clause != "/* none */" else (clause, "", "")
    definitions = load(f"CREATE MATERIALIZED VIEW t {comment}\n{clause} {word} SELECT 1")
    assert not definitions.failed
    (note,) = definitions.notes
    assert note.message.startswith(message)
    assert note.location.line == 2
    assert definitions.flows[0].text == "SELECT 1"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1",
        "WITH a AS (SELECT 1) SELECT * FROM a",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "FROM a |> SELECT b",
        "VALUES (1), (2)",
        "TABLE a",
        "SELECT ';' AS a, \"x;y\", `b;c` -- d;e\n FROM t /* ; */ WHERE 1 = 1",
        "SELECT 'it''s', r'\\', 'a\\';b'",
        "SELECT /*+ BROADCAST(a) */ * FROM a",
        "SELECT /* a /* nested; */ comment */ 1",
        "SELECT col:a.b, x::int FROM STREAM(LIVE.t) WATERMARK ts DELAY OF INTERVAL 1 HOUR",
    ],
)
def test_a_query_is_handed_on_as_it_stands(query):
    definitions = load(f"CREATE MATERIALIZED VIEW t AS\n{query};\nCREATE STREAMING TABLE after;")
    assert not definitions.failed
    assert [name.table for name in definitions.datasets] == ["t", "after"]
    assert definitions.flows[0].text == query


@pytest.mark.parametrize(
    ("statement", "name", "is_once", "text"),
    [
        ("CREATE FLOW f AS INSERT INTO t BY NAME SELECT 1", "f", False, "SELECT 1"),
        ("CREATE FLOW f AS INSERT INTO t SELECT 1", "f", False, "SELECT 1"),
        ("CREATE FLOW f AS INSERT INTO ONCE t BY NAME SELECT 1", "f", True, "SELECT 1"),
        ("CREATE FLOW f AS INSERT ONCE INTO t SELECT 1", "f", True, "SELECT 1"),
        ("CREATE FLOW IF NOT EXISTS f COMMENT 'c' AS INSERT INTO LIVE.t (SELECT 1)", "f", False, "(SELECT 1)"),
        ("CREATE FLOW `a b` AS INSERT INTO main.default.t WITH x AS (SELECT 1) TABLE x", "a b", False, None),
    ],
)
def test_a_flow_writes_to_its_target(statement, name, is_once, text):
    definitions = load(f"CREATE STREAMING TABLE t; {statement};")
    assert not definitions.failed
    (flow,) = definitions.flows
    assert (flow.name, str(flow.target), flow.is_once) == (name, "main.default.t", is_once)
    assert text is None or flow.text == text


@pytest.mark.parametrize(
    ("clause", "is_once"), [("FLOW INSERT BY NAME", False), ("FLOW INSERT ONCE BY NAME", True), ("FLOW INSERT", False)]
)
def test_a_flow_may_stand_in_its_table(clause, is_once):
    _, flow = load_one(f"CREATE STREAMING TABLE t COMMENT 'x' {clause} SELECT * FROM STREAM a")
    assert flow is not None
    assert (flow.name, flow.is_once, flow.text) == ("default.t", is_once, "SELECT * FROM STREAM a")


@pytest.mark.parametrize(
    ("head", "name", "is_once"),
    [
        ("CREATE STREAMING TABLE t; APPLY CHANGES INTO t", "default.t", False),
        ("CREATE STREAMING TABLE t; APPLY CHANGES INTO LIVE.t", "default.t", False),
        ("CREATE STREAMING TABLE t; AUTO CDC INTO t", "default.t", False),
        ("CREATE STREAMING TABLE t; CREATE FLOW f AS AUTO CDC INTO t", "f", False),
        ("CREATE STREAMING TABLE t; CREATE FLOW f AS AUTO CDC ONCE INTO t", "f", True),
        ("CREATE STREAMING TABLE t; CREATE FLOW f AS APPLY CHANGES INTO t", "f", False),
        ("CREATE STREAMING TABLE t FLOW AUTO CDC", "default.t", False),
    ],
)
def test_the_heads_of_change_flows(head, name, is_once):
    definitions = load(f"{head} FROM STREAM src KEYS (id) SEQUENCE BY ts")
    assert not definitions.failed
    (flow,) = definitions.flows
    assert (flow.name, str(flow.target), flow.is_once) == (name, "main.default.t", is_once)
    assert flow.changes is not None
    assert (flow.changes.keys, flow.changes.sequence_by, flow.changes.scd_type) == (("id",), "ts", 1)


@pytest.mark.parametrize(
    ("source", "full", "parts"),
    [
        ("STREAM src", "main.default.src", ("src",)),
        ("STREAM(src)", "main.default.src", ("src",)),
        ("stream(LIVE.src)", "main.default.src", ("src",)),
        ("STREAM a.b.c", "a.b.c", ("a", "b", "c")),
        ("STREAM ${cat}.`x y`.c", "prod.x y.c", ("prod", "x y", "c")),
    ],
)
def test_the_source_of_changes_is_a_table(source, full, parts):
    definitions = load(f"CREATE STREAMING TABLE t; AUTO CDC INTO t FROM {source} KEYS (id) SEQUENCE BY ts")
    changes = definitions.flows[0].changes
    assert changes is not None
    assert changes.source is not None
    assert (str(changes.source.name), changes.source.parts, changes.source.is_streaming) == (full, parts, True)


@pytest.mark.parametrize(
    "source",
    [
        "STREAM read_files('/x', format => 'json')",
        "STREAM(read_files('/x', format => 'json'))",
        "(FROM STREAM(cdf) |> SELECT *, parse_json(v) AS w)",
        "(SELECT * FROM STREAM a WHERE keys > 1)",
    ],
)
def test_changes_may_come_from_files_and_queries(source):
    definitions = load(f"CREATE STREAMING TABLE t; AUTO CDC INTO t FROM {source} KEYS (id) SEQUENCE BY ts")
    assert not definitions.failed
    changes = definitions.flows[0].changes
    assert changes is not None
    assert (changes.source, changes.keys) == (None, ("id",))


@pytest.mark.parametrize("source", ["(SELECT * FROM a)", "(FROM a)", "(SELECT * FROM STREAM read_files('/x'))", "s.a"])
def test_snapshots_have_keys_and_no_sequence(source):
    definitions = load(f"CREATE STREAMING TABLE t; CREATE FLOW f AS AUTO CDC INTO t FROM SNAPSHOT {source} KEYS (id)")
    assert not definitions.failed
    changes = definitions.flows[0].changes
    assert changes is not None
    assert (changes.is_snapshot, changes.keys, changes.scd_type) == (True, ("id",), 1)
    assert changes.source is None or not changes.source.is_streaming


@pytest.mark.parametrize(
    ("clauses", "expected"),
    [
        ("KEYS (a, `b c`) SEQUENCE BY ts", {"keys": ("a", "b c"), "sequence_by": "ts"}),
        ("KEYS a, b SEQUENCE BY struct(x, y)", {"keys": ("a", "b"), "sequence_by": "struct(x, y)"}),
        ("KEYS (a) APPLY AS DELETE WHEN op = 'DELETE' SEQUENCE BY ts", {"apply_as_deletes": "op = 'DELETE'"}),
        ("KEYS (a) APPLY AS TRUNCATE WHEN op = 't' SEQUENCE BY ts", {"apply_as_truncates": "op = 't'"}),
        ("KEYS (a) SEQUENCE BY ts COLUMNS * EXCEPT (op, ts)", {"except_columns": ("op", "ts"), "columns": None}),
        ("KEYS (a) SEQUENCE BY ts COLUMNS (a, b)", {"columns": ("a", "b")}),
        ("KEYS (a) SEQUENCE BY ts COLUMNS *", {"columns": None, "except_columns": None}),
        ("KEYS (a) SEQUENCE BY ts COLUMNS a, b STORED AS SCD TYPE 1", {"columns": ("a", "b"), "scd_type": 1}),
        ("KEYS (a) IGNORE NULL UPDATES SEQUENCE BY ts", {"ignore_null_updates": True}),
        ("STORED AS SCD TYPE 2 KEYS (a) SEQUENCE BY ts", {"scd_type": 2}),
        ("KEYS (a) SEQUENCE BY ts STORED AS SCD TYPE 2 TRACK HISTORY ON (b)", {"track": ("b",)}),
        ("KEYS (a) SEQUENCE BY ts STORED AS SCD TYPE 2 TRACK HISTORY ON * EXCEPT (b)", {"track_except": ("b",)}),
        ("KEYS (a) APPLY AS DELETE WHEN keys = 1 AND (x = 2) SEQUENCE BY ts", {"apply_as_deletes": "keys = 1 AND (x = 2)"}),
        ("keys (a) sequence by ts stored as scd type 2", {"scd_type": 2}),
    ],
)  # fmt: skip
def test_the_clauses_of_change_flows(clauses, expected):
    definitions = load(f"CREATE STREAMING TABLE t;\nAPPLY CHANGES INTO t FROM STREAM src {clauses}")
    assert not definitions.failed
    changes = definitions.flows[0].changes
    assert {key: getattr(changes, key) for key in expected} == expected


# --- what holds for the rest of a file ---


def test_a_setting_is_seen_by_later_statements_with_its_quotes():
    definitions = load(
        "SET start = '2020-01-01';\nSET a.b = x y ;\n"
        "CREATE MATERIALIZED VIEW t AS SELECT * FROM s WHERE d > ${start} AND e = '${a.b}'"
    )
    (flow,) = definitions.flows
    assert flow.text == "SELECT * FROM s WHERE d > '2020-01-01' AND e = 'x y'"
    assert flow.configuration == {"start": "'2020-01-01'", "a.b": "x y"}


def test_a_setting_ends_with_its_file_and_overrides_the_project():
    text = "CREATE STREAMING TABLE ${sch}.a; SET sch = other; CREATE STREAMING TABLE ${sch}.b"
    assert [name.schema for name in load(text).datasets] == ["raw", "other"]
    assert [name.schema for name in load("CREATE STREAMING TABLE ${sch}.c").datasets] == ["raw"]


@pytest.mark.parametrize(
    ("statement", "full"),
    [
        ("USE s", "main.s.t"),
        ("USE SCHEMA s", "main.s.t"),
        ("USE DATABASE `s-1`", "main.s-1.t"),
        ("USE CATALOG c", "c.default.t"),
        ("USE c.s", "c.s.t"),
        ("USE SCHEMA c.s", "c.s.t"),
        ("USE CATALOG ${cat}; USE SCHEMA ${sch}", "prod.raw.t"),
        ("USE IDENTIFIER('c.s')", "c.s.t"),
        ("USE CATALOG IDENTIFIER(:cat)", "prod.default.t"),
        ("USE IDENTIFIER('${cat}' || '.' || '${sch}')", "prod.raw.t"),
    ],
)
def test_use_sets_the_default_for_later_names(statement, full):
    dataset, _ = load_one(f"{statement}; CREATE STREAMING TABLE t")
    assert str(dataset.name) == full


@pytest.mark.parametrize("what", ["SCHEMA", "DATABASE", "CATALOG", "VOLUME"])
def test_making_a_container_is_noted(what):
    definitions = load(f"CREATE {what} IF NOT EXISTS x COMMENT 'y'; CREATE STREAMING TABLE t")
    assert not definitions.failed
    assert definitions.notes[0].message.startswith(f"CREATE {what} has no effect")


# --- places ---


def test_places_are_those_of_the_original_file_whatever_is_substituted():
    definitions = load(
        "-- ${not_looked_at}\n"
        "CREATE STREAMING TABLE t (\n"
        "  ${columns},\n"
        "  CONSTRAINT a EXPECT (id > 0)\n"
        ") AS SELECT 1;\n\n"
        "CREATE MATERIALIZED VIEW u COMMENT '${columns}' AS\n"
        "  SELECT 1"
    )
    assert not definitions.failed
    t, u = definitions.datasets.values()
    assert (t.location.line, t.location.column) == (2, 1)
    assert t.expectations[0].location is not None
    assert t.expectations[0].location.line == 4
    assert u.location.line == 7
    assert u.comment == "id INT,\n  name STRING"


def test_a_query_is_built_at_the_place_where_it_stands(monkeypatch):
    from ingot.definitions import reads

    seen = []
    monkeypatch.setattr(reads, "parse_query", lambda *arguments: seen.append(arguments))
    definitions = load("USE c.s;\nCREATE MATERIALIZED VIEW t AS\n\n  SELECT ${limit}")
    assert not seen
    definitions.flows[0].build()
    ((text, _, location, defaults, parameters),) = seen
    assert (text, location.line, location.column, defaults) == ("SELECT 10", 4, 3, ("c", "s"))
    assert parameters["limit"] == "10"


def test_the_reads_of_a_change_flow_are_those_of_its_source(monkeypatch):
    from ingot.definitions import reads

    seen = []
    monkeypatch.setattr(reads, "parse_query", lambda *arguments: seen.append(arguments))
    definitions = load("CREATE STREAMING TABLE t;\nAUTO CDC INTO t\nFROM STREAM(LIVE.src) KEYS (id) SEQUENCE BY ts")
    definitions.flows[0].build()
    assert seen[0][0] == "SELECT * FROM STREAM(LIVE.src)"
    assert seen[0][2].line == 3


@pytest.mark.parametrize("text", ["", ";;", "-- nothing", "/* ; */ ;", "\n\n"])
def test_a_file_may_be_empty(text):
    definitions = load(text)
    assert not definitions.failed
    assert not definitions.datasets

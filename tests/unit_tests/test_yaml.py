"""Unit tests in YAML, as `ingot test` runs them: what passes, what fails and how that is shown."""

import json
import textwrap
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ingot import cli
from ingot.errors import IngotError
from ingot.unit_tests.bench import Bench, find_tests

PIPELINE = """
CREATE OR REFRESH STREAMING TABLE bronze.orders
AS SELECT *, _metadata.file_name AS _source_file
FROM STREAM read_files('data/orders', format => 'csv', header => true);

CREATE OR REFRESH STREAMING TABLE silver.orders (
  CONSTRAINT has_amount EXPECT (amount IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT is_small EXPECT (amount < 1000)
) AS SELECT DISTINCT CAST(order_id AS BIGINT) AS order_id, trim(customer) AS customer,
  CAST(amount AS DECIMAL(10, 2)) AS amount
FROM STREAM bronze.orders;

CREATE TEMPORARY VIEW big AS SELECT * FROM silver.orders WHERE amount > ${least};

CREATE MATERIALIZED VIEW gold.revenue AS SELECT customer, count(*) AS orders, sum(amount) AS revenue,
  max(current_date()) AS day FROM silver.orders GROUP BY customer;

CREATE MATERIALIZED VIEW gold.named AS SELECT b.order_id, c.name, c.tags
FROM big AS b LEFT JOIN live.customers AS c ON b.customer = c.id;

CREATE STREAMING TABLE silver.payments (CONSTRAINT paid EXPECT (amount > 0))
TBLPROPERTIES ('ingot.quarantine' = 'paid') AS SELECT id, amount FROM STREAM bronze.payments;

CREATE STREAMING TABLE silver.strict (CONSTRAINT known EXPECT (id IS NOT NULL) ON VIOLATION FAIL UPDATE)
AS SELECT id FROM STREAM bronze.payments;

CREATE STREAMING TABLE bronze.payments (id BIGINT, amount DECIMAL(9, 2)) AS SELECT CAST(id AS BIGINT) AS id, CAST(amount AS DECIMAL(9, 2)) AS amount
FROM STREAM read_files('data/payments', format => 'json', schema => 'id BIGINT, amount DECIMAL(9, 2)');

CREATE MATERIALIZED VIEW default.customers AS SELECT 'a' AS id, 'Ada' AS name, array('x') AS tags;
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "transformations").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "ingot.yml").write_text("name: shop\nconfiguration: {least: '10'}\n")
    (tmp_path / "transformations" / "all.sql").write_text(PIPELINE)
    return tmp_path


def verdicts(project: Path, text: str):
    (project / "tests" / "unit.yml").write_text("unit_tests:\n" + textwrap.indent(textwrap.dedent(text), "  "))
    with Bench(project) as bench:
        return [bench.run(test) for test in find_tests(bench.plain_project)]


def verdict(project: Path, text: str):
    (found,) = verdicts(project, text)
    return found


def passes(project: Path, text: str) -> None:
    found = verdict(project, text)
    assert found.status == "passed", found.error.render() if found.error else found.mismatches


def error(project: Path, text: str) -> IngotError:
    try:
        found = verdict(project, text)
    except IngotError as raised:
        return raised
    assert found.error is not None, found
    return found.error


def test_only_expected_columns_are_compared_and_rows_have_no_order(project):
    passes(project, """
        - name: sums
          model: gold.revenue
          given:
            - input: silver.orders
              rows:
                - {customer: Ada, amount: 120.50}
                - {customer: Grace, amount: 80}
                - {customer: Ada, amount: 35.25}
          expect:
            rows:
              - {customer: Grace, orders: 1}
              - {customer: Ada, orders: 2}
        """)  # fmt: skip


def test_the_instant_is_fixed_and_can_be_set(project):
    passes(project, """
        - name: day
          model: gold.revenue
          given: [{input: silver.orders, rows: [{customer: Ada}]}]
          expect: [{day: 2024-01-01}]
        """)  # fmt: skip
    passes(project, """
        - name: day
          model: gold.revenue
          overrides: {now: 2025-06-30 23:59:59}
          given: [{input: silver.orders, rows: [{customer: Ada}]}]
          expect: [{day: 2025-06-30}]
        """)  # fmt: skip


def test_rows_may_be_csv_and_sql_and_stand_in_fixtures(project):
    fixtures = project / "tests" / "fixtures"
    fixtures.mkdir()
    (fixtures / "orders.csv").write_text("customer,amount\nAda,1.5\nAda,\n")
    (fixtures / "revenue.sql").write_text("SELECT 'Ada' AS customer, 2 AS orders")
    found = verdicts(project, """
        - name: csv
          model: gold.revenue
          given:
            - input: ref('silver.orders')
              format: csv
              rows: |
                customer,amount
                "Lovelace, Ada",1.5
                ,2
          expect:
            format: csv
            rows: |
              customer,orders
              "Lovelace, Ada",1
              ,1
        - name: sql
          model: gold.revenue
          given:
            - input: source('silver', 'orders')
              format: sql
              rows: SELECT 'Ada' AS customer, 1.50 AS amount UNION ALL SELECT 'Ada', NULL
          expect:
            format: sql
            rows: SELECT 'Ada' AS customer, CAST(1.5 AS DECIMAL(10, 2)) AS revenue
        - name: fixtures
          model: gold.revenue
          given: [{input: silver.orders, fixture: orders}]
          expect: {fixture: revenue, format: sql}
        """)  # fmt: skip
    assert [v.status for v in found] == ["passed"] * 3, [v.error or v.mismatches for v in found]


def test_missing_columns_are_null_and_types_are_those_of_the_definition(project):
    passes(project, """
        - name: typed
          model: silver.payments
          given: [{input: bronze.payments, rows: [{amount: 1}, {id: 7, amount: '2.5'}]}]
          expect: [{id: , amount: 1.00}, {id: 7, amount: 2.50}]
        """)  # fmt: skip


def test_fields_that_no_row_has_are_null_when_a_definition_asks_for_several(project):
    (project / "transformations" / "nested.sql").write_text("""
        CREATE STREAMING TABLE bronze.items AS SELECT * FROM STREAM read_files('data/items', format => 'json');
        CREATE MATERIALIZED VIEW silver.items AS
        SELECT i.id, i.size.width, i.size.height, i.size.box.depth FROM bronze.items AS i;
    """)
    passes(project, """
        - name: nested
          model: silver.items
          given: [{input: bronze.items, rows: [{id: 1}]}]
          expect: [{id: 1, width: , height: , depth: }]
        """)  # fmt: skip


def test_what_lies_between_the_given_rows_and_the_model_is_evaluated(project):
    passes(project, """
        - name: chain
          model: gold.named
          overrides: {vars: {least: '100'}}
          given:
            - input: bronze.orders
              rows: [{order_id: '1', customer: ' a ', amount: '99'}, {order_id: '2', customer: a, amount: '101'}]
          expect: [{order_id: 2, name: Ada, tags: [x]}]
        """)  # fmt: skip


def test_raw_files_go_through_the_reader_of_the_definition(project):
    passes(project, """
        - name: raw
          model: bronze.orders
          batches:
            - given: [{input: data/orders, files: {a.csv: "order_id,customer\\n1,Ada\\n"}}]
              expect: [{order_id: 1, customer: Ada, _source_file: a.csv}]
            - given: [{input: data/orders, files: {b.csv: "order_id,customer,city\\n2,Eve,Rome\\n"}}]
              expect:
                - {order_id: 1, city: , _source_file: a.csv}
                - {order_id: 2, city: Rome, _source_file: b.csv}
        """)  # fmt: skip


def test_rows_for_files_bring_metadata_and_new_columns(project):
    passes(project, """
        - name: bronze
          model: bronze.orders
          batches:
            - given: [{input: data/orders, rows: [{order_id: 1, _metadata: {file_name: x.csv}}]}]
              expect: [{order_id: 1, _source_file: x.csv}]
            - given: [{input: data/orders, rows: [{order_id: 2, note: late}]}]
              expect: [{order_id: 1, note: , _source_file: x.csv}, {order_id: 2, note: late, _source_file: given.csv}]
        """)  # fmt: skip


def test_state_is_kept_between_batches_and_a_full_refresh_reads_everything_again(project):
    passes(project, """
        - name: duplicates across batches
          model: silver.orders
          batches:
            - given: [{input: bronze.orders, rows: [{order_id: 1, customer: Ada, amount: 5}]}]
              expect: [{order_id: 1}]
            - given: [{input: bronze.orders, rows: [{order_id: 1, customer: ' Ada', amount: 5}, {order_id: 2, amount: 2000}, {order_id: 3}]}]
              expect: {rows: [{order_id: 1}, {order_id: 2}], dropped: 1, expectations: {has_amount: 1, is_small: 2}}
            - expect: {rows: [{order_id: 1}, {order_id: 2}], dropped: 0}
            - full_refresh: true
              given: [{input: bronze.orders, rows: [{order_id: 4, amount: 1}]}]
              expect: [{order_id: 1}, {order_id: 2}, {order_id: 4}]
        """)  # fmt: skip


def test_joined_streams_meet_across_batches(project):
    joined = """CREATE STREAMING TABLE silver.paid AS
    SELECT o.order_id, p.amount FROM STREAM bronze.orders o JOIN STREAM bronze.payments p ON o.order_id = p.id;"""
    (project / "transformations" / "joined.sql").write_text(joined)
    passes(project, """
        - name: joined
          model: silver.paid
          batches:
            - given: [{input: bronze.orders, rows: [{order_id: 1}, {order_id: 2}]}, {input: bronze.payments, rows: [{id: 1, amount: 5}]}]
              expect: [{order_id: 1, amount: 5}]
            - given: [{input: bronze.payments, rows: [{id: 2, amount: 7}]}]
              expect: [{order_id: 1, amount: 5}, {order_id: 2, amount: 7}]
            - given: [{input: bronze.orders, rows: [{order_id: 2}]}, {input: bronze.payments, rows: [{id: 2, amount: 8}]}]
              expect: [{order_id: 1, amount: 5}, {order_id: 2, amount: 7}, {order_id: 2, amount: 7}, {order_id: 2, amount: 8}, {order_id: 2, amount: 8}]
        """)  # fmt: skip


def test_rows_set_aside_can_be_expected(project):
    passes(project, """
        - name: aside
          model: silver.payments
          given: [{input: bronze.payments, rows: [{id: 1, amount: 0}, {id: 2, amount: 3}]}]
          expect: {rows: [{id: 2}], quarantine: [{id: 1, amount: 0, _broken_rules: [paid]}], dropped: 1}
        """)  # fmt: skip


def test_an_error_can_be_expected_and_what_was_there_stays(project):
    passes(project, """
        - name: fails
          model: silver.strict
          batches:
            - given: [{input: bronze.payments, rows: [{id: 1}]}]
              expect: [{id: 1}]
            - given: [{input: bronze.payments, rows: [{id: }]}]
              expect: {error: expectation-failed, rows: [{id: 1}]}
        """)  # fmt: skip
    found = verdict(project, """
        - name: does not fail
          model: silver.strict
          given: [{input: bronze.payments, rows: [{id: 1}]}]
          expect: {error: expectation-failed}
        """)  # fmt: skip
    assert [m.what for m in found.mismatches] == ["expected the error expectation-failed, but the update succeeded"]


def test_an_error_that_is_not_expected_is_shown_with_its_place(project):
    found = error(project, """
        - name: bad
          model: silver.orders
          given: [{input: bronze.orders, rows: [{order_id: x}]}]
          expect: [{order_id: 1}]
        """)  # fmt: skip
    assert found.code == "bad-data"
    assert found.location is not None and found.location.path.endswith("all.sql")


def test_a_view_can_be_tested(project):
    passes(project, """
        - name: big ones
          model: big
          given: [{input: silver.orders, rows: [{order_id: 1, amount: 10}, {order_id: 2, amount: 11}]}]
          expect: [{order_id: 2}]
        """)  # fmt: skip


def test_no_rows_can_be_expected(project):
    passes(project, """
        - name: none
          model: gold.revenue
          given: [{input: silver.orders, rows: []}]
          expect: {rows: []}
        """)  # fmt: skip


MISTAKES = {
    "unknown key": ("- {name: a, modle: b, expect: []}", "unknown-key", "did you mean 'model'?", 2),
    "no model": ("- {name: a, expect: []}", "missing-key", "model: silver.orders", 2),
    "unknown dataset": (
        "- {name: a, model: gold.revenues, expect: {rows: []}}", "unknown-dataset", "did you mean 'gold.revenue'?", 2,
    ),
    "unknown input": (
        "- {name: a, model: gold.revenue, given: [{input: silver.order, rows: []}, {input: silver.orders}], expect: {rows: []}}",
        "unknown-input", "did you mean 'silver.orders'?", 2,
    ),
    "missing input": (
        "- {name: a, model: silver.orders, expect: {rows: []}}",
        "missing-input", "add below `given`: - {input: data/orders, rows: []}", 2,
    ),
    "unknown given column": (
        "- name: a\n  model: silver.payments\n  given:\n    - input: bronze.payments\n      rows:\n        - {id: 1}\n        - {amuont: 1}\n  expect: []",
        "unknown-column", "did you mean 'amount'?", 8,
    ),
    "unknown expected column": (
        "- {name: a, model: gold.revenue, given: [{input: silver.orders, rows: [{customer: x}]}],\n   expect: [{costumer: x}]}",
        "unknown-column", "did you mean 'customer'?", 3,
    ),
    "value of another type": (
        "- {name: a, model: silver.payments, given: [{input: bronze.payments, rows: [{id: one}]}], expect: []}",
        "wrong-type", "write a whole number within its range", 2,
    ),
    "too many digits": (
        "- {name: a, model: silver.payments, given: [{input: bronze.payments, rows: [{amount: 1.234}]}], expect: []}",
        "wrong-type", "write a number with no more digits than that, such as 1.5", 2,
    ),
    "unknown format": (
        "- {name: a, model: big, given: [{input: silver.orders, format: cvs, rows: a}], expect: []}",
        "wrong-type", "did you mean 'csv'?", 2,
    ),
    "unknown fixture": (
        "- {name: a, model: big, given: [{input: silver.orders, fixture: orders}], expect: []}",
        "no-such-file", "make tests/fixtures/orders.csv", 2,
    ),
    "nothing expected": ("- {name: a, model: big, expect: {}}", "missing-key", "rows: []", 2),
    "this": (
        "- {name: a, model: big, given: [{input: this, rows: []}], expect: []}",
        "invalid-unit-test", "write `batches`, the first of which brings the rows that are there already", 2,
    ),
    "batches and given": (
        "- {name: a, model: big, given: [], batches: [{expect: []}]}",
        "invalid-unit-test", "write `given` within each batch", 2,
    ),
    "unknown expectation": (
        "- {name: a, model: silver.payments, given: [{input: bronze.payments, rows: []}], expect: {expectations: {payed: 1}}}",
        "unknown-expectation", "did you mean 'paid'?", 2,
    ),
    "doubled name": (
        "- {name: a, model: big, expect: {rows: []}}\n- {name: a, model: big, expect: {rows: []}}",
        "duplicate-name", "give each test a name of its own", 3,
    ),
    "no instant": (
        "- {name: a, model: big, overrides: {now: yesterday}, expect: {rows: []}}",
        "wrong-type", "it takes an instant such as 2024-01-31 12:00:00 (UTC)", 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_test_is_an_error_with_its_line(project, mistake):
    text, code, hint, line = MISTAKES[mistake]
    found = error(project, text)
    assert (found.code, found.hint) == (code, hint), found.render()
    assert found.location is not None and (Path(found.location.path).name, found.location.line) == ("unit.yml", line)


def test_a_file_without_unit_tests_is_left_alone_unless_its_key_is_misspelt(project):
    (project / "tests" / "other.yml").write_text("models: []\n")
    with Bench(project) as bench:
        assert find_tests(bench.plain_project) == []
    (project / "tests" / "other.yml").write_text("unit_test: []\n")
    with Bench(project) as bench, pytest.raises(IngotError, match="unknown key 'unit_test'") as caught:
        find_tests(bench.plain_project)
    assert caught.value.hint == "did you mean 'unit_tests'?"


FAILING = """
unit_tests:
  - name: sums
    model: gold.revenue
    given: [{input: silver.orders, rows: [{customer: Ada, amount: 1}, {customer: Bob}, {customer: Eve}]}]
    expect: [{customer: Ada, orders: 2}, {customer: Bob, orders: 1}, {customer: Zoe, orders: 7}]
  - name: passes
    model: gold.revenue
    config: {tags: [quick]}
    given: [{input: silver.orders, rows: []}]
    expect: {rows: []}
  - name: not now
    model: gold.revenue
    config: {enabled: false}
    expect: {rows: []}
"""


def run(project: Path, capsys, *arguments: str) -> tuple[int, str]:
    code = cli.main(["-C", str(project), "test", *arguments])
    return code, capsys.readouterr().out


def test_a_failure_is_a_table_of_the_rows_that_differ(project, capsys):
    (project / "tests" / "unit.yml").write_text(FAILING)
    code, out = run(project, capsys)
    assert code == 1
    assert "✓ gold.revenue: passes" in out and "– gold.revenue: not now" in out
    shown = out[out.index("failed gold.revenue") :].splitlines()
    assert shown[:-1] == [
        "failed gold.revenue: sums  tests/unit.yml:3",
        "  gold.revenue: 1 as expected, 1 missing, 1 unexpected, 1 changed",
        "    customer  orders",
        "  ~ Ada       2 → 1",
        "  - Zoe       7",
        "  + Eve       1",
        "    (expected → actual)",
        "",
    ]
    assert shown[-1].startswith("1 passed, 1 failed, 1 skipped in ")


def test_tests_are_selected_by_name_dataset_file_tag_and_keyword(project, capsys):
    (project / "tests" / "unit.yml").write_text(FAILING)
    listed = {
        choice: [line.split("  ")[0] for line in run(project, capsys, "--list", *choice)[1].splitlines()]
        for choice in [("passes",), ("gold.revenue",), ("tests/unit.yml",), ("quick",), ("-k", "NOW")]
    }
    every = ["gold.revenue: sums", "gold.revenue: passes", "gold.revenue: not now"]
    assert listed == {
        ("passes",): every[1:2], ("gold.revenue",): every, ("tests/unit.yml",): every, ("quick",): every[1:2],
        ("-k", "NOW"): every[2:],
    }  # fmt: skip
    assert cli.main(["-C", str(project), "test", "pases"]) == 1
    assert "did you mean 'passes'?" in capsys.readouterr().err


def test_a_file_that_is_wrong_does_not_stop_another_one_that_is_named(project, capsys):
    (project / "tests" / "unit.yml").write_text(FAILING)
    (project / "tests" / "wrong.yml").write_text("unit_tests:\n  - name: no model\n")
    (project / "tests" / "test_wrong.py").write_text("from ingot.testing import unit_test\nimport no_such_module\n")
    _, out = run(project, capsys, "tests/unit.yml", "--list")
    assert len(out.splitlines()) == 3
    assert cli.main(["-C", str(project), "test", "--list"]) == 1


def test_fail_fast_stops_at_the_first_failure(project, capsys):
    (project / "tests" / "unit.yml").write_text(FAILING)
    _, out = run(project, capsys, "--fail-fast")
    assert "passes" not in out


def test_verdicts_come_as_json_and_as_junit(project, capsys):
    (project / "tests" / "unit.yml").write_text(FAILING)
    _, out = run(project, capsys, "--json", "--junit", str(project / "junit.xml"))
    facts = json.loads(out)
    assert [facts[key] for key in ("passed", "failed", "errors", "skipped")] == [1, 1, 0, 1]
    first = facts["tests"][0]
    assert (first["file"], first["line"], first["status"]) == ("tests/unit.yml", 3, "failed")
    assert first["mismatches"][0]["rows"][0] == {
        "kind": "changed",
        "expected": {"customer": "Ada", "orders": 2},
        "actual": {"customer": "Ada", "orders": 1},
    }
    suite = ElementTree.parse(project / "junit.xml").getroot()[0]
    assert suite.attrib["tests"] == "3" and suite.attrib["failures"] == "1"
    assert [[child.tag for child in case] for case in suite] == [["failure"], [], ["skipped"]]


def test_colours_mark_the_cells_that_differ_on_a_terminal_only(project):
    import io

    from ingot.terminal import Terminal
    from ingot.unit_tests.report import show_failure

    (project / "tests" / "unit.yml").write_text(FAILING)
    with Bench(project) as bench:
        found = bench.run(find_tests(bench.plain_project)[0])
    terminal = Terminal(io.StringIO())
    terminal.has_color = True
    show_failure(found, project, terminal)
    assert isinstance(terminal.stream, io.StringIO)
    assert "\x1b[33m~\x1b[0m Ada       \x1b[33m2 → 1 \x1b[0m" in terminal.stream.getvalue()


def test_a_project_without_tests_says_how_to_write_them(project, capsys):
    code, out = run(project, capsys)
    assert code == 0 and "no unit tests" in out


def test_nothing_is_written_beside_the_project(project):
    before = sorted(project.rglob("*"))
    verdicts(project, "- {name: a, model: big, given: [{input: silver.orders, rows: []}], expect: {rows: []}}")
    assert sorted(p for p in project.rglob("*") if p.name != "unit.yml") == before


def test_given_instants_are_utc(project):
    (project / "transformations" / "more.sql").write_text(
        "CREATE MATERIALIZED VIEW gold.times AS SELECT at, at - INTERVAL 1 HOUR AS before FROM bronze.times"
    )
    passes(project, """
        - name: instants
          model: gold.times
          given: [{input: bronze.times, rows: [{at: 2024-03-31 02:30:00}, {at: 2024-03-31T02:30:00+02:00}]}]
          expect: [{before: 2024-03-31 01:30:00}, {before: 2024-03-30 23:30:00}]
        """)  # fmt: skip


PYTHON = """
import dlt
from pyspark.sql import functions as F
from pyspark.sql.functions import udf


@udf("string")
def shout(text):
    return None if text is None else text.upper() + "!"


@dlt.table(name="bronze.words")
def bronze():
    files = spark.readStream.format("cloudFiles").option("cloudFiles.format", "json").load("/Volumes/raw/words")
    return files.withColumn("file", F.col("_metadata.file_name"))


@dlt.view
def clean():
    return dlt.read_stream("bronze.words").filter("id IS NOT NULL")


@dlt.table(name="silver.words")
@dlt.expect_or_drop("counted", "n > 0")
def silver():
    words = dlt.read_stream("clean").select("id", shout("word").alias("word"), F.col("n").cast("double").alias("n"))
    return words.dropDuplicates(["id"])


@dlt.table(name="gold.words")
def gold():
    top = spark.read.table("silver.words").agg(F.max("n")).collect()[0][0]
    return spark.read.table("silver.words").groupBy("word").agg(F.sum("n").alias("total"), F.lit(top).alias("top"))
"""


def test_python_with_user_functions_views_and_rows_asked_for(project):
    (project / "transformations" / "words.py").write_text(PYTHON)
    found = verdicts(project, """
        - name: a view and a function in between
          model: silver.words
          batches:
            - given: [{input: bronze.words, rows: [{id: 1, word: a, n: "3"}, {id: , word: x}, {id: 2, word: b, n: 0}]}]
              expect: {rows: [{id: 1, word: "A!", n: 3.0}], dropped: 1}
            - given: [{input: bronze.words, rows: [{id: 1, word: again, n: "3"}]}]
              expect: [{id: 1, word: "A!"}]
        - name: rows that the function asks for
          model: gold.words
          given: [{input: silver.words, rows: [{word: a, n: 1}, {word: a, n: 4}]}]
          expect: [{word: a, total: 5, top: 4}]
        - name: from files of elsewhere
          model: gold.words
          given: [{input: /Volumes/raw/words, files: {a.json: '{"id": 1, "word": "z", "n": 7}'}}]
          expect: [{word: "Z!", total: 7, top: 7}]
        """)  # fmt: skip
    assert [v.status for v in found] == ["passed"] * 3, [(v.error and v.error.render()) or v.mismatches for v in found]


def test_a_missing_input_of_elsewhere_is_named_as_the_definition_writes_it(project):
    (project / "transformations" / "words.py").write_text(PYTHON)
    found = error(project, "- {name: a, model: bronze.words, expect: {rows: []}}")
    assert found.hint == "add below `given`: - {input: /Volumes/raw/words, rows: []}"


def test_a_definition_file_that_cannot_be_read_is_told_rather_than_a_missing_dataset(project):
    (project / "transformations" / "more.py").write_text(
        "import dlt\n\n@dlt.table(name='gold.more'\ndef more():\n    pass\n"
    )
    found = error(project, "- {name: a, model: gold.more, expect: {rows: []}}")
    assert found.code == "syntax-error" and found.location is not None and found.location.path.endswith("more.py")

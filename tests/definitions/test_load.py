"""Which files of a project are definitions, and how notebooks and whole files load."""

from __future__ import annotations

from pathlib import Path

import pytest

from definitions.sql_loading import load
from ingot.definitions import definition_files, load_definitions
from ingot.definitions.notebook import cells
from ingot.errors import ProjectError
from ingot.model import DatasetKind, Project


def project(root: Path, *definitions: str) -> Project:
    return Project(name="p", root=root, lake=root / "lake", definitions=definitions or ("transformations/**",))


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


def found(root: Path, *definitions: str) -> list[str]:
    return [str(path.relative_to(root)) for path in definition_files(project(root, *definitions))]


def test_the_default_takes_sql_python_and_notebooks_at_any_depth_sorted(tmp_path):
    touch(tmp_path, *(f"transformations/{x}" for x in ("b.sql", "a/c.py", "a/b/d.sql", "n.ipynb", "x.md", "y.csv")))
    touch(tmp_path, "other.sql")
    assert found(tmp_path) == [f"transformations/{x}" for x in ("a/b/d.sql", "a/c.py", "b.sql", "n.ipynb")]


def test_hidden_files_caches_tests_and_the_lake_are_left_out(tmp_path):
    touch(tmp_path, "a.sql", ".venv/x.py", ".b.sql", "__pycache__/c.py", "test_d.py", "e_test.py", "lake/s/f.sql")
    touch(tmp_path, "tests_of_mine.py")
    assert found(tmp_path, "**") == ["a.sql", "tests_of_mine.py"]


def test_a_pattern_may_be_a_file_a_folder_or_a_glob(tmp_path):
    touch(tmp_path, "a/x.sql", "a/b/y.sql", "c/z1.sql", "c/z2.sql", "c/w.sql")
    assert found(tmp_path, "a") == ["a/b/y.sql", "a/x.sql"]
    assert found(tmp_path, "a/x.sql", "c/z*.sql", "c/**") == ["a/x.sql", "c/w.sql", "c/z1.sql", "c/z2.sql"]
    assert found(tmp_path, str(tmp_path / "a/**")) == ["a/b/y.sql", "a/x.sql"]


def test_a_notebook_of_a_bundle_may_lack_its_ending(tmp_path):
    touch(tmp_path, "src/bronze.py", "src/silver.sql")
    assert found(tmp_path, "src/bronze", "src/silver") == ["src/bronze.py", "src/silver.sql"]


def test_a_file_that_does_not_exist_is_an_error_but_a_new_project_may_be_empty(tmp_path):
    assert found(tmp_path) == []
    with pytest.raises(ProjectError, match=r"names 'a\.sql', which does not exist"):
        found(tmp_path, "a.sql")


def test_a_glob_of_the_settings_that_matches_nothing_is_an_error_with_its_line_and_the_nearest_folder(tmp_path):
    from ingot.project import load_project

    touch(tmp_path, "src/transformations/a.sql", "etl/readme.md")
    settings = "name: p\ndefinitions:\n  - src/transformations/*.sql\n  - {}\n"
    for pattern, hint in (
        ("src/transformation/**", "did you mean 'src/transformations/**'?"),
        ("etl/**", "a path from the project's folder, or a glob such as transformations/**"),
        ("**/x/*.sql", "a path from the project's folder, or a glob such as transformations/**"),
    ):
        (tmp_path / "ingot.yml").write_text(settings.format(f'"{pattern}"'))
        with pytest.raises(ProjectError, match=r"which matches no \.sql, \.py or \.ipynb file") as raised:
            load_definitions(load_project(tmp_path))
        assert (raised.value.code, raised.value.hint) == ("no-such-file", hint)
        assert (raised.value.location.path, raised.value.location.line) == (str(tmp_path / "ingot.yml"), 4)


def test_a_glob_of_a_bundle_may_match_nothing_beside_others_and_is_noted(tmp_path):
    from ingot.project import load_project

    spec = "name: p\nlibraries:\n  - glob: {include: generated/**}\n"
    (tmp_path / "spark-pipeline.yml").write_text(spec)
    with pytest.raises(ProjectError, match="names 'generated/"):
        load_definitions(load_project(tmp_path))
    touch(tmp_path, "transformations/a.sql")
    (tmp_path / "spark-pipeline.yml").write_text(spec + "  - glob: {include: transformations/**}\n")
    [note] = load_definitions(load_project(tmp_path)).notes
    assert "'generated/**', which matches no .sql, .py or .ipynb file" in note.message
    assert note.location.line == 3


def test_a_projects_folder_may_hold_glob_characters(tmp_path):
    root = tmp_path / "a[1]*"
    touch(root, "transformations/x.sql")
    assert found(root) == ["transformations/x.sql"]


def test_files_load_in_order_into_one_set_of_definitions(tmp_path):
    folder = tmp_path / "transformations"
    folder.mkdir()
    (folder / "a.sql").write_text("USE silver; CREATE FLOW f AS INSERT INTO bronze.t SELECT 1")
    (folder / "b.sql").write_bytes("\ufeffCREATE STREAMING TABLE bronze.t;\r\nCREATE STREAMING TABLE u;".encode())
    (folder / "c.sql").write_bytes(b"-- ok\nCREATE LIVE TABLE x COMMENT 'caf\xe9' AS SELECT 1")
    definitions = load_definitions(project(tmp_path))
    assert [str(name) for name in definitions.datasets] == ["main.bronze.t", "main.default.u"]
    assert [flow.name for flow in definitions.flows] == ["f"]
    assert [path.name for path in definitions.files] == ["a.sql", "b.sql", "c.sql"]
    (failed,) = definitions.failed
    assert (failed.location.path, failed.location.line) == (str(folder / "c.sql"), 2)
    assert str(failed.error) == "the file is not UTF-8: byte 0xe9"


# --- notebooks ---

NOTEBOOK = """-- Databricks notebook source
-- MAGIC %md
-- MAGIC # Bronze; isn't it?

-- COMMAND ----------

-- DBTITLE 1,Raw orders; as they came
CREATE OR REFRESH STREAMING LIVE TABLE orders
COMMENT "raw"
AS SELECT * FROM cloud_files("/x", "json", map("cloudFiles.inferColumnTypes", "true"))

-- COMMAND ----------

CREATE LIVE TABLE wrong AS SELECT 'a

-- COMMAND ----------

-- a comment first
-- MAGIC %python
-- MAGIC print("it's a comment to SQL")

-- COMMAND ----------

CREATE LIVE VIEW clean AS SELECT * FROM LIVE.orders;
CREATE LIVE TABLE gold (CONSTRAINT ok EXPECT (n > 0)) AS SELECT count(*) AS n FROM LIVE.clean
"""


def test_the_end_of_a_cell_ends_a_statement():
    definitions = load(NOTEBOOK)
    assert [name.table for name in definitions.datasets] == ["orders", "clean", "gold"]
    assert [d.location.line for d in definitions.datasets.values()] == [8, 24, 25]
    (failed,) = definitions.failed
    assert (failed.name.table if failed.name else None, failed.location.line) == ("wrong", 14)
    (note,) = definitions.notes
    assert (note.message, note.location.line) == ("a %python cell in a SQL notebook has no effect", 19)


def test_a_file_that_has_only_the_borders_of_cells_is_a_notebook_too():
    definitions = load("CREATE LIVE TABLE a AS SELECT 1\n\n-- COMMAND ----------\nCREATE LIVE TABLE b AS SELECT 2")
    assert [flow.text for flow in definitions.flows] == ["SELECT 1", "SELECT 2"]


def test_a_view_that_is_not_temporary_is_one_of_the_pipeline_only():
    definitions = load("CREATE OR REPLACE VIEW a AS SELECT 1;")
    [dataset] = definitions.datasets.values()
    assert dataset.kind is DatasetKind.TEMPORARY_VIEW
    assert "for the pipeline only" in definitions.notes[0].message


def test_the_cells_of_a_python_notebook_are_found():
    text = "# Databricks notebook source\na\n# COMMAND ----------\n# MAGIC %sql\n# MAGIC SELECT 1\n"
    assert [(text[c.start : c.end].count("\n"), c.magic) for c in cells(text, "#")] == [(2, None), (3, "sql")]


# --- whole files, in the style of real ones ---


def test_a_lakeflow_file():
    definitions = load("""
        -- Customers: from raw files to a history
        CREATE OR REFRESH STREAMING TABLE ${cat}.bronze.customers
          (
            customer_id BIGINT COMMENT "the key",
            name STRING NOT NULL,
            operation STRING, operation_date TIMESTAMP, _rescued_data STRING,
            CONSTRAINT valid_id EXPECT (customer_id IS NOT NULL) ON VIOLATION FAIL UPDATE,
            CONSTRAINT no_rescued EXPECT (_rescued_data IS NULL) ON VIOLATION DROP ROW
          )
        CLUSTER BY AUTO
        COMMENT "raw customers"
        TBLPROPERTIES ("quality" = "bronze", "pipelines.reset.allowed" = false,
                       'ingot.quarantine' = 'no_rescued', 'ingot.min_rows' = '1')
        AS SELECT *, _metadata.file_path AS source FROM STREAM read_files(
            "/Volumes/${cat}/raw/customers", format => "json", schemaHints => 'customer_id BIGINT');

        CREATE OR REFRESH STREAMING TABLE ${cat}.silver.customers;
        CREATE FLOW customers_cdc AS AUTO CDC INTO ${cat}.silver.customers
        FROM STREAM(${cat}.bronze.customers)
        KEYS (customer_id)
        APPLY AS DELETE WHEN operation = "DELETE"
        SEQUENCE BY operation_date
        COLUMNS * EXCEPT (operation, operation_date, _rescued_data)
        STORED AS SCD TYPE 2;
        """)
    assert not definitions.failed
    bronze, silver = definitions.datasets.values()
    assert (str(bronze.name), str(silver.name)) == ("prod.bronze.customers", "prod.silver.customers")
    assert [(e.name, str(e.action)) for e in bronze.expectations] == [
        ("valid_id", "fail"),
        ("no_rescued", "quarantine"),
    ]
    assert bronze.properties["pipelines.reset.allowed"] == "false"
    cdc = definitions.flows[1]
    assert (cdc.name, cdc.target) == ("customers_cdc", silver.name)
    assert cdc.changes is not None
    assert (cdc.changes.scd_type, cdc.changes.except_columns) == (
        2,
        ("operation", "operation_date", "_rescued_data"),
    )


def test_a_file_of_the_old_dialect():
    definitions = load("""
        SET pipelines.trigger.interval = 10 seconds;
        CREATE INCREMENTAL LIVE TABLE sales_raw COMMENT "x" TBLPROPERTIES (pipelines.autoOptimize.zOrderCols = "id")
        AS SELECT * FROM cloud_files("/databricks-datasets/sales", "csv", map("header", "true"));
        CREATE STREAMING LIVE TABLE sales (
          CONSTRAINT `valid number` EXPECT (n IS NOT NULL) ON VIOLATION DROP ROW
        ) PARTITIONED BY (d) COMMENT "y"
        AS SELECT f.* FROM STREAM(LIVE.sales_raw) f LEFT JOIN LIVE.customers c ON c.id = f.id;
        CREATE STREAMING LIVE TABLE target;
        APPLY CHANGES INTO LIVE.target FROM stream(LIVE.sales) KEYS (id)
          APPLY AS DELETE WHEN op = "DELETE" APPLY AS TRUNCATE WHEN op = "TRUNCATE" SEQUENCE BY n
          COLUMNS * EXCEPT (op, n);
        """)
    assert not definitions.failed
    assert [flow.name for flow in definitions.flows] == ["default.sales_raw", "default.sales", "default.target"]
    assert definitions.flows[1].configuration == {"pipelines.trigger.interval": "10 seconds"}


def test_a_file_of_open_source_spark():
    definitions = load("""
        CREATE STREAMING TABLE customers_history;
        CREATE FLOW backfill AS INSERT INTO ONCE customers_history BY NAME SELECT * FROM old;
        CREATE FLOW live AS INSERT INTO customers_history BY NAME SELECT * FROM STREAM new;
        CREATE TEMPORARY VIEW clean AS SELECT * FROM customers_history;
        CREATE MATERIALIZED VIEW daily PARTITIONED BY (day) AS SELECT day, count(*) AS n FROM clean GROUP BY day;
        """)
    assert not definitions.failed
    assert [(flow.name, flow.is_once) for flow in definitions.flows] == [
        ("backfill", True),
        ("live", False),
        ("default.clean", False),
        ("default.daily", False),
    ]


def test_the_query_of_a_flow_is_parsed_when_it_is_built():
    definitions = load("USE silver;\nCREATE MATERIALIZED VIEW t AS SELECT * FROM a JOIN b.c USING (id)")
    query = definitions.flows[0].build()
    assert sorted(str(read.name) for read in query.reads.values()) == ["main.b.c", "main.silver.a"]

"""What of a project's settings and files does not run everywhere, as a table."""

from __future__ import annotations

from ingot.lint.rule import NO, YES, Rule

PROJECT_RULES = (
    Rule(
        "no-pipeline-spec",
        "a project without spark-pipeline.yml",
        NO,
        YES,
        YES,
        "spark-pipeline.yml with name, storage and libraries; Ingot reads it too",
    ),
    Rule("two-pipeline-specs", "spark-pipeline.yml and spark-pipeline.yaml side by side", NO, YES, YES, "keep one"),
    Rule(
        "invalid-pipeline-spec",
        "a spark-pipeline.yml that Spark refuses",
        NO,
        YES,
        "is read less strictly",
        "see the message",
    ),
    Rule("notebook-file", "a .ipynb file among the definitions", NO, YES, YES, "a .py file"),
    Rule(
        "stray-file",
        "a file among the definitions that is neither .sql nor .py",
        NO,
        "has no effect",
        "has no effect",
        "move it out of the folder that `libraries` names",
    ),
    Rule("only-views", "a pipeline of temporary views only", NO, NO, YES, "CREATE MATERIALIZED VIEW"),
    Rule(
        "databricks-path",
        "a path that only Databricks has",
        NO,
        YES,
        "is mapped by `paths` of ingot.yml",
        "a path from the configuration: ${data}",
    ),
    Rule(
        "cloud-path",
        "a path of a cloud store",
        "needs the package of that store",
        YES,
        "is mapped by `paths` of ingot.yml",
        "a path from the configuration: ${data}",
    ),
    Rule(
        "ingot-source",
        "`sources` of ingot.yml",
        "nothing lands the files",
        "nothing lands the files",
        YES,
        "land the files outside of the pipeline",
    ),
    Rule(
        "mapped-table",
        "`tables` of ingot.yml",
        "the table must be in the catalog",
        "the table must be in the catalog",
        YES,
        "a table of the same name in the catalog",
    ),
)

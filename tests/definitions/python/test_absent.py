"""What a file asks for and is not here: its definitions are known, and what needs the thing fails alone."""

from __future__ import annotations

import pytest

from ingot.errors import IngotError


def _built(definitions):
    """By flow: None if its query can be had, else the error's code."""
    found = {}
    for flow in definitions.flows:
        try:
            flow.build()
            found[flow.target.table] = None
        except IngotError as error:
            found[flow.target.table] = error.code
    return found


def test_a_module_that_is_not_installed_fails_what_needs_it_alone(files):
    definitions = files.one("""
        import dlt
        import no_such_library
        from no_such_library.models import Model, retry as again

        logger = no_such_library.get_logger(__name__)

        class Settings(Model):
            name: str | Model | None = None

        @again
        def fetch():
            return 1

        @dlt.table
        def good():
            return spark.range(1)

        @dlt.table
        def calls():
            return spark.createDataFrame([(fetch(),)], "a int")

        @dlt.table
        def logs():
            logger.info("x")
            return spark.range(1)

        @dlt.table
        def catches():
            try:
                no_such_library.f()
            except Exception:
                pass
            return spark.range(1)

        @dlt.table
        @again
        def decorated():
            return spark.range(1)
    """)
    missing = "missing-module"
    expected = {"good": None, "calls": missing, "logs": missing, "catches": missing, "decorated": missing}
    assert _built(definitions) == expected
    assert definitions.notes[0].message == "there is no module 'no_such_library': what needs it fails"
    with pytest.raises(IngotError) as caught:
        next(f for f in definitions.flows if f.target.table == "logs").build()
    assert caught.value.location.line == 25
    assert caught.value.hint.startswith("pip install no_such_library")


@pytest.mark.parametrize(
    "prepared",
    [
        "try:\n    import no_such_library as x\nexcept ImportError:\n    x = None",
        "from contextlib import suppress\nx = None\nwith suppress(ImportError):\n    import no_such_library as x",
        "import importlib.util\nx = importlib.util.find_spec('no_such_library')",
    ],
)
def test_code_that_is_prepared_for_the_absence_is_told_of_it(files, prepared):
    rest = "assert x is None\n@dlt.table\ndef t():\n    return spark.range(1)\n"
    assert _built(files.one(f"import dlt\n{prepared}\n{rest}")) == {"t": None}


def test_a_value_that_decides_what_is_defined_cannot_be_missing(files):
    files.write("transformations/a.py", "import dlt\nimport no_such_library as x\nfor name in x.NAMES:\n    pass\n")
    [failed] = files.load().failed
    assert (failed.error.code, failed.location.line) == ("missing-module", 3)


def test_names_of_a_starred_import_are_said_to_come_from_the_missing_module(files):
    definitions = files.one("""
        import dlt
        from no_such_library import *

        @dlt.table
        def t():
            return spark.range(1).select(helper("id"))
    """)
    assert _built(definitions) == {"t": "missing-module"}


def test_a_module_that_pyspark_has_and_ingot_has_not_is_said(files):
    definitions = files.one("""
        import dlt
        from pyspark.ml import Pipeline

        @dlt.table
        def t():
            return Pipeline().fit(spark.range(1))
    """)
    assert _built(definitions) == {"t": "unsupported-module"}


def test_a_name_that_a_package_does_not_have_is_absent_too(files):
    definitions = files.one("""
        import dlt
        from databricks.sdk import WorkspaceClient
        from pyspark.sql.streaming import StatefulProcessor

        client = WorkspaceClient()

        class Counter(StatefulProcessor):
            def names(self) -> StatefulProcessor | None: ...

        @dlt.table
        def good():
            return spark.range(1)

        @dlt.table
        def asks():
            return spark.createDataFrame([(client.current_user.me().user_name,)], "a string")

        @dlt.table
        def counts():
            Counter()
            return spark.range(1)
    """)
    assert _built(definitions) == {"good": None, "asks": "missing-module", "counts": "unsupported-module"}
    hints = [note.message for note in definitions.notes]
    assert hints[0] == "there is no module 'databricks.sdk.WorkspaceClient': what needs it fails"


def test_nothing_of_a_file_runs_that_asked_for_a_parameter_in_vain(files):
    files.write("transformations/helper.py", "schema = spark.conf.get('schema')\n")
    rest = "@dlt.table\ndef uses():\n    return spark.range(1)\n"
    files.write("transformations/z.py", f"import dlt\nimport helper\n{rest}")
    files.write(
        "transformations/b.py",
        """\
        import dlt
        path = spark.conf.get("landing_path").strip()
        try:
            limit = int(spark.conf.get("limit"))
        except Exception:
            limit = 3
        assert limit == 3

        @dlt.table
        def reads():
            return spark.read.csv(f"{path}/x")

        @dlt.table(name=f"{path}_x")
        def named():
            return spark.range(1)

        @dlt.table
        def other():
            return spark.range(1)
        """,
    )
    definitions = files.load()
    assert definitions.datasets == {}
    failed = [(f.name.table if f.name else None, f.error.message, f.location.line) for f in definitions.failed]
    wrong = ("the configuration has no 'landing_path'", 2)
    assert [f for f in failed if f[0]] == [
        ("reads", *wrong), ("other", *wrong), ("uses", "the configuration has no 'schema'", 1)
    ]  # fmt: skip
    assert (None, *wrong) in failed


def test_an_exception_that_follows_from_a_missing_parameter_names_the_parameter(files):
    files.write("transformations/a.py", "n = int(spark.conf.get('limit'))\n")
    [failed] = files.load().failed
    assert failed.error.message == "the configuration has no 'limit'"
    assert "ValueError" in failed.error.__notes__[0]


def test_a_missing_secret_fails_what_it_goes_into_alone(files):
    definitions = files.one("""
        import json
        import dlt
        from pyspark.sql import functions as F
        token = dbutils.secrets.get("scope", "token")
        text = f"password={token};"

        @dlt.table
        def good():
            return spark.range(1)

        @dlt.table
        def salted():
            return spark.range(1).select(F.concat(F.lit("a"), F.lit(text)).alias("x"))

        @dlt.table
        def optioned():
            return spark.read.option("token", text).csv("/data")

        @dlt.table
        def in_json():
            return spark.range(1).select(F.lit(json.dumps({"token": token})).alias("x"))

        @dlt.table
        def compared():
            return spark.range(1 if token == "x" else 2)

        @dlt.table
        def in_a_function():
            f = F.udf(lambda value: value + text)
            return spark.range(1).select(f("id"))
    """)
    wrong = "undefined-secret"
    failing = ("salted", "optioned", "in_json", "compared", "in_a_function")
    expected = {"good": None, **dict.fromkeys(failing, wrong)}
    assert _built(definitions) == expected
    with pytest.raises(IngotError) as caught:
        definitions.flows[1].build()
    assert caught.value.hint == "set the environment variable INGOT_SECRET_SCOPE_TOKEN, or write it into .env"
    assert caught.value.location.line == 5


def test_a_file_runs_as_the_main_module(files):
    definitions = files.one("""
        import dlt

        def define(name):
            @dlt.table(name=name)
            def t():
                return spark.range(1)

        if __name__ == "__main__":
            define("a")
    """)
    assert _built(definitions) == {"a": None}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("import dlt\ndlt.reed('x')", "dlt has no 'reed'", "did you mean 'read'?"),
        ("@dlt.table\ndef t(): ...", "name 'dlt' is not defined", "add: import dlt"),
    ],
)
def test_slips_are_said_with_what_to_write(files, text, message, hint):
    files.write("transformations/a.py", text)
    [failed] = files.load().failed
    assert (failed.error.message, failed.error.hint) == (message, hint)

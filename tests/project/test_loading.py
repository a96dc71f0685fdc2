"""Settings from ingot.yml, spark-pipeline.yml, a Databricks bundle, or nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingot.definitions import definition_files, load_definitions
from ingot.errors import IngotError, ProjectError, UnsupportedError
from ingot.model import SourceSpec
from ingot.project import load_project
from ingot.source import load_source


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def load(root: Path, text: str, target: str | None = None, **overrides: str):
    return load_project(write(root, {"ingot.yml": text}), target, overrides)


def test_a_name_is_enough(tmp_path):
    project = load(tmp_path, "name: shop\n")
    assert (project.name, project.root, project.lake) == ("shop", tmp_path, tmp_path / "lake")
    assert (project.catalog, project.schema, project.engine) == ("main", "default", "duckdb")
    assert project.definitions == ("transformations/**",)
    assert project.configuration == {"landing": str(tmp_path / "lake/_landing")}
    assert project.file == tmp_path / "ingot.yml"


EVERYTHING = """
name: shop
lake: ../${place}
catalog: prod
schema: raw
definitions: [a/**, b.sql]
engine: duckdb
memory_limit: 4GB
threads: 2
configuration:
  place: far
  day: 2024-01-01
  version: 1.0
  on: yes
  empty:
  base: ${landing}/x
  both: "${base}/${day}"
sources:
  olympics:
    kind: http
    url: ${base}/{file}
    for_each: [{file: a.csv}, {file: b.csv}]
    retries: 3
paths:
  /Volumes/${place}/x: ./data
  s3://b: /abs
tables:
  samples.nyc.trips: trips.parquet
  other.t: /Volumes/far/x/t
"""


def test_every_key_is_read(tmp_path):
    root = tmp_path / "p"
    project = load(root, EVERYTHING)
    landing = f"{tmp_path}/far/_landing"
    assert project.lake == tmp_path / "far"
    assert (project.catalog, project.schema) == ("prod", "raw")
    assert (project.threads, project.memory_limit) == (2, "4GB")
    assert project.definitions == ("a/**", "b.sql")
    assert project.configuration == {
        "landing": landing,
        "place": "far",
        "day": "2024-01-01",
        "version": "1.0",
        "on": "yes",
        "empty": "",
        "base": f"{landing}/x",
        "both": f"{landing}/x/2024-01-01",
    }
    (source,) = project.sources
    assert (source.name, source.kind) == ("olympics", "http")
    assert source.options == {
        "url": f"{landing}/x/{{file}}",
        "for_each": [{"file": "a.csv"}, {"file": "b.csv"}],
        "retries": 3,
    }
    assert source.location is not None
    assert source.location.line == 19
    assert project.paths == {"/Volumes/far/x": f"{root}/data", "s3://b": "/abs"}
    assert project.tables == {"samples.nyc.trips": f"{root}/trips.parquet", "other.t": f"{root}/data/t"}


def test_the_settings_are_found_above(tmp_path):
    write(tmp_path, {"ingot.yml": "name: shop"})
    (tmp_path / "a/b").mkdir(parents=True)
    assert load_project(tmp_path / "a/b").root == tmp_path


def test_overrides_go_before_all(tmp_path):
    text = "name: p\nconfiguration: {a: 1, b: '${a}'}\ntargets: {t: {configuration: {a: 2}}}"
    assert load(tmp_path, text).configuration["b"] == "1"
    assert load(tmp_path, text, "t").configuration["b"] == "2"
    assert load(tmp_path, text, "t", a="3").configuration["b"] == "3"
    assert load(tmp_path, text, None, new="x").configuration["new"] == "x"


def test_a_target_overrides_every_key_and_merges_mappings(tmp_path):
    project = load(
        tmp_path,
        """
name: p
schema: dev
configuration: {a: 1, b: 2}
sources: {s: {kind: http, url: x, headers: {h: 1}}, t: {kind: http, url: y}}
paths: {/a: x, /b: y}
targets:
  prod:
    lake: big
    schema: live
    configuration: {b: 3}
    sources: {s: {url: z}}
    paths: {/b: w}
    definitions: other/**
""",
        "prod",
    )
    assert (project.target, project.schema, project.lake) == ("prod", "live", tmp_path / "big")
    assert {k: project.configuration[k] for k in "ab"} == {"a": "1", "b": "3"}
    assert project.sources == (
        SourceSpec("s", "http", {"url": "z", "headers": {"h": 1}}, project.sources[0].location),
        SourceSpec("t", "http", {"url": "y"}, project.sources[1].location),
    )
    assert project.paths == {"/a": f"{tmp_path}/x", "/b": f"{tmp_path}/w"}
    assert project.definitions == ("other/**",)


@pytest.mark.parametrize(
    ("text", "code", "message", "line", "hint"),
    [
        ("nam: p\n", "unknown-key", "unknown key 'nam'", 1, "did you mean 'name'?"),
        ("name: p\nzzzz: 1\n", "unknown-key", "unknown key 'zzzz'", 2, None),
        ("lake: x\n", "missing-key", "`name` is missing", 1, "name: my_project"),
        ("name: [a]\n", "wrong-type", "'name' is a list", 1, "it takes a text"),
        ("name: ''\n", "wrong-type", "'name' is ''", 1, None),
        ("name: p\nthreads: two\n", "wrong-type", "'threads' is 'two'", 2, None),
        ("name: p\nthreads: 0\n", "wrong-type", "'threads' is '0'", 2, None),
        (
            "name: p\nmemory_limit: lots\n",
            "wrong-type", "'memory_limit' is 'lots'", 2, "it takes an amount, such as 4GB",
        ),
        ("name: p\nconfiguration: [a]\n", "wrong-type", "'configuration' is a list", 2, None),
        ("name: p\nconfiguration:\n  a: {b: 1}\n", "wrong-type", "'configuration.a' is a mapping", 3, None),
        ("name: p\nconfiguration:\n  a: ${b}\n", "undefined-parameter", None, 3, None),
        (
            "name: p\nconfiguration:\n  base: x\n  a: ${bas}\n",
            "undefined-parameter", "the parameter 'bas' is not defined", 4, "did you mean 'base'?",
        ),
        (
            "name: p\nconfiguration:\n  a: ${b}\n  b: ${a}\n",
            "circular", "the configuration refers to itself: a → b → a", 3, None,
        ),
        ("name: p\nsources:\n  s:\n    url: x\n", "missing-key", "the source 's' has no `kind`", 3, None),
        ("name: p\nsources:\n  s: {kind: http, url: '${x}'}\n", "undefined-parameter", None, 3, None),
        ("name: p\nname: q\n", "duplicate-key", None, 2, "keep one of them"),
        ("name: p\ntargets:\n  t:\n    nam: 1\n", "unknown-key", "unknown key 'nam' in 'targets.t'", 4, None),
        ("name: p\nengine: spark\n", "unknown-engine", "unknown engine 'spark'", 2, "engine: duckdb"),
        ("name: p\na: [\n", "invalid-yaml", None, None, None),
        ("name: !!python/object:os.system x\n", "invalid-yaml", None, 1, None),
        ("name: p\nlake: s3://x/y\n", "remote-lake", None, 2, "lake: ./lake"),
        ("- a\n", "wrong-type", "the file holds a list", 1, "it takes keys and values"),
        ("name: p\nconfiguration: &a\n  x: *a\n", "invalid-yaml", None, None, None),
        ("name: p\ncatalog: 2020-13-45\n", "invalid-yaml", None, 2, None),
    ],
)  # fmt: skip
def test_a_mistake_names_file_and_line(tmp_path, text, code, message, line, hint):
    with pytest.raises(IngotError) as raised:
        load(tmp_path, text)
    error = raised.value
    assert error.code == code
    assert isinstance(error, ProjectError | UnsupportedError)
    assert error.location is not None
    assert error.location.path == str(tmp_path / "ingot.yml")
    if message is not None:
        assert error.message == message
    if line is not None:
        assert error.location.line == line
    if hint is not None:
        assert error.hint == hint


LINES = st.sampled_from(
    [
        "name: p", "name: [", "targets: {t: }", "sources:", "  a: {kind: http}", "  a: &x [*x]", "lake: ${x}", "- 1",
        "configuration: {a: '${b}', b: '${a}'}", "<<: {a: 1}", "? [a]: b", "threads: 1e9", "paths: {a: {}}",
        "tables: []", "definitions: {a: b}", "!!set {a}", "%TAG", "\t", "...", "---",
    ]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(LINES, st.text(max_size=8)), max_size=8))
def test_whatever_stands_in_the_file_gives_a_project_or_an_error(tmp_path, lines):
    (tmp_path / "ingot.yml").write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    try:
        load_project(tmp_path, "t" if "targets: {t: }" in lines else None)
    except IngotError as error:
        assert error.location is not None


def test_anchors_and_merge_keys_are_fine(tmp_path):
    project = load(
        tmp_path,
        "name: p\nsources:\n  a: &s {kind: http, url: x, retries: 1}\n  b: {<<: *s, url: y}\n",
    )
    assert [s.options for s in project.sources] == [{"url": "x", "retries": 1}, {"url": "y", "retries": 1}]


def test_an_unknown_target_names_the_nearest(tmp_path):
    with pytest.raises(ProjectError) as error:
        load(tmp_path, "name: p\ntargets: {prod: {}, dev: }\n", "prd")
    assert (error.value.code, error.value.hint) == ("unknown-target", "did you mean 'prod'?")


def test_bytes_that_are_not_utf8_are_an_error(tmp_path):
    (tmp_path / "ingot.yml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(ProjectError, match="not UTF-8"):
        load_project(tmp_path)


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ("  web:\n    kind: http\n    url: https://example.org/a.csv\n    reties: 3\n", 6),
        ("  web:\n    kind: http\n    url: https://example.org/a.csv\n    timeout:\n      a: b\n", 6),
        ("  web:\n    kind: http\n    retries: many\n    url: https://example.org/a.csv\n", 5),
        ("  web:\n    kind: htpp\n    url: https://example.org/a.csv\n", 4),
        ("  web:\n    kind: http\n    retries: 3\n", 3),
    ],
)
def test_a_mistake_in_a_source_is_placed_at_its_key(tmp_path, entry, line):
    [spec] = load(tmp_path, f"name: p\nsources:\n{entry}").sources
    with pytest.raises(IngotError) as raised:
        load_source(spec)
    assert raised.value.location is not None
    assert raised.value.location.line == line, raised.value.message


# --- nothing, and what stands in ---


def test_a_folder_with_transformations_alone_is_a_project(tmp_path):
    write(tmp_path, {"transformations/a.sql": "", "other.sql": ""})
    project = load_project(tmp_path)
    assert (project.name, project.definitions, project.file) == (tmp_path.name, ("transformations/**",), None)


def test_a_folder_with_definition_files_alone_is_a_project(tmp_path):
    write(tmp_path, {"a.sql": "", "pipelines/b.sql": ""})
    assert load_project(tmp_path).definitions == ("**",)


NOTEBOOK = '{"metadata": {"language_info": {"name": "%s"}}, "cells": [{"cell_type": "code", "source": ["%s"]}]}'


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.sql", ""),
        ("a.py", "from pyspark import pipelines as dp\n"),
        ("a.py", "from pyspark import (\n    sql,\n    pipelines,\n)\n"),
        ("a.py", "import os, dlt\n"),
        ("a.py", "try:\n    from dlt import table\nexcept ImportError:\n    pass\n"),
        ("a.py", "import databricks.pipelines\n"),
        ("a.py", "import dlt\nthis is no Python\n"),
        ("a.ipynb", NOTEBOOK % ("python", "import dlt")),
        ("a.ipynb", NOTEBOOK % ("sql", "SELECT 1")),
    ],
)
def test_a_file_that_looks_like_a_definition_makes_a_folder_a_project(tmp_path, name, text):
    write(tmp_path, {name: text})
    assert definition_files(load_project(tmp_path)) == [tmp_path / name]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "print('a script')\n"),
        ("a.py", '"""Do not write\nimport dlt\nhere."""\n'),
        ("a.py", "import pipelines\nfrom .dlt import pipelines\n"),
        ("a.ipynb", NOTEBOOK % ("python", "print('dlt')")),
        ("below/a.sql", ""),
        ("below/a.py", "import dlt\n"),
    ],
)
def test_a_folder_of_other_files_is_no_project(tmp_path, name, text):
    write(tmp_path, {name: text})
    with pytest.raises(ProjectError) as error:
        load_project(tmp_path)
    assert error.value.code == "no-project"


def test_python_beside_definitions_is_not_run_in_a_folder_without_settings(tmp_path):
    ran = "raise SystemExit('ran')\n"
    definition = "import dlt\nfrom shapes import SIZE\n\n@dlt.table\ndef sizes():\n    return spark.range(SIZE)\n"
    files = {"a.sql": "", "b.py": ran, "deep/er/c.py": ran, "deep/d.py": definition, "deep/shapes.py": "SIZE = 3\n"}
    write(tmp_path, {**files, "venv/lib/site-packages/e.py": f"import dlt\n{ran}"})
    project = load_project(tmp_path)
    assert definition_files(project) == [tmp_path / "a.sql", tmp_path / "deep/d.py"]
    loaded = load_definitions(project)
    assert ([name.table for name in loaded.datasets], list(loaded.failed)) == (["sizes"], [])


def test_an_empty_folder_is_no_project(tmp_path):
    with pytest.raises(ProjectError) as error:
        load_project(tmp_path)
    assert (error.value.code, error.value.hint) == ("no-project", "make one with: ingot init NAME")


def test_a_folder_that_does_not_exist_is_no_project(tmp_path):
    with pytest.raises(ProjectError, match="there is no folder"):
        load_project(tmp_path / "x")


def test_a_target_needs_settings(tmp_path):
    write(tmp_path, {"a.sql": ""})
    with pytest.raises(ProjectError, match="unknown target 'prod'"):
        load_project(tmp_path, "prod")


SPEC = """
name: orders
storage: file:///tmp/storage
catalog: c
database: d
libraries: [{glob: {include: transformations/**}}, {glob: {include: more.sql}}]
configuration:
  bench.landing: /data
  spark.sql.shuffle.partitions: "4"
"""


def test_a_pipeline_spec_of_open_source_spark_is_read(tmp_path):
    project = load_project(write(tmp_path, {"spark-pipeline.yml": SPEC}))
    assert (project.name, project.catalog, project.schema) == ("orders", "c", "d")
    assert project.definitions == ("transformations/**", "more.sql")
    assert project.configuration["bench.landing"] == "/data"
    assert project.lake == tmp_path / "lake"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\nlibrary: []\n", "unknown key 'library'"),
        ("name: a\nlibraries: [{glob: {exclude: x}}]\n", r"unknown key 'exclude' in 'libraries\[0\].glob'"),
        ("name: a\nlibraries: [{}]\n", r"'libraries\[0\]' is a mapping"),
        ("storage: x\n", "`name` is missing"),
    ],
)
def test_a_wrong_pipeline_spec_is_an_error(tmp_path, text, message):
    with pytest.raises(ProjectError, match=message):
        load_project(write(tmp_path, {"spark-pipeline.yml": text}))


def test_an_ingot_file_beside_a_spec_fills_what_the_spec_cannot_say(tmp_path):
    text = "paths: {/Volumes/x: data}\nschema: mine\n"
    project = load_project(write(tmp_path, {"spark-pipeline.yml": SPEC, "ingot.yml": text}))
    assert (project.name, project.catalog, project.schema) == ("orders", "c", "mine")
    assert project.definitions == ("transformations/**", "more.sql")
    assert project.paths == {"/Volumes/x": f"{tmp_path}/data"}


BUNDLE = {
    "databricks.yml": """
bundle: {name: retail}
include: [resources/*.yml, ../shared/*.yml]
variables:
  catalog: {description: where, default: main}
  schema: {default: "${var.prefix}_dev"}
  prefix: {default: retail}
  unset: {description: no value}
targets:
  dev: {default: true, mode: development}
  prod:
    variables: {catalog: live, schema: {default: gold}}
    resources: {pipelines: {etl: {configuration: {mode: prod}}}}
""",
    "resources/etl.pipeline.yml": """
resources:
  pipelines:
    etl:
      name: etl
      catalog: ${var.catalog}
      target: ${var.schema}
      serverless: true
      libraries:
        - notebook: {path: ../src/bronze}
        - file: {path: ../src/silver.sql}
        - glob: {include: ../src/gold/**}
        - whl: ./x.whl
      configuration:
        mode: ${bundle.target}
        volume: /Volumes/${var.catalog}/${resources.schemas.raw.name}
  schemas:
    raw: {name: raw}
""",
}


def test_a_bundle_is_read_with_its_default_target(tmp_path):
    project = load_project(write(tmp_path, BUNDLE))
    assert (project.name, project.catalog, project.schema) == ("retail", "main", "retail_dev")
    assert project.definitions == tuple(f"{tmp_path}/src/{x}" for x in ("bronze", "silver.sql", "gold/**"))
    assert project.configuration["mode"] == "dev"
    assert project.configuration["volume"] == "/Volumes/main/raw"


def test_a_bundles_target_overrides_variables_and_resources(tmp_path):
    project = load_project(write(tmp_path, BUNDLE), "prod")
    assert (project.catalog, project.schema, project.configuration["mode"]) == ("live", "gold", "prod")
    assert project.target == "prod"


def test_a_variable_can_be_given_from_outside(tmp_path, monkeypatch):
    root = write(tmp_path, BUNDLE)
    assert load_project(root, None, {"var.catalog": "x"}).catalog == "x"
    monkeypatch.setenv("BUNDLE_VAR_prefix", "env")
    assert load_project(root).schema == "env_dev"


@pytest.mark.parametrize(
    ("catalog", "message", "hint"),
    [
        ("${var.catalg}", "the bundle has no variable 'catalg'", "did you mean 'catalog'?"),
        (
            "${var.unset}",
            "the bundle's variable 'unset' has no value",
            "--set var.unset=…, or: export BUNDLE_VAR_unset=…",
        ),
        ("${resources.jobs.x.id}", "'${resources.jobs.x.id}' is not known here", None),
    ],
)
def test_an_undefined_reference_of_a_bundle_is_an_error_at_its_line(tmp_path, catalog, message, hint):
    files = dict(BUNDLE)
    name = "resources/etl.pipeline.yml"
    files[name] = files[name].replace("catalog: ${var.catalog}", f"catalog: {catalog}")
    with pytest.raises(ProjectError) as error:
        load_project(write(tmp_path, files))
    assert error.value.message == message
    assert error.value.location is not None
    assert (error.value.location.path, error.value.location.line) == (str(tmp_path / name), 6)
    assert hint is None or error.value.hint == hint


def test_an_unknown_target_of_a_bundle_is_an_error(tmp_path):
    with pytest.raises(ProjectError) as error:
        load_project(write(tmp_path, BUNDLE), "prodd")
    assert error.value.hint == "did you mean 'prod'?"


def test_an_ingot_file_beside_a_bundle_adds_paths_and_targets(tmp_path):
    text = "paths: {/Volumes: data}\ntargets: {local: {lake: x}}\n"
    root = write(tmp_path, {**BUNDLE, "ingot.yml": text})
    assert load_project(root).paths == {"/Volumes": f"{tmp_path}/data"}
    assert load_project(root, "local").lake == tmp_path / "x"
    assert load_project(root, "prod").catalog == "live"


def test_a_bundle_without_pipelines_is_an_error(tmp_path):
    with pytest.raises(ProjectError, match="defines no pipeline"):
        load_project(write(tmp_path, {"databricks.yml": "bundle: {name: x}\n"}))


def test_pipelines_that_agree_are_run_as_one_and_others_are_not(tmp_path):
    def pipelines(second: str) -> dict[str, str]:
        text = "resources:\n  pipelines:\n    a: {catalog: c, libraries: [{file: {path: a.sql}}]}\n"
        return {"databricks.yml": f"{text}    b: {{catalog: {second}, libraries: [{{file: {{path: b.sql}}}}]}}\n"}

    root = write(tmp_path, pipelines("c"))
    assert load_project(root).definitions == (f"{tmp_path}/a.sql", f"{tmp_path}/b.sql")
    with pytest.raises(ProjectError, match=r"several pipelines \(a, b\) that differ in `catalog`"):
        load_project(write(tmp_path, pipelines("d")))


def test_the_command_line_can_be_imported_without_yaml():
    code = "import ingot.model, ingot.errors, sys; assert 'yaml' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

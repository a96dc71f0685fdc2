"""Runs a project's flows on open-source Spark, one by one, each over what those before it gave.

Spark has no `read_files`, no Auto Loader and no expectations: files are read by `spark.read` with the same options,
and rules that drop rows are filters. Everything else is the flow's own query, as the file has it, understood by Spark.
"""

from __future__ import annotations

import builtins
import importlib.util
import re
import shutil
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingot.definitions import load_definitions
from ingot.definitions.sql.tokens import Token, scan, unquote
from ingot.engine import load_engine
from ingot.lake.table import Lake
from ingot.model import Action, Dataset, DatasetKind, Flow, Project, TableName
from ingot.pipeline import Pipeline
from ingot.project import load_project, map_path
from ingot.types import parse_schema, schema_from_json
from projects.project import answer, batches, copy_project

_MODULES = ("dlt", "pyspark.pipelines", "databricks", "databricks.pipelines")


class SparkRun:
    """One project on one session. Tables are views of their rows, or are saved where a name has a schema of its own."""

    def __init__(self, spark: Any, root: Path):
        self.spark = spark
        self.project: Project = load_project(root)
        self.definitions = load_definitions(self.project)
        for key, value in self.project.configuration.items():
            spark.conf.set(key, value)
        self.files: set[str] = set()  # views of what files hold
        self.functions = self._functions()
        self.schemas = {name.schema for name in self.definitions.datasets} | {self.project.schema}

    def tables(self) -> dict[str, dict[str, Any]]:
        """Every stored table of the project as Spark computes it."""
        for schema in self.schemas:
            self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        self.spark.sql(f"USE {self.project.schema}")
        found = {}
        for name in self._order():
            dataset = self.definitions.datasets[name]
            frame = self._declared(self._dataset(dataset), dataset)
            if dataset.kind is DatasetKind.TEMPORARY_VIEW:
                frame.createOrReplaceTempView(name.table)
            else:
                found[name.short] = self._keep(frame, name)
        return found

    def drop(self) -> None:
        """Leave the session as it was."""
        self.spark.sql("USE default")
        for schema in self.schemas - {"default"}:
            self.spark.sql(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
        for name in (*(dataset.table for dataset in self.definitions.datasets), *self.files):
            self.spark.catalog.dropTempView(name)
        self.spark.catalog.clearCache()

    def _order(self) -> list[TableName]:
        engine = load_engine(self.project)
        order = Pipeline(
            self.project, self.definitions, Lake(self.project.lake, self.project.catalog), engine
        ).compile()
        engine.close()
        return order

    def _dataset(self, dataset: Dataset) -> Any:
        flows = [flow for flow in self.definitions.flows if flow.target == dataset.name]
        frames = [self._flow(flow) for flow in flows]
        result = frames[0]
        for frame in frames[1:]:
            result = result.unionByName(frame, allowMissingColumns=True)
        for rule in dataset.expectations:
            if rule.action in (Action.DROP, Action.QUARANTINE):
                result = result.where(f"coalesce(({rule.condition}), false)")
        return result.drop("_metadata")

    def _flow(self, flow: Flow) -> Any:
        if flow.location.path.endswith(".sql"):
            return self.spark.sql(Query(self).text(flow.text))
        function = self.functions.get(flow.name.lower()) or self.functions[flow.target.table.lower()]
        with self._world():
            return function()

    def _declared(self, frame: Any, dataset: Dataset) -> Any:
        """The columns with the types that a column list declares."""
        if not dataset.columns or any(spec.type is None for spec in dataset.columns):
            return frame
        return frame.selectExpr(*(f"CAST(`{spec.name}` AS {spec.type}) AS `{spec.name}`" for spec in dataset.columns))

    def _keep(self, frame: Any, name: TableName) -> dict[str, Any]:
        """Compute a table once: its rows are the answer, and what later flows read."""
        kept = frame.persist()
        rows = kept.collect()
        if name.schema == self.project.schema:
            kept.createOrReplaceTempView(name.table)
        else:
            kept.write.format("parquet").mode("overwrite").saveAsTable(name.short)
        return answer(schema_from_json(frame.schema.json()), [tuple(row) for row in rows])

    # --- Python files ---

    def _functions(self) -> dict[str, Callable[[], Any]]:
        """Load the Python files with Spark's own `pyspark`, and a stand-in for the decorators that only collects."""
        self.collected: dict[str, Callable[[], Any]] = {}
        for path in (p for p in self.definitions.files if p.suffix == ".py"):
            spec = importlib.util.spec_from_file_location(f"spark_{path.stem}", path)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            with self._world():
                spec.loader.exec_module(module)
        return self.collected

    @contextmanager
    def _world(self) -> Iterator[None]:
        before = {name: sys.modules.get(name) for name in (*sys.modules, *_MODULES)}
        path, session = list(sys.path), Session(self)
        sys.path[:0] = [str(self.project.root), *{str(p.parent) for p in self.definitions.files}]
        stand_in = pipelines_module(self.collected, session)
        import pyspark

        real = getattr(pyspark, "pipelines", None)
        pyspark.pipelines = stand_in  # type: ignore[attr-defined]
        sys.modules.update({"dlt": stand_in, "pyspark.pipelines": stand_in})
        builtins.spark = session  # type: ignore[attr-defined]
        try:
            yield
        finally:
            del builtins.spark  # type: ignore[attr-defined]
            pyspark.pipelines = real  # type: ignore[attr-defined]
            sys.path[:] = path
            for name in [n for n in sys.modules if n not in before or before[n] is None]:
                if name in _MODULES or str(self.project.root) in str(getattr(sys.modules[name], "__file__", "")):
                    del sys.modules[name]
            sys.modules.update({n: m for n, m in before.items() if n in _MODULES and m is not None})


def pipelines_module(collected: dict[str, Callable[[], Any]], session: Session) -> types.ModuleType:
    """A module whose decorators note the query functions by the name of what they define."""
    module = types.ModuleType("dlt")

    def dataset(function: Any = None, *, name: str | None = None, **_: Any) -> Any:
        def collect(query: Callable[[], Any]) -> Callable[[], Any]:
            collected[(name or query.__name__).lower()] = query
            return query

        return collect(function) if callable(function) else collect

    def flow(*, target: str, name: str | None = None, **_: Any) -> Any:
        return dataset(name=name)

    def passed(*_: Any, **__: Any) -> Any:
        return lambda function: function

    for name in ("table", "view", "materialized_view", "temporary_view"):
        setattr(module, name, dataset)
    for kind in ("", "_or_drop", "_or_fail"):
        setattr(module, f"expect{kind}", passed)
        setattr(module, f"expect_all{kind}", passed)
    vars(module).update(
        append_flow=flow,
        create_streaming_table=passed,
        read=session.table,
        read_stream=session.table,
    )
    return module


class Session:
    """`spark` as a pipeline's file knows it: streams are read whole, Auto Loader by Spark's reader."""

    def __init__(self, run: SparkRun):
        self._run = run

    @property
    def read(self) -> Reader:
        return Reader(self._run)

    readStream = read

    def table(self, name: str) -> Any:
        return self._run.spark.table(re.sub(r"^live\.", "", name, flags=re.IGNORECASE))

    def sql(self, text: str, **arguments: Any) -> Any:
        return self._run.spark.sql(Query(self._run).text(text), **arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._run.spark, name)


class Reader:
    """A reader that collects options and reads with Spark's own when it is told what."""

    def __init__(self, run: SparkRun):
        self._run, self._options, self._format, self._schema = run, {}, "parquet", None

    def format(self, name: str) -> Reader:
        self._format = name
        return self

    def schema(self, schema: Any) -> Reader:
        self._schema = schema
        return self

    def option(self, key: str, value: Any) -> Reader:
        self._options[key] = value
        return self

    def options(self, **options: Any) -> Reader:
        self._options.update(options)
        return self

    def table(self, name: str) -> Any:
        return Session(self._run).table(name)

    def load(self, path: str) -> Any:
        options = {key.removeprefix("cloudFiles."): value for key, value in self._options.items()}
        is_loader = self._format.lower() == "cloudfiles"
        kind = str(options.pop("format", self._format)) if is_loader else self._format
        if self._schema is not None:
            options["schema"] = self._schema
        return read_files(self._run, path, kind, options, infers=not is_loader)

    def csv(self, path: str, **options: Any) -> Any:
        return self.format("csv").options(**options).load(path)

    def json(self, path: str, **options: Any) -> Any:
        return self.format("json").options(**options).load(path)


def read_files(run: SparkRun, path: str, kind: str, options: dict[str, Any], infers: bool) -> Any:
    """What Auto Loader would read, by `spark.read`: its defaults, its `_rescued_data`, its hints as casts."""
    folded = {key.lower(): value for key, value in options.items()}
    schema = folded.pop("schema", None)
    hints = folded.pop("schemahints", None)
    infers = str(folded.pop("infercolumntypes", infers)).lower() == "true"
    rescued = folded.pop("rescueddatacolumn", "_rescued_data")
    folded.pop("schemaevolutionmode", None)
    reader = run.spark.read.format(kind).options(**{key: str(value) for key, value in folded.items()})
    if schema is not None:
        reader = reader.schema(schema)
    elif kind == "csv" and "inferschema" not in folded:
        reader = reader.option("inferSchema", str(infers).lower())
    elif kind == "json" and not infers:
        reader = reader.option("primitivesAsString", "true")
    frame = reader.load(map_path(run.project, path))
    for hint in parse_schema(hints) if hints else ():
        frame = frame.withColumn(hint.name, frame[hint.name].cast(str(hint.type)))
    frame = frame.select("*", "_metadata")  # else nothing that reads the view could see it
    if schema is None and kind in ("csv", "json"):
        frame = frame.selectExpr("* EXCEPT (_metadata)", f"CAST(NULL AS STRING) AS {rescued}", "_metadata")
    return frame


class Query:
    """A query of a SQL file with what Spark does not have put into its terms."""

    def __init__(self, run: SparkRun):
        self._run = run
        self._tokens: list[Token] = []

    def text(self, statement: str) -> str:
        """The statement's query; each call of read_files is a view of what Spark reads."""
        self._tokens = [token for token in scan(statement) if token.kind != "comment"]
        begin = self._query_start()
        parts, at, index = [], self._tokens[begin].start, begin
        while index < len(self._tokens):
            token, following = self._tokens[index], self._key(index + 1)
            end = index + 1
            replacement = None
            if token.key == "STREAM" and following == "(":
                close = self._closing(index + 1)
                inner = self._tokens[index + 2 : close]
                replacement = Query(self._run).text(statement[inner[0].start : inner[-1].end])
                end = close + 1
            elif token.key == "STREAM" and following:
                replacement = ""
            elif token.key == "LIVE" and following == ".":
                replacement, end = "", index + 2
            elif token.key in ("READ_FILES", "CLOUD_FILES") and following == "(":
                end = self._closing(index + 1) + 1
                replacement = self._read(index + 2, end - 1)
            if replacement is not None:
                parts += [statement[at : token.start], replacement]
                at = self._tokens[end - 1].end
            index = end
        return "".join([*parts, statement[at:]])

    def _query_start(self) -> int:
        """Where the query begins: after AS, or after the target of INSERT INTO … BY NAME."""
        if self._key(0) != "CREATE":
            return 0
        depth = 0
        for index in range(len(self._tokens)):
            depth += {"(": 1, ")": -1}.get(self._key(index), 0)
            if depth == 0 and self._key(index) == "AS" and self._key(index + 1) != "INSERT":
                return index + 1
            if depth == 0 and self._key(index) == "BY" and self._key(index + 1) == "NAME":
                return index + 2
        raise AssertionError("the statement has no query")

    def _key(self, index: int) -> str:
        return self._tokens[index].key or self._tokens[index].text if index < len(self._tokens) else ""

    def _closing(self, index: int) -> int:
        depth = 0
        for at in range(index, len(self._tokens)):
            depth += {"(": 1, ")": -1}.get(self._key(at), 0)
            if depth == 0:
                return at
        raise AssertionError("a parenthesis is open")

    def _read(self, begin: int, end: int) -> str:
        tokens = self._tokens[begin:end]
        path, options = unquote(tokens[0]), {}
        for index, token in enumerate(tokens):
            if token.key == "=>":
                value = tokens[index + 1]
                options[tokens[index - 1].text] = unquote(value) if value.kind == "string" else value.text
        if self._tokens[begin - 2].key == "CLOUD_FILES":
            strings = [unquote(token) for token in tokens if token.kind == "string"]
            options = {"format": strings[1], **dict(zip(strings[2::2], strings[3::2], strict=True))}
            frame = self._frame(path, options, infers=False)
        else:
            frame = self._frame(path, options, infers=True)
        name = f"files_{abs(hash((path, str(options))))}"
        frame.createOrReplaceTempView(name)
        self._run.files.add(name)
        return name

    def _frame(self, path: str, options: dict[str, Any], infers: bool) -> Any:
        plain = {key.removeprefix("cloudFiles."): value for key, value in options.items()}
        if str(plain.get("format")) == "csv" and infers:
            plain.setdefault("header", "true" if str(plain.get("header", "false")).lower() == "true" else "false")
        return read_files(self._run, path, str(plain.pop("format")), plain, infers)


def run_on_spark(spark: Any, name: str, folder: Path) -> dict[str, dict[str, Any]]:
    """A project's tables as Spark gives them, with the files of all batches there at once."""
    root = copy_project(name, folder)
    for batch in batches(name):
        shutil.copytree(batch, root / "data", dirs_exist_ok=True)
    return tables_on_spark(spark, root)


def tables_on_spark(spark: Any, root: Path) -> dict[str, dict[str, Any]]:
    """The tables of the project in a folder, whose files are all there."""
    run = SparkRun(spark, root)
    try:
        return run.tables()
    finally:
        run.drop()

"""What a definition in Python becomes: datasets, flows and expectations in the registry of the current load.

Owns how arguments are understood. A definition that is wrong fails alone: the error is given to the registry under
the dataset's name and the file goes on. Outside of a load nothing is registered.
"""

from __future__ import annotations

import functools
import inspect
import linecache
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING, Any

from ingot.definitions.absent_modules import Absent
from ingot.definitions.loading import Load, current
from ingot.definitions.names import split_name
from ingot.definitions.spark.place import calling_module, here
from ingot.errors import DefinitionError, IngotError, Location, UnsupportedError
from ingot.model import (
    Action,
    ChangeSpec,
    ColumnSpec,
    Dataset,
    DatasetKind,
    Expectation,
    Flow,
    Query,
    TableName,
    TableRead,
)

if TYPE_CHECKING:
    from ingot.definitions.spark.session import SparkSession

_PENDING = "__ingot_expectations__"  # rules below @table, waiting for it
_WRONG = "_ingot_wrong"
_TABLE = "__ingot_table__"  # what @table made of the function, for rules above it
_NOWHERE = Location("<unknown>")


def session(asked: str) -> SparkSession:
    """The session of the current load.

    Raises:
        UnsupportedError: `no-session`, outside of one.
    """
    load = current.get()
    if load is None:
        raise UnsupportedError(
            f"{asked} reads a dataset of the pipeline, but this runs outside of one",
            location=here(),
            hint="run it with `ingot run`, or call it in a test with ingot.testing",
            code="no-session",
        )
    return load.session


def failed(error: IngotError, name: Any = None) -> Callable[[Any], Any]:
    """Let the definition fail alone. Gives a decorator for whatever function follows.

    Raises:
        IngotError: outside of a load, where there is nothing to fail but the caller.
    """
    load = current.get()
    if load is None:
        raise error
    if name is not None:
        load.registry.fail(error, _table_name(load, name, error.location))
        return lambda function: function

    def decorate(function: Any) -> Any:
        load.registry.fail(error, _table_name(load, getattr(function, "__name__", "?"), error.location))
        return function

    return decorate


def failed_rule(error: IngotError) -> Callable[[Any], Any]:
    """Let the dataset whose rule is wrong fail: it must not be written without it.

    Raises:
        IngotError: outside of a load.
    """
    load = current.get()
    if load is None:
        raise error

    def decorate(function: Any) -> Any:
        table = getattr(function, _TABLE, None)
        if table is None:
            function = _with_attributes(function)
            setattr(function, _WRONG, error)
        else:
            load.registry.fail(error, table)
        return function

    return decorate


def _table_name(load: Load, name: Any, place: Location | None) -> TableName | None:
    try:
        return table_name(load, name, place)
    except IngotError:
        return None


def table_name(load: Load, name: Any, place: Location | None) -> TableName:
    """The identity of a name in a file: `USE` and the project's defaults complete it."""
    if isinstance(name, Absent):
        name.refuse()
    if not isinstance(name, str):
        raise DefinitionError(f"a dataset's name is text, not {name!r}", location=place, code="invalid-name")
    if (absent := load.absences.error_of(name)) is not None:
        raise absent
    catalog, schema = load.defaults
    project = load.project
    defaults = (catalog or project.catalog, schema or project.schema)
    try:
        return load.registry.table_name(split_name(name, place), defaults)
    except IngotError as error:
        raise error.at(place) from None


# --- tables and views ---------------------------------------------------------------------------------------------


@dataclass
class Definition:
    """The arguments of a decorator that defines a dataset."""

    kind: DatasetKind | None
    name: str | None = None
    comment: str | None = None
    spark_conf: Mapping[str, Any] | None = None
    properties: Mapping[str, Any] | None = None
    partition_columns: Iterable[str] | None = None
    cluster_columns: Iterable[str] | None = None
    schema: Any = None
    format: str | None = None
    path: str | None = None
    is_private: bool = False
    refused: Mapping[str, Any] = field(default_factory=dict)
    place: Location = field(default_factory=lambda: here() or _NOWHERE)

    def define(self, function: Any) -> Any:
        """Register the dataset and the flow that the function's query makes; gives the function back."""
        load = current.get()
        if load is None:
            return function
        function = _with_attributes(function)
        pending = getattr(function, _PENDING, [])
        setattr(function, _PENDING, [])
        try:
            name = table_name(load, self.name or function.__name__, self.place)
            if _is_repeated(load, str(name), self.place):
                return function
            setattr(function, _TABLE, name)
            if getattr(function, _WRONG, None) is not None:
                load.registry.fail(getattr(function, _WRONG), name)
                return function
            load.registry.add_expectations(name, pending)
            load.registry.add_dataset(self._dataset(name))
            load.registry.add_flow(
                Flow(
                    load.registry.flow_name(name),
                    name,
                    query_builder(load, function, self.place),
                    self.place,
                    source_text(function),
                    configuration=_configuration(load, self.spark_conf),
                )
            )
        except IngotError as error:
            failed(error.at(self.place), self.name or getattr(function, "__name__", None))
        return function

    def define_empty(self, rules: Mapping[Action, Mapping[str, str]]) -> None:
        """Register a dataset that other flows write."""
        load = current.get()
        if load is None:
            return
        try:
            name = table_name(load, self.name, self.place)
            if not _is_repeated(load, str(name), self.place):
                for action, conditions in rules.items():
                    load.registry.add_expectations(name, expectations(action, conditions))
                load.registry.add_dataset(self._dataset(name))
        except IngotError as error:
            failed(error.at(self.place), self.name)

    def _dataset(self, name: TableName) -> Dataset:
        for argument, value in self.refused.items():
            if value:
                raise UnsupportedError(
                    f"{argument} is not supported",
                    location=self.place,
                    code=f"unsupported-{argument.replace('_', '-')}",
                )
        if self.format is not None and self.format.lower() != "delta":
            raise UnsupportedError(
                f"tables of format {self.format!r} are not written", location=self.place, hint="leave out format="
            )
        return Dataset(
            name,
            self.kind,
            self.place,
            self.comment,
            _columns(self.schema),
            _column_names(self.partition_columns),
            _column_names(self.cluster_columns),
            _texts(self.properties),
            is_private=self.is_private,
            path=self.path,
        )


def _with_attributes(function: Any) -> Any:
    """The function, or one around it where it takes no attributes (a bound method, a partial)."""
    if inspect.isfunction(function):
        return function

    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    functools.update_wrapper(call, getattr(function, "func", function))
    call.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return call


def _is_repeated(load: Load, what: str, place: Location) -> bool:
    """Whether the same line said so before, as another module: a definition file that another one imports."""
    module = calling_module()
    return load.defined.setdefault((what.lower(), place), module) != module


def _columns(schema: Any) -> tuple[ColumnSpec, ...] | None:
    if schema is None:
        return None
    if isinstance(schema, str) and "generated" in schema.lower():
        from ingot.definitions.sql.columns import declared_columns

        return declared_columns(schema, here())
    from ingot.definitions.spark.types import to_schema

    return tuple(ColumnSpec(f.name, f.type, f.nullable, f.comment) for f in to_schema(schema))


def _column_names(columns: Any) -> tuple[str, ...]:
    return () if columns is None else (columns,) if isinstance(columns, str) else tuple(columns)


def _configuration(load: Load, spark_conf: Mapping[str, Any] | None) -> Mapping[str, str]:
    """What the file sets of Spark's configuration, before the definition or after it; the flow's own goes before."""
    return ChainMap(_texts(spark_conf), load.configuration)


def _texts(values: Mapping[str, Any] | None) -> dict[str, str]:
    if values is not None and not isinstance(values, Mapping):
        raise DefinitionError(
            f"properties and settings are a dict of names and values, not {values!r}",
            location=here(),
            hint='{"delta.appendOnly": "true"}',
            code="wrong-arguments",
        )
    return {k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in (values or {}).items()}


# --- flows ----------------------------------------------------------------------------------------------------------


def query_builder(load: Load, function: Callable[..., Any], place: Location) -> Callable[[], Query]:
    """What gives the function's query later, in the world of this file."""
    world = load.defaults, load.file, load.configuration

    def build() -> Query:
        from ingot.definitions.building import build_query

        return build_query(load, function, place, world)

    return build


def snapshot_builder(load: Load, function: Callable[..., Any], place: Location) -> Callable[[], Query]:
    """What gives the query of the next snapshot later, in the world of this file."""
    world = load.defaults, load.file, load.configuration

    def build() -> Query:
        from ingot.definitions.building import build_snapshot

        return build_snapshot(load, function, place, world)

    return build


def source_text(function: Callable[..., Any]) -> str:
    """The function as it is written, and the values that it takes from a factory around it."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    lines = _source_lines(code) if code else []
    cells = [
        cell.cell_contents for cell in getattr(function, "__closure__", None) or () if cell.cell_contents is not None
    ]
    plain = [repr(value) for value in cells if isinstance(value, str | int | float | bool | tuple | list | dict)]
    return "\n".join(["".join(lines) or getattr(function, "__qualname__", ""), *plain])


def _source_lines(code: CodeType) -> list[str]:
    """The lines that a function was compiled from, decorators too (`inspect.getsource` reads them token by token)."""
    return linecache.getlines(code.co_filename)[code.co_firstlineno - 1 : _last_line(code)]


def _last_line(code: CodeType) -> int:
    inner = [_last_line(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return max([code.co_firstlineno, *inner, *(end for _, end, _, _ in code.co_positions() if end)])


def add_append_flow(
    function: Any,
    target: str,
    name: str | None,
    is_once: bool,
    spark_conf: Mapping[str, Any] | None,
    place: Location | None,
) -> None:
    """Register a flow into a streaming table."""
    load = current.get()
    if load is None:
        return
    place = place or _NOWHERE
    try:
        table = table_name(load, target, place)
        flow = name or function.__name__
        if _is_repeated(load, f"{table}/{flow}", place):
            return
        build = query_builder(load, function, place)
        text = source_text(function)
        load.registry.add_flow(Flow(flow, table, build, place, text, is_once, _configuration(load, spark_conf)))
    except IngotError as error:
        failed(error.at(place), target)


def note(message: str) -> None:
    """Note, at the user's line, what is accepted and has no effect."""
    load = current.get()
    if load is not None:
        load.registry.note(message, here() or _NOWHERE)


def add_sink(name: str, options: Mapping[str, str]) -> None:
    """Register an outside target."""
    load = current.get()
    if load is None:
        return
    place = here() or _NOWHERE
    try:
        table = table_name(load, name, place)
        load.registry.add_dataset(Dataset(table, DatasetKind.SINK, place, options=dict(options)))
    except IngotError as error:
        failed(error.at(place), name)


@dataclass
class Changes:
    """The arguments of an AUTO CDC flow."""

    target: str
    source: Any
    keys: Any
    sequence_by: Any
    apply_as_deletes: Any = None
    apply_as_truncates: Any = None
    columns: Any = None
    except_columns: Any = None
    stored_as_scd_type: int | str = 1
    track: Any = None
    track_except: Any = None
    ignore_null_updates: bool = False
    is_snapshot: bool = False
    place: Location = field(default_factory=lambda: here() or _NOWHERE)

    def define(
        self, name: str | None, is_once: bool, spark_conf: Mapping[str, Any] | None, refused: Mapping[str, Any]
    ) -> None:
        """Register the flow."""
        load = current.get()
        if load is None:
            return
        try:
            for argument, value in refused.items():
                if value is not None:
                    raise UnsupportedError(f"{argument} of AUTO CDC is not supported", location=self.place)
            target = table_name(load, self.target, self.place)
            if _is_repeated(load, f"{target}/{name}", self.place):
                return
            changes = self._spec(load)
            load.registry.add_flow(
                Flow(
                    name or load.registry.flow_name(target),
                    target,
                    self._builder(load),
                    self.place,
                    repr(changes) + (source_text(self.source) if callable(self.source) else ""),
                    is_once,
                    _configuration(load, spark_conf),
                    changes,
                )
            )
        except IngotError as error:
            failed(error.at(self.place), self.target)

    def _spec(self, load: Load) -> ChangeSpec:
        if str(self.stored_as_scd_type) not in ("1", "2"):
            raise DefinitionError(
                f"stored_as_scd_type is {self.stored_as_scd_type!r}", location=self.place, hint="it is 1 or 2"
            )
        for one, other in (("columns", "except_columns"), ("track", "track_except")):
            if getattr(self, one) is not None and getattr(self, other) is not None:
                raise DefinitionError("a column list and an except list exclude each other", location=self.place)
        if int(self.stored_as_scd_type) == 1 and (self.track is not None or self.track_except is not None):
            raise DefinitionError("tracked columns need a history", location=self.place, hint="stored_as_scd_type=2")
        keys = tuple(_expressions(self.keys))
        if not keys:
            raise DefinitionError("keys are missing", location=self.place, hint='keys=["id"]')
        if self.sequence_by is None and not self.is_snapshot:
            raise DefinitionError(
                "sequence_by is missing", location=self.place, hint="name the column that orders changes"
            )
        return ChangeSpec(
            keys=keys,
            sequence_by=_expression(self.sequence_by),
            source=self._source(load),
            apply_as_deletes=_expression(self.apply_as_deletes),
            apply_as_truncates=_expression(self.apply_as_truncates),
            columns=_listed(self.columns),
            except_columns=_listed(self.except_columns),
            track=_listed(self.track),
            track_except=_listed(self.track_except),
            ignore_null_updates=self.ignore_null_updates,
            scd_type=int(self.stored_as_scd_type),
            calls_function=callable(self.source),
            location=self.place,
        )

    def _source(self, load: Load) -> TableRead | None:
        if callable(self.source):
            return None
        if self.source is None:
            raise DefinitionError(
                "source is missing",
                location=self.place,
                hint="name a table or a view" + (", or give a function of snapshots" if self.is_snapshot else ""),
                code="wrong-arguments",
            )
        name = table_name(load, self.source, self.place)
        parts = split_name(self.source, self.place)
        if len(parts) > 1 and parts[0].lower() == "live":
            parts = parts[1:]
        return TableRead(name, tuple(parts), not self.is_snapshot, location=self.place)

    def _builder(self, load: Load) -> Callable[[], Query]:
        def source() -> Any:
            reader = load.session.read if self.is_snapshot else load.session.readStream
            return reader.table(self.source)

        if callable(self.source):
            return snapshot_builder(load, self.source, self.place)
        return query_builder(load, source, self.place)


def _expression(value: Any) -> str | None:
    """The SQL text of a column or of text."""
    if value is None or isinstance(value, str):
        return value
    node = getattr(value, "_node", None)
    if node is None:
        raise DefinitionError(f"expected a column or SQL text, not {value!r}", location=here(), code="wrong-arguments")
    return node.sql("databricks")


def _expressions(values: Any) -> list[str]:
    given = [values] if isinstance(values, str) or hasattr(values, "_node") else list(values or ())
    return [_name_of(v) for v in given]


def _name_of(value: Any) -> str:
    node = getattr(value, "_node", None)
    if node is None:
        return str(value)
    return ".".join(part.name for part in getattr(node, "parts", [node]))


def _listed(values: Any) -> tuple[str, ...] | None:
    return None if values is None else tuple(_expressions(values))


# --- expectations -----------------------------------------------------------------------------------------------------


def expectations(action: Action, conditions: Any) -> list[Expectation]:
    """Rules by name; conditions are SQL text."""
    place = here()
    if not isinstance(conditions, Mapping):
        raise DefinitionError(
            f"expectations are a dict of names and conditions, not {conditions!r}",
            location=place,
            hint='{"has_amount": "amount IS NOT NULL"}',
            code="wrong-arguments",
        )
    return [
        Expectation(str(name), _expression(condition) or "", action, place) for name, condition in conditions.items()
    ]


def expect_of(function: Any, rules: list[Expectation]) -> Any:
    """Give rules to the dataset of a function, whether the decorator stands above or below the one that defines it."""
    if current.get() is None:
        return function
    function = _with_attributes(function)
    table = getattr(function, _TABLE, None)
    load = current.get()
    if table is not None and load is not None:
        load.registry.add_expectations(table, rules)
    else:
        setattr(function, _PENDING, [*rules, *getattr(function, _PENDING, [])])
    return function

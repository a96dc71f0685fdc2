"""What pipeline files import: decorators and functions that define tables, views, flows and expectations.

The names and arguments are those of `pyspark.pipelines`, Lakeflow and Delta Live Tables together; files that import
`pyspark.pipelines`, `dlt` or `databricks.pipelines` get this. Decorators return the user's function as it is, so it
stays callable in a test; outside of a pipeline's load they define nothing.

    from pyspark import pipelines as dp

    @dp.materialized_view(comment="Revenue by day")
    @dp.expect_or_drop("positive", "revenue > 0")
    def revenue():
        return spark.read.table("silver.orders").groupBy("day").agg(F.sum("amount").alias("revenue"))

`expect_or_quarantine` and `expect_all_or_quarantine` exist only here: Databricks has no such rule. The portable
spelling is the table property `ingot.quarantine`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ingot.definitions.defining import registering, rules
from ingot.definitions.defining.changes import Changes
from ingot.definitions.defining.datasets import Definition, add_sink
from ingot.definitions.defining.flows import add_append_flow
from ingot.definitions.spark.place import here
from ingot.errors import DefinitionError, UnsupportedError, near_hint
from ingot.model import Action, DatasetKind

if TYPE_CHECKING:
    from ingot.definitions.spark.dataframe import DataFrame

F = TypeVar("F", bound=Callable[..., Any])

__all__ = [
    "append_flow", "apply_changes", "apply_changes_from_snapshot", "create_auto_cdc_flow",
    "create_auto_cdc_from_snapshot_flow", "create_sink", "create_streaming_live_table", "create_streaming_table",
    "create_table", "create_target_table", "create_view", "expect", "expect_all", "expect_all_or_drop",
    "expect_all_or_fail", "expect_all_or_quarantine", "expect_or_drop", "expect_or_fail", "expect_or_quarantine",
    "foreach_batch_sink", "materialized_view", "on_event_hook", "read", "readStream", "read_stream", "table",
    "temporary_view", "update_flow", "view",
]  # fmt: skip


def _checked(function: Callable[..., Any]) -> Any:
    """Turn a call with wrong arguments into an error at the user's line, which fails the definition alone."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            is_bare = len(args) == 1 and inspect.isfunction(args[0])
            wrong = _wrong_arguments(function.__name__, signature, kwargs, str(error), is_bare)
            if function.__name__.startswith("expect"):
                decorate = rules.failed_rule(wrong)
                return decorate(args[0]) if is_bare else decorate
            return registering.failed(wrong, kwargs.get("name") or kwargs.get("target"))
        return function(*args, **kwargs)

    return call


def _wrong_arguments(
    name: str, signature: inspect.Signature, kwargs: Mapping[str, Any], reason: str, is_bare: bool
) -> DefinitionError:
    known = list(signature.parameters)
    unknown = next((key for key in kwargs if key not in known), None)
    if unknown is None and is_bare:
        hint = f'@{name}("has_id", "id IS NOT NULL")' if name.startswith("expect") else f"@{name}(…)"
        return DefinitionError(
            f"the decorator {name} stands without its arguments", location=here(), hint=hint, code="wrong-arguments"
        )
    if unknown is None:
        hint = f"{name} takes {', '.join(known)}"
        return DefinitionError(f"{name}: {reason}", location=here(), hint=hint, code="wrong-arguments")
    return DefinitionError(
        f"{name} has no argument '{unknown}'",
        location=here(),
        hint=near_hint(unknown, known, f"it takes {', '.join(known)}"),
        code="wrong-arguments",
    )


# --- tables and views ---------------------------------------------------------------------------------------------


@_checked
def table(
    query_function: Any = None,
    *,
    name: str | None = None,
    comment: str | None = None,
    spark_conf: Mapping[str, Any] | None = None,
    table_properties: Mapping[str, Any] | None = None,
    partition_cols: Iterable[str] | None = None,
    cluster_by: Iterable[str] | None = None,
    cluster_by_auto: bool = False,
    schema: Any = None,
    format: str | None = None,
    path: str | None = None,
    row_filter: str | None = None,
    private: bool = False,
    temporary: bool = False,
    replace_where: str | None = None,
) -> Any:
    """Define a table by a function that gives its query.

    Whether it is a streaming table or a materialized view follows from what the query reads.
    """
    definition = Definition(
        None, name, comment, spark_conf, table_properties, partition_cols, cluster_by, schema, format, path,
        is_private=private or temporary, refused={"row_filter": row_filter, "replace_where": replace_where},
    )  # fmt: skip
    return _decorate(query_function, definition)


@_checked
def materialized_view(
    query_function: Any = None,
    *,
    name: str | None = None,
    comment: str | None = None,
    spark_conf: Mapping[str, Any] | None = None,
    table_properties: Mapping[str, Any] | None = None,
    partition_cols: Iterable[str] | None = None,
    cluster_by: Iterable[str] | None = None,
    cluster_by_auto: bool = False,
    schema: Any = None,
    format: str | None = None,
    path: str | None = None,
    row_filter: str | None = None,
    private: bool = False,
    refresh_policy: str | None = None,
) -> Any:
    """Define a table whose content is always the result of its query."""
    definition = Definition(
        DatasetKind.MATERIALIZED_VIEW, name, comment, spark_conf, table_properties, partition_cols, cluster_by, schema,
        format, path, is_private=private, refused={"row_filter": row_filter},
    )  # fmt: skip
    return _decorate(query_function, definition)


@_checked
def temporary_view(
    query_function: Any = None,
    *,
    name: str | None = None,
    comment: str | None = None,
    spark_conf: Mapping[str, Any] | None = None,
    table_properties: Mapping[str, Any] | None = None,
    temporary: bool = True,
) -> Any:
    """Define a query that other queries read by name; it is stored nowhere.

    `table_properties` and `temporary` are written by some; a view has no properties, and is always temporary.
    """
    return _decorate(query_function, Definition(DatasetKind.TEMPORARY_VIEW, name, comment, spark_conf))


create_table = table
view = temporary_view
create_view = temporary_view


def _decorate(query_function: Any, definition: Definition) -> Any:
    if query_function is None:
        return definition.define
    if not callable(query_function):
        wrong = DefinitionError(
            f"the query function is {query_function!r}, not a function",
            location=here(),
            hint='give the name as name="…"',
            code="wrong-arguments",
        )
        return registering.failed(wrong, query_function if isinstance(query_function, str) else None)
    return definition.define(query_function)


@_checked
def create_streaming_table(
    name: str,
    *,
    comment: str | None = None,
    spark_conf: Mapping[str, Any] | None = None,
    table_properties: Mapping[str, Any] | None = None,
    partition_cols: Iterable[str] | None = None,
    cluster_by: Iterable[str] | None = None,
    cluster_by_auto: bool = False,
    schema: Any = None,
    format: str | None = None,
    path: str | None = None,
    row_filter: str | None = None,
    private: bool = False,
    expect_all: Mapping[str, str] | None = None,
    expect_all_or_drop: Mapping[str, str] | None = None,
    expect_all_or_fail: Mapping[str, str] | None = None,
) -> None:
    """Define a streaming table that flows write: `append_flow`, `create_auto_cdc_flow`."""
    definition = Definition(
        DatasetKind.STREAMING_TABLE, name, comment, spark_conf, table_properties, partition_cols, cluster_by, schema,
        format, path, is_private=private, refused={"row_filter": row_filter},
    )  # fmt: skip
    expected = ((Action.WARN, expect_all), (Action.DROP, expect_all_or_drop), (Action.FAIL, expect_all_or_fail))
    definition.define_empty({action: dict(conditions) for action, conditions in expected if conditions})


create_target_table = create_streaming_table
create_streaming_live_table = create_streaming_table


# --- flows ----------------------------------------------------------------------------------------------------------


@_checked
def append_flow(
    *,
    target: str,
    name: str | None = None,
    once: bool = False,
    spark_conf: Mapping[str, Any] | None = None,
    comment: str | None = None,
) -> Any:
    """Define a query whose rows are appended to a streaming table; with `once`, one time only."""
    place = here()

    def decorate(query_function: F) -> F:
        add_append_flow(query_function, target, name, once, spark_conf, place)
        return query_function

    return decorate


@_checked
def update_flow(
    *,
    target: str | None = None,
    name: str | None = None,
    spark_conf: Mapping[str, Any] | None = None,
    comment: str | None = None,
    once: bool = False,
) -> Any:
    """Refused: a flow that changes rows by key as a stateful query goes on."""
    error = UnsupportedError(
        "update_flow is not supported",
        location=here(),
        hint="use create_auto_cdc_flow, or a materialized view",
        code="unsupported-flow",
    )
    return registering.failed(error, target or name)


@_checked
def create_auto_cdc_flow(
    target: str,
    source: str,
    keys: Any,
    sequence_by: Any,
    where: Any = None,
    ignore_null_updates: bool = False,
    apply_as_deletes: Any = None,
    apply_as_truncates: Any = None,
    column_list: Any = None,
    except_column_list: Any = None,
    stored_as_scd_type: int | str = 1,
    track_history_column_list: Any = None,
    track_history_except_column_list: Any = None,
    flow_name: str | None = None,
    once: bool = False,
    *,
    name: str | None = None,
    spark_conf: Mapping[str, Any] | None = None,
    apply_as_delete_when: Any = None,
    ignore_null_updates_column_list: Any = None,
    ignore_null_updates_except_column_list: Any = None,
) -> None:
    """Define a flow that applies inserts, updates and deletes of a change feed to a streaming table.

    `apply_as_delete_when` is what files call `apply_as_deletes` that were written after the SQL clause.
    """
    apply_as_deletes = apply_as_deletes if apply_as_deletes is not None else apply_as_delete_when
    body = Changes(
        target, source, keys, sequence_by, apply_as_deletes, apply_as_truncates, column_list, except_column_list,
        stored_as_scd_type, track_history_column_list, track_history_except_column_list, ignore_null_updates,
    )  # fmt: skip
    refused = {
        "where": where,
        "ignore_null_updates_column_list": ignore_null_updates_column_list,
        "ignore_null_updates_except_column_list": ignore_null_updates_except_column_list,
    }
    body.define(name or flow_name, once, spark_conf, refused)


@_checked
def create_auto_cdc_from_snapshot_flow(
    target: str,
    source: Any = None,
    keys: Any = None,
    stored_as_scd_type: int | str = 1,
    track_history_column_list: Any = None,
    track_history_except_column_list: Any = None,
    once: bool = False,
    *,
    snapshot_and_version: Any = None,
    name: str | None = None,
    spark_conf: Mapping[str, Any] | None = None,
) -> None:
    """Define a flow that makes a streaming table follow snapshots of a source: whole states, one after the other.

    Args:
        target: The streaming table, made by `create_streaming_table`.
        source: The name of a table or a view, whose rows are a new snapshot in each update that finds them changed;
            of a view that reads a stream of files each folder is one. Or a function that takes the version of the last
            snapshot (None at first) and gives the next DataFrame with its version, or None.
        keys: The columns that identify a row.
        stored_as_scd_type: 1 keeps the current state, 2 the history.
        track_history_column_list: Columns whose change begins a new interval of the history.
        track_history_except_column_list: Columns whose change does not.
        once: Whether only the first snapshot is taken.
        snapshot_and_version: A function of snapshots, as older files name it.
        name: Of the flow.
        spark_conf: Of the flow.
    """
    body = Changes(
        target, source if source is not None else snapshot_and_version, keys, None,
        stored_as_scd_type=stored_as_scd_type, track=track_history_column_list,
        track_except=track_history_except_column_list, is_snapshot=True,
    )  # fmt: skip
    body.define(name, once, spark_conf, {})


apply_changes = create_auto_cdc_flow
apply_changes_from_snapshot = create_auto_cdc_from_snapshot_flow


@_checked
def create_sink(name: str, format: str, options: Mapping[str, Any] | None = None) -> None:
    """Define an outside target of flows. Accepted; flows into it say that sinks are not run yet."""
    add_sink(name, {"format": format, **{k: str(v) for k, v in (options or {}).items()}})


@_checked
def foreach_batch_sink(function: Any = None, *, name: str | None = None) -> Any:
    """Define a sink that hands each batch to a function. Accepted like `create_sink`."""

    def decorate(handler: F) -> F:
        add_sink(name or handler.__name__, {"format": "foreachBatch"})
        return handler

    return decorate if function is None else decorate(function)


@_checked
def on_event_hook(function: Any = None, *, max_allowable_consecutive_failures: int | None = None) -> Any:
    """Register a function for the events of an update. Accepted, with a note: it is never called."""
    registering.note("on_event_hook has no effect: no event is handed to a function; ingot events shows them")
    return (lambda hook: hook) if function is None else function


# --- expectations -----------------------------------------------------------------------------------------------------


@_checked
def expect(name: str, inv: str) -> Any:
    """Count the rows that violate a rule; they are kept."""
    return _expecting(Action.WARN, {name: inv})


@_checked
def expect_or_drop(name: str, inv: str) -> Any:
    """Leave out the rows that violate a rule."""
    return _expecting(Action.DROP, {name: inv})


@_checked
def expect_or_fail(name: str, inv: str) -> Any:
    """Write nothing if a row violates a rule."""
    return _expecting(Action.FAIL, {name: inv})


@_checked
def expect_or_quarantine(name: str, inv: str) -> Any:
    """Set the rows aside that violate a rule, in `<table>__quarantine`."""
    return _expecting(Action.QUARANTINE, {name: inv})


@_checked
def expect_all(expectations: Mapping[str, str]) -> Any:
    """`expect` for several rules by name."""
    return _expecting(Action.WARN, expectations)


@_checked
def expect_all_or_drop(expectations: Mapping[str, str]) -> Any:
    """`expect_or_drop` for several rules by name."""
    return _expecting(Action.DROP, expectations)


@_checked
def expect_all_or_fail(expectations: Mapping[str, str]) -> Any:
    """`expect_or_fail` for several rules by name."""
    return _expecting(Action.FAIL, expectations)


@_checked
def expect_all_or_quarantine(expectations: Mapping[str, str]) -> Any:
    """`expect_or_quarantine` for several rules by name."""
    return _expecting(Action.QUARANTINE, expectations)


def _expecting(action: Action, conditions: Mapping[str, str]) -> Any:
    given = rules.expectations(action, conditions)
    return lambda function: rules.expect_of(function, given)


# --- reading, as Delta Live Tables spells it --------------------------------------------------------------------------


def read(name: str) -> DataFrame:
    """All rows of a dataset of the pipeline."""
    return registering.session("read").read.table(name)


def read_stream(name: str) -> DataFrame:
    """The new rows of a dataset of the pipeline."""
    return registering.session("read_stream").readStream.table(name)


readStream = read_stream
